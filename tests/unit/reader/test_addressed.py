"""Files with addresses are read strictly: all of it or a message, whatever the bytes."""

from __future__ import annotations

import itertools
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgbuild.addressed import Piece, find_overlap, join_pieces
from imgbuild.errors import BuildError, Diagnostic, Place
from imgbuild.limits import ADDRESSED_BYTES_MAX
from imgbuild.reader.addressed import READERS, read_firmware, unwrap_image
from imgbuild.reader.addressed.elf import read_elf
from imgbuild.reader.addressed.text import read_ihex, read_srec

PLACE = Place("firmware")


def refusal(read, data: bytes) -> Diagnostic:
    with pytest.raises(BuildError) as caught:
        read(data, PLACE)
    (found,) = caught.value.diagnostics
    return found


def memory(file) -> dict[int, int]:
    return {piece.address + n: byte for piece in file.pieces for n, byte in enumerate(bytes(piece.data))}


# --- Intel HEX, by the records of the specification ------------------------------------------------


def record(kind: int, offset: int, data: bytes) -> str:
    body = bytes([len(data)]) + offset.to_bytes(2, "big") + bytes([kind]) + data
    return f":{body.hex()}{-sum(body) % 256:02x}\r\n"


END = ":00000001FF\n"


def test_the_example_of_wikipedia_is_read() -> None:
    text = b":10010000214601360121470136007EFE09D2190140\n:00000001FF\n"
    (piece,) = read_ihex(text, PLACE).pieces
    assert piece.address == 0x0100
    assert bytes(piece.data) == bytes.fromhex("214601360121470136007EFE09D21901")


def test_segments_linear_addresses_and_starts_are_understood() -> None:
    text = (
        record(2, 0, b"\x12\x34") + record(0, 5, b"ab") + record(4, 0, b"\x08\x00") + record(0, 0xFFFE, b"cd")
    )
    text += record(4, 0, b"\x08\x01") + record(0, 0, b"ef") + record(5, 0, b"\x08\0\1\1") + END
    file = read_ihex(text.encode(), PLACE)
    assert [(p.address, bytes(p.data)) for p in file.pieces] == [(0x12345, b"ab"), (0x0800FFFE, b"cdef")]
    assert file.entry == 0x08000101


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 0, "the end record (:00000001FF) is missing: the file is cut short"),
        (record(0, 0, b"a") + "x" + END, 2, 'the line does not start with ":"'),
        (":0G\n" + END, 1, "the record is not made of pairs of hexadecimal digits"),
        (":000\n" + END, 1, "the record is not made of pairs of hexadecimal digits"),
        (":00\n" + END, 1, "the record has 1 bytes, expected 0 + 5: it is cut short or too long"),
        (":\n" + END, 1, "the record has 0 bytes, expected at least 5: it is cut short or too long"),
        (record(6, 0, b""), 1, "record type 06 is none of 00 to 05"),
        (record(4, 0, b"a"), 1, "a record of type 04 holds 2 bytes, this one 1"),
        (END + record(0, 0, b"a"), 2, "a record behind the end record of line 1"),
        (record(0, 0xFFFF, b"ab"), 1, "the record runs over a 64 KiB border, where offsets start again"),
    ],
)  # fmt: skip
def test_a_damaged_hex_file_is_told_by_its_line(text: str, line: int, message: str) -> None:
    found = refusal(read_ihex, text.encode())
    assert (found.code, found.message, found.place.line) == ("IB513", message, line)


def test_every_digit_counts() -> None:
    text = record(4, 0, b"\x08\x00") + record(0, 0x10, b"firmware") + END
    for at, character in enumerate(text):
        if character in "0123456789abcdef":
            changed = text[:at] + ("0" if character != "0" else "1") + text[at + 1 :]
            assert refusal(read_ihex, changed.encode()).code == "IB513"


# --- S-record --------------------------------------------------------------------------------------


def test_s_records_of_every_width_are_read() -> None:
    text = b"S00600004844521B\nS1137AF00A0A0D0000000000000000000000000061\nS9030000FC\n"  # Motorola's example
    (piece,) = read_srec(text, PLACE).pieces
    assert (piece.address, len(piece.data), bytes(piece.data[:3])) == (0x7AF0, 16, b"\n\n\r")
    assert read_srec(b"S2041234565F\n", PLACE).pieces == ()  # an empty record is no byte


def test_a_damaged_s_record_is_told_by_its_line() -> None:
    for text, message in (
        (b"S1137AF00A0A0D0000000000000000000000000062\n", "the record's checksum is 62, its bytes give 61"),
        (b"S4030000FC\n", "the line does not start with S0 to S3 or S5 to S9"),
        (b"S103\n", "the record has 1 bytes, expected 3 + 1: it is cut short or too long"),
        (b"S9030000FC\nS9030000FC\n", "a record behind the end record of line 1"),
        (b"S5030002FA\n", "the count record tells of 2 data records, found 0"),
    ):
        found = refusal(read_srec, text)
        assert (found.code, found.message) == ("IB513", message)


# --- ELF -------------------------------------------------------------------------------------------


