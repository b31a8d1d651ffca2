"""`imgbuild specimen`: a sheet of a font of an image, or straight from its file."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import imgbuild
from unit.sources.tiny_fonts import TINY_BDF

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


@pytest.mark.parametrize(
    "arguments",
    [
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
    ],
)
def test_what_is_no_font_is_told(built, arguments, message):
    done = imgbuild("specimen", *arguments, "-o", "x.png", cwd=built)
    assert done.returncode == 1
    assert message in done.stderr
    assert not (built / "x.png").exists()
