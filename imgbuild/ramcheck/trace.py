"""One function: every instruction that can be reached, what it calls, and which addresses it forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from imgbuild.limits import RAMCHECK_STEPS_MAX
from imgbuild.ramcheck.firmware import Firmware, Function
from imgbuild.ramcheck.state import Kind, State, Value, apply, pc_of, place_of
from imgbuild.ramcheck.thumb import ARGUMENTS, CALL_CLOBBERS, LR, PC, SP, Decoder, Instruction, Op

_TABLE_ENTRIES_MAX = 1024
_THUMB1_TABLES = {
    "__gnu_thumb1_case_sqi": (1, True),
    "__gnu_thumb1_case_uqi": (1, False),
    "__gnu_thumb1_case_shi": (2, True),
    "__gnu_thumb1_case_uhi": (2, False),
    "__gnu_thumb1_case_si": (4, True),
}
"""libgcc's switch helpers of cores without TBB: the table is behind the call, and they return through it."""


@dataclass(frozen=True, slots=True)
class Call:
    """``target`` is called (or jumped to) at ``site``; ``via``: by the word at that place of RAM."""

    site: int
    target: int
    via: int | None = None


@dataclass(frozen=True, slots=True)
class Pointer:
    """An address that the code forms at ``site``, or reads from (``is_read``)."""

    site: int
    address: int
    via: int | None = None
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """A call whose target is not known (``is_call``), or code that cannot be followed, and why."""

    site: int
    why: str
    is_call: bool = True


@dataclass(slots=True)
class Facts:
    """What is known of a function, whoever calls it."""

    calls: dict[Call, None] = field(default_factory=dict)
    pointers: dict[Pointer, None] = field(default_factory=dict)
    unknown: dict[Unknown, None] = field(default_factory=dict)
    instructions: set[int] = field(default_factory=set)


_ENDS_A_CASE = (Op.BRANCH, Op.JUMP_REGISTER, Op.TABLE, Op.STOP)
Enter = Callable[[int, State], "State | None"]
"""Follows a call: the state behind it, or None where it does not return."""


class Code:
    """The instructions of a firmware; each is decoded once."""

    def __init__(self, firmware: Firmware) -> None:
        self.firmware = firmware
        self._decoder = Decoder()
        self._decoded: dict[int, Instruction | None] = {}

    def at(self, address: int) -> Instruction | None:
        """The instruction at ``address``; None where the file holds none."""
        if address not in self._decoded:
            data = self.firmware.read(address, 4) or self.firmware.read(address, 2)
            self._decoded[address] = self._decoder.decode(data, address) if data else None
        return self._decoded[address]


def trace(code: Code, function: Function, facts: Facts, enter: Enter, start: State) -> State | None:
    """Follow ``function`` from its beginning with what ``start`` knows; adds to ``facts``.

    Returns what is known where the function returns, None if it does not.
    """
    tracer = _Tracer(code, function, facts, enter)
    tracer.run(start)
    return tracer.returned


