/* mutate.c - damages every byte and every word of a pack and reads all of it.  SPDX-License-Identifier: MIT
 *
 *     mutate PACK HOW        prints how many damaged packs were read, and how many still opened
 *
 * Each byte becomes 00, FF, one more, one less, each aligned word one of a few nasty numbers.  Damage to
 * header and entries is done twice, the second time with the checks repaired, as somebody with ill intent
 * would.  AddressSanitizer and UndefinedBehaviorSanitizer are the judges: any result will do but a crash.
 */
#include "damage.h"

static uint8_t *good;
static uint32_t size;
static const char *how;
static unsigned long tried, opened;

static uint32_t word_at(uint32_t at) {
  return (uint32_t)good[at] | (uint32_t)good[at + 1] << 8 | (uint32_t)good[at + 2] << 16 |
         (uint32_t)good[at + 3] << 24;
}

/* `at`: the damage; only the asset around it is read if it lies in a payload. */
static void read_all(const uint8_t *bytes, uint32_t at) {
  flash_t flash;
  imgb_io_t io;
  imgb_pack_t pack;
  uint8_t work[61];
  uint32_t i;
  int r;
  flash_make(&flash, bytes, size, how);
  flash_io(&flash, &io);
  tried++;
  r = imgb_open(&pack, &io, 0);
  opened += r == IMGB_OK;
  r |= imgb_check(&pack, IMGB_CHECK_INDEX | IMGB_CHECK_PAYLOADS, work, sizeof work);
  for (i = 0; i < pack.assets && i < 64u; i++) {
    imgb_asset_t asset, found;
    char name[64];
    int in_it;
    if (imgb_at(&pack, i, &asset) != IMGB_OK) continue;
    in_it = at >= asset.base && at - asset.base < asset.stored_bytes;
    if (at >= word_at(0x2C) && !in_it) continue; /* elsewhere in the payloads */
    if (imgb_name(&asset, name, sizeof name) == IMGB_OK) r |= imgb_find(&pack, name, &found);
    r |= imgb_get(&pack, asset.key, &found);
    r |= list_asset(NULL, &asset, 97);
    draw_asset(&asset);
    draw_runs_of(&pack, &asset);
  }
  {
    imgb_asset_t missing;
    r |= imgb_find(&pack, "no such asset", &missing);
  }
  (void)r;
  flash_free(&flash);
}

static void repair(uint8_t *bytes, uint32_t at) {
  uint32_t index = word_at(0x18);
  if (at < 64u) {
    uint32_t crc = crc32_of(bytes, 60);
    put_word(bytes + 60, crc);
    put_word(bytes + size - 8, crc);
  } else if (at >= index && at < word_at(0x20)) {
    uint8_t *entry = bytes + index + (at - index) / 32u * 32u;
    entry[31] = crc8_of(entry, 31);
  }
}

static void try_it(uint8_t *bytes, uint32_t at) {
  uint8_t saved[12];
  uint32_t index = word_at(0x18);
  int is_checked = at < 64u || (at >= index && at < word_at(0x20));
  uint32_t entry = at < 64u ? 0 : index + (at - index) / 32u * 32u + 28u;
  read_all(bytes, at);
  if (!is_checked) return;
  memcpy(saved, bytes + (at < 64u ? 60 : entry), 4);
  memcpy(saved + 4, bytes + size - 8, 4);
  repair(bytes, at);
  read_all(bytes, at);
  memcpy(bytes + (at < 64u ? 60 : entry), saved, 4);
  memcpy(bytes + size - 8, saved + 4, 4);
}

int main(int argc, char **argv) {
  static const uint32_t nasty[] = {0xFFFFFFFFu, 0x7FFFFFFFu, 0x80000000u,
                                   0xFFFFFFFCu, 0x3FFFFFFFu, 0x00010000u};
  uint8_t *bytes;
  uint32_t at, i;
  if (argc < 3) return 2;
  good = load_file(argv[1], &size);
  how = argv[2];
  bytes = (uint8_t *)malloc(size);
  memcpy(bytes, good, size);
  for (at = 0; at < size; at++) {
    const uint8_t values[4] = {0x00, 0xFF, (uint8_t)(good[at] + 1u), (uint8_t)(good[at] - 1u)};
    for (i = 0; i < 4; i++) {
      memcpy(bytes, good, size);
      bytes[at] = values[i];
      try_it(bytes, at);
    }
  }
  for (at = 0; at + 4u <= size; at += 4u) {
    for (i = 0; i < 10; i++) {
      const uint32_t near_size[4] = {size, size - 1u, size - 8u, 0u - word_at(at)};
      memcpy(bytes, good, size);
      put_word(bytes + at, i < 6 ? nasty[i] : near_size[i - 6]);
      try_it(bytes, at);
    }
  }
  memcpy(bytes, good, size);
  for (at = 0, i = size; at < i;
       at += at < 256u ? 1u : 13u) { /* cut short, and cut short behind an honest header */
    size = i - at;
    read_all(bytes, 0);
  }
  size = i;
  printf("%lu damaged packs, %lu opened\n", tried, opened);
  free(bytes);
  free(good);
  return 0;
}
