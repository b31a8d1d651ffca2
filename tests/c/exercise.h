/* exercise.h - reads everything of an asset and prints it, or only reads it (out NULL).
 * SPDX-License-Identifier: MIT
 *
 * Lines of the listing: see test_c_reader.py, which knows what must come out.
 */
#ifndef EXERCISE_H
#define EXERCISE_H

#include "host.h"

#define WORK_LIMIT (1u << 20) /* a malformed bitmap may ask for more than any host should give */

static inline void put_hex(FILE *out, const uint8_t *bytes, uint32_t length) {
  uint32_t i;
  for (i = 0; out != NULL && i < length; i++) fprintf(out, "%02x", bytes[i]);
}

static inline int list_opened(FILE *out, const imgb_bitmap_t *bitmap) {
  const imgb_bitmap_t b = *bitmap;
  imgb_rows_t rows;
  uint8_t palette[1024];
  uint32_t need, y, i;
  void *work;
  int r = imgb_bitmap_palette(&b, 0, b.palette_count, palette);
  if (r != IMGB_OK) return r;
  if (out != NULL) {
    fprintf(out, "bitmap %u %u format %u order %u palette ", b.width, b.height, b.pixel_format, b.order);
    put_hex(out, palette, 4u * b.palette_count);
    fprintf(out, "\n");
  }
  need = imgb_bitmap_work_bytes(&b) - 4u * b.palette_count;
  if (need > WORK_LIMIT) return IMGB_ERR_BUFFER;
  work = malloc(need);
  r = imgb_rows_begin(&rows, &b, work, need);
  for (y = 0; r == IMGB_OK && y < b.rows; y++) {
    const uint8_t *pixels, *alpha;
    r = imgb_rows_get(&rows, y, &pixels, &alpha);
    if (r != IMGB_OK) break;
    if (out == NULL) { /* touch every byte, so that the sanitizer judges it */
      volatile uint8_t sink = 0;
      for (i = 0; i < b.stride_bytes; i++) sink = (uint8_t)(sink + pixels[i]);
      for (i = 0; alpha != NULL && i < b.alpha_stride_bytes; i++) sink = (uint8_t)(sink + alpha[i]);
      continue;
    }
    fprintf(out, "row ");
    put_hex(out, pixels, b.stride_bytes);
    if (alpha != NULL) {
      fprintf(out, " ");
      put_hex(out, alpha, b.alpha_stride_bytes);
    }
    fprintf(out, "\n");
  }
  free(work);
  return r;
}

static inline int list_bitmap(FILE *out, const imgb_asset_t *asset) {
  imgb_bitmap_t bitmap;
  int r = imgb_bitmap_open(asset, &bitmap);
  return r == IMGB_OK ? list_opened(out, &bitmap) : r;
}

static inline int list_animation(FILE *out, const imgb_asset_t *asset) {
  imgb_animation_t animation;
  uint32_t n;
  int r = imgb_animation_open(asset, &animation);
  if (r != IMGB_OK) return r;
  if (out != NULL) {
    fprintf(out, "animation %u %u frames %u plays %u ms %lu\n", animation.width, animation.height,
            animation.frames, animation.plays, (unsigned long)animation.duration_ms);
  }
  for (n = 0; r == IMGB_OK && n < animation.frames && n < 512u; n++) {
    imgb_frame_t frame;
    r = imgb_animation_frame(&animation, n, &frame);
    if (r != IMGB_OK) break;
    if (out != NULL) {
      fprintf(out, "frame %u ms %u whole %u at %d %d\n", (unsigned)n, frame.delay_ms, frame.is_whole,
              frame.bitmap.trim_x, frame.bitmap.trim_y);
    }
    if (frame.bitmap.rows != 0) r = list_opened(out, &frame.bitmap);
  }
  return r;
}

static inline int list_glyph(FILE *out, const imgb_font_t *font, uint32_t index, uint8_t *work,
                             uint32_t work_bytes) {
  imgb_glyph_t g;
  imgb_glyph_rows_t rows;
  uint32_t y;
  int r = imgb_font_glyph(font, index, &g);
  if (r != IMGB_OK) return r;
  if (out != NULL) {
    fprintf(out, "glyph %u %ld %ld %ld %u %u ", index, (long)g.advance, (long)g.x, (long)g.y, g.w, g.h);
  }
  r = imgb_glyph_rows_begin(&rows, font, &g, work, work_bytes);
  for (y = 0; r == IMGB_OK && y < g.h && (out != NULL || y < 4096u); y++) {
    const uint8_t *coverage;
    r = imgb_glyph_rows_next(&rows, &coverage);
    if (r == IMGB_OK) put_hex(out, coverage, g.w);
  }
  if (out != NULL) fprintf(out, "\n");
  return r;
}

