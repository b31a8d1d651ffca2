"""The only module that prints: results to stdout, diagnostics and progress to stderr."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from imgbuild.errors import Diagnostic, Place, Severity

_RED, _YELLOW, _BOLD, _CYAN, _RESET = "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[36m", "\x1b[0m"
_SEVERITY_COLOUR = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW}


def _has_colour(stream: TextIO) -> bool:
    return not os.environ.get("NO_COLOR") and stream.isatty()


def open_streams() -> None:
    """Let every text be printed: a file name need be no Unicode, a stream may be closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by who started us (>&-)
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write_line(text: str = "") -> None:
    """One line of a result on stdout; a reader that has seen enough (``| head``) ends us quietly."""
    try:
        print(text)
    except BrokenPipeError:
        close_stdout()
        sys.exit(0)


def close_stdout() -> None:
    """Let what is still buffered go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_json(document: dict[str, Any]) -> None:
    """A command's machine-readable result: one document on stdout."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = json.dumps(document, indent=2)
    write_line(text)


def write_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()
) -> None:
    """A table on stdout; the columns numbered in ``right`` are set flush right."""
    for line in format_table(header, rows, right):
        write_line(line)


def format_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()
) -> list[str]:
    """The lines of :func:`write_table`."""
    table = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(header))]
    lines = []
    for line in table:
        cells = [
            c.rjust(w) if i in right else c.ljust(w)
            for i, (c, w) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def note(text: str) -> None:
    """A remark on stderr."""
    print(text, file=sys.stderr)


def is_terminal() -> bool:
    """Whether a person watches stderr."""
    return sys.stderr.isatty()


def pass_through(data: bytes) -> None:
    """What another program prints, as it prints it, on stderr."""
    sys.stderr.flush()
    sys.stderr.buffer.write(data)
    sys.stderr.buffer.flush()


def report(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics in the order found, each with its source line and hint, on stderr."""
    cache: dict[str, list[str]] = {}
    for diagnostic in diagnostics:
        print(format_diagnostic(diagnostic, cache, has_colour=_has_colour(sys.stderr)), file=sys.stderr)


def format_diagnostic(
    diagnostic: Diagnostic, cache: dict[str, list[str]] | None = None, *, has_colour: bool = False
) -> str:
    """The text of one diagnostic: place, code, message, the source line with a caret, the hint."""

    def paint(colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if has_colour else text

    label = paint(_SEVERITY_COLOUR[diagnostic.severity], f"{diagnostic.severity.value}[{diagnostic.code}]")
    place = f"{paint(_BOLD, _shown_place(diagnostic.place))}: " if diagnostic.place else ""
    lines = [f"{place}{label}: {_printable(diagnostic.message)}"]
    if diagnostic.place and diagnostic.place.line:
        lines += _excerpt(diagnostic.place, {} if cache is None else cache)
    if diagnostic.hint:
        lines.append(f"  {paint(_CYAN, 'hint')}: {_printable(diagnostic.hint)}")
    return "\n".join(lines)


def _printable(text: str) -> str:
    """No control characters of a manifest reach the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def _shown_place(place: Place) -> str:
    shown = shown_path(Path(place.path))
    return f"{shown}:{place.line}:{place.column}" if place.line else shown


def shown_path(path: Path) -> str:
    """A path as the user would type it, in one line: relative to the current folder if it lies inside."""
    try:
        shown = str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        shown = str(path)
    return _printable(shown).replace("\n", "\\x0a")


def _excerpt(place: Place, cache: dict[str, list[str]]) -> list[str]:
    if place.path not in cache:
        try:
            text = Path(place.path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            text = ""
        cache[place.path] = text.splitlines()
    if place.line > len(cache[place.path]):
        return []
    line = _printable(cache[place.path][place.line - 1].replace("\t", " "))[:200]
    number = str(place.line).rjust(4)
    width = max(1, min(place.length, len(line) - place.column + 1))
    carets = " " * (place.column - 1) + "^" * width
    return [f"{number} | {line}", f"     | {carets}"]


class Progress:
    """A counter on stderr for long work: on a terminal only, and only after half a second."""

    def __init__(self, what: str, *, is_quiet: bool = False) -> None:
        self._what = what
        self._is_shown = sys.stderr.isatty() and not is_quiet
        self._start = self._last = time.monotonic()
        self._has_drawn = False

    def __call__(self, done: int, total: int) -> None:
        """``done`` of ``total`` are finished."""
        now = time.monotonic()
        if self._is_shown and now - self._start > 0.5 and now - self._last > 0.1:
            self._last, self._has_drawn = now, True
            print(f"\r{self._what} {done}/{total}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Wipe the line."""
        if self._has_drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
