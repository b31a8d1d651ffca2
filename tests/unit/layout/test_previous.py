"""A layout that is kept: payloads stay where they were, the image stays sound whatever was edited."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.layout.handmade import bitmap_asset, bitwise_crc8, file_asset, flash_target, partition, u16, u32

from imgbuild.errors import BuildError, Place, Severity
from imgbuild.layout.flat import pack_flat, place_flat
from imgbuild.layout.previous import Previous, judge_layout
from imgbuild.model import EncodedAsset
from imgbuild.reader.container import open_image
from imgbuild.reader.verify import verify_image

VARIANTS = ("dark", "2x")


def build(
    assets: Sequence[EncodedAsset], base: bytes | None = None, variants: Sequence[str] = VARIANTS
) -> bytes:
    previous = None if base is None else Previous.of(open_image(base))
    layout = place_flat(assets, variants, previous)
    return pack_flat(layout, name="weather", content_version=0, erase_bytes=4096)


def noise(seed: int, size: int) -> bytes:
    data = b"".join(zlib.crc32(b"%d.%d" % (seed, n)).to_bytes(4, "little") for n in range(-(-size // 4)))
    return data[:size]


def files(**sizes: int) -> list[EncodedAsset]:
    return [file_asset(name, noise(n, size)) for n, (name, size) in enumerate(sizes.items())]


def offsets_of(pack: bytes) -> dict[str, int]:
    image = open_image(pack)
    return {image.label(entry): entry.offset for entry in image.assets}


def slots_of(pack: bytes) -> dict[str, int]:
    image = open_image(pack)
    return {image.label(entry): entry.slot for entry in image.assets}


def contents_of(pack: bytes) -> dict[str, bytes]:
    image = open_image(pack)
    return {image.label(entry): bytes(image.checked_payload(entry)) for entry in image.assets}


def changed(assets: Sequence[EncodedAsset], name: str, payload: bytes) -> list[EncodedAsset]:
    return [file_asset(name, payload) if asset.name == name else asset for asset in assets]


def variant_of(asset: EncodedAsset, number: int) -> EncodedAsset:
    name = f"{asset.name}@{VARIANTS[number - 1]}"
    payload = asset.payload + bytes((number,))
    return replace(file_asset(name, payload), base=asset.name, variant=number)


# --- examples ------------------------------------------------------------------------------------


def test_what_did_not_change_gives_the_same_bytes() -> None:
    assets = [
        *files(a=5, b=3000, empty=0, c=700),
        bitmap_asset("icon", (4, 4), 0x12, 8, noise(9, 32), 4096),
        file_asset("late", b"", 4096),
    ]
    assets += [variant_of(assets[1], 2), file_asset("copy", assets[1].payload)]
    base = build(assets)
    assert build(assets, base) == base


def test_an_asset_of_the_same_or_a_smaller_size_stays_where_it_was() -> None:
    assets = files(a=900, b=500, c=40)
    base = build(assets)
    for size in (500, 499, 17, 1):
        after = build(changed(assets, "b", noise(77, size)), base)
        assert offsets_of(after) == offsets_of(base)
        assert contents_of(after)["b"] == noise(77, size)


def test_an_asset_that_grew_goes_behind_the_rest_and_nothing_else_moves() -> None:
    assets = files(a=900, b=500, c=400, d=300)
    base = build(assets)
    after = build(changed(assets, "b", noise(77, 620)), base)
    before, now = offsets_of(base), offsets_of(after)
    assert now.pop("b") == before["d"] + 300
    before.pop("b")
    assert now == before


def test_its_old_place_is_erased_flash_then() -> None:
    assets = files(a=900, b=500, c=400, d=300)
    base = build(assets)
    after = build(changed(assets, "b", noise(77, 620)), base)
    at = offsets_of(base)["b"]
    assert after[at : at + 500] == b"\xff" * 500


def test_the_last_asset_grows_in_its_place() -> None:
    assets = files(a=900, b=500)
    base = build(assets)
    after = build(changed(assets, "b", noise(77, 5000)), base)
    assert offsets_of(after) == offsets_of(base)


def test_a_large_asset_that_grew_a_little_pushes_out_the_small_one_behind_it() -> None:
    assets = files(a=100, font=20_000, small=300, last=100)
    base = build(assets)
    after = build(changed(assets, "font", noise(77, 20_100)), base)
    before, now = offsets_of(base), offsets_of(after)
    assert now.pop("small") == before.pop("small") + 300 + 100
    assert now == before


def test_a_gap_takes_what_fits_into_it() -> None:
    assets = files(a=900, b=500, c=400, d=300)
    base = build(assets)
    without_b = build([asset for asset in assets if asset.name != "b"], base)
    added = [asset for asset in assets if asset.name != "b"] + [file_asset("new", noise(88, 450))]
    after = build(added, without_b)
    assert offsets_of(after)["new"] in range(offsets_of(base)["b"], offsets_of(base)["b"] + 50)
    assert len(after) <= len(base)


def test_a_renamed_asset_stays_where_it_was() -> None:
    assets = files(a=900, b=500, c=400)
    base = build(assets)
    after = build([replace(assets[1], name="z", key=zlib.crc32(b"z")), assets[0], assets[2]], base)
    assert offsets_of(after)["z"] == offsets_of(base)["b"]


def test_an_asset_whose_alignment_changed_moves() -> None:
    assets = files(a=901, b=500, c=400)
    base = build(assets)
    after = build([assets[0], replace(assets[1], align_bytes=256), assets[2]], base)
    assert offsets_of(after)["b"] % 256 == 0
    assert offsets_of(after)["c"] == offsets_of(base)["c"]


def test_copies_share_one_place_and_part_when_one_changes() -> None:
    assets = [*files(a=900, b=500), file_asset("twin", noise(1, 500))]
    base = build(assets)
    assert offsets_of(base)["b"] == offsets_of(base)["twin"]
    after = build(changed(assets, "b", noise(77, 500)), base)
    assert offsets_of(after)["twin"] == offsets_of(base)["twin"]
    assert contents_of(after)["b"] == noise(77, 500)
    assert build(assets, after).count(noise(1, 500)) == 1


def test_removing_the_last_assets_makes_the_image_smaller() -> None:
    assets = files(a=900, b=500, c=4000)
    base = build(assets)
    assert len(build(assets[:2], base)) <= len(base) - 4000


def test_keys_keep_their_slots_when_one_asset_is_renamed() -> None:
    assets = files(**{f"icon{n:03}": 8 + n for n in range(500)})
    base = build(assets)
    other = "icon_x"
    after = build([replace(a, name=other, key=zlib.crc32(other.encode())) if a.name == "icon250" else a
                   for a in assets], base)  # fmt: skip
    before, now = slots_of(base), slots_of(after)
    moved = [name for name in before if name != "icon250" and now[name] != before[name]]
    assert len(moved) <= 12
    assert verify_image(after, Place("x")).diagnostics == ()


def test_variants_keep_their_slots() -> None:
    assets = files(a=30, b=50, c=70)
    assets += [variant_of(assets[0], 1), variant_of(assets[2], 2)]
    base = build(assets)
    edited = [*changed(assets[:3], "b", noise(5, 50)), *assets[3:]]
    assert slots_of(build(edited, base)) == slots_of(base)


# --- judging -------------------------------------------------------------------------------------


def test_gaps_of_an_eighth_or_less_are_not_remarked_on() -> None:
    assets = files(a=40_000)
    target = partition(flash_target())
    least = len(build(assets, variants=()))
    assert judge_layout(assets, (), least + least // 8, target) == []
    (warning,) = judge_layout(assets, (), least + 10_000, target)
    assert (warning.code, warning.severity) == ("IB433", Severity.WARNING)
    assert "10000 B (9.8 KiB), 24 %" in warning.message


def test_gaps_within_the_last_erase_block_cost_nothing() -> None:
    assets = files(a=1000)
    assert judge_layout(assets, (), len(build(assets, variants=())) + 2000, partition(flash_target())) == []


def test_what_fits_only_without_the_old_layout_is_an_error() -> None:
    assets = files(a=40_000)
    target = partition(flash_target())
    (error,) = judge_layout(assets, (), 0x180004, target)
    assert error.code == "IB434"
    assert error.severity is Severity.ERROR
    tight = replace(target, budget_bytes=41_000)
    (error,) = judge_layout(assets, (), 41_004, tight)
    assert "the budget is 41000 B" in error.message


# --- any sequence of edits -----------------------------------------------------------------------

SIZES = st.sampled_from((0, 1, 3, 4, 24, 30, 100, 101, 250, 400, 3000))
EDITS = st.tuples(
    st.sampled_from(("add", "add", "remove", "grow", "shrink", "rename", "align", "twin", "variant")),
    st.integers(0, 30),
    SIZES,
    st.sampled_from((4, 4, 4, 8, 32, 256)),
)


def edit(assets: list[EncodedAsset], step: tuple[str, int, int, int], count: int) -> list[EncodedAsset]:
    what, which, size, align = step
    new = f"n{count}"
    if what == "add" or not assets:
        rows = 1 + size // 2
        picture = bitmap_asset(new, (1, rows), 0x12, 2, noise(count, 2 * rows), align)
        added = picture if which % 3 == 0 else None
        return [*assets, added or file_asset(new, noise(count, size), align)]
    at = which % len(assets)
    old = assets[at]
    if what == "remove":
        return [a for a in assets if a is not old and (not a.variant or a.base != old.name)]
    payloads = {"grow": old.payload + noise(count, size + 1), "shrink": old.payload[: len(old.payload) // 2]}
    if what in payloads and old.anchor_bytes == 0:
        payload = payloads[what]
        old = replace(old, payload=payload, crc32=zlib.crc32(payload), raw_bytes=len(payload))
    elif what == "rename" and not old.variant and not any(a.base == old.name for a in assets):
        old = replace(old, name=new, key=zlib.crc32(new.encode()))
    elif what == "align":
        old = replace(old, align_bytes=align)
    elif what == "twin":
        return [*assets, replace(old, name=new, key=zlib.crc32(new.encode()), variant=0, base="")]
    elif what == "variant" and not old.variant and old.anchor_bytes == 0:
        made = variant_of(old, 1 + which % 2)
        return assets if any(a.name == made.name for a in assets) else [*assets, made]
    return [*assets[:at], old, *assets[at + 1 :]]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(EDITS, min_size=1, max_size=6), min_size=1, max_size=8))
def test_any_sequence_of_edits_gives_a_sound_image_with_the_same_contents(rounds) -> None:
    assets: list[EncodedAsset] = files(a=100, b=3000, c=0, d=700)
    base, count = build(assets), 0
    for steps in rounds:
        for step in steps:
            count += 1
            assets = edit(assets, step, count)
        after = build(assets, base)
        report = verify_image(after, Place("kept"))
        assert report.diagnostics == ()
        assert contents_of(after) == contents_of(build(assets))
        offsets = offsets_of(after)
        for asset in assets:
            assert (offsets[asset.name] + asset.anchor_bytes) % asset.align_bytes == 0
        assert build(assets, after) == after, "nothing changed since"
        assert build(assets, base) == after, "same inputs and base, same bytes"
        base = after


@pytest.mark.parametrize("count", [1000, 20_000])
def test_many_new_assets_are_placed_in_little_time(count: int) -> None:
    import time

    assets = files(**{f"f{n}": 10 + n % 50 for n in range(count)})
    base = build(assets[::2])
    start = time.process_time()
    after = build(assets, base)
    assert time.process_time() - start < 4
    assert contents_of(after) == {asset.name: asset.payload for asset in assets}


# --- released images that lie --------------------------------------------------------------------


def repaired(pack: bytearray) -> bytes:
    """Every checksum made to fit what it covers, as somebody would who wants to fool the builder."""
    count, entries = u16(pack, 0x1C), u32(pack, 0x18)
    for at in range(entries, entries + 32 * count, 32):
        offset, size = u32(pack, at + 4), u32(pack, at + 8)
        pack[at + 12 : at + 16] = zlib.crc32(pack[offset : offset + size]).to_bytes(4, "little")
        pack[at + 31] = bitwise_crc8(bytes(pack[at : at + 31]))
    index_end = u32(pack, 0x2C) + u32(pack, 0x30)
    pack[0x28:0x2C] = zlib.crc32(pack[64:index_end]).to_bytes(4, "little")
    header_crc = zlib.crc32(pack[:0x3C]).to_bytes(4, "little")
    pack[0x3C:0x40] = pack[-8:-4] = header_crc
    return bytes(pack)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 39), st.integers(390, 1600), st.integers(0, 500)), max_size=12),
    st.data(),
)
def test_a_released_image_that_lies_gives_a_sound_image_or_an_error(lies, data) -> None:
    assets = files(**{f"n{n}": 7 * n for n in range(40)})
    pack = bytearray(build(assets))
    entries = u32(pack, 0x18)
    for slot, offset, size in lies:  # payloads that overlap, that are none, that several assets share
        at = entries + 32 * slot
        pack[at + 4 : at + 12] = (offset * 4).to_bytes(4, "little") + size.to_bytes(4, "little")
    for _ in range(data.draw(st.integers(0, 4))):  # a table that leads elsewhere
        bucket = data.draw(st.integers(0, u16(pack, 0x1E) - 1))
        pack[64 + 2 * bucket : 66 + 2 * bucket] = data.draw(st.integers(0, 0xFFFF)).to_bytes(2, "little")
    try:
        after = build(assets, repaired(pack))
    except BuildError:
        return
    assert verify_image(after, Place("kept")).diagnostics == ()
    assert contents_of(after) == {asset.name: asset.payload for asset in assets}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 7))
def test_a_flipped_bit_of_the_released_image_is_noticed(at: int, bit: int) -> None:
    assets = files(a=50, b=300, c=8)
    pack = bytearray(build(assets))
    pack[at % len(pack)] ^= 1 << bit
    try:
        after = build(assets, bytes(pack))
    except BuildError:
        return
    assert after == build(assets), "it lay between the payloads"