class _Tracer:
    def __init__(self, code: Code, function: Function, facts: Facts, enter: Enter) -> None:
        self.firmware, self.decode, self.function = code.firmware, code.at, function
        self.facts, self.enter = facts, enter
        self.returned: State | None = None
        self.states: dict[int, State] = {}
        self.work: list[tuple[int, State]] = []
        self.is_swept = False

    def run(self, state: State) -> None:
        self.work.append((self.function.start, state))
        steps = 0
        while self.work:
            address, state = self.work.pop()
            known = self.states.get(address)
            if known is not None:
                state = known.joined(state)
                if state == known:
                    continue
            steps += 1
            if steps > RAMCHECK_STEPS_MAX:
                self.cannot_follow(address, "it is too long to be followed")
                return
            self.states[address] = state
            self.step(address, state.copy())

    # --- one instruction ---------------------------------------------------------------------------

    def step(self, address: int, state: State) -> None:
        instruction = self.decode(address)
        if instruction is None:
            self.cannot_follow(address, f"the file holds no code at 0x{address:08X}")
            return
        self.facts.instructions.add(address)
        is_conditional = instruction.is_conditional or state.conditional_left > 0
        if instruction.op is Op.IF_THEN:
            state.conditional_left = instruction.imm
            self.go_on(instruction, state)
            return
        state.conditional_left = max(0, state.conditional_left - 1)
        self.note_pointers(instruction, state)
        leaving = self.leaver_of(instruction)
        if leaving is None:
            after = state.copy()
            apply(after, instruction, self.firmware)
            self.note_formed(instruction, after)
            self.go_on(instruction, after.joined(state) if is_conditional else after)
            return
        if is_conditional:
            self.go_on(instruction, state.copy())
        leaving(instruction, state)

    def leaver_of(self, instruction: Instruction) -> Callable[[Instruction, State], None] | None:
        leavers: dict[Op, Callable[[Instruction, State], None]] = {
            Op.BRANCH: self.branch,
            Op.CALL: self.call,
            Op.JUMP_REGISTER: self.jump_register,
            Op.CALL_REGISTER: self.call_register,
            Op.TABLE: self.table,
            Op.STOP: self.stop,
        }
        if instruction.op is Op.LOAD and PC in instruction.registers:
            return self.load_pc
        if instruction.op is Op.ADD and instruction.rd == PC:
            return self.add_pc
        return leavers.get(instruction.op)

    def stop(self, instruction: Instruction, state: State) -> None:
        """Nothing follows."""

    def go_on(self, instruction: Instruction, state: State, *, is_after_call: bool = False) -> None:
        following = instruction.next_address
        if is_after_call and (following == self.function.end or self.firmware.is_data(following)):
            return  # what was called does not return
        if following == self.function.end:
            self.leave(Call(instruction.address, following), state)
        else:
            self.work.append((following, state))

    def is_inside(self, target: int) -> bool:
        if self.function.end:
            return self.function.start <= target < self.function.end
        return self.firmware.memory_at(target) is self.firmware.memory_at(self.function.start)

    def leave(self, call: Call, state: State) -> None:
        """A jump into another function, which returns to whoever called this one."""
        after = self.called(call, state)
        if after is not None:
            self.returns(after)

    def called(self, call: Call, state: State) -> State | None:
        self.facts.calls[Call(call.site, call.target & ~1, call.via)] = None
        return self.enter(call.target & ~1, state)

    def returns(self, state: State) -> None:
        self.returned = state if self.returned is None else self.returned.joined(state)

    def cannot_follow(self, site: int, why: str) -> None:
        self.facts.unknown[Unknown(site, why, is_call=False)] = None

    # --- instructions that go elsewhere ------------------------------------------------------------

    def go_to(self, instruction: Instruction, target: int, state: State, via: int | None = None) -> None:
        if self.is_inside(target & ~1):
            self.work.append((target & ~1, state))
        else:
            self.leave(Call(instruction.address, target, via=via), state)

    def branch(self, instruction: Instruction, state: State) -> None:
        self.go_to(instruction, instruction.imm, state)

    def call(self, instruction: Instruction, state: State) -> None:
        callee = self.firmware.function_at(instruction.imm & ~1)
        after = self.called(Call(instruction.address, instruction.imm), state)
        switch = None if callee is None else _switch_of(callee.name)
        if switch is not None:
            width, is_signed = switch
            table = instruction.next_address
            table = (table + 2) & ~3 if width == 4 else table
            self.through_offsets(instruction, state, table, width, is_signed=is_signed)
        elif after is not None:
            self.go_on(instruction, after, is_after_call=True)

    def call_register(self, instruction: Instruction, state: State) -> None:
        value = state.registers.get(instruction.rn)
        after: State | None = None
        if value is not None and value.kind is Kind.NUMBER and value.number:
            after = self.called(Call(instruction.address, value.number, value.via), state)
        elif value is not None and value.kind is Kind.NUMBER:
            after = after_unknown_call(state)  # NULL: a callback that is not there is not called
        else:
            calls = self.entries_of(instruction, value)
            if not calls:
                self.facts.unknown[Unknown(instruction.address, "calls through a pointer")] = None
            for call in calls:
                self.called(call, state)
            after = after_unknown_call(state)
        if after is not None:
            self.go_on(instruction, after, is_after_call=True)

    def entries_of(self, instruction: Instruction, value: Value | None) -> list[Call]:
        """One of an array of function pointers is called: all of them are taken as called."""
        array = self.firmware.object_at(value.number) if value and value.kind is Kind.ENTRY else None
        if array is None:
            return []
        return [
            Call(instruction.address, target, at if is_writable else None)
            for at, target, is_writable in self.firmware.code_pointers(array)
        ]

    def jump_register(self, instruction: Instruction, state: State) -> None:
        self.jump(instruction, state.registers.get(instruction.rn), state)

    def load_pc(self, instruction: Instruction, state: State) -> None:
        apply(state, instruction, self.firmware)
        memory = instruction.memory
        value = state.registers.pop(PC, None)
        if value is None and memory is not None and memory.base == SP:
            self.returns(state)  # a return address whose place on the stack was lost
            return
        self.jump(instruction, value, state)

    def add_pc(self, instruction: Instruction, state: State) -> None:
        apply(state, instruction, self.firmware)
        self.jump(instruction, state.registers.pop(PC, None), state)

    def jump(self, instruction: Instruction, value: Value | None, state: State) -> None:
        if (value is not None and value.kind is Kind.RETURN) or self.function.name in _THUMB1_TABLES:
            self.returns(state)
            return
        if value is not None and value.kind is Kind.NUMBER:
            self.go_to(instruction, value.number, state, value.via)
        elif value is not None and value.kind is Kind.ENTRY and self.through_words(value, state):
            return
        elif not self.is_function_pointer(instruction):
            self.sweep(instruction)
        else:
            self.facts.unknown[Unknown(instruction.address, "jumps through a pointer")] = None

    def is_function_pointer(self, instruction: Instruction) -> bool:
        """BX is how functions are called last; MOV PC, ADD PC and LDR PC are how compilers switch."""
        data = self.firmware.read(instruction.address, 2) or b"\0\0"
        return data[1] == 0x47

    # --- tables ------------------------------------------------------------------------------------

    def table(self, instruction: Instruction, state: State) -> None:
        if instruction.rn == PC:
            base: int | None = pc_of(instruction, is_aligned=False)
        else:
            value = state.registers.get(instruction.rn)
            base = value.number if value is not None and value.kind is Kind.NUMBER else None
        if base is None:
            self.sweep(instruction)
        else:
            self.through_offsets(instruction, state, base, instruction.width_bytes, is_signed=False)

    def through_offsets(
        self, instruction: Instruction, state: State, table: int, width: int, *, is_signed: bool
    ) -> None:
        """A table of offsets from ``table`` on, which ends where one of its targets or more code begins."""
        origin = table if width == 4 else instruction.next_address
        end = self.firmware.next_code(table) or table + width * _TABLE_ENTRIES_MAX
        at = table
        while at < end and at < table + width * _TABLE_ENTRIES_MAX:
            data = self.firmware.read(at, width)
            if data is None:
                break
            offset = int.from_bytes(data, "little", signed=is_signed)
            target = (origin + (offset & ~1 if width == 4 else 2 * offset)) & 0xFFFFFFFF
            if not self.is_inside(target):  # padding behind the last entry
                break
            self.work.append((target, state.copy()))
            end = min(end, target) if target > table else end
            at += width
        if at == table:
            self.cannot_follow(instruction.address, "a table of jumps cannot be read")

    def through_words(self, value: Value, state: State) -> bool:
        """A table of addresses inside the function."""
        at = value.number
        for _ in range(_TABLE_ENTRIES_MAX):
            word = self.firmware.word(at)
            if word is None or not self.is_inside(word & ~1):
                break
            self.work.append((word & ~1, state.copy()))
            at += 4
        return at > value.number

    def sweep(self, instruction: Instruction) -> None:
        """A jump that is computed: all code of the function counts as reached, with nothing known."""
        marks = [
            at for at, is_code in self.firmware.code_marks
            if is_code and self.function.start <= at < self.function.end
        ]  # fmt: skip
        if not marks:
            self.cannot_follow(instruction.address, "jumps to an address that is computed")
            return
        if self.is_swept:
            return
        self.is_swept = True
        for mark in {*marks, instruction.next_address}:
            self.sweep_from(mark)

    def sweep_from(self, address: int) -> None:
        """Where code begins, and behind each jump: that is where a case may begin."""
        nothing = State({LR: Value(Kind.RETURN)})
        is_start = True
        while address < self.function.end and not self.firmware.is_data(address):
            found = self.decode(address)
            if found is None:
                return
            if is_start:
                self.work.append((address, nothing))
            is_start = (not found.is_conditional and found.op in _ENDS_A_CASE) or PC in found.registers
            address = found.next_address

    # --- addresses ---------------------------------------------------------------------------------

    def note_pointers(self, instruction: Instruction, state: State) -> None:
        """Loads from a known place, and the constants of literal pools."""
        if instruction.op is not Op.LOAD or instruction.memory is None:
            return
        place = place_of(state, instruction, instruction.memory)
        if place is None or place.kind not in (Kind.NUMBER, Kind.INDEXED):
            return
        self.facts.pointers[Pointer(instruction.address, place.number, place.via, is_read=True)] = None

    def note_formed(self, instruction: Instruction, after: State) -> None:
        for register in self.formed(instruction):
            value = after.registers.get(register)
            if value is not None and value.kind is Kind.NUMBER and value.via is None:
                self.facts.pointers[Pointer(instruction.address, value.number)] = None

    def formed(self, instruction: Instruction) -> Iterator[int]:
        """Registers that hold an address which the instruction itself made: literals, MOVT, ADR."""
        memory = instruction.memory
        if instruction.op is Op.LOAD and memory is not None and memory.base == PC:
            yield from (register for register in instruction.registers if register != PC)
        elif instruction.op is Op.HIGH or (
            instruction.op is Op.ADD and PC in (instruction.rn, instruction.rm)
        ):
            yield instruction.rd


def _switch_of(name: str) -> tuple[int, bool] | None:
    """Width of the entries and whether they are signed, if this is a helper of libgcc or a veneer to it."""
    return next(
        (how for helper, how in _THUMB1_TABLES.items() if name.removesuffix("_veneer").endswith(helper)), None
    )


def after_unknown_call(state: State) -> State:
    """What is known behind a call that was not followed."""
    after = state.copy()
    for register in ARGUMENTS:
        after.share(after.registers.get(register))
    after.forget_shared()
    for register in CALL_CLOBBERS:
        after.put(register, None)
    return after
