/* imgb_text_block.c - lines of a block of text: where they break, how wide they are.
 * SPDX-License-Identifier: MIT
 *
 * The rules are those of FORMAT.md section 8.3.
 */
#include "imgb_priv.h"

#define TAB 0x09u
#define LINE_FEED 0x0Au
#define RETURN 0x0Du
#define SOFT_HYPHEN 0xADu
#define WIDE_SPACE 0x3000u
#define ZERO_SPACE 0x200Bu
#define HYPHEN 0x2010u
#define ELLIPSIS 0x2026u

/* --- what a block looks like --------------------------------------------------------------------- */

uint32_t imgb_priv_block_baseline(const imgb_text_style_t *style, uint32_t n) {
  const imgb_font_t *font = style->font;
  int32_t height = style->line_height;
  if (height == 0) height = (int32_t)font->ascent - font->descent + font->line_gap;
  return (uint32_t)font->ascent + n * (uint32_t)height;
}

int imgb_priv_block_fits(const imgb_text_style_t *style, uint32_t n) {
  uint32_t bottom = imgb_priv_block_baseline(style, n) - imgb_priv_u32(style->font->descent);
  if (n == 0) return 1;
  if (style->max_lines != 0 && n >= style->max_lines) return 0;
  return style->height <= 0 || imgb_priv_wrap(bottom) <= style->height;
}

uint32_t imgb_priv_block_left(const imgb_text_style_t *style, int32_t width) {
  uint32_t room = (uint32_t)style->width;
  if (style->align == IMGB_ALIGN_LEFT) return 0;
  if (style->width < 0) room = 0;
  if (width > 0) room -= ((uint32_t)width + 15u) >> 4;
  if (style->align == IMGB_ALIGN_RIGHT) return room;
  return ((room + 0x80000000u) >> 1) - 0x40000000u; /* half, rounded down, also below 0 */
}

/* --- characters ---------------------------------------------------------------------------------- */

static int is_space(uint32_t code) {
  return code == ' ' || code == TAB || code == WIDE_SPACE;
}

static int has_glyph(uint32_t code) {
  return code != RETURN && code != ZERO_SPACE && code != SOFT_HYPHEN;
}

/* px from the line's start to the first stop behind the pen, in 1/16. */
static uint32_t tab_stop(uint32_t at, uint32_t tab) {
  uint32_t rest = imgb_priv_wrap(at) < 0 ? 0 : at;
  uint32_t shift, stop = rest + tab;
  for (shift = 28u; shift-- != 0;) { /* rest becomes the remainder: no division */
    if (rest >> shift >= tab) rest -= tab << shift;
  }
  return stop - rest;
}

int imgb_priv_block_step(const imgb_text_style_t *style, imgb_pen_t *pen, uint32_t *code) {
  if (!has_glyph(*code)) return 0;
  if (*code == TAB) {
    *code = ' ';
    if (style->tab != 0) {
      pen->at = IMGB_PRIV_PEN_ZERO + tab_stop(pen->at - IMGB_PRIV_PEN_ZERO, 16u * (uint32_t)style->tab);
      pen->font = NULL; /* neither kerning nor letter spacing over a tab */
      return 0;
    }
  }
  if (pen->font != NULL) pen->at += imgb_priv_u32(style->letter_spacing);
  return 1;
}

/* --- lines --------------------------------------------------------------------------------------- */

/* A line is laid out by a few steps, each of which says which character is to be measured next.  All they
 * know is in the line, so that the stack is short where characters are looked up. */
static void start_pen(imgb_pen_t *pen, const imgb_text_style_t *style) {
  memset(pen, 0, sizeof *pen);
  pen->first = style->font;
  pen->at = IMGB_PRIV_PEN_ZERO;
}

static int32_t pen_width(const imgb_pen_t *pen) {
  return imgb_priv_wrap(pen->at - IMGB_PRIV_PEN_ZERO);
}

/* Remembers where the line may end. */
static void mark(imgb_text_line_t *line, const char *next, int32_t width, uint32_t suffix) {
  line->mark_end = line->end;
  line->mark_next = next;
  line->mark_width = width;
  line->mark_suffix = (uint16_t)suffix;
}

static uint32_t end_at_mark(imgb_text_line_t *line) {
  line->end = line->mark_end;
  line->next = line->mark_next;
  line->width = line->mark_width;
  line->suffix = line->mark_suffix;
  return IMGB_PRIV_LINE_DONE;
}

/* The same with a suffix, if that fits or must. */
static void mark_suffixed(const imgb_text_style_t *style, imgb_text_line_t *line, int must) {
  uint32_t width = imgb_priv_u32(line->width) + imgb_priv_u32(line->suffix_width);
  if (line->end != line->text) width += imgb_priv_u32(style->letter_spacing);
  if (must || imgb_priv_wrap(width) <= line->limit || line->end == line->text) {
    mark(line, line->next, imgb_priv_wrap(width), line->suffix);
  }
}

/* Measures a suffix on its own, while the line waits. */
static uint32_t start_suffix(const imgb_text_style_t *style, imgb_text_line_t *line, uint32_t code,
                             uint32_t count) {
  line->suffix = (uint16_t)code;
  line->suffixes = (uint8_t)count;
  line->measured = 0;
  line->is_suffix = 1;
  start_pen(&line->pen, style);
  return code;
}

