"""`flavour: lvgl9` of a font: the file holds every glyph, advance and pair, in the fewest bytes."""

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from unit.flavours.lvgl_font_file import read_font_file

from imgbuild.errors import BuildError, Place
from imgbuild.flavours.lvgl9_font import encode_lvgl9_font
from imgbuild.flavours.lvgl_cmap import FULL, FULL_TINY, SPARSE, SPARSE_TINY, split_cmap
from imgbuild.model import Codec, DecodedFont, DecodedGlyph, FontOptions, Kind, PlannedAsset

RNG = np.random.default_rng(9)


def glyph(point, bpp=4, size=None, advance=None, x=0, y=None, runs=False):
    height, width = size if size is not None else (int(RNG.integers(1, 12)), int(RNG.integers(1, 12)))
    top = 1 << bpp
    pixels = RNG.integers(0, top, (height, width), dtype=np.int64).astype(np.uint8)
    if runs:
        pixels = np.where(RNG.random((height, width)) < 0.04, pixels, np.uint8(top - 1)).astype(np.uint8)
    step = advance if advance is not None else int(RNG.integers(0, 400))
    return DecodedGlyph(point, pixels, x, height - 2 if y is None else y, step)


def font(glyphs, bpp=4, pairs=None):
    notdef = DecodedGlyph(-1, np.ones((4, 3), np.uint8), 0, 4, 64)
    return DecodedFont(16, bpp, 14, -4, 2, -2, 1, (notdef, *glyphs), (), "", kern_pairs=pairs or {})


def encode(decoded, codec="raw"):
    points = tuple(g.codepoint for g in decoded.glyphs if g.codepoint >= 0)
    options = FontOptions(decoded.size_px, decoded.bpp, points, codec=codec, flavour="lvgl9")
    asset = PlannedAsset("text.bin", 1, Kind.FILE, "TEXT", Path("text.ttf"), options, Place("m.yaml", 3, 4))
    return encode_lvgl9_font(asset, decoded)


def check(decoded, codec="raw"):
    encoded, _ = encode(decoded, codec)
    assert (encoded.kind, encoded.codec) == (Kind.FILE, Codec.RAW)
    file = read_font_file(encoded.payload)
    wanted = {g.codepoint: g for g in decoded.glyphs if g.codepoint >= 0}
    assert set(file.characters) == set(wanted)
    for point, number in file.characters.items():
        got, source = file.glyphs[number], wanted[point]
        height, width = source.coverage.shape
        assert got.advance == source.advance
        assert np.array_equal(got.pixels, source.coverage)
        if height * width:
            assert (got.x, got.y) == (source.x, source.y - height)
    return file


@pytest.mark.parametrize("bpp", [1, 2, 4, 8])
def test_plain_glyphs_come_back(bpp):
    blank = DecodedGlyph(32, np.zeros((0, 0), np.uint8), 0, 0, 77)
    file = check(font([blank, *(glyph(point, bpp, x=-point % 5) for point in range(33, 90))], bpp))
    assert (file.head["bpp"], file.head["compression"]) == (bpp, 0)


@pytest.mark.parametrize("bpp", [2, 3, 4])
@pytest.mark.parametrize("runs", [False, True])
def test_compressed_glyphs_come_back(bpp, runs):
    sizes = [(1, 1), (1, 2), (1, 11), (1, 12), (1, 13), (1, 75), (1, 76), (2, 40), (3, 150), (20, 20)]
    glyphs = [glyph(65 + n, bpp, size=size, runs=runs) for n, size in enumerate(sizes)]
    glyphs += [
        DecodedGlyph(97 + n, np.full((1, n + 1), 1, np.uint8), 0, 1, 16) for n in range(160)
    ]  # a run of each length
    file = check(font(sorted(glyphs, key=lambda g: g.codepoint), bpp), "rle")
    assert file.head["compression"] == 1


def test_metrics_and_reserved_glyph():
    tall = glyph(200, size=(30, 3), y=20)
    file = check(font([glyph(65, size=(5, 4), y=5, advance=160), tall]))
    head = file.head
    assert (head["size"], head["typo_ascent"], head["typo_descent"], head["line_gap"]) == (16, 14, -4, 2)
    assert (head["ascent"], head["descent"]) == (20, -10), "no glyph leaves LVGL's line"
    assert (head["min_y"], head["max_y"], head["underline"], head["thickness"]) == (-10, 20, -2, 1)
    assert head["subpixels"] == 0


