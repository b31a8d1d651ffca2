"""The only module that knows the order of the steps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.addressed import AS_THE_SUFFIX_SAYS, DeliveryOptions
from imgbuild.encoding import WORKERS, encode_all
from imgbuild.errors import Diagnostic, Diagnostics, Place, Severity
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
from imgbuild.palettes import KeptPictures, settle_palettes
from imgbuild.texts import settle_texts

if TYPE_CHECKING:
    from imgbuild.emit.settle import Settled
    from imgbuild.layout.previous import Previous
    from imgbuild.manifest.schema import Manifest


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What the command line asks for. Paths are absolute."""

    manifest: Path
    output: Path
    header_folder: Path
    roots: tuple[Path, ...] = ()
    board: str | None = None
    pad: str = "erase"
    depfile: Path | None = None
    depfile_target: str | None = None
    uses_cache: bool = False
    is_report: bool = False
    delivery: DeliveryOptions = AS_THE_SUFFIX_SAYS
    base: Path | None = None


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build made, before anything is written."""

    plan: Plan
    image: FlashImage
    assets: tuple[EncodedAsset, ...]
    artifacts: tuple[Artifact, ...]
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def build(
    request: BuildRequest, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> BuildResult:
    """Everything but writing: manifest to artifacts, verified. Raises BuildError."""
    from imgbuild.manifest.load import load_manifest
    from imgbuild.plan import make_plan

    found = Diagnostics()
    manifest: Manifest = load_manifest(request.manifest)
    plan = make_plan(manifest, request.roots, request.board, found)
    found.raise_if_errors()
    partition = plan.partitions[0]
    settled_file, plan = settle_file(plan, request)
    previous, plan = read_base(plan, request)
    kept = KeptPictures()
    settled = settle_palettes(partition.assets, WORKERS, kept)
    settled = settle_texts(settled, found, is_strict=plan.is_strict)
    found.raise_if_errors()
    assets = encode_all(settled, plan, found, progress, uses_cache=request.uses_cache, kept=kept)
    _forget_sheets(partition.assets)
    _warn_larger_than_display(plan, assets, found)
    _warn_losses(plan, assets, found)
    found.extend(report_fonts(settled, assets, is_strict=plan.is_strict))
    found.raise_if_errors()
    image = pack_partition(plan, partition, assets, request, found, previous=previous)
    found.raise_if_errors()
    verify_written(image, assets, request, found)
    found.raise_if_errors()
    if request.is_report:
        assets = measure_all(partition.assets, assets)
    artifacts = emit_all(plan, assets, image, request, settled_file)
    _refuse_replacing_inputs(artifacts, plan, found)
    return BuildResult(plan, image, assets, artifacts, tuple(found.items))


def _warn_losses(plan: Plan, assets: Sequence[EncodedAsset], found: Diagnostics) -> None:
    from imgbuild.pixels.losswarnings import find_losses

    found.extend(find_losses(plan.partitions[0].assets, assets, is_strict=plan.is_strict))


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
            places = {asset.source: asset.place for asset in plan.partitions[0].assets}
            place = places.get(path, Place(str(path)))
            found.error("IB503", message, place, "give the output another name or folder")
    found.raise_if_errors()


def _file_identity(path: Path) -> tuple[int, int]:
    """Device and inode: the same for every path that leads to one file."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _warn_larger_than_display(plan: Plan, assets: Sequence[EncodedAsset], found: Diagnostics) -> None:
    if plan.display_px is None:
        return
    width, height = plan.display_px
    places = {asset.name: asset.place for asset in plan.partitions[0].assets}
    for asset in assets:
        if asset.width > width or (asset.width and asset.height > height):
            message = (
                f'image "{asset.name}" is {asset.width}x{asset.height} px, the display {width}x{height} px'
            )
            hint = "give it a 'resize', or a smaller source"
            severity = Severity.ERROR if plan.is_strict else Severity.WARNING
            found.items.append(Diagnostic("IB208", message, places[asset.name], hint, asset.name, severity))


# --- pack, verify, emit ------------------------------------------------------------------------


def pack_partition(
    plan: Plan,
    partition: PlannedPartition,
    assets: Sequence[EncodedAsset],
    request: BuildRequest,
    found: Diagnostics,
    *,
    previous: Previous | None = None,
) -> FlashImage:
    """The flash bytes of one partition, checked against region, budget and reserved ranges."""
    from imgbuild.layout.fit import check_fit, check_region
    from imgbuild.layout.flat import contract_hash_of, max_strip_bytes_of, pack_id_of
    from imgbuild.layout.previous import judge_layout

    target = partition.target
    data, used_bytes, total_bytes = _PACKERS[partition.container](plan, partition, assets, request, previous)
    if previous is not None:
        found.extend(judge_layout(assets, plan.variants, used_bytes, partition))
        found.raise_if_errors()
    budget = partition.budget_bytes
    faults = check_fit(
        assets, needed_bytes=used_bytes, target=target, budget_bytes=budget, place=partition.place
    )
    at_budget = partition.budget_place
    found.extend([replace(item, place=at_budget) if item.code == "IB406" else item for item in faults])
    found.raise_if_errors()
    found.extend(check_region(len(data), target, partition.place))
    return FlashImage(
        partition=partition,
        data=data,
        used_bytes=used_bytes,
        total_bytes=total_bytes,
        pack_id=pack_id_of(plan.name),
        contract_hash=contract_hash_of(assets),
        max_strip_bytes=max_strip_bytes_of(assets),
        content_version=plan.content_version,
        sha256=hashlib.sha256(data).hexdigest(),
    )


