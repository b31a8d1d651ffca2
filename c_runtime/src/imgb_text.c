/* imgb_text.c - UTF-8, and the width of a line of text.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#define REPLACEMENT 0xFFFDu

/* Well-formed sequences are those of Unicode's table 3-7; each maximal part of an ill-formed one becomes a
 * single U+FFFD, and the byte that broke it is looked at again. */
uint32_t imgb_utf8_next(const char **text) {
  const uint8_t *p = (const uint8_t *)*text;
  uint32_t code = *p;
  if (code == 0) return 0;
  p++;
  if (code >= 0x80u) {
    uint32_t more = code - 0xC2u > 0xF4u - 0xC2u ? 0 : 1u + (code >= 0xE0u) + (code >= 0xF0u);
    uint32_t left = more;
    code &= 0x3Fu >> more;
    do {
      uint32_t next = code << 6 | (*p & 0x3Fu);
      if (left == 0 || *p >> 6 != 2u ||
          /* the second byte: of 3, neither a shorter form nor a surrogate; of 4, nor above U+10FFFF */
          (left == 2u && more == 2u && (next < 0x20u || next >> 5 == 0x1Bu)) ||
          (left == 3u && next - 0x10u >= 0x100u)) {
        code = REPLACEMENT;
        break;
      }
      code = next;
      p++;
    } while (--left != 0);
  }
  *text = (const char *)p;
  return code;
}

int imgb_priv_pen_find(imgb_pen_t *pen, uint32_t code) {
  const imgb_font_t *font = pen->first;
  uint32_t index;
  int r;
  do {
    r = imgb_font_index(font, code, &index);
    if (r != IMGB_ERR_NOT_FOUND) break;
    font = font->fallback;
  } while (font != NULL);
  if (font == NULL) { /* no font has it, and index is 0 */
    font = pen->first;
    r = IMGB_OK;
  }
  return r == IMGB_OK ? imgb_priv_pen_turn(pen, font, index) : r;
}

/* Apart, so that the glyph is on the stack only where the way to it is short. */
static IMGB_NOINLINE int add_advance(imgb_pen_t *pen) {
  imgb_glyph_t glyph;
  int r = imgb_font_glyph(pen->font, pen->index, &glyph);
  if (r == IMGB_OK) pen->at += (uint32_t)glyph.advance;
  return r;
}

int imgb_text_measure(const imgb_font_t *font, const char *text, uint32_t *width_px) {
  imgb_pen_t pen;
  uint32_t code;
  *width_px = 0;
  memset(&pen, 0, sizeof pen);
  pen.first = font;
  while ((code = imgb_utf8_next(&text)) != 0) {
    int r = imgb_priv_pen_find(&pen, code);
    if (r == IMGB_OK) r = add_advance(&pen);
    if (r != IMGB_OK) return r;
  }
  if (pen.at < 0x80000000u) *width_px = (pen.at + 15u) >> 4; /* else it ended left of where it began */
  return IMGB_OK;
}
