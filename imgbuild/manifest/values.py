"""Values that a manifest writes as text: sizes, addresses, boxes, colours.

Each type is a pydantic annotation. What is wrong leaves as one of two errors that ``messages`` words:
``expected`` (context ``what``) and ``choice`` (context ``allowed``).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from imgbuild.limits import ALIGN_BYTES_MAX, BITMAP_SIDE_MAX, PALETTE_MAX, STRIP_BYTES_MAX, STRIP_BYTES_MIN
from imgbuild.units import parse_size

REST = "rest"
"""The size of a partition that takes what the others leave."""


def _expected(what: str) -> PydanticCustomError:
    return PydanticCustomError("expected", "expected {what}", {"what": what})


def _choice(*allowed: str | int) -> PydanticCustomError:
    return PydanticCustomError("choice", "one of {allowed}", {"allowed": allowed})


def _parse_size(value: Any) -> Any:
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        try:
            return parse_size(value)
        except ValueError:
            pass
    raise _expected("a size in bytes such as 1400K, 0x80000 or 1.5M")


def _parse_power_of_two(value: Any) -> Any:
    size = _parse_size(value)
    if not 1 <= size <= ALIGN_BYTES_MAX or size & (size - 1):
        raise _expected(f"a power of two from 1 to {ALIGN_BYTES_MAX} (bytes)")
    return size


def _parse_address(value: Any) -> Any:
    address = _parse_size(value)
    if address > 0xFFFF_FFFF:
        raise _expected("an address of 32 bits such as 0x90000000")
    return address


_BOX = re.compile(r"([1-9][0-9]{0,5}) ?[xX] ?([1-9][0-9]{0,5})")


def _parse_box(text: str) -> tuple[int, int] | None:
    match = _BOX.fullmatch(text)
    if not match or max(int(match[1]), int(match[2])) > BITMAP_SIDE_MAX:
        return None
    return int(match[1]), int(match[2])


def _parse_display_size(value: Any) -> Any:
    box = _parse_box(value) if isinstance(value, str) else None
    if box is None:
        raise _expected("width x height in pixels such as 240x320")
    return box


def parse_resize(value: Any) -> Any:
    """``32x32`` as the mapping that it is short for; a mapping has a width, a height or both."""
    if isinstance(value, dict) and ("width" in value or "height" in value):
        return value
    box = _parse_box(value) if isinstance(value, str) else None
    if box is None:
        raise _expected("width x height in pixels such as 32x32, or {width: 32, height: 32, fit: contain}")
    return {"width": box[0], "height": box[1]}


_COLOUR = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


def _parse_colour(value: Any) -> Any:
    match = _COLOUR.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise _expected("a colour such as '#1a2b3c', in quotes")
    return tuple(int(part, 16) for part in match.groups())


_PALETTE = "colours such as ['#1a2b3c', '#ffffff80'], in quotes, a palette file, or optimal"
_PALETTE_COLOUR = re.compile(r"#([0-9a-fA-F]{6})([0-9a-fA-F]{2})?")


def _parse_palette(value: Any) -> Any:
    """A list of colours as R, G, B, A; a path or ``optimal`` as it is."""
    if isinstance(value, str) and value and not _PALETTE_COLOUR.fullmatch(value):
        return value
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= PALETTE_MAX:
        raise _expected(_PALETTE)
    return tuple(_parse_palette_colour(colour) for colour in value)


def _parse_palette_colour(value: Any) -> tuple[int, ...]:
    match = _PALETTE_COLOUR.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise _expected(_PALETTE)
    return tuple(bytes.fromhex(match[1] + (match[2] or "ff")))


def parse_container(value: Any) -> Any:
    """``flat`` and ``littlefs`` as the mappings that they are short for."""
    if isinstance(value, dict):
        return value
    if value == "flat":
        return {}
    if value == "littlefs":
        return {"littlefs": {}}
    raise _choice("flat", "littlefs")


def parse_partition_container(value: Any) -> Any:
    """``flat``, ``littlefs`` and ``settings`` as the mappings that they are short for."""
    if isinstance(value, dict):
        return value
    forms: dict[Any, dict[str, Any]] = {
        "flat": {},
        "littlefs": {"littlefs": {}},
        "settings": {"settings": {}},
    }
    if isinstance(value, str) and value in forms:
        return forms[value]
    raise _choice(*forms)


def _parse_partition_size(value: Any) -> Any:
    if value == REST:
        return REST
    try:
        return _parse_size(value)
    except PydanticCustomError:
        raise _expected("a size in bytes such as 256K or 0x80000, or rest") from None


def parse_invert(value: Any) -> Any:
    """``true``, ``false``, ``colour`` or ``black``."""
    if isinstance(value, bool) or value in ("colour", "black"):
        return value
    raise _choice("true", "false", "colour", "black")


def _parse_bpp(value: Any) -> Any:
    # By hand, because pydantic's Literal takes true for 1 and 4.0 for 4.
    if type(value) is not int or value not in (1, 2, 3, 4, 8):
        raise _choice(1, 2, 3, 4, 8)
    return value


def _parse_rotation(value: Any) -> Any:
    if type(value) is not int or value not in (0, 90, 180, 270):
        raise _choice(0, 90, 180, 270)
    return value


def _parse_gamma(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.1 <= value <= 10:
        raise _expected("a number from 0.1 to 10, such as 1.8")
    return float(value)


def _list_of_one(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_VARIANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}")


def _parse_variant(value: Any) -> Any:
    if not isinstance(value, str) or not _VARIANT.fullmatch(value):
        raise _expected("a name of at most 31 letters, digits, '.', '_' and '-', such as dark")
    return value


_SPRITE_FORMS = ({"columns", "rows"}, {"width", "height"}, {"rects"})


def parse_sprites(value: Any) -> Any:
    """The mapping of ``sprites``, which has exactly one of its three forms."""
    known = set().union(*_SPRITE_FORMS)
    if not isinstance(value, dict) or (set(value) <= known and set(value) not in _SPRITE_FORMS):
        forms = "{columns: 4, rows: 2}, {width: 16, height: 16} or {rects: {name: [x, y, width, height]}}"
        raise _expected(forms)
    return value


def _parse_rect(value: Any) -> Any:
    is_numbers = isinstance(value, (list, tuple)) and all(type(number) is int for number in value)
    if not is_numbers or len(value) != 4 or not _is_rect(*value):
        raise _expected("[x, y, width, height] in pixels, such as [0, 16, 32, 32]")
    return tuple(value)


def _is_rect(x: int, y: int, width_px: int, height_px: int) -> bool:
    largest = max(x, y, width_px, height_px)
    return min(x, y) >= 0 and min(width_px, height_px) >= 1 and largest <= BITMAP_SIDE_MAX


Size = Annotated[int, BeforeValidator(_parse_size)]
PartitionSize = Annotated[int | Literal["rest"], BeforeValidator(_parse_partition_size)]
PowerOfTwo = Annotated[int, BeforeValidator(_parse_power_of_two)]
Address = Annotated[int, BeforeValidator(_parse_address)]
StripBytes = Annotated[int, BeforeValidator(_parse_size), Field(ge=STRIP_BYTES_MIN, le=STRIP_BYTES_MAX)]
Box = Annotated[tuple[int, int], BeforeValidator(_parse_display_size)]
Colour = Annotated[tuple[int, int, int], BeforeValidator(_parse_colour)]
Rect = Annotated[tuple[int, int, int, int], BeforeValidator(_parse_rect)]
Palette = Annotated[str | tuple[tuple[int, int, int, int], ...], BeforeValidator(_parse_palette)]
PaletteSize = Annotated[int, Field(ge=1, le=PALETTE_MAX)]
AlphaThreshold = Annotated[int, Field(ge=1, le=255)]
Gamma = Annotated[float, BeforeValidator(_parse_gamma)]
Rotation = Annotated[int, BeforeValidator(_parse_rotation)]
PlacePx = Annotated[int, Field(ge=0, le=BITMAP_SIDE_MAX)]
VariantName = Annotated[str, BeforeValidator(_parse_variant)]
InsetPx = Annotated[int, Field(ge=0, le=BITMAP_SIDE_MAX)]
SidePx = Annotated[int, Field(ge=1, le=BITMAP_SIDE_MAX)]
Text = Annotated[str, Field(min_length=1)]
# YAML gives lists, frozen models hold tuples: the one conversion that strict mode must allow.
TextList = Annotated[tuple[Text, ...], BeforeValidator(_list_of_one), Field(strict=False)]
BitsPerPixel = Annotated[Literal[1, 2, 3, 4, 8], BeforeValidator(_parse_bpp)]
