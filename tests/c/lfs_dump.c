/* lfs_dump.c - lists what an image of littlefs holds.  SPDX-License-Identifier: MIT
 *
 *     lfs_dump IMAGE BLOCK_BYTES pack PATH      opens a pack that is one file, lists it
 *     lfs_dump IMAGE BLOCK_BYTES files          goes through all files, lists each asset
 *     lfs_dump IMAGE BLOCK_BYTES find NAME...   finds each by name, then by key
 *     lfs_dump IMAGE BLOCK_BYTES variant V NAME...   finds the variant V of each, by name; "-": none
 *     lfs_dump IMAGE BLOCK_BYTES ram            prints the sizes of the structs
 */
#include "exercise.h"
#include "imgb_lfs.h"

#define CACHE_BYTES 64

static uint8_t *image;
static uint32_t image_bytes;
static uint8_t caches[3][CACHE_BYTES], lookahead[16];
static lfs_t lfs;
static struct lfs_config config;
static imgb_lfs_t file;
static imgb_lfs_walk_t walk;

static int block_read(const struct lfs_config *c, lfs_block_t block, lfs_off_t off, void *buffer,
                      lfs_size_t size) {
  memcpy(buffer, image + block * c->block_size + off, size);
  return 0;
}
static int block_prog(const struct lfs_config *c, lfs_block_t b, lfs_off_t o, const void *p, lfs_size_t n) {
  (void)c, (void)b, (void)o, (void)p, (void)n;
  abort(); /* the reader never writes */
}
static int block_erase(const struct lfs_config *c, lfs_block_t b) {
  (void)c, (void)b;
  abort();
}
static int block_sync(const struct lfs_config *c) {
  (void)c;
  return 0;
}

static int mount(uint32_t block_bytes) {
  config.read = block_read;
  config.prog = block_prog;
  config.erase = block_erase;
  config.sync = block_sync;
  config.read_size = config.prog_size = 16;
  config.block_size = block_bytes;
  config.block_count = image_bytes / block_bytes;
  config.block_cycles = -1;
  config.cache_size = CACHE_BYTES;
  config.lookahead_size = sizeof lookahead;
  config.read_buffer = caches[0];
  config.prog_buffer = caches[1];
  config.lookahead_buffer = lookahead;
  return lfs_mount(&lfs, &config);
}

static int list_pack(const char *path) {
  imgb_io_t io;
  imgb_pack_t pack;
  uint8_t work[64];
  uint32_t i;
  int r = imgb_lfs_pack_open(&file, path, &io);
  if (r == IMGB_OK) r = imgb_open(&pack, &io, 0);
  if (r == IMGB_OK) r = imgb_check(&pack, IMGB_CHECK_INDEX | IMGB_CHECK_PAYLOADS, work, sizeof work);
  for (i = 0; r == IMGB_OK && i < pack.assets; i++) {
    imgb_asset_t asset;
    r = imgb_at(&pack, i, &asset);
    if (r == IMGB_OK) r = list_asset(stdout, &asset, 1);
  }
  imgb_lfs_close(&file);
  return r;
}

static int list_found(const char *name) {
  imgb_asset_t asset;
  uint8_t work[64];
  int r = imgb_lfs_find(&file, name, &asset);
  if (r != IMGB_OK) return r;
  printf("name %s check %d\n", name, imgb_asset_check(&asset, work, sizeof work));
  return list_asset(stdout, &asset, 1);
}

static int list_files(void) {
  int r = imgb_lfs_walk_begin(&walk, &lfs);
  while (r == IMGB_OK) {
    r = imgb_lfs_walk_next(&walk);
    if (r == IMGB_OK) r = list_found(walk.name);
  }
  return r == IMGB_ERR_NOT_FOUND ? IMGB_OK : r;
}

static void find(const char *name) {
  imgb_asset_t asset, again;
  int r = imgb_lfs_find(&file, name, &asset);
  printf("find %s %d kind %u\n", name, r, asset.kind);
  if (r != IMGB_OK) return;
  r = imgb_lfs_get(&file, &walk, asset.key, &again);
  printf("get %s %d kind %u\n", name, r, again.kind);
  r = imgb_lfs_get(&file, &walk, asset.key ^ 1u, &again);
  printf("get other %d kind %u\n", r, again.kind);
}

static void find_variant(const char *variant, const char *name) {
  imgb_asset_t asset;
  uint32_t stored;
  uint8_t work[64];
  int r = imgb_lfs_find_variant(&file, name, strcmp(variant, "-") == 0 ? NULL : variant, &asset);
  printf("variant %s %d kind %u key %08lx", name, r, asset.kind, (unsigned long)asset.key);
  stored = asset.stored_bytes < sizeof work ? asset.stored_bytes : (uint32_t)sizeof work;
  if (r == IMGB_OK && stored != 0) r = imgb_read(&asset, asset.stored_bytes - stored, work, stored);
  printf(" ends ");
  put_hex(stdout, work, r == IMGB_OK ? stored : 0);
  printf("\n");
}

int main(int argc, char **argv) {
  int r, i;
  if (argc < 4) return 2;
  image = load_file(argv[1], &image_bytes);
  r = mount((uint32_t)strtoul(argv[2], NULL, 0));
  if (r != 0) {
    printf("mount %d\n", r);
    return 3;
  }
  imgb_lfs_init(&file, &lfs, caches[2]);
  if (strcmp(argv[3], "ram") == 0) {
    printf("%zu %zu\n", sizeof file - sizeof file.file - sizeof file.config,
           sizeof walk - sizeof walk.dir - sizeof walk.info);
  }
  if (strcmp(argv[3], "pack") == 0) r = list_pack(argv[4]);
  if (strcmp(argv[3], "files") == 0) r = list_files();
  for (i = 4; strcmp(argv[3], "find") == 0 && i < argc; i++) find(argv[i]);
  for (i = 5; strcmp(argv[3], "variant") == 0 && i < argc; i++) find_variant(argv[4], argv[i]);
  if (r != IMGB_OK) printf("error %d\n", r);
  imgb_lfs_close(&file);
  lfs_unmount(&lfs);
  free(image);
  return 0;
}
