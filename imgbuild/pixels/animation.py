"""Animation payloads: decoded frames to the bytes of FORMAT.md, section "Animation payload"."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imgbuild import limits
from imgbuild.errors import BuildError, Diagnostic, fail
from imgbuild.model import (
    Animation,
    Codec,
    CodecTrial,
    DecodedImage,
    EncodedAsset,
    ImageOptions,
    Kind,
    PlannedAsset,
    Samples,
)
from imgbuild.pixels.bitmap import (
    check_size,
    choose_pixel_format,
    choose_pixel_formats,
    convert_samples,
    count_bitmap_colours,
    take_smallest,
)
from imgbuild.pixels.formats import PIXEL_FORMATS, PixelFormat
from imgbuild.pixels.geometry import Prepared, prepare_image
from imgbuild.pixels.loss import note_losses, refuse_loss
from imgbuild.pixels.optimal import find_palette
from imgbuild.pixels.range_bitmaps import can_code, encode_together
from imgbuild.pixels.range_pass import is_worth_it
from imgbuild.pixels.reduced import finds_palette, palette_size
from imgbuild.pixels.strips import AUTO_CODECS, Payload, build_payload, build_range_payload, plan_range
from imgbuild.units import align_up

U8 = NDArray[np.uint8]

_HEADER = struct.Struct("<HHBBHI")
_FRAME = struct.Struct("<IIHHHHHBB")
_IS_WHOLE = 1


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame ready to be packed: ``samples`` of the changed rectangle, None if nothing changed."""

    delay_ms: int
    x: int
    y: int
    samples: Samples | None


@dataclass(frozen=True, slots=True)
class _Form:
    """A format that all frames may be stored in, the pictures to convert to it, the colour of coverage."""

    pixel_format: PixelFormat
    prepared: list[Prepared]
    tint: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class _Packed:
    """An animation's payload, and what else was tried."""

    data: bytes
    anchor_bytes: int
    codec: Codec
    raw_bytes: int
    max_strip_bytes: int
    pixel_bytes: int
    tried: tuple[_Packed, ...] = ()


def encode_animation(asset: PlannedAsset, decoded: DecodedImage) -> tuple[EncodedAsset, list[Diagnostic]]:
    """All frames of ``decoded`` as the animation that ``asset.options`` (ImageOptions) ask for, and warnings.

    Each frame but the first is the rectangle that differs from the frame before, after conversion, so a
    player overwrites rectangles and blends nothing. Raises BuildError as encode_bitmap does, and IB250.
    Codec ``auto`` is the one that makes the whole animation smallest, codec range as ``prefer`` says.
    """
    options = asset.options
    if not isinstance(options, ImageOptions):
        raise TypeError(f"asset {asset.name!r} has no image options")
    if not decoded.delays_ms:  # a drawing: its decoder knows no frames
        decoded = replace(decoded, delays_ms=(0,))
    prepared = _prepare(asset, options, decoded)
    made: list[EncodedAsset] = []
    for number, form in enumerate(_choose_formats(options, prepared)):
        try:
            made.append(_encode_as(asset, options, decoded, form))
        except BuildError:  # the rows of a format that is only tried may be larger than a strip
            if not number:
                raise
    return take_smallest(made), _warn_of_still(asset, decoded)


