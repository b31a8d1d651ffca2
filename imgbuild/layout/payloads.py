"""Where payloads lie: one behind the other, or where an earlier layout has them."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from imgbuild.layout.previous import Previous
from imgbuild.model import EncodedAsset
from imgbuild.units import align_up

_INDEX_ROOM = 16
"""New payloads stay away from the index by this part of its size: so it can grow without moving them."""
_EVICTED_SHARE = 2
"""A payload that grew pushes out what is behind it if that is at most this part of its own size."""


def place_payloads(assets: Sequence[EncodedAsset], start: int) -> tuple[list[int], int]:
    """Offset of each asset's payload in the order given, and the first byte behind the last one."""
    strictest: dict[tuple[bytes, int], int] = {}
    for asset in assets:
        group = asset.payload, asset.anchor_bytes
        strictest[group] = max(strictest.get(group, 4), asset.align_bytes)
    copies: dict[bytes, list[int]] = {}
    offsets, end = [], start
    for asset in assets:
        places = copies.setdefault(asset.payload, [])
        shared = next((offset for offset in places if _suits(asset, offset)), None)
        if shared is None:
            align = strictest[asset.payload, asset.anchor_bytes]
            shared = _next_offset(end, align, asset.anchor_bytes)
            places.append(shared)
            end = shared + len(asset.payload)
        offsets.append(shared)
    return offsets, end


def keep_payloads(assets: Sequence[EncodedAsset], start: int, previous: Previous) -> tuple[list[int], int]:
    """The same with the offsets of ``previous`` where they still serve; nothing lies below ``start``.

    In this order: what is unchanged stays; what is stored already, be it under another name, is shared; what
    changed stays where it fits (one that grew may push out smaller ones behind it); the rest, largest first,
    goes into the first gap that holds it, or behind the last payload.
    """
    keeper = _Keeper(assets, _Room(start), previous)
    keeper.keep_unchanged()
    keeper.share_contents()
    keeper.keep_changed()
    keeper.place_rest()
    keeper.place_empty()
    return keeper.offsets, keeper.room.end


def _suits(asset: EncodedAsset, offset: int) -> bool:
    return (offset + asset.anchor_bytes) % asset.align_bytes == 0


def _next_offset(end: int, align: int, anchor: int) -> int:
    """The first multiple of 4 from ``end`` on that puts the anchor onto a multiple of ``align``."""
    return align_up(align_up(end, 4) + anchor, align) - anchor


