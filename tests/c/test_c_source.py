"""The sources themselves: compilers, options, ports, the example of the manual, code and stack."""

from __future__ import annotations

import re
import zlib

import pytest
from bench import c_size
from support import need_tool

from c import compose, samples
from c import handmade as h
from c.program import HERE, RUNTIME, SANITIZE, SOURCES, STRICT, run

SRC = RUNTIME / "src"
PORTS = sorted((RUNTIME / "port").glob("imgb_port_*.c"))


def compile_only(compiler, flags, sources, folder):
    for source in sources:
        run([compiler, *flags, "-I", SRC, "-c", source, "-o", folder / f"{source.stem}.o"])


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["-DIMGB_CFG_LZ4=0"],
        ["-DIMGB_CFG_RLE=0"],
        ["-DIMGB_CFG_READ_ALIGN=0"],
        ["-DIMGB_CFG_KERN=0"],
        ["-DIMGB_CFG_DRAW_MORE=0"],
        ["-DIMGB_CFG_DRAW_EPAPER=0"],
        ["-DIMGB_CFG_DRAW_MORE=0", "-DIMGB_CFG_DRAW_EPAPER=0"],
        ["-DIMGB_CFG_LZ4=0", "-DIMGB_CFG_RLE=0", "-DIMGB_CFG_READ_ALIGN=0"],
    ],
)
def test_every_option_compiles_without_a_warning(tmp_path, options):
    compile_only("gcc", [*STRICT, "-O2", *options], [*SOURCES, *PORTS], tmp_path)


def test_free_standing_compilers_need_no_c_library(tmp_path):
    gcc = need_tool("arm-none-eabi-gcc")
    flags = [*STRICT, "-Os", "-ffreestanding", "-mthumb", "-mcpu=cortex-m0plus"]
    sources = [*SOURCES, *(p for p in PORTS if "stdio" not in p.name)]
    compile_only(gcc, flags, sources, tmp_path)


def test_clang_finds_nothing_either(tmp_path):
    clang = need_tool("clang")
    flags = [
        "-std=c99",
        "-Weverything",
        "-Werror",
        "-Wno-padded",
        "-Wno-unsafe-buffer-usage",
        "-Wno-unknown-warning-option",
    ]
    # C99 declares before statements here, Thumb likes int for conditions, and switch needs its default
    flags += [
        "-Wno-declaration-after-statement",
        "-Wno-covered-switch-default",
        "-Wno-cast-align",
        "-Wno-cast-qual",
    ]
    compile_only(clang, flags, [*SOURCES, *PORTS], tmp_path)


def test_the_header_is_good_for_cpp(tmp_path):
    source = tmp_path / "user.cpp"
    source.write_text('#include "imgb.h"\nint main() { return IMGB_OK; }\n')
    run(
        [
            "g++",
            "-std=c++11",
            "-Wall",
            "-Wextra",
            "-pedantic",
            "-Werror",
            "-I",
            SRC,
            "-c",
            source,
            "-o",
            tmp_path / "u.o",
        ]
    )


def test_the_example_of_the_manual_compiles(tmp_path):
    lines = (SRC / "imgb.h").read_text().split("Rules of the house")[0].splitlines()
    example = "\n".join(line[7:] for line in lines if line.startswith(" *     "))
    example = example.split("static int my_read")[0]
    assert example.count("\n") >= 12
    (tmp_path / "weather_assets.h").write_text(
        "#define WEATHER_PACK_ID 1u\n#define WEATHER_WORK_BYTES 9000\n"
    )
    (tmp_path / "example.c").write_text(example)
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-I", SRC, "-I", tmp_path]
    run(["gcc", *flags, "-c", tmp_path / "example.c", "-o", tmp_path / "example.o"])


def test_no_heap_and_nothing_written_to(programs):
    programs.build("dump")
    clean = programs.folder / "clean"
    clean.mkdir(exist_ok=True)
    compile_only("gcc", ["-std=c99", "-Os", "-ffreestanding", "-fno-stack-protector"], SOURCES, clean)
    symbols = run(["nm", *sorted(clean.glob("imgb*.o"))])
    assert re.findall(r"^\S+ [dDbBC] \S+", symbols, re.MULTILINE) == []
    wanted = set(re.findall(r"^ +U (\S+)", symbols, re.MULTILINE)) - {"_GLOBAL_OFFSET_TABLE_"}
    assert {name for name in wanted if not name.startswith("imgb_")} <= {
        "memcpy",
        "memmove",
        "memset",
        "memcmp",
    }


