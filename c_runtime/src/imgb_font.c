/* imgb_font.c - fonts: header, character map, glyph records, glyph rows.  SPDX-License-Identifier: MIT */
#include "imgb_glyph.h"

#define FONT_HEADER_BYTES 64u
#define SEGMENT_BYTES 12u
#define SEGMENTS_A_READ 8u
#define PAGE_BYTES 10u
#define RECORD_BYTES_MAX 16u
#define WINDOW_BYTES_MIN 16u
#define TABLE_BYTES_GRAY 716u
#define TABLE_BYTES_MONO 128u
#define CODED_BYTES_MORE 12u /* than its share of a raw glyph: a coded one never takes more */

static uint32_t table_bytes(const imgb_font_t *f) {
  return f->bpp == 1u ? TABLE_BYTES_MONO : TABLE_BYTES_GRAY;
}

static int font_is_sane(const imgb_font_t *f) {
  uint32_t stored = f->asset.stored_bytes;
  uint32_t bits = 1u; /* the record's raw bit */
  uint32_t i;
  for (i = 0; i < 6u; i++) {
    if (f->bits[i] > (i == 5u ? 32u : 16u)) return 0;
    bits += f->bits[i];
  }
  return (f->bpp - 1u < 4u || f->bpp == 8u) && f->advance_fraction_bits <= 4u && f->glyphs != 0 &&
         f->record_bytes <= RECORD_BYTES_MAX && bits <= 8u * (uint32_t)f->record_bytes &&
         imgb_priv_fits(FONT_HEADER_BYTES, SEGMENT_BYTES * f->segments, stored) &&
         imgb_priv_fits(f->records, ((uint32_t)f->glyphs + 1u) * f->record_bytes, stored) &&
         imgb_priv_fits(f->pixels, f->pixels_bytes, stored);
}

/* What the model asks for: a table in the payload, or a built-in one for this depth. */
static int find_table(imgb_font_t *f) {
  const int has_decoder = f->bpp == 1u ? IMGB_CFG_GLYPH_MONO : IMGB_CFG_GLYPH_GRAY;
  if (f->model == 0) return IMGB_OK;
  if (!has_decoder) return IMGB_ERR_UNSUPPORTED;
  if (f->model == IMGB_GLYPH_MODEL_OWN) {
    if (!imgb_priv_fits(f->model_table, table_bytes(f), f->asset.stored_bytes)) return IMGB_ERR_FORMAT;
    f->table = (const uint8_t *)imgb_map(&f->asset, f->model_table, table_bytes(f));
    return IMGB_OK;
  }
  f->table = imgb_glyph_table(f->model);
  if (f->table == NULL) return IMGB_ERR_UNSUPPORTED;
  return (f->model >= IMGB_GLYPH_MODEL_MONO7) == (f->bpp == 1u) ? IMGB_OK : IMGB_ERR_FORMAT;
}

int imgb_font_open(const imgb_asset_t *asset, imgb_font_t *font) {
  uint32_t w[FONT_HEADER_BYTES / 4u];
  uint32_t i;
  int r;
  memset(font, 0, sizeof *font);
  if (asset->kind != IMGB_KIND_FONT) return IMGB_ERR_KIND;
  r = imgb_priv_payload_words(asset, 0, w, FONT_HEADER_BYTES / 4u);
  if (r != IMGB_OK) return r;
  if (asset->codec != (w[0] >> 24 == 0 ? IMGB_CODEC_RAW : IMGB_CODEC_RANGE_GLYPHS))
    return IMGB_ERR_UNSUPPORTED;
  font->asset = *asset;
  font->size_px = (uint16_t)w[0];
  font->bpp = (uint8_t)(w[0] >> 16);
  font->model = (uint8_t)(w[0] >> 24);
  font->ascent = imgb_priv_s16(w[1]);
  font->descent = imgb_priv_s16(w[1] >> 16);
  font->line_gap = imgb_priv_s16(w[2]);
  font->underline = imgb_priv_s16(w[2] >> 16);
  font->underline_thickness = (uint8_t)w[3];
  font->advance_fraction_bits = (uint8_t)(w[3] >> 8);
  font->segments = (uint8_t)(w[3] >> 16);
  font->record_bytes = (uint8_t)(w[3] >> 24);
  font->glyphs = (uint16_t)w[4];
  font->advance_bias = imgb_priv_s16(w[4] >> 16);
  font->x_bias = imgb_priv_s8(w[5]);
  font->y_bias = imgb_priv_s8(w[5] >> 8);
  for (i = 0; i < 6u; i++) font->bits[i] = (uint8_t)(w[(i + 22u) / 4u] >> 8u * ((i + 22u) & 3u));
  font->max_w = (uint16_t)w[13];
  font->max_h = (uint16_t)(w[13] >> 16);
  font->coded_ratio = (uint16_t)w[14];
  if (font->coded_ratio - 1u >= 256u) font->coded_ratio = 256u;
  memcpy((uint8_t *)font + offsetof(imgb_font_t, records), w + 7, 6u * sizeof *w); /* to fallback_key */
  r = font_is_sane(font) ? find_table(font) : IMGB_ERR_FORMAT;
#if IMGB_CFG_KERN
  if (r == IMGB_OK && font->kern != 0) {
    r = (font->kern & 3u) != 0 ? IMGB_ERR_FORMAT
                               : imgb_priv_payload_words(&font->asset, font->kern, font->kern_head, 3u);
  }
#endif
  if (r == IMGB_OK) return IMGB_OK;
  font->glyphs = 0; /* a font that did not open has no glyphs and no characters */
  font->segments = 0;
  return r;
}

