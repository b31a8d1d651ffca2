"""What a picture lost on its way to stored pixels: cheap flags always, measurements where asked for."""

from __future__ import annotations

import io
import math
import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgbuild.errors import fail
from imgbuild.losses import LossReport, Measured
from imgbuild.model import (
    NATIVE,
    Animation,
    Codec,
    DecodedImage,
    EncodedAsset,
    ImageOptions,
    Kind,
    PlannedAsset,
    Samples,
)
from imgbuild.pixels.auto import choose_format
from imgbuild.pixels.convert import clear_hidden_colour, flatten_image, luma
from imgbuild.pixels.formats import PIXEL_FORMATS, PixelFormat
from imgbuild.pixels.geometry import Prepared, prepare_image
from imgbuild.pixels.palette import find_colours, pack_colours
from imgbuild.reader.animation import read_animation
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.pack import Entry

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]


def note_losses(
    prepared: Prepared, samples: Samples, pixel_format: PixelFormat, options: ImageOptions
) -> LossReport:
    """The flags of a picture just converted; a few comparisons of whole arrays."""
    source = prepared.source
    is_flattened = not pixel_format.has_alpha and bool((prepared.rgba[..., 3] != 255).any())
    return LossReport(
        pixel_format=pixel_format.name,
        source_px=(source.shape[1], source.shape[0]),
        is_upscaled=prepared.is_upscaled,
        is_flattened=is_flattened,
        is_on_default=is_flattened and options.background is None,
        is_flat=prepared.trim is None and _is_flat(samples) and not _is_one_colour(source),
        pixels_crc32=zlib.crc32(np.ascontiguousarray(source).data),
    )


def _is_flat(samples: Samples) -> bool:
    is_flat = bool((samples.colour == samples.colour[0, 0]).all())
    return is_flat and (samples.alpha is None or bool((samples.alpha == samples.alpha[0, 0]).all()))


def _is_one_colour(rgba: U8) -> bool:
    visible = clear_hidden_colour(rgba)
    return bool((visible == visible[0, 0]).all())


# --- measuring ---------------------------------------------------------------------------------------


def measure_image(asset: PlannedAsset, decoded: DecodedImage, encoded: EncodedAsset) -> EncodedAsset:
    """``encoded`` with its LossReport measured, from the decoded source once more (``--report``).

    An animation is measured over all its frames, a file of another flavour by the pixels that it holds.
    """
    options = asset.options
    if not isinstance(options, ImageOptions) or encoded.loss is None:
        return encoded
    if not isinstance(encoded.expected, (Samples, Animation)):
        return _measure_file(asset, options, decoded, encoded)
    frames = decoded.frames if isinstance(encoded.expected, Animation) else decoded.frames[:1]
    prepared = [prepare_image(asset, options, rgba, is_drawn=decoded.is_drawn).rgba for rgba in frames]
    measured, _ = compare_pictures(np.concatenate(prepared), encoded, options)
    return replace(encoded, loss=replace(encoded.loss, measured=measured))


def _measure_file(
    asset: PlannedAsset, options: ImageOptions, decoded: DecodedImage, encoded: EncodedAsset
) -> EncodedAsset:
    """Of a file for others: its pixels are those of our own raw bitmap, only JPEG changes them again."""
    from imgbuild.pixels.bitmap import encode_bitmap

    plain = replace(options, flavour=NATIVE, codec="raw", lvgl_header=False)
    bitmap = encode_bitmap(replace(asset, options=plain), decoded)
    if encoded.codec == Codec.JPEG and isinstance(bitmap.expected, Samples):
        with Image.open(io.BytesIO(encoded.payload)) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        seen = np.dstack((pixels, np.full(pixels.shape[:2], 255, np.uint8)))
        rgba = prepare_image(asset, plain, decoded.frames[0], is_drawn=decoded.is_drawn).rgba
        wanted = clear_hidden_colour(_wanted_picture(rgba, PIXEL_FORMATS["rgb888"], plain)[0])
        before, after = (int(find_colours(pack_colours(one)).size) for one in (wanted, seen))
        measured = Measured(_psnr_db(wanted, seen), before, after, has_hidden_colour=False)
    else:
        measured, _ = compare_pictures(
            prepare_image(asset, plain, decoded.frames[0], is_drawn=decoded.is_drawn).rgba, bitmap, plain
        )
    loss = encoded.loss or bitmap.loss
    return encoded if loss is None else replace(encoded, loss=replace(loss, measured=measured))


