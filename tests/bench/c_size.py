"""Code, data and stack of the C reader on Cortex-M0+ and Cortex-M4, linked, by part.

``python tests/bench/c_size.py`` prints them beside their budgets. Code is what the linker keeps (``-Os
-ffunction-sections --gc-sections``) of a program that calls the part, constant tables and libgcc helpers
included, ``memcpy`` and its three brothers left out: every firmware has them already. Stack is the deepest
path through the call graph that the compiler writes down, the port's own read function left out.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

RUNTIME = Path(__file__).resolve().parents[2] / "c_runtime"
CPUS = ("cortex-m0plus", "cortex-m4")
FLAGS = ["-std=c99", "-Os", "-mthumb", "-ffreestanding", "-ffunction-sections", "-fdata-sections"]

CORE = ("imgb_open", "imgb_find", "imgb_get", "imgb_read")
BITMAPS = ("imgb_bitmap_open", "imgb_bitmap_work_bytes", "imgb_rows_begin", "imgb_rows_get")
RECTANGLES = ("imgb_rows_rect", "imgb_bitmap_palette")
FONTS = (
    "imgb_font_open",
    "imgb_font_index",
    "imgb_font_glyph",
    "imgb_glyph_rows_begin",
    "imgb_glyph_rows_next",
)
TEXT = ("imgb_utf8_next", "imgb_text_measure")
DRAW = ("imgb_draw_fill", "imgb_draw_bitmap", "imgb_draw_text")
BLOCKS = ("imgb_font_chain", "imgb_text_line_next", "imgb_text_block_measure", "imgb_draw_text_block")
RUNS = ("imgb_runs_open", "imgb_runs_measure", "imgb_draw_runs")
CACHES = ("imgb_glyph_cache_begin",)
STRINGS = ("imgb_strings_open", "imgb_strings_require", "imgb_strings_language", "imgb_strings_get")
NINE_PATCHES = ("imgb_bitmap_nine_patch", "imgb_draw_nine_patch")
VARIANTS = ("imgb_variant", "imgb_select", "imgb_find_variant")
ANIMATIONS = ("imgb_animation_open", "imgb_animation_frame")
NOR = tuple(f"imgb_nor_{call}" for call in ("start", "look", "read", "verify", "erase", "program"))
CHECKS = ("imgb_require", "imgb_at", "imgb_name", "imgb_map", "imgb_check", "imgb_asset_check")
NO_RANGE = "-DIMGB_CFG_RANGE=0"
"""Without the picture codec ``range``, which ``bench decode_cost`` measures kind by kind."""
NO_GLYPHS = "-DIMGB_CFG_GLYPH_RANGE=0"
"""Without coded glyphs, their range decoder and tables."""
NO_KERN = "-DIMGB_CFG_KERN=0"
"""Without kerning."""
COMMON = ("-DIMGB_CFG_DRAW_MORE=0", "-DIMGB_CFG_DRAW_EPAPER=0", NO_RANGE, NO_GLYPHS, NO_KERN)
"""Without the drawing of pixel formats that few need."""
NO_RLE = ("-DIMGB_CFG_RLE=0", *COMMON)
PARTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("core: open, find, get, read", CORE, ("-DIMGB_CFG_LZ4=0", *NO_RLE)),
    ("+ bitmaps: rows", BITMAPS, ("-DIMGB_CFG_LZ4=0", *NO_RLE)),
    ("+ LZ4", (), NO_RLE),
    ("+ fonts", FONTS, NO_RLE),
    ("+ text", TEXT, NO_RLE),
    ("+ drawing", DRAW, NO_RLE),
    ("+ RLE", (), COMMON),
    ("+ animations", ANIMATIONS, COMMON),
    ("+ nine-patches", NINE_PATCHES, COMMON),
    ("+ variants", VARIANTS, COMMON),
    ("+ rectangles, palettes", RECTANGLES, COMMON),
    ("+ at, name, map, require, checks", CHECKS, COMMON),
    ("+ drawing al88, rgb332, argb4444, …", (), COMMON[1:]),
    ("+ drawing mono_page, e-papers", (), COMMON[2:]),
    ("+ surface gray8", ("imgb_put_gray8",), COMMON[2:]),
    ("+ surface mono_page", ("imgb_put_mono_page",), COMMON[2:]),
    ("+ surface argb8888", ("imgb_put_argb8888",), COMMON[2:]),
    ("+ kerning", (), COMMON[2:4]),
    ("+ blocks of text, fallback chains", BLOCKS, COMMON[2:4]),
    ("+ glyph cache", CACHES, COMMON[2:4]),
    ("+ strings", STRINGS, COMMON[2:4]),
    ("+ glyph runs", RUNS, COMMON[2:4]),
    ("+ coded glyphs, Latin, its table", (), (NO_RANGE, "-DIMGB_CFG_GLYPH_MONO=0", "-DIMGB_CFG_GLYPH_CJK=0")),
    ("+ coded glyphs, every table", (), (NO_RANGE,)),
    ("+ codec range, every kind, tables", (), ()),
)
CODE_BUDGETS = {"core: open, find, get, read": 1228, "+ text": 4390, "+ drawing": 5680}
"""Bytes up to and including a part: the design's 1.2 KiB; text and drawing as measured, so that growth shows.

