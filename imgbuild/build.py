"""The only module that knows the order of the steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.addressed import AS_THE_SUFFIX_SAYS, DeliveryOptions
from imgbuild.encoding import WORKERS, encode_all
from imgbuild.errors import BuildError, Diagnostic, Diagnostics, Place, Severity
from imgbuild.font_report import report_fonts
from imgbuild.model import (
    Artifact,
    EncodedAsset,
    FlashImage,
    ImageOptions,
    Plan,
    PlannedAsset,
    PlannedPartition,
)
from imgbuild.packing import pack_partition
from imgbuild.palettes import KeptPictures, settle_palettes
from imgbuild.texts import settle_texts

if TYPE_CHECKING:
    from imgbuild.emit import EmitJob
    from imgbuild.emit.settle import Settled
    from imgbuild.emit.settle_partitions import SettledPartitions
    from imgbuild.layout.previous import Previous
    from imgbuild.manifest.schema import Manifest


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What the command line asks for. Paths are absolute.

    ``header_folder`` None: beside the image. ``is_folder``: the output was written with a slash at its end.
    """

    manifest: Path
    output: Path
    header_folder: Path | None = None
    roots: tuple[Path, ...] = ()
    board: str | None = None
    pad: str = "erase"
    depfile: Path | None = None
    depfile_target: str | None = None
    uses_cache: bool = False
    is_report: bool = False
    delivery: DeliveryOptions = AS_THE_SUFFIX_SAYS
    base: Path | None = None
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class BuiltPartition:
    """A partition's image and the assets in it."""

    image: FlashImage
    assets: tuple[EncodedAsset, ...]


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build made, before anything is written; ``parts`` in the plan's order."""

    plan: Plan
    parts: tuple[BuiltPartition, ...]
    artifacts: tuple[Artifact, ...]
    diagnostics: tuple[Diagnostic, ...] = field(default=())

    @property
    def image(self) -> FlashImage:
        """The first partition's image: the only one, unless the manifest lists several."""
        return self.parts[0].image

    @property
    def assets(self) -> tuple[EncodedAsset, ...]:
        """The first partition's assets."""
        return self.parts[0].assets


Progress = Callable[[int, int], None]


def build(request: BuildRequest, progress: Progress = lambda _done, _total: None) -> BuildResult:
    """Everything but writing: manifest to artifacts, verified. Raises BuildError."""
    from imgbuild.manifest.load import load_manifest
    from imgbuild.plan import make_plan

    found = Diagnostics()
    manifest: Manifest = load_manifest(request.manifest)
    plan = make_plan(manifest, request.roots, request.board, found)
    found.raise_if_errors()
    settled_file, plan = settle_file(plan, request)
    bases, plan = read_bases(plan, request, settled_file, found)
    encoded = [
        encode_partition(plan, partition, request, found, _continue(progress, plan, number))
        for number, partition in enumerate(plan.partitions)
    ]
    found.raise_if_errors()
    parts = _pack_all(plan, encoded, request, bases, found)
    found.raise_if_errors()
    for part in parts:
        verify_written(part.image, part.assets, request, found)
    found.raise_if_errors()
    if request.is_report:
        parts = [
            replace(part, assets=measure_all(part.image.partition.assets, part.assets)) for part in parts
        ]
    artifacts = emit_all(plan, parts, request, settled_file)
    _refuse_replacing_inputs(artifacts, plan, found)
    return BuildResult(plan, tuple(parts), artifacts, tuple(found.items))


def _pack_all(
    plan: Plan,
    encoded: Sequence[tuple[EncodedAsset, ...]],
    request: BuildRequest,
    bases: Sequence[Previous | None],
    found: Diagnostics,
) -> list[BuiltPartition]:
    """Every partition that fits; what is wrong with the others is noted of each."""
    parts = []
    for partition, assets, previous in zip(plan.partitions, encoded, bases, strict=True):
        own = Diagnostics()
        try:
            image = pack_partition(plan, partition, assets, request.pad, own, previous=previous)
        except BuildError as error:
            found.extend(error.diagnostics)
            continue
        found.extend(own.items)
        parts.append(BuiltPartition(image, assets))
    return parts


def _continue(progress: Progress, plan: Plan, number: int) -> Progress:
    """``progress`` of one partition as that of all."""
    counts = [len(partition.assets) for partition in plan.partitions]
    before, total = sum(counts[:number]), sum(counts)
    return lambda done, _total: progress(before + done, total)


