"""The image as a pre-build step of a firmware Makefile: what a change makes make do, and no more."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from firmware.example import REPOSITORY, Work, require_tools, run_make, work_of
from PIL import Image

pytestmark = pytest.mark.xdist_group("firmware")

NOTHING = Work(image_builds=0, compiled=(), links=0)
INCLUDES_THE_HEADER = ("demo_screen.c", "main.c")


@dataclass(frozen=True, slots=True)
class Tree:
    """A copy of the demo's manifest and assets, and the folder that the QEMU example is built into."""

    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "manifests" / "demo.yaml"

    @property
    def build(self) -> Path:
        return self.folder / "build"

    @property
    def icon(self) -> Path:
        """An icon that no C source names."""
        return self.folder / "assets" / "icons" / "weather" / "tornado.png"

    def make(self, *arguments: str) -> Work:
        return work_of(run_make(self.build, *arguments, manifest=self.manifest))

    def state(self) -> dict[str, tuple[int, bytes]]:
        """Time and bytes of everything in the build folder."""
        paths = sorted(path for path in self.build.iterdir() if path.is_file())
        return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """The example built once; each test leaves it built."""
    require_tools("make", "arm-none-eabi-gcc")
    folder = tmp_path_factory.mktemp("prebuild")
    for name in ("manifests", "assets"):
        shutil.copytree(
            REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "draw*")
        )
    made = Tree(folder)
    first = made.make("-j4")
    assert first.image_builds == 1
    assert first.links == 1
    assert {"imgb.c", *INCLUDES_THE_HEADER} <= set(first.compiled)
    return made


def paint(path: Path) -> None:
    """Change one pixel of a PNG to something it was not."""
    with Image.open(path) as opened:
        picture = opened.convert("RGBA")
    red, green, blue, _alpha = picture.getpixel((30, 30))
    picture.putpixel((30, 30), (255 - red, green ^ 128, blue, 255))
    picture.save(path)


def test_an_unchanged_tree_does_nothing(tree: Tree) -> None:
    before = tree.state()
    assert tree.make() == NOTHING
    assert tree.make("-j4") == NOTHING
    assert tree.state() == before


def test_a_changed_pixel_rebuilds_the_image_and_compiles_nothing(tree: Tree) -> None:
    before = tree.state()
    paint(tree.icon)
    assert tree.make("-j4") == Work(image_builds=1, compiled=(), links=0)
    after = tree.state()
    assert after["ext.bin"][1] != before["ext.bin"][1]
    assert after["nor.bin"][1] != before["nor.bin"][1]
    assert after["demo_assets.h"] == before["demo_assets.h"]
    assert after["demo_config.h"] == before["demo_config.h"]
    assert after["demo_digest.h"][1] != before["demo_digest.h"][1]
    assert tree.make() == NOTHING


def test_a_touched_input_replaces_neither_image_nor_headers(tree: Tree) -> None:
    before = tree.state()
    tree.icon.touch()
    assert tree.make() == Work(image_builds=1, compiled=(), links=0)
    after = tree.state()
    for name in ("ext.bin", "nor.bin", "demo_assets.h", "demo_digest.h", "demo_config.h"):
        assert after[name] == before[name]
    assert tree.make() == NOTHING


def test_a_changed_name_compiles_what_includes_the_header(tree: Tree) -> None:
    renamed = tree.icon.with_name("whirlwind.png")
    tree.icon.rename(renamed)
    assert tree.make("-j4") == Work(image_builds=1, compiled=INCLUDES_THE_HEADER, links=1)
    assert tree.make() == NOTHING
    renamed.rename(tree.icon)
    assert tree.make() == Work(image_builds=1, compiled=INCLUDES_THE_HEADER, links=1)


def test_a_new_file_in_the_folder_of_a_pattern_is_noticed(tree: Tree) -> None:
    new = tree.icon.with_name("meteor.png")
    shutil.copy(tree.icon, new)
    assert tree.make() == Work(image_builds=1, compiled=INCLUDES_THE_HEADER, links=1)
    assert "DEMO_WEATHER_METEOR" in (tree.build / "demo_assets.h").read_text(encoding="utf-8")
    new.unlink()  # the depfile names it: a deleted input must not stop make
    assert tree.make() == Work(image_builds=1, compiled=INCLUDES_THE_HEADER, links=1)
    assert tree.make() == NOTHING


@pytest.mark.parametrize(
    "name", ["ext.bin", "demo_assets.h", "demo_digest.h", "demo_config.h", "ext.bin.made.d"]
)
def test_a_deleted_output_comes_back(tree: Tree, name: str) -> None:
    content = (tree.build / name).read_bytes()
    (tree.build / name).unlink()
    assert tree.make("-j4").image_builds == 1
    assert (tree.build / name).read_bytes() == content
    assert tree.make() == NOTHING


def test_other_options_build_again(tree: Tree) -> None:
    flags = f"IMGBUILD_FLAGS=--root {tree.folder} --quiet"
    assert tree.make(flags) == Work(image_builds=1, compiled=(), links=0)
    assert tree.make(flags) == NOTHING
    assert tree.make().image_builds == 1
    assert tree.make() == NOTHING


def test_a_refused_input_fails_make_and_leaves_the_outputs(tree: Tree) -> None:
    before = tree.state()
    picture = tree.icon.read_bytes()
    tree.icon.write_bytes(picture[: len(picture) // 2])
    with pytest.raises(pytest.fail.Exception, match=r"IB201.*\n(.|\n)*Error 1"):
        tree.make()
    for name in ("ext.bin", "nor.bin", "demo_assets.h", "demo_digest.h", "demo_config.h"):
        assert tree.state()[name] == before[name]
    tree.icon.write_bytes(picture)
    assert tree.make() == Work(image_builds=1, compiled=(), links=0)
    assert tree.make() == NOTHING
