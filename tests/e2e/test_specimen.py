"""`imgbuild specimen`: a sheet of a font of an image, or straight from its file."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import imgbuild
from unit.sources.made_fonts import data_of, make_collection, make_font, make_variable
from unit.sources.tiny_fonts import TINY_BDF

from imgbuild.export.shaped_sentences import SENTENCES
from imgbuild.export.specimen_file import Request, subject_of_file

MANIFEST = """version: 1
name: small
flash: {board: spark-core}
assets:
  - {font: 'package:font_roboto/files/Roboto-Regular.ttf', name: ui/body, size: 18}
  - {file: small.yaml, name: notes}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "small.yaml").write_text(MANIFEST)
    (folder / "tiny.bdf").write_bytes(TINY_BDF if isinstance(TINY_BDF, bytes) else TINY_BDF.encode())
    done = imgbuild("build", "small.yaml", "-o", "ext.bin", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_sheet_of_a_font_of_an_image(built):
    done = imgbuild("specimen", "ext.bin", "ui/body", "-o", "body.png", cwd=built)
    assert (done.returncode, done.stdout, done.stderr) == (0, "body.png\n", "")
    sheet = np.asarray(Image.open(built / "body.png"))
    assert sheet.shape[1:] == (960, 3)
    assert 400 < sheet.shape[0] < 2000
    assert (sheet[:40] == 255).all(), "a margin"
    assert (sheet < 60).any(axis=2).sum() > 5000, "ink"


def test_sheet_of_a_font_file(built):
    import font_roboto

    path = Path(font_roboto.__file__).parent / "files/Roboto-Regular.ttf"
    arguments = ("--size", 30, "--bpp", 2, "--range", "ascii", "--range", "U+20AC", "-o", "file.png")
    done = imgbuild("specimen", path, *arguments, cwd=built)
    assert (done.returncode, done.stdout) == (0, "file.png\n"), done.stderr
    assert Image.open(built / "file.png").width == 960
    done = imgbuild("specimen", "tiny.bdf", "-o", "tiny.png", cwd=built)
    assert done.returncode == 0, done.stderr


def test_a_font_of_bitmaps_is_known_by_its_bytes(built):
    """A PCF font, or a BDF one of any name, is not shaped: no sentence of its characters needs that."""
    (built / "tiny.fnt").write_bytes((built / "tiny.bdf").read_bytes())
    size = next(
        int(line.split()[1]) for line in (built / "tiny.bdf").read_text().splitlines() if "PIXEL_SIZE" in line
    )
    done = imgbuild("specimen", "tiny.fnt", "--size", size, "--bpp", 1, "-o", "named.png", cwd=built)
    assert (done.returncode, done.stderr) == (0, "")


def rows_of(path: Path) -> int:
    return Image.open(path).height


def test_a_font_of_a_collection_and_a_place_on_an_axis(built):
    boxes = [make_font({"A": (0, 0, 500, height)}, family=f"Face {height}") for height in (200, 700)]
    (built / "two.ttc").write_bytes(make_collection(*boxes))
    (built / "wide.ttf").write_bytes(make_variable())
    sheets = {}
    for name, arguments in {
        "first": ("two.ttc",),
        "second": ("two.ttc", "--face", "1"),
        "named": ("two.ttc", "--face", "Face 700"),
        "narrow": ("wide.ttf", "--axes", "wght=100"),
        "wide": ("wide.ttf", "--axes", "wght=900"),
    }.items():
        done = imgbuild("specimen", *arguments, "-o", f"{name}.png", cwd=built)
        assert done.returncode == 0, done.stderr
        sheets[name] = (built / f"{name}.png").read_bytes()
    assert sheets["first"] != sheets["second"] == sheets["named"]
    assert sheets["narrow"] != sheets["wide"]


def test_sentences_of_scripts_that_need_it_are_shaped(built):
    """A font file with Hebrew letters has a line of them, and the glyphs for its points stand in the grid."""
    text = "".join(text for language, text in SENTENCES if language == "he")
    boxes: dict = dict.fromkeys("ab" + "".join(sorted(set(text))), (100, 0, 500, 500))
    (built / "hebrew.ttf").write_bytes(data_of(make_font(boxes)))
    subject = subject_of_file(built / "hebrew.ttf", Request())
    assert [line.is_rtl for line in subject.shaped] == [True]
    points = [subject.font.glyphs[glyph].codepoint for glyph, _, _ in subject.shaped[0].glyphs]
    assert points[-1] == ord(text[0]), "the first letter stands on the right"
    assert subject_of_file(built / "hebrew.ttf", Request(ranges=("U+05D0-U+05EA",))).shaped == ()


def test_texts_that_an_image_has_for_a_font_stand_on_its_sheet(built, tmp_path):
    roboto = "font: 'package:font_roboto/files/Roboto-Regular.ttf'"
    head = "version: 1\nname: small\nflash: {board: spark-core}\nassets:\n"
    fonts = "".join(f"  - {{{roboto}, name: {name}, size: 20}}\n" for name in ("a", "b"))
    (tmp_path / "m.yaml").write_text(head + fonts + "  - {text: AVATAR, name: t, shape: a}\n")
    assert imgbuild("build", "m.yaml", "-o", "ext.bin", cwd=tmp_path).returncode == 0
    for name in ("a", "b"):
        assert imgbuild("specimen", "ext.bin", name, "-o", f"{name}.png", cwd=tmp_path).returncode == 0
    assert rows_of(tmp_path / "a.png") > rows_of(tmp_path / "b.png")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ext.bin", "ui/body", "--face", "1", "-o", "x.png"),
        ("ext.bin", "ui/body", "--axes", "wght=1", "-o", "x.png"),
        ("tiny.bdf", "--axes", "wght", "-o", "x.png"),
        ("tiny.bdf", "--axes", "wght=400,wght=500", "-o", "x.png"),
        ("ext.bin", "ui/body", "-o", "x.jpg"),
        ("ext.bin", "ui/body", "--size", "20", "-o", "x.png"),
        ("tiny.bdf", "--size", "0", "-o", "x.png"),
        ("tiny.bdf", "--bpp", "5", "-o", "x.png"),
    ],
)
def test_choices_that_mean_nothing_are_refused(built, arguments):
    done = imgbuild("specimen", *arguments, cwd=built)
    assert done.returncode == 2
    assert not (built / "x.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("ext.bin", "notes"),
            '[IB375]: "notes" is no font, and a specimen shows one; fonts of this image: "ui/body"',
        ),
        (("ext.bin",), '[IB375]: "ext.bin" is no font file'),
        (("small.yaml",), "[IB301]"),
        (("ext.bin", "nothing"), "[IB611]"),
        (("missing.ttf",), "[IB110]"),
        (("tiny.bdf", "--range", "cyrillic"), "[IB307]"),
        (("tiny.bdf", "--range", "nonsense"), "[IB303]"),
        (("tiny.bdf", "--face", "Bold"), "[IB310]"),
        (("tiny.bdf", "--axes", "wght=600"), "[IB311]"),
    ],
)
def test_what_is_no_font_is_told(built, arguments, message):
    done = imgbuild("specimen", *arguments, "-o", "x.png", cwd=built)
    assert done.returncode == 1
    assert message in done.stderr
    assert not (built / "x.png").exists()
