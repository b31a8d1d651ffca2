/* imgb_draw.c - bitmaps and text onto an RGB565 surface.  SPDX-License-Identifier: MIT
 *
 * The arithmetic is that of FORMAT.md section 8.
 */
#include "imgb_priv.h"

/* One axis of a clipped rectangle: `count` pixels, from `skip` of what is drawn onto `start` of the surface. */
typedef struct span {
  uint32_t skip, start, count;
} span_t;

/* Any at and s_at are fine: differences are made unsigned, after the comparison that tells their sign. */
static span_t clip(int32_t at, uint32_t length, int32_t s_at, int32_t s_length) {
  span_t span = {0, 0, 0};
  uint32_t room = s_length > 0 ? (uint32_t)s_length : 0;
  if (at >= s_at) {
    span.start = (uint32_t)at - (uint32_t)s_at;
    if (span.start >= room) return span;
    room -= span.start;
  } else {
    span.skip = (uint32_t)s_at - (uint32_t)at;
    if (span.skip >= length) return span;
    length -= span.skip;
  }
  span.count = length < room ? length : room;
  return span;
}

static uint16_t swap_bytes(uint16_t v) { return (uint16_t)((unsigned)v >> 8 | (unsigned)v << 8); }

/* Red and blue go through one multiplication, 16 bits apart. */
static uint16_t blend(uint16_t source, uint16_t below, uint32_t alpha) {
  uint32_t k = alpha + (alpha >> 7);
  uint32_t rest = 256u - k;
  uint32_t s = (uint32_t)(source & 0xF800u) << 5 | (source & 0x1Fu);
  uint32_t d = (uint32_t)(below & 0xF800u) << 5 | (below & 0x1Fu);
  uint32_t green = (((source >> 5) & 0x3Fu) * k + ((below >> 5) & 0x3Fu) * rest + 128u) >> 8;
  d = (s * k + d * rest + 0x00800080u) >> 8;
  return (uint16_t)((d >> 5 & 0xF800u) | green << 5 | (d & 0x1Fu));
}

static void put(const imgb_surface_t *s, uint16_t *to, uint16_t rgb565, uint32_t alpha) {
  if (alpha == 0) return;
  if (alpha != 255u) rgb565 = blend(rgb565, s->is_swapped != 0 ? swap_bytes(*to) : *to, alpha);
  *to = s->is_swapped != 0 ? swap_bytes(rgb565) : rgb565;
}

static uint16_t *place(const imgb_surface_t *s, uint32_t x, uint32_t y) {
  return s->pixels + (size_t)y * s->stride_px + x;
}

void imgb_draw_fill(const imgb_surface_t *s, int32_t x, int32_t y, int32_t width, int32_t height, uint16_t rgb565) {
  span_t across = clip(x, width > 0 ? (uint32_t)width : 0, s->x0, s->width);
  span_t down = clip(y, height > 0 ? (uint32_t)height : 0, s->y0, s->height);
  uint16_t *to = place(s, across.start, down.start);
  for (; down.count != 0; down.count--, to += s->stride_px) {
    uint32_t i;
    for (i = 0; i < across.count; i++) put(s, to + i, rgb565, 255u);
  }
}

/* --- bitmaps ----------------------------------------------------------------------------------- */

typedef struct source {
  const imgb_bitmap_t *bitmap;
  const uint8_t *palette, *row, *alpha;
  uint16_t rgb565;
} source_t;

static uint16_t from_rgb(uint32_t r, uint32_t g, uint32_t b) { return IMGB_RGB565(r, g, b); }

/* A pixel of at most 8 bits: grey, an index, or coverage. */
static uint32_t narrow_pixel(const source_t *source, uint32_t x, uint16_t *rgb565) {
  static const uint8_t scales[5] = {255, 85, 17, 0, 1}; /* by bits / 2 */
  const imgb_bitmap_t *b = source->bitmap;
  uint32_t bits = b->bits_per_pixel;
  uint32_t at = x * bits;
  uint32_t shift = at & 7u;
  uint32_t value;
  if ((b->order & IMGB_ORDER_LSB_FIRST) == 0) shift = 8u - bits - shift;
  value = ((uint32_t)source->row[at >> 3] >> shift) & ((1u << bits) - 1u);
  if (source->palette != NULL) {
    const uint8_t *bgra = source->palette + 4u * value;
    if (value >= b->palette_count) return 0;
    *rgb565 = from_rgb(bgra[2], bgra[1], bgra[0]);
    return bgra[3];
  }
  value *= scales[bits >> 1];
  if (b->pixel_format >= IMGB_PF_A1 && b->pixel_format <= IMGB_PF_A8) return value;
  *rgb565 = from_rgb(value, value, value);
  return 255u;
}

static uint32_t wide_pixel(const source_t *source, uint32_t x, uint16_t *rgb565) {
  const imgb_bitmap_t *b = source->bitmap;
  uint32_t bytes = b->bits_per_pixel >> 3;
  const uint8_t *p = source->row + x * bytes;
  uint32_t value = 0, i;
  for (i = 0; i < bytes; i++) value = value << 8 | p[(b->order & IMGB_ORDER_BIG) != 0 ? i : bytes - 1u - i];
  if (bytes == 2u) {
    *rgb565 = (uint16_t)value;
    return source->alpha != NULL ? source->alpha[x] : 255u;
  }
  *rgb565 = from_rgb(value >> 16 & 0xFFu, value >> 8 & 0xFFu, value & 0xFFu);
  return b->pixel_format == IMGB_PF_ARGB8888 ? value >> 24 : 255u;
}

