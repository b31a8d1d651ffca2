/* update_bytes.h - files for the tests of updates.  SPDX-License-Identifier: MIT */
#ifndef UPDATE_BYTES_H
#define UPDATE_BYTES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct bytes {
  uint8_t *data;
  uint32_t length;
} bytes_t;

/* The whole file, at least one byte of memory; ends the program if it cannot be read. */
static bytes_t load_bytes(const char *path) {
  FILE *file = fopen(path, "rb");
  bytes_t b = {NULL, 0};
  long length;
  if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0) exit(5);
  rewind(file);
  b.length = (uint32_t)length;
  b.data = malloc(b.length + 1u);
  if (b.data == NULL || fread(b.data, 1, b.length, file) != b.length) exit(5);
  fclose(file);
  return b;
}

#endif
