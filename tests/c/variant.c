/* variant.c - looks up what stdin says: variant PACK HOW.  SPDX-License-Identifier: MIT
 *
 *     find NAME NUMBER    prints: variant N, CRC-32 of the payload, reads; or error N
 *     number NAME         prints: number N and the result
 */
#include "exercise.h"

int main(int argc, char **argv) {
  char line[256], name[128];
  uint32_t size, number;
  uint8_t *bytes;
  flash_t flash;
  imgb_io_t io;
  imgb_pack_t pack;
  if (argc < 3) return 2;
  bytes = load_file(argv[1], &size);
  flash_make(&flash, bytes, size, argv[2]);
  free(bytes);
  flash_io(&flash, &io);
  if (imgb_open(&pack, &io, 0) != IMGB_OK) return 3;
  while (fgets(line, sizeof line, stdin) != NULL) {
    unsigned wanted;
    if (sscanf(line, "find %127s %u", name, &wanted) == 2) {
      imgb_asset_t asset;
      uint32_t before = flash.reads;
      int r = imgb_find_variant(&pack, name, wanted, &asset);
      if (r == IMGB_OK) {
        printf("variant %u %08lx %lu\n", asset.variant, (unsigned long)asset.crc32,
               (unsigned long)(flash.reads - before));
      } else {
        printf("error %d kind %u\n", r, asset.kind);
      }
    } else if (sscanf(line, "number %127s", name) == 1) {
      int r = imgb_variant(&pack, name, &number);
      printf("number %lu %d\n", (unsigned long)number, r);
    }
  }
  flash_free(&flash);
  return 0;
}
