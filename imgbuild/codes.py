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
    "IB354": _info("language unknown", "A language is told by a tag of BCP 47 whose parts are registered."),
    "IB355": _info(
        "script unknown", "A script is told by its four letters of ISO 15924, as far as Unicode has it."
    ),
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
    "IB450": _info(
        "partition not named",
        "The manifest has several partitions and the file no addresses: the command must say which one it is.",
        ExitCode.USAGE,
    ),
    "IB451": _info("unknown partition", "The manifest has no partition of this name."),
    "IB452": _info(
        "partition not in the file", "The file with addresses has no byte where the partition lies."
    ),
    "IB453": _info(
        "image of another partition",
        "Container, pack_id or size of the image are not those of the partition that it is meant for.",
    ),
    "IB460": _info(
        "default not of the setting's type", "The default of a setting must be a value of its type."
    ),
    "IB461": _info(
        "limits of a setting", "'min' and 'max' lie within what the type holds, and 'min' is not above 'max'."
    ),
    "IB462": _info(
        "default outside the limits", "A device would start with a value that it refuses to store."
    ),
    "IB463": _info(
        "two settings with one key",
        "The key is the CRC-32 of a setting's name. Two names share it: rename one.",
    ),
    "IB464": _info(
        "settings too large for the area",
        "One sector of the area must hold every value at its longest, and the longest once more.",
    ),
    "IB465": _info(
        "settings area of one sector",
        "A value is safe from power loss because it is copied to a second sector.",
    ),
    "IB466": _info(
        "no readable settings area", "The file holds no settings area, or every sector of it is damaged."
    ),
    "IB467": _info("unknown setting", "The manifest or the area has no setting of this name."),
    "IB468": _info(
        "value not accepted", "The value is not of the setting's type or lies outside its limits."
    ),
    "IB469": _info(
        "key does not suit the setting's type",
        "'min' and 'max' are for u32 and i32; 'max_bytes' is for string and bytes, which need it.",
    ),
    "IB470": _info(
        "setting name not accepted",
        "A setting's name starts with a letter and has letters, digits, '_', '-', '.' and single '/'.",
    ),
    "IB471": _info(
        "several settings areas", "The file holds more than one settings area: --offset tells which is meant."
    ),
    "IB472": _info("settings file not writable", "The file with the settings area cannot be written."),
    "IB480": _info(
        "firmware cannot be checked",
        "check-ram reads the linked ELF file of a firmware; this is none, or damaged.",
    ),
    "IB481": _info(
        "machine not supported",
        "check-ram follows Thumb instructions of Cortex-M; code of other cores it cannot.",
    ),
    "IB482": _info("function unknown", "The firmware has no function or datum of that name or address."),
    "IB483": _info(
        "code in the flash that is written",
        "While a NOR flash erases or programs, or is not in mapped mode, it answers no fetch: the core stops or takes"
        " a fault. Every function that may run then must lie in RAM.",
    ),
    "IB484": _info(
        "datum in the flash that is written",
        "Constants, tables and strings that a writer reads must lie in RAM like its code: the flash gives something"
        " else while it is written.",
    ),
    "IB485": _info(
        "call through an unknown pointer",
        "What is called there is decided when the program runs; say it with --calls, or nothing is proved.",
    ),
    "IB486": _info(
        "library for ELF files missing",
        "check-ram needs pyelftools and capstone: pip install 'imgbuild[elf]'.",
        ExitCode.ENVIRONMENT,
    ),
    "IB487": _info(
        "flash and firmware do not meet",
        "The range given holds nothing of the firmware, or the board does not map its flash: then no code runs from it.",
    ),
    "IB488": _info(
        "statement on calls not usable", "--calls takes CALLER=TARGET[,TARGET…] of functions that are there."
    ),
    "IB489": _info(
        "code cannot be followed",
        "A jump that is computed, bytes that are no code, or code of another state.",
    ),
    "IB440": _info("partitions overlap", "Two partitions share bytes of the chip."),
    "IB441": _info(
        "partition does not fit", "The partitions together are larger than the region that they share."
    ),
    "IB442": _info(
        "partition without a place",
        "A partition has a size in the region that all share, or a region of its own: one of the two.",
    ),
    "IB443": _info("two partitions take the rest", "At most one partition has 'size: rest'."),
    "IB444": _info(
        "partition not in erase blocks",
        "A partition begins and ends where erase blocks do, so that writing it erases nothing else.",
    ),
    "IB445": _info(
        "two partitions of one name",
        "Names of partitions become names of files and of C macros: each its own.",
    ),
    "IB446": _info(
        "partition cannot be updated so",
        "Slots and a journal take whole erase blocks of a partition that the device itself does not write.",
    ),
    "IB447": _info(
        "key of another kind of partition",
        "A key that means nothing for the container or the way of updates.",
    ),
    "IB448": _info(
        "asset of another partition",
        "Fonts, texts and strings see the assets of their own partition: a reader opens one at a time.",
    ),
    "IB449": _info(
        "partitions collide in C",
        "The headers of two partitions would define the same macro, for two things.",
    ),
    "IB490": _info(
        "code runs from the flash that is written",
        "While a flash chip erases or programs it answers no fetch. A partition that the device writes, on the chip (or"
        " in the bank) that its code runs from, needs a writer in RAM; or settings go to another memory.",
    ),
    "IB491": _info(
        "no other bank",
        "'executes_from: other-bank' needs a chip whose banks are read while another is written.",
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
    "IB523": _info(
        "several partitions in a file without addresses",
        "A file without addresses is programmed to one place, so it holds one partition.",
    ),
    "IB524": _info("base lacks a partition", "The released image has nothing where a partition is now."),
    "IB525": _info(
        "base of several partitions not usable",
        "Of a file without addresses it is not known which partition it was.",
    ),
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
    "IB614": _info(
        "range without an image",
        "A range is neither erased nor a flash image: the head of a partition is damaged, or it holds something else.",
    ),
    "IB615": _info(
        "not the partition's image",
        "Where the manifest has a partition, the file has nothing, or not an image that belongs there.",
    ),
    "IB616": _info(
        "setting record damaged",
        "A place in the log of a settings area is no whole record. Behind the last one it is a warning: a power cut"
        " leaves that.",
    ),
    "IB617": _info(
        "stored setting breaks the manifest",
        "A value is of another type than the manifest's or outside its limits: a device takes the default.",
    ),
    # 7xx delivery
    "IB701": _info(
        "outside the chip",
        "The image, or a range of its file, lies outside the board's chip; nothing was started.",
    ),
    "IB702": _info(
        "reserved range overlapped", "imgbuild flash never writes a reserved byte; nothing was started."
    ),
    "IB703": _info(
        "erase block shared with a reserved range",
        "Flash is erased in blocks: the block around the image's first or last byte holds reserved bytes, too.",
    ),
    "IB704": _info(
        "no single way to the board",
        "--with names the tool; without it the board's row must name one tool, no more.",
        ExitCode.USAGE,
    ),
    "IB705": _info("tool missing", "The tool is not installed, or not on the PATH.", ExitCode.ENVIRONMENT),
    "IB706": _info(
        "tool failed",
        "The tool ended with an error; its last words are shown. The chip may hold a part of the image.",
        ExitCode.ENVIRONMENT,
    ),
    "IB707": _info(
        "not written, whatever the tool answered",
        "The tool answered 0, but wrote nothing or a part, or other bytes were read back. Some tools do that, for example at"
        " an address outside every flash bank.",
    ),
    "IB708": _info(
        "no device, or several",
        "Exactly one device must answer: none was found on the ports, or more than one.",
        ExitCode.ENVIRONMENT,
    ),
    "IB709": _info(
        "wrong device on the port",
        "The device has the right USB ids, but its memory is another one: ids are shared by many boot loaders.",
        ExitCode.ENVIRONMENT,
    ),
    "IB710": _info(
        "alternate setting does not fit",
        "DFU devices show each memory as an alternate setting; the file's, the board's and the device's must agree.",
    ),
    "IB711": _info(
        "wrong chip on the wire",
        "Another flash chip than the board's answers, or none.",
        ExitCode.ENVIRONMENT,
    ),
    "IB712": _info("option missing", "The tool needs something that no board tells.", ExitCode.USAGE),
    "IB713": _info(
        "external loader not usable",
        "The file is no external loader, or one for another memory than the image's.",
    ),
    "IB714": _info(
        "board not named", "Without a board nothing is known of reserved ranges: only the tool may refuse."
    ),
    "IB715": _info(
        "what the device keeps would be reset",
        "The file has several partitions, one of them with settings or files that the device writes: say whether they"
        " are to be overwritten.",
        ExitCode.USAGE,
    ),
    "IB716": _info(
        "tool too old", "The tool's version lacks what the command lines use.", ExitCode.ENVIRONMENT
    ),
    "IB720": _info(
        "serial library missing",
        "Serial ports need pyserial: pip install 'imgbuild[serial]'.",
        ExitCode.ENVIRONMENT,
    ),
    "IB721": _info(
        "serial port cannot be opened",
        "The port does not exist, or this user may not open it.",
        ExitCode.ENVIRONMENT,
    ),
    "IB722": _info(
        "serial port in use", "Another program has the port; two would mix up bytes.", ExitCode.ENVIRONMENT
    ),
    "IB723": _info("baud rate not possible", "The port's driver does not know this speed."),
    "IB724": _info(
        "no connection", "The host is not known, refuses, or does not answer.", ExitCode.ENVIRONMENT
    ),
    "IB725": _info(
        "no loader answers",
        "Nobody on the line knows the loader's commands (c_runtime/loader/PROTOCOL.md).",
        ExitCode.ENVIRONMENT,
    ),
    "IB726": _info("loader of another version", "Loader and imgbuild speak other versions of the protocol."),
    "IB727": _info("another board", "The loader says that it is another board than the image is for."),
    "IB728": _info("another region", "The loader writes another range of the chip than the image is for."),
    "IB729": _info("another flash chip", "The board's flash chip is not the one that the image is for."),
    "IB730": _info(
        "board's flash not usable",
        "The loader cannot use its flash chip: wiring, another chip than its firmware was built for, or one"
        " that stays busy or protected.",
    ),
    "IB731": _info(
        "writing failed on the board",
        "The flash did not erase or does not hold what was written, or the receiver gave up.",
    ),
    "IB732": _info("larger than the board's region", "The loader's region has no room for the image."),
    "IB733": _info(
        "board holds other bytes", "The CRC-32 of a sector on the board is not that of the image."
    ),
    "IB734": _info("line too bad", "Blocks arrive damaged again and again; nothing more gets through."),
    "IB735": _info(
        "another product's pack", "The board takes only packs with the pack_id of its own product."
    ),
    "IB736": _info(
        "link lost",
        "The cable was pulled or the connection closed. The region holds the old image, one that the reader"
        " refuses, or the new one; the next run sends what is missing.",
        ExitCode.ENVIRONMENT,
    ),
    "IB740": _info(
        "no cross compiler",
        "External loaders are compiled for the board's Arm processor; --source writes the sources instead.",
        ExitCode.ENVIRONMENT,
    ),
    "IB741": _info(
        "loader does not compile",
        "What the compiler or the linker says of the loader's C files, nearly always of those given by --bus.",
    ),
    "IB742": _info(
        "no loader for this board or chip",
        "A loader needs an Arm processor, NOR flash whose id and erase commands are known, and an address.",
    ),
    "IB743": _info(
        "bus functions missing",
        "How bytes get over a board's wires is told by two C functions, in a file given by --bus.",
    ),
    "IB744": _info(
        "loader would not work",
        "The linked loader lacks what tools look for, or has what they do not provide for: an .FLM is loaded"
        " anywhere and has no place for variables. Nothing was written.",
    ),
    "IB745": _info("loader does not fit", "The loader must lie in the RAM given by --ram, with some stack."),
    "IB750": _info(
        "chunk size not known",
        "'--chunk auto' takes what the board's program memory holds beside boot loader, framework and loader;"
        " without a row that says so, say the size.",
    ),
    "IB751": _info(
        "chunks do not lie on erase blocks", "Each chunk is erased by itself, so it is whole erase blocks."
    ),
    "IB752": _info("chunk does not fit", "A chunk is a constant in the program that carries it."),
    "IB753": _info("too many chunks", "Each chunk is an upload of its own."),
    "IB760": _info(
        "no key", "The file is no Ed25519 key: PEM, a private key not encrypted ('imgbuild ota keygen')."
    ),
    "IB761": _info(
        "signed with another key", "The package names another key than the one it was checked with."
    ),
    "IB762": _info(
        "bad signature", "The package was changed after it was signed, or its signature is damaged."
    ),
    "IB763": _info("damaged package", "A checksum or a size of the update package does not fit its bytes."),
    "IB764": _info(
        "update of another product",
        "The images come from manifests of different names: their pack_id differs.",
    ),
    "IB765": _info(
        "update to an older version", "Devices refuse an image whose content_version is below their own."
    ),
    "IB766": _info(
        "update of another base", "A package of changed sectors fits the one image that it was made from."
    ),
    "IB767": _info("larger than the slot", "The image does not fit the slot or area that --slot-size tells."),
    "IB768": _info("package not signed", "A key was given to check a signature, and the package has none."),
    "IB769": _info(
        "signing library missing",
        "Keys and signatures need the Python library 'cryptography': pip install 'imgbuild[sign]'.",
        ExitCode.ENVIRONMENT,
    ),
    "IB770": _info("not an update package", "The file is no update package, or one of a newer format."),
    "IB771": _info("nothing to update", "The old and the new image have the same bytes."),
    "IB772": _info(
        "key not replaced", "A key file is never written over: signatures of the old key would be lost."
    ),
    "IB773": _info(
        "board takes no packages",
        "The loader on the board was built without an updater behind it (c_runtime/loader/imgb_loader_update.h).",
    ),
    "IB774": _info(
        "package refused",
        "The board's updater looked at the package's header and does not take it; nothing was erased.",
    ),
    "IB775": _info(
        "package not applied",
        "The package began and did not end; with two slots the board keeps the old image.",
    ),
    "IB776": _info(
        "package without a link",
        "A package is applied by the device itself: through its loader (--serial, --tcp), or from a server.",
    ),
    # 9xx internal
    "IB901": _info("internal error", "A defect of imgbuild; --debug shows where.", ExitCode.INTERNAL),
}


def exit_code_of(diagnostics: Iterable[Diagnostic]) -> int:
    """The process exit code that the worst of ``diagnostics`` asks for."""
    codes = [CODES[d.code].exit_code for d in diagnostics if d.severity is Severity.ERROR]
    return max(codes, default=ExitCode.DONE)
