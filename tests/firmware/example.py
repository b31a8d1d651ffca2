"""Builds and runs the QEMU example with its own Makefile, as a person would."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from support import need_tool

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "c_runtime" / "examples" / "qemu-cortex-m4"
VIEWER = REPOSITORY / "c_runtime" / "examples" / "host-viewer"
MANIFEST = REPOSITORY / "manifests" / "demo.yaml"
U16 = NDArray[np.uint16]


def require_tools(*names: str) -> None:
    """Skip the test that needs a tool that is missing; on CI let it fail."""
    for name in names:
        need_tool(name)


def run_make(build: Path, *arguments: str, manifest: Path = MANIFEST) -> str:
    """What make prints; a failure shows all of it."""
    command = [
        "make", "-C", str(EXAMPLE), f"BUILD={build}", f"IMGBUILD_MANIFEST={manifest}",
        f"IMGBUILD={sys.executable} -m imgbuild", f"IMGBUILD_FLAGS=--root {manifest.parents[1]}",
        f"PYTHON={sys.executable}", *arguments,
    ]  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    environment["PYTHONPATH"] = str(REPOSITORY)
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=300, check=False, errors="replace"
    )
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if len(line) < 500]
        pytest.fail("\n".join([f"{' '.join(command)} exited with {done.returncode}", *lines, done.stderr]))
    return done.stdout


@dataclass(frozen=True, slots=True)
class Work:
    """What one call of make did."""

    image_builds: int
    compiled: tuple[str, ...]
    links: int


def work_of(output: str) -> Work:
    """Count the commands in what make printed."""
    return Work(
        image_builds=len(re.findall(r"-m imgbuild build ", output)),
        compiled=tuple(sorted(re.findall(r"-c \S*?(\w+\.c) -o", output))),
        links=len(re.findall(r"-lgcc -o \S+\.elf", output)),
    )


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the firmware: ``frames`` are 5:6:5 values ``[height, width]`` by label."""

    build: Path
    log: str
    frames: dict[str, U16]

    def count(self, what: str, counter: str) -> int:
        """A number of a line such as ``read open: reads 2 bytes 72 maps 0 instructions 4000``."""
        match = re.search(rf"^{re.escape(what)}:.* {counter} (\d+)", self.log, re.MULTILINE)
        if not match:
            raise LookupError(f"the log has no {counter!r} of {what!r}:\n{self.log}")
        return int(match[1])


def run_firmware(build: Path) -> Run:
    """``make run`` in a folder of its own."""
    run_make(build, "run")
    log = (build / "uart.log").read_bytes()
    frames = {
        label: np.frombuffer(pixels, ">u2").reshape(height, width).astype(np.uint16)
        for label, (width, height, pixels) in frame_script().read_frames(log).items()
    }
    lines = [line for line in log.decode("ascii", "replace").splitlines() if len(line) < 500]
    return Run(build, "\n".join(lines), frames)


def frame_script() -> ModuleType:
    """The example's own script that reads frames."""
    specification = importlib.util.spec_from_file_location("frame_to_png", EXAMPLE / "frame_to_png.py")
    if specification is None or specification.loader is None:
        raise ImportError(EXAMPLE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
