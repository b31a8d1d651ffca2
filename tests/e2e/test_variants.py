"""One name, several variants: look-up gives the asset itself, the chain its variants."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import build_image, imgbuild, save_png

from imgbuild.errors import BuildError
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.pack import NO_VARIANT
from imgbuild.reader.verify import verify_image

HEAD = "version: 1\nname: small\nflash: {board: spark-core}\ndisplay: {pixel_format: argb8888}\nassets:\n"


def pixels(image, entry) -> np.ndarray:
    return read_bitmap(image.payload(entry), entry).rgba()


def shown(rgba: np.ndarray) -> np.ndarray:
    return np.where(rgba[..., 3:] == 0, 0, rgba)


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, np.ndarray]:
    names = ("wifi", "wifi@2x", "wifi-dark", "home", "bell", "bell@2x")
    return {name: save_png(tmp_path / "icons" / f"{name}.png", 8, 8, seed) for seed, name in enumerate(names)}


ENTRIES = """  - {image: icons/wifi.png, name: wifi}
  - {image: icons/wifi-dark.png, name: wifi, variant: dark}
  - {image: icons/wifi@2x.png, name: wifi}
  - {image: icons/home.png, name: home}
  - {image: icons/bell.png, name: bell}
  - {image: icons/bell@2x.png, name: bell}
