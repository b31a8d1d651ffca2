"""What a picture costs to draw: bytes on a bus of one bit, instructions, and time by the stated model."""

from __future__ import annotations

import pytest

from imgbuild.codecs.costs import KIND_COSTS, DrawCost, cost_of, estimate_instructions
from imgbuild.model import Codec
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.range_tables import RANGE_KINDS

OURS = (Codec.RAW, Codec.RLE, Codec.LZ4)


def test_time_is_one_bit_per_clock_and_then_the_instructions():
    cost = DrawCost(pixels=1000, fetched_bytes=2500, instructions=120_000)
    assert cost.instructions_per_pixel == 120
    assert cost.cpu_ms == pytest.approx(1.0)  # 120,000 x 1.4 cycles at 168 MHz
    assert cost.time_ms(20) == pytest.approx(2.0)  # 20,000 bits at 20 MHz are 1 ms
    assert cost.time_ms(80) == pytest.approx(1.25)


def test_what_takes_more_bytes_takes_more_instructions():
    few, many = (estimate_instructions("rgb565", Codec.RANGE_PIXELS, 1000, 2000, n) for n in (60, 480))
    # counted: 29 instructions per pixel of screens at 0.05 B, 151 of photographs at 0.48 B
    assert few / 1000 == pytest.approx(30, rel=0.15)
    assert many / 1000 == pytest.approx(151, rel=0.15)


def test_the_header_is_fetched_and_not_decoded():
    cost = cost_of("gray8", Codec.RAW, 100, 100, pixel_bytes=100, stored_bytes=124)
    assert cost is not None
    assert (cost.pixels, cost.fetched_bytes) == (100, 124)
    assert cost.instructions == pytest.approx(127, abs=3)  # a copy


@pytest.mark.parametrize("name", sorted(PIXEL_FORMATS))
def test_every_format_has_a_cost_in_every_codec_of_ours(name):
    for codec in OURS:
        cost = cost_of(name, codec, 100, 200, pixel_bytes=150, stored_bytes=178)
        assert cost is not None
        assert cost.instructions > 0
    by_range = cost_of(name, Codec.RANGE_PIXELS, 100, 200, pixel_bytes=50, stored_bytes=78)
    assert (by_range is not None) == (name in RANGE_KINDS)


def test_codecs_of_others_have_none():
    assert cost_of("rgb888", Codec.JPEG, 100, 300, pixel_bytes=50, stored_bytes=50) is None


def test_range_is_the_dearest_and_a_copy_the_cheapest():
    for name, codecs in KIND_COSTS.items():
        bits = PIXEL_FORMATS[name].bits + (8 if name == "rgb565a8" else 0)
        decoded = 1000 * bits // 8
        costs = [estimate_instructions(name, Codec.RAW, 1000, decoded, decoded)]
        costs += [estimate_instructions(name, codec, 1000, decoded, decoded // 3) for codec in codecs]
        assert costs[0] == min(costs)
        assert costs[-1] == max(costs)
