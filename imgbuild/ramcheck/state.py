"""What is known of registers and of the stack at one place of a function: constants, places on the stack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from imgbuild.ramcheck.firmware import Firmware
from imgbuild.ramcheck.thumb import ARGUMENTS, LR, PC, SP, Address, Instruction, Op

_MASK = 0xFFFFFFFF
_BEHIND_ALL = 1 << 32


class Kind(Enum):
    """What a value is."""

    NUMBER = "a constant"
    STACK = "an address: bytes from the stack pointer at the function's start"
    RETURN = "where the function returns to"
    INDEXED = "an address of an array, plus something"
    ENTRY = "one of the words from this address on"


@dataclass(frozen=True, slots=True)
class Value:
    """A known value. ``via``: where in RAM it stands at the program's start; None: a constant of the code."""

    kind: Kind
    number: int = 0
    via: int | None = None


@dataclass(slots=True)
class State:
    """Registers and stack slots whose value is known; what is not known is not there."""

    registers: dict[int, Value] = field(default_factory=dict)
    slots: dict[int, Value] = field(default_factory=dict)
    frames: tuple[int, ...] = (0,)
    """Where no object of the stack reaches across: below saved registers, and where frames end."""
    shared: frozenset[tuple[int, int]] = frozenset()
    """Parts of the stack that somebody else may write, from an address given away to the end of its frame."""
    conditional_left: int = 0

    @classmethod
    def at_entry(cls, arguments: dict[int, Value]) -> State:
        """At the start of a function that is called with ``arguments``."""
        return cls({**arguments, SP: Value(Kind.STACK), LR: Value(Kind.RETURN)})

    def copy(self) -> State:
        """An own copy."""
        registers, slots = dict(self.registers), dict(self.slots)
        return State(registers, slots, self.frames, self.shared, self.conditional_left)

    def joined(self, other: State) -> State:
        """What is known whichever of two ways was taken."""
        return State(
            _common(self.registers, other.registers),
            _common(self.slots, other.slots),
            tuple(end for end in self.frames if end in other.frames),
            self.shared | other.shared,
            max(self.conditional_left, other.conditional_left),
        )

    def put(self, register: int, value: Value | None) -> None:
        """``register`` now holds ``value``; None: nobody knows."""
        if value is None:
            self.registers.pop(register, None)
        else:
            self.registers[register] = value

    def share(self, value: Value | None) -> None:
        """``value`` was given away: if it is an address on the stack, what lies there may change."""
        if value is not None and value.kind is Kind.STACK:
            end = self.frame_end(value.number)
            low = min((low for low, high in self.shared if high == end), default=end)
            if value.number < low:
                others = {(low, high) for low, high in self.shared if high != end}
                self.shared = frozenset({*others, (value.number, end)})

    def frame_end(self, place: int) -> int:
        """Where the frame that holds this place of the stack ends: no object reaches beyond."""
        return min((end for end in self.frames if end > place), default=_BEHIND_ALL)

    def forget_shared(self, parts: Iterable[tuple[int, int]] | None = None) -> None:
        """Somebody ran who has the addresses that were given away: all of them, or those of ``parts``."""
        for low, high in self.shared if parts is None else parts:
            self.slots = {at: v for at, v in self.slots.items() if not low - 3 <= at < high}


def _common(one: dict[int, Value], other: dict[int, Value]) -> dict[int, Value]:
    return {key: value for key, value in one.items() if other.get(key) == value}


def pc_of(instruction: Instruction, *, is_aligned: bool) -> int:
    """What PC reads as: 4 bytes on, rounded down for addresses of data."""
    return (instruction.address + 4) & ~3 if is_aligned else instruction.address + 4


def place_of(state: State, instruction: Instruction, memory: Address) -> Value | None:
    """Where a load or store begins; None if that is not known. An index register counts as 0."""
    if memory.base == PC:
        return Value(Kind.NUMBER, (pc_of(instruction, is_aligned=True) + memory.offset) & _MASK)
    base = state.registers.get(memory.base)
    return None if base is None else _moved(base, memory.offset)


def _moved(value: Value, by: int) -> Value | None:
    if value.kind is Kind.NUMBER:
        return Value(Kind.NUMBER, (value.number + by) & _MASK, value.via)
    if value.kind in (Kind.STACK, Kind.INDEXED):
        return Value(value.kind, value.number + by)
    return value if by == 0 else None


def apply(state: State, instruction: Instruction, firmware: Firmware) -> None:
    """Change ``state`` as the instruction does; where it goes is not looked at."""
    action = _ACTIONS.get(instruction.op)
    if action is not None:
        action(state, instruction, firmware)


def _set(state: State, instruction: Instruction, _: Firmware) -> None:
    state.put(instruction.rd, Value(Kind.NUMBER, instruction.imm & _MASK))


