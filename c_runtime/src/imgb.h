/* imgb.h - reads an imgbuild pack from flash, in place.  SPDX-License-Identifier: MIT
 *
 * C99, no heap, no globals, no recursion.  FORMAT.md beside this folder specifies the bytes.
 */
#ifndef IMGB_H
#define IMGB_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IMGB_VERSION_MAJOR 0
#define IMGB_VERSION_MINOR 1
#define IMGB_FORMAT_MAJOR 1 /* generated headers compare this and stop with #error */

#if defined(__GNUC__) || defined(__clang__)
#define IMGB_NODISCARD __attribute__((warn_unused_result))
#else
#define IMGB_NODISCARD
#endif

enum imgb_error {
  IMGB_OK = 0,
  IMGB_ERR_ARGUMENT = -1,    /* NULL, zero, or out of the range a parameter allows */
  IMGB_ERR_ERASED = -2,      /* all bytes 0xFF where the header should be */
  IMGB_ERR_MAGIC = -3,       /* not a pack */
  IMGB_ERR_VERSION = -4,     /* the pack asks for a newer reader */
  IMGB_ERR_TRUNCATED = -5,   /* the pack is larger than io.size */
  IMGB_ERR_HEADER = -6,      /* header CRC-32, or a header field out of bounds */
  IMGB_ERR_TORN = -7,        /* end marker missing or of another pack */
  IMGB_ERR_PRODUCT = -8,     /* pack_id differs */
  IMGB_ERR_CONTRACT = -9,    /* contract_hash differs */
  IMGB_ERR_INDEX = -10,      /* index CRC-32 */
  IMGB_ERR_ENTRY = -11,      /* an entry's check byte, or its fields out of bounds */
  IMGB_ERR_PAYLOAD = -12,    /* payload CRC-32 */
  IMGB_ERR_FORMAT = -13,     /* a payload's fields or coded bytes are malformed */
  IMGB_ERR_NOT_FOUND = -14,  /* no such asset, or the font lacks the character */
  IMGB_ERR_KIND = -15,       /* the asset is of another kind */
  IMGB_ERR_UNSUPPORTED = -16,/* pixel format or codec unknown, or left out by IMGB_CFG_... */
  IMGB_ERR_BUFFER = -17,     /* the caller's buffer is too small */
  IMGB_ERR_RANGE = -18,      /* outside the asset */
  IMGB_ERR_PORT = -1000      /* a port's own codes are <= -1000 and pass through unchanged */
};

enum imgb_kind { IMGB_KIND_BITMAP = 1, IMGB_KIND_FONT = 2, IMGB_KIND_FILE = 3 };
enum imgb_codec { IMGB_CODEC_RAW = 0, IMGB_CODEC_RLE = 1, IMGB_CODEC_LZ4 = 2 };
enum imgb_pixel_format {
  IMGB_PF_GRAY8 = 0x06, IMGB_PF_I1 = 0x07, IMGB_PF_I2 = 0x08, IMGB_PF_I4 = 0x09, IMGB_PF_I8 = 0x0A,
  IMGB_PF_A1 = 0x0B, IMGB_PF_A2 = 0x0C, IMGB_PF_A4 = 0x0D, IMGB_PF_A8 = 0x0E, IMGB_PF_RGB888 = 0x0F,
  IMGB_PF_ARGB8888 = 0x10, IMGB_PF_XRGB8888 = 0x11, IMGB_PF_RGB565 = 0x12, IMGB_PF_RGB565A8 = 0x14,
  IMGB_PF_GRAY1 = 0x41, IMGB_PF_GRAY2 = 0x42, IMGB_PF_GRAY4 = 0x43
};

typedef struct imgb_io {
  int (*read)(void *ctx, uint32_t offset, void *buffer, uint32_t length); /* 0, or a code <= -1000 */
  const void *(*map)(void *ctx, uint32_t offset, uint32_t length);        /* may be NULL, may return NULL */
  void *ctx;
  uint32_t size;       /* bytes readable: a pack that claims more is truncated */
  uint32_t read_align; /* 1; or 2, 4, ... where offset, length and buffer of a read must be multiples */
} imgb_io_t;

typedef struct imgb_pack {
  imgb_io_t io;
  uint16_t assets, buckets;
  uint32_t total_bytes, content_version, pack_id, contract_hash, max_strip_bytes;
  uint32_t header_bytes, index_offset, names_offset, names_bytes, tlv_offset, tlv_bytes, index_crc32;
} imgb_pack_t;

