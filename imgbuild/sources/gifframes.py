"""GIF files cut into frames (GIF89a specification, sections 15 to 26)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from imgbuild.limits import ANIMATION_FRAMES_MAX
from imgbuild.sources.framefile import BrokenFramesError, Bytes, Disposal, Part, Parts

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPING = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_DISPOSALS = {2: Disposal.CLEAR, 3: Disposal.RESTORE}
_PLAYS_MAX = 0xFFFF


@dataclass(slots=True)
class _Control:
    """A graphic control extension; the state before one comes."""

    delay_ms: int = 0
    disposal: Disposal = Disposal.KEEP
    clear_index: int | None = None


@dataclass(frozen=True, slots=True)
class _Screen:
    width_px: int
    height_px: int
    table: bytes
    flags: int


def cut_gif(data: bytes) -> Parts:
    """The frames of a GIF. Raises BrokenFramesError.

    The loop count of its NETSCAPE2.0 block counts repetitions, as browsers take it: n + 1 plays. A frame
    that clears its rectangle leaves it transparent, as browsers do, whatever the background colour is.
    """
    stream = Bytes(data)
    stream.take(6)
    screen = _read_screen(stream)
    control, plays = _Control(), 1
    frames: list[Part] = []
    while (kind := _next_block(stream, len(frames))) != _TRAILER:
        if kind == _EXTENSION:
            label, body = stream.take(1)[0], _take_blocks(stream)
            if label == _CONTROL and body and len(body[0]) >= 4:
                control = _read_control(body[0])
            elif label == _APPLICATION and body[:1] and body[0] in _LOOPING:
                plays = _read_plays(body[1:], plays)
        elif kind == _IMAGE:
            frames.append(_read_image(stream, screen, control))
            control = _Control()
        else:
            raise BrokenFramesError(
                f"is broken: byte 0x{kind:02X} at {stream.at - 1} starts no block of a GIF"
            )
        if len(frames) > ANIMATION_FRAMES_MAX:
            break
    width_px, height_px = screen.width_px, screen.height_px
    if frames:  # a first frame larger than the screen makes it larger, as Pillow and browsers have it
        width_px = max(width_px, frames[0].x + frames[0].width_px)
        height_px = max(height_px, frames[0].y + frames[0].height_px)
    return Parts(width_px, height_px, plays, tuple(frames))


def _next_block(stream: Bytes, found: int) -> int:
    if stream.is_at_end:
        raise BrokenFramesError(f"is truncated: it ends behind frame {found}, without the end mark of a GIF")
    return stream.take(1)[0]


def _read_screen(stream: Bytes) -> _Screen:
    width_px, height_px, flags, _, _ = struct.unpack("<HHBBB", stream.take(7))
    table = stream.take(6 << (flags & 7)) if flags & 0x80 else b""
    return _Screen(width_px, height_px, table, flags & 0x87)


def _take_blocks(stream: Bytes) -> list[bytes]:
    blocks = []
    while size := stream.take(1)[0]:
        blocks.append(stream.take(size))
    return blocks


def _read_control(block: bytes) -> _Control:
    flags, delay_cs, index = struct.unpack_from("<BHB", block)
    return _Control(
        10 * delay_cs, _DISPOSALS.get(flags >> 2 & 7, Disposal.KEEP), index if flags & 1 else None
    )


def _read_plays(blocks: list[bytes], plays: int) -> int:
    for block in blocks:
        if len(block) >= 3 and block[0] & 7 == 1:
            count: int = struct.unpack_from("<H", block, 1)[0]
            return min(count + 1, _PLAYS_MAX) if count else 0
    return plays


def _read_image(stream: Bytes, screen: _Screen, control: _Control) -> Part:
    x, y, width_px, height_px, flags = struct.unpack("<HHHHB", stream.take(9))
    table = stream.take(6 << (flags & 7)) if flags & 0x80 else b""
    start = stream.at
    stream.take(1)
    _take_blocks(stream)
    pixels = stream.data[start : stream.at]
    clear = b"" if control.clear_index is None else bytes((0x21, 0xF9, 4, 1, 0, 0, control.clear_index, 0))
    head = b"GIF89a" + struct.pack("<HHBBB", width_px, height_px, screen.flags, 0, 0) + screen.table
    image = struct.pack("<BHHHHB", _IMAGE, 0, 0, width_px, height_px, flags) + table + pixels
    data = b"".join((head, clear, image, bytes((_TRAILER,))))
    return Part(data, x, y, width_px, height_px, control.delay_ms, control.disposal)
