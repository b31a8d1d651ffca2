"""The RAM that the header promises is enough: worked out by hand from FORMAT.md section 4."""

import pytest
from unit.layout.handmade import bitmap_asset, file_asset

from imgbuild.emit.work_bytes import work_bytes_of
from imgbuild.model import ImageOptions


@pytest.mark.parametrize(
    ("options", "size", "expected"),
    [
        (ImageOptions("rgb565", codec="raw"), (240, 10), 480),
        (ImageOptions("rgb565a8", codec="raw"), (100, 10), 300),
        (ImageOptions("a4", codec="raw", row_align_bytes=8), (33, 10), 24),
        (ImageOptions("rgb565", codec="lz4", strip_bytes=1024), (240, 10), 1024 + 4 + 32),
        (ImageOptions("i8", codec="raw"), (100, 10), 100 + 1024),
        (ImageOptions("rgb565", codec="auto", strip_bytes=64), (240, 10), 480),
    ],
)
def test_work_for_one_bitmap(options: ImageOptions, size: tuple[int, int], expected: int) -> None:
    asset = bitmap_asset("x", size, 0x12, 480, b"")
    assert work_bytes_of([asset], {"x": options}) == expected


def test_a_pack_of_files_needs_none() -> None:
    assert work_bytes_of([file_asset("a", b"1")], {}) == 0
