"""What of its image file ``imgbuild flash`` writes: all of it, or the partitions that are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import split_address
from imgbuild.errors import Diagnostics, Place, fail

if TYPE_CHECKING:
    from imgbuild.addressed import Piece
    from imgbuild.deliver.choosing import Part
    from imgbuild.deliver.job import DfuFileIds, Site
    from imgbuild.deliver.placing import ImageFile
    from imgbuild.partitions import PlacedPartition


@dataclass(frozen=True, slots=True)
class Choice:
    """``pieces`` with the addresses that tools take; ``is_part``: not simply what ``source`` holds."""

    source: Path
    pieces: tuple[Piece, ...]
    site: Site
    dfu_ids: DfuFileIds | None = None
    is_part: bool = False


def choose(options: dict[str, Any], site: Site, *, is_placed: bool = True) -> Choice:
    """What the command line means. Raises BuildError: IB450 to IB453, IB715, and as reading an image does.

    ``is_placed`` False: who takes the image knows where it goes, so one without an address keeps 0 where the
    chip is not known.
    """
    from imgbuild.deliver.placing import place_pieces, read_image

    path, address = split_address(options["image"])
    names = _read_names(options, address)
    chooser = _Chooser(path, options, site, names, address, _locate(options))
    if path.is_dir() and chooser.places:
        return chooser.choose_of_folder()
    image = read_image(path)
    console.report(image.warnings)
    if image.is_addressed:
        return chooser.choose_of_file(image)
    if address is not None:
        fail("IB522", f"{path.name} has no addresses", Place(str(path)), "leave the address out")
    if chooser.places or names:
        return chooser.choose_bare(image)
    if not is_placed and site.chip is None:
        return Choice(path, image.pieces, site, image.dfu_ids)
    pieces = place_pieces(image, site, options["address"], Place(str(path)))
    return Choice(path, pieces, site, image.dfu_ids)


def _read_names(options: dict[str, Any], address: int | None) -> tuple[str, ...]:
    names = tuple(name.strip() for text in options["only"] for name in text.split(",") if name.strip())
    if names and options["manifest"] is None:
        raise click.UsageError("--only takes partitions of a manifest: give --manifest, or FILE@0xADDRESS")
    if names and address is not None:
        raise click.UsageError("--only and FILE@0xADDRESS do not go together")
    if (names or address is not None) and options["is_all"]:
        raise click.UsageError("--all and naming a partition do not go together")
    return names


def _locate(options: dict[str, Any]) -> list[PlacedPartition]:
    if options["manifest"] is None:
        return []
    from imgbuild.partition_plan import locate_partitions

    return locate_partitions(options["manifest"], options["board"])


@dataclass(frozen=True, slots=True)
class _Chooser:
    """``names``: of ``--only``; ``address``: behind the file's name; ``places``: of the manifest."""

    path: Path
    options: dict[str, Any]
    site: Site
    names: tuple[str, ...]
    address: int | None
    places: list[PlacedPartition]

    @property
    def base(self) -> int:
        """The address of the chip's first byte."""
        return self.site.base or 0

    def choose_of_file(self, image: ImageFile) -> Choice:
        """All of an addressed file, or partitions of it."""
        from imgbuild.deliver import choosing
        from imgbuild.deliver.placing import place_pieces

        place, given = Place(str(self.path)), self.options["address"]
        is_manifest = bool(self.places) and self.address is None
        every = self._parts() if is_manifest else choosing.parts_of_file(image.pieces, self.path)
        if not self.names and self.address is None:
            pieces = place_pieces(image, self.site, given, place)
            if given is None:
                self._refuse_reset(pieces, every, is_named=is_manifest)
            site = choosing.free_own_rows(self.site, self.places)
            return Choice(self.path, pieces, site, image.dfu_ids)
        self._refuse_address()
        if self.address is None:
            picked = self._named(every, self._pick())
        else:
            picked = [part for part in every if part.address == self.address]
            if not picked:
                told = ", ".join(part.argument for part in every)
                message = f"no flash image begins at 0x{self.address:08X}"
                fail("IB522", message, place, f"it has {told}" if told else None)
        pieces = choosing.cut_pieces(image.pieces, picked, place)
        return Choice(self.path, pieces, self._guard(picked, every), image.dfu_ids, is_part=True)

    def choose_of_folder(self) -> Choice:
        """The partitions' own files."""
        from imgbuild.deliver import choosing
        from imgbuild.reader.verify_file import check_bytes

        self._refuse_address()
        found, every, chosen = Diagnostics(), self._parts(), self._pick()
        pieces: list[Piece] = []
        for one in chosen:
            file = choosing.file_of(self.path, one)
            own = choosing.read_partition(file, one, self.base)
            found.extend(check_bytes(file, own[0].data).diagnostics)
            pieces += own
        found.raise_if_errors()
        pieces.sort(key=lambda piece: piece.address)
        if not self.names:
            self._refuse_reset(pieces, every, is_named=True)
        site = self._guard(self._named(every, chosen), every)
        return Choice(self.path, tuple(pieces), site, is_part=True)

    def choose_bare(self, image: ImageFile) -> Choice:
        """A file without addresses is one image: of the partition that is named, where there are several."""
        from imgbuild.deliver import choosing

        self._refuse_address()
        place, every, chosen = Place(str(self.path)), self._parts(), self._pick()
        if len(chosen) != 1:
            listed = ", ".join(one.name for one in chosen)
            message = f"{self.path.name} has no addresses: which partition it is must be told"
            fail("IB450", message, place, f"--only NAME, one of {listed}")
        pieces = choosing.place_bare(image.pieces[0].data, chosen[0], self.base, place)
        site = self._guard(self._named(every, chosen), every)
        return Choice(self.path, tuple(pieces), site, image.dfu_ids, is_part=True)

    def _pick(self) -> list[PlacedPartition]:
        from imgbuild.deliver.choosing import pick_places

        if not self.names:
            return self.places
        return pick_places(self.places, self.names, Place(str(self.options["manifest"])))

    def _parts(self) -> list[Part]:
        from imgbuild.deliver.choosing import parts_of_manifest

        return parts_of_manifest(self.places, self.base)

    def _named(self, every: Sequence[Part], chosen: Sequence[PlacedPartition]) -> list[Part]:
        names = {one.name for one in chosen}
        return [part for part in every if part.argument in names]

    def _guard(self, picked: Sequence[Part], every: Sequence[Part]) -> Site:
        from imgbuild.deliver.choosing import free_own_rows, guard_others

        return guard_others(free_own_rows(self.site, self.places), picked, every)

    def _refuse_reset(self, pieces: Sequence[Piece], every: Sequence[Part], *, is_named: bool) -> None:
        from imgbuild.deliver.choosing import refuse_reset

        if not self.options["is_all"]:
            refuse_reset(pieces, every, self.path, is_named=is_named)

    def _refuse_address(self) -> None:
        if self.options["address"] is not None:
            raise click.UsageError("--address has no effect on a partition, which has an address of its own")
