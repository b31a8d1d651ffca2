"""BDF 2.1 fonts from ASCII art."""

import unicodedata
from dataclasses import dataclass

from draw import pixel_glyphs, symbol_glyphs

Rows = tuple[str, ...]


@dataclass(frozen=True)
class Font:
    """What stands in the header of a BDF file, and the cells."""

    family: str
    width: int
    ascent: int
    descent: int
    cap_height: int
    x_height: int
    default: int
    registry: str
    cells: dict[int, Rows]


def blocks(art: str) -> dict[str, Rows]:
    """The drawings of one block by the name above each."""
    head, *rows = art.strip("\n").split("\n")
    columns = [row.split() for row in rows]
    return {name: tuple(row[index] for row in columns) for index, name in enumerate(head.split())}


def pixel_cells() -> dict[int, Rows]:
    """All cells of the pixel font, ten rows of six columns each."""
    cells: dict[int, Rows] = {0x20: (), 0xA0: ()}
    for block in pixel_glyphs.BLOCKS:
        for name, rows in blocks(block).items():
            cells[ord(name)] = (".....", *rows)
    cells[0xAD] = cells[ord("-")]
    cells[0xA8] = (".....", ".#.#.")
    cells.update(accented_cells(cells))
    return {code: pad(rows, 6, 10) for code, rows in sorted(cells.items())}


def accented_cells(cells: dict[int, Rows]) -> dict[int, Rows]:
    """Letters put together from a base and an accent."""
    small = blocks(pixel_glyphs.SMALL_CAPITALS)
    marks = blocks(pixel_glyphs.ACCENTS)
    made: dict[int, Rows] = {}
    for mark, letters in pixel_glyphs.ACCENTED.items():
        for letter in letters:
            base = unicodedata.normalize("NFD", letter)[0]
            if base.isupper():
                over = marks["flat" if mark == "tilde" else mark]
                made[ord(letter)] = (*over, *small[base])
            else:
                body = cells[ord("\u0131" if base == "i" else base)]
                lifted = (*marks[mark], ".....") if "#" in marks[mark][1] else (".....", *marks[mark])
                made[ord(letter)] = (*lifted, *body[3:])
    made[ord("Â")] = (*marks["circumflex"], *pixel_glyphs.LOW_A)
    made[ord("Ç")] = (*cells[ord("C")][:8], *pixel_glyphs.CEDILLA)
    made[ord("ç")] = (*cells[ord("c")][:8], *pixel_glyphs.CEDILLA)
    return made


def symbol_cells() -> dict[int, Rows]:
    """All cells of the symbol font, 16 x 16."""
    cells: dict[int, Rows] = {0x20: ()}
    code = 0xE000
    for block in symbol_glyphs.BLOCKS:
        for rows in blocks(block).values():
            cells[code] = rows
            code += 1
    return {code: pad(rows, 16, 16) for code, rows in cells.items()}


def pad(rows: Rows, width: int, height: int) -> Rows:
    """The drawing extended with empty columns at the right and empty rows below."""
    full = [row.ljust(width, ".") for row in rows] + ["." * width] * (height - len(rows))
    if len(full) != height or any(len(row) != width or row.strip(".#") for row in full):
        raise ValueError(f"a cell is not {width} x {height}: {rows}")
    return tuple(full)


def glyph(font: Font, code: int, rows: Rows) -> list[str]:
    """The lines of one character, its box trimmed to the ink."""
    used = [index for index, row in enumerate(rows) if "#" in row]
    width, height, left, bottom = 0, 0, 0, 0
    lines: list[str] = []
    if used:
        left = min(row.index("#") for row in rows if "#" in row)
        width = max(row.rindex("#") for row in rows if "#" in row) + 1 - left
        height = used[-1] - used[0] + 1
        bottom = font.ascent - 1 - used[-1]
        digits = (width + 7) // 8 * 2
        for row in rows[used[0] : used[-1] + 1]:
            bits = row[left : left + width].replace(".", "0").replace("#", "1").ljust(digits * 4, "0")
            lines.append(f"{int(bits, 2):0{digits}X}")
    name = f"uni{code:04X}"
    scaled = font.width * 1000 // (font.ascent + font.descent)
    return [f"STARTCHAR {name}", f"ENCODING {code}", f"SWIDTH {scaled} 0", f"DWIDTH {font.width} 0",
            f"BBX {width} {height} {left} {bottom}", "BITMAP", *lines, "ENDCHAR"]  # fmt: skip


def properties(font: Font) -> list[str]:
    """The lines between STARTPROPERTIES and ENDPROPERTIES."""
    registry, encoding = font.registry.split("-")
    return [
        f'FAMILY_NAME "{font.family}"', 'WEIGHT_NAME "Medium"', 'SLANT "R"', 'SETWIDTH_NAME "Normal"',
        f"PIXEL_SIZE {font.ascent + font.descent}", 'SPACING "C"', f"AVERAGE_WIDTH {font.width * 10}",
        f'CHARSET_REGISTRY "{registry}"', f'CHARSET_ENCODING "{encoding}"',
        f"FONT_ASCENT {font.ascent}", f"FONT_DESCENT {font.descent}",
        f"CAP_HEIGHT {font.cap_height}", f"X_HEIGHT {font.x_height}", f"DEFAULT_CHAR {font.default}",
        'COPYRIGHT "The imgbuild authors, MIT licence"',
    ]  # fmt: skip


def write(font: Font) -> bytes:
    """The whole BDF file."""
    size = font.ascent + font.descent
    metrics = f"{size}-{size * 10}-72-72-C-{font.width * 10}"
    name = f"-imgbuild-{font.family}-Medium-R-Normal--{metrics}-{font.registry}"
    table = properties(font)
    lines = [
        "STARTFONT 2.1", f"FONT {name}", f"SIZE {size} 72 72",
        f"FONTBOUNDINGBOX {font.width} {size} 0 {-font.descent}",
        f"STARTPROPERTIES {len(table)}", *table, "ENDPROPERTIES", f"CHARS {len(font.cells)}",
    ]  # fmt: skip
    for code, rows in font.cells.items():
        lines += glyph(font, code, rows)
    return ("\n".join([*lines, "ENDFONT"]) + "\n").encode("ascii")


def pixel_font() -> bytes:
    """pixel-6x10.bdf."""
    return write(Font("Imgbuild Pixel", 6, 8, 2, 7, 5, 0xFFFD, "ISO10646-1", pixel_cells()))


def symbol_font() -> bytes:
    """weather-symbols.bdf."""
    return write(Font("Imgbuild Weather", 16, 14, 2, 14, 14, 0x20, "ISO10646-1", symbol_cells()))
