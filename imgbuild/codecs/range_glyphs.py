"""Codec 4, glyphs (FORMAT.md 5.4): all glyphs of a font are modelled and coded together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from imgbuild.codecs.range_coder import OpenStream, Steps, encode_open_streams
from imgbuild.codecs.range_glyphs_events import Events, model_gray, model_mono
from imgbuild.codecs.range_glyphs_tables import BIT, FIXED, event_costs, make_table
from imgbuild.codecs.range_glyphs_tails import join_streams
from imgbuild.glyph_tables import (
    MODEL_CJK,
    MODEL_LATIN,
    MODEL_MONO7,
    MODEL_MONO10,
    MODEL_OWN,
    own_table_bytes,
    read_glyph_table,
)

U8 = NDArray[np.uint8]

_PRICE_BYTES = {MODEL_MONO10: 512}
"""What a built-in model must gain over the others: firmware links 1 KB for this one instead of 128 B."""
TAKEN_BYTES_MORE = 12
"""Bytes that a decoder may take beyond a glyph's share of its raw size: small glyphs set no ratio."""
_CHUNK_PX = 1 << 20
"""Pixels modelled and coded at a time: what numpy needs for them is some hundred bytes each."""


@dataclass(frozen=True, slots=True)
class CodedGlyphs:
    """What a font stores: ``pixels``, and for each bitmap where it begins and whether it is raw.

    ``ratio`` is FORMAT.md's coded_ratio, ``model`` that of 5.4; ``table`` is empty unless the model is the
    font's own.
    """

    model: int
    table: bytes
    pixels: bytes
    offsets: list[int]
    is_raw: list[bool]
    ratio: int


@dataclass(frozen=True, slots=True)
class _Choice:
    """A model with the events of all glyphs, chunk by chunk, and what it is taken to cost, in 1/BIT bit."""

    model: int
    chunks: Sequence[Events]
    table: bytes
    cost: int


def encode_glyphs(bitmaps: Sequence[U8], raw: Sequence[bytes], bpp: int) -> CodedGlyphs:
    """Different ``bitmaps``, each with a pixel at least; ``raw``: each as stored raw.

    They are uint8 ``[h, w]`` of values below 2^bpp. The model is the one of the fewest bytes; each glyph is
    stored raw where its code is not shorter.
    """
    choice = min(_choices(bitmaps, bpp), key=lambda one: one.cost)
    streams = [stream for chunk in choice.chunks for stream in _code(chunk, choice.table)]
    is_raw = [len(stream.data) + 1 >= len(plain) for stream, plain in zip(streams, raw, strict=True)]
    coded = [number for number, plain in enumerate(is_raw) if not plain]
    plain = [number for number, plain in enumerate(is_raw) if plain]
    behind = b"".join(raw[number] for number in plain)
    front, begins = join_streams([streams[number] for number in coded], behind)
    ends = accumulate((len(raw[number]) for number in plain), initial=len(front))
    offsets = [0] * len(streams)
    for number, begin in (*zip(coded, begins, strict=True), *zip(plain, ends, strict=False)):
        offsets[number] = begin
    table = choice.table if choice.model == MODEL_OWN else b""
    ratio = max((_ratio(streams[number].data, raw[number]) for number in coded), default=0)
    return CodedGlyphs(choice.model, table, front + behind, offsets, is_raw, max(1, ratio))


def _ratio(stream: bytes, raw: bytes) -> int:
    """The least coded_ratio that covers a glyph. A decoder takes the four bytes behind a stream, too."""
    return -(-256 * max(0, len(stream) + 4 - TAKEN_BYTES_MORE) // len(raw))


def _choices(bitmaps: Sequence[U8], bpp: int) -> Iterator[_Choice]:
    """Every model for the depth, built-in ones first: of equal ones the first is taken."""
    chunks = list(_cut(bitmaps))
    size = own_table_bytes(bpp)
    if bpp == 1:
        own = [model_mono(chunk, 7) for chunk in chunks]
        built_in = {MODEL_MONO7: own, MODEL_MONO10: [model_mono(chunk, 10) for chunk in chunks]}
    else:
        own = [model_gray(chunk, bpp) for chunk in chunks]
        built_in = {MODEL_LATIN: own, MODEL_CJK: own}
    for model, events in built_in.items():
        yield _choice(model, events, read_glyph_table(model), _PRICE_BYTES.get(model, 0))
    yield _choice(MODEL_OWN, own, make_table(_count(own, size), size), size)


def _cut(bitmaps: Sequence[U8]) -> Iterator[Sequence[U8]]:
    """Parts of some :data:`_CHUNK_PX` pixels."""
    ends = np.cumsum([bitmap.size for bitmap in bitmaps])
    first = 0
    while first < len(bitmaps):
        begin = ends[first] - bitmaps[first].size
        last = max(first + 1, int(np.searchsorted(ends, begin + _CHUNK_PX, side="right")))
        yield bitmaps[first:last]
        first = last


def _choice(model: int, chunks: Sequence[Events], table: bytes, price_bytes: int) -> _Choice:
    cost = int(_count(chunks, len(table)) @ event_costs(table))
    return _Choice(model, chunks, table, cost + 8 * BIT * price_bytes)


def _count(chunks: Sequence[Events], size: int) -> NDArray[np.int64]:
    """How often each event of a table of ``size`` bytes, and of the place behind it, comes."""
    counts = np.zeros(2 * size + 2, np.int64)
    for chunk in chunks:
        counts += np.bincount(chunk.events, minlength=len(counts))
    return counts


def _code(events: Events, table: bytes) -> list[OpenStream]:
    zero = np.repeat(np.frombuffer(table + bytes([FIXED]), np.uint8), 2)
    is_one = np.arange(len(zero)) % 2 == 1
    low = np.where(is_one, zero, 0).astype(np.uint8)
    size = np.where(is_one, 256 - zero.astype(np.uint16), zero).astype(np.uint16)
    numbers = events.events
    shift = np.full(len(numbers), 8, np.uint8)
    steps = Steps(shift, low[numbers], size[numbers], is_one[numbers])
    return encode_open_streams(steps, events.lengths)
