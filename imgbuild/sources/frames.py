"""Every frame of an animated GIF, APNG or WebP, as it is seen: composed from what the file holds of it.

GIF and APNG are cut into pictures of their own and composed here, since Pillow's way differs from the
specifications: APNG's blending loses opacity where both pixels are half clear, and GIF's clearing fills
in the background colour, which no browser does.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgbuild import limits
from imgbuild.errors import BuildError
from imgbuild.model import DecodedImage
from imgbuild.sources.framefile import BrokenFramesError, Disposal, Part, Parts
from imgbuild.sources.gifframes import cut_gif
from imgbuild.sources.icc import ProfileError, convert_rgba, has_foreign_profile
from imgbuild.sources.pngframes import cut_png
from imgbuild.sources.raster import decode_raster_source
from imgbuild.sources.sourcefile import SourceFile

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]

_DELAY_DEFAULT_MS = 100
"""For a delay of 0, which asks for as many frames as there is time for: what browsers make of it."""
_CUTTERS: dict[str, Callable[[bytes], Parts | None]] = {"GIF": cut_gif, "PNG": cut_png}


def decode_frames(source: SourceFile, start: str | None, *, icc: str) -> DecodedImage:
    """All frames of ``source``, whose bytes begin like ``start``; a still picture has one, of delay 0.

    Raises BuildError: IB201 to IB203 as decode_raster_source does, IB250 (too many frames, or pixels in
    all of them), IB251 (a broken or truncated animation).
    """
    if start == "WebP":
        return _decode_webp(source, icc)
    cutter = _CUTTERS.get(start or "")
    try:
        parts = None if cutter is None else cutter(source.data)
    except BrokenFramesError as problem:
        source.refuse("IB251", str(problem))
    if parts is None or not parts.frames:
        still = decode_raster_source(source, start, icc=icc)
        return replace(still, delays_ms=(0,))
    _check_amount(source, len(parts.frames), parts.width_px, parts.height_px)
    frames, notes = _compose(source, parts, start, icc)
    return _finish(source, frames, [part.delay_ms for part in parts.frames], parts.plays, notes)


def _check_amount(source: SourceFile, count: int, width_px: int, height_px: int) -> None:
    if count > limits.ANIMATION_FRAMES_MAX:
        source.refuse("IB250", f"has more than {limits.ANIMATION_FRAMES_MAX} frames")
    pixels = count * width_px * height_px
    if pixels > limits.SOURCE_PIXELS_MAX:
        source.refuse(
            "IB250",
            f"has {count} frames of {width_px}x{height_px} px, {pixels} pixels in all;"
            f" at most {limits.SOURCE_PIXELS_MAX} are decoded",
        )


def _finish(
    source: SourceFile, frames: Sequence[U8], delays_ms: Sequence[int], plays: int, notes: Sequence[str]
) -> DecodedImage:
    told = list(dict.fromkeys(notes))
    zeros = sum(delay == 0 for delay in delays_ms)
    if zeros and len(frames) > 1:
        told.append(f"{zeros} frames without a delay got one of {_DELAY_DEFAULT_MS} ms")
    if max(delays_ms) > limits.ANIMATION_DELAY_MS_MAX:
        told.append(f"delays above {limits.ANIMATION_DELAY_MS_MAX} ms became as long")
    settled = tuple(min(delay or _DELAY_DEFAULT_MS, limits.ANIMATION_DELAY_MS_MAX) for delay in delays_ms)
    delays = settled if len(frames) > 1 else (0,)
    return DecodedImage(tuple(frames), source.digest, tuple(told), delays_ms=delays, plays=plays)


# --- GIF and APNG --------------------------------------------------------------------------------


def _compose(source: SourceFile, parts: Parts, start: str | None, icc: str) -> tuple[list[U8], list[str]]:
    canvas = np.zeros((parts.height_px, parts.width_px, 4), np.uint8)
    frames: list[U8] = []
    notes: list[str] = []
    for number, part in enumerate(parts.frames, 1):
        _check_part(source, number, part, parts, start)
        before = canvas.copy() if part.disposal is Disposal.RESTORE else canvas
        decoded, below = _decode_part(source, number, part, icc), _cut(canvas, part)
        shown = decoded.frames[0]
        notes += decoded.notes
        shown = shown[: below.shape[0], : below.shape[1]]
        below[:] = shown if part.is_replacing else lay_over(shown, below)
        frames.append(canvas.copy())
        if part.disposal is Disposal.CLEAR:
            below[:] = 0
        elif part.disposal is Disposal.RESTORE:
            canvas = before
    return frames, notes


def _check_part(source: SourceFile, number: int, part: Part, parts: Parts, start: str | None) -> None:
    """A PNG's frames lie inside (the specification demands it), a GIF's are clipped, as browsers do."""
    right, bottom = part.x + part.width_px, part.y + part.height_px
    if start == "PNG" and (right > parts.width_px or bottom > parts.height_px):
        source.refuse(
            "IB251",
            f"is broken: frame {number} ends at {right}, {bottom} px,"
            f" the picture at {parts.width_px}, {parts.height_px} px",
        )
    if part.width_px * part.height_px > limits.SOURCE_PIXELS_MAX:
        source.refuse("IB250", f"has a frame of {part.width_px}x{part.height_px} px")


def _cut(canvas: U8, part: Part) -> U8:
    return canvas[part.y : part.y + part.height_px, part.x : part.x + part.width_px]


def _decode_part(source: SourceFile, number: int, part: Part, icc: str) -> DecodedImage:
    if not part.width_px or not part.height_px:
        return DecodedImage((np.zeros((part.height_px, part.width_px, 4), np.uint8),), source.digest)
    try:
        return decode_raster_source(replace(source, data=part.data), icc=icc)
    except BuildError as problem:
        why = problem.diagnostics[0].message.partition(f'"{source.asset_name}" ')[2]
        source.refuse("IB251", f"is broken: frame {number} {why}")


def lay_over(above: U8, below: U8) -> U8:
    """``above`` over ``below``, uint8 ``[h, w, 4]``, straight alpha; exact, rounded to the nearest."""
    top, bottom = above.astype(np.uint32), below.astype(np.uint32)
    weight_top = top[..., 3:] * 255
    weight_bottom = bottom[..., 3:] * (255 - top[..., 3:])
    total = weight_top + weight_bottom
    out = np.empty_like(above)
    mixed = top[..., :3] * weight_top + bottom[..., :3] * weight_bottom
    out[..., :3] = (mixed + total // 2) // np.maximum(total, 1)
    out[..., 3:] = (total + 127) // 255
    return out


# --- WebP ----------------------------------------------------------------------------------------


def _decode_webp(source: SourceFile, icc: str) -> DecodedImage:
    """All frames, composed by libwebp; Pillow tells how often they are shown, 0 for ever."""
    first = decode_raster_source(source, "WebP", icc=icc)
    notes = [note for note in first.notes if not note.startswith("only the first of ")]
    frames, delays_ms = [first.frames[0]], [0]
    number = 1
    try:
        with Image.open(io.BytesIO(source.data), formats=("WEBP",)) as picture:
            count = int(getattr(picture, "n_frames", 1))
            plays = int(picture.info.get("loop", 1))
            _check_amount(source, count, *picture.size)
            if count > 1:
                frames, delays_ms = [], []
            while len(frames) < count and count > 1:
                number = len(frames) + 1
                picture.seek(len(frames))
                rgba = np.asarray(picture.convert("RGBA"))
                frames.append(_convert_colours(rgba, picture.info.get("icc_profile"), icc))
                delays_ms.append(round(float(picture.info.get("duration", 0))))
    except BuildError:
        raise
    except Exception as problem:  # noqa: BLE001 - decoders raise any exception on hostile bytes
        text = " ".join(str(problem).split()) or type(problem).__name__
        source.refuse("IB251", f"is broken: frame {number} cannot be decoded: the decoder says: {text}")
    return _finish(source, frames, delays_ms, min(plays, 0xFFFF), notes)


def _convert_colours(rgba: U8, profile: object, icc: str) -> U8:
    """In sRGB; a profile that cannot be applied was told of with the first frame."""
    if icc != "convert" or not isinstance(profile, bytes) or not has_foreign_profile(profile):
        return rgba
    try:
        return convert_rgba(rgba, profile)
    except ProfileError:
        return rgba
