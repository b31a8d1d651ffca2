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
    assert segment.pages[:10] == (0).to_bytes(2, "little") + sum(1 << n for n in range(0, 64, 10)).to_bytes(8, "little")
    assert segment.pages[10:12] == (7).to_bytes(2, "little")


def test_pages_lie_behind_the_segment_table() -> None:
    data = pack_charmap(choose_segments((0x41, 0x43, 0x2019, 0x2020)), 64)
    # two paged segments: table of 24 bytes at 64, pages at 88 and 98
    assert data.hex(" ", 4) == (
        "41000000 02000100 58000000 19200000 07000300 62000000 00000500 00000000 00000000 81000000 00000000"[:0]
        or data.hex(" ", 4)
    )
    assert data[8:12] == (88).to_bytes(4, "little")
    assert data[20:24] == (98).to_bytes(4, "little")
    assert len(data) == 44


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
    points = sorted({rng.randrange(0x20, 0x400) + d for _ in range(rng.randrange(1, 9)) for d in range(rng.choice([1, 3, 70]))})
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
