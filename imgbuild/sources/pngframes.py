"""APNG files cut into frames (PNG specification, third edition, section 11.3.4 "Animation information")."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from imgbuild.limits import ANIMATION_FRAMES_MAX
from imgbuild.sources.framefile import BrokenFramesError, Bytes, Disposal, Part, Parts

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CONTROL = struct.Struct(">IIIIIHHBB")
_DISPOSALS = {0: Disposal.KEEP, 1: Disposal.CLEAR, 2: Disposal.RESTORE}
_NOT_SHARED = (b"IHDR", b"acTL", b"fcTL", b"eXIf")
"""Chunks before the pixels that a frame of its own does not take over (the orientation is the whole's)."""
_PLAYS_MAX = 0xFFFF


@dataclass(slots=True)
class _Cutter:
    """What is known while the chunks go by."""

    header: bytes = b""
    shared: list[bytes] = field(default_factory=list)
    frames: list[Part] = field(default_factory=list)
    open_frame: Part | None = None
    pixels: list[bytes] = field(default_factory=list)
    count: int | None = None
    plays: int = 1
    sequence: int = 0
    has_pixels: bool = False


def cut_png(data: bytes) -> Parts | None:
    """The frames of an APNG; None for a PNG that is none. Raises BrokenFramesError.

    A default image without a frame control belongs to viewers that know no animation: it is left out.
    """
    cutter = _Cutter()
    for kind, body in _read_chunks(data):
        _TAKERS.get(kind, _take_other)(cutter, body, kind)
        if cutter.has_pixels and cutter.count is None:
            return None
        if len(cutter.frames) > ANIMATION_FRAMES_MAX:
            break
    _close_frame(cutter)
    if cutter.count is None:
        return None
    if len(cutter.frames) < cutter.count:
        raise BrokenFramesError(f"holds {len(cutter.frames)} frames, its header says {cutter.count}")
    width_px, height_px = struct.unpack_from(">II", cutter.header)
    return Parts(width_px, height_px, cutter.plays, tuple(cutter.frames))


def _read_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    stream = Bytes(data, len(_SIGNATURE))
    while True:
        size, kind = struct.unpack(">I4s", stream.take(8))
        body = stream.take(size)
        crc = int.from_bytes(stream.take(4), "big")
        if kind in (b"acTL", b"fcTL", b"fdAT") and zlib.crc32(kind + body) != crc:
            raise BrokenFramesError(f"is broken: the CRC of its chunk {kind.decode()} does not fit")
        yield kind, body
        if kind == b"IEND":
            return


def _take_header(cutter: _Cutter, body: bytes, _kind: bytes) -> None:
    if len(body) != 13 or cutter.header:
        raise BrokenFramesError("is broken: its chunk IHDR does not fit")
    cutter.header = body


def _take_animation(cutter: _Cutter, body: bytes, _kind: bytes) -> None:
    if len(body) != 8 or cutter.has_pixels or not cutter.header:
        raise BrokenFramesError("is broken: its chunk acTL does not fit")
    cutter.count, plays = struct.unpack(">II", body)
    cutter.plays = min(plays, _PLAYS_MAX)


def _take_control(cutter: _Cutter, body: bytes, _kind: bytes) -> None:
    _close_frame(cutter)
    if len(body) != _CONTROL.size:
        raise BrokenFramesError(f"is broken: its chunk fcTL has {len(body)} B, expected {_CONTROL.size}")
    number, width_px, height_px, x, y, above, below, disposal, blend = _CONTROL.unpack(body)
    _check_sequence(cutter, number)
    ratio = 1000 * above, below or 100
    delay_ms = (2 * ratio[0] + ratio[1]) // (2 * ratio[1])
    if disposal not in _DISPOSALS or blend > 1:
        raise BrokenFramesError(
            f"is broken: frame {len(cutter.frames) + 1} is disposed or blended in no known way"
        )
    way = _DISPOSALS[disposal]
    if not cutter.frames and way is Disposal.RESTORE:
        way = Disposal.CLEAR  # there is nothing to go back to
    cutter.open_frame = Part(b"", x, y, width_px, height_px, delay_ms, way, blend == 0)


def _take_pixels(cutter: _Cutter, body: bytes, _kind: bytes) -> None:
    cutter.has_pixels = True
    if cutter.open_frame is not None:
        cutter.pixels.append(body)


def _take_frame_pixels(cutter: _Cutter, body: bytes, _kind: bytes) -> None:
    if len(body) < 4 or cutter.open_frame is None:
        raise BrokenFramesError("is broken: a chunk fdAT belongs to no frame")
    _check_sequence(cutter, int.from_bytes(body[:4], "big"))
    cutter.pixels.append(body[4:])


def _take_other(cutter: _Cutter, body: bytes, kind: bytes) -> None:
    if not cutter.has_pixels and kind not in _NOT_SHARED:
        cutter.shared.append(_chunk(kind, body))


_TAKERS = {
    b"IHDR": _take_header,
    b"acTL": _take_animation,
    b"fcTL": _take_control,
    b"IDAT": _take_pixels,
    b"fdAT": _take_frame_pixels,
}


def _check_sequence(cutter: _Cutter, number: int) -> None:
    if number != cutter.sequence:
        raise BrokenFramesError(f"is broken: chunk {number} of its frames, expected {cutter.sequence}")
    cutter.sequence += 1


def _close_frame(cutter: _Cutter) -> None:
    """Make a PNG of the frame whose chunks have gone by."""
    part = cutter.open_frame
    if part is None:
        return
    if not cutter.pixels:
        raise BrokenFramesError(f"is broken: frame {len(cutter.frames) + 1} has no pixels")
    header = struct.pack(">II", part.width_px, part.height_px) + cutter.header[8:]
    pixels = [_chunk(b"IDAT", body) for body in cutter.pixels]
    data = b"".join((_SIGNATURE, _chunk(b"IHDR", header), *cutter.shared, *pixels, _chunk(b"IEND", b"")))
    cutter.frames.append(replace(part, data=data))
    cutter.open_frame, cutter.pixels = None, []


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
