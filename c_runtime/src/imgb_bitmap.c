/* imgb_bitmap.c - bitmaps: header, strips, rows, rectangles.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"
#include "imgb_range_pixels.h"

#define BITMAP_HEADER_BYTES 24u
#define EXT_TRIM 1u
#define EXT_TINT 2u
#define STRIDE_MAX 0xFFFFFFu

/* IMGB_PIXELS_... of formats whose drawing is left out */
#define MORE(kind) ((kind) | (IMGB_CFG_DRAW_MORE ? 0u : IMGB_PIXELS_UNDRAWN))
#define EPAPER(kind) ((kind) | (IMGB_CFG_DRAW_EPAPER ? 0u : IMGB_PIXELS_UNDRAWN))

uint32_t imgb_priv_pixels(uint8_t pixel_format) {
  enum { B1, B2, B4, B8, B12, B16, B24, B32 }; /* bits of a pixel, as the last three bits of an entry */
  static const uint8_t bits[] = {1, 2, 4, 8, 12, 16, 24, 32};
#define PIXELS(kind, bits) (uint8_t)((kind) << 3 | (bits))
  static const uint8_t facts[] = {
      PIXELS(IMGB_PIXELS_GREY, B8),          PIXELS(IMGB_PIXELS_INDEX, B1),
      PIXELS(IMGB_PIXELS_INDEX, B2), /* 06h */
      PIXELS(IMGB_PIXELS_INDEX, B4),         PIXELS(IMGB_PIXELS_INDEX, B8),
      PIXELS(IMGB_PIXELS_COVERAGE, B1),      PIXELS(IMGB_PIXELS_COVERAGE, B2),
      PIXELS(IMGB_PIXELS_COVERAGE, B4),      PIXELS(IMGB_PIXELS_COVERAGE, B8),
      PIXELS(IMGB_PIXELS_RGB, B24),          PIXELS(IMGB_PIXELS_RGB, B32),
      PIXELS(IMGB_PIXELS_RGB, B32),          PIXELS(IMGB_PIXELS_565, B16),
      PIXELS(MORE(IMGB_PIXELS_565), B24),    PIXELS(IMGB_PIXELS_565, B16), /* 12h */
      PIXELS(MORE(IMGB_PIXELS_AL), B16),     PIXELS(MORE(IMGB_PIXELS_FIELDS), B16),
      PIXELS(MORE(IMGB_PIXELS_FIELDS), B16), PIXELS(MORE(IMGB_PIXELS_FIELDS), B8), /* 18h */
      PIXELS(IMGB_PIXELS_GREY, B1),          PIXELS(IMGB_PIXELS_GREY, B2),
      PIXELS(IMGB_PIXELS_GREY, B4), /* 41h */
      PIXELS(MORE(IMGB_PIXELS_FIELDS), B8),  PIXELS(MORE(IMGB_PIXELS_FIELDS), B12),
      PIXELS(MORE(IMGB_PIXELS_FIELDS), B24), PIXELS(MORE(IMGB_PIXELS_RGB), B24),
      PIXELS(EPAPER(IMGB_PIXELS_GREY), B8), /* 48h: a column of a page */
      PIXELS(EPAPER(IMGB_PIXELS_INK), B1),   PIXELS(EPAPER(IMGB_PIXELS_INK), B1),
      PIXELS(EPAPER(IMGB_PIXELS_GREY), B1), /* 50h */
      PIXELS(EPAPER(IMGB_PIXELS_INK), B2),   PIXELS(EPAPER(IMGB_PIXELS_INK), B4),
      PIXELS(EPAPER(IMGB_PIXELS_INK), B4),
  };
#undef PIXELS
  uint32_t at = (uint32_t)pixel_format - IMGB_PF_GRAY8;
  uint32_t last = IMGB_PF_ARGB2222 - IMGB_PF_GRAY8;
  if (pixel_format >= IMGB_PF_EPD_BWR) {
    at = 27u + pixel_format - IMGB_PF_EPD_BWR;
    last = sizeof facts - 1u;
  } else if (pixel_format >= IMGB_PF_GRAY1) {
    at = 19u + pixel_format - IMGB_PF_GRAY1;
    last = 26u;
  }
  return at <= last ? (uint32_t)bits[facts[at] & 7u] << 8 | facts[at] >> 3 : 0;
}

