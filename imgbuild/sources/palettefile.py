"""Palette files: GIMP .gpl, JASC .pal, Adobe .act, lists of hexadecimal colours (.hex), and PNG pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from imgbuild.errors import BuildError, Place, fail
from imgbuild.limits import PALETTE_FILE_BYTES_MAX, PALETTE_MAX
from imgbuild.units import format_bytes

Rgba = tuple[int, int, int, int]
Palette = tuple[Rgba, ...]

_HEX = re.compile(r"#?([0-9a-fA-F]{6})([0-9a-fA-F]{2})?")
_WORD = re.compile(r"\S+")


class _FaultError(ValueError):
    """What is wrong with a palette file, without its name; ``line`` counts from 1, 0: the whole file."""

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(problem)
        self.line = line


def read_palette(path: Path, place: Place, asset_name: str) -> Palette:
    """The colours (R, G, B, A, straight) in ``path``, in the file's order; its suffix tells the format.

    Of a PNG: its distinct colours in the order in which they first come, row by row; all fully clear pixels
    are one colour. Raises BuildError: IB110 (not readable), IB240 (broken, or no palette file), IB241 (more
    than 256 colours).
    """
    suffix = path.suffix.lower()
    if suffix != ".png" and suffix not in _PARSERS:
        known = ".gpl, .pal, .act, .hex and .png"
        message = f'"{path.name}", the palette of image "{asset_name}", is none of {known}'
        fail("IB240", message, place, asset=asset_name)
    if suffix == ".png":
        colours = _read_png(path, place, asset_name)
    else:
        colours = _parse(path, _read_bytes(path, place, asset_name), place, asset_name)
    if len(colours) > PALETTE_MAX:
        message = (
            f'"{path.name}", the palette of image "{asset_name}", has {len(colours)} colours;'
            f" a palette holds at most {PALETTE_MAX}"
        )
        fail("IB241", message, place, asset=asset_name)
    return colours


def _read_bytes(path: Path, place: Place, asset_name: str) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(PALETTE_FILE_BYTES_MAX + 1)
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        message = f'"{path.name}", the palette of image "{asset_name}", cannot be read: {reason}'
        fail("IB110", message, place, asset=asset_name)
    if len(data) > PALETTE_FILE_BYTES_MAX:
        most = format_bytes(PALETTE_FILE_BYTES_MAX)
        message = f'"{path.name}", the palette of image "{asset_name}", is larger than {most}'
        fail("IB240", message, place, asset=asset_name)
    return data


def _parse(path: Path, data: bytes, place: Place, asset_name: str) -> Palette:
    try:
        return _PARSERS[path.suffix.lower()](data)
    except _FaultError as fault:
        where = f", line {fault.line}" if fault.line else ""
        message = f'"{path.name}"{where}, the palette of image "{asset_name}", is broken: {fault}'
        fail("IB240", message, place, asset=asset_name)


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise _FaultError(f"byte 0x{data[problem.start]:02X} is not UTF-8 text") from None
    if "\0" in text:
        raise _FaultError("it holds NUL bytes, so it is not text")
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, line.strip()


def _decimals(line: str, number: int, counts: tuple[int, ...]) -> Rgba:
    """The colour in a line of numbers; ``counts``: how many there may be."""
    words = _WORD.findall(line)
    if len(words) not in counts or not all(word.isascii() and word.isdigit() for word in words):
        raise _FaultError(f"found '{line[:40]}', expected red, green and blue as three numbers", number)
    values = [int(word[:4]) for word in words]
    if max(values) > 255:
        raise _FaultError(f"found {max(values)}, expected at most 255", number)
    red, green, blue = values[:3]
    return red, green, blue, values[3] if len(values) > 3 else 255


def _parse_gpl(data: bytes) -> Palette:
    """``GIMP Palette``, headers with a colon, comments (#), then ``R G B name`` lines."""
    lines = _lines(data)
    if next(lines, (0, ""))[1] != "GIMP Palette":
        raise _FaultError("it does not begin with 'GIMP Palette'", 1)
    colours: list[Rgba] = []
    for number, line in lines:
        is_header = not colours and re.match(r"(Name|Columns|Channels) *:", line)
        if not line.startswith("#") and not is_header:
            colours.append(_decimals(" ".join(_WORD.findall(line)[:3]), number, (3,)))
    return _some(colours)


def _parse_jasc(data: bytes) -> Palette:
    """``JASC-PAL``, ``0100``, the number of colours, then ``R G B`` (or ``R G B A``) lines."""
    if data.startswith(b"RIFF"):
        raise _FaultError("it is a Microsoft palette (RIFF); expected JASC's, which is text")
    lines = list(_lines(data))
    if [line for _, line in lines[:2]] != ["JASC-PAL", "0100"]:
        raise _FaultError("it does not begin with 'JASC-PAL' and '0100'", 1)
    count = lines[2][1] if len(lines) > 2 else "nothing"
    if not (count.isascii() and count.isdigit() and len(count) < 7):
        raise _FaultError(f"found '{count[:40]}', expected the number of colours", 3)
    if len(lines) - 3 != int(count):
        raise _FaultError(f"it says {int(count)} colours and has {len(lines) - 3}")
    return _some([_decimals(line, number, (3, 4)) for number, line in lines[3:]])


def _parse_act(data: bytes) -> Palette:
    """256 colours of 3 bytes; then, where there are 772 bytes, how many count and which one is transparent.

    Source: Adobe Photoshop File Formats Specification, "Color Table".
    """
    if len(data) not in (768, 772):
        raise _FaultError(f"it has {len(data)} bytes, expected 768 or 772")
    count = int.from_bytes(data[768:770], "big") if len(data) == 772 else 256
    clear = int.from_bytes(data[770:772], "big") if len(data) == 772 else 0xFFFF
    if not 1 <= count <= 256:
        raise _FaultError(f"it says {count} colours, expected 1 to 256")
    rows = [tuple(data[at : at + 3]) for at in range(0, 3 * count, 3)]
    return tuple((r, g, b, 0 if number == clear else 255) for number, (r, g, b) in enumerate(rows))


def _parse_hex(data: bytes) -> Palette:
    """A colour ``rrggbb`` or ``rrggbbaa`` a line, with or without #; lines that start with ; are comments."""
    colours: list[Rgba] = []
    for number, line in _lines(data):
        if line.startswith((";", "//")):
            continue
        match = _HEX.fullmatch(line)
        if not match:
            raise _FaultError(f"found '{line[:40]}', expected a colour such as 1a2b3c", number)
        value = bytes.fromhex(match[1] + (match[2] or "ff"))
        colours.append((value[0], value[1], value[2], value[3]))
    return _some(colours)


def _some(colours: list[Rgba]) -> Palette:
    if not colours:
        raise _FaultError("it has no colour")
    return tuple(colours)


_PARSERS: dict[str, Callable[[bytes], Palette]] = {
    ".gpl": _parse_gpl,
    ".pal": _parse_jasc,
    ".act": _parse_act,
    ".hex": _parse_hex,
}


def _read_png(path: Path, place: Place, asset_name: str) -> Palette:
    import numpy as np

    from imgbuild.sources.raster import decode_raster

    try:
        rgba = decode_raster(path, place, asset_name).frames[0]
    except BuildError as error:
        problem = error.diagnostics[0]
        if problem.code == "IB110":
            raise
        message = f'"{path.name}", the palette of image "{asset_name}", cannot be decoded'
        message += problem.message.rpartition("decoded")[2]
        fail("IB240", message, place, asset=asset_name)
    flat = rgba.reshape(-1, 4).copy()
    flat[flat[:, 3] == 0] = 0
    packed = flat.view("<u4")[:, 0]
    colours, first = np.unique(packed, return_index=True)
    if len(colours) > PALETTE_MAX:
        message = (
            f'"{path.name}", the palette of image "{asset_name}", has {len(colours)} colours;'
            f" a palette holds at most {PALETTE_MAX}"
        )
        fail("IB241", message, place, asset=asset_name)
    rows = flat[np.sort(first)].tolist()
    return tuple((r, g, b, a) for r, g, b, a in rows)
