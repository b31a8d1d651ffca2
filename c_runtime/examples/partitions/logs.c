/* logs.c - see logs.h.  SPDX-License-Identifier: MIT */
#include "logs.h"

#include "lfs.h"
#include "report.h"
#include "watch_partitions.h"

#define FILE_NAME "starts.log"
#define PIECE_BYTES 256u /* of littlefs' caches; a page of the chip */

static uint8_t read_cache[PIECE_BYTES], program_cache[PIECE_BYTES], file_cache[PIECE_BYTES], free_blocks[16];
static lfs_t lfs;

static uint32_t address_of(const struct lfs_config *c, lfs_block_t block, lfs_off_t offset) {
  return WATCH_PARTITION_LOGS_OFFSET + block * c->block_size + offset;
}

static int part_read(const struct lfs_config *c, lfs_block_t block, lfs_off_t offset, void *buffer,
                     lfs_size_t size) {
  return imgb_nor_read(c->context, address_of(c, block, offset), buffer, size) == IMGB_OK ? 0 : LFS_ERR_IO;
}

/* What did not program or erase is a bad block: littlefs takes another one. */
static int part_program(const struct lfs_config *c, lfs_block_t block, lfs_off_t offset, const void *data,
                        lfs_size_t size) {
  int r = imgb_nor_program(c->context, address_of(c, block, offset), data, size);
  return r == IMGB_OK ? 0 : r == IMGB_NOR_ERR_VERIFY ? LFS_ERR_CORRUPT : LFS_ERR_IO;
}

static int part_erase(const struct lfs_config *c, lfs_block_t block) {
  int r = imgb_nor_erase(c->context, address_of(c, block, 0), c->block_size);
  return r == IMGB_OK ? 0 : r == IMGB_NOR_ERR_ERASE ? LFS_ERR_CORRUPT : LFS_ERR_IO;
}

static int part_sync(const struct lfs_config *c) {
  (void)c;
  return 0;
}

static int add_line(const struct lfs_file_config *how, uint32_t starts) {
  lfs_file_t file;
  char line[16] = "start ";
  lfs_size_t length = 6u + text_of_number(line + 6, starts);
  lfs_ssize_t written;
  int closed, r = lfs_file_opencfg(&lfs, &file, FILE_NAME, LFS_O_WRONLY | LFS_O_CREAT | LFS_O_APPEND, how);
  if (r < 0) return r;
  line[length++] = '\n';
  written = lfs_file_write(&lfs, &file, line, length);
  closed = lfs_file_close(&lfs, &file);
  return written < 0 ? (int)written : closed;
}

static int print_file(const struct lfs_file_config *how) {
  lfs_file_t file;
  char text[33];
  lfs_ssize_t got = 0;
  int r = lfs_file_opencfg(&lfs, &file, FILE_NAME, LFS_O_RDONLY, how);
  if (r < 0) return r;
  while ((got = lfs_file_read(&lfs, &file, text, sizeof text - 1u)) > 0) {
    text[got] = 0;
    put_text(text);
  }
  r = lfs_file_close(&lfs, &file);
  return got < 0 ? (int)got : r;
}

int logs_add(imgb_nor_t *nor, uint32_t starts) {
  const struct lfs_config config = {
      .context = nor,
      .read = part_read,
      .prog = part_program,
      .erase = part_erase,
      .sync = part_sync,
      .read_size = 16,
      .prog_size = 16,
      .block_size = WATCH_PARTITION_LOGS_ERASE_BYTES,
      .block_count = WATCH_PARTITION_LOGS_BYTES / WATCH_PARTITION_LOGS_ERASE_BYTES,
      .block_cycles = 500,
      .cache_size = PIECE_BYTES,
      .lookahead_size = sizeof free_blocks,
      .read_buffer = read_cache,
      .prog_buffer = program_cache,
      .lookahead_buffer = free_blocks};
  const struct lfs_file_config how = {.buffer = file_cache};
  int r = lfs_mount(&lfs, &config);
  if (r < 0) return r;
  r = add_line(&how, starts);
  if (r == 0) r = print_file(&how);
  if (r == 0) r = lfs_unmount(&lfs);
  return r;
}
