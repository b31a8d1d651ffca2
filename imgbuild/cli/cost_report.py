"""What each picture costs to draw, and what the codecs and formats that were tried would cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imgbuild.cli import console
from imgbuild.model import Codec, CodecTrial, Kind

if TYPE_CHECKING:
    from imgbuild.codecs.costs import DrawCost
    from imgbuild.model import EncodedAsset

_PICTURES = (Kind.BITMAP, Kind.ANIMATION)
_HEADER_BYTES = 28
"""Of a bitmap's payload: what ``ls`` tells of an image counts palettes and longer tables as pixels."""
_CODECS = {codec.label: codec for codec in Codec if codec is not Codec.RANGE_GLYPHS}


def list_lines(assets: Sequence[EncodedAsset]) -> list[str]:
    """A line per picture and one for each codec that was tried and not taken; then what is assumed."""
    from imgbuild.codecs.costs import ASSUMED, BUS_MHZ

    rows = [row for asset in assets for row in _rows_of(asset)]
    if not rows:
        return []
    header = ("DRAW", "FORMAT", "CODEC", "FETCHED", "INSTRUCTIONS", "PER PX", "CPU MS")
    buses = tuple(f"AT {mhz} MHZ" for mhz in BUS_MHZ)
    table = console.format_table((*header, *buses), rows, frozenset(range(3, 10)))
    return [*table, f"times in ms; assumed: {ASSUMED}"]


def _rows_of(asset: EncodedAsset) -> list[tuple[str, ...]]:
    """The choice, then the smallest of every other codec that was tried."""
    cost = cost_of_trial(asset, _as_trial(asset))
    if cost is None:
        return []
    rows = [_cells(asset.name, asset.pixel_format, asset.codec, cost)]
    for trial in _rivals_of(asset):
        other = cost_of_trial(asset, trial)
        if other is not None:
            rows.append(_cells("  tried", trial.pixel_format, trial.codec, other))
    return rows


def _rivals_of(asset: EncodedAsset) -> list[CodecTrial]:
    best: dict[Codec, CodecTrial] = {}
    for trial in asset.tried:
        if trial.codec not in best or trial.stored_bytes < best[trial.codec].stored_bytes:
            best[trial.codec] = trial
    best.pop(asset.codec, None)
    return [best[codec] for codec in sorted(best)]


def _cells(name: str, pixel_format: int, codec: Codec, cost: DrawCost) -> tuple[str, ...]:
    from imgbuild.codecs.costs import BUS_MHZ

    times = (f"{cost.time_ms(mhz):.2f}" for mhz in BUS_MHZ)
    counts = (str(cost.fetched_bytes), str(cost.instructions), f"{cost.instructions_per_pixel:.1f}")
    return (name, _format_name(pixel_format), codec.label, *counts, f"{cost.cpu_ms:.2f}", *times)


def cost_of_trial(asset: EncodedAsset, trial: CodecTrial) -> DrawCost | None:
    """What ``asset`` costs by ``trial``, an animation all frames once; None if it is no picture of ours."""
    if asset.kind not in _PICTURES or asset.pixel_format == 0:
        return None
    pixels = asset.width * asset.height
    if asset.kind is Kind.ANIMATION:
        pixels = asset.raw_bytes * 8 // _bits_of(asset.pixel_format)
    return _estimate(trial, pixels)


def _estimate(trial: CodecTrial, pixels: int) -> DrawCost | None:
    from imgbuild.codecs.costs import cost_of

    is_raw = trial.codec is Codec.RAW
    return cost_of(
        _format_name(trial.pixel_format),
        trial.codec,
        pixels,
        trial.pixel_bytes if is_raw else pixels * _bits_of(trial.pixel_format) // 8,
        pixel_bytes=trial.pixel_bytes,
        stored_bytes=trial.stored_bytes,
    )


def _as_trial(asset: EncodedAsset) -> CodecTrial:
    """What was chosen; the tables of an animation's later frames count as pixels, they are few."""
    stored_bytes = len(asset.payload)
    return CodecTrial(asset.codec, asset.pixel_format, stored_bytes, stored_bytes - asset.anchor_bytes)


