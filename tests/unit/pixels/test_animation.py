"""Animation payloads: rectangles that replace, one codec for all frames, what the format lays down."""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from imgbuild import limits
from imgbuild.errors import BuildError, Place
from imgbuild.model import Codec, DecodedImage, EncodedAsset, ImageOptions, Kind, PlannedAsset, Resize
from imgbuild.pixels.animation import encode_animation
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.loss import measure_image
from imgbuild.reader.animation import read_animation
from imgbuild.reader.pack import Entry

PLACE = Place("test.yaml")


def encode(frames, delays=None, plays=0, pixel_format="rgb565", **options) -> EncodedAsset:
    delays = tuple(delays or [10] * len(frames))
    decoded = DecodedImage(tuple(frames), "digest", delays_ms=delays, plays=plays)
    asset = PlannedAsset(
        "a",
        zlib.crc32(b"a"),
        Kind.ANIMATION,
        "A",
        Path("a.gif"),
        ImageOptions(pixel_format, **options),
        PLACE,
    )
    return encode_animation(asset, decoded)[0]


def read(encoded: EncodedAsset):
    entry = Entry(
        "a", encoded.key, encoded.kind, 0, len(encoded.payload), encoded.crc32, encoded.width, encoded.height,
        encoded.pixel_format, encoded.codec, 0, 0, 0xFFFF, 0,
    )  # fmt: skip
    return read_animation(encoded.payload, entry)


def flat(colour, width=10, height=8):
    return np.full((height, width, 4), (*colour, 255), np.uint8)


def with_dot(frame, x, y, colour, *, width=1, height=1):
    dotted = frame.copy()
    dotted[y : y + height, x : x + width, :3] = colour
    return dotted


BLACK = flat((0, 0, 0))


def places(encoded):
    found = []
    for frame in read(encoded).frames:
        size = None if frame.bitmap is None else (frame.bitmap.width, frame.bitmap.height)
        found.append((frame.delay_ms, (frame.x, frame.y), size))
    return found


def test_frames_are_the_rectangles_that_changed():
    second = with_dot(BLACK, 7, 2, (255, 255, 255))
    third = with_dot(second, 1, 6, (255, 0, 0), width=2)  # and what was there stays
    encoded = encode([BLACK, second, third, third, BLACK], [1, 2, 3, 4, 5], 7)
    assert places(encoded) == [
        (1, (0, 0), (10, 8)),
        (2, (7, 2), (1, 1)),
        (3, (1, 6), (2, 1)),
        (4, (0, 0), None),
        (5, (1, 2), (7, 5)),
    ]
    assert (read(encoded).plays, read(encoded).duration_ms) == (7, 15)
    assert (encoded.kind, encoded.width, encoded.height) == (Kind.ANIMATION, 10, 8)


def test_a_change_that_the_pixel_format_cannot_show_is_none():
    second = flat((1, 1, 1))  # the same 5:6:5 value
    assert places(encode([BLACK, second]))[1][2] is None
    assert places(encode([BLACK, second], pixel_format="rgb888"))[1][2] == (10, 8)


def test_header_and_records_as_the_format_has_them():
    encoded = encode([BLACK, with_dot(BLACK, 9, 7, (0, 0, 255))], [40, 50], 3)
    data = encoded.payload
    # FORMAT.md 4.4: frames, plays, record_bytes, duration; offset, bytes, delay, x, y, w, h, flags
    assert struct.unpack_from("<HHB3xI", data) == (2, 3, 20, 90)
    assert struct.unpack_from("<IIHHHHHB", data, 12) == (52, 24 + 160, 40, 0, 0, 10, 8, 1)
    assert struct.unpack_from("<IIHHHHHB", data, 32) == (52 + 184, 24 + 2, 50, 9, 7, 1, 1, 0)
    assert data[-2:] == b"\x1f\x00"
    assert len(data) == 52 + 184 + 26


def test_equal_frames_share_their_bytes():
    other = flat((255, 0, 0))
    encoded = encode([BLACK, other, BLACK, other])
    offsets = [struct.unpack_from("<I", encoded.payload, 12 + 20 * number)[0] for number in range(4)]
    assert offsets[0] == offsets[2] != offsets[1] == offsets[3]


