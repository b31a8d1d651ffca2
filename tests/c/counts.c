/* counts.c - counts the reads of each call: counts PACK HOW NAME...  SPDX-License-Identifier: MIT
 *
 * Prints `CALL NAME RESULT READS BYTES LARGEST` per call.
 */
#include "exercise.h"

static flash_t flash;

static void report(const char *call, const char *name, int r) {
  printf("%s %s %d %lu %lu %lu\n", call, name, r, (unsigned long)flash.reads, (unsigned long)flash.bytes_read,
         (unsigned long)flash.largest);
  flash.reads = flash.bytes_read = flash.largest = 0;
}

static void count_font(const imgb_asset_t *asset) {
  static const uint32_t codes[] = {'A', 0xE2, 0x20AC, 0x2603};
  imgb_font_t font;
  imgb_glyph_t glyph;
  imgb_glyph_rows_t rows;
  uint8_t work[IMGB_TEXT_WORK_BYTES];
  uint32_t i, index;
  int r = imgb_font_open(asset, &font);
  report("font_open", "-", r);
  for (i = 0; r == IMGB_OK && i < 4; i++) {
    int found = imgb_font_index(&font, codes[i], &index);
    const uint8_t *coverage;
    uint32_t y;
    if (found != IMGB_OK) {
      report("index", "-", found);
      continue;
    }
    r = imgb_font_glyph(&font, index, &glyph);
    report("metrics", "-", r);
    r = imgb_glyph_rows_begin(&rows, &font, &glyph, work, sizeof work);
    for (y = 0; r == IMGB_OK && y < glyph.h; y++) r = imgb_glyph_rows_next(&rows, &coverage);
    report("pixels", "-", r);
  }
}

static void count_bitmap(const imgb_asset_t *asset) {
  imgb_bitmap_t bitmap;
  imgb_rows_t rows;
  const uint8_t *pixels, *alpha;
  uint32_t y, need;
  void *work;
  int r = imgb_bitmap_open(asset, &bitmap);
  report("bitmap_open", "-", r);
  if (r != IMGB_OK) return;
  need = imgb_bitmap_work_bytes(&bitmap);
  work = malloc(need);
  r = imgb_rows_begin(&rows, &bitmap, work, need);
  report("rows_begin", "-", r);
  for (y = 0; r == IMGB_OK && y < bitmap.height; y++) {
    r = imgb_rows_get(&rows, y, &pixels, NULL);
    report("row", "colour", r);
  }
  if (r == IMGB_OK) r = imgb_rows_get(&rows, 0, &pixels, &alpha);
  report("row", "again", r);
  free(work);
}

int main(int argc, char **argv) {
  uint32_t size;
  uint8_t *bytes;
  imgb_io_t io;
  imgb_pack_t pack;
  int i, r;
  if (argc < 3) return 2;
  bytes = load_file(argv[1], &size);
  flash_make(&flash, bytes, size, argv[2]);
  flash_io(&flash, &io);
  r = imgb_open(&pack, &io, 0);
  report("open", "-", r);
  for (i = 3; r == IMGB_OK && i < argc; i++) {
    imgb_asset_t asset;
    int found = imgb_find(&pack, argv[i], &asset);
    uint32_t key = asset.key;
    report("find", argv[i], found);
    if (found != IMGB_OK) continue;
    report("get", argv[i], imgb_get(&pack, key, &asset));
    report("get", "miss", imgb_get(&pack, key ^ 0x5A5A5A5Au, &asset));
    found = imgb_get(&pack, key, &asset);
    flash.reads = flash.bytes_read = flash.largest = 0;
    if (found == IMGB_OK && asset.kind == IMGB_KIND_FONT) count_font(&asset);
    if (found == IMGB_OK && asset.kind == IMGB_KIND_BITMAP) count_bitmap(&asset);
  }
  flash_free(&flash);
  free(bytes);
  return 0;
}
