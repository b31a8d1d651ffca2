"""``flavour: lvgl9`` gives files that LVGL 9 reads: its header, palette, strides, planes and codes.

The layout is taken from lv_image_dsc.h, lv_bin_decoder.c and lv_rle.c of LVGL 9, and read back by a
decoder of the test's own.
"""

import struct
import zlib
from pathlib import Path

import lz4.block
import numpy as np
import pytest
from support import build_image

from imgbuild.errors import BuildError, Severity
from imgbuild.flavours.lvgl_rle import encode_rle
from imgbuild.model import Kind

NUMBERS = {
    "gray8": 0x06, "i1": 0x07, "i2": 0x08, "i4": 0x09, "i8": 0x0A, "a1": 0x0B, "a2": 0x0C, "a4": 0x0D,
    "a8": 0x0E, "rgb888": 0x0F, "argb8888": 0x10, "xrgb8888": 0x11, "rgb565": 0x12, "rgb565a8": 0x14,
}  # fmt: skip
"""Of lv_color_format_t, lv_color.h of LVGL 9."""
BITS = {0x06: 8, 0x07: 1, 0x08: 2, 0x09: 4, 0x0A: 8, 0x0B: 1, 0x0C: 2, 0x0D: 4, 0x0E: 8, 0x0F: 24, 0x10: 32,
        0x11: 32, 0x12: 16, 0x14: 16, 0x1B: 16}  # fmt: skip
HEAD = "version: 1\nname: small\nflash: {board: spark-core}\nassets:\n"
ONLY_COMPRESSED = ("gray8",)
WIDTH, HEIGHT = 13, 7


def picture(colours: int) -> np.ndarray:
    """``colours`` colours in runs, some of them transparent."""
    rng = np.random.default_rng(colours)
    palette = rng.integers(0, 256, (colours, 4), np.uint8)
    palette[:, 3] |= 1  # none is fully clear, so that each colour survives
    if colours == 2:
        palette[0, 3] = 255
    runs = np.repeat(rng.integers(0, colours, WIDTH * HEIGHT), rng.integers(1, 6, WIDTH * HEIGHT))
    return palette[runs[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)]


def build(folder: Path, options: str, colours: int = 200):
    from PIL import Image

    source = picture(colours)
    Image.fromarray(source).save(folder / "icon.png")
    text = f"{HEAD}  - {{image: icon.png, {options}}}\n"
    image, result = build_image(folder, text)
    return image, result, source


def decode_rle(coded: bytes, size: int, block: int) -> bytes:
    """As lv_rle_decompress: bytes behind the end of the picture are dropped from a literal only."""
    out, at = b"", 0
    while at < len(coded):
        control, at = coded[at], at + 1
        count = control & 0x7F
        taken = block * count if control & 0x80 else block
        part = coded[at : at + taken]
        assert len(part) == taken
        out += part if control & 0x80 else part * count
        assert len(out) <= size or control & 0x80, "a run may not leave the picture"
        at += taken
    assert size <= len(out) < size + block
    return out[:size]


