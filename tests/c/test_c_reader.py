"""The C reader gives back every pixel that a pack holds, mapped or not, and refuses what is damaged."""

from __future__ import annotations

import zlib

import pytest

from c import handmade as h
from c import samples
from c.program import run

WAYS = ("map1", "mapx1", "read1", "read2", "read4")


def listing(programs, path, how, *more):
    """The listing by asset, and the lines before the first asset."""
    lines = [line.rstrip() for line in run([programs.build("dump"), path, how, *more]).splitlines()]
    blocks, head = {}, []
    block = head
    for line in lines:
        if line.startswith("asset "):
            block = blocks.setdefault(line.split()[1], [])
        block.append(line)
    return head, blocks


def write(tmp_path, data, name="pack.imgb"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("how", WAYS)
def test_every_pixel_format_and_codec_comes_back(programs, tmp_path, how):
    made = samples.bitmaps()
    data = h.pack([asset for _, asset in made.values()])
    head, blocks = listing(programs, write(tmp_path, data), how)
    assert head[0].startswith(f"pack {len(made)} assets, id {zlib.crc32(b'hand'):08x} ")
    assert len(head) == 1, head
    for name, (picture, asset) in made.items():
        align = samples.even(picture, int(name.rsplit("-", 1)[1]))
        wanted = samples.listing_of_bitmap(picture, asset, align)
        assert blocks[name][0] == (
            f"asset {name} kind 1 codec {asset.codec} size {picture.width} {picture.height}"
            f" key {zlib.crc32(name.encode()):08x}"
        )
        assert blocks[name][1:] == wanted, name


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("bpp", [1, 2, 4, 8])
def test_every_glyph_and_character_comes_back(programs, tmp_path, how, bpp):
    font = samples.font(bpp)
    head, blocks = listing(programs, write(tmp_path, h.pack([h.font("body", font)])), how)
    assert len(head) == 1, head
    assert blocks["body"][1:] == samples.listing_of_font(font)


@pytest.mark.parametrize("how", WAYS)
def test_a_font_of_more_segments_than_one_read_takes(programs, tmp_path, how):
    codes = [0x20 + 300 * i for i in range(20)]
    glyphs = [h.Glyph(c, 100 + i, 0, 3, [[i % 2]]) for i, c in enumerate([-1, *codes])]
    font = h.Font(1, glyphs, page_span=1)
    _, blocks = listing(programs, write(tmp_path, h.pack([h.font("icons", font)])), how)
    assert [line for line in blocks["icons"] if line.startswith("char")] == [
        f"char {c} {i + 1}" for i, c in enumerate(codes)
    ]


@pytest.mark.parametrize("how", WAYS)
def test_files_of_any_length_come_back(programs, tmp_path, how):
    files = {
        f"f{n}": bytes((i * 37 + n) & 255 for i in range(n))
        for n in (0, 1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 999)
    }
    data = h.pack([h.file(n, b) for n, b in files.items()], tlvs=b"\x02\0\x04\0test")
    head, blocks = listing(programs, write(tmp_path, data), how)
    assert len(head) == 1, head
    assert {n: b[1] for n, b in blocks.items()} == {n: f"file {b.hex()}".rstrip() for n, b in files.items()}


def test_names_of_one_and_of_63_bytes_and_in_utf8(programs, tmp_path):
    names = ["a", "n" * 63, "icons/wifi", "schrift/größe", "日本語"]
    for how in WAYS:
        head, blocks = listing(programs, write(tmp_path, h.pack([h.file(n, n.encode()) for n in names])), how)
        assert len(head) == 1, head
        assert sorted(blocks) == sorted(names)


def test_an_empty_pack_opens_and_holds_nothing(programs, tmp_path):
    for buckets in (0, 1):
        head, blocks = listing(programs, write(tmp_path, h.pack([], buckets=buckets)), "read1")
        assert (len(head), blocks) == (1, {})


# --- damage -------------------------------------------------------------------------------------


def small_pack() -> bytes:
    """A bitmap of each family, a font and a file: everything that has tables."""
    pictures = [
        h.bitmap("raw", samples.picture("rgb565a8", 6, 5), row_align=2),
        h.bitmap("i4", samples.picture("i4", 9, 4)),
        h.bitmap("strips", samples.picture("rgb565", 12, 9), h.LZ4, 4),
        h.bitmap("planes", samples.picture("rgb565a8", 8, 8), h.LZ4, 3, 2),
        h.bitmap("a2", samples.picture("a2", 21, 6), h.LZ4, 6),
        h.bitmap("runs", samples.picture("rgb565a8", 8, 8), h.RLE, 3, 2),
    ]
    codes = [-1, *range(0x41, 0x49), 0xE4, 0xF6, 0x20AC]
    glyphs = [
        h.Glyph(c, 60 + i, i % 3 - 1, i, [[i % 16] * (i % 5 + 1)] * (i % 4)) for i, c in enumerate(codes)
    ]
    font = h.font("font", h.Font(4, glyphs, dense=((0x41, 0x48),)))
    return h.pack([*pictures, font, h.file("data/file", b"0123456789")], tlvs=b"\x02\0\x04\0test")


def error_of(programs, tmp_path, data, how="read1", *more):
    head, _ = listing(programs, write(tmp_path, data, "damaged.imgb"), how, *more)
    errors = [line for line in head if line.startswith("error")]
    return errors[0] if errors else ""


def repaired(data: bytes, at: int, field: bytes) -> bytes:
    """The pack with one field of its header changed and the header's checks made good again."""
    head = data[:at] + field + data[at + len(field) : 60]
    crc = zlib.crc32(head).to_bytes(4, "little")
    return head + crc + data[64:-8] + crc + b"IEND"


def test_each_kind_of_damage_has_its_own_code(programs, tmp_path):
    good = small_pack()
    total = len(good)
    index_offset = int.from_bytes(good[0x18:0x1C], "little")
    entry_payload = int.from_bytes(good[index_offset + 4 : index_offset + 8], "little")

    def flip(at: int) -> bytes:
        return good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :]

    cases = {
        "erased": (b"\xff" * total, -2),
        "another file": (b"PNG!" + good[4:], -3),
        "a newer format": (repaired(good, 5, b"\x02"), -4),
        "a truncated pack": (good[:-4], -5),
        "only a header": (good[:64] + b"\xff" * 8, -5),
        "less than a header": (good[:40], -5),
        "a flipped bit in the header": (flip(0x14), -6),
        "index outside": (repaired(good, 0x18, (total - 40).to_bytes(4, "little")), -6),
        "names outside": (repaired(good, 0x20, b"\xf0\xff\xff\xff"), -6),
        "a length that wraps": (repaired(good, 0x30, b"\xfc\xff\xff\xff"), -6),
        "torn": (good[:-8] + b"\xff" * 8, -7),
        "an older pack's tail": (good[:-8] + b"\x01\x02\x03\x04IEND", -7),
        "a flipped bit in the displacements": (flip(64), -10),
        "a flipped bit in an entry": (flip(index_offset + 9), -10),
        "a flipped bit in a payload": (flip(entry_payload), -12),
    }
    found = {what: error_of(programs, tmp_path, data) for what, (data, _) in cases.items()}
    assert found == {what: f"error {code}" for what, (_, code) in cases.items()}


def test_what_lies_behind_the_pack_does_not_matter(programs, tmp_path):
    assert error_of(programs, tmp_path, small_pack() + b"\xff" * 4096) == ""
    assert error_of(programs, tmp_path, small_pack() + b"\x5a" * 123) == ""


@pytest.mark.parametrize("how", ["mapx1", "read1", "read4"])
def test_no_damage_makes_the_reader_leave_its_bounds(programs, tmp_path, how):
    data = small_pack()
    said = run([programs.build("mutate"), write(tmp_path, data), how])
    tried, opened = (int(said.split()[i]) for i in (0, 3))
    assert tried > 6 * len(data)
    assert opened > tried // 2  # the checks were repaired, so the damage was really read


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
def test_a_failing_read_gives_the_ports_own_code(programs, tmp_path, how):
    lines = run([programs.build("faults"), write(tmp_path, small_pack()), how]).splitlines()
    assert lines[0].startswith("reads ")
    assert lines[0].endswith(" result 0")
    assert lines[1:] == []
