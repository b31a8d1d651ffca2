"""Times in the basic flash parameter table: JEDEC JESD216A and later, DWORDs 10 and 11."""

from __future__ import annotations

from dataclasses import dataclass

_ERASE_UNITS_US = (1_000, 16_000, 128_000, 1_000_000)
_CHIP_UNITS_US = (16_000, 256_000, 4_000_000, 64_000_000)
_PAGE_UNITS_US = (8, 64)


@dataclass(frozen=True, slots=True)
class Span:
    """A time in microseconds."""

    typical_us: int
    maximum_us: int


def erase_spans(dword10: int) -> tuple[Span, Span, Span, Span]:
    """The times of erase types 1 to 4: from bit 4 on, 7 bits each: count less one, unit (2 bits)."""
    factor = 2 * ((dword10 & 15) + 1)

    def span(number: int) -> Span:
        field = dword10 >> 4 + 7 * number & 0x7F
        typical = ((field & 31) + 1) * _ERASE_UNITS_US[field >> 5]
        return Span(typical, typical * factor)

    return span(0), span(1), span(2), span(3)


def page_program_span(dword11: int) -> Span:
    """The time of a page: bits 8 to 12 count less one, bit 13 unit, bits 0 to 3 factor of the maximum."""
    typical = ((dword11 >> 8 & 31) + 1) * _PAGE_UNITS_US[dword11 >> 13 & 1]
    return Span(typical, typical * 2 * ((dword11 & 15) + 1))


def chip_erase_span(dword11: int, dword10: int) -> Span:
    """The time of the whole chip: bits 24 to 28 count less one, 29 and 30 unit; factor of DWORD 10."""
    typical = ((dword11 >> 24 & 31) + 1) * _CHIP_UNITS_US[dword11 >> 29 & 3]
    return Span(typical, typical * 2 * ((dword10 & 15) + 1))
