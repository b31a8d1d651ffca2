"""The serial loader where the cable, the chip or the board is the wrong one."""

from __future__ import annotations

import pytest
from loader import images
from loader.device import CHIP_BYTES, REGION, REGION_BYTES, SECTOR, Device, Wire
from loader.scenes import cells_with, send, settle

from imgbuild.deliver.link import LinkLostError
from imgbuild.deliver.link_update import Expected
from imgbuild.errors import BuildError, Diagnostic

# --- cuts -----------------------------------------------------------------------------------------


def survey(old: bytes, new: bytes, block_bytes: int | None) -> tuple[int, int]:
    """Bytes that an undisturbed update carries down and up."""
    with Device(cells_with(old)) as device, Wire(device.line) as wire:
        send(wire.link(), new, littlefs_block_bytes=block_bytes)
        return wire.carried["down"], wire.carried["up"]


def check_cut(old: bytes, new: bytes, block_bytes: int | None = None, **cut: int) -> None:
    """Old, refused or new after the cut; whole after the next run, which sends no more than is missing."""
    size = max(len(old), len(new))
    with Device(cells_with(old)) as device:
        with Wire(device.line, is_closed_by_cut=True, **cut) as wire:
            try:
                send(wire.link(), new, littlefs_block_bytes=block_bytes)
            except LinkLostError:
                pass
            else:
                pytest.fail("the cut did not come")
        region = settle(device).region[:size]
        is_harmless = images.is_refused if block_bytes is None else images.is_no_littlefs_or_part_of(new)
        assert region in (old.ljust(size, b"\xff"), new.ljust(size, b"\xff")) or is_harmless(region), cut
        present = sum(region[at : at + SECTOR] == new[at : at + SECTOR] for at in range(0, len(new), SECTOR))
        with Wire(device.line) as wire:
            outcome = send(wire.link(), new, littlefs_block_bytes=block_bytes)
        assert settle(device).region[: len(new)] == new
        assert outcome.written_sectors <= len(new) // SECTOR - present + 2


STAGES = 14


