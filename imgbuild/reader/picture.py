"""Bitmaps whose payload is a picture file: codecs 40h to 42h of FORMAT.md."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from imgbuild.model import Codec
from imgbuild.reader.bitmap import fail_malformed
from imgbuild.reader.pack import Entry
from imgbuild.reader.pixelformat import PIXEL_FORMATS

PICTURE_CODECS: dict[int, str] = {Codec.JPEG: "JPEG", Codec.PNG: "PNG", Codec.QOI: "QOI"}
"""Pillow's name of the file that a payload of each codec is."""


def read_picture(payload: bytes | memoryview, entry: Entry) -> NDArray[np.uint8]:
    """R G B A, straight alpha, uint8 ``[h, w, 4]``.

    Raises IB608 for bytes that are no such file, and for one of another size or with transparency that
    the index entry denies.
    """
    from PIL import Image

    kind = PICTURE_CODECS[entry.codec]
    try:
        with Image.open(io.BytesIO(payload), formats=(kind,)) as picture:
            if picture.size != (entry.width, entry.height):
                found = f"{picture.size[0]}x{picture.size[1]}"
                fail_malformed(entry.name, f"a {kind} file of {found} px, not {entry.width}x{entry.height}")
            rgba = np.asarray(picture.convert("RGBA"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        fail_malformed(entry.name, f"its {kind} file cannot be decoded: {problem}")
    name = PIXEL_FORMATS[entry.pixel_format].name if entry.pixel_format in PIXEL_FORMATS else "?"
    if name not in ("rgb888", "argb8888") or (name == "rgb888" and bool((rgba[..., 3] != 255).any())):
        fail_malformed(entry.name, f"a {kind} file with transparency, listed as {name}")
    return rgba
