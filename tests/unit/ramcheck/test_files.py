"""Files that are no firmware, or a damaged one: one clear error, never a traceback; and the JSON document."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from support import imgbuild
from unit.ramcheck.binaries import assemble, check, found

from imgbuild.errors import BuildError

CODE = """.section .ram, "ax"
F save
ldr r3, =there
bx r3
.pool
.text
F there
bx lr
.size there, . - there
"""
FLASH = ("--flash", "0x90000000:8M")


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_file_is_refused_or_read(tmp_path: Path, seed: int) -> None:
    elf = assemble(tmp_path, "cortex-m4", CODE)
    whole = elf.read_bytes()
    random_ = random.Random(seed)
    codes = set()
    for _ in range(120):
        data = bytearray(whole)
        for _ in range(random_.randint(1, 6)):
            data[random_.randrange(min(len(data), 52) if random_.random() < 0.4 else len(data))] = (
                random_.randrange(256)
            )
        if random_.random() < 0.3:
            del data[random_.randrange(len(data)) :]
        elf.write_bytes(data)
        try:
            check(elf)
        except BuildError as error:
            codes.update(diagnostic.code for diagnostic in error.diagnostics)
    assert codes <= {"IB480", "IB481", "IB482"}
    assert "IB480" in codes


def test_a_file_without_sections_is_read_by_its_segments(tmp_path: Path) -> None:
    elf = assemble(tmp_path, "cortex-m4", CODE)
    data = bytearray(elf.read_bytes())
    data[32:36] = bytes(4)  # e_shoff
    data[48:52] = bytes(4)  # e_shnum, e_shstrndx
    elf.write_bytes(data)
    result = check(elf, "0x20000001")
    assert [(f.what.value, f.address) for f in result.findings] == [("function", 0x90000008)]


def test_a_function_copied_to_ram_counts_as_in_ram(tmp_path: Path) -> None:
    """The linker keeps it in the flash (LMA) and start-up copies it: it runs where its symbols say (VMA)."""
    elf = assemble(tmp_path, "cortex-m4", '.section .ram, "ax"\nF save\nbx lr\n.size save, 2\n')
    from elftools.elf.elffile import ELFFile

    with elf.open("rb") as file:
        (segment,) = [s for s in ELFFile(file).iter_segments() if s["p_filesz"]]
        assert (segment["p_vaddr"], segment["p_paddr"]) == (0x20000000, 0x90000000)
    assert found(check(elf)) == []


def test_the_json_document(tmp_path: Path) -> None:
    assemble(tmp_path, "cortex-m4", CODE)
    done = imgbuild("check-ram", "test.elf", "--entry", "save", *FLASH, "--json", cwd=tmp_path)
    assert done.returncode == 1
    document = json.loads(done.stdout)
    (finding,) = document["findings"]
    assert document["is_clean"] is False
    assert {key: finding[key] for key in ("code", "kind", "name", "address", "chain")} == {
        "code": "IB483", "kind": "function", "name": "there", "address": 0x90000008, "chain": ["save"],
    }  # fmt: skip
    clean = imgbuild(
        "check-ram", "test.elf", "--entry", "save", "--flash", "0xA0000000:8M", "--json", cwd=tmp_path
    )
    assert json.loads(clean.stdout)["warnings"][0]["code"] == "IB487"
    assert clean.returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [(), ("--flash", "0x90000000"), ("--flash", "0xFFFFFFFF:8M"), ("--flash", "flash:8M")],
)
def test_which_flash_has_to_be_said(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "test.elf").write_bytes(b"")
    done = imgbuild("check-ram", "test.elf", "--entry", "save", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "--flash" in done.stderr
