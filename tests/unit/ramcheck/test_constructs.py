"""Each way in which Thumb code reaches code and data: written in assembly, findings worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.ramcheck.binaries import CPUS, assemble, check, found

RAM = '.section .ram, "ax"\n'
FLASH_FUNCTION = "\n.text\nF there\nbx lr\n.size there, . - there\n"
CASES = Path(__file__).with_name("constructs.txt")
Finding = tuple[str, str, str]


def read_cases() -> list[object]:
    """Core, assembly and findings of each case of the file."""
    cases: list[object] = []
    text = "\n".join(line for line in CASES.read_text().splitlines() if not line.startswith("#"))
    for block in text.split("=== ")[1:]:
        head, *lines = block.strip().splitlines()
        name, _, core = head.rstrip("]").partition(" [")
        code = "\n".join(line for line in lines if not line.startswith("> "))
        marked = (line.split(" ", 3) for line in lines if line.startswith("> "))
        expected = [(kind, what, chain) for _, kind, what, chain in marked]
        cases += [pytest.param(cpu, code, expected, id=f"{name}-{cpu}") for cpu in ([core] if core else CPUS)]
    return cases


@pytest.mark.parametrize(("cpu", "code", "expected"), read_cases())
def test_construct(tmp_path: Path, cpu: str, code: str, expected: list[Finding]) -> None:
    result = check(assemble(tmp_path, cpu, f"{RAM}.align 2\n{code}{FLASH_FUNCTION}"))
    assert found(result) == sorted(expected)
    assert result.is_clean == (expected == [])


SAVE_THROUGH_POINTER = """F save
push {lr}
ldr r3, [r0]
blx r3
pop {pc}
.size save, . - save
F near
bx lr
.size near, . - near
"""


def test_the_veneer_of_the_linker_is_followed(tmp_path: Path) -> None:
    for cpu in CPUS:
        code = f"{RAM}F save\npush {{lr}}\nbl there\npop {{pc}}\n.size save, . - save{FLASH_FUNCTION}"
        assert found(check(assemble(tmp_path, cpu, code))) == [("function", "there", "save > __there_veneer")]


def test_a_statement_resolves_what_a_caller_hands_over(tmp_path: Path) -> None:
    ops = ".data\n.type ops, %object\nops: .word near, there\n.size ops, 8"
    elf = assemble(tmp_path, "cortex-m0plus", RAM + SAVE_THROUGH_POINTER + ops + FLASH_FUNCTION)
    assert found(check(elf, calls=("save=near",))) == []
    assert found(check(elf, calls=("save+0x4=near",))) == []
    assert found(check(elf, calls=("*=near,there",))) == [("function", "there", "save")]
    assert found(check(elf, calls=("save=ops",))) == [("function", "there", "save")]
    assert found(check(elf, calls=("save=there",), trusted=("there",))) == []
    assert found(check(elf, trusted=("save",))) == []


def test_handlers_and_vector_table_that_stay_in_use(tmp_path: Path) -> None:
    code = f"""{RAM}F save
bx lr
.size save, 2
.section .rodata
.type vectors, %object
vectors: .word 0x20080000
.size vectors, 4
.text
F tick
push {{lr}}
bl there
pop {{pc}}
.size tick, . - tick
{FLASH_FUNCTION}"""
    elf = assemble(tmp_path, "cortex-m4", code)
    assert found(check(elf)) == []
    expected = [("datum", "vectors", ""), ("function", "there", "tick"), ("function", "tick", "")]
    assert found(check(elf, also=("tick", "vectors"))) == expected


CALLERS = (
    RAM
    + SAVE_THROUGH_POINTER
    + """.data
.type ops, %object
ops: .word near
.size ops, 4
.type others, %object
others: .word there
.size others, 4
.text
F app
push {lr}
ldr r0, =ops
bl save
MORE
pop {pc}
.pool
.size app, . - app
"""
    + FLASH_FUNCTION
)


def test_callers_tell_what_an_entry_is_given(tmp_path: Path) -> None:
    one = CALLERS.replace("MORE", "")
    assert found(check(assemble(tmp_path, "cortex-m4", one))) == []
    two = CALLERS.replace("MORE", "ldr r0, =others\nbl save")
    assert found(check(assemble(tmp_path, "cortex-m4", two))) == [("unknown-call", "save+0x4", "save")]
    (finding,) = check(assemble(tmp_path, "cortex-m4", one.replace("=ops", "=others"))).findings
    assert (finding.name, finding.via) == ("there", "others")


def test_an_address_stands_for_an_entry(tmp_path: Path) -> None:
    code = f"{RAM}F save\nldr r3, =there\nbx r3\n.pool{FLASH_FUNCTION}"
    elf = assemble(tmp_path, "cortex-m4", code)
    assert found(check(elf, "0x20000001")) == [("function", "there", "save")]
