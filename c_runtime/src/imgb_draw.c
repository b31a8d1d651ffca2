/* imgb_draw.c - bitmaps and text onto a surface.  SPDX-License-Identifier: MIT
 *
 * The arithmetic is that of FORMAT.md section 8.  RGB565 is drawn here, any other surface by its put
 * function.
 */
#include "imgb_priv.h"

/* What is left of a rectangle on the surface: where it starts in what is drawn, and where its rows go. */
typedef struct area {
  const imgb_surface_t *s;
  uint32_t skip_x, skip_y, width, height;
  uint32_t x, y;   /* on the surface: of the next row */
  uint16_t kind;   /* enum imgb_colour_kind */
  uint16_t rgb565; /* the caller's colour, of a bitmap */
} area_t;

/* One axis.  Any `at` and `s_at` are fine: differences are made unsigned, after the comparison that tells
 * their sign. Returns the pixels left; *skip and *start are right only if there are any. */
static IMGB_NOINLINE uint32_t clip(int32_t at, uint32_t length, int32_t s_at, int32_t s_length,
                                   uint32_t *skip, uint32_t *start) {
  uint32_t room = s_length > 0 ? (uint32_t)s_length : 0;
  uint32_t off = (uint32_t)at - (uint32_t)s_at;
  *skip = 0;
  *start = 0;
  if (at >= s_at) {
    if (off >= room) return 0;
    room -= off;
    *start = off;
  } else {
    off = 0u - off;
    if (off >= length) return 0;
    length -= off;
    *skip = off;
  }
  return length < room ? length : room;
}

/* area->width and height: of what is drawn, with its corner at x, y. */
static IMGB_NOINLINE int clip_area(const imgb_surface_t *s, int32_t x, int32_t y, area_t *area) {
  area->s = s;
  area->kind = IMGB_COLOUR_565;
  area->width = clip(x, area->width, s->x0, s->width, &area->skip_x, &area->x);
  area->height = clip(y, area->height, s->y0, s->height, &area->skip_y, &area->y);
  return area->width != 0 && area->height != 0;
}

/* Whether there is a row after this one, and if so goes there. */
static int next_row(area_t *area) {
  area->y++;
  return --area->height != 0;
}

static uint16_t swap_bytes(uint16_t v) {
  return (uint16_t)((unsigned)v >> 8 | (unsigned)v << 8);
}

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

static uint16_t from_rgb(uint32_t rgb) {
  return IMGB_RGB565(rgb >> 16 & 0xFFu, rgb >> 8 & 0xFFu, rgb & 0xFFu);
}

#if IMGB_CFG_DRAW_MORE
/* One field of a premultiplied pixel over that of a surface; share: what 255 becomes, 256 times, in 256ths.
 */
static IMGB_NOINLINE uint32_t add_field(uint32_t p, uint32_t share, uint32_t below_rest, uint32_t max) {
  uint32_t sum = (((p & 0xFFu) * share + 128u) >> 8) + below_rest + 128u;
  return sum >> 8 < max ? sum >> 8 : max;
}

static uint16_t add_premultiplied(uint32_t rgb, uint16_t below, uint32_t alpha) {
  uint32_t rest = 256u - alpha - (alpha >> 7);
  return (uint16_t)(add_field(rgb >> 16, 7967u, ((uint32_t)below >> 11) * rest, 31u) << 11 |
                    add_field(rgb >> 8, 16191u, ((uint32_t)below >> 5 & 0x3Fu) * rest, 63u) << 5 |
                    add_field(rgb, 7967u, (below & 0x1Fu) * rest, 31u));
}
#endif

static IMGB_NOINLINE void put(const area_t *area, uint32_t x, uint32_t colour, uint32_t alpha) {
  const imgb_surface_t *s = area->s;
  uint16_t *to;
  uint16_t below;
  if (alpha == 0) return;
  x += area->x;
  if (s->put != NULL) {
    s->put(s, x, area->y, colour, alpha << 8 | area->kind);
    return;
  }
  to = s->pixels + (size_t)area->y * s->stride_px + x;
  below = s->is_swapped != 0 ? swap_bytes(*to) : *to;
#if IMGB_CFG_DRAW_MORE
  if (area->kind == IMGB_COLOUR_PREMULTIPLIED) {
    below = add_premultiplied(colour, below, alpha);
  } else
#endif
  {
    if (area->kind != IMGB_COLOUR_565) colour = from_rgb(colour);
    below = alpha == 255u ? (uint16_t)colour : blend((uint16_t)colour, below, alpha);
  }
  *to = s->is_swapped != 0 ? swap_bytes(below) : below;
}

