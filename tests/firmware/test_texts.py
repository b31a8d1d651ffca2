"""Texts on the emulated board: blocks, strings in three languages, shaped runs, fallbacks, a glyph cache."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from firmware.example import EXAMPLE, REPOSITORY, U16, frame_script, require_tools
from firmware.test_frame import rgb_of
from PIL import Image
from support import imgbuild, need_file

from imgbuild.reader.compose import Screen, pack_rgb565
from imgbuild.reader.container import Image as Opened
from imgbuild.reader.container import open_image
from imgbuild.reader.font import Font, read_font
from imgbuild.reader.runs import read_runs
from imgbuild.reader.strings import read_strings
from imgbuild.reader.textlines import TextStyle

pytestmark = pytest.mark.xdist_group("firmware")

HERE = Path(__file__).parent / "texts"
WIDTH_PX, HEIGHT_PX = 240, 320
REGION_OFFSET_BYTES = 512 * 1024  # of board qemu-ast1030
CHIP_BYTES = 8 * 1024 * 1024
SYSTEM_FONTS = {
    "symbols.ttf": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "arabic.ttf": "/usr/share/fonts/opentype/fonts-hosny-amiri/Amiri-Regular.ttf",
    "devanagari.ttf": "/usr/share/fonts/truetype/lohit-devanagari/Lohit-Devanagari.ttf",
}
FLAGS = [
    "-std=c99", "-mcpu=cortex-m4", "-mthumb", "-Os", "-ffreestanding", "-ffunction-sections",
    "-fdata-sections", "-fno-tree-loop-distribute-patterns", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
    "-Wvla", "-pedantic", "-Werror",
]  # fmt: skip
WAYS = ("read", "map", "cache, empty", "cache, full", "cache, small", "cache, small again")


@dataclass(frozen=True)
class Run:
    """What the firmware printed, the frame that it drew, and the image that it drew it from."""

    log: str
    frame: U16
    image: bytes

    def count(self, way: str, what: str) -> int:
        found = re.search(rf"^{way}: .*\b{what} (\d+)", self.log, re.MULTILINE)
        assert found, f"{way!r} has no {what!r} in\n{self.log}"
        return int(found[1])


def build_image_in(folder: Path) -> Path:
    """The image, ``texts_assets.h`` beside it."""
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    roboto = Path(str(files("font_roboto"))) / "files" / "Roboto-Regular.ttf"
    for name, source in {"body.ttf": roboto, **SYSTEM_FONTS}.items():
        shutil.copy(need_file(str(source)), folder / name)
    done = imgbuild("build", "manifest.yaml", "-o", "ext.bin", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "ext.bin"


def compile_in(folder: Path) -> Path:
    """The firmware, with every decoder."""
    runtime = REPOSITORY / "c_runtime" / "src"
    reader = sorted(path for path in runtime.glob("imgb*.c") if path.name not in {"imgb_lfs.c", "imgb_nor.c"})
    sources = [folder / "texts_main.c", EXAMPLE / "board.c", EXAMPLE / "memory.c", *reader]
    objects = []
    for source in sources:
        objects.append(folder / f"{source.stem}.o")
        include = [f"-I{folder}", f"-I{EXAMPLE}", f"-I{runtime}"]
        run("arm-none-eabi-gcc", *FLAGS, *include, "-c", source, "-o", objects[-1])
    link = [
        "-mcpu=cortex-m4",
        "-mthumb",
        "-nostdlib",
        "-nostartfiles",
        "-T",
        EXAMPLE / "link.ld",
        "-Wl,--gc-sections",
    ]
    run("arm-none-eabi-gcc", *link, *objects, "-lgcc", "-o", folder / "texts.elf")
    return folder / "texts.elf"


def run(*command: str | Path) -> bytes:
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Run:
    require_tools("arm-none-eabi-gcc", "qemu-system-arm")
    folder = tmp_path_factory.mktemp("texts") / "build"
    image = build_image_in(folder).read_bytes()
    elf = compile_in(folder)
    chip = bytearray(b"\xff" * CHIP_BYTES)
    chip[REGION_OFFSET_BYTES : REGION_OFFSET_BYTES + len(image)] = image
    (folder / "nor.bin").write_bytes(chip)
    drive = f"if=mtd,format=raw,snapshot=on,file={folder / 'nor.bin'}"
    board = ["-M", "ast1030-evb,fmc-model=w25q64", "-no-reboot", "-nographic", "-monitor", "none"]
    log = run("qemu-system-arm", *board, "-serial", "stdio", "-drive", drive, "-kernel", elf)
    lines = [line for line in log.decode("ascii", "replace").splitlines() if len(line) < 500]
    assert "RC=0" in lines, "\n".join(lines)
    width, height, pixels = frame_script().read_frames(log)["texts"]
    frame = np.frombuffer(pixels, ">u2").reshape(height, width).astype(np.uint16)
    Image.fromarray(rgb_of(frame)).save(folder / "frame.png")  # to look at
    return Run("\n".join(lines), frame, image)


# --- the same items drawn by the Python reader -----------------------------------------------------


class Drawn:
    """The items of texts_items.def on a screen: a function of each macro's name, with its parameters."""

    def __init__(self, image: Opened) -> None:
        self.image, self.screen = image, Screen(WIDTH_PX, HEIGHT_PX)

    def font(self, name: str) -> Font:
        entry = self.image.find(name)
        return read_font(self.image.payload(entry), entry)

    def chain(self, name: str) -> tuple[Font, ...]:
        return (self.font(name), self.font("symbols")) if name == "body" else (self.font(name),)

    def fill(self, x: int, y: int, w: int, h: int, *rgb: int) -> None:
        self.screen.draw_fill(x, y, w, h, pack_rgb565(*rgb))

    def line(self, x: int, y: int, font: str, r: int, g: int, b: int, text: str) -> None:
        self.screen.draw_text(x, y, self.chain(font), text, pack_rgb565(r, g, b))

    def block(self, *values: Any) -> None:
        x, y, w, h, align, lines, tab, spacing, line_height, ellipsis, font, r, g, b, text = values
        how = {"max_lines": lines, "tab": tab, "letter_spacing": spacing, "line_height": line_height}
        style = TextStyle(self.chain(font), w, h, align=align, ellipsis=bool(ellipsis), **how)
        self.screen.draw_block(x, y, style, text, pack_rgb565(r, g, b))

    def string(self, *values: Any) -> None:
        x, y, w, align, font, shaped_for, r, g, b, language, id_, _key = values
        table = read_strings(self.image.payload(self.image.find("ui")), "ui").to_table()
        tags = [tag for tag, _ in table.languages]
        text = table.texts[zlib.crc32(id_.encode())][tags.index(language.partition("-")[0].lower())]
        if isinstance(text, str):
            self.block(x, y, w, 0, align, 0, 0, 0, 0, 0, font, r, g, b, text)
        else:
            style = TextStyle((self.font(shaped_for),), w, align=align)
            self.screen.draw_runs(x, y, style, text, pack_rgb565(r, g, b))

    def runs(self, x: int, y: int, w: int, align: Any, font: str, r: int, g: int, b: int, name: str) -> None:
        runs = read_runs(self.image.payload(self.image.find(name)), name)
        style = TextStyle((self.font(font),), w, align=align)
        self.screen.draw_runs(x, y, style, runs, pack_rgb565(r, g, b))


