"""Sheets of sprites: decoded once for all sprites that are cut from them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np

from imgbuild.errors import Place, fail
from imgbuild.model import DecodedImage, ImageOptions
from imgbuild.sources.image import decode_image

_SHEETS_MAX = 4
"""Sheets that are kept: sprites of one sheet are planned and encoded next to each other."""

_Key = tuple[Path, int, int, ImageOptions]


class _Sheets:
    """The sheets decoded last. Safe for threads: one decodes, the others wait for the same sheet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, DecodedImage] = OrderedDict()

    def decode(self, path: Path, options: ImageOptions, place: Place, asset_name: str) -> DecodedImage:
        with self._lock:
            key = _key_of(path, options)
            sheet = self._kept.pop(key, None)
            if sheet is None:
                sheet = decode_image(path, options, place, asset_name)
            self._kept[key] = sheet
            while len(self._kept) > _SHEETS_MAX:
                self._kept.popitem(last=False)
            return sheet

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


def _key_of(path: Path, options: ImageOptions) -> _Key:
    """A sheet that was changed since is another sheet; one that is not there is refused by its decoder."""
    try:
        status = path.stat()
    except OSError:
        return path, 0, 0, options
    return path, status.st_mtime_ns, status.st_size, options


_SHEETS = _Sheets()


def decode_sheet(path: Path, options: ImageOptions, place: Place, asset_name: str) -> DecodedImage:
    """The whole sheet that ``options`` (of any of its sprites) cut from; raises as decode_image does."""
    return _SHEETS.decode(path, replace(options, cut=None, resize=None), place, asset_name)


def decode_cut(path: Path, options: ImageOptions, place: Place, asset_name: str) -> DecodedImage:
    """The part ``options.cut`` of the sheet in ``path``. Raises as decode_image does, and IB260."""
    sheet = decode_sheet(path, options, place, asset_name)
    if options.cut is None:
        return sheet
    x, y, width_px, height_px = options.cut
    sheet_height_px, sheet_width_px = sheet.frames[0].shape[:2]
    if x + width_px > sheet_width_px or y + height_px > sheet_height_px:
        what = f'sprite "{asset_name}" takes {width_px}x{height_px} px at {x}, {y}'
        fail("IB260", f"{what}; {path.name} is {sheet_width_px}x{sheet_height_px} px", place)
    inside = (slice(y, y + height_px), slice(x, x + width_px))
    return replace(sheet, frames=tuple(np.ascontiguousarray(frame[inside]) for frame in sheet.frames))


def forget_sheets() -> None:
    """Give the memory of the kept sheets back, once a build has encoded its pictures."""
    _SHEETS.forget()
