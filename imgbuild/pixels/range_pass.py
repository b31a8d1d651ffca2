"""The last step of encoding bitmaps: codec range, for all of them together.

Coding many strips side by side takes a tenth of the time that one picture after the other takes. So pictures
that are, or may be, stored in codec range are first encoded as if there were none, and put into it here.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from imgbuild.errors import BuildError, Diagnostic
from imgbuild.model import NATIVE, EncodedAsset, ImageOptions, Kind, PlannedAsset, Samples
from imgbuild.pixels.bitmap import list_trials, take_smallest
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.payload import extension_of
from imgbuild.pixels.range_bitmaps import RangeJob, can_code, encode_together
from imgbuild.pixels.strips import build_range_payload, plan_range
from imgbuild.range_tables import RANGE_KINDS

BATCH_PIXELS = 1 << 21
"""Pixels that are coded together, for the memory's sake; more gain nothing."""
LARGEST_SHARE: Mapping[str, tuple[int, int]] = {"size": (1, 1), "balanced": (4, 5)}
"""By ``prefer``: what part of the other codecs' bytes codec range may take at the most to be chosen."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A picture in one pixel format, as it is without codec range."""

    number: int  # of the encoded asset
    options: ImageOptions
    bitmap: EncodedAsset
    job: RangeJob


def without_range(options: ImageOptions) -> ImageOptions:
    """What a picture is encoded with before :func:`recode_bitmaps` sees it."""
    if options.codec != "range" or options.is_animated:
        return options
    # formats that codec range does not know (pixel_format auto may choose one) stay as codec auto makes them
    return replace(options, codec="raw" if options.pixel_format in RANGE_KINDS else "auto", prefer="size")


def recode_bitmaps(
    planned: Sequence[PlannedAsset], encoded: Sequence[EncodedAsset]
) -> tuple[list[EncodedAsset], list[Diagnostic]]:
    """``encoded`` with codec range where the options of ``planned`` (one for each) ask for it.

    Codec ``range`` takes it, ``auto`` where it is smaller (``prefer: size``) or smaller by a fifth
    (``balanced``); of several pixel formats (``rivals``) that which is smallest then. A row larger than a
    strip is IB205 for codec ``range``.
    """
    coded: dict[int, list[EncodedAsset]] = {}
    found: list[Diagnostic] = []
    waiting: list[_Candidate] = []
    pixels = 0
    for number, (asset, bitmap) in enumerate(zip(planned, encoded, strict=True)):
        try:
            candidates = _consider(number, asset, bitmap)
        except BuildError as error:
            found += error.diagnostics
            continue
        for candidate in candidates:
            size = bitmap.width * bitmap.height
            if waiting and pixels + size > BATCH_PIXELS:
                _recode(waiting, coded)
                waiting, pixels = [], 0
            waiting.append(candidate)
            pixels += size
    _recode(waiting, coded)
    settled = (
        _settle(asset.options, bitmap, coded.get(number, []))
        for number, (asset, bitmap) in enumerate(zip(planned, encoded, strict=True))
    )
    return list(settled), found


def _consider(number: int, asset: PlannedAsset, bitmap: EncodedAsset) -> list[_Candidate]:
    """The picture in every format that codec range may be tried for."""
    options = asset.options
    if not isinstance(options, ImageOptions) or bitmap.kind is not Kind.BITMAP:
        return []
    if options.flavour != NATIVE or options.lvgl_header:
        return []
    if options.codec != "range" and (options.codec != "auto" or options.prefer not in LARGEST_SHARE):
        return []
    candidates = []
    for form in (bitmap, *bitmap.rivals):
        pixel_format = _FORMATS[form.pixel_format]
        if not can_code(pixel_format) or not isinstance(form.expected, Samples):
            continue
        try:
            job = plan_range(asset, form.expected, pixel_format, options)
        except BuildError:
            if options.codec == "range" and form is bitmap:
                raise
            continue
        candidates.append(_Candidate(number, options, form, job))
    return candidates


def _recode(candidates: Sequence[_Candidate], coded: dict[int, list[EncodedAsset]]) -> None:
    """Put the candidates into codec range."""
    made = encode_together([candidate.job for candidate in candidates])
    for candidate, strips in zip(candidates, made, strict=True):
        bitmap = candidate.bitmap
        payload = build_range_payload(candidate.job, candidate.options, strips, extension_of(bitmap))
        recoded = replace(
            bitmap,
            payload=payload.data,
            crc32=zlib.crc32(payload.data),
            codec=payload.codec,
            anchor_bytes=payload.anchor_bytes,
            max_strip_bytes=payload.max_strip_bytes,
            tried=(),
            rivals=(),
        )
        coded.setdefault(candidate.number, []).append(recoded)


def _settle(options: object, bitmap: EncodedAsset, coded: Sequence[EncodedAsset]) -> EncodedAsset:
    """The picture in the format and the codec that ``options`` prefer, of all that was made of it."""
    forms = [replace(bitmap, rivals=()), *bitmap.rivals]
    if not isinstance(options, ImageOptions) or not (coded or bitmap.rivals):
        return bitmap
    plain = take_smallest(forms)
    if options.codec == "range":
        known = {form.pixel_format for form in coded}
        best = take_smallest([*coded, *(form for form in forms if form.pixel_format not in known)])
        return replace(best, tried=list_trials([*forms, *coded]) if len(forms) > 1 else ())
    tried = list_trials([*forms, *coded])
    if coded and is_worth_it(options.prefer, min(len(form.payload) for form in coded), len(plain.payload)):
        return replace(take_smallest(coded), tried=tried)
    return replace(plain, tried=tried)


def is_worth_it(prefer: str, range_bytes: int, other_bytes: int) -> bool:
    """Whether codec ``auto`` takes codec range, which needs ``range_bytes``, over the best of the others."""
    part, whole = LARGEST_SHARE.get(prefer, (0, 1))
    return range_bytes < other_bytes and range_bytes * whole <= other_bytes * part


_FORMATS = {row.number: row for row in PIXEL_FORMATS.values()}
