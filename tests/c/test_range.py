"""Codec range in the C reader: every kind of pixels comes back, and nothing damaged leads it astray."""

from __future__ import annotations

import random

import pytest
from bench import c_size
from support import need_tool

from c import handmade as h
from c import range_model, samples
from c.program import HERE, RUNTIME, SANITIZE, SOURCES, run
from c.range_model import FORMATS

FORMAT, UNSUPPORTED, FLASH_FAILED = -13, -16, -1077


def pixel_of(pixel_format: str, rgba: tuple[int, int, int, int], bits: int) -> int:
    red, green, blue, alpha = rgba
    if pixel_format.startswith("rgb565"):
        return red >> 3 << 11 | green >> 2 << 5 | blue >> 3
    if bits >= 24:
        top = alpha << 24 if pixel_format == "argb8888" else 0xFF000000 if pixel_format == "xrgb8888" else 0
        return top | red << 16 | green << 8 | blue
    return green >> (8 - bits)


def smooth(x: int, y: int, rng: random.Random) -> tuple[int, int, int, int]:
    """A gradient with a little noise: residuals of all sizes but the largest."""
    red, green, blue = 3 * x + 2 * y, 2 * x + 5 * y, 255 - 4 * x
    return (*(min(255, max(0, v + rng.randrange(-3, 4))) for v in (red, green, blue)), 255)


def icon(x: int, y: int, rng: random.Random) -> tuple[int, int, int, int]:
    """A disc with a soft edge on nothing, two colours inside: runs, equal rows, all alphas."""
    distance = ((x - 19) ** 2 + (y - 15) ** 2) ** 0.5
    alpha = max(0, min(255, int(255 * (14 - distance) / 3)))
    return (200, 30, 90, alpha) if (x // 5 + y // 6) % 2 else (20, 160, 90, alpha)


def noise(x: int, y: int, rng: random.Random) -> tuple[int, int, int, int]:
    """Sparks on grey: every class of residual, the largest too, and alphas without a pattern."""
    if rng.random() < 0.75:
        return (128, 128, 128, 255)
    return (
        rng.randrange(256),
        rng.randrange(256),
        rng.randrange(256),
        rng.choice([0, 255, rng.randrange(256)]),
    )


def screen(x: int, y: int, rng: random.Random) -> tuple[int, int, int, int]:
    """Plain areas and text-like marks: rows that repeat, runs of eight, colours out of the list."""
    mark = y % 12 < 5 and (x * 7 + y // 12 * 3) % 11 < 3
    return (16, 20, 200, 255) if mark else (240, 240, 230, 255) if y < 28 else (0, 0, 0, 255)


PAINTERS = (smooth, icon, noise, screen)


def picture(pixel_format: str, painter, width: int, height: int, order: int = 0) -> h.Picture:
    rng = random.Random(f"{pixel_format} {painter.__name__}")
    bits = h.PIXEL_FORMATS[pixel_format][1]
    pixels, alphas = [], []
    for y in range(height):
        seen = [painter(x, y, rng) for x in range(width)]
        if pixel_format in ("a8", "a4"):
            pixels.append([p[3] >> (8 - bits) for p in seen])
            continue
        has_alpha = pixel_format in ("rgb565a8", "argb8888")
        seen = [p if p[3] or not has_alpha else (0, 0, 0, 0) for p in seen]  # as the builder clears them
        pixels.append([pixel_of(pixel_format, p, bits) for p in seen])
        alphas.append([p[3] for p in seen])
    palette = [(i, i, i, 255) for i in range(1 << bits)] if pixel_format.startswith("i") else []
    return h.Picture(pixel_format, pixels, alphas if pixel_format == "rgb565a8" else None, palette, order)


def orders_of(pixel_format: str) -> list[int]:
    bits = h.PIXEL_FORMATS[pixel_format][1]
    return [0] if bits == 8 else [0, h.LSB_FIRST] if bits < 8 else [0, h.BIG]


def made(pixel_format: str) -> dict[str, tuple[h.Picture, h.Asset, int]]:
    """Pictures of one format: all painters, both modes, both orders, padded rows, odd and small sizes."""
    out = {}
    for painter in PAINTERS:
        for order in orders_of(pixel_format):
            for width, height, strip_rows, align, flat in (
                (40, 33, 16, 1, True),
                (37, 20, 7, 16, False),
                (2, 3, 2, 1, True),
            ):
                p = picture(pixel_format, painter, width, height, order)
                name = f"{pixel_format}/{painter.__name__}/{order}/{width}"
                even = samples.even(p, align)
                out[name] = (p, range_model.bitmap(name, p, strip_rows, even, flat=flat), even)
    return out


def listing(programs, path, how):
    lines = [line.rstrip() for line in run([programs.build("dump"), path, how]).splitlines()]
    blocks, block = {}, []
    for line in lines:
        if line.startswith("asset "):
            block = blocks.setdefault(line.split()[1], [])
        block.append(line)
    return lines, blocks


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_every_kind_of_pixels_comes_back(programs, tmp_path, pixel_format):
    wanted = made(pixel_format)
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([asset for _, asset, _ in wanted.values()]))
    for how in ("map1", "mapx1", "read1", "read4"):
        lines, blocks = listing(programs, path, how)
        assert not any(line.startswith("error") for line in lines), lines[-1]
        for name, (p, asset, align) in wanted.items():
            assert blocks[name][1:] == samples.listing_of_bitmap(p, asset, align), (name, how)


def test_the_model_saves_what_a_codec_should(programs):
    """Not a figure of merit, only a guard: the plain model codes a soft disc well below its raw size."""
    p = picture("rgb565a8", icon, 40, 32)
    assert len(range_model.code_strip("rgb565a8", p.pixels[:16], p.alpha[:16], True)) < 40 * 16 * 3 // 8


def test_stored_bytes_come_in_pieces_no_larger_than_the_room_behind_the_strip(programs, tmp_path):
    p = picture("rgb565", noise, 64, 32)
    asset = range_model.bitmap("n", p, 16, flat=False)
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([asset]))
    rows = [line.split() for line in run([programs.build("counts"), path, "read1", "n"]).splitlines()]
    reads = [list(map(int, line[2:])) for line in rows if line[0] == "row"][:32]
    assert [r[0] for r in reads] == [0] * 32
    room = 64 * 16 * 2 // 256 + 32  # IMGB_WORK_BYTES less the strip
    assert max(r[3] for r in reads) <= room
    assert [r[1] > 0 for r in reads] == [y % 16 == 0 for y in range(32)], "each strip is decoded once"


