"""``flavour: jpeg|png|qoi`` stores a whole picture file for other decoders; the index tells its size."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import build_image, save_png

from imgbuild.errors import BuildError, Diagnostics
from imgbuild.model import Codec
from imgbuild.reader.container import open_image
from imgbuild.reader.preview import preview_png
from imgbuild.reader.verify import verify_image

HEAD = "version: 1\nname: small\nflash: {board: spark-core}\nassets:\n"
CODECS = {"jpeg": Codec.JPEG, "png": Codec.PNG, "qoi": Codec.QOI}
STARTS = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG", "qoi": b"qoif"}


def build(folder: Path, options: str, source: str = "icon.png"):
    text = f"{HEAD}  - {{image: {source}, name: x, {options}}}\n"
    image, _ = build_image(folder, text)
    entry = image.find("x")
    return entry, bytes(image.payload(entry)), image


def decode(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA"))


def save(folder: Path, name: str, pixels: np.ndarray, **settings) -> bytes:
    Image.fromarray(pixels).save(folder / name, **settings)
    return (folder / name).read_bytes()


def smooth(width: int = 24, height: int = 16) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 9, y * 11, 255 - x * 5], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("flavour", ["png", "qoi"])
def test_the_picture_is_kept_exactly(tmp_path, flavour):
    pixels = save_png(tmp_path / "icon.png")
    entry, data, _ = build(tmp_path, f"flavour: {flavour}, resize: 16x16")
    assert data.startswith(STARTS[flavour])
    assert (entry.codec, entry.width, entry.height) == (CODECS[flavour], 16, 16)
    assert np.array_equal(decode(data)[..., 3], pixels[..., 3])
    shown = pixels[..., 3] > 0
    assert np.array_equal(decode(data)[shown], pixels[shown])


@pytest.mark.parametrize("flavour", list(CODECS))
def test_a_picture_without_transparency_has_three_channels(tmp_path, flavour):
    save(tmp_path, "icon.png", smooth())
    entry, data, _ = build(tmp_path, f"flavour: {flavour}")
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "RGB"
    assert entry.pixel_format == 0x0F


def test_a_jpeg_is_close_to_its_source_and_quality_decides_how_close(tmp_path):
    save(tmp_path, "icon.png", smooth())
    best = build(tmp_path, "flavour: jpeg, quality: 98")[1]
    worst = build(tmp_path, "flavour: jpeg, quality: 10")[1]
    assert len(worst) < len(best)
    assert np.abs(decode(best)[..., :3].astype(int) - smooth()).max() < 12
    assert best[best.index(b"\xff\xc0") + 4] == 8, "baseline, which decoders in hardware read"


def test_a_transparent_picture_as_jpeg_lies_on_its_background(tmp_path):
    save(tmp_path, "icon.png", np.zeros((8, 8, 4), np.uint8))
    data = build(tmp_path, "flavour: jpeg, background: '#204060'")[1]
    assert np.abs(decode(data)[0, 0, :3].astype(int) - (0x20, 0x40, 0x60)).max() <= 2


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_a_file_that_needs_no_change_passes_through(tmp_path, name):
    source = save(tmp_path, name, smooth(), **({"quality": 60} if name == "a.jpg" else {}))
    flavour = {"a.jpg": "jpeg", "a.png": "png"}[name]
    assert build(tmp_path, f"flavour: {flavour}", name)[1] == source


@pytest.mark.parametrize(
    ("name", "settings", "options"),
    [
        ("a.jpg", {"progressive": True}, ""),
        ("a.jpg", {}, ", resize: 8x8"),
        ("a.jpg", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"}, ""),
        ("a.png", {}, ", resize: 8x8"),
    ],
)
def test_a_file_that_small_decoders_do_not_read_is_encoded_anew(tmp_path, name, settings, options):
    source = save(tmp_path, name, smooth(), **settings)
    flavour = {"a.jpg": "jpeg", "a.png": "png"}[name]
    assert build(tmp_path, f"flavour: {flavour}{options}", name)[1] != source


def test_a_16_bit_png_becomes_one_of_8_bits(tmp_path):
    grey = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    save(tmp_path, "icon.png", grey)
    data = build(tmp_path, "flavour: png")[1]
    assert data[24] == 8


@pytest.mark.parametrize("flavour", list(CODECS))
def test_a_preview_shows_the_picture(tmp_path, flavour):
    save(tmp_path, "icon.png", smooth())
    entry, data, image = build(tmp_path, f"flavour: {flavour}")
    assert np.array_equal(decode(preview_png(image, entry)), decode(data))


def test_sprites_are_cut_before_they_are_encoded(tmp_path):
    save(tmp_path, "icon.png", smooth())
    text = """version: 1
name: small
flash: {board: spark-core}
assets:
  - {image: icon.png, flavour: png, sprites: {columns: 3, rows: 2}}
"""
    image, _ = build_image(tmp_path, text)
    entry = image.find("icon/4")
    assert np.array_equal(decode(bytes(image.payload(entry)))[..., :3], smooth()[8:, 8:16])


def test_a_damaged_file_is_found_by_verify(tmp_path):
    save(tmp_path, "icon.png", smooth())
    _, data, image = build(tmp_path, "flavour: png")
    packed = bytearray(image.pack.data)
    at = packed.index(data)
    packed[at + 30] ^= 1
    report = verify_image(bytes(packed), image.place)
    assert [d.code for d in report.diagnostics] == ["IB607"]
    assert open_image(bytes(packed), damage=Diagnostics()).assets


@pytest.mark.parametrize(
    "option", ["pixel_format: rgb565", "codec: lz4", "byte_order: big", "lvgl_header: true"]
)
def test_options_of_our_own_bitmaps_do_not_apply(tmp_path, option):
    save(tmp_path, "icon.png", smooth())
    with pytest.raises(BuildError) as caught:
        build(tmp_path, f"flavour: png, {option}")
    assert [d.code for d in caught.value.diagnostics] == ["IB118"]