typedef struct imgb_asset {
  imgb_io_t io;
  uint8_t name_bytes, kind, pixel_format, codec, variant, flags;
  uint16_t width, height, next_variant;
  uint32_t base;         /* the payload's offset for io */
  uint32_t stored_bytes, crc32, key;
  uint32_t name_offset;  /* for io; name_bytes 0: no name stored */
} imgb_asset_t;

/* pack: imgb.c */
IMGB_NODISCARD int imgb_open(imgb_pack_t *pack, const imgb_io_t *io, uint32_t pack_id);
IMGB_NODISCARD int imgb_require(const imgb_pack_t *pack, uint32_t contract_hash);
IMGB_NODISCARD int imgb_find(const imgb_pack_t *pack, const char *name, imgb_asset_t *asset);
IMGB_NODISCARD int imgb_get(const imgb_pack_t *pack, uint32_t key, imgb_asset_t *asset);
IMGB_NODISCARD int imgb_at(const imgb_pack_t *pack, uint32_t ordinal, imgb_asset_t *asset); /* 0..assets-1 */
IMGB_NODISCARD int imgb_name(const imgb_asset_t *asset, char *buffer, uint32_t buffer_bytes); /* 64 fits all */
IMGB_NODISCARD int imgb_read(const imgb_asset_t *asset, uint32_t offset, void *buffer, uint32_t length);
const void *imgb_map(const imgb_asset_t *asset, uint32_t offset, uint32_t length); /* NULL: not mapped */
enum { IMGB_CHECK_INDEX = 1, IMGB_CHECK_PAYLOADS = 2 };
IMGB_NODISCARD int imgb_check(const imgb_pack_t *pack, unsigned what, void *work, uint32_t work_bytes);
IMGB_NODISCARD int imgb_asset_check(const imgb_asset_t *asset, void *work, uint32_t work_bytes);

/* bitmaps: imgb_bitmap.c */
typedef struct imgb_bitmap {
  uint8_t pixel_format, bits_per_pixel, order;
  uint16_t width, height, palette_count, strip_rows, strip_count;
  uint32_t stride_bytes, alpha_stride_bytes; /* 0: no alpha plane */
  uint32_t pixels, alpha, palette, strip_table; /* offsets in the payload */
  imgb_asset_t asset;
} imgb_bitmap_t;
enum { IMGB_ORDER_BIG = 1, IMGB_ORDER_LSB_FIRST = 2, IMGB_ORDER_PREMULTIPLIED = 4 };
#define IMGB_WORK_BYTES(max_strip_bytes) ((max_strip_bytes) + (max_strip_bytes) / 256u + 32u)

IMGB_NODISCARD int imgb_bitmap_open(const imgb_asset_t *asset, imgb_bitmap_t *bitmap);
IMGB_NODISCARD int imgb_bitmap_palette(const imgb_bitmap_t *bitmap, uint32_t first, uint32_t count, uint8_t *bgra);
/* bytes of work that imgb_rows_* need for this bitmap */
uint32_t imgb_bitmap_work_bytes(const imgb_bitmap_t *bitmap);

typedef struct imgb_strip { /* where a strip lies and what it holds */
  uint32_t offset;          /* of its stored bytes in the payload (imgb_read, imgb_map) */
  uint32_t stored_bytes, decoded_bytes;
  uint16_t first_row, rows;
  uint8_t is_raw;
} imgb_strip_t;
IMGB_NODISCARD int imgb_bitmap_strip(const imgb_bitmap_t *bitmap, uint32_t n, imgb_strip_t *strip);
IMGB_NODISCARD int imgb_strip_decode(const imgb_bitmap_t *bitmap, const imgb_strip_t *strip, const void *stored,
                                     void *decoded, uint32_t decoded_bytes); /* pure: reads no flash */

typedef struct imgb_rows { /* reads rows; keeps the strip decoded last */
  const imgb_bitmap_t *bitmap;
  const uint8_t *payload; /* where the flash is mapped, else NULL */
  uint8_t *work;
  uint32_t work_bytes;
  const uint8_t *strip; /* decoded rows of strip_first.. */
  uint32_t strip_first, strip_rows;
} imgb_rows_t;
IMGB_NODISCARD int imgb_rows_begin(imgb_rows_t *rows, const imgb_bitmap_t *bitmap, void *work, uint32_t work_bytes);
/* *pixels: the row's stride_bytes bytes; *alpha (may be NULL): the alpha row or NULL.  Valid until the next call. */
IMGB_NODISCARD int imgb_rows_get(imgb_rows_t *rows, uint32_t y, const uint8_t **pixels, const uint8_t **alpha);
/* Copies a rectangle of packed pixels; x and width in whole bytes for formats below 8 bits. alpha may be NULL. */
IMGB_NODISCARD int imgb_rows_rect(imgb_rows_t *rows, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
                                  void *pixels, uint32_t pixels_stride, void *alpha, uint32_t alpha_stride);

