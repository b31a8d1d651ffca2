"""A pack whose layout was kept over several edits: the C reader finds and reads every asset in it."""

from __future__ import annotations

import random
import zlib
from dataclasses import replace

import pytest
from unit.layout.handmade import file_asset

from c.program import run
from imgbuild.layout.flat import pack_flat, place_flat
from imgbuild.layout.previous import Previous
from imgbuild.model import EncodedAsset
from imgbuild.reader.container import open_image


def edit(assets: list[EncodedAsset], source: random.Random) -> list[EncodedAsset]:
    """One asset grows, one shrinks, one is renamed, one goes, two come."""
    grown, shrunk, renamed, gone = source.sample(range(len(assets)), 4)
    name = f"renamed/{source.randrange(10**6)}"
    edited = list(assets)
    edited[grown] = file_asset(assets[grown].name, source.randbytes(len(assets[grown].payload) + 40))
    edited[shrunk] = file_asset(assets[shrunk].name, assets[shrunk].payload[:5])
    edited[renamed] = replace(assets[renamed], name=name, key=zlib.crc32(name.encode()))
    del edited[gone]
    added = [file_asset(f"new/{source.randrange(10**6)}", source.randbytes(90), 32) for _ in range(2)]
    return [*edited, *added]


@pytest.mark.parametrize("how", ["map1", "read4"])
def test_every_asset_of_a_kept_layout_comes_back(programs, tmp_path, how):
    source = random.Random(7)
    assets = [file_asset(f"files/{n}", source.randbytes(source.randrange(10, 300))) for n in range(60)]
    previous = None
    for _ in range(8):
        layout = place_flat(assets, (), previous)
        data = pack_flat(layout, name="kept", content_version=0, erase_bytes=4096)
        previous = Previous.of(open_image(data))
        assets = edit(assets, source)
    data = pack_flat(place_flat(assets, (), previous), name="kept", content_version=0, erase_bytes=4096)
    path = tmp_path / "kept.bin"
    path.write_bytes(data)
    lines = run([programs.build("dump"), path, how]).splitlines()
    assert not [line for line in lines if line.startswith("error")]
    names = [line.split()[1] for line in lines if line.startswith("asset ")]
    contents = [line.split()[1] for line in lines if line.startswith("file ")]
    found = {name: bytes.fromhex(content) for name, content in zip(names, contents, strict=True)}
    assert found == {asset.name: asset.payload for asset in assets}