void imgb_priv_put(const imgb_surface_t *s, uint32_t x, uint32_t y, uint32_t colour, uint32_t how) {
  area_t area;
  area.s = s;
  area.x = x;
  area.y = y;
  area.kind = (uint16_t)(how & 0xFFu);
  put(&area, 0, colour, how >> 8);
}

void imgb_draw_fill(const imgb_surface_t *s, int32_t x, int32_t y, int32_t width, int32_t height,
                    uint16_t rgb565) {
  area_t area;
  if (width <= 0 || height <= 0) return;
  area.width = (uint32_t)width;
  area.height = (uint32_t)height;
  if (!clip_area(s, x, y, &area)) return;
  do {
    uint32_t i;
    for (i = 0; i < area.width; i++) put(&area, i, rgb565, 255u);
  } while (next_row(&area));
}

/* --- bitmaps ----------------------------------------------------------------------------------- */

typedef struct source {
  imgb_rows_t rows;
  const uint8_t *palette, *row, *second;
  uint8_t pixels;     /* IMGB_PIXELS_... */
  uint8_t level_bits; /* of a grey */
#if IMGB_CFG_DRAW_EPAPER
  uint8_t page_bit; /* row of the page that is drawn */
  uint8_t turned;   /* 0xFF where the bits of the first plane are inverted */
#endif
} source_t;

/* A pixel's bits as a number. */
static uint32_t number_at(const source_t *source, uint32_t x) {
  const imgb_bitmap_t *b = source->rows.bitmap;
  uint32_t bits = b->bits_per_pixel;
  uint32_t at = x * bits;
  const uint8_t *p = source->row + (at >> 3);
  uint32_t value = 0;
  at &= 7u;
#if IMGB_CFG_DRAW_MORE
  if (bits == 12u) {
    value = (uint32_t)p[0] << 8 | p[1];
    return at != 0 ? value & 0xFFFu : value >> 4;
  }
#endif
  if (bits > 8u) {
    uint32_t bytes = bits >> 3, i;
    uint32_t is_big = b->order & IMGB_ORDER_BIG;
#if IMGB_CFG_DRAW_MORE
    if (b->pixel_format == IMGB_PF_BGR888) is_big ^= IMGB_ORDER_BIG;
#endif
    for (i = 0; i < bytes; i++) value = value << 8 | p[is_big != 0 ? i : bytes - 1u - i];
    return value;
  }
#if IMGB_CFG_DRAW_EPAPER
  if (b->pixel_format == IMGB_PF_MONO_PAGE) {
    bits = 1;
    at = source->page_bit;
  }
#endif
  if ((b->order & IMGB_ORDER_LSB_FIRST) == 0) at = 8u - bits - at;
  value = (uint32_t)*p >> at;
#if IMGB_CFG_DRAW_EPAPER
  value ^= source->turned;
  if (source->second != NULL) { /* of bits 1 */
    uint32_t second = ((uint32_t)source->second[x >> 3] >> at ^ (uint32_t)b->order >> 4) & 1u;
    return source->pixels == IMGB_PIXELS_GREY ? (value & 1u) << 1 | second : second != 0 ? 2u : value & 1u;
  }
#endif
  return value & ((1u << bits) - 1u);
}

/* n bits as 0..255, rounded to the nearest. */
static uint32_t level(uint32_t value, uint32_t bits) {
#if IMGB_CFG_DRAW_MORE
  static const uint32_t scales[] = {0,        0xFF0000, 0x550000, 0x246DB7, 0x110000,
                                    0x0839CE, 0x040C31, 0,        0x010000};
  return (value * scales[bits] + 0x8000u) >> 16;
#else
  static const uint8_t scales[] = {0, 255, 85, 0, 17, 0, 0, 0, 1};
  return value * scales[bits];
#endif
}

