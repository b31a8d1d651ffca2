"""Pictures in the formats of others: one file and one line of :data:`FLAVOURS` each.

Free of numpy, so that planning may read it; the encoders are loaded when they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from imgbuild.model import Codec, Kind


@dataclass(frozen=True, slots=True)
class Flavour:
    """What the plan must know of a flavour.

    ``suffix`` ends the asset's name, whatever the manifest calls it (others recognise a file by it).
    ``pixel_format``: the one that the pixels have in such a file, None: the manifest chooses.
    """

    name: str
    module: str
    kind: Kind
    codec: Codec
    suffix: str = ""
    pixel_format: str | None = None


_ROWS = (
    Flavour("lvgl9", "imgbuild.flavours.lvgl9", Kind.FILE, Codec.RAW, suffix=".bin"),
    Flavour("jpeg", "imgbuild.flavours.pictures", Kind.BITMAP, Codec.JPEG, pixel_format="rgb888"),
    Flavour("png", "imgbuild.flavours.pictures", Kind.BITMAP, Codec.PNG, pixel_format="argb8888"),
    Flavour("qoi", "imgbuild.flavours.pictures", Kind.BITMAP, Codec.QOI, pixel_format="argb8888"),
)

FLAVOURS: dict[str, Flavour] = {row.name: row for row in _ROWS}
"""Every flavour but our own by its name in the manifest."""


def kind_of(flavour: str, kind: Kind) -> Kind:
    """The kind of asset that a picture of this flavour becomes; ``kind`` for our own."""
    return FLAVOURS[flavour].kind if flavour in FLAVOURS else kind


def name_of(flavour: str, name: str) -> str:
    """``name`` with the suffix by which others recognise the file, unless it has it."""
    suffix = FLAVOURS[flavour].suffix if flavour in FLAVOURS else ""
    return name if name.endswith(suffix) else name + suffix