def read_lvgl(data: bytes):
    """Number, width, height, stride, flags and the plain bytes behind the header."""
    magic, number, flags, width, height, stride, reserved = struct.unpack_from("<BBHHHHH", data)
    assert (magic, reserved) == (0x19, 0)
    plain = data[12:]
    if flags & 8:
        method, coded_bytes, plain_bytes = struct.unpack_from("<III", data, 12)
        coded = data[24:]
        assert len(coded) == coded_bytes, "LVGL compares it with the file's length"
        if method == 1:
            plain = decode_rle(coded, plain_bytes, (BITS[number] + 7) // 8)
        else:
            assert method == 2
            plain = lz4.block.decompress(coded, uncompressed_size=plain_bytes)
        assert len(plain) == plain_bytes
    return number, width, height, stride, flags, plain


def bitmap_of(folder: Path, pixel_format: str, colours: int, more: str = ""):
    """The same picture as our own raw bitmap: number, stride and rows (alpha rows behind)."""
    image, _, _ = build(folder, f"pixel_format: {pixel_format}, codec: raw{more}", colours)
    entry = image.find("icon")
    payload = bytes(image.payload(entry))
    stride, _, _, count, _, _, pixels, _, palette = struct.unpack_from("<IBBHHHIII", payload)
    return stride, payload[palette : palette + 4 * count], payload[pixels:]


@pytest.mark.parametrize("codec", ["raw", "rle", "lz4", "auto"])
@pytest.mark.parametrize("pixel_format", sorted(NUMBERS))
def test_every_pixel_format_has_lvgls_header_palette_and_rows(tmp_path, pixel_format, codec):
    colours = 1 << BITS[NUMBERS[pixel_format]] if pixel_format.startswith("i") else 256
    colours = min(colours, 60)
    image, _, _ = build(tmp_path, f"pixel_format: {pixel_format}, flavour: lvgl9, codec: {codec}", colours)
    entry = image.find("icon.bin")
    assert entry.kind == Kind.FILE
    number, width, height, stride, flags, plain = read_lvgl(bytes(image.payload(entry)))
    assert (number, width, height, flags & ~8) == (NUMBERS[pixel_format], WIDTH, HEIGHT, 0)
    assert codec == "auto" or bool(flags & 8) == (codec != "raw")
    own_stride, palette, rows = bitmap_of(tmp_path, pixel_format, colours)
    palette_bytes = 4 << BITS[number] if pixel_format.startswith("i") else 0
    assert stride == own_stride == -(-WIDTH * BITS[number] // 8) + (1 if pixel_format == "none" else 0)
    assert plain[:palette_bytes] == palette.ljust(palette_bytes, b"\0")
    assert plain[palette_bytes:] == rows
    assert len(rows) == HEIGHT * stride + (HEIGHT * (stride // 2) if pixel_format == "rgb565a8" else 0)


def test_rows_are_aligned_when_asked(tmp_path):
    image, _, _ = build(tmp_path, "pixel_format: rgb565a8, flavour: lvgl9, row_align: 64")
    *_, stride, _, plain = read_lvgl(bytes(image.payload(image.find("icon.bin"))))
    assert stride == 64
    assert len(plain) == HEIGHT * (64 + 32)


def test_big_endian_rgb565_is_lvgls_swapped_format(tmp_path):
    image, _, _ = build(tmp_path, "pixel_format: rgb565, byte_order: big, flavour: lvgl9")
    number, *_, plain = read_lvgl(bytes(image.payload(image.find("icon.bin"))))
    _, _, rows = bitmap_of(tmp_path, "rgb565", 200)
    assert number == 0x1B
    assert plain == np.frombuffer(rows, ">u2").astype("<u2").tobytes()


def test_a_default_that_lvgl_has_no_use_for_is_ignored(tmp_path):
    from PIL import Image

    Image.fromarray(picture(9)).save(tmp_path / "icon.png")
    text = """version: 1
name: small
flash: {board: spark-core}
display: {pixel_format: rgb565a8, byte_order: big, strip_bytes: 1K}
assets:
  - {image: icon.png, flavour: lvgl9}
"""
    image, _ = build_image(tmp_path, text)
    number, *_, plain = read_lvgl(bytes(image.payload(image.find("icon.bin"))))
    assert (number, plain) == (0x14, bitmap_of(tmp_path, "rgb565a8", 9)[2])


def test_the_name_ends_in_bin_since_lvgl_goes_by_it(tmp_path):
    assert build(tmp_path, "pixel_format: a8, flavour: lvgl9")[0].assets[0].name == "icon.bin"
    assert build(tmp_path, "pixel_format: a8, flavour: lvgl9, name: ui/x")[0].assets[0].name == "ui/x.bin"
    named = build(tmp_path, "pixel_format: a8, flavour: lvgl9, name: ui/x.bin")
    assert named[0].assets[0].name == "ui/x.bin"


def test_pixels_not_the_header_are_aligned(tmp_path):
    image, _, _ = build(tmp_path, "pixel_format: i8, flavour: lvgl9, align: 64")
    assert (image.find("icon.bin").offset + 12 + 1024) % 64 == 0


def test_what_lvgl_lacks_is_refused(tmp_path):
    with pytest.raises(BuildError) as caught:
        build(tmp_path, "pixel_format: gray4, flavour: lvgl9")
    assert [d.code for d in caught.value.diagnostics] == ["IB262"]


@pytest.mark.parametrize("pixel_format", ONLY_COMPRESSED)
def test_what_lvgl_reads_compressed_only_is_told(tmp_path, pixel_format):
    _, result, _ = build(tmp_path, f"pixel_format: {pixel_format}, flavour: lvgl9")
    assert ("IB263", Severity.WARNING) in [(d.code, d.severity) for d in result.diagnostics]
    _, result, _ = build(tmp_path, f"pixel_format: {pixel_format}, flavour: lvgl9, codec: lz4")
    assert "IB263" not in [d.code for d in result.diagnostics]


# --- the run-length code -------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 127, 128, 129, 254, 255, 381, 1000])
@pytest.mark.parametrize("values", [1, 2, 3, 256])
def test_rle_decodes_to_the_same_bytes(block, size, values):
    rng = np.random.default_rng(size * 7 + values)
    data = rng.integers(0, values, size, np.uint8).tobytes()
    assert decode_rle(encode_rle(data, block), size, block) == data


def test_rle_is_what_the_format_says_by_hand():
    assert encode_rle(b"AAAAB", 1) == b"\x04A\x81B"
    assert encode_rle(b"ABC" + b"D" * 3, 1) == b"\x83ABC\x03D"
    assert encode_rle(b"AABBC", 1) == b"\x85AABBC"  # two equal bytes are no gain
    assert encode_rle(b"ababcdcd", 2) == b"\x02ab\x02cd"
    assert encode_rle(b"ababc", 2) == b"\x02ab\x81c\0"  # the part of a block is a literal
    assert encode_rle(b"A" * 300, 1) == b"\x7fA\x7fA\x2eA"
    assert encode_rle(bytes(range(200)), 1) == b"\xff" + bytes(range(127)) + b"\xc9" + bytes(range(127, 200))


def test_rle_never_grows_by_more_than_a_control_byte_in_127():
    data = np.random.default_rng(1).integers(0, 256, 10_000, np.uint8).tobytes()
    assert len(encode_rle(data, 1)) <= len(data) + -(-len(data) // 127) + 1


# --- LVGL's header in front of our own pixels ----------------------------------------------------


@pytest.mark.parametrize("pixel_format", sorted(NUMBERS))
def test_our_bitmap_with_lvgls_header_is_both(tmp_path, pixel_format):
    colours = min(1 << BITS[NUMBERS[pixel_format]], 60) if pixel_format.startswith("i") else 60
    image, _, _ = build(tmp_path, f"pixel_format: {pixel_format}, lvgl_header: true, align: 32", colours)
    entry = image.find("icon")
    payload = bytes(image.payload(entry))
    stride, _, words, _, _, _, pixels, _, _ = struct.unpack_from("<IBBHHHIII", payload)
    number, length = struct.unpack_from("<HH", payload, 24)
    assert (number, length, words) == (4, 12, 4)
    plain, _, _ = build(tmp_path, f"pixel_format: {pixel_format}, flavour: lvgl9", colours)
    assert payload[28:] == bytes(plain.payload(plain.find("icon.bin")))
    assert (entry.offset + pixels) % 32 == 0
    assert entry.crc32 == zlib.crc32(payload)
    assert read_lvgl(payload[28:])[3] == stride


def test_lvgls_header_in_front_of_coded_pixels_is_refused(tmp_path):
    with pytest.raises(BuildError) as caught:
        build(tmp_path, "pixel_format: rgb565, lvgl_header: true, codec: lz4")
    assert [d.code for d in caught.value.diagnostics] == ["IB118"]
