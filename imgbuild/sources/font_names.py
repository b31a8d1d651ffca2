"""The faces of a collection by name, read from the fonts' own tables."""

from __future__ import annotations

import difflib
import struct
from typing import NoReturn

from imgbuild.sources.font_file import FontFile, choose_face

FACES_MAX = 256
_FACES_LISTED = 32
# OpenType specification 1.9, table name: platforms, and numbers of names
_WINDOWS, _MACINTOSH = 3, 1
_FAMILY, _STYLE, _FULL, _POSTSCRIPT, _TYPOGRAPHIC_FAMILY, _TYPOGRAPHIC_STYLE = 1, 2, 4, 6, 16, 17
_NAMES_MAX = 4096


def find_face(font: FontFile, wanted: str) -> int:
    """The number of the face called so: by family, family and style, full or PostScript name.

    Raises BuildError IB310, which names the faces, where there is none.
    """
    names = [_face_names(font, index) for index in range(_count(font))]
    for index, known in enumerate(names):
        if wanted.casefold() in {name.casefold() for name in known}:
            return index
    close = difflib.get_close_matches(wanted, [name for known in names for name in known], n=1)
    fail_face(font, f'"{wanted}"', close[0] if close else None)


def check_face(font: FontFile, index: int) -> None:
    """Raise BuildError IB310 if the font has not so many faces."""
    if index >= _count(font):
        fail_face(font, str(index))


def fail_face(font: FontFile, wanted: str, close: str | None = None) -> NoReturn:
    """Raise BuildError IB310 with the faces that there are."""
    count = _count(font)
    listed = []
    for index in range(min(count, _FACES_LISTED)):
        names = _face_names(font, index)
        listed.append(f'{index} "{names[0]}"' if names else str(index))
    rest = f" and {count - _FACES_LISTED} more" if count > _FACES_LISTED else ""
    hint = f'did you mean "{close}"?' if close else None
    font.fail(
        "IB310", f'font "{font.path.name}" has no face {wanted}, it has {", ".join(listed)}{rest}', hint
    )


def _count(font: FontFile) -> int:
    return min(font.face_count, FACES_MAX)


def _face_names(font: FontFile, index: int) -> tuple[str, ...]:
    """What the face may be called by; how it is listed comes first."""
    if not font.is_sfnt:
        return ()
    names = _read_names(choose_face(font, index).table("name"))
    family = names.get(_TYPOGRAPHIC_FAMILY) or names.get(_FAMILY, "")
    style = names.get(_TYPOGRAPHIC_STYLE) or names.get(_STYLE, "")
    both = f"{family} {style}".strip()
    shown = family if style in ("", "Regular") else both
    called = (shown, family, both, *(names.get(key, "") for key in (_FULL, _POSTSCRIPT, _FAMILY)))
    return tuple(dict.fromkeys(name for name in called if name))


def _read_names(table: bytes) -> dict[int, str]:
    """Names by number: in English where the font has them so, else the first."""
    found: dict[int, tuple[int, str]] = {}
    try:
        count, storage = struct.unpack_from(">HH", table, 2)
        for number in range(min(count, _NAMES_MAX)):
            row = struct.unpack_from(">HHHHHH", table, 6 + 12 * number)
            platform, _encoding, language, key, length, offset = row
            text = _decode(table[storage + offset : storage + offset + length], platform)
            rank = 0 if (platform, language) == (_WINDOWS, 0x409) else 1 if language == 0 else 2
            if text and rank < found.get(key, (3, ""))[0]:
                found[key] = (rank, text)
    except struct.error:
        pass  # names help to choose only
    return {key: text for key, (_, text) in found.items()}


def _decode(data: bytes, platform: int) -> str:
    text = data.decode("mac-roman" if platform == _MACINTOSH else "utf-16-be", "replace")
    return text.strip() if text.isprintable() else ""
