"""Everything that is written for a manifest with ``partitions``: headers of each, and what they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imgbuild.emit.c_header import assets_header, config_header, digest_header
from imgbuild.emit.delivery import Symbol
from imgbuild.emit.depfile import emit_depfile
from imgbuild.emit.flash_file import image_symbols, range_symbols
from imgbuild.emit.job import EmitJob
from imgbuild.emit.partitions_header import partitions_header
from imgbuild.emit.settings_header import settings_header
from imgbuild.emit.settle_partitions import IMAGE_SUFFIX, SettledPartitions, fill_partitions
from imgbuild.model import Artifact, EncodedAsset, Plan


@dataclass(frozen=True, slots=True)
class SeveralJob:
    """``jobs``: one for each partition, in the plan's order, named as its headers are; ``output``: -o."""

    plan: Plan
    jobs: tuple[EmitJob, ...]
    settled: SettledPartitions
    output: Path
    header_folder: Path


def emit_several(several: SeveralJob) -> list[Artifact]:
    """Flash files, headers, depfile: all but the stamp."""
    files = _flash_files(several)
    headers = _headers(several)
    first = several.jobs[0]
    targets = first.depfile_targets or tuple(str(artifact.path) for artifact in files)
    depfile = emit_depfile(replace(first, depfile_targets=targets))
    return [*files, *headers, *depfile]


def _flash_files(several: SeveralJob) -> list[Artifact]:
    images = [job.image for job in several.jobs]
    folder = several.settled.folder
    if folder is not None:
        return [Artifact(folder / f"{image.partition.name}{IMAGE_SUFFIX}", image.data) for image in images]
    symbols = _symbols(several) if several.settled.parts[0].format.name == "elf" else ()
    return [Artifact(several.output, fill_partitions(several.settled, images, symbols))]


def _symbols(several: SeveralJob) -> Sequence[Symbol]:
    symbols: dict[str, Symbol] = {}
    for number, (job, part) in enumerate(zip(several.jobs, several.settled.parts, strict=True)):
        make = image_symbols if job.image.partition.container == "flat" else range_symbols
        for symbol in make(job.name, part.address, job.image.data):
            symbols.setdefault(symbol.name, replace(symbol, home=number))
    return tuple(symbols.values())


def _headers(several: SeveralJob) -> list[Artifact]:
    """Of each container of assets two, then what is one for all: the reader is compiled once."""
    folder, name = several.header_folder, several.plan.name
    texts: dict[str, str] = {}
    every: list[EncodedAsset] = []
    for job in several.jobs:
        if job.image.partition.container == "settings":
            texts[f"{job.name}.h"] = _settings_header(job)
            continue
        texts[f"{job.name}_assets.h"] = assets_header(job)
        texts[f"{job.name}_digest.h"] = digest_header(job)
        every += job.assets
    shared = replace(several.jobs[0], name=name, assets=tuple(every))
    texts[f"{name}_config.h"] = config_header(shared)
    texts[f"{name}_partitions.h"] = partitions_header(several.plan)
    return [Artifact(folder / file, text.encode()) for file, text in texts.items()]


def _settings_header(job: EmitJob) -> str:
    partition = job.image.partition
    return settings_header(
        job.name,
        partition.settings,
        offset_bytes=partition.target.region.offset_bytes,
        region_bytes=partition.target.region.size_bytes,
        erase_bytes=partition.target.unit_bytes,
    )
