"""Flash images for the folders of IB6xx: sound ones, built by imgbuild, and repairs after a damage.

The flat one is laid out as the pack of FORMAT.md, section 10 (the bitmap ``dot`` and the file ``note.txt``),
and padded to 4 KiB, so ``make.py`` of a folder can name the very byte that it damages.
"""

import struct
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from imgbuild.build import BuildRequest, build

PACK_BYTES = 204
ENTRIES = {"note.txt": 0x44, "dot": 0x64}
"""Where the 32-byte entries lie."""
_ROWS = b"\0\xff\0\0\xff\0\xff\0\x80\0\0\xff\0" + b"\0\xff\xff\xff\xff\x80\x80\x80\xff\0\0\0\x40"
"""3x2 pixels R G B A, each row behind PNG's filter byte: red, green, blue, white, grey, black."""
_MANIFEST = """version: 1
name: demo
content_version: 7
flash: {{board: spark-core, region: {{offset: 0x80000, size: 32K}}}}
container: {container}
assets:
  - {{image: dot.png, pixel_format: rgb565a8}}
  - {{file: note.txt, name: {name}}}
"""


def build_image(container="flat", name="note.txt", note=b"Hello", pictures=1):
    """The image's bytes; ``container`` as in a manifest, ``name`` and ``note`` of the file.

    ``dot`` shows its 3x2 pixels ``pictures`` times below each other.
    """
    with TemporaryDirectory() as path:
        folder = Path(path)
        (folder / "dot.png").write_bytes(_png(pictures))
        (folder / "note.txt").write_bytes(note)
        (folder / "manifest.yaml").write_text(_MANIFEST.format(container=container, name=name))
        result = build(BuildRequest(folder / "manifest.yaml", folder / "ext.bin", folder))
        return bytearray(result.image.data)


def repair(data):
    """Make every checksum of the flat image fit what it now covers, as a wrong writer would."""
    for at in ENTRIES.values():
        offset, stored = struct.unpack_from("<2I", data, at + 4)
        struct.pack_into("<I", data, at + 12, zlib.crc32(data[offset : offset + stored]))
        data[at + 31] = _crc8(data[at : at + 31])
    struct.pack_into("<I", data, 0x28, zlib.crc32(data[0x40:0x90]))
    repair_header(data)


def repair_header(data):
    """Make the header's CRC-32 fit, and the end marker's copy of it."""
    crc = zlib.crc32(data[:0x3C])
    struct.pack_into("<I", data, 0x3C, crc)
    struct.pack_into("<I", data, PACK_BYTES - 8, crc)


def save(data):
    """Write the image that the command of ``cmd.txt`` reads."""
    Path("ext.bin").write_bytes(data)


def _crc8(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x07 if crc & 0x80 else 0)) & 0xFF
    return crc


def _png(pictures):
    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">2I5B", 3, 2 * pictures, 8, 6, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return start + chunk(b"IDAT", zlib.compress(_ROWS * pictures)) + chunk(b"IEND", b"")