def _encode_as(
    asset: PlannedAsset, options: ImageOptions, decoded: DecodedImage, form: _Form
) -> EncodedAsset:
    prepared, pixel_format = form.prepared, form.pixel_format
    if pixel_format.is_indexed and finds_palette(options):
        options = _with_palette(asset, options, pixel_format, decoded)
    pictures = []
    for number, picture in enumerate(prepared, 1):
        samples = _convert(asset, picture.rgba, pixel_format, options, number)
        pictures.append(replace(samples, tint=form.tint))
    seen = [_show(samples) for samples in pictures]
    frames = _cut_frames(pictures, seen, decoded.delays_ms)
    packed = _pack_best(asset, frames, pixel_format, options, plays=decoded.plays, first=seen[0])
    height_px, width_px = seen[0].colour.shape[:2]
    encoded = EncodedAsset(
        name=asset.name,
        key=asset.key,
        kind=Kind.ANIMATION,
        payload=packed.data,
        crc32=zlib.crc32(packed.data),
        width=width_px,
        height=height_px,
        pixel_format=pixel_format.number,
        codec=packed.codec,
        raw_bytes=packed.raw_bytes,
        align_bytes=max(4, options.align_bytes),
        anchor_bytes=packed.anchor_bytes,
        max_strip_bytes=packed.max_strip_bytes,
        expected=Animation(tuple(seen), decoded.delays_ms, decoded.plays),
        notes=decoded.notes,
        loss=note_losses(prepared[0], pictures[0], pixel_format, options),
        tried=tuple(
            CodecTrial(t.codec, pixel_format.number, len(t.data), t.pixel_bytes) for t in packed.tried
        ),
    )
    if options.is_lossless:
        _refuse_loss(asset, prepared, pictures, pixel_format, options)
    return encoded


def _warn_of_still(asset: PlannedAsset, decoded: DecodedImage) -> list[Diagnostic]:
    if len(decoded.frames) > 1:
        return []
    message = (
        f'"{asset.source.name}" of image "{asset.name}" is a still picture, \'animate\' makes one frame of it'
    )
    return [Diagnostic("IB252", message, asset.place, "take 'animate' out", asset.name)]


# --- conversion ----------------------------------------------------------------------------------


def _prepare(asset: PlannedAsset, options: ImageOptions, decoded: DecodedImage) -> list[Prepared]:
    """Every frame through crop, resize and so on; refused before the second if it is too much."""
    check_size(asset, options, decoded.frames[0])
    first = prepare_image(asset, options, decoded.frames[0], is_drawn=decoded.is_drawn)
    pixels = len(decoded.frames) * first.rgba.shape[0] * first.rgba.shape[1]
    if pixels > limits.SOURCE_PIXELS_MAX:
        fail(
            "IB250",
            f'image "{asset.name}" would have {len(decoded.frames)} frames of {first.rgba.shape[1]}x'
            f"{first.rgba.shape[0]} px, {pixels} pixels in all;"
            f" at most {limits.SOURCE_PIXELS_MAX} are accepted",
            asset.place,
            "ask for less with 'resize'",
            asset.name,
        )
    if max(first.rgba.shape[:2]) > limits.ANIMATION_SIDE_MAX:
        fail(
            "IB250",
            f'image "{asset.name}" would be {first.rgba.shape[1]}x{first.rgba.shape[0]} px,'
            f" a side of an animation is at most {limits.ANIMATION_SIDE_MAX} px",
            asset.place,
            "ask for less with 'resize'",
            asset.name,
        )
    rest = (prepare_image(asset, options, frame, is_drawn=decoded.is_drawn) for frame in decoded.frames[1:])
    return [first, *rest]


def _choose_formats(options: ImageOptions, prepared: list[Prepared]) -> list[_Form]:
    """One format for all frames: ``auto`` looks at them as at one tall picture."""
    if options.pixel_format in PIXEL_FORMATS:
        choice = choose_pixel_format(options, prepared[0].rgba)
        return [_Form(choice.pixel_format, prepared, choice.tint)]
    stacked = np.concatenate([picture.rgba for picture in prepared])
    return [
        _Form(
            choice.pixel_format,
            [replace(p, rgba=rgba) for p, rgba in zip(prepared, _split(choice.rgba, prepared), strict=True)],
            choice.tint,
        )
        for choice in choose_pixel_formats(options, stacked)
    ]


def _split(stacked: U8, prepared: Sequence[Prepared]) -> list[U8]:
    return list(np.split(stacked, len(prepared)))