static IMGB_NOINLINE void draw_row(const imgb_surface_t *s, const source_t *source, uint32_t x, uint16_t *to, uint32_t n) {
  for (; n != 0; n--, x++) {
    uint16_t rgb565 = source->rgb565;
    uint32_t alpha = source->bitmap->bits_per_pixel <= 8u ? narrow_pixel(source, x, &rgb565)
                                                           : wide_pixel(source, x, &rgb565);
    put(s, to++, rgb565, alpha);
  }
}

/* The palette, in place where the flash is mapped, else at the start of work; *used gets what it takes there. */
static int load_palette(source_t *source, void *work, uint32_t work_bytes, uint32_t *used) {
  const imgb_bitmap_t *b = source->bitmap;
  uint32_t bytes = 4u * (uint32_t)b->palette_count;
  *used = 0;
  source->palette = NULL;
  if (b->pixel_format < IMGB_PF_I1 || b->pixel_format > IMGB_PF_I8) return IMGB_OK;
  source->palette = (const uint8_t *)imgb_map(&b->asset, b->palette, bytes);
  if (source->palette != NULL) return IMGB_OK;
  if (work_bytes < bytes) return IMGB_ERR_BUFFER;
  source->palette = (const uint8_t *)work;
  *used = bytes;
  return imgb_read(&b->asset, b->palette, work, bytes);
}

int imgb_draw_bitmap(const imgb_surface_t *s, int32_t x, int32_t y, const imgb_bitmap_t *bitmap, uint16_t rgb565,
                     void *work, uint32_t work_bytes) {
  span_t across = clip(x, bitmap->width, s->x0, s->width);
  span_t down = clip(y, bitmap->height, s->y0, s->height);
  uint16_t *to = place(s, across.start, down.start);
  uint32_t used;
  source_t source;
  imgb_rows_t rows;
  int r;
  if ((bitmap->order & IMGB_ORDER_PREMULTIPLIED) != 0) return IMGB_ERR_UNSUPPORTED;
  if (across.count == 0 || down.count == 0) return IMGB_OK;
  source.bitmap = bitmap;
  source.rgb565 = rgb565;
  r = load_palette(&source, work, work_bytes, &used);
  if (used != 0) work = (uint8_t *)work + used;
  if (r == IMGB_OK) r = imgb_rows_begin(&rows, bitmap, work, work_bytes - used);
  while (r == IMGB_OK && down.count-- != 0) {
    r = imgb_rows_get(&rows, down.skip++, &source.row, &source.alpha);
    if (r == IMGB_OK) draw_row(s, &source, across.skip, to, across.count);
    to += s->stride_px;
  }
  return r;
}

/* --- text -------------------------------------------------------------------------------------- */

/* Rounds 1/16 px down to px, also below zero, where C leaves >> open. */
static uint32_t floor_px(int32_t pen) {
  return pen >= 0 ? (uint32_t)pen >> 4 : ~(~(uint32_t)pen >> 4);
}

static IMGB_NOINLINE int draw_glyph(const imgb_surface_t *s, int32_t x, int32_t y, imgb_glyph_rows_t *rows,
                                    uint16_t rgb565) {
  span_t across = clip(x, rows->glyph.w, s->x0, s->width);
  span_t down = clip(y, rows->glyph.h, s->y0, s->height);
  uint16_t *to = place(s, across.start, down.start);
  if (across.count == 0) return IMGB_OK;
  rows->y = down.skip;
  for (; down.count != 0; down.count--, to += s->stride_px) {
    const uint8_t *coverage;
    uint32_t i;
    int r = imgb_glyph_rows_next(rows, &coverage);
    if (r != IMGB_OK) return r;
    for (i = 0; i < across.count; i++) put(s, to + i, rgb565, coverage[across.skip + i]);
  }
  return IMGB_OK;
}

int imgb_draw_text(const imgb_surface_t *s, int32_t x, int32_t y, const imgb_font_t *font, const char *text,
                   uint16_t rgb565, void *work, uint32_t work_bytes, int32_t *x_end) {
  int32_t pen = 8; /* 1/16 px from x, half a pixel ahead so that it rounds */
  /* The rows' state lies at the start of work, where it is aligned: it would be half of the stack otherwise. */
  uint32_t pad = (0u - (uint32_t)(uintptr_t)work) & (uint32_t)(sizeof(void *) - 1u);
  imgb_glyph_rows_t *rows = (imgb_glyph_rows_t *)(void *)((uint8_t *)work + pad);
  uint32_t code;
  pad += (uint32_t)sizeof *rows;
  if (work_bytes < pad) return IMGB_ERR_BUFFER;
  while ((code = imgb_utf8_next(&text)) != 0) {
    uint32_t index;
    int r = imgb_font_index(font, code, &index);
    if (r == IMGB_OK || r == IMGB_ERR_NOT_FOUND) r = imgb_font_glyph(font, index, &rows->glyph);
    if (r == IMGB_OK) r = imgb_glyph_rows_begin(rows, font, &rows->glyph, (uint8_t *)work + pad, work_bytes - pad);
    if (r == IMGB_OK) {
      r = draw_glyph(s, imgb_priv_wrap((uint32_t)x + floor_px(pen) + (uint32_t)rows->glyph.x),
                     imgb_priv_wrap((uint32_t)y - (uint32_t)rows->glyph.y), rows, rgb565);
    }
    if (r != IMGB_OK) return r;
    pen = imgb_priv_wrap((uint32_t)pen + (uint32_t)rows->glyph.advance);
  }
  if (x_end != NULL) *x_end = imgb_priv_wrap((uint32_t)x + floor_px(pen));
  return IMGB_OK;
}
