/* glyphs.c - glyph rows as the manual promises them.  SPDX-License-Identifier: MIT
 *
 *     glyphs rules PACK HOW        every font of the pack: work, reads of a table, skipped rows
 *     glyphs random COUNT SEED     glyphs that nobody encoded: bytes, tables and sizes are random
 *
 * "rules" prints a line per promise that is not kept, and "font NAME state N table READS BYTES".  "random"
 * prints how many glyphs were decoded and how many reads failed as they were told to; the sanitizers are the
 * judges, and both ways to the bytes must give the same rows.
 */
#include "exercise.h"

static flash_t flash;

static void broken(const char *name, const char *what, long n) {
  printf("%s: %s (%ld)\n", name, what, n);
}

/* All rows at once, for comparing: w * h bytes. */
static int all_rows(const imgb_font_t *font, const imgb_glyph_t *glyph, uint8_t *work, uint32_t bytes,
                    uint8_t *to) {
  imgb_glyph_rows_t rows;
  uint32_t y;
  int r = imgb_glyph_rows_begin(&rows, font, glyph, work, bytes);
  for (y = 0; r == IMGB_OK && y < glyph->h; y++) {
    const uint8_t *coverage;
    r = imgb_glyph_rows_next(&rows, &coverage);
    if (r == IMGB_OK) memcpy(to + y * glyph->w, coverage, glyph->w);
  }
  return r;
}

static void skip_rows(const char *name, const imgb_font_t *font, const imgb_glyph_t *glyph, uint8_t *work,
                      uint32_t bytes, const uint8_t *wanted) {
  imgb_glyph_rows_t rows;
  const uint8_t *coverage;
  uint32_t y;
  int r = imgb_glyph_rows_begin(&rows, font, glyph, work, bytes);
  for (y = 1; r == IMGB_OK && y < glyph->h; y += 3) {
    rows.y = y;
    r = imgb_glyph_rows_next(&rows, &coverage);
    if (r == IMGB_OK && memcmp(coverage, wanted + y * glyph->w, glyph->w) != 0)
      broken(name, "a row after skipped ones differs", (long)y);
  }
  if (r != IMGB_OK) broken(name, "skipping failed", r);
  rows.y = glyph->h;
  if (imgb_glyph_rows_next(&rows, &coverage) != IMGB_ERR_RANGE) broken(name, "no end", glyph->h);
  rows.y = 0;
  if (glyph->h > 1u && !glyph->is_raw && imgb_glyph_rows_next(&rows, &coverage) != IMGB_ERR_ARGUMENT)
    broken(name, "a coded glyph went back", 0);
}

/* The least work is the least: one byte less is refused, and the bytes behind it stay as they were. */
static uint32_t least_work(const imgb_font_t *font, const imgb_glyph_t *glyph) {
  imgb_glyph_rows_t rows;
  uint8_t work[4096];
  uint32_t n = 0;
  while (n < sizeof work && imgb_glyph_rows_begin(&rows, font, glyph, work, n) == IMGB_ERR_BUFFER) n++;
  return n;
}

static void check_font(const char *name, imgb_font_t *font) {
  uint32_t i, least = 0;
  uint32_t told = imgb_font_work_bytes(font);
  uint8_t kept[IMGB_FONT_TABLE_BYTES];
  for (i = 0; i < font->glyphs; i++) {
    imgb_glyph_t glyph;
    uint8_t *work, *wanted, *again;
    int r = imgb_font_glyph(font, i, &glyph);
    if (r != IMGB_OK) {
      broken(name, "glyph", r);
      continue;
    }
    least = least_work(font, &glyph);
    if (least > told) broken(name, "more than the least work is needed", (long)least);
    work = (uint8_t *)malloc(least);
    wanted = (uint8_t *)malloc((uint32_t)glyph.w * glyph.h);
    again = (uint8_t *)malloc((uint32_t)glyph.w * glyph.h);
    r = all_rows(font, &glyph, work, least, wanted);
    if (r != IMGB_OK) broken(name, "rows", r);
    skip_rows(name, font, &glyph, work, least, wanted);
    {
      uint8_t *large = (uint8_t *)malloc(told + 600u);
      r = all_rows(font, &glyph, large, told + 600u, again);
      if (r != IMGB_OK || memcmp(wanted, again, (uint32_t)glyph.w * glyph.h) != 0)
        broken(name, "more work gives other rows", (long)i);
      free(large);
    }
    free(work);
    free(wanted);
    free(again);
  }
  {
    imgb_glyph_rows_t rows;
    imgb_glyph_t glyph;
    uint8_t *work = (uint8_t *)malloc(told);
    uint32_t reads, bytes;
    const uint8_t *coverage;
    int r;
    i = 0;
    do {
      r = imgb_font_glyph(font, i++, &glyph);
    } while (r == IMGB_OK && font->model != 0 && (glyph.is_raw || glyph.h == 0) && i < font->glyphs);
    flash.reads = flash.bytes_read = 0;
    if (r == IMGB_OK) r = imgb_glyph_rows_begin(&rows, font, &glyph, work, told);
    reads = flash.reads;
    bytes = flash.bytes_read;
    if (r == IMGB_OK) r = imgb_glyph_rows_next(&rows, &coverage);
    flash.reads = 0;
    if (r == IMGB_OK) r = imgb_glyph_rows_again(&rows, font, &glyph);
    if (r != IMGB_OK || flash.reads != 0) broken(name, "the table is read again", r);
    r = imgb_font_keep_table(font, kept, sizeof kept - 1u);
    if (r != (reads != 0 && font->bpp != 1u ? IMGB_ERR_BUFFER : IMGB_OK))
      broken(name, "a buffer too small", r);
    r = imgb_font_keep_table(font, kept, sizeof kept);
    flash.reads = 0;
    if (r == IMGB_OK) r = imgb_glyph_rows_begin(&rows, font, &glyph, work, told);
    if (r != IMGB_OK || flash.reads != 0) broken(name, "a table that is kept is read", r);
    if (r == IMGB_OK) r = imgb_glyph_rows_next(&rows, &coverage);
    if (r != IMGB_OK) broken(name, "rows by a table that is kept", r);
    printf("font %s state %lu table %lu %lu\n", name, (unsigned long)least, (unsigned long)reads,
           (unsigned long)bytes);
    free(work);
  }
}

