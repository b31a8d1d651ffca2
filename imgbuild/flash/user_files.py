"""The files beside the manifest that its ``flash`` names: a user's boards and chips, a partition table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.errors import BuildError, Diagnostics
from imgbuild.flash.tables import Tables, load_boards, load_chips, load_tables
from imgbuild.manifest.roots import find_inputs

if TYPE_CHECKING:
    from imgbuild.manifest.schema import Manifest


@dataclass(frozen=True, slots=True)
class FlashFiles:
    """Absolute paths; None where the manifest names no such file."""

    boards: Path | None = None
    chips: Path | None = None
    partition_table: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those that are inputs of the build."""
        return tuple(path for path in (self.boards, self.chips, self.partition_table) if path is not None)

    def load_tables(self) -> Tables:
        """Chips and boards, a user's included. Raises :class:`BuildError`, see ``tables.load_tables``."""
        if self.boards is None and self.chips is None:
            return Tables(load_chips(), load_boards())
        return load_tables(self.boards, self.chips)


def find_flash_files(manifest: Manifest, roots: Sequence[Path] = ()) -> FlashFiles:
    """The files that ``flash`` names. Raises :class:`BuildError` for all that cannot be had: IB109, IB110."""
    found = Diagnostics()
    paths: dict[str, Path | None] = {}
    for key in ("boards", "chips", "partition_table"):
        text = getattr(manifest.spec.flash, key)
        place = manifest.positions.value(("flash", key))
        try:
            paths[key] = (
                None if text is None else find_inputs(manifest.folder, tuple(roots), text, place).files[0]
            )
        except BuildError as error:
            found.extend(error.diagnostics)
    found.raise_if_errors()
    return FlashFiles(**paths)
