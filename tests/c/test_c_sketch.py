"""The loader sketch: a whole image brought onto the strict chip, one upload after the other."""

from __future__ import annotations

import random
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from c.program import SANITIZE, STRICT, run
from imgbuild.errors import Place
from imgbuild.flash.region import target_of_board
from imgbuild.flash.tables import load_boards, load_chips
from imgbuild.loader.c_array import cut_chunks, write_sketch
from imgbuild.model import FlashTarget, Range
from imgbuild.output import write_artifacts

HERE = Path(__file__).resolve().parent
SIM = HERE.parent / "sim"
PLACE = Place("ext.bin")
FIRST, CHUNK, IMAGE = 0x80000, 0x6000, 0x16000  # the free region of the Spark Core; 24 KiB make 4 chunks


@dataclass
class Sketch:
    """Uploads of one sketch folder; ``cells`` is the chip."""

    folder: Path
    cells: Path
    model: str

    def build(self, number: int) -> Path:
        program = self.folder / f"upload_{number}"
        if not program.exists():
            sources = [
                *sorted(self.folder.glob("*.c")),
                HERE / "sketch.c",
                SIM / "nor_chip.c",
                SIM / "nor_bus.c",
            ]
            include = ["-I", self.folder, "-I", SIM]
            run(["gcc", *STRICT, *SANITIZE, f"-DIMGB_CHUNK={number}", *include, *sources, "-o", program])
        return program

    def upload(self, number: int, fault: str = "") -> tuple[int, int, list[str]]:
        """Result, operations, lines."""
        arguments = [fault] if fault else []
        lines = run([self.build(number), self.model, self.cells, *arguments]).splitlines()
        state = re.fullmatch(r"RC=(-?\d+) operations=(\d+) violations=(\d+)", lines[-1])
        assert state
        assert state[3] == "0", lines
        return int(state[1]), int(state[2]), lines[:-1]


def spark_core(image_bytes: int = IMAGE) -> FlashTarget:
    return target_of_board("spark-core", image_bytes, PLACE)


@pytest.fixture(scope="module")
def image() -> bytes:
    return random.Random(7).randbytes(IMAGE - 500) + b"\xff" * 500