def _with_palette(
    asset: PlannedAsset, options: ImageOptions, pixel_format: PixelFormat, decoded: DecodedImage
) -> ImageOptions:
    """One palette for all frames, so that colours do not flicker."""
    histogram = count_bitmap_colours(asset, decoded)
    palette = find_palette(histogram, palette_size(pixel_format, options))
    return replace(options, palette=tuple((r, g, b, a) for r, g, b, a in palette.tolist()))


def _convert(
    asset: PlannedAsset, rgba: U8, pixel_format: PixelFormat, options: ImageOptions, number: int
) -> Samples:
    try:
        return convert_samples(asset, rgba, pixel_format, options).samples
    except BuildError as error:
        told = [replace(item, message=f"{item.message} (frame {number})") for item in error.diagnostics]
        raise BuildError(*told) from error


def _refuse_loss(
    asset: PlannedAsset,
    prepared: Sequence[Prepared],
    pictures: Sequence[Samples],
    pixel_format: PixelFormat,
    options: ImageOptions,
) -> None:
    """Each frame as a bitmap of its own, compared with what it was made from."""
    plain = replace(options, codec="raw")
    for picture, samples in zip(prepared, pictures, strict=True):
        payload = build_payload(asset, samples, pixel_format, plain)
        height_px, width_px = picture.rgba.shape[:2]
        bitmap = EncodedAsset(
            asset.name, asset.key, Kind.BITMAP, payload.data, zlib.crc32(payload.data), width_px, height_px,
            pixel_format.number, payload.codec, payload.raw_bytes, 4, payload.anchor_bytes, 0, samples,
        )  # fmt: skip
        refuse_loss(asset, picture.rgba, bitmap, options)


# --- rectangles ----------------------------------------------------------------------------------


def _show(samples: Samples) -> Samples:
    """What is compared: indices of different palettes are not, so they become their colours."""
    if samples.palette is None:
        return Samples(samples.colour, samples.alpha)
    return Samples(samples.palette[samples.colour])


def _cut_frames(
    pictures: Sequence[Samples], seen: Sequence[Samples], delays_ms: Sequence[int]
) -> list[_Frame]:
    frames = [_Frame(delays_ms[0], 0, 0, _reduce_palette(pictures[0]))]
    for number in range(1, len(pictures)):
        box = _changed_box(seen[number - 1], seen[number])
        if box is None:
            frames.append(_Frame(delays_ms[number], 0, 0, None))
            continue
        top, bottom, left, right = box
        whole = pictures[number]
        alpha = None if whole.alpha is None else whole.alpha[top:bottom, left:right]
        part = replace(whole, colour=whole.colour[top:bottom, left:right], alpha=alpha)
        frames.append(_Frame(delays_ms[number], left, top, _reduce_palette(part)))
    return frames


