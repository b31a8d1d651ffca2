"""A second reader of the font payload, written from FORMAT.md section 5 alone, slow and plain."""

from __future__ import annotations

import struct

from unit.glyphs.coded_glyph import decode_glyph

from imgbuild.glyph_tables import read_glyph_table


def decode_payload(data: bytes) -> dict:
    """Header fields, and ``glyphs``: a list of dicts with advance in 1/16 px and rows of values."""
    names = (
        "size_px bpp model ascent descent line_gap underline underline_thickness fraction_bits segments "
        "record_bytes glyphs advance_bias x_bias y_bias bits records pixels pixels_bytes kern model_table "
        "fallback_key max_w max_h coded_ratio"
    )
    header = dict(zip(names.split(), struct.unpack_from("<HBBhhhhBBBBHhbb6sIIIIIIHHH", data), strict=True))
    assert data[0x3A:0x40] == bytes(6)
    assert header["coded_ratio"] <= 256
    assert (header["coded_ratio"] > 0) == (header["model"] > 0)
    records = [_record(data, header, number) for number in range(header["glyphs"] + 1)]
    assert records[-1]["offset"] == header["pixels_bytes"]
    assert header["pixels"] + header["pixels_bytes"] == len(data)
    return header | {"glyph_list": [_glyph(data, header, record) for record in records[:-1]]}


def find_glyph(data: bytes, codepoint: int) -> int | None:
    """The glyph of a code point through the character map, None where the font lacks it."""
    for number in range(data[14]):
        first, last_delta, base, pages = struct.unpack_from("<IHHI", data, 64 + 12 * number)
        delta = codepoint - first
        if not 0 <= delta <= last_delta:
            continue
        if pages == 0:
            return base + delta
        rank, bitmap = struct.unpack_from("<HQ", data, pages + 10 * (delta // 64))
        if not bitmap >> (delta % 64) & 1:
            return None
        return base + rank + (bitmap & ((1 << (delta % 64)) - 1)).bit_count()
    return None


def _record(data: bytes, header: dict, number: int) -> dict:
    at = header["records"] + number * header["record_bytes"]
    value = int.from_bytes(data[at : at + header["record_bytes"]], "little")
    record = {}
    for name, bits in zip(("advance", "x", "y", "w", "h", "offset"), header["bits"], strict=True):
        record[name] = value & ((1 << bits) - 1)
        value >>= bits
    assert value in (0, 1)  # the raw bit and nothing behind it
    record["raw"] = value
    return record


def _glyph(data: bytes, header: dict, record: dict) -> dict:
    rows = (_raw_rows if record["raw"] else _coded_rows)(data, header, record)
    return {
        "advance": (record["advance"] + header["advance_bias"]) << (4 - header["fraction_bits"]),
        "x": record["x"] + header["x_bias"],
        "y": record["y"] + header["y_bias"],
        "rows": rows,
        "raw": record["raw"],
    }


def _raw_rows(data: bytes, header: dict, record: dict) -> list[list[int]]:
    w, h, bpp = record["w"], record["h"], header["bpp"]
    start = header["pixels"] + record["offset"]
    length = (w * h * bpp + 7) // 8
    assert record["offset"] + length <= header["pixels_bytes"]
    stream = int.from_bytes(data[start : start + length], "big")
    values = [stream >> (8 * length - (n + 1) * bpp) & ((1 << bpp) - 1) for n in range(w * h)]
    return [values[row * w : (row + 1) * w] for row in range(h)]


def _coded_rows(data: bytes, header: dict, record: dict) -> list[list[int]]:
    w, h, bpp = record["w"], record["h"], header["bpp"]
    if header["model"] == 255:
        table = data[header["model_table"] :][: 128 if bpp == 1 else 716]
    else:
        assert header["model"] in ((3, 4) if bpp == 1 else (1, 2))
        assert header["model_table"] == 0
        table = read_glyph_table(header["model"])
    pixels = data[header["pixels"] : header["pixels"] + header["pixels_bytes"]]
    rows, taken = decode_glyph(pixels, record["offset"], w, h, bpp, table)
    assert taken <= (w * h * bpp + 7) // 8 + 3
    return rows