@pytest.mark.parametrize("part", range(STAGES))
def test_a_cable_cut_at_each_stage(part: int) -> None:
    old, new = images.make_pack(), images.make_pack(change=1, count=9)
    down, up = survey(old, new, None)
    check_cut(old, new, cut_down=1 + part * (down - 140) // STAGES)
    check_cut(old, new, cut_up=1 + part * (up - 140) // STAGES)


@pytest.mark.parametrize("part", range(8))
def test_a_cable_cut_while_a_damaged_copy_is_mended(part: int) -> None:
    """Header and end marker are the same in both: the reader must not see them match too early."""
    new = images.make_pack()
    old = new[: 2 * SECTOR + 7] + b"damaged" + new[2 * SECTOR + 14 :]
    down, _ = survey(old, new, None)
    check_cut(old, new, cut_down=1 + part * (down - 140) // 8)


@pytest.mark.parametrize("part", range(6))
def test_a_cable_cut_while_a_littlefs_is_replaced(part: int) -> None:
    old, new = images.make_littlefs(), images.make_littlefs(change=5)
    down, _ = survey(old, new, SECTOR)
    check_cut(old, new, SECTOR, cut_down=1 + part * (down - 140) // 6)


@pytest.mark.soak
def test_a_cable_cut_at_every_32nd_byte() -> None:
    old, new = images.make_pack(), images.make_pack(change=1, count=9)
    down, up = survey(old, new, None)
    for at in range(1, down - 140, 32):
        check_cut(old, new, cut_down=at)
    for at in range(1, up - 140, 16):
        check_cut(old, new, cut_up=at)


def test_a_wire_that_goes_dead_is_told() -> None:
    with Device(cells_with(images.make_pack())) as device:
        with Wire(device.line, cut_down=9000) as wire, pytest.raises(BuildError) as caught:
            send(wire.link(), images.make_pack(change=1))
        assert [d.code for d in caught.value.diagnostics] == ["IB725"]
        with Wire(device.line) as wire:
            send(wire.link(), images.make_pack(change=1), is_verified=True)
        settle(device)


# --- chips ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (("stick_busy", 3, 0), "IB731", "the flash chip stays busy"),
        (
            ("fail_erase", REGION + 0x3000, 0x1000),
            "IB731",
            "at 0x23000 of the chip: the flash does not erase",
        ),
        (("fail_program", REGION + 0x3000, 0x1000), "IB731", "the flash does not hold what was programmed"),
        (("set_id", 0xC84017, 0), "IB730", "(expected EF4017, found C84017)"),
        (("set_wire", 1, 0), "IB730", "no flash chip answers"),
        (("bus_fails", 60, 1500), "IB731", "failed with code -1500"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_a_chip_that_fails(fault: tuple[str, int, int], code: str, words: str) -> None:
    old, new = images.make_pack(), images.make_pack(change=2)
    changed = old[: 3 * SECTOR] + bytes(SECTOR) + new[4 * SECTOR :]
    with Device(cells_with(changed), faults=(fault,)) as device:
        with Wire(device.line) as wire, pytest.raises(BuildError) as caught:
            send(wire.link(), new, is_whole=True)
        diagnostic = caught.value.diagnostics[0]
        assert diagnostic.code == code
        assert words in diagnostic.message
        state = settle(device)
        if code == "IB730":
            assert (state.operations, state.region[: len(old)]) == (0, changed)
        else:
            assert images.is_refused(state.region)


@pytest.mark.parametrize("how", range(3), ids=["before", "half done", "after"])
@pytest.mark.parametrize("part", range(5))
def test_the_power_goes_at_an_operation_of_the_chip(part: int, how: int) -> None:
    old, new = images.make_pack(), images.make_pack(change=1)
    with Device(cells_with(old)) as device, Wire(device.line) as wire:
        send(wire.link(), new)
        total = device.look().operations
    assert total > 40
    with Device(cells_with(old), faults=(("cut_at", 1 + part * (total - 1) // 4, how),)) as device:
        with Wire(device.line) as wire, pytest.raises(BuildError) as caught:
            send(wire.link(), new)
        assert caught.value.diagnostics[0].code in ("IB730", "IB731")
        cells = device.look().cells
    region = cells[REGION : REGION + len(old)]
    assert region in (old, new) or images.is_refused(region)
    with Device(cells) as device, Wire(device.line) as wire:
        send(wire.link(), new, is_verified=True)
        assert settle(device).region[: len(new)] == new


def test_a_write_protected_chip_is_told() -> None:
    size = 2 * CHIP_BYTES
    faults = (("hold_protection", 1, 0),)
    with Device(model="sst25vf016b", chip_bytes=size, faults=faults) as device:
        with Wire(device.line) as wire, pytest.raises(BuildError) as caught:
            send(wire.link(), images.make_pack())
        assert "the flash chip is write protected" in caught.value.diagnostics[0].message


# --- the wrong board ------------------------------------------------------------------------------

RIGHT = Expected("test-board", REGION, REGION_BYTES, "w25q64jv", "EF 40 17")


@pytest.mark.parametrize(
    ("expected", "codes"),
    [
        (RIGHT, []),
        (Expected("other", REGION, REGION_BYTES, "w25q64jv", "EF 40 17"), ["IB727"]),
        (Expected("test-board", REGION + SECTOR, REGION_BYTES, "w25q64jv", "EF 40 17"), ["IB728"]),
        (Expected("test-board", REGION, REGION_BYTES + SECTOR, "w25q64jv", "EF 40 17"), ["IB728"]),
        (Expected("test-board", REGION, SECTOR, "w25q64jv", "EF 40 17"), []),
        (Expected("test-board", REGION, REGION_BYTES, "gd25q64c", "C8 40 17"), ["IB729"]),
        (Expected("test-board", REGION, REGION_BYTES, "w25q64jv", "EF ?? 17"), []),
        (Expected(pack_id=5), ["IB735"]),
        (Expected("other", 0, SECTOR, "gd25q64c", "C8 40 17", 5), ["IB727", "IB728", "IB729", "IB735"]),
    ],
)
def test_the_wrong_board_is_refused_before_the_first_erase(expected: Expected, codes: list[str]) -> None:
    old, new = images.make_pack(), images.make_pack(change=1)
    with Device(cells_with(old), pack_id=images.pack_id(old)) as device:
        with Wire(device.line) as wire:
            found: tuple[Diagnostic, ...] = ()
            try:
                send(wire.link(), new, expected=expected)
            except BuildError as error:
                found = error.diagnostics
            assert sorted(d.code for d in found) == codes
        state = settle(device)
        assert state.region[: len(old)] == (old if codes else new)
        assert (state.operations == 0) == bool(codes)


def test_an_image_that_is_larger_than_the_region_is_refused() -> None:
    with Device(cells_with(images.make_pack())) as device:
        with Wire(device.line) as wire, pytest.raises(BuildError) as caught:
            send(wire.link(), bytes(REGION_BYTES + 1))
        assert [d.code for d in caught.value.diagnostics] == ["IB732"]
        assert settle(device).operations == 0
