/* imgb_font.c - fonts: header, character map, glyph records, glyph rows.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#define FONT_HEADER_BYTES 64u
#define SEGMENT_BYTES 12u
#define SEGMENTS_A_READ 8u
#define PAGE_BYTES 10u
#define RECORD_BYTES_MAX 16u
#define WINDOW_BYTES_MIN 16u

static int font_is_sane(const imgb_font_t *f) {
  uint32_t stored = f->asset.stored_bytes;
  uint32_t bits = 1u; /* the record's raw bit */
  uint32_t i;
  for (i = 0; i < 6u; i++) {
    if (f->bits[i] > (i == 5u ? 32u : 16u)) return 0;
    bits += f->bits[i];
  }
  return (f->bpp == 1u || f->bpp == 2u || f->bpp == 4u || f->bpp == 8u) && f->advance_fraction_bits <= 4u &&
         f->glyphs != 0 && f->record_bytes <= RECORD_BYTES_MAX && bits <= 8u * (uint32_t)f->record_bytes &&
         imgb_priv_fits(FONT_HEADER_BYTES, SEGMENT_BYTES * f->segments, stored) &&
         imgb_priv_fits(f->records, ((uint32_t)f->glyphs + 1u) * f->record_bytes, stored) &&
         imgb_priv_fits(f->pixels, f->pixels_bytes, stored);
}

int imgb_font_open(const imgb_asset_t *asset, imgb_font_t *font) {
  uint32_t w[FONT_HEADER_BYTES / 4u];
  uint32_t i;
  int r;
  memset(font, 0, sizeof *font);
  if (asset->kind != IMGB_KIND_FONT) return IMGB_ERR_KIND;
  r = imgb_priv_payload_words(asset, 0, w, FONT_HEADER_BYTES / 4u);
  if (r != IMGB_OK) return r;
  if (asset->codec != IMGB_CODEC_RAW || w[0] >> 24 != 0) return IMGB_ERR_UNSUPPORTED;
  font->asset = *asset;
  font->size_px = (uint16_t)w[0];
  font->bpp = (uint8_t)(w[0] >> 16);
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
  font->records = w[7];
  font->pixels = w[8];
  font->pixels_bytes = w[9];
  font->kern = w[10];
  font->model_table = w[11];
  font->fallback_key = w[12];
  font->max_w = (uint16_t)w[13];
  font->max_h = (uint16_t)(w[13] >> 16);
  if (font_is_sane(font)) return IMGB_OK;
  font->glyphs = 0; /* a font that did not open has no glyphs and no characters */
  font->segments = 0;
  return IMGB_ERR_FORMAT;
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
  uint32_t at = 0, offset, area;
  int r;
  if (index >= font->glyphs) return IMGB_ERR_RANGE;
  r = imgb_priv_payload_near(&font->asset, font->records + index * font->record_bytes, words,
                             font->record_bytes);
  if (r != IMGB_OK) return r;
  glyph->advance = ((int32_t)take_bits(p, &at, font->bits[0]) + font->advance_bias) *
                   ((int32_t)1 << (4 - font->advance_fraction_bits));
  glyph->x = (int32_t)take_bits(p, &at, font->bits[1]) + font->x_bias;
  glyph->y = (int32_t)take_bits(p, &at, font->bits[2]) + font->y_bias;
  glyph->w = (uint16_t)take_bits(p, &at, font->bits[3]);
  glyph->h = (uint16_t)take_bits(p, &at, font->bits[4]);
  offset = take_bits(p, &at, font->bits[5]);
  glyph->index = (uint16_t)index;
  glyph->is_raw = 1; /* model 0: all are */
  area = (uint32_t)glyph->w * glyph->h;
  if (area >= 0x10000000u || glyph->w > font->max_w || glyph->h > font->max_h) return IMGB_ERR_FORMAT;
  glyph->stored_bytes = (area * font->bpp + 7u) / 8u;
  glyph->offset = font->pixels + offset;
  return imgb_priv_fits(offset, glyph->stored_bytes, font->pixels_bytes) ? IMGB_OK : IMGB_ERR_FORMAT;
}

/* --- glyph rows -------------------------------------------------------------------------------- */

uint32_t imgb_font_work_bytes(const imgb_font_t *font) {
  return font->max_w + WINDOW_BYTES_MIN + (uint32_t)(sizeof(imgb_glyph_rows_t) + sizeof(void *) - 1u);
}

int imgb_glyph_rows_begin(imgb_glyph_rows_t *rows, const imgb_font_t *font, const imgb_glyph_t *glyph,
                          void *work, uint32_t work_bytes) {
  if (work_bytes < (uint32_t)font->max_w + WINDOW_BYTES_MIN) return IMGB_ERR_BUFFER;
  if (glyph->w > font->max_w) return IMGB_ERR_ARGUMENT;
  rows->font = font;
  rows->glyph = *glyph;
  rows->row = (uint8_t *)work;
  rows->window = rows->row + font->max_w;
  rows->window_bytes = work_bytes - font->max_w;
  rows->window_at = 0;
  rows->window_fill = 0;
  rows->y = 0;
  rows->stored = (const uint8_t *)imgb_map(&font->asset, glyph->offset, glyph->stored_bytes);
  if (rows->stored != NULL) {
    rows->window_fill = glyph->stored_bytes; /* the window holds everything and is never filled again */
  } else {
    rows->stored = rows->window;
  }
  return IMGB_OK;
}

static int refill(imgb_glyph_rows_t *rows, uint32_t at) {
  uint32_t n = rows->glyph.stored_bytes - at;
  if (n > rows->window_bytes) n = rows->window_bytes;
  rows->window_at = at;
  rows->window_fill = n;
  return imgb_read(&rows->font->asset, rows->glyph.offset + at, rows->window, n);
}

int imgb_glyph_rows_next(imgb_glyph_rows_t *rows, const uint8_t **coverage) {
  static const uint8_t scales[5] = {255, 85, 17, 0, 1}; /* by bpp / 2: level to 0..255 */
  uint32_t bpp = rows->font->bpp;
  uint32_t bit = rows->y * rows->glyph.w * bpp;
  uint32_t x;
  if (rows->y >= rows->glyph.h) return IMGB_ERR_RANGE;
  for (x = 0; x < rows->glyph.w; x++, bit += bpp) {
    uint32_t at = bit >> 3;
    uint32_t level;
    if (at - rows->window_at >= rows->window_fill) {
      int r = refill(rows, at);
      if (r != IMGB_OK) {
        rows->window_fill = 0;
        return r;
      }
    }
    level = ((uint32_t)rows->stored[at - rows->window_at] >> (8u - bpp - (bit & 7u))) & ((1u << bpp) - 1u);
    rows->row[x] = (uint8_t)(level * scales[bpp >> 1]);
  }
  rows->y++;
  *coverage = rows->row;
  return IMGB_OK;
}