def _high(state: State, instruction: Instruction, _: Firmware) -> None:
    old = state.registers.get(instruction.rd)
    known = old is not None and old.kind is Kind.NUMBER
    number = instruction.imm << 16 | (old.number & 0xFFFF if old is not None else 0)
    state.put(instruction.rd, Value(Kind.NUMBER, number) if known else None)


def _copy(state: State, instruction: Instruction, _: Firmware) -> None:
    value = state.registers.get(instruction.rn)
    if instruction.rn == PC:
        value = Value(Kind.NUMBER, pc_of(instruction, is_aligned=False))
    state.put(instruction.rd, value)


def _sum(state: State, instruction: Instruction, _: Firmware) -> None:
    one = state.registers.get(instruction.rn)
    if instruction.rn == PC:
        one = Value(Kind.NUMBER, pc_of(instruction, is_aligned=instruction.is_aligned_pc))
    if instruction.rm < 0:
        state.put(instruction.rd, None if one is None else _moved(one, instruction.imm))
        return
    other = state.registers.get(instruction.rm)
    if instruction.rm == PC:
        other = Value(Kind.NUMBER, pc_of(instruction, is_aligned=False))
    if one is not None and other is not None and Kind.NUMBER in (one.kind, other.kind):
        base, step = (one, other) if other.kind is Kind.NUMBER else (other, one)
        state.put(instruction.rd, _moved(base, step.number))
    elif Kind.NUMBER in {value.kind for value in (one, other) if value is not None}:
        array = one if one is not None else other
        state.put(instruction.rd, None if array is None else Value(Kind.INDEXED, array.number))
    else:
        state.put(instruction.rd, None)


def _shift(state: State, instruction: Instruction, _: Firmware) -> None:
    value = state.registers.get(instruction.rn)
    is_number = value is not None and value.kind is Kind.NUMBER
    number = (value.number << instruction.imm) & _MASK if value is not None else 0
    state.put(instruction.rd, Value(Kind.NUMBER, number) if is_number else None)


def _load(state: State, instruction: Instruction, firmware: Firmware) -> None:
    memory = instruction.memory
    if memory is None:
        return
    place = place_of(state, instruction, memory)
    values = [
        _loaded(state, instruction, place, number, firmware) for number in range(len(instruction.registers))
    ]
    _step(state, memory)
    for register, value in zip(instruction.registers, values, strict=True):
        state.put(register, value)


def _loaded(
    state: State,
    instruction: Instruction,
    place: Value | None,
    number: int,
    firmware: Firmware,
) -> Value | None:
    memory = instruction.memory
    if place is None or memory is None or instruction.width_bytes != 4:
        return None
    at = place.number + 4 * number
    if place.kind is Kind.STACK:
        return None if memory.index is not None else state.slots.get(at)
    if place.kind is Kind.INDEXED or (place.kind is Kind.NUMBER and memory.index is not None):
        return Value(Kind.ENTRY, at)
    if place.kind is not Kind.NUMBER:
        return None
    part, word = firmware.memory_at(at), firmware.word(at)
    if part is None or word is None:
        return None
    is_constant = memory.base == PC or not part.is_writable
    return Value(Kind.NUMBER, word, place.via if is_constant else at)


def _store(state: State, instruction: Instruction, _: Firmware) -> None:
    memory = instruction.memory
    if memory is None:
        return
    place = place_of(state, instruction, memory)
    values = [state.registers.get(register) for register in instruction.registers]
    _step(state, memory)
    if memory.base == SP and memory.step is not None and LR in instruction.registers and place is not None:
        scratch = sum(register in ARGUMENTS for register in instruction.registers)  # pushed to make room only
        state.frames = tuple(sorted({place.number + 4 * scratch, *state.frames}))
    if place is None or place.kind is not Kind.STACK or memory.index is not None:
        for value in values:
            state.share(value)
        if place is None:
            state.forget_shared()
        elif place.kind is Kind.STACK:  # into an array of the function's own
            low, end = place.number, state.frame_end(place.number)
            state.slots = {at: v for at, v in state.slots.items() if not low - 3 <= at < end}
        return
    width = instruction.width_bytes
    for number, (register, value) in enumerate(zip(instruction.registers, values, strict=True)):
        at = place.number + 4 * number
        end = at + (16 if register < 0 else width)  # of the floating point unit: up to 16 bytes
        for overlapped in range(at - 3, end):
            state.slots.pop(overlapped, None)
        if value is not None and instruction.width_bytes == 4:
            state.slots[at] = value


def _step(state: State, memory: Address) -> None:
    if memory.step is None:
        return
    base = state.registers.get(memory.base)
    state.put(memory.base, None if base is None else _moved(base, memory.step))


def _forget(state: State, instruction: Instruction, _: Firmware) -> None:
    for register in instruction.registers:
        state.put(register, None)


_ACTIONS = {
    Op.SET: _set,
    Op.HIGH: _high,
    Op.COPY: _copy,
    Op.ADD: _sum,
    Op.SHIFT: _shift,
    Op.LOAD: _load,
    Op.STORE: _store,
    Op.OTHER: _forget,
}
