"""Compiles the test programs for other processors: big-endian ones, and those whose int has 16 bits."""

from __future__ import annotations

from pathlib import Path

from support import need_tool

from c.program import HERE, RUNTIME, SOURCES, STRICT, Programs, run

SRC = RUNTIME / "src"


class BigEndianPrograms(Programs):
    """The same programs on a PowerPC of 32 bits, which is big-endian; each is a script that starts QEMU."""

    def build(self, name: str) -> Path:
        program = self.folder / name
        if not program.exists():
            gcc, qemu = need_tool("powerpc-linux-gnu-gcc"), need_tool("qemu-ppc")
            if not self.objects:
                for source in SOURCES:
                    target = self.folder / f"{source.stem}.o"
                    run([gcc, *STRICT, "-O1", "-c", source, "-o", target])
                    self.objects.append(target)
            code = self.folder / f"{name}.elf"
            flags = ["-std=c99", "-Wall", "-Wextra", "-O1", "-static", "-I", SRC, "-I", HERE]
            run([gcc, *flags, HERE / f"{name}.c", *self.objects, "-o", code])
            program.write_text(f'#!/bin/sh\nexec "{qemu}" "{code}" "$@"\n')
            program.chmod(0o755)
        return program
