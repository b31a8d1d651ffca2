"""One translated text, and what is common to the files that hold many."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from imgbuild.errors import Place, fail
from imgbuild.limits import TEXTS_FILE_BYTES_MAX
from imgbuild.units import format_bytes

_TAG = re.compile(r"[a-z]{2}([-_]([A-Z]{2}|[A-Z][a-z]{3}|[0-9]{3}))*")
"""Of BCP 47 what files are named after: language, then script or region. Three letters could be any word."""


@dataclass(frozen=True, slots=True)
class TextEntry:
    """A text, its id and language (BCP 47)."""

    language: str
    id: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file to read; ``language`` is the manifest's, for files that name none."""

    path: Path
    shown: str
    language: str | None

    def place(self, line: int = 0, column: int = 0) -> Place:
        """A line and column of the file; 0: the file."""
        return Place(self.shown, line, column or min(line, 1))

    def read(self) -> str:
        """The file as text; IB330 where it is not UTF-8 or too large."""
        try:
            size = self.path.stat().st_size
            if size > TEXTS_FILE_BYTES_MAX:
                limit = format_bytes(TEXTS_FILE_BYTES_MAX)
                self.fail(f"it has {format_bytes(size)}, at most {limit} are read")
            return self.path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            self.fail((error.strerror or "unknown reason").lower())
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            message = f"byte 0x{error.object[error.start]:02X} at offset 0x{error.start:X} is not UTF-8"
            self.fail(message, line, hint="save the file as UTF-8")

    def fail(self, reason: str, line: int = 0, column: int = 0, hint: str | None = None) -> NoReturn:
        """IB330: the file cannot be read, and why."""
        message = f'strings file "{self.path.name}" cannot be read: {reason}'
        fail("IB330", message, self.place(line, column), hint)

    def language_of_name(self) -> str | None:
        """``de`` of ``de.yaml``, ``app.de.json``, ``app_de.po``, ``de/app.yaml``; None if none shows."""
        for name in (self.path.stem, self.path.parent.name):
            for part in (name, re.split(r"[._]", name, maxsplit=1)[-1], name.rsplit("_", 1)[-1]):
                if is_tag(part):
                    return normalise_tag(part)
        return None

    def known_language(self) -> str:
        """The language of a file whose texts have none of their own; IB332 if nothing tells."""
        found = self.language_of_name() or self.language
        if found is None:
            message = f'nothing says which language the texts of "{self.path.name}" are in'
            hint = "name the file after it (de.yaml, strings.de.json), or give 'language' in the manifest"
            fail("IB332", message, self.place(), hint)
        return normalise_tag(found)


def is_tag(text: str) -> bool:
    """Whether ``text`` looks like a language tag of two letters, with or without region or script."""
    return _TAG.fullmatch(text) is not None


def normalise_tag(tag: str) -> str:
    """``pt_BR`` as ``pt-BR``."""
    return tag.replace("_", "-")


def text_of(value: Any) -> str | None:
    """A scalar of YAML or JSON as the text that a person wrote; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None