#if IMGB_CFG_DRAW_MORE
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
static uint32_t pixel_at(const source_t *source, uint32_t x, uint32_t *colour) {
  const imgb_bitmap_t *b = source->rows.bitmap;
  uint32_t value = number_at(source, x);
  switch (source->pixels) {
    case IMGB_PIXELS_565:
      *colour = value & 0xFFFFu;
      if (source->second != NULL) return source->second[x];
#if IMGB_CFG_DRAW_MORE
      if (b->bits_per_pixel == 24u) return value >> 16;
#endif
      return 255u;
    case IMGB_PIXELS_COVERAGE:
      return level(value, b->bits_per_pixel);
    case IMGB_PIXELS_INDEX:
      if (value >= b->palette_count) return 0;
      value = imgb_priv_le32(source->palette + 4u * value);
      break;
    case IMGB_PIXELS_GREY:
      value = level(value, source->level_bits) * 0x010101u | 0xFF000000u;
      break;
#if IMGB_CFG_DRAW_EPAPER
    case IMGB_PIXELS_INK:
      *colour = ink(b->pixel_format, value);
      return *colour <= 0xFFFFu ? 255u : 0;
#endif
#if IMGB_CFG_DRAW_MORE
    case IMGB_PIXELS_FIELDS:
      value = level_fields(b->pixel_format, value);
      break;
    case IMGB_PIXELS_AL:
      value = (value & 0xFFu) * 0x010101u | (value & 0xFF00u) << 16;
      break;
#endif
    default:
      if (b->pixel_format != IMGB_PF_ARGB8888) value |= 0xFF000000u;
      break;
  }
  *colour = value & 0xFFFFFFu;
  return value >> 24;
}

static IMGB_NOINLINE void draw_row(const source_t *source, const area_t *area) {
  uint32_t i;
  for (i = 0; i < area->width; i++) {
    uint32_t colour = area->rgb565;
    uint32_t alpha = pixel_at(source, area->skip_x + i, &colour);
    put(area, i, colour, alpha);
  }
}

/* The palette, in place where the flash is mapped, else at the start of work, which then begins behind it. */
static int load_palette(source_t *source, const imgb_bitmap_t *b, void **work, uint32_t *work_bytes) {
  uint32_t bytes = 4u * (uint32_t)b->palette_count;
  if (source->pixels != IMGB_PIXELS_INDEX) return IMGB_OK;
  source->palette = (const uint8_t *)imgb_map(&b->asset, b->palette, bytes);
  if (source->palette != NULL) return IMGB_OK;
  if (*work_bytes < bytes) return IMGB_ERR_BUFFER;
  source->palette = (const uint8_t *)*work;
  *work = (uint8_t *)*work + bytes;
  *work_bytes -= bytes;
  return imgb_read(&b->asset, b->palette, (uint8_t *)*work - bytes, bytes);
}

/* What draw_row needs to know of a bitmap; 0: it cannot draw it. */
static int describe(source_t *source, area_t *area, const imgb_bitmap_t *b) {
  uint32_t pixels = imgb_priv_pixels(b->pixel_format) & 0xFFu;
  source->pixels = (uint8_t)pixels;
  source->level_bits = b->bits_per_pixel;
  area->kind = pixels <= IMGB_PIXELS_565 ? IMGB_COLOUR_565 : IMGB_COLOUR_888;
#if IMGB_CFG_DRAW_EPAPER
  source->turned = 0;
  if ((b->order & IMGB_ORDER_INVERTED) != 0 &&
      (pixels == IMGB_PIXELS_GREY || b->alpha_stride_bytes == b->stride_bytes)) {
    source->turned = 0xFF;
  }
  if (b->pixel_format == IMGB_PF_MONO_PAGE) source->level_bits = 1;
  if (b->pixel_format == IMGB_PF_EPD_GRAY4) source->level_bits = 2;
#else
  if (b->pixel_format >= IMGB_PF_MONO_PAGE || (b->order & IMGB_ORDER_INVERTED) != 0) return 0;
#endif
#if IMGB_CFG_DRAW_MORE
  if (b->pixel_format == IMGB_PF_ARGB8888 && (b->order & IMGB_ORDER_PREMULTIPLIED) != 0) {
    area->kind = IMGB_COLOUR_PREMULTIPLIED;
  }
#else
  if (pixels > IMGB_PIXELS_RGB || b->pixel_format == IMGB_PF_BGR888 || b->pixel_format == IMGB_PF_ARGB8565 ||
      (b->order & IMGB_ORDER_PREMULTIPLIED) != 0) {
    return 0;
  }
#endif
  return 1;
}

