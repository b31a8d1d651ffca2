"""Palette files of other programs, by the formats that these programs write."""

import numpy as np
import pytest
from PIL import Image

from imgbuild.errors import BuildError, Place
from imgbuild.sources.palettefile import read_palette

COLOURS = ((0, 0, 0, 255), (255, 128, 0, 255), (18, 52, 86, 255))


def read(path):
    return read_palette(path, Place("m.yaml", 1, 1), "logo")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "gimp.gpl",
            "GIMP Palette\nName: Three\nColumns: 4\n#\n  0   0   0\tInk\n255 128   0\tUntitled\n 18 52 86\n",
        ),
        ("old.gpl", "GIMP Palette\n0 0 0 Black\n255 128 0\n18 52 86\n"),
        ("jasc.pal", "JASC-PAL\r\n0100\r\n3\r\n0 0 0\r\n255 128 0\r\n18 52 86\r\n"),
        ("alpha.pal", "JASC-PAL\n0100\n3\n0 0 0 255\n255 128 0 255\n18 52 86 255\n"),
        ("list.hex", "; a comment\n000000\nFF8000\n#123456ff\n"),
        ("bom.HEX", "\ufeff000000\n\nff8000\n123456\n"),
    ],
)
def test_texts(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode())
    assert read(path) == COLOURS


def test_act_with_and_without_its_count(tmp_path):
    path = tmp_path / "photoshop.act"
    table = bytes([0, 0, 0, 255, 128, 0, 18, 52, 86]).ljust(768, b"\0")
    path.write_bytes(table + bytes([0, 3, 0, 1]))
    assert read(path) == (COLOURS[0], (255, 128, 0, 0), COLOURS[2]), "colour 1 is the transparent one"
    path.write_bytes(table + bytes([0, 3, 255, 255]))
    assert read(path) == COLOURS
    path.write_bytes(table)
    assert len(read(path)) == 256


def test_png_gives_its_colours_in_the_order_they_come(tmp_path):
    pixels = np.array([[[9, 8, 7, 0], [255, 128, 0, 255], [255, 128, 0, 255], [0, 0, 0, 255], [3, 3, 3, 0]]])
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "strip.png")
    assert read(tmp_path / "strip.png") == ((0, 0, 0, 0), (255, 128, 0, 255), (0, 0, 0, 255))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.gpl", b"GIMP Palette\nName: x\n1 2\n", "line 3"),
        ("a.gpl", b"1 2 3\n", "does not begin"),
        ("a.gpl", b"GIMP Palette\n", "no colour"),
        ("a.gpl", b"GIMP Palette\n1 2 300\n", "found 300"),
        ("a.gpl", b"GIMP Palette\n1 -2 3\n", "line 2"),
        ("a.gpl", b"GIMP Palette\n\xff\n", "not UTF-8"),
        ("a.pal", b"JASC-PAL\n0100\n2\n1 2 3\n", "says 2 colours and has 1"),
        ("a.pal", b"JASC-PAL\n0100\n", "number of colours"),
        ("a.pal", b"JASC-PAL\n0100\n0\n", "no colour"),
        ("a.pal", b"RIFF....PAL data", "Microsoft"),
        ("a.act", bytes(767), "767 bytes"),
        ("a.act", bytes(768) + b"\x01\x01\xff\xff", "257 colours"),
        ("a.act", bytes(772), "0 colours"),
        ("a.hex", b"12345\n", "line 1"),
        ("a.hex", b"", "no colour"),
        ("a.hex", b"1a2b3c\0\n", "NUL"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "cannot be decoded"),
        ("a.txt", b"1a2b3c\n", "none of"),
        ("a.hex", b"1a2b3c\n" * 200_000, "larger than"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BuildError, match=words) as caught:
        read(tmp_path / name)
    assert [d.code for d in caught.value.diagnostics] == ["IB240"]
    assert name in str(caught.value)
    assert "logo" in str(caught.value)


def test_257_colours_are_too_many(tmp_path):
    (tmp_path / "a.hex").write_text("\n".join(f"{n:06x}" for n in range(257)))
    with pytest.raises(BuildError, match="257 colours") as caught:
        read(tmp_path / "a.hex")
    assert caught.value.diagnostics[0].code == "IB241"
