/* fuzz_settings.c - whatever bytes an area holds: no crash, no access outside, no end that does not come, and
 * a set that succeeded can be read.  SPDX-License-Identifier: MIT
 *
 * With libFuzzer, from the top folder:
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -Ic_runtime/src tests/fuzz/fuzz_settings.c \
 *         c_runtime/src/imgb_settings.c -o build/fuzz_settings
 *     build/fuzz_settings -max_len=2048 build/settings_corpus
 *
 * Input: four bytes (sectors, sector size, whether heads and records get good CRCs, what is done), then the
 * area.  With FUZZ_REPLAY there is a main that plays random inputs: fuzz_settings COUNT SEED
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imgb_settings.h"

#define AREA_MAX 2048u
#define READS_MAX 400000u

static uint8_t *area; /* as long as it is told to be, so that a sanitizer sees each byte too many */
static uint32_t area_bytes, reads;

static void refuse(const char *what) {
  fprintf(stderr, "%s\n", what);
  abort();
}

static void check(uint32_t address, uint32_t length) {
  if (address > area_bytes || length > area_bytes - address) refuse("outside the area");
}

static int read_area(void *ctx, uint32_t address, void *buffer, uint32_t length) {
  (void)ctx;
  check(address, length);
  if (address % 4 != 0) refuse("an odd address");
  if (++reads > READS_MAX) refuse("reads without end");
  memcpy(buffer, area + address, length);
  return 0;
}

static int program(void *ctx, uint32_t address, const void *data, uint32_t length) {
  const uint8_t *bytes = data;
  uint32_t i;
  (void)ctx;
  check(address, length);
  if (length != 16 || address % 16 != 0) refuse("not a unit");
  for (i = 0; i < length; i++) area[address + i] &= bytes[i];
  return 0;
}

static int erase(void *ctx, uint32_t address, uint32_t length) {
  (void)ctx;
  check(address, length);
  memset(area + address, 0xFF, length);
  return 0;
}

static uint32_t crc32(uint32_t crc, const uint8_t *bytes, uint32_t length) {
  uint32_t bit;
  for (crc = ~crc; length > 0; length--) {
    crc ^= *bytes++;
    for (bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

/* Good CRCs, as somebody with ill intent would write them: heads of every sector, records where they may be.
 */
static void sign(uint32_t at, uint32_t offset, uint32_t seed, uint32_t limit) {
  uint32_t end = at + 8u + area[at], crc;
  if (end + 4u > limit) return;
  crc = crc32(seed ^ offset << 8, area + at, end - at);
  area[end] = (uint8_t)crc;
  area[end + 1] = (uint8_t)(crc >> 8);
  area[end + 2] = (uint8_t)(crc >> 16);
  area[end + 3] = (uint8_t)(crc >> 24);
}

static void sign_all(const imgb_settings_t *s, uint32_t how) {
  uint32_t sector, at;
  for (sector = 0; sector < s->sectors; sector++) {
    const uint32_t base = sector * s->sector_bytes, shape = s->sector_bytes | s->sectors;
    uint32_t sequence = area[base + 4] & 3u;
    area[base] = 4;
    area[base + 1] = 0x53;
    memset(area + base + 4, 0, 8);
    area[base + 4] = (uint8_t)sequence;
    area[base + 8] = (uint8_t)shape;
    area[base + 9] = (uint8_t)(shape >> 8);
    if ((how & 2u) != 0) area[base + 8] ^= area[base + 16];
    sign(base, 0, sector, base + 16);
    for (at = 32; at < s->sector_bytes && (how & 4u) != 0; at += 16) {
      if (area[base + at] < 0xF0) area[base + at] &= 31u;
      sign(base + at, at, sequence, base + s->sector_bytes);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t VALUE[254] = {1, 2, 3, 4};
  imgb_settings_t s = {0};
  uint8_t bytes[256];
  uint32_t key = 0, length, keys = 0;
  int r;
  if (size < 4) return 0;
  s.sectors = (uint8_t)(2u + data[0] % 3u);
  s.sector_bytes = 256u + 64u * (data[1] % 6u);
  s.read = read_area;
  s.program = program;
  s.erase = erase;
  area_bytes = s.sectors * s.sector_bytes;
  area = malloc(area_bytes);
  memset(area, 0xFF, area_bytes);
  memcpy(area, data + 4, size - 4 < area_bytes ? size - 4 : area_bytes);
  if ((data[2] & 1u) != 0) sign_all(&s, data[2]);
  reads = 0;
  r = imgb_settings_mount(&s);
  if (r != IMGB_OK && r != IMGB_SETTINGS_ERR_FOREIGN) refuse("mounting gives another error");
  while (imgb_settings_next(&s, &key) == IMGB_OK) {
    if (++keys > area_bytes / 16u) refuse("keys without end");
    for (uint8_t kind = 0; kind < 7; kind++) {
      length = 0;
      if (imgb_settings_get(&s, key, kind, bytes, sizeof bytes, &length) == IMGB_OK && length > 254) {
        refuse("a value too long");
      }
    }
  }
  if (r != IMGB_OK && (data[3] & 1u) != 0) r = imgb_settings_reset(&s);
  for (key = 1; key < 20; key++) {
    const uint32_t n = data[3] % 64u;
    int set = imgb_settings_set(&s, key, IMGB_SETTING_BYTES, VALUE, n);
    if (set == IMGB_OK &&
        (imgb_settings_get(&s, key, IMGB_SETTING_BYTES, bytes, sizeof bytes, &length) != 0 || length != n ||
         memcmp(bytes, VALUE, n) != 0)) {
      refuse("what was set is not there");
    }
    if (r == IMGB_OK && set != IMGB_OK && set != IMGB_SETTINGS_ERR_FULL && set != IMGB_SETTINGS_ERR_WORN) {
      refuse("setting gives another error");
    }
    if ((data[3] & 2u) != 0 && imgb_settings_delete(&s, key) != IMGB_OK && set == IMGB_OK) {
      refuse("what was set is not deleted");
    }
  }
  if ((data[3] & 4u) != 0 && imgb_settings_reset(&s) != IMGB_OK) refuse("cannot be reset");
  if (r == IMGB_OK && imgb_settings_mount(&s) != IMGB_OK) refuse("does not mount again");
  free(area);
  return 0;
}

#ifdef FUZZ_REPLAY
int main(int argc, char **argv) {
  static uint8_t input[AREA_MAX];
  uint32_t state = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1, i, n;
  uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1, total = 0;
  for (n = 0; n < count; n++) {
    uint32_t size;
    for (i = 0; i < sizeof input; i++) {
      state = state * 1664525u + 1013904223u;
      input[i] = (uint8_t)(state >> 24);
      if (n % 3u == 1 && (state >> 8 & 7u) != 0) input[i] = 0xFF; /* mostly erased */
    }
    size = 4u + (state >> 10) % (AREA_MAX - 4u);
    if (n % 3u == 1) input[0] = (uint8_t)n, input[2] = (uint8_t)(n >> 2), input[3] = (uint8_t)(n >> 4);
    (void)LLVMFuzzerTestOneInput(input, size);
    total += reads;
  }
  printf("%u reads\n", total);
  return 0;
}
#endif
