/* small.c - reads and draws everything of a pack, and prints checksums.  SPDX-License-Identifier: MIT
 *
 * On the host: small PACK.  On an AVR, whose int has 16 bits, the pack is linked in as pack_bytes.
 * Prints for each asset: ordinal, result, and a checksum of its rows, frames or text and of drawing it on
 * each kind of surface.
 */
#include <stdint.h>
#include <string.h>

#include "imgb.h"

#define WIDTH 26
#define HEIGHT 14
#define WORK_BYTES 2700u

static uint32_t sum;
static uint8_t work[WORK_BYTES];
static uint32_t canvas[WIDTH * (HEIGHT + 2)];

#ifdef __AVR__
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
extern const uint8_t pack_bytes[];
extern const uint8_t pack_bytes_end[];

static void put(char c) {
  while ((UCSR0A & (1 << UDRE0)) == 0) {
  }
  UDR0 = (uint8_t)c;
}

static int read_pack(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  uint8_t *to = (uint8_t *)buffer;
  uint32_t from = pgm_get_far_address(pack_bytes) + offset;
  (void)ctx;
  for (; length != 0; length--) *to++ = pgm_read_byte_far(from++);
  return IMGB_OK;
}

static uint32_t start(int argc, char **argv) {
  (void)argc, (void)argv;
  UCSR0B = 1 << TXEN0;
  return pgm_get_far_address(pack_bytes_end) - pgm_get_far_address(pack_bytes);
}

static int stop(void) {
  cli(); /* sleeping with interrupts off ends the simulation */
  sleep_enable();
  sleep_cpu();
  return 0;
}
#else
#include <stdio.h>
static FILE *file;

static void put(char c) {
  (void)putchar(c);
}

static int read_pack(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  (void)ctx;
  if (fseek(file, (long)offset, SEEK_SET) != 0 || fread(buffer, 1, length, file) != length)
    return IMGB_ERR_PORT;
  return IMGB_OK;
}

static uint32_t start(int argc, char **argv) {
  file = argc > 1 ? fopen(argv[1], "rb") : NULL;
  if (file == NULL) return 0;
  fseek(file, 0, SEEK_END);
  return (uint32_t)ftell(file);
}

static int stop(void) {
  return fclose(file);
}
#endif

static void put_hex(uint32_t v) {
  int8_t shift;
  for (shift = 28; shift >= 0; shift = (int8_t)(shift - 4)) put("0123456789abcdef"[v >> shift & 15u]);
  put(' ');
}

static void add(const uint8_t *bytes, uint32_t length) { /* FNV-1a */
  for (; length != 0; length--) sum = (sum ^ *bytes++) * 16777619ul;
}

static void add_value(uint32_t v) {
  uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
  add(bytes, 4);
}

static void report(void) {
  put_hex(sum);
  sum = 2166136261ul;
}

/* --- surfaces ------------------------------------------------------------------------------------ */

typedef int (*draw_t)(const imgb_surface_t *s, const void *what);

static int draw_everywhere(draw_t draw, const void *what) {
  static const imgb_put_t puts[] = {NULL, NULL, imgb_put_gray8, imgb_put_mono_page, imgb_put_argb8888};
  uint8_t n;
  for (n = 0; n < sizeof puts / sizeof puts[0]; n++) {
    imgb_surface_t s;
    uint16_t i;
    int r;
    memset(&s, 0, sizeof s);
    memset(canvas, 0x5A, sizeof canvas);
    s.put = puts[n];
    s.width = s.stride_px = WIDTH;
    s.height = HEIGHT;
    s.y0 = 0;
    s.is_swapped = n == 1;
    s.pixels = (uint16_t *)canvas;
    s.buffer = canvas;
    imgb_draw_fill(&s, 2, 1, 9, 5, 0xAD55);
    r = draw(&s, what);
    if (r != IMGB_OK) return r;
    for (i = 0; i < WIDTH * HEIGHT; i++) { /* as values: hosts differ in the order of bytes */
      if (n < 2) add_value(((const uint16_t *)canvas)[i]);
      if (n == 2 || (n == 3 && i < WIDTH * ((HEIGHT + 7) / 8))) add((const uint8_t *)canvas + i, 1);
      if (n == 4) add_value(canvas[i]);
    }
  }
  report();
  return IMGB_OK;
}

static int draw_bitmap(const imgb_surface_t *s, const void *what) {
  return imgb_draw_bitmap(s, 4, 2, (const imgb_bitmap_t *)what, 0x1CE7, work, sizeof work);
}

