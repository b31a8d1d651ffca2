"""Streams coded side by side are the streams that the range coder of FORMAT.md gives one by one."""

from __future__ import annotations

import random

import numpy as np
import pytest

from imgbuild.codecs.range_coder import Steps, encode_streams
from imgbuild.reader.range_streams import RangeStreams

Step = tuple[int, int, int, bool]


def code_one(steps: list[Step]) -> bytes:
    """FORMAT.md 4.5 with integers that have no end: ``low`` never carries."""
    low, size, taken = 0, (1 << 32) - 1, 4
    for shift, start, width, is_top in steps:
        unit = size >> shift
        low, size = low + unit * start, size - unit * start if is_top else unit * width
        while size < 1 << 24:
            low, size, taken = low << 8, size << 8, taken + 1
    for kept in range(5):
        unit = 1 << 8 * (4 - kept)
        value = -(-low // unit) * unit
        if value < low + size:
            return value.to_bytes(taken, "big").rstrip(b"\0") or b"\0"
    raise AssertionError


def decision(p: int, bit: int) -> Step:
    return (8, p, 256 - p, True) if bit else (8, 0, p, False)


def random_step(dice: random.Random) -> Step:
    if dice.random() < 0.2:
        bits = dice.randrange(1, 8)
        return bits, dice.randrange(1 << bits), 1, False
    if dice.random() < 0.5:
        return decision(dice.randrange(1, 256), dice.randrange(2))
    start = dice.randrange(255)
    return 8, start, dice.randrange(1, 256 - start), False


def encode(streams: list[list[Step]]) -> list[bytes]:
    columns = list(zip(*(step for stream in streams for step in stream), strict=True)) or [()] * 4
    shift, low, size, top = columns
    steps = Steps(
        np.array(shift, np.uint8), np.array(low, np.uint8), np.array(size, np.uint16), np.array(top, np.bool_)
    )
    return encode_streams(steps, np.array([len(stream) for stream in streams], np.int64))


def test_every_stream_is_the_one_that_a_plain_coder_writes():
    dice = random.Random(3)
    streams = [[random_step(dice) for _ in range(dice.randrange(1500))] for _ in range(60)]
    assert encode(streams) == [code_one(stream) for stream in streams]


@pytest.mark.parametrize("p", [1, 255])
def test_carries_run_through_long_rows_of_full_bytes(p):
    """Likely steps at the top of the range leave FF FF FF ... behind them, until one carries or none does."""
    dice = random.Random(p)
    likely = int(p < 128)
    streams = [
        [decision(p, likely) for _ in range(length)] + [decision(p, 1 - likely)] * tail
        for length in (0, 1, 5, 300, 3000)
        for tail in (0, 1, 2)
    ]
    streams += [[decision(p, int(dice.random() < 0.9) ^ (1 - likely)) for _ in range(900)] for _ in range(8)]
    assert encode(streams) == [code_one(stream) for stream in streams]


def test_other_streams_change_nothing():
    dice = random.Random(11)
    streams = [[random_step(dice) for _ in range(dice.randrange(1, 300))] for _ in range(20)]
    assert [encode([stream])[0] for stream in streams] == encode(streams)


def test_a_stream_of_no_steps_is_one_byte():
    assert encode([[], []]) == [b"\0", b"\0"]
    assert encode([]) == []


def test_what_is_said_most_surely_takes_a_byte_at_most():
    assert encode([[decision(255, 0)] * 100]) == [b"\0"]


def test_the_decoder_reads_back_decisions_symbols_and_raw_bits():
    """Table: a probability, then a row of three symbols of 156, 60 and 40 of 256."""
    table, rows = bytes([200, 100, 40, 0]), [0, 3, 0, 0]
    widths = [(8, 100, 156, True), (8, 40, 60, False), (8, 0, 40, False)]
    dice = random.Random(5)
    meant = [(dice.randrange(2), dice.randrange(3), dice.randrange(1 << 5)) for _ in range(400)]
    stream = [step for bit, s, v in meant for step in (decision(200, bit), widths[s], (5, v, 1, False))]
    streams = RangeStreams(encode([stream, stream[:30]]), table, rows)
    everyone, one = np.arange(2), np.arange(1)
    for number, (bit, symbol, value) in enumerate(meant):
        who = everyone if number < 10 else one
        assert streams.decide(who, 0).tolist() == [bool(bit)] * len(who)
        assert streams.symbols(who, np.full(len(who), 1)).tolist() == [symbol] * len(who)
        assert streams.raw(who, 5).tolist() == [value] * len(who)
