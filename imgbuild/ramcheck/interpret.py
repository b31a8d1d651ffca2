"""Follows calls from function to function with what is known of arguments and of the stack.

Each function is looked at once for each set of things known that it is called with: that is how calls
through a structure of callbacks are found, which reaches its user through other functions and through
structures on the stack. Where there are too many sets, or a function calls itself, it is looked at with
nothing known.
"""

from __future__ import annotations

from collections import defaultdict, deque

from imgbuild.limits import RAMCHECK_CONTEXTS_MAX, RAMCHECK_FUNCTIONS_MAX
from imgbuild.ramcheck.firmware import Firmware, Function
from imgbuild.ramcheck.state import Kind, State, Value
from imgbuild.ramcheck.thumb import ARGUMENTS, CALL_CLOBBERS, SP
from imgbuild.ramcheck.trace import Code, Facts, after_unknown_call, trace

_DEPTH_MAX = 60
_STACK_ARGUMENT_BYTES = 32
_SMALL_NUMBER = 0x1000
_Known = tuple[tuple[int, Value], ...]
_Key = tuple[int, _Known, _Known, tuple[int, ...], frozenset[tuple[int, int]]]


class Interpreter:
    """``facts``: what was found, by the start of the function."""

    def __init__(self, firmware: Firmware, trusted: frozenset[int]) -> None:
        self.firmware, self.trusted = firmware, trusted
        self.facts: dict[int, Facts] = {}
        self.functions: dict[int, Function] = {}
        self.outside: set[int] = set()
        self.is_too_many = False
        self._code = Code(firmware)
        self._done: dict[_Key, State | None] = {}
        self._contexts: dict[int, int] = defaultdict(int)
        self._active: list[int] = []
        self._later: deque[int] = deque()

    def enter(self, target: int, arguments: dict[int, Value]) -> None:
        """Follow a call of ``target`` and everything behind it."""
        self._call(target, State.at_entry(arguments))
        while self._later:
            self._call(self._later.popleft(), State.at_entry({}))

    def _call(self, target: int, state: State) -> State | None:
        """The state behind a call of ``target``; None: it does not return."""
        if target in self.trusted:
            return after_unknown_call(state)
        if self.firmware.memory_at(target) is None:
            self.outside.add(target)
            return after_unknown_call(state)
        if target not in self.facts:
            if len(self.facts) >= RAMCHECK_FUNCTIONS_MAX:
                self.is_too_many = True
                return after_unknown_call(state)
            self.facts[target] = Facts()
            self.functions[target] = self._function_of(target)
        handed = self._without_numbers(_handed_over(state))
        if (
            target in self._active
            or len(self._active) >= _DEPTH_MAX
            or self._is_known_too_often(target, handed)
        ):
            if _key(target, State.at_entry({})) not in self._done:
                self._later.append(target)
            return after_unknown_call(state)
        key = _key(target, handed)
        if key not in self._done:
            self._contexts[target] += 1
            self._active.append(target)
            function, facts = self.functions[target], self.facts[target]
            self._done[key] = trace(self._code, function, facts, self._call, handed)
            self._active.pop()
        back = self._done[key]
        return None if back is None else _handed_back(state, back)

    def _without_numbers(self, state: State) -> State:
        """Lengths, commands and the like lead to no function, they only multiply the ways of being called."""
        for known in (state.registers, state.slots):
            for place, value in [*known.items()]:
                if value.kind in (Kind.NUMBER, Kind.ENTRY) and not self._is_address(value.number):
                    del known[place]
        return state

    def _is_address(self, number: int) -> bool:
        if number >= _SMALL_NUMBER:
            return self.firmware.memory_at(number) is not None
        if number & 1:
            function = self.firmware.function_at(number - 1)
            return function is not None and function.start == number - 1
        datum = self.firmware.object_at(number) if number else None
        return datum is not None and datum.start == number

    def _is_known_too_often(self, target: int, handed: State) -> bool:
        return (
            self._contexts[target] >= RAMCHECK_CONTEXTS_MAX
            and _key(target, handed) not in self._done
            and bool(handed.slots or len(handed.registers) > 2)
        )

    def _function_of(self, address: int) -> Function:
        """The function that starts at ``address``, or the rest of the one that holds it."""
        found = self.firmware.function_at(address)
        if found is None:
            return Function(address, 0, f"0x{address:08X}")
        if found.start == address:
            return found
        return Function(address, found.end, self.firmware.describe(address | 1))