def compare_pictures(rgba: U8, encoded: EncodedAsset, options: ImageOptions) -> tuple[Measured, bool]:
    """How far the stored picture is from ``rgba``, the picture that went into its conversion.

    The stored bytes are decoded by the independent reader. Compared is what is seen: over the background
    where the format has no alpha, else over black and over white (the PSNR is that of both together, over
    R, G and B). A coverage format whose colour the firmware chooses is compared by its coverage. The second
    result tells whether nothing was lost at all, hidden colours of clear pixels left aside.
    """
    row = next(row for row in PIXEL_FORMATS.values() if row.number == encoded.pixel_format)
    stored = clear_hidden_colour(read_stored(encoded))
    wanted, is_faithful = _wanted_picture(rgba, row, options)
    visible = clear_hidden_colour(wanted)
    is_exact = is_faithful and np.array_equal(visible, stored)
    before, after = find_colours(pack_colours(visible)), find_colours(pack_colours(stored))
    has_hidden = wanted is rgba and visible is not rgba and bool((rgba[visible[..., 3] == 0, :3] != 0).any())
    return Measured(_psnr_db(visible, stored), int(before.size), int(after.size), has_hidden), is_exact


def _wanted_picture(rgba: U8, row: PixelFormat, options: ImageOptions) -> tuple[U8, bool]:
    """What the stored picture should look like, and whether that is all of ``rgba``."""
    is_opaque = bool((rgba[..., 3] == 255).all())
    if row.is_coverage and options.pixel_format != "auto":
        coverage = np.empty_like(rgba)
        coverage[..., :3] = options.tint or (255, 255, 255)
        coverage[..., 3] = luma(rgba) if is_opaque else rgba[..., 3]
        seen = rgba[rgba[..., 3] != 0, :3]
        has_one_colour = not seen.size or bool((seen == seen[0]).all())
        return coverage, is_opaque or has_one_colour or options.tint is not None
    if row.has_alpha or is_opaque:
        return rgba, True
    flat = np.full_like(rgba, 255)
    flat[..., :3] = flatten_image(rgba, options.background or (0, 0, 0))
    return flat, False


def _psnr_db(wanted: U8, stored: U8) -> float | None:
    """PSNR in dB, None where nothing differs: 10 log10(255^2 / MSE)."""
    errors = [_composite(wanted, ground) - _composite(stored, ground) for ground in (0, 255)]
    mse = sum(float(np.mean(error * error)) for error in errors) / len(errors)
    return 10 * math.log10(255 * 255 / mse) if mse else None


def _composite(rgba: U8, ground: int) -> F64:
    alpha = rgba[..., 3:].astype(np.float64) / 255
    return rgba[..., :3] * alpha + ground * (1 - alpha)


def read_stored(encoded: EncodedAsset) -> U8:
    """The stored picture as the independent reader sees it: uint8 ``[h, w, 4]``, straight alpha.

    Frames of an animation lie one below the other.
    """
    entry = Entry(
        name=encoded.name,
        key=encoded.key,
        kind=int(encoded.kind),
        offset=0,
        stored_bytes=len(encoded.payload),
        crc32=encoded.crc32,
        width=encoded.width,
        height=encoded.height,
        pixel_format=encoded.pixel_format,
        codec=int(encoded.codec),
        flags=0,
        variant=0,
        next_variant=0xFFFF,
        slot=0,
    )
    if encoded.kind is Kind.ANIMATION:
        return np.concatenate(list(read_animation(encoded.payload, entry).decoded_together().rgba_frames()))
    return read_bitmap(encoded.payload, entry).rgba()


# --- lossless: true ----------------------------------------------------------------------------------


def refuse_loss(asset: PlannedAsset, rgba: U8, encoded: EncodedAsset, options: ImageOptions) -> None:
    """Raise BuildError IB235 if anything of ``rgba`` was lost; it names the smallest lossless format."""
    measured, is_exact = compare_pictures(rgba, encoded, options)
    row = next(row for row in PIXEL_FORMATS.values() if row.number == encoded.pixel_format)
    if is_exact:
        return
    best = choose_format(rgba, None, options.row_align_bytes, options.lvgl_formats).pixel_format.name
    fail(
        "IB235",
        f'image "{asset.name}" is to be lossless, but {row.name} would lose {_describe(rgba, row, measured)}',
        asset.place,
        f"use pixel_format: {best}, the smallest that keeps all of it",
        asset.name,
    )


def _describe(rgba: U8, row: PixelFormat, measured: Measured) -> str:
    lost = []
    if not row.has_alpha and bool((rgba[..., 3] != 255).any()):
        lost.append("its transparency")
    if measured.colours_after < measured.colours_before:
        what = "levels of coverage" if row.is_coverage else "colours"
        lost.append(f"{measured.colours_before - measured.colours_after} of {measured.colours_before} {what}")
    elif row.is_coverage and measured.psnr_db is None:
        lost.append("its colours")
    elif measured.psnr_db is not None or not lost:
        lost.append("the exact colours")
    quality = "" if measured.psnr_db is None else f" (PSNR {measured.psnr_db:.1f} dB)"
    return " and ".join(lost) + quality
