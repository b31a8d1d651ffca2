"""littlefs' C sources, out of the source package of littlefs-python, fetched once into ``build/``."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

VERSION = "0.19.0"
CACHE = Path(__file__).resolve().parents[2] / "build" / f"littlefs-python-{VERSION}"
FILES = ("lfs.c", "lfs.h", "lfs_util.c", "lfs_util.h")


def littlefs_folder() -> Path:
    """The folder with lfs.c; stops with a clear failure where it can be neither found nor fetched."""
    if not all((CACHE / name).exists() for name in FILES):
        CACHE.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-binary", "littlefs-python", "--no-deps",
             f"littlefs-python=={VERSION}", "-d", str(CACHE)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        archives = sorted(CACHE.glob("*.tar.gz"))
        if done.returncode != 0 or not archives:
            raise AssertionError(
                f"littlefs' C sources are needed: pip could not fetch the source package of littlefs-python"
                f" {VERSION}:\n{done.stderr}"
            )
        with tarfile.open(archives[0]) as archive:
            for member in archive.getmembers():
                parts = member.name.split("/")
                if parts[1:-1] == ["littlefs"] and parts[-1] in FILES:
                    data = archive.extractfile(member)
                    assert data is not None
                    (CACHE / parts[-1]).write_bytes(data.read())
    return CACHE
