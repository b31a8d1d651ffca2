"""A manifest is read into typed values, or everything wrong with it is told at once, each with its place."""

import subprocess
import sys
from pathlib import Path

import pytest

from imgbuild.errors import BuildError
from imgbuild.manifest.asset_spec import FileAsset, FontAsset, ImageAsset
from imgbuild.manifest.load import load_manifest

SIZE = "a size in bytes such as 1400K, 0x80000 or 1.5M"
HEAD = "version: 1\nname: weather\nflash: {board: spark-core}\n"


@pytest.fixture
def load(tmp_path):
    def run(text):
        path = tmp_path / "m.yaml"
        path.write_text(text, encoding="utf-8")
        return load_manifest(path)

    return run


@pytest.fixture
def findings(load):
    def run(text):
        with pytest.raises(BuildError) as caught:
            load(text)
        return caught.value.diagnostics

    return run


@pytest.fixture
def only(findings):
    def run(text):
        found = findings(text)
        assert len(found) == 1, [(d.code, d.message) for d in found]
        return found[0]

    return run


# --- what is accepted ------------------------------------------------------------------------------

FULL = """\
# yaml-language-server: $schema=imgbuild.schema.json
version: 1
name: weather
content_version: 7
flash:
  chip: w25q64jv
  mapped_at: 0x90000000
  reserved: [{name: bootloader, offset: 0, size: 512K}]
  region: {offset: 0x80000, size: 1.5M}
container: {littlefs: {layout: pack}}
display: {size: 240x320, pixel_format: rgb565, byte_order: big, strip_bytes: 8K}
defaults: {image: {codec: lz4}, font: {bpp: 2}, file: {align: 32}}
presets: {icon: {pixel_format: a4, resize: {width: 32, height: 24, fit: contain}}}
budget: 1400K
strict: true
assets:
  - image: icons/*.png
    name: icons/{stem}
    use: icon
  - image: photos/splash.jpg
    codec: auto
    resize: 64x48
    background: '#1a2B3c'
    row_align: 4
    align: 4K
    bit_order: lsb
  - font: fonts/Inter-Regular.ttf
    name: body
    size: 18
    bpp: 4
    hinting: light
    characters: {ranges: [ascii, latin-1], text: "°€", files: [strings/*.yaml]}
  - file: certs/root.pem
"""


def test_every_key_of_the_manifest_is_read(load):
    manifest = load(FULL)
    spec = manifest.spec
    assert (spec.name, spec.content_version, spec.budget, spec.strict) == ("weather", 7, 1400 * 1024, True)
    assert spec.flash.mapped_at == 0x90000000
    assert spec.flash.reserved[0].given() == {"name": "bootloader", "offset": 0, "size": 512 * 1024}
    assert spec.flash.region.given() == {"offset": 0x80000, "size": 1536 * 1024}
    assert (spec.container.kind, spec.container.littlefs_layout) == ("littlefs", "pack")
    assert spec.display.given() == {
        "size": (240, 320), "pixel_format": "rgb565", "byte_order": "big", "strip_bytes": 8192,
    }  # fmt: skip
    assert spec.defaults.file.given() == {"align": 32}
    icons, splash, body, pem = spec.assets
    assert [type(asset) for asset in spec.assets] == [ImageAsset, ImageAsset, FontAsset, FileAsset]
    assert (icons.source, icons.name, icons.use) == ("icons/*.png", "icons/{stem}", "icon")
    assert icons.options() == {}
    assert (splash.resize.width, splash.resize.height, splash.resize.fit) == (64, 48, "contain")
    assert (splash.background, splash.align, splash.row_align) == ((0x1A, 0x2B, 0x3C), 4096, 4)
    assert body.characters.ranges == ("ascii", "latin-1")
    assert pem.name is None


def test_options_tell_what_a_person_wrote_from_what_nobody_said(load):
    splash = load(FULL).spec.assets[1]
    assert set(splash.options()) == {"codec", "resize", "background", "row_align", "align", "bit_order"}
    assert splash.pixel_format is None


