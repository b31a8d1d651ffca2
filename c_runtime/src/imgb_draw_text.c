/* imgb_draw_text.c - a line of text onto a surface.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

imgb_priv_text_t *imgb_priv_text_begin(void *work, uint32_t work_bytes, uint32_t before) {
  /* The state lies at the start of work, where it is aligned; the rest of work is for rows. */
  uint32_t pad = (0u - (uint32_t)(uintptr_t)work) & (uint32_t)(sizeof(void *) - 1u);
  uint8_t *start = (uint8_t *)work + pad;
  imgb_priv_text_t *t = (imgb_priv_text_t *)(void *)(start + before);
  before += (uint32_t)sizeof *t;
  if (work_bytes < pad + before) return NULL;
  memset(start, 0, before);
  t->rows.row = t->rows.stored.window = start + before;
  t->rows.stored.window_bytes = work_bytes - pad - before;
  t->pen.at = IMGB_PRIV_PEN_ZERO;
  return t;
}

IMGB_NOINLINE int imgb_priv_text_glyph(imgb_priv_text_t *t, uint32_t up) {
  const imgb_glyph_t *glyph = &t->rows.glyph;
  uint32_t x = (uint32_t)imgb_priv_text_x(t) + (uint32_t)glyph->x;
  uint32_t y = (uint32_t)t->y - up - (uint32_t)glyph->y;
  int r;
  t->pen.at += (uint32_t)glyph->advance;
  t->area.x.length = glyph->w;
  t->area.y.length = glyph->h;
  if (!imgb_priv_clip(&t->area, t->area.s, imgb_priv_wrap(x), imgb_priv_wrap(y))) return IMGB_OK;
  t->rows.y = t->area.y.skip;
  do {
    r = imgb_glyph_rows_next(&t->rows, &t->coverage);
  } while (r == IMGB_OK && imgb_priv_put_row(&t->area, t->coverage));
  return r;
}

int imgb_draw_text(const imgb_surface_t *s, int32_t x, int32_t y, const imgb_font_t *font, const char *text,
                   uint16_t rgb565, void *work, uint32_t work_bytes, int32_t *x_end) {
  imgb_priv_text_t *t = imgb_priv_text_begin(work, work_bytes, 0);
  uint32_t code;
  if (t == NULL) return IMGB_ERR_BUFFER;
  t->area.s = s;
  t->x = x;
  t->y = y;
  t->pen.first = font;
  t->area.rgb565 = rgb565;
  while ((code = imgb_utf8_next(&text)) != 0) {
    int r = imgb_priv_pen_find(&t->pen, code);
    if (r == IMGB_OK) r = imgb_font_glyph(t->pen.font, t->pen.index, &t->rows.glyph);
    if (r == IMGB_OK) r = imgb_glyph_rows_again(&t->rows, t->pen.font, &t->rows.glyph);
    if (r == IMGB_OK) r = imgb_priv_text_glyph(t, 0);
    if (r != IMGB_OK) return r;
  }
  if (x_end != NULL) *x_end = imgb_priv_text_x(t);
  return IMGB_OK;
}