def _changed_box(before: Samples, after: Samples) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right) around every pixel that differs; None if none does."""
    differs = before.colour != after.colour
    if differs.ndim == 3:
        differs = differs.any(axis=2)
    if before.alpha is not None and after.alpha is not None:
        differs = differs | (before.alpha != after.alpha)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not rows.size:
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _reduce_palette(samples: Samples) -> Samples:
    """Only the colours that are used."""
    if samples.palette is None:
        return samples
    used, places = np.unique(samples.colour, return_inverse=True)
    colour = places.reshape(samples.colour.shape).astype(np.uint8)
    return replace(samples, colour=colour, palette=samples.palette[used])


# --- bytes ---------------------------------------------------------------------------------------


def _pack_best(
    asset: PlannedAsset,
    frames: Sequence[_Frame],
    pixel_format: PixelFormat,
    options: ImageOptions,
    *,
    plays: int,
    first: Samples,
) -> _Packed:
    """The payload, all frames in one codec: the one that is asked for, or the best."""

    def pack(payloads: Sequence[Payload | None]) -> _Packed:
        data, anchor_bytes = _pack_animation(frames, payloads, plays, options.align_bytes, first)
        stored = [payload for payload in payloads if payload is not None]
        raw_bytes = sum(payload.raw_bytes for payload in stored)
        strip_bytes = max(payload.max_strip_bytes for payload in stored)
        pixel_bytes = sum(len(payload.data) - payload.anchor_bytes for payload in stored)
        return _Packed(data, anchor_bytes, stored[0].codec, raw_bytes, strip_bytes, pixel_bytes)

    if options.codec == "range" and can_code(pixel_format):
        return pack(_pack_by_range(asset, frames, pixel_format, options))
    if options.codec not in ("auto", "range"):
        return pack(_pack_frames(asset, frames, pixel_format, options, options.codec))
    tried = [pack(_pack_frames(asset, frames, pixel_format, options, "raw"))]
    best = tried[0]
    with contextlib.suppress(BuildError):  # IB205: a row is larger than a strip
        tried += [pack(_pack_frames(asset, frames, pixel_format, options, codec)) for codec in AUTO_CODECS]
        best = min(tried, key=lambda packed: len(packed.data))
        if can_code(pixel_format) and options.may_use_range:
            by_range = pack(_pack_by_range(asset, frames, pixel_format, options))
            tried.append(by_range)
            best = by_range if is_worth_it(options.prefer, len(by_range.data), len(best.data)) else best
    return replace(best, tried=tuple(tried))


def _pack_frames(
    asset: PlannedAsset,
    frames: Sequence[_Frame],
    pixel_format: PixelFormat,
    options: ImageOptions,
    codec: str,
) -> list[Payload | None]:
    """The payload of each frame's rectangle in ``codec``."""
    chosen = replace(options, codec=codec)
    return [
        None if frame.samples is None else build_payload(asset, frame.samples, pixel_format, chosen)
        for frame in frames
    ]


def _pack_by_range(
    asset: PlannedAsset, frames: Sequence[_Frame], pixel_format: PixelFormat, options: ImageOptions
) -> list[Payload | None]:
    """As :func:`_pack_frames`; the strips of all frames are coded together."""
    jobs = [plan_range(asset, f.samples, pixel_format, options) for f in frames if f.samples is not None]
    coded = zip(jobs, encode_together(jobs), strict=True)
    payloads = (build_range_payload(job, options, strips) for job, strips in coded)
    return [None if f.samples is None else next(payloads) for f in frames]


def _pack_animation(
    frames: Sequence[_Frame], payloads: Sequence[Payload | None], plays: int, align_bytes: int, first: Samples
) -> tuple[bytes, int]:
    """The payload and its anchor: the first frame's pixels. Every frame's pixels are aligned as these."""
    align = max(4, align_bytes)
    end = _HEADER.size + _FRAME.size * len(frames)
    head = end + (payloads[0].anchor_bytes if payloads[0] else 0)
    places: dict[bytes, int] = {}
    table, body = [], bytearray()
    whole_px = first.colour.shape[:2]
    for frame, payload in zip(frames, payloads, strict=True):
        if payload is None or frame.samples is None:
            table.append(_FRAME.pack(0, 0, frame.delay_ms, 0, 0, 0, 0, 0, 0))
            continue
        height_px, width_px = frame.samples.colour.shape[:2]
        if payload.data not in places:
            at = end + len(body)
            aligned = align_up(at + payload.anchor_bytes - head, align) + head - payload.anchor_bytes
            body += bytes(aligned - at) + payload.data
            places[payload.data] = aligned
        flags = _IS_WHOLE if (height_px, width_px) == whole_px else 0
        place = places[payload.data], len(payload.data)
        table.append(_FRAME.pack(*place, frame.delay_ms, frame.x, frame.y, width_px, height_px, flags, 0))
    duration_ms = min(sum(frame.delay_ms for frame in frames), 0xFFFFFFFF)
    header = _HEADER.pack(len(frames), plays, _FRAME.size, 0, 0, duration_ms)
    return b"".join((header, *table, bytes(body))), head
