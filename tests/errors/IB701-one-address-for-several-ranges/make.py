"""An Intel HEX file with two ranges: the image, and another one behind it."""

from pathlib import Path

import damage


def record(offset, kind, data):
    """One line of Intel HEX: count, offset, kind, data, and what makes the sum of all bytes 0."""
    row = bytes([len(data), offset >> 8, offset & 255, kind]) + data
    return ":" + (row + bytes([-sum(row) & 255])).hex().upper() + "\n"


lines = []
for address, data in ((0x100000, b"settings"), (0x80000, bytes(damage.build_image()))):
    lines.append(record(0, 4, (address >> 16).to_bytes(2, "big")))
    lines += [record(at, 0, data[at : at + 16]) for at in range(0, len(data), 16)]
Path("ext.hex").write_text("".join([*lines, record(0, 1, b"")]))