"""


def test_look_up_gives_the_asset_and_the_chain_its_variants(tmp_path, pictures):
    image, _ = build_image(tmp_path, HEAD + ENTRIES)
    pack = image.pack
    assert pack.variants == ("dark", "2x"), "in the order in which the manifest names them"
    assert pack.header.assets == 6
    for name, variants in {
        "wifi": ("wifi-dark", "wifi@2x"),
        "home": (None, None),
        "bell": (None, "bell@2x"),
    }.items():
        base = pack.find(name)
        assert base.variant == 0
        assert pack.get(base.key) == base
        assert np.array_equal(pixels(image, base), shown(pictures[name]))
        for number, source in enumerate(variants, 1):
            found = pack.select(base, number)
            assert np.array_equal(pixels(image, found), shown(pictures[source or name]))
            assert (found.name, found.key) == (name, base.key)


def test_variants_are_found_by_name_and_variant_on_the_host(tmp_path, pictures):
    image, _ = build_image(tmp_path, HEAD + ENTRIES)
    assert np.array_equal(pixels(image, image.find("wifi@dark")), shown(pictures["wifi-dark"]))
    with pytest.raises(BuildError, match="IB611"):
        image.find("home@dark")


def test_a_reader_that_knows_no_variants_finds_every_asset(tmp_path, pictures):
    """Sections 3.1 and 3.2 of FORMAT.md alone, as version 0.1 has them, over 200 names and 100 variants."""
    for number in range(200):
        save_png(tmp_path / "many" / f"n{number}.png", 2, 2, number)
    for number in range(0, 200, 2):
        save_png(tmp_path / "many" / f"n{number}@3x.png", 2, 2, 1000 + number)
    image, _ = build_image(tmp_path, HEAD + "  - {image: many/*.png}\n" + ENTRIES)
    data = bytes(image.pack.data)
    index, assets, buckets = struct.unpack_from("<IHH", data, 0x18)
    names_offset = struct.unpack_from("<I", data, 0x20)[0]
    assert assets == 306
    for name in [f"many/n{number}" for number in range(200)] + ["wifi", "home", "bell"]:
        key = crc32_of(name)
        displacement = struct.unpack_from("<H", data, 64 + 2 * fold(mix(key, 0xFFFF), buckets))[0]
        slot = displacement & 0x7FFF if displacement & 0x8000 else fold(mix(key, displacement), assets)
        at = index + 32 * slot
        found_key, where = struct.unpack_from("<I12xI", data, at)
        assert found_key == key
        assert data[at + 0x1E] == 0, "a look-up must not lead to a variant"
        start = names_offset + (where & 0xFFFFFF)
        assert data[start : start + (where >> 24)].decode() == name


def crc32_of(name: str) -> int:
    import zlib

    return zlib.crc32(name.encode())


def mix(key: int, seed: int) -> int:
    h = (key ^ seed * 0x9E3779B1) & 0xFFFFFFFF
    h ^= h >> 15
    h = h * 0x2C1B3C6D & 0xFFFFFFFF
    return h ^ h >> 13


def fold(h: int, n: int) -> int:
    return ((h >> 15) * n) >> 17


def test_variants_with_the_same_pixels_share_one_payload(tmp_path, pictures):
    image, _ = build_image(
        tmp_path,
        HEAD + "  - {image: icons/home.png, name: x}\n  - {image: icons/home.png, name: x, variant: dark}\n",
    )
    base = image.pack.find("x")
    other = image.pack.select(base, 1)
    assert other.slot != base.slot
    assert other.offset == base.offset


def test_the_contract_does_not_count_variants(tmp_path, pictures):
    with_variants, _ = build_image(tmp_path, HEAD + ENTRIES)
    alone = [line for line in ENTRIES.splitlines() if "dark" not in line and "@2x" not in line]
    without, _ = build_image(tmp_path, HEAD + "\n".join(alone) + "\n")
    assert with_variants.header.contract_hash == without.header.contract_hash
    assert without.header.tlv_bytes == 0


def test_the_header_lists_the_numbers_and_each_name_once(tmp_path, pictures):
    _, result = build_image(tmp_path, HEAD + ENTRIES)
    text = next(a.data.decode() for a in result.artifacts if a.path.name == "small_assets.h")
    assert "#define SMALL_VARIANT_DARK 1\n#define SMALL_VARIANT_2X   2\n" in text
    assert text.count("#define SMALL_WIFI ") == 1
    assert "DARK_" not in text


def test_kinds_other_than_pictures_have_variants_too(tmp_path, pictures):
    (tmp_path / "en.txt").write_text("hello")
    (tmp_path / "de.txt").write_text("hallo")
    image, _ = build_image(
        tmp_path, HEAD + "  - {file: en.txt, name: text}\n  - {file: de.txt, name: text, variant: de}\n"
    )
    base = image.pack.find("text")
    assert bytes(image.payload(base)) == b"hello"
    assert bytes(image.payload(image.pack.select(base, 1))) == b"hallo"


def test_a_dark_picture_may_come_in_two_sizes(tmp_path, pictures):
    extra = "  - {image: icons/home.png, name: bell}\n"
    extra += '  - {image: icons/bell*.png, name: "{stem}", variant: dark}\n'
    image, _ = build_image(tmp_path, HEAD + extra)
    assert image.pack.variants == ("dark", "dark@2x")
    assert image.find("bell@dark@2x").variant == 2


def test_sprites_and_files_for_lvgl_have_variants(tmp_path, pictures):
    extra = """  - {image: icons/home.png, name: "s/{index}", sprites: {columns: 2, rows: 1}}
  - {image: icons/wifi.png, name: "s/{index}", sprites: {columns: 2, rows: 1}, variant: dark}
  - {image: icons/home.png, name: l, flavour: lvgl9}
  - {image: icons/wifi.png, name: l, flavour: lvgl9, variant: dark}
