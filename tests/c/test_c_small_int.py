"""Processors whose int and size_t have 16 bits (AVR): the reader compiles, and nothing in it is cut short."""

from __future__ import annotations

import os
import re
import struct
import subprocess

import pytest
from support import need_tool

from c import handmade as h
from c import samples
from c.cross import SRC
from c.glyph_model import LATIN, MONO10, OWN
from c.program import HERE, RUNTIME, SANITIZE, SOURCES, STRICT, run
from c.range_model import FORMATS
from c.test_c_extensions import tint, trim
from c.test_c_glyphs import small
from c.test_range import made

PORTS = sorted((RUNTIME / "port").glob("imgb_port_*.c"))
SOURCES_SMALL = [*SOURCES, *(p for p in PORTS if "stdio" not in p.name)]
# A length of memcpy and its like is of the caller's buffers, which such a processor cannot have above 64 KB.
LENGTH = re.compile(r"conversion to 'size_t\b.*' from '(uint32_t|const uint32_t)\b.*' may alter its value")


@pytest.mark.parametrize("source", SOURCES_SMALL, ids=lambda path: path.stem)
def test_nothing_is_shifted_or_converted_out_of_16_bits(tmp_path, source):
    gcc = need_tool("avr-gcc")
    flags = [flag for flag in STRICT if flag != "-Werror"]
    command = [gcc, "-mmcu=avr6", *flags, "-Os", "-I", SRC, "-c", source, "-o", tmp_path / "x.o"]
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "warning:" in line]
    assert [line for line in warnings if not LENGTH.search(line)] == []


# --- run on one: ATmega1284P under simavr ----------------------------------------------------------


def everything() -> bytes:
    """A pack of every pixel format, codec, extension and kind, small enough for 128 KiB of flash."""
    assets, insets = [], struct.pack("<HH8H", 3, 16, 3, 2, 4, 1, 3, 2, 4, 1)
    for number, name in enumerate(h.PIXEL_FORMATS):
        for order in samples.orders_of(name):
            codec, rows = ((h.RAW, 0), (h.RLE, 3), (h.LZ4, 4))[number % 3]
            picture = samples.picture(name, 17, 9, order, 5)
            more = (trim(3, -2, 30, 20), tint(200, 100, 50), insets, b"")[number % 4]
            align = 2 if picture.alpha else 1
            assets.append(h.bitmap(f"{name}-{order}", picture, codec, rows, align, more))
    for name in FORMATS:
        assets += [asset for _, asset, _ in list(made(name).values())[:2]]
    whole = h.bitmap("part", samples.picture("rgb565a8", 12, 9), h.RLE, 2, 2)
    corner = h.bitmap("part", samples.picture("rgb565a8", 5, 4), h.RLE, 2, 2)
    frames = [h.Frame(40, part=whole), h.Frame(65535, 7, 5, corner), h.Frame(10)]
    assets += [
        h.animation("spin", frames, 3),
        h.font("font", samples.font(2)),
        *(small(bpp, model) for bpp, model in ((4, LATIN), (1, MONO10), (3, OWN))),
        h.file("file", bytes(range(256))),
    ]
    return h.pack(assets)


def test_an_int_of_16_bits_reads_and_draws_what_32_bits_do(tmp_path):
    gcc, simulator = need_tool("avr-gcc"), need_tool("simavr")
    pack = tmp_path / "pack.imgb"
    pack.write_bytes(everything())
    host, small, blob = tmp_path / "host", tmp_path / "small.elf", tmp_path / "pack.S"
    include = ["-std=c99", "-Wall", "-Wextra", "-I", SRC]
    run(["gcc", *include, *SANITIZE, HERE / "small.c", *SOURCES, "-o", host])
    blob.write_text(
        ".section .text.pack\n.global pack_bytes\n.global pack_bytes_end\n"
        f'pack_bytes:\n.incbin "{pack}"\npack_bytes_end:\n.balign 2\n'
    )
    used = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]  # what only writes is left out
    run([gcc, "-mmcu=atmega1284p", "-Os", *used, *include, HERE / "small.c", *SOURCES, blob, "-o", small])
    lines = run([host, pack]).splitlines()
    assert {line.split()[-1] for line in lines} == {"00000000", "."}, "every asset is read"
    command = [simulator, "-m", "atmega1284p", "-f", "16000000", small]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=120)
    assert re.findall(r"\b[0-9a-f]{8}\b", plain(done.stdout + done.stderr)) == " ".join(lines[:-1]).split()


def plain(text: str) -> str:
    """Without the colours that the simulator puts around what the processor sends."""
    return re.sub(r"\x1b\[\d*m", "", text)
