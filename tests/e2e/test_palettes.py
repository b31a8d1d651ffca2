"""Dithering and palettes through a whole build, read back by the independent reader."""

import numpy as np
from PIL import Image
from support import build_image, make_project

from imgbuild.model import Samples
from imgbuild.pixels.dither import DITHERS

HEAD = """version: 1
name: demo
flash: {chip: w25q64jv}
assets:
"""


def save(folder, name, seed, low=0, high=256):
    rgb = np.random.default_rng(seed).integers(low, high, (24, 32, 3))
    Image.fromarray(np.insert(rgb, 3, 255, axis=2).astype(np.uint8)).save(folder / name)


def samples_of(result):
    found = {asset.name: asset.expected for asset in result.assets}
    assert all(isinstance(samples, Samples) for samples in found.values())
    return found


def test_a_group_shares_one_palette_and_no_other_picture_changes_it(tmp_path):
    save(tmp_path, "red.png", 1, 0, 90)
    save(tmp_path, "blue.png", 2, 160, 256)
    save(tmp_path, "other.png", 3)
    entries = """
  - {image: red.png, pixel_format: i4, palette_group: icons}
  - {image: other.png, pixel_format: i8, palette: optimal}
  - {image: blue.png, pixel_format: i8, palette_group: icons, dither: floyd-steinberg}
"""
    _, result = build_image(tmp_path, HEAD + entries)
    found = samples_of(result)
    assert len(found["red"].palette) <= 16, "as many as the smallest format of the group holds"
    np.testing.assert_array_equal(found["red"].palette, found["blue"].palette)
    assert len(found["other"].palette) > 200
    alone = HEAD + "\n".join(line for line in entries.split("\n") if "other" not in line)
    _, again = build_image(tmp_path, alone)
    np.testing.assert_array_equal(samples_of(again)["red"].palette, found["red"].palette)


def test_every_dither_of_many_formats_is_verified_and_repeats(tmp_path):
    save(tmp_path, "a.png", 4)
    formats = ("gray1", "a2", "i4", "rgb332", "rgb565", "rgb565a8", "mono_page", "epd_7color", "epd_bwr")
    entries = [
        f"  - {{image: a.png, name: {row}-{dither}, pixel_format: {row}, dither: {dither}}}\n"
        for row in formats
        for dither in DITHERS
        if row != "i4" or dither != "none"
    ]
    _, first = build_image(tmp_path, HEAD + "".join(entries))
    _, second = build_image(tmp_path, HEAD + "".join(entries))
    assert first.image.sha256 == second.image.sha256
    stored = {asset.name: asset.crc32 for asset in first.assets}
    for row in ("gray1", "rgb332", "rgb565", "epd_7color"):
        assert len({stored[f"{row}-{dither}"] for dither in DITHERS}) == len(DITHERS)


def test_a_palette_file_is_an_input_of_the_build(tmp_path):
    save(tmp_path, "a.png", 5)
    (tmp_path / "four.hex").write_text("000000\nffffff\nff0000\n0000ff\n")
    entry = "  - {image: a.png, pixel_format: i2, palette: four.hex}\n"
    _, result = build_image(tmp_path, HEAD + entry)
    assert (tmp_path / "four.hex").resolve() in {path.resolve() for path in result.plan.inputs}
    palette = samples_of(result)["a"].palette
    assert palette[:, :3].tolist() == [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 0, 255]]


def test_a_default_dither_leaves_alone_what_it_does_not_suit(tmp_path):
    save(tmp_path, "a.png", 6)
    head = HEAD.replace(
        "assets:", "defaults: {image: {dither: atkinson, palette: optimal, colours: 5}}\nassets:"
    )
    entries = (
        "  - {image: a.png, name: a, pixel_format: rgb888}\n  - {image: a.png, name: b, pixel_format: i4}\n"
    )
    _, result = build_image(tmp_path, head + entries)
    found = samples_of(result)
    with Image.open(tmp_path / "a.png") as picture:
        np.testing.assert_array_equal(found["a"].colour, np.asarray(picture)[..., :3])
    assert len(found["b"].palette) == 5


def test_few_colours_stay_exact_under_dither_and_group(tmp_path):
    rgba = np.random.default_rng(7).choice([0, 128, 255], (20, 20, 1)).repeat(4, axis=2).astype(np.uint8)
    rgba[..., 3] = 255
    Image.fromarray(rgba).save(tmp_path / "a.png")
    entry = "  - {image: a.png, pixel_format: i2, palette_group: g, dither: floyd-steinberg}\n"
    _, result = build_image(tmp_path, HEAD + entry)
    samples = samples_of(result)["a"]
    np.testing.assert_array_equal(samples.palette[samples.colour], rgba)


def _count_decodes(monkeypatch) -> list[str]:
    from imgbuild.sources import image

    names, decode = [], image.decode_image

    def counted(path, options, place, name):
        names.append(name)
        return decode(path, options, place, name)

    monkeypatch.setattr(image, "decode_image", counted)
    return names


GROUP = """version: 1
name: small
flash: {board: spark-core}
assets:
  - {image: "icons/*.png", name: "{stem}", pixel_format: i4, palette_group: icons, resize: 12x12}
"""


def test_pictures_of_a_group_are_decoded_once(tmp_path, monkeypatch):
    make_project(tmp_path)
    names = _count_decodes(monkeypatch)
    build_image(tmp_path, GROUP)
    assert sorted(names) == ["bell", "home", "wifi"]


def test_pictures_that_memory_does_not_hold_are_decoded_twice_and_give_the_same(tmp_path, monkeypatch):
    from imgbuild import build
    from imgbuild.palettes import KeptPictures

    make_project(tmp_path)
    _, kept_all = build_image(tmp_path, GROUP)
    names = _count_decodes(monkeypatch)
    monkeypatch.setattr(build, "KeptPictures", lambda: KeptPictures(room_bytes=1500))
    _, kept_one = build_image(tmp_path, GROUP)  # 16x16 px take 1024 B
    assert len(names) == 5, "one was kept"
    assert kept_one.image.data == kept_all.image.data
