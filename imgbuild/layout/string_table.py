"""The strings payload of FORMAT.md section 6.2: ids to texts, all languages in one table."""

from __future__ import annotations

import struct
import unicodedata
import zlib
from collections.abc import Mapping, Sequence

from imgbuild.errors import fail
from imgbuild.glyphs.shape import number_glyphs, pack_runs
from imgbuild.layout.index import build_displacements
from imgbuild.limits import TEXT_BYTES_MAX
from imgbuild.model import Codec, EncodedAsset, GlyphRuns, Kind, PlannedAsset, StringsOptions, StringTable

_HEADER = struct.Struct("<HHBBHIIII")
_LANGUAGE = struct.Struct("<B15s")
_RUNS_BIT = 0x8000
_RTL_FLAG = 1
_RTL_SCRIPTS = frozenset({"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm"})
_RTL_LANGUAGES = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"})


def string_key(name: str) -> int:
    """A string's key: CRC-32 of its id."""
    return zlib.crc32(name.encode())


def contract_of(ids: Sequence[str]) -> int:
    """CRC-32 over the ids, sorted as bytes, each with a zero byte behind it."""
    return zlib.crc32(b"".join(name.encode() + b"\0" for name in sorted(ids, key=str.encode)))


def is_right_to_left(language: str) -> bool:
    """Whether a language (BCP 47) is written from right to left: by its script, else by the language."""
    parts = language.split("-")
    scripts = [part for part in parts[1:] if len(part) == 4 and part.isalpha()]
    return scripts[0] in _RTL_SCRIPTS if scripts else parts[0] in _RTL_LANGUAGES


def encode_strings(
    asset: PlannedAsset, font_key: int = 0, index_of: Mapping[int, int] | None = None
) -> EncodedAsset:
    """The payload of a strings asset.

    ``font_key`` and ``index_of`` (glyphs of the font file to those of its table) serve the shaped texts.
    Raises BuildError: IB336 a text too long.
    """
    options = asset.options
    if not isinstance(options, StringsOptions):
        raise TypeError(options)
    table = _table(options, font_key, index_of or {})
    payload = _pack(asset, table)
    return EncodedAsset(
        name=asset.name,
        key=asset.key,
        kind=Kind.STRINGS,
        payload=payload,
        crc32=zlib.crc32(payload),
        width=0,
        height=0,
        pixel_format=0,
        codec=Codec.RAW,
        raw_bytes=len(payload),
        align_bytes=options.align_bytes,
        anchor_bytes=0,
        max_strip_bytes=0,
        expected=table,
    )


def _table(options: StringsOptions, font_key: int, index_of: Mapping[int, int]) -> StringTable:
    shaped = dict(options.shaped)

    def stored(number: int, text: str) -> str | GlyphRuns:
        lines = shaped.get((number, text))
        return (
            unicodedata.normalize("NFC", text) if lines is None else number_glyphs(lines, font_key, index_of)
        )

    texts = {
        string_key(name): tuple(stored(number, text) for number, text in enumerate(row))
        for name, row in zip(options.ids, options.texts, strict=True)
    }
    languages = tuple((language, is_right_to_left(language)) for language in options.languages)
    return StringTable(languages, contract_of(options.ids), texts)


def _pack(asset: PlannedAsset, table: StringTable) -> bytes:
    pool, offsets = _pack_pool(asset, table)
    keys = list(table.texts)
    displacements, slots = build_displacements(keys)
    ref_bytes = next(count for count in (2, 3, 4) if len(pool) < 1 << 8 * count)
    head = [_LANGUAGE.pack(_RTL_FLAG if is_rtl else 0, tag.encode()) for tag, is_rtl in table.languages]
    head.append(struct.pack(f"<{len(displacements)}H", *displacements))
    slots_at = _HEADER.size + sum(map(len, head))
    rows = [b""] * len(keys)
    for key, slot in zip(keys, slots, strict=True):
        refs = b"".join(offset.to_bytes(ref_bytes, "little") for offset in offsets[key])
        rows[slot] = key.to_bytes(4, "little") + refs
    pool_at = slots_at + sum(map(len, rows))
    header = _HEADER.pack(
        len(keys), len(displacements), len(table.languages), ref_bytes, 0,
        table.contract, slots_at, pool_at, len(pool),
    )  # fmt: skip
    return b"".join((header, *head, *rows, pool))


def _pack_pool(asset: PlannedAsset, table: StringTable) -> tuple[bytes, dict[int, tuple[int, ...]]]:
    """The texts, equal ones once, and for each key where its texts stand."""
    places: dict[bytes, int] = {}
    pool = bytearray()
    offsets: dict[int, tuple[int, ...]] = {}
    for key, row in table.texts.items():
        found = []
        for text in row:
            item = _pack_text(asset, text)
            if item not in places:
                places[item] = len(pool)
                pool += item
            found.append(places[item])
        offsets[key] = tuple(found)
    return bytes(pool), offsets


def _pack_text(asset: PlannedAsset, text: str | GlyphRuns) -> bytes:
    data = text.encode() if isinstance(text, str) else pack_runs(text)
    if len(data) > TEXT_BYTES_MAX:
        shown = f' "{text[:40]}…"' if isinstance(text, str) else ""
        message = (
            f'a text{shown} of strings "{asset.name}" takes {len(data)} bytes, at most {TEXT_BYTES_MAX} fit'
        )
        fail("IB336", message, asset.place, "cut it into several texts, or store it as a file", asset.name)
    head = len(data) | (0 if isinstance(text, str) else _RUNS_BIT)
    return head.to_bytes(2, "little") + data + b"\0"