static int rules(const char *path, const char *how) {
  uint32_t size, i;
  uint8_t *bytes = load_file(path, &size);
  imgb_io_t io;
  imgb_pack_t pack;
  int r;
  flash_make(&flash, bytes, size, how);
  free(bytes);
  flash_io(&flash, &io);
  r = imgb_open(&pack, &io, 0);
  for (i = 0; r == IMGB_OK && i < pack.assets; i++) {
    imgb_asset_t asset;
    imgb_font_t font;
    char name[64];
    r = imgb_at(&pack, i, &asset);
    if (r == IMGB_OK) r = imgb_name(&asset, name, sizeof name);
    if (r == IMGB_OK) r = imgb_font_open(&asset, &font);
    if (r == IMGB_OK) check_font(name, &font);
  }
  if (r != IMGB_OK) broken(path, "error", r);
  flash_free(&flash);
  return 0;
}

/* --- glyphs that nobody encoded ------------------------------------------------------------------ */

static uint32_t state;

static uint32_t next(uint32_t limit) {
  state = state * 1664525u + 1013904223u;
  return (uint32_t)((uint64_t)(state >> 8) * limit >> 24);
}

/* Mostly noise, sometimes one byte for long: certain and impossible decisions, long runs. */
static void make_bytes(uint8_t *bytes, uint32_t length) {
  uint32_t i, style = next(4);
  for (i = 0; i < length; i++) {
    bytes[i] = (uint8_t)(style < 2 ? next(256) : next(30) == 0 ? next(256) : style == 2 ? 0 : 0xFF);
  }
}

static void make_font(imgb_font_t *font, imgb_glyph_t *glyph, uint32_t pixels) {
  static const uint8_t depths[5] = {1, 2, 3, 4, 8};
  memset(font, 0, sizeof *font);
  memset(glyph, 0, sizeof *glyph);
  font->bpp = depths[next(5)];
  font->model = 255;
  glyph->w = (uint16_t)next(next(6) == 0 ? 200 : 20);
  glyph->h = (uint16_t)next(30);
  font->max_w = (uint16_t)(glyph->w + next(3) * next(40));
  font->max_h = glyph->h;
  font->pixels = IMGB_FONT_TABLE_BYTES;
  font->pixels_bytes = pixels;
  font->glyphs = 1;
  glyph->offset = font->pixels;
  glyph->stored_bytes = ((uint32_t)glyph->w * glyph->h * font->bpp + 7u) / 8u + 3u;
  if (glyph->stored_bytes > pixels) glyph->stored_bytes = pixels;
}

static int random_glyphs(unsigned long count) {
  unsigned long good = 0, failed = 0;
  for (; count != 0; count--) {
    imgb_font_t font;
    imgb_glyph_t glyph;
    imgb_io_t io;
    uint32_t pixels = next(300), size = IMGB_FONT_TABLE_BYTES + pixels, least, area;
    uint8_t *bytes = (uint8_t *)malloc(size), *work, *wanted, *again;
    int r;
    make_bytes(bytes, IMGB_FONT_TABLE_BYTES);
    make_bytes(bytes + IMGB_FONT_TABLE_BYTES, pixels);
    make_font(&font, &glyph, pixels);
    flash_make(&flash, bytes, size, "read1");
    flash_io(&flash, &io);
    font.asset.io = io;
    font.asset.stored_bytes = size;
    area = (uint32_t)glyph.w * glyph.h;
    wanted = (uint8_t *)malloc(area + 1u);
    again = (uint8_t *)malloc(area + 1u);
    least = least_work(&font, &glyph) + next(2) * next(100);
    work = (uint8_t *)malloc(least);
    r = all_rows(&font, &glyph, work, least, wanted);
    if (r != IMGB_OK) return 3;
    flash.fail_at = next(3) == 0 ? flash.reads + 1u + next(4) : 0;
    r = all_rows(&font, &glyph, work, least, again);
    if (r == IMGB_OK && memcmp(wanted, again, area) != 0) return 4;
    if (r != IMGB_OK && (r != FLASH_FAILED || flash.reads < flash.fail_at)) return 5;
    failed += r != IMGB_OK;
    flash.fail_at = 0;
    flash.is_mapped = flash.is_exact = 1;
    font.table = bytes;
    free(work);
    least = least_work(&font, &glyph);
    work = (uint8_t *)malloc(least);
    r = all_rows(&font, &glyph, work, least, again);
    if (r != IMGB_OK || memcmp(wanted, again, area) != 0) return 6;
    good++;
    flash_free(&flash);
    free(work);
    free(wanted);
    free(again);
    free(bytes);
  }
  printf("%lu %lu\n", good, failed);
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 3 && strcmp(argv[1], "rules") == 0) return rules(argv[2], argv[3]);
  if (argc < 4) return 2;
  state = (uint32_t)strtoul(argv[3], NULL, 0);
  return random_glyphs(strtoul(argv[2], NULL, 0));
}
