"""What emitters work on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imgbuild.emit.settle import Settled
from imgbuild.model import EncodedAsset, FlashImage


@dataclass(frozen=True, slots=True)
class EmitJob:
    """A finished flash image and where its artifacts are to lie.

    ``name`` is the manifest's. ``assets`` are those of the image, in any order. ``depfile_path`` None:
    no depfile; ``depfile_targets`` and ``depfile_inputs`` are paths as make is to see them. ``settled`` None:
    the image is written as it is.
    """

    name: str
    image: FlashImage
    assets: tuple[EncodedAsset, ...]
    image_path: Path
    header_folder: Path
    depfile_path: Path | None = None
    depfile_targets: tuple[str, ...] = ()
    depfile_inputs: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    settled: Settled | None = None
