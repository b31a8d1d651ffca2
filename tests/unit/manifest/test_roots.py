"""Inputs are found, sorted, and never outside the manifest's folder, the roots and installed packages."""

import os
import sys

import pytest

from imgbuild.errors import BuildError, Place
from imgbuild.manifest.roots import find_inputs, globbed_folders, resolve_inputs

PLACE = Place("m.yaml", 3, 5)


@pytest.fixture
def folder(tmp_path):
    """A manifest's folder, beside another one that it may not read."""
    project = tmp_path / "project"
    for name in (
        "icons/b.png", "icons/a.png", "icons/c.svg", "icons/.hidden.png", "icons/B.PNG", "icons/sub/d.png",
        "icons/sub/deep/e.png", "icons/.git/f.png", "icons/x[1].png", "top.png",
    ):  # fmt: skip
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.png").write_bytes(b"x")
    return project


def names(folder, pattern, roots=()):
    found = resolve_inputs(folder, roots, pattern, PLACE)
    return [path.relative_to(folder.parent).as_posix() for path in found]


def finding(folder, pattern, roots=()):
    with pytest.raises(BuildError) as caught:
        resolve_inputs(folder, roots, pattern, PLACE)
    (found,) = caught.value.diagnostics
    assert found.place == PLACE
    return found


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("top.png", ["top.png"]),
        ("./icons/../top.png", ["top.png"]),
        ("icons/*.png", ["icons/a.png", "icons/b.png", "icons/x[1].png"]),
        ("icons/?.png", ["icons/a.png", "icons/b.png"]),
        ("icons/[bc].*", ["icons/b.png", "icons/c.svg"]),
        ("icons/[!a].png", ["icons/b.png"]),
        ("icons/x[1].png", ["icons/x[1].png"]),
        ("icons/.*.png", ["icons/.hidden.png"]),
        ("*/sub/*.png", ["icons/sub/d.png"]),
        ("icons/**/*.png",
         ["icons/a.png", "icons/b.png", "icons/sub/d.png", "icons/sub/deep/e.png", "icons/x[1].png"]),
        ("**/d*.png", ["icons/sub/d.png"]),
        ("**/**/e.png", ["icons/sub/deep/e.png"]),
        ("icons/sub/**", ["icons/sub/d.png", "icons/sub/deep/e.png"]),
        ("icons/sub/../*.svg", ["icons/c.svg"]),
    ],
)  # fmt: skip
def test_patterns(folder, pattern, expected):
    assert names(folder, pattern) == [f"project/{name}" for name in expected]


def test_the_order_does_not_depend_on_the_file_system(folder, monkeypatch):
    expected = names(folder, "icons/**/*.png")
    real = os.scandir

    class Reversed(list):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(os, "scandir", lambda path: Reversed(reversed(list(real(path)))))
    assert names(folder, "icons/**/*.png") == expected


@pytest.mark.parametrize(
    ("pattern", "folders"),
    [
        ("top.png", []),
        ("*.png", [""]),
        ("icons/*.png", ["icons"]),
        ("icons/**/*.png", ["icons", "icons/sub", "icons/sub/deep"]),
        ("*/sub/*.png", ["", "icons", "icons/sub"]),
    ],
)
def test_the_folders_whose_listing_decides_are_known(folder, pattern, folders):
    found = globbed_folders(folder, (), pattern)
    assert sorted(found) == [folder / name for name in folders]


# --- what does not exist ---------------------------------------------------------------------------


def test_a_missing_file_suggests_the_one_meant(folder):
    found = finding(folder, "icons/aa.png")
    assert (found.code, found.message) == ("IB110", "there is no file 'icons/aa.png'")
    assert found.hint == "did you mean 'icons/a.png'?"


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("icons", "write 'icons/*' for the files in it"),
        ("icons\\a.png", "write paths with '/'"),
        ("nix/da", None),
    ],
)
def test_what_is_no_file_is_refused(folder, path, hint):
    found = finding(folder, path)
    assert (found.code, found.hint) == ("IB110", hint)


@pytest.mark.parametrize("path", ["a\0b", "x" * 300, "top.png/x", "a/" * 3000 + "b"])
def test_odd_paths_are_clear_errors(folder, path):
    assert finding(folder, path).code == "IB110"


def test_a_pattern_that_matches_nothing_is_an_error(folder):
    assert finding(folder, "icons/*.bmp").code == "IB111"
    found = finding(folder, "icon/*.png")
    assert (found.code, found.hint) == ("IB111", "the folder in front of the pattern does not exist")


def test_a_pipe_is_never_opened(folder):
    os.mkfifo(folder / "icons" / "pipe.png")
    assert finding(folder, "icons/pipe.png").code == "IB110"
    assert finding(folder, "icons/p*.png").message == "'icons/pipe.png' is not a readable file"


