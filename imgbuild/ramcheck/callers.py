"""What callers give an entry point: constants in its first four arguments, where all callers seen agree."""

from __future__ import annotations

import numpy as np

from imgbuild.ramcheck.firmware import Firmware, Function
from imgbuild.ramcheck.state import Kind, State, Value
from imgbuild.ramcheck.thumb import ARGUMENTS
from imgbuild.ramcheck.trace import Code, Facts, after_unknown_call, trace

_CALLERS_MAX = 64
_LEVELS_MAX = 4


def arguments_of(firmware: Firmware, entry: int) -> dict[int, Value]:
    """The arguments of ``entry`` by register, as its direct callers give them.

    A driver's functions take a structure with callbacks: where every caller seen hands over the same one,
    the calls through it can be followed. Calls through pointers that are computed are not seen.
    """
    return _Search(firmware).arguments(entry, ())


class _Search:
    def __init__(self, firmware: Firmware) -> None:
        self.firmware = firmware
        self.code = Code(firmware)
        self.known: dict[int, dict[int, Value]] = {}

    def arguments(self, entry: int, below: tuple[int, ...]) -> dict[int, Value]:
        """As :func:`arguments_of`; ``below``: functions whose callers are being looked for."""
        if entry in self.known or entry in below or len(below) >= _LEVELS_MAX:
            return self.known.get(entry, {})
        targets = {entry, *_veneers_of(self.firmware, entry)}
        seen: list[dict[int, Value]] = []

        def note(target: int, state: State) -> State:
            if target in targets:
                given = {r: state.registers[r] for r in ARGUMENTS if r in state.registers}
                seen.append({r: v for r, v in given.items() if v.kind is Kind.NUMBER})
            return after_unknown_call(state)

        for caller in sorted(_callers_of(self.firmware, targets))[:_CALLERS_MAX]:
            if caller.start not in targets:
                given = self.arguments(caller.start, (*below, entry))
                trace(self.code, caller, Facts(), note, State.at_entry(given))
        first, *others = seen or [{}]
        self.known[entry] = {r: v for r, v in first.items() if all(other.get(r) == v for other in others)}
        return self.known[entry]


def _veneers_of(firmware: Firmware, entry: int) -> set[int]:
    """Long-branch stubs of GNU ld (``__name_veneer``) and lld (``__ThumbV7ABSLongThunk_name``)."""
    names = {function.name for function in firmware.functions if function.start == entry}
    return {
        function.start
        for function in firmware.functions
        for name in names
        if function.name == f"__{name}_veneer" or function.name.endswith(f"Thunk_{name}")
    }


def _callers_of(firmware: Firmware, targets: set[int]) -> set[Function]:
    """Functions with a BL or B.W to a target, or with its address in a literal pool."""
    places: set[int] = set()
    for part in firmware.memory:
        if part.is_code:
            places.update(_branches_to(part.data, part.span.start, targets))
            places.update(_words_of(part.data, part.span.start, targets))
    found = (firmware.function_at(place) for place in places)
    return {function for function in found if function is not None}


def _branches_to(data: bytes, start: int, targets: set[int]) -> list[int]:
    """Addresses of BL (encoding T1) and B.W (T4) to one of ``targets``; DDI 0403, A7.7.12 and A7.7.18."""
    halves = np.frombuffer(data[: len(data) // 2 * 2], "<u2").astype(np.int64)
    first, second = halves[:-1], halves[1:]
    is_branch = (first & 0xF800 == 0xF000) & (second & 0x9000 == 0x9000)
    at = np.flatnonzero(is_branch)
    first, second = first[at], second[at]
    sign = first >> 10 & 1
    i1, i2 = 1 ^ sign ^ (second >> 13 & 1), 1 ^ sign ^ (second >> 11 & 1)
    offset = i1 << 23 | i2 << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1
    goal = (start + 2 * at + 4 + offset - (sign << 24)) & 0xFFFFFFFF
    return [int(start + 2 * place) for place in at[np.isin(goal, sorted(targets))]]


def _words_of(data: bytes, start: int, targets: set[int]) -> list[int]:
    skipped = -start % 4
    words = np.frombuffer(data[skipped : skipped + (len(data) - skipped) // 4 * 4], "<u4")
    at = np.flatnonzero(np.isin(words, sorted(target | 1 for target in targets)))
    return [int(start + skipped + 4 * place) for place in at]