static int draw_nine_patch(const imgb_surface_t *s, const void *what) {
  const imgb_bitmap_t *bitmap = (const imgb_bitmap_t *)what;
  imgb_nine_patch_t patch;
  int r = imgb_bitmap_nine_patch(bitmap, &patch);
  if (r != IMGB_OK) return r;
  return imgb_draw_nine_patch(s, 1, 1, 23, 12, bitmap, &patch, 0x1CE7, work, sizeof work);
}

static int draw_text(const imgb_surface_t *s, const void *what) {
  int32_t end = 0;
  int r = imgb_draw_text(s, 1, 12, (const imgb_font_t *)what, "A\xC3\xA4\xE2\x82\xAC", 0xE71C, work,
                         sizeof work, &end);
  add_value((uint32_t)end);
  return r;
}

/* --- assets -------------------------------------------------------------------------------------- */

static int list_bitmap(const imgb_bitmap_t *bitmap) {
  imgb_rows_t rows;
  uint32_t y;
  imgb_nine_patch_t patch;
  int r = imgb_rows_begin(&rows, bitmap, work, sizeof work);
  for (y = 0; r == IMGB_OK && y < bitmap->rows; y++) {
    const uint8_t *pixels, *alpha;
    r = imgb_rows_get(&rows, y, &pixels, &alpha);
    if (r == IMGB_OK) add(pixels, bitmap->stride_bytes);
    if (r == IMGB_OK && alpha != NULL) add(alpha, bitmap->alpha_stride_bytes);
  }
  report();
  if (r == IMGB_OK) r = draw_everywhere(draw_bitmap, bitmap);
  if (r == IMGB_OK && imgb_bitmap_nine_patch(bitmap, &patch) == IMGB_OK)
    r = draw_everywhere(draw_nine_patch, bitmap);
  return r;
}

static int list_animation(const imgb_asset_t *asset) {
  imgb_animation_t animation;
  uint32_t n;
  int r = imgb_animation_open(asset, &animation);
  for (n = 0; r == IMGB_OK && n < animation.frames; n++) {
    imgb_frame_t frame;
    r = imgb_animation_frame(&animation, n, &frame);
    add_value(frame.delay_ms);
    if (r == IMGB_OK && frame.bitmap.rows != 0) r = list_bitmap(&frame.bitmap);
  }
  return r;
}

static int list_font(const imgb_asset_t *asset) {
  imgb_font_t font;
  uint32_t width = 0;
  int r = imgb_font_open(asset, &font);
  if (r == IMGB_OK) r = imgb_text_measure(&font, "A\xC3\xA4\xE2\x82\xAC", &width);
  add_value(width);
  if (r == IMGB_OK) r = draw_everywhere(draw_text, &font);
  return r;
}

static int list_asset(const imgb_asset_t *asset) {
  imgb_bitmap_t bitmap;
  int r;
  if (asset->kind == IMGB_KIND_ANIMATION) return list_animation(asset);
  if (asset->kind == IMGB_KIND_FONT) return list_font(asset);
  if (asset->kind != IMGB_KIND_BITMAP) return imgb_asset_check(asset, work, sizeof work);
  r = imgb_bitmap_open(asset, &bitmap);
  return r == IMGB_OK ? list_bitmap(&bitmap) : r;
}

int main(int argc, char **argv) {
  imgb_io_t io = {read_pack, NULL, NULL, 0, 1};
  imgb_pack_t pack;
  uint16_t n;
  int r;
  io.size = start(argc, argv);
  report();
  r = imgb_open(&pack, &io, 0);
  if (r == IMGB_OK) r = imgb_check(&pack, IMGB_CHECK_INDEX | IMGB_CHECK_PAYLOADS, work, sizeof work);
  put_hex((uint32_t)(int32_t)r);
  put('\n');
  for (n = 0; r == IMGB_OK && n < pack.assets; n++) {
    imgb_asset_t asset, found;
    char name[64];
    int result = imgb_at(&pack, n, &asset);
    if (result == IMGB_OK) result = imgb_name(&asset, name, sizeof name);
    if (result == IMGB_OK) result = imgb_find(&pack, name, &found);
    if (result == IMGB_OK) result = list_asset(&found);
    put_hex(n);
    put_hex((uint32_t)(int32_t)result);
    put('\n');
  }
  put('.');
  put('\n');
  return stop();
}
