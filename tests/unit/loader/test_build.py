"""Compiling, linking, and refusing what would not work in a tool."""

from __future__ import annotations

import io
import struct
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st
from support import need_tool

from imgbuild.errors import BuildError, Severity
from imgbuild.loader.board import BoardChoice, Ram, find_board
from imgbuild.loader.build import LoaderRequest, build_loader
from imgbuild.loader.check import check_loader, check_relocatable
from imgbuild.loader.elf import ElfError, read_elf
from imgbuild.loader.kinds import FLM, KINDS, RAM, STLDR, Kind

BOARDS = ("stm32f407-w25q64jv", "daisy-seed", "qemu-ast1030")
CPUS = ("cortex-m0plus", "cortex-m4", "cortex-m33")
BUS = """\
#include "imgb_external.h"
%s
static int transfer(void *ctx, const imgb_nor_transfer_t *t) {
  (void)ctx;
  (void)t;
  return 0;
}
int imgb_external_bus_start(void) {
  %s
  return 0;
}
void imgb_external_bus_attach(imgb_nor_t *nor) {
  nor->transfer = transfer;
}
"""
_BUILT: dict[tuple[object, ...], bytes] = {}


@pytest.fixture(autouse=True)
def _compiler() -> None:
    need_tool("arm-none-eabi-gcc")


def build(kind: Kind, board: str = BOARDS[0], cpu: str = CPUS[0]) -> bytes:
    key = (kind.name, board, cpu)
    if key not in _BUILT:
        loader = build_loader(LoaderRequest(kind, BoardChoice(board), cpu=cpu))
        assert loader.notes == [], "the example compiles without a warning"
        _BUILT[key] = loader.data
    return _BUILT[key]


def build_own(folder: Path, kind: Kind, globals_: str = "", start: str = "", **more: object):
    bus = folder / "bus.c"
    bus.write_text(BUS % (globals_, start))
    return build_loader(LoaderRequest(kind, BoardChoice(BOARDS[0]), (bus,), **more))


def refused(folder: Path, kind: Kind, globals_: str = "", start: str = "", **more: object):
    with pytest.raises(BuildError) as caught:
        build_own(folder, kind, globals_, start, **more)
    return caught.value.diagnostics


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_examples_compile_into_every_kind(kind: Kind, board: str) -> None:
    data = build(kind, board)
    symbols = ELFFile(io.BytesIO(data)).get_section_by_name(".symtab")
    for name in kind.functions:
        symbol = symbols.get_symbol_by_name(name)[0]
        assert symbol["st_info"] == {"bind": "STB_GLOBAL", "type": "STT_FUNC"}
        assert symbol["st_value"] & 1, "Thumb"


CODE_BYTES_MAX = {"stldr": 2304, "flm": 2176, "ram": 2048}
"""Figures as measured for SPI1 of the STM32F407, rounded up: growth is to be seen."""


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_loaders_stay_small(kind: Kind) -> None:
    code = {"flm": "PrgCode"}.get(kind.name, ".text")
    assert ELFFile(io.BytesIO(build(kind))).get_section_by_name(code)["sh_size"] <= CODE_BYTES_MAX[kind.name]


@pytest.mark.parametrize("cpu", CPUS[1:])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_other_processors(kind: Kind, cpu: str) -> None:
    build(kind, cpu=cpu)