static inline int list_font(FILE *out, const imgb_asset_t *asset, uint32_t code_step) {
  imgb_font_t f;
  uint32_t code, i, need;
  uint8_t *work;
  int r = imgb_font_open(asset, &f);
  if (r != IMGB_OK) return r;
  if (out != NULL) {
    fprintf(out, "font %u %u %d %d %d %d %u %u\n", f.size_px, f.bpp, f.ascent, f.descent, f.line_gap,
            f.underline, f.underline_thickness, f.glyphs);
  }
  for (code = 0; code < 0x110000u; code += code < 0x3000u ? code_step : 257u * code_step) {
    r = imgb_font_index(&f, code, &i);
    if (r == IMGB_OK && out != NULL) fprintf(out, "char %u %u\n", code, i);
    if (r != IMGB_OK && r != IMGB_ERR_NOT_FOUND) return r;
  }
  need = imgb_font_work_bytes(&f); /* the least: every refill of the window is exercised */
  work = (uint8_t *)malloc(need);
  r = IMGB_OK;
  for (i = 0; r == IMGB_OK && i < f.glyphs && i < 512u; i++) r = list_glyph(out, &f, i, work, need);
  free(work);
  return r;
}

static inline int list_file(FILE *out, const imgb_asset_t *asset) {
  uint8_t *bytes = (uint8_t *)malloc(asset->stored_bytes);
  int r = imgb_read(asset, 0, bytes, asset->stored_bytes);
  if (r == IMGB_OK && out != NULL) {
    fprintf(out, "file ");
    put_hex(out, bytes, asset->stored_bytes);
    fprintf(out, "\n");
  }
  free(bytes);
  return r;
}

static inline int list_runs(FILE *out, const imgb_asset_t *asset) {
  imgb_runs_t runs;
  uint32_t n, width;
  int r = imgb_runs_open(asset, &runs);
  if (r == IMGB_OK) r = imgb_runs_measure(&runs, &width);
  if (r != IMGB_OK) return r;
  if (out != NULL) fprintf(out, "runs %u lines %u glyphs %u px\n", runs.lines, runs.glyphs, (unsigned)width);
  for (n = 0; r == IMGB_OK && n < runs.glyphs && n < 512u; n++) {
    imgb_runs_glyph_t glyph;
    r = imgb_runs_glyph(&runs, n, &glyph);
  }
  return r;
}

static inline int list_strings(FILE *out, const imgb_asset_t *asset) {
  imgb_strings_t strings;
  uint32_t n, length;
  int r = imgb_strings_open(asset, &strings);
  if (r != IMGB_OK) return r;
  if (out != NULL) fprintf(out, "strings %u languages %u\n", strings.strings, strings.languages);
  r = imgb_strings_language(&strings, "de-AT");
  for (n = 0; n < 2u; n++) { /* the default language, then the last one */
    /* CRC-32 of "hello", "bye", "shaped": what the tests' tables hold */
    static const uint32_t keys[] = {0x3610A686u, 0x77379134u, 0x100820D5u, 0};
    uint32_t i;
    strings.language = (uint8_t)(n * (strings.languages - 1u));
    for (i = 0; i < 4u; i++) {
      char *buffer = (char *)malloc(40);
      const char *mapped = imgb_strings_map(&strings, keys[i]);
      imgb_asset_t text;
      r = imgb_strings_get(&strings, keys[i], buffer, 40, &length);
      if (r == IMGB_OK && strlen(buffer) > length) abort();
      if (mapped != NULL && strlen(mapped) > 0x7FFFu) abort();
      r = imgb_strings_find(&strings, keys[i], &text);
      if (r == IMGB_OK && text.kind == IMGB_KIND_GLYPH_RUNS) r = list_runs(NULL, &text);
      free(buffer);
    }
  }
  return r == IMGB_ERR_NOT_FOUND ? IMGB_OK : r;
}

static inline int list_asset(FILE *out, const imgb_asset_t *asset, uint32_t code_step) {
  char name[64];
  int r = imgb_name(asset, name, sizeof name);
  if (r == IMGB_ERR_NOT_FOUND) name[0] = '\0';
  if (r != IMGB_OK && r != IMGB_ERR_NOT_FOUND) return r;
  if (out != NULL) {
    fprintf(out, "asset %s kind %u codec %u size %u %u key %08lx\n", name, asset->kind, asset->codec,
            asset->width, asset->height, (unsigned long)asset->key);
  }
  switch (asset->kind) {
    case IMGB_KIND_BITMAP:
      return list_bitmap(out, asset);
    case IMGB_KIND_ANIMATION:
      return list_animation(out, asset);
    case IMGB_KIND_FONT:
      return list_font(out, asset, code_step);
    case IMGB_KIND_FILE:
      return list_file(out, asset);
    case IMGB_KIND_STRINGS:
      return list_strings(out, asset);
    case IMGB_KIND_GLYPH_RUNS:
      return list_runs(out, asset);
    default:
      return IMGB_OK;
  }
}

#endif
