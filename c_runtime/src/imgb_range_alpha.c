/* imgb_range_alpha.c - alpha planes and masks of 8 and 4 bits in codec range.  SPDX-License-Identifier: MIT
 */
#include "imgb_range_pixels.h"

#if IMGB_CFG_RANGE_ALPHA8 || IMGB_CFG_RANGE_ALPHA4
#if IMGB_CFG_RANGE_ALPHA8
#define IMGB_RANGE_ALPHA8
#endif
#if IMGB_CFG_RANGE_ALPHA4
#define IMGB_RANGE_ALPHA4
#endif
#include "imgb_range_tables.h"

#if IMGB_CFG_RANGE_ALPHA8

/* A value that is none of its neighbours, nor 0, nor 255: the difference from W + N - NW, limited. */
static IMGB_NOINLINE uint32_t other8(imgb_range_t *r, uint32_t W, uint32_t N, uint32_t NW) {
  uint32_t high = W > N ? W : N, low = W + N - high, predicted = W + N - NW, activity = 0, z;
  uint32_t partial = (uint32_t)(W - 1u < 254u) + (uint32_t)(N - 1u < 254u); /* not 0, not 255 */
  if (NW > high) {
    predicted = low;
    high = NW;
  } else if (NW < low) {
    predicted = high;
    low = NW;
  }
  high -= low; /* half of |N - W| + |N - NW| + |W - NW| */
  if (high >= 4u) activity++;
  if (high >= 16u) activity++;
  if (high >= 48u) activity++;
  z = imgb_range_symbol(r, imgb_range_alpha8 + ALPHA8_HIGH + 16u * (3u * activity + partial));
  if (z != 0) activity = z == 1u ? 5u : 4u;
  z = z << 4 | imgb_range_symbol(r, imgb_range_alpha8 + ALPHA8_LOW + 16u * activity);
  return (predicted + imgb_range_unfold(z)) & 255u;
}
#endif

/* Pixels of 8 bits are reached through a pointer that moves (at stays 0), nibbles through a number that
 * moves. */
static IMGB_ALWAYS_INLINE uint32_t get(const uint8_t *plane, int32_t at, unsigned bits) {
  return bits == 8u ? plane[at] : imgb_range_get4(plane, (uint32_t)at);
}

static IMGB_ALWAYS_INLINE void put(uint8_t *plane, int32_t at, unsigned bits, uint32_t v) {
  if (bits == 8u) {
    plane[at] = (uint8_t)v;
  } else {
    imgb_range_put4(plane, (uint32_t)at, v);
  }
}

#define MOVE_ON()   \
  if (bits == 8u) { \
    plane++;        \
  } else {          \
    at++;           \
  }

/* 0, 1, 2: no, partial, full coverage */
static IMGB_ALWAYS_INLINE uint32_t extent(uint32_t v, uint32_t full) {
  return v == 0 ? 0 : v == full ? 2u : 1u;
}

/* 1: all of the four pixels that begin at `at`, and of the one behind them if its row has more than 4, are v.
 */
static IMGB_ALWAYS_INLINE int are_five(const uint8_t *plane, int32_t at, uint32_t left, unsigned bits,
                                       uint32_t v) {
  int32_t n = left > 4u ? 5 : 4;
  if (bits == 8u)
    return imgb_range_load32(plane + at + n - 4) == v * 0x01010101u; /* the first is known to be v */
  while (n != 0 && get(plane, at + n - 1, bits) == v) n--;
  return n == 0;
}

static IMGB_ALWAYS_INLINE void decode(imgb_range_t *r, uint8_t *plane, uint32_t width, uint32_t rows,
                                      unsigned bits, const uint8_t *table) {
  const uint32_t full = (1u << bits) - 1u;
  int32_t at = 0, up = 0; /* up: to the pixel above; 0 in the first row */
  uint32_t repeats = 0;   /* 0 first row, 1 the row before was new, 2 it was a repetition */
  for (; rows != 0; rows--, up = -(int32_t)width) {
    uint32_t W = 0, N = 0, NW = 0, NE, v, left = width;
    uint32_t w_extent = 0;
    if (imgb_range_bit(r, table[ALPHA_ROW + repeats]) == 0) {
      for (; left != 0; left--) {
        put(plane, at, bits, up == 0 ? 0 : get(plane, at + up, bits));
        MOVE_ON()
      }
      repeats = 2;
      continue;
    }
    repeats = 1;
    if (up != 0) N = get(plane, at + up, bits);
    while (left != 0) {
      const uint8_t *row = table + ALPHA_WHAT;
      NE = up != 0 && left != 1u ? get(plane, at + up + 1, bits) : 0;
      if (W == N) {
        if (W != NW) {
          row += 45;
        } else if (N == NE && w_extent != 1u && left >= 4u &&
                   (up == 0 || are_five(plane, at + up, left, bits, W)) &&
                   imgb_range_bit(r, table[ALPHA_SKIP + (w_extent >> 1)]) == 0) {
          uint32_t k;
          for (k = 4; k != 0; k--) {
            put(plane, at, bits, W);
            MOVE_ON()
          }
          left -= 4u;
          N = up != 0 && left != 0 ? get(plane, at + up, bits) : 0;
          continue;
        }
      } else {
        row += NW == W ? 90 : NW == N ? 135 : 180;
      }
      if (N == NE) row += 225;
      switch (imgb_range_symbol(r, row + 15u * w_extent + 5u * extent(N, full))) {
        case 0:
          v = N;
          break;
        case 1:
          v = W;
          break;
        case 2:
          v = 0;
          break;
        case 3:
          v = full;
          break;
        default:
#if IMGB_CFG_RANGE_ALPHA8
          if (bits == 8u) {
            v = other8(r, W, N, NW);
            break;
          }
#endif
          v = imgb_range_symbol(r, table + ALPHA4_LEVEL + 16u * (3u * w_extent + extent(N, full)));
      }
      put(plane, at, bits, v);
      MOVE_ON()
      left--;
      w_extent = extent(v, full);
      W = v;
      NW = N;
      N = NE;
    }
  }
}

#if IMGB_CFG_RANGE_ALPHA8
void imgb_range_decode_alpha8(imgb_range_t *r, uint8_t *plane, uint32_t width, uint32_t rows) {
  decode(r, plane, width, rows, 8, imgb_range_alpha8);
}
#endif

#if IMGB_CFG_RANGE_ALPHA4
void imgb_range_decode_alpha4(imgb_range_t *r, uint8_t *plane, uint32_t width, uint32_t rows) {
  decode(r, plane, width, rows, 4, imgb_range_alpha4);
}
#endif

#else
typedef int imgb_range_alpha_is_left_out; /* a translation unit may not be empty */
#endif
