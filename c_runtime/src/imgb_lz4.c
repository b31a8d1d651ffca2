/* imgb_lz4.c - LZ4 blocks, decoded safely and in place.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#if IMGB_CFG_LZ4

/* A length of 15 goes on in the bytes that follow, up to the first that is not 255.  0: the source ended. */
static int extend(const uint8_t *src, uint32_t src_bytes, uint32_t *in, uint32_t *length) {
  uint8_t more;
  if (*length != 15u) return 1;
  do {
    if (*in == src_bytes) return 0;
    more = src[(*in)++];
    *length += more; /* may wrap for absurd sources only; what it gives is checked all the same */
  } while (more == 255u);
  return 1;
}

int imgb_lz4_decode(const uint8_t *src, uint32_t src_bytes, uint8_t *dst, uint32_t decoded_bytes) {
  uint32_t in = 0, out = 0;
  /* How far reading is ahead of writing where the buffers overlap; never overtaken where they do not. */
  uintptr_t ahead = (uintptr_t)src - (uintptr_t)dst;
  uint32_t lead = ahead < decoded_bytes ? (uint32_t)ahead : decoded_bytes;
  while (in != src_bytes) {
    uint8_t token = src[in++];
    uint32_t length = (uint32_t)token >> 4;
    uint32_t distance;
    if (!extend(src, src_bytes, &in, &length)) break;
    if (length > src_bytes - in || length > decoded_bytes - out) break;
    memmove(dst + out, src + in, length);
    in += length;
    out += length;
    if (in == src_bytes) return out == decoded_bytes ? IMGB_OK : IMGB_ERR_FORMAT;
    if (src_bytes - in < 2u) break;
    distance = imgb_priv_le16(src + in);
    in += 2u;
    length = token & 15u;
    if (!extend(src, src_bytes, &in, &length)) break;
    if (distance == 0 || distance > out) break;
    if (decoded_bytes - out < 4u || length > decoded_bytes - out - 4u) break;
    length += 4u;
    if (lead != decoded_bytes && out + length > lead + in) break;
    for (; length != 0; length--, out++) dst[out] = dst[out - distance];
  }
  return IMGB_ERR_FORMAT;
}

#else
typedef int imgb_lz4_is_left_out; /* a translation unit may not be empty */
#endif
