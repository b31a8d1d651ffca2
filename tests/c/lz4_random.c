/* lz4_random.c - decodes random LZ4 blocks, whole and damaged.  SPDX-License-Identifier: MIT
 *
 *     lz4_random COUNT SEED        prints how many blocks decoded and how many were refused
 *
 * Blocks have literals and matches of all lengths and distances, short patterns above all.  Every block is
 * exactly as large as the call was told, and is decoded apart and from the end of one buffer; what comes out
 * is compared with a decoder that goes byte by byte.  The sanitizers are the other judges.
 */
#include "host.h"

enum { MAX = 4096 };
static uint32_t state;

static uint32_t next(uint32_t limit) {
  state = state * 1664525u + 1013904223u;
  return (uint32_t)((uint64_t)(state >> 8) * limit >> 24);
}

static uint32_t put_length(uint8_t *block, uint32_t at, uint32_t length) {
  if (length < 15u) return at;
  for (length -= 15u; length >= 255u; length -= 255u) block[at++] = 255;
  block[at++] = (uint8_t)length;
  return at;
}

/* A block of at most MAX bytes; *decoded_bytes: what it decodes to. */
static uint32_t make_block(uint8_t *block, uint32_t *decoded_bytes) {
  uint32_t sequences = next(12), at = 0, out = 0;
  for (;;) {
    const int is_last = sequences-- == 0;
    uint32_t literals = next(next(8) == 0 ? 300 : 12), match = next(next(6) == 0 ? 600 : 14), i, distance;
    if (out == 0 && literals == 0) literals = 1;
    block[at++] = (uint8_t)((literals < 15u ? literals : 15u) << 4 | (is_last       ? 0
                                                                      : match < 15u ? match
                                                                                    : 15u));
    at = put_length(block, at, literals);
    for (i = 0; i < literals; i++) block[at++] = (uint8_t)next(256);
    out += literals;
    if (is_last) break;
    distance = 1u + next(next(2) == 0 ? 9 : out);
    if (distance > out) distance = out;
    block[at++] = (uint8_t)distance;
    block[at++] = (uint8_t)(distance >> 8);
    at = put_length(block, at, match);
    out += match + 4u;
  }
  *decoded_bytes = out;
  return at;
}

/* 0: the block is not what it should be. */
static int decode_plainly(const uint8_t *in, uint32_t bytes, uint8_t *out, uint32_t decoded_bytes) {
  uint32_t at = 0, done = 0, i;
  while (at < bytes) {
    uint32_t token = in[at++], length[2], half, distance;
    for (half = 0; half < 2u; half++) {
      length[half] = half == 0 ? token >> 4 : token & 15u;
      if (half == 1u) {
        if (bytes - at < 2u) return 0;
        distance = in[at] | (uint32_t)in[at + 1] << 8;
        at += 2;
      }
      if (length[half] == 15u) {
        do {
          if (at == bytes) return 0;
          length[half] += in[at];
        } while (in[at++] == 255);
      }
      if (half == 0) {
        if (length[0] > bytes - at || length[0] > decoded_bytes - done) return 0;
        for (i = 0; i < length[0]; i++) out[done++] = in[at++];
        if (at == bytes) return done == decoded_bytes;
      } else {
        length[1] += 4u;
        if (distance == 0 || distance > done || length[1] > decoded_bytes - done) return 0;
        for (i = 0; i < length[1]; i++, done++) out[done] = out[done - distance];
      }
    }
  }
  return 0;
}

static uint8_t *copy_of(const void *bytes, uint32_t length) {
  uint8_t *b = (uint8_t *)malloc(length != 0 ? length : 1u);
  if (b == NULL) abort();
  if (length != 0) memcpy(b, bytes, length);
  return b;
}

int main(int argc, char **argv) {
  static uint8_t block[16 * MAX], nothing[16 * MAX];
  unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000, good = 0, refused = 0;
  state = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 1u;
  for (; count != 0; count--) {
    uint32_t decoded_bytes, bytes = make_block(block, &decoded_bytes), damage = next(2) * next(4), room, at;
    uint8_t *in, *wanted, *apart, *one;
    int is_good, r, within;
    for (; damage != 0; damage--) block[next(bytes)] = (uint8_t)next(256);
    if (next(16) == 0) bytes = next(bytes + 1u);
    if (next(16) == 0) decoded_bytes = next(decoded_bytes + 20u);
    in = copy_of(block, bytes);
    wanted = copy_of(nothing, decoded_bytes);
    apart = copy_of(nothing, decoded_bytes);
    is_good = decode_plainly(in, bytes, wanted, decoded_bytes);
    r = imgb_lz4_decode(in, bytes, apart, decoded_bytes);
    if ((r == IMGB_OK) != is_good) return 3;
    if (is_good && memcmp(apart, wanted, decoded_bytes) != 0) return 4;
    /* The margin of FORMAT.md is always enough; with less, it works or is refused. */
    room = decoded_bytes / 256u + 32u;
    if (next(2) == 0) room = next(room);
    room += decoded_bytes > bytes ? decoded_bytes : bytes;
    one = copy_of(nothing, room);
    at = room - bytes;
    memcpy(one + at, block, bytes);
    within = imgb_lz4_decode(one + at, bytes, one, decoded_bytes);
    if (within == IMGB_OK && (!is_good || memcmp(one, wanted, decoded_bytes) != 0)) return 5;
    if (within != IMGB_OK && is_good && room >= decoded_bytes + bytes) return 6;
    good += is_good != 0;
    refused += is_good == 0;
    free(in);
    free(wanted);
    free(apart);
    free(one);
  }
  printf("%lu %lu\n", good, refused);
  return 0;
}
