"""PNG, JPEG, BMP, GIF, QOI and WebP to sRGB pixels, through Pillow."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from imgbuild import limits
from imgbuild.errors import Place
from imgbuild.model import DecodedImage
from imgbuild.sources.icc import ProfileError, convert_cmyk, convert_rgba, has_foreign_profile
from imgbuild.sources.sourcefile import SourceFile, read_source
from imgbuild.sources.widepng import decode_wide_png, round_wide

U8 = NDArray[np.uint8]

# Pillow warns on stderr of what is settled here by an error or a note. Once for the process, since
# warnings.catch_warnings would not hold for threads that decode side by side.
warnings.filterwarnings("ignore", module=r"PIL\.")

RASTER_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "QOI", "WEBP")
"""Pillow's names of the formats accepted; its other decoders are never asked."""

_EXIF_ORIENTATION = 0x0112
"""Tag of the orientation: TIFF 6.0 and Exif 2.32, section 4.6.4."""
_UPRIGHT: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture of each orientation upright (1: it is)."""

_QOI_END = bytes(7) + b"\x01"
"""The last 8 bytes of a QOI file (QOI specification 1.0)."""
_NUMBER = re.compile(r"\d+")
_GREY_STEPS = {"L;2": 85, "L;4": 17}
"""What Pillow multiplies grey samples of 2 and 4 bits with, by its name of the layout."""
_WIDE_GREY = ("I;16", "I;16B", "I;16L", "I;16N", "I")


def decode_raster(path: Path, place: Place, asset_name: str) -> DecodedImage:
    """The picture in ``path``: one frame, uint8 ``[h, w, 4]``, sRGB, straight alpha, upright.

    Raises BuildError: IB110 (not readable), IB201 (broken or truncated), IB202 (too many pixels, seen in
    the header before any is decoded), IB203 (none of RASTER_FORMATS).
    """
    return decode_raster_source(read_source(path, place, asset_name))


def decode_raster_source(
    source: SourceFile, start: str | None = None, *, icc: str = "convert"
) -> DecodedImage:
    """As decode_raster, of a file already read; ``start`` names the format that it begins like.

    ``icc``: ``convert`` turns the colours of an ICC profile into sRGB, ``ignore`` takes them as they are.
    """
    notes: list[str] = []
    try:
        with Image.open(io.BytesIO(source.data), formats=RASTER_FORMATS) as picture:
            width_px, height_px = picture.size
            is_too_large = width_px * height_px > limits.SOURCE_PIXELS_MAX
            pixels = None if is_too_large else _to_rgba(picture, source.data, icc == "convert", notes)
    except Image.DecompressionBombError as problem:
        claimed = next(iter(_NUMBER.findall(str(problem))), "too many")
        source.refuse(
            "IB202", f"claims to have {claimed} pixels; at most {limits.SOURCE_PIXELS_MAX} are decoded"
        )
    except UnidentifiedImageError:
        if start:
            source.refuse("IB201", f"cannot be decoded: it begins like {start}, but its header is broken")
        source.refuse("IB203", "is none of PNG, JPEG, BMP, GIF, QOI, WebP and SVG, or its header is broken")
    except MemoryError:
        source.refuse("IB202", "needs more memory to decode than there is")
    except Exception as problem:  # noqa: BLE001 - decoders raise any exception on hostile bytes
        source.refuse("IB201", f"cannot be decoded: {_explain(problem, source.data)}")
    if pixels is None:
        source.refuse(
            "IB202",
            f"is {width_px}x{height_px} px, {width_px * height_px} pixels in all;"
            f" at most {limits.SOURCE_PIXELS_MAX} are decoded",
        )
    return DecodedImage((pixels,), source.digest, tuple(notes))


def _explain(problem: Exception, data: bytes) -> str:
    """What is wrong with ``data``, or else what the decoder said, on one line."""
    text = " ".join(str(problem).split())
    # RIFF (WebP container specification): bytes 4..7 count what follows them.
    is_cut = data.startswith(b"RIFF") and int.from_bytes(data[4:8], "little") + 8 > len(data)
    is_cut |= data.startswith(b"qoif") and not data.endswith(_QOI_END)
    if is_cut or "truncated" in text.lower():
        return f"it is truncated, its {len(data)} B end too early"
    return f"the decoder says: {text}" if text else f"the decoder failed with {type(problem).__name__}"


def _to_rgba(picture: Image.Image, data: bytes, is_converted: bool, notes: list[str]) -> U8:
    """Decode the first frame of the file ``data``; ``notes`` gets what is lost."""
    if getattr(picture, "is_animated", False):
        notes.append(f"only the first of {getattr(picture, 'n_frames', 2)} frames is used")
    rgba = _decode_pixels(picture, data, is_converted, notes)
    profile = picture.info.get("icc_profile")
    is_foreign = picture.mode != "CMYK" and has_foreign_profile(profile)
    if is_converted and is_foreign and isinstance(profile, bytes):
        rgba = _convert(rgba, profile, notes)
    turn = _UPRIGHT.get(_orientation(picture, notes))
    return rgba if turn is None else np.asarray(Image.fromarray(rgba).transpose(turn))


def _decode_pixels(picture: Image.Image, data: bytes, is_converted: bool, notes: list[str]) -> U8:
    grey_step = _grey_step(picture)
    wide = decode_wide_png(picture, data)
    if wide is not None:
        return wide
    picture.load()
    clear = picture.info.get("transparency")
    if picture.mode in _WIDE_GREY:
        return _widen_grey(np.asarray(picture), clear)
    if picture.mode == "L" and isinstance(clear, int):
        return _grey_with_clear(np.asarray(picture), clear * grey_step)
    if picture.mode == "CMYK":
        picture = _cmyk_to_rgb(picture, is_converted, notes)
    return np.asarray(picture if picture.mode == "RGBA" else picture.convert("RGBA"))


def _convert(rgba: U8, profile: bytes, notes: list[str]) -> U8:
    try:
        return convert_rgba(rgba, profile)
    except ProfileError as problem:
        notes.append(f"its colour profile {problem}; its colours were taken for sRGB")
        return rgba


def _cmyk_to_rgb(picture: Image.Image, is_converted: bool, notes: list[str]) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if is_converted and isinstance(profile, bytes) and profile:
        try:
            return convert_cmyk(picture, profile)
        except ProfileError as problem:
            notes.append(f"its colour profile {problem}")
    notes.append("CMYK was turned into RGB without a colour profile")
    return picture.convert("RGB")


def _grey_step(picture: Image.Image) -> int:
    """Step between grey samples of a PNG below 8 bits; its clear grey is given before scaling."""
    tiles = getattr(picture, "tile", None)
    layout = tiles[0][3] if tiles else ""
    return _GREY_STEPS.get(layout, 1) if isinstance(layout, str) else 1


def _grey_with_clear(grey: U8, clear: int) -> U8:
    """Grey ``[h, w]`` with one grey that means transparent, to ``[h, w, 4]``."""
    rgba = np.empty((*grey.shape, 4), np.uint8)
    rgba[..., :3] = grey[..., np.newaxis]
    rgba[..., 3] = np.where(grey == clear, 0, 255)
    return rgba


def _widen_grey(grey: NDArray[np.generic], clear: object) -> U8:
    """16-bit grey scaled to 8, rounded (Pillow would clip it at 255); ``clear`` is the clear grey."""
    wide = np.clip(grey.astype(np.int64 if grey.dtype.itemsize > 2 else np.uint32), 0, 65535)
    scaled = round_wide(wide)
    rgba = np.empty((*scaled.shape, 4), np.uint8)
    rgba[..., :3] = scaled[..., np.newaxis]
    rgba[..., 3] = np.where(wide == clear, 0, 255) if isinstance(clear, int) else 255
    return rgba


def _orientation(picture: Image.Image, notes: list[str]) -> int:
    """The EXIF orientation, 1 (upright) if there is none."""
    if "exif" not in picture.info and "Raw profile type exif" not in picture.info:
        return 1
    try:
        value = picture.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - broken EXIF data is no reason to refuse good pixels
        notes.append("broken EXIF data: the orientation is not known")
        return 1
    return value if isinstance(value, int) else 1
