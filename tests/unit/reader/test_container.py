"""One face for every container; littlefs images come from the littlefs library itself."""

from __future__ import annotations

import random
import struct
import zlib

import pytest
from littlefs import LittleFS, UserContext
from unit.reader import handmade
from unit.reader.handmade import Item
from unit.reader.samples import small_items, small_pack

from imgbuild.errors import BuildError, Diagnostics, Place
from imgbuild.reader.container import open_image, relative_path_of
from imgbuild.reader.littlefs import is_littlefs, read_littlefs
from imgbuild.reader.verify import verify_image

PLACE = Place("ext.bin")


def make_littlefs(files: dict[str, bytes], block_size: int = 512, block_count: int = 64) -> bytes:
    fs = LittleFS(block_size=block_size, block_count=block_count, name_max=63)
    for path, content in files.items():
        if "/" in path:
            fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        with fs.open(path, "wb") as handle:
            handle.write(content)
    return bytes(fs.context.buffer)


def with_entry(item: Item) -> bytes:
    return handmade.entry(item, 32, 0, 0) + item.payload


def small_files() -> dict[str, bytes]:
    return {i.name: i.payload if i.kind == 3 else with_entry(i) for i in small_items()}


def code_of(data: bytes, **options: str) -> str:
    with pytest.raises(BuildError) as caught:
        open_image(data, PLACE, **options)
    return caught.value.diagnostics[0].code


def test_a_flat_pack():
    image = open_image(small_pack() + b"\xff" * 100, PLACE)
    assert (image.container, image.header.pack_id, image.block_bytes) == ("flat", 0x1234, 0)
    assert [a.name for a in image.assets] == sorted(i.name for i in small_items())
    assert bytes(image.payload(image.find("data.bin"))) == b"hello"


def test_one_file_per_asset():
    image = open_image(make_littlefs(small_files()), PLACE)
    assert (image.container, image.header, image.block_bytes, image.block_count) == (
        "littlefs files",
        None,
        512,
        64,
    )
    for item in small_items():
        asset = image.find(item.name)
        assert bytes(image.payload(asset)) == item.payload
        assert (asset.key, asset.crc32) == (zlib.crc32(item.name.encode()), zlib.crc32(item.payload))
        assert (asset.kind, asset.width, asset.pixel_format) == (item.kind, item.width, item.pixel_format)


def test_a_pack_in_littlefs():
    image = open_image(make_littlefs({"weather.imgb": small_pack()}), PLACE)
    assert (image.container, image.pack_path, image.block_bytes) == ("littlefs pack", "weather.imgb", 512)
    assert bytes(image.payload(image.find("data.bin"))) == b"hello"


def test_a_damaged_pack_in_littlefs_names_the_file():
    with pytest.raises(BuildError) as caught:
        open_image(make_littlefs({"weather.imgb": b"\xff" * 80}), PLACE)
    assert caught.value.diagnostics[0].code == "IB609"
    assert str(caught.value.diagnostics[0].place) == "ext.bin:/weather.imgb"


def test_the_layout_can_be_told():
    data = make_littlefs({"one.imgb": small_pack()})
    assert open_image(data, PLACE, layout="files").assets[0].name == "one.imgb"
    assert code_of(make_littlefs({"a": b"", "b": b""}), layout="pack") == "IB601"


def test_an_asset_that_is_missing_gets_a_hint():
    with pytest.raises(BuildError) as caught:
        open_image(small_pack(), PLACE).find("dat.bin")
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.hint) == ("IB611", 'did you mean "data.bin"?')


def test_files_on_disk(tmp_path):
    path = tmp_path / "ext.bin"
    with pytest.raises(BuildError, match="IB612"):
        open_image(path)
    path.write_bytes(small_pack())
    assert open_image(path).place.path == str(path)


