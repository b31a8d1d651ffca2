/* animate.c - plays an animation twice, in place: animate PACK HOW NAME MODE ...  SPDX-License-Identifier:
 * MIT
 *
 *     direct X Y BACKGROUND KIND IS_SWAPPED WIDTH HEIGHT   rectangles straight onto a surface
 *     buffer                                               one frame buffer, an argb8888 surface
 *     rows                                                 one frame buffer of the animation's own pixels
 *
 * Prints the pixels after each frame, as values (rows: as bytes), one line each.
 */
#include "exercise.h"

static imgb_animation_t animation;
static imgb_surface_t surface;
static uint8_t *second; /* rows: the second plane */
static uint32_t first_bytes, second_bytes;

static void show(void) {
  const uint8_t *bytes = (const uint8_t *)surface.buffer;
  uint32_t i, count = (uint32_t)surface.width * (uint32_t)surface.height;
  for (i = 0; i < count; i++) {
    uint32_t x = i % (uint32_t)surface.width, y = i / (uint32_t)surface.width;
    if (surface.put == NULL) {
      printf("%04x", surface.pixels[i]);
    } else if (surface.put == imgb_put_argb8888) {
      printf("%08lx", (unsigned long)((const uint32_t *)surface.buffer)[i]);
    } else if (surface.put == imgb_put_gray8) {
      printf("%02x", bytes[i]);
    } else {
      uint32_t bit = surface.is_swapped != 0 ? 7u - y % 8u : y % 8u;
      printf("%d", bytes[y / 8u * (uint32_t)surface.width + x] >> bit & 1);
    }
  }
  printf("\n");
}

static void start_surface(const char *kind, int is_swapped, int width, int height) {
  size_t count = (size_t)width * (size_t)((height + 7) / 8 * 8);
  void *pixels = calloc(count, 4);
  memset(&surface, 0, sizeof surface);
  surface.width = width;
  surface.height = height;
  surface.stride_px = (uint32_t)width;
  surface.is_swapped = (uint8_t)is_swapped;
  surface.buffer = pixels;
  if (strcmp(kind, "gray8") == 0) surface.put = imgb_put_gray8;
  if (strcmp(kind, "mono") == 0) surface.put = imgb_put_mono_page;
  if (strcmp(kind, "argb8888") == 0) surface.put = imgb_put_argb8888;
  if (surface.put == NULL) surface.pixels = (uint16_t *)pixels;
}

static int draw(const imgb_bitmap_t *bitmap, int32_t x, int32_t y) {
  uint32_t need = imgb_bitmap_work_bytes(bitmap);
  void *work = malloc(need);
  int r = imgb_draw_bitmap(&surface, x, y, bitmap, 0x1CE7, work, need);
  free(work);
  return r;
}

/* A frame replaces its rectangle: what lies behind is drawn first. */
static int frame_direct(const imgb_frame_t *frame, char **argv) {
  const imgb_bitmap_t *b = &frame->bitmap;
  int32_t x = atoi(argv[1]), y = atoi(argv[2]);
  imgb_draw_fill(&surface, x + b->trim_x, y + b->trim_y, b->width, b->height,
                 (uint16_t)strtoul(argv[3], NULL, 16));
  return draw(b, x, y);
}

static int frame_buffer(const imgb_frame_t *frame) {
  const imgb_bitmap_t *b = &frame->bitmap;
  uint32_t *pixels = (uint32_t *)surface.buffer;
  uint32_t row;
  for (row = 0; row < b->height; row++) {
    memset(pixels + ((uint32_t)b->trim_y + row) * surface.stride_px + b->trim_x, 0, 4u * b->width);
  }
  return draw(b, 0, 0);
}

static int frame_rows(const imgb_frame_t *frame) {
  const imgb_bitmap_t *b = &frame->bitmap;
  uint32_t pixel = b->bits_per_pixel / 8u, width = animation.width;
  uint32_t at = (uint32_t)b->trim_y * width + (uint32_t)b->trim_x;
  uint32_t need = imgb_bitmap_work_bytes(b);
  void *work = malloc(need);
  imgb_rows_t rows;
  int r = imgb_rows_begin(&rows, b, work, need);
  if (surface.buffer == NULL) {
    first_bytes = pixel * width * animation.height;
    second_bytes = b->alpha_stride_bytes != 0 ? width * animation.height : 0;
    surface.buffer = malloc(first_bytes);
    second = (uint8_t *)malloc(second_bytes);
  }
  if (r == IMGB_OK) {
    r = imgb_rows_rect(&rows, 0, 0, b->width, b->height, (uint8_t *)surface.buffer + at * pixel,
                       width * pixel, second_bytes != 0 ? second + at : NULL, width);
  }
  free(work);
  return r;
}

static int play(char **argv) {
  uint32_t n;
  int r = IMGB_OK;
  for (n = 0; r == IMGB_OK && n < animation.frames; n++) {
    imgb_frame_t frame;
    r = imgb_animation_frame(&animation, n, &frame);
    if (r != IMGB_OK) break;
    if (strcmp(argv[0], "direct") == 0) r = frame_direct(&frame, argv);
    if (strcmp(argv[0], "buffer") == 0) r = frame_buffer(&frame);
    if (strcmp(argv[0], "rows") == 0 && frame.bitmap.height != 0) r = frame_rows(&frame);
    if (strcmp(argv[0], "rows") == 0) {
      put_hex(stdout, (const uint8_t *)surface.buffer, first_bytes);
      printf(" ");
      put_hex(stdout, second, second_bytes);
      printf("\n");
    } else {
      show();
    }
  }
  return r;
}

int main(int argc, char **argv) {
  uint32_t size;
  uint8_t *bytes;
  flash_t flash;
  imgb_io_t io;
  imgb_pack_t pack;
  imgb_asset_t asset;
  int r;
  if (argc < 5 || (strcmp(argv[4], "direct") == 0 && argc < 12)) return 2;
  bytes = load_file(argv[1], &size);
  flash_make(&flash, bytes, size, argv[2]);
  free(bytes);
  flash_io(&flash, &io);
  r = imgb_open(&pack, &io, 0);
  if (r == IMGB_OK) r = imgb_find(&pack, argv[3], &asset);
  if (r == IMGB_OK) r = imgb_animation_open(&asset, &animation);
  if (r == IMGB_OK && strcmp(argv[4], "direct") == 0) {
    start_surface(argv[8], atoi(argv[9]), atoi(argv[10]), atoi(argv[11]));
    imgb_draw_fill(&surface, 0, 0, surface.width, surface.height, (uint16_t)strtoul(argv[7], NULL, 16));
  }
  if (r == IMGB_OK && strcmp(argv[4], "buffer") == 0) {
    start_surface("argb8888", 0, animation.width, animation.height);
  }
  if (r == IMGB_OK) r = play(argv + 4);
  if (r == IMGB_OK) r = play(argv + 4);
  if (r != IMGB_OK) printf("error %d\n", r);
  free(surface.buffer);
  free(second);
  flash_free(&flash);
  return 0;
}
