"""Thumb instructions, reduced to what matters for following calls and addresses.

Decoding is capstone's; what an instruction does is from the ARMv7-M and ARMv8-M architecture reference
manuals (DDI 0403, DDI 0553). Registers are numbers: 13 is SP, 14 LR, 15 PC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import capstone
from capstone import arm_const as arm

SP, LR, PC = 13, 14, 15
ARGUMENTS = (0, 1, 2, 3)
CALL_CLOBBERS = (0, 1, 2, 3, 12, LR)
"""Procedure Call Standard for the Arm Architecture (AAPCS32), 6.1.1: what a function need not keep."""


class Op(Enum):
    """What an instruction does."""

    SET = "rd = imm"
    HIGH = "rd = imm << 16 | low half of rd"
    COPY = "rd = rn"
    ADD = "rd = rn + rm + imm"
    SHIFT = "rd = rn << imm"
    LOAD = "registers = memory"
    STORE = "memory = registers"
    BRANCH = "goes to imm"
    CALL = "calls imm"
    JUMP_REGISTER = "goes to rn"
    CALL_REGISTER = "calls rn"
    TABLE = "goes through a table of offsets"
    STOP = "does not go on"
    IF_THEN = "the next imm instructions are conditional"
    OTHER = "changes registers in some way"


@dataclass(frozen=True, slots=True)
class Address:
    """``base + (index << shift) + offset``; ``step``, if not None, is added to base, too (written back)."""

    base: int
    offset: int = 0
    index: int | None = None
    shift: int = 0
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction. ``width_bytes`` is of each register loaded or stored, or of a table's entries."""

    address: int
    size_bytes: int
    op: Op
    rd: int = -1
    rn: int = -1
    rm: int = -1
    imm: int = 0
    registers: tuple[int, ...] = ()
    memory: Address | None = None
    width_bytes: int = 4
    is_conditional: bool = False
    is_aligned_pc: bool = False

    @property
    def next_address(self) -> int:
        """Of the instruction behind this one."""
        return self.address + self.size_bytes


class Decoder:
    """Decodes single instructions."""

    def __init__(self) -> None:
        mode = capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS | capstone.CS_MODE_V8
        self._engine: Any = capstone.Cs(capstone.CS_ARCH_ARM, mode)
        self._engine.detail = True

    def decode(self, data: bytes, address: int) -> Instruction | None:
        """The instruction at the start of ``data`` (4 bytes, 2 at an end); None if it is cut off."""
        if len(data) < 2:
            return None
        half = data[0] | data[1] << 8
        if half >> 8 == 0xBF and half & 15:  # IT: the lowest set bit of the mask ends the block
            return Instruction(address, 2, Op.IF_THEN, imm=4 - ((half & -half) & 15).bit_length() + 1)
        size = 4 if half >> 11 >= 0b11101 else 2
        if len(data) < size:
            return None
        if half & 0xFF07 in (0x4704, 0x4784):  # BXNS, BLXNS: capstone gives them no group
            op = Op.CALL_REGISTER if half & 0x80 else Op.JUMP_REGISTER
            return Instruction(address, 2, op, rn=half >> 3 & 15)
        found = next(self._engine.disasm(data[:size], address, 1), None)
        if found is None:  # of a coprocessor or newer than the decoder: none of those goes anywhere
            return _unknown(address, size, half)
        make = _MAKERS.get(found.id)
        return make(found) if make else _other(found)


def _unknown(address: int, size: int, half: int) -> Instruction:
    if size == 2 and half >> 8 == 0xDE:  # UDF: what compilers put where nothing may come
        return Instruction(address, 2, Op.STOP)
    return Instruction(address, size, Op.OTHER, registers=tuple(range(SP)))


# --- from capstone's instructions ------------------------------------------------------------------

_R0 = {getattr(arm, f"ARM_REG_R{number}"): number for number in range(13)}
_NUMBERS = {**_R0, arm.ARM_REG_SP: SP, arm.ARM_REG_LR: LR, arm.ARM_REG_PC: PC}


_FLAGS_TO_PC = (arm.ARM_INS_VMRS, arm.ARM_INS_MRC, arm.ARM_INS_MRC2)
"""Instructions in which the number 15 stands for the flags."""


def _number(register: int) -> int:
    return _NUMBERS.get(register, -1)


def _base(found: Any, op: Op, **values: Any) -> Instruction:
    is_conditional = found.cc not in (arm.ARM_CC_AL, arm.ARM_CC_INVALID)
    return Instruction(found.address, found.size, op, is_conditional=is_conditional, **values)