@pytest.mark.parametrize("byte", range(32))
def test_a_damaged_entry_in_front_of_a_payload_is_seen(byte):
    files = small_files()
    changed = bytearray(files["icons/a"])
    changed[byte] ^= 0x10
    files["icons/a"] = bytes(changed)
    found = Diagnostics()
    image = open_image(make_littlefs(files), PLACE, damage=found)
    assert [d.code for d in found.items] == ["IB606"]
    assert found.items[0].asset == "icons/a"
    assert len(image.assets) == len(files) - 1


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "IB603"), (b"\xff" * 8192, "IB609"), (bytes(8192), "IB601"), (b"IMGX" + bytes(90), "IB601")],
)
def test_what_is_no_image_has_a_clear_error(data, code):
    assert code_of(data) == code


@pytest.mark.parametrize(
    ("block_size", "block_count", "files", "largest"),
    [(4096, 300, 250, 3000), (256, 3000, 120, 3000), (65536, 40, 30, 90000), (512, 4000, 600, 600)],
)
def test_littlefs_images_with_a_history(block_size, block_count, files, largest):
    """Written, overwritten, renamed and removed in subfolders: as the library reads it, so do we."""
    rng = random.Random(block_size)
    fs = LittleFS(block_size=block_size, block_count=block_count)
    expected: dict[str, bytes] = {}
    for n in range(files):
        folder = f"d{n % 5}/e" if n % 3 else ""
        if folder:
            fs.makedirs(folder, exist_ok=True)
        path = f"{folder}/f{n}é".lstrip("/")
        expected[path] = rng.randbytes(rng.choice([0, 1, 40, rng.randrange(largest)]))
        with fs.open(path, "wb") as handle:
            handle.write(expected[path])
        if n % 7 == 0:
            victim = rng.choice(sorted(expected))
            fs.remove(victim)
            del expected[victim]
        if n % 10 == 0 and expected:
            old = rng.choice(sorted(expected))
            fs.rename(old, f"r{n}")
            expected[f"r{n}"] = expected.pop(old)
    data = bytes(fs.context.buffer)
    assert is_littlefs(data)
    got = read_littlefs(data, PLACE)
    assert got.files == expected
    assert list(got.files) == sorted(expected, key=str.encode)


def test_a_file_of_every_length_around_the_block_borders():
    sizes = [n * 128 + d for n in (1, 2, 3, 4, 8, 9) for d in (-13, -8, -5, -4, -1, 0, 1)]
    files = {f"s{size}": bytes(n & 255 for n in range(size)) for size in sizes}
    assert read_littlefs(make_littlefs(files, 128, 800), PLACE).files == files


def test_littlefs_with_one_of_its_superblocks_lost():
    """The other one holds: in the older block the directory is as it was before its last change."""
    data = make_littlefs({"a": b"x" * 1000}, 512)
    newest = max((0, 1), key=lambda block: data[block * 512])
    for block in (0, 1):
        changed = data[: block * 512] + b"\xff" * 512 + data[(block + 1) * 512 :]
        expected = {"a": b""} if block == newest else {"a": b"x" * 1000}
        assert read_littlefs(changed, PLACE).files == expected
    assert code_of(b"\xff" * 1024 + data[1024:]) == "IB609"


def test_a_truncated_littlefs_image():
    assert code_of(make_littlefs({"a": b"x"}, 512, 64)[:-512]) == "IB603"


def set_tags(block: bytes, at: int, value: bytes) -> bytes:
    """A compacted metadata block with some bytes changed and the CRC of its first commit made to fit."""
    changed = bytearray(block)
    changed[at : at + len(value)] = value
    previous, where = 0xFFFFFFFF, 4
    while True:
        tag = int.from_bytes(changed[where : where + 4], "big") ^ previous
        if tag >> 20 & 0x780 == 0x500:
            struct.pack_into("<I", changed, where + 4, zlib.crc32(changed[: where + 4]) ^ 0xFFFFFFFF)
            return bytes(changed)
        if where + 8 > len(block):
            raise struct.error
        previous = tag
        where += 4 + (0 if tag & 0x3FF == 0x3FF else tag & 0x3FF)


