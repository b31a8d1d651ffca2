"""What ``extract`` writes of texts, as plain values for JSON."""

from __future__ import annotations

from typing import Any

from imgbuild.model import GlyphRuns, Kind, StringTable
from imgbuild.reader.container import Image
from imgbuild.reader.pack import Entry
from imgbuild.reader.runs import read_runs
from imgbuild.reader.strings import read_strings


def tell_texts(image: Image, entry: Entry) -> dict[str, Any]:
    """A strings asset, or a shaped text, after its checksum was compared.

    Raises BuildError IB607 or IB608 where it is damaged.
    """
    payload = image.checked_payload(entry)
    if entry.kind == Kind.GLYPH_RUNS:
        return {"schema_version": 1, **_tell_runs(read_runs(payload, entry.name))}
    return {"schema_version": 1, **_tell_table(read_strings(payload, entry.name).to_table())}


def _tell_table(table: StringTable) -> dict[str, Any]:
    return {
        "contract": f"0x{table.contract:08X}",
        "languages": [{"tag": tag, "is_right_to_left": is_rtl} for tag, is_rtl in table.languages],
        "texts": {
            f"0x{key:08X}": [text if isinstance(text, str) else _tell_runs(text) for text in row]
            for key, row in sorted(table.texts.items())
        },
    }


def _tell_runs(runs: GlyphRuns) -> dict[str, Any]:
    lines = [
        {
            "width_px": line.width_16 / 16,
            "is_right_to_left": line.is_rtl,
            "glyphs": [list(g) for g in line.glyphs],
        }
        for line in runs.lines
    ]
    return {"font_key": f"0x{runs.font_key:08X}", "lines": lines}
