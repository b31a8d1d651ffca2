"""Sizes and addresses as people write and read them."""

from __future__ import annotations

import re

_SUFFIX_BYTES = {"": 1, "K": 1024, "M": 1024 * 1024, "G": 1024 * 1024 * 1024}
_SIZE = re.compile(r"(?:(0[xX][0-9a-fA-F]+)|([0-9]+)(?:\.([0-9]+))?)\s*([KkMmGg]?)(?:i?[Bb])?")


def parse_size(text: str | int) -> int:
    """Bytes meant by ``1400K``, ``1.5M``, ``0x80000`` or a plain integer (K = 1024).

    Raises ``ValueError`` for anything else, for a negative number and for a fraction of a byte.
    """
    if isinstance(text, bool):
        raise ValueError(f"{text!r} is not a size")  # noqa: TRY004 - callers catch one exception
    if isinstance(text, int):
        if text < 0:
            raise ValueError(f"{text} is negative")
        return text
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a size such as 1400K, 0x80000 or 1.5M")
    hexadecimal, whole, fraction, suffix = match.groups()
    unit = _SUFFIX_BYTES[suffix.upper()]
    if hexadecimal:
        return int(hexadecimal, 16) * unit
    digits = fraction or ""
    scaled = int(whole + digits) * unit
    if scaled % 10 ** len(digits):
        raise ValueError(f"{text!r} is not a whole number of bytes")
    return int(scaled // 10 ** len(digits))


def format_bytes(count: int) -> str:
    """``12345`` as ``12345 B (12.1 KiB)``; below 1 KiB only the bytes."""
    if count < 1024:
        return f"{count} B"
    return f"{count} B ({count / 1024:.1f} KiB)"


def align_up(value: int, alignment: int) -> int:
    """The smallest multiple of ``alignment`` that is at least ``value``."""
    return (value + alignment - 1) // alignment * alignment


def align_down(value: int, alignment: int) -> int:
    """The largest multiple of ``alignment`` that is at most ``value``."""
    return value // alignment * alignment
