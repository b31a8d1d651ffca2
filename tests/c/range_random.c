/* range_random.c - decodes strips that nobody encoded.  SPDX-License-Identifier: MIT
 *
 *     range_random COUNT SEED        prints how many strips decoded and how many were refused
 *
 * Stored bytes, sizes, padding, order and pixel format are random; every block is exactly as large as the
 * call was told. Each strip is decoded twice, from memory and through a window that is read piece by piece,
 * now and then with a read that fails.  The sanitizers are the judges; besides, both ways must give the same
 * bytes.
 */
#include "host.h"
#include "imgb_range_pixels.h"

static uint32_t state;

static uint32_t next(uint32_t limit) {
  state = state * 1664525u + 1013904223u;
  return (uint32_t)((uint64_t)(state >> 8) * limit >> 24);
}

static uint8_t *block(uint32_t bytes) {
  uint8_t *b = (uint8_t *)malloc(bytes != 0 ? bytes : 1u);
  if (b == NULL) abort();
  return b;
}

static void make_bitmap(imgb_bitmap_t *b, imgb_strip_t *strip) {
  static const struct {
    uint8_t pixel_format, bits;
  } kinds[] = {{IMGB_PF_RGB565, 16}, {IMGB_PF_RGB565A8, 16}, {IMGB_PF_ARGB8888, 32}, {IMGB_PF_XRGB8888, 32},
               {IMGB_PF_RGB888, 24}, {IMGB_PF_A8, 8},        {IMGB_PF_A4, 4},        {IMGB_PF_I8, 8},
               {IMGB_PF_I4, 4},      {IMGB_PF_GRAY8, 8},     {IMGB_PF_GRAY4, 4},     {IMGB_PF_A1, 1}};
  uint32_t kind = next(sizeof kinds / sizeof kinds[0]);
  memset(b, 0, sizeof *b);
  memset(strip, 0, sizeof *strip);
  b->pixel_format = kinds[kind].pixel_format;
  b->bits_per_pixel = kinds[kind].bits;
  b->width = (uint16_t)(1u + next(next(8) == 0 ? 300 : 24));
  b->order = (uint8_t)next(8);
  b->stride_bytes = (b->width * (uint32_t)b->bits_per_pixel + 7u) / 8u + next(3) * next(5);
  if (b->pixel_format == IMGB_PF_RGB565A8) b->alpha_stride_bytes = b->stride_bytes / 2u;
  strip->rows = (uint16_t)(1u + next(9));
  strip->decoded_bytes = strip->rows * (b->stride_bytes + b->alpha_stride_bytes);
  strip->stored_bytes = next(next(2) == 0 ? 8 : 200);
}

/* Mostly noise; sometimes long runs of one byte, which decode to long runs of pixels. */
static void make_bytes(uint8_t *bytes, uint32_t length) {
  uint32_t i, style = next(3);
  for (i = 0; i < length; i++)
    bytes[i] = (uint8_t)(style == 0 ? next(256) : style == 1 ? 0 : next(40) == 0 ? next(256) : 0xFF);
}

int main(int argc, char **argv) {
  unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000, good = 0, refused = 0;
  state = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 1u;
  for (; count != 0; count--) {
    imgb_bitmap_t b;
    imgb_strip_t strip;
    flash_t flash;
    uint8_t *stored, *decoded, *again, *window;
    uint32_t window_bytes = 1u + next(70);
    int r, second;
    make_bitmap(&b, &strip);
    stored = block(strip.stored_bytes);
    make_bytes(stored, strip.stored_bytes);
    decoded = block(strip.decoded_bytes);
    again = block(strip.decoded_bytes);
    window = block(window_bytes);
    r = imgb_range_strip(&b, &strip, stored, NULL, 0, decoded);
    flash_make(&flash, stored, strip.stored_bytes, next(2) == 0 ? "read1" : "read4");
    flash.fail_at = next(4) == 0 ? 1u + next(6) : 0;
    flash_io(&flash, &b.asset.io);
    b.asset.stored_bytes = strip.stored_bytes;
    b.asset.io.read_align = 1; /* the pack may end anywhere here */
    flash.read_align = 1;
    second = imgb_range_strip(&b, &strip, NULL, window, window_bytes, again);
    if (second == FLASH_FAILED) {
      if (flash.reads < flash.fail_at) return 3;
    } else if (second != r || (r == IMGB_OK && memcmp(decoded, again, strip.decoded_bytes) != 0)) {
      printf("format %u %ux%u: %d from memory, %d through the window\n", b.pixel_format, b.width, strip.rows,
             r, second);
      return 4;
    }
    good += r == IMGB_OK;
    refused += r != IMGB_OK;
    flash_free(&flash);
    free(stored);
    free(decoded);
    free(again);
    free(window);
  }
  printf("%lu %lu\n", good, refused);
  return 0;
}
