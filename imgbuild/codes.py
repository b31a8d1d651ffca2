"""Diagnostic codes: never reused; each has a folder under ``tests/errors`` that provokes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from imgbuild.errors import Diagnostic, ExitCode, Severity


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """What ``imgbuild explain`` tells of a code."""

    title: str
    explanation: str
    exit_code: int = ExitCode.INPUT


def _info(title: str, explanation: str, exit_code: int = ExitCode.INPUT) -> CodeInfo:
    return CodeInfo(title, explanation, exit_code)


CODES: dict[str, CodeInfo] = {
    # 1xx manifest
    "IB101": _info(
        "manifest cannot be read", "The manifest does not exist, is no file or is not readable UTF-8."
    ),
    "IB102": _info("not valid YAML", "The manifest breaks YAML's syntax at the place shown."),
    "IB103": _info(
        "duplicate key", "A mapping has the same key twice; YAML tools often keep the last one silently."
    ),
    "IB104": _info(
        "unknown key", "The key has no meaning here. It may be misspelt or belong one level up or down."
    ),
    "IB105": _info(
        "value not accepted", "The key is known, but its value has another type or lies outside its range."
    ),
    "IB106": _info("key missing", "A required key is not there."),
    "IB107": _info(
        "YAML feature refused", "Aliases, anchors, tags, merge keys and several documents are refused."
    ),
    "IB108": _info("manifest too large", "The manifest is larger, deeper or longer than any real one."),
    "IB109": _info(
        "path leaves the root", "Inputs must lie in the manifest's folder or in a root given by --root."
    ),
    "IB110": _info("input not found", "A file that the manifest names does not exist or is not readable."),
    "IB111": _info(
        "pattern matches nothing", "A glob pattern finds no file, so the asset would silently be missing."
    ),
    "IB112": _info(
        "name fits one file only",
        "A pattern matches several files: the name needs {stem} to tell them apart.",
    ),
    "IB113": _info("two assets of one name", "Firmware finds assets by name, so a name can stand only once."),
    "IB114": _info(
        "two names with one key", "The key is the CRC-32 of a name. Two names share it: rename one."
    ),
    "IB115": _info("names collide in C", "Two names turn into the same C identifier: rename one."),
    "IB116": _info(
        "not usable as a C prefix", "Generated names start with the manifest's name, which must suit C."
    ),
    "IB117": _info("unknown preset", "'use' names a preset that 'presets' does not define."),
    "IB118": _info("option does not apply", "An option was given that has no effect for this kind of asset."),
    "IB119": _info(
        "asset name not accepted",
        "A name is 1 to 63 bytes of UTF-8 without control characters or odd slashes.",
    ),
    "IB120": _info("manifest version not supported", "This program reads manifests of version 1."),
    "IB121": _info(
        "package not found", "A 'package:' path names a Python package or file that is not installed."
    ),
    # 2xx images
    "IB201": _info("picture cannot be decoded", "The file is broken, truncated or not what its suffix says."),
    "IB202": _info(
        "picture too large to decode", "More pixels than the ceiling: refused before decoding (bombs)."
    ),
    "IB203": _info("picture format not accepted", "Accepted are PNG, JPEG, BMP, GIF, QOI, WebP and SVG."),
    "IB204": _info("SVG cannot be drawn", "The SVG is broken, has no size, or asks for outside resources."),
    "IB205": _info(
        "row larger than a strip", "A strip holds whole rows; one row is larger than strip_bytes allows."
    ),
    "IB206": _info("bitmap too large", "Width and height are at most 65535 pixels."),
    "IB207": _info("too many colours", "The indexed pixel format holds fewer colours than the picture has."),
    "IB208": _info(
        "picture larger than the display", "The bitmap does not fit on the display given in the manifest."
    ),
    "IB230": _info("crop leaves the picture", "The rectangle of 'crop' ends outside of the upright source."),
    "IB231": _info(
        "picture became one flat colour",
        "Everything that could be seen in the source is gone: it has one colour only, with the transparency"
        " dropped or in a format of coverage without any.",
    ),
    "IB232": _info("pictures became identical", "Different sources gave the same pixels: a detail was lost."),
    "IB233": _info(
        "transparency dropped on black",
        "The pixel format has no alpha and no 'background' was chosen, so black is behind the picture.",
    ),
    "IB234": _info("picture scaled up", "The source is smaller than the size asked for, so it is blurred."),
    "IB235": _info(
        "picture would lose something",
        "'lossless: true' refuses a conversion that changes a colour or the transparency.",
    ),
    "IB250": _info(
        "animation too large",
        "An animation has at most 65535 frames, and a ceiling of pixels in all of them.",
    ),
    "IB251": _info(
        "animation cannot be decoded", "A frame of the GIF, APNG or WebP is broken, truncated or missing."
    ),
    "IB252": _info(
        "animation of one frame", "'animate: true' was asked for, but the source is a still picture."
    ),
    "IB260": _info("sprite outside its sheet", "A rectangle of 'sprites: rects' leaves the sheet's pixels."),
    "IB261": _info(
        "sheet not divided evenly", "The grid of 'sprites' would cut sprites short or leave pixels over."
    ),
    "IB262": _info(
        "LVGL has no such picture",
        "LVGL 9 lacks the pixel format, or its header cannot count the row's bytes.",
    ),
    "IB263": _info(
        "LVGL reads it compressed only",
        "LVGL 9's loader takes pictures of this pixel format from a file only if they are compressed.",
    ),
    "IB264": _info("asset cannot be exported", "The library has no bitmaps of this kind or pixel format."),
    "IB265": _info("exported names collide", "Two assets would define the same C identifier in one file."),
    "IB240": _info(
        "palette file not understood",
        "A palette file is GIMP's .gpl, JASC's .pal, Adobe's .act, a list of colours in .hex, or a PNG.",
    ),
    "IB241": _info(
        "palette of the wrong size",
        "An indexed format holds 2, 4, 16 or 256 colours; a palette for an e-paper gives each ink one colour.",
    ),
    "IB266": _info(
        "9-patch border not accepted",
        "The outermost pixels of a .9.png are clear, with one black run along the stretchable part.",
    ),
    "IB267": _info(
        "9-patch without a middle", "What a 9-patch keeps leaves no pixel that could be stretched."
    ),
    "IB268": _info("variant of nothing", "Variants are found through the asset of their name that is none."),
    "IB269": _info(
        "variants do not go together", "Variants are of the asset's kind; a pack knows 255 of them by name."
    ),
    "IB271": _info(
        "LVGL does not see all of it",
        "'lvgl_header' lets LVGL draw the same pixels, but its header has no place for the offset of 'trim',"
        " for the colour of a1 to a8 or for a 9-patch.",
    ),
    # 3xx fonts and text
    "IB301": _info("font cannot be read", "The file is broken or not a TrueType, OpenType or BDF font."),
    "IB302": _info("character missing", "The font has no glyph for a character that was asked for."),
    "IB303": _info(
        "range not understood", "A range is a name such as latin-1 or code points such as U+20-U+7E."
    ),
    "IB304": _info("text file cannot be read", "A file of 'characters: files' must be UTF-8 text."),
    "IB305": _info("size not in the font", "A bitmap font has fixed sizes."),
    "IB306": _info("glyph too large", "A glyph, an offset or a metric does not fit the format's fields."),
    "IB330": _info("strings file cannot be read", "The file is not what its suffix says, or not UTF-8."),
    "IB331": _info("string id twice", "One id has two texts in one language."),
    "IB332": _info(
        "language of texts unknown",
        "Neither the file's name, nor its folder, nor the manifest says which language its texts are in.",
    ),
    "IB333": _info("translation missing", "A language lacks texts; those of the first language stand in."),
    "IB334": _info("placeholders differ", "A translation has other {placeholders} than the first language."),
    "IB335": _info("string id not usable", "An id is empty, or two ids become the same C name."),
    "IB336": _info(
        "too many or too long texts", "A text, or their number, does not fit the format's fields."
    ),
    "IB337": _info("strings unknown", "A font takes the characters of strings assets, by name."),
    "IB350": _info(
        "font of shaped texts not usable", "A text is shaped for a font asset of the manifest, by name."
    ),
    "IB351": _info("emoji sequence", "Sequences of emoji cannot be drawn from outlines."),
    "IB352": _info("shaped text lacks glyphs", "The font has no glyphs for characters of a shaped text."),
    "IB353": _info("shaped text too wide", "Places of glyphs are 16 bits of 1/16 px: 2047 px at the most."),
    "IB370": _info(
        "font not possible in LVGL",
        "LVGL 9 draws uncompressed glyphs of 1, 2, 4 and 8 bpp and compressed ones of 2, 3 and 4 bpp, and has"
        " at most 65534 glyphs of an advance from 0 to 4095 px.",
    ),
    "IB371": _info(
        "LVGL must be built for large fonts",
        "Glyphs of more than 255 px, or more than 1 MiB of them, need LV_FONT_FMT_TXT_LARGE in lv_conf.h.",
    ),
    "IB372": _info(
        "font with too many bits a pixel", "Adafruit GFX and U8g2 fonts have 1 bit a pixel: set or not set."
    ),
    "IB373": _info(
        "glyph not possible in the library",
        "The library's font format has fields of fixed size for places, sides, advances and code points.",
    ),
    "IB374": _info(
        "exported font mostly empty",
        "An Adafruit GFX font has an entry for every code from the first to the last, glyph or not.",
    ),
    "IB375": _info(
        "no font for a specimen", "A specimen shows a font: an asset of kind font, or a font file."
    ),
    "IB307": _info("font without characters", "No character was asked for, or the font has none of them."),
    "IB310": _info(
        "no such face", "'face' names a font of a collection, by its number from 0 on or its name."
    ),
    "IB311": _info(
        "no such place on an axis", "'axes' takes axes that the variable font has, each within its range."
    ),
    "IB312": _info(
        "character in colour only",
        "A font stores coverage; the character has bitmaps or layers in colour only.",
    ),
    "IB313": _info(
        "licence bit set",
        "The font's table OS/2 (fsType) says that it may not be embedded, or not in part: ask its owner.",
    ),
    "IB314": _info(
        "no capital to measure", "'cap_height' is measured at a capital letter, which the font must have."
    ),
    "IB315": _info(
        "map of code points",
        "'map' gives every character of a source at most one code point, and no two the same.",
    ),
    "IB316": _info(
        "fallback not usable",
        "'fallback' names another font asset; the chain of fonts must end, after 8 fonts at the most.",
    ),
    "IB317": _info(
        "font asks for too much",
        "Unpacked, drawn or counted in parts, the font would take more memory or time than any real one.",
    ),
    "IB318": _info(
        "no Unicode map",
        "The font maps codes of another set to its glyphs, so characters may come out wrong.",
    ),
    "IB319": _info("font cannot be shaped", "HarfBuzz shapes TrueType and OpenType fonts, not bitmaps."),
    # 4xx layout and flash
    "IB401": _info("unknown board", "'imgbuild boards' lists the boards known."),
    "IB402": _info("unknown chip", "'imgbuild chips' lists the chips known."),
    "IB403": _info("reserved range not accepted", "A reserved range lies outside the chip."),
    "IB404": _info("region overlaps a reserved range", "imgbuild never touches a reserved byte."),
    "IB405": _info("does not fit the region", "The image is larger than the free region of the chip."),
    "IB406": _info("over budget", "The image is larger than the manifest's 'budget'."),
    "IB407": _info(
        "region not accepted", "A region lies inside the chip and starts and ends on erase blocks."
    ),
    "IB408": _info("too many assets", "A pack holds at most 32767 assets."),
    "IB409": _info("littlefs is full", "The files do not fit the littlefs made for the region."),
    "IB410": _info("no free region", "Reserved ranges leave no whole erase block of the chip free."),
    "IB411": _info("name not storable in littlefs", "A path in littlefs cannot be both a file and a folder."),
    "IB412": _info("several partitions", "Only one partition can be built into one file for now."),
    "IB420": _info(
        "table of chips or boards not usable",
        "The file is YAML: a mapping of names to rows, as in 'imgbuild chips --json'.",
    ),
    "IB421": _info(
        "unknown key in a row", "Rows of chips and boards have the keys of imgbuild's own tables only."
    ),
    "IB422": _info(
        "key missing in a row", "Every row tells at least what an image is laid out by, and its source."
    ),
    "IB423": _info(
        "value not accepted in a row", "A value of a chip or board has another form than its key asks for."
    ),
    "IB424": _info(
        "row contradicts itself",
        "Sizes divide each other, ranges lie inside the chip and do not overlap, addresses have 32 bits.",
    ),
    "IB425": _info(
        "name taken",
        "A row of a user's file has the name of a known chip or board: it would hide what that reserves.",
    ),
    "IB426": _info(
        "no SFDP dump",
        "The file holds what the command 5Ah reads from address 0 on: it starts with 'SFDP' and holds the tables"
        " that it points to.",
    ),
    "IB427": _info(
        "SFDP table makes no sense", "A field of the part's basic flash parameter table cannot be."
    ),
    "IB430": _info(
        "released image not usable", "The image that --base names is missing, damaged, or no flash image."
    ),
    "IB431": _info("base of another product", "--base names an image whose manifest has another name."),
    "IB432": _info("no flat image to keep the layout of", "--base keeps the layout of flat images only."),
    "IB433": _info(
        "much lost in gaps",
        "Keeping the layout of --base leaves gaps where assets grew, moved or went; more than an eighth is worth"
        " a remark.",
    ),
    "IB434": _info(
        "does not fit with the layout of --base",
        "The gaps of the layout make the image larger than its room.",
    ),
    # 5xx output
    "IB501": _info(
        "cannot write", "The output cannot be written; the old one is untouched.", ExitCode.ENVIRONMENT
    ),
    "IB502": _info(
        "disk full", "No space is left for the output; the old one is untouched.", ExitCode.ENVIRONMENT
    ),
    "IB503": _info("output would replace an input", "The output path names an input of the build."),
    "IB504": _info(
        "outputs out of date", "--check found outputs that a build would change.", ExitCode.OUT_OF_DATE
    ),
    "IB510": _info(
        "no address",
        "An addressed file needs the address of the image's first byte: the board maps its flash, its row tells"
        " which address tools use (programmed_at), or --address gives it.",
    ),
    "IB511": _info(
        "merged bytes overlap", "Two files to merge, or one of them and the region, share an address."
    ),
    "IB512": _info(
        "file to merge not usable", "A file to merge is missing, unreadable, or has no addresses."
    ),
    "IB513": _info(
        "hex or S-record file damaged", "A record is cut short, its checksum is wrong, or it is none."
    ),
    "IB514": _info(
        "ELF file damaged", "The ELF file is cut short, of another class, or holds nothing to load."
    ),
    "IB515": _info(
        "address not possible", "The format or the boot loader cannot take bytes at this address."
    ),
    "IB516": _info(
        "no alternate setting",
        "A DfuSe file names the alternate setting of the flash: --dfu-alt, or the board's row.",
    ),
    "IB517": _info(
        "bytes outside the DFU memory",
        "All bytes of a DfuSe file go to one alternate setting, which is the chip.",
    ),
    "IB518": _info(
        "partition table not understood", "A row of the partition table (CSV of ESP-IDF) is not usable."
    ),
    "IB519": _info("partition does not fit", "The partition is missing, too small, or lies elsewhere."),
    "IB521": _info("DFU or UF2 file damaged", "The file is cut short, or its marks or checksums are wrong."),
    "IB522": _info("no single image in the file", "An addressed file holds no flash image, or several."),
    # 6xx verify
    "IB601": _info("not a flash image", "The file starts like no container that imgbuild writes."),
    "IB602": _info("format version not supported", "The pack asks for a newer reader."),
    "IB603": _info("truncated", "The file is shorter than its header says."),
    "IB604": _info("header damaged", "The header's CRC-32 does not match its bytes."),
    "IB605": _info(
        "index damaged", "The CRC-32 over the index does not match, or an index field is out of bounds."
    ),
    "IB606": _info("entry damaged", "An index entry fails its check byte or points outside the pack."),
    "IB607": _info("payload damaged", "A payload's CRC-32 does not match its bytes."),
    "IB608": _info("payload malformed", "A payload's fields contradict each other."),
    "IB609": _info("erased flash", "Every byte is 0xFF: nothing was ever written here."),
    "IB610": _info(
        "end marker missing", "The end marker is missing or of another pack: a torn or stale write."
    ),
    "IB611": _info("asset not found", "The image has no asset of that name."),
    "IB612": _info("image cannot be read", "The image file does not exist or is not readable."),
    "IB613": _info(
        "written image differs",
        "Decoding the packed bytes gave other pixels than were meant: a defect of"
        " imgbuild. Nothing was written.",
        ExitCode.INTERNAL,
    ),
    # 9xx internal
    "IB901": _info("internal error", "A defect of imgbuild; --debug shows where.", ExitCode.INTERNAL),
}


def exit_code_of(diagnostics: Iterable[Diagnostic]) -> int:
    """The process exit code that the worst of ``diagnostics`` asks for."""
    codes = [CODES[d.code].exit_code for d in diagnostics if d.severity is Severity.ERROR]
    return max(codes, default=ExitCode.DONE)
