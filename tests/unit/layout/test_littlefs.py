"""littlefs images: any driver reads every file back; equal inputs give equal bytes."""

from __future__ import annotations

import random
import time
import zlib

import pytest
from littlefs import LittleFS, UserContext
from unit.layout.handmade import PLACE, bitmap_asset, bitwise_crc8, file_asset, u16, u32

from imgbuild.errors import BuildError, Diagnostic
from imgbuild.layout.flat import pack_flat, place_flat
from imgbuild.layout.littlefs import build_littlefs, list_files

MIB = 1 << 20


def mount(data: bytes, block_bytes: int, **config: int) -> LittleFS:
    sizes = {"read_size": 16, "prog_size": 16, "cache_size": 64, "lookahead_size": 8, **config}
    context = UserContext(buffer=bytearray(data))
    count = len(data) // block_bytes
    return LittleFS(context=context, block_size=block_bytes, block_count=count, mount=True, **sizes)


def read_all(filesystem: LittleFS, folder: str = "") -> dict[str, bytes]:
    found = {}
    for item in filesystem.scandir(folder or "/"):
        path = f"{folder}/{item.name}"
        if item.type == item.TYPE_DIR:
            found.update(read_all(filesystem, path))
        else:
            with filesystem.open(path, "rb") as file:
                found[path[1:]] = file.read()
    return found


def refused(files: dict[str, bytes], erase_bytes: int = 4096, region_bytes: int = MIB) -> list[Diagnostic]:
    with pytest.raises(BuildError) as caught:
        build_littlefs(files, erase_bytes=erase_bytes, region_bytes=region_bytes, place=PLACE)
    return list(caught.value.diagnostics)


def some_files(count: int = 60, size: int = 3000) -> dict[str, bytes]:
    source = random.Random(1)
    return {f"d{n % 3}/e{n % 5}/f{n}": source.randbytes(source.randrange(size)) for n in range(count)}


@pytest.mark.parametrize(("erase_bytes", "region_bytes"), [(256, 512 << 10), (4096, MIB), (65536, 8 * MIB)])
def test_every_file_is_read_back_and_the_image_fills_its_region(erase_bytes: int, region_bytes: int) -> None:
    files = some_files()
    image = build_littlefs(files, erase_bytes=erase_bytes, region_bytes=region_bytes)
    assert len(image.data) == region_bytes
    assert image.used_bytes % erase_bytes == 0
    assert sum(map(len, files.values())) <= image.used_bytes < region_bytes
    assert read_all(mount(image.data, erase_bytes)) == files


@pytest.mark.parametrize(
    ("read", "prog", "cache"), [(1, 1, 16), (16, 16, 16), (128, 128, 512), (256, 256, 256)]
)
def test_drivers_of_any_read_program_and_cache_size_read_it(read: int, prog: int, cache: int) -> None:
    files = some_files(30, 1100)
    image = build_littlefs(files, erase_bytes=4096, region_bytes=MIB)
    filesystem = mount(image.data, 4096, read_size=read, prog_size=prog, cache_size=cache)
    assert read_all(filesystem) == files


def test_a_driver_made_for_names_of_64_bytes_mounts_it() -> None:
    files = {"n" * 63: b"x"}
    image = build_littlefs(files, erase_bytes=4096, region_bytes=65536)
    assert read_all(mount(image.data, 4096, name_max=64)) == files


@pytest.mark.parametrize("prog", [1, 16, 256])
def test_a_device_can_go_on_writing(prog: int) -> None:
    files = some_files(40)
    image = build_littlefs(files, erase_bytes=4096, region_bytes=MIB)
    filesystem = mount(image.data, 4096, prog_size=prog, read_size=prog, cache_size=256)
    with filesystem.open("/d1/settings", "wb") as file:
        file.write(b"new")
    assert read_all(filesystem) == files | {"d1/settings": b"new"}


def test_the_disk_version_is_told() -> None:
    image = build_littlefs({}, erase_bytes=4096, region_bytes=65536)
    assert image.disk_version == (2, 1)
    assert u32(image.data, image.data.index(b"littlefs") + 12) == 0x00020001


def test_a_filesystem_without_files_is_fine() -> None:
    image = build_littlefs({}, erase_bytes=4096, region_bytes=8192)
    assert read_all(mount(image.data, 4096)) == {}
    assert image.used_bytes == 8192


def test_the_order_of_the_files_does_not_matter() -> None:
    files = some_files()
    shuffled = list(files.items())
    random.Random(9).shuffle(shuffled)
    first = build_littlefs(files, erase_bytes=4096, region_bytes=MIB)
    second = build_littlefs(dict(shuffled), erase_bytes=4096, region_bytes=MIB)
    assert first.data == second.data


