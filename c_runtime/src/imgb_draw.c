/* imgb_draw.c - fills and bitmaps onto a surface.  SPDX-License-Identifier: MIT
 *
 * The arithmetic is that of FORMAT.md section 8.  RGB565 is drawn here, any other surface by its put
 * function.
 */
#include "imgb_priv.h"

/* One axis.  Any `at` and `s_at` are fine: differences are made unsigned, after the comparison that tells
 * their sign. Returns the pixels left; skip and start are right only if there are any. */
static IMGB_NOINLINE uint32_t clip(imgb_priv_axis_t *axis, int32_t at, int32_t s_at, int32_t s_length) {
  uint32_t room = s_length > 0 ? (uint32_t)s_length : 0;
  uint32_t off = (uint32_t)at - (uint32_t)s_at;
  uint32_t length = axis->length;
  axis->skip = 0;
  axis->start = off;
  if (at >= s_at) {
    room = off < room ? room - off : 0;
  } else {
    axis->start = 0;
    off = 0u - off;
    axis->skip = off;
    length = off < length ? length - off : 0;
  }
  if (length > room) length = room;
  axis->length = length;
  return length;
}

int imgb_priv_clip(imgb_priv_area_t *area, const imgb_surface_t *s, int32_t x, int32_t y) {
  area->s = s;
  area->kind = IMGB_COLOUR_565;
  return clip(&area->x, x, s->x0, s->width) != 0 && clip(&area->y, y, s->y0, s->height) != 0;
}

/* Of a value of 16 bits; what the result has above them means nothing. */
static uint32_t swap_bytes(uint32_t v) {
  return v >> 8 | v << 8;
}

static uint32_t spread(uint32_t v) {
  return (v & 0xF800u) << 5 | (v & 0x1Fu);
}

static IMGB_NOINLINE uint32_t join(uint32_t green, uint32_t rb) {
  return (rb >> 5 & 0xF800u) | (green >> 8 & 0x07E0u) | (rb & 0x1Fu);
}

/* Red and blue go through one multiplication, 16 bits apart; differences may borrow, sums take it back. */
static uint32_t blend(uint32_t source, uint32_t below, uint32_t alpha) {
  uint32_t k = alpha + (alpha >> 7);
  uint32_t rest = 256u - k;
  uint32_t green = (below & 0x07E0u) * rest + (source & 0x07E0u) * k + 0x1000u;
  uint32_t rb = spread(below) * rest + spread(source) * k + 0x00800080u;
  return join(green, rb >> 8);
}

/* IMGB_RGB565, with red and blue in one multiplication. */
static IMGB_NOINLINE uint32_t from_rgb(uint32_t rgb) {
  uint32_t rb = (rgb & 0xFF00FFu) * 249u + 0x03F603F6u;
  uint32_t green = (rgb >> 8 & 0xFFu) * 253u + 505u;
  return join(green << 3, rb >> 11);
}

#if IMGB_CFG_DRAW_MORE
/* One field of a premultiplied pixel over that of a surface; share: what 255 becomes, 256 times, in 256ths.
 */
static IMGB_NOINLINE uint32_t add_field(uint32_t p, uint32_t share, uint32_t below_rest, uint32_t max) {
  uint32_t sum = (((p & 0xFFu) * share + 128u) >> 8) + below_rest + 128u;
  return sum >> 8 < max ? sum >> 8 : max;
}

static uint32_t add_premultiplied(uint32_t rgb, uint32_t below, uint32_t alpha) {
  uint32_t rest = 256u - alpha - (alpha >> 7);
  return add_field(rgb >> 16, 7967u, (below >> 11 & 0x1Fu) * rest, 31u) << 11 |
         add_field(rgb >> 8, 16191u, (below >> 5 & 0x3Fu) * rest, 63u) << 5 |
         add_field(rgb, 7967u, (below & 0x1Fu) * rest, 31u);
}
#endif