@pytest.mark.parametrize("align", [1, 4, 32, 64])
def test_the_pixels_of_every_frame_are_aligned(align):
    frames = [with_dot(BLACK, n, n, (255, 0, 0), width=2) for n in range(5)]
    encoded = encode(frames, align_bytes=align, pixel_format="i4")
    for number, frame in enumerate(read(encoded).frames):
        offset = struct.unpack_from("<I", encoded.payload, 12 + 20 * number)[0]
        assert offset % 4 == 0
        assert (offset + frame.bitmap.anchor_bytes - encoded.anchor_bytes) % max(4, align) == 0


def test_auto_takes_one_codec_for_all():
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (8, 10, 4), np.uint8)
    noise[..., 3] = 255
    assert encode([noise, noise[::-1]], codec="auto", pixel_format="rgb888").codec is Codec.RAW
    large = [flat((n, 0, 0), 60, 60) for n in (0, 255)]
    assert encode(large, codec="auto", pixel_format="rgb888").codec is Codec.RLE
    assert encode(large, codec="auto", pixel_format="rgb888", strip_bytes=64).codec is Codec.RAW


def test_auto_finds_one_pixel_format_for_all_frames():
    icon = np.zeros((8, 10, 4), np.uint8)
    icon[2:4, 2:4] = (10, 20, 30, 255)
    soft = icon.copy()
    soft[5, 5] = (10, 20, 30, 77)
    encoded = encode([icon, soft], pixel_format="auto")
    assert PIXEL_FORMATS["a8"].number == encoded.pixel_format or encoded.pixel_format in {
        PIXEL_FORMATS["i2"].number, PIXEL_FORMATS["a4"].number,
    }  # fmt: skip
    shown = list(read(encoded).rgba_frames())
    assert shown[1][5, 5, 3] == 77
    assert shown[0][5, 5, 3] == 0


def test_each_frame_has_the_colours_of_its_rectangle_only():
    rng = np.random.default_rng(1)
    frames = [np.dstack([rng.integers(0, 256, (8, 10, 3), np.uint8), np.full((8, 10), 255, np.uint8)])]
    frames += [with_dot(frames[0], 3, 3, (1, 2, 3))]
    encoded = encode(frames, pixel_format="i8")
    counts = [frame.bitmap.palette_count for frame in read(encoded).frames]
    assert counts == [80, 1]
    assert all(np.array_equal(a, b) for a, b in zip(read(encoded).rgba_frames(), frames, strict=True))


def test_an_optimal_palette_is_found_for_all_frames_together():
    frames = [flat((n * 40, 255 - n * 40, 0)) for n in range(6)]
    encoded = encode(frames, pixel_format="i1", is_palette_optimal=True)
    colours = {tuple(frame[0, 0].tolist()) for frame in read(encoded).rgba_frames()}
    assert len(colours) == 2


def test_every_frame_is_resized_and_turned():
    frames = [BLACK, with_dot(BLACK, 0, 0, (255, 255, 255), width=5, height=4)]
    encoded = encode(frames, resize=Resize(20, 16, "stretch", "nearest"), rotate_degrees=90)
    assert (encoded.width, encoded.height) == (16, 20)
    assert places(encoded)[1][1:] == ((8, 0), (8, 10))


@pytest.mark.parametrize("name", sorted(PIXEL_FORMATS))
def test_a_player_shows_what_was_meant(name):
    rng = np.random.default_rng(5)
    first = rng.integers(0, 2, (19, 23, 4), np.uint8) * np.uint8(255)
    first[..., 3] = 255
    if name in {"i1", "i2"}:
        first[...] = np.where(first[..., :1] > 0, 255, 0)
        first[..., 3] = 255
    frames = [first]
    for step in range(4):
        moved = frames[-1].copy()
        moved[step : step + 9, 3 * step : 3 * step + 5, :3] = 255 * (step % 2)
        frames.append(moved)
    encoded = encode(frames, pixel_format=name, codec="rle", strip_bytes=256)
    shown = read(encoded).shown()
    for got, meant in zip(shown.frames, encoded.expected.frames, strict=True):
        assert np.array_equal(got.colour, meant.colour)
        assert (got.alpha is None) == (meant.alpha is None)
        assert got.alpha is None or np.array_equal(got.alpha, meant.alpha)


