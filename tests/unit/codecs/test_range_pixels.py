"""Codec range writes the strips that FORMAT.md 4.5 describes, and the package's reader reads them."""

from __future__ import annotations

import random
import re
import zlib

import numpy as np
import pytest
from c import range_model
from c.program import RUNTIME
from train.c_tables import header_text, json_text
from train.table_rows import decisions_of, rows_of

from imgbuild.codecs.range_pixels import KINDS, PixelStrip, encode_strips
from imgbuild.range_tables import RANGE_KINDS, TABLE_BYTES, read_table
from imgbuild.reader.range_strips import RANGE_KINDS as READABLE
from imgbuild.reader.range_strips import CodedStrip, StripValues, decode_strips

FORMATS = tuple(RANGE_KINDS)
LEVELS = {"alpha8": 256, "alpha4": 16, "colour565": 1 << 16, "colour888": 1 << 24, "indexed8": 256,
          "indexed4": 16, "gray8": 256, "gray4": 16}  # fmt: skip
HAS_ALPHA = ("rgb565a8", "argb8888")


def paint(name: str, levels: int, height: int, width: int, seed: int) -> np.ndarray:
    """``flat``: few colours in blocks; ``steep``: slopes with noise; ``rows``: some repeat; ``noise``."""
    dice = np.random.default_rng(seed)
    y, x = np.indices((height, width))
    if name == "flat":
        return dice.integers(0, levels, 7)[(x // 5 + y // 3 * 2) % 7]
    if name == "steep":
        noise = dice.integers(0, max(2, levels // 60), x.shape)
        return (x * (levels // 37) + y * (levels // 91) + noise) % levels
    if name == "rows":
        return dice.integers(0, levels, (height // 4 + 1, width))[y // 4, x] * (x > 9)
    return dice.integers(0, levels, x.shape)


def strip_of(pixel_format: str, painter: str, height: int, width: int, seed: int) -> PixelStrip:
    kind = RANGE_KINDS[pixel_format]
    plane = paint(painter, LEVELS[kind], height, width, seed).astype(np.int32)
    if kind.startswith("alpha"):
        return PixelStrip(None, plane)
    if pixel_format not in HAS_ALPHA:
        return PixelStrip(plane, None)
    alpha = np.clip(paint(painter, 400, height, width, seed + 1) - 80, 0, 255).astype(np.int32)
    plane[alpha == 0] = 0
    return PixelStrip(plane, alpha)


def model_bytes(pixel_format: str, strip: PixelStrip) -> list[bytes]:
    """What the plain coder of FORMAT.md makes of the strip, smooth and flat."""
    if strip.colour is None:
        return [range_model.code_strip(pixel_format, strip.alpha.tolist(), None, flat=True)]
    pixels, alpha = strip.colour, None if strip.alpha is None else strip.alpha.tolist()
    if pixel_format == "argb8888":
        pixels, alpha = pixels | strip.alpha.astype(np.int64) << 24, None
    return [range_model.code_strip(pixel_format, pixels.tolist(), alpha, flat=flat) for flat in (False, True)]


def decode(pixel_format: str, coded: list[bytes], strips: list[PixelStrip]) -> list[StripValues | str]:
    sizes = [strip.shape for strip in strips]
    return decode_strips(
        READABLE[pixel_format], [CodedStrip(d, w, h) for d, (h, w) in zip(coded, sizes, strict=True)]
    )


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_bytes_are_those_of_the_coder_written_down_pixel_by_pixel(pixel_format):
    strips = [
        strip_of(pixel_format, painter, height, width, seed)
        for seed, (painter, height, width) in enumerate(
            (painter, *size)
            for painter in ("flat", "steep", "noise", "rows")
            for size in ((1, 2), (2, 9), (16, 33), (11, 40))
        )
    ]
    coded = encode_strips(KINDS[RANGE_KINDS[pixel_format]], strips)
    for data, strip in zip(coded, strips, strict=True):
        variants = model_bytes(pixel_format, strip)
        assert data in variants
        # both ends of a stream are cut to whole bytes, so the cheaper mode may lose one
        assert len(data) <= min(map(len, variants)) + 1


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_strips_come_back(pixel_format):
    sizes = [(1, 2), (3, 2), (1, 17), (16, 64), (5, 8), (2, 3), (9, 4)]
    strips = [
        strip_of(pixel_format, painter, h, w, 7 * h + w)
        for painter in ("flat", "steep", "noise", "rows")
        for h, w in sizes
    ]
    coded = encode_strips(KINDS[RANGE_KINDS[pixel_format]], strips)
    for values, strip in zip(decode(pixel_format, coded, strips), strips, strict=True):
        assert isinstance(values, StripValues)
        for got, meant in ((values.colour, strip.colour), (values.alpha, strip.alpha)):
            assert (got is None) == (meant is None)
            assert got is None or np.array_equal(got, meant)


def test_an_opaque_picture_pays_nothing_for_its_alpha_plane():
    colour = paint("flat", 1 << 16, 16, 40, 1).astype(np.int32)
    opaque = PixelStrip(colour, np.full(colour.shape, 255, np.int32))
    coded = encode_strips(KINDS["colour565"], [opaque, PixelStrip(colour, None)])
    assert coded[0] == coded[1]
    assert (decode("rgb565a8", coded, [opaque, opaque])[1].alpha == 255).all()


def test_plain_pixels_take_next_to_nothing():
    plain = PixelStrip(np.full((16, 320), 0x1234, np.int32), None)
    empty = PixelStrip(None, np.zeros((16, 320), np.int32))
    assert len(encode_strips(KINDS["colour565"], [plain])[0]) < 12
    assert encode_strips(KINDS["alpha8"], [empty]) == [b"\0"]


def test_the_bytes_do_not_depend_on_the_strips_beside():
    strips = [strip_of("rgb565a8", p, 16, w, w) for p in ("flat", "steep") for w in (5, 64, 20)]
    kind = KINDS["colour565"]
    assert encode_strips(kind, strips) == [encode_strips(kind, [strip])[0] for strip in strips]
    assert encode_strips(kind, []) == []


@pytest.mark.parametrize(
    ("label", "pixel_format", "colour", "alpha"),
    [
        ("a8 `", "a8", None, [[0, 0, 0, 0], [0, 128, 255, 0]]),
        ("rgb565 `", "rgb565", [[0xF800, 0xF800, 0x07E0, 0x07E0], [0xF800, 0xF800, 0x07E0, 0x001F]], None),
        ("rgb565a8 `", "rgb565a8", [[0, 0xF800], [0x07E0, 0]], [[0, 255], [128, 0]]),
        ("i8 `", "i8", [[0, 1, 2, 3], [0, 1, 2, 4]], None),
    ],
)
def test_examples_of_the_specification(label, pixel_format, colour, alpha):
    text = (RUNTIME / "FORMAT.md").read_text(encoding="utf-8")
    examples = text[text.index("Examples, strips of two rows") :].split("\n\n")[0]
    shown = re.search(r"as `([0-9A-F ]+)`", examples[examples.index(label) :])
    planes = [None if plane is None else np.array(plane, np.int32) for plane in (colour, alpha)]
    (coded,) = encode_strips(KINDS[RANGE_KINDS[pixel_format]], [PixelStrip(*planes)])
    assert coded.hex(" ").upper() == shown.group(1)


# --- damaged data ----------------------------------------------------------------------------------


def test_alpha_in_a_format_without_it_is_malformed():
    strip = strip_of("rgb565a8", "steep", 4, 8, 3)
    coded = encode_strips(KINDS["colour565"], [strip])
    (found,) = decode("rgb565", coded, [strip])
    assert found == "coded with an alpha plane, which its pixel format does not have"


def test_strips_of_one_column_are_malformed_and_harm_no_other():
    strip = strip_of("rgb565", "steep", 4, 8, 3)
    data = encode_strips(KINDS["colour565"], [strip])[0]
    narrow, good = decode_strips(READABLE["rgb565"], [CodedStrip(data, 1, 4), CodedStrip(data, 8, 4)])
    assert narrow == "coded with codec 3 though 1 px wide"
    assert np.array_equal(good.colour, strip.colour)


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_any_bytes_give_pixels_of_the_format(pixel_format):
    dice = random.Random(9)
    coded = [CodedStrip(dice.randbytes(dice.randrange(40)), dice.randrange(2, 40), 6) for _ in range(60)]
    coded += [CodedStrip(bytes([0xFF] * 30), 24, 6), CodedStrip(b"", 24, 6)]
    for found, strip in zip(decode_strips(READABLE[pixel_format], coded), coded, strict=True):
        if isinstance(found, str):
            assert pixel_format in ("rgb565", "rgb888", "xrgb8888")
            continue
        plane = found.alpha if found.colour is None else found.colour
        assert plane.shape == (strip.height, strip.width)
        assert plane.min() >= 0
        assert plane.max() < LEVELS[RANGE_KINDS[pixel_format]]


# --- tables ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(TABLE_BYTES))
def test_rows_fall_strictly_to_0_and_probabilities_leave_both_bits_possible(name):
    table = read_table(name)
    assert len(table) == TABLE_BYTES[name]
    covered = set(decisions_of(name))
    assert all(1 <= table[place] <= 255 for place in covered)
    for place, symbols, size in rows_of(name):
        row = list(table[place : place + symbols])
        assert row == sorted(set(row), reverse=True)
        assert row[-1] == 0
        assert not any(table[place + symbols : place + size])
        covered |= set(range(place, place + size))
    assert covered == set(range(len(table)))


def test_the_c_header_and_the_specification_hold_the_same_tables():
    tables = {name: read_table(name) for name in TABLE_BYTES}
    header = (RUNTIME / "src" / "imgb_range_tables.h").read_text(encoding="ascii")
    assert header == header_text(tables)
    assert range_model.tables() == tables
    text = (RUNTIME / "FORMAT.md").read_text(encoding="utf-8")
    for name, table in tables.items():
        rows = (line for line in text.splitlines() if line.startswith("| "))
        row = next(line for line in rows if name in re.findall(r"\w+", line.split("|")[1]))
        assert f"{zlib.crc32(table):08X}" in row
        assert f"| {len(table)} |" in row


def test_the_data_file_is_what_training_writes():
    path = RUNTIME.parent / "imgbuild" / "data" / "range_tables.json"
    assert path.read_text(encoding="ascii") == json_text({name: read_table(name) for name in TABLE_BYTES})
