"""Decoded pictures to bitmaps: size, pixel format, conversion; the bytes are made by :mod:`.strips`."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imgbuild import limits
from imgbuild.errors import BuildError, fail
from imgbuild.model import (
    CodecTrial,
    DecodedImage,
    EncodedAsset,
    ImageOptions,
    Kind,
    PlannedAsset,
    Samples,
)
from imgbuild.pixels.auto import Choice, choose_format, list_choices
from imgbuild.pixels.convert import Converted, TooManyColoursError, convert_image, premultiply
from imgbuild.pixels.formats import PIXEL_FORMATS, PixelFormat
from imgbuild.pixels.geometry import Prepared, prepare_image
from imgbuild.pixels.loss import note_losses, refuse_loss
from imgbuild.pixels.reduced import is_reduced
from imgbuild.pixels.resize import resolve_resize
from imgbuild.pixels.strips import Payload, build_payload

if TYPE_CHECKING:
    from imgbuild.pixels.optimal import Histogram

U8 = NDArray[np.uint8]


def encode_bitmap(asset: PlannedAsset, decoded: DecodedImage) -> EncodedAsset:
    """The first frame of ``decoded`` as the bitmap that ``asset.options`` (ImageOptions) ask for.

    Raises BuildError with IB205 (``rle``, ``lz4``, ``range``: one row is larger than ``strip_bytes``),
    IB206 (a side above 65535 px, or more pixels than are ever decoded), IB207 (more colours than the
    palette holds), IB230 (a crop that leaves the picture) and IB235 (``lossless``, but something would be
    lost).
    ``auto`` is the smallest of raw, rle and lz4, the first of them if equal; codec range, which codes many
    pictures together, has its chance in :mod:`imgbuild.pixels.range_pass`. Where it is asked for and does not
    know the format (one that ``pixel_format: auto`` chose), that is what ``auto`` is.
    ``pixel_format: auto`` takes the format that makes the coded picture smallest; where codec range has its
    chance later, the other formats wait for it as ``rivals``.
    """
    options = asset.options
    if not isinstance(options, ImageOptions):
        raise TypeError(f"asset {asset.name!r} has no image options")
    check_size(asset, options, decoded.frames[0])
    prepared = prepare_image(asset, options, decoded.frames[0], is_drawn=decoded.is_drawn)
    made: list[EncodedAsset] = []
    for number, choice in enumerate(choose_pixel_formats(options, prepared.rgba)):
        try:
            made.append(_encode_as(asset, options, decoded, prepared, choice))
        except BuildError:  # a rival's rows may be larger than a strip
            if not number:
                raise
    if len(made) > 1 and options.codec == "auto" and options.may_use_range:
        return replace(made[0], rivals=tuple(made[1:]))
    return take_smallest(made)


def take_smallest(made: Sequence[EncodedAsset]) -> EncodedAsset:
    """The first of the smallest, which knows of all that was tried."""
    best = min(made, key=lambda encoded: len(encoded.payload))
    return replace(best, tried=list_trials(made), rivals=())


def list_trials(made: Sequence[EncodedAsset]) -> tuple[CodecTrial, ...]:
    """All that was tried for what was made of one picture; nothing if that is one way only."""
    tried = [trial for encoded in made for trial in encoded.tried or (trial_of(encoded),)]
    return tuple(tried) if len(tried) > 1 else ()


def trial_of(encoded: EncodedAsset) -> CodecTrial:
    """``encoded``, a bitmap, as one thing that was tried."""
    pixel_bytes = len(encoded.payload) - encoded.anchor_bytes
    return CodecTrial(encoded.codec, encoded.pixel_format, len(encoded.payload), pixel_bytes)


def _as_trial(payload: Payload, pixel_format: PixelFormat) -> CodecTrial:
    pixel_bytes = len(payload.data) - payload.anchor_bytes
    return CodecTrial(payload.codec, pixel_format.number, len(payload.data), pixel_bytes)


def _encode_as(
    asset: PlannedAsset, options: ImageOptions, decoded: DecodedImage, prepared: Prepared, choice: Choice
) -> EncodedAsset:
    pixel_format, rgba = choice.pixel_format, choice.rgba
    height_px, width_px = rgba.shape[:2]
    converted = convert_samples(asset, rgba, pixel_format, options)
    samples = replace(converted.samples, tint=choice.tint, trim=prepared.trim)
    payload = build_payload(asset, samples, pixel_format, options)
    encoded = EncodedAsset(
        name=asset.name,
        key=asset.key,
        kind=Kind.BITMAP,
        payload=payload.data,
        crc32=zlib.crc32(payload.data),
        width=width_px,
        height=height_px,
        pixel_format=pixel_format.number,
        codec=payload.codec,
        raw_bytes=payload.raw_bytes,
        align_bytes=options.align_bytes,
        anchor_bytes=payload.anchor_bytes,
        max_strip_bytes=payload.max_strip_bytes,
        expected=samples,
        notes=decoded.notes + converted.notes,
        loss=note_losses(prepared, samples, pixel_format, options),
        tried=tuple(_as_trial(tried, pixel_format) for tried in payload.tried),
    )
    if options.is_lossless:
        refuse_loss(asset, prepared.rgba, encoded, options)
    return encoded


def count_bitmap_colours(asset: PlannedAsset, decoded: DecodedImage) -> Histogram:
    """The colours that ``encode_bitmap`` would find a palette for, and their pixels; all frames'.

    Raises BuildError as encode_bitmap does for sizes and crops.
    """
    from imgbuild.pixels.optimal import count_colours, merge_histograms

    options = asset.options
    if not isinstance(options, ImageOptions):
        raise TypeError(f"asset {asset.name!r} has no image options")
    check_size(asset, options, decoded.frames[0])
    prepared = (prepare_image(asset, options, rgba, is_drawn=decoded.is_drawn) for rgba in decoded.frames)
    return merge_histograms(count_colours(picture.rgba) for picture in prepared)


def choose_pixel_format(options: ImageOptions, rgba: U8) -> Choice:
    """The format, the picture as it is to be converted, and the colour stored beside coverage."""
    row = PIXEL_FORMATS.get(options.pixel_format)
    if row is not None:
        return Choice(row, rgba, options.tint if row.is_coverage else None)
    display = None if options.is_lossless else PIXEL_FORMATS.get(options.display_format or "")
    choice = choose_format(rgba, display, options.row_align_bytes, options.lvgl_formats)
    return _dithered(options, rgba, choice)


def choose_pixel_formats(options: ImageOptions, rgba: U8) -> list[Choice]:
    """:func:`choose_pixel_format`, and what else may be smallest once it is coded."""
    if options.pixel_format in PIXEL_FORMATS or options.codec == "raw" or options.lvgl_formats:
        return [choose_pixel_format(options, rgba)]
    display = None if options.is_lossless else PIXEL_FORMATS.get(options.display_format or "")
    has_woven = options.codec in ("rle", "lz4") or (options.codec == "auto" and options.prefer != "size")
    choices = list_choices(rgba, display, options.row_align_bytes, has_woven=has_woven)
    return [_dithered(options, rgba, choice) for choice in choices]


def _dithered(options: ImageOptions, rgba: U8, choice: Choice) -> Choice:
    """Colours rounded for the display leave nothing to dither."""
    is_dithered = options.dither != "none" and not choice.pixel_format.is_indexed
    return replace(choice, rgba=rgba) if is_dithered else choice


def check_size(asset: PlannedAsset, options: ImageOptions, rgba: U8) -> None:
    """Raise IB206 if ``rgba`` would become a bitmap that is too large."""
    height_px, width_px = rgba.shape[:2]
    if options.crop is not None:
        width_px, height_px = options.crop[2:]
    if options.resize is not None:
        box = resolve_resize(options.resize, width_px, height_px)
        width_px, height_px = box.width_px, box.height_px
    hint = "make it smaller with 'resize'" if options.resize is None else "ask for less with 'resize'"
    if max(width_px, height_px) > limits.BITMAP_SIDE_MAX:
        fail(
            "IB206",
            f'image "{asset.name}" would be {width_px}x{height_px} px,'
            f" a side of a bitmap is at most {limits.BITMAP_SIDE_MAX} px",
            asset.place,
            hint,
            asset.name,
        )
    if width_px * height_px > limits.SOURCE_PIXELS_MAX:
        fail(
            "IB206",
            f'image "{asset.name}" would be {width_px}x{height_px} px,'
            f" {width_px * height_px} pixels in all; at most {limits.SOURCE_PIXELS_MAX} are accepted",
            asset.place,
            hint,
            asset.name,
        )


def convert_samples(
    asset: PlannedAsset, rgba: U8, pixel_format: PixelFormat, options: ImageOptions
) -> Converted:
    """``rgba`` (a picture prepared) as stored values. Raises IB207."""
    converted = _convert(asset, rgba, pixel_format, options)
    return replace(converted, samples=_premultiplied(converted.samples, pixel_format, options))


def _convert(asset: PlannedAsset, rgba: U8, pixel_format: PixelFormat, options: ImageOptions) -> Converted:
    if is_reduced(pixel_format, options):
        from imgbuild.pixels.reduce import reduce_image

        return reduce_image(rgba, pixel_format, options)
    try:
        return convert_image(rgba, pixel_format, options.background)
    except TooManyColoursError as problem:
        fits = [row.name for row in PIXEL_FORMATS.values() if row.palette_max >= problem.found]
        wide = f"use {fits[0]}" if fits else "use rgb565, or rgb565a8 if it has transparency"
        fail(
            "IB207",
            f'"{pixel_format.name}" holds {pixel_format.palette_max} colours,'
            f' image "{asset.name}" has {problem.found}',
            asset.place,
            f"{wide}, or allow fewer colours with 'palette: optimal' or 'dither: floyd-steinberg'",
            asset.name,
        )


def _premultiplied(samples: Samples, pixel_format: PixelFormat, options: ImageOptions) -> Samples:
    if not (pixel_format.can_premultiply and options.is_premultiplied):
        return samples
    return replace(samples, colour=premultiply(samples.colour.astype(np.uint8, copy=False)))
