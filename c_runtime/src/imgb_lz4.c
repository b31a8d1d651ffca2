/* imgb_lz4.c - LZ4 blocks, decoded safely and in place.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#if IMGB_CFG_LZ4

/* Copies `length` bytes, 4 at least, from `distance` before `to`, where this very call may write them;
 * returns the end of what it wrote. */
#if defined(__GNUC__) && defined(__ARM_FEATURE_UNALIGNED)
#define HAS_WORDS 1 /* the core loads and stores four bytes at any address */
static inline void put_word(uint8_t *to, const uint8_t *from) {
  uint32_t word;
  __builtin_memcpy(&word, from, 4);
  __builtin_memcpy(to, &word, 4);
}

static inline uint8_t *repeat(uint8_t *to, uint32_t distance, uint32_t length) {
  uint8_t *const end = to + length, *const last = end - 4;
  if (distance < 4u) { /* a pattern: once it has been written again, it lies 4 or 6 bytes back, too */
    const uint32_t bytes = 2u + (distance & 1u);
    uint8_t *const stop = length < 8u ? end : to + bytes;
    for (; to != stop; to++) *to = *(to - distance);
    if (to == end) return end;
    distance += bytes;
  }
  for (; to < last; to += 4) put_word(to, to - distance);
  put_word(last, last - distance); /* maybe some bytes for the second time */
  return end;
}
#else
#define HAS_WORDS 0
static inline uint8_t *repeat(uint8_t *to, uint32_t distance, uint32_t length) {
  for (; length != 0; length--, to++) *to = *(to - distance);
  return to;
}
#endif

/* A length of 15 goes on in the bytes that follow, up to the first that is not 255.  0: the source ended. */
static inline int extend(const uint8_t **in, const uint8_t *end, uint32_t *length) {
  uint8_t more;
  if (*length != 15u) return 1;
  do {
    if (*in == end) return 0;
    more = *(*in)++;
    *length += more; /* may wrap for absurd sources only; what it gives is checked all the same */
  } while (more == 255u);
  return 1;
}

int imgb_lz4_decode(const uint8_t *src, uint32_t src_bytes, uint8_t *dst, uint32_t decoded_bytes) {
  const uint8_t *const src_end = src + src_bytes;
  uint8_t *out = dst, *const out_end = dst + decoded_bytes;
  while (src != src_end) {
    const uint32_t token = *src++;
    uint32_t length = token >> 4, distance;
    const uint8_t *literals;
    if (!extend(&src, src_end, &length)) break;
    if (length > (uint32_t)(src_end - src) || length > (uint32_t)(out_end - out)) break;
    /* Forwards: the source may lie in the same buffer, behind. */
    literals = src + length;
#if HAS_WORDS
    for (; literals - src >= 4; src += 4, out += 4) put_word(out, src);
#endif
    while (src != literals) *out++ = *src++;
    if (src_end - src < 2) return src == src_end && out == out_end ? IMGB_OK : IMGB_ERR_FORMAT;
    distance = imgb_priv_le16(src);
    src += 2;
    length = token & 15u;
    if (distance - 1u >= (uint32_t)(out - dst)) break;
    if (!extend(&src, src_end, &length)) break;
    length += 4u;
    if (length < 4u || length > (uint32_t)(out_end - out)) break;
    /* Where writing follows reading through one buffer, it does not overtake it. */
    if ((uintptr_t)src - (uintptr_t)out < length) break;
    out = repeat(out, distance, length);
  }
  return IMGB_ERR_FORMAT;
}

#else
typedef int imgb_lz4_is_left_out; /* a translation unit may not be empty */
#endif
