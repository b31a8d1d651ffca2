/* flash_file.c - a partition in a file that behaves as NOR flash does.  SPDX-License-Identifier: MIT
 *
 * Erasing sets every bit, programming only clears bits, and each is in the file when the call returns: the
 * program may be stopped at any time, as a device may lose its power. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flash.h"

#define PIECE_BYTES 256u
#define ERR_FILE (-1901)
#define POWER_CUT 9 /* exit code */

static FILE *file;
static uint32_t operations, cut_at;

static int seek(uint32_t offset) {
  return fseek(file, (long)offset, SEEK_SET) == 0 ? 0 : ERR_FILE;
}

static int read_file(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  (void)ctx;
  if (seek(offset) != 0 || fread(buffer, 1, length, file) != length) return ERR_FILE;
  return 0;
}

static int put(uint32_t offset, const uint8_t *bytes, uint32_t length) {
  if (seek(offset) != 0 || fwrite(bytes, 1, length, file) != length || fflush(file) != 0) return ERR_FILE;
  return 0;
}

/* Whether the power goes now, in the middle of this operation. */
static int is_last(void) {
  return ++operations == cut_at;
}

static int program(void *ctx, uint32_t offset, const void *data, uint32_t length) {
  uint8_t cells[PIECE_BYTES];
  const uint8_t *bytes = data;
  uint32_t i;
  int cut = is_last(), r;
  if (length > PIECE_BYTES) return ERR_FILE;
  r = read_file(ctx, offset, cells, length);
  for (i = 0; r == 0 && i < (cut ? length / 2u : length); i++) cells[i] &= bytes[i];
  if (r == 0) r = put(offset, cells, length);
  if (cut) exit(POWER_CUT);
  return r;
}

static int erase(void *ctx, uint32_t offset, uint32_t length) {
  uint8_t blank[PIECE_BYTES];
  uint32_t at;
  int cut = is_last(), r = 0;
  (void)ctx;
  memset(blank, 0xFF, sizeof blank);
  for (at = 0; r == 0 && at < (cut ? length / 2u : length); at += PIECE_BYTES) {
    r = put(offset + at, blank, PIECE_BYTES);
  }
  if (cut) exit(POWER_CUT);
  return r;
}

int flash_open(imgb_update_config_t *config, const char *path, uint32_t bytes, uint32_t cut) {
  long length;
  config->io.read = read_file;
  config->io.size = bytes;
  config->erase = erase;
  config->program = program;
  file = fopen(path, "r+b");
  if (file == NULL) file = fopen(path, "w+b");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0) return -1;
  while (length < (long)bytes && fputc(0xFF, file) != EOF) length++;
  cut_at = cut;
  return length < (long)bytes || fflush(file) != 0 ? -1 : 0;
}