int imgb_font_keep_table(imgb_font_t *font, void *buffer, uint32_t buffer_bytes) {
  uint32_t length = table_bytes(font);
  int r;
  if (font->model != IMGB_GLYPH_MODEL_OWN || font->table != NULL) return IMGB_OK;
  if (buffer_bytes < length) return IMGB_ERR_BUFFER;
  r = imgb_read(&font->asset, font->model_table, buffer, length);
  if (r == IMGB_OK) font->table = (const uint8_t *)buffer;
  return r;
}

/* --- character map ----------------------------------------------------------------------------- */

#define ABSENT 0xFFFFFFFFu

/* Rank of character `bit` (0..63) of a page among the segment's glyphs. */
static uint32_t page_rank(const uint8_t *page, uint32_t bit) {
  uint32_t rank = imgb_priv_le16(page);
  page += 2;
  for (; bit >= 8u; bit -= 8u) {
    uint32_t set;
    for (set = *page++; set != 0; set &= set - 1u) rank++;
  }
  {
    uint32_t set = *page & ((2u << bit) - 1u);
    if (set >> bit == 0) return ABSENT;
    for (set &= set - 1u; set != 0; set &= set - 1u) rank++;
  }
  return rank;
}

int imgb_font_index(const imgb_font_t *font, uint32_t codepoint, uint32_t *index) {
  uint32_t words[SEGMENT_BYTES * SEGMENTS_A_READ / 4u];
  const uint32_t *w = words;
  uint32_t at, n = 0, glyph, pages;
  int r;
  *index = 0;
  for (at = 0;; n--, w += 3) {
    if (n == 0) {
      n = font->segments - at;
      if (n == 0) return IMGB_ERR_NOT_FOUND;
      if (n > SEGMENTS_A_READ) n = SEGMENTS_A_READ;
      r = imgb_priv_payload_words(&font->asset, FONT_HEADER_BYTES + SEGMENT_BYTES * at, words, 3u * n);
      if (r != IMGB_OK) return r;
      at += n;
      w = words;
    }
    if (codepoint < w[0]) return IMGB_ERR_NOT_FOUND; /* sorted: no later one can hold it */
    if (codepoint - w[0] <= (w[1] & 0xFFFFu)) break;
  }
  codepoint -= w[0];
  glyph = w[1] >> 16;
  pages = w[2];
  if (pages != 0) {
    if (pages > font->asset.stored_bytes) return IMGB_ERR_FORMAT; /* so that the sum does not wrap */
    r = imgb_priv_payload_near(&font->asset, pages + (codepoint >> 6) * PAGE_BYTES, words, PAGE_BYTES);
    if (r != IMGB_OK) return r;
    codepoint = page_rank((const uint8_t *)words, codepoint & 63u);
    if (codepoint == ABSENT) return IMGB_ERR_NOT_FOUND;
  }
  glyph += codepoint;
  if (glyph >= font->glyphs) return IMGB_ERR_FORMAT;
  *index = glyph;
  return IMGB_OK;
}

/* --- glyph records ----------------------------------------------------------------------------- */

/* The next n bits (0..32) of a little-endian number; only bytes that hold one of them are touched. */
static uint32_t take_bits(const uint8_t *record, uint32_t *at, uint32_t n) {
  uint32_t from = *at;
  uint32_t value = 0, got = 0;
  while (got < n) {
    value |= ((uint32_t)record[from >> 3] >> (from & 7u)) << got;
    got += 8u - (from & 7u);
    from += 8u - (from & 7u);
  }
  *at += n;
  return n == 32u ? value : value & (((uint32_t)1 << n) - 1u);
}

