"""Emitters turn a flash image into files' bytes; they never write. One file and one line each."""

from __future__ import annotations

from collections.abc import Callable

from imgbuild.emit.c_header import emit_c_header
from imgbuild.emit.depfile import emit_depfile
from imgbuild.emit.flash_file import emit_flash_file
from imgbuild.emit.job import EmitJob
from imgbuild.model import Artifact

EMITTERS: dict[str, Callable[[EmitJob], list[Artifact]]] = {
    "flash_file": emit_flash_file,
    "c_header": emit_c_header,
    "depfile": emit_depfile,
}
"""Every emitter by name."""

__all__ = ["EMITTERS", "EmitJob"]