def test_the_examples_pass_the_strictest_warnings(tmp_path: Path) -> None:
    from imgbuild.loader.sources import PIC_HEADER, compile_flags, example_bus, loader_sources

    flags = ("-Wconversion", "-Wshadow", "-Wvla", "-pedantic", "-Werror")
    for board in BOARDS:
        folder = tmp_path / board
        folder.mkdir()
        for kind in KINDS.values():
            for name, content in loader_sources(kind, find_board(BoardChoice(board))).items():
                (folder / name).write_bytes(content)
        sources = [example_bus(board), *sorted(folder.glob("*.c"))]
        command = ["arm-none-eabi-gcc", *compile_flags(CPUS[0]), *flags, "-include", PIC_HEADER, "-I.", "-c"]
        done = subprocess.run(
            [*command, *map(str, sources)], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    first = build_own(tmp_path, FLM).data
    other = tmp_path / "elsewhere"
    other.mkdir()
    assert build_own(other, FLM).data == first


def test_tables_of_a_stldr_by_another_reader() -> None:
    """StorageInfo as ST's Dev_Inf.h lays it out, read with pyelftools."""
    elf = ELFFile(io.BytesIO(build(STLDR, "daisy-seed")))
    raw = elf.get_section_by_name(".Dev_Inf").data()
    assert len(raw) == 200
    name, kind, start, size, page, erased = struct.unpack_from("<100sHxxIIIBxxx", raw)
    assert name.rstrip(b"\0") == b"IS25LP064A_DAISY-SEED"
    assert (kind, start, size, page, erased) == (3, 0x90000000, 0x800000, 256, 0xFF)
    assert struct.unpack_from("<20I", raw, 120) == (64, 0x1000, 124, 0x10000, *[0] * 16)
    segments = [(s["p_vaddr"], s["p_filesz"]) for s in elf.iter_segments("PT_LOAD")]
    assert segments[0] == (0, 200)
    assert segments[1][0] == 0x24000004  # ST: the first word of the RAM is the tool's
    plain = ELFFile(io.BytesIO(build(STLDR))).get_section_by_name(".Dev_Inf").data()
    assert struct.unpack_from("<H", plain, 100) == (7,)  # not mapped: SPI_FLASH, the tool calls Read


def test_tables_of_an_flm_by_another_reader() -> None:
    """FlashDevice as in Open-CMSIS-Pack's FlashOS.h."""
    elf = ELFFile(io.BytesIO(build(FLM, "daisy-seed")))
    raw = elf.get_section_by_name("DevDscr").data()
    fields = struct.unpack_from("<H128sHIIIIBxxxII", raw)
    assert (fields[0], fields[1].rstrip(b"\0")) == (0x0101, b"IS25LP064A_DAISY-SEED")
    assert fields[2:8] == (5, 0x90000000, 0x800000, 256, 0, 0xFF)
    assert struct.unpack_from("<6I", raw, 160) == (0x1000, 0, 0x10000, 0x40000, 0xFFFFFFFF, 0xFFFFFFFF)
    assert elf.get_section_by_name("PrgCode")["sh_addr"] == 0
    assert not [s.name for s in elf.iter_sections() if s.name.startswith(".rel")]


# --- the user's file -----------------------------------------------------------------------------


def test_errors_of_the_compiler_have_file_and_line(tmp_path: Path) -> None:
    (only,) = refused(tmp_path, STLDR, start="\n  #error two")
    assert only.code == "IB741"
    assert (only.place.path, only.place.column) == (str(tmp_path / "bus.c"), 4)
    assert "two" in only.message


def test_all_errors_of_all_files_are_told(tmp_path: Path) -> None:
    for name in ("one.c", "two.c"):
        (tmp_path / name).write_text("#error here\n")
    request = LoaderRequest(FLM, BoardChoice(BOARDS[0]), (tmp_path / "one.c", tmp_path / "two.c"))
    with pytest.raises(BuildError) as caught:
        build_loader(request)
    assert [Path(d.place.path).name for d in caught.value.diagnostics] == ["one.c", "two.c"]


def test_warnings_are_told_and_stop_nothing(tmp_path: Path) -> None:
    notes = build_own(tmp_path, STLDR, "static int never_used(void) { return 0; }").notes
    assert [(n.severity, n.code, n.place.line) for n in notes] == [(Severity.WARNING, "IB741", 2)]


def test_flags_are_for_the_users_files(tmp_path: Path) -> None:
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "pins.h").write_text("#define PIN 4\n")
    text = '#include "pins.h"\n#if PIN + MORE != 9\n#error\n#endif'
    build_own(tmp_path, RAM, text, flags=(f"-I{tmp_path}/include", "-DMORE=5"))


def test_variables_are_for_the_kinds_that_have_a_place(tmp_path: Path) -> None:
    for kind in (STLDR, RAM):
        assert build_own(tmp_path, kind, "static int n;", "n++;").size.data_bytes >= 4
    (only,) = refused(tmp_path, FLM, "static int n = 3;", "n++;")
    assert (only.code, "'n' (4 B)" in only.message) == ("IB744", True)