def test_a_dead_link_is_not_silently_left_out(folder):
    (folder / "icons" / "dead.png").symlink_to("nowhere.png")
    assert finding(folder, "icons/*.png").message == "there is no file 'icons/dead.png'"


def test_links_in_a_circle_end(folder):
    (folder / "icons" / "loop").symlink_to(folder / "icons")
    (folder / "icons" / "self").symlink_to("self")
    assert "project/icons/sub/d.png" in names(folder, "icons/**/d.png")
    assert finding(folder, "icons/self").code == "IB110"


# --- what lies outside -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    ["../outside/secret.png", "icons/../../outside/secret.png", "../outside/*.png", "/etc/passwd", "/etc/*",
     "../../../../../../etc/passwd", "*/../../outside/secret.png", "icons/*/../../../outside/*", ".."],
)  # fmt: skip
def test_a_path_that_leaves_the_folder_is_refused(folder, pattern):
    assert finding(folder, pattern).code == "IB109"


def test_leaving_is_refused_whether_the_file_exists_or_not(folder):
    assert finding(folder, "../outside/none.png").code == "IB109"


def test_a_name_that_begins_like_the_folder_is_outside(folder):
    other = folder.with_name("project2")
    other.mkdir()
    (other / "a.png").write_bytes(b"x")
    assert finding(folder, "../project2/a.png").code == "IB109"


def test_a_link_that_leaves_the_folder_is_refused(folder):
    outside = folder.parent / "outside"
    (folder / "icons" / "link.png").symlink_to(outside / "secret.png")
    (folder / "linked").symlink_to(outside)
    found = finding(folder, "icons/link.png")
    assert (found.code, found.message) == (
        "IB109",
        "'icons/link.png' leaves the manifest's folder through a symbolic link",
    )
    for pattern in ("icons/*.png", "linked/secret.png", "linked/*.png", "*/secret.png"):
        assert finding(folder, pattern).code == "IB109"


def test_a_link_inside_the_folder_keeps_its_own_name(folder):
    (folder / "icons" / "link.png").symlink_to("a.png")
    assert names(folder, "icons/li*.png") == ["project/icons/link.png"]


def test_a_root_allows_what_it_holds_and_nothing_else(folder):
    outside = folder.parent / "outside"
    assert names(folder, "../outside/*.png", (outside,)) == ["outside/secret.png"]
    assert names(folder, str(outside / "secret.png"), (outside,)) == ["outside/secret.png"]
    assert finding(folder, "../other.png", (outside,)).code == "IB109"


def test_a_manifest_folder_behind_a_link_is_fine(folder):
    alias = folder.with_name("alias")
    alias.symlink_to(folder)
    assert resolve_inputs(alias, (), "icons/a.png", PLACE) == [folder / "icons" / "a.png"]


# --- packages --------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package that must not be imported only because a manifest names a file in it."""
    home = tmp_path / "site"
    (home / "fontpack" / "files").mkdir(parents=True)
    (home / "fontpack" / "__init__.py").write_text("raise SystemExit('imported')")
    (home / "fontpack" / "files" / "a.ttf").write_bytes(b"x")
    (home / "module.py").write_text("raise SystemExit('imported')")
    (home / "outside.ttf").write_bytes(b"x")
    monkeypatch.syspath_prepend(str(home))
    return home / "fontpack"


def test_a_package_path_is_found_without_importing_the_package(folder, package):
    found = find_inputs(folder, (), "package:fontpack/files/*.ttf", PLACE)
    assert found.files == (package / "files" / "a.ttf",)
    assert found.folders == (package / "files",)
    assert resolve_inputs(folder, (), "package:fontpack/files/a.ttf", PLACE) == [package / "files" / "a.ttf"]
    assert "fontpack" not in sys.modules


def test_the_demo_font_is_found(folder):
    (font,) = resolve_inputs(folder, (), "package:font_roboto/files/Roboto-Medium.ttf", PLACE)
    assert font.read_bytes()[:4] == b"\0\1\0\0"  # TrueType


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("package:no_such_package_here/a.ttf", "IB121"),
        ("package:module/a.ttf", "IB121"),
        ("package:fontpack", "IB121"),
        ("package:font.pack/a.ttf", "IB121"),
        ("package:/etc/passwd", "IB121"),
        ("package:__main__/a.ttf", "IB121"),
        ("package:fontpack/files/b.ttf", "IB121"),
        ("package:fontpack/files", "IB121"),
        ("package:fontpack/../outside.ttf", "IB109"),
        ("package:fontpack//etc/passwd", "IB109"),
        ("package:fontpack/*.woff", "IB111"),
    ],
)
def test_package_paths_that_are_refused(folder, package, path, code):
    assert finding(folder, path).code == code
