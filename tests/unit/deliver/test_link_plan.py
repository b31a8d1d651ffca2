"""Which sectors are sent, in which order: expected steps by hand."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

from imgbuild.deliver.link_plan import Step, Target, cut_image, plan_steps

SECTOR = 0x1000
BLANK = b"\xff" * SECTOR


def sectors(text: str, seed: int = 0) -> bytes:
    """A letter is a sector of its own content, ``-`` a blank one."""
    return b"".join(BLANK if c == "-" else random.Random(f"{c}{seed}").randbytes(SECTOR) for c in text)


def pack(text: str, total: int | None = None) -> bytes:
    """The same with a header that says how long the pack is."""
    data = bytearray(sectors(text))
    struct.pack_into("<4sII", data, 0, b"IMGB", 0, len(data) if total is None else total)
    return bytes(data)


def sums(data: bytes) -> list[int]:
    return [zlib.crc32(data[at : at + SECTOR]) for at in range(0, len(data), SECTOR)]


def shown(steps: list[Step]) -> str:
    """``e`` erases, ``w`` writes, and the sectors."""
    return " ".join(
        ("e" if s.is_erase else "w")
        + ",".join(str(n) for n in range(s.offset // SECTOR, (s.offset + s.length) // SECTOR))
        for s in steps
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (pack("abcdef"), pack("abcdef"), ""),
        (pack("abcdef"), pack("abXdef"), "e0 e5 w2 w0 w5"),
        (pack("abcdef"), pack("AbXdeF"), "e0 w2 w0 w5"),
        (pack("abcdef"), pack("AXYZeF"), "e0 w1,2,3 w0 w5"),
        (pack("abcdef"), pack("AX-ZeF"), "e0 w1 e2 w3 w0 w5"),
        (sectors("------"), pack("abcdef"), "w1,2,3,4 w0 w5"),
        (sectors("-bc---"), pack("abcdef"), "w3,4 w0 w5"),  # what an earlier run brought
        (pack("a"), pack("A"), "e0 w0"),
        (
            pack("abcdef"),
            pack("Abcd--", 4 * SECTOR),
            "e0 e3 e4,5 w0 w3",
        ),  # padded: the marker lies in sector 3
        (pack("abcdef"), pack("AbcD--", 4 * SECTOR), "e0 e4,5 w0 w3"),
        (sectors("abc"), sectors("aXc"), "w1"),  # no pack: nothing to be made invalid
    ],
)
def test_steps(old: bytes, new: bytes, expected: str) -> None:
    assert shown(plan_steps(cut_image(new, SECTOR, None), sums(old))) == expected


def test_everything_where_nothing_is_known() -> None:
    steps = plan_steps(cut_image(pack("abc-ef"), SECTOR, None), None)
    assert shown(steps) == "e0 e5 w1,2 e3 w4 w0 w5"


def test_a_rest_is_filled_and_a_wrong_length_is_survived() -> None:
    target = cut_image(b"x" * 5000, SECTOR, None)
    assert target == Target(b"x" * 5000 + b"\xff" * (8192 - 5000), SECTOR, (), None)
    for total in (0, 1, 0xFFFFFFFF):
        assert cut_image(pack("abc", total), SECTOR, None).tail in (None, 2)
    assert plan_steps(cut_image(b"", SECTOR, None), None) == []


@pytest.mark.parametrize(
    ("revisions", "order"),
    [((1, 2), "w1 w0"), ((2, 1), "w0,1"), ((0xFFFFFFFF, 0), "w1 w0"), ((3, 3), "w0,1")],
)
def test_the_superblock_that_counts_comes_first(revisions: tuple[int, int], order: str) -> None:
    data = bytearray(sectors("abcd"))
    for number, revision in enumerate(revisions):
        struct.pack_into("<I", data, number * SECTOR, revision)
    steps = plan_steps(cut_image(bytes(data), SECTOR, SECTOR), sums(sectors("efcg")))
    assert shown(steps) == f"e0,1 w3 {order}"


def test_erases_end_at_64_kib() -> None:
    steps = plan_steps(cut_image(b"\xff" * 50 * SECTOR, SECTOR, None), [0] * 50)
    assert [(s.offset // SECTOR, s.length // SECTOR) for s in steps] == [(0, 16), (16, 16), (32, 16), (48, 2)]
    large = plan_steps(cut_image(b"\xff" * 0x80000, 0x40000, None), None)
    assert [(s.offset, s.length) for s in large] == [(0, 0x40000), (0x40000, 0x40000)]
