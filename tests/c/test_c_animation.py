"""Animations in the C reader: every frame's rectangle and delay comes back; what is malformed is refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from c import handmade as h
from c import samples
from c.program import run
from c.test_c_builder import planned
from imgbuild.errors import Place
from imgbuild.layout.flat import pack_flat, place_flat
from imgbuild.model import DecodedImage, ImageOptions, Kind
from imgbuild.pixels.animation import encode_animation
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.reader.animation import read_animation
from imgbuild.reader.pack import open_pack

PLACE = Place("test.yaml")
WAYS = ("map1", "read1", "read4")
FORMAT, UNSUPPORTED = -13, -16


def lines_of(programs, tmp_path, data, how="read1"):
    path = tmp_path / "pack.imgb"
    path.write_bytes(data)
    return [line.rstrip() for line in run([programs.build("dump"), path, how]).splitlines()]


def part(pixel_format, width, height, codec=h.RAW, rows=0):
    picture = samples.picture(pixel_format, width, height)
    return picture, h.bitmap("part", picture, codec, rows, 2)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("stored", [(h.RAW, 0), (h.RLE, 2), (h.LZ4, 3)])
@pytest.mark.parametrize("record_bytes", [20, 24])
def test_every_frame_comes_back(programs, tmp_path, how, stored, record_bytes):
    whole, first = part("rgb565a8", 12, 9, *stored)
    corner, second = part("rgb565a8", 5, 4, *stored)
    frames = [h.Frame(40, part=first), h.Frame(65535, 7, 5, second), h.Frame(10), h.Frame(30, part=first)]
    asset = h.animation("spin", frames, 3, record_bytes)
    lines = lines_of(programs, tmp_path, h.pack([asset]), how)
    wanted = ["animation 12 9 frames 4 plays 3 ms 65615", "frame 0 ms 40 whole 1 at 0 0"]
    wanted += samples.listing_of_bitmap(whole, first, 2)
    wanted += ["frame 1 ms 65535 whole 0 at 7 5", *samples.listing_of_bitmap(corner, second, 2)]
    wanted += ["frame 2 ms 10 whole 0 at 0 0", "frame 3 ms 30 whole 1 at 0 0"]
    wanted += samples.listing_of_bitmap(whole, first, 2)
    assert lines[2:] == wanted


def small() -> h.Asset:
    first, second = part("i4", 8, 6)[1], part("i4", 3, 2)[1]
    return h.animation("a", [h.Frame(40, part=first), h.Frame(50, 4, 3, second)])


def changed(asset, at, field):
    payload = asset.payload[:at] + field + asset.payload[at + len(field) :]
    return h.Asset("a", h.ANIMATION, payload, 8, 6, asset.pixel_format)


def cases():
    """What is wrong: the place in the payload (12: first record, 32: second) and the bytes there."""
    size = len(small().payload)
    return {
        "no frames": (0, b"\0\0"),
        "more frames than there are records": (0, b"\xff\xff"),
        "records too short": (4, b"\x10"),
        "records of an odd size": (4, b"\x15"),
        "a bitmap behind the end": (32, struct.pack("<I", size)),
        "a bitmap that wraps around": (32, b"\xfc\xff\xff\xff"),
        "a bitmap that starts inside a word": (32, struct.pack("<I", 54)),
        "a bitmap longer than the payload": (36, struct.pack("<I", size)),
        "a bitmap without a header": (36, struct.pack("<I", 20)),
        "a rectangle over the right edge": (42, b"\x06\0"),
        "a rectangle over the lower edge": (44, b"\x05\0"),
        "a rectangle far away": (42, b"\xff\xff"),
        "a rectangle without columns": (46, b"\0\0"),
        "a rectangle larger than its bitmap": (46, b"\x04\0\x03\0"),
        "a first frame without pixels": (16, b"\0\0\0\0"),
    }


@pytest.mark.parametrize("how", WAYS)
def test_malformed_animations(programs, tmp_path, how):
    assert not [line for line in lines_of(programs, tmp_path, h.pack([small()]), how) if "error" in line]
    found = {}
    for what, (at, field) in cases().items():
        lines = lines_of(programs, tmp_path, h.pack([changed(small(), at, field)]), how)
        found[what] = lines[-1]
    assert found == dict.fromkeys(cases(), f"error {FORMAT}")


def test_an_unknown_pixel_format_is_refused(programs, tmp_path):
    asset = small()
    other = h.Asset("a", h.ANIMATION, asset.payload, 8, 6, 0x77)
    assert lines_of(programs, tmp_path, h.pack([other]))[-1] == f"error {UNSUPPORTED}"


def test_damage_anywhere_is_survived(programs, tmp_path):
    first, second = part("rgb565", 8, 6, h.RLE, 4)[1], part("rgb565", 3, 2, h.RLE, 4)[1]
    frames = [h.Frame(40, part=first), h.Frame(9), h.Frame(50, 4, 3, second)]
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([h.animation("a", frames), small_named("b")]))
    for how in ("map1", "read1"):
        assert "damaged packs" in run([programs.build("mutate"), path, how])


def small_named(name):
    asset = small()
    return h.Asset(name, h.ANIMATION, asset.payload, 8, 6, asset.pixel_format)


# --- what the builder makes ----------------------------------------------------------------------


def moving_square() -> tuple[np.ndarray, ...]:
    """Three frames of a square that moves over stripes, one that repeats, and one of a clear hole."""
    rows, columns = np.mgrid[0:18, 0:26]
    ground = np.stack(
        [(columns // 4 % 2) * 255, np.zeros_like(rows), (rows // 5 % 2) * 255, np.full_like(rows, 255)], -1
    )
    frames = []
    for step in (0, 3, 6):
        frame = ground.astype(np.uint8)
        frame[4 + step : 9 + step, 2 * step + 1 : 2 * step + 7] = (255, 255, 255, 255)
        frames.append(frame)
    hole = frames[-1].copy()
    hole[5:8, 8:15, 3] = 0
    return (*frames, frames[-1], hole)


@pytest.mark.parametrize("how", ["map1", "read1"])
@pytest.mark.parametrize("codec", ["raw", "rle", "lz4", "auto"])
def test_what_the_builder_writes_the_c_reader_reads(programs, tmp_path, how, codec):
    decoded = DecodedImage(moving_square(), "digest", delays_ms=(10, 20, 30, 40, 50), plays=0)
    assets = []
    for name in PIXEL_FORMATS:
        is_found = name in ("i1", "i2")  # which cannot hold all colours
        options = ImageOptions(
            name, codec=codec, strip_bytes=256, align_bytes=16, is_palette_optimal=is_found
        )
        assets.append(encode_animation(planned(name, Kind.ANIMATION, options), decoded)[0])
    data = pack_flat(place_flat(assets), name="anim", content_version=1, erase_bytes=4096)
    lines = lines_of(programs, tmp_path, data, how)
    pack = open_pack(data, PLACE)
    wanted = []
    for asset in sorted(assets, key=lambda a: pack.find(a.name).slot):
        wanted += expected_lines(pack, pack.find(asset.name))
    assert [line for line in lines[1:] if not line.startswith("asset ")] == wanted


def expected_lines(pack, entry):
    """The listing as the Python reader has it."""
    animation = read_animation(pack.payload(entry), entry)
    total = sum(frame.delay_ms for frame in animation.frames)
    yield f"animation {entry.width} {entry.height} frames {len(animation.frames)} plays 0 ms {total}"
    for number, frame in enumerate(animation.frames):
        bitmap = frame.bitmap
        is_whole = bitmap is not None and (bitmap.width, bitmap.height) == (entry.width, entry.height)
        yield f"frame {number} ms {frame.delay_ms} whole {int(is_whole)} at {frame.x} {frame.y}"
        if bitmap is None:
            continue
        palette = b"" if bitmap.palette is None else bitmap.palette[:, [2, 1, 0, 3]].tobytes()
        head = f"bitmap {bitmap.width} {bitmap.height} format {entry.pixel_format} order {bitmap.order}"
        yield f"{head} palette {palette.hex()}".rstrip()
        colour, alpha = bitmap.rows()
        for y in range(bitmap.row_count):
            row = f"row {colour[y].tobytes().hex()}"
            yield row if alpha is None else f"{row} {alpha[y].tobytes().hex()}"