def test_advances_keep_their_fractions_and_equal_ones_are_stored_once():
    assert check(font([glyph(65, advance=161), glyph(66, advance=32)])).head["advance_format"] == 1
    whole = check(font([glyph(65, advance=160), glyph(66, advance=32)])).head
    assert (whole["advance_format"], whole["advance_bits"]) == (0, 4)
    equal = check(font([glyph(65, advance=170), glyph(66, advance=170)])).head
    assert (equal["advance_bits"], equal["default_advance"]) == (0, 170)


def test_offsets_of_32_bits_only_where_they_are_needed():
    assert check(font([glyph(65, 8)], 8)).head["loca_format"] == 0
    many = [glyph(65 + n, 8, size=(60, 60)) for n in range(20)]
    assert check(font(many, 8)).head["loca_format"] == 1


# --- characters ----------------------------------------------------------------------------------


def cmap_bytes(cmap):
    return 16 + (2 * len(cmap.codes) + len(cmap.offsets) * (2 if cmap.codes else 1) + 3 & ~3)


def lookup(cmaps):
    found = {}
    for cmap in cmaps:
        if cmap.form == FULL:
            found |= {cmap.first + n: cmap.glyph + d for n, d in enumerate(cmap.offsets) if d or not n}
        elif cmap.form == FULL_TINY:
            found |= {cmap.first + n: cmap.glyph + n for n in range(cmap.span)}
        else:
            deltas = cmap.offsets or range(len(cmap.codes))
            pairs = zip(cmap.codes, deltas, strict=True)
            found |= {cmap.first + code: cmap.glyph + delta for code, delta in pairs}
    return found


@pytest.mark.parametrize(
    ("points", "ids", "forms"),
    [
        (range(32, 127), None, [FULL_TINY]),
        (range(0x4E00, 0x4E00 + 3500), None, [FULL_TINY]),
        ([32, 33, 90, 1000, 2000, 60000], None, [SPARSE_TINY]),
        ([n for n in range(32, 200) if n % 9], None, [FULL]),
        ([10, 1000, 5000], [3, 1, 2], [SPARSE]),
        ([65, 70000, 140000], None, [FULL_TINY, FULL_TINY, FULL_TINY]),
        ([5], None, [FULL_TINY]),
    ],
)
def test_each_form_where_it_is_smallest(points, ids, forms):
    points = np.array(list(points))
    glyphs = np.array(ids) if ids else np.arange(1, points.size + 1)
    cmaps = split_cmap(points, glyphs)
    assert [cmap.form for cmap in cmaps] == forms
    assert lookup(cmaps) == dict(zip(points.tolist(), glyphs.tolist(), strict=True))


def test_the_split_is_the_smallest_of_all_splits():
    """Against every way to cut few runs into subtables of every form."""
    for seed in range(60):
        rng = random.Random(seed)
        points, ids, at, number = [], [], 0, 1
        for _ in range(rng.randint(1, 6)):
            at += rng.choice([1, 2, 3, 20, 300, 70000])
            number = max(1, number + rng.choice([0, 0, 0, 1, -2, 5]))
            for _ in range(rng.choice([1, 1, 2, 7, 30])):
                points.append(at)
                ids.append(number)
                at, number = at + 1, number + 1
        got = split_cmap(np.array(points), np.array(ids))
        assert lookup(got) == dict(zip(points, ids, strict=True)), seed
        assert sum(cmap_bytes(cmap) for cmap in got) == smallest(points, ids), seed


def smallest(points, ids):
    cuts = [0, *(n for n in range(1, len(points)) if not in_a_row(points, ids, n)), len(points)]
    best = {0: 0}
    for end in cuts[1:]:
        best[end] = min(
            best[start] + table_bytes(points[start:end], ids[start:end]) for start in cuts if start < end
        )
    return best[len(points)]


def in_a_row(points, ids, n):
    return points[n] == points[n - 1] + 1 and ids[n] == ids[n - 1] + 1


def table_bytes(points, ids):
    span, count = points[-1] - points[0] + 1, len(points)
    costs = []
    is_rising = all(b == a + 1 for a, b in pairwise(ids))
    if is_rising and span == count:
        costs.append(16)
    if is_rising and span <= 65535:
        costs.append(16 + (2 * count + 3 & ~3))
    if span <= 65535:
        costs.append(16 + 4 * count)
    if span <= 256 and all(0 < n - ids[0] < 256 for n in ids[1:]):
        costs.append(16 + (span + 3 & ~3))
    return min(costs, default=1 << 40)


