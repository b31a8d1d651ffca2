"""Pictures come out as 8-bit sRGB with straight alpha, upright, whatever they were stored as."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgbuild import limits
from imgbuild.errors import BuildError, Place
from imgbuild.model import DecodedImage, ImageOptions
from imgbuild.sources.image import decode_image
from imgbuild.sources.raster import decode_raster

PLACE = Place("demo.yaml", 12, 5)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG (PNG 3rd edition, section 5.3)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, bits: int, colour_type: int, rows: bytes, *extra: bytes) -> bytes:
    """A PNG written by hand: ``rows`` hold a filter byte (0) and the samples of each row."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def decode(tmp_path: Path, data: bytes, name: str = "icon.png") -> DecodedImage:
    path = tmp_path / name
    path.write_bytes(data)
    return decode_raster(path, PLACE, "icon")


def pixels(tmp_path: Path, data: bytes, name: str = "icon.png") -> list[list[tuple[int, ...]]]:
    frame = decode(tmp_path, data, name).frames[0]
    assert frame.dtype == np.uint8
    assert frame.shape[2] == 4
    return [[tuple(int(v) for v in pixel) for pixel in row] for row in frame]


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def refused(tmp_path: Path, data: bytes, name: str = "icon.png") -> BuildError:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BuildError) as caught:
        decode_image(path, ImageOptions("rgb565"), PLACE, "icon")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.place == PLACE
    assert diagnostic.asset == "icon"
    assert name in diagnostic.message
    return caught.value


# --- kinds of samples -------------------------------------------------------------------------------


def test_16_bit_grey_is_scaled_not_clipped(tmp_path):
    # v * 255 / 65535: 0x8000 -> 127.502, 0x0100 -> 0.996, 0x0080 -> 0.498
    rows = b"\0" + struct.pack(">5H", 0x0000, 0x0080, 0x0100, 0x8000, 0xFFFF)
    (row,) = pixels(tmp_path, png(5, 1, 16, 0, rows))
    assert [pixel[0] for pixel in row] == [0, 0, 1, 128, 255]
    assert all(pixel[0] == pixel[1] == pixel[2] and pixel[3] == 255 for pixel in row)


def test_16_bit_grey_with_a_clear_grey(tmp_path):
    rows = b"\0" + struct.pack(">2H", 0x8000, 0x8001)
    (row,) = pixels(tmp_path, png(2, 1, 16, 0, rows, chunk(b"tRNS", struct.pack(">H", 0x8000))))
    assert [pixel[3] for pixel in row] == [0, 255]


@pytest.mark.parametrize(
    ("bits", "packed", "greys"), [(1, 0x40, [0, 255]), (2, 0x60, [85, 170]), (4, 0x4F, [68, 255])]
)
def test_grey_below_8_bits_spans_black_to_white(tmp_path, bits, packed, greys):
    (row,) = pixels(tmp_path, png(2, 1, bits, 0, bytes([0, packed])))
    assert [pixel[0] for pixel in row] == greys


@pytest.mark.parametrize(
    ("bits", "packed", "clear"), [(1, 0x40, 0), (2, 0x60, 1), (4, 0x4F, 4), (8, 0x00, 0)]
)
def test_the_clear_grey_of_a_png_is_transparent(tmp_path, bits, packed, clear):
    rows = bytes([0, packed]) if bits < 8 else b"\0\0\x01"
    (row,) = pixels(tmp_path, png(2, 1, bits, 0, rows, chunk(b"tRNS", struct.pack(">H", clear))))
    assert [pixel[3] for pixel in row] == [0, 255]


def test_the_clear_colour_of_a_png_is_transparent(tmp_path):
    data = png(2, 1, 8, 2, b"\0\x01\x02\x03\x01\x02\x04", chunk(b"tRNS", struct.pack(">3H", 1, 2, 3)))
    assert pixels(tmp_path, data) == [[(1, 2, 3, 0), (1, 2, 4, 255)]]


def test_palette_with_transparency(tmp_path):
    palette = chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60])) + chunk(b"tRNS", bytes([7]))
    assert pixels(tmp_path, png(2, 1, 8, 3, b"\0\0\1", palette)) == [[(10, 20, 30, 7), (40, 50, 60, 255)]]


def test_grey_with_alpha(tmp_path):
    assert pixels(tmp_path, png(1, 1, 8, 4, b"\0\x40\x80")) == [[(64, 64, 64, 128)]]


def test_rgba_keeps_every_value(tmp_path):
    assert pixels(tmp_path, png(1, 1, 8, 6, b"\0\x01\x02\x03\x04")) == [[(1, 2, 3, 4)]]


def test_gif_first_frame_and_the_note_about_the_others(tmp_path):
    frames = [Image.new("P", (3, 2), colour) for colour in (1, 2)]
    for frame in frames:
        frame.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    decoded = decode(tmp_path, saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), "a.gif")
    assert decoded.frames[0][0, 0].tolist() == [255, 0, 0, 255]
    assert decoded.notes == ("only the first of 2 frames is used",)


