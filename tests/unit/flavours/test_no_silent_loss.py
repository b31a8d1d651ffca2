"""In the formats of others a picture keeps its place, its colour and its transparency, or the build says so.

Every flavour and every pixel format of it is decoded by the test's own reader of LVGL 9's ``.bin`` files
(layouts of lv_color.h) or by Pillow, and compared with the source.
"""

import io
import struct

import numpy as np
import pytest
from PIL import Image
from support import build_image

from imgbuild.errors import BuildError

HEAD = "version: 1\nname: small\nflash: {board: spark-core}\nassets:\n"
RED = (224, 32, 64)


def scaled(field, bits):
    return np.rint(field.astype(float) * 255 / ((1 << bits) - 1)).astype(np.uint8)


def fields(values, *widths):
    """Channels A R G B of numbers, the first of ``widths`` in the highest bits; 0: opaque."""
    out, shift = [], sum(widths)
    for bits in widths:
        shift -= bits
        out.append(scaled(values >> shift & (1 << bits) - 1, bits) if bits else np.full(values.shape, 255))
    a, r, g, b = out
    return np.stack([r, g, b, a], -1).astype(np.uint8)


def decode_lvgl(data: bytes) -> np.ndarray:
    """R G B A ``[h, w, 4]`` of a plain file; formats of coverage are drawn black, LVGL's default."""
    _, number, flags, width, height, stride, _ = struct.unpack_from("<BBHHHHH", data)
    assert not flags & 8
    body = data[12:]
    if 0x07 <= number <= 0x0E:
        bits = {0: 1, 1: 2, 2: 4, 3: 8}[(number - 0x07) % 4]
        palette = np.zeros((1 << bits, 4), np.uint8)
        palette[:, 3] = np.rint(np.arange(1 << bits) * 255 / ((1 << bits) - 1))
        if number <= 0x0A:
            palette = np.frombuffer(body, np.uint8, 4 << bits).reshape(-1, 4)[:, [2, 1, 0, 3]]
            body = body[4 << bits :]
        rows = np.unpackbits(np.frombuffer(body, np.uint8).reshape(height, stride), axis=1)
        parts = rows[:, : width * bits].reshape(height, width, bits)
        return palette[(parts * (1 << np.arange(bits)[::-1])).sum(-1)]
    size = {0x06: 1, 0x0F: 3, 0x10: 4, 0x11: 4, 0x13: 3, 0x18: 1}.get(number, 2)
    rows = np.frombuffer(body, np.uint8, height * stride).reshape(height, stride)
    pixels = rows[:, : width * size].reshape(height, width, size).astype(np.uint32)
    value = (pixels << (8 * np.arange(size, dtype=np.uint32))).sum(-1)
    if number in (0x06, 0x15):
        grey = (value & 255).astype(np.uint8)
        return np.dstack([grey, grey, grey, value >> 8 if number == 0x15 else np.full_like(grey, 255)])
    widths = {
        0x0F: (0, 8, 8, 8), 0x10: (8, 8, 8, 8), 0x11: (0, 8, 8, 8), 0x12: (0, 5, 6, 5), 0x13: (8, 5, 6, 5),
        0x14: (0, 5, 6, 5), 0x16: (1, 5, 5, 5), 0x17: (4, 4, 4, 4), 0x18: (2, 2, 2, 2),
    }[number]  # fmt: skip
    rgba = fields(value, *widths)
    if number == 0x14:
        alpha = np.frombuffer(body, np.uint8)[height * stride :].reshape(height, stride // 2)
        rgba[..., 3] = alpha[:, :width]
    return rgba


def seen(rgba: np.ndarray) -> np.ndarray:
    """With clear pixels alike."""
    return np.where(rgba[..., 3:] == 0, 0, rgba).astype(int)


def build(folder, options: str, pixels: np.ndarray):
    Image.fromarray(pixels).save(folder / "icon.png")
    image, result = build_image(folder, f"{HEAD}  - {{image: icon.png, name: x, {options}}}\n")
    entry = image.assets[0]
    return bytes(image.payload(entry)), entry, {d.code for d in result.diagnostics}


def shape(colour=RED) -> np.ndarray:
    """A shape of one colour, clear around it, with soft edges."""
    pixels = np.zeros((12, 14, 4), np.uint8)
    pixels[3:9, 4:11] = (*colour, 255)
    pixels[3, 4:11, 3] = np.arange(7) * 40 + 15
    return pixels


def pictures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    ramp = np.linspace(0, 255, 14 * 12).astype(np.uint8).reshape(12, 14)
    opaque = rng.integers(0, 256, (12, 14, 4), np.uint8)
    opaque[..., 3] = 255
    grey = np.dstack([ramp, ramp, ramp, ramp[::-1]])
    return {
        "shape": shape(),
        "shape of one bit": np.where(shape()[..., 3:] > 0, np.array([*RED, 255], np.uint8), 0),
        "white shape": shape((255, 255, 255)),
        "greys": np.dstack([ramp, ramp, ramp, np.full_like(ramp, 255)]),
        "greys and alpha": grey,
        "few colours": opaque[:1, :6].repeat(12, 0),
        "photograph": opaque,
        "everything": rng.integers(0, 256, (20, 20, 4), np.uint8),
    }


@pytest.mark.parametrize("codec", ["raw", "auto"])
@pytest.mark.parametrize("name", list(pictures()))
def test_pixel_format_auto_keeps_every_colour_for_lvgl(tmp_path, name, codec):
    pixels = pictures()[name]
    data, _, codes = build(tmp_path, f"flavour: lvgl9, pixel_format: auto, codec: {codec}", pixels)
    number, flags = data[1], data[2]
    assert not 0x0B <= number <= 0x0E, "LVGL draws a1 to a8 in a style's colour, not in the picture's"
    assert not codes, "auto takes no format that LVGL reads from compressed files only"
    if not flags & 8:
        assert np.array_equal(seen(decode_lvgl(data)), seen(pixels))


@pytest.mark.parametrize("name", list(pictures()))
def test_pixel_format_auto_behind_lvgls_header_is_seen_alike_by_both(tmp_path, name):
    pixels = pictures()[name]
    data, entry, codes = build(tmp_path, "lvgl_header: true, pixel_format: auto", pixels)
    assert not codes
    assert np.array_equal(seen(decode_lvgl(data[28:])), seen(pixels))
    assert not 0x0B <= entry.pixel_format <= 0x0E


def test_auto_counts_the_full_palette_of_an_lvgl_file(tmp_path):
    """8x8 px of 20 colours: 64 B of indices, but 1 KiB of palette in LVGL's file."""
    pixels = pictures()["photograph"][:8, :8].copy()
    pixels.reshape(-1, 4)[:] = pixels.reshape(-1, 4)[np.arange(64) % 20]
    data, _, _ = build(tmp_path, "flavour: lvgl9, pixel_format: auto", pixels)
    assert len(data) == 12 + 8 * 8 * 3


LVGL = ["gray8", "i1", "i2", "i4", "i8", "al88", "rgb565", "rgb565a8", "argb8565", "rgb888", "xrgb8888",
        "argb8888", "argb1555", "argb4444", "argb2222"]  # fmt: skip
STEP = {"rgb565": 9, "rgb565a8": 9, "argb8565": 9, "argb1555": 9, "argb4444": 18, "argb2222": 86}
"""A channel may be off by half the distance of two levels; alpha likewise."""


@pytest.mark.parametrize("pixel_format", LVGL)
def test_a_tint_is_in_the_pixels_of_every_lvgl_file_that_has_colours(tmp_path, pixel_format):
    options = f"flavour: lvgl9, pixel_format: {pixel_format}, tint: '#ff8000'"
    if pixel_format in ("gray8", "rgb565", "rgb888", "xrgb8888"):
        options += ", background: '#000000'"
    if pixel_format in ("i1", "i2", "i4"):
        options += ", palette: optimal"
    data, _, codes = build(tmp_path, options, shape())
    shown = decode_lvgl(data)[6, 6]
    luma = round((0xFF * 13933 + 0x80 * 46871) / 65536)
    wanted = (luma,) * 3 if pixel_format in ("gray8", "al88") else (0xFF, 0x80, 0)
    assert np.abs(shown[:3].astype(int) - wanted).max() <= STEP.get(pixel_format, 0)
    assert shown[3] == 255 or pixel_format in ("i1", "i2"), "few entries hold a mean of the edges"
    assert codes <= {"IB263"}


@pytest.mark.parametrize("pixel_format", ["a1", "a2", "a4", "a8"])
def test_a_tint_that_lvgl_would_not_draw_is_refused(tmp_path, pixel_format):
    with pytest.raises(BuildError) as caught:
        build(tmp_path, f"flavour: lvgl9, pixel_format: {pixel_format}, tint: '#ff8000'", shape())
    assert [d.code for d in caught.value.diagnostics] == ["IB118"]
    assert "image_recolor" in caught.value.diagnostics[0].message


@pytest.mark.parametrize("flavour", ["lvgl9, pixel_format: rgb565a8", "png", "qoi", "jpeg"])
def test_a_trim_whose_offset_would_be_lost_is_refused_and_as_a_default_ignored(tmp_path, flavour):
    with pytest.raises(BuildError) as caught:
        build(tmp_path, f"flavour: {flavour}, trim: true", shape())
    assert {d.code for d in caught.value.diagnostics} == {"IB118"}
    Image.fromarray(shape()).save(tmp_path / "icon.png")
    head = HEAD.replace("assets:", "defaults: {image: {trim: true}}\nassets:")
    image, result = build_image(tmp_path, f"{head}  - {{image: icon.png, name: x, flavour: {flavour}}}\n")
    entry = image.assets[0]
    payload = bytes(image.payload(entry))
    size = struct.unpack_from("<HH", payload, 4) if entry.kind == 3 else (entry.width, entry.height)
    assert size == (14, 12), "the whole picture, so that it is drawn where it belongs"
    assert {d.code for d in result.diagnostics} <= {"IB233"}


@pytest.mark.parametrize("flavour", ["png", "qoi"])
def test_colours_of_a_picture_file_are_never_premultiplied(tmp_path, flavour):
    with pytest.raises(BuildError):
        build(tmp_path, f"flavour: {flavour}, premultiplied: true", shape())
    Image.fromarray(shape()).save(tmp_path / "icon.png")
    head = HEAD.replace("assets:", "defaults: {image: {premultiplied: true}}\nassets:")
    image, _ = build_image(tmp_path, f"{head}  - {{image: icon.png, name: x, flavour: {flavour}}}\n")
    with Image.open(io.BytesIO(bytes(image.payload(image.assets[0])))) as file:
        assert np.array_equal(seen(np.asarray(file.convert("RGBA"))), seen(shape()))


def test_a_lossless_jpeg_is_the_sources_own_bytes_or_refused(tmp_path):
    pixels = pictures()["photograph"]
    with pytest.raises(BuildError) as caught:
        build(tmp_path, "flavour: jpeg, lossless: true", pixels)
    assert [d.code for d in caught.value.diagnostics] == ["IB235"]
    Image.fromarray(pixels[..., :3]).save(tmp_path / "photo.jpg")
    text = f"{HEAD}  - {{image: photo.jpg, name: x, flavour: jpeg, lossless: true}}\n"
    image, _ = build_image(tmp_path, text)
    assert bytes(image.payload(image.assets[0])) == (tmp_path / "photo.jpg").read_bytes()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("pixel_format: a4, tint: '#ff8000'", "colour #ff8000"),
        ("pixel_format: rgb565a8, trim: true", "offset of its trim (4, 3 px)"),
        ("pixel_format: rgb565a8, nine_patch: {left: 4, right: 4}", "9-patch"),
    ],
)
def test_what_lvgls_header_does_not_tell_is_said(tmp_path, options, told):
    Image.fromarray(shape()).save(tmp_path / "icon.png")
    text = f"{HEAD}  - {{image: icon.png, name: x, lvgl_header: true, {options}}}\n"
    _, result = build_image(tmp_path, text)
    assert [d.code for d in result.diagnostics] == ["IB271"]
    assert told in result.diagnostics[0].message


@pytest.mark.parametrize(
    "order",
    ["rgb565a8, byte_order: big", "argb8888, byte_order: big", "i4, bit_order: lsb, palette: optimal"],
)
def test_an_order_of_bytes_or_bits_that_lvgl_would_misread_is_refused(tmp_path, order):
    with pytest.raises(BuildError) as caught:
        build(tmp_path, f"lvgl_header: true, pixel_format: {order}", shape())
    assert [d.code for d in caught.value.diagnostics] == ["IB262"]


def test_a_display_that_is_inverted_does_not_invert_an_lvgl_file(tmp_path):
    pixels = pictures()["greys"]
    Image.fromarray(pixels).save(tmp_path / "icon.png")
    head = HEAD.replace("assets:", "defaults: {image: {invert: true}}\nassets:")
    text = f"{head}  - {{image: icon.png, name: x, flavour: lvgl9, pixel_format: gray8}}\n"
    image, _ = build_image(tmp_path, text)
    assert np.array_equal(decode_lvgl(bytes(image.payload(image.assets[0]))), pixels)