def test_places_are_asked_for_by_path(load):
    manifest = load(FULL)
    assert manifest.key_place(("assets", 1, "codec")).line == 21
    assert manifest.value_place(("flash", "mapped_at")).line == 7
    assert manifest.value_place(("name",)).column == 7
    assert manifest.folder == manifest.path.parent


@pytest.mark.parametrize(
    ("text", "kind", "layout"),
    [("flat", "flat", "files"), ("littlefs", "littlefs", "files"), ("{littlefs: {}}", "littlefs", "files")],
)
def test_container_short_forms(load, text, kind, layout):
    container = load(f"{HEAD}container: {text}\nassets: []\n").spec.container
    assert (container.kind, container.littlefs_layout) == (kind, layout)


def test_one_range_needs_no_list(load):
    text = HEAD + "assets: [{font: f.ttf, characters: {ranges: ascii, files: a.txt}}]"
    characters = load(text).spec.assets[0].characters
    assert (characters.ranges, characters.files) == (("ascii",), ("a.txt",))


def test_partitions_are_part_of_the_model(load):
    text = HEAD + (
        "partitions:\n"
        "  - {name: pictures, region: {offset: 0x80000, size: 1M}, container: flat,\n"
        "     assets: [{image: a.png}]}\n"
        "  - {name: settings, region: free0, container: littlefs, budget: 64K, assets: []}\n"
    )
    pictures, settings = load(text).spec.partitions
    assert (pictures.container.kind, settings.container.kind, settings.budget) == ("flat", "littlefs", 65536)


# --- unknown, missing, refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("budjet: 5K\n", "unknown key 'budjet' in the top level of the manifest", "did you mean 'budget'?"),
        ("board: x\n", "unknown key 'board' in the top level of the manifest", "'board' is a key of 'flash'"),
        ("display: {sise: 2x3}\n", "unknown key 'sise' in 'display'", "did you mean 'size'?"),
        ("presets: {icon: {codek: raw}}\n", "unknown key 'codek' in preset 'icon'", "did you mean 'codec'?"),
        (
            "defaults: {font: {sizes: 4}}\n",
            "unknown key 'sizes' in the options of fonts",
            "did you mean 'size'?",
        ),
        ("container: {litlefs: {}}\n", "unknown key 'litlefs' in 'container'", "did you mean 'littlefs'?"),
    ],
)
def test_unknown_keys_are_refused_with_a_suggestion(only, text, message, hint):
    found = only(f"{HEAD}{text}assets: []\n")
    assert (found.code, found.message, found.hint) == ("IB104", message, hint)
    assert found.place.line == 4


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("{image: a.png, bpp: 4}", "'bpp' is a key of a font"),
        ("{image: a.png, width: 4}", "'width' is a key of 'resize' or 'crop' or 'sprites'"),
        ("{image: a.png, pixelformat: a4}", "did you mean 'pixel_format'?"),
        ("{font: a.ttf, size: 9, pixel_format: a4}", "'pixel_format' is a key of 'display' or an image"),
        ("{file: a.bin, codec: raw}", "'codec' is a key of an image or a font"),
        ("{imgae: a.png}", "did you mean 'image'?"),
    ],
)
def test_a_key_of_another_kind_says_where_it_belongs(only, entry, hint):
    found = only(f"{HEAD}assets:\n  - {entry}\n")
    assert (found.code, found.hint) == ("IB104", hint)


def test_missing_keys_are_told_at_the_mapping_that_lacks_them(findings):
    found = findings("name: x\nflash:\n  reserved:\n    - {name: a, offset: 0}\n")
    assert [(d.code, d.place.line, d.message) for d in found] == [
        ("IB106", 1, "key 'assets' is missing in the top level of the manifest"),
        ("IB106", 1, "key 'version' is missing in the top level of the manifest"),
        ("IB106", 4, "key 'size' is missing in a reserved range"),
    ]


