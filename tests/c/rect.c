/* rect.c - rectangles, strips one by one, and random rows: rect PACK HOW NAME X Y WIDTH HEIGHT.
 * SPDX-License-Identifier: MIT
 *
 * Prints the rectangle, then the number of reads it took, then every strip through the two pure halves.
 */
#include "exercise.h"

static int print_rect(imgb_rows_t *rows, uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
  const imgb_bitmap_t *b = rows->bitmap;
  uint32_t bytes = (width * b->bits_per_pixel + 7u) / 8u;
  uint8_t *pixels = (uint8_t *)malloc(bytes * height);
  uint32_t second = b->alpha_stride_bytes == b->stride_bytes ? bytes : width; /* bytes of its second plane */
  uint8_t *alpha = b->alpha_stride_bytes != 0 ? (uint8_t *)malloc(second * height) : NULL;
  uint32_t i;
  int r = imgb_rows_rect(rows, x, y, width, height, pixels, bytes, alpha, second);
  for (i = 0; r == IMGB_OK && i < height; i++) {
    printf("row ");
    put_hex(stdout, pixels + i * bytes, bytes);
    if (alpha != NULL) {
      printf(" ");
      put_hex(stdout, alpha + i * second, second);
    }
    printf("\n");
  }
  free(pixels);
  free(alpha);
  return r;
}

static int print_strips(const imgb_bitmap_t *b) {
  uint32_t n;
  for (n = 0; n < b->strip_count; n++) {
    imgb_strip_t strip;
    uint8_t *stored, *decoded;
    int r = imgb_bitmap_strip(b, n, &strip);
    if (r != IMGB_OK) return r;
    stored = (uint8_t *)malloc(strip.stored_bytes);
    decoded = (uint8_t *)malloc(strip.decoded_bytes);
    r = imgb_read(&b->asset, strip.offset, stored, strip.stored_bytes);
    if (r == IMGB_OK) r = imgb_strip_decode(b, &strip, stored, decoded, strip.decoded_bytes);
    printf("strip %u %u ", strip.first_row, strip.rows);
    if (r == IMGB_OK) put_hex(stdout, decoded, strip.decoded_bytes);
    printf("\n");
    if (r == IMGB_OK &&
        imgb_strip_decode(b, &strip, stored, decoded, strip.decoded_bytes - 1u) != IMGB_ERR_BUFFER) {
      printf("a buffer too small was taken\n");
    }
    free(stored);
    free(decoded);
    if (r != IMGB_OK) return r;
  }
  return IMGB_OK;
}

int main(int argc, char **argv) {
  uint32_t size, need;
  uint8_t *bytes;
  flash_t flash;
  imgb_io_t io;
  imgb_pack_t pack;
  imgb_asset_t asset;
  imgb_bitmap_t b;
  imgb_rows_t rows;
  void *work;
  int r;
  if (argc < 8) return 2;
  bytes = load_file(argv[1], &size);
  flash_make(&flash, bytes, size, argv[2]);
  free(bytes);
  flash_io(&flash, &io);
  r = imgb_open(&pack, &io, 0);
  if (r == IMGB_OK) r = imgb_find(&pack, argv[3], &asset);
  if (r == IMGB_OK) r = imgb_bitmap_open(&asset, &b);
  if (r != IMGB_OK) return 3;
  need = imgb_bitmap_work_bytes(&b);
  work = malloc(need);
  r = imgb_rows_begin(&rows, &b, work, need);
  flash.reads = 0;
  if (r == IMGB_OK) {
    r = print_rect(&rows, (uint32_t)strtoul(argv[4], NULL, 0), (uint32_t)strtoul(argv[5], NULL, 0),
                   (uint32_t)strtoul(argv[6], NULL, 0), (uint32_t)strtoul(argv[7], NULL, 0));
  }
  printf("reads %lu\n", (unsigned long)flash.reads);
  if (r == IMGB_OK) r = print_strips(&b);
  if (r != IMGB_OK) printf("error %d\n", r);
  free(work);
  flash_free(&flash);
  return 0;
}
