"""The generated headers (C99 and C++).

``<name>_assets.h`` holds only what names, shapes and options decide, so that a changed pixel compiles no
C again; ``<name>_digest.h`` changes with every byte and is for code that authenticates;
``<name>_config.h`` leaves decoders that no bitmap needs out of the reader.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence

from imgbuild.emit.c_config import check_lines, config_lines, needs_of
from imgbuild.emit.c_names import c_identifier, macro_name, variant_macro
from imgbuild.emit.job import EmitJob
from imgbuild.emit.work_bytes import work_bytes_of
from imgbuild.model import (
    NATIVE,
    Animation,
    Artifact,
    EncodedAsset,
    ImageOptions,
    Kind,
    PlannedAsset,
    StringsOptions,
    StringTable,
)

FORMAT_MAJOR = 1
_DIGEST_COLUMNS = 8


def emit_c_header(job: EmitJob) -> list[Artifact]:
    """``<name>_assets.h``, ``<name>_digest.h``, ``<name>_config.h`` in the header folder, UTF-8 with LF."""
    return [
        Artifact(job.header_folder / f"{job.name}_assets.h", assets_header(job).encode()),
        Artifact(job.header_folder / f"{job.name}_digest.h", digest_header(job).encode()),
        Artifact(job.header_folder / f"{job.name}_config.h", config_header(job).encode()),
    ]


def strip_cap_bytes(assets: Iterable[PlannedAsset]) -> int:
    """The most bytes that a decoded strip can take, whatever the pixels are: 0 if all bitmaps are raw.

    The pack's own ``max_strip_bytes`` may be less, and with codec auto it moves with the pixels.
    """
    options = [asset.options for asset in assets if isinstance(asset.options, ImageOptions)]
    return max((o.strip_bytes for o in options if o.codec != "raw" and o.flavour == NATIVE), default=0)


def assets_header(job: EmitJob) -> str:
    """The text of ``<name>_assets.h``."""
    prefix = c_identifier(job.name)
    groups = [_pack_macros(job)]
    if job.variants:
        groups.append(_variant_macros(prefix, job.variants))
    named = sorted((asset for asset in job.assets if not asset.variant), key=lambda a: a.name.encode())
    groups += [_asset_macros(prefix, asset) for asset in named]
    tables = {asset.name: asset.options for asset in job.image.partition.assets}
    for asset in named:
        options = tables.get(asset.name)
        if isinstance(options, StringsOptions):
            groups += _string_macros(macro_name(prefix, asset.name), asset.name, options)
    body = [
        '#include "imgb.h"',
        "",
        f"#if IMGB_FORMAT_MAJOR != {FORMAT_MAJOR}",
        f'#error "this header and its flash image are of format {FORMAT_MAJOR}, imgb.h reads another one"',
        "#endif",
        *check_lines(prefix, needs_of(job.assets)),
    ]
    for comment, macros in groups:
        body += ["", f"/* {comment} */", *define_lines(macros)]
    return guard_header(f"{prefix}_ASSETS_H", body)


def _pack_macros(job: EmitJob) -> tuple[str, list[tuple[str, str]]]:
    prefix, image = c_identifier(job.name), job.image
    target = image.partition.target
    options = {asset.name: asset.options for asset in image.partition.assets}
    macros = [
        (f"{prefix}_FORMAT_MAJOR", str(FORMAT_MAJOR)),
        (f"{prefix}_PACK_ID", u32_text(image.pack_id)),
        (f"{prefix}_CONTRACT", u32_text(image.contract_hash)),
        (f"{prefix}_MAX_STRIP_BYTES", f"UINT32_C({strip_cap_bytes(image.partition.assets)})"),
        (f"{prefix}_WORK_BYTES", f"UINT32_C({work_bytes_of(job.assets, options)})"),
        (f"{prefix}_REGION_OFFSET", u32_text(target.region.offset_bytes)),
        (f"{prefix}_REGION_BYTES", u32_text(target.region.size_bytes)),
        (f"{prefix}_ERASE_BYTES", u32_text(target.erase_bytes)),
    ]
    if target.base_address is not None:
        macros.append((f"{prefix}_BASE_ADDRESS", u32_text(target.base_address)))
    return (
        f"{comment_text(job.name)} on {comment_text(target.chip.name)}: region, identity, RAM for strips",
        macros,
    )


def _variant_macros(prefix: str, variants: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    comment = "numbers of variants, for imgb_find_variant; imgb_variant asks the pack itself"
    return comment, [(variant_macro(prefix, name), str(number)) for number, name in enumerate(variants, 1)]


def _asset_macros(prefix: str, asset: EncodedAsset) -> tuple[str, list[tuple[str, str]]]:
    macro = macro_name(prefix, asset.name)
    shape, macros = _SHAPES[asset.kind](macro, asset)
    kind = asset.kind.name
    macros = [(macro, u32_text(asset.key)), (f"{macro}_KIND", f"IMGB_KIND_{kind}"), *macros]
    return f'"{comment_text(asset.name)}": {kind.lower()}{shape}', macros


def _string_macros(macro: str, name: str, options: StringsOptions) -> list[tuple[str, list[tuple[str, str]]]]:
    """Keys of the texts, for imgb_strings_get, and numbers of the languages."""
    numbers = [
        (f"{macro}_LANG_{c_identifier(tag).lstrip('_')}", str(number))
        for number, tag in enumerate(options.languages)
    ]
    keys = [
        (f"{macro}_STR_{c_identifier(id_).lstrip('_')}", u32_text(zlib.crc32(id_.encode())))
        for id_ in options.ids
    ]
    shown = comment_text(name)
    return [(f'languages of "{shown}"', numbers), (f'texts of "{shown}"', keys)]


def _bitmap_shape(macro: str, asset: EncodedAsset) -> tuple[str, list[tuple[str, str]]]:
    sizes = [(f"{macro}_WIDTH", str(asset.width)), (f"{macro}_HEIGHT", str(asset.height))]
    return f", {asset.width}x{asset.height} px", sizes


def _animation_shape(macro: str, asset: EncodedAsset) -> tuple[str, list[tuple[str, str]]]:
    count = len(asset.expected.delays_ms) if isinstance(asset.expected, Animation) else 0
    shape, sizes = _bitmap_shape(macro, asset)
    return f"{shape}, {count} frames", [*sizes, (f"{macro}_FRAMES", str(count))]


def _font_shape(macro: str, asset: EncodedAsset) -> tuple[str, list[tuple[str, str]]]:
    return f", {asset.height} px", [(f"{macro}_SIZE_PX", str(asset.height))]


def _file_shape(_macro: str, _asset: EncodedAsset) -> tuple[str, list[tuple[str, str]]]:
    return "", []


def _strings_shape(macro: str, asset: EncodedAsset) -> tuple[str, list[tuple[str, str]]]:
    table = asset.expected
    if not isinstance(table, StringTable):
        return "", []
    languages = " ".join(tag for tag, _ in table.languages)
    contract = (f"{macro}_CONTRACT", u32_text(table.contract))
    return f", {len(table.texts)} texts in {comment_text(languages)}", [contract]


_SHAPES: dict[Kind, Callable[[str, EncodedAsset], tuple[str, list[tuple[str, str]]]]] = {
    Kind.BITMAP: _bitmap_shape,
    Kind.FONT: _font_shape,
    Kind.FILE: _file_shape,
    Kind.STRINGS: _strings_shape,
    Kind.GLYPH_RUNS: _file_shape,
    Kind.ANIMATION: _animation_shape,
}


def digest_header(job: EmitJob) -> str:
    """The text of ``<name>_digest.h``: what the image's bytes decide."""
    prefix, image = c_identifier(job.name), job.image
    digest = [f"0x{byte:02x}" for byte in bytes.fromhex(image.sha256)]
    rows = [", ".join(digest[i : i + _DIGEST_COLUMNS]) for i in range(0, len(digest), _DIGEST_COLUMNS)]
    macros = [
        (f"{prefix}_CONTENT_VERSION", f"UINT32_C({image.content_version})"),
        (f"{prefix}_TOTAL_BYTES", f"UINT32_C({image.total_bytes})"),
        (f"{prefix}_IMAGE_BYTES", f"UINT32_C({len(image.data)})"),
        (f"{prefix}_IMAGE_CRC32", u32_text(zlib.crc32(image.data))),
    ]
    sha256 = ", \\\n   ".join(rows)
    body = [
        "#include <stdint.h>",
        "",
        "/* TOTAL_BYTES: pack or filesystem; IMAGE_BYTES: with padding, what CRC-32 and SHA-256 run over */",
        *define_lines(macros),
        "",
        f"/* initialiser of a uint8_t[32] */\n#define {prefix}_IMAGE_SHA256 \\\n  {{{sha256}}}",
    ]
    return guard_header(f"{prefix}_DIGEST_H", body)


def config_header(job: EmitJob) -> str:
    """The text of ``<name>_config.h``: the reader's switches."""
    body = config_lines(f"{job.name}_config.h", needs_of(job.assets))
    return guard_header(f"{c_identifier(job.name)}_CONFIG_H", body)


def define_lines(macros: list[tuple[str, str]]) -> list[str]:
    """A line for each macro, their values in a column."""
    width = max(len(name) for name, _ in macros)
    return [f"#define {name.ljust(width)} {value}" for name, value in macros]


def guard_header(guard: str, body: list[str]) -> str:
    """A generated header of these lines."""
    lines = ["/* Generated by imgbuild: changes are lost. */", f"#ifndef {guard}", f"#define {guard}", ""]
    return "\n".join([*lines, *body, "", f"#endif /* {guard} */", ""])


def u32_text(value: int) -> str:
    """A number of 32 bits in C, for any size of int."""
    return f"UINT32_C(0x{value:08X})"


def comment_text(text: str) -> str:
    """``text`` for a C comment: it neither ends the comment, nor opens one, nor splices lines."""
    safe = (c if c.isprintable() and c not in "*\\" else f"<{ord(c):02x}>" for c in text)
    return "".join(safe)