/* Whether what the header says can be computed with and lies within the payload; rows is not 0. */
static int is_sane(const imgb_bitmap_t *b) {
  uint32_t stored = b->asset.stored_bytes;
  uint32_t bytes = b->stride_bytes, rows = b->rows, strip_rows = b->strip_rows, strips = b->strip_count;
  int is_raw = b->asset.codec == IMGB_CODEC_RAW;
  if (bytes > STRIDE_MAX || bytes < ((uint32_t)b->width * b->bits_per_pixel + 7u) / 8u) return 0;
  if (b->pixel_format >= IMGB_PF_I1 && b->pixel_format <= IMGB_PF_I8 &&
      ((uint32_t)b->palette_count - 1u >= 1u << b->bits_per_pixel || (b->palette & 3u) != 0 ||
       !imgb_priv_fits(b->palette, 4u * (uint32_t)b->palette_count, stored))) {
    return 0;
  }
  if (is_raw) {
    if (strip_rows != 0) return 0;
  } else {
    rows -= strip_rows * (strips - 1u); /* those of the last strip */
    if (rows - 1u >= strip_rows || !imgb_priv_fits(b->strip_table, 4u * strips, stored)) return 0;
    rows = strip_rows;
    bytes += b->alpha_stride_bytes;
  }
  if ((bytes >> 9) * rows >= 0x200000u) return 0; /* 1 GiB: from here on products keep to 32 bits */
  if (!imgb_priv_fits(b->pixels, is_raw ? bytes * rows : 0, stored)) return 0;
  return !is_raw || b->alpha_stride_bytes == 0 ||
         (b->alpha != 0 && imgb_priv_fits(b->alpha, b->alpha_stride_bytes * rows, stored));
}

/* The extension TLVs between header and strip table; unknown ones are skipped. */
static IMGB_NOINLINE int read_extensions(imgb_bitmap_t *b) {
  uint32_t at = BITMAP_HEADER_BYTES;
  while (at < b->strip_table) {
    uint32_t w[3]; /* what an extension is too short for is not looked at */
    uint32_t words = (b->strip_table - at) / 4u;
    uint32_t length;
    int r = imgb_priv_payload_words(&b->asset, at, w, words < 3u ? words : 3u);
    if (r != IMGB_OK) return r;
    length = w[0] >> 16;
    at += 4u + ((length + 3u) & ~3u);
    if (at > b->strip_table) return IMGB_ERR_FORMAT;
    if (w[0] == (0x80000u | EXT_TRIM)) {
      b->trim_x = imgb_priv_s16(w[1]);
      b->trim_y = imgb_priv_s16(w[1] >> 16);
      b->full_width = (uint16_t)w[2];
      b->full_height = (uint16_t)(w[2] >> 16);
    } else if (w[0] == (0x40000u | EXT_TINT)) {
      uint32_t i;
      for (i = 0; i < 4u; i++) b->tint[i] = (uint8_t)(w[1] >> (8u * i));
      b->has_tint = 1;
    }
  }
  return IMGB_OK;
}