Packed = tuple[bytes, int, int]
"""The image's bytes, the bytes it needs at the least, and the bytes of the container."""


def read_base(plan: Plan, request: BuildRequest) -> tuple[Previous | None, Plan]:
    """The released image whose layout is to be kept, if any, and the plan with it as an input."""
    if request.base is None:
        return None, plan
    from imgbuild.layout.previous import read_previous

    previous = read_previous(request.base, plan.name, plan.partitions[0])
    return previous, replace(plan, inputs=(*plan.inputs, request.base))


def _pack(
    plan: Plan,
    partition: PlannedPartition,
    assets: Sequence[EncodedAsset],
    previous: Previous | None = None,
) -> bytes:
    from imgbuild.layout.flat import pack_flat, place_flat

    erase_bytes = partition.target.erase_bytes
    layout = place_flat(assets, plan.variants, previous)
    return pack_flat(layout, name=plan.name, content_version=plan.content_version, erase_bytes=erase_bytes)


def _pack_flat(
    plan: Plan,
    partition: PlannedPartition,
    assets: Sequence[EncodedAsset],
    request: BuildRequest,
    previous: Previous | None,
) -> Packed:
    from imgbuild.layout.flat import pad_image

    target = partition.target
    pack = _pack(plan, partition, assets, previous)
    pad_bytes = target.region.size_bytes if request.pad == "region" else None
    return pad_image(pack, target.erase_bytes, pad_bytes), len(pack), len(pack)


def _pack_littlefs(
    plan: Plan,
    partition: PlannedPartition,
    assets: Sequence[EncodedAsset],
    _request: BuildRequest,
    _previous: Previous | None,
) -> Packed:
    from imgbuild.layout.littlefs import PACK_SUFFIX, build_littlefs, list_files

    target, place = partition.target, partition.place
    if partition.littlefs_layout == "pack":
        files = {plan.name + PACK_SUFFIX: _pack(plan, partition, assets)}
    else:
        files = list_files(assets, place)
    image = build_littlefs(
        files, erase_bytes=target.erase_bytes, region_bytes=target.region.size_bytes, place=place
    )
    return image.data, image.used_bytes, len(image.data)


_PACKERS: dict[str, Callable[..., Packed]] = {
    "flat": _pack_flat,
    "littlefs": _pack_littlefs,
}


def verify_written(
    image: FlashImage, assets: Sequence[EncodedAsset], request: BuildRequest, found: Diagnostics
) -> None:
    """Read the packed bytes back with the independent reader and compare every asset.

    Whatever it finds (IB613) is a defect of this program: the inputs were accepted long before.
    """
    from imgbuild.reader.verify import compare_expected, verify_image

    layout = image.partition.littlefs_layout
    report = verify_image(image.data, Place(str(request.output)), layout=layout)
    faults = [replace(item, message=f"{item.message} ({item.code})") for item in report.diagnostics]
    if report.image is not None and not faults:
        faults = compare_expected(report.image, assets)
    hint = "this is a defect of imgbuild: please report it, with the manifest; nothing was written"
    for number, item in enumerate(faults, 1):
        last = number == len(faults)
        found.error("IB613", item.message, item.place, hint if last else None, item.asset)


def settle_file(plan: Plan, request: BuildRequest) -> tuple[Settled, Plan]:
    """Where the output file's bytes go, and the plan with what else the file is made of as inputs."""
    from imgbuild.emit.settle import settle_delivery

    options, partition = request.delivery, plan.partitions[0]
    settled = settle_delivery(options, request.output, plan.name, partition.target, partition.place)
    return settled, replace(plan, inputs=(*plan.inputs, *options.merge))


def emit_all(
    plan: Plan,
    assets: Sequence[EncodedAsset],
    image: FlashImage,
    request: BuildRequest,
    settled: Settled | None = None,
) -> tuple[Artifact, ...]:
    """Everything that is to be written but the stamp."""
    from imgbuild.emit import EMITTERS, EmitJob

    job = EmitJob(
        name=plan.name,
        image=image,
        assets=tuple(assets),
        image_path=request.output,
        header_folder=request.header_folder,
        depfile_path=request.depfile,
        depfile_targets=(request.depfile_target or str(request.output),),
        depfile_inputs=tuple(str(path) for path in plan.inputs),
        variants=plan.variants,
        settled=settled,
    )
    return tuple(artifact for emitter in EMITTERS.values() for artifact in emitter(job))
