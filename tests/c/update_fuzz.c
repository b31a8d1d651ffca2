/* update_fuzz.c - packages that are damaged, reordered, doubled or hostile.  SPDX-License-Identifier: MIT
 *
 * update_fuzz SEED COUNT WAY old.bin update.imgu new.bin
 * Each round changes a sound package, in half of them with digests and checksums made to fit again, so that
 * what lies behind them is reached, and feeds it in pieces that overlap, repeat and jump.  The flash is an
 * array: a callback that is asked for a byte outside the partition, or for one that is not erased, ends all.
 * Only a package that makes the new image may switch. */
#include "imgb_update_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "update_bytes.h"

#define SECTOR 4096u
#define PARTITION (64u * SECTOR)

static uint8_t flash[PARTITION], start[PARTITION];
static uint32_t seed;

static uint32_t dice(uint32_t sides) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % sides;
}

static void stop_if(int condition, const char *what) {
  if (!condition) return;
  fprintf(stderr, "%s\n", what);
  abort();
}

static int read_flash(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  (void)ctx;
  stop_if(offset > PARTITION || length > PARTITION - offset, "read outside");
  memcpy(buffer, flash + offset, length);
  return 0;
}

static int erase_flash(void *ctx, uint32_t offset, uint32_t length) {
  (void)ctx;
  stop_if(offset > PARTITION || length > PARTITION - offset, "erase outside");
  stop_if(offset % SECTOR != 0 || length % SECTOR != 0, "erase of a part");
  memset(flash + offset, 0xFF, length);
  return 0;
}

static int program_flash(void *ctx, uint32_t offset, const void *data, uint32_t length) {
  uint32_t i;
  (void)ctx;
  stop_if(offset > PARTITION || length > PARTITION - offset, "program outside");
  for (i = 0; i < length; i++) stop_if(flash[offset + i] != 0xFF, "programmed twice");
  memcpy(flash + offset, data, length);
  return 0;
}