static void put_565(uint16_t *to, uint32_t colour, uint32_t alpha, uint32_t kind, uint32_t is_swapped) {
  uint32_t below;
#if IMGB_CFG_DRAW_MORE
  if (kind == IMGB_COLOUR_PREMULTIPLIED) {
    below = is_swapped != 0 ? swap_bytes(*to) : *to;
    colour = add_premultiplied(colour, below, alpha);
  } else
#endif
  {
    if (kind != IMGB_COLOUR_565) colour = from_rgb(colour);
    if (alpha != 255u) {
      below = is_swapped != 0 ? swap_bytes(*to) : *to;
      colour = blend(colour, below, alpha);
    }
  }
  *to = (uint16_t)(is_swapped != 0 ? swap_bytes(colour) : colour);
}

static IMGB_NOINLINE void put(const imgb_priv_area_t *area, uint32_t x, uint32_t colour, uint32_t alpha) {
  const imgb_surface_t *s = area->s;
  uint32_t y = area->y.start;
  if (alpha == 0) return;
  x += area->x.start;
  if (s->put != NULL) {
    s->put(s, x, y, colour, alpha << 8 | area->kind);
  } else {
    put_565(s->pixels + (size_t)y * s->stride_px + x, colour, alpha, area->kind, s->is_swapped);
  }
}

IMGB_NOINLINE int imgb_priv_put_row(imgb_priv_area_t *area, const uint8_t *coverage) {
  uint32_t i;
  for (i = 0; i < area->x.length; i++) {
    put(area, i, area->rgb565, coverage != NULL ? coverage[area->x.skip + i] : 255u);
  }
  return imgb_priv_next_row(area);
}

void imgb_draw_fill(const imgb_surface_t *s, int32_t x, int32_t y, int32_t width, int32_t height,
                    uint16_t rgb565) {
  imgb_priv_area_t area;
  if (width <= 0 || height <= 0) return;
  area.x.length = (uint32_t)width;
  area.y.length = (uint32_t)height;
  area.rgb565 = rgb565;
  if (!imgb_priv_clip(&area, s, x, y)) return;
  while (imgb_priv_put_row(&area, NULL)) {
  }
}

/* --- bitmaps ----------------------------------------------------------------------------------- */

/* A pixel's bits as a number. */
static uint32_t number_at(const imgb_priv_drawing_t *d, uint32_t x) {
  const imgb_bitmap_t *b = d->rows.bitmap;
  uint32_t bits = b->bits_per_pixel;
  uint32_t at = x * bits;
  const uint8_t *p = d->row + (at >> 3);
  uint32_t value = 0;
  at &= 7u;
#if IMGB_CFG_DRAW_MORE
  if (bits == 12u) {
    value = (uint32_t)p[0] << 8 | p[1];
    return at != 0 ? value & 0xFFFu : value >> 4;
  }
#endif
  if (bits > 8u) {
    uint32_t is_big = b->order & IMGB_ORDER_BIG;
    int step = 1;
#if IMGB_CFG_DRAW_MORE
    if (b->pixel_format == IMGB_PF_BGR888) is_big ^= IMGB_ORDER_BIG;
#endif
    bits >>= 3; /* now bytes */
    if (is_big == 0) {
      p += bits - 1u;
      step = -1;
    }
    do {
      value = value << 8 | *p;
      p += step;
    } while (--bits != 0);
    return value;
  }
#if IMGB_CFG_DRAW_EPAPER
  if (b->pixel_format == IMGB_PF_MONO_PAGE) {
    bits = 1;
    at = d->page_bit;
  }
#endif
  if ((b->order & IMGB_ORDER_LSB_FIRST) == 0) at = 8u - bits - at;
  value = (uint32_t)*p >> at;
#if IMGB_CFG_DRAW_EPAPER
  value ^= d->turned;
  if (d->second != NULL) { /* of bits 1 */
    uint32_t second = ((uint32_t)d->second[x >> 3] >> at ^ (uint32_t)b->order >> 4) & 1u;
    return d->pixels == IMGB_PIXELS_GREY ? (value & 1u) << 1 | second : second != 0 ? 2u : value & 1u;
  }
#endif
  return value & ((1u << bits) - 1u);
}

