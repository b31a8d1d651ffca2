"""The flash image as it is: the first byte of the file is the first byte of the region."""

from __future__ import annotations

from imgbuild.emit.job import EmitJob
from imgbuild.model import Artifact


def emit_flash_bin(job: EmitJob) -> list[Artifact]:
    """One file with the image's bytes."""
    return [Artifact(job.image_path, job.image.data)]
