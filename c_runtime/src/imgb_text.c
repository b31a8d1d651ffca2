/* imgb_text.c - UTF-8, and the width of a line of text.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#define REPLACEMENT 0xFFFDu

/* Well-formed sequences are those of Unicode's table 3-7; each maximal part of an ill-formed one becomes a
 * single U+FFFD, and the byte that broke it is looked at again. */
uint32_t imgb_utf8_next(const char **text) {
  const uint8_t *p = (const uint8_t *)*text;
  uint32_t code = *p;
  uint32_t low = 0x80u, high = 0xBFu; /* bounds of the byte that follows; the first one's may be closer */
  unsigned more;
  if (code == 0) return 0;
  p++;
  if (code < 0x80u) {
    more = 0;
  } else if (code < 0xC2u || code > 0xF4u) {
    more = 0;
    code = REPLACEMENT;
  } else if (code < 0xE0u) {
    more = 1;
    code &= 0x1Fu;
  } else if (code < 0xF0u) {
    more = 2;
    if (code == 0xE0u) low = 0xA0u;
    if (code == 0xEDu) high = 0x9Fu;
    code &= 0x0Fu;
  } else {
    more = 3;
    if (code == 0xF0u) low = 0x90u;
    if (code == 0xF4u) high = 0x8Fu;
    code &= 0x07u;
  }
  for (; more != 0; more--, p++) {
    if (*p < low || *p > high) {
      code = REPLACEMENT;
      break;
    }
    code = code << 6 | (*p & 0x3Fu);
    low = 0x80u;
    high = 0xBFu;
  }
  *text = (const char *)p;
  return code;
}

int imgb_text_measure(const imgb_font_t *font, const char *text, uint32_t *width_px) {
  int32_t pen = 0;
  uint32_t code;
  *width_px = 0;
  while ((code = imgb_utf8_next(&text)) != 0) {
    imgb_glyph_t glyph;
    uint32_t index;
    int r = imgb_font_index(font, code, &index);
    if (r == IMGB_OK || r == IMGB_ERR_NOT_FOUND) r = imgb_font_glyph(font, index, &glyph);
    if (r != IMGB_OK) return r;
    pen = imgb_priv_wrap((uint32_t)pen + (uint32_t)glyph.advance);
  }
  if (pen > 0) *width_px = ((uint32_t)pen + 15u) >> 4;
  return IMGB_OK;
}
