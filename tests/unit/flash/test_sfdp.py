"""A part's own SFDP table gives a row; a dump that is none, cut or impossible is refused in one line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.flash.sfdp_dumps import (
    ALL,
    BLANK,
    IS25WP256,
    MX25R6435F,
    MX66L1G45G,
    N25Q256A,
    SST26VF064B,
    W25Q64JV,
    W25Q512JV,
    build,
)

from imgbuild.errors import BuildError, Place
from imgbuild.flash.sfdp import read_sfdp
from imgbuild.flash.sfdp_row import chip_of_sfdp, format_row
from imgbuild.flash.sfdp_times import Span
from imgbuild.flash.tables import load_tables

PLACE = Place("dump.bin")
K = 1024


def read(data):
    return read_sfdp(data, PLACE)


def refused(data):
    with pytest.raises(BuildError) as caught:
        read(data)
    (found,) = caught.value.diagnostics
    assert found.place == PLACE
    return found


def erase_of(data):
    return [(kind.size_bytes, kind.command) for kind in read(data).erase_types]


# --- what parts say --------------------------------------------------------------------------------


def test_mx25r6435f_as_its_data_sheet_decodes_it():
    """By hand: DWORD 10 = 00F57223h, n = 3, so maximum = 8 x typical; DWORD 11 = CC04ED82h."""
    found = read(MX25R6435F)
    assert (found.size_bytes, found.page_bytes, found.address_bytes) == (8 << 20, 256, 3)
    assert erase_of(MX25R6435F) == [(4 * K, 0x20), (32 * K, 0x52), (64 * K, 0xD8)]
    assert [kind.span for kind in found.erase_types] == [
        Span(48_000, 384_000), Span(240_000, 1_920_000), Span(480_000, 3_840_000),
    ]  # fmt: skip
    assert found.program_page == Span(896, 5_376)
    assert found.erase_chip == Span(52_000_000, 416_000_000)


def test_w25q64jv():
    found = read(W25Q64JV)
    assert (found.revision, found.size_bytes, found.page_bytes) == ((1, 5), 8 << 20, 256)
    assert erase_of(W25Q64JV) == [(4 * K, 0x20), (32 * K, 0x52), (64 * K, 0xD8)]
    assert found.program_page == Span(704, 4_224)  # 11 x 64 us, maximum 2 x (2 + 1) times
    assert found.erase_chip == Span(20_000_000, 280_000_000)


def test_a_large_part_takes_the_commands_of_its_4_byte_table():
    assert erase_of(MX66L1G45G) == [(4 * K, 0x21), (32 * K, 0x5C), (64 * K, 0xDC)]
    assert erase_of(W25Q512JV) == [(4 * K, 0x21), (64 * K, 0xDC)]  # 32 KiB has no 4-byte command
    assert read(W25Q512JV).address_bytes == 4


def test_a_large_part_without_a_4_byte_table_says_so():
    assert erase_of(IS25WP256) == [(4 * K, 0x20), (32 * K, 0x52), (64 * K, 0xD8)]
    assert "B7h" in " ".join(read(IS25WP256).notes)


def test_sizes_that_share_a_command_are_left_out():
    """SST26: D8h erases 8, 32 or 64 KiB by the address given."""
    assert erase_of(SST26VF064B) == [(4 * K, 0x20)]
    assert "share one command" in " ".join(read(SST26VF064B).notes)


def test_a_table_of_the_first_revision_tells_neither_page_nor_times():
    found = read(N25Q256A)
    assert (found.page_bytes, found.program_page, found.erase_chip) == (None, None, None)
    assert erase_of(N25Q256A) == [(4 * K, 0x20), (64 * K, 0xD8)]
    chip = chip_of_sfdp(found, "old")
    assert chip.page_bytes == 64
    assert "data sheet" in chip.notes


@pytest.mark.parametrize(("power", "size"), [(32, 512 << 20), (33, 1 << 30), (34, 2 << 30), (35, 4 << 30)])
def test_density_above_2_gbit_is_a_power_of_two(power, size):
    data = bytearray(MX66L1G45G)
    data[0x34:0x38] = (1 << 31 | power).to_bytes(4, "little")
    assert read(bytes(data)).size_bytes == size


def test_4_kib_of_dword_1_where_no_erase_type_is_given():
    basic = "e520f1ff ffffff03" + "ffffffff" * 5 + "00ff00ff 00ff00ff"
    assert erase_of(build(basic)) == [(4 * K, 0x20)]


def test_of_two_basic_tables_the_longer_one_counts():
    data = bytearray(MX25R6435F)
    data[6] = 1
    data[16:24] = bytes([0, 0, 1, 9, 0x30, 0, 0, 0xFF])
    assert read(bytes(data)) == read(MX25R6435F)


@pytest.mark.parametrize("name", ALL)
def test_the_row_can_be_pasted_into_a_file_of_chips(name, tmp_path):
    chip = chip_of_sfdp(read(ALL[name]), f"my-{name}", "EF 40 17")
    path = tmp_path / "my_chips.yaml"
    path.write_text(format_row(chip) + "\n")
    assert load_tables(chips_file=path).chips[f"my-{name}"] == chip


@pytest.mark.parametrize(
    "name", ["mx25r6435f", "w25q64jv", "w25q512jv", "mx66l1g45g", "is25wp256", "mt35xu01g"]
)
def test_the_rows_of_our_own_table_are_what_the_parts_say(name):
    own, derived = load_tables().chips[name], chip_of_sfdp(read(ALL[name]), name)
    assert (own.size_bytes, own.page_bytes, own.erase_bytes) == (
        derived.size_bytes, derived.page_bytes, derived.erase_bytes,
    )  # fmt: skip
    assert own.address_bytes == derived.address_bytes
    assert own.timings == derived.timings


# --- dumps that are refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the dump is empty"),
        (BLANK * 256, "every byte is 0xFF: the part has no SFDP table, or did not answer"),
        (b"\0" * 256, "every byte is 0x00: the part has no SFDP table, or did not answer"),
        (b"hello, world, this is no dump", "the dump starts with 68 65 6C 6C; expected 53 46 44 50 ('SFDP')"),
        (b"SFDP\6\1", "the dump is cut short: the first two headers end at byte 16, the file has 6"),
        (
            b"SFDP\6\1\5\xff" + BLANK * 8,
            "the dump is cut short: 6 parameter headers end at byte 56, the file has 16",
        ),
        (
            MX25R6435F[:100],
            (
                "the dump is cut short: the bytes of the basic flash parameter table end at"
                " byte 112, the file has 100"
            ),
        ),
        (
            MX66L1G45G[:0xC4],
            (
                "the dump is cut short: the bytes of the 4-byte address instruction table"
                " end at byte 200, the file has 196"
            ),
        ),
        (MX25R6435F * 300, "the dump is larger than 65536 B (64.0 KiB); tables take some hundred bytes"),
    ],
)
def test_what_is_no_whole_dump(data, message):
    found = refused(data)
    assert (found.code, found.message) == ("IB426", message)


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"\0" + MX25R6435F, "'SFDP' stands at byte 1"),
        (b"PDFS" + MX25R6435F[4:], "the bytes of each word are reversed"),
        (MX25R6435F.hex().encode(), "this is hexadecimal text"),
        (BLANK * 64, "check chip select and MISO"),
    ],
)
def test_usual_slips_are_named(data, hint):
    assert hint in refused(data).hint


def patched(offset, value, size=4, data=MX25R6435F):
    changed = bytearray(data)
    changed[offset : offset + size] = value.to_bytes(size, "little")
    return bytes(changed)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (patched(5, 2, 1), "the header is of revision 2.6; expected 1.x (JESD216)"),
        (patched(8, 0x84, 1), "the dump has no basic flash parameter table (id FF00)"),
        (patched(10, 2, 1), "the basic table is of revision 2.6; expected 1.x (JESD216)"),
        (patched(11, 8, 1), "the basic table has 8 DWORDs; expected at least 9"),
        (patched(0x34, 0x03FF_FFFE), "the density is 67108863 bits; expected a power of two from 32 Kbit"),
        (
            patched(0x34, 0xFFFF_FFFF),
            "the density is 2^2147483647 bits; expected 2^32 to 2^35 (512 MiB to 4 GiB)",
        ),
        (patched(0x34, 0x8000_0008), "the density is 2^8 bits; expected 2^32 to 2^35 (512 MiB to 4 GiB)"),
        (patched(0x4C, 0x5220_200C), "erase type 2 has 2^32 B; the part has 8388608 B (8192.0 KiB)"),
    ],
)
def test_what_cannot_be(data, message):
    found = refused(data)
    assert (found.code, found.message) == ("IB427", message)


def test_a_part_that_erases_nothing():
    assert refused(build("fc20f1ff ffffff03" + "ffffffff" * 5 + "00ff00ff 00ff00ff")).code == "IB427"


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(ALL)), st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=8)
)
def test_any_damage_gives_a_row_or_one_message(name, changes):
    data = bytearray(ALL[name])
    for offset, value in changes:
        data[offset % len(data)] = value
    try:
        chip = chip_of_sfdp(read(bytes(data)), "x")
    except BuildError as error:
        codes = [d.code for d in error.diagnostics]
    else:
        codes = ["IB427"]
        assert all(chip.size_bytes % size == 0 for size in chip.erase_bytes)
        assert chip.erase_bytes == tuple(sorted(set(chip.erase_bytes)))
    assert codes in (["IB426"], ["IB427"])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_behind_the_signature(tail):
    found = []
    try:
        read(b"SFDP\6\1" + tail)
    except BuildError as error:
        found = list(error.diagnostics)
    assert len(found) <= 1