@pytest.mark.parametrize(
    ("at", "value", "code"),
    [
        (20, struct.pack("<I", 0x00030000), "IB602"),
        (24, struct.pack("<I", 0), "IB604"),
        (24, struct.pack("<I", 0x7FFFFFFF), "IB604"),
        (24, struct.pack("<I", 1024), "IB603"),
        (28, struct.pack("<I", 0xFFFFFFFF), "IB603"),
        (28, struct.pack("<I", 1), "IB604"),
        (8, b"littlefx", "IB601"),
    ],
)
def test_hostile_superblocks_with_a_good_crc(at, value, code):
    data = make_littlefs({}, 512, 64)
    blocks = [set_tags(data[n * 512 : n * 512 + 512], at, value) for n in (0, 1)]
    assert code_of(b"".join(blocks) + data[1024:]) == code


def test_every_byte_of_littlefs_metadata_changed_with_a_good_crc():
    """Directories may point anywhere, in circles too: reading ends, with a result or a BuildError."""
    data = make_littlefs({"a": b"x" * 700, "d/b": b"y" * 20, "d/e/c": b"z"}, 256, 20)
    for block in range(8):
        start = block * 256
        for at in range(256):
            for value in (0, 255, data[start + at] ^ 1, data[start + at] ^ 0x10):
                try:
                    changed = set_tags(data[start : start + 256], at, bytes([value]))
                except struct.error:  # no commit is left that a CRC could be made to fit for
                    continue
                report = verify_image(data[:start] + changed + data[start + 256 :], PLACE)
                assert all(d.code.startswith("IB6") for d in report.diagnostics)


def test_littlefs_bytes_at_random_never_escape_as_another_exception():
    data = make_littlefs(small_files(), 256, 80)
    rng = random.Random(5)
    for _ in range(400):
        changed = bytearray(data)
        for _ in range(rng.choice([1, 1, 4, 30])):
            changed[rng.randrange(len(data) // rng.choice([1, 8]))] = rng.choice([0, 255, rng.randrange(256)])
        report = verify_image(bytes(changed), PLACE)
        assert all(d.code.startswith("IB6") for d in report.diagnostics)


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "c:x", "a\\b", "a\nb", "con?", "x.", "a /b", ""],
)
def test_names_that_would_leave_a_folder_are_no_paths(name):
    with pytest.raises(BuildError, match="IB606"):
        relative_path_of(name, PLACE)


def test_usual_names_are_paths():
    assert str(relative_path_of("icons/wi-fi.png", PLACE)) == "icons/wi-fi.png"


class RecordingFlash(UserContext):
    """Flash that keeps its content as it was after every single program operation."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.states: list[bytes] = []

    def prog(self, cfg, block, off, data):
        result = super().prog(cfg, block, off, data)
        self.states.append(bytes(self.buffer))
        return result


def read_with_the_library(data: bytes) -> dict[str, bytes]:
    fs = LittleFS(
        UserContext(buffer=bytearray(data)), mount=False, block_size=128, block_count=len(data) // 128
    )
    fs.mount()
    fs.fs_mkconsistent()  # a listing without it skips the file behind one that was being moved
    files = {}
    for folder, _, names in fs.walk("/"):
        for name in names:
            path = f"{folder}/{name}".lstrip("/")
            with fs.open(path, "rb") as handle:
                files[path] = handle.read()
    return files


def test_littlefs_after_a_power_cut_at_every_write_reads_as_the_library_does():
    """Moves between folders that were cut off leave two entries, of which one must not be seen."""
    flash = RecordingFlash(128 * 64)
    fs = LittleFS(flash, block_size=128, block_count=64)
    start = len(flash.states)
    fs.mkdir("a")
    fs.mkdir("b")
    for n in range(4):
        with fs.open(f"a/f{n}", "wb") as handle:
            handle.write(b"%d" % n * (60 * n))
    for n in range(4):
        fs.rename(f"a/f{n}", f"b/g{n}")
    fs.remove("a")
    fs.rename("b", "c")
    for state in flash.states[start:]:
        assert read_littlefs(state, PLACE).files == read_with_the_library(state)
