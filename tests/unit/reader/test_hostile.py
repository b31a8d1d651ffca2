"""Hostile bytes: whatever a pack holds, the reader gives a correct result or a BuildError."""

from __future__ import annotations

import contextlib
import random
import struct

import numpy as np
import pytest
from unit.reader import handmade
from unit.reader.samples import small_items, small_pack

from imgbuild.errors import BuildError, Place
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.compose import Screen, measure_text
from imgbuild.reader.container import open_image
from imgbuild.reader.font import read_font
from imgbuild.reader.verify import verify_image

PLACE = Place("ext.bin")
PACK = small_pack()


def is_well_reported(data: bytes) -> bool:
    """Whether verification ends, and finds something."""
    report = verify_image(data, PLACE)
    assert all(d.code.startswith("IB6") for d in report.diagnostics)
    return not report.is_sound


def read_everything(data: bytes) -> None:
    """Use every asset as firmware would, without any CRC of the payload being looked at."""
    image = open_image(data, PLACE)
    screen = Screen(16, 16)
    for asset in image.assets:
        try:
            if asset.kind == 1:
                bitmap = read_bitmap(image.payload(asset), asset)
                bitmap.rgba()
                screen.draw_bitmap(3, 3, bitmap, 0xFFFF)
            elif asset.kind == 2:
                font = read_font(image.payload(asset), asset)
                measure_text(font, "A é\ufffd")
                screen.draw_text(1, 12, font, "A é\ufffd", 0xFFFF)
        except BuildError as error:
            assert [d.code for d in error.diagnostics] == ["IB608"]  # noqa: PT017 - either is right


def mutations(at: int) -> list[int]:
    byte = PACK[at]
    return sorted({0, 0xFF, (byte + 1) & 0xFF, (byte - 1) & 0xFF} - {byte})


def test_every_byte_changed_is_seen_by_verification():
    image = open_image(PACK, PLACE)
    covered = np.zeros(len(PACK), bool)
    covered[: image.header.index_end] = covered[-8:] = True
    for asset in image.assets:
        covered[asset.offset : asset.offset + asset.stored_bytes] = True
    for at in range(len(PACK)):
        for value in mutations(at):
            changed = PACK[:at] + bytes([value]) + PACK[at + 1 :]
            assert is_well_reported(changed) == covered[at], (at, value)


@pytest.mark.parametrize("part", range(4))
def test_every_byte_changed_with_all_checksums_made_to_fit(part):
    """An attacker computes CRCs, too: only the bounds checks stand in the way then."""
    for at in range(part, len(PACK) - 8, 4):
        for value in mutations(at):
            changed = handmade.repair(PACK, at, value)
            report = verify_image(changed, PLACE)
            assert all(d.code.startswith("IB6") for d in report.diagnostics)
            if report.image is not None:
                try:
                    read_everything(changed)
                except BuildError:
                    assert not report.is_sound


def test_every_truncation_is_seen():
    for length in range(len(PACK)):
        assert is_well_reported(PACK[:length]), length


def test_erased_flash_of_any_length():
    for length in (1, 63, 64, 72, 4096):
        assert [d.code for d in verify_image(b"\xff" * length, PLACE).diagnostics] == ["IB609"]


def test_a_torn_update_is_seen():
    """A new pack's beginning over an old pack's end."""
    items = small_items()
    old = handmade.make_pack([*items, handmade.Item("zz", b"x" * 200)], max_strip_bytes=32)
    for cut in range(64, len(PACK), 16):
        assert is_well_reported(PACK[:cut] + old[cut:])


def test_bytes_at_random():
    rng = random.Random(2)
    for _ in range(300):
        data = bytearray(PACK)
        for _ in range(rng.randrange(1, 12)):
            data[rng.randrange(64, len(data) - 8)] = rng.randrange(256)
        read_repaired(bytes(data))
    for length in range(0, 400, 7):
        assert is_well_reported(b"IMGB\1\1\x40\0" + rng.randbytes(length))


def read_repaired(data: bytes) -> None:
    """Entries point anywhere: CRCs cannot always be made to fit, but nothing else may happen."""
    with contextlib.suppress(struct.error, BuildError):
        read_everything(handmade.repair(data, 64, data[64]))
