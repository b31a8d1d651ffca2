/* imgb_draw_runs.c - glyph runs onto a surface.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

/* Where drawing is, at the start of work. */
typedef struct state {
  const imgb_runs_t *runs;
  imgb_runs_line_t line;
  imgb_runs_glyph_t glyph;
  uint16_t n; /* the line that comes next */
  int32_t x, y;
  uint32_t code; /* of the glyph, for the cache */
} state_t;

/* Of 1/16 px, to the nearest, also below 0. */
static uint32_t round_px(int32_t v) {
  return ((IMGB_PRIV_PEN_ZERO + (uint32_t)v) >> 4) - (IMGB_PRIV_PEN_ZERO >> 4);
}

/* Goes to the next glyph; NOT_FOUND: all are drawn. */
static IMGB_NOINLINE int next_glyph(imgb_priv_text_t *t, state_t *state, const imgb_text_style_t *style) {
  const imgb_runs_t *runs = state->runs;
  int r;
  while (state->line.glyphs == 0) {
    uint32_t n = state->n++;
    if (n >= runs->lines || !imgb_priv_block_fits(style, n)) return IMGB_ERR_NOT_FOUND;
    r = imgb_runs_line(runs, n, &state->line);
    if (r != IMGB_OK) return r;
    t->x = imgb_priv_wrap((uint32_t)state->x + imgb_priv_block_left(style, state->line.width));
    t->y = imgb_priv_wrap((uint32_t)state->y + imgb_priv_block_baseline(style, n));
  }
  state->line.glyphs--;
  r = imgb_runs_glyph(runs, state->line.first++, &state->glyph);
  if (r != IMGB_OK) return r;
  t->pen.at = IMGB_PRIV_PEN_ZERO + imgb_priv_u32(state->glyph.x);
  state->code = IMGB_PRIV_GLYPH | state->glyph.index;
  return state->glyph.index < style->font->glyphs ? IMGB_OK : IMGB_ERR_FORMAT;
}

int imgb_draw_runs(const imgb_surface_t *s, int32_t x, int32_t y, const imgb_runs_t *runs,
                   const imgb_text_style_t *style, uint16_t rgb565, void *work, uint32_t work_bytes) {
  imgb_priv_text_t *t = imgb_priv_text_begin(work, work_bytes, (uint32_t)sizeof(state_t));
  state_t *state;
  int r;
  if (t == NULL) return IMGB_ERR_BUFFER;
  if (runs->font_key != style->font->asset.key) return IMGB_ERR_ARGUMENT;
  state = (state_t *)(void *)t - 1; /* in front of it */
  state->runs = runs;
  state->x = x;
  state->y = y;
  t->area.s = s;
  t->area.rgb565 = rgb565;
  while ((r = next_glyph(t, state, style)) == IMGB_OK) {
    imgb_glyph_cache_t *const cache = style->cache;
    if (cache == NULL || cache->find(cache, style->font, state->code, &t->rows.glyph) == NULL) {
      r = imgb_font_glyph(style->font, state->glyph.index, &t->rows.glyph);
    }
    if (r == IMGB_OK) r = imgb_glyph_rows_again(&t->rows, style->font, &t->rows.glyph);
    if (r == IMGB_OK && style->cache != NULL) r = imgb_priv_block_show(style, state->code, t);
    if (r == IMGB_OK) r = imgb_priv_text_glyph(t, round_px(state->glyph.y));
    if (r != IMGB_OK) return r;
  }
  return r == IMGB_ERR_NOT_FOUND ? IMGB_OK : r;
}
