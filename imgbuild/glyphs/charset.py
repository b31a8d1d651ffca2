"""Which characters a font gets: named ranges, code points, literal text and text files."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from imgbuild.errors import Diagnostics, Place
from imgbuild.limits import CHARACTERS_FILE_BYTES_MAX
from imgbuild.units import format_bytes

ALL = "all"
"""The range that stands for every character of the font (an icon font, a pixel font)."""

# Assigned characters of the Unicode blocks (Unicode 15.0, Blocks.txt and UnicodeData.txt) without
# controls and format characters. Literal numbers, not a look-up in unicodedata, so that the same
# manifest gives the same font under every version of Python.
NAMED_RANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "ascii": ((0x20, 0x7E),),
    "digits": ((0x30, 0x39),),
    "latin-1": ((0xA0, 0xFF),),
    "latin-ext-a": ((0x100, 0x17F),),
    "latin-ext-b": ((0x180, 0x24F),),
    # Greek and Coptic without the Coptic letters (U+3E2 to U+3EF), which few Greek fonts have.
    "greek": ((0x370, 0x377), (0x37A, 0x37F), (0x384, 0x38A), (0x38C, 0x38C), (0x38E, 0x3A1),
              (0x3A3, 0x3E1), (0x3F0, 0x3FF)),
    "cyrillic": ((0x400, 0x4FF),),
    "vietnamese": ((0x102, 0x103), (0x110, 0x111), (0x128, 0x129), (0x168, 0x169), (0x1A0, 0x1A1),
                   (0x1AF, 0x1B0), (0x1EA0, 0x1EF9)),
    "punctuation": ((0x2010, 0x2027), (0x2030, 0x205E)),
    "currency": ((0x20A0, 0x20C0),),
    "arrows": ((0x2190, 0x21FF),),
    "math": ((0x2200, 0x22FF),),
    "box-drawing": ((0x2500, 0x257F),),
    "block-elements": ((0x2580, 0x259F),),
    "geometric-shapes": ((0x25A0, 0x25FF),),
    "armenian": ((0x531, 0x556), (0x559, 0x58A), (0x58D, 0x58F)),
    "hebrew": ((0x5D0, 0x5EA), (0x5EF, 0x5F4)),
    "georgian": ((0x10A0, 0x10C5), (0x10C7, 0x10C7), (0x10CD, 0x10CD), (0x10D0, 0x10FF)),
    "thai": ((0xE01, 0xE3A), (0xE3F, 0xE5B)),
    "hiragana": ((0x3041, 0x3096), (0x3099, 0x309F)),
    "katakana": ((0x30A0, 0x30FF),),
    "kana": ((0x3041, 0x3096), (0x3099, 0x30FF)),
    "cjk-punctuation": ((0x3000, 0x303F),),
    "fullwidth": ((0xFF01, 0xFF5E),),
    "hangul": ((0xAC00, 0xD7A3),),
    "private-use": ((0xE000, 0xF8FF),),
}  # fmt: skip

CODED_RANGES: dict[str, tuple[str, int, int]] = {
    "gb2312-1": ("gb2312", 0xB0, 0xD7),
    "gb2312-2": ("gb2312", 0xD8, 0xF7),
    "jis-x0208-1": ("euc_jp", 0xB0, 0xCF),
    "jis-x0208-2": ("euc_jp", 0xD0, 0xF4),
    "ks-x1001-hangul": ("euc_kr", 0xB0, 0xC8),
    "big5-1": ("big5", 0xA4, 0xC6),
}
"""The levels of East Asian standards: encoding, first and last lead byte.

