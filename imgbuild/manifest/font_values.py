"""Values of fonts that a manifest writes as text: sizes, axes, weights, maps of code points."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from imgbuild.limits import FONT_SIZE_PX_MAX
from imgbuild.model import FontWeight

SizeUnit = Literal["px", "pt", "cap_height", "line_height"]
FontSizeValue = tuple[SizeUnit, Fraction]
"""What ``size`` asks for; all but points are px."""
MapSpan = tuple[int, int, int]
"""First and last code point of a source, and what the first becomes in the font."""

_POINTS_MAX = 400
_WEIGHT_PX_MAX = 8
_WEIGHT_PERCENT_MAX = 10
_SIZE = f"px from 1 to {FONT_SIZE_PX_MAX} such as 18, or 12pt, {{cap_height: 14}}, {{line_height: 24}}"
_SIZE_TEXT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?(pt|px)")
_FACE_NUMBER_MAX = 255
_TAG = re.compile(r"[ -~]{1,4}")
_PERCENT = re.compile(r"([+-]?[0-9]{1,2}(?:\.[0-9]{1,3})?) ?%")
_POINT = r"(?:[Uu]\+|0[xX])([0-9A-Fa-f]{1,6})"
_SPAN = re.compile(rf"{_POINT}(?:\s*-\s*{_POINT})?")
_CODEPOINT_MAX = 0x10FFFF


def _expected(what: str) -> PydanticCustomError:
    return PydanticCustomError("expected", "expected {what}", {"what": what})


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _parse_size(value: Any) -> FontSizeValue:
    if isinstance(value, str) and value.isdigit():
        raise PydanticCustomError("int_type", "a whole number")
    unit: SizeUnit = "px"
    amount: Any = value
    match = _SIZE_TEXT.fullmatch(value) if isinstance(value, str) else None
    if match:
        unit, amount = ("pt" if match[2] == "pt" else "px"), Fraction(match[1])
    elif isinstance(value, dict) and len(value) == 1:
        key, amount = next(iter(value.items()))
        if key not in ("cap_height", "line_height") or type(amount) is not int:
            raise _expected(_SIZE)
        unit = key
    elif not _is_number(value):
        raise _expected(_SIZE)
    number = Fraction(str(amount))
    if not 1 <= number <= (_POINTS_MAX if unit == "pt" else FONT_SIZE_PX_MAX):
        raise _expected(_SIZE)
    return unit, number


def _parse_face(value: Any) -> int | str:
    if isinstance(value, str) and value:
        return value
    if type(value) is not int or not 0 <= value <= _FACE_NUMBER_MAX:
        raise _expected("the number of a font in its collection, from 0 on, or its name")
    return value


def _parse_axes(value: Any) -> tuple[tuple[str, float], ...]:
    is_axes = isinstance(value, dict) and value
    if not is_axes or not all(_TAG.fullmatch(str(tag)) and _is_number(at) for tag, at in value.items()):
        raise _expected("places on the axes of a variable font such as {wght: 600}")
    return tuple(sorted((str(tag), float(at)) for tag, at in value.items()))


def _parse_weight(value: Any) -> FontWeight:
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match and abs(Fraction(match[1])) <= _WEIGHT_PERCENT_MAX:
        return FontWeight(int(Fraction(match[1]) * 1000), is_of_em=True)
    if not _is_number(value) or abs(value) > _WEIGHT_PX_MAX:
        what = f"px from -{_WEIGHT_PX_MAX} to {_WEIGHT_PX_MAX}, such as 0.4, "
        raise _expected(f"{what}or a part of the em from -{_WEIGHT_PERCENT_MAX}% to {_WEIGHT_PERCENT_MAX}%")
    return FontWeight(int(Fraction(str(value)) * 1000))


def _parse_map(value: Any) -> tuple[MapSpan, ...]:
    if not isinstance(value, dict) or not value:
        raise _expected("code points such as {U+F015: U+E000} or {U+F000-U+F0FF: U+E000}")
    return tuple(_parse_span(str(span), str(target)) for span, target in value.items())


def _parse_span(text: str, target_text: str) -> MapSpan:
    span, target = _SPAN.fullmatch(text), re.fullmatch(_POINT, target_text)
    if not span or not target:
        raise _expected(f"code points such as {{U+F000-U+F0FF: U+E000}}, not {{{text}: {target_text}}}")
    first, to = int(span[1], 16), int(target[1], 16)
    last = int(span[2], 16) if span[2] else first
    if last < first:
        raise _expected(f"a range that ends behind its start, not {text}")
    if max(last, to + last - first) > _CODEPOINT_MAX:
        raise _expected("code points up to U+10FFFF")
    return first, last, to


# The values are built by the parsers: pydantic is to take them as they are.
FontSizeKey = Annotated[FontSizeValue, BeforeValidator(_parse_size), Field(strict=False)]
Face = Annotated[int | str, BeforeValidator(_parse_face)]
Axes = Annotated[tuple[tuple[str, float], ...], BeforeValidator(_parse_axes)]
Weight = Annotated[FontWeight, BeforeValidator(_parse_weight)]
CodepointMap = Annotated[tuple[MapSpan, ...], BeforeValidator(_parse_map)]
Dpi = Annotated[int, Field(ge=20, le=2000)]
ShiftPx = Annotated[int, Field(ge=-FONT_SIZE_PX_MAX, le=FONT_SIZE_PX_MAX)]