def test_bmp_and_lossless_webp(tmp_path):
    picture = Image.new("RGB", (2, 1), (200, 100, 50))
    assert pixels(tmp_path, saved(picture, "BMP"), "a.bmp")[0][1] == (200, 100, 50, 255)
    picture = Image.new("RGBA", (2, 1), (200, 100, 50, 9))
    assert pixels(tmp_path, saved(picture, "WEBP", lossless=True, exact=True), "a.webp")[0][1] == (
        200,
        100,
        50,
        9,
    )


def test_cmyk_jpeg_comes_out_near_its_colour_and_says_so(tmp_path):
    decoded = decode(
        tmp_path, saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95), "a.jpg"
    )
    red, green, blue, alpha = (int(v) for v in decoded.frames[0][4, 4])
    assert (red > 245, green < 10, blue < 10, alpha) == (True, True, True, 255)
    assert decoded.notes == ("CMYK was turned into RGB without a colour profile",)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_applied(tmp_path, kind, orientation):
    # Exif 2.32, 4.6.4: which corner of the scene the first stored pixel is, and which way the first row runs.
    corner_of = {1: "TL", 2: "TR", 3: "BR", 4: "BL", 5: "TL", 6: "TR", 7: "BR", 8: "BL"}
    picture = Image.new("RGB", (32, 16), (0, 0, 0))
    picture.paste((255, 255, 255), (0, 0, 8, 8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    frame = decode(tmp_path, saved(picture, kind, exif=exif), "a." + kind.lower()).frames[0]
    assert frame.shape[:2] == ((16, 32) if orientation < 5 else (32, 16))
    corners = {"TL": frame[2, 2], "TR": frame[2, -3], "BR": frame[-3, -3], "BL": frame[-3, 2]}
    assert max(corners, key=lambda name: int(corners[name][0])) == corner_of[orientation]


def test_broken_exif_is_no_reason_to_refuse_good_pixels(tmp_path):
    data = png(1, 1, 8, 2, b"\0\x01\x02\x03", chunk(b"eXIf", b"MM\0\x2a\xff\xff\xff\xff\0"))
    assert pixels(tmp_path, data) == [[(1, 2, 3, 255)]]


def test_a_foreign_colour_profile_is_noted(tmp_path):
    picture = Image.new("RGB", (1, 1))
    assert decode(tmp_path, saved(picture, "PNG", icc_profile=b"sRGB IEC61966-2.1")).notes == ()
    notes = decode(tmp_path, saved(picture, "PNG", icc_profile=b"Display P3")).notes
    assert len(notes) == 1
    assert notes[0].startswith("its colour profile cannot be read")


def test_digest_is_that_of_the_file(tmp_path):
    data = png(1, 1, 8, 6, b"\0\x01\x02\x03\x04")
    assert decode(tmp_path, data).source_digest == hashlib.sha256(data).hexdigest()


# --- bad files --------------------------------------------------------------------------------------


def test_a_bomb_is_refused_from_its_header(tmp_path):
    for side in (8193, 12000, 60000):  # just above our ceiling; above Pillow's warning; above its error
        data = png(side, side, 1, 0, b"\0" * 64)
        error = refused(tmp_path, data)
        assert error.diagnostics[0].code == "IB202"
        assert str(limits.SOURCE_PIXELS_MAX) in error.diagnostics[0].message


def test_pillow_does_not_warn_on_stderr_of_what_is_an_error_here(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png(12000, 12000, 1, 0, b"\0" * 64))
    script = (
        "import sys, pathlib\nfrom imgbuild.errors import BuildError, Place\n"
        "from imgbuild.sources.raster import decode_raster\n"
        "try:\n  decode_raster(pathlib.Path(sys.argv[1]), Place('m'), 'a')\n"
        "except BuildError as error:\n  print(error.diagnostics[0].code)\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script, path], cwd=root, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("IB202\n", "")


def test_a_picture_at_the_ceiling_is_looked_at(tmp_path):
    # 8192 x 8192 is exactly 64 Mpx: its size is accepted, only its missing pixels are complained about.
    assert refused(tmp_path, png(8192, 8192, 1, 0, b"\0" * 64)).diagnostics[0].code == "IB201"


def test_truncated_files_say_so(tmp_path):
    noise = Image.effect_noise((64, 64), 90).convert("RGB")
    for kind, suffix in (("PNG", "png"), ("JPEG", "jpg"), ("BMP", "bmp"), ("GIF", "gif"), ("QOI", "qoi"),
                         ("WEBP", "webp")):  # fmt: skip
        data = saved(noise, kind)
        diagnostic = refused(tmp_path, data[: len(data) // 2], "cut." + suffix).diagnostics[0]
        assert diagnostic.code == "IB201", kind
        assert "cannot be decoded" in diagnostic.message


@pytest.mark.parametrize(
    ("name", "data", "code", "words"),
    [
        ("a.png", b"", "IB201", "is empty"),
        ("a.png", b"hello world", "IB201", "does not begin like PNG but with bytes 68 65 6c 6c"),
        ("a.tif", b"II*\0rest", "IB203", "is none of PNG, JPEG, BMP, GIF, QOI, WebP and SVG"),
        ("a.ppm", b"P6 1 1 255 abc", "IB203", "is none of"),
        ("a.svgz", b"\x1f\x8b\x08", "IB203", "is none of"),
        ("a.webp", b"RIFF\0\0\0\0WAVE", "IB201", "does not begin like WebP"),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path, name, data, code, words):
    diagnostic = refused(tmp_path, data, name).diagnostics[0]
    assert diagnostic.code == code
    assert words in diagnostic.message


# --- QOI: by hand, from the specification 1.0 ------------------------------------------------------


def qoi(width, height, *ops, channels=4, end=bytes(7) + b"\1"):
    return b"qoif" + struct.pack(">IIBB", width, height, channels, 0) + b"".join(ops) + end


def test_qoi_with_each_of_its_chunks(tmp_path):
    data = qoi(
        7, 1,
        bytes([0xFF, 10, 20, 30, 40]),  # RGBA
        bytes([0xFE, 200, 100, 0]),  # RGB: the alpha stays
        bytes([0x40 | 3 << 4 | 1 << 2 | 0]),  # DIFF: +1, -1, -2
        bytes([0x80 | 42, 12 << 4 | 6]),  # LUMA: green +10, red +14, blue +8
        bytes([(10 * 3 + 20 * 5 + 30 * 7 + 40 * 11) % 64]),  # INDEX: the first pixel
        bytes([0xC0 | 1]),  # RUN of 2
    )  # fmt: skip
    decoded = decode(tmp_path, data, "a.qoi")
    first = [10, 20, 30, 40]
    assert decoded.frames[0].tolist() == [
        [first, [200, 100, 0, 40], [201, 99, 254, 40], [215, 109, 6, 40], first, first, first]
    ]


def test_qoi_claims_are_checked_before_anything_is_decoded(tmp_path):
    for width, height, code in (
        (9000, 9000, "IB202"),
        (0xFFFFFFFF, 0xFFFFFFFF, "IB202"),
        (8192, 8192, "IB201"),
    ):
        diagnostic = refused(tmp_path, qoi(width, height, b"\xc0"), "a.qoi").diagnostics[0]
        assert diagnostic.code == code
    assert refused(tmp_path, b"qoif\0\0", "a.qoi").diagnostics[0].code == "IB201"
    for width, height in ((0, 0), (0, 5), (5, 0)):
        assert refused(tmp_path, qoi(width, height), "a.qoi").diagnostics[0].code in ("IB201", "IB206")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BuildError) as caught:
        decode_image(tmp_path / "gone.png", ImageOptions("a8"), PLACE, "icon")
    assert caught.value.diagnostics[0].code == "IB110"
    assert "gone.png" in caught.value.diagnostics[0].message


def test_the_first_bytes_decide_not_the_suffix(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(saved(Image.new("RGB", (4, 3), (9, 9, 9)), "BMP"))
    assert decode_image(path, ImageOptions("a8"), PLACE, "x").frames[0].shape == (3, 4, 4)
    path.write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg" width="5" height="6"/>')
    assert decode_image(path, ImageOptions("a8"), PLACE, "x").frames[0].shape == (6, 5, 4)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "QOI", "WEBP"])
def test_hostile_bytes_never_escape_as_another_exception(tmp_path, kind):
    source = Image.effect_noise((24, 20), 90).convert("RGBA" if kind in ("PNG", "WEBP") else "RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = saved(source, kind, **({"exif": exif} if kind in ("PNG", "JPEG", "WEBP") else {}))
    chance = random.Random(kind)
    path = tmp_path / "x"
    found = set()
    for turn in range(250):
        data = bytearray(whole)
        if turn % 2:
            del data[chance.randrange(len(data)) :]
        for _ in range(chance.randrange(1, 6)):
            if data:
                # headers decide the most, so half of the hits fall there
                data[chance.randrange(min(len(data), chance.choice((64, len(data)))))] = chance.choice(
                    (0, 255, 127, chance.randrange(256))
                )
        path.write_bytes(bytes(data))
        try:
            decoded = decode_raster(path, PLACE, "icon")
        except BuildError as error:
            found |= {diagnostic.code for diagnostic in error.diagnostics}
        else:
            assert decoded.frames[0].dtype == np.uint8
            assert decoded.frames[0].shape[2] == 4
    assert found <= {"IB201", "IB202", "IB203"}
    assert "IB201" in found
