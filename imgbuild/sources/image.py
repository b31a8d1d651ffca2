"""A picture of any accepted format: which decoder is asked is a table of first bytes and suffixes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from imgbuild.errors import Place
from imgbuild.model import DecodedImage, ImageOptions
from imgbuild.sources.raster import decode_raster_source
from imgbuild.sources.sourcefile import SourceFile, read_source

_SIGNATURES: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("BMP", re.compile(rb"BM")),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("QOI", re.compile(rb"qoif")),
    ("WebP", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("SVG", re.compile(rb"(\xef\xbb\xbf)?\s*<|\xff\xfe<\0|\xfe\xff\0<")),
)
"""How files of each format begin (an SVG: with a tag, in UTF-8 or UTF-16)."""

_SUFFIXES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".qoi": "QOI",
    ".webp": "WebP",
    ".svg": "SVG",
}
"""What a file claims to be by its name; the first bytes decide."""


def decode_image(path: Path, options: ImageOptions, place: Place, asset_name: str) -> DecodedImage:
    """The picture in ``path``: uint8 ``[h, w, 4]``, sRGB, straight alpha.

    An SVG is drawn at the size that ``options.resize`` asks for, so that it stays sharp; one that is to be
    cropped, and any other picture, comes in its own size. All frames if ``options.is_animated``, else the
    first. Raises BuildError: IB110, IB201, IB202, IB203, IB204; animated also IB250, IB251.
    """
    if options.cut is not None:
        from imgbuild.sources.sheet import decode_cut  # which decodes the sheet through this function

        return decode_cut(path, options, place, asset_name)
    if options.has_nine_patch_border:
        from imgbuild.sources.nine_patch import cut_border

        whole = decode_image(path, replace(options, has_nine_patch_border=False), place, asset_name)
        return cut_border(whole, place, asset_name)
    source = read_source(path, place, asset_name)
    found = next((name for name, start in _SIGNATURES if start.match(source.data)), None)
    if found is None:
        _refuse_unknown(source)
    if found == "SVG":
        from imgbuild.sources.vector import decode_svg_source  # an XML parser and a renderer: only if needed

        return decode_svg_source(source, options.resize if options.crop is None else None)
    if options.is_animated:
        from imgbuild.sources.frames import decode_frames

        return decode_frames(source, found, icc=options.icc)
    return decode_raster_source(source, found, icc=options.icc)


def _refuse_unknown(source: SourceFile) -> None:
    claimed = _SUFFIXES.get(source.path.suffix.lower())
    if not source.data:
        source.refuse("IB201", "is empty")
    if claimed:
        start = source.data[:8].hex(" ")
        source.refuse("IB201", f"cannot be decoded: it does not begin like {claimed} but with bytes {start}")
    source.refuse("IB203", "is none of PNG, JPEG, BMP, GIF, QOI, WebP and SVG")