int imgb_font_glyph(const imgb_font_t *font, uint32_t index, imgb_glyph_t *glyph) {
  uint32_t words[(RECORD_BYTES_MAX + 8u) / 4u];
  const uint8_t *p = (const uint8_t *)words;
  uint32_t field[6]; /* advance, x, y, w, h, offset */
  uint32_t at = 0, i, bytes;
  int r;
  if (index >= font->glyphs) return IMGB_ERR_RANGE;
  r = imgb_priv_payload_near(&font->asset, font->records + index * font->record_bytes, words,
                             font->record_bytes);
  if (r != IMGB_OK) return r;
  for (i = 0; i < 6u; i++) field[i] = take_bits(p, &at, font->bits[i]);
  glyph->advance =
      ((int32_t)field[0] + font->advance_bias) * ((int32_t)1 << (4 - font->advance_fraction_bits));
  glyph->x = (int32_t)field[1] + font->x_bias;
  glyph->y = (int32_t)field[2] + font->y_bias;
  glyph->w = (uint16_t)field[3];
  glyph->h = (uint16_t)field[4];
  glyph->index = (uint16_t)index;
  bytes = (uint32_t)glyph->w * glyph->h;
  if (bytes >= 0x10000000u || glyph->w > font->max_w || glyph->h > font->max_h) return IMGB_ERR_FORMAT;
  bytes = (bytes * font->bpp + 7u) / 8u;
  glyph->is_raw = 1;
#if IMGB_CFG_GLYPH_RANGE
  if (font->model != 0 && take_bits(p, &at, 1) == 0) {
    glyph->is_raw = 0;
    bytes = (bytes >> 8) * font->coded_ratio + (((bytes & 255u) * font->coded_ratio + 255u) >> 8) +
            CODED_BYTES_MORE;
    if (bytes > font->pixels_bytes - field[5]) bytes = font->pixels_bytes - field[5];
  }
#endif
  glyph->offset = font->pixels + field[5];
  glyph->stored_bytes = bytes;
  return imgb_priv_fits(field[5], bytes, font->pixels_bytes) ? IMGB_OK : IMGB_ERR_FORMAT;
}

/* --- glyph rows -------------------------------------------------------------------------------- */

/* work: a byte of 0, the row above (then this one), the margin, bits of the row above that, the table, the
 * window. */
static uint32_t row_bytes(const imgb_font_t *font, uint32_t n) {
#if IMGB_CFG_GLYPH_MONO
  if (font->model != 0 && font->bpp == 1u) n += IMGB_GLYPH_MONO_BYTES(n);
#else
  (void)font;
#endif
  return n + 1u + IMGB_GLYPH_MARGIN;
}

static uint32_t state_bytes(const imgb_font_t *font) {
  uint32_t n = row_bytes(font, font->max_w);
#if IMGB_CFG_GLYPH_RANGE
  if (font->model != 0 && font->table == NULL) n += table_bytes(font);
#endif
  return n;
}

uint32_t imgb_font_work_bytes(const imgb_font_t *font) {
  return state_bytes(font) + WINDOW_BYTES_MIN + (uint32_t)(sizeof(imgb_priv_text_t) + sizeof(void *) - 1u);
}

/* 1 at every n-th bit below bit 10 - n: 510 / (2^n - 1), 3 bits rounded up, 1 bit one more, which does not
 * show in the half of it. */
IMGB_NOINLINE uint32_t imgb_priv_scale(uint32_t bits) {
  uint32_t scale = 0;
  uint32_t at = 9u - bits; /* ends where it wraps; of 0 bits at once */
  for (; at < 9u; at -= bits) scale |= (uint32_t)1 << at;
  return scale;
}

