"""A part's own description: the SFDP tables that command 5Ah reads.

JEDEC JESD216: SFDP header, parameter headers, basic flash parameter table (DWORDs count from 1 there and
here), 4-byte address instruction table. Everything is checked before it is used: a dump may hold anything.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from imgbuild.errors import Place, fail
from imgbuild.flash.sfdp_times import Span, chip_erase_span, erase_spans, page_program_span
from imgbuild.units import format_bytes

SFDP_BYTES_MAX = 1 << 16
"""Real tables end within some hundred bytes; the rest of the 24 bit address space repeats them."""
_SIGNATURE = b"SFDP"
_HEADER_BYTES = 8
_BASIC, _SECTOR_MAP, _FOUR_BYTE = 0xFF00, 0xFF81, 0xFF84
_BASIC_DWORDS_MIN = 9
_TIMES_DWORDS = 11
_SIZE_MAX = 1 << 32
_ERASE_MAX_LOG2 = 31


@dataclass(frozen=True, slots=True)
class EraseType:
    """An erase unit, its command (of ``address_bytes`` of the table) and its time."""

    size_bytes: int
    command: int
    span: Span | None


@dataclass(frozen=True, slots=True)
class Sfdp:
    """What a part tells of itself. ``page_bytes`` None: the table is too old to tell; ``notes``: to print.

    ``erase_types`` are by size, none twice. ``revision`` is that of the basic table.
    """

    revision: tuple[int, int]
    size_bytes: int
    page_bytes: int | None
    is_buffered: bool
    erase_types: tuple[EraseType, ...]
    address_bytes: int
    is_quad: bool
    program_page: Span | None
    erase_chip: Span | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Header:
    table_id: int
    major: int
    minor: int
    dwords: int
    pointer: int


def read_sfdp(data: bytes, place: Place) -> Sfdp:
    """The description in a dump that starts at SFDP address 0.

    Raises :class:`BuildError`: IB426 where the dump is none or cut short, IB427 where a field cannot be.
    """
    headers = list(_read_headers(data, place))
    basic = [header for header in headers if header.table_id == _BASIC]
    if not basic:
        fail("IB427", "the dump has no basic flash parameter table (id FF00)", place)
    chosen = max(basic, key=lambda header: (header.dwords, header.minor))
    if chosen.major != 1:
        fail(
            "IB427",
            f"the basic table is of revision {chosen.major}.{chosen.minor}; expected 1.x (JESD216)",
            place,
        )
    if chosen.dwords < _BASIC_DWORDS_MIN:
        message = f"the basic table has {chosen.dwords} DWORDs; expected at least {_BASIC_DWORDS_MIN}"
        fail("IB427", message, place)
    words = _read_table(data, chosen, "basic flash parameter table", place)
    four = next((h for h in headers if h.table_id == _FOUR_BYTE and h.dwords >= 2), None)
    four_words = None if four is None else _read_table(data, four, "4-byte address instruction table", place)
    has_map = any(header.table_id == _SECTOR_MAP for header in headers)
    return _Basic(words, (chosen.major, chosen.minor), place).describe(four_words, has_map=has_map)


# --- headers ---------------------------------------------------------------------------------------


def _read_headers(data: bytes, place: Place) -> Iterator[_Header]:
    if len(data) > SFDP_BYTES_MAX:
        message = f"the dump is larger than {format_bytes(SFDP_BYTES_MAX)}; tables take some hundred bytes"
        fail("IB426", message, place, hint="dump what command 5Ah reads, not the flash itself")
    if data[:4] != _SIGNATURE:
        _refuse_signature(data, place)
    if len(data) < 2 * _HEADER_BYTES:
        _truncated(data, 2 * _HEADER_BYTES, "the first two headers", place)
    major = data[5]
    if major != 1:
        fail("IB427", f"the header is of revision {major}.{data[4]}; expected 1.x (JESD216)", place)
    count = data[6] + 1
    end = _HEADER_BYTES * (count + 1)
    if end > len(data):
        _truncated(data, end, f"{count} parameter headers", place)
    for number in range(1, count + 1):
        low, minor, major, dwords, pointer, high = struct.unpack_from(
            "<BBBB3sB", data, _HEADER_BYTES * number
        )
        # JESD216 of 2011 left the high byte FFh for JEDEC's tables; a maker's table has its own.
        yield _Header(high << 8 | low, major, minor, dwords, int.from_bytes(pointer, "little"))


def _refuse_signature(data: bytes, place: Place) -> NoReturn:
    if not data:
        fail("IB426", "the dump is empty", place)
    if not data.strip(b"\xff") or not data.strip(b"\0"):
        message = f"every byte is 0x{data[0]:02X}: the part has no SFDP table, or did not answer"
        fail("IB426", message, place, hint="check chip select and MISO; 9Fh (JEDEC id) must answer first")
    hint = None
    at = data[:16].find(_SIGNATURE)
    if at > 0:
        hint = f"'SFDP' stands at byte {at}: command 5Ah takes 3 address bytes and one dummy byte before data"
    elif data[:4] == _SIGNATURE[::-1]:
        hint = "the bytes of each word are reversed: dump bytes, not words"
    elif data[:8].lower() == _SIGNATURE.hex().encode():
        hint = "this is hexadecimal text: 'xxd -r -p dump.txt dump.bin' makes bytes of it"
    shown = data[:4].hex(" ").upper()
    fail("IB426", f"the dump starts with {shown}; expected 53 46 44 50 ('SFDP')", place, hint)


def _truncated(data: bytes, needed: int, what: str, place: Place) -> NoReturn:
    message = f"the dump is cut short: {what} end at byte {needed}, the file has {len(data)}"
    fail("IB426", message, place, hint="dump 512 bytes from SFDP address 0")


def _read_table(data: bytes, header: _Header, what: str, place: Place) -> tuple[int, ...]:
    end = header.pointer + 4 * header.dwords
    if end > len(data):
        _truncated(data, end, f"the bytes of the {what}", place)
    return struct.unpack_from(f"<{header.dwords}I", data, header.pointer)


# --- the basic table -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Basic:
    words: tuple[int, ...]
    revision: tuple[int, int]
    place: Place

    def dword(self, number: int) -> int:
        """DWORD ``number``, counted from 1."""
        return self.words[number - 1]

    def describe(self, four_byte: tuple[int, ...] | None, *, has_map: bool) -> Sfdp:
        notes: list[str] = []
        size = self._size_bytes()
        has_times = len(self.words) >= _TIMES_DWORDS and self.dword(11) != 0xFFFF_FFFF
        types = self._erase_types(size, has_times=has_times)
        is_large = size > 1 << 24
        if is_large:
            types = self._four_byte_types(types, four_byte, notes)
        types = _drop_ambiguous(types, notes)
        if not types:
            fail("IB427", "the basic table names no erase command", self.place)
        if has_map:
            notes.append("The part has a sector map (FF81): erase units may differ at its ends.")
        return Sfdp(
            revision=self.revision,
            size_bytes=size,
            page_bytes=self._page_bytes(size, has_times=has_times),
            is_buffered=bool(self.dword(1) >> 2 & 1),
            erase_types=tuple(sorted(types.values(), key=lambda kind: kind.size_bytes)),
            address_bytes=4 if is_large else 3,
            is_quad=bool(self.dword(1) >> 21 & 3),
            program_page=page_program_span(self.dword(11)) if has_times else None,
            erase_chip=chip_erase_span(self.dword(11), self.dword(10)) if has_times else None,
            notes=tuple(notes),
        )

    def _size_bytes(self) -> int:
        """DWORD 2: bits less one, or with bit 31 the power of two of the bits (more than 2 Gbit)."""
        value = self.dword(2)
        if value >> 31:
            power = value & 0x7FFF_FFFF
            if not 32 <= power <= 35:
                message = f"the density is 2^{power} bits; expected 2^32 to 2^35 (512 MiB to 4 GiB)"
                fail("IB427", message, self.place)
            return 1 << power - 3
        bits = value + 1
        if bits & (bits - 1) or bits < 1 << 15:
            message = f"the density is {bits} bits; expected a power of two from 32 Kbit"
            fail("IB427", message, self.place)
        return bits // 8

    def _page_bytes(self, size: int, *, has_times: bool) -> int | None:
        if not has_times:
            return None
        page = 1 << (self.dword(11) >> 4 & 15)
        if page > size:
            fail("IB427", f"a page has {page} B, the part {size} B", self.place)
        return page

    def _erase_types(self, size: int, *, has_times: bool) -> dict[int, EraseType]:
        """Erase types 1 to 4 by number: DWORDs 8 and 9, times in DWORD 10; else 4 KiB of DWORD 1."""
        spans = erase_spans(self.dword(10)) if has_times else (None,) * 4
        fields = [self.dword(8 + number // 2) >> 16 * (number % 2) & 0xFFFF for number in range(4)]
        types: dict[int, EraseType] = {}
        for number, (field, span) in enumerate(zip(fields, spans, strict=True), 1):
            log2, command = field & 0xFF, field >> 8
            if log2 in (0, 0xFF):  # 0: no such type; FFh: never written, as in parts of the first revision
                continue
            if log2 > _ERASE_MAX_LOG2 or 1 << log2 > size:
                message = f"erase type {number} has 2^{log2} B; the part has {format_bytes(size)}"
                fail("IB427", message, self.place)
            types[number] = EraseType(1 << log2, command, span)
        if not types and self.dword(1) & 3 == 1:
            types[1] = EraseType(4096, self.dword(1) >> 8 & 0xFF, None)
        return types

    def _four_byte_types(
        self, types: dict[int, EraseType], four_byte: tuple[int, ...] | None, notes: list[str]
    ) -> dict[int, EraseType]:
        """The types that have commands with 4 address bytes, with those commands."""
        if four_byte is None:
            notes.append(
                "The erase commands take 4 address bytes only after the part was told so (B7h, or as its data"
                " sheet says)."
            )
            return types
        supported, commands = four_byte[0], four_byte[1]
        kept = {
            n: kind
            for n, kind in types.items()
            if supported >> 8 + n & 1 and commands >> 8 * (n - 1) & 0xFF != 0xFF
        }
        if not kept:
            notes.append("No erase command with 4 address bytes is told: those of 3 are given.")
            return types
        return {
            n: EraseType(kind.size_bytes, commands >> 8 * (n - 1) & 0xFF, kind.span)
            for n, kind in kept.items()
        }


def _drop_ambiguous(types: dict[int, EraseType], notes: list[str]) -> dict[int, EraseType]:
    """Without types that share their command, and without a size told twice."""
    commands = [kind.command for kind in types.values()]
    kept = {n: kind for n, kind in types.items() if commands.count(kind.command) == 1}
    if len(kept) < len(types) and kept:
        shared = sorted({kind.size_bytes for n, kind in types.items() if n not in kept})
        sizes = ", ".join(format_bytes(size) for size in shared)
        notes.append(f"Left out: erase units of {sizes}, which share one command and depend on the address.")
    else:
        kept = types
    by_size = {kind.size_bytes: n for n, kind in reversed(kept.items())}
    return {n: kept[n] for n in sorted(by_size.values())}