/* LZ4 blocks: imgb_lz4.c.  decoded_bytes must come out exactly.  src may overlap the end of dst. */
IMGB_NODISCARD int imgb_lz4_decode(const uint8_t *src, uint32_t src_bytes, uint8_t *dst, uint32_t decoded_bytes);

/* fonts: imgb_font.c */
typedef struct imgb_font {
  uint8_t bpp, model, underline_thickness, advance_fraction_bits, segments, record_bytes, bits[6];
  int8_t x_bias, y_bias;
  uint16_t size_px, glyphs, max_w, max_h;
  int16_t ascent, descent, line_gap, underline, advance_bias;
  uint32_t records, pixels, pixels_bytes, kern, model_table, fallback_key;
  imgb_asset_t asset;
} imgb_font_t;
typedef struct imgb_glyph {
  uint32_t offset; /* of its pixels, in the payload */
  uint32_t stored_bytes;
  int32_t advance; /* 1/16 px */
  int32_t x, y;    /* the bitmap's left column right of the pen, its top row above the baseline; px */
  uint16_t w, h, index;
  uint8_t is_raw;
} imgb_glyph_t;
IMGB_NODISCARD int imgb_font_open(const imgb_asset_t *asset, imgb_font_t *font);
/* IMGB_ERR_NOT_FOUND: the font lacks the character; *index is then 0, the .notdef glyph */
IMGB_NODISCARD int imgb_font_index(const imgb_font_t *font, uint32_t codepoint, uint32_t *index);
IMGB_NODISCARD int imgb_font_glyph(const imgb_font_t *font, uint32_t index, imgb_glyph_t *glyph);

typedef struct imgb_glyph_rows { /* streams a glyph's rows as coverage 0..255, one byte a pixel */
  const imgb_font_t *font;
  imgb_glyph_t glyph;
  uint8_t *row;     /* max_w bytes of work */
  uint8_t *window;  /* the rest of work: stored bytes read ahead */
  const uint8_t *stored; /* the window, or the glyph's bytes where the flash is mapped */
  uint32_t window_bytes, window_at, window_fill;
  uint32_t y;
} imgb_glyph_rows_t;
#define IMGB_TEXT_WORK_BYTES 384u /* enough for fonts up to max_w 128; more window means fewer reads */
uint32_t imgb_font_work_bytes(const imgb_font_t *font); /* the least that imgb_glyph_rows_begin accepts */
IMGB_NODISCARD int imgb_glyph_rows_begin(imgb_glyph_rows_t *rows, const imgb_font_t *font, const imgb_glyph_t *glyph,
                                         void *work, uint32_t work_bytes);
IMGB_NODISCARD int imgb_glyph_rows_next(imgb_glyph_rows_t *rows, const uint8_t **coverage);

/* text: imgb_text.c */
uint32_t imgb_utf8_next(const char **text); /* code point, U+FFFD for invalid bytes, 0 at the end */
IMGB_NODISCARD int imgb_text_measure(const imgb_font_t *font, const char *text, uint32_t *width_px);

/* drawing onto RGB565: imgb_draw.c */
typedef struct imgb_surface {
  uint16_t *pixels;        /* width x height of the band that this buffer holds */
  uint32_t stride_px;
  int32_t x0, y0;          /* screen position of pixels[0]: a screen may be drawn band by band */
  int32_t width, height;
  uint8_t is_swapped;      /* store the bytes of a pixel high byte first, as SPI displays want them */
} imgb_surface_t;
#define IMGB_RGB565(r, g, b) \
  ((uint16_t)((((((uint32_t)(r)) * 249u + 1014u) >> 11) << 11) | (((((uint32_t)(g)) * 253u + 505u) >> 10) << 5) | \
              ((((uint32_t)(b)) * 249u + 1014u) >> 11)))
void imgb_draw_fill(const imgb_surface_t *s, int32_t x, int32_t y, int32_t width, int32_t height, uint16_t rgb565);
IMGB_NODISCARD int imgb_draw_bitmap(const imgb_surface_t *s, int32_t x, int32_t y, const imgb_bitmap_t *bitmap,
                                    uint16_t rgb565, void *work, uint32_t work_bytes);
/* y is the baseline; x_end (may be NULL) gets the pen's place behind the text, rounded to px */
IMGB_NODISCARD int imgb_draw_text(const imgb_surface_t *s, int32_t x, int32_t y, const imgb_font_t *font,
                                  const char *text, uint16_t rgb565, void *work, uint32_t work_bytes, int32_t *x_end);

#ifdef __cplusplus
}
#endif
#endif
