/* host.h - what the host programs of the reader's tests share.  SPDX-License-Identifier: MIT */
#ifndef HOST_H
#define HOST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imgb.h"

/* A flash of its own malloc, exactly as large as the pack, so that AddressSanitizer sees every byte too far.
 */
typedef struct flash {
  uint8_t *block; /* what malloc gave */
  uint8_t *bytes; /* the pack: block + shift, so that the base may be odd */
  uint32_t size;
  uint32_t reads, bytes_read, largest; /* counted by flash_read */
  uint32_t fail_at;                    /* 0, or the number of the read that fails */
  int is_mapped, is_exact;
  void **mapped; /* is_exact: every range mapped is a block of its own, exactly as large */
  uint32_t mapped_count;
  uint32_t read_align;
} flash_t;

#define FLASH_FAILED (IMGB_ERR_PORT - 77)
#define FLASH_UNALIGNED (IMGB_ERR_PORT - 78)

static inline int flash_read(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  flash_t *f = (flash_t *)ctx;
  uint32_t mask = f->read_align - 1u;
  if (((offset | length | (uint32_t)(uintptr_t)buffer) & mask) != 0) return FLASH_UNALIGNED;
  f->reads++;
  f->bytes_read += length;
  if (length > f->largest) f->largest = length;
  if (f->fail_at != 0 && f->reads == f->fail_at) return FLASH_FAILED;
  memcpy(buffer, f->bytes + offset, length); /* the sanitizer judges offset and length */
  return IMGB_OK;
}

static inline const void *flash_map(void *ctx, uint32_t offset, uint32_t length) {
  flash_t *f = (flash_t *)ctx;
  if (!f->is_mapped) return NULL;
  if (offset > f->size || length > f->size - offset) abort(); /* the reader must never ask for this */
  if (f->is_exact) {
    uint8_t *copy = (uint8_t *)malloc(length);
    f->mapped = (void **)realloc(f->mapped, (f->mapped_count + 1u) * sizeof *f->mapped);
    if (copy == NULL || f->mapped == NULL) abort();
    f->mapped[f->mapped_count++] = copy;
    memcpy(copy, f->bytes + offset, length);
    return copy;
  }
  return f->bytes + offset;
}

static inline void flash_io(flash_t *f, imgb_io_t *io) {
  io->read = flash_read;
  io->map = flash_map;
  io->ctx = f;
  io->size = f->size;
  io->read_align = f->read_align;
}

/* `how`: mapped or by read(), then the alignment that reads must keep: map1, read1, read4, ...; mapx1 hands
 * each range that is mapped out as a block of its own, so that AddressSanitizer sees a step outside it. */
static inline void flash_make(flash_t *f, const uint8_t *bytes, uint32_t size, const char *how) {
  uint32_t shift = size % 2u + 1u; /* 1 or 2: the pack ends where the block ends, and starts anywhere */
  memset(f, 0, sizeof *f);
  f->block = (uint8_t *)malloc((size_t)size + shift);
  if (f->block == NULL) abort();
  f->bytes = f->block + shift;
  f->size = size;
  if (size != 0) memcpy(f->bytes, bytes, size);
  f->is_mapped = strncmp(how, "map", 3) == 0;
  f->is_exact = strncmp(how, "mapx", 4) == 0;
  f->read_align = (uint32_t)(how[strlen(how) - 1] - '0');
}

static inline void flash_free(flash_t *f) {
  while (f->mapped_count != 0) free(f->mapped[--f->mapped_count]);
  free(f->mapped);
  free(f->block);
}

static inline uint8_t *load_file(const char *path, uint32_t *size) {
  FILE *file = fopen(path, "rb");
  uint8_t *bytes;
  long end;
  if (file == NULL) exit(2);
  fseek(file, 0, SEEK_END);
  end = ftell(file);
  fseek(file, 0, SEEK_SET);
  bytes = (uint8_t *)malloc((size_t)end + 1u);
  if (bytes == NULL || fread(bytes, 1, (size_t)end, file) != (size_t)end) exit(2);
  fclose(file);
  *size = (uint32_t)end;
  return bytes;
}

#endif