#if IMGB_CFG_DRAW_MORE
/* n bits as 0..255, rounded to the nearest. */
static uint32_t level(uint32_t value, uint32_t bits) {
  static const uint32_t scales[] = {0, 0xFF0000, 0x550000, 0x246DB7, 0x110000, 0x0839CE, 0x040C31};
  return (value * scales[bits] + 0x8000u) >> 16;
}

/* The fields of a pixel, B G R A from the lowest bits on, as A << 24 | R G B. */
static uint32_t level_fields(uint8_t pixel_format, uint32_t value) {
  static const uint16_t fields[] = {0x1555, 0x4444, 0x2222, 0x0332, 0x0444, 0x0666}; /* 16h.., 44h.. */
  uint32_t bits = fields[pixel_format - (pixel_format < IMGB_PF_GRAY1 ? IMGB_PF_ARGB1555 : IMGB_PF_GRAY1)];
  uint32_t argb = bits < 0x1000u ? 0xFF000000u : 0;
  uint32_t shift;
  for (shift = 0; bits != 0; shift += 8u, bits >>= 4) {
    uint32_t n = bits & 15u;
    if (n == 6u) value >>= 2; /* rgb666: the upper bits of a byte */
    argb |= level(value & ((1u << n) - 1u), n) << shift;
    value >>= n;
  }
  return argb;
}
#endif

#if IMGB_CFG_DRAW_EPAPER
/* 5:6:5 colour of an ink; above 0xFFFF: there is no such ink. */
static uint32_t ink(uint8_t pixel_format, uint32_t code) {
  static const uint16_t colours[] = {0x0000, 0xFFFF, 0xFFE0, 0xF800, 0xFC00, 0x001F, 0x07E0};
  /* of 50h, 51h, 53h, 54h, 55h: a nibble for each code from 0 on, 15 for none */
  static const uint32_t inks[] = {0xFFFFF310u, 0xFFFFF210u, 0, 0xFFFF3210u, 0xF65F3210u, 0xF4235610u};
  uint32_t n = code < 8u ? inks[pixel_format - IMGB_PF_EPD_BWR] >> (4u * code) & 15u : 15u;
  return n < 15u ? colours[n] : 0x10000u;
}
#endif

/* Colour and coverage of the pixel at x; *colour is the caller's before. */
static uint32_t pixel_at(const imgb_priv_drawing_t *d, uint32_t x, uint32_t *colour) {
  const imgb_bitmap_t *b = d->rows.bitmap;
  uint32_t value = number_at(d, x);
  uint32_t pixels = d->pixels;
  if (pixels == IMGB_PIXELS_565) {
    *colour = value & 0xFFFFu;
    if (d->second != NULL) return d->second[x];
#if IMGB_CFG_DRAW_MORE
    if (b->bits_per_pixel == 24u) return value >> 16;
#endif
    return 255u;
  }
  if (pixels == IMGB_PIXELS_COVERAGE || pixels == IMGB_PIXELS_GREY) {
    value *= d->scale;
    if (pixels == IMGB_PIXELS_COVERAGE) return value;
    value = value * 0x010101u | 0xFF000000u;
  } else if (pixels == IMGB_PIXELS_INDEX) {
    if (value >= b->palette_count) return 0;
    value = imgb_priv_le32(d->palette + 4u * value);
#if IMGB_CFG_DRAW_EPAPER
  } else if (pixels == IMGB_PIXELS_INK) {
    *colour = ink(b->pixel_format, value);
    return *colour <= 0xFFFFu ? 255u : 0;
#endif
#if IMGB_CFG_DRAW_MORE
  } else if (pixels == IMGB_PIXELS_FIELDS) {
    value = level_fields(b->pixel_format, value);
  } else if (pixels == IMGB_PIXELS_AL) {
    value = (value & 0xFFu) * 0x010101u | (value & 0xFF00u) << 16;
#endif
  } else if (b->pixel_format != IMGB_PF_ARGB8888) {
    value |= 0xFF000000u;
  }
  *colour = value & 0xFFFFFFu;
  return value >> 24;
}

IMGB_NOINLINE void imgb_priv_draw_row(const imgb_priv_drawing_t *d) {
  uint32_t i;
  for (i = 0; i < d->area.x.length; i++) {
    uint32_t colour = d->area.rgb565;
    uint32_t alpha = pixel_at(d, d->area.x.skip + i, &colour);
    put(&d->area, i, colour, alpha);
  }
}