@pytest.fixture(scope="module")
def built(image: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sketch")
    write_artifacts(write_sketch(cut_chunks(image, CHUNK, 4096), spark_core(), folder, PLACE))
    return folder


@pytest.fixture
def sketch(built: Path, tmp_path: Path) -> Sketch:
    cells = tmp_path / "cells.bin"
    before = bytearray(random.Random(1).randbytes(0x200000))  # the flash holds something everywhere
    cells.write_bytes(before)
    return Sketch(built, cells, "sst25vf016b")


def assert_outside_untouched(sketch: Sketch) -> None:
    now, before = sketch.cells.read_bytes(), random.Random(1).randbytes(0x200000)
    assert now[:FIRST] == before[:FIRST]
    assert now[FIRST + IMAGE :] == before[FIRST + IMAGE :]


def test_the_whole_sequence(sketch: Sketch, image: bytes) -> None:
    left = []
    for number in range(1, 5):
        result, _, lines = sketch.upload(number)
        left.append(result)
        assert f"chunk {number} of 4 is on the flash" in lines
    assert left == [3, 2, 1, 0]
    assert lines[-1] == "the image is complete"
    assert sketch.cells.read_bytes()[FIRST : FIRST + IMAGE] == image
    assert_outside_untouched(sketch)


def test_out_of_order_repeated_and_left_out(sketch: Sketch, image: bytes) -> None:
    result, _, lines = sketch.upload(3)
    assert (result, lines[-1]) == (3, "left: 1 2 4; build again with IMGB_CHUNK=1")
    result, operations, lines = sketch.upload(3)
    assert "it is on the flash already" in lines
    assert operations == 1  # the status write that takes the protection of power-up off
    sketch.upload(1)
    result, _, lines = sketch.upload(4)
    assert (result, lines[-1]) == (1, "left: 2; build again with IMGB_CHUNK=2")
    result, _, lines = sketch.upload(2)
    assert (result, lines[-1]) == (0, "the image is complete")
    assert sketch.cells.read_bytes()[FIRST : FIRST + IMAGE] == image


def test_a_cut_upload_is_said_again_by_the_next(sketch: Sketch, image: bytes) -> None:
    sketch.upload(1)
    assert sketch.upload(2, "cut")[0] == -1999
    result, _, lines = sketch.upload(3)
    assert (result, lines[-1]) == (2, "left: 2 4; build again with IMGB_CHUNK=2")
    assert sketch.upload(2)[0] == 1
    assert sketch.upload(4)[0] == 0
    assert sketch.cells.read_bytes()[FIRST : FIRST + IMAGE] == image
    assert_outside_untouched(sketch)


@pytest.mark.parametrize(
    ("fault", "result", "text"),
    [
        ("erase", -1106, "FAIL: the chip does not erase"),
        ("id", -1103, "FAIL: another chip than the image was made for"),
        ("busy", -1104, "FAIL: the chip stays busy"),
    ],
)
def test_faults_are_told(sketch: Sketch, fault: str, result: int, text: str) -> None:
    assert sketch.upload(1, fault)[0] == result
    assert sketch.upload(1, fault)[2][-1] == text
    assert_outside_untouched(sketch)


def test_a_chunk_of_another_image_is_refused(sketch: Sketch, image: bytes, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    changed = bytes([image[0] ^ 1]) + image[1:]
    write_artifacts(write_sketch(cut_chunks(changed, CHUNK, 4096), spark_core(), other, PLACE))
    mixed = Sketch(other, sketch.cells, sketch.model)
    (other / "chunk_002.c").write_bytes((sketch.folder / "chunk_002.c").read_bytes())
    with pytest.raises(AssertionError, match="this chunk is of another image"):
        mixed.build(2)
    mixed.build(3)  # the stale file is in nobody's way while another chunk is chosen
    # an array that was changed by hand: the loader compares it before it erases anything
    source = other / "chunk_001.c"
    source.write_text(source.read_text().replace("  0x", "  0x5a^0x", 1))
    before = sketch.cells.read_bytes()
    result, _, lines = mixed.upload(1)
    assert result == -1122
    assert lines[-1] == "FAIL: the array is not that of chunks.h: take both from one run"
    assert sketch.cells.read_bytes() == before


def test_a_paged_chip_with_an_image_in_one_chunk(tmp_path: Path) -> None:
    image = random.Random(3).randbytes(5000)
    chip = load_chips()["w25q64jv"]
    target = FlashTarget(chip, None, (), Range(0x10000, 0x2000, "image"), 4096, None)
    write_artifacts(write_sketch(cut_chunks(image, 0x10000, 4096), target, tmp_path, PLACE))
    cells = tmp_path / "cells.bin"
    cells.write_bytes(b"\0" * 0x800000)
    assert Sketch(tmp_path, cells, "w25q64").upload(1)[0] == 0
    now = cells.read_bytes()
    assert now[0x10000:0x12000] == image.ljust(0x2000, b"\xff")
    assert not any(now[:0x10000])
    assert not any(now[0x12000:])


def test_crcs_are_those_of_zlib(built: Path, image: bytes) -> None:
    text = (built / "chunks.c").read_text()
    rows = re.findall(r"\{0x([0-9A-F]{8}), (\d+), 0x([0-9A-F]{8})\}", text)
    assert [(int(o, 16), int(n)) for o, n, _ in rows] == [
        (0, CHUNK), (CHUNK, CHUNK), (2 * CHUNK, CHUNK), (3 * CHUNK, IMAGE - 3 * CHUNK)
    ]  # fmt: skip
    for offset, length, crc in rows:
        assert zlib.crc32(image[int(offset, 16) :][: int(length)]) == int(crc, 16)


def test_the_firmware_part_compiles_for_small_cores_and_cpp(built: Path, tmp_path: Path) -> None:
    for core in ("cortex-m0plus", "cortex-m4"):
        for source in ("loader.c", "chunks.c", "chunk_001.c", "imgb_nor.c"):
            run(["arm-none-eabi-gcc", *STRICT, f"-mcpu={core}", "-mthumb", "-Os", "-ffreestanding", "-c",
                 built / source, "-o", tmp_path / "x.o"])  # fmt: skip
    (tmp_path / "user.cpp").write_text(
        '#include "chunks.h"\nint up(imgb_nor_t *nor) { return imgb_loader_run(nor, &imgb_chunks, 0, 0); }\n'
    )
    run(
        [
            "g++",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-I",
            built,
            "-c",
            tmp_path / "user.cpp",
            "-o",
            tmp_path / "u.o",
        ]
    )


def test_boards_with_a_program_memory_get_chunks_that_fit() -> None:
    from imgbuild.loader.c_array import choose_chunk_bytes

    expected = {"spark-core": 24 * 1024, "weact-h750": 120 * 1024, "stm32f407-w25q64jv": 1016 * 1024}
    for name, size in expected.items():
        target = target_of_board(name, 4096, PLACE)
        memory = load_boards()[name].program_memory
        assert choose_chunk_bytes(memory, target.erase_bytes, name) == size