def test_what_is_left_out_is_refused_not_misread(tmp_path):
    pack = tmp_path / "pack.imgb"
    cases = (
        ("-DIMGB_CFG_LZ4=0", h.LZ4, "read1", -16),
        ("-DIMGB_CFG_RLE=0", h.RLE, "read1", -16),
        ("-DIMGB_CFG_READ_ALIGN=0", h.LZ4, "read4", -1),
    )
    for option, codec, how, code in cases:
        pack.write_bytes(h.pack([h.bitmap("strips", samples.picture("rgb565", 12, 9), codec, 4)]))
        program = tmp_path / f"dump{option}"
        run(
            [
                "gcc",
                "-std=c99",
                *SANITIZE,
                option,
                "-I",
                SRC,
                "-I",
                HERE,
                HERE / "dump.c",
                *SOURCES,
                "-o",
                program,
            ]
        )
        assert run([program, pack, how]).splitlines()[-1] == f"error {code}"


COMMON_FORMATS = [
    "gray1", "gray2", "gray4", "gray8", "a1", "a2", "a4", "a8", "i1", "i2", "i4", "i8", "rgb565", "rgb565a8",
    "rgb888", "xrgb8888", "argb8888",
]  # fmt: skip


def test_pixel_formats_left_out_of_drawing_are_refused_and_the_others_drawn_as_before(tmp_path):
    pictures = {
        f"{name}/{order}": samples.picture(name, 9, 7, order)
        for name in h.PIXEL_FORMATS
        for order in samples.orders_of(name)
    }
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([h.bitmap(name, picture) for name, picture in pictures.items()]))
    program = tmp_path / "draw"
    options = ["-DIMGB_CFG_DRAW_MORE=0", "-DIMGB_CFG_DRAW_EPAPER=0"]
    include = ["-I", SRC, "-I", HERE]
    run(["gcc", "-std=c99", *SANITIZE, *options, *include, HERE / "draw.c", *SOURCES, "-o", program])
    for name, picture in pictures.items():
        is_common = picture.pixel_format in COMMON_FORMATS
        is_plain = not picture.order & (h.PREMULTIPLIED | h.INVERTED)
        screen = compose.Screen(0, 0, 9, 7)
        screen.bitmap(0, 0, picture, 0xA53C)
        wanted = ["".join(f"{v:04x}" for v in row) for row in screen.rows]
        said = run(
            [program, path, "read1"], f"surface 0 0 9 7 0\nbitmap {name} 0 0 a53c\nshow\n"
        ).splitlines()
        assert said == wanted if is_common and is_plain else said[0] == "error -16", name


# --- ports --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ports(programs):
    programs.build("dump")
    program = programs.folder / "ports"
    include = ["-I", SRC, "-I", HERE, "-I", RUNTIME / "port"]
    run(["gcc", *STRICT, *SANITIZE, *include, HERE / "ports.c", *PORTS, *programs.objects, "-o", program])
    return program


def test_every_port_reads_the_same(ports, tmp_path):
    picture = samples.picture("rgb565a8", 20, 9)
    pack = h.pack([h.bitmap("p", picture, h.LZ4, 4, 2), h.font("f", samples.font(2)), h.file("x", b"12345")])
    path = tmp_path / "chip.bin"
    path.write_bytes(b"\xff" * 4096 + pack + b"\xff" * 1000)
    said = {how: run([ports, path, how]) for how in ("mapped", "stdio", "spi3", "spi4")}
    assert said["mapped"].endswith("result 0\n")
    assert f"key {zlib.crc32(b'p'):08x}" in said["mapped"]
    assert set(said.values()) == {said["mapped"]}


def test_a_chip_that_stays_busy_or_fails_is_told_apart(ports, tmp_path):
    path = tmp_path / "chip.bin"
    path.write_bytes(b"\xff" * 4096 + h.pack([h.file("x", b"12345")]))
    assert run([ports, path, "busy"]) == "result -1003\n"
    assert run([ports, path, "broken"]) == "result -1002\n"


# --- budgets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cpu", c_size.CPUS)
def test_code_and_stack_keep_their_budgets(cpu):
    need_tool("arm-none-eabi-gcc")
    sizes = {s.part: s for s in c_size.measure_code(cpu)}
    assert {p: sizes[p].code for p, budget in c_size.CODE_BUDGETS.items() if sizes[p].code > budget} == {}
    assert all(s.data == 0 for s in sizes.values())
    stacks = c_size.measure_stack(cpu, c_size.NO_RANGE)
    assert len(stacks) >= 28
    over = {f: n for f, n in stacks.items() if n > c_size.STACK_BUDGET}
    assert over == {}
