"""Colour profiles (ICC) turned into sRGB, by LittleCMS as it comes with Pillow.

Only profiles that do not call themselves sRGB are applied. PNG's gAMA and cHRM chunks are not: viewers do
not agree on them, and those that are written mostly say sRGB.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

U8 = NDArray[np.uint8]

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Pillow's mode for each colour space of a profile: ICC.1:2022, table 19."""


class ProfileError(ValueError):
    """The profile cannot be applied; the text says why, as in "its colour profile …"."""


def has_foreign_profile(profile: object) -> bool:
    """Whether an ICC profile was found that does not call itself sRGB."""
    if not isinstance(profile, bytes) or not profile:
        return False
    return b"sRGB" not in profile and "sRGB".encode("utf-16-be") not in profile


def convert_rgba(rgba: U8, profile: bytes) -> U8:
    """``rgba`` (uint8 ``[h, w, 4]``, in the profile's colours, for greys R = G = B) in sRGB; alpha stays.

    Raises ProfileError.
    """
    transform, mode = _transform_of(profile)
    is_grey = mode == "L" and bool((rgba[..., :1] == rgba[..., 1:3]).all())
    if not is_grey and mode != "RGB":
        raise ProfileError("is for other colours than the picture has")
    plane = np.ascontiguousarray(rgba[..., 0] if mode == "L" else rgba[..., :3])
    out = rgba.copy()
    out[..., :3] = np.asarray(_apply(Image.fromarray(plane), transform))
    return out


def convert_cmyk(picture: Image.Image, profile: bytes) -> Image.Image:
    """A CMYK picture as RGB, in sRGB. Raises ProfileError."""
    transform, mode = _transform_of(profile)
    if mode != "CMYK":
        raise ProfileError("is for other colours than the picture has")
    return _apply(picture, transform)


def _apply(picture: Image.Image, transform: Any) -> Image.Image:
    from PIL import ImageCms

    try:
        converted = ImageCms.applyTransform(picture, transform)
    except (ImageCms.PyCMSError, ValueError) as problem:
        raise ProfileError(f"cannot be applied ({problem})") from None
    if converted is None:  # only where it works in place
        raise ProfileError("cannot be applied")
    return converted


@lru_cache(maxsize=8)
def _transform_of(profile: bytes) -> tuple[Any, str]:
    """The way to sRGB, relative colorimetric, and the mode of the pictures that it takes."""
    if not features.check("littlecms2"):
        raise ProfileError("was not applied: this Pillow has no LittleCMS")
    from PIL import ImageCms

    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES[opened.profile.xcolor_space.strip()]
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        transform = ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB", intent)
    except (ImageCms.PyCMSError, OSError, KeyError, TypeError) as problem:
        reason = " ".join(str(problem).split())
        raise ProfileError(f"cannot be read ({reason})") from None
    return transform, mode