def only_error(programs, tmp_path, asset, how="map1"):
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([asset]))
    lines, _ = listing(programs, path, how)
    return int(lines[-1].split()[1]) if lines[-1].startswith("error") else 0


@pytest.mark.parametrize("pixel_format", ["rgb565", "rgb888", "xrgb8888"])
def test_an_alpha_plane_where_the_format_has_none_is_malformed(programs, tmp_path, pixel_format):
    p = picture(pixel_format, smooth, 8, 4)
    claimed = range_model.Coder()
    claimed.raw(2, 2)
    range_model.code_alpha(claimed, [[0] * 8] * 4, 8, range_model.tables()["alpha8"])
    assert only_error(programs, tmp_path, range_model.asset_of("x", p, [claimed.end()], 4)) == FORMAT


@pytest.mark.parametrize("how", ["map1", "read1"])
def test_stored_bytes_left_over_are_malformed(programs, tmp_path, how):
    p = picture("rgb565", screen, 64, 4)
    strip = range_model.code_strip("rgb565", p.pixels, None, True)
    assert only_error(programs, tmp_path, range_model.asset_of("x", p, [strip], 4), how) == 0
    assert (
        only_error(programs, tmp_path, range_model.asset_of("x", p, [strip + b"\1" * 40], 4), how) == FORMAT
    )


@pytest.mark.parametrize("pixel_format", ["rgb565", "a8", "i4"])
def test_a_column_of_single_pixels_is_never_coded(programs, tmp_path, pixel_format):
    p = picture(pixel_format, smooth, 1, 4)
    assert only_error(programs, tmp_path, range_model.asset_of("x", p, [b"\1\2"], 4)) == FORMAT


@pytest.mark.parametrize("pixel_format", ["a2", "i1", "gray2", "argb1555", "rgb444"])
def test_formats_that_the_codec_does_not_know_are_unsupported(programs, tmp_path, pixel_format):
    p = h.Picture(pixel_format, [[0] * 8] * 4, palette=[(0, 0, 0, 255)] * 2 if pixel_format == "i1" else [])
    assert only_error(programs, tmp_path, range_model.asset_of("x", p, [b"\1"], 4)) == UNSUPPORTED


