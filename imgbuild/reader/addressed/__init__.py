"""Reading addressed files: Intel HEX, S-record, ELF, DfuSe, UF2. Hostile bytes are expected.

Each reader turns a file's bytes into an AddressedFile, or raises BuildError: IB513 with the line of a text
file, IB514 for an ELF file, IB521 for a DFU or UF2 file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from imgbuild.addressed import AddressedFile, Piece
from imgbuild.errors import Place, fail
from imgbuild.reader.addressed.containers import UNKNOWN, find_containers
from imgbuild.reader.addressed.dfu import read_dfu
from imgbuild.reader.addressed.elf import ELF_MAGIC, read_elf
from imgbuild.reader.addressed.text import read_ihex, read_srec
from imgbuild.reader.addressed.uf2 import UF2_MAGIC, read_uf2

READERS: dict[str, Callable[[bytes, Place], AddressedFile]] = {
    "ihex": read_ihex,
    "srec": read_srec,
    "elf": read_elf,
    "dfu": read_dfu,
    "uf2": read_uf2,
}
"""Every reader by the format's name."""

_BY_SUFFIX = {
    ".hex": "ihex", ".ihex": "ihex", ".ihx": "ihex",
    ".srec": "srec", ".s19": "srec", ".s28": "srec", ".s37": "srec", ".mot": "srec",
    ".elf": "elf", ".axf": "elf", ".dfu": "dfu", ".uf2": "uf2",
}  # fmt: skip
_STARTS = ((ELF_MAGIC, "elf"), (UF2_MAGIC, "uf2"), (b"DfuSe", "dfu"))


def name_format(path: Path) -> str | None:
    """The key of READERS that a file's suffix means; None for any other suffix."""
    return _BY_SUFFIX.get(path.suffix.lower())


def _tell_format(data: bytes, path: Path) -> str | None:
    """What the file starts with says more than its suffix; None: a bare image."""
    from imgbuild.reader.littlefs import is_littlefs
    from imgbuild.reader.pack import MAGIC

    by_start = next((name for start, name in _STARTS if data.startswith(start)), None)
    by_suffix = name_format(path)
    if by_start is not None or by_suffix in (None, "dfu"):  # a bare image may end in a DFU suffix
        return by_start or by_suffix
    return None if data.startswith(MAGIC) or is_littlefs(data) else by_suffix


def read_firmware(data: bytes, path: Path) -> AddressedFile:
    """A firmware's file by what it starts with (linkers give ELF files any suffix, or none).

    Raises BuildError: IB512 if it starts like no format known; else as the readers do.
    """
    place = Place(str(path))
    for start, name in _STARTS:
        if data.startswith(start):
            return READERS[name](data, place)
    first = data.lstrip(b" \t\r\n\xef\xbb\xbf")[:2]
    if first[:1] == b":":
        return read_ihex(data, place)
    if first[:1] == b"S" and first[1:2].isdigit():
        return read_srec(data, place)
    what = "is empty" if not data else "starts like none of ELF, Intel HEX, S-record, UF2 and DfuSe"
    hint = "addresses are needed: give the firmware's .elf or .hex, not its .bin" if data else None
    fail("IB512", f"{path.name} {what}", place, hint)


def unwrap_image(data: bytes, path: Path, address: int | None = None) -> bytes:
    """The flash image in a file: its one container, or ``data`` itself if the file has no addresses.

    ``address`` chooses one of several. Raises BuildError: IB522 if an addressed file holds none, or several
    and none is chosen; else as the readers do.
    """
    name = _tell_format(data, path)
    if name is None:
        return data
    return bytes(_choose_container(READERS[name](data, Place(str(path))), path, address).data)


def read_pieces(data: bytes, path: Path) -> tuple[tuple[Piece, ...], bool]:
    """Everything that a file holds, and whether it tells addresses: else one piece at 0.

    Raises as :func:`unwrap_image` does. The suffix of a plain DFU file is no part of the image.
    """
    file, is_addressed = read_all(data, path)
    return file.pieces, is_addressed


def read_all(data: bytes, path: Path) -> tuple[AddressedFile, bool]:
    """As :func:`read_pieces`, with where execution starts."""
    name = _tell_format(data, path)
    if name is None:
        return AddressedFile((Piece(0, data, path.name),)), False
    return READERS[name](data, Place(str(path))), name != "dfu" or data.startswith(b"DfuSe")


def read_image_address(data: bytes, path: Path, address: int | None = None) -> int | None:
    """Address of the flash image in a file; None if the file has none.

    Raises as :func:`unwrap_image` does.
    """
    name = _tell_format(data, path)
    if name is None or (name == "dfu" and not data.startswith(b"DfuSe")):
        return None
    return _choose_container(READERS[name](data, Place(str(path))), path, address).address


def _choose_container(file: AddressedFile, path: Path, address: int | None = None) -> Piece:
    from imgbuild.reader.littlefs import is_littlefs
    from imgbuild.reader.pack import MAGIC

    every = ((piece, one) for piece in file.pieces for one in find_containers(piece))
    found = {one.address: (piece, one) for piece, one in every if one.kind != UNKNOWN}
    if address in found:
        piece, one = found[address]
        data = memoryview(piece.data)[one.address - piece.address :][: one.size_bytes]
        return Piece(one.address, data, piece.origin)
    if len(found) > 1 or address is not None:
        told = ", ".join(f"{one.kind} at 0x{one.address:08X}" for _, one in found.values())
        message = f"{path.name} holds {len(found)} flash images: {told}"
        if address is not None:
            message = f"no flash image begins at 0x{address:08X}; {message}"
        hint = f"name one by its address, such as {path.name}@0x{min(found):08X}" if found else None
        fail("IB522", message, Place(str(path)), hint)
    if len(file.pieces) == 1:
        return file.pieces[0]
    starts = [p for p in file.pieces if bytes(p.data[:4]) == MAGIC[:4] or is_littlefs(memoryview(p.data))]
    if len(starts) != 1:
        ranges = f"{len(file.pieces)} separate ranges, {len(starts) or 'none'} of them a flash image"
        fail("IB522", f"{path.name} holds {ranges}; expected one", Place(str(path)), "give the image's .bin")
    return starts[0]
