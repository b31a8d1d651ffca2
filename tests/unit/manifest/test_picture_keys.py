"""The keys of pictures mean what they say, from the manifest to the options of an asset."""

from __future__ import annotations

import pytest
from PIL import Image

from imgbuild.errors import BuildError, Diagnostics
from imgbuild.manifest.load import load_manifest
from imgbuild.model import Resize
from imgbuild.plan import make_plan

HEAD = "version: 1\nname: weather\nflash: {board: spark-core}\ndisplay: {pixel_format: rgb565}\n"


@pytest.fixture
def options(tmp_path):
    Image.new("RGBA", (4, 4)).save(tmp_path / "a.png")

    def run(keys):
        path = tmp_path / "m.yaml"
        path.write_text(f"{HEAD}assets:\n  - image: a.png\n{keys}")
        found = Diagnostics()
        plan = make_plan(load_manifest(path), (), None, found)
        return plan.partitions[0].assets[0].options

    return run


@pytest.mark.parametrize(
    ("text", "resize"),
    [
        ("32x24", Resize(32, 24, "contain", "lanczos", is_linear=False)),
        ("{width: 32}", Resize(32, 0)),
        ("{height: 7, fit: cover}", Resize(0, 7, "cover")),
        ("{width: 3, height: 4, fit: none}", Resize(3, 4, "none")),
        ("{width: 3, filter: box, linear: true}", Resize(3, 0, "contain", "box", is_linear=True)),
        ("{width: 3, filter: nearest}", Resize(3, 0, "contain", "nearest")),
    ],
)
def test_resize(options, text, resize):
    assert options(f"    resize: {text}\n").resize == resize


@pytest.mark.parametrize(
    ("key", "field", "value"),
    [
        ("crop: {width: 3, height: 2}", "crop", (0, 0, 3, 2)),
        ("crop: {x: 1, y: 2, width: 3, height: 2}", "crop", (1, 2, 3, 2)),
        ("rotate: 270", "rotate_degrees", 270),
        ("mirror: y", "mirror", "y"),
        ("gamma: 2", "gamma", 2.0),
        ("gamma: 1.8", "gamma", 1.8),
        ("tint: '#010203'", "tint", (1, 2, 3)),
        ("alpha_threshold: 128", "alpha_threshold", 128),
        ("trim: true", "is_trimmed", True),
        ("icc: ignore", "icc", "ignore"),
        ("lossless: true", "is_lossless", True),
        ("pixel_format: auto", "pixel_format", "auto"),
    ],
)
def test_each_key(options, key, field, value):
    assert getattr(options(f"    {key}\n"), field) == value


def test_nothing_is_done_unless_it_was_asked_for(options):
    plain = options("")
    assert (plain.crop, plain.rotate_degrees, plain.mirror, plain.gamma, plain.tint) == (
        None,
        0,
        "",
        None,
        None,
    )
    assert (plain.alpha_threshold, plain.is_trimmed, plain.icc, plain.is_lossless) == (
        None,
        False,
        "convert",
        False,
    )
    assert plain.display_format == "rgb565"


@pytest.mark.parametrize("key", ["byte_order: big", "bit_order: lsb", "strip_bytes: 1K\n    codec: lz4"])
def test_auto_takes_every_order_of_bytes_and_bits(options, key):
    options(f"    pixel_format: auto\n    {key}\n")


def test_auto_takes_no_background(options):
    with pytest.raises(BuildError) as caught:
        options("    pixel_format: auto\n    background: '#ffffff'\n")
    assert "auto keeps the transparency" in caught.value.diagnostics[0].message


@pytest.mark.parametrize("prefer", ["size", "balanced", "speed"])
def test_codec_auto_takes_a_preference(options, prefer):
    found = options(f"    codec: auto\n    prefer: {prefer}\n")
    assert (found.codec, found.prefer) == ("auto", prefer)
    assert found.may_use_range == (prefer != "speed")


def test_codec_auto_is_balanced_unless_told_otherwise(options):
    assert options("    codec: auto\n").prefer == "balanced"
    assert not options("    codec: lz4\n").may_use_range


def test_a_preference_without_codec_auto_is_refused(options):
    with pytest.raises(BuildError) as caught:
        options("    codec: range\n    prefer: size\n")
    (found,) = caught.value.diagnostics
    assert (found.code, found.place.line) == ("IB118", 8)
    assert "it is a wish for codec auto" in found.message


def test_codec_range_is_refused_for_formats_that_it_does_not_know(options):
    with pytest.raises(BuildError) as caught:
        options("    pixel_format: a2\n    codec: range\n")
    (found,) = caught.value.diagnostics
    assert found.code == "IB118"
    assert "codec range knows no a2" in found.message
    assert options("    pixel_format: a4\n    codec: range\n").codec == "range"


# --- what the display asks for ---------------------------------------------------------------------


@pytest.fixture
def of_display(tmp_path):
    Image.new("RGBA", (4, 4)).save(tmp_path / "a.png")

    def run(display, keys="", more=""):
        path = tmp_path / "m.yaml"
        head = HEAD.replace("display: {pixel_format: rgb565}", f"display: {{{display}}}\n{more}")
        path.write_text(f"{head}assets:\n  - {{image: a.png{keys}}}\n")
        found = Diagnostics()
        plan = make_plan(load_manifest(path), (), None, found)
        options = plan.partitions[0].assets[0].options
        return options.bit_order, options.invert

    return run


@pytest.mark.parametrize("name", ["mono_page", "gray1", "gray2", "epd_gray4"])
def test_the_displays_bits_are_the_default_of_its_own_pixel_format(of_display, name):
    for order in ("msb", "lsb"):
        assert of_display(f"pixel_format: {name}, bit_order: {order}, invert: true") == (order, True)


def test_a_display_of_inks_may_invert_the_second_plane_alone(of_display):
    assert of_display("pixel_format: epd_bwr, invert: colour")[1] == "colour"


def test_the_displays_bits_are_only_a_default(of_display):
    display = "pixel_format: mono_page, bit_order: msb, invert: true"
    assert of_display(display, ", bit_order: lsb, invert: false") == ("lsb", False)
    more = "defaults: {image: {bit_order: lsb, invert: false}}\n"
    assert of_display(display, "", more) == ("lsb", False)


def test_other_pixel_formats_keep_their_own_bits(of_display):
    display = "pixel_format: mono_page, bit_order: lsb, invert: true"
    for name in ("a4", "gray8", "i1", "rgb565", "auto"):
        assert of_display(display, f", pixel_format: {name}") == ("msb", False)
    assert of_display("bit_order: lsb, invert: true", ", pixel_format: gray4") == ("lsb", True), (
        "none is its own"
    )
    assert of_display(display, ", flavour: lvgl9, pixel_format: a1") == ("msb", False)
    assert of_display("pixel_format: gray8, invert: true", ", flavour: lvgl9") == ("msb", False)
    assert of_display(display, ", flavour: png")[1] is False


def test_bits_that_the_displays_format_does_not_have_are_ignored(of_display):
    assert of_display("pixel_format: rgb565, bit_order: lsb, invert: true")[1] is False
    assert of_display("pixel_format: mono_page, invert: colour")[1] is False


@pytest.mark.parametrize("keys", ["bit_order: little", "invert: 2", "invert: white"])
def test_a_display_with_other_values_is_refused(of_display, keys):
    with pytest.raises(BuildError) as caught:
        of_display(f"pixel_format: gray1, {keys}")
    assert caught.value.diagnostics[0].code == "IB105"
