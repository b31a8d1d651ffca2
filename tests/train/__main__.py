"""Train all tables and write them: ``imgbuild/data/range_tables.json`` and ``imgb_range_tables.h``.

``python -m train glyphs`` makes those of glyphs instead (:mod:`train.glyphs`).

Each kind learns from the same mixture: 500 icons, 19 photographs, 12 rendered backgrounds, 300 flat icons, 16
screens (:func:`bench.picture_sets.training_sets`), none of which the benchmarks measure. What is coded counts
once, of photographs twice (which makes them 0.3 % smaller, icons 0.4 % larger). Counting and choosing each
strip's mode by the tables alternate five times.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from bench.picture_sets import training_sets
from numpy.typing import NDArray

from imgbuild.codecs.range_pixels.batch import PixelStrip
from imgbuild.codecs.range_pixels.encode import model_strips
from imgbuild.codecs.range_pixels.events import make_event_table
from imgbuild.codecs.range_pixels.kinds import KINDS, PixelKind
from imgbuild.range_tables import TABLE_BYTES
from train import glyphs
from train.c_tables import write_header, write_json
from train.strips import strips_of
from train.table_rows import make_table

ROUNDS = 5
ROOT = Path(__file__).resolve().parents[2]


def _is_full(strip: PixelStrip) -> bool:
    """Whether a strip is coverage alone and covers fully: as an alpha plane it is not coded."""
    return strip.colour is None and strip.alpha is not None and bool((strip.alpha == strip.alpha.max()).all())


def _train(kind: PixelKind, pictures: list[NDArray[np.uint8]]) -> dict[str, bytes]:
    """The tables of ``kind``; of colours, the alpha table of its own strips is left out."""
    strips = [strip for picture in pictures for strip in strips_of(picture, kind.name) if not _is_full(strip)]
    size, cost = kind.table_bytes, None
    tables: dict[str, bytes] = {}
    for _ in range(ROUNDS if kind.has_modes else 1):
        counts = np.zeros(3 * size + 256, np.int64)
        for part in model_strips(kind, cost, strips):
            counts += np.bincount(part.events, minlength=len(counts))
        start = 0
        for name in kind.tables:
            length = TABLE_BYTES[name]
            own = np.concatenate([counts[at + start : at + start + length] for at in (0, size, 2 * size)])
            tables[name] = make_table(name, length, own)
            start += length
        table = make_event_table(b"".join(tables[name] for name in kind.tables))
        cost = table.cost
        sys.stderr.write(f"{kind.name}: {int(counts @ cost) / 8 / 4096:.0f} bytes\n")
    return tables


def main() -> None:
    """Train and write."""
    sets = training_sets()
    pictures = [picture for pictures in (*sets.values(), sets["photos"]) for picture in pictures]
    tables: dict[str, bytes] = {}
    for kind in KINDS.values():
        # alpha8 comes first, so that it is the one trained on alpha planes alone
        tables = {**_train(kind, pictures), **tables}
    ordered = {name: tables[name] for name in TABLE_BYTES}
    write_json(ROOT / "imgbuild" / "data" / "range_tables.json", ordered)
    write_header(ROOT / "c_runtime" / "src" / "imgb_range_tables.h", ordered)


if __name__ == "__main__":
    if sys.argv[1:] == ["glyphs"]:
        glyphs.main()
    else:
        main()
