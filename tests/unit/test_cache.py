"""The cache gives back exactly what was stored, or nothing."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import imgbuild, make_project, save_png

from imgbuild.build import BuildRequest, build
from imgbuild.cache import Cache, pack_value, unpack_value
from imgbuild.model import DecodedFont, EncodedAsset, Samples


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> tuple[EncodedAsset, ...]:
    folder = tmp_path_factory.mktemp("project")
    manifest = make_project(folder)
    return build(BuildRequest(manifest, folder / "ext.bin", folder)).assets


def _equal(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(_equal, one, other))
    if hasattr(one, "__dataclass_fields__"):
        return type(one) is type(other) and all(
            _equal(getattr(one, f), getattr(other, f)) for f in one.__dataclass_fields__
        )
    return type(one) is type(other) and one == other


def test_every_kind_of_asset_comes_back_as_it_was(assets: tuple[EncodedAsset, ...]) -> None:
    kinds = {type(asset.expected) for asset in assets}
    assert {Samples, DecodedFont, bytes} == kinds
    for asset in assets:
        assert _equal(unpack_value(pack_value(asset)), asset)


def test_a_damaged_entry_is_no_entry(tmp_path: Path, assets: tuple[EncodedAsset, ...]) -> None:
    cache = Cache(tmp_path, "program")
    key = cache.key(b"source", "options")
    cache.store(key, assets[0])
    assert cache.load(key) is not None
    path = next(path for path in tmp_path.rglob("*") if path.is_file())
    good = path.read_bytes()
    for position in range(0, len(good), 37):
        path.write_bytes(good[:position] + bytes([good[position] ^ 0x55]) + good[position + 1 :])
        assert cache.load(key) is None
        path.write_bytes(good[:position])
        assert cache.load(key) is None


def test_whatever_decides_an_asset_changes_its_key() -> None:
    one = Cache(None, "1.0")
    keys = {
        one.key(b"a", "x"), one.key(b"b", "x"), one.key(b"a", "y"), one.key(b"a", "x", ""),
        one.key(b"a'x'"), Cache(None, "1.1").key(b"a", "x"),
    }  # fmt: skip
    assert len(keys) == 6


def test_a_folder_that_cannot_be_written_is_no_error(
    tmp_path: Path, assets: tuple[EncodedAsset, ...]
) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file", "program")
    cache.store("00" * 32, assets[0])
    assert cache.load("00" * 32) is None


def test_the_oldest_entries_go_first(tmp_path: Path, assets: tuple[EncodedAsset, ...]) -> None:
    cache = Cache(tmp_path, "program")
    keys = [cache.key(bytes([number])) for number in range(4)]
    for age, key in enumerate(keys):
        cache.store(key, replace(assets[0], name=str(age)))
        os.utime(tmp_path / key[:2] / key[2:], (1000 + age, 1000 + age))
    size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    cache.prune(size // 2)
    assert [cache.load(key) is not None for key in keys] == [False, False, True, True]


def test_a_build_from_the_cache_gives_the_same_bytes(tmp_path: Path) -> None:
    make_project(tmp_path)
    folder = {"IMGBUILD_CACHE_DIR": str(tmp_path / "cache")}
    for name in ("one", "two"):
        done = imgbuild("build", "small.yaml", "-o", f"{name}/ext.bin", cwd=tmp_path, **folder)
        assert done.returncode == 0, done.stderr
    plain = imgbuild("build", "small.yaml", "-o", "three/ext.bin", cwd=tmp_path, IMGBUILD_CACHE_DIR="")
    assert plain.returncode == 0
    assert len({(tmp_path / name / "ext.bin").read_bytes() for name in ("one", "two", "three")}) == 1
    save_png(tmp_path / "icons/bell.png", seed=77)
    again = [
        imgbuild("build", "small.yaml", "-o", "four/ext.bin", cwd=tmp_path, **env)
        for env in (folder, {"IMGBUILD_CACHE_DIR": ""})
    ]
    assert [done.returncode for done in again] == [0, 0]