def encode_partition(
    plan: Plan, partition: PlannedPartition, request: BuildRequest, found: Diagnostics, progress: Progress
) -> tuple[EncodedAsset, ...]:
    """All assets of a partition, decoded and encoded, with what there is to say of them."""
    own, kept = Diagnostics(), KeptPictures()
    settled = settle_palettes(partition.assets, WORKERS, kept)
    settled = settle_texts(settled, own, is_strict=plan.is_strict)
    assets: tuple[EncodedAsset, ...] = ()
    if not own.has_errors:
        assets = encode_all(
            settled,
            plan,
            own,
            progress,
            variants=partition.variants,
            uses_cache=request.uses_cache,
            kept=kept,
        )
        _forget_sheets(partition.assets)
        _warn_larger_than_display(plan, partition, assets, own)
        _warn_losses(plan, partition, assets, own)
        own.extend(report_fonts(settled, assets, is_strict=plan.is_strict))
    found.extend(own.items)
    return assets


def _warn_losses(
    plan: Plan, partition: PlannedPartition, assets: Sequence[EncodedAsset], found: Diagnostics
) -> None:
    from imgbuild.pixels.losswarnings import find_losses

    found.extend(find_losses(partition.assets, assets, is_strict=plan.is_strict))


def measure_all(planned: Sequence[PlannedAsset], assets: Sequence[EncodedAsset]) -> tuple[EncodedAsset, ...]:
    """The assets with the loss of each picture measured; every source is decoded once more."""
    from imgbuild.pixels.loss import measure_image
    from imgbuild.sources.image import decode_image

    by_name = {asset.name: asset for asset in planned}
    measured = []
    for encoded in assets:
        asset = by_name[encoded.name]
        if encoded.loss is None or not isinstance(asset.options, ImageOptions):
            measured.append(encoded)
            continue
        decoded = decode_image(asset.source, asset.options, asset.place, asset.name)
        measured.append(measure_image(asset, decoded, encoded))
    return tuple(measured)


def _forget_sheets(assets: Sequence[PlannedAsset]) -> None:
    if any(isinstance(asset.options, ImageOptions) and asset.options.cut for asset in assets):
        from imgbuild.sources.sheet import forget_sheets

        forget_sheets()


def _refuse_replacing_inputs(artifacts: Sequence[Artifact], plan: Plan, found: Diagnostics) -> None:
    """No artifact, be it the image, a header or the depfile, may lie where an input lies."""
    existing = {_file_identity(artifact.path): artifact for artifact in artifacts if artifact.path.is_file()}
    for path in plan.inputs if existing else ():
        artifact = existing.get(_file_identity(path))
        if artifact is not None:
            message = f"the build would write {artifact.path.name} over an input of its own"
            assets = (asset for partition in plan.partitions for asset in partition.assets)
            places = {asset.source: asset.place for asset in assets}
            place = places.get(path, Place(str(path)))
            found.error("IB503", message, place, "give the output another name or folder")
    found.raise_if_errors()


