"""The index's arithmetic (FORMAT.md, section 3): look-up by hash-and-displace, check bytes, entries."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import fail
from imgbuild.limits import ASSETS_MAX
from imgbuild.model import EncodedAsset

U32 = NDArray[np.uint32]

ENTRY_BYTES = 32
DIRECT = 0x8000
"""Bit of a displacement: the rest is the slot itself."""
EMPTY = 0xFFFF
"""Displacement of a bucket without keys: a slot that no pack has."""
NO_VARIANT = 0xFFFF
_BUCKET_SEED = 0xFFFF
_SEEDS = 0x8000
_KEYS_PER_BUCKET = 3
_ROUNDS_MAX = 32
_FIRST_BLOCK = 32
"""Seeds tried at once at first; each further block is four times as long."""

_SEED_MIX: U32 = np.arange(_SEEDS, dtype=np.uint32) * np.uint32(0x9E3779B1)

_ENTRY = struct.Struct("<IIII3sBBBHHHBBB")


def mix_key(key: int, seed: int) -> int:
    """``mix`` of FORMAT.md 3.1: a u32 for a u32 ``key`` and a seed 0..0xFFFF."""
    h = (key ^ seed * 0x9E3779B1) & 0xFFFFFFFF
    h ^= h >> 15
    h = h * 0x2C1B3C6D & 0xFFFFFFFF
    return h ^ h >> 13


def fold_hash(h: int, count: int) -> int:
    """``fold`` of FORMAT.md 3.1: a number 0..count-1 for a u32 ``h`` and ``count`` below 32768."""
    return (h >> 15) * count >> 17


def _fold_mixed(h: U32, count: int) -> NDArray[np.int64]:
    """The same as :func:`fold_hash` of :func:`mix_key` for an array of ``key ^ seed * constant``."""
    h = h ^ (h >> np.uint32(15))
    h = h * np.uint32(0x2C1B3C6D)
    h = h ^ (h >> np.uint32(13))
    return (h >> np.uint32(15)).astype(np.int64) * count >> 17


def build_displacements(keys: Sequence[int], spare: int = 0) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Displacements (u16 each) and the slot of every key, in the order of ``keys``.

    There are ``len(keys) + spare`` slots, each used once at the most: ``spare`` of them are left for
    entries that no look-up leads to (variants). The result depends on nothing but ``keys``: buckets are
    served largest first, ties by number, each with the smallest seed that works. Raises BuildError
    with IB408 (more keys than a pack holds) or IB114 (a key twice).
    """
    count = len(keys)
    if count + spare > ASSETS_MAX:
        fail("IB408", f"{count + spare} assets; a pack holds at most {ASSETS_MAX}")
    if len(set(keys)) != count:
        fail("IB114", f"{count - len(set(keys))} of {count} assets have the key of another asset")
    if not count:
        return (), ()
    array = np.array(keys, dtype=np.uint32)
    buckets = -(-count // _KEYS_PER_BUCKET)
    for _ in range(_ROUNDS_MAX):
        found = _place_buckets(array, buckets, count + spare)
        if found is not None:
            return found
        buckets = min(ASSETS_MAX, buckets + buckets // 4 + 1)
    fail("IB901", f"found no look-up table for {count} keys in {_ROUNDS_MAX} rounds")


def _place_buckets(
    keys: U32, buckets: int, slot_count: int
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """One try with a given number of buckets; None if a bucket has no seed."""
    sizes, members = _fill_buckets(keys, buckets)
    displacements = [EMPTY] * buckets
    slots = np.zeros(len(keys), dtype=np.int64)
    is_free = np.ones(slot_count, dtype=np.bool_)
    for bucket in np.argsort(-sizes, kind="stable"):
        if sizes[bucket] < 2:
            break
        placed = _find_seed(keys[members[bucket]], is_free)
        if placed is None:
            return None
        displacements[bucket], taken = placed
        slots[members[bucket]] = taken
        is_free[taken] = False
    singles = np.flatnonzero(sizes == 1)
    free = np.flatnonzero(is_free)[: len(singles)]
    for bucket, slot in zip(singles.tolist(), free.tolist(), strict=True):
        displacements[bucket] = DIRECT | slot
        slots[members[bucket]] = slot
    return tuple(displacements), tuple(slots.tolist())


def _fill_buckets(keys: U32, buckets: int) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """How many keys fall into each bucket, and which."""
    bucket_of_key = _fold_mixed(keys ^ np.uint32(_BUCKET_SEED * 0x9E3779B1 & 0xFFFFFFFF), buckets)
    sizes = np.bincount(bucket_of_key, minlength=buckets)
    return sizes, np.split(np.argsort(bucket_of_key, kind="stable"), np.cumsum(sizes)[:-1])


def keep_displacements(
    keys: Sequence[int], known: frozenset[int], table: Sequence[int], spare: int = 0
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """As :func:`build_displacements`, but with the seeds of an earlier ``table`` as far as they serve.

    ``known``: the keys of that table, which was made for as many slots. A bucket that a new key falls into
    gets another seed; keys that are alone in their bucket make room for it. None if that is not enough.
    """
    if not keys or not table or len(set(keys)) != len(keys):
        return None
    array = np.array(keys, dtype=np.uint32)
    _, members = _fill_buckets(array, len(table))
    displacements = [EMPTY] * len(table)
    slots = np.full(len(keys), -1, dtype=np.int64)
    is_free = np.ones(len(keys) + spare, dtype=np.bool_)
    singles, changed = [], []
    for bucket, held in enumerate(members):
        old, is_known = table[bucket], known.issuperset(array[held].tolist())
        if len(held) == 1 and (old >= DIRECT or not is_known):
            singles.append(bucket)
        elif len(held) and not (is_known and old < DIRECT):
            changed.append(bucket)
        elif len(held):
            taken = _fold_mixed(array[held] ^ _SEED_MIX[old], len(is_free))
            if not is_free[taken].all() or len(set(taken.tolist())) != len(held):
                return None  # not a table of these keys
            displacements[bucket], slots[held], is_free[taken] = old, taken, False
    for bucket in sorted(changed, key=lambda bucket: -len(members[bucket])):
        placed = _find_seed(array[members[bucket]], is_free)
        if placed is None:
            return None
        displacements[bucket], slots[members[bucket]] = placed
        is_free[placed[1]] = False
    for bucket, slot in _seat_singles(singles, table, is_free):
        displacements[bucket], slots[members[bucket]] = DIRECT | slot, slot
    return tuple(displacements), tuple(slots.tolist())


def _seat_singles(
    buckets: Sequence[int], table: Sequence[int], is_free: NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """A free slot for each bucket of one key: that of ``table`` if it can be, else the lowest one left."""
    seated = {}
    for bucket in buckets:
        slot = table[bucket] & ~DIRECT
        if table[bucket] >= DIRECT and slot < len(is_free) and is_free[slot]:
            seated[bucket], is_free[slot] = slot, False
    free = iter(np.flatnonzero(is_free).tolist())
    seated.update({bucket: next(free) for bucket in buckets if bucket not in seated})
    return sorted(seated.items())


def _find_seed(keys: U32, is_free: NDArray[np.bool_]) -> tuple[int, NDArray[np.int64]] | None:
    """The smallest seed that puts ``keys`` onto free slots, all different, and these slots."""
    first, length = 0, _FIRST_BLOCK
    while first < _SEEDS:
        block = _SEED_MIX[first : first + length]
        slots = _fold_mixed(keys[np.newaxis, :] ^ block[:, np.newaxis], len(is_free))
        for row in np.flatnonzero(is_free[slots].all(axis=1)):
            if len(set(slots[row].tolist())) == len(keys):
                return first + int(row), slots[row]
        first, length = first + length, length * 4
    return None


def _crc8_table() -> bytes:
    table = bytearray(256)
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
        table[value] = crc
    return bytes(table)


_CRC8 = _crc8_table()


def crc8(data: bytes) -> int:
    """CRC-8 of FORMAT.md 3.2: polynomial 0x07, start 0, not reflected."""
    crc = 0
    for byte in data:
        crc = _CRC8[crc ^ byte]
    return crc


class Chain(NamedTuple):
    """How an entry hangs together with the variants of its name."""

    key: int
    variant: int
    next_variant: int


def pack_entry(
    asset: EncodedAsset, offset_bytes: int, name_offset: int, name_bytes: int, chain: Chain | None = None
) -> bytes:
    """The 32 bytes of an index entry (FORMAT.md 3.2). ``name_bytes`` 0: no name is stored.

    ``chain`` None: the asset stands alone, as in a file of littlefs.
    """
    key, variant, next_variant = chain or Chain(asset.key, 0, NO_VARIANT)
    body = _ENTRY.pack(
        key,
        offset_bytes,
        len(asset.payload),
        asset.crc32,
        name_offset.to_bytes(3, "little"),
        name_bytes,
        asset.kind,
        0,
        next_variant,
        asset.width,
        asset.height,
        asset.pixel_format,
        asset.codec,
        variant,
    )
    return body + bytes((crc8(body),))