def test_sixty_thousand_strips_of_random_bytes_do_no_harm(programs):
    good, refused = map(int, run([programs.build("range_random"), "60000", "7"]).split())
    assert good + refused == 60_000
    assert good > 10_000
    assert refused > 10_000


def test_a_core_that_divides_decodes_the_same(tmp_path):
    """The path of cores with a division instruction, which no host takes by itself."""
    wanted = made("rgb565a8") | made("rgb888") | made("a4") | made("i8")
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([asset for _, asset, _ in wanted.values()]))
    include = ["-D__ARM_FEATURE_IDIV=1", "-I", RUNTIME / "src", "-I", HERE]
    program = tmp_path / "dump"
    run(["gcc", "-std=c99", *SANITIZE, *include, HERE / "dump.c", *SOURCES, "-o", program])
    lines = [line.rstrip() for line in run([program, path, "read1"]).splitlines()]
    starts = [i for i, line in enumerate(lines) if line.startswith("asset ")]
    ends = [*starts[1:], len(lines)]
    blocks = {lines[i].split()[1]: lines[i:end] for i, end in zip(starts, ends, strict=True)}
    for name, (p, asset, align) in wanted.items():
        assert blocks[name][1:] == samples.listing_of_bitmap(p, asset, align), name


@pytest.mark.parametrize("cpu", c_size.CPUS)
def test_decoding_takes_no_more_stack_than_the_header_says(cpu):
    need_tool("arm-none-eabi-gcc")
    stacks = c_size.measure_stack(cpu)
    assert stacks["imgb_strip_decode"] <= 456
    assert stacks["imgb_rows_get"] <= 520


KINDS = {
    "565": ("rgb565", "rgb565a8"),
    "8888": ("argb8888", "xrgb8888", "rgb888"),
    "ALPHA8": ("a8", "rgb565a8", "argb8888"),
    "ALPHA4": ("a4",),
    "INDEXED8": ("i8",),
    "INDEXED4": ("i4",),
    "GRAY8": ("gray8",),
    "GRAY4": ("gray4",),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_is_left_out_is_refused_and_leaves_no_table(tmp_path, kind):
    sources = sorted((RUNTIME / "src").glob("imgb_range_*.c"))
    objects = []
    for source in sources:
        objects.append(tmp_path / f"{source.stem}.o")
        run(
            [
                "gcc",
                "-std=c99",
                "-Os",
                f"-DIMGB_CFG_RANGE_{kind}=0",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-c",
                source,
                "-o",
                objects[-1],
            ]
        )
    symbols = run(["nm", *objects])
    tables = {f"imgb_range_{name}" for name in range_model.tables() if f" r imgb_range_{name}\n" in symbols}
    left_out = (
        kind.lower() if kind not in ("565", "8888") else {"565": "colour565", "8888": "colour888"}[kind]
    )
    assert {f"imgb_range_{name}" for name in range_model.tables()} - tables == {f"imgb_range_{left_out}"}


@pytest.mark.parametrize("kind", ["565", "ALPHA8", "GRAY4"])
def test_a_strip_of_a_kind_left_out_gives_an_error(tmp_path, kind):
    include = ["-I", RUNTIME / "src", "-I", RUNTIME.parent / "tests" / "c"]
    sources = [p for p in sorted((RUNTIME / "src").glob("imgb*.c")) if p.name != "imgb_lfs.c"]
    program = tmp_path / "dump"
    run(
        [
            "gcc",
            "-std=c99",
            f"-DIMGB_CFG_RANGE_{kind}=0",
            *include,
            RUNTIME.parent / "tests" / "c" / "dump.c",
            *sources,
            "-o",
            program,
        ]
    )
    for pixel_format in FORMATS:
        p = picture(pixel_format, icon, 12, 6)
        path = tmp_path / "pack.imgb"
        path.write_bytes(h.pack([range_model.bitmap("x", p, 6)]))
        last = run([program, path, "read1"]).splitlines()[-1]
        assert last.startswith("error") == (pixel_format in KINDS[kind]), (pixel_format, last)
