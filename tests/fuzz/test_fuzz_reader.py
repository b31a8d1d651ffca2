"""A short, fixed replay of the fuzzer: random damage behind good checks neither crashes nor hangs."""

from __future__ import annotations

from c import handmade as h
from c import samples, texts
from c.glyph_model import LATIN, MONO10, OWN
from c.program import HERE, RUNTIME, SANITIZE, SOURCES, run
from c.test_c_glyphs import small


def test_a_thousand_damaged_packs_of_each_kind(tmp_path):
    program = tmp_path / "fuzz_reader"
    source = HERE.parent / "fuzz" / "fuzz_reader.c"
    include = ["-I", RUNTIME / "src", "-I", HERE]
    run(["gcc", "-std=c99", "-DFUZZ_REPLAY", *SANITIZE, *include, source, *SOURCES, "-o", program])
    packs = {
        "raw": [h.bitmap("raw", samples.picture("rgb565a8", 6, 5), row_align=2)],
        "indexed": [h.bitmap("i4", samples.picture("i4", 9, 14), h.LZ4, 3)],
        "strips": [h.bitmap("strips", samples.picture("rgb565", 24, 19), h.LZ4, 4)],
        "font": [h.font("font", samples.font(4))],
        "glyphs": [small(4, LATIN), small(1, MONO10)],
        "own tables": [small(3, OWN), small(1, OWN)],
        "texts": texts.small_assets(),
        "files": [h.file(f"file/{i}", b"0123456789" * i) for i in range(9)],
    }
    for name, assets in packs.items():
        (tmp_path / name).write_bytes(h.pack(assets))
    assert run([program, "1000", *(tmp_path / name for name in packs)]) == "done\n"
