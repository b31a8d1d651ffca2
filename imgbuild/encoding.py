"""Decoding and encoding of every asset: what the cache holds, pictures and files, fonts, then their texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from imgbuild.errors import BuildError, Diagnostic, Diagnostics, Severity
from imgbuild.model import (
    DecodedFile,
    DecodedImage,
    EncodedAsset,
    FileOptions,
    FontOptions,
    ImageOptions,
    Kind,
    Plan,
    PlannedAsset,
)
from imgbuild.palettes import KeptPictures
from imgbuild.reuse import Reuse, is_laborious
from imgbuild.texts import encode_text, is_text

WORKERS = 2
"""Threads that decode: Pillow and FreeType release the interpreter's lock for the heavy part."""


def encode_all(
    assets: Sequence[PlannedAsset],
    plan: Plan,
    found: Diagnostics,
    progress: Callable[[int, int], None],
    *,
    variants: Sequence[str] = (),
    uses_cache: bool = False,
    kept: KeptPictures | None = None,
) -> tuple[EncodedAsset, ...]:
    """Decode and encode every asset; every asset's errors are collected, in the manifest's order.

    ``variants``: names of variants, number 1 first. What the cache holds is taken from there; only what was
    made without a remark is put into it. Pictures in ``kept`` are not decoded again.
    """
    kept = kept or KeptPictures()
    reuse = Reuse(assets, is_on=uses_cache)
    done = dict(reuse.found)
    made: dict[int, EncodedAsset] = {}
    remarked: set[int] = set()
    with ThreadPoolExecutor(WORKERS) as pool:
        waiting = [(n, asset) for n, asset in enumerate(assets) if n not in done and not is_text(asset)]
        futures = {
            number: pool.submit(_encode_one, asset, plan.is_strict, kept)
            for number, asset in waiting
            if is_laborious(asset)  # handing over the rest would cost more than doing it
        }
        try:
            for count, (number, asset) in enumerate(waiting, len(done) + 1):
                future = futures.get(number)
                result, diagnostics = future.result() if future else _encode_one(asset, plan.is_strict, kept)
                found.extend(diagnostics)
                if result is not None:
                    made[number] = result
                if diagnostics:
                    remarked.add(number)
                progress(count, len(assets))
        except BaseException:
            for future in futures.values():
                future.cancel()
            raise
    recoded = _recode_by_range([assets[number] for number in made], list(made.values()), found)
    made = dict(zip(made, recoded, strict=True))
    if not found.has_errors:
        for number in made.keys() - remarked:
            reuse.keep(number, made[number])
        reuse.close()
    done |= made
    done |= _encode_texts(assets, done, found)
    numbers = {"": 0, **{name: number for number, name in enumerate(variants, 1)}}
    return tuple(
        replace(done[n], base=assets[n].base, variant=numbers[assets[n].variant]) for n in sorted(done)
    )


def _encode_texts(
    assets: Sequence[PlannedAsset], done: Mapping[int, EncodedAsset], found: Diagnostics
) -> dict[int, EncodedAsset]:
    """Strings and shaped texts, whose glyphs have their numbers now that the fonts are encoded."""
    fonts = {asset.name: asset for asset in done.values() if asset.kind == Kind.FONT}
    made = {}
    for number, asset in enumerate(assets):
        if is_text(asset) and not found.has_errors:
            try:
                made[number] = encode_text(asset, fonts)
            except BuildError as error:
                found.extend(error.diagnostics)
    return made


def _recode_by_range(
    planned: Sequence[PlannedAsset], encoded: Sequence[EncodedAsset], found: Diagnostics
) -> tuple[EncodedAsset, ...]:
    if not any(isinstance(asset.options, ImageOptions) and asset.options.may_use_range for asset in planned):
        return tuple(encoded)
    from imgbuild.pixels.range_pass import recode_bitmaps

    recoded, diagnostics = recode_bitmaps(planned, encoded)
    found.extend(diagnostics)
    return tuple(recoded)


def _encode_one(
    asset: PlannedAsset, is_strict: bool, kept: KeptPictures
) -> tuple[EncodedAsset | None, list[Diagnostic]]:
    try:
        encoder, decoded = _ENCODERS[type(asset.options)], kept.take(asset)
        encoded, diagnostics = encoder(asset, is_strict, decoded) if decoded else encoder(asset, is_strict)
    except BuildError as error:
        return None, list(error.diagnostics)
    return encoded, diagnostics


def _encode_image(
    asset: PlannedAsset, is_strict: bool, decoded: DecodedImage | None = None
) -> tuple[EncodedAsset, list[Diagnostic]]:
    from imgbuild.flavours.encode import encode_picture_asset
    from imgbuild.pixels.range_pass import without_range
    from imgbuild.sources.image import decode_image

    if not isinstance(asset.options, ImageOptions):
        raise TypeError(asset.options)
    if decoded is None:
        decoded = decode_image(asset.source, asset.options, asset.place, asset.name)
    options = without_range(asset.options)
    encoded, warnings = encode_picture_asset(replace(asset, options=options), options, decoded)
    severity = Severity.ERROR if is_strict else Severity.WARNING
    return encoded, [replace(warning, severity=severity) for warning in warnings]


def _encode_font(asset: PlannedAsset, is_strict: bool) -> tuple[EncodedAsset, list[Diagnostic]]:
    from imgbuild.flavours.encode_font import encode_font_asset
    from imgbuild.sources.font import decode_font

    if not isinstance(asset.options, FontOptions):
        raise TypeError(asset.options)
    decoded = decode_font(asset.source, asset.options, asset.place, asset.name)
    return encode_font_asset(asset, asset.options, decoded, is_strict=is_strict)


def _encode_file(asset: PlannedAsset, _is_strict: bool) -> tuple[EncodedAsset, list[Diagnostic]]:
    import zlib

    from imgbuild.errors import fail
    from imgbuild.model import Codec

    try:
        data = DecodedFile(asset.source.read_bytes(), "").data
    except OSError as error:
        fail(
            "IB110", f"cannot read {asset.source.name}: {(error.strerror or str(error)).lower()}", asset.place
        )
    align = asset.options.align_bytes
    crc = zlib.crc32(data)
    encoded = EncodedAsset(
        asset.name, asset.key, asset.kind, data, crc, 0, 0, 0, Codec.RAW, len(data), align, 0, 0, data
    )  # fmt: skip
    return encoded, []


_ENCODERS: dict[type, Callable[..., tuple[EncodedAsset, list[Diagnostic]]]] = {
    ImageOptions: _encode_image,
    FontOptions: _encode_font,
    FileOptions: _encode_file,
}
