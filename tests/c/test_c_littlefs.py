"""The same calls read the same pixels inside littlefs, as one pack or as one file per asset."""

from __future__ import annotations

import re
import zlib

import littlefs
import pytest
from support import build_image

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


# --- variants: FORMAT.md 3.4, last paragraph -------------------------------------------------------


def choose(lfs_dump, path, block, variant, names):
    """For each name: what was opened (its key), kind, and the last bytes of its payload."""
    lines = run([lfs_dump, path, block, "variant", variant, *names]).splitlines()
    found = [re.fullmatch(r"variant (\S*) (\S+) kind (\d) key (\S+) ends (\S*)", line) for line in lines]
    assert [match[1] for match in found] == list(names)
    return [(int(match[2]), int(match[3]), match[4], bytes.fromhex(match[5])) for match in found]


def is_file(name, content):
    return 0, h.FILE, f"{zlib.crc32(name.encode()):08x}", content


NOTHING = (-14, 0, "00000000", b"")


def test_a_variant_is_chosen_by_its_name_and_a_missing_one_falls_back(lfs_dump, tmp_path):
    longest = "n" * 58  # with @dark the 63 bytes that a name may have
    files = {
        "text": b"hello", "text@de": b"hallo", "text@dark@2x": b"two",
        "lang/blob.bin": b"base",
        "lang/blob@de.bin": b"german", "lang/blob.bin@dark": b"no variant of it",
        "alone": b"one", "@de": b"of nothing", "orphan@de": b"without its asset",
        longest: b"long", f"{longest}@dark": b"dark", f"{longest}n": b"longer",
    }  # fmt: skip
    path = filesystem(tmp_path, files)
    names = ["text", "lang/blob.bin", "alone", "nothing", "", "lang"]
    assert choose(lfs_dump, path, BLOCK, "de", names) == [
        is_file("text@de", b"hallo"),
        is_file("lang/blob@de.bin", b"german"),
        is_file("alone", b"one"),
        NOTHING,
        NOTHING,
        NOTHING,
    ]
    assert choose(lfs_dump, path, BLOCK, "-", ["text", "nothing"]) == [is_file("text", b"hello"), NOTHING]
    assert choose(lfs_dump, path, BLOCK, "dark@2x", ["text"]) == [is_file("text@dark@2x", b"two")]
    assert choose(lfs_dump, path, BLOCK, "x" * 200, ["text"]) == [is_file("text", b"hello")]
    assert choose(
        lfs_dump, path, BLOCK, "dark", [longest, f"{longest}n", "text", "lang/blob.bin", "n" * 200]
    ) == [
        is_file(f"{longest}@dark", b"dark"),
        is_file(f"{longest}n", b"longer"),
        is_file("text", b"hello"),
        is_file("lang/blob.bin", b"base"),
        NOTHING,
    ]


VARIANTS = """version: 1
name: small
flash: {board: spark-core}
container: {littlefs: {layout: files}}
assets:
  - {file: base.txt, name: text}
  - {file: de.txt, name: text, variant: de}
  - {file: fr.txt, name: text, variant: fr}
  - {file: base.txt, name: data/other.bin}
  - {file: fr.txt, name: data/other.bin, variant: fr}
  - {file: base.txt, name: alone}
"""


def test_the_c_reader_chooses_among_the_builders_variants_as_python_does(lfs_dump, tmp_path):
    for name, text in {"base": b"hello", "de": b"hallo", "fr": b"salut"}.items():
        (tmp_path / f"{name}.txt").write_bytes(text)
    image, result = build_image(tmp_path, VARIANTS)
    path = tmp_path / "lfs.img"
    path.write_bytes(result.image.data)
    names = ["text", "data/other.bin", "alone"]
    wanted = {
        "de": [b"hallo", b"hello", b"hello"],
        "fr": [b"salut", b"salut", b"hello"],
        "it": [b"hello"] * 3,
    }
    for variant, texts in wanted.items():
        chosen = choose(lfs_dump, path, image.block_bytes, variant, names)
        assert [text for *_, text in chosen] == texts
        assert [bytes(image.payload(image.select(name, variant))) for name in names] == texts


def test_ram_beside_littlefs_own_is_small(lfs_dump, tmp_path):
    path = filesystem(tmp_path, {"x": b"y"})
    own = [int(n) for n in run([lfs_dump, path, BLOCK, "ram"]).split()]
    assert sum(own) <= 512