"""
    image, _ = build_image(tmp_path, HEAD + extra)
    assert np.array_equal(pixels(image, image.find("s/1@dark")), shown(pictures["wifi"][:, 4:]))
    base = image.pack.find("l.bin")
    assert bytes(image.payload(image.pack.select(base, 1)))[12:16] != bytes(image.payload(base))[12:16]


@pytest.mark.parametrize("layout", ["files", "pack"])
def test_in_littlefs(tmp_path, pictures, layout):
    text = HEAD.replace("assets:", f"container: {{littlefs: {{layout: {layout}}}}}\nassets:") + ENTRIES
    image, _ = build_image(tmp_path, text)
    assert np.array_equal(pixels(image, image.find("wifi@dark")), shown(pictures["wifi-dark"]))
    assert np.array_equal(pixels(image, image.find("wifi")), shown(pictures["wifi"]))


CONTAINERS = ["flat", "{littlefs: {layout: pack}}", "{littlefs: {layout: files}}"]


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_variant_is_chosen_alike_in_every_container(tmp_path, pictures, container):
    extra = """  - {image: icons/home.png, name: l, flavour: lvgl9}
  - {image: icons/wifi.png, name: l, flavour: lvgl9, variant: dark}
  - {file: icons/home.png, name: data/x.bin}
  - {file: icons/wifi.png, name: data/x.bin, variant: dark}
"""
    text = HEAD.replace("assets:", f"container: {container}\nassets:") + ENTRIES + extra
    image, _ = build_image(tmp_path, text)
    for name, variant, source in (
        ("wifi", "dark", "wifi-dark"), ("wifi", "2x", "wifi@2x"), ("wifi", "no", "wifi"),
        ("home", "dark", "home"),
    ):  # fmt: skip
        assert np.array_equal(pixels(image, image.select(name, variant)), shown(pictures[source]))
    plain, dark = (tmp_path / "icons/home.png").read_bytes(), (tmp_path / "icons/wifi.png").read_bytes()
    assert bytes(image.payload(image.select("data/x.bin", "dark"))) == dark
    assert bytes(image.payload(image.select("data/x.bin", "2x"))) == plain
    assert bytes(image.payload(image.select("l.bin", "dark"))) != bytes(image.payload(image.find("l.bin")))
    labels = {image.label(asset): image.split(asset) for asset in image.assets}
    assert labels["wifi@dark"] == ("wifi", "dark")
    assert labels["data/x@dark.bin"] == ("data/x.bin", "dark"), "the suffix stays at the end"
    assert labels["l@dark.bin"] == ("l.bin", "dark")
    assert labels["home"] == ("home", "")
    assert all(image.find(label).slot == image.select(*parts).slot for label, parts in labels.items())
    with pytest.raises(BuildError, match="IB611"):
        image.select("no", "dark")


def test_in_littlefs_a_name_with_an_at_sign_is_a_variant_only_beside_its_asset(tmp_path, pictures):
    text = (
        HEAD.replace("assets:", "container: {littlefs: {layout: files}}\nassets:")
        + """
  - {image: icons/home.png, name: mail@work}
  - {image: icons/home.png, name: bell}
  - {file: icons/home.png, name: bell@dark}