int imgb_bitmap_open(const imgb_asset_t *asset, imgb_bitmap_t *bitmap) {
  uint32_t w[BITMAP_HEADER_BYTES / 4u];
  int r;
  memset(bitmap, 0, sizeof *bitmap);
  if (asset->kind != IMGB_KIND_BITMAP) return IMGB_ERR_KIND;
  bitmap->bits_per_pixel = (uint8_t)(imgb_priv_pixels(asset->pixel_format) >> 8);
  if (bitmap->bits_per_pixel == 0) return IMGB_ERR_UNSUPPORTED;
  if (asset->codec != IMGB_CODEC_RAW && !(IMGB_CFG_RLE && asset->codec == IMGB_CODEC_RLE) &&
      !(IMGB_CFG_LZ4 && asset->codec == IMGB_CODEC_LZ4) &&
      !(IMGB_CFG_RANGE && asset->codec == IMGB_CODEC_RANGE))
    return IMGB_ERR_UNSUPPORTED;
  r = imgb_priv_payload_words(asset, 0, w, BITMAP_HEADER_BYTES / 4u);
  if (r != IMGB_OK) return r;
  bitmap->asset = *asset;
  bitmap->width = asset->width;
  bitmap->pixel_format = asset->pixel_format;
  bitmap->stride_bytes = w[0];
  bitmap->order = (uint8_t)w[1];
  bitmap->strip_table = BITMAP_HEADER_BYTES + 4u * (w[1] >> 8 & 0xFFu);
  bitmap->palette_count = (uint16_t)(w[1] >> 16);
  bitmap->strip_rows = (uint16_t)w[2];
  bitmap->strip_count = (uint16_t)(w[2] >> 16);
  bitmap->height = asset->height;
  bitmap->rows = asset->height;
  if (asset->pixel_format == IMGB_PF_MONO_PAGE) {
    bitmap->rows = (uint16_t)(((uint32_t)asset->height + 7u) >> 3);
  }
  bitmap->full_width = asset->width;
  bitmap->full_height = asset->height;
  if (asset->pixel_format == IMGB_PF_RGB565A8) bitmap->alpha_stride_bytes = bitmap->stride_bytes / 2u;
  if (asset->pixel_format >= IMGB_PF_EPD_BWR && asset->pixel_format <= IMGB_PF_EPD_GRAY4) {
    bitmap->alpha_stride_bytes = bitmap->stride_bytes;
  }
  memcpy((uint8_t *)bitmap + offsetof(imgb_bitmap_t, pixels), w + 3, 3u * sizeof *w); /* to palette */
  r = IMGB_ERR_FORMAT;
  if (asset->width != 0 && asset->height != 0 && is_sane(bitmap)) r = read_extensions(bitmap);
  if (r != IMGB_OK) bitmap->height = bitmap->rows = 0; /* a bitmap that did not open has no rows */
  return r;
}

int imgb_bitmap_palette(const imgb_bitmap_t *bitmap, uint32_t first, uint32_t count, uint8_t *bgra) {
  if (!imgb_priv_fits(first, count, bitmap->palette_count)) return IMGB_ERR_RANGE;
  return imgb_read(&bitmap->asset, bitmap->palette + 4u * first, bgra, 4u * count);
}

/* --- strips ------------------------------------------------------------------------------------ */

int imgb_bitmap_strip(const imgb_bitmap_t *bitmap, uint32_t n, imgb_strip_t *strip) {
  uint32_t ends[2]; /* of the strip before, which is this one's start, and of this one */
  uint32_t start, end, rows;
  int r;
  if (n >= bitmap->strip_count || bitmap->rows == 0) return IMGB_ERR_RANGE;
  r = imgb_priv_payload_words(&bitmap->asset, bitmap->strip_table + 4u * n - 4u, ends, 2);
  if (r != IMGB_OK) return r;
  start = n != 0 ? ends[0] & 0x7FFFFFFFu : 0; /* before the table's first entry stands something else */
  end = ends[1] & 0x7FFFFFFFu;
  strip->is_raw = (uint8_t)(ends[1] >> 31);
  rows = bitmap->rows - n * bitmap->strip_rows;
  if (rows > bitmap->strip_rows) rows = bitmap->strip_rows;
  strip->first_row = (uint16_t)(n * bitmap->strip_rows);
  strip->rows = (uint16_t)rows;
  strip->decoded_bytes = rows * (bitmap->stride_bytes + bitmap->alpha_stride_bytes);
  strip->offset = bitmap->pixels + start;
  strip->stored_bytes = end - start;
  if (end < start || end > bitmap->asset.stored_bytes - bitmap->pixels ||
      strip->stored_bytes > strip->decoded_bytes ||
      (strip->is_raw != 0 && strip->stored_bytes != strip->decoded_bytes)) {
    return IMGB_ERR_FORMAT;
  }
  return IMGB_OK;
}

int imgb_strip_decode(const imgb_bitmap_t *bitmap, const imgb_strip_t *strip, const void *stored,
                      void *decoded, uint32_t decoded_bytes) {
  if (decoded_bytes < strip->decoded_bytes) return IMGB_ERR_BUFFER;
  if (strip->is_raw != 0) {
    memmove(decoded, stored, strip->stored_bytes);
    return IMGB_OK;
  }
#if IMGB_CFG_RLE
  if (bitmap->asset.codec == IMGB_CODEC_RLE) {
    uint32_t unit = bitmap->bits_per_pixel >> 3;
    if (bitmap->bits_per_pixel == 12u) unit = 3u; /* two pixels of rgb444 */
    return imgb_rle_decode((const uint8_t *)stored, strip->stored_bytes, (uint8_t *)decoded,
                           strip->rows * bitmap->stride_bytes, strip->rows * bitmap->alpha_stride_bytes,
                           unit != 0 ? unit : 1u);
  }
#endif
#if IMGB_CFG_RANGE
  if (bitmap->asset.codec == IMGB_CODEC_RANGE) {
    return imgb_range_strip(bitmap, strip, (const uint8_t *)stored, NULL, 0, (uint8_t *)decoded);
  }
#endif
#if IMGB_CFG_LZ4
  if (bitmap->asset.codec == IMGB_CODEC_LZ4) {
    return imgb_lz4_decode((const uint8_t *)stored, strip->stored_bytes, (uint8_t *)decoded,
                           strip->decoded_bytes);
  }
#else
  (void)bitmap;
#endif
  return IMGB_ERR_UNSUPPORTED;
}

