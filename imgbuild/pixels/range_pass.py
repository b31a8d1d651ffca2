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
from imgbuild.pixels.bitmap import build_range_payload, plan_range
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.payload import extension_of
from imgbuild.pixels.range_bitmaps import RangeJob, can_code, encode_together
from imgbuild.range_tables import RANGE_KINDS

BATCH_PIXELS = 1 << 21
"""Pixels that are coded together, for the memory's sake; more gain nothing."""
LARGEST_SHARE: Mapping[str, tuple[int, int]] = {"size": (1, 1), "balanced": (4, 5)}
"""By ``prefer``: what part of the other codecs' bytes codec range may take at the most to be chosen."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    number: int  # of the encoded asset
    options: ImageOptions
    job: RangeJob


def without_range(options: ImageOptions) -> ImageOptions:
    """What a picture is encoded with before :func:`recode_bitmaps` sees it."""
    if options.codec != "range" or options.is_animated:
        return options
    # formats that codec range does not know (pixel_format auto may choose one) stay as codec auto makes them
    return replace(options, codec="raw" if options.pixel_format in RANGE_KINDS else "auto")


def recode_bitmaps(
    planned: Sequence[PlannedAsset], encoded: Sequence[EncodedAsset]
) -> tuple[list[EncodedAsset], list[Diagnostic]]:
    """``encoded`` with codec range where the options of ``planned`` (one for each) ask for it.

    Codec ``range`` takes it, ``auto`` where it is smaller (``prefer: size``) or smaller by a fifth
    (``balanced``). A row larger than a strip is IB205 for codec ``range``.
    """
    result = list(encoded)
    found: list[Diagnostic] = []
    waiting: list[_Candidate] = []
    pixels = 0
    for number, (asset, bitmap) in enumerate(zip(planned, encoded, strict=True)):
        try:
            candidate = _consider(number, asset, bitmap)
        except BuildError as error:
            found += error.diagnostics
            continue
        if candidate is None:
            continue
        if waiting and pixels + bitmap.width * bitmap.height > BATCH_PIXELS:
            _recode(waiting, result)
            waiting, pixels = [], 0
        waiting.append(candidate)
        pixels += bitmap.width * bitmap.height
    _recode(waiting, result)
    return result, found


def _consider(number: int, asset: PlannedAsset, bitmap: EncodedAsset) -> _Candidate | None:
    options, samples = asset.options, bitmap.expected
    if not isinstance(options, ImageOptions) or not isinstance(samples, Samples):
        return None
    if bitmap.kind is not Kind.BITMAP or options.flavour != NATIVE or options.lvgl_header:
        return None
    if options.codec != "range" and (options.codec != "auto" or options.prefer not in LARGEST_SHARE):
        return None
    pixel_format = _FORMATS[bitmap.pixel_format]
    if not can_code(pixel_format):
        return None
    try:
        return _Candidate(number, options, plan_range(asset, samples, pixel_format, options))
    except BuildError:
        if options.codec == "auto":
            return None
        raise


def _recode(candidates: Sequence[_Candidate], result: list[EncodedAsset]) -> None:
    """Put the candidates into codec range, where that is worth it."""
    coded = encode_together([candidate.job for candidate in candidates])
    for candidate, strips in zip(candidates, coded, strict=True):
        before = result[candidate.number]
        options = candidate.options
        payload = build_range_payload(candidate.job, options, strips, extension_of(before))
        part, whole = LARGEST_SHARE[options.prefer] if options.codec == "auto" else (1, 0)
        is_larger = len(payload.data) >= len(before.payload)
        if whole and (is_larger or len(payload.data) * whole > len(before.payload) * part):
            continue
        result[candidate.number] = replace(
            before,
            payload=payload.data,
            crc32=zlib.crc32(payload.data),
            codec=payload.codec,
            anchor_bytes=payload.anchor_bytes,
            max_strip_bytes=payload.max_strip_bytes,
        )


_FORMATS = {row.number: row for row in PIXEL_FORMATS.values()}
