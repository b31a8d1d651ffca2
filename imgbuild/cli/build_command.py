"""``imgbuild build``: manifest to flash image, headers, depfile and stamp."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import askers_report, console, partitions_report
from imgbuild.cli.cost_report import describe_sum, sum_assets, sum_json
from imgbuild.cli.delivery_options import add_delivery_options, delivery_identity, read_delivery_options
from imgbuild.cli.loss_report import report_artifact, report_json, write_report
from imgbuild.cli.output_path import OutputPath, has_slash
from imgbuild.errors import Diagnostic, ExitCode, Place
from imgbuild.stamp import fresh_messages, stamp_bytes, stamp_path
from imgbuild.units import format_bytes

if TYPE_CHECKING:
    from imgbuild.build import BuildRequest, BuildResult
    from imgbuild.model import Artifact

_PATH = click.Path(path_type=Path)


@click.command("build")
@click.argument("manifest", type=_PATH)
@click.option("-o", "--output", type=OutputPath(), required=True,
              help="Flash image to write, as its suffix says; folder/: several partitions.")  # fmt: skip
@click.option("--header-dir", type=_PATH, help="Folder of the C headers  [default: beside the image]")
@click.option("--root", "roots", type=_PATH, multiple=True, help="Another folder that inputs may lie in.")
@click.option("--board", help="Build for this board instead of the manifest's.")
@click.option("--pad", type=click.Choice(["erase", "region"]), default="erase", show_default=True,
              help="Fill a flat image with 0xFF to the erase block or to the region's end.")  # fmt: skip
@click.option("--base", type=_PATH, help="Keep the layout of this released image: updates write few sectors.")
@add_delivery_options
@click.option("--depfile", type=_PATH, help="Write the inputs as a Makefile rule.")
@click.option("--depfile-target", help="Target of that rule  [default: the image]")
@click.option("--check", "is_check", is_flag=True, help="Write nothing; exit 3 if an output is out of date.")
@click.option("--force", is_flag=True, help="Build even if nothing seems to have changed.")
@click.option("--report", "is_report", is_flag=True,
              help="Tell what each asset lost and what it costs to draw (also in --json).")  # fmt: skip
@click.option("--report-file", type=_PATH, help="Write that report, as JSON if the name ends in .json.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
@click.option("-q", "--quiet", is_flag=True, help="Print only warnings and errors.")
def command(**options: Any) -> int:
    """Build the flash image of MANIFEST, decode it again to be sure, and write it with its headers.

    \b
      imgbuild build manifests/watch.yaml -o build/ext.bin
      imgbuild build manifests/watch.yaml -o build/ext.bin --check
      imgbuild build manifests/watch.yaml -o build/all.hex --merge build/firmware.elf
    """
    identity = _identity(options)
    image = Path(identity["output"])
    options["is_measured"] = options["is_report"] or options["report_file"] is not None
    is_forced = options["force"] or options["is_measured"]
    messages = None if is_forced else fresh_messages(image, identity)
    if messages is not None:
        for message in messages:
            console.note(message)
        if not options["quiet"] and not options["is_json"]:
            console.write_line(f"{console.shown_path(image)}: up to date")
        if options["is_json"]:
            console.write_json({"schema_version": 1, "is_up_to_date": True, "image": str(options["output"])})
        return ExitCode.DONE
    return _build(options, identity)


def _identity(options: dict[str, Any]) -> dict[str, Any]:
    """What of the command line decides the outputs; the stamp keeps it."""
    output = options["output"].absolute()
    header_folder = options["header_dir"]
    depfile = options["depfile"]
    return {
        "manifest": str(options["manifest"].absolute()),
        "output": str(output),
        "is_folder": has_slash(),
        "header_folder": str(header_folder.absolute()) if header_folder else None,
        "roots": [str(root.absolute()) for root in options["roots"]],
        "folder": str(Path.cwd()),
        "board": options["board"],
        "pad": options["pad"],
        "depfile": str(depfile.absolute()) if depfile else None,
        "depfile_target": options["depfile_target"],
        "delivery": delivery_identity(options),
        "base": str(options["base"].absolute()) if options["base"] else None,
    }


def _build(options: dict[str, Any], identity: dict[str, Any]) -> int:
    from imgbuild.build import BuildRequest, build
    from imgbuild.output import compare_artifacts, write_artifacts

    request = BuildRequest(
        manifest=Path(identity["manifest"]),
        output=Path(identity["output"]),
        header_folder=Path(identity["header_folder"]) if identity["header_folder"] else None,
        roots=_roots(identity),
        board=options["board"],
        pad=options["pad"],
        depfile=Path(identity["depfile"]) if identity["depfile"] else None,
        depfile_target=options["depfile_target"],
        uses_cache=not options["force"],
        is_report=options["is_measured"],
        delivery=read_delivery_options(options, Path(identity["output"])),
        base=Path(identity["base"]) if identity["base"] else None,
        is_folder=identity["is_folder"],
    )
    progress = console.Progress("encoding", is_quiet=options["quiet"])
    try:
        result = build(request, progress)
    finally:
        progress.close()
    console.report(result.diagnostics)
    if options["is_check"]:
        return _check(compare_artifacts(result.artifacts))
    changed = write_artifacts(result.artifacts)
    if options["report_file"] is not None:
        write_artifacts([_report_file(options["report_file"].absolute(), result)])
    _write_stamp(identity, request, result)
    summarise = partitions_report.summarise if result.plan.has_partitions else _summarise
    summarise(result, request, changed, options)
    return ExitCode.DONE


def _report_file(path: Path, result: BuildResult) -> Artifact:
    if result.plan.has_partitions:
        return partitions_report.report_artifact(path, result)
    return report_artifact(path, result.assets)


def _roots(identity: dict[str, Any]) -> tuple[Path, ...]:
    """The roots given, and the current folder if the manifest lies inside it."""
    roots = [Path(root) for root in identity["roots"]]
    if Path(os.path.realpath(identity["manifest"])).is_relative_to(Path.cwd()):
        roots.append(Path.cwd())
    return tuple(roots)


def _check(different: list[Path]) -> int:
    for number, path in enumerate(different, 1):
        message = "a build would write other bytes" if path.exists() else "is missing; a build would write it"
        hint = "run the same command without --check" if number == len(different) else None
        console.report([Diagnostic("IB504", message, Place(str(path)), hint)])
    return ExitCode.OUT_OF_DATE if different else ExitCode.DONE


def _write_stamp(identity: dict[str, Any], request: BuildRequest, result: BuildResult) -> None:
    from imgbuild.model import Artifact
    from imgbuild.output import write_artifacts

    outputs = {artifact.path: artifact.data for artifact in result.artifacts}
    messages = [console.format_diagnostic(diagnostic) for diagnostic in result.diagnostics]
    stamp = stamp_bytes(identity, result.plan.inputs, outputs, messages)
    write_artifacts([Artifact(stamp_path(request.output), stamp)])


def _summarise(
    result: BuildResult, request: BuildRequest, changed: list[Path], options: dict[str, Any]
) -> None:
    image, region = result.image, result.image.partition.target.region
    total = sum_assets(result.assets)
    if options["is_json"]:
        document = {
            "schema_version": 1,
            "is_up_to_date": False,
            "image": str(options["output"]),
            "assets": len(result.assets),
            "total_bytes": image.total_bytes,
            "image_bytes": len(image.data),
            "region_bytes": region.size_bytes,
            "sha256": image.sha256,
            "changed": [str(path) for path in changed],
        }
        if total is not None:
            document["draw"] = sum_json(total)
        if options["is_report"]:
            document["report"] = report_json(result.assets)
            document["characters"] = askers_report.askers_json(image.partition.assets)
        console.write_json(document)
        return
    if options["is_report"]:
        write_report(result.assets)
        for line in askers_report.list_lines(image.partition.assets):
            console.write_line(line)
    if options["quiet"]:
        return
    share = 100 * image.used_bytes / region.size_bytes
    state = "" if request.output in changed else ", unchanged"
    room = f"{format_bytes(image.used_bytes)} of {format_bytes(region.size_bytes)} ({share:.1f} %)"
    console.write_line(
        f"{console.shown_path(request.output)}: {len(result.assets)} assets, {room}, verified{state}"
    )
    if total is not None:
        console.write_line(describe_sum(total))
