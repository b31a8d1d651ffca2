/* nine_patch.c - draws what stdin says: nine_patch PACK HOW.  SPDX-License-Identifier: MIT
 *
 *     NAME X0 Y0 SURFACE_WIDTH SURFACE_HEIGHT IS_SWAPPED X Y WIDTH HEIGHT COLOUR
 *
 * Each line starts a black surface of exactly its size and prints its pixels as values, then the reads
 * counted. A call that fails prints `error N`.  `patch NAME` prints the insets.
 */
#include "exercise.h"

#define LINE_BYTES 512

static imgb_pack_t pack;
static flash_t flash;

static int open_patch(const char *name, imgb_bitmap_t *bitmap, imgb_nine_patch_t *patch) {
  imgb_asset_t asset;
  int r = imgb_find(&pack, name, &asset);
  if (r == IMGB_OK) r = imgb_bitmap_open(&asset, bitmap);
  return r == IMGB_OK ? imgb_bitmap_nine_patch(bitmap, patch) : r;
}

static int tell(const char *name) {
  imgb_bitmap_t bitmap;
  imgb_nine_patch_t p;
  int r = open_patch(name, &bitmap, &p);
  if (r == IMGB_OK) {
    printf("patch %u %u %u %u %u %u %u %u\n", p.left, p.top, p.right, p.bottom, p.content_left, p.content_top,
           p.content_right, p.content_bottom);
  }
  return r;
}

static int draw(const char *line) {
  char name[64];
  int x0, y0, w, h, is_swapped, x, y, width, height, i;
  unsigned colour;
  imgb_bitmap_t bitmap;
  imgb_nine_patch_t patch;
  imgb_surface_t s;
  uint32_t need, before;
  void *work;
  int r;
  if (sscanf(line, "%63s %d %d %d %d %d %d %d %d %d %x", name, &x0, &y0, &w, &h, &is_swapped, &x, &y, &width,
             &height, &colour) != 11) {
    exit(2);
  }
  r = open_patch(name, &bitmap, &patch);
  if (r != IMGB_OK) return r;
  memset(&s, 0, sizeof s);
  s.x0 = x0;
  s.y0 = y0;
  s.width = w;
  s.height = h;
  s.stride_px = (uint32_t)w;
  s.is_swapped = (uint8_t)is_swapped;
  s.pixels = (uint16_t *)calloc((size_t)w * (size_t)h, 2u);
  need = imgb_bitmap_work_bytes(&bitmap);
  work = malloc(need);
  before = flash.reads;
  r = imgb_draw_nine_patch(&s, x, y, width, height, &bitmap, &patch, (uint16_t)colour, work, need);
  if (r == IMGB_OK) {
    for (i = 0; i < w * h; i++) printf("%04x", s.pixels[i]);
    printf(" %lu\n", (unsigned long)(flash.reads - before));
  }
  free(work);
  free(s.pixels);
  return r;
}

int main(int argc, char **argv) {
  char line[LINE_BYTES];
  uint32_t size;
  uint8_t *bytes;
  imgb_io_t io;
  int r;
  if (argc < 3) return 2;
  bytes = load_file(argv[1], &size);
  flash_make(&flash, bytes, size, argv[2]);
  free(bytes);
  flash_io(&flash, &io);
  if (imgb_open(&pack, &io, 0) != IMGB_OK) return 3;
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    r = strncmp(line, "patch ", 6) == 0 ? tell(line + 6) : draw(line);
    if (r != IMGB_OK) printf("error %d\n", r);
  }
  flash_free(&flash);
  return 0;
}