def _format_name(number: int) -> str:
    from imgbuild.reader.pixelformat import PIXEL_FORMATS

    return PIXEL_FORMATS[number].name if number in PIXEL_FORMATS else f"0x{number:02X}"


def _bits_of(number: int) -> int:
    """Bits of a pixel in all planes."""
    from imgbuild.pixels.formats import PIXEL_FORMATS

    row = next((row for row in PIXEL_FORMATS.values() if row.number == number), None)
    if row is None:
        return 8
    return row.bits + (8 if row.name == "rgb565a8" else 0)


# --- plain values ----------------------------------------------------------------------------------


def cost_json(asset: EncodedAsset) -> dict[str, Any]:
    """``draw`` and ``tried`` of the report; nothing for what is no picture."""
    cost = cost_of_trial(asset, _as_trial(asset))
    if cost is None:
        return {}
    chosen = asset.codec, asset.pixel_format
    tried = [
        {
            "codec": trial.codec.label,
            "pixel_format": _format_name(trial.pixel_format),
            "is_chosen": (trial.codec, trial.pixel_format) == chosen,
            "draw": None if (other := cost_of_trial(asset, trial)) is None else _plain(other),
        }
        for trial in asset.tried
    ]
    return {"draw": _plain(cost), "tried": tried}


def _plain(cost: DrawCost) -> dict[str, Any]:
    from imgbuild.codecs.costs import BUS_MHZ

    return {
        "fetched_bytes": cost.fetched_bytes,
        "instructions": cost.instructions,
        "instructions_per_pixel": round(cost.instructions_per_pixel, 1),
        "cpu_ms": round(cost.cpu_ms, 3),
        **{f"ms_at_{mhz}_mhz": round(cost.time_ms(mhz), 3) for mhz in BUS_MHZ},
    }


# --- all of them together --------------------------------------------------------------------------


def sum_assets(assets: Iterable[EncodedAsset]) -> tuple[int, DrawCost] | None:
    """How many pictures there are, and drawing each once."""
    costs = [cost_of_trial(asset, _as_trial(asset)) for asset in assets]
    return _sum([cost for cost in costs if cost is not None])


def sum_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[int, DrawCost] | None:
    """The same from the rows of ``ls``."""
    from imgbuild.pixels.formats import PIXEL_FORMATS

    costs = []
    for row in rows:
        pixel_format, codec = PIXEL_FORMATS.get(row.get("pixel_format", "")), _CODECS.get(row["codec"])
        if "width" not in row or pixel_format is None or codec is None:
            continue
        pixels = row["width"] * row["height"]
        if "frames" in row:
            pixels = row["raw_bytes"] * 8 // _bits_of(pixel_format.number)
        stored_bytes = row["stored_bytes"]
        pixel_bytes = max(0, stored_bytes - _HEADER_BYTES)
        costs.append(_estimate(CodecTrial(codec, pixel_format.number, stored_bytes, pixel_bytes), pixels))
    return _sum([cost for cost in costs if cost is not None])


def _sum(costs: Sequence[DrawCost]) -> tuple[int, DrawCost] | None:
    from imgbuild.codecs.costs import DrawCost

    if not costs:
        return None
    totals = (
        sum(getattr(cost, name) for cost in costs) for name in ("pixels", "fetched_bytes", "instructions")
    )
    return len(costs), DrawCost(*totals)


def describe_sum(total: tuple[int, DrawCost]) -> str:
    """One line: drawing every picture once."""
    from imgbuild.codecs.costs import BUS_MHZ

    count, cost = total
    times = ", ".join(f"{cost.time_ms(mhz):.0f}" for mhz in BUS_MHZ)
    buses = ", ".join(str(mhz) for mhz in BUS_MHZ)
    what = "the picture" if count == 1 else f"each of {count} pictures"
    return (
        f"drawing {what} once: {cost.fetched_bytes} B, {cost.instructions_per_pixel:.0f} instructions per"
        f" pixel; about {times} ms from SPI of {buses} MHz"
    )


def sum_json(total: tuple[int, DrawCost]) -> dict[str, Any]:
    """The same as plain values, with what is assumed."""
    from imgbuild.codecs.costs import ASSUMED

    count, cost = total
    return {"pictures": count, **_plain(cost), "assumed": ASSUMED}
