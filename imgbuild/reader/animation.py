"""Animations as stored, read from FORMAT.md section "Animation payload" alone."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imgbuild.limits import SOURCE_PIXELS_MAX
from imgbuild.model import Animation, Kind, Samples
from imgbuild.reader.bitmap import Bitmap, decode_together, fail_malformed, read_bitmap
from imgbuild.reader.pack import Entry
from imgbuild.reader.pixelformat import PIXEL_FORMATS

U8 = NDArray[np.uint8]

_HEADER = struct.Struct("<HHB3xI")
_RECORD = struct.Struct("<II5HB")
_RECORD_BYTES = 20
_IS_WHOLE = 1
_PLACE_MAX = 0x7FFF


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its rectangle at ``x``, ``y`` as a bitmap, None where the frame changes nothing."""

    delay_ms: int
    x: int
    y: int
    bitmap: Bitmap | None


@dataclass(frozen=True, slots=True)
class ReadAnimation:
    """An animation whose tables were checked; pixels are decoded on request. ``plays`` 0: for ever."""

    name: str
    width: int
    height: int
    plays: int
    duration_ms: int
    frames: tuple[Frame, ...]

    @property
    def bitmaps(self) -> tuple[Bitmap, ...]:
        """The rectangles of all frames that have one."""
        return tuple(frame.bitmap for frame in self.frames if frame.bitmap is not None)

    def decoded_together(self) -> ReadAnimation:
        """The same with the rows of codec 3 decoded, all frames' together."""
        bitmaps = iter(decode_together(self.bitmaps))
        frames = (f if f.bitmap is None else replace(f, bitmap=next(bitmaps)) for f in self.frames)
        return replace(self, frames=tuple(frames))

    @property
    def raw_bytes(self) -> int:
        """Bytes of all rectangles uncompressed, palettes included."""
        return sum(bitmap.raw_bytes + 4 * bitmap.palette_count for bitmap in self.bitmaps)

    def shown(self) -> Animation:
        """What a player with one frame buffer holds after each frame. Raises IB608."""
        colour: NDArray[np.uint8] | NDArray[np.uint16] | None = None
        alpha: U8 | None = None
        shown: list[Samples] = []
        for frame in self.frames:
            if frame.bitmap is not None:
                part = _look_up(frame.bitmap.samples())
                if colour is None:
                    colour, alpha = part.colour, part.alpha
                else:
                    colour, alpha = colour.copy(), None if alpha is None else alpha.copy()
                    rows = slice(frame.y, frame.y + frame.bitmap.height)
                    columns = slice(frame.x, frame.x + frame.bitmap.width)
                    colour[rows, columns] = part.colour
                    if alpha is not None and part.alpha is not None:
                        alpha[rows, columns] = part.alpha
            if colour is not None:
                shown.append(Samples(colour, alpha))
        return Animation(tuple(shown), tuple(frame.delay_ms for frame in self.frames), self.plays)

    def rgba_frames(self) -> Iterator[U8]:
        """The same as R G B A, straight alpha, uint8 ``[h, w, 4]``. Raises IB608."""
        canvas = np.zeros((self.height, self.width, 4), np.uint8)
        for frame in self.frames:
            if frame.bitmap is not None:
                canvas = canvas.copy()
                rows = slice(frame.y, frame.y + frame.bitmap.height)
                canvas[rows, frame.x : frame.x + frame.bitmap.width] = frame.bitmap.rgba()
            yield canvas


def _look_up(samples: Samples) -> Samples:
    """Palettes differ from frame to frame, so indices become their colours."""
    if samples.palette is None:
        return samples
    return Samples(samples.palette[samples.colour])


def read_animation(payload: bytes | memoryview, entry: Entry) -> ReadAnimation:
    """Check an animation's tables, and the header of each frame's bitmap. Raises IB608."""
    view = memoryview(payload).cast("B")
    if len(view) < _HEADER.size:
        fail_malformed(entry.name, f"payload of {len(view)} bytes, an animation's header has {_HEADER.size}")
    count, plays, record_bytes, duration_ms = _HEADER.unpack_from(view)
    if entry.pixel_format not in PIXEL_FORMATS:
        fail_malformed(entry.name, f"pixel format 0x{entry.pixel_format:02X} is not known to this reader")
    if not count or record_bytes < _RECORD_BYTES or record_bytes % 4:
        fail_malformed(entry.name, f"{count} frames with records of {record_bytes} bytes")
    end = _HEADER.size + count * record_bytes
    if end > len(view):
        fail_malformed(entry.name, f"table of {count} frames in a payload of {len(view)} bytes")
    if count * entry.width * entry.height > SOURCE_PIXELS_MAX:
        fail_malformed(entry.name, f"{count} frames of {entry.width}x{entry.height} px are too much")
    frames = [
        _read_frame(view, entry, end, number, _RECORD.unpack_from(view, _HEADER.size + number * record_bytes))
        for number in range(count)
    ]
    total = min(sum(frame.delay_ms for frame in frames), 0xFFFFFFFF)
    if total != duration_ms:
        fail_malformed(entry.name, f"the frames take {total} ms, the header says {duration_ms} ms")
    return ReadAnimation(entry.name, entry.width, entry.height, plays, duration_ms, tuple(frames))


def _read_frame(view: memoryview, entry: Entry, start: int, number: int, fields: tuple[int, ...]) -> Frame:
    offset, stored, delay_ms, x, y, width, height, flags = fields
    where = f"frame {number + 1}"
    if not stored and number and not (offset or width or height):
        return Frame(delay_ms, x, y, None)
    if offset % 4 or offset < start or stored > len(view) or offset > len(view) - stored:
        fail_malformed(entry.name, f"{where}: {stored} bytes at {offset} in a payload of {len(view)} bytes")
    if x + width > entry.width or y + height > entry.height or max(x, y) > _PLACE_MAX:
        place = f"{width}x{height} px at {x}, {y} in {entry.width}x{entry.height} px"
        fail_malformed(entry.name, f"{where}: {place}")
    is_whole = (x, y, width, height) == (0, 0, entry.width, entry.height)
    if bool(flags & _IS_WHOLE) != is_whole or (not number and not is_whole):
        fail_malformed(entry.name, f"{where}: flags {flags} for {width}x{height} px at {x}, {y}")
    part = replace(entry, name=f"{entry.name}: {where}", kind=Kind.BITMAP, width=width, height=height)
    return Frame(delay_ms, x, y, read_bitmap(view[offset : offset + stored], part))
