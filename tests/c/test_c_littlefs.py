"""The same calls read the same pixels inside littlefs, as one pack or as one file per asset."""

from __future__ import annotations

import re
import zlib

import littlefs
import pytest

from c import handmade as h
from c import samples
from c.littlefs_sources import littlefs_folder
from c.program import HERE, RUNTIME, SANITIZE, STRICT, run

BLOCK = 4096


@pytest.fixture(scope="session")
def lfs_dump(programs):
    """lfs_dump, linked with the littlefs that the firmware would bring."""
    programs.build("dump")
    folder, lfs = programs.folder, littlefs_folder()
    options = ["-DLFS_NO_MALLOC", "-DLFS_NO_DEBUG", "-DLFS_NO_WARN", "-DLFS_NO_ERROR", "-isystem", lfs]
    include = ["-I", RUNTIME / "src", "-I", HERE]
    for source in (lfs / "lfs.c", lfs / "lfs_util.c"):
        run(["gcc", "-w", *SANITIZE, *options, "-c", source, "-o", folder / f"{source.stem}.o"])
    run(
        [
            "gcc",
            *STRICT,
            *SANITIZE,
            *options,
            "-c",
            RUNTIME / "src" / "imgb_lfs.c",
            "-o",
            folder / "imgb_lfs.o",
        ]
    )
    objects = [*programs.objects, *(folder / f"{n}.o" for n in ("imgb_lfs", "lfs", "lfs_util"))]
    program = folder / "lfs_dump"
    flags = ["-std=c99", "-Wall", "-Wextra", *SANITIZE, *options, *include]
    run(["gcc", *flags, HERE / "lfs_dump.c", *objects, "-o", program])
    return program


def filesystem(tmp_path, files):
    fs = littlefs.LittleFS(block_size=BLOCK, block_count=128, read_size=16, prog_size=16, cache_size=64)
    for name, data in sorted(files.items()):
        folder = name.rpartition("/")[0]
        if folder:
            fs.makedirs(folder, exist_ok=True)
        with fs.open(name, "wb") as f:
            f.write(data)
    path = tmp_path / "lfs.bin"
    path.write_bytes(bytes(fs.context.buffer))
    return path


def asset_file(asset):
    return asset.payload if asset.kind == h.FILE else h.entry(asset, 32, 0, 0) + asset.payload


def some_assets():
    font = samples.font(4)
    pictures = {
        "icons/wifi": samples.picture("rgb565a8", 33, 9),
        "icons/status/deep/er": samples.picture("i8", 12, 9),
        "splash": samples.picture("rgb565", 40, 30),
    }
    assets = [h.bitmap(n, p, h.LZ4, 4, 2) for n, p in pictures.items()]
    wanted = {n: samples.listing_of_bitmap(p, None, 2) for n, p in pictures.items()}
    assets += [h.font("fonts/body", font), h.file("certs/root.pem", b"-----BEGIN" * 50), h.file("empty", b"")]
    wanted |= {"fonts/body": samples.listing_of_font(font), "empty": ["file"]}
    wanted["certs/root.pem"] = [f"file {(b'-----BEGIN' * 50).hex()}"]
    return assets, wanted


def test_a_pack_that_is_one_file(lfs_dump, tmp_path):
    assets, wanted = some_assets()
    path = filesystem(tmp_path, {"weather.imgb": h.pack(assets), "other.txt": b"not a pack"})
    lines = [line.rstrip() for line in run([lfs_dump, path, BLOCK, "pack", "/weather.imgb"]).splitlines()]
    blocks = re.split(r"^asset (\S+) .*$", "\n".join(lines), flags=re.MULTILINE)
    assert {n: b.strip().splitlines() for n, b in zip(blocks[1::2], blocks[2::2], strict=True)} == wanted
    assert run([lfs_dump, path, BLOCK, "pack", "/other.txt"]) == "error -5\n"
    assert run([lfs_dump, path, BLOCK, "pack", "/missing.imgb"]) == "error -14\n"


def test_one_file_per_asset(lfs_dump, tmp_path):
    assets, wanted = some_assets()
    path = filesystem(tmp_path, {a.name: asset_file(a) for a in assets})
    lines = [line.rstrip() for line in run([lfs_dump, path, BLOCK, "files"]).splitlines()]
    blocks = re.split(r"^name (\S+) check (\S+)\nasset .*$", "\n".join(lines), flags=re.MULTILINE)
    assert {n: b.strip().splitlines() for n, b in zip(blocks[1::3], blocks[3::3], strict=True)} == wanted
    checks = dict(zip(blocks[1::3], blocks[2::3], strict=True))
    # a plain file has no CRC-32 to check, everything else is whole
    assert checks == {a.name: "-16" if a.kind == h.FILE else "0" for a in assets}


def test_assets_are_found_by_name_and_by_key(lfs_dump, tmp_path):
    assets, _ = some_assets()
    files = {a.name: asset_file(a) for a in assets}
    files["icons/" + "n" * 57] = b"63 bytes of name"
    files["icons/" + "n" * 58] = b"64 bytes of name: no asset"
    files["folder" * 10 + "xyz/inside"] = b"the folder's name alone fills the room"
    path = filesystem(tmp_path, files)
    names = [a.name for a in assets] + ["icons/" + "n" * 57]
    kinds = [a.kind for a in assets] + [h.FILE]
    missing = ["nothing", "icons", "icons/wifi/x", "icons/" + "n" * 58, ""]
    lines = run([lfs_dump, path, BLOCK, "find", *names, *missing]).splitlines()
    wanted = []
    for name, kind in zip(names, kinds, strict=True):
        wanted += [f"find {name} 0 kind {kind}", f"get {name} 0 kind {kind}", "get other -14 kind 0"]
    assert lines == wanted + [f"find {name} -14 kind 0" for name in missing]


def test_a_file_of_the_wrong_length_behind_its_entry_is_refused(lfs_dump, tmp_path):
    asset = h.bitmap("icon", samples.picture("a4", 9, 9))
    path = filesystem(tmp_path, {"icon": asset_file(asset)[:-1], "copy": asset_file(asset)})
    lines = run([lfs_dump, path, BLOCK, "find", "icon", "copy"]).splitlines()
    assert lines[0] == "find icon -11 kind 0"
    # under another name the same bytes are a plain file
    assert lines[1] == "find copy 0 kind 3"
    assert zlib.crc32(b"copy") != zlib.crc32(b"icon")


def test_ram_beside_littlefs_own_is_small(lfs_dump, tmp_path):
    path = filesystem(tmp_path, {"x": b"y"})
    own = [int(n) for n in run([lfs_dump, path, BLOCK, "ram"]).split()]
    assert sum(own) <= 512
