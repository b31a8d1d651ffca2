/* faults.c - lets the n-th read fail, for every n: faults PACK HOW.  SPDX-License-Identifier: MIT
 *
 * Prints, per n, the code that came out: it must be the port's own.
 */
#include "exercise.h"

static int use_everything(flash_t *flash) {
  uint8_t work[61];
  imgb_io_t io;
  imgb_pack_t pack;
  uint32_t i;
  int r;
  flash_io(flash, &io);
  flash->reads = 0;
  r = imgb_open(&pack, &io, 0);
  if (r == IMGB_OK) r = imgb_check(&pack, IMGB_CHECK_INDEX | IMGB_CHECK_PAYLOADS, work, sizeof work);
  for (i = 0; r == IMGB_OK && i < pack.assets; i++) {
    imgb_asset_t asset;
    char name[64];
    r = imgb_at(&pack, i, &asset);
    if (r == IMGB_OK) r = imgb_name(&asset, name, sizeof name);
    if (r == IMGB_OK) r = imgb_find(&pack, name, &asset);
    if (r == IMGB_OK) r = list_asset(NULL, &asset, 1021);
  }
  return r;
}

int main(int argc, char **argv) {
  uint32_t size, n, total;
  uint8_t *bytes;
  flash_t flash;
  int r;
  if (argc < 3) return 2;
  bytes = load_file(argv[1], &size);
  flash_make(&flash, bytes, size, argv[2]);
  free(bytes);
  r = use_everything(&flash);
  total = flash.reads;
  printf("reads %lu result %d\n", (unsigned long)total, r);
  for (n = 1; n <= total; n++) {
    flash.fail_at = n;
    r = use_everything(&flash);
    if (r != FLASH_FAILED || flash.reads != n)
      printf("read %lu: result %d after %lu\n", (unsigned long)n, r, (unsigned long)flash.reads);
  }
  flash_free(&flash);
  return 0;
}