def _key(target: int, state: State) -> _Key:
    registers = tuple((r, state.registers[r]) for r in ARGUMENTS if r in state.registers)
    slots = tuple(sorted(state.slots.items(), key=lambda item: item[0]))
    return target, registers, slots, state.frames, state.shared


def _shifted(value: Value, by: int) -> Value:
    return Value(Kind.STACK, value.number + by) if value.kind is Kind.STACK else value


def _handed_over(state: State) -> State:
    """What a callee starts with; places of the stack count from its own stack pointer.

    Of the stack it gets its fifth and further arguments, and what it can reach through addresses it is given.
    """
    sp = state.registers.get(SP)
    given = {r: state.registers[r] for r in ARGUMENTS if r in state.registers}
    if sp is None or sp.kind is not Kind.STACK:
        return State.at_entry({r: v for r, v in given.items() if v.kind is Kind.NUMBER})
    base = sp.number
    places = _reachable(state, given, base)
    entry = State.at_entry({r: _shifted(v, -base) for r, v in given.items() if v.kind is not Kind.RETURN})
    entry.slots = {at - base: _shifted(state.slots[at], -base) for at in places}
    values = (*given.values(), *(state.slots[at] for at in places))
    ends = {state.frame_end(value.number) for value in values if value.kind is Kind.STACK}
    ends |= {state.frame_end(at) for at in places}
    entry.frames = (0, *sorted(end - base for end in ends if end > base))
    entry.shared = frozenset((low - base, high - base) for low, high in state.shared if high in ends)
    return entry


def _reachable(state: State, given: dict[int, Value], base: int) -> set[int]:
    """Slots of arguments on the stack, and of objects in reach by an address, to the ends of their frames."""
    found = {at for at in state.slots if base <= at < base + _STACK_ARGUMENT_BYTES}
    values = [*given.values(), *(state.slots[at] for at in found)]
    seen: set[tuple[int, int]] = set()
    while values:
        value = values.pop()
        span = (value.number, state.frame_end(value.number))
        if value.kind is not Kind.STACK or span in seen:
            continue
        seen.add(span)
        new = {at for at in state.slots if span[0] <= at < span[1] and at >= base} - found
        found |= new
        values += [state.slots[at] for at in new]
    return {at for at in found if state.slots[at].kind is not Kind.RETURN}


def _handed_back(state: State, back: State) -> State:
    """What the caller knows afterwards: the callee's changes of its arguments and of the stack above it."""
    after = state.copy()
    for register in CALL_CLOBBERS:
        after.put(register, None)
    sp = state.registers.get(SP)
    if sp is None or sp.kind is not Kind.STACK:
        after.slots = {}
        return after
    for register in ARGUMENTS:  # GCC counts on what a function of the same file leaves alone (-fipa-ra)
        result = back.registers.get(register)
        if result is not None and result.kind is not Kind.RETURN:
            after.put(register, _shifted(result, sp.number))
    base = sp.number
    handed = _handed_over(state)
    after.slots = {at: v for at, v in state.slots.items() if at >= base and at - base not in handed.slots}
    kept = {(low + base, high + base) for low, high in handed.shared}
    after.forget_shared(state.shared - kept)
    for at, value in back.slots.items():
        if at >= 0:
            after.slots[base + at] = _shifted(value, base)
    for low, _ in back.shared:
        if low >= 0:
            after.share(Value(Kind.STACK, base + low))
    return after
