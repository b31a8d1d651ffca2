"""Where an image may go: every board, its chip's end, reserved ranges, erase blocks."""

import pytest

from imgbuild.addressed import Piece
from imgbuild.deliver.job import Site
from imgbuild.deliver.placing import SiteQuestion, check_pieces, erased_span, find_site
from imgbuild.errors import BuildError, Place
from imgbuild.flash.erase_map import EraseMap
from imgbuild.flash.tables import load_boards, load_chips
from imgbuild.model import Range, Sectors

HERE = Place("ext.bin")


def codes(pieces, site, **more):
    try:
        check_pieces(pieces, site, HERE, **more)
    except BuildError as error:
        return [found.code for found in error.diagnostics]
    return []


@pytest.mark.parametrize("name", list(load_boards()))
def test_no_reserved_byte_of_any_board_can_be_written(name):
    site = find_site(SiteQuestion(board=name))
    base = site.base or 0
    for taken in site.reserved:
        for offset in (taken.offset_bytes, taken.end_bytes - 1):
            assert codes([Piece(base + offset, b"x")], site) == ["IB702"]


@pytest.mark.parametrize("name", list(load_boards()))
def test_the_free_range_of_each_board_and_not_a_byte_more(name):
    site = find_site(SiteQuestion(board=name))
    free, base = site.preferred, site.base or 0
    whole = Piece(base + free.offset_bytes, bytes(free.size_bytes))
    assert codes([whole], site) == []
    assert codes([Piece(whole.address, bytes(free.size_bytes + 1))], site) != []
    if free.offset_bytes:
        assert codes([Piece(whole.address - 1, b"xx")], site) != []
    end = base + load_chips()[site.board.chip].size_bytes
    assert codes([Piece(end - 1, b"xx")], site) == ["IB701"]
    assert codes([Piece(end, b"x")], site) == ["IB701"]


def test_a_block_that_the_tool_erases_counts_if_it_is_larger():
    site = Site(load_chips()["w25q64jv"], None, 0, (Range(0x1000, 0x1000, "keys"),), EraseMap(0x1000))
    piece = Piece(0x2000, b"x")
    assert codes([piece], site) == []
    assert codes([piece], site, unit_bytes=0x10000, tool="OpenOCD") == ["IB703"]


def test_blocks_of_a_span_that_begins_in_small_and_ends_in_large_sectors():
    """Daisy: 4 KiB below 0x40000, 64 KiB from there on."""
    erase = EraseMap(0x10000, (Sectors(0, 0x40000, 0x1000),))
    assert erased_span(Range(0x3F001, 0x1000), erase) == Range(0x3F000, 0x11000)
    assert erased_span(Range(0x3E001, 1), erase) == Range(0x3E000, 0x1000)
    assert erased_span(Range(0x50001, 0x10000), erase) == Range(0x50000, 0x20000)


def test_a_partition_is_not_left(tmp_path):
    table = tmp_path / "p.csv"
    table.write_text("nvs,data,nvs,0x9000,0x6000\nassets,data,0x40,0x10000,64K\n")
    site = find_site(SiteQuestion(board="esp32-s3", partition_table=table, partition="assets"))
    assert site.preferred == Range(0x10000, 0x10000, "partition assets")
    assert codes([Piece(0x10000, bytes(0x10000))], site) == []
    assert codes([Piece(0x10000, bytes(0x10001))], site) == ["IB519"]
    assert codes([Piece(0xF000, bytes(0x1000))], site) == ["IB519"]


def test_a_partition_without_a_board(tmp_path):
    table = tmp_path / "p.csv"
    table.write_text("assets,data,0x40,0x10000,64K\n")
    site = find_site(SiteQuestion(partition_table=table, partition="assets"))
    assert (site.chip, site.base) == (None, 0)
    assert codes([Piece(0x20000, b"x")], site) == ["IB519"]
