"""The stamp: whether anything is to do at all, decided before any heavy library is imported.

A small JSON file beside the image names every input, every globbed folder's listing, and every
output with size, times and SHA-256. If size and times agree, nothing is read; if only the times differ
(a fresh checkout, ``touch``), the SHA-256 decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from imgbuild import __version__

STAMP_VERSION = 1


def program_identity() -> list[Any]:
    """What else decides the bytes: this program's files and the releases of the libraries."""
    package = Path(__file__).resolve().parent
    newest = max(entry.stat().st_mtime_ns for entry in package.rglob("*.py"))
    import click

    folder = Path(click.__file__).parents[1]
    libraries = [entry.name for entry in folder.iterdir() if entry.suffix == ".dist-info"]
    return [__version__, newest, hashlib.sha256("\0".join(sorted(libraries)).encode()).hexdigest()]


def stamp_path(image: Path) -> Path:
    """Where the stamp of an image lies; of several in a folder: in that."""
    if image.is_dir():
        return image / ".imgbuild.stamp"
    return image.with_name(f".{image.name}.stamp")


def fresh_messages(image: Path, request: Mapping[str, Any]) -> list[str] | None:
    """The messages of the last build if ``request`` (the command's options) would make the same again.

    None: there is something to do.
    """
    try:
        stamp = json.loads(stamp_path(image).read_bytes())
        is_fresh = (
            stamp["stamp"] == STAMP_VERSION
            and stamp["program"] == program_identity()
            and stamp["request"] == dict(request)
            and all(_is_unchanged(path, facts) for path, facts in stamp["files"].items())
        )
        return [str(message) for message in stamp["messages"]] if is_fresh else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def stamp_bytes(
    request: Mapping[str, Any], inputs: Iterable[Path], outputs: Mapping[Path, bytes], messages: Iterable[str]
) -> bytes:
    """The stamp of a finished build and its warnings; to be called after the outputs are written."""
    files = {str(path): _facts(path) for path in sorted({*inputs, *outputs})}
    stamp = {"stamp": STAMP_VERSION, "program": program_identity(), "request": dict(request), "files": files}
    stamp["messages"] = list(messages)
    return (json.dumps(stamp, indent=1, sort_keys=True) + "\n").encode()


def _facts(path: Path) -> list[Any]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, _digest(path)]


def _digest(path: Path) -> str:
    if path.is_dir():
        # globs see no hidden files
        names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
        return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_unchanged(name: str, facts: list[Any]) -> bool:
    status = Path(name).stat()
    if [status.st_size, status.st_mtime_ns, status.st_ctime_ns] == facts[:3]:
        return True
    path = Path(name)
    is_candidate = path.is_dir() or status.st_size == facts[0]
    return is_candidate and bool(_digest(path) == facts[3])
