"""What ``imgbuild build`` tells of a manifest with ``partitions``: the same as of one, for each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgbuild.cli import askers_report, console, loss_report
from imgbuild.cli.cost_report import describe_sum, sum_assets, sum_json
from imgbuild.model import Artifact, Range
from imgbuild.units import format_bytes

if TYPE_CHECKING:
    from imgbuild.build import BuildRequest, BuildResult, BuiltPartition


def summarise(
    result: BuildResult, request: BuildRequest, changed: list[Path], options: dict[str, Any]
) -> None:
    """The JSON document, or a line for each partition and one for the whole."""
    if options["is_json"]:
        console.write_json(_document(result, changed, options))
        return
    if options["is_report"]:
        for line in report_lines(result):
            console.write_line(line)
    if options["quiet"]:
        return
    for line in console.format_table(
        _HEADER, [_row(part) for part in result.parts], frozenset({2, 3, 4, 5, 6})
    ):
        console.write_line(line)
    state = "" if request.output in changed or _has_changed(request.output, changed) else ", unchanged"
    count = sum(len(part.assets) for part in result.parts)
    shown = console.shown_path(request.output)
    console.write_line(f"{shown}: {len(result.parts)} partitions, {count} assets, verified{state}")
    total = sum_assets(asset for part in result.parts for asset in part.assets)
    if total is not None:
        console.write_line(describe_sum(total))


_HEADER = ("PARTITION", "CONTAINER", "OFFSET", "SIZE", "USED", "OF", "ASSETS")


def _has_changed(output: Path, changed: list[Path]) -> bool:
    return any(path.parent == output and path.suffix == ".bin" for path in changed)


def _row(part: BuiltPartition) -> tuple[str, ...]:
    image, whole = part.image, _whole(part)
    room = image.partition.target.region.size_bytes
    share = f"{100 * image.used_bytes / room:.1f} %"
    areas = image.partition.areas
    kind = image.partition.container
    if areas is not None and areas.update != "none":
        kind += f", {areas.update}"
    used = format_bytes(image.used_bytes).split(" (")[0]
    return (
        image.partition.name,
        kind,
        f"0x{whole.offset_bytes:06X}",
        _shown_size(whole.size_bytes),
        used,
        f"{_shown_size(room)} {share}",
        str(len(part.assets)),
    )


def _shown_size(size_bytes: int) -> str:
    return f"{size_bytes // 1024} KiB" if size_bytes % 1024 == 0 else f"{size_bytes} B"


def _whole(part: BuiltPartition) -> Range:
    from imgbuild.emit.settle_partitions import whole_of

    return whole_of(part.image.partition)


# --- report --------------------------------------------------------------------------------------


def report_lines(result: BuildResult) -> list[str]:
    """The report of each partition that has assets, under its name."""
    lines: list[str] = []
    for part in result.parts:
        if not part.assets:
            continue
        lines += [f"partition {part.image.partition.name}", *loss_report.list_lines(part.assets)]
        lines += [*askers_report.list_lines(part.image.partition.assets), ""]
    return lines


def report_artifact(path: Path, result: BuildResult) -> Artifact:
    """The report as a file: JSON if its name ends in ``.json``, else text."""
    if path.suffix.lower() == ".json":
        parts = [
            {"name": part.image.partition.name, "report": loss_report.report_json(part.assets)}
            for part in result.parts
        ]
        text = json.dumps({"schema_version": 1, "partitions": parts}, indent=2, ensure_ascii=False)
    else:
        text = "\n".join(report_lines(result))
    return Artifact(path, f"{text}\n".encode())


def _document(result: BuildResult, changed: list[Path], options: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "is_up_to_date": False,
        "image": str(options["output"]),
        "assets": sum(len(part.assets) for part in result.parts),
        "partitions": [_part_json(part, options) for part in result.parts],
        "changed": [str(path) for path in changed],
    }


def _part_json(part: BuiltPartition, options: dict[str, Any]) -> dict[str, Any]:
    image, whole = part.image, _whole(part)
    partition = image.partition
    document: dict[str, Any] = {
        "name": partition.name,
        "container": partition.container,
        "offset": whole.offset_bytes,
        "partition_bytes": whole.size_bytes,
        "erase_bytes": partition.target.erase_bytes,
        "is_writable": partition.is_writable,
        "update": partition.areas.update if partition.areas else "none",
        "assets": len(part.assets),
        "total_bytes": image.total_bytes,
        "image_bytes": len(image.data),
        "region_bytes": partition.target.region.size_bytes,
        "sha256": image.sha256,
    }
    base = partition.target.base_address
    if base is not None:
        document["address"] = base - partition.target.region.offset_bytes + whole.offset_bytes
    total = sum_assets(part.assets)
    if total is not None:
        document["draw"] = sum_json(total)
    if options["is_report"]:
        document["report"] = loss_report.report_json(part.assets)
        document["characters"] = askers_report.askers_json(partition.assets)
    return document
