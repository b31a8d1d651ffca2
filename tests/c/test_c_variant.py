"""The C reader finds variants along the chain, falls back to the asset, and never follows a bad chain."""

from __future__ import annotations

import struct
import zlib

import pytest
from support import build_image

from c import handmade as h
from c.program import run

MANIFEST = """version: 1
name: small
flash: {board: spark-core}
assets:
  - {file: base.txt, name: text}
  - {file: de.txt, name: text, variant: de}
  - {file: fr.txt, name: text, variant: fr}
  - {file: base.txt, name: other}
  - {file: fr.txt, name: other, variant: fr}
  - {file: base.txt, name: alone}
  - {file: de.txt, name: third}
  - {file: base.txt, name: third, variant: a-long-name.of_31-characters-00}
"""
TEXTS = {"base": b"hello", "de": b"hallo", "fr": b"salut"}


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("variants")
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_bytes(text)
    image, _ = build_image(folder, MANIFEST)
    return image


def ask(programs, tmp_path, data: bytes, how: str, lines: list[str]) -> list[str]:
    path = tmp_path / "pack.imgb"
    path.write_bytes(data)
    return run([programs.build("variant"), path, how], "\n".join(lines) + "\n").splitlines()


def crc(name: str) -> str:
    return f"{zlib.crc32(TEXTS[name]):08x}"


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
def test_variants_are_found_and_missing_ones_fall_back(programs, tmp_path, pack, how):
    asked = (
        "text 0",
        "text 1",
        "text 2",
        "text 3",
        "text 255",
        "other 1",
        "other 2",
        "alone 1",
        "third 3",
        "no 1",
    )
    lines = [f"find {name}" for name in asked]
    said = ask(programs, tmp_path, bytes(pack.pack.data), how, lines)
    names = ["base", "de", "fr", "base", "base", "base", "fr", "base", "base"]
    numbers = [0, 1, 2, 0, 0, 0, 2, 0, 3]
    assert [line.rsplit(" ", 1)[0] for line in said[:-1]] == [
        f"variant {number} {crc(name)}" for number, name in zip(numbers, names, strict=True)
    ]
    assert said[-1] == "error -14 kind 0"


def test_the_asset_itself_costs_what_it_always_cost(programs, tmp_path, pack):
    said = ask(
        programs, tmp_path, bytes(pack.pack.data), "read1", ["find text 0", "find text 1", "find text 2"]
    )
    assert [int(line.split()[-1]) for line in said] == [3, 4, 5]


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
def test_a_variants_number_comes_from_its_name(programs, tmp_path, pack, how):
    names = ["de", "fr", "a-long-name.of_31-characters-00", "d", "dee", "x" * 100]
    said = ask(programs, tmp_path, bytes(pack.pack.data), how, [f"number {name}" for name in names])
    assert said == ["number 1 0", "number 2 0", "number 3 0"] + ["number 0 -14"] * 3


def test_a_pack_without_variants_has_none(programs, tmp_path):
    data = h.pack([h.file("x", b"1")], tlvs=struct.pack("<HH", 2, 5) + b"build\0\0\0")
    assert ask(programs, tmp_path, data, "read1", ["number de", "find x 1"]) == [
        "number 0 -14",
        f"variant 0 {zlib.crc32(b'1'):08x} 3",
    ]


def changed(data: bytes, slot: int, offset: int, value: int) -> bytes:
    """``data`` with a u16 of an entry changed, and its check byte made good (the index's CRC-32 is not)."""
    out = bytearray(data)
    at = struct.unpack_from("<I", data, 0x18)[0] + 32 * slot
    struct.pack_into("<H", out, at + offset, value)
    out[at + 31] = h.crc8(bytes(out[at : at + 31]))
    return bytes(out)


def test_a_bad_chain_is_an_error_and_ends(programs, tmp_path, pack):
    inner = pack.pack
    base = inner.find("text")
    last = inner.select(base, 2)
    other = inner.find("alone")
    for slot, value in (
        (last.slot, base.slot),
        (last.slot, last.slot),
        (base.slot, other.slot),
        (base.slot, 4000),
    ):
        data = changed(bytes(inner.data), slot, 0x16, value)
        assert ask(programs, tmp_path, data, "read1", ["find text 200"]) == ["error -11 kind 0"]
        assert ask(programs, tmp_path, data, "read1", ["find text 0"])[0].startswith("variant 0 ")


@pytest.mark.parametrize("tlv", [
    struct.pack("<HH", 3, 9) + b"\x02de\x02fr",
    struct.pack("<HH", 3, 4) + b"\xffabc",
    struct.pack("<HH", 2, 0xFFFF) + b"1234",
    struct.pack("<HH", 3, 4) + b"\0\0\0\0",
])  # fmt: skip
def test_malformed_names_are_never_read_beyond(programs, tmp_path, tlv):
    data = h.pack([h.file("x", b"1")], tlvs=h.padded(tlv))
    (said,) = ask(programs, tmp_path, data, "read1", ["number fr"])
    assert said in ("number 0 -10", "number 0 -14")
