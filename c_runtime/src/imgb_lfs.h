/* imgb_lfs.h - packs and assets inside littlefs.  SPDX-License-Identifier: MIT
 *
 * Works with the littlefs (2.x) that the firmware has already mounted; it is not part of imgb and comes from
 * the include path as "lfs.h".  Works with LFS_NO_MALLOC and with LFS_READONLY.  Nothing is ever written.
 *
 *     static uint8_t cache[CACHE_BYTES];            // lfs->cfg->cache_size bytes
 *     static imgb_lfs_t file;
 *     imgb_lfs_init(&file, &lfs, cache);
 *
 *     // container: {littlefs: {layout: pack}}
 *     r = imgb_lfs_pack_open(&file, "/weather.imgb", &io);
 *     if (r == IMGB_OK) r = imgb_open(&pack, &io, WEATHER_PACK_ID);           // from here on as in flat
 * flash
 *
 *     // container: {littlefs: {layout: files}}
 *     r = imgb_lfs_find(&file, "icons/wifi", &icon);                          // one open file per asset in
 * use if (r == IMGB_OK) r = imgb_bitmap_open(&icon, &bitmap);
 *
 * What is different here: imgb_map gives NULL, alignment means nothing, and a read costs littlefs 9 to 14
 * device reads in a file of 1.3 MB.  RAM: imgb_lfs_t and imgb_lfs_walk_t together take 512 bytes or less on a
 * 32-bit core, most of it littlefs' own structs; the cache is littlefs' too.
 *
 * littlefs is not reentrant: calls that read from it need the lock that guards the mounted lfs_t.
 *
 * Result codes: those of imgb.h, and littlefs' own as IMGB_ERR_LFS(LFS_ERR_...), which lie below -1000.
 */
#ifndef IMGB_LFS_H
#define IMGB_LFS_H

#include "imgb.h"
#include "lfs.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IMGB_ERR_LFS(lfs_error) (IMGB_ERR_PORT - 100 + (lfs_error))

/* One open file.  Must live, and must not move, as long as any io, pack or asset made from it is used. */
typedef struct imgb_lfs {
  lfs_t *lfs;
  struct lfs_file_config config; /* holds the cache */
  lfs_file_t file;
  uint8_t is_open;
} imgb_lfs_t;

/* Call once.  cache: lfs->cfg->cache_size bytes of the caller's, for this file alone; NULL lets littlefs
 * allocate (not with LFS_NO_MALLOC).  Reads nothing. */
void imgb_lfs_init(imgb_lfs_t *file, lfs_t *lfs, void *cache);

/* Opens the file at path and fills io for imgb_open.  A file that was open is closed first.
 * IMGB_ERR_NOT_FOUND: no such file. */
IMGB_NODISCARD int imgb_lfs_pack_open(imgb_lfs_t *file, const char *path, imgb_io_t *io);

/* Opens the asset of layout `files` that the manifest names so: spelled as there, without a slash in front.
 * A file that was open is closed first, so its assets end here.  IMGB_ERR_NOT_FOUND: no such asset;
 * IMGB_ERR_ENTRY: the file starts with this asset's entry, but its length does not fit.  imgb_name has no
 * name to give for such an asset, and imgb_asset_check answers IMGB_ERR_UNSUPPORTED for a plain file, which
 * carries no CRC-32. */
IMGB_NODISCARD int imgb_lfs_find(imgb_lfs_t *file, const char *name, imgb_asset_t *asset);

/* The same, of a variant (dark, 2x, a locale) given by its name; an asset that lacks it is found itself, and
 * so it is with NULL or "".  The variant's file is name@variant, or stem@variant.bin where the name ends with
 * .bin (FORMAT.md section 3.4); asset->key is the CRC-32 of the name that was opened.  In layout `pack` this
 * is imgb_find_variant of imgb.h, with the number that imgb_variant gives. Opens at most two files. */
IMGB_NODISCARD int imgb_lfs_find_variant(imgb_lfs_t *file, const char *name, const char *variant,
                                         imgb_asset_t *asset);

void imgb_lfs_close(imgb_lfs_t *file);

/* Goes through all files of the filesystem, folders included, in littlefs' order (by name). */
typedef struct imgb_lfs_walk {
  lfs_t *lfs;
  lfs_dir_t dir;
  struct lfs_info info;
  char name[64]; /* of the file that imgb_lfs_walk_next found: an asset's name; longer ones are passed over */
  uint8_t folder_bytes, is_open;
} imgb_lfs_walk_t;

/* walk_next: IMGB_OK and walk->name, or IMGB_ERR_NOT_FOUND after the last file.  The walk ends itself then
 * and after an error; walk_end is for stopping before.  Files must not be added or removed meanwhile. */
IMGB_NODISCARD int imgb_lfs_walk_begin(imgb_lfs_walk_t *walk, lfs_t *lfs);
IMGB_NODISCARD int imgb_lfs_walk_next(imgb_lfs_walk_t *walk);
void imgb_lfs_walk_end(imgb_lfs_walk_t *walk);

/* imgb_lfs_find by key (CRC-32 of the name).  There is no index in littlefs: this goes through the files
 * until one fits, so keep the asset or use the name.  walk is scratch. */
IMGB_NODISCARD int imgb_lfs_get(imgb_lfs_t *file, imgb_lfs_walk_t *walk, uint32_t key, imgb_asset_t *asset);

#ifdef __cplusplus
}
#endif
#endif
