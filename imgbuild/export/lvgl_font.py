"""LVGL 9 fonts in C: ``lv_font_t`` of ``lv_font_fmt_txt`` (lv_font.h, lv_font_fmt_txt.h)."""

from __future__ import annotations

from collections.abc import Sequence

from imgbuild.errors import Diagnostics
from imgbuild.export.ctext import Constant, byte_array, number_array
from imgbuild.export.fonts import FontChoices, StoredFont, describe_font, lost_fallback
from imgbuild.flavours.bits import pack_streams
from imgbuild.flavours.lvgl_cmap import FULL, FULL_TINY, SPARSE, SPARSE_TINY, Cmap, split_cmap
from imgbuild.flavours.lvgl_font import (
    COMPRESSED,
    LvglFont,
    bitmap_formats,
    code_bitmaps,
    line_metrics,
    number_glyphs,
    refuse_impossible,
    why_large,
)
from imgbuild.flavours.lvgl_kern import KernClasses, KernPairs, choose_kerning
from imgbuild.model import DecodedGlyph

_FORMS = {
    FULL: "LV_FONT_FMT_TXT_CMAP_FORMAT0_FULL",
    SPARSE: "LV_FONT_FMT_TXT_CMAP_SPARSE_FULL",
    FULL_TINY: "LV_FONT_FMT_TXT_CMAP_FORMAT0_TINY",
    SPARSE_TINY: "LV_FONT_FMT_TXT_CMAP_SPARSE_TINY",
}
_LARGE = """#if !LV_FONT_FMT_TXT_LARGE
#error "set LV_FONT_FMT_TXT_LARGE to 1 in lv_conf.h: a font of this file is too large"
#endif"""
_RLE = """#if !LV_USE_FONT_COMPRESSED
#error "set LV_USE_FONT_COMPRESSED to 1 in lv_conf.h: glyphs of this file are compressed"
#endif"""
_IDS_U8_MAX = 0x100


def export_font(stored: StoredFont, name: str, choices: FontChoices, _found: Diagnostics) -> Constant:
    """Characters that look, advance and kern alike share a glyph. Raises IB370.

    The file stops the compiler where LVGL is built without what the font needs.
    """
    decoded = stored.font
    codec = choices.codec or ("rle" if decoded.bpp == 3 else "raw")
    formats = bitmap_formats(codec, decoded.bpp, stored.label, stored.place, stored.name)
    font = number_glyphs(decoded, is_shared=True)
    refuse_impossible(font, stored.label, stored.place, stored.name)
    codes = code_bitmaps(font.glyphs, decoded.bpp, formats[0])
    streams = pack_streams([(one,) for one in codes], "big")
    bitmap, rows = _glyph_rows(font.glyphs, streams)
    checks = ([_LARGE] if why_large(font, len(bitmap)) else []) + ([_RLE] if formats[0] == COMPRESSED else [])
    kern = choose_kerning(font.pairs, font.count)
    cmaps = split_cmap(font.codepoints, font.ids)
    definitions = [
        *checks,
        byte_array(f"static const LV_ATTRIBUTE_LARGE_CONST uint8_t {name}_bitmap[]", bitmap or b"\0"),
        f"static const lv_font_fmt_txt_glyph_dsc_t {name}_glyph_dsc[] = {{\n{rows}\n}};",
        *_cmap_definitions(name, cmaps),
        *_kern_definitions(name, kern, font),
        _descriptor(name, kern, len(cmaps), decoded.bpp, formats[0]),
        _font(stored, name),
    ]
    lost = lost_fallback(stored)
    if decoded.line_gap > 0:
        lost.append(f"leave {decoded.line_gap} px between lines (text_line_space)")
    return Constant(describe_font(stored, name, lost), (), tuple(definitions))


def _glyph_rows(glyphs: Sequence[DecodedGlyph], streams: Sequence[bytes]) -> tuple[bytes, str]:
    """All bitmaps, each once, and the initialisers of the glyphs; glyph 0 is LVGL's "no such character"."""
    place_of: dict[bytes, int] = {}
    size = 0
    rows = ["  {.bitmap_index = 0, .adv_w = 0, .box_w = 0, .box_h = 0, .ofs_x = 0, .ofs_y = 0}"]
    for glyph, stream in zip(glyphs, streams, strict=True):
        at = place_of.setdefault(stream, size) if stream else 0
        size += len(stream) if stream and at == size else 0
        height, width = glyph.coverage.shape
        rows.append(
            f"  {{.bitmap_index = {at}, .adv_w = {glyph.advance}, .box_w = {width}, .box_h = {height},"
            f" .ofs_x = {glyph.x}, .ofs_y = {glyph.y - height}}}"
        )
    return b"".join(place_of), ",\n".join(rows)


