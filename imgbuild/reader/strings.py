"""String tables, read from FORMAT.md section 6.2 alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from imgbuild.model import GlyphRuns, StringTable
from imgbuild.reader.bitmap import fail_malformed
from imgbuild.reader.pack import fold, mix
from imgbuild.reader.runs import read_runs

_HEADER = struct.Struct("<HHBBHIIII")
_LANGUAGE_BYTES = 16
_BUCKET_SEED = 0xFFFF


@dataclass(frozen=True, slots=True)
class Strings:
    """An opened table. ``find`` looks up as a device does."""

    name: str
    payload: memoryview
    strings: int
    buckets: int
    ref_bytes: int
    contract: int
    slots: int
    pool: int
    pool_bytes: int
    languages: tuple[tuple[str, bool], ...]

    @property
    def slot_bytes(self) -> int:
        """Bytes of a slot: key and a reference per language."""
        return 4 + len(self.languages) * self.ref_bytes

    def key_at(self, slot: int) -> int:
        """The key of a slot."""
        return int.from_bytes(self.payload[self.slots + slot * self.slot_bytes :][:4], "little")

    def find(self, key: int) -> int | None:
        """The slot of a key, by hash and displacement; None if the table has no such key."""
        if not self.buckets:
            return None
        at = (
            _HEADER.size
            + len(self.languages) * _LANGUAGE_BYTES
            + 2 * fold(mix(key, _BUCKET_SEED), self.buckets)
        )
        displacement = int.from_bytes(self.payload[at : at + 2], "little")
        slot = displacement & 0x7FFF if displacement & 0x8000 else fold(mix(key, displacement), self.strings)
        return slot if slot < self.strings and self.key_at(slot) == key else None

    def text(self, slot: int, language: int) -> str | GlyphRuns:
        """The text of a slot in a language. Raises BuildError IB608 where the pool is malformed."""
        at = self.slots + slot * self.slot_bytes + 4 + language * self.ref_bytes
        offset = int.from_bytes(self.payload[at : at + self.ref_bytes], "little")
        if offset + 2 > self.pool_bytes:
            fail_malformed(self.name, f"a text at 0x{offset:X} of a pool of 0x{self.pool_bytes:X} bytes")
        pool = self.payload[self.pool : self.pool + self.pool_bytes]
        head = int.from_bytes(pool[offset : offset + 2], "little")
        length = head & 0x7FFF
        data = pool[offset + 2 : offset + 2 + length]
        if offset + 2 + length >= self.pool_bytes or pool[offset + 2 + length]:
            fail_malformed(self.name, f"the text at 0x{offset:X} of the pool does not end with a zero byte")
        if head & 0x8000:
            return read_runs(data, self.name)
        try:
            text = bytes(data).decode()
        except UnicodeDecodeError:
            fail_malformed(self.name, f"the text at 0x{offset:X} of the pool is not UTF-8")
        if "\0" in text:
            fail_malformed(self.name, f"the text at 0x{offset:X} of the pool has a zero byte in it")
        return text

    def to_table(self) -> StringTable:
        """All texts; every key is looked up as a device does."""
        texts = {}
        for slot in range(self.strings):
            key = self.key_at(slot)
            if self.find(key) != slot:
                fail_malformed(self.name, f"looking key 0x{key:08X} up does not lead to its slot {slot}")
            texts[key] = tuple(self.text(slot, number) for number in range(len(self.languages)))
        return StringTable(self.languages, self.contract, texts)


def read_strings(payload: bytes | memoryview, name: str) -> Strings:
    """Open a table; texts are read when asked for. Raises BuildError IB608 where it is malformed."""
    view = memoryview(payload)
    if len(view) < _HEADER.size:
        fail_malformed(name, f"strings of {len(view)} bytes, at least {_HEADER.size} are the header")
    count, buckets, languages, ref_bytes, _, contract, slots, pool, pool_bytes = _HEADER.unpack_from(view)
    head_end = _HEADER.size + languages * _LANGUAGE_BYTES + 2 * buckets
    slots_end = slots + count * (4 + languages * ref_bytes)
    if not languages or not 2 <= ref_bytes <= 4 or bool(count) != bool(buckets) or count > 0x7FFF:
        fail_malformed(name, f"{count} strings, {languages} languages, references of {ref_bytes} bytes")
    if head_end > len(view) or slots_end > len(view) or pool + pool_bytes > len(view):
        fail_malformed(name, f"tables that end behind its {len(view)} bytes")
    tags = tuple(_read_language(view, _HEADER.size + n * _LANGUAGE_BYTES, name) for n in range(languages))
    return Strings(name, view, count, buckets, ref_bytes, contract, slots, pool, pool_bytes, tags)


def _read_language(view: memoryview, at: int, name: str) -> tuple[str, bool]:
    tag = bytes(view[at + 1 : at + _LANGUAGE_BYTES]).rstrip(b"\0")
    if not tag.isascii() or b"\0" in tag:
        fail_malformed(name, f"a language tag {tag!r}")
    return tag.decode("ascii"), bool(view[at] & 1)