The aim for drawing is 5444: 6 KiB less 700 B for the glyph codec.
"""
DRIVER_BUDGET = 1024
"""Of the flash driver without its SFDP reader, which is linked where it is called."""
STACK_BUDGET = 256


@dataclass(frozen=True)
class Size:
    """What the parts up to and including ``part`` take, in bytes."""

    part: str
    code: int
    data: int


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr}")
    return done.stdout


def _compile(folder: Path, cpu: str, *more: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    objects = []
    for source in sorted((RUNTIME / "src").glob("imgb*.c")):
        if source.name != "imgb_lfs.c":
            target = folder / f"{source.stem}.o"
            _run("arm-none-eabi-gcc", *FLAGS, f"-mcpu={cpu}", *more, "-c", source, "-o", target)
            objects.append(target)
    return objects


def _link(folder: Path, cpu: str, objects: list[Path], calls: tuple[str, ...]) -> Path:
    """A program that keeps ``calls`` and, in a section of its own, the four functions of the C library."""
    names = ("memcpy", "memmove", "memset", "memcmp", "_start")
    source = folder / "main.c"
    source.write_text("".join(f'__attribute__((section(".stub"))) void {n}(void) {{}}\n' for n in names))
    program = folder / "program.elf"
    _run(
        "arm-none-eabi-gcc", "-Os", "-mthumb", f"-mcpu={cpu}", "-ffreestanding", "-fno-builtin", "-nostdlib",
        "-Wl,--gc-sections", *(f"-Wl,-u,{call}" for call in calls), source, *objects, "-lgcc", "-o", program,
    )  # fmt: skip
    return program


def measure_code(cpu: str) -> list[Size]:
    """Cumulative sizes for one core, a row per part."""
    sizes = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        calls: tuple[str, ...] = ()
        for number, (part, more, options) in enumerate(PARTS):
            calls += more
            objects = _compile(folder / str(number), cpu, *options)
            program = _link(folder / str(number), cpu, objects, calls)
            sections = dict(
                re.findall(r"^(\.\S+)\s+(\d+)", _run("arm-none-eabi-size", "-A", program), re.MULTILINE)
            )
            code = sum(int(sections.get(s, 0)) for s in (".text", ".rodata", ".ARM.exidx"))
            sizes.append(Size(part, code, int(sections.get(".data", 0)) + int(sections.get(".bss", 0))))
    return sizes


def measure_driver(cpu: str) -> tuple[int, int]:
    """Linked code of the flash driver, and what its SFDP reader adds; of the program around them nothing."""
    sizes = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, target = RUNTIME / "src" / "imgb_nor.c", folder / "imgb_nor.o"
        _run("arm-none-eabi-gcc", *FLAGS, f"-mcpu={cpu}", "-c", source, "-o", target)
        for calls in ((), NOR, (*NOR, "imgb_nor_sfdp")):
            listing = _run("arm-none-eabi-size", "-A", _link(folder, cpu, [target], calls))
            found = re.findall(r"^(?:\.text|\.rodata|\.data|\.bss)\s+(\d+)", listing, re.MULTILINE)
            sizes.append(sum(map(int, found)))
    return sizes[1] - sizes[0], sizes[2] - sizes[1]


def measure_stack(cpu: str, *options: str) -> dict[str, int]:
    """Deepest stack in bytes of each public function, everything below it included; fails on recursion."""
    own: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _compile(folder, cpu, "-fstack-usage", "-fcallgraph-info=su", *options)
        for graph in sorted(folder.glob("*.ci")):
            text = graph.read_text()
            for title, label in re.findall(r'node: \{ title: "([^"]+)" label: "([^"]+)"', text):
                used = re.search(r"(\d+) bytes \((\w+)", label)
                if used:
                    if used[2] != "static":
                        raise RuntimeError(f"{title} takes a {used[2]} amount of stack")
                    own[title] = int(used[1])
            for source, target in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
                calls.setdefault(source, set()).add(target)

    def deepest(function: str, path: tuple[str, ...] = ()) -> int:
        if function in path:
            raise RuntimeError(f"recursion: {' -> '.join((*path, function))}")
        below = [deepest(c, (*path, function)) for c in calls.get(function, ()) if c in own]
        return own[function] + max(below, default=0)

    public = sorted(f for f in own if re.fullmatch(r"imgb_(?!priv)\w+", f))
    return {f: deepest(f) for f in public}


def main(_folder: object = None) -> None:
    """Prints both tables."""
    codes = {cpu: measure_code(cpu) for cpu in CPUS}
    stacks = {cpu: measure_stack(cpu) for cpu in CPUS}
    print(f"{'code, bytes (linked, -Os)':36}" + "".join(f"{cpu:>22}" for cpu in CPUS) + f"{'budget':>9}")
    for i, (part, _, _) in enumerate(PARTS):
        cells = ""
        for cpu in CPUS:
            size = codes[cpu][i]
            before = codes[cpu][i - 1].code if i else 0
            cells += f"{size.code - before:>+13} = {size.code:>6}"
        print(f"{part:36}{cells}{CODE_BUDGETS.get(part, ''):>9}")
    print(f"{'.data + .bss':36}" + "".join(f"{codes[cpu][-1].data:>22}" for cpu in CPUS) + f"{0:>9}")
    drivers = [measure_driver(cpu) for cpu in CPUS]
    print(
        f"{'flash driver (imgb_nor.c)':36}" + "".join(f"{d[0]:>22}" for d in drivers) + f"{DRIVER_BUDGET:>9}"
    )
    print(f"{'+ its SFDP reader':36}" + "".join(f"{d[1]:>+22}" for d in drivers))
    print(
        f"\n{'stack, bytes (all below included)':36}"
        + "".join(f"{cpu:>22}" for cpu in CPUS)
        + f"{'budget':>9}"
    )
    for function in stacks[CPUS[0]]:
        print(
            f"{function:36}"
            + "".join(f"{stacks[cpu].get(function, 0):>22}" for cpu in CPUS)
            + f"{STACK_BUDGET:>9}"
        )


if __name__ == "__main__":
    main()