uint32_t imgb_priv_line_start(const imgb_text_style_t *style, imgb_text_line_t *line) {
  line->number++;
  line->is_last = (uint8_t)!imgb_priv_block_fits(style, line->number);
  line->is_cut = (uint8_t)(line->is_last != 0 && style->ellipsis != 0);
  line->limit = 0x7FFFFFFF;
  if (style->width > 0 && style->width < 0x07FFFFFF) line->limit = style->width * 16;
  line->text = line->end = line->next;
  line->width = 0;
  line->last = line->before_last = 0;
  line->mark_next = NULL;
  line->is_suffix = 0;
  start_pen(&line->pen, style);
  line->waiting = line->pen;
  return line->is_cut != 0 ? start_suffix(style, line, ELLIPSIS, 1) : IMGB_PRIV_LINE_NEXT;
}

/* Goes over characters without a glyph, to the next one with. */
uint32_t imgb_priv_line_next(const imgb_text_style_t *style, imgb_text_line_t *line) {
  const char *here = line->next;
  uint32_t code = imgb_utf8_next(&line->next);
  uint32_t may_end = line->is_cut == 0 && line->end != line->text;
  line->here = here;
  line->code = code;
  if (code == 0 || code == LINE_FEED) {
    if (code != 0 && line->is_cut != 0 && *line->next != '\0') return end_at_mark(line); /* more is below */
    line->suffix = 0;
    return IMGB_PRIV_LINE_DONE;
  }
  if (may_end && line->last != 0 && !is_space(code) && has_glyph(code) &&
      imgb_priv_may_break(line->before_last, line->last, code)) {
    mark(line, here, line->width, 0);
  }
  if (imgb_priv_block_step(style, &line->pen, &code)) return code;
  if (code == RETURN) return IMGB_PRIV_LINE_NEXT;
  line->last = 0;
  if (!may_end) return IMGB_PRIV_LINE_NEXT;
  if (code != SOFT_HYPHEN) {
    mark(line, line->next, line->width, 0);
  } else if (line->end == here) {
    line->waiting = line->pen;
    return start_suffix(style, line, HYPHEN, 1);
  }
  return IMGB_PRIV_LINE_NEXT;
}

static uint32_t measured_suffix(const imgb_text_style_t *style, imgb_text_line_t *line) {
  uint32_t other = line->is_cut != 0 ? '.' : '-';
  if (line->pen.index == 0 && line->suffix != other) { /* .notdef */
    return start_suffix(style, line, other, line->is_cut != 0 ? 3u : 1u);
  }
  line->pen.at += imgb_priv_u32(line->glyph.advance);
  if (++line->measured != line->suffixes) {
    line->pen.at += imgb_priv_u32(style->letter_spacing);
    return line->suffix;
  }
  line->suffix_width = pen_width(&line->pen);
  line->pen = line->waiting;
  line->is_suffix = 0;
  mark_suffixed(style, line, 0);
  return IMGB_PRIV_LINE_NEXT;
}

/* What the glyph of a character does to the line. */
uint32_t imgb_priv_line_measured(const imgb_text_style_t *style, imgb_text_line_t *line) {
  int is_mark;
  if (line->is_suffix != 0) return measured_suffix(style, line);
  line->pen.at += imgb_priv_u32(line->glyph.advance);
  if (is_space(line->code)) {
    if (line->is_cut == 0 && line->end != line->text) mark(line, line->next, line->width, 0);
    line->last = 0;
    return IMGB_PRIV_LINE_NEXT;
  }
  /* a mark is where the character before it is, wherever that fits */
  is_mark = line->last != 0 && line->end == line->here && imgb_priv_is_mark(line->code);
  if (!is_mark && pen_width(&line->pen) > line->limit && (line->is_cut != 0 || line->end != line->text)) {
    if (line->mark_next == NULL) mark(line, line->here, line->width, 0);
    return end_at_mark(line);
  }
  line->end = line->next;
  line->width = pen_width(&line->pen);
  line->before_last = line->last;
  line->last = line->code;
  if (line->is_cut != 0) mark_suffixed(style, line, is_mark && line->mark_end == line->here);
  return IMGB_PRIV_LINE_NEXT;
}

int imgb_text_line_next(const imgb_text_style_t *style, imgb_text_line_t *line) {
  uint32_t code;
  if (line->is_last != 0 || *line->next == '\0') return IMGB_ERR_NOT_FOUND;
  code = imgb_priv_line_start(style, line);
  while (code != IMGB_PRIV_LINE_DONE) {
    if (code == IMGB_PRIV_LINE_NEXT) {
      code = imgb_priv_line_next(style, line);
    } else {
      int r = imgb_priv_block_glyph(style, &line->pen, code, &line->glyph);
      if (r != IMGB_OK) return r;
      code = imgb_priv_line_measured(style, line);
    }
  }
  return IMGB_OK;
}

int imgb_text_block_measure(const imgb_text_style_t *style, const char *text, imgb_text_block_t *block) {
  int r;
  memset(block, 0, sizeof *block);
  block->line.next = text;
  while ((r = imgb_text_line_next(style, &block->line)) == IMGB_OK) {
    uint32_t width = block->line.width > 0 ? ((uint32_t)block->line.width + 15u) >> 4 : 0;
    if (width > block->width) block->width = width;
    block->lines = block->line.number;
    block->height = imgb_priv_block_baseline(style, block->lines - 1u) - imgb_priv_u32(style->font->descent);
  }
  return r == IMGB_ERR_NOT_FOUND ? IMGB_OK : r;
}
