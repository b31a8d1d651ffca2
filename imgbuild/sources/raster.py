"""PNG, JPEG, BMP, GIF and WebP to sRGB pixels, through Pillow."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from imgbuild import limits
from imgbuild.errors import Place
from imgbuild.model import DecodedImage
from imgbuild.sources.sourcefile import SourceFile, read_source

U8 = NDArray[np.uint8]

# Pillow warns on stderr of what is settled here by an error or a note. Once for the process, since
# warnings.catch_warnings would not hold for threads that decode side by side.
warnings.filterwarnings("ignore", module=r"PIL\.")

RASTER_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
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

_GREY_STEPS = {"L;2": 85, "L;4": 17}
"""What Pillow multiplies grey samples of 2 and 4 bits with, by its name of the layout."""
_WIDE_GREY = ("I;16", "I;16B", "I;16L", "I;16N", "I")


def decode_raster(path: Path, place: Place, asset_name: str) -> DecodedImage:
    """The picture in ``path``: one frame, uint8 ``[h, w, 4]``, sRGB, straight alpha, upright.

    Raises BuildError: IB110 (not readable), IB201 (broken or truncated), IB202 (too many pixels, seen in
    the header before any is decoded), IB203 (none of RASTER_FORMATS).
    """
    return decode_raster_source(read_source(path, place, asset_name))


def decode_raster_source(source: SourceFile) -> DecodedImage:
    """As decode_raster, of a file already read."""
    notes: list[str] = []
    try:
        with Image.open(io.BytesIO(source.data), formats=RASTER_FORMATS) as picture:
            width_px, height_px = picture.size
            is_too_large = width_px * height_px > limits.SOURCE_PIXELS_MAX
            pixels = None if is_too_large else _to_rgba(picture, notes)
    except Image.DecompressionBombError:
        source.refuse("IB202", f"has more than {limits.SOURCE_PIXELS_MAX} pixels, the most accepted")
    except UnidentifiedImageError:
        source.refuse("IB203", "is none of PNG, JPEG, BMP, GIF, WebP and SVG, or its header is broken")
    except MemoryError:
        source.refuse("IB202", "needs more memory to decode than there is")
    except Exception as problem:  # noqa: BLE001 - decoders raise any exception on hostile bytes
        source.refuse("IB201", f"cannot be decoded: {_explain(problem)}")
    if pixels is None:
        source.refuse(
            "IB202",
            f"is {width_px}x{height_px} px, {width_px * height_px} pixels in all;"
            f" at most {limits.SOURCE_PIXELS_MAX} are decoded",
        )
    return DecodedImage((pixels,), source.digest, tuple(notes))


def _explain(problem: Exception) -> str:
    """What the decoder said, on one line."""
    text = " ".join(str(problem).split())
    return text or f"the decoder failed with {type(problem).__name__}"


def _to_rgba(picture: Image.Image, notes: list[str]) -> U8:
    """Decode the first frame; ``notes`` gets what is lost."""
    if getattr(picture, "is_animated", False):
        notes.append(f"only the first of {getattr(picture, 'n_frames', 2)} frames is used")
    grey_step = _grey_step(picture)
    picture.load()
    _note_colours(picture, notes)
    turn = _UPRIGHT.get(_orientation(picture, notes))
    upright = picture if turn is None else picture.transpose(turn)
    clear = picture.info.get("transparency")
    if picture.mode in _WIDE_GREY:
        return _widen_grey(np.asarray(upright), clear)
    if picture.mode == "L" and isinstance(clear, int):
        return _grey_with_clear(np.asarray(upright), clear * grey_step)
    if picture.mode == "CMYK":
        upright = upright.convert("RGB")
    return np.asarray(upright if upright.mode == "RGBA" else upright.convert("RGBA"))


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
    scaled = ((wide * 255 + 32767) // 65535).astype(np.uint8)
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


def _note_colours(picture: Image.Image, notes: list[str]) -> None:
    """Note what keeps the colours from being the sRGB that they are taken for."""
    clear = picture.info.get("transparency")
    if picture.mode == "RGB" and isinstance(clear, tuple) and max(clear) > 255:
        notes.append("a 16-bit picture's transparent colour is not honoured")
    if picture.mode == "CMYK":
        notes.append("CMYK was turned into RGB without a colour profile")
    elif _has_foreign_profile(picture.info.get("icc_profile")):
        notes.append("its colour profile is not sRGB and was not applied")


def _has_foreign_profile(profile: object) -> bool:
    """Whether an ICC profile was found that does not call itself sRGB."""
    if not isinstance(profile, bytes) or not profile:
        return False
    return b"sRGB" not in profile and "sRGB".encode("utf-16-be") not in profile