GB 2312-1980 (3755 and 3008 hanzi), JIS X 0208 (2965 and 3390 kanji), KS X 1001 (2350 hangul), Big5 level 1
(5401 hanzi, up to C67E). These standards do not change any more, and neither do Python's tables of them.
"""
_BIG5_END = b"\xc6\x7e"

_POINT = r"(?:[Uu]\+([0-9A-Fa-f]{1,6})|0[xX]([0-9A-Fa-f]{1,6})|([0-9]{1,7}))"
_SPAN = re.compile(rf"{_POINT}(?:\s*-\s*{_POINT})?")
_SURROGATES = range(0xD800, 0xE000)
_CODEPOINT_MAX = 0x10FFFF
_RANGE_HINT = "a range is a name such as latin-1, or code points such as U+20-U+7E, 0x20-0x7E, 32-126, U+B0"


def collect_characters(
    ranges: Sequence[str | int],
    text: str,
    files: Sequence[Path],
    *,
    place: Place | None = None,
    asset: str | None = None,
    range_places: Sequence[Place] = (),
    file_places: Sequence[Place] = (),
    available: Callable[[], Iterable[int]] | None = None,
) -> tuple[int, ...]:
    """The sorted, unique code points that a font is asked to have.

    ``ranges`` are names of :data:`NAMED_RANGES`, ``all``, spans of code points or single ones;
    ``files`` are UTF-8 text whose every character counts. Line ends, control characters and the
    byte order mark of ``text`` and ``files`` are no characters to draw and are left out; what a
    range names stays. ``available`` gives the characters of the font and is called for ``all``
    only. ``range_places`` and ``file_places`` go along with ``ranges`` and ``files``; ``place``
    serves where they are shorter.

    Raises BuildError with everything found: IB303 range not understood, IB304 text file not read.
    """
    found = Diagnostics()
    characters = drawable_characters(text)
    for number, item in enumerate(ranges):
        where = range_places[number] if number < len(range_places) else place
        if item == ALL and available is not None:
            characters.update(available())
        else:
            characters.update(_parse_range(item, found, where, asset))
    for number, path in enumerate(files):
        where = file_places[number] if number < len(file_places) else place
        characters |= drawable_characters(_read_text(path, found, where, asset))
    found.raise_if_errors()
    return tuple(sorted(characters))


def drawable_characters(text: str) -> set[int]:
    """The code points of ``text`` that can be drawn.

    Left out: controls (category Cc: line ends, tabs, DEL), line and paragraph separators, halves
    of surrogate pairs and the byte order mark. No-break space and soft hyphen stay.
    """
    return {
        ord(character)
        for character in set(text)
        if character != "\ufeff" and unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
    }


def describe_characters(codepoints: Iterable[int], limit: int = 8) -> str:
    """``U+4E2D "中" CJK UNIFIED IDEOGRAPH-4E2D, U+B0 "°" DEGREE SIGN and 3 more``.

    At most ``limit`` characters are named. Marks, blanks and controls are named without quotes.
    """
    points = list(codepoints)
    named = ", ".join(_describe(point) for point in points[:limit])
    rest = len(points) - limit
    return f"{named} and {rest} more" if rest > 0 else named


def format_codepoint(codepoint: int) -> str:
    """``U+00E9``: at least four digits, as the Unicode Standard writes it."""
    return f"U+{codepoint:04X}"


def _describe(codepoint: int) -> str:
    character = chr(codepoint)
    category = unicodedata.category(character)
    fallback = {"Co": "(private use)", "Cc": "(control)", "Cs": "(surrogate)"}.get(category, "(unassigned)")
    name = unicodedata.name(character, fallback)
    shown = "" if category[0] in "CZM" else f' "{character}"'
    return f"{format_codepoint(codepoint)}{shown} {name}"


def _parse_range(item: str | int, found: Diagnostics, place: Place | None, asset: str | None) -> set[int]:
    """Code points of one range; an empty set and an IB303 where it is not understood."""
    text = format_codepoint(item) if isinstance(item, int) else item.strip()
    name = text.lower()
    if name in CODED_RANGES:
        return _coded_range(name)
    if name in NAMED_RANGES:
        return {point for first, last in NAMED_RANGES[name] for point in range(first, last + 1)}
    match = _SPAN.fullmatch(text)
    if match is None:
        names = [*NAMED_RANGES, *CODED_RANGES]
        close = difflib.get_close_matches(name, [*names, ALL], n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"{_RANGE_HINT}; names: {', '.join(names)}"
        found.error("IB303", f'range "{text}" is neither a known name nor code points', place, hint, asset)
        return set()
    first = _point(match.groups()[:3])
    last = first if match[0] == text and not any(match.groups()[3:]) else _point(match.groups()[3:])
    problem = _span_problem(first, last)
    if problem:
        found.error("IB303", f'range "{text}" {problem}', place, None, asset)
        return set()
    return {point for point in range(first, last + 1) if point not in _SURROGATES}


def _coded_range(name: str) -> set[int]:
    """Every character of two bytes between the lead bytes that the encoding knows."""
    encoding, first, last = CODED_RANGES[name]
    found = set()
    for lead in range(first, last + 1):
        for trail in range(0x40, 0xFF):
            pair = bytes((lead, trail))
            if encoding == "big5" and pair > _BIG5_END:
                continue
            character = pair.decode(encoding, "ignore")
            if len(character) == 1 and ord(character) > 0x7F:
                found.add(ord(character))
    return found


def _point(groups: Sequence[str | None]) -> int:
    unicode_hex, c_hex, decimal = groups
    return int(unicode_hex or c_hex or "0", 16) if decimal is None else int(decimal)


def _span_problem(first: int, last: int) -> str | None:
    if max(first, last) > _CODEPOINT_MAX:
        return f"goes beyond U+10FFFF, the last code point, to {format_codepoint(max(first, last))}"
    if last < first:
        return f"ends ({format_codepoint(last)}) before it starts ({format_codepoint(first)})"
    if first in _SURROGATES and last in _SURROGATES:
        return "holds only surrogates (U+D800 to U+DFFF), which are no characters"
    return None


def _read_text(path: Path, found: Diagnostics, place: Place | None, asset: str | None) -> str:
    """The file's text; an empty string and an IB304 where it cannot be read."""
    try:
        size = path.stat().st_size
        if size > CHARACTERS_FILE_BYTES_MAX:
            limit = format_bytes(CHARACTERS_FILE_BYTES_MAX)
            message = f'text file "{path.name}" has {format_bytes(size)}, at most {limit} are read'
            found.error("IB304", message, place, None, asset)
            return ""
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        reason = error.strerror or "unknown reason"
        found.error("IB304", f'text file "{path.name}" cannot be read: {reason}', place, None, asset)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = (
            f'text file "{path.name}" is not UTF-8: byte 0x{error.object[error.start]:02X}'
            f" at offset 0x{error.start:X} (line {line})"
        )
        found.error("IB304", message, place, "save the file as UTF-8", asset)
    return ""