def elf(segments: list[tuple[int, int, int]], body: bytes = bytes(64), entry: int = 0) -> bytes:
    """An executable with these segments: offset in the file, address, size."""
    head = struct.pack(
        "<16sHHIIIIIHHHHHH",
        b"\x7fELF\x01\x01\x01", 2, 40, 1, entry, 52, 0, 0, 52, 32, len(segments), 40, 0, 0,
    )  # fmt: skip
    rows = b"".join(struct.pack("<8I", 1, at, 0, where, size, size, 5, 4) for at, where, size in segments)
    return head + rows + body


def test_segments_lie_at_their_load_addresses() -> None:
    data = elf([(116, 0x08000010, 4), (120, 0x08000000, 8)], b"ABCD12345678", entry=0x08000011)
    file = read_elf(data, PLACE)
    assert [(p.address, bytes(p.data)) for p in file.pieces] == [
        (0x08000000, b"12345678"),
        (0x08000010, b"ABCD"),
    ]
    assert file.entry == 0x08000011


def test_without_load_addresses_the_others_count() -> None:
    head = elf([(84, 0, 4)], b"ABCD")
    data = head[:60] + struct.pack("<I", 0x20000000) + head[64:]
    assert [(p.address, bytes(p.data)) for p in read_elf(data, PLACE).pieces] == [(0x20000000, b"ABCD")]


def test_a_small_file_cannot_ask_for_gigabytes() -> None:
    size = 1 << 20
    count = ADDRESSED_BYTES_MAX // size + 1
    data = elf([(64, number * size, size) for number in range(count)], bytes(size))
    found = refusal(read_elf, data)
    assert found.code == "IB514"
    assert "at most" in found.message


def test_an_elf_file_cut_anywhere_is_refused() -> None:
    data = elf([(84, 0x08000000, 64)])
    for length in range(len(data)):
        assert refusal(read_elf, data[:length]).code == "IB514"


# --- all -------------------------------------------------------------------------------------------


def sound_files() -> dict[str, bytes]:
    body = b"DfuSe\x01" + struct.pack("<IB", 11 + 274 + 12, 1)
    body += struct.pack("<6sBI255sII", b"Target", 0, 1, b"x", 12, 1) + struct.pack("<II", 0x100, 4) + b"data"
    body += struct.pack("<HHHH3sB", 0xFFFF, 1, 2, 0x011A, b"UFD", 16)
    block = struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0, 0x100, 256, 0, 1, 0) + bytes(476)
    return {
        "ihex": (record(4, 0, b"\x08\x00") + record(0, 0x10, b"firmware") + END).encode(),
        "srec": b"S1137AF00A0A0D0000000000000000000000000061\nS9030000FC\n",
        "elf": elf([(84, 0x08000000, 64)]),
        "dfu": body + struct.pack("<I", zlib.crc32(body) ^ 0xFFFFFFFF),
        "uf2": block + struct.pack("<I", 0x0AB16F30),
    }


@pytest.mark.parametrize("name", sorted(READERS))
@given(data=st.data())
def test_whatever_the_bytes_a_reader_answers_or_refuses(name: str, data: st.DataObject) -> None:
    sound = bytearray(sound_files()[name])
    READERS[name](bytes(sound), PLACE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sound) - 1))
        sound[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(sound)))
    try:
        file = READERS[name](bytes(sound[:cut]), PLACE)
    except BuildError as error:
        assert {d.code for d in error.diagnostics} <= {"IB513", "IB514", "IB521"}  # noqa: PT017
    else:
        assert find_overlap(file.pieces) is None
        assert all(0 <= piece.address <= piece.end <= 1 << 32 for piece in file.pieces)


@given(st.binary(max_size=200))
def test_no_firmware_file_is_guessed(data: bytes) -> None:
    try:
        read_firmware(data, Path("firmware"))
    except BuildError as error:
        assert error.diagnostics[0].code in {"IB512", "IB513", "IB514", "IB521"}  # noqa: PT017


def test_each_format_is_known_by_its_start() -> None:
    files = sound_files()
    assert memory(read_firmware(files["elf"], Path("firmware"))) == memory(read_elf(files["elf"], PLACE))
    assert memory(read_firmware(b"\n\n" + files["ihex"], Path("x.bin")))[0x08000010] == ord("f")
    assert read_firmware(files["srec"], Path("a.elf")).pieces[0].address == 0x7AF0
    assert read_firmware(files["uf2"], Path("a")).pieces[0].address == 0x100
    assert read_firmware(files["dfu"], Path("a")).pieces[0].address == 0x100


def test_a_bin_file_is_left_alone() -> None:
    assert unwrap_image(b":no hex", Path("ext.bin")) == b":no hex"


# --- pieces ----------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 60), st.binary(max_size=12)), max_size=8))
def test_pieces_share_addresses_or_join_without_a_byte_lost(parts: list[tuple[int, bytes]]) -> None:
    pieces = [Piece(address, data) for address, data in parts]
    bytes_of = [{p.address + n: b for n, b in enumerate(bytes(p.data))} for p in pieces]
    shares = len(set().union(*bytes_of, set())) != sum(map(len, bytes_of))
    assert (find_overlap(pieces) is not None) == shares
    if not shares:
        joined = join_pieces(pieces)
        assert {p.address + n: b for p in joined for n, b in enumerate(bytes(p.data))} == {
            address: byte for part in bytes_of for address, byte in part.items()
        }
        assert all(a.end < b.address for a, b in itertools.pairwise(joined))
