"""Compiles the test programs with the reader, once per session, and runs them."""

from __future__ import annotations

import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNTIME = HERE.parents[1] / "c_runtime"
SOURCES = sorted(p for p in (RUNTIME / "src").glob("imgb*.c") if p.name != "imgb_lfs.c")
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Wshadow", "-Wvla", "-Werror"]
SANITIZE = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def run(command: list[str | Path], stdin: str | None = None) -> str:
    """Runs a command that must succeed; a sanitizer's report becomes the assertion's message."""
    done = subprocess.run([str(c) for c in command], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stderr[-4000:]}"
    return done.stdout


class Programs:
    """Programs compiled on first use into ``folder``; the reader itself is compiled once, strictly."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.objects: list[Path] = []

    def build(self, name: str) -> Path:
        program = self.folder / name
        if not program.exists():
            if not self.objects:
                for source in SOURCES:
                    target = self.folder / f"{source.stem}.o"
                    run(["gcc", *STRICT, *SANITIZE, "-c", source, "-o", target])
                    self.objects.append(target)
            include = ["-I", RUNTIME / "src", "-I", HERE]
            run(
                [
                    "gcc",
                    "-std=c99",
                    "-Wall",
                    "-Wextra",
                    *SANITIZE,
                    *include,
                    HERE / f"{name}.c",
                    *self.objects,
                    "-o",
                    program,
                ]
            )
        return program
