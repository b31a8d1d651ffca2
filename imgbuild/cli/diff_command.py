"""``imgbuild diff``: what changed from one flash image to the next, and what it takes to deliver it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import read_image_file
from imgbuild.errors import ExitCode, Place, fail
from imgbuild.units import format_bytes

if TYPE_CHECKING:
    from imgbuild.flash.delivery_times import ChipTime
    from imgbuild.model import Chip
    from imgbuild.reader.container import Image
    from imgbuild.reader.diff import AssetDifference, BlockDifference

_PATH = click.Path(path_type=Path)
_DIFFERENT = 1
_SPANS_SHOWN = 16
_FACTS = ("container", "content_version", "pack_id", "contract_hash", "max_strip_bytes")
"""Of what ``info`` tells, what firmware may depend on."""


@dataclass(frozen=True, slots=True)
class _Site:
    """Where the images go, if named: the chip, the erase block there, the image's offset on the chip."""

    chip: Chip | None
    erase_bytes: int | None
    offset: int

    @property
    def is_erased(self) -> bool:
        """Whether bytes are erased before they are written: not in FRAM and EEPROM."""
        return self.chip is None or bool(self.chip.erase_bytes)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One way to write the new image: ``blocks`` erased and programmed, ``sent`` bytes over the link."""

    name: str
    sent: int
    programmed: int
    time: ChipTime | None
    is_whole: bool
    blocks: BlockDifference


@click.command("diff")
@click.argument("old", type=_PATH)
@click.argument("new", type=_PATH)
@click.option("--chip", help="Tell erase and program times of this chip.")
@click.option("--board", help="The same of a board's chip, the image at the start of its free range.")
@click.option("--exit-code", is_flag=True, help="Exit 1 if the images differ.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(**options: Any) -> int:
    """Tell what differs from flash image OLD to NEW: assets, erase blocks, and what an update takes.

    \b
      imgbuild diff released.bin ext.bin --board spark-core
    """
    from imgbuild.reader.container import open_image
    from imgbuild.reader.diff import compare_assets

    old, new = (read_image_file(options[side]) for side in ("old", "new"))
    before, after = (
        open_image(data, Place(str(options[side])))
        for side, data in (("old", old), ("new", new))
    )  # fmt: skip
    site = _site_of(options, len(new))
    assets, facts = compare_assets(before, after), _other_facts(before, after)
    deliveries = _plan_deliveries(old, new, site, _block_of(after))
    is_equal = not assets and not facts and old.rstrip(b"\xff") == new.rstrip(b"\xff")
    if options["is_json"]:
        document = _document(options, before, after, assets, deliveries)
        console.write_json(document | {"facts": facts, "is_equal": is_equal})
    else:
        _tell_assets(options, after, assets, is_equal=is_equal)
        if not is_equal:
            _tell_facts(facts)
            _tell_blocks(deliveries[1:], "erase blocks" if site.is_erased else "blocks")
            _tell_times(deliveries, site)
    return _DIFFERENT if options["exit_code"] and not is_equal else ExitCode.DONE


def _site_of(options: dict[str, Any], image_bytes: int) -> _Site:
    if options["chip"] and options["board"]:
        raise click.UsageError("--chip and --board do not go together: a board has its chip")
    if options["board"]:
        from imgbuild.flash.region import target_of_board

        target = target_of_board(options["board"], image_bytes, Place(str(options["new"])))
        return _Site(target.chip, target.erase_bytes, target.region.offset_bytes)
    chip = _find_chip(options["chip"]) if options["chip"] else None
    return _Site(chip, chip.block_bytes if chip else None, 0)


def _find_chip(name: str) -> Chip:
    from imgbuild.flash.closest import closest
    from imgbuild.flash.tables import load_chips

    chips = load_chips()
    if name not in chips:
        meant = closest(name, chips)
        every = "'imgbuild chips' lists all"
        hint = f"did you mean '{meant}'? {every}" if meant else every
        fail("IB402", f"--chip: unknown chip '{name}'", hint=hint)
    return chips[name]


def _block_of(image: Image) -> int:
    """The erase block that the image was laid out by."""
    if image.block_bytes:
        return image.block_bytes
    exponent = image.header.erase_log2 if image.header else 12
    return 1 << exponent if 8 <= exponent <= 24 else 0x1000


def _other_facts(old: Image, new: Image) -> dict[str, list[Any]]:
    """What of the images as a whole differs: old and new value by name."""
    from imgbuild.reader.listing import tell_facts

    before, after = tell_facts(old), tell_facts(new)
    return {
        name: [before[name], after[name]]
        for name in _FACTS
        if name in before and name in after and before[name] != after[name]
    }


def _plan_deliveries(old: bytes, new: bytes, site: _Site, image_block: int) -> list[_Delivery]:
    """The whole image, then only the blocks that changed, for each size of block."""
    from imgbuild.flash.delivery_times import chip_time, choose_blocks, count_erases, page_bytes_of
    from imgbuild.reader.diff import BlockDifference, compare_blocks, count_programmed

    units = choose_blocks(site.chip, site.erase_bytes or image_block)
    page_bytes = page_bytes_of(site.chip)
    whole = BlockDifference(units[0], len(new), 0, 0, ((0, len(new)),))
    changed = [compare_blocks(old, new, unit, site.offset % unit) for unit in units]
    deliveries = []
    for blocks in (whole, *changed):
        is_whole = blocks is whole
        programmed = count_programmed(new, blocks.spans, page_bytes, is_erased=site.is_erased)
        usable = units if is_whole else [unit for unit in units if unit <= blocks.block_bytes]
        erases = count_erases(blocks.spans, usable, site.offset)
        time = chip_time(site.chip, erases, programmed) if site.chip else None
        name = "whole" if is_whole else f"changed {_shown_size(blocks.block_bytes)}"
        sent, programmed_bytes = blocks.changed_bytes, programmed * page_bytes
        deliveries.append(_Delivery(name, sent, programmed_bytes, time, is_whole, blocks))
    return deliveries


def _shown_size(size: int) -> str:
    return f"{size // 1024} KiB" if size % 1024 == 0 else f"{size} B"


# --- text ----------------------------------------------------------------------------------------


def _tell_assets(
    options: dict[str, Any], new: Image, assets: Sequence[AssetDifference], *, is_equal: bool
) -> None:
    old_name, new_name = (console.shown_path(options[side]) for side in ("old", "new"))
    if is_equal:
        console.write_line(f"{old_name} and {new_name}: equal, {len(new.assets)} assets")
        return
    counts = {status: sum(a.status == status for a in assets) for status in ("added", "removed", "changed")}
    alike = len(new.assets) - counts["added"] - counts["changed"]
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    console.write_line(f"{old_name} -> {new_name}: {told}, {alike} as before")
    if assets:
        console.write_table(("", "name", "kind", "bytes", "what"), map(_asset_row, assets))


def _asset_row(asset: AssetDifference) -> tuple[str, ...]:
    row = asset.new or asset.old or {}
    sizes = [str(side["stored_bytes"]) for side in (asset.old, asset.new) if side]
    size = sizes[0] if len(set(sizes)) == 1 else " -> ".join(sizes)
    return (
        asset.status,
        asset.name,
        row["kind"],
        size,
        ", ".join(_describe(what, asset) for what in asset.what),
    )


def _describe(what: str, asset: AssetDifference) -> str:
    """``codec raw -> lz4`` for what has a value of its own, else the word."""
    old, new = asset.old or {}, asset.new or {}
    values: dict[str, Callable[[dict[str, Any]], str]] = {
        "kind": lambda row: row["kind"],
        "shape": lambda row: f"{row.get('width', 0)}x{row.get('height', 0)}",
        "pixel format": lambda row: row.get("pixel_format", "none"),
        "codec": lambda row: row["codec"],
        "moved": lambda row: f"0x{row['offset']:06X}",
    }
    if what not in values:
        return what
    return f"{what} {values[what](old)} -> {values[what](new)}"


def _tell_facts(facts: dict[str, list[Any]]) -> None:
    for name, values in facts.items():
        is_hash = name.endswith(("_id", "_hash"))
        old, new = (f"0x{value:08X}" if is_hash else str(value) for value in values)
        console.write_line(f"{name.replace('_', ' ')}: {old} -> {new}")


def _tell_blocks(changed: Sequence[_Delivery], what: str) -> None:
    for delivery in changed:
        blocks = delivery.blocks
        spans = [f"0x{begin:06X}-0x{end - 1:06X}" for begin, end in blocks.spans[:_SPANS_SHOWN]]
        more = len(blocks.spans) - len(spans)
        where = f": {', '.join(spans)}{f' and {more} more ranges' if more else ''}" if spans else ""
        size = _shown_size(blocks.block_bytes)
        console.write_line(
            f"{what} of {size}: {blocks.changed_count} of {blocks.block_count} differ,"
            f" {format_bytes(delivery.programmed)} to program{where}"
        )


def _tell_times(deliveries: Sequence[_Delivery], site: _Site) -> None:
    from imgbuild.flash.delivery_times import LINKS

    rows = [("bytes sent", *(str(delivery.sent) for delivery in deliveries))]
    if site.chip is not None:
        rows.append((f"{site.chip.name} alone", *(_shown_chip_time(d.time) for d in deliveries)))
    for link in LINKS:
        cells = (f"~{_shown_seconds(_total_seconds(link.seconds(d.sent), d.time))}" for d in deliveries)
        rows.append((link.name, *cells))
    columns = frozenset(range(1, len(deliveries) + 1))
    console.write_table(("update", *(delivery.name for delivery in deliveries)), rows, columns)
    remark = "~ estimate"
    if site.chip is None:
        remark += "; without the chip's own time, which --chip or --board tells"
    elif any(delivery.time is None for delivery in deliveries):
        remark += f"; the row of {site.chip.name} lacks times, links stand without them"
    console.write_line(remark)


def _total_seconds(link_seconds: float, time: ChipTime | None) -> float:
    return link_seconds + (time.seconds if time else 0)


def _shown_chip_time(time: ChipTime | None) -> str:
    if time is None:
        return "not known"
    return f"{'~' if time.is_estimate else ''}{_shown_seconds(time.seconds)}"


def _shown_seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


# --- JSON ----------------------------------------------------------------------------------------


def _document(
    options: dict[str, Any],
    old: Image,
    new: Image,
    assets: Sequence[AssetDifference],
    deliveries: Sequence[_Delivery],
) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "old": {"image": str(options["old"]), "container": old.container, "image_bytes": old.size_bytes},
        "new": {"image": str(options["new"]), "container": new.container, "image_bytes": new.size_bytes},
        "assets": [_asset_json(asset) for asset in assets],
        "updates": [_delivery_json(delivery) for delivery in deliveries],
    }


def _asset_json(asset: AssetDifference) -> dict[str, Any]:
    told: dict[str, Any] = {"name": asset.name, "status": asset.status, "what": list(asset.what)}
    return told | {key: row for key, row in (("old", asset.old), ("new", asset.new)) if row is not None}


def _delivery_json(delivery: _Delivery) -> dict[str, Any]:
    from imgbuild.flash.delivery_times import LINKS

    told: dict[str, Any] = {"update": "whole" if delivery.is_whole else "changed"}
    if not delivery.is_whole:
        blocks = delivery.blocks
        told |= {
            "erase_bytes": blocks.block_bytes,
            "blocks": blocks.block_count,
            "changed_blocks": blocks.changed_count,
            "ranges": [{"offset": begin, "size": end - begin} for begin, end in blocks.spans],
        }
    told |= {"sent_bytes": delivery.sent, "programmed_bytes": delivery.programmed}
    if delivery.time is not None:
        time = delivery.time
        told["chip"] = {"seconds": round(time.seconds, 3), "is_estimate": time.is_estimate}
    told["ways"] = [
        {
            "way": link.name,
            "seconds": round(_total_seconds(link.seconds(delivery.sent), delivery.time), 3),
            "is_estimate": True,
            "assumes": link.assumption,
        }
        for link in LINKS
    ]
    return told
