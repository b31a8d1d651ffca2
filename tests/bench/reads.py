"""Flash reads and bytes of each call of the C reader, counted by its port, for 1, 500 and 20,000 assets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from c import handmade as h
from c import samples
from c.program import Programs, run

LIMITS = {"open": 2, "find": 3, "get": 2, "bitmap_open": 1, "font_open": 1, "metrics": 3, "pixels": 1}


def _rows(programs: Programs, path: Path, names: Iterable[str]) -> list[tuple[str, str, int, int, int]]:
    lines = run([programs.build("counts"), path, "read1", *names]).splitlines()
    return [(c, n, int(r), int(reads), int(size)) for c, n, r, reads, size, _ in map(str.split, lines)]


def _print(label: str, rows: list[tuple[str, str, int, int, int]], limit: int | None) -> None:
    if not rows:
        return
    reads = [row[3] for row in rows]
    sizes = [row[4] for row in rows]
    aim = f"(aim {limit})" if limit else ""
    mean = sum(sizes) / len(sizes)
    print(
        f"  {label:28} reads {min(reads)}..{max(reads)} {aim:8} bytes {mean:7.1f} mean, {max(sizes)} at most"
    )


def main(folder: Path) -> None:
    """Print the figures."""
    programs = Programs(folder)
    for count in (1, 500, 20_000):
        names = [f"icons/{i}" for i in range(count)]
        path = folder / f"{count}.imgb"
        path.write_bytes(h.pack([h.file(name, b"abcd") for name in names]))
        asked = names[:: max(1, count // 500)] + [f"missing/{i}" for i in range(500)]
        rows = _rows(programs, path, asked)
        print(f"flash reads with {count} assets")
        _print("open", [r for r in rows if r[0] == "open"], LIMITS["open"])
        for call in ("find", "get"):
            hits = [r for r in rows if r[0] == call and r[2] == 0]
            _print(f"{call}, hit", hits, LIMITS[call])
            _print(f"{call}, miss", [r for r in rows if r[0] == call and r[2]], LIMITS[call])
    _main_payloads(programs, folder)


def _main_payloads(programs: Programs, folder: Path) -> None:
    picture = samples.picture("rgb565a8", 36, 11)
    assets = [
        h.bitmap("raw", picture, row_align=4),
        h.bitmap("strips", picture, h.LZ4, 4, 2),
        h.font("font", samples.font(4)),
    ]
    path = folder / "payloads.imgb"
    path.write_bytes(h.pack(assets))
    print("flash reads of payloads (rgb565a8 36x11, strips of 4 rows; a font of 4 bpp)")
    for name in ("raw", "strips", "font"):
        rows = _rows(programs, path, [name])
        for call in ("bitmap_open", "font_open", "metrics", "pixels"):
            _print(f"{name}: {call}", [r for r in rows if r[0] == call], LIMITS.get(call))
        drawn = [r for r in rows if r[0] == "row" and r[1] == "colour"]
        _print(f"{name}: rows of colour", drawn, None)
