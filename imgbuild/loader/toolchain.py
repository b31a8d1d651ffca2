"""Runs the cross compiler; what it says becomes diagnostics at the user's own files and lines."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from imgbuild.errors import BuildError, Diagnostic, Diagnostics, Place, Severity, fail
from imgbuild.loader.kinds import BUS_FUNCTIONS

CC_DEFAULT = "arm-none-eabi-gcc"
_TIME_LIMIT_S = 120
_MESSAGE = re.compile(
    r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<kind>fatal error|error|warning): (?P<text>.+)"
)
_UNDEFINED = re.compile(r"undefined reference to [`'\"](?P<name>\w+)['\"]|undefined symbol: (?P<lld>\w+)")
_DOUBLE = re.compile(r"multiple definition of [`'\"](?P<name>\w+)['\"]|duplicate symbol: (?P<lld>\w+)")
_LINES_MAX = 20
"""Of a linker's text that is not understood."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A command of one or several words, and the folder that it runs in."""

    command: tuple[str, ...]
    folder: Path

    def compile(self, source: Path, target: str, flags: tuple[str, ...], found: Diagnostics) -> None:
        """One C file; notes IB741 with the places of errors and warnings."""
        done = self._run((*flags, "-c", str(source), "-o", target))
        before = len(found.items)
        for line in done.stderr.splitlines():
            match = _MESSAGE.fullmatch(line)
            if match:
                _note(match, found)
        is_explained = any(item.severity is Severity.ERROR for item in found.items[before:])
        if done.returncode and not is_explained:
            found.error("IB741", f"the compiler failed: {_shorten(done.stderr)}", Place(str(source)))

    def link(self, objects: tuple[str, ...], target: str, flags: tuple[str, ...]) -> None:
        """Raises BuildError: IB741, IB743 (functions of the bus missing).

        The compiler's own library (division on small processors) only where it is needed: clang has none.
        """
        done = self._run((*flags, *objects, "-o", target))
        if done.returncode:
            done = self._run((*flags, *objects, "-lgcc", "-o", target))
        if done.returncode:
            raise BuildError(*_explain_link(done.stderr))

    def _run(self, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "LC_ALL": "C", "GCC_COLORS": ""}
        try:
            return subprocess.run(
                [*self.command, *arguments],
                cwd=self.folder,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_TIME_LIMIT_S,
                check=False,
            )
        except OSError as error:
            shown = (error.strerror or str(error)).lower()
            fail("IB740", f"compiler '{self.command[0]}' cannot be run: {shown}")
        except subprocess.TimeoutExpired:
            fail("IB740", f"compiler '{self.command[0]}' did not end within {_TIME_LIMIT_S} s")


def find_compiler(command: str, folder: Path) -> Compiler:
    """``command``: a program (of the search path) with its arguments. Raises BuildError: IB740."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    path = shutil.which(words[0]) if words else None
    if path is None:
        hint = (
            "install a cross compiler for Arm (Debian: gcc-arm-none-eabi), name yours with --cc, or write the"
            " sources with --source FOLDER"
        )
        fail("IB740", f"compiler '{words[0] if words else command}' is not installed", hint=hint)
    return Compiler((str(Path(path).absolute()), *words[1:]), folder)


def _note(match: re.Match[str], found: Diagnostics) -> None:
    place = Place(match["file"], int(match["line"]), int(match["column"]))
    note = found.warn if match["kind"] == "warning" else found.error
    note("IB741", match["text"], place)


def _shorten(text: str) -> str:
    return "\n".join(text.strip().splitlines()[:_LINES_MAX]) or "it said nothing"


def _names(pattern: re.Pattern[str], text: str) -> list[str]:
    return list(dict.fromkeys(m["name"] or m["lld"] for m in pattern.finditer(text)))


def _explain_link(text: str) -> list[Diagnostic]:
    missing = _names(_UNDEFINED, text)
    bus = [name for name in missing if name in BUS_FUNCTIONS]
    found = [
        Diagnostic(
            "IB743",
            f"no file given with --bus defines {name}()",
            hint="imgb_external.h tells what it has to do; the examples beside it are complete",
        )
        for name in bus
    ]
    other = [name for name in missing if name not in bus]
    found += [Diagnostic("IB741", f"nothing defines '{name}', which is used") for name in other]
    found += [Diagnostic("IB741", f"'{name}' is defined twice") for name in _names(_DOUBLE, text)]
    return found or [Diagnostic("IB741", f"the linker failed: {_shorten(text)}")]