def test_characters_that_look_alike_share_a_glyph_where_that_is_smaller():
    latin = [glyph(65 + n, size=(12, 10)) for n in range(12)]
    alike = [DecodedGlyph(0x410 + 3 * n, g.coverage, g.x, g.y, g.advance) for n, g in enumerate(latin[::-1])]
    file = check(font([*latin, *alike]))
    assert len(file.glyphs) == 13
    assert SPARSE in file.forms
    other = [DecodedGlyph(0x410 + n, g.coverage, g.x, g.y, g.advance + 1) for n, g in enumerate(latin)]
    assert len(check(font([*latin, *other])).glyphs) == 25, "another advance is another glyph"


# --- kerning -------------------------------------------------------------------------------------


def kerned(decoded, codec="raw"):
    file = check(decoded, codec)
    wanted = {
        (decoded.glyphs[left].codepoint, decoded.glyphs[right].codepoint): value
        for (left, right), value in decoded.kern_pairs.items()
    }
    found = {
        (a, b): value
        for a, left in file.characters.items()
        for b, right in file.characters.items()
        if (value := file.kerning.get((left, right)))
    }
    return file, wanted, found


def test_few_pairs_stay_pairs():
    file, wanted, found = kerned(font([glyph(65 + n) for n in range(30)], pairs={(1, 5): -20, (30, 1): 7}))
    assert (found, file.kern_format, file.head["kerning_scale"]) == (wanted, 0, 16)


def test_many_alike_pairs_become_classes():
    pairs = {(left, right): -9 for left in range(1, 25) for right in range(30, 60)}
    file, wanted, found = kerned(font([glyph(65 + n) for n in range(60)], pairs=pairs))
    assert (found, file.kern_format) == (wanted, 3)


def test_pairs_of_more_than_256_glyphs_have_numbers_of_16_bits():
    pairs = {(n, 300 - n): -n % 50 - 60 for n in range(1, 20)}
    file, wanted, found = kerned(font([glyph(65 + n, size=(1, 1)) for n in range(300)], pairs=pairs))
    assert (found, file.kern_format, file.head["id_format"]) == (wanted, 0, 1)


def test_wide_kerning_is_scaled_to_the_nearest_that_8_bits_hold():
    pairs = {(1, 2): -1000, (2, 3): 512, (3, 1): 5, (3, 2): 999}
    file, wanted, found = kerned(font([glyph(65 + n) for n in range(4)], pairs=pairs))
    scale = file.head["kerning_scale"]
    assert 16 < scale <= 16 * 1000 / 127 + 1
    assert set(found) <= set(wanted)
    for pair, value in wanted.items():
        assert abs(found.get(pair, 0) - value) <= scale / 16


def test_glyphs_that_kern_differently_stay_apart():
    first = glyph(65, size=(3, 3))
    same = DecodedGlyph(0x410, first.coverage, first.x, first.y, first.advance)
    decoded = font([first, glyph(66), same], pairs={(1, 2): -5})
    _, wanted, found = kerned(decoded)
    assert found == wanted


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bpp", "codec"), [(3, "raw"), (1, "rle"), (8, "rle")])
def test_what_lvgl_does_not_draw_is_refused(bpp, codec):
    with pytest.raises(BuildError, match=f"IB370: .*{bpp} bpp with codec {codec}"):
        encode(font([glyph(65, bpp)], bpp), codec)


@pytest.mark.parametrize("bpp", [1, 2, 3, 4, 8])
def test_auto_takes_the_smaller_of_what_lvgl_draws(bpp):
    decoded = font([glyph(65 + n, bpp, size=(20, 20), runs=True) for n in range(9)], bpp)
    sizes = []
    for codec in ("raw", "rle"):
        try:
            sizes.append(len(encode(decoded, codec)[0].payload))
        except BuildError:
            continue
    assert len(encode(decoded, "auto")[0].payload) == min(sizes)
    check(decoded, "auto")


@pytest.mark.parametrize(
    "large",
    [
        glyph(66, size=(3, 256)),
        glyph(66, advance=4096),
        glyph(66, x=-128),
        glyph(66, size=(3, 3), y=131),
    ],
)
def test_a_font_for_a_lvgl_of_large_fonts_is_told(large):
    decoded = font([glyph(65), large])
    _, warnings = encode(decoded)
    assert [warning.code for warning in warnings] == ["IB371"]
    check(decoded)
    assert not encode(font([glyph(65, advance=4095), glyph(66, size=(255, 2), x=127)]))[1]


def test_an_advance_to_the_left_is_refused():
    with pytest.raises(BuildError, match=r"IB370: .*U\+0042.*-1 px"):
        encode(font([glyph(65), glyph(66, advance=-16)]))


def test_the_same_font_gives_the_same_bytes():
    decoded = font([glyph(65 + n) for n in range(20)], pairs={(1, 2): -3, (2, 1): -3})
    assert encode(decoded)[0].payload == encode(decoded)[0].payload
