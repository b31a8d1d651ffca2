"""The choice of character map segments: right, and of the fewest bytes."""

import random

import pytest

from imgbuild.glyphs.charmap import choose_segments, pack_charmap


def spans(points) -> list[tuple[int, int, int, bool]]:
    return [(s.first, s.last, s.base_glyph, not s.pages) for s in choose_segments(tuple(sorted(points)))]


def size(points) -> int:
    return len(pack_charmap(choose_segments(tuple(sorted(points))), 64))


def test_a_run_is_one_dense_segment() -> None:
    assert spans(range(0x20, 0x7F)) == [(0x20, 0x7E, 1, True)]


def test_two_long_runs_are_two_dense_segments() -> None:
    both = [*range(0x20, 0x7F), *range(0xA0, 0x100)]
    assert spans(both) == [(0x20, 0x7E, 1, True), (0xA0, 0xFF, 96, True)]  # 24 bytes; one paged: 12 + 4 * 10


def test_neighbours_share_a_page_where_that_is_smaller() -> None:
    assert spans([0x41, 0x43]) == [(0x41, 0x43, 1, False)]  # 12 + 10; two dense segments: 24


def test_far_neighbours_do_not() -> None:
    assert spans([0x41, 0x2019]) == [(0x41, 0x41, 1, True), (0x2019, 0x2019, 2, True)]


def test_pages_count_what_lies_before_them() -> None:
    (segment,) = choose_segments(tuple(range(0, 640, 10)))
    # 640 / 64 = 10 pages; the first holds 0, 10, ... 60
    assert len(segment.pages) == 100
    bits = sum(1 << n for n in range(0, 64, 10))
    assert segment.pages[:10] == b"\0\0" + bits.to_bytes(8, "little")
    assert segment.pages[10:12] == b"\7\0"


def test_pages_lie_behind_the_segment_table() -> None:
    data = pack_charmap(choose_segments((0x41, 0x43, 0x2019, 0x2020)), 64)
    assert data == bytes.fromhex(
        "41000000 0200 0100 58000000"  # first, last less first, glyph, pages at 64 + 24
        "19200000 0700 0300 62000000"
        "0000 0500000000000000"  # rank 0, bits 0 and 2
        "0000 8100000000000000"
    )


def test_no_characters_no_segments() -> None:
    assert choose_segments(()) == ()
    assert pack_charmap((), 64) == b""


def test_at_most_eight_segments_while_eight_can_do() -> None:
    assert len(spans(range(0, 0xF000, 200))) <= 8
    scattered = random.Random(7).sample(range(0x20, 0x40000), 3000)
    assert len(spans(scattered)) <= 8


def test_more_blocks_of_65536_than_eight_get_a_segment_each() -> None:
    points = [plane << 16 for plane in range(17)]
    assert spans(points) == [(point, point, n + 1, True) for n, point in enumerate(points)]


def test_no_segment_spans_more_than_a_u16_can_say() -> None:
    assert spans([0, 65535])[0][1] - spans([0, 65535])[0][0] <= 65535
    points = tuple(range(0, 0x110000, 50))
    assert all(s.last - s.first <= 65535 for s in choose_segments(points))


@pytest.mark.parametrize("seed", range(30))
def test_the_choice_is_as_small_as_trying_everything(seed: int) -> None:
    """Against the plain recurrence over every single code point, not over runs."""
    rng = random.Random(seed)
    runs = [(rng.randrange(0x20, 0x400), rng.choice([1, 3, 70])) for _ in range(rng.randrange(1, 9))]
    points = sorted({start + n for start, length in runs for n in range(length)})
    count = len(points)
    best = [[0] + [1 << 40] * count]
    for _ in range(8):
        row = best[-1][:]
        for end in range(1, count + 1):
            for start in range(end):
                span = points[end - 1] - points[start]
                cost = 12 if span == end - 1 - start else 12 + 10 * (span // 64 + 1)
                row[end] = min(row[end], best[-1][start] + cost)
        best.append(row)
    assert size(points) == best[-1][count]