class _Room:
    """The spans taken from ``start`` on, sorted, none overlapping another."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.reach = start  # offsets of empty payloads lie in the pack, too
        self._begins: list[int] = []
        self._ends: list[int] = []

    @property
    def end(self) -> int:
        """The first byte behind everything."""
        return max(self._ends[-1] if self._ends else 0, self.reach)

    def in_the_way(self, begin: int, end: int) -> list[tuple[int, int]] | None:
        """The spans taken that begin within ``begin``..``end``; None if one reaches into it from below."""
        if begin < self.start:
            return None
        first = bisect.bisect_left(self._begins, begin)
        if first and self._ends[first - 1] > begin:
            return None
        last = bisect.bisect_left(self._begins, end)
        return list(zip(self._begins[first:last], self._ends[first:last], strict=True))

    def take(self, begin: int, end: int) -> bool:
        """Take a span that is free; whether it was."""
        if self.in_the_way(begin, end) != []:
            return False
        at = bisect.bisect_left(self._begins, begin)
        self._begins.insert(at, begin)
        self._ends.insert(at, end)
        return True

    def release(self, begin: int) -> None:
        """Give back the span that begins here."""
        at = bisect.bisect_left(self._begins, begin)
        del self._begins[at], self._ends[at]

    def gaps(self, floor: int, least: int) -> list[tuple[int, int]]:
        """Begin and end of what is free between the spans: from ``floor`` on, at least ``least`` bytes."""
        ends = [floor, *(max(end, floor) for end in self._ends)]
        return [(low, high) for low, high in zip(ends, self._begins, strict=False) if high - low >= least]


@dataclass(slots=True)
class _Group:
    """Assets of one payload whose anchor is the same byte: they go to one place."""

    payload: bytes
    anchor_bytes: int
    align_bytes: int = 4
    members: list[int] = field(default_factory=list)

    def suits(self, offset: int) -> bool:
        return (offset + self.anchor_bytes) % self.align_bytes == 0


class _Keeper:
    """The steps of :func:`keep_payloads`; ``_at[n]`` is asset n's offset once it has one."""

    def __init__(self, assets: Sequence[EncodedAsset], room: _Room, previous: Previous) -> None:
        self.room = room
        self._assets, self._previous = assets, previous
        self._at: dict[int, int] = {}
        self._copies: dict[bytes, set[int]] = {}

    @property
    def offsets(self) -> list[int]:
        return [self._at[number] for number in range(len(self._assets))]

    def keep_unchanged(self) -> None:
        for number, asset in enumerate(self._assets):
            offset = self._previous.offset_of(asset.name, asset.payload)
            if asset.payload and offset is not None and _suits(asset, offset):
                self._settle([number], offset)

    def share_contents(self) -> None:
        for group in self._groups():
            candidates = sorted(self._copies.get(group.payload, ())) + self._previous.offsets_of(
                group.payload
            )
            for offset in filter(group.suits, candidates):
                if self._settle(group.members, offset):
                    break

    def keep_changed(self) -> None:
        """From the last to the first, so that it is known what is behind each."""
        wishes = []
        for order, group in enumerate(self._groups()):
            olds = [self._previous.assets.get(self._assets[number].name) for number in group.members]
            offsets = [old.offset_bytes for old in olds if old is not None and old.stored_bytes]
            wishes += [(-offset, order, group) for offset in filter(group.suits, offsets)]
        for negative, _, group in sorted(wishes, key=lambda wish: wish[:2]):
            if group.members[0] not in self._at:
                self._keep_changed(group, -negative)

    def _keep_changed(self, group: _Group, offset: int) -> None:
        end = offset + len(group.payload)
        blocked = self.room.in_the_way(offset, end)
        if blocked is None:
            return
        is_cheap = sum(high - low for low, high in blocked) * _EVICTED_SHARE <= len(group.payload)
        if is_cheap and all(low > offset for low, _ in blocked):
            for low, _ in blocked:
                self._evict(low)
            self._settle(group.members, offset)

    def _evict(self, low: int) -> None:
        self.room.release(low)
        for number in [number for number, at in self._at.items() if at == low]:
            self._copies[self._assets[number].payload].discard(low)
            del self._at[number]

    def place_rest(self) -> None:
        """Largest first. Gaps too small for the smallest are not looked at again and again."""
        groups = sorted(self._groups(), key=lambda group: -len(group.payload))
        least = min((len(group.payload) for group in groups), default=1)
        floor = align_up(self.room.start + self.room.start // _INDEX_ROOM, 4)
        gaps = self.room.gaps(floor, least)
        for group in groups:
            size = len(group.payload)
            for at, (low, high) in enumerate(gaps):
                offset = _next_offset(low, group.align_bytes, group.anchor_bytes)
                if offset + size <= high:
                    parts = ((low, offset), (offset + size, high))
                    gaps[at : at + 1] = [part for part in parts if part[1] - part[0] >= least]
                    break
            else:
                offset = _next_offset(max(self.room.end, floor), group.align_bytes, group.anchor_bytes)
            self._settle(group.members, offset)

    def place_empty(self) -> None:
        """Payloads of no bytes lie where they were, or anywhere in the pack that suits."""
        end, shared = self.room.end, list[int]()
        for number, asset in enumerate(self._assets):
            if number in self._at:
                continue
            last = _next_offset(end, asset.align_bytes, asset.anchor_bytes)
            old = self._previous.offset_of(asset.name, b"")
            candidates = [old] if old is not None and self.room.start <= old <= last else []
            offset = next(filter(partial(_suits, asset), candidates + shared), last)
            self._at[number] = offset
            self.room.reach = max(self.room.reach, offset)
            shared.append(offset)

    def _groups(self) -> list[_Group]:
        """Those without a place, but for the empty ones."""
        groups: dict[tuple[bytes, int], _Group] = {}
        for number, asset in enumerate(self._assets):
            if asset.payload and number not in self._at:
                key = asset.payload, asset.anchor_bytes
                group = groups.setdefault(key, _Group(*key))
                group.align_bytes = max(group.align_bytes, asset.align_bytes)
                group.members.append(number)
        return list(groups.values())

    def _settle(self, members: Sequence[int], offset: int) -> bool:
        payload = self._assets[members[0]].payload
        if offset not in self._copies.get(payload, ()) and not self.room.take(offset, offset + len(payload)):
            return False
        self._copies.setdefault(payload, set()).add(offset)
        self._at.update(dict.fromkeys(members, offset))
        return True