def items() -> list[tuple[str, list[Any]]]:
    """Macros of the table with their parameters; a line is also a call in Python's grammar."""
    found = []
    for line in (HERE / "texts_items.def").read_text(encoding="utf-8").splitlines():
        if re.match(r"[A-Z]+\(", line):
            call = ast.parse(line, mode="eval").body
            assert isinstance(call, ast.Call)
            assert isinstance(call.func, ast.Name)
            names = [
                arg.id.lower() if isinstance(arg, ast.Name) else ast.literal_eval(arg) for arg in call.args
            ]
            found.append((call.func.id.lower(), names))
    return found


def test_the_firmware_draws_what_the_python_reader_draws(texts: Run) -> None:
    drawn = Drawn(open_image(texts.image))
    for macro, values in items():
        draw: Callable[..., None] = getattr(drawn, macro)
        draw(*values)
    different = np.argwhere(drawn.screen.pixels != texts.frame)
    assert len(different) == 0, f"{len(different)} pixels differ, the first at (y, x) = {different[0]}"
    assert len(items()) > 15


@pytest.mark.parametrize("way", WAYS)
def test_every_way_draws_the_same(texts: Run, way: str) -> None:
    assert texts.count(way, "result") == 0
    assert texts.count(way, "differ") == 0


def test_a_cache_saves_most_of_what_is_read(texts: Run) -> None:
    """Lookups of fonts, strings and run tables are left, and the line that imgb_draw_text draws."""
    assert texts.count("cache, full", "bytes") < texts.count("read", "bytes") / 2
    assert texts.count("cache, full", "reads") < texts.count("read", "reads") / 2
    assert texts.count("cache, small", "bytes") <= texts.count("read", "bytes")
    assert texts.count("map", "bytes") < texts.count("read", "bytes")


def test_every_item_leaves_a_mark(texts: Run) -> None:
    """Each text's own colour is in the frame where it was drawn."""
    whole = Drawn(open_image(texts.image))
    for macro, values in items():
        before = whole.screen.pixels.copy()
        getattr(whole, macro)(*values)
        assert np.any(before != whole.screen.pixels), (macro, values)
