"""Turns a frame that the firmware sent over its serial port into a PNG file."""  # noqa: INP001 - a script

from __future__ import annotations

import argparse
import binascii
import re
from pathlib import Path

_FRAME = re.compile(rb"^FRAME (\w+) (\d+) (\d+) ([0-9a-f]{8})\r?\n(.*?)^END\r?$", re.MULTILINE | re.DOTALL)


def read_frames(log: bytes) -> dict[str, tuple[int, int, bytes]]:
    """Every frame of a log by its label: width and height in px, RGB565 values of two bytes, high byte first.

    Raises ``ValueError`` for a frame that is incomplete or whose CRC-32 (over little-endian pixels) differs.
    """
    frames = {}
    for match in _FRAME.finditer(log):
        label = match[1].decode()
        width, height = int(match[2]), int(match[3])
        pixels = bytes.fromhex(match[5].decode())
        if len(pixels) != width * height * 2:
            raise ValueError(f"frame {label!r} has {len(pixels)} bytes, expected {width * height * 2}")
        swapped = bytearray(len(pixels))
        swapped[0::2], swapped[1::2] = pixels[1::2], pixels[0::2]
        if binascii.crc32(swapped) != int(match[4], 16):
            raise ValueError(f"frame {label!r} was damaged on its way: its CRC-32 differs")
        frames[label] = (width, height, pixels)
    return frames


def write_png(frame: tuple[int, int, bytes], path: Path) -> None:
    """Write a frame as PNG; 5 and 6 bit levels become the nearest 8 bit ones."""
    from PIL import Image

    width, height, pixels = frame
    rgb = bytearray()
    for high, low in zip(pixels[0::2], pixels[1::2], strict=True):
        value = high << 8 | low
        red, green, blue = value >> 11, value >> 5 & 63, value & 31
        rgb += bytes(((red * 255 + 15) // 31, (green * 255 + 31) // 63, (blue * 255 + 15) // 31))
    Image.frombytes("RGB", (width, height), bytes(rgb)).save(path)


def main() -> None:
    """Command line: log, label of the frame, PNG to write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    parser.add_argument("label")
    parser.add_argument("png", type=Path)
    arguments = parser.parse_args()
    frames = read_frames(arguments.log.read_bytes())
    if arguments.label not in frames:
        parser.exit(1, f"{arguments.log} has no complete frame {arguments.label!r}\n")
    write_png(frames[arguments.label], arguments.png)


if __name__ == "__main__":
    main()
