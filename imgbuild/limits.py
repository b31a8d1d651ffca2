"""Every ceiling in one place."""

from __future__ import annotations

# Manifest (untrusted text: PyYAML itself has no limits)
MANIFEST_BYTES_MAX = 4 * 1024 * 1024
MANIFEST_DEPTH_MAX = 32
MANIFEST_NODES_MAX = 200_000

# Addressed files (a firmware to merge, an image as .hex, .elf ...)
ADDRESSED_FILE_BYTES_MAX = 1 << 30
ADDRESSED_BYTES_MAX = 256 * 1024 * 1024
"""Bytes that an addressed file puts into memory: twice the largest chip known."""

# Pictures
SOURCE_PIXELS_MAX = 64 * 1024 * 1024
"""Pixels of a source picture; a decompression bomb is refused before its pixels are decoded."""
SOURCE_BYTES_MAX = 512 * 1024 * 1024
"""Bytes of a source picture's file: more is no picture that 64 Mpx could need."""
SVG_BYTES_MAX = 8 * 1024 * 1024
SVG_MEMORY_MAX = 4 << 30
"""Address space of the process that draws: 64 Mpx take 256 MiB, each group with an opacity as much."""
SVG_SECONDS_MAX = 60
"""Seconds for one drawing; a screen full of blur filters takes a few."""
SVG_DEPTH_MAX = 48
"""Nesting of elements, references such as <use> followed: the renderer recurses on the C stack."""
SVG_DRAWN_MAX = 200_000
"""Elements drawn once every reference is followed: few lines can ask for 10^10."""
BITMAP_SIDE_MAX = 65_535
"""u16 width and height in the index entry (FORMAT.md)."""
ANIMATION_FRAMES_MAX = 65_535
"""u16 in the animation's header; all frames together have at most SOURCE_PIXELS_MAX pixels."""
ANIMATION_DELAY_MS_MAX = 65_535
ANIMATION_SIDE_MAX = 32_767
"""So that a rectangle's place fits the i16 of a trim, which drawing adds."""

PARTITIONS_MAX = 64
"""Partitions of one manifest: a chip has few, and each is compared with all others."""

# Pack (FORMAT.md)
ASSETS_MAX = 32_767
NAME_BYTES_MAX = 63
NAMES_BYTES_MAX = 1 << 24
STRIP_BYTES_DEFAULT = 8 * 1024
STRIP_BYTES_MIN = 64
STRIP_BYTES_MAX = 1 << 20
STRIP_COUNT_MAX = 65_535
ALIGN_BYTES_MAX = 1 << 16
PALETTE_MAX = 256
PALETTE_FILE_BYTES_MAX = 1024 * 1024
"""Bytes of a palette file that is no picture; 256 colours with long names take some 20 KB."""

# Fonts
FONT_SIZE_PX_MAX = 480
"""px of the em: as high as the displays that such parts drive; what is larger is a picture."""
GLYPHS_MAX = 65_535
FALLBACK_FONTS_MAX = 8
"""Fonts that a reader asks for one character, the first included (FORMAT.md)."""
SEGMENTS_MAX = 8
"""Segments the builder emits: the reader finds a glyph in one segment read (FORMAT.md)."""
GLYPH_AREA_EMS_MAX = 64
"""Area of one glyph in square ems: U+FDFD takes some 10, a hostile outline would ask for gigabytes."""
FONT_PIXELS_MAX = 512 * 1024 * 1024
"""Pixels of all glyphs of a font together, one byte each while building."""
FONT_CODED_PIXELS_MAX = 64 * 1024 * 1024
"""Pixels of all coded glyphs of a font: a few bytes could ask for any number, and each takes time."""
KEPT_PICTURES_BYTES_MAX = 64 * 1024 * 1024
"""Pixels of pictures kept from counting their colours for a shared palette to encoding them; the rest is
decoded once more."""
CACHE_BYTES_MAX = 512 * 1024 * 1024
"""Entries used longest ago are removed beyond this."""
FONT_FILE_BYTES_MAX = 256 * 1024 * 1024
FONT_UNPACKED_BYTES_MAX = 64 * 1024 * 1024
"""Bytes of a WOFF or WOFF2 font once it is decompressed: the largest CJK fonts have some 30 MB."""
FONT_COMPONENTS_MAX = 4096
"""Parts of one composite glyph, parts of parts counted: real ones have a dozen."""
FONT_SECONDS_MAX = 120
"""Seconds for the glyphs of one font; FreeType itself gives up on a single glyph after some million steps."""
CHARACTERS_FILE_BYTES_MAX = 64 * 1024 * 1024
TEXTS_FILE_BYTES_MAX = 16 * 1024 * 1024
STRINGS_MAX = 32_767
"""u16 and the look-up's fold (FORMAT.md 6.2)."""
TEXT_BYTES_MAX = 0x7FFF
LANGUAGES_MAX = 255
LANGUAGE_TAG_BYTES_MAX = 15

# Settings (SETTINGS-FORMAT.md)
SETTING_BYTES_MAX = 254
"""u8 in a record's head; 255 is what erased flash holds."""
SETTINGS_MAX = 1000
"""Settings of one area: littlefs is the choice long before."""
SETTINGS_SECTORS_MAX = 63

KEY_BYTES_MAX = 64 * 1024
"""Bytes of a key file: a PEM of Ed25519 has some hundred."""

RAMCHECK_STEPS_MAX = 200_000
"""Instructions, each time it is looked at, of one function that ``check-ram`` follows."""
RAMCHECK_FUNCTIONS_MAX = 20_000
"""Functions that ``check-ram`` follows from its entry points."""
RAMCHECK_CONTEXTS_MAX = 200
"""Ways of being called (what is known of arguments, stack) in which ``check-ram`` looks at a function."""
