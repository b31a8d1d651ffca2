"""A big-endian processor (PowerPC of 32 bits, under QEMU) reads and draws what every other does.

The tests themselves are those of the other files; only the programs that they run are compiled for it.
"""

# ruff: noqa: F401

from __future__ import annotations

import pytest

from c.cross import BigEndianPrograms
from c.test_c_draw import (
    test_advances_in_any_fraction_of_a_pixel,
    test_bitmaps_of_every_format_are_drawn_exactly,
    test_both_readers_draw_the_same_on_every_surface,
    test_text_and_fills_are_drawn_on_every_surface,
    test_text_is_drawn_and_measured_exactly,
)
from c.test_c_extensions import (
    test_coverage_is_drawn_in_its_tint,
    test_known_extensions_of_another_length_are_skipped,
    test_the_trim_is_added_to_the_place,
)
from c.test_c_glyphs import test_three_bits_are_the_multiples_of_a_seventh, test_work_reads_and_skipped_rows
from c.test_c_nine_patch import (
    made,
    test_every_format_is_stretched_exactly,
    test_the_insets_are_told_and_a_plain_bitmap_has_none,
)
from c.test_c_playing import (
    played,
    test_a_frame_buffer_of_the_animations_own_pixels,
    test_both_readers_play_every_format_on_every_surface,
    test_one_frame_buffer_shows_every_frame_of_the_source,
)
from c.test_c_reader import (
    test_each_kind_of_damage_has_its_own_code,
    test_every_glyph_and_character_comes_back,
    test_every_pixel_format_and_codec_comes_back,
    test_files_of_any_length_come_back,
    test_names_of_one_and_of_63_bytes_and_in_utf8,
)
from c.test_c_variant import (
    pack,
    test_a_variants_number_comes_from_its_name,
    test_variants_are_found_and_missing_ones_fall_back,
)
from c.test_range import test_every_kind_of_pixels_comes_back


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    return BigEndianPrograms(tmp_path_factory.mktemp("big_endian"))


def test_the_processor_is_big_endian(programs):
    elf = programs.build("dump").with_name("dump.elf").read_bytes()
    assert elf[:6] == b"\x7fELF\x01\x02", "of 32 bits, most significant byte first"
