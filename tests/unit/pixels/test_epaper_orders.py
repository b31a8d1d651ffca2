"""What e-paper controllers show of the bytes that a build stores for them.

Bytes are worked out by hand from the controllers' conventions; UC8179's table is its data sheet's.
"""

import numpy as np
import pytest
from PIL import Image
from support import build_image

HEAD = "version: 1\nname: small\nflash: {board: spark-core}\nassets:\n"
BLACK, WHITE, RED, YELLOW = (0, 0, 0), (255, 255, 255), (255, 0, 0), (255, 255, 0)
GREEN, BLUE, ORANGE = (0, 255, 0), (0, 0, 255), (255, 130, 0)

# One row of ten pixels and what it is in bits, by hand: K W R K W R K W, R W
ROW = [BLACK, WHITE, RED, BLACK, WHITE, RED, BLACK, WHITE, RED, WHITE]
# White is 1; red is 1 as well, and the second plane overrides it.
WHITE_BITS = bytes([0b01101101, 0b11000000])
RED_BITS = bytes([0b00100100, 0b10000000])


def inverted(bits: bytes) -> bytes:
    """Turned over, but for the six bits behind the tenth pixel."""
    return bytes([bits[0] ^ 0xFF, bits[1] ^ 0b11000000])


def planes(folder, pixel_format: str, row: list, options: str = "") -> tuple[bytes, bytes]:
    """What a firmware sends for a picture of one row: the first plane, then the second."""
    Image.fromarray(np.array([row], np.uint8)).save(folder / "a.png")
    line = f"  - {{image: a.png, name: a, pixel_format: {pixel_format}{options}}}\n"
    image, _ = build_image(folder, HEAD + line)
    payload = bytes(image.payload(image.find("a")))
    pixels, second = (int.from_bytes(payload[at : at + 4], "little") for at in (12, 16))
    return (payload[pixels:second], payload[second:]) if second else (payload[pixels:], b"")


@pytest.mark.parametrize(
    ("controller", "invert", "first", "second"),
    [
        ("SSD1680: 24h 1 white, 26h 1 red", "", WHITE_BITS, RED_BITS),
        ("UC8179, DDX 01", "", WHITE_BITS, RED_BITS),
        ("UC8151, DDX 11", ", invert: colour", WHITE_BITS, inverted(RED_BITS)),
        ("UC8179, DDX 00, and IL91874", ", invert: black", inverted(WHITE_BITS), RED_BITS),
        ("UC8179, DDX 10", ", invert: true", inverted(WHITE_BITS), inverted(RED_BITS)),
    ],
)
def test_bytes_for_two_planes_by_hand(tmp_path, controller, invert, first, second):
    assert planes(tmp_path, "epd_bwr", ROW, invert) == (first, second), controller


DDX = {  # UC8179 data sheet, R50h CDI, mode KWR: the ink of {red bit, K/W bit} 00, 01, 10, 11
    "00": "WKRR",
    "01": "KWRR",
    "10": "RRWK",
    "11": "RRKW",
}
INVERT = {"01": "", "11": ", invert: colour", "00": ", invert: black", "10": ", invert: true"}


@pytest.mark.parametrize("ddx", sorted(DDX))
@pytest.mark.parametrize(("pixel_format", "ink"), [("epd_bwr", RED), ("epd_bwy", YELLOW)])
def test_every_polarity_of_uc8179_shows_the_picture(tmp_path, pixel_format, ink, ddx):
    row = [ink if colour == RED else colour for colour in ROW]
    first, second = planes(tmp_path, pixel_format, row, INVERT[ddx])
    black_white, red = (np.unpackbits(np.frombuffer(p, np.uint8))[:10] for p in (first, second))
    inks = {"K": BLACK, "W": WHITE, "R": ink}
    assert [inks[DDX[ddx][2 * r + b]] for r, b in zip(red, black_white, strict=True)] == row


def grey(level: int) -> tuple[int, int, int]:
    return (level * 85,) * 3


def test_four_greys_by_hand(tmp_path):
    """Black, dark, light, white: high bits 0011, low bits 0101 for UC8151; SSD1680 takes them turned over."""
    row = [grey(0), grey(1), grey(2), grey(3)]
    assert planes(tmp_path, "epd_gray4", row) == (b"\x30", b"\x50")
    assert planes(tmp_path, "epd_gray4", row, ", invert: true") == (b"\xc0", b"\xa0")


@pytest.mark.parametrize(
    ("pixel_format", "row", "expected"),
    [
        # JD79661: 00 black, 01 white, 10 yellow, 11 red, four pixels to a byte
        ("epd_bwry", [BLACK, WHITE, YELLOW, RED, RED, YELLOW, WHITE, BLACK], "1b e4"),
        # Spectra 6: 0 black, 1 white, 2 yellow, 3 red, 5 blue, 6 green, two pixels to a byte
        ("epd_6color", [BLACK, WHITE, YELLOW, RED, BLUE, GREEN], "01 23 56"),
        # ACeP: 0 black, 1 white, 2 green, 3 blue, 4 red, 5 yellow, 6 orange
        ("epd_7color", [BLACK, WHITE, GREEN, BLUE, RED, YELLOW, ORANGE], "01 23 45 60"),
    ],
)
def test_numbers_of_inks_by_hand(tmp_path, pixel_format, row, expected):
    assert planes(tmp_path, pixel_format, row) == (bytes.fromhex(expected), b"")
