"""``imgbuild build --report``: what became of each asset and what it costs to draw, as tables or in JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgbuild.cli import console, cost_report
from imgbuild.model import Artifact

if TYPE_CHECKING:
    from imgbuild.losses import LossReport, Measured
    from imgbuild.model import EncodedAsset

_HEADER = ("NAME", "FORMAT", "SIZE", "CODEC", "STORED", "RAW", "PSNR", "COLOURS", "LOST")
_RIGHT = frozenset({2, 4, 5, 6, 7})


def write_report(assets: Sequence[EncodedAsset]) -> None:
    """A line per asset, in the manifest's order; then what each picture costs to draw."""
    for line in list_lines(assets):
        console.write_line(line)


def list_lines(assets: Sequence[EncodedAsset]) -> list[str]:
    """The report as text."""
    costs = cost_report.list_lines(assets)
    table = console.format_table(_HEADER, [_row_of(asset) for asset in assets], _RIGHT)
    return [*table, "", *costs] if costs else table


def _row_of(asset: EncodedAsset) -> tuple[str, ...]:
    stored, raw, codec = str(len(asset.payload)), str(asset.raw_bytes), asset.codec.label
    loss = asset.loss
    if loss is None:
        return (asset.name, asset.kind.name.lower(), "", codec, stored, raw, "", "", "; ".join(asset.notes))
    size, measured = f"{asset.width}x{asset.height}", loss.measured
    psnr = "" if measured is None else "same" if measured.psnr_db is None else f"{measured.psnr_db:.1f} dB"
    colours = "" if measured is None else _describe_colours(measured)
    lost = "; ".join((*_list_losses(loss), *asset.notes))
    return asset.name, loss.pixel_format, size, codec, stored, raw, psnr, colours, lost


def _describe_colours(measured: Measured) -> str:
    if measured.colours_before == measured.colours_after:
        return str(measured.colours_after)
    return f"{measured.colours_before} > {measured.colours_after}"


def _list_losses(loss: LossReport) -> list[str]:
    """In words, the worst first."""
    ground = "black" if loss.is_on_default else "the background"
    words = (
        (loss.is_flat, "one flat colour is left"),
        (loss.is_flattened, f"transparency over {ground}"),
        (loss.is_upscaled, f"scaled up from {loss.source_px[0]}x{loss.source_px[1]}"),
        (loss.measured is not None and loss.measured.has_hidden_colour, "colour of clear pixels"),
    )
    return [text for holds, text in words if holds]


def report_artifact(path: Path, assets: Sequence[EncodedAsset]) -> Artifact:
    """The report as a file: JSON if its name ends in ``.json``, else text."""
    if path.suffix.lower() == ".json":
        document = {"schema_version": 1, "report": report_json(assets)}
        text = json.dumps(document, indent=2, ensure_ascii=False)
    else:
        text = "\n".join(list_lines(assets))
    return Artifact(path, f"{text}\n".encode())


def report_json(assets: Sequence[EncodedAsset]) -> list[dict[str, Any]]:
    """The same as plain values; ``psnr_db`` is null where no visible pixel differs."""
    return [_json_of(asset) for asset in assets]


def _json_of(asset: EncodedAsset) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": asset.name,
        "kind": asset.kind.name.lower(),
        "codec": asset.codec.label,
        "stored_bytes": len(asset.payload),
        "raw_bytes": asset.raw_bytes,
        "notes": list(asset.notes),
    }
    fields |= cost_report.cost_json(asset)
    loss = asset.loss
    if loss is None:
        return fields
    fields |= {
        "pixel_format": loss.pixel_format,
        "width": asset.width,
        "height": asset.height,
        "source_width": loss.source_px[0],
        "source_height": loss.source_px[1],
        "is_upscaled": loss.is_upscaled,
        "is_alpha_flattened": loss.is_flattened,
        "is_flat": loss.is_flat,
    }
    if loss.measured is not None:
        fields |= {
            "psnr_db": None if loss.measured.psnr_db is None else round(loss.measured.psnr_db, 2),
            "colours_before": loss.measured.colours_before,
            "colours_after": loss.measured.colours_after,
            "is_hidden_colour_removed": loss.measured.has_hidden_colour,
        }
    return fields