def refused(frames, **options):
    with pytest.raises(BuildError) as caught:
        encode(frames, **options)
    return caught.value.diagnostics[0]


def test_what_is_too_large_is_refused():
    found = refused([BLACK] * 20, resize=Resize(2000, 2000, "stretch"))
    assert found.code == "IB250"
    assert "20 frames of 2000x2000 px, 80000000 pixels in all" in found.message
    found = refused([flat((0, 0, 0), limits.ANIMATION_SIDE_MAX + 1, 1)] * 2)
    assert found.code == "IB250"
    assert "32768x1 px" in found.message


def test_errors_name_the_frame():
    rng = np.random.default_rng(1)
    many = rng.integers(0, 256, (8, 10, 4), np.uint8)
    found = refused([BLACK, many], pixel_format="i4")
    assert found.code == "IB207"
    assert found.message.endswith("(frame 2)")


def test_lossless_looks_at_every_frame():
    grey = flat((1, 2, 3))
    assert refused([BLACK, grey], is_lossless=True).code == "IB235"
    encode([BLACK, BLACK], is_lossless=True)


def slopes(count=3):
    """Frames that only codec range makes much smaller."""
    y, x = np.indices((32, 48))
    planes = [[3 * x + 7 * n, 5 * y + 2 * n, x * y // 4 + n] for n in range(count)]
    return [np.dstack([*(np.asarray(p) % 256 for p in three), np.full_like(x, 255)]).astype(np.uint8)
            for three in planes]  # fmt: skip


@pytest.mark.parametrize(("prefer", "takes_range"), [("size", True), ("balanced", True), ("speed", False)])
def test_auto_takes_codec_range_as_it_does_for_bitmaps(prefer, takes_range):
    encoded = encode(slopes(), codec="auto", prefer=prefer)
    assert (encoded.codec is Codec.RANGE_PIXELS) == takes_range
    tried = {trial.codec: trial.stored_bytes for trial in encoded.tried}
    assert list(tried) == [Codec.RAW, Codec.RLE, Codec.LZ4] + [Codec.RANGE_PIXELS] * (prefer != "speed")
    assert tried[encoded.codec] == len(encoded.payload) == min(tried.values())
    shown = read(encoded).decoded_together().shown()
    for frame, meant in zip(shown.frames, encoded.expected.frames, strict=True):
        assert np.array_equal(frame.colour, meant.colour)


def test_auto_finds_the_pixel_format_that_is_smallest_when_coded():
    frames = [with_dot(flat((8 * n, 4, 8), 40, 30), 5, 5, (248, 252, 0)) for n in range(4)]
    sizes = {
        name: len(encode(frames, pixel_format=name, codec="lz4").payload)
        for name in ("i8", "rgb565", "rgb888")
    }
    chosen = encode(frames, pixel_format="auto", codec="lz4", display_format="rgb565")
    assert len(chosen.payload) <= min(sizes.values())
    assert len({trial.pixel_format for trial in chosen.tried}) > 1


def test_the_loss_is_measured_over_all_frames():
    frames = [flat((0, 0, 0)), flat((1, 0, 0)), flat((3, 0, 0))]
    options = ImageOptions("rgb888")
    asset = PlannedAsset("a", 1, Kind.ANIMATION, "A", Path("a.gif"), options, PLACE)
    decoded = DecodedImage(tuple(frames), "digest", delays_ms=(10, 10, 10), plays=0)
    exact = measure_image(asset, decoded, encode_animation(asset, decoded)[0]).loss.measured
    assert (exact.psnr_db, exact.colours_before, exact.colours_after) == (None, 3, 3)
    asset = PlannedAsset("a", 1, Kind.ANIMATION, "A", Path("a.gif"), ImageOptions("rgb565"), PLACE)
    rounded = measure_image(asset, decoded, encode_animation(asset, decoded)[0]).loss.measured
    # 5 bits show 1 and 3 as 0: of 9 equal thirds (3 frames, 3 channels) one is off by 1, one by 3
    assert rounded.psnr_db == pytest.approx(10 * math.log10(255**2 / (10 / 9)))
    assert (rounded.colours_before, rounded.colours_after) == (3, 1)