def _file_identity(path: Path) -> tuple[int, int]:
    """Device and inode: the same for every path that leads to one file."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _warn_larger_than_display(
    plan: Plan, partition: PlannedPartition, assets: Sequence[EncodedAsset], found: Diagnostics
) -> None:
    if plan.display_px is None:
        return
    width, height = plan.display_px
    places = {asset.name: asset.place for asset in partition.assets}
    for asset in assets:
        if asset.width > width or (asset.width and asset.height > height):
            message = (
                f'image "{asset.name}" is {asset.width}x{asset.height} px, the display {width}x{height} px'
            )
            hint = "give it a 'resize', or a smaller source"
            severity = Severity.ERROR if plan.is_strict else Severity.WARNING
            found.items.append(Diagnostic("IB208", message, places[asset.name], hint, asset.name, severity))


# --- pack, verify, emit ------------------------------------------------------------------------


def read_bases(
    plan: Plan, request: BuildRequest, settled: Settled | SettledPartitions, found: Diagnostics
) -> tuple[Sequence[Previous | None], Plan]:
    """The released image of each partition whose layout is to be kept, and the plan with them as inputs."""
    if request.base is None:
        return [None] * len(plan.partitions), plan
    from imgbuild.layout.previous import read_previous

    if not plan.has_partitions:
        previous = read_previous(request.base, plan.name, plan.partitions[0])
        return [previous], replace(plan, inputs=(*plan.inputs, request.base))
    from imgbuild.emit.settle_partitions import addresses_of
    from imgbuild.layout.previous_partitions import read_previous_of

    previously = read_previous_of(request.base, plan, addresses_of(plan, settled), found)
    return previously.layouts, replace(plan, inputs=(*plan.inputs, *previously.inputs))


def verify_written(
    image: FlashImage, assets: Sequence[EncodedAsset], request: BuildRequest, found: Diagnostics
) -> None:
    """Read the packed bytes back with the independent reader and compare every asset.

    Whatever it finds (IB613) is a defect of this program: the inputs were accepted long before.
    """
    from imgbuild.reader.verify import compare_expected, verify_image

    if image.partition.container == "settings":
        _verify_settings(image, request, found)
        return
    layout = image.partition.littlefs_layout
    report = verify_image(image.data, Place(str(request.output)), layout=layout)
    faults = [replace(item, message=f"{item.message} ({item.code})") for item in report.diagnostics]
    if report.image is not None and not faults:
        faults = compare_expected(report.image, assets)
    hint = "this is a defect of imgbuild: please report it, with the manifest; nothing was written"
    for number, item in enumerate(faults, 1):
        last = number == len(faults)
        found.error("IB613", item.message, item.place, hint if last else None, item.asset)


def _verify_settings(image: FlashImage, request: BuildRequest, found: Diagnostics) -> None:
    """The area as shipped: one that its reader finds at its start, sound and without values."""
    from imgbuild.reader.settings import find_areas, read_area

    areas = find_areas(image.data)
    area = read_area(image.data, areas[0]) if areas and not areas[0].offset_bytes else None
    if area is None or area.damaged or area.values or area.place.size_bytes > len(image.data):
        hint = "this is a defect of imgbuild: please report it, with the manifest; nothing was written"
        found.error(
            "IB613", "the settings area is not found as it was meant", Place(str(request.output)), hint
        )


def settle_file(plan: Plan, request: BuildRequest) -> tuple[Settled | SettledPartitions, Plan]:
    """Where the output file's bytes go, and the plan with what else the file is made of as inputs."""
    from imgbuild.emit.settle import settle_delivery
    from imgbuild.emit.settle_partitions import settle_partitions

    options, partition = request.delivery, plan.partitions[0]
    inputs = replace(plan, inputs=(*plan.inputs, *options.merge))
    if plan.has_partitions:
        return settle_partitions(plan, options, request.output, is_marked=request.is_folder), inputs
    return settle_delivery(options, request.output, plan.name, partition.target, partition.place), inputs


def emit_all(
    plan: Plan,
    parts: Sequence[BuiltPartition],
    request: BuildRequest,
    settled: Settled | SettledPartitions,
) -> tuple[Artifact, ...]:
    """Everything that is to be written but the stamp."""
    from imgbuild.emit import EMITTERS
    from imgbuild.emit.settle_partitions import SettledPartitions
    from imgbuild.emit.several import SeveralJob, emit_several

    if isinstance(settled, SettledPartitions):
        folder = request.header_folder or settled.folder or request.output.parent
        jobs = [_job(plan, part, request, folder) for part in parts]
        targets = (request.depfile_target,) if request.depfile_target else ()
        jobs = [replace(job, depfile_targets=targets) for job in jobs]
        return tuple(emit_several(SeveralJob(plan, tuple(jobs), settled, request.output, folder)))
    folder = request.header_folder or request.output.parent
    job = replace(_job(plan, parts[0], request, folder), settled=settled)
    return tuple(artifact for emitter in EMITTERS.values() for artifact in emitter(job))


def _job(plan: Plan, part: BuiltPartition, request: BuildRequest, header_folder: Path) -> EmitJob:
    from imgbuild.emit import EmitJob

    partition = part.image.partition
    return EmitJob(
        name=partition.prefix,
        image=part.image,
        assets=part.assets,
        image_path=request.output,
        header_folder=header_folder,
        depfile_path=request.depfile,
        depfile_targets=(request.depfile_target or str(request.output),),
        depfile_inputs=tuple(str(path) for path in plan.inputs),
        variants=partition.variants,
    )