def test_a_misspelt_key_is_not_also_called_missing(only):
    assert only("version: 1\nnme: x\nflash: {board: b}\nassets: []\n").code == "IB104"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("strict: yes", "strict: found 'yes', expected true or false", "write true"),
        ("strict: off", "strict: found 'off', expected true or false", "write false"),
        (
            "content_version: 010",
            "content_version: found '010', expected a whole number",
            "write it without quotes and leading zeros",
        ),
        ("content_version: -1", "content_version: found the number -1, expected at least 0", None),
        (
            "content_version: 4294967296",
            "content_version: found the number 4294967296, expected at most 4294967295",
            None,
        ),
        ("content_version: true", "content_version: found true, expected a whole number", None),
        ("budget: 1.5", f"budget: found the number 1.5, expected {SIZE}", None),
        ("budget: lots", f"budget: found 'lots', expected {SIZE}", None),
        ("budget: -4", f"budget: found the number -4, expected {SIZE}", None),
        (
            "container: litlefs",
            "container: found 'litlefs', expected flat or littlefs",
            "did you mean 'littlefs'?",
        ),
        ("container: [flat]", "container: found a list, expected flat or littlefs", None),
        (
            "display: {size: 240}",
            "size: found the number 240, expected width x height in pixels such as 240x320",
            None,
        ),
        (
            "display: {size: 0x320}",
            "size: found the number 800, expected width x height in pixels such as 240x320",
            None,
        ),
        (
            "display: {byte_order: bg}",
            "byte_order: found 'bg', expected little or big",
            "did you mean 'big'?",
        ),
        ("presets: [a]", "presets: found a list, expected a mapping of names to options", None),
        ("presets: {a: 1}", "a: found the number 1, expected a mapping (key: value)", None),
    ],
)
def test_values_that_are_not_accepted(only, text, message, hint):
    found = only(f"{HEAD}{text}\nassets: []\n")
    assert (found.code, found.message, found.hint, found.place.line) == ("IB105", message, hint, 4)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("pixel_format: rgb656", "epd_7color or auto"),
        ("codec: zip", "found 'zip', expected raw, rle, lz4, range or auto"),
        ("bit_order: 1", "found the number 1, expected msb or lsb"),
        ("strip_bytes: 1", "expected at least 64"),
        ("strip_bytes: 2M", "found '2M', expected at most 1048576"),
        ("align: 3", "expected a power of two from 1 to 65536 (bytes)"),
        ("align: 0", "expected a power of two from 1 to 65536 (bytes)"),
        ("align: 128K", "expected a power of two from 1 to 65536 (bytes)"),
        ("row_align: 6", "expected a power of two"),
        ("resize: 32", "expected width x height in pixels such as 32x32"),
        ("resize: 0x32", "expected width x height in pixels such as 32x32"),
        ("resize: 99999x1", "expected width x height in pixels such as 32x32"),
        ("resize: {width: 0, height: 1}", "width: found the number 0, expected at least 1"),
        ("resize: {width: 1, height: 70000}", "expected at most 65535"),
        (
            "resize: {width: 1, height: 1, fit: fill}",
            "found 'fill', expected contain, cover, stretch or none",
        ),
        ("background: red", "expected a colour such as '#1a2b3c', in quotes"),
        ("background: '#fff'", "expected a colour such as '#1a2b3c', in quotes"),
        ("name: 5", "name: found the number 5, expected text"),
        ("name: ''", "expected text of at least one character"),
    ],
)
def test_image_options_that_are_not_accepted(only, option, expected):
    found = only(f"{HEAD}assets:\n  - image: a.png\n    {option}\n")
    assert found.code == "IB105"
    assert expected in found.message
    assert found.place.line == 6


@pytest.mark.parametrize(
    "option",
    [
        "bpp: 5",
        "bpp: true",
        "bpp: 4.0",
        "bpp: '4'",
        "size: 0",
        "size: 481",
        "size: 500",
        "size: 12em",
        "size: {cap_height: 0}",
        "size: {x_height: 9}",
        "size: {cap_height: 9, line_height: 12}",
        "size: '9'",
        "codec: lz4",
        "hinting: full",
        "characters: ascii",
        "characters: {ranges: [65]}",
        "characters: {text: 1234567890}",
    ],
)
def test_font_options_that_are_not_accepted(only, option):
    assert only(f"{HEAD}assets:\n  - font: a.ttf\n    {option}\n").code == "IB105"