/* --- rows -------------------------------------------------------------------------------------- */

/* Bytes that rows need: a row where there are no strips, else a whole strip and room to decode in place. */
static IMGB_NOINLINE uint32_t row_work_bytes(const imgb_bitmap_t *b, int is_mapped) {
  uint32_t bytes = b->stride_bytes + b->alpha_stride_bytes;
  if (b->strip_rows == 0) return is_mapped ? 0 : bytes;
  bytes *= b->strip_rows < b->rows ? b->strip_rows : b->rows;
  return is_mapped ? bytes : IMGB_WORK_BYTES(bytes);
}

uint32_t imgb_bitmap_work_bytes(const imgb_bitmap_t *bitmap) {
  return row_work_bytes(bitmap, 0) + 4u * (uint32_t)bitmap->palette_count;
}

int imgb_rows_begin(imgb_rows_t *rows, const imgb_bitmap_t *bitmap, void *work, uint32_t work_bytes) {
  rows->bitmap = bitmap;
  rows->payload = (const uint8_t *)imgb_map(&bitmap->asset, 0, bitmap->asset.stored_bytes);
  rows->work = (uint8_t *)work;
  rows->work_bytes = work_bytes;
  rows->strip_first = 0;
  rows->strip_rows = 0;
  return work_bytes < row_work_bytes(bitmap, rows->payload != NULL) ? IMGB_ERR_BUFFER : IMGB_OK;
}

/* A row of a bitmap without strips: mapped all are at hand, else it is read whenever it is asked for. */
static IMGB_NOINLINE int load_raw(imgb_rows_t *rows, uint32_t y, int with_alpha) {
  const imgb_bitmap_t *b = rows->bitmap;
  int r;
  if (rows->payload != NULL) {
    rows->strip = rows->payload + b->pixels;
    rows->alpha = rows->payload + b->alpha;
    rows->strip_rows = b->rows;
    return IMGB_OK;
  }
  rows->strip_first = y;
  rows->strip = rows->work;
  rows->alpha = rows->work + b->stride_bytes;
  r = imgb_read(&b->asset, b->pixels + y * b->stride_bytes, rows->work, b->stride_bytes);
  if (r == IMGB_OK && with_alpha && b->alpha_stride_bytes != 0) {
    r = imgb_read(&b->asset, b->alpha + y * b->alpha_stride_bytes, rows->work + b->stride_bytes,
                  b->alpha_stride_bytes);
  }
  return r;
}

static int load_strip(imgb_rows_t *rows, uint32_t y) {
  const imgb_bitmap_t *b = rows->bitmap;
  imgb_strip_t strip;
  uint32_t n = 0;
  const uint8_t *stored;
  int r;
  while (y >= b->strip_rows) { /* a division costs more code than this loop costs time next to a read */
    y -= b->strip_rows;
    n++;
  }
  rows->strip_rows = 0;
  r = imgb_bitmap_strip(b, n, &strip);
  if (r != IMGB_OK) return r;
  rows->strip = rows->work;
  if (rows->payload != NULL) {
    stored = rows->payload + strip.offset;
    if (strip.is_raw != 0) rows->strip = stored;
#if IMGB_CFG_RANGE
  } else if (b->asset.codec == IMGB_CODEC_RANGE && strip.is_raw == 0) {
    /* Decoded pixels would overtake the stored bytes: these come in pieces, into what work has behind the
     * strip. */
    if (rows->work_bytes < strip.decoded_bytes) return IMGB_ERR_BUFFER;
    r = imgb_range_strip(b, &strip, NULL, rows->work + strip.decoded_bytes,
                         rows->work_bytes - strip.decoded_bytes, rows->work);
    if (r != IMGB_OK) return r;
    strip.is_raw = 1; /* by now */
    stored = NULL;
#endif
  } else {
    uint32_t at = rows->work_bytes - strip.stored_bytes;
    if (rows->work_bytes < strip.stored_bytes) return IMGB_ERR_BUFFER;
    stored = rows->work + (strip.is_raw != 0 ? 0 : at);
    r = imgb_read(&b->asset, strip.offset, (uint8_t *)stored, strip.stored_bytes);
    if (r != IMGB_OK) return r;
  }
  if (strip.is_raw == 0) {
    r = imgb_strip_decode(b, &strip, stored, rows->work, rows->work_bytes);
    if (r != IMGB_OK) return r;
  }
  rows->alpha = rows->strip + strip.rows * b->stride_bytes;
  rows->strip_first = strip.first_row;
  rows->strip_rows = strip.rows;
  return IMGB_OK;
}

