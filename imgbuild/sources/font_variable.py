"""Variable fonts to static ones."""

from __future__ import annotations

import struct

from imgbuild.sources.font_file import FontFile

_AXES_MAX = 64

Axis = tuple[str, float, float, float]
"""Tag, lowest, default and highest value."""


def instantiate(font: FontFile, axes: tuple[tuple[str, float], ...]) -> bytes:
    """The static font at ``axes``; other axes stay at their defaults. Raises BuildError IB301, IB311.

    HarfBuzz' subsetter makes it, glyph numbers and layout tables included: fontTools' instancer gives the
    same pixels and takes a hundred times as long.
    """
    known = read_axes(font)
    _check_axes(font, axes, known)
    import uharfbuzz as hb

    try:
        face = hb.Face(hb.Blob(font.data), font.face_index)
        wish = hb.SubsetInput()
        wish.keep_everything()
        # instances have overlapping outlines, whose seams FreeType draws right where the flag is set
        wish.flags = (
            hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NOTDEF_OUTLINE | hb.SubsetFlags.SET_OVERLAPS_FLAG
        )
        wish.pin_all_axes_to_default(face)
        for tag, value in axes:
            wish.pin_axis_location(face, tag, value)
        data = bytes(wish.subset(face).blob.data or b"")
    except (RuntimeError, ValueError, AttributeError, MemoryError) as error:
        font.fail("IB301", f'variable font "{font.path.name}" is broken: it has no instance ({error})')
    if not data:
        font.fail("IB301", f'variable font "{font.path.name}" is broken: it has no instance')
    return data


def read_axes(font: FontFile) -> tuple[Axis, ...]:
    """The axes of table ``fvar`` (OpenType specification 1.9). Raises BuildError IB301 where it is broken."""
    fvar = font.table("fvar")
    try:
        offset, _, count, size = struct.unpack_from(">HHHH", fvar, 4)
        rows = [struct.unpack_from(">4siii", fvar, offset + size * number) for number in range(count)]
    except struct.error:
        rows = []
    if not 1 <= len(rows) <= _AXES_MAX:
        font.fail("IB301", f'variable font "{font.path.name}" is broken: its axes cannot be read')
    return tuple((tag.decode("latin-1").strip(), *(value / 65536 for value in row)) for tag, *row in rows)


def _check_axes(font: FontFile, axes: tuple[tuple[str, float], ...], known: tuple[Axis, ...]) -> None:
    ranges = {tag: (low, high) for tag, low, _, high in known}
    told = ", ".join(f"{tag} {low:g} to {high:g} (default {at:g})" for tag, low, at, high in known)
    for tag, value in axes:
        if tag not in ranges:
            font.fail("IB311", f'font "{font.path.name}" has no axis "{tag}"; its axes: {told}')
        low, high = ranges[tag]
        if not low <= value <= high:
            message = (
                f'axis "{tag}" of font "{font.path.name}" goes from {low:g} to {high:g}, not to {value:g}'
            )
            font.fail("IB311", message, f"its axes: {told}")
