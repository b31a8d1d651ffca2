"""Deep pictures are rounded, colour profiles applied: what comes out is the sRGB that was meant."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from imgbuild.errors import Place
from imgbuild.model import ImageOptions
from imgbuild.sources.image import decode_image
from imgbuild.sources.raster import decode_raster

PLACE = Place("demo.yaml", 7, 3)
GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6


def chunk(tag, data):
    return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))


def filtered(rows, pixel_bytes):
    """Each row by another of PNG's filters (W3C PNG, section 9.2)."""
    before, out = bytes(len(rows[0])), b""
    for y, row in enumerate(rows):
        kind = y % 5
        line = bytearray()
        for x, value in enumerate(row):
            left = row[x - pixel_bytes] if x >= pixel_bytes else 0
            up = before[x]
            corner = before[x - pixel_bytes] if x >= pixel_bytes else 0
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda v: abs(guess - v))
            line.append((value - (0, left, up, (left + up) // 2, paeth)[kind]) & 0xFF)
        out += bytes([kind]) + line
        before = row
    return out


def save_png16(path, samples, kind, extra=b""):
    """``samples``: uint16 ``[h, w, c]``."""
    height, width, channels = samples.shape
    rows = [row.astype(">u2").tobytes() for row in samples]
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    data = zlib.compress(filtered(rows, 2 * channels))
    parts = chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)


def rounded(samples):
    return np.array(
        [
            [(2 * 255 * int(v) + 65535) // (2 * 65535) for v in row]
            for row in samples.reshape(len(samples), -1)
        ]
    )


@pytest.mark.parametrize(("kind", "channels"), [(RGB, 3), (RGBA, 4), (GREY_ALPHA, 2), (GREY, 1)])
def test_sixteen_bits_are_rounded_to_eight(tmp_path, kind, channels):
    samples = np.random.default_rng(kind).integers(0, 65536, (11, 9, channels), np.uint16)
    samples[0, 0], samples[0, 1] = 0x00FF, 0xFF00  # 0.99 of a step: up, down
    save_png16(tmp_path / "deep.png", samples, kind)
    rgba = decode_raster(tmp_path / "deep.png", PLACE, "deep").frames[0]
    wanted = rounded(samples).reshape(11, 9, channels)
    colour = wanted[..., :3] if channels > 2 else np.repeat(wanted[..., :1], 3, axis=2)
    assert np.array_equal(rgba[..., :3], colour)
    assert np.array_equal(
        rgba[..., 3], wanted[..., -1] if kind in (RGBA, GREY_ALPHA) else np.full((11, 9), 255)
    )


def test_the_clear_colour_of_a_deep_picture_counts_in_all_its_bits(tmp_path):
    samples = np.array([[[0x1234, 0x5678, 0x9ABC], [0x1235, 0x5678, 0x9ABC]]], np.uint16)
    save_png16(tmp_path / "deep.png", samples, RGB, chunk(b"tRNS", samples[0, 0].astype(">u2").tobytes()))
    assert decode_raster(tmp_path / "deep.png", PLACE, "deep").frames[0][0, :, 3].tolist() == [0, 255]


def test_a_deep_picture_that_is_cut_short_is_refused(tmp_path):
    from imgbuild.errors import BuildError

    for kind, channels in ((RGB, 3), (GREY_ALPHA, 2)):
        samples = np.random.default_rng(1).integers(0, 65536, (40, 40, channels), np.uint16)
        save_png16(tmp_path / "deep.png", samples, kind)
        data = (tmp_path / "deep.png").read_bytes()
        (tmp_path / "deep.png").write_bytes(data[: len(data) // 2])
        with pytest.raises(BuildError) as caught:
            decode_raster(tmp_path / "deep.png", PLACE, "deep")
        assert caught.value.diagnostics[0].code == "IB201"


# --- profiles ----------------------------------------------------------------------------------------


def swapped_profile():
    """An RGB matrix profile that takes red for green: rXYZ and gXYZ (ICC.1:2022) change places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", profile, 128)[0]
    at = {bytes(profile[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    profile[at[b"rXYZ"] : at[b"rXYZ"] + 4], profile[at[b"gXYZ"] : at[b"gXYZ"] + 4] = b"gXYZ", b"rXYZ"
    return (
        bytes(profile)
        .replace("sRGB".encode("utf-16-be"), "SwaP".encode("utf-16-be"))
        .replace(b"sRGB", b"SwaP")
    )


def decode(path, icc="convert"):
    return decode_image(path, ImageOptions("argb8888", icc=icc), PLACE, "photo")


@pytest.fixture
def photo(tmp_path):
    rgba = np.random.default_rng(5).integers(0, 256, (6, 7, 4), np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(rgba).save(path, icc_profile=swapped_profile())
    return path, rgba


def test_colours_are_converted_from_their_profile(photo):
    path, rgba = photo
    decoded = decode(path)
    assert np.abs(decoded.frames[0].astype(int) - rgba[..., [1, 0, 2, 3]]).max() <= 1
    assert np.array_equal(decoded.frames[0][..., 3], rgba[..., 3])
    assert decoded.notes == ()


def test_a_profile_can_be_ignored(photo):
    path, rgba = photo
    assert np.array_equal(decode(path, "ignore").frames[0], rgba)


def test_an_srgb_profile_changes_no_bit(tmp_path):
    rgba = np.random.default_rng(5).integers(0, 256, (6, 7, 4), np.uint8)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(rgba).save(tmp_path / "photo.png", icc_profile=profile)
    assert np.array_equal(decode(tmp_path / "photo.png").frames[0], rgba)


def test_a_deep_picture_with_a_profile(tmp_path):
    samples = np.random.default_rng(6).integers(0, 65536, (4, 5, 3), np.uint16)
    packed = b"icc\0\0" + zlib.compress(swapped_profile())
    save_png16(tmp_path / "deep.png", samples, RGB, chunk(b"iCCP", packed))
    frame = decode(tmp_path / "deep.png").frames[0].astype(int)
    assert np.abs(frame[..., :3] - rounded(samples).reshape(4, 5, 3)[..., [1, 0, 2]]).max() <= 1


@pytest.mark.parametrize("profile", [b"\0" * 200, b"nonsense", swapped_profile()[:150]])
def test_a_broken_profile_is_noted_and_the_colours_are_kept(tmp_path, profile):
    rgba = np.random.default_rng(5).integers(0, 256, (6, 7, 4), np.uint8)
    Image.fromarray(rgba).save(tmp_path / "photo.png", icc_profile=profile)
    decoded = decode(tmp_path / "photo.png")
    assert np.array_equal(decoded.frames[0], rgba)
    assert len(decoded.notes) == 1
    assert "its colours were taken for sRGB" in decoded.notes[0]


def test_a_profile_of_other_colours_is_noted(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    Image.new("RGB", (3, 3), (9, 8, 7)).save(tmp_path / "photo.jpg", icc_profile=lab, quality=100)
    decoded = decode(tmp_path / "photo.jpg")
    assert "its colours were taken for sRGB" in decoded.notes[0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright_after_their_colours_were_read(tmp_path, orientation):
    # Exif 2.32, tag 0x0112: where the stored row 0 and column 0 belong
    turns = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
        5: lambda a: a.swapaxes(0, 1), 6: lambda a: np.rot90(a, -1),
        7: lambda a: np.rot90(a, 2).swapaxes(0, 1), 8: np.rot90,
    }  # fmt: skip
    rgb = np.random.default_rng(7).integers(0, 256, (4, 6, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "PNG", exif=exif, icc_profile=swapped_profile())
    (tmp_path / "photo.png").write_bytes(stream.getvalue())
    frame = decode(tmp_path / "photo.png").frames[0].astype(int)
    assert np.abs(frame[..., :3] - turns[orientation](rgb)[..., [1, 0, 2]]).max() <= 1
