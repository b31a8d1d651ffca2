/* imgb_range_indexed.c - i8, i4, gray8 and gray4 in codec range: one channel.  SPDX-License-Identifier: MIT
 */
#include "imgb_range_pixels.h"

#if IMGB_CFG_RANGE_INDEXED8 || IMGB_CFG_RANGE_INDEXED4 || IMGB_CFG_RANGE_GRAY8 || IMGB_CFG_RANGE_GRAY4
#if IMGB_CFG_RANGE_INDEXED8
#define IMGB_RANGE_INDEXED8
#endif
#if IMGB_CFG_RANGE_INDEXED4
#define IMGB_RANGE_INDEXED4
#endif
#if IMGB_CFG_RANGE_GRAY8
#define IMGB_RANGE_GRAY8
#endif
#if IMGB_CFG_RANGE_GRAY4
#define IMGB_RANGE_GRAY4
#endif
#include "imgb_range_tables.h"

/* How far W, N and NW are apart; *middle: W + N - NW, limited to what lies between W and N. */
static inline uint32_t span(uint32_t W, uint32_t N, uint32_t NW, uint32_t *middle) {
  uint32_t high = W > N ? W : N, low = W + N - high;
  *middle = NW > high ? low : NW < low ? high : W + N - NW;
  return (NW > high ? NW : high) - (NW < low ? NW : low);
}

#if IMGB_CFG_RANGE_INDEXED8 || IMGB_CFG_RANGE_GRAY8
static uint32_t other8(imgb_range_plane_t *plane, const uint8_t *table, uint32_t W, uint32_t N, uint32_t NW) {
  uint32_t middle;
  uint32_t activity = imgb_range_class((span(W, N, NW, &middle) >> 1) + (plane->recency >> 3));
  uint32_t z = imgb_range_symbol(plane->range, table + FLAT_RESIDUAL + 14u * activity);
  if (z >= 8u) z = imgb_range_large(plane->range, z);
  plane->recency += z - (plane->recency >> 2);
  return (middle + imgb_range_unfold(z)) & 255u;
}

#define PLANE_DECODE decode8
#define PLANE_PARAMETERS , const uint8_t *alpha, const uint8_t *table
#define PLANE_AT uint8_t *
#define PLANE_STEP 1
#define PLANE_GET(at) ((uint32_t) * (at))
#define PLANE_PUT(at, v) *(at) = (uint8_t)(v)
#define PLANE_COPY(at, up, end) \
  for (; at != end; at += PLANE_STEP) PLANE_PUT(at, PLANE_GET(at + up))
#define PLANE_TABLE(part) (table + FLAT_##part)
#define PLANE_WHAT (table + FLAT_WHAT)
#define PLANE_OTHER(plane, W, N, NW) other8(plane, table, W, N, NW)
#define PLANE_IS_FLAT 1
#define PLANE_ALPHA alpha
#define PLANE_PUT_ALPHA(at)
#include "imgb_range_plane.h"
#endif

#if IMGB_CFG_RANGE_INDEXED4 || IMGB_CFG_RANGE_GRAY4
static uint32_t other4(imgb_range_plane_t *plane, const uint8_t *table, uint32_t W, uint32_t N, uint32_t NW) {
  uint32_t middle;
  uint32_t activity = imgb_range_class(2u * span(W, N, NW, &middle) + (plane->recency >> 1));
  uint32_t z = imgb_range_symbol(plane->range, table + FLAT_RESIDUAL + 16u * activity);
  plane->recency += z - (plane->recency >> 2);
  return (middle + imgb_range_unfold(z)) & 15u;
}

#define PLANE_DECODE decode4
#define PLANE_PARAMETERS , const uint8_t *alpha, uint8_t *nibbles, const uint8_t *table
#define PLANE_AT int32_t
#define PLANE_STEP 1
#define PLANE_GET(at) imgb_range_get4(nibbles, (uint32_t)(at))
#define PLANE_PUT(at, v) imgb_range_put4(nibbles, (uint32_t)(at), v)
#define PLANE_COPY(at, up, end) \
  for (; at != end; at++) PLANE_PUT(at, PLANE_GET(at + up))
#define PLANE_TABLE(part) (table + FLAT_##part)
#define PLANE_WHAT (table + FLAT_WHAT)
#define PLANE_OTHER(plane, W, N, NW) other4(plane, table, W, N, NW)
#define PLANE_IS_FLAT 1
#define PLANE_ALPHA alpha
#define PLANE_PUT_ALPHA(at)
#include "imgb_range_plane.h"
#endif

int imgb_range_decode_indexed(imgb_range_t *r, uint8_t *plane, unsigned pixel_format, uint32_t width,
                              uint32_t rows) {
  switch (pixel_format) {
#if IMGB_CFG_RANGE_INDEXED8
    case IMGB_PF_I8:
      decode8(r, plane, width, rows, NULL, imgb_range_indexed8);
      return 1;
#endif
#if IMGB_CFG_RANGE_GRAY8
    case IMGB_PF_GRAY8:
      decode8(r, plane, width, rows, NULL, imgb_range_gray8);
      return 1;
#endif
#if IMGB_CFG_RANGE_INDEXED4
    case IMGB_PF_I4:
      decode4(r, 0, width, rows, NULL, plane, imgb_range_indexed4);
      return 1;
#endif
#if IMGB_CFG_RANGE_GRAY4
    case IMGB_PF_GRAY4:
      decode4(r, 0, width, rows, NULL, plane, imgb_range_gray4);
      return 1;
#endif
    default:
      return 0;
  }
}

#else
typedef int imgb_range_indexed_is_left_out; /* a translation unit may not be empty */
#endif
