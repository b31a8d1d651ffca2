/* imgb_range_pixels.h - the kinds of pixels in codec range; not part of the API.  SPDX-License-Identifier:
 * MIT */
#ifndef IMGB_RANGE_PIXELS_H
#define IMGB_RANGE_PIXELS_H

#include "imgb_range.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Decodes a strip to `decoded` (strip->decoded_bytes).  stored: its stored bytes, apart from `decoded`; NULL:
 * they are read from the asset, window_bytes (32 or more do well) at a time, into `window`, which lies apart
 * too. */
int imgb_range_strip(const imgb_bitmap_t *bitmap, const imgb_strip_t *strip, const uint8_t *stored,
                     uint8_t *window, uint32_t window_bytes, uint8_t *decoded);

/* Each decodes the rows of a strip without gaps between them, low byte first, leftmost nibble in the high
 * bits. 0: the strip claims an alpha plane that its format lacks. */
void imgb_range_decode_alpha8(imgb_range_t *r, uint8_t *plane, uint32_t width, uint32_t rows);
void imgb_range_decode_alpha4(imgb_range_t *r, uint8_t *plane, uint32_t width, uint32_t rows);
int imgb_range_decode_565(imgb_range_t *r, uint8_t *plane, uint8_t *alpha, uint32_t width,
                          uint32_t rows); /* alpha: or NULL */
int imgb_range_decode_8888(imgb_range_t *r, uint8_t *plane, unsigned pixel_format, uint32_t width,
                           uint32_t rows);
int imgb_range_decode_indexed(imgb_range_t *r, uint8_t *plane, unsigned pixel_format, uint32_t width,
                              uint32_t rows);

/* Turn the bytes of each pixel around. */
void imgb_range_swap_565(uint8_t *plane, uint32_t pixels);
void imgb_range_swap_8888(uint8_t *plane, uint32_t pixels, uint32_t pixel_bytes);

/* What the kinds remember about the colours of a plane. */
typedef struct imgb_range_plane {
  imgb_range_t *range;
  uint32_t recency;  /* how large the last residuals were */
  uint32_t head;     /* of the list: the newest colour is at [head], older ones follow, around the end */
  uint32_t list[16]; /* the colours used last */
} imgb_range_plane_t;

/* Puts a new colour at the list's front, the oldest falls out. */
static inline void imgb_range_remember(imgb_range_plane_t *plane, uint32_t v) {
  plane->head = (plane->head - 1u) & 15u;
  plane->list[plane->head] = v;
}

/* Decodes an index, moves the colour to the front. */
uint32_t imgb_range_listed(imgb_range_plane_t *plane, const uint8_t *row);

/* The pixel `at` of a plane of nibbles; rows have no gaps. */
static inline uint32_t imgb_range_get4(const uint8_t *plane, uint32_t at) {
  return (uint32_t)plane[at >> 1] >> (4u & ~(at << 2)) & 15u;
}

static inline void imgb_range_put4(uint8_t *plane, uint32_t at, uint32_t v) {
  uint32_t shift = 4u & ~(at << 2);
  plane += at >> 1;
  *plane = (uint8_t)((*plane & ~(15u << shift)) | v << shift);
}

/* Value of the class z >= 8 of a residual: 8..11, 12..19, 20..35, ... */
uint32_t imgb_range_large(imgb_range_t *r, uint32_t z);

/* Two bytes at any address, the low one first.  Where the core does that in one instruction, the compiler is
 * told. */
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && \
    (!defined(__arm__) || defined(__ARM_FEATURE_UNALIGNED))
static IMGB_ALWAYS_INLINE uint32_t imgb_range_load16(const uint8_t *at) {
  uint16_t v;
  __builtin_memcpy(&v, at, 2);
  return v;
}
static IMGB_ALWAYS_INLINE void imgb_range_store16(uint8_t *at, uint32_t v) {
  uint16_t low = (uint16_t)v;
  __builtin_memcpy(at, &low, 2);
}
static IMGB_ALWAYS_INLINE uint32_t imgb_range_load32(const uint8_t *at) {
  uint32_t v;
  __builtin_memcpy(&v, at, 4);
  return v;
}
#else
#define imgb_range_load32 imgb_priv_le32
static inline uint32_t imgb_range_load16(const uint8_t *at) {
  return at[0] | (uint32_t)at[1] << 8;
}
static inline void imgb_range_store16(uint8_t *at, uint32_t v) {
  at[0] = (uint8_t)v;
  at[1] = (uint8_t)(v >> 8);
}
#endif

/* 0, 1, 2, 3, 4, ... are 0, -1, 1, -2, 2, ...; modulo 2^32 */
static inline uint32_t imgb_range_unfold(uint32_t z) {
  return (z >> 1) ^ (0u - (z & 1u));
}

/* Bit length, at most 5. */
static inline uint32_t imgb_range_class(uint32_t v) {
#if defined(__GNUC__) && __SIZEOF_INT__ == 4 && (!defined(__arm__) || defined(__ARM_FEATURE_CLZ))
  uint32_t bits = v != 0 ? 32u - (uint32_t)__builtin_clz(v) : 0;
  return bits < 5u ? bits : 5u;
#else
  return (uint32_t)(v > 0) + (uint32_t)(v > 1u) + (uint32_t)(v > 3u) + (uint32_t)(v > 7u) +
         (uint32_t)(v > 15u);
#endif
}

#ifdef __cplusplus
}
#endif
#endif