def test_text_that_looks_like_a_number_asks_for_quotes(only):
    found = only(HEAD.replace("weather", "1.10") + "assets: []\n")
    assert found.hint == "put it in quotes if it is meant as text"


def test_a_colour_without_quotes_is_explained_as_the_comment_that_it_is(only):
    found = only(HEAD + "assets:\n  - image: a.png\n    background: #ffffff\n")
    assert (found.code, found.message) == ("IB105", "key 'background' has no value")
    assert found.hint == "put the colour in quotes: a '#' starts a comment"


@pytest.mark.parametrize("text", ["image:", "use: ~", "resize: null", "resize: {width: , height: 2}"])
def test_an_empty_value_is_never_a_silent_default(only, text):
    entry = text if text.startswith("image") else f"image: a.png\n    {text}"
    assert "has no value" in only(f"{HEAD}assets:\n  - {entry}\n").message


KINDS = "image, font, strings, text, file"
FOUND_TWO = "found the keys 'image' and 'font' in one asset; expected one of them"


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        ("{image: a, font: b}", "IB105", FOUND_TWO),
        ("{name: a}", "IB106", f"an asset needs one of the keys {KINDS}; found 'name'"),
        ("{}", "IB106", f"an asset needs one of the keys {KINDS}; found none"),
        ("icons/a.png", "IB105", "found 'icons/a.png', expected an asset"),
        ("", "IB105", "the list has an empty entry"),
        ("[a]", "IB105", "found a list, expected an asset"),
    ],
)
def test_an_entry_is_an_image_or_a_font_or_a_file(only, entry, code, message):
    found = only(f"{HEAD}assets:\n  - {entry}\n")
    assert (found.code, found.message) == (code, message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the manifest is empty; expected a mapping (key: value)"),
        ("# nothing\n", "the manifest is empty; expected a mapping (key: value)"),
        ("- a\n", "found a list; expected a mapping (key: value)"),
        ("hello\n", "found 'hello'; expected a mapping (key: value)"),
    ],
)
def test_what_is_no_mapping_is_no_manifest(only, text, message):
    found = only(text)
    assert (found.code, found.message) == ("IB105", message)


@pytest.mark.parametrize("version", ["2", "0", "'1'", "true", "1.0", "one"])
def test_another_version_is_the_only_thing_said(only, version):
    found = only(f"version: {version}\nfuture_key: 1\n")
    assert (found.code, found.place.line, found.place.column) == ("IB120", 1, 10)


def test_board_and_chip_exclude_each_other(only):
    text = HEAD.replace("spark-core", "spark-core, chip: w25q64jv") + "assets: []\n"
    assert "expected one of them" in only(text).message


def test_assets_and_partitions_exclude_each_other(only):
    assert "expected one of them" in only(HEAD + "assets: []\npartitions: []\n").message


# --- all at once -----------------------------------------------------------------------------------


def test_all_errors_come_at_once_in_the_order_of_the_file(findings):
    text = HEAD + (
        "budjet: 1\n"
        "strict: yes\n"
        "assets:\n"
        "  - image: a.png\n"
        "    name: x\n"
        "    name: y\n"
        "    codec: zip\n"
        "  - font: &f a.ttf\n"
        "    size: '9'\n"
    )
    found = findings(text)
    assert [(d.code, d.place.line) for d in found] == [
        ("IB104", 4), ("IB105", 5), ("IB103", 9), ("IB105", 10), ("IB107", 11), ("IB105", 12),
    ]  # fmt: skip
    assert found[3].asset == "x"


def test_a_refused_alias_is_not_also_called_a_wrong_value(findings):
    text = HEAD + "presets: {a: &a {codec: raw}}\nassets:\n  - image: *a\n  - <<: *a\n    image: b\n"
    assert {d.code for d in findings(text)} == {"IB107"}


def test_reading_the_command_line_does_not_import_pydantic():
    code = "import sys, imgbuild.cli.main, imgbuild.flash.region; sys.exit('pydantic' in sys.modules)"
    folder = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=folder, check=False).returncode == 0
