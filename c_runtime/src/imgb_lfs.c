/* imgb_lfs.c - packs and assets inside littlefs.  SPDX-License-Identifier: MIT */
#include "imgb_lfs.h"

#include <string.h>

#include "imgb_priv.h"

static int result_of(int lfs_result) {
  if (lfs_result >= 0) return IMGB_OK;
  if (lfs_result == LFS_ERR_NOENT || lfs_result == LFS_ERR_ISDIR || lfs_result == LFS_ERR_NOTDIR) {
    return IMGB_ERR_NOT_FOUND;
  }
  return IMGB_ERR_LFS(lfs_result);
}

/* --- one file ---------------------------------------------------------------------------------- */

static int lfs_io_read(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  imgb_lfs_t *file = (imgb_lfs_t *)ctx;
  lfs_soff_t at;
  lfs_ssize_t got;
  if (!file->is_open) return IMGB_ERR_LFS(LFS_ERR_BADF);
  at = lfs_file_seek(file->lfs, &file->file, (lfs_soff_t)offset, LFS_SEEK_SET);
  if (at < 0) return IMGB_ERR_LFS((int)at);
  got = lfs_file_read(file->lfs, &file->file, buffer, length);
  if (got < 0) return IMGB_ERR_LFS((int)got);
  return (uint32_t)got == length ? IMGB_OK : IMGB_ERR_LFS(LFS_ERR_CORRUPT);
}

void imgb_lfs_init(imgb_lfs_t *file, lfs_t *lfs, void *cache) {
  memset(file, 0, sizeof *file);
  file->lfs = lfs;
  file->config.buffer = cache;
}

void imgb_lfs_close(imgb_lfs_t *file) {
  if (file->is_open != 0)
    (void)lfs_file_close(file->lfs, &file->file); /* nothing to write, so nothing to lose */
  file->is_open = 0;
}

int imgb_lfs_pack_open(imgb_lfs_t *file, const char *path, imgb_io_t *io) {
  lfs_soff_t size;
  int r;
  imgb_lfs_close(file);
  r = lfs_file_opencfg(file->lfs, &file->file, path, LFS_O_RDONLY, &file->config);
  if (r < 0) return result_of(r);
  file->is_open = 1;
  size = lfs_file_size(file->lfs, &file->file);
  if (size < 0) {
    imgb_lfs_close(file);
    return result_of((int)size);
  }
  io->read = lfs_io_read;
  io->map = NULL;
  io->ctx = file;
  io->size = (uint32_t)size;
  io->read_align = 1;
  return IMGB_OK;
}

/* An asset's own entry is told from a plain file's bytes by its check byte and its key. */
static int read_entry(const imgb_io_t *io, uint32_t key, imgb_asset_t *asset) {
  int r = IMGB_ERR_ENTRY;
  if (io->size >= IMGB_ENTRY_BYTES) r = imgb_priv_entry(io, 0, asset);
  if (r != IMGB_OK && r != IMGB_ERR_ENTRY) return r;
  if (r == IMGB_OK && asset->key == key) {
    asset->name_bytes = 0;
    return asset->base == IMGB_ENTRY_BYTES && asset->stored_bytes == io->size - IMGB_ENTRY_BYTES
               ? IMGB_OK
               : IMGB_ERR_ENTRY;
  }
  memset(asset, 0, sizeof *asset);
  asset->io = *io;
  asset->kind = IMGB_KIND_FILE;
  asset->next_variant = 0xFFFFu;
  asset->stored_bytes = io->size;
  asset->key = key;
  return IMGB_OK;
}

int imgb_lfs_find(imgb_lfs_t *file, const char *name, imgb_asset_t *asset) {
  imgb_io_t io;
  uint32_t length = 0;
  int r = IMGB_ERR_NOT_FOUND;
  while (length <= IMGB_NAME_MAX && name[length] != '\0') length++;
  imgb_lfs_close(file);
  if (length != 0 && length <= IMGB_NAME_MAX) r = imgb_lfs_pack_open(file, name, &io);
  if (r == IMGB_OK) r = read_entry(&io, imgb_priv_crc32(0, name, length), asset);
  if (r != IMGB_OK) {
    memset(asset, 0, sizeof *asset);
    imgb_lfs_close(file);
  }
  return r;
}

/* name@variant, a final .bin kept at the end.  0: without a name, or longer than any asset's. */
static int variant_path(char *path, const char *name, const char *variant) {
  static const char suffix[] = ".bin";
  const size_t suffix_bytes = sizeof suffix - 1u;
  size_t stem = 0, added = 0;
  while (stem <= IMGB_NAME_MAX && name[stem] != '\0') stem++;
  while (added <= IMGB_NAME_MAX && variant[added] != '\0') added++;
  if (stem == 0 || stem + 1u + added > IMGB_NAME_MAX) return 0;
  memcpy(path, name, stem + 1u);
  if (stem >= suffix_bytes && memcmp(name + stem - suffix_bytes, suffix, suffix_bytes) == 0) {
    stem -= suffix_bytes;
    memcpy(path + stem + 1u + added, suffix, sizeof suffix);
  } else {
    path[stem + 1u + added] = '\0';
  }
  path[stem] = '@';
  memcpy(path + stem + 1u, variant, added);
  return 1;
}

