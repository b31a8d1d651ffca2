"""What imgbuild's own writers pack, the C reader gives back and draws as the Python reader does."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from c import compose
from c import handmade as h
from c.program import run
from imgbuild.errors import Place
from imgbuild.glyphs.table import encode_font
from imgbuild.layout.flat import pack_flat, place_flat
from imgbuild.model import (
    Codec,
    DecodedFont,
    DecodedGlyph,
    DecodedImage,
    EncodedAsset,
    FileOptions,
    FontOptions,
    ImageOptions,
    Kind,
    PlannedAsset,
)
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.compose import Screen, measure_text
from imgbuild.reader.font import read_font
from imgbuild.reader.pack import open_pack

PLACE = Place("test.yaml")
TEXT = "Grüße, 5 €? \u4e2d"


def planned(name, kind, options):
    return PlannedAsset(name, zlib.crc32(name.encode()), kind, name.upper(), Path(name), options, PLACE)


def frame(pixel_format: str) -> np.ndarray:
    """A picture of few colours, so that every palette holds it, with soft alpha where that can be kept."""
    rows, columns = np.mgrid[0:23, 0:41]
    few = pixel_format in ("i1", "i2")
    colours = np.array([[0, 0, 0, 255], [250, 120, 7, 255], [3, 90, 240, 0], [255, 255, 255, 128]], np.uint8)
    if few or pixel_format == "i4":
        return colours[(columns // 5 + rows // 3) % (2 if pixel_format == "i1" else 4)]
    if pixel_format == "i8":
        colours = np.random.default_rng(8).integers(0, 256, (200, 4), np.uint8)
        return colours[(columns // 2 * 3 + rows * 7) % 200]
    return np.stack([columns * 6, rows * 11, (columns // 9) * 60, (rows * columns) % 256], axis=-1).astype(
        np.uint8
    )


def bitmaps() -> list[EncodedAsset]:
    made = []
    for name in h.PIXEL_FORMATS:
        row = PIXEL_FORMATS[name]
        for codec in ("raw", "rle", "lz4", "range"):
            for turned in (False, True):
                options = ImageOptions(
                    name,
                    byte_order="big" if turned and row.has_byte_order else "little",
                    bit_order="lsb" if turned and row.has_bit_order else "msb",
                    invert=turned and row.can_invert,
                    is_premultiplied=turned and row.can_premultiply,
                    codec=codec,
                    strip_bytes=512,
                    row_align_bytes=8 if turned else 1,
                    align_bytes=32 if turned else 4,
                )
                asset = planned(f"{name}/{codec}/{int(turned)}", Kind.BITMAP, options)
                made.append(encode_bitmap(asset, DecodedImage((frame(name),), "digest")))
    return made


def font(bpp: int) -> EncodedAsset:
    rng = np.random.default_rng(bpp)
    codes = sorted([*range(0x20, 0x7F), *range(0xA0, 0x100), 0x20AC])
    glyphs = []
    for code in [-1, *codes]:
        shape = (0, 0) if code == 0x20 else tuple(rng.integers(1, 15, 2))
        coverage = rng.integers(0, 1 << bpp, shape, np.uint8)
        x, y, advance = (int(rng.integers(*r)) for r in ((-3, 4), (-4, 14), (20, 260)))
        glyphs.append(DecodedGlyph(code, coverage, x, y, advance))
    decoded = DecodedFont(16, bpp, 13, -4, 1, -2, 1, tuple(glyphs), (), "digest")
    return encode_font(planned(f"font{bpp}", Kind.FONT, FontOptions(16, bpp, tuple(codes))), decoded)


def plain_file() -> EncodedAsset:
    data = bytes(range(256)) + b"odd"
    asset = planned("data/file.bin", Kind.FILE, FileOptions())
    return EncodedAsset(
        asset.name, asset.key, Kind.FILE, data, zlib.crc32(data), 0, 0, 0, Codec.RAW, len(data), 4, 0, 0, data
    )


@pytest.fixture(scope="module")
def assets():
    return [*bitmaps(), *(font(bpp) for bpp in (1, 2, 4, 8)), plain_file()]


@pytest.fixture(scope="module")
def image(assets, tmp_path_factory):
    data = pack_flat(place_flat(assets), name="peer", content_version=3, erase_bytes=4096)
    path = tmp_path_factory.mktemp("built") / "ext.bin"
    path.write_bytes(data + b"\xff" * (-len(data) % 4096))
    return path


def values_of(asset: EncodedAsset) -> list[list[int]]:
    """The samples that were meant, as one number per pixel."""
    name = asset.name.split("/")[0]
    colour = asset.expected.colour.astype(np.uint32)
    if name in ("epd_bwr", "epd_bwy"):  # black 00, white 10, the colour 11
        return np.array([0, 2, 3])[colour].tolist()
    if name == "argb8565":
        return (asset.expected.alpha.astype(np.uint32) << 16 | colour).tolist()
    if colour.ndim == 2:
        return colour.tolist()
    if name == "al88":
        return (colour[..., 1] << 8 | colour[..., 0]).tolist()
    if name == "bgr888":
        return (colour[..., 2] << 16 | colour[..., 1] << 8 | colour[..., 0]).tolist()
    merged = np.full(colour.shape[:2], 255 if name == "xrgb8888" else 0, np.uint32)
    for channel, bits in zip((3, 0, 1, 2), compose.FIELDS[name], strict=True):
        if bits:
            merged = merged << bits | colour[..., channel]
            merged <<= 2 if name == "rgb666" else 0
    return merged.tolist()


def rows_meant(asset: EncodedAsset) -> list[str]:
    pixel_format, _, turned = asset.name.split("/")
    bits = h.PIXEL_FORMATS[pixel_format][1]
    order = 0
    if turned == "1":
        order = h.LSB_FIRST if bits < 8 else h.BIG if bits not in (8, 12) else 0
        order |= h.INVERTED if pixel_format in h.GREYS else 0
        order |= h.INVERTED | h.SECOND_INVERTED if pixel_format in h.TWO_PLANES else 0
    has_plane = pixel_format == "rgb565a8"
    alpha = asset.expected.alpha.tolist() if has_plane else None
    picture = h.Picture(pixel_format, values_of(asset), alpha, [], order)
    colour, planes = h.rows_of(picture, h.stride_of(picture, 8 if turned == "1" else 1))
    return [f"row {c.hex()}" + (f" {planes[y].hex()}" if planes else "") for y, c in enumerate(colour)]


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
def test_every_pixel_comes_back(programs, image, assets, how):
    blocks, block = {}, []
    for line in run([programs.build("dump"), image, how]).splitlines():
        if line.startswith("asset "):
            block = blocks.setdefault(line.split()[1], [])
        block.append(line.rstrip())
    assert sorted(blocks) == sorted(a.name for a in assets)
    for asset in assets:
        lines = blocks[asset.name]
        if asset.kind == Kind.BITMAP:
            assert lines[2:] == rows_meant(asset), asset.name
            palette = asset.expected.palette
            wanted = "" if palette is None else palette[:, [2, 1, 0, 3]].tobytes().hex()
            assert lines[1].split("palette")[1].strip() == wanted
        elif asset.kind == Kind.FONT:
            assert [line for line in lines if line.startswith("glyph")] == glyphs_meant(asset.expected)
            codes = [g.codepoint for g in asset.expected.glyphs[1:]]
            assert [line for line in lines if line.startswith("char")] == [
                f"char {c} {i + 1}" for i, c in enumerate(codes)
            ]
        else:
            assert lines[1] == f"file {asset.payload.hex()}"


def glyphs_meant(decoded: DecodedFont) -> list[str]:
    scale = 255 // ((1 << decoded.bpp) - 1)
    return [
        f"glyph {i} {g.advance} {g.x} {g.y} {g.coverage.shape[1]} {g.coverage.shape[0]}"
        f" {(g.coverage * scale).astype(np.uint8).tobytes().hex()}".rstrip()
        for i, g in enumerate(decoded.glyphs)
    ]


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
def test_both_readers_draw_the_same_screen(programs, image, assets, how):
    pack = open_pack(image.read_bytes(), PLACE)
    script, wanted = [], []
    for i, asset in enumerate(assets):
        entry = next(e for e in pack.entries if e.name == asset.name) if asset.kind != Kind.FILE else None
        x, y = [(3, 4), (-9, -7), (30, 20)][i % 3]
        screen = Screen(60, 40)
        script += ["surface 0 0 60 40 0", "fill 0 0 60 40 0", "fill 5 5 30 20 ad55"]
        screen.draw_fill(5, 5, 30, 20, 0xAD55)
        if asset.kind == Kind.BITMAP:
            screen.draw_bitmap(x, y, read_bitmap(pack.payload(entry), entry), 0x1CE7)
            script.append(f"bitmap {asset.name} {x} {y} 1ce7")
        if asset.kind == Kind.FONT:
            face = read_font(pack.payload(entry), entry)
            wanted.append(f"end {screen.draw_text(x, y + 12, face, TEXT, 0x1CE7)}")
            wanted.append(f"width {measure_text(face, TEXT)}")
            script += [f"text {asset.name} {x} {y + 12} 1ce7 {TEXT}", f"measure {asset.name} {TEXT}"]
        script.append("show")
        wanted += ["".join(f"{v:04x}" for v in row) for row in screen.pixels.tolist()]
    assert run([programs.build("draw"), image, how], "\n".join(script) + "\n").splitlines() == wanted