# --- character map -------------------------------------------------------------------------------


def _cmap_definitions(name: str, cmaps: Sequence[Cmap]) -> list[str]:
    definitions, rows = [], []
    for number, cmap in enumerate(cmaps):
        codes = offsets = "NULL"
        if cmap.codes:
            codes = f"{name}_unicodes_{number}"
            definitions.append(number_array(f"static const uint16_t {codes}[]", cmap.codes))
        if cmap.offsets:
            offsets = f"{name}_offsets_{number}"
            kind = "uint16_t" if cmap.codes else "uint8_t"
            definitions.append(number_array(f"static const {kind} {offsets}[]", cmap.offsets))
        rows.append(
            f"  {{.range_start = {cmap.first}, .range_length = {cmap.span}, .glyph_id_start = {cmap.glyph},\n"
            f"   .unicode_list = {codes}, .glyph_id_ofs_list = {offsets},\n"
            f"   .list_length = {len(cmap.codes) or len(cmap.offsets)}, .type = {_FORMS[cmap.form]}}}"
        )
    table = ",\n".join(rows)
    return [*definitions, f"static const lv_font_fmt_txt_cmap_t {name}_cmaps[] = {{\n{table}\n}};"]


# --- kerning -------------------------------------------------------------------------------------


def _kern_definitions(name: str, kern: KernPairs | KernClasses | None, font: LvglFont) -> list[str]:
    if isinstance(kern, KernPairs):
        is_wide = font.count > _IDS_U8_MAX
        ids = [glyph for pair in kern.pairs for glyph in pair]
        fields: dict[str, object] = {
            "glyph_ids": f"{name}_kern_ids",
            "values": f"{name}_kern_values",
            "pair_cnt": len(kern.pairs),
            "glyph_ids_size": int(is_wide),
        }
        return [
            number_array(f"static const uint{16 if is_wide else 8}_t {name}_kern_ids[]", ids),
            number_array(f"static const int8_t {name}_kern_values[]", kern.values),
            _struct(f"static const lv_font_fmt_txt_kern_pair_t {name}_kern", fields),
        ]
    if isinstance(kern, KernClasses):
        values = [value for row in kern.matrix for value in row]
        fields = {
            "class_pair_values": f"{name}_kern_values",
            "left_class_mapping": f"{name}_kern_lefts",
            "right_class_mapping": f"{name}_kern_rights",
            "left_class_cnt": len(kern.matrix),
            "right_class_cnt": len(kern.matrix[0]),
        }
        return [
            number_array(f"static const uint8_t {name}_kern_lefts[]", kern.lefts),
            number_array(f"static const uint8_t {name}_kern_rights[]", kern.rights),
            number_array(f"static const int8_t {name}_kern_values[]", values),
            _struct(f"static const lv_font_fmt_txt_kern_classes_t {name}_kern", fields),
        ]
    return []


# --- the font ------------------------------------------------------------------------------------


def _descriptor(
    name: str, kern: KernPairs | KernClasses | None, cmaps: int, bpp: int, bitmap_format: int
) -> str:
    fields: dict[str, object] = {
        "glyph_bitmap": f"{name}_bitmap",
        "glyph_dsc": f"{name}_glyph_dsc",
        "cmaps": f"{name}_cmaps",
        "kern_dsc": f"&{name}_kern" if kern else "NULL",
        "kern_scale": kern.scale if kern else 0,
        "cmap_num": cmaps,
        "bpp": bpp,
        "kern_classes": int(isinstance(kern, KernClasses)),
        "bitmap_format": bitmap_format,
    }
    return _struct(f"static const lv_font_fmt_txt_dsc_t {name}_dsc", fields)


def _font(stored: StoredFont, name: str) -> str:
    font = stored.font
    ascent, descent = line_metrics(font)
    fields: dict[str, object] = {
        "get_glyph_dsc": "lv_font_get_glyph_dsc_fmt_txt",
        "get_glyph_bitmap": "lv_font_get_bitmap_fmt_txt",
        "line_height": ascent - descent,
        "base_line": -descent,
        "subpx": "LV_FONT_SUBPX_NONE",
        "underline_position": font.underline_position,
        "underline_thickness": font.underline_thickness,
        "dsc": f"&{name}_dsc",
    }
    return _struct(f"@ lv_font_t {name}", fields)


def _struct(declaration: str, fields: dict[str, object]) -> str:
    rows = "".join(f"  .{field} = {value},\n" for field, value in fields.items())
    return f"{declaration} = {{\n{rows}}};"