int imgb_glyph_rows_again(imgb_glyph_rows_t *rows, const imgb_font_t *font, const imgb_glyph_t *glyph) {
  imgb_range_t *const r = &rows->stored;
  uint8_t *const end = r->window + r->window_bytes; /* of work */
  uint32_t state = state_bytes(font);
  if ((uint32_t)(end - rows->row) < state + WINDOW_BYTES_MIN) return IMGB_ERR_BUFFER;
  if (glyph->w > font->max_w) return IMGB_ERR_ARGUMENT;
#if IMGB_CFG_GLYPH_RANGE
  if (rows->font != font) rows->table = NULL;
#endif
  rows->font = font;
  rows->glyph = *glyph;
#if IMGB_CFG_GLYPH_RANGE
  if (glyph->w == 0) rows->glyph.is_raw = 1; /* the decoders begin with a pixel */
#endif
  rows->y = 0;
  rows->done = 0;
  rows->scale = (uint16_t)imgb_priv_scale(font->bpp);
  r->window = rows->row + state;
  r->window_bytes = (uint32_t)(end - r->window);
  r->error = IMGB_OK;
#if IMGB_CFG_GLYPH_RANGE
  if (!rows->glyph.is_raw && rows->table == NULL) {
    rows->table = font->table;
    if (rows->table == NULL) {
      uint8_t *place = rows->row + row_bytes(font, font->max_w);
      r->error = imgb_read(&font->asset, font->model_table, place, table_bytes(font));
      if (r->error != IMGB_OK) return r->error;
      rows->table = place;
    }
  }
#endif
  r->asset = &font->asset;
  return IMGB_OK;
}

int imgb_glyph_rows_begin(imgb_glyph_rows_t *rows, const imgb_font_t *font, const imgb_glyph_t *glyph,
                          void *work, uint32_t work_bytes) {
  rows->font = NULL;
  rows->row = rows->stored.window = (uint8_t *)work;
  rows->stored.window_bytes = work_bytes;
  return imgb_glyph_rows_again(rows, font, glyph);
}

/* Goes to a byte of the glyph. */
static void seek(imgb_glyph_rows_t *rows, uint32_t at) {
  imgb_range_t *const r = &rows->stored;
  uint32_t n = rows->glyph.stored_bytes - at;
  r->offset = rows->glyph.offset + at;
  r->left = n;
  r->in = r->end = (const uint8_t *)imgb_map(r->asset, r->offset, n);
  if (r->in != NULL) {
    r->end += n;
    r->left = 0;
  }
}

/* Rows follow each other without gaps: code holds bits that were taken, the lowest `range` of them not yet
 * used. */
#if IMGB_CFG_GLYPH_RANGE
IMGB_NOINLINE /* what it keeps is not on the stack below the decoders */
#endif
    static void
    raw_row(imgb_glyph_rows_t *rows) {
  imgb_range_t *const r = &rows->stored;
  const uint32_t bpp = rows->font->bpp;
  uint8_t *at = rows->row + 1;
  uint8_t *const end = at + rows->glyph.w;
  const uint32_t mask = (1u << bpp) - 1u;
  if (rows->y != rows->done || rows->y == 0) {
    uint32_t bit = rows->y * rows->glyph.w * bpp;
    seek(rows, bit >> 3);
    r->range = 0;
    bit &= 7u;
    if (bit != 0) {
      r->code = imgb_range_feed(r, 0);
      r->range = 8u - bit;
    }
  }
  for (; at != end; at++) {
    if (r->range < bpp) {
      r->code = imgb_range_feed(r, r->code);
      r->range += 8u;
    }
    r->range -= bpp;
    *at = (uint8_t)(((r->code >> r->range) & mask) * rows->scale >> 1);
  }
  rows->done = (uint16_t)(rows->y + 1u);
}

#if IMGB_CFG_GLYPH_RANGE
static IMGB_NOINLINE void begin_coded(imgb_glyph_rows_t *rows) {
  const uint32_t bpp = rows->font->bpp;
  rows->nodes = (uint8_t)(bpp == 8u ? 16u : 1u << bpp);
  rows->repeats = 0;
  seek(rows, 0);
  memset(rows->row, 0, row_bytes(rows->font, rows->glyph.w));
  imgb_range_begin(&rows->stored);
}
#endif

int imgb_glyph_rows_next(imgb_glyph_rows_t *rows, const uint8_t **coverage) {
  if (rows->y >= rows->glyph.h) return IMGB_ERR_RANGE;
#if IMGB_CFG_GLYPH_RANGE
  if (!rows->glyph.is_raw) {
    const uint32_t y = rows->y;
    if (y < rows->done) return IMGB_ERR_ARGUMENT;
    do {
      if (rows->done == 0) begin_coded(rows);
      rows->done++;
#if IMGB_CFG_GLYPH_MONO
      if (rows->nodes == 2u) {
        imgb_glyph_mono(rows);
        continue;
      }
#endif
#if IMGB_CFG_GLYPH_GRAY
      imgb_glyph_gray(rows);
#endif
    } while (rows->done <= y);
  } else
#endif
    raw_row(rows);
  if (rows->stored.error != IMGB_OK) return rows->stored.error;
  rows->y++;
  *coverage = rows->row + 1;
  return IMGB_OK;
}
