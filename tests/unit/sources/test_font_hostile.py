"""Hostile fonts: one clear message and little time, never a crash; damaged ones: a font or one message."""

import random
import struct
import time
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from unit.sources.made_fonts import (
    data_of,
    make_collection,
    make_font,
    make_loop,
    make_parts_bomb,
    make_strikes,
    make_variable,
    with_tables,
)
from unit.sources.test_font_kinds import decode, fault_of, save
from unit.sources.tiny_fonts import TINY_BDF

from imgbuild.errors import BuildError
from imgbuild.sources.font import font_codepoints

BOX = (100, 0, 600, 700)
MIB = 1 << 20


def test_a_font_of_parts_within_parts_is_refused_unrendered(tmp_path) -> None:
    started = time.monotonic()
    code, message, _ = fault_of(save(tmp_path, make_parts_bomb(24)))
    assert code == "IB317"
    assert 'of font "made.ttf" is made of' in message
    assert "at most 4096 are drawn" in message
    assert time.monotonic() - started < 2


def test_a_handful_of_parts_is_drawn(tmp_path) -> None:
    assert decode(save(tmp_path, make_parts_bomb(5))).glyphs[1].coverage.any()


def test_a_glyph_made_of_itself_is_refused(tmp_path) -> None:
    assert fault_of(save(tmp_path, make_loop()))[:2] == (
        "IB317", 'glyph 1 of font "made.ttf" is made of itself'
    )  # fmt: skip


def woff_bomb(size: int) -> bytes:
    """WOFF whose only table says it has ``size`` bytes."""
    return struct.pack(
        ">4sIIHHIHHIIIII", b"wOFF", 0x10000, 64, 1, 0, size, 1, 0, 0, 0, 0, 0, 0
    ) + struct.pack(">4sIIII", b"glyf", 64, 0, size, 0)


def woff2_bomb(told: int, real: int) -> bytes:
    """WOFF2 with one table of ``told`` bytes, by its directory, that unpacks to ``real``."""
    packed = brotli.compress(bytes(real), quality=5)
    number = b"".join(bytes([told >> shift & 0x7F | (0x80 if shift else 0)]) for shift in (28, 21, 14, 7, 0))
    entry = bytes([0x3F | 0 << 6]) + b"test" + number.lstrip(b"\x80")
    head = struct.pack(">4sIIHHIIHHIIIII", b"wOF2", 0x10000, 0, 1, 0, 0, len(packed), 1, 0, 0, 0, 0, 0, 0)
    return head + entry + packed


@pytest.mark.parametrize(
    "data",
    [woff_bomb(65 * MIB), woff2_bomb(65 * MIB, 100), woff2_bomb(1000, 66 * MIB)],
    ids=["woff", "told", "real"],
)
def test_a_font_that_unpacks_to_too_much_is_refused(tmp_path, data) -> None:
    code, message, _ = fault_of(save(tmp_path, data, "bomb.woff"))
    assert code == "IB317"
    assert message.endswith("or more, at most 67108864 B (65536.0 KiB) are taken")


def test_a_character_map_of_everything_is_refused(tmp_path) -> None:
    groups = struct.pack(">III", 0, 0x10FFFF, 0)
    table = struct.pack(">HHIII", 13, 0, 16 + len(groups), 0, 1) + struct.pack(">III", 0, 0x10FFFF, 1)
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table
    path = save(tmp_path, with_tables(data_of(make_font({"A": BOX})), {b"cmap": cmap}))
    with pytest.raises(BuildError) as caught:
        font_codepoints(path)
    (found,) = caught.value.diagnostics
    assert found.code == "IB306"
    assert "at most 65534 fit" in found.message


SEEDS = {
    "ttf": lambda: data_of(make_font({"A": BOX, "B": (0, 0, 500, 500)})),
    "otf": lambda: data_of(make_font({"A": BOX}, is_cff=True)),
    "woff": lambda: data_of(make_font({"A": BOX}), "woff"),
    "woff2": lambda: data_of(make_font({"A": BOX}), "woff2"),
    "ttc": lambda: make_collection(make_font({"A": BOX}), make_font({"A": BOX})),
    "var.ttf": make_variable,
    "var.otf": lambda: make_variable(is_cff=True),
    "strike": make_strikes,
    "bdf": TINY_BDF.encode,
}


def messages_of(run: Callable[[], object]) -> list[str]:
    try:
        run()
    except BuildError as error:
        return [found.code for found in error.diagnostics]
    return []


@pytest.mark.parametrize("kind", SEEDS)
def test_a_damaged_font_gives_a_font_or_one_message(tmp_path: Path, kind: str) -> None:
    rng = random.Random(kind)
    original = SEEDS[kind]()
    for number in range(300):
        data = bytearray(original)
        for _ in range(rng.choice((1, 1, 3, 30))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if number % 5 == 0:
            del data[rng.randrange(len(data)) :]
        path = save(tmp_path, bytes(data), f"made.{kind}")
        options = {"axes": (("wght", 650.0),)} if kind.startswith("var") and number % 2 else {}
        for run in (
            lambda path=path, options=options: decode(path, "AH", 8, is_strike=kind == "strike", **options),
            lambda path=path: font_codepoints(path),
            lambda path=path: decode(path, "A", 8, face="Made"),
        ):
            told = messages_of(run)
            assert len(told) <= 1
            assert all(code.startswith("IB3") for code in told)
