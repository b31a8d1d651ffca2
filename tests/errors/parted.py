"""Files of a manifest with three partitions for the folders beside this file."""

from pathlib import Path

import settings_areas

from imgbuild.cli.main import cli
from imgbuild.errors import Place
from imgbuild.reader.addressed import READERS

ASSETS, LOGS, SETTINGS = 0x80080000, 0x80090000, 0x800A0000
MANIFEST = """version: 1
name: demo
flash: {board: qemu-ast1030}
partitions:
  - {name: assets, size: 64K, assets: [{file: note.txt}]}
  - {name: logs, size: 64K, container: {littlefs: {writable: true}}}
  - name: settings
    size: 16K
    container: settings
    settings: {volume: {type: u32, default: 5, max: 10}}
"""


def build(output: str, manifest: str = MANIFEST) -> None:
    """Write manifest.yaml and its input, and build them."""
    Path("manifest.yaml").write_text(manifest)
    Path("note.txt").write_text("a plain file\n")
    cli.main(["build", "manifest.yaml", "-o", output, "-q"], standalone_mode=False)


def read(file: str = "all.hex") -> dict[int, bytearray]:
    """The pieces of an Intel HEX file by address."""
    pieces = READERS["ihex"](Path(file).read_bytes(), Place(file)).pieces
    return {piece.address: bytearray(piece.data) for piece in pieces}


def write(pieces: dict[int, bytes], file: str = "all.hex") -> None:
    """An Intel HEX file."""
    lines = []
    for address, data in pieces.items():
        for at in range(0, len(data), 16):
            here = address + at
            if not at or not here & 0xFFFF:
                lines.append(_record(0, 4, (here >> 16).to_bytes(2, "big")))
            lines.append(_record(here & 0xFFFF, 0, bytes(data[at : at + 16])))
    Path(file).write_text("".join([*lines, _record(0, 1, b"")]))


def _record(offset: int, kind: int, data: bytes) -> str:
    row = bytes([len(data), offset >> 8, offset & 255, kind]) + data
    return ":" + (row + bytes([-sum(row) & 255])).hex().upper() + "\n"


def store(area: bytes, name_key: int, value: int) -> bytes:
    """A settings area with a u32 stored."""
    return settings_areas.store(area, name_key, 3, value.to_bytes(4, "little"))