int imgb_rows_get(imgb_rows_t *rows, uint32_t y, const uint8_t **pixels, const uint8_t **alpha) {
  const imgb_bitmap_t *b = rows->bitmap;
  if (y >= b->rows) return IMGB_ERR_RANGE;
  if (y - rows->strip_first >= rows->strip_rows) {
    int r = b->strip_rows == 0 ? load_raw(rows, y, alpha != NULL) : load_strip(rows, y);
    if (r != IMGB_OK) return r;
  }
  y -= rows->strip_first;
  *pixels = rows->strip + y * b->stride_bytes;
  if (alpha != NULL) *alpha = b->alpha_stride_bytes != 0 ? rows->alpha + y * b->alpha_stride_bytes : NULL;
  return IMGB_OK;
}

/* One row of a rectangle.  Without strips just its bytes are read, straight to where they belong. */
static int rect_row(imgb_rows_t *rows, uint32_t y, uint32_t from, uint32_t bytes, uint8_t *pixels,
                    uint8_t *alpha) {
  const imgb_bitmap_t *b = rows->bitmap;
  uint32_t half = b->alpha_stride_bytes != b->stride_bytes; /* 1 byte of alpha beside 2 of colour */
  const uint8_t *p, *a;
  int r;
  if (b->strip_rows == 0 && rows->payload == NULL) {
    r = imgb_read(&b->asset, b->pixels + y * b->stride_bytes + from, pixels, bytes);
    if (r != IMGB_OK || alpha == NULL) return r;
    from = b->alpha + y * b->alpha_stride_bytes + (from >> half);
    return imgb_read(&b->asset, from, alpha, bytes >> half);
  }
  r = imgb_rows_get(rows, y, &p, &a);
  if (r != IMGB_OK) return r;
  memcpy(pixels, p + from, bytes);
  if (alpha != NULL) memcpy(alpha, a + (from >> half), bytes >> half);
  return IMGB_OK;
}

int imgb_rows_rect(imgb_rows_t *rows, uint32_t x, uint32_t y, uint32_t width, uint32_t height, void *pixels,
                   uint32_t pixels_stride, void *alpha, uint32_t alpha_stride) {
  const imgb_bitmap_t *b = rows->bitmap;
  uint8_t *to = (uint8_t *)pixels;
  uint8_t *to_alpha = b->alpha_stride_bytes != 0 ? (uint8_t *)alpha : NULL;
  uint32_t from, bytes;
  if (!imgb_priv_fits(x, width, b->width) || !imgb_priv_fits(y, height, b->rows)) return IMGB_ERR_RANGE;
  from = x * b->bits_per_pixel;
  bytes = width * b->bits_per_pixel;
  /* the last pixels of a row may fill their byte in part */
  if ((from & 7u) != 0 || ((bytes & 7u) != 0 && x + width != b->width)) return IMGB_ERR_ARGUMENT;
  from /= 8u;
  bytes = (bytes + 7u) / 8u;
  if (bytes > pixels_stride) return IMGB_ERR_BUFFER;
  if (to_alpha != NULL && bytes >> (b->alpha_stride_bytes != b->stride_bytes) > alpha_stride) {
    return IMGB_ERR_BUFFER;
  }
  for (; height != 0; height--, y++) {
    int r = rect_row(rows, y, from, bytes, to, to_alpha);
    if (r != IMGB_OK) return r;
    to += pixels_stride;
    if (to_alpha != NULL) to_alpha += alpha_stride;
  }
  return IMGB_OK;
}