def test_what_a_compiler_calls_by_itself_is_there(tmp_path: Path) -> None:
    text = (
        "struct big { int n[64]; };\nvoid fill(struct big *b, const struct big *c, volatile unsigned *n);\n"
    )
    text += "void fill(struct big *b, const struct big *c, volatile unsigned *n) { *b = *c; *n = *n / 10; }"
    start = "struct big b = {{0}}, c = b; unsigned n = 7; fill(&b, &c, &n);"
    for kind in KINDS.values():
        build_own(tmp_path, kind, text, start)


def test_a_function_twice(tmp_path: Path) -> None:
    text = "int Init(void);\nint Init(void) { return 1; }"
    assert [d.message for d in refused(tmp_path, STLDR, text)] == ["'Init' is defined twice"]


@pytest.mark.parametrize("command", ["no-such-gcc", "/no/such/gcc -x", "", "'"])
def test_a_compiler_that_is_missing(tmp_path: Path, command: str) -> None:
    (only,) = refused(tmp_path, FLM, compiler=command)
    assert (only.code, "is not installed" in only.message) == ("IB740", True)


def test_a_compiler_that_is_none(tmp_path: Path) -> None:
    script = tmp_path / "cc"
    script.write_text("#!/bin/sh\necho sorry >&2\nexit 3\n")
    script.chmod(0o755)
    found = refused(tmp_path, FLM, compiler=str(script))
    assert {d.code for d in found} == {"IB741"}
    assert "sorry" in found[0].message
    script.write_text("no program\n")
    script.write_bytes(b"\x7fELF")
    assert [d.code for d in refused(tmp_path, FLM, compiler=str(script))] == ["IB740"]


# --- what was linked -----------------------------------------------------------------------------


def wrong(kind: Kind, data: bytes) -> list[str]:
    with pytest.raises(BuildError) as caught:
        check_loader(kind, find_board(BoardChoice(BOARDS[0])), data)
    assert {d.code for d in caught.value.diagnostics} <= {"IB744", "IB745"}
    return [d.message for d in caught.value.diagnostics]


def test_a_loader_of_another_kind_or_board_is_refused() -> None:
    assert "function 'Read' is missing in the linked file" in wrong(STLDR, build(FLM))
    assert "section PrgCode is missing in the linked file" in wrong(FLM, build(STLDR))
    told = wrong(STLDR, build(STLDR, "qemu-ast1030"))
    assert any("start address" in text for text in told)
    assert any("name of b'W25Q64JV_QEMU-AST1030'" in text for text in told)
    assert any("sectors" in text for text in wrong(FLM, build(FLM, "daisy-seed")))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_file_cut_short_is_refused(kind: Kind) -> None:
    data = build(kind)
    for length in range(0, len(data), 101):
        assert wrong(kind, data[:length])


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_damaged_file_never_ends_in_a_crash(data: st.DataObject) -> None:
    damaged = bytearray(build(STLDR))
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_elf(bytes(damaged))
        check_loader(STLDR, find_board(BoardChoice(BOARDS[0])), bytes(damaged))
    except (ElfError, BuildError):
        pass


def test_code_that_differs_elsewhere_is_refused() -> None:
    data = bytearray(build(FLM))
    at = read_elf(bytes(data)).section("PrgCode").data[:64]
    where = data.index(at) + 40
    data[where] ^= 1
    with pytest.raises(BuildError) as caught:
        check_relocatable(build(FLM), bytes(data))
    assert [d.code for d in caught.value.diagnostics] == ["IB744"]


@pytest.mark.parametrize(("kind", "size", "fits"), [(STLDR, 2048, False), (STLDR, 4096, True),
                                                    (FLM, 2048, False), (FLM, 4096, True),
                                                    (RAM, 2048, False), (RAM, 4096, True)])  # fmt: skip
def test_room_in_ram(kind: Kind, size: int, fits: bool) -> None:
    request = LoaderRequest(kind, BoardChoice(BOARDS[0], ram=Ram(0x20000000, size)))
    if fits:
        assert build_loader(request).size.ram_bytes < size
        return
    with pytest.raises(BuildError) as caught:
        build_loader(request)
    assert [d.code for d in caught.value.diagnostics] == ["IB745"]
