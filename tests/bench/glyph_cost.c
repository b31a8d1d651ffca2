/* glyph_cost.c - counts the instructions that glyphs and a line of text take.  SPDX-License-Identifier: MIT
 *
 * Runs on the board of examples/qemu-cortex-m4 with the fonts of the pack that begins at the flash's first
 * byte.  For each font it prints "font name pixels instructions crc32": every row of every glyph, from mapped
 * flash; the CRC is that of all coverage.  Then "text name reads bytes instructions": TEXT drawn on RGB565,
 * the flash read through a function that counts, whose own instructions are taken off.  Last "state" with the
 * bytes of the structs.
 */
#include "board.h"
#include "imgb_priv.h"

#define TEXT "The quick brown fox"
#define WIDTH 320
#define HEIGHT 40

static uint8_t work[IMGB_TEXT_WORK_BYTES + IMGB_FONT_TABLE_BYTES];
static uint16_t screen[WIDTH * HEIGHT];
static uint32_t reads, bytes;

#define PLAIN __attribute__((optimize("no-tree-loop-distribute-patterns")))

PLAIN void *memset(void *to, int value, size_t length) {
  uint8_t *at = (uint8_t *)to;
  for (; length != 0 && ((uintptr_t)at & 3u) != 0; length--) *at++ = (uint8_t)value;
  for (; length >= 4u; length -= 4u, at += 4) *(uint32_t *)(void *)at = (uint8_t)value * 0x01010101u;
  for (; length != 0; length--) *at++ = (uint8_t)value;
  return to;
}

PLAIN void *memmove(void *to, const void *from, size_t length) {
  uint8_t *at = (uint8_t *)to;
  const uint8_t *in = (const uint8_t *)from;
  if ((uintptr_t)at > (uintptr_t)in) {
    while (length-- != 0) at[length] = in[length];
    return to;
  }
  for (; length != 0; length--) *at++ = *in++;
  return to;
}

PLAIN void *memcpy(void *to, const void *from, size_t length) {
  uint32_t *at = (uint32_t *)to; /* structs, mostly: whole words */
  const uint32_t *in = (const uint32_t *)from;
  uint8_t *last;
  if ((((uintptr_t)to | (uintptr_t)from) & 3u) != 0) return memmove(to, from, length);
  for (; length >= 4u; length -= 4u) *at++ = *in++;
  for (last = (uint8_t *)at; length != 0; length--) *last++ = *((const uint8_t *)in + (last - (uint8_t *)at));
  return to;
}

PLAIN int memcmp(const void *one, const void *other, size_t length) {
  const uint8_t *a = (const uint8_t *)one, *b = (const uint8_t *)other;
  for (; length != 0; length--, a++, b++) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}

static int read_window(void *context, uint32_t offset, void *buffer, uint32_t length) {
  const uint8_t *from = (const uint8_t *)nor_window(offset);
  uint8_t *to = (uint8_t *)buffer;
  (void)context;
  reads++;
  bytes += length;
  while (length-- != 0) *to++ = *from++;
  return IMGB_OK;
}

static const void *map_window(void *context, uint32_t offset, uint32_t length) {
  (void)context, (void)length;
  return nor_window(offset);
}

static void put_number(uint32_t value) {
  put_char(' ');
  put_decimal(value);
}

/* All rows of a glyph; crc (NULL: not wanted) goes on over their coverage. */
static int decode(const imgb_font_t *font, const imgb_glyph_t *glyph, uint32_t *crc) {
  imgb_glyph_rows_t rows;
  uint32_t y;
  int r = imgb_glyph_rows_begin(&rows, font, glyph, work, sizeof work);
  for (y = 0; r == IMGB_OK && y < glyph->h; y++) {
    const uint8_t *coverage;
    r = imgb_glyph_rows_next(&rows, &coverage);
    if (r == IMGB_OK && crc != NULL) *crc = imgb_priv_crc32(*crc, coverage, glyph->w);
  }
  return r;
}

static int count_glyphs(const imgb_font_t *font, uint32_t *pixels, uint32_t *instructions, uint32_t *crc) {
  uint32_t i;
  for (i = 0; i < font->glyphs; i++) {
    imgb_glyph_t glyph;
    int r = imgb_font_glyph(font, i, &glyph);
    if (r == IMGB_OK) r = decode(font, &glyph, crc);
    if (r != IMGB_OK) return r;
    *pixels += (uint32_t)glyph.w * glyph.h;
    count_start();
    r = decode(font, &glyph, NULL);
    *instructions += count_stop();
    if (r != IMGB_OK) return r;
  }
  return IMGB_OK;
}

static uint32_t cost_of_read(uint32_t length) {
  count_start();
  (void)read_window(NULL, 0, work, length);
  return count_stop();
}

static int measure(imgb_asset_t *asset) {
  char name[64];
  imgb_font_t font;
  imgb_surface_t surface;
  uint32_t pixels = 0, instructions = 0, crc = 0;
  int r = imgb_name(asset, name, sizeof name);
  if (r == IMGB_OK) r = imgb_font_open(asset, &font);
  if (r == IMGB_OK) r = count_glyphs(&font, &pixels, &instructions, &crc);
  if (r != IMGB_OK) return r;
  put_text("font ");
  put_text(name);
  put_number(pixels);
  put_number(instructions);
  put_number(crc);
  put_char('\n');
  asset->io.map = NULL;
  r = imgb_font_open(asset, &font);
  memset(&surface, 0, sizeof surface);
  surface.pixels = screen;
  surface.stride_px = WIDTH;
  surface.width = WIDTH;
  surface.height = HEIGHT;
  reads = bytes = 0;
  count_start();
  if (r == IMGB_OK) r = imgb_draw_text(&surface, 2, 30, &font, TEXT, 0xFFFF, work, sizeof work, NULL);
  instructions = count_stop();
  {
    const uint32_t drawn_reads = reads, drawn_bytes = bytes;
    const uint32_t few = cost_of_read(64), many = cost_of_read(320);
    instructions -= (drawn_bytes * (many - few) >> 8) + drawn_reads * (few - (many - few) / 4u);
    reads = drawn_reads;
    bytes = drawn_bytes;
  }
  put_text("text ");
  put_text(name);
  put_number(reads);
  put_number(bytes);
  put_number(instructions);
  put_char('\n');
  return r;
}

int main(void) {
  const imgb_io_t io = {read_window, map_window, NULL, BOARD_FLASH_BYTES, 1};
  imgb_pack_t pack;
  uint32_t i;
  int r = imgb_open(&pack, &io, 0);
  for (i = 0; r == IMGB_OK && i < pack.assets; i++) {
    imgb_asset_t asset;
    r = imgb_at(&pack, i, &asset);
    if (r == IMGB_OK) r = measure(&asset);
  }
  put_text("state");
  put_number(sizeof(imgb_glyph_rows_t));
  put_number(sizeof(imgb_font_t));
  put_char('\n');
  return r == IMGB_OK ? 0 : 1;
}
