"""Values that a manifest writes as text: sizes, addresses, boxes, colours.

Each type is a pydantic annotation. What is wrong leaves as one of two errors that ``messages`` words:
``expected`` (context ``what``) and ``choice`` (context ``allowed``).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from imgbuild.limits import ALIGN_BYTES_MAX, BITMAP_SIDE_MAX, STRIP_BYTES_MAX, STRIP_BYTES_MIN
from imgbuild.units import parse_size


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
    """``32x32`` as the mapping that it is short for."""
    if isinstance(value, dict):
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


def parse_container(value: Any) -> Any:
    """``flat`` and ``littlefs`` as the mappings that they are short for."""
    if isinstance(value, dict):
        return value
    if value == "flat":
        return {}
    if value == "littlefs":
        return {"littlefs": {}}
    raise _choice("flat", "littlefs")


def _parse_bpp(value: Any) -> Any:
    # By hand, because pydantic's Literal takes true for 1 and 4.0 for 4.
    if type(value) is not int or value not in (1, 2, 4, 8):
        raise _choice(1, 2, 4, 8)
    return value


def _list_of_one(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Size = Annotated[int, BeforeValidator(_parse_size)]
PowerOfTwo = Annotated[int, BeforeValidator(_parse_power_of_two)]
Address = Annotated[int, BeforeValidator(_parse_address)]
StripBytes = Annotated[int, BeforeValidator(_parse_size), Field(ge=STRIP_BYTES_MIN, le=STRIP_BYTES_MAX)]
Box = Annotated[tuple[int, int], BeforeValidator(_parse_display_size)]
Colour = Annotated[tuple[int, int, int], BeforeValidator(_parse_colour)]
SidePx = Annotated[int, Field(ge=1, le=BITMAP_SIDE_MAX)]
Text = Annotated[str, Field(min_length=1)]
# YAML gives lists, frozen models hold tuples: the one conversion that strict mode must allow.
TextList = Annotated[tuple[Text, ...], BeforeValidator(_list_of_one), Field(strict=False)]
BitsPerPixel = Annotated[Literal[1, 2, 4, 8], BeforeValidator(_parse_bpp)]
