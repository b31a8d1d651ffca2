/* imgb_draw_block.c - a block of text onto a surface.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

/* The next character of a line that is drawn, what is put behind it included; 0: none. */
static IMGB_NOINLINE uint32_t next_drawn(imgb_priv_text_t *t, const imgb_text_style_t *style,
                                         imgb_text_line_t *line) {
  while (line->text != line->end) {
    uint32_t code = imgb_utf8_next(&line->text);
    if (imgb_priv_block_step(style, &t->pen, &code)) return code;
  }
  if (line->suffix == 0 || line->suffixes == 0) return 0;
  if (t->pen.font != NULL) t->pen.at += imgb_priv_u32(style->letter_spacing);
  if (line->is_suffix == 0) t->pen.font = NULL; /* not kerned to the line */
  line->is_suffix = 1;
  line->suffixes--;
  return line->suffix;
}

/* Goes to where a line begins, or (-1) back. */
static IMGB_NOINLINE void move(imgb_priv_text_t *t, const imgb_text_style_t *style, imgb_text_line_t *line,
                               uint32_t sign) {
  uint32_t left = sign * imgb_priv_block_left(style, line->width);
  uint32_t down = sign * imgb_priv_block_baseline(style, line->number - 1u);
  t->x = imgb_priv_wrap(imgb_priv_u32(t->x) + left);
  t->y = imgb_priv_wrap(imgb_priv_u32(t->y) + down);
  t->pen.at = IMGB_PRIV_PEN_ZERO;
  t->pen.font = NULL;
}

/* The next character whose glyph is wanted, to be measured or (line->is_drawn) to be drawn; 0: all is drawn.
 */
static IMGB_NOINLINE uint32_t next_code(imgb_priv_text_t *t, const imgb_text_style_t *style,
                                        imgb_text_line_t *line) {
  uint32_t code;
  for (;;) {
    if (line->is_drawn != 0) {
      code = next_drawn(t, style, line);
      if (code != 0) return code;
      if (line->number != 0) move(t, style, line, 0xFFFFFFFFu);
      if (line->is_last != 0 || *line->next == '\0') return 0;
      line->is_drawn = 0;
      code = imgb_priv_line_start(style, line);
    } else {
      code = imgb_priv_line_measured(style, line);
    }
    while (code == IMGB_PRIV_LINE_NEXT) code = imgb_priv_line_next(style, line);
    if (code != IMGB_PRIV_LINE_DONE) return code;
    line->is_drawn = 1;
    move(t, style, line, 1);
  }
}

int imgb_draw_text_block(const imgb_surface_t *s, int32_t x, int32_t y, const imgb_text_style_t *style,
                         const char *text, uint16_t rgb565, void *work, uint32_t work_bytes) {
  imgb_priv_text_t *t = imgb_priv_text_begin(work, work_bytes, (uint32_t)sizeof(imgb_text_line_t));
  imgb_text_line_t *line;
  uint32_t code;
  int r;
  if (t == NULL) return IMGB_ERR_BUFFER;
  t->area.s = s;
  t->x = x;
  t->y = y;
  t->pen.first = style->font;
  t->area.rgb565 = rgb565;
  line = (imgb_text_line_t *)(void *)t - 1; /* in front of it */
  line->next = text;
  line->is_drawn = 1; /* of nothing yet */
  while ((code = next_code(t, style, line)) != 0) {
    imgb_pen_t *pen = line->is_drawn != 0 ? &t->pen : &line->pen;
    r = imgb_priv_block_glyph(style, pen, code, line->is_drawn != 0 ? &t->rows.glyph : &line->glyph);
    if (r == IMGB_OK && line->is_drawn != 0) {
      r = imgb_glyph_rows_again(&t->rows, t->pen.font, &t->rows.glyph);
      if (r == IMGB_OK && style->cache != NULL) r = imgb_priv_block_show(style, code, t);
      if (r == IMGB_OK) r = imgb_priv_text_glyph(t, 0);
    }
    if (r != IMGB_OK) return r;
  }
  return IMGB_OK;
}
