/* settings_area.c - the settings of an area in a file, by commands.  SPDX-License-Identifier: MIT
 *
 *     settings_area FILE SECTOR_BYTES SECTORS < commands > answers
 *
 *     set KEY KIND HEX     delete KEY     get KEY KIND     list     reset     mount     state
 *
 * HEX "-": no bytes.  The file is read first and written last.  Programming is as strict as flash is: 16
 * bytes, onto erased ones.  Reads, programs and erases are counted for `state`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imgb_settings.h"

static uint8_t *area;
static uint32_t area_bytes, reads, programs, erases;

static void check(uint32_t address, uint32_t length) {
  if (address > area_bytes || length > area_bytes - address) {
    fprintf(stderr, "0x%X, %u bytes: outside\n", address, length);
    exit(1);
  }
}

static int read_area(void *ctx, uint32_t address, void *buffer, uint32_t length) {
  (void)ctx;
  check(address, length);
  memcpy(buffer, area + address, length);
  reads++;
  return 0;
}

static int program(void *ctx, uint32_t address, const void *data, uint32_t length) {
  uint32_t i;
  (void)ctx;
  check(address, length);
  for (i = 0; i < length; i++) {
    if (length != 16 || address % 16 != 0 || area[address + i] != 0xFF) {
      fprintf(stderr, "programs %u bytes at 0x%X\n", length, address);
      exit(1);
    }
  }
  memcpy(area + address, data, length);
  programs++;
  return 0;
}

static int erase(void *ctx, uint32_t address, uint32_t length) {
  (void)ctx;
  check(address, length);
  memset(area + address, 0xFF, length);
  erases++;
  return 0;
}

static uint32_t bytes_of(const char *hex, uint8_t *bytes) {
  uint32_t n = 0;
  unsigned byte;
  while (hex[0] != '-' && sscanf(hex + 2 * n, "%2x", &byte) == 1) bytes[n++] = (uint8_t)byte;
  return n;
}

static void print_value(int r, const uint8_t *bytes, uint32_t length) {
  uint32_t i;
  printf("%d ", r);
  for (i = 0; r == 0 && i < length; i++) printf("%02x", bytes[i]);
  printf("\n");
}

static void run(imgb_settings_t *s, const char *line) {
  static char hex[1200];
  uint8_t bytes[600];
  unsigned key = 0, kind = 0;
  uint32_t length = 0, next = 0;
  int r;
  if (sscanf(line, "set %x %u %1199s", &key, &kind, hex) == 3) {
    length = bytes_of(hex, bytes);
    printf("%d\n", imgb_settings_set(s, key, (uint8_t)kind, bytes, length));
  } else if (sscanf(line, "delete %x", &key) == 1) {
    printf("%d\n", imgb_settings_delete(s, key));
  } else if (sscanf(line, "get %x %u", &key, &kind) == 2) {
    r = imgb_settings_get(s, key, (uint8_t)kind, bytes, sizeof bytes, &length);
    print_value(r, bytes, length);
  } else if (strncmp(line, "list", 4) == 0) {
    while (imgb_settings_next(s, &next) == IMGB_OK) printf("%08x ", next);
    printf("\n");
  } else if (strncmp(line, "reset", 5) == 0) {
    printf("%d\n", imgb_settings_reset(s));
  } else if (strncmp(line, "mount", 5) == 0) {
    printf("%d\n", imgb_settings_mount(s));
  } else {
    printf("sector %u sequence %u end %u damaged %u reads %u programs %u erases %u\n", s->sector, s->sequence,
           s->end, s->damaged, reads, programs, erases);
  }
}

int main(int argc, char **argv) {
  static char line[1400];
  imgb_settings_t s = {0};
  FILE *file;
  if (argc != 4) return 2;
  s.read = read_area;
  s.program = program;
  s.erase = erase;
  s.sector_bytes = (uint32_t)strtoul(argv[2], NULL, 0);
  s.sectors = (uint8_t)strtoul(argv[3], NULL, 0);
  area_bytes = s.sector_bytes * s.sectors;
  area = malloc(area_bytes);
  memset(area, 0xFF, area_bytes);
  file = fopen(argv[1], "rb");
  if (file == NULL || fread(area, 1, area_bytes, file) == 0) return 3;
  fclose(file);
  printf("%d\n", imgb_settings_mount(&s));
  while (fgets(line, sizeof line, stdin) != NULL) run(&s, line);
  file = fopen(argv[1], "wb");
  if (file == NULL || fwrite(area, 1, area_bytes, file) != area_bytes) return 3;
  fclose(file);
  free(area);
  return 0;
}
