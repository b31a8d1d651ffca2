"""The same inputs give the same bytes: whatever the hash seed, time zone, locale and order of files."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from unit.layout.handmade import bitmap_asset, file_asset, flash_image, flash_target, u32

from imgbuild.emit import EMITTERS, EmitJob
from imgbuild.emit.depfile import depfile_bytes
from imgbuild.layout.flat import pack_flat, place_flat
from imgbuild.layout.littlefs import build_littlefs, list_files
from imgbuild.model import EncodedAsset


def some_assets() -> list[EncodedAsset]:
    source = random.Random(11)
    files = [file_asset(f"files/{n}", source.randbytes(source.randrange(1, 900))) for n in range(120)]
    icons = [
        bitmap_asset(f"icons/{n % 4}/{n}", (8, 8), 0x12, 16, source.randbytes(128), 32) for n in range(40)
    ]
    twins = [file_asset(f"twin/{n}", b"twin" * 50, 4 << n) for n in range(4)]
    return [*files, *icons, *twins]


def everything() -> dict[str, str]:
    """A digest of each form that the layout and the emitters give."""
    assets = some_assets()
    pack = pack_flat(place_flat(assets), name="weather", content_version=3, erase_bytes=4096)
    disk = build_littlefs(list_files(assets), erase_bytes=4096, region_bytes=2 << 20).data
    image = flash_image(pack, flash_target())
    job = EmitJob("weather", image, tuple(assets), Path("ext.bin"), Path("inc"))
    forms = {"pack": pack, "littlefs": disk, "depfile": depfile_bytes(["o"], [a.name for a in assets])}
    for name, emitter in EMITTERS.items():
        forms |= {f"{name} {artifact.path}": artifact.data for artifact in emitter(job)}
    return {name: hashlib.sha256(data).hexdigest() for name, data in forms.items()}


def test_hash_seed_time_zone_and_locale_leave_no_trace() -> None:
    expected = repr(everything())
    code = "from determinism.test_layout_bytes import everything; print(everything())"
    tests = Path(__file__).resolve().parents[1]
    worlds = [
        ("0", "UTC", "C"),
        ("1", "Asia/Kathmandu", "C.UTF-8"),
        ("4242", "America/St_Johns", "tr_TR.UTF-8"),
    ]
    for seed, zone, locale in worlds:
        world = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
        environment = os.environ | world | {"PYTHONPATH": f"{tests}{os.pathsep}{tests.parent}"}
        result = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            cwd=tests,
        )
        assert result.stderr == ""
        assert result.stdout.strip() == expected, world


def test_a_littlefs_does_not_depend_on_the_order_of_its_files() -> None:
    files = {"b": b"1" * 600, "a/y": b"2" * 5000, "a/x": b"3", "c/d/e": b"4" * 1200, "é": b""}
    images = {
        build_littlefs(dict(order), erase_bytes=4096, region_bytes=1 << 18).data
        for order in itertools.permutations(files.items())
    }
    assert len(images) == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_index_is_the_same_in_whatever_order_the_payloads_lie(seed: int) -> None:
    """The pack follows the manifest's order; what does not depend on it must not move."""
    assets = some_assets()
    shuffled = assets[:]
    random.Random(seed).shuffle(shuffled)
    first, second = (
        pack_flat(place_flat(order), name="weather", content_version=3, erase_bytes=4096)
        for order in (assets, shuffled)
    )
    assert u32(first, 0x14) == u32(second, 0x14)  # contract_hash
    names, size = u32(first, 0x20), u32(first, 0x24)
    assert first[names : names + size] == second[names : names + size]
    assert first[64 : u32(first, 0x18)] == second[64 : u32(second, 0x18)]  # displacements
    shuffled_again = pack_flat(place_flat(shuffled), name="weather", content_version=3, erase_bytes=4096)
    assert second == shuffled_again