@pytest.mark.parametrize("path", ["{}", "icons/{}", "{}/icon"])
def test_two_thousand_small_files_are_quick(path: str) -> None:
    source = random.Random(2)
    files = {path.format(f"name{n:04}"): source.randbytes(500) for n in range(2000)}
    start = time.process_time()
    image = build_littlefs(files, erase_bytes=4096, region_bytes=32 * MIB)
    assert time.process_time() - start < 3
    assert len(image.data) == 32 * MIB


def test_a_full_filesystem_says_what_is_needed_and_what_there_is() -> None:
    files = {f"icons/{n}": bytes(1000) for n in range(100)} | {"big": bytes(50_000)}
    (diagnostic,) = refused(files, region_bytes=128 << 10)
    assert diagnostic.code == "IB409"
    assert diagnostic.place == PLACE
    assert diagnostic.message.startswith("101 files hold 150000 B (146.5 KiB) and take ")
    assert diagnostic.message.endswith("the region has 131072 B (128.0 KiB) in blocks of 4096 B (4.0 KiB)")
    needed = int(diagnostic.message.split(" and take ")[1].split(" B")[0])
    assert diagnostic.hint is not None
    assert '"big" 50000 B (48.8 KiB), "icons/0" 1000 B' in diagnostic.hint
    assert build_littlefs(files, erase_bytes=4096, region_bytes=needed + 8192).used_bytes >= needed - 8192


@pytest.mark.parametrize(("erase_bytes", "region_bytes"), [(4096, 4096), (64, 8192), (4096, 0)])
def test_a_region_too_small_for_any_littlefs_is_refused(erase_bytes: int, region_bytes: int) -> None:
    (diagnostic,) = refused({"a": b"x"}, erase_bytes, region_bytes)
    assert diagnostic.code == "IB409"
    assert "two blocks" in diagnostic.message


def test_a_name_cannot_be_file_and_folder() -> None:
    (diagnostic,) = refused({"icons": b"1", "icons/wifi": b"2", "icons-2": b"3"})
    assert (diagnostic.code, diagnostic.asset) == ("IB411", "icons")
    assert diagnostic.message == 'asset "icons" would be a file, and the folder of "icons/wifi"'


@pytest.mark.parametrize("name", ["a//b", "../a", "a/./b", "/a", "a/"])
def test_names_that_littlefs_would_read_otherwise_are_refused(name: str) -> None:
    assert refused({name: b""})[0].code == "IB411"


def test_a_name_longer_than_littlefs_holds_is_refused() -> None:
    (diagnostic,) = refused({"é" * 128: b""})
    assert diagnostic.code == "IB411"
    assert "256 bytes" in diagnostic.message
    assert build_littlefs({"n" * 255: b"1"}, erase_bytes=4096, region_bytes=MIB).used_bytes == 8192


def test_all_names_refused_are_told_at_once() -> None:
    found = refused({"a": b"", "a/b": b"", "c": b"", "c/d": b""})
    assert [diagnostic.asset for diagnostic in found] == ["a", "c"]


# --- what the files hold ------------------------------------------------------------------------


def test_files_are_bare_and_anything_else_stands_behind_its_entry() -> None:
    icon = bitmap_asset("icons/wifi", (3, 2), 0x12, 6, bytes(range(12)))
    files = list_files([file_asset("certs/root.pem", b"-----BEGIN"), icon])
    assert files["certs/root.pem"] == b"-----BEGIN"
    stored = files["icons/wifi"]
    assert stored[32:] == icon.payload
    assert u32(stored, 0x00) == zlib.crc32(b"icons/wifi")
    assert u32(stored, 0x04) == 32
    assert u32(stored, 0x08) == len(icon.payload)
    assert u32(stored, 0x0C) == zlib.crc32(icon.payload)
    assert stored[0x10:0x14] == b"\0\0\0\0"
    assert (stored[0x14], stored[0x1C], stored[0x1D]) == (1, 0x12, 0)
    assert u16(stored, 0x16) == 0xFFFF
    assert (u16(stored, 0x18), u16(stored, 0x1A)) == (3, 2)
    assert stored[0x1F] == bitwise_crc8(stored[:0x1F])


def test_a_bare_file_that_reads_as_an_entry_of_its_own_name_is_refused() -> None:
    entry = list_files([bitmap_asset("trap", (3, 2), 0x12, 6, bytes(12))])["trap"]
    with pytest.raises(BuildError) as caught:
        list_files([file_asset("trap", entry)], PLACE)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.asset) == ("IB411", "trap")
    assert list_files([file_asset("other", entry)])["other"] == entry  # its key is that of "trap"
    assert list_files([file_asset("trap", entry[:31])])["trap"] == entry[:31]


def test_a_whole_pack_is_one_file() -> None:
    layout = place_flat([file_asset("a", b"abc")])
    pack = pack_flat(layout, name="weather", content_version=1, erase_bytes=4096)
    image = build_littlefs({"weather.imgb": pack}, erase_bytes=4096, region_bytes=MIB)
    assert read_all(mount(image.data, 4096)) == {"weather.imgb": pack}