static void put32(uint8_t *p, uint32_t v) {
  int i;
  for (i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

static void digest(const uint8_t *bytes, uint32_t length, uint8_t *to) {
  imgb_sha256_t sha;
  uint32_t i;
  imgb_priv_sha256_begin(&sha);
  imgb_priv_sha256_add(&sha, bytes, length);
  (void)imgb_priv_sha256_is(&sha, to); /* the state is the digest, whatever was expected */
  for (i = 0; i < 32u; i++) to[i] = (uint8_t)(sha.state[i / 4u] >> (24u - 8u * (i & 3u)));
}

/* From the last block to the first, then the header: as one who wants to be believed would. */
static void make_it_fit(bytes_t *p) {
  uint32_t at[512], count = 0, pos = 224;
  if (p->length < 224u) return;
  while (count < 512u && p->length - pos >= 40u) {
    uint32_t stored = imgb_priv_le32(p->data + pos + 4) & 0x7FFFFFFFu;
    if (stored > p->length - pos - 40u) break;
    at[count++] = pos;
    pos += 40u + stored;
  }
  if (dice(4) != 0) {
    put32(p->data + 0x08, pos);
    put32(p->data + 0x0C, count);
  }
  while (count-- != 0) {
    uint8_t *to = count != 0 ? p->data + at[count - 1u] + 8 : p->data + 0x58;
    digest(p->data + at[count], pos - at[count], to);
    pos = at[count];
  }
  put32(p->data + 156, imgb_priv_crc32(0, p->data, 156));
}

static void change(bytes_t *p, const bytes_t *from) {
  uint32_t n, at, length;
  memcpy(p->data, from->data, from->length);
  p->length = from->length;
  for (n = 1u + dice(4); n != 0; n--) {
    at = dice(8) == 0 ? dice(224) : dice(p->length);
    if (dice(3) == 0) at = 224u + dice(60); /* the first block's head and its LZ4 bytes */
    if (at >= p->length) at = 0;
    switch (dice(6)) {
      case 0:
        p->data[at] ^= (uint8_t)(1u << dice(8));
        break;
      case 1:
        p->data[at] = (uint8_t)dice(256);
        break;
      case 2:
        put32(p->data + (at < p->length - 4u ? at : 0), 0u - dice(3));
        break;
      case 3:
        p->length = at + 1u;
        break;
      case 4: /* a piece comes again */
        length = 1u + dice(600);
        if (length > p->length - at) length = p->length - at;
        memmove(p->data + at + length, p->data + at, p->length - at);
        p->length += length;
        break;
      default: /* a piece goes elsewhere */
        length = dice(p->length - at);
        memmove(p->data + dice(p->length - length + 1u), p->data + at, length);
    }
  }
  if (dice(2) == 0) make_it_fit(p);
}

static int feed(imgb_update_t *u, const bytes_t *p) {
  uint32_t at = 0, n, steps = 0;
  int r = IMGB_OK;
  while (at < p->length && r == IMGB_OK && !imgb_update_is_complete(u) && steps++ < 100000u) {
    uint8_t *exact;
    n = 1u + dice(dice(2) == 0 ? 9 : 3000);
    if (n > p->length - at) n = p->length - at;
    exact = malloc(n); /* so that a byte too much is seen */
    memcpy(exact, p->data + at, n);
    r = imgb_update_feed(u, at, exact, n);
    free(exact);
    at += n;
    if (dice(20) == 0) at -= dice(at);
    if (dice(20) == 0) at = imgb_update_wanted(u);
    if (r == IMGB_UPDATE_ERR_GAP) {
      at = imgb_update_wanted(u);
      r = IMGB_OK;
    }
  }
  return r;
}

int main(int argc, char **argv) {
  static const imgb_partition_t slots = IMGB_PARTITION_SLOTS(PARTITION, SECTOR);
  static const imgb_partition_t in_place = IMGB_PARTITION_IN_PLACE(PARTITION, SECTOR, 4);
  static imgb_update_t update;
  imgb_update_config_t config;
  bytes_t old, package, image, p;
  uint32_t round, count, switched = 0, reasons[64] = {0}, i;
  if (argc != 7) return 1;
  seed = (uint32_t)strtoul(argv[1], NULL, 0);
  count = (uint32_t)strtoul(argv[2], NULL, 0);
  old = load_bytes(argv[4]);
  package = load_bytes(argv[5]);
  image = load_bytes(argv[6]);
  p.data = malloc(8u * package.length + 8192u);
  memset(&config, 0, sizeof config);
  config.io.read = read_flash;
  config.io.size = PARTITION;
  config.erase = erase_flash;
  config.program = program_flash;
  config.partition = strcmp(argv[3], "in-place") == 0 ? in_place : slots;
  memset(start, 0xFF, sizeof start);
  memcpy(start, old.data, old.length);
  for (round = 0; round < count; round++) {
    int r;
    uint32_t slot;
    memcpy(flash, start, sizeof flash);
    change(&p, &package);
    r = imgb_update_begin(&update, &config);
    stop_if(r != IMGB_OK, "begin");
    r = feed(&update, &p);
    if (r == IMGB_OK) r = imgb_update_finish(&update);
    reasons[(uint32_t)-r & 63u]++;
    stop_if(imgb_update_begin(&update, &config) != IMGB_OK, "begin again");
    slot = imgb_record_slot(update.record);
    if (r == IMGB_OK) {
      stop_if(memcmp(flash + config.partition.slot[slot], image.data, image.length) != 0, "another image");
      switched++;
    } else {
      stop_if(slot != 0, "switched");
      stop_if(config.partition.scratch_sectors == 0 && memcmp(flash, old.data, old.length) != 0,
              "old is lost");
    }
  }
  printf("rounds %u switched %u", count, switched);
  for (i = 1; i < 64u; i++) {
    if (reasons[i] != 0) printf(" -%u:%u", i, reasons[i]);
  }
  printf("\n");
  free(p.data);
  free(old.data);
  free(package.data);
  free(image.data);
  return 0;
}
