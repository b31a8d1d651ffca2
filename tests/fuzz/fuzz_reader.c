/* fuzz_reader.c - any bytes as a pack: nothing may crash, leak or hang.  SPDX-License-Identifier: MIT
 *
 * With libFuzzer, from the top folder:
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -Ic_runtime/src -Itests/c tests/fuzz/fuzz_reader.c \
 *         $(ls c_runtime/src/imgb*.c | grep -v imgb_lfs) -o build/fuzz_reader
 *     build/fuzz_reader -max_len=8192 build/corpus
 *
 * The first byte says how the flash is read, the rest is the pack.  Its size, checks and entries are made
 * good again, as somebody with ill intent would, so that damage gets past them.  With FUZZ_REPLAY there is a
 * main that plays a fixed number of random damages to the packs named: fuzz_reader COUNT PACK...
 */
#include "damage.h"

static uint32_t word_of(const uint8_t *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void make_good(uint8_t *bytes, uint32_t size) {
  uint32_t index = word_of(bytes + 0x18);
  uint32_t assets = word_of(bytes + 0x1C) & 0xFFFFu;
  uint32_t crc, i;
  memcpy(bytes, "IMGB\1\1", 6);
  if (word_of(bytes + 8) > size || word_of(bytes + 8) < 72u) put_word(bytes + 8, size & ~3u);
  crc = crc32_of(bytes, 60);
  put_word(bytes + 60, crc);
  put_word(bytes + (word_of(bytes + 8) & ~3u) - 8u, crc);
  memcpy(bytes + (word_of(bytes + 8) & ~3u) - 4u, "IEND", 4);
  for (i = 0; i < assets && index < size && size - index >= 32u; i++, index += 32u) {
    bytes[index + 31u] = crc8_of(bytes + index, 31);
  }
  put_word(bytes + 60, crc32_of(bytes, 60)); /* an entry may lie in the header */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
  static const char *const ways[4] = {"mapx1", "read1", "read2", "read4"};
  uint32_t size, i;
  uint8_t work[61];
  flash_t flash;
  imgb_io_t io;
  imgb_pack_t pack;
  int r;
  if (length < 81u || length > 1u << 20) return 0;
  size = ((uint32_t)length - 1u) & ~3u;
  flash_make(&flash, data + 1, size, ways[data[0] & 3u]);
  if ((data[0] & 4u) == 0) make_good(flash.bytes, size);
  flash_io(&flash, &io);
  r = imgb_open(&pack, &io, 0);
  r |= imgb_check(&pack, IMGB_CHECK_INDEX | IMGB_CHECK_PAYLOADS, work, sizeof work);
  for (i = 0; i < pack.assets && i < 16u; i++) {
    imgb_asset_t asset;
    if (imgb_at(&pack, i, &asset) != IMGB_OK) continue;
    r |= list_asset(NULL, &asset, 1021);
    draw_asset(&asset);
    draw_runs_of(&pack, &asset);
  }
  (void)r;
  flash_free(&flash);
  return 0;
}

#ifdef FUZZ_REPLAY
static uint32_t random_state = 1;

static uint32_t random_below(uint32_t n) {
  random_state = random_state * 1664525u + 1013904223u; /* Numerical Recipes */
  return (uint32_t)(((uint64_t)random_state * n) >> 32);
}

int main(int argc, char **argv) {
  static const uint32_t nasty[8] = {0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000u, 0xFFFFFFF0u, 0xFFFFFFFFu};
  uint32_t count = (uint32_t)strtoul(argv[1], NULL, 0);
  int file;
  for (file = 2; file < argc; file++) {
    uint32_t size, n;
    uint8_t *good = load_file(argv[file], &size);
    uint8_t *bytes = (uint8_t *)malloc(size + 1u);
    for (n = 0; n < count; n++) {
      uint32_t damages = 1u + random_below(6);
      memcpy(bytes + 1, good, size);
      bytes[0] = (uint8_t)random_below(4);
      while (damages-- != 0) {
        uint32_t at = random_below(random_below(2) == 0 && size > 260u ? 256u : size - 4u) &
                      (random_below(2) == 0 ? ~3u : ~0u);
        if (random_below(2) == 0)
          bytes[1u + at] = (uint8_t)random_below(256);
        else
          put_word(bytes + 1u + at, nasty[random_below(8)] + random_below(3) * random_below(size));
      }
      LLVMFuzzerTestOneInput(bytes, size + 1u - (random_below(8) == 0 ? random_below(size / 2u) : 0));
    }
    free(bytes);
    free(good);
  }
  printf("done\n");
  return 0;
}
#endif