def _other(found: Any) -> Instruction:
    written = {_number(register) for register in found.regs_access()[1]} - {-1}
    if PC in written and found.id not in _FLAGS_TO_PC:
        return _base(found, Op.JUMP_REGISTER)
    written.discard(PC)
    return _base(found, Op.OTHER, registers=tuple(sorted(written)))


def _move(found: Any) -> Instruction:
    target, source = found.operands[:2]
    rd = _number(target.reg)
    if source.type == arm.ARM_OP_IMM:
        return _base(found, Op.SET, rd=rd, imm=source.imm & 0xFFFFFFFF)
    if source.type == arm.ARM_OP_REG and not source.shift.type and len(found.operands) == 2:
        rn = _number(source.reg)
        if rd == PC:
            return _base(found, Op.JUMP_REGISTER, rn=rn)
        return _base(found, Op.COPY, rd=rd, rn=rn)
    return _other(found)


def _move_high(found: Any) -> Instruction:
    return _base(found, Op.HIGH, rd=_number(found.operands[0].reg), imm=found.operands[1].imm & 0xFFFF)


def _address_of(found: Any) -> Instruction:
    target, source = found.operands
    return _base(found, Op.ADD, rd=_number(target.reg), rn=PC, imm=source.imm, is_aligned_pc=True)


def _add(found: Any) -> Instruction:
    operands = list(found.operands)
    if len(operands) == 2:
        operands.insert(0, operands[0])
    sign = -1 if found.id in (arm.ARM_INS_SUB, arm.ARM_INS_SUBW) else 1
    rd, rn, last = _number(operands[0].reg), _number(operands[1].reg), operands[2]
    if last.type == arm.ARM_OP_IMM:
        return _base(found, Op.ADD, rd=rd, rn=rn, imm=sign * last.imm, is_aligned_pc=rn == PC)
    if last.type == arm.ARM_OP_REG and not last.shift.type and sign == 1:
        return _base(found, Op.ADD, rd=rd, rn=rn, rm=_number(last.reg))
    return _other(found)


def _shift_left(found: Any) -> Instruction:
    operands = found.operands
    if len(operands) == 3 and operands[2].type == arm.ARM_OP_IMM:
        return _base(
            found, Op.SHIFT, rd=_number(operands[0].reg), rn=_number(operands[1].reg), imm=operands[2].imm
        )
    return _other(found)


def _branch(found: Any) -> Instruction:
    return _base(found, Op.BRANCH, imm=found.operands[0].imm & 0xFFFFFFFE)


def _branch_if_zero(found: Any) -> Instruction:
    target = found.operands[1].imm & 0xFFFFFFFE
    return Instruction(found.address, found.size, Op.BRANCH, imm=target, is_conditional=True)


def _call(found: Any) -> Instruction:
    operand = found.operands[0]
    if operand.type == arm.ARM_OP_REG:
        return _base(found, Op.CALL_REGISTER, rn=_number(operand.reg))
    return _base(found, Op.CALL, imm=operand.imm & 0xFFFFFFFF)


def _branch_exchange(found: Any) -> Instruction:
    return _base(found, Op.JUMP_REGISTER, rn=_number(found.operands[0].reg))


def _table(found: Any) -> Instruction:
    width = 1 if found.id == arm.ARM_INS_TBB else 2
    return _base(found, Op.TABLE, rn=_number(found.operands[0].mem.base), width_bytes=width)


def _stop(found: Any) -> Instruction:
    return Instruction(found.address, found.size, Op.STOP)


def _place(found: Any) -> tuple[tuple[int, ...], Address]:
    """Registers before the memory operand, and where that is; a number behind it steps the base."""
    registers = [_number(o.reg) for o in found.operands if o.type == arm.ARM_OP_REG]
    memory = next(o for o in found.operands if o.type == arm.ARM_OP_MEM)
    after = [o for o in found.operands if o.type == arm.ARM_OP_IMM]
    base, index = _number(memory.mem.base), _number(memory.mem.index)
    offset = memory.mem.disp
    step = None
    if found.writeback:
        step = after[0].imm * (-1 if after[0].subtracted else 1) if after else offset
    shift = memory.shift.value if memory.shift.type else memory.mem.lshift
    address = Address(base, offset, index if memory.mem.index else None, shift, step)
    return tuple(registers), address


_NARROW = {
    **dict.fromkeys(
        (arm.ARM_INS_LDRB, arm.ARM_INS_LDRSB, arm.ARM_INS_STRB, arm.ARM_INS_LDREXB, arm.ARM_INS_LDAB), 1
    ),
    **dict.fromkeys(
        (arm.ARM_INS_LDRH, arm.ARM_INS_LDRSH, arm.ARM_INS_STRH, arm.ARM_INS_LDREXH, arm.ARM_INS_LDAH), 2
    ),
}


