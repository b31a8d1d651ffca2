/* draw.c - draws what stdin says: draw PACK HOW.  SPDX-License-Identifier: MIT
 *
 *     surface X0 Y0 WIDTH HEIGHT IS_SWAPPED     starts a surface filled with 0x1234, of exactly its size
 *     gray8 X0 Y0 WIDTH HEIGHT 0                the same of other pixels, see start_surface()
 *     mono X0 Y0 WIDTH HEIGHT IS_SWAPPED
 *     argb8888 X0 Y0 WIDTH HEIGHT 0
 *     fill X Y WIDTH HEIGHT COLOUR
 *     bitmap NAME X Y COLOUR
 *     text NAME X Y COLOUR TEXT                 the rest of the line
 *     measure NAME TEXT                         prints: width N
 *     show                                      prints the pixels, as values
 *
 * A command that fails prints `error N`.
 */
#include "exercise.h"

#define LINE_BYTES 512

static imgb_pack_t pack;
static imgb_surface_t surface;

static int find_font(const char *name, imgb_font_t *font) {
  imgb_asset_t asset;
  int r = imgb_find(&pack, name, &asset);
  return r == IMGB_OK ? imgb_font_open(&asset, font) : r;
}

static void start_surface(const char *line, imgb_put_t put) {
  int x0, y0, width, height, is_swapped, i;
  size_t count;
  if (sscanf(line, "%d %d %d %d %d", &x0, &y0, &width, &height, &is_swapped) != 5) exit(2);
  free(surface.pixels);
  free(surface.buffer);
  memset(&surface, 0, sizeof surface);
  surface.x0 = x0;
  surface.y0 = y0;
  surface.width = width;
  surface.height = height;
  surface.stride_px = (uint32_t)width;
  surface.is_swapped = (uint8_t)is_swapped;
  surface.put = put;
  count = (size_t)width * (size_t)height;
  if (put == NULL) {
    surface.pixels = (uint16_t *)malloc(2u * count);
    for (i = 0; i < width * height; i++) surface.pixels[i] = 0x1234;
  } else if (put == imgb_put_argb8888) {
    static const uint32_t alphas[] = {0, 0x80000000u, 0xFF000000u};
    surface.buffer = malloc(4u * count);
    for (i = 0; i < width * height; i++) ((uint32_t *)surface.buffer)[i] = alphas[i % 3] | 0x123456u;
  } else {
    if (put == imgb_put_mono_page) count = (size_t)width * (size_t)((height + 7) / 8);
    surface.buffer = malloc(count);
    memset(surface.buffer, put == imgb_put_gray8 ? 0x34 : 0xA5, count);
  }
}

static int draw_bitmap(const char *line) {
  char name[64];
  int x, y;
  unsigned colour;
  uint32_t need;
  imgb_asset_t asset;
  imgb_bitmap_t bitmap;
  void *work;
  int r;
  if (sscanf(line, "%63s %d %d %x", name, &x, &y, &colour) != 4) exit(2);
  r = imgb_find(&pack, name, &asset);
  if (r == IMGB_OK) r = imgb_bitmap_open(&asset, &bitmap);
  if (r != IMGB_OK) return r;
  need = imgb_bitmap_work_bytes(&bitmap);
  work = malloc(need);
  r = imgb_draw_bitmap(&surface, x, y, &bitmap, (uint16_t)colour, work, need);
  free(work);
  return r;
}

static int draw_text(char *line) {
  char name[64];
  int x, y, at;
  unsigned colour;
  imgb_font_t font;
  int32_t x_end = 0;
  uint8_t *work = (uint8_t *)malloc(IMGB_TEXT_WORK_BYTES);
  int r;
  if (sscanf(line, "%63s %d %d %x%n", name, &x, &y, &colour, &at) < 4) exit(2);
  r = find_font(name, &font);
  if (r == IMGB_OK) {
    r = imgb_draw_text(&surface, x, y, &font, line + at + 1, (uint16_t)colour, work, IMGB_TEXT_WORK_BYTES,
                       &x_end);
  }
  if (r == IMGB_OK) printf("end %ld\n", (long)x_end);
  free(work);
  return r;
}

static int measure(char *line) {
  char name[64];
  int at;
  imgb_font_t font;
  uint32_t width = 0;
  int r;
  if (sscanf(line, "%63s%n", name, &at) < 1) exit(2);
  r = find_font(name, &font);
  if (r == IMGB_OK) r = imgb_text_measure(&font, line + at + 1, &width);
  if (r == IMGB_OK) printf("width %lu\n", (unsigned long)width);
  return r;
}

static void show_pixel(int x, int y) {
  const uint8_t *bytes = (const uint8_t *)surface.buffer;
  int at = y * surface.width + x;
  if (surface.put == NULL) {
    printf("%04x", surface.pixels[at]);
  } else if (surface.put == imgb_put_gray8) {
    printf("%02x", bytes[at]);
  } else if (surface.put == imgb_put_argb8888) {
    printf("%08lx", (unsigned long)((const uint32_t *)surface.buffer)[at]);
  } else {
    int bit = surface.is_swapped ? 7 - y % 8 : y % 8;
    printf("%d", bytes[y / 8 * surface.width + x] >> bit & 1);
  }
}

static void show(void) {
  int x, y;
  for (y = 0; y < surface.height; y++) {
    for (x = 0; x < surface.width; x++) show_pixel(x, y);
    printf("\n");
  }
}

static int run(char *line) {
  int x, y, width, height;
  unsigned colour;
  if (strncmp(line, "surface ", 8) == 0) start_surface(line + 8, NULL);
  if (strncmp(line, "gray8 ", 6) == 0) start_surface(line + 6, imgb_put_gray8);
  if (strncmp(line, "mono ", 5) == 0) start_surface(line + 5, imgb_put_mono_page);
  if (strncmp(line, "argb8888 ", 9) == 0) start_surface(line + 9, imgb_put_argb8888);
  if (strncmp(line, "show", 4) == 0) show();
  if (strncmp(line, "bitmap ", 7) == 0) return draw_bitmap(line + 7);
  if (strncmp(line, "text ", 5) == 0) return draw_text(line + 5);
  if (strncmp(line, "measure ", 8) == 0) return measure(line + 8);
  if (strncmp(line, "fill ", 5) == 0) {
    if (sscanf(line + 5, "%d %d %d %d %x", &x, &y, &width, &height, &colour) != 5) exit(2);
    imgb_draw_fill(&surface, x, y, width, height, (uint16_t)colour);
  }
  return IMGB_OK;
}

int main(int argc, char **argv) {
  char line[LINE_BYTES];
  uint32_t size;
  uint8_t *bytes;
  flash_t flash;
  imgb_io_t io;
  int r;
  if (argc < 3) return 2;
  bytes = load_file(argv[1], &size);
  flash_make(&flash, bytes, size, argv[2]);
  free(bytes);
  flash_io(&flash, &io);
  r = imgb_open(&pack, &io, 0);
  if (r != IMGB_OK) return 3;
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    r = run(line);
    if (r != IMGB_OK) printf("error %d\n", r);
  }
  free(surface.pixels);
  free(surface.buffer);
  flash_free(&flash);
  return 0;
}