"""
    )
    image, _ = build_image(tmp_path, text)
    assert [image.split(asset) for asset in image.assets] == [
        ("bell", ""),
        ("bell@dark", ""),
        ("mail@work", ""),
    ]


@pytest.mark.parametrize("container", CONTAINERS)
def test_ls_tells_variants_in_every_container(tmp_path, pictures, container):
    (tmp_path / "m.yaml").write_text(HEAD.replace("assets:", f"container: {container}\nassets:") + ENTRIES)
    assert imgbuild("build", "m.yaml", "-o", "ext.bin", cwd=tmp_path).returncode == 0
    rows = json.loads(imgbuild("ls", "ext.bin", "--json", cwd=tmp_path).stdout)["assets"]
    assert {(row["name"], row.get("variant")) for row in rows} == {
        ("wifi", None), ("wifi", "dark"), ("wifi", "2x"), ("home", None), ("bell", None), ("bell", "2x"),
    }  # fmt: skip


def test_ls_and_extract_tell_variants_apart(tmp_path, pictures):
    (tmp_path / "m.yaml").write_text(HEAD + ENTRIES)
    assert imgbuild("build", "m.yaml", "-o", "ext.bin", cwd=tmp_path).returncode == 0
    rows = json.loads(imgbuild("ls", "ext.bin", "--json", cwd=tmp_path).stdout)["assets"]
    assert [(row["name"], row.get("variant")) for row in rows if row["name"] == "wifi"] == [
        ("wifi", None), ("wifi", "dark"), ("wifi", "2x"),
    ]  # fmt: skip
    done = imgbuild("extract", "ext.bin", "--all", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "wifi.png", "wifi@dark.png", "wifi@2x.png", "home.png", "bell.png", "bell@2x.png",
    }  # fmt: skip
    got = np.asarray(Image.open(tmp_path / "out/wifi@dark.png"))
    assert np.array_equal(got, shown(pictures["wifi-dark"]))
    assert imgbuild("verify", "ext.bin", cwd=tmp_path).returncode == 0


def rechecked(data: bytearray, at: int) -> bytes:
    """``data`` with the check byte, CRCs and marker of a changed entry made good."""
    import zlib

    from c.handmade import crc8

    data[at + 31] = crc8(bytes(data[at : at + 31]))
    tlv_offset, tlv_bytes = struct.unpack_from("<II", data, 0x2C)
    struct.pack_into("<I", data, 0x28, zlib.crc32(data[64 : tlv_offset + tlv_bytes]))
    crc = zlib.crc32(data[:60])
    struct.pack_into("<I", data, 60, crc)
    struct.pack_into("<I", data, len(data) - 8, crc)
    return bytes(data)


@pytest.mark.parametrize("fault", ["loop", "elsewhere", "cut"])
def test_a_broken_chain_is_found_and_never_followed_for_ever(tmp_path, pictures, fault):
    image, _ = build_image(tmp_path, HEAD + ENTRIES)
    pack, base = image.pack, image.pack.find("wifi")
    last = pack.select(base, 2)
    home = pack.find("home")
    data = bytearray(pack.data)
    changed, following = {"loop": (last, base), "elsewhere": (last, home), "cut": (base, None)}[fault]
    at = pack.header.index_offset + 32 * changed.slot
    struct.pack_into("<H", data, at + 0x16, following.slot if following else NO_VARIANT)
    broken = rechecked(data, at)
    report = verify_image(broken, image.place)
    assert {d.code for d in report.diagnostics} == {"IB605"}
    again = report.image.pack
    assert again.select(again.find("wifi"), 200) == again.find("wifi")


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ("  - {image: icons/wifi.png, name: x, variant: dark}\n", "IB268"),
        ("  - {image: icons/wifi@2x.png}\n", "IB268"),
        ("  - {image: icons/home.png, name: x}\n  - {file: icons/home.png, name: x, variant: d}\n", "IB269"),
        (
            "  - {image: icons/home.png, name: x}\n"
            + 2 * "  - {image: icons/home.png, name: x, variant: d}\n",
            "IB113",
        ),
        ("  - {image: icons/home.png, name: x, variant: 'a b'}\n", "IB105"),
        (
            "".join(
                f"  - {{image: icons/home.png, name: variant/dark{more}}}\n"
                for more in ("", ", variant: dark")
            ),
            "IB115",
        ),
    ],
)
def test_variants_that_cannot_be_told_apart_or_found_are_refused(tmp_path, pictures, entries, code):
    with pytest.raises(BuildError) as caught:
        build_image(tmp_path, HEAD + entries)
    assert {d.code for d in caught.value.diagnostics} == {code}


def test_more_variants_than_a_byte_counts_are_refused(tmp_path, pictures):
    many = "".join(f"  - {{image: icons/home.png, name: x, variant: v{n}}}\n" for n in range(256))
    with pytest.raises(BuildError) as caught:
        build_image(tmp_path, HEAD + "  - {image: icons/home.png, name: x}\n" + many)
    assert [d.code for d in caught.value.diagnostics] == ["IB269"]