/* Orders whose drawing is left out. */
#define UNDRAWN_ORDERS \
  ((IMGB_CFG_DRAW_MORE ? 0u : IMGB_ORDER_PREMULTIPLIED) | (IMGB_CFG_DRAW_EPAPER ? 0u : IMGB_ORDER_INVERTED))

/* What drawing needs to know of a bitmap; 0: it cannot draw it. */
static int describe(imgb_priv_drawing_t *d, const imgb_bitmap_t *b) {
  uint32_t pixels = imgb_priv_pixels(b->pixel_format) & 0xFFu;
  uint32_t bits = b->bits_per_pixel;
  if (pixels >= IMGB_PIXELS_UNDRAWN || (b->order & UNDRAWN_ORDERS) != 0) return 0;
  d->pixels = (uint8_t)pixels;
  if (pixels > IMGB_PIXELS_565) d->area.kind = IMGB_COLOUR_888;
#if IMGB_CFG_DRAW_MORE
  if (b->pixel_format == IMGB_PF_ARGB8888 && (b->order & IMGB_ORDER_PREMULTIPLIED) != 0) {
    d->area.kind = IMGB_COLOUR_PREMULTIPLIED;
  }
#endif
#if IMGB_CFG_DRAW_EPAPER
  d->turned = 0;
  if ((b->order & IMGB_ORDER_INVERTED) != 0 &&
      (pixels == IMGB_PIXELS_GREY || b->alpha_stride_bytes == b->stride_bytes)) {
    d->turned = 0xFF;
  }
  if (b->pixel_format == IMGB_PF_MONO_PAGE) bits = 1;
  if (b->pixel_format == IMGB_PF_EPD_GRAY4) bits = 2;
#endif
  d->scale = (uint8_t)(imgb_priv_scale(bits) >> 1);
  return 1;
}

int imgb_priv_draw_begin(imgb_priv_drawing_t *d, const imgb_bitmap_t *b, void *work, uint32_t work_bytes) {
  int r;
  if (!describe(d, b)) return IMGB_ERR_UNSUPPORTED;
  if (b->has_tint != 0) d->area.rgb565 = (uint16_t)from_rgb(imgb_priv_le32(b->tint));
  d->row_at = 0xFFFFFFFFu;
  r = imgb_rows_begin(&d->rows, b, work, work_bytes);
  if (r != IMGB_OK || d->pixels != IMGB_PIXELS_INDEX) return r;
  if (d->rows.payload != NULL) {
    d->palette = d->rows.payload + b->palette;
    return IMGB_OK;
  }
  if (work_bytes < imgb_bitmap_work_bytes(b)) return IMGB_ERR_BUFFER;
  work_bytes = 4u * (uint32_t)b->palette_count;
  d->rows.work_bytes -= work_bytes; /* the palette goes to the end of work */
  d->palette = d->rows.work + d->rows.work_bytes;
  return imgb_read(&b->asset, b->palette, d->rows.work + d->rows.work_bytes, work_bytes);
}

int imgb_draw_bitmap(const imgb_surface_t *s, int32_t x, int32_t y, const imgb_bitmap_t *bitmap,
                     uint16_t rgb565, void *work, uint32_t work_bytes) {
  imgb_priv_drawing_t d;
  int r;
  d.area.rgb565 = rgb565;
  d.area.x.length = bitmap->width;
  d.area.y.length = bitmap->height;
  if (!imgb_priv_clip(&d.area, s, imgb_priv_wrap((uint32_t)x + (uint32_t)bitmap->trim_x),
                      imgb_priv_wrap((uint32_t)y + (uint32_t)bitmap->trim_y))) {
    return IMGB_OK;
  }
  r = imgb_priv_draw_begin(&d, bitmap, work, work_bytes);
  while (r == IMGB_OK) {
    r = imgb_priv_draw_load(&d, d.area.y.skip++);
    if (r != IMGB_OK) break;
    imgb_priv_draw_row(&d);
    if (!imgb_priv_next_row(&d.area)) break;
  }
  return r;
}
