/* imgb_priv.h - shared by the files of the reader, not part of the API.  SPDX-License-Identifier: MIT */
#ifndef IMGB_PRIV_H
#define IMGB_PRIV_H

#include "imgb.h"
#include "imgb_config.h"

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__ == 0
/* A free-standing compiler may come without <string.h>, yet it asks for these four itself. */
void *memcpy(void *to, const void *from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);
#else
#include <string.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define IMGB_NOINLINE __attribute__((noinline)) /* where one copy of the code is smaller than several */
#else
#define IMGB_NOINLINE
#endif

#define IMGB_ENTRY_BYTES 32u
#define IMGB_NAME_MAX 63u

static inline uint16_t imgb_priv_le16(const uint8_t *p) {
  return (uint16_t)(p[0] | (unsigned)p[1] << 8);
}

static inline uint32_t imgb_priv_le32(const uint8_t *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The low 16 or 8 bits as two's complement, without an implementation-defined conversion. */
static inline int16_t imgb_priv_s16(uint32_t v) {
  v &= 0xFFFFu;
  return (int16_t)(v < 0x8000u ? (int32_t)v : (int32_t)v - 0x10000L);
}

static inline int8_t imgb_priv_s8(uint32_t v) {
  v &= 0xFFu;
  return (int8_t)(v < 0x80u ? (int)v : (int)v - 0x100);
}

/* Sums of coordinates are made unsigned, where overflow is defined, and come back through this. */
static inline int32_t imgb_priv_wrap(uint32_t v) {
  return v < 0x80000000u ? (int32_t)v : -(int32_t)(0xFFFFFFFFu - v) - 1;
}

/* A number that may be below 0, for such sums. */
static inline uint32_t imgb_priv_u32(int32_t v) {
  return (uint32_t)v;
}

/* The one form in which a range is checked: it cannot overflow. */
static inline int imgb_priv_fits(uint32_t offset, uint32_t length, uint32_t total) {
  return offset <= total && length <= total - offset;
}

/* What a pixel is.  RGB: 8 bits each, in whole bytes; FIELDS: fewer; 565, AL: maybe with alpha beside it. */
enum {
  IMGB_PIXELS_NONE,
  IMGB_PIXELS_COVERAGE, /* to 565: drawn in a colour of 5:6:5 */
  IMGB_PIXELS_INK,
  IMGB_PIXELS_565,
  IMGB_PIXELS_GREY,
  IMGB_PIXELS_INDEX,
  IMGB_PIXELS_RGB,
  IMGB_PIXELS_AL,
  IMGB_PIXELS_FIELDS,
  IMGB_PIXELS_UNDRAWN = 16 /* beside one of them: imgb_config.h leaves its drawing out */
};

/* Of a pixel format: bits (of a column, in page order) << 8 | what a pixel is; 0: unknown. */
uint32_t imgb_priv_pixels(uint8_t pixel_format);

uint32_t imgb_priv_crc32(uint32_t crc, const void *bytes, uint32_t length); /* start with crc 0 */

/* Turns little-endian words, as read, into numbers in place: no code where the host has their byte order. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define imgb_priv_words(words, count) ((void)(words), (void)(count))
#else
void imgb_priv_words(uint32_t *words, uint32_t count);
#endif

/* Reads the entry at offset of io, as one read; base and name_offset become the entry's own, not yet checked.
 * IMGB_ERR_ENTRY where the check byte differs. */
int imgb_priv_entry(const imgb_io_t *io, uint32_t offset, imgb_asset_t *asset);

/* Reads length bytes at offset of io as one read, widened to read_align; words has room for length + 6. */
int imgb_priv_near(const imgb_io_t *io, uint32_t offset, void *words, uint32_t length);

/* The same within a payload; IMGB_ERR_FORMAT outside it. */
int imgb_priv_payload_near(const imgb_asset_t *asset, uint32_t offset, void *words, uint32_t length);

/* The same for words as numbers; offset is a multiple of 4, as payloads are. */
static inline int imgb_priv_payload_words(const imgb_asset_t *asset, uint32_t offset, uint32_t *words,
                                          uint32_t count) {
  int r = imgb_priv_payload_near(asset, offset, words, 4u * count);
  imgb_priv_words(words, count); /* does no harm where the read failed */
  return r;
}

/* mix() and fold() of FORMAT.md section 3.1: a place among n for a key.  imgb.c */
uint32_t imgb_priv_place(uint32_t key, uint32_t seed, uint32_t n);

/* --- text: imgb_text.c -------------------------------------------------------------------------- */

#define IMGB_PRIV_NO_CLASSES 0xFFFFFFFFu /* of a pen: not read yet */

/* Goes on to the glyph of a character, in the first font of the chain that has it, and kerns before it. */
int imgb_priv_pen_find(imgb_pen_t *pen, uint32_t code);

/* Moves the pen by the kerning between its glyph and the next one of its font, which has kerning. */
int imgb_priv_kern(imgb_pen_t *pen, uint32_t right);

/* Goes on to a glyph that is known, and kerns before it. */
static inline int imgb_priv_pen_turn(imgb_pen_t *pen, const imgb_font_t *font, uint32_t index) {
  int r = IMGB_OK;
#if IMGB_CFG_KERN
  if (pen->font == font && font->kern != 0) {
    r = imgb_priv_kern(pen, index);
  } else {
    pen->classes = IMGB_PRIV_NO_CLASSES;
  }
#endif
  pen->font = font;
  pen->index = (uint16_t)index;
  return r;
}

/* Of a level of n bits, 1..4 or 8: what makes twice its coverage, 0..255, of it.  imgb_font.c */
uint32_t imgb_priv_scale(uint32_t bits);

/* --- drawing: imgb_draw.c ----------------------------------------------------------------------- */

/* One axis of a rectangle, cut off at the surface's sides. */
typedef struct imgb_priv_axis {
  uint32_t skip;   /* px before what is seen */
  uint32_t length; /* px seen; before clipping: all */
  uint32_t start;  /* where that begins on the surface */
} imgb_priv_axis_t;

/* What is left of a rectangle on the surface. */
typedef struct imgb_priv_area {
  const imgb_surface_t *s;
  imgb_priv_axis_t x, y; /* y: moves on with the rows */
  uint16_t kind;         /* enum imgb_colour_kind of what is put */
  uint16_t rgb565;       /* the caller's colour */
} imgb_priv_area_t;

/* Whether there is a row after this one, and if so goes there. */
static inline int imgb_priv_next_row(imgb_priv_area_t *area) {
  area->y.start++;
  return --area->y.length != 0;
}

/* Text that is being drawn: its state, at the start of the caller's work, where it takes no stack. */
typedef struct imgb_priv_text {
  imgb_glyph_rows_t rows;
  imgb_pen_t pen;          /* at: from the text's start on, and IMGB_PRIV_PEN_ZERO */
  imgb_priv_area_t area;   /* of a glyph; its surface and colour are the text's */
  const uint8_t *coverage; /* of its row */
  int32_t x, y;            /* the pen's start on the screen */
} imgb_priv_text_t;

/* Where a pen that draws starts: so its number is never negative, and C says what >> does.  Half a pixel
 * ahead, so that it rounds. */
#define IMGB_PRIV_PEN_ZERO 0x80000008u

/* The state in work, ready for its first glyph, right behind `before` bytes of the caller's, all 0; NULL:
 * work is too small.  The caller sets area.s, x, y, pen.first and area.rgb565. */
imgb_priv_text_t *imgb_priv_text_begin(void *work, uint32_t work_bytes, uint32_t before);

/* The pen's place on the screen, px. */
static inline int32_t imgb_priv_text_x(const imgb_priv_text_t *t) {
  return imgb_priv_wrap((uint32_t)t->x + (t->pen.at >> 4) - (IMGB_PRIV_PEN_ZERO >> 4));
}

/* Draws the glyph that rows is ready for at the pen, raised by `up` px, and lets the pen advance. */
int imgb_priv_text_glyph(imgb_priv_text_t *t, uint32_t up);

/* A bitmap that is being drawn. */
typedef struct imgb_priv_drawing {
  uint8_t pixels; /* IMGB_PIXELS_... */
  uint8_t scale;  /* of a grey or a coverage: what makes it 0..255 */
#if IMGB_CFG_DRAW_EPAPER
  uint8_t page_bit; /* row of the page that is drawn */
  uint8_t turned;   /* 0xFF where the bits of the first plane are inverted */
#endif
  imgb_priv_area_t area;
  const uint8_t *palette, *row, *second;
  uint32_t row_at; /* the bitmap's row, or page, that row and second are */
  imgb_rows_t rows;
} imgb_priv_drawing_t;

/* Draws a row in the caller's colour; coverage NULL: all of it.  Whether there is a row after it. */
int imgb_priv_put_row(imgb_priv_area_t *area, const uint8_t *coverage);

/* Clips a rectangle with its corner at x, y; the caller has set both lengths.  0: nothing is seen. */
int imgb_priv_clip(imgb_priv_area_t *area, const imgb_surface_t *s, int32_t x, int32_t y);

/* After clipping, with area.rgb565 set: what is drawn and where its palette is.  Results of imgb_draw_bitmap.
 */
int imgb_priv_draw_begin(imgb_priv_drawing_t *d, const imgb_bitmap_t *bitmap, void *work,
                         uint32_t work_bytes);

/* Gets a row of the bitmap, if it is another than the last one. */
static inline int imgb_priv_draw_load(imgb_priv_drawing_t *d, uint32_t row) {
#if IMGB_CFG_DRAW_EPAPER
  if (d->rows.bitmap->pixel_format == IMGB_PF_MONO_PAGE) {
    d->page_bit = (uint8_t)(row & 7u);
    row >>= 3;
  }
#endif
  if (row == d->row_at) return IMGB_OK;
  d->row_at = row;
  return imgb_rows_get(&d->rows, row, &d->row, &d->second);
}

/* Draws area.x.length px of that row, from px area.x.skip on. */
void imgb_priv_draw_row(const imgb_priv_drawing_t *d);

/* --- blocks: imgb_text_block.c -------------------------------------------------------------------- */

#define IMGB_PRIV_GLYPH \
  0x80000000u /* beside a glyph index: what a glyph cache is asked for instead of a character */

/* Whether a character has a glyph; moves the pen before it, or over a tab. *code: a tab may become a space.
 */
int imgb_priv_block_step(const imgb_text_style_t *style, imgb_pen_t *pen, uint32_t *code);

/* The glyph that comes next, from the cache or from its font, and the pen there. */
static inline int imgb_priv_block_glyph(const imgb_text_style_t *style, imgb_pen_t *pen, uint32_t code,
                                        imgb_glyph_t *glyph) {
  const imgb_font_t *font = NULL;
  int r;
  if (style->cache != NULL) font = style->cache->find(style->cache, style->font, code, glyph);
  if (font != NULL) return imgb_priv_pen_turn(pen, font, glyph->index);
  r = imgb_priv_pen_find(pen, code);
  return r == IMGB_OK ? imgb_font_glyph(pen->font, pen->index, glyph) : r;
}

/* What is between imgb_glyph_rows_again and drawing where there is a cache. */
static inline int imgb_priv_block_show(const imgb_text_style_t *style, uint32_t code, imgb_priv_text_t *t) {
  int r = IMGB_OK;
  t->coverage = NULL;
  while (r == IMGB_OK && style->cache->show(style->cache, style->font, code, &t->rows, t->coverage)) {
    r = imgb_glyph_rows_next(&t->rows, &t->coverage);
  }
  return r;
}

/* The steps of laying a line out, each of which says which character is to be measured next. */
#define IMGB_PRIV_LINE_DONE 0u
#define IMGB_PRIV_LINE_NEXT 0xFFFFFFFFu
uint32_t imgb_priv_line_start(const imgb_text_style_t *style, imgb_text_line_t *line);
uint32_t imgb_priv_line_next(const imgb_text_style_t *style, imgb_text_line_t *line);
uint32_t imgb_priv_line_measured(const imgb_text_style_t *style, imgb_text_line_t *line);

/* Whether a line may end between last and next: imgb_text_break.c */
int imgb_priv_may_break(uint32_t before_last, uint32_t last, uint32_t next);
/* Whether a character is a mark on the one before it, and so stays with it. */
int imgb_priv_is_mark(uint32_t code);

/* Whether there is room for line n (0, 1, ...). */
int imgb_priv_block_fits(const imgb_text_style_t *style, uint32_t n);

/* Baseline of line n, px below the block's top. */
uint32_t imgb_priv_block_baseline(const imgb_text_style_t *style, uint32_t n);

/* px from x to where a line of this width (1/16 px) begins. */
uint32_t imgb_priv_block_left(const imgb_text_style_t *style, int32_t width);

#ifdef __cplusplus
}
#endif
#endif