def _load(found: Any) -> Instruction:
    registers, memory = _place(found)
    return _base(found, Op.LOAD, registers=registers, memory=memory, width_bytes=_NARROW.get(found.id, 4))


def _store(found: Any) -> Instruction:
    registers, memory = _place(found)
    return _base(found, Op.STORE, registers=registers, memory=memory, width_bytes=_NARROW.get(found.id, 4))


def _bytes_of(found: Any, first: int) -> tuple[tuple[int, ...], int]:
    """Registers of a list and their bytes together: s registers have 4, d 8, q 16."""
    operands = found.operands[first:]
    sizes = {"d": 8, "q": 16}
    total = sum(sizes.get(found.reg_name(o.reg)[0], 4) for o in operands)
    return tuple(_number(o.reg) for o in operands), total


def _push(found: Any) -> Instruction:
    registers, total = _bytes_of(found, 0)
    return _base(found, Op.STORE, registers=registers, memory=Address(SP, -total, step=-total))


def _pop(found: Any) -> Instruction:
    registers, total = _bytes_of(found, 0)
    return _base(found, Op.LOAD, registers=registers, memory=Address(SP, 0, step=total))


def _many(found: Any, op: Op, *, is_downward: bool) -> Instruction:
    registers, total = _bytes_of(found, 1)
    start = -total if is_downward else 0
    step = (-total if is_downward else total) if found.writeback else None
    base = _number(found.operands[0].reg)
    return _base(found, op, registers=registers, memory=Address(base, start, step=step))


_ADDERS = (arm.ARM_INS_ADD, arm.ARM_INS_ADDW, arm.ARM_INS_SUB, arm.ARM_INS_SUBW)
_LOADS = (
    arm.ARM_INS_LDR, arm.ARM_INS_LDRB, arm.ARM_INS_LDRH, arm.ARM_INS_LDRSB, arm.ARM_INS_LDRSH,
    arm.ARM_INS_LDRD, arm.ARM_INS_LDREX, arm.ARM_INS_LDREXB, arm.ARM_INS_LDREXH, arm.ARM_INS_LDA,
    arm.ARM_INS_LDAB, arm.ARM_INS_LDAH, arm.ARM_INS_VLDR,
)  # fmt: skip
_STORES = (
    arm.ARM_INS_STR, arm.ARM_INS_STRB, arm.ARM_INS_STRH, arm.ARM_INS_STRD, arm.ARM_INS_STL, arm.ARM_INS_STLB,
    arm.ARM_INS_STLH, arm.ARM_INS_VSTR,
)  # fmt: skip
_MAKERS: dict[int, Callable[[Any], Instruction]] = {
    **dict.fromkeys((arm.ARM_INS_MOV, arm.ARM_INS_MOVS, arm.ARM_INS_MOVW), _move),
    **dict.fromkeys(_ADDERS, _add),
    **dict.fromkeys(_LOADS, _load),
    **dict.fromkeys(_STORES, _store),
    **dict.fromkeys((arm.ARM_INS_CBZ, arm.ARM_INS_CBNZ), _branch_if_zero),
    **dict.fromkeys((arm.ARM_INS_BL, arm.ARM_INS_BLX), _call),
    **dict.fromkeys((arm.ARM_INS_BX, arm.ARM_INS_BXJ), _branch_exchange),
    **dict.fromkeys((arm.ARM_INS_TBB, arm.ARM_INS_TBH), _table),
    **dict.fromkeys((arm.ARM_INS_PUSH, arm.ARM_INS_VPUSH), _push),
    **dict.fromkeys((arm.ARM_INS_POP, arm.ARM_INS_VPOP), _pop),
    **dict.fromkeys((arm.ARM_INS_UDF,), _stop),
    arm.ARM_INS_MOVT: _move_high,
    arm.ARM_INS_ADR: _address_of,
    arm.ARM_INS_LSL: _shift_left,
    arm.ARM_INS_B: _branch,
    **dict.fromkeys(
        (arm.ARM_INS_LDM, arm.ARM_INS_VLDMIA), lambda found: _many(found, Op.LOAD, is_downward=False)
    ),
    **dict.fromkeys(
        (arm.ARM_INS_LDMDB, arm.ARM_INS_VLDMDB), lambda found: _many(found, Op.LOAD, is_downward=True)
    ),
    **dict.fromkeys(
        (arm.ARM_INS_STM, arm.ARM_INS_VSTMIA), lambda found: _many(found, Op.STORE, is_downward=False)
    ),
    **dict.fromkeys(
        (arm.ARM_INS_STMDB, arm.ARM_INS_VSTMDB), lambda found: _many(found, Op.STORE, is_downward=True)
    ),
}
