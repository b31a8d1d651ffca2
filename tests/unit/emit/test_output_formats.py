"""Writers of addressed files: any pieces come back, by readers of others and by our own."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from imgbuild.addressed import DeliveryOptions, Piece, join_pieces
from imgbuild.emit.delivery import Delivery, Symbol
from imgbuild.emit.elf import write_elf
from imgbuild.emit.ihex import write_ihex
from imgbuild.emit.output_formats import OUTPUT_FORMATS, choose_format
from imgbuild.emit.settle import fill_delivery, settle_delivery
from imgbuild.emit.srec import write_srec
from imgbuild.errors import BuildError, Place
from imgbuild.reader.addressed import READERS

PLACE = Place("m.yaml")


def pieces_of(parts: list[tuple[int, bytes]]) -> list[Piece]:
    """Pieces one behind the other: (gap, bytes)."""
    address, pieces = 0x0800FF00, []
    for gap, data in parts:
        address += gap
        pieces.append(Piece(address, data))
        address += len(data)
    return pieces


PARTS = st.lists(
    st.tuples(st.integers(0, 70_000), st.binary(min_size=1, max_size=600)), min_size=1, max_size=5
)


@pytest.mark.parametrize("name", ["hex", "srec", "elf", "dfu"])
@given(parts=PARTS, step=st.sampled_from([16, 32]), chosen=st.integers(0, 4))
def test_any_pieces_come_back(name: str, parts: list[tuple[int, bytes]], step: int, chosen: int) -> None:
    pieces = pieces_of(parts)
    image = pieces.pop(chosen % len(pieces))
    delivery = Delivery("demo", image, tuple(pieces), 0x08000101, step, dfu_alt=1)
    row = OUTPUT_FORMATS[name]
    file = READERS[row.reader](row.write(delivery), PLACE)
    expected = join_pieces([image, *pieces])
    assert [(p.address, bytes(p.data)) for p in file.pieces] == [(p.address, bytes(p.data)) for p in expected]


@given(parts=PARTS)
def test_uf2_fills_pages_up_and_loses_no_byte(parts: list[tuple[int, bytes]]) -> None:
    image, *merged = pieces_of(parts)
    row = OUTPUT_FORMATS["uf2"]
    file = READERS["uf2"](row.write(Delivery("demo", image, tuple(merged))), PLACE)
    found = {p.address + n: b for p in file.pieces for n, b in enumerate(bytes(p.data))}
    meant = {p.address + n: b for p in (image, *merged) for n, b in enumerate(bytes(p.data))}
    assert {address: found.pop(address) for address in meant} == meant
    assert set(found.values()) <= {0xFF}
    assert {address // 256 for address in found} <= {address // 256 for address in meant}


def test_hex_by_hand() -> None:
    delivery = Delivery("demo", Piece(0x9000FFF8, bytes(range(12))))
    assert write_ihex(delivery).decode() == (
        ":0200000490006A\n:08FFF8000001020304050607E5\n:0200000490016 9\n".replace(" ", "")
        + ":0400000008090A0BD6\n:00000001FF\n"
    )


def test_srec_by_hand() -> None:
    delivery = Delivery("HDR", Piece(0x90000000, b"\x01\x02"), entry=0x08000101)
    assert write_srec(
        delivery
    ).decode() == "S00600004844521B\nS307900000000102 65\nS5030001FB\nS70508000101F0\n".replace(" ", "")


@pytest.mark.parametrize(("count", "record"), [(65_535, "S503FFFFFE"), (65_536, "S604010000FA")])
def test_many_records_are_counted_in_three_bytes(count: int, record: str) -> None:
    made = write_srec(Delivery("demo", Piece(0, bytes(16 * count)))).decode().splitlines()
    assert made[-2] == record


def test_the_last_byte_of_the_address_space_can_be_written() -> None:
    delivery = Delivery("demo", Piece(0xFFFFFFF0, bytes(range(16))), dfu_alt=0)
    for name in ("hex", "srec", "elf", "dfu"):
        row = OUTPUT_FORMATS[name]
        (piece,) = READERS[row.reader](row.write(delivery), PLACE).pieces
        assert (piece.address, bytes(piece.data)) == (0xFFFFFFF0, bytes(range(16)))


def test_every_elf_segment_is_congruent_to_its_alignment(tmp_path: Path) -> None:
    symbols = (Symbol("demo_start", 0x90000001), Symbol("demo_size", 3, is_absolute=True))
    made = write_elf(
        Delivery("demo", Piece(0x90000001, b"abc"), (Piece(0x08000002, b"fw"),), symbols=symbols)
    )
    path = tmp_path / "x.elf"
    path.write_bytes(made)
    with path.open("rb") as file:
        elf = ELFFile(file)
        for segment in elf.iter_segments():
            assert segment["p_offset"] % segment["p_align"] == segment["p_vaddr"] % segment["p_align"]
        names = {section.name: section for section in elf.iter_sections()}
        assert names[".imgbuild"].data() == b"abc"
        assert names[".merged0"]["sh_addr"] == 0x08000002
        found = {s.name: s["st_shndx"] for s in names[".symtab"].iter_symbols()}
    assert found["demo_size"] == "SHN_ABS"


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("ext.HEX", None, "hex"), ("ext.s37", None, "srec"), ("ext", None, "bin"), ("ext.txt", None, "bin"),
        ("ext.hex", "bin", "bin"), ("ext.bin", "dfu-plain", "dfu-plain"), ("a.uf2", None, "uf2"),
    ],
)  # fmt: skip
def test_the_suffix_decides_unless_a_format_is_named(path: str, name: str | None, expected: str) -> None:
    assert choose_format(Path(path), name).name == expected


def test_a_suffix_written_is_a_suffix_read() -> None:
    from imgbuild.cli.delivery_options import FORMAT_NAMES
    from imgbuild.reader.addressed import name_format

    assert tuple(OUTPUT_FORMATS) == FORMAT_NAMES
    for row in OUTPUT_FORMATS.values():
        assert {name_format(Path("x" + suffix)) or "" for suffix in row.suffixes} <= {row.reader}


def test_a_writer_that_loses_a_byte_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    bad = replace(OUTPUT_FORMATS["hex"], write=lambda d: write_ihex(replace(d, image=Piece(0, b"x"))))
    monkeypatch.setitem(OUTPUT_FORMATS, "hex", bad)
    settled = settle_delivery(DeliveryOptions(address=0x100), Path("a.hex"), "demo", None, PLACE)
    with pytest.raises(BuildError) as caught:
        fill_delivery(settled, b"abc")
    assert caught.value.diagnostics[0].code == "IB613"


def test_merged_bytes_right_before_and_behind_the_image_are_no_overlap(tmp_path: Path) -> None:
    (tmp_path / "fw.hex").write_text(":0100FF0055AB\n:0101030055A6\n:00000001FF\n")
    options = DeliveryOptions(address=0x100, merge=(tmp_path / "fw.hex",))
    made = fill_delivery(settle_delivery(options, Path("a.hex"), "demo", None, PLACE), b"abc")
    (piece,) = READERS["ihex"](made, PLACE).pieces
    assert (piece.address, bytes(piece.data)) == (0xFF, b"UabcU")
    with pytest.raises(BuildError) as caught:
        fill_delivery(settle_delivery(options, Path("a.hex"), "demo", None, PLACE), b"abcd")
    assert caught.value.diagnostics[0].code == "IB511"


def test_dfuse_prefix_and_target_sizes_by_the_manual() -> None:
    made = OUTPUT_FORMATS["dfu"].write(Delivery("demo", Piece(0x80000, b"abc"), dfu_alt=1, dfu_vid=0x1D50))
    assert struct.unpack("<5sBIB", made[:11]) == (b"DfuSe", 1, len(made) - 16, 1)
    assert made[285:293] == struct.pack("<II", 0x80000, 3)
    assert made[-16:-4] == bytes.fromhex("ffff ffff 501d 1a01 55464410".replace(" ", ""))
