"""Codec rle: what FORMAT.md says of its items, round trips, and decoding in place."""

from __future__ import annotations

import random

import pytest

from imgbuild.codecs import CODECS, StripShape
from imgbuild.reader.rle import MalformedRunsError, decode_runs


def encode(strip: bytes, unit: int = 1, first: int | None = None) -> bytes:
    return CODECS["rle"].encode_strip(strip, StripShape(len(strip) if first is None else first, unit))


def decode_slowly(stored: bytes, first: int, size: int, unit: int) -> bytes:
    """By the letter of FORMAT.md, item by item."""
    out, at, plane_end = bytearray(), 0, first
    while len(out) < size:
        if len(out) == plane_end:
            unit, plane_end = 1, size
        unit = unit if plane_end - len(out) >= unit else 1
        control = stored[at]
        at += 1
        n = control & 0x3F
        if control & 0x40:
            n = (n << 8 | stored[at]) + 64
            at += 1
        if control & 0x80:
            out += stored[at : at + unit] * (n + 2)
            at += unit
        else:
            out += stored[at : at + (n + 1) * unit]
            at += (n + 1) * unit
        assert len(out) <= plane_end
    assert at == len(stored)
    return bytes(out)


def test_the_example_of_the_format():
    # FORMAT.md, section 4, codec 1: F800 five times, 07E0, 001F
    strip = bytes.fromhex("00f800f800f800f800f8e0071f00")
    stored = bytes.fromhex("8300f801e0071f00")
    assert encode(strip, 2) == stored
    assert decode_runs(stored, 14, 14, 2) == strip


@pytest.mark.parametrize(
    ("strip", "stored"),
    [
        (b"a" * 65, "bf61"),  # the longest run of one control byte
        (b"a" * 66, "c00061"),
        (b"a" * 16449, "ffff61"),  # the longest run at all
        (b"a" * 16450, "ffff610061"),
        (bytes(range(64)) + b"\0\0\0", "3f" + bytes(range(64)).hex() + "8100"),
        (bytes(range(65)) + b"\0\0\0", "4000" + bytes(range(65)).hex() + "8100"),
        (b"aaabbccc", "816180628163"),  # a pair between runs is a run
        (b"aaabbxccc", "81610262627881" + "63"),  # beside other bytes it is not
    ],
)
def test_lengths_and_controls(strip, stored):
    assert encode(strip).hex() == stored
    assert decode_runs(bytes.fromhex(stored), len(strip), len(strip), 1) == strip


def runs(rng, unit):
    lengths = [rng.choice((1, 1, 2, 3, 9, 70, 300)) for _ in range(rng.randrange(40))]
    return b"".join(rng.randbytes(unit) * length for length in lengths)


def strips():
    """Random strips of runs, in each unit, with and without a second plane and odd ends."""
    rng = random.Random(7)
    for number in range(300):
        unit = number % 4 + 1
        first, second = runs(rng, unit) + rng.randbytes(rng.randrange(unit)), runs(rng, 1)
        if number % 3:
            second = b""
        if first:
            yield first + second, len(first), unit


def test_every_strip_comes_back():
    shorter = 0
    for strip, first, unit in strips():
        stored = encode(strip, unit, first)
        if len(stored) < len(strip):
            shorter += 1
            assert decode_slowly(stored, first, len(strip), unit) == strip
            assert decode_runs(stored, first, len(strip), unit) == strip
    assert shorter > 200


def test_noise_does_not_grow_much():
    for unit in (1, 2, 3, 4):
        noise = random.Random(unit).randbytes(12000)
        assert len(encode(noise, unit)) <= len(noise) + 2


def test_what_could_not_be_decoded_in_place_is_not_coded():
    # the second half is stored as it is, in many items, behind runs that write far more than they read
    rest = b"".join(bytes(range(64, 129)) + b"aaa" for _ in range(3000))
    strip = b"\0" * 200_000 + rest
    stored = encode(strip)
    room = len(strip) + len(strip) // 256 + 32 - len(stored)
    assert stored == strip or written_ahead(stored) <= room


def written_ahead(stored: bytes) -> int:
    """The most bytes that units of 1 byte are ahead of what was read."""
    at = out = most = 0
    while at < len(stored):
        control, n = stored[at], stored[at] & 0x3F
        at += 1
        if control & 0x40:
            n = (n << 8 | stored[at]) + 64
            at += 1
        count = n + 1 + (control >> 7)
        at += 1 if control & 0x80 else count
        out += count
        most = max(most, out - at)
    return most


@pytest.mark.parametrize(
    "stored",
    ["", "84", "8461", "05616263", "8561" + "40", "8661", "ffff61", "7fff61", "8361", "856100", "85610061"],
)
def test_malformed_strips_are_refused(stored):
    with pytest.raises(MalformedRunsError):
        decode_runs(bytes.fromhex(stored), 7 if stored != "8561" + "40" else 8, 7, 1)


def test_a_run_over_the_end_of_the_first_plane_is_refused():
    assert decode_runs(b"\x82a\x80b", 4, 6, 1) == b"aaaabb"
    with pytest.raises(MalformedRunsError):
        decode_runs(b"\x84a", 4, 6, 1)
