/* imgb_kern.c - kerning: the distance between two glyphs of a font.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#define HEAD_BYTES 12u
#define FORM_PAIRS 1u

/* `bytes` (1, 2, 4) bytes at `at` of the tables, as a number. */
static IMGB_NOINLINE int get(const imgb_font_t *font, uint32_t at, uint32_t bytes, uint32_t *value) {
  uint32_t words[3];
  int r = imgb_priv_payload_near(&font->asset, font->kern + HEAD_BYTES + at, words, bytes);
  if (r == IMGB_OK) *value = imgb_priv_le32((const uint8_t *)words) & 0xFFFFFFFFu >> (32u - 8u * bytes);
  return r;
}

/* Where a pair (left << 16 | right) stands among the sorted ones; NOT_FOUND: it does not kern. */
static int find_pair(const imgb_font_t *font, uint32_t pair, uint32_t *place) {
  uint32_t first = 0, count = font->kern_head[1] >> 16;
  while (count != 0) { /* it stands in the `count` pairs from `first` on, or nowhere */
    uint32_t half = count >> 1;
    uint32_t found;
    int r = get(font, 4u * (first + half), 4u, &found);
    if (r != IMGB_OK) return r;
    found = found << 16 | found >> 16;
    *place = first + half;
    if (found == pair) return IMGB_OK;
    if (found < pair) {
      half++;
      first += half;
      half = count - half;
    }
    count = half;
  }
  return IMGB_ERR_NOT_FOUND;
}

/* Left class | right class << 8 of a glyph. */
static int read_classes(const imgb_font_t *font, uint32_t glyph, uint32_t *classes) {
  *classes = 0;
  glyph -= font->kern_head[1] & 0xFFFFu;
  return glyph < font->kern_head[1] >> 16 ? get(font, 2u * glyph, 2u, classes) : IMGB_OK;
}

/* Which value of the matrix belongs to the pen's glyph and this one; NOT_FOUND: they do not kern. */
static int find_cell(imgb_pen_t *pen, uint32_t right, uint32_t *place) {
  uint32_t row = pen->classes, column;
  int r = IMGB_OK;
  if (row == IMGB_PRIV_NO_CLASSES) r = read_classes(pen->font, pen->index, &row);
  if (r == IMGB_OK) r = read_classes(pen->font, right, &pen->classes); /* its left class is for the next */
  if (r != IMGB_OK) return r;
  row &= 0xFFu;
  column = pen->classes >> 8;
  if (row == 0 || column == 0) return IMGB_ERR_NOT_FOUND;
  right = pen->font->kern_head[2];
  if (row > (right & 0xFFFFu) || column > right >> 16) return IMGB_ERR_FORMAT;
  *place = (row - 1u) * (right >> 16) + column - 1u;
  return IMGB_OK;
}

int imgb_priv_kern(imgb_pen_t *pen, uint32_t right) {
  const imgb_font_t *font = pen->font;
  uint32_t head = font->kern_head[0];
  uint32_t form = head & 0xFFu;
  uint32_t shift = 4u - (head >> 8 & 0xFFu); /* to 1/16 px */
  uint32_t bytes = head >> 16 & 0xFFu;       /* of a value */
  uint32_t value = 0, place = 0;
  int r = IMGB_ERR_FORMAT;
  if (((form - 1u) | (bytes - 1u)) > 1u || shift > 4u) return r;
  r = form == FORM_PAIRS ? find_pair(font, (uint32_t)pen->index << 16 | right, &place)
                         : find_cell(pen, right, &place);
  if (r == IMGB_OK) { /* values stand behind the pairs of 4 bytes, or behind the classes of 2 */
    r = get(font, (font->kern_head[1] >> 16) * (6u - 2u * form) + place * bytes, bytes, &value);
  }
  if (r == IMGB_OK) pen->at += (value - ((value >> (8u * bytes - 1u)) << 8u * bytes)) << shift;
  return r == IMGB_ERR_NOT_FOUND ? IMGB_OK : r;
}

int imgb_font_kern(const imgb_font_t *font, uint32_t left, uint32_t right, int32_t *distance_16) {
  imgb_pen_t pen;
  int r = IMGB_OK;
  *distance_16 = 0;
  if (left >= font->glyphs || right >= font->glyphs) return IMGB_ERR_RANGE;
  pen.font = font;
  pen.at = 0;
  pen.classes = IMGB_PRIV_NO_CLASSES;
  pen.index = (uint16_t)left;
  if (font->kern != 0) r = imgb_priv_kern(&pen, right);
  if (r == IMGB_OK) *distance_16 = imgb_priv_wrap(pen.at);
  return r;
}
