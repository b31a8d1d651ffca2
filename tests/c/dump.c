/* dump.c - lists everything in a pack: dump PACK HOW [SIZE].  SPDX-License-Identifier: MIT
 *
 * HOW as in host.h; SIZE cuts the flash short.  Prints `error N` and stops at the first failure.
 */
#include "exercise.h"

int main(int argc, char **argv) {
  uint8_t work[64];
  uint32_t size, i;
  uint8_t *bytes;
  flash_t flash;
  imgb_io_t io;
  imgb_pack_t pack;
  imgb_asset_t asset;
  int r;
  if (argc < 3) return 2;
  bytes = load_file(argv[1], &size);
  if (argc > 3) size = (uint32_t)strtoul(argv[3], NULL, 0);
  flash_make(&flash, bytes, size, argv[2]);
  free(bytes);
  flash_io(&flash, &io);
  r = imgb_open(&pack, &io, 0);
  if (r == IMGB_OK) {
    printf("pack %u assets, id %08lx contract %08lx version %lu strip %lu\n", pack.assets,
           (unsigned long)pack.pack_id, (unsigned long)pack.contract_hash,
           (unsigned long)pack.content_version, (unsigned long)pack.max_strip_bytes);
    r = imgb_check(&pack, IMGB_CHECK_INDEX | IMGB_CHECK_PAYLOADS, work, sizeof work - 3u);
  }
  for (i = 0; r == IMGB_OK && i < pack.assets; i++) {
    imgb_asset_t found;
    char name[64];
    r = imgb_at(&pack, i, &asset);
    if (r == IMGB_OK) r = imgb_name(&asset, name, sizeof name);
    if (r == IMGB_OK) r = imgb_find(&pack, name, &found);
    if (r == IMGB_OK && found.base != asset.base) r = 1;
    if (r == IMGB_OK) r = imgb_get(&pack, asset.key, &found);
    if (r == IMGB_OK && found.base != asset.base) r = 2;
    if (r == IMGB_OK) r = list_asset(stdout, &asset, 1);
  }
  if (r != IMGB_OK) printf("error %d\n", r);
  flash_free(&flash);
  return 0;
}