int imgb_lfs_find_variant(imgb_lfs_t *file, const char *name, const char *variant, imgb_asset_t *asset) {
  char path[IMGB_NAME_MAX + 1u];
  if (variant != NULL && variant[0] != '\0' && variant_path(path, name, variant)) {
    int r = imgb_lfs_find(file, path, asset);
    if (r != IMGB_ERR_NOT_FOUND) return r;
  }
  return imgb_lfs_find(file, name, asset);
}

/* --- all files --------------------------------------------------------------------------------- */

/* Opens the folder in walk->name, which ends at folder_bytes.  What stands behind it is kept. */
static int open_folder(imgb_lfs_walk_t *walk) {
  int r;
  if (walk->folder_bytes != 0) walk->name[walk->folder_bytes] = '\0';
  r = lfs_dir_open(walk->lfs, &walk->dir, walk->folder_bytes == 0 ? "/" : walk->name);
  walk->is_open = r == 0;
  return r;
}

/* Back to the folder above, behind the entry just left; littlefs keeps entries in order, so no place needs
 * storing. */
static int leave_folder(imgb_lfs_walk_t *walk) {
  const char *left;
  int r;
  imgb_lfs_walk_end(walk);
  while (walk->folder_bytes != 0 && walk->name[walk->folder_bytes] != '/') walk->folder_bytes--;
  left = walk->name + walk->folder_bytes + (walk->folder_bytes != 0);
  r = open_folder(walk);
  while (r >= 0) {
    r = lfs_dir_read(walk->lfs, &walk->dir, &walk->info);
    if (r <= 0 || strcmp(walk->info.name, left) == 0) break;
  }
  return r;
}

/* Puts info.name behind the folder.  0: it is no asset's, since it would be too long, or is "." or "..". */
static int append_name(imgb_lfs_walk_t *walk) {
  size_t length = strlen(walk->info.name);
  size_t at = walk->folder_bytes == 0 ? 0 : walk->folder_bytes + 1u;
  if (strcmp(walk->info.name, ".") == 0 || strcmp(walk->info.name, "..") == 0) return 0;
  if (length > IMGB_NAME_MAX || at + length > IMGB_NAME_MAX) return 0;
  if (at != 0) walk->name[at - 1u] = '/';
  memcpy(walk->name + at, walk->info.name, length + 1u);
  return 1;
}

int imgb_lfs_walk_begin(imgb_lfs_walk_t *walk, lfs_t *lfs) {
  memset(walk, 0, sizeof *walk);
  walk->lfs = lfs;
  return result_of(open_folder(walk));
}

int imgb_lfs_walk_next(imgb_lfs_walk_t *walk) {
  int r = 0;
  if (walk->is_open == 0) return IMGB_ERR_NOT_FOUND;
  while (r >= 0) {
    r = lfs_dir_read(walk->lfs, &walk->dir, &walk->info);
    if (r == 0) {
      if (walk->folder_bytes == 0) break;
      walk->name[walk->folder_bytes] = '\0';
      r = leave_folder(walk);
    } else if (r > 0 && append_name(walk)) {
      if (walk->info.type != LFS_TYPE_DIR) return IMGB_OK;
      imgb_lfs_walk_end(walk);
      walk->folder_bytes = (uint8_t)strlen(walk->name);
      r = open_folder(walk);
    }
  }
  imgb_lfs_walk_end(walk);
  return r < 0 ? result_of(r) : IMGB_ERR_NOT_FOUND;
}

void imgb_lfs_walk_end(imgb_lfs_walk_t *walk) {
  if (walk->is_open != 0) (void)lfs_dir_close(walk->lfs, &walk->dir);
  walk->is_open = 0;
}

int imgb_lfs_get(imgb_lfs_t *file, imgb_lfs_walk_t *walk, uint32_t key, imgb_asset_t *asset) {
  int r = imgb_lfs_walk_begin(walk, file->lfs);
  while (r == IMGB_OK) {
    r = imgb_lfs_walk_next(walk);
    if (r == IMGB_OK && imgb_priv_crc32(0, walk->name, (uint32_t)strlen(walk->name)) == key) {
      imgb_lfs_walk_end(walk);
      return imgb_lfs_find(file, walk->name, asset);
    }
  }
  memset(asset, 0, sizeof *asset);
  return r;
}
