"""Diagnostics: errors are values with a code, a place and a hint.

Steps collect diagnostics in a :class:`Diagnostics`; an error stops the *next* step. The exception
tree is one class: :class:`BuildError` carries the diagnostics out of a step that cannot go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn


class Severity(Enum):
    """How much a diagnostic weighs: an error stops the build, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class ExitCode:
    """Process exit codes of the command line."""

    DONE = 0
    INPUT = 1
    USAGE = 2
    OUT_OF_DATE = 3
    ENVIRONMENT = 4
    INTERNAL = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text file; ``line`` and ``column`` count from 1, 0 means the whole file."""

    path: str
    line: int = 0
    column: int = 0
    length: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``code`` is a key of :data:`imgbuild.codes.CODES` and is never reused."""

    code: str
    message: str
    place: Place | None = None
    hint: str | None = None
    asset: str | None = None
    severity: Severity = Severity.ERROR


class BuildError(Exception):
    """Raised by a step that cannot go on; carries every diagnostic of the step."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in diagnostics))
        self.diagnostics: tuple[Diagnostic, ...] = diagnostics


@dataclass(slots=True)
class Diagnostics:
    """Collects what a step finds, in the order found."""

    items: list[Diagnostic] = field(default_factory=list)

    def error(
        self,
        code: str,
        message: str,
        place: Place | None = None,
        hint: str | None = None,
        asset: str | None = None,
    ) -> None:
        """Note an error; the step goes on so that a person sees all errors at once."""
        self.items.append(Diagnostic(code, message, place, hint, asset))

    def warn(
        self,
        code: str,
        message: str,
        place: Place | None = None,
        hint: str | None = None,
        asset: str | None = None,
    ) -> None:
        """Note a warning."""
        self.items.append(Diagnostic(code, message, place, hint, asset, Severity.WARNING))

    def extend(self, diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> None:
        """Take over the diagnostics of another step or worker."""
        self.items.extend(diagnostics)

    @property
    def has_errors(self) -> bool:
        """Whether any error (not merely a warning) was noted."""
        return any(d.severity is Severity.ERROR for d in self.items)

    def raise_if_errors(self) -> None:
        """End the step: raise :class:`BuildError` with everything noted if there is an error."""
        if self.has_errors:
            raise BuildError(*self.items)


def fail(
    code: str,
    message: str,
    place: Place | None = None,
    hint: str | None = None,
    asset: str | None = None,
) -> NoReturn:
    """Raise a :class:`BuildError` with a single error."""
    raise BuildError(Diagnostic(code, message, place, hint, asset))
