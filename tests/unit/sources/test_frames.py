"""Animated GIF, APNG and WebP: what is seen after each frame, how long, and how often."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgbuild import limits
from imgbuild.errors import BuildError, Place
from imgbuild.model import ImageOptions
from imgbuild.sources.frames import lay_over
from imgbuild.sources.image import decode_image

PLACE = Place("test.yaml")
RED, GREEN, BLUE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)
CLEAR = (0, 0, 0, 0)


def decode(tmp_path, data, name="a.gif"):
    path = Path(tmp_path) / name
    path.write_bytes(data)
    return decode_image(path, ImageOptions("argb8888", is_animated=True), PLACE, "a")


def refusal(tmp_path, data, name="a.gif"):
    with pytest.raises(BuildError) as caught:
        decode(tmp_path, data, name)
    return caught.value.diagnostics[0]


# --- GIF: written by hand from the GIF89a specification ------------------------------------------

TABLE = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0])


def lzw(indices):
    """Codes of 3 bits, with a clear code (4) before every pixel, so that the table never grows."""
    codes = [code for index in indices for code in (4, index)] + [5]
    bits = "".join(f"{code:03b}"[::-1] for code in codes)
    bits += "0" * (-len(bits) % 8)
    data = bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    return b"\x02" + blocks + b"\0"


def image(x, y, width, height, index, *, disposal=0, delay_cs=10, clear=None):
    indices = [index] * (width * height) if isinstance(index, int) else index
    flags = disposal << 2 | (clear is not None)
    control = b"\x21\xf9\x04" + struct.pack("<BHBB", flags, delay_cs, clear or 0, 0)
    return control + b"\x2c" + struct.pack("<HHHHB", x, y, width, height, 0) + lzw(indices)


def gif(*images, width=4, height=3, loop=None, end=b"\x3b"):
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x81, 2, 0) + TABLE
    looping = b"" if loop is None else b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", loop) + b"\0"
    return head + looping + b"".join(images) + end


def corners(decoded):
    """Top left and bottom right pixel of every frame."""
    return [(tuple(frame[0, 0].tolist()), tuple(frame[-1, -1].tolist())) for frame in decoded.frames]


def test_gif_frames_are_kept_cleared_and_restored(tmp_path):
    data = gif(
        image(0, 0, 4, 3, 0),
        image(3, 2, 1, 1, 1, disposal=3),  # green, then red again
        image(0, 0, 1, 1, 2, disposal=2),  # blue, then transparent
        image(3, 2, 1, 1, 2, disposal=1),
    )
    decoded = decode(tmp_path, data)
    assert corners(decoded) == [(RED, RED), (RED, GREEN), (BLUE, RED), (CLEAR, BLUE)]
    assert decoded.delays_ms == (100, 100, 100, 100)


def test_gif_transparent_pixels_show_what_is_below(tmp_path):
    data = gif(image(0, 0, 4, 3, 0), image(0, 0, 2, 1, [1, 2], clear=1))
    second = decode(tmp_path, data).frames[1]
    assert [tuple(p) for p in second[0].tolist()] == [RED, BLUE, RED, RED]


def test_a_gif_starts_transparent_and_clips_what_leaves_it(tmp_path):
    decoded = decode(tmp_path, gif(image(1, 1, 1, 1, 0), image(3, 2, 9, 9, 1)))
    assert corners(decoded) == [(CLEAR, CLEAR), (CLEAR, GREEN)]
    assert decoded.frames[0].shape == (3, 4, 4)


@pytest.mark.parametrize(("loop", "plays"), [(None, 1), (0, 0), (1, 2), (5, 6), (65535, 65535)])
def test_gif_counts_repetitions(tmp_path, loop, plays):
    data = gif(image(0, 0, 4, 3, 0), image(0, 0, 4, 3, 1), loop=loop)
    assert decode(tmp_path, data).plays == plays


def test_delays_of_0_and_very_long_ones(tmp_path):
    delays = [image(0, 0, 4, 3, n % 2, delay_cs=delay) for n, delay in enumerate((0, 1, 65535))]
    decoded = decode(tmp_path, gif(*delays))
    assert decoded.delays_ms == (100, 10, 65535)
    assert [note.split()[0] for note in decoded.notes] == ["1", "delays"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (gif(image(0, 0, 4, 3, 0), image(0, 0, 4, 3, 1), end=b""), "is truncated: it ends behind frame 2"),
        (gif(image(0, 0, 4, 3, 0), image(0, 0, 4, 3, 1))[:-9], "is truncated: its"),
        (gif(image(0, 0, 4, 3, 0), b"\x77"), "byte 0x77"),
    ],
)
def test_broken_gifs_are_refused(tmp_path, data, told):
    found = refusal(tmp_path, data)
    assert found.code == "IB251"
    assert told in found.message


def test_a_frame_whose_pixels_end_early_is_refused(tmp_path):
    bad = b"\x2c" + struct.pack("<HHHHB", 0, 0, 4, 3, 0) + b"\x02\x01\x0f\0"
    found = refusal(tmp_path, gif(image(0, 0, 4, 3, 0), bad))
    assert found.code == "IB251"
    assert "frame 2 cannot be decoded" in found.message


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    frames = [image(0, 0, 1, 1, 0)] * 20
    found = refusal(tmp_path, gif(*frames, width=4000, height=4000))
    assert found.code == "IB250"
    assert "20 frames of 4000x4000 px, 320000000 pixels in all" in found.message
    found = refusal(
        tmp_path, gif(*[image(0, 0, 1, 1, 0)] * (limits.ANIMATION_FRAMES_MAX + 1), width=1, height=1)
    )
    assert found.code == "IB250"
    assert "more than 65535 frames" in found.message


# --- APNG: written by hand from the PNG specification --------------------------------------------


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def rows(pixels):
    pixels = np.asarray(pixels, np.uint8)
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels))


def control(sequence, x, y, width, height, *, delay=(1, 10), disposal=0, blend=0):
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, width, height, x, y, *delay, disposal, blend))


def flat(width, height, colour):
    return np.full((height, width, 4), colour, np.uint8)


def apng(*chunks, count, plays=0, width=4, height=3):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    total = chunk(b"acTL", struct.pack(">II", count, plays))
    return b"\x89PNG\r\n\x1a\n" + header + total + b"".join(chunks) + chunk(b"IEND", b"")


def data_chunk(sequence, pixels):
    return chunk(b"fdAT", struct.pack(">I", sequence) + rows(pixels))


def test_apng_blends_and_disposes(tmp_path):
    half = (0, 0, 255, 128)
    file = apng(
        control(0, 0, 0, 4, 3),
        chunk(b"IDAT", rows(flat(4, 3, (255, 0, 0, 128)))),
        control(1, 0, 0, 1, 1, delay=(3, 0), disposal=2, blend=1),  # 3/100 s
        data_chunk(2, flat(1, 1, half)),
        control(3, 0, 0, 1, 1, delay=(1, 3), disposal=1, blend=0),
        data_chunk(4, flat(1, 1, half)),
        control(5, 3, 2, 1, 1, delay=(0, 1)),
        data_chunk(6, flat(1, 1, GREEN)),
        count=4,
        plays=7,
    )
    decoded = decode(tmp_path, file, "a.png")
    below = (255, 0, 0, 128)
    # over: alpha 128 + 128 * 127 / 255 = 191.75; blue 255 * 128 / 191.75 = 170.2, red the rest
    assert corners(decoded) == [
        (below, below), ((85, 0, 170, 192), below), (half, below), (CLEAR, GREEN),
    ]  # fmt: skip
    assert decoded.delays_ms == (100, 30, 333, 100)
    assert decoded.plays == 7


def test_the_default_image_that_is_no_frame_is_left_out(tmp_path):
    file = apng(
        chunk(b"IDAT", rows(flat(4, 3, RED))),
        control(0, 0, 0, 4, 3),
        data_chunk(1, flat(4, 3, GREEN)),
        control(2, 0, 0, 4, 3),
        data_chunk(3, flat(4, 3, BLUE)),
        count=2,
    )
    assert corners(decode(tmp_path, file, "a.png")) == [(GREEN, GREEN), (BLUE, BLUE)]


def two_frames(count=2, second=None, sequence=1):
    second = second or control(sequence, 1, 1, 2, 2)
    return apng(
        control(0, 0, 0, 4, 3),
        chunk(b"IDAT", rows(flat(4, 3, RED))),
        second,
        data_chunk(2, flat(2, 2, GREEN)),
        count=count,
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (two_frames(count=3), "holds 2 frames, its header says 3"),
        (two_frames(sequence=4), "chunk 4 of its frames, expected 1"),
        (two_frames(second=control(1, 3, 1, 2, 2)), "frame 2 ends at 5, 3 px, the picture at 4, 3 px"),
        (two_frames(second=control(1, 0, 0, 2, 2, disposal=3)), "in no known way"),
        (two_frames(second=control(1, 0, 0, 3, 3)), "frame 2 cannot be decoded"),
        (two_frames()[:-20], "is truncated"),
        (two_frames().replace(b"fdAT\0\0\0\2", b"fdAT\0\0\1\2"), "CRC of its chunk fdAT"),
    ],
)
def test_broken_apngs_are_refused(tmp_path, data, told):
    found = refusal(tmp_path, data, "a.png")
    assert found.code == "IB251", found
    assert told in found.message


def test_lay_over_is_exact():
    rng = np.random.default_rng(1)
    above, below = (rng.integers(0, 256, (40, 50, 4), np.uint8) for _ in range(2))
    above[:2, :, 3], below[1:4, :, 3], above[5, :, 3] = 0, 0, 255
    found = lay_over(above, below)
    a, b = above.astype(float) / 255, below.astype(float) / 255
    alpha = a[..., 3] + b[..., 3] * (1 - a[..., 3])
    weight = np.where(alpha > 0, alpha, 1)[..., np.newaxis]
    colour = (a[..., :3] * a[..., 3:] + b[..., :3] * b[..., 3:] * (1 - a[..., 3:])) / weight
    assert np.abs(found[..., 3] - alpha * 255).max() <= 0.5001
    assert np.abs(found[..., :3] - colour * 255).max() <= 0.5001


# --- against a peer ------------------------------------------------------------------------------


def pictures(count=4):
    rng = np.random.default_rng(3)
    base = rng.integers(0, 256, (20, 24, 3), np.uint8) & 0xC0
    frames = []
    for step in range(count):
        frame = base.copy()
        frame[step : step + 6, 2 * step : 2 * step + 5] = (step * 60, 255 - step * 60, 128)
        frames.append(np.dstack([frame, np.full((20, 24), 255, np.uint8)]))
    return frames


@pytest.mark.parametrize(
    ("suffix", "options", "plays"),
    [
        ("png", {"loop": 2}, 2),
        ("webp", {"loop": 0, "lossless": True}, 0),
        ("webp", {"loop": 4, "lossless": True}, 4),
    ],
)
def test_frames_written_by_pillow(tmp_path, suffix, options, plays):
    frames = pictures()
    stream = io.BytesIO()
    first, *rest = (Image.fromarray(frame) for frame in frames)
    first.save(stream, suffix, save_all=True, append_images=rest, duration=[40, 50, 60, 70], **options)
    decoded = decode(tmp_path, stream.getvalue(), f"a.{suffix}")
    assert len(decoded.frames) == 4
    assert all(np.array_equal(got, meant) for got, meant in zip(decoded.frames, frames, strict=True))
    assert (decoded.delays_ms, decoded.plays) == ((40, 50, 60, 70), plays)
    assert decoded.notes == ()


def test_a_still_picture_is_one_frame(tmp_path):
    for suffix in ("png", "webp", "bmp", "gif"):
        stream = io.BytesIO()
        Image.fromarray(pictures(1)[0]).convert("RGB").save(stream, suffix)
        decoded = decode(tmp_path, stream.getvalue(), f"a.{suffix}")
        assert (len(decoded.frames), decoded.delays_ms, decoded.plays) == (1, (0,), 1)


def test_a_truncated_webp_is_refused(tmp_path):
    stream = io.BytesIO()
    first, *rest = (Image.fromarray(frame) for frame in pictures())
    first.save(stream, "webp", save_all=True, append_images=rest, duration=40, lossless=True)
    data = stream.getvalue()
    for cut in (len(data) - 20, len(data) // 2, 60):
        assert refusal(tmp_path, data[:cut], "a.webp").code in ("IB201", "IB251")


def test_without_animate_the_first_frame_is_used(tmp_path):
    path = Path(tmp_path) / "a.gif"
    path.write_bytes(gif(image(0, 0, 4, 3, 0), image(0, 0, 4, 3, 1)))
    decoded = decode_image(path, ImageOptions("argb8888"), PLACE, "a")
    assert len(decoded.frames) == 1
    assert decoded.delays_ms == ()
