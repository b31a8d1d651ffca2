/* imgb_update_sha256.c - SHA-256 (FIPS 180-4), small.  SPDX-License-Identifier: MIT */
#include "imgb_update_priv.h"

/* FIPS 180-4 section 4.2.2: the first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t ROUNDS[64] = {
    0x428A2F98u, 0x71374491u, 0xB5C0FBCFu, 0xE9B5DBA5u, 0x3956C25Bu, 0x59F111F1u, 0x923F82A4u, 0xAB1C5ED5u,
    0xD807AA98u, 0x12835B01u, 0x243185BEu, 0x550C7DC3u, 0x72BE5D74u, 0x80DEB1FEu, 0x9BDC06A7u, 0xC19BF174u,
    0xE49B69C1u, 0xEFBE4786u, 0x0FC19DC6u, 0x240CA1CCu, 0x2DE92C6Fu, 0x4A7484AAu, 0x5CB0A9DCu, 0x76F988DAu,
    0x983E5152u, 0xA831C66Du, 0xB00327C8u, 0xBF597FC7u, 0xC6E00BF3u, 0xD5A79147u, 0x06CA6351u, 0x14292967u,
    0x27B70A85u, 0x2E1B2138u, 0x4D2C6DFCu, 0x53380D13u, 0x650A7354u, 0x766A0ABBu, 0x81C2C92Eu, 0x92722C85u,
    0xA2BFE8A1u, 0xA81A664Bu, 0xC24B8B70u, 0xC76C51A3u, 0xD192E819u, 0xD6990624u, 0xF40E3585u, 0x106AA070u,
    0x19A4C116u, 0x1E376C08u, 0x2748774Cu, 0x34B0BCB5u, 0x391C0CB3u, 0x4ED8AA4Au, 0x5B9CCA4Fu, 0x682E6FF3u,
    0x748F82EEu, 0x78A5636Fu, 0x84C87814u, 0x8CC70208u, 0x90BEFFFAu, 0xA4506CEBu, 0xBEF9A3F7u, 0xC67178F2u};

static inline uint32_t turn(uint32_t v, unsigned n) {
  return v >> n | v << (32u - n);
}

/* The sigma functions of section 4.1.2: turned by third, second + third, and all three.  So written each turn
 * is one instruction. */
static inline uint32_t turns(uint32_t v, unsigned first, unsigned second, unsigned third) {
  return turn(turn(turn(v, first) ^ v, second) ^ v, third);
}

/* Section 6.2.2.  The message schedule takes the place of the block, 16 words at a time. */
static void compress(imgb_sha256_t *sha) {
  uint32_t v[8], i, k, *w = sha->words;
  memcpy(v, sha->state, sizeof v);
  for (i = 0; i < 64u; i++) {
    uint32_t t, *now = &w[i & 15u];
    if (i >= 16u) {
      uint32_t early = w[(i + 1u) & 15u], late = w[(i + 14u) & 15u];
      *now += w[(i + 9u) & 15u] + (turn(turn(early, 11) ^ early, 7) ^ early >> 3) +
              (turn(turn(late, 2) ^ late, 17) ^ late >> 10);
    }
    t = v[7] + turns(v[4], 14, 5, 6) + (v[6] ^ (v[4] & (v[5] ^ v[6]))) + ROUNDS[i] + *now;
    v[3] += t;
    t += turns(v[0], 9, 11, 2) + ((v[0] & v[1]) | (v[2] & (v[0] | v[1])));
    for (k = 7u; k != 0; k--) v[k] = v[k - 1u];
    v[0] = t;
  }
  for (i = 0; i < 8u; i++) sha->state[i] += v[i];
}

/* Section 5.3.3: of the square roots of the first 8 primes. */
void imgb_priv_sha256_begin(imgb_sha256_t *sha) {
  static const uint32_t start[8] = {0x6A09E667u, 0xBB67AE85u, 0x3C6EF372u, 0xA54FF53Au,
                                    0x510E527Fu, 0x9B05688Cu, 0x1F83D9ABu, 0x5BE0CD19u};
  memcpy(sha->state, start, sizeof start);
  sha->bytes = 0;
}

void imgb_priv_sha256_add(imgb_sha256_t *sha, const void *bytes, uint32_t length) {
  const uint8_t *p = (const uint8_t *)bytes, *const end = p + length;
  while (p != end) {
    uint32_t *word = &sha->words[sha->bytes >> 2 & 15u];
    *word = *word << 8 | *p++;
    if ((++sha->bytes & 63u) == 0) compress(sha);
  }
}

int imgb_priv_sha256_is(imgb_sha256_t *sha, const void *expected) {
  uint32_t bits = sha->bytes << 3;
  uint8_t pad = 0x80u;
  do {
    imgb_priv_sha256_add(sha, &pad, 1);
    pad = 0;
  } while ((sha->bytes & 63u) != 56u);
  sha->words[14] = 0;
  sha->words[15] = bits;
  compress(sha);
  sha->bytes = 0;
  imgb_priv_sha256_add(sha, expected, IMGB_DIGEST_BYTES); /* words to compare with, whatever the byte order */
  return memcmp(sha->words, sha->state, IMGB_DIGEST_BYTES) == 0;
}