int imgb_draw_bitmap(const imgb_surface_t *s, int32_t x, int32_t y, const imgb_bitmap_t *bitmap,
                     uint16_t rgb565, void *work, uint32_t work_bytes) {
  area_t area;
  source_t source;
  int r;
  x = imgb_priv_wrap((uint32_t)x + (uint32_t)bitmap->trim_x);
  y = imgb_priv_wrap((uint32_t)y + (uint32_t)bitmap->trim_y);
  area.width = bitmap->width;
  area.height = bitmap->height;
  if (!clip_area(s, x, y, &area)) return IMGB_OK;
  if (!describe(&source, &area, bitmap)) return IMGB_ERR_UNSUPPORTED;
  area.rgb565 = rgb565;
  if (bitmap->has_tint != 0) area.rgb565 = IMGB_RGB565(bitmap->tint[2], bitmap->tint[1], bitmap->tint[0]);
  r = load_palette(&source, bitmap, &work, &work_bytes);
  if (r == IMGB_OK) r = imgb_rows_begin(&source.rows, bitmap, work, work_bytes);
  source.row = NULL;
  while (r == IMGB_OK) {
    uint32_t row = area.skip_y++;
#if IMGB_CFG_DRAW_EPAPER
    int is_page = bitmap->pixel_format == IMGB_PF_MONO_PAGE;
    source.page_bit = (uint8_t)(row & 7u);
    if (is_page) row >>= 3;
    if (!is_page || source.row == NULL || source.page_bit == 0)
#endif
      r = imgb_rows_get(&source.rows, row, &source.row, &source.second);
    if (r != IMGB_OK) break;
    draw_row(&source, &area);
    if (!next_row(&area)) break;
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
  area_t area;
  area.width = rows->glyph.w;
  area.height = rows->glyph.h;
  if (!clip_area(s, x, y, &area)) return IMGB_OK;
  rows->y = area.skip_y;
  do {
    const uint8_t *coverage;
    uint32_t i;
    int r = imgb_glyph_rows_next(rows, &coverage);
    if (r != IMGB_OK) return r;
    for (i = 0; i < area.width; i++) put(&area, i, rgb565, coverage[area.skip_x + i]);
  } while (next_row(&area));
  return IMGB_OK;
}

int imgb_draw_text(const imgb_surface_t *s, int32_t x, int32_t y, const imgb_font_t *font, const char *text,
                   uint16_t rgb565, void *work, uint32_t work_bytes, int32_t *x_end) {
  int32_t pen = 8; /* 1/16 px from x, half a pixel ahead so that it rounds */
  /* The rows' state lies at the start of work, where it is aligned: it would be half of the stack otherwise.
   */
  uint32_t pad = (0u - (uint32_t)(uintptr_t)work) & (uint32_t)(sizeof(void *) - 1u);
  imgb_glyph_rows_t *rows = (imgb_glyph_rows_t *)(void *)((uint8_t *)work + pad);
  uint32_t code;
  pad += (uint32_t)sizeof *rows;
  if (work_bytes < pad) return IMGB_ERR_BUFFER;
  while ((code = imgb_utf8_next(&text)) != 0) {
    uint32_t index;
    int r = imgb_font_index(font, code, &index);
    if (r == IMGB_OK || r == IMGB_ERR_NOT_FOUND) r = imgb_font_glyph(font, index, &rows->glyph);
    if (r == IMGB_OK)
      r = imgb_glyph_rows_begin(rows, font, &rows->glyph, (uint8_t *)work + pad, work_bytes - pad);
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
