/* imgb_range_565.c - colours of rgb565 and rgb565a8 in codec range.  SPDX-License-Identifier: MIT */
#include "imgb_range_pixels.h"

#if IMGB_CFG_RANGE_565
#define IMGB_RANGE_COLOUR565
#include "imgb_range_tables.h"

/* A pixel is kept spread: blue at bit 0, red at 11, green at 21 */
#define RGB_RED 11
#define RGB_GREEN 21
#define RGB_BITS 6
#define RGB_MASK 0x07E0F81Fu
#define RGB_SPREAD(p) (((p) | (p) << 16) & RGB_MASK)
#define RGB_JOIN(v) (((v) | (v) >> 16) & 0xFFFFu)
#define RGB_CLASSES 12u
#define RGB_G_ROWS (imgb_range_colour565 + COLOUR_G)
#define RGB_RB_ROWS (imgb_range_colour565 + COLOUR565_RB)
#define RGB_CONTEXT(z) ((z) < 3u ? (z) : 3u + ((z)&1u))
#define RGB_CARRY(d) ((uint32_t)((int32_t)((d) + 1u) >> 1))
#define RGB_ACTIVITY(sum) (sum)
#include "imgb_range_rgb.h"

#define PLANE_DECODE decode
#define PLANE_PARAMETERS , const uint8_t *alpha, unsigned flat
#define PLANE_AT uint8_t *
#define PLANE_STEP 2
#define PLANE_GET(at) imgb_range_load16(at)
#define PLANE_PUT(at, v) imgb_range_store16(at, v)
#define PLANE_COPY(at, up, end) \
  for (; at != end; at += PLANE_STEP) PLANE_PUT(at, PLANE_GET(at + up))
#define PLANE_TABLE(part) (imgb_range_colour565 + COLOUR_##part)
#define PLANE_WHAT (imgb_range_colour565 + COLOUR_WHAT + (flat != 0 ? 200 : 0))
#define PLANE_OTHER(plane, W, N, NW) other(plane, W, N, NW)
#define PLANE_IS_FLAT (flat != 0)
#define PLANE_ALPHA alpha
#define PLANE_PUT_ALPHA(at)
#include "imgb_range_plane.h"

int imgb_range_decode_565(imgb_range_t *r, uint8_t *plane, uint8_t *alpha, uint32_t width, uint32_t rows) {
  unsigned mode = imgb_range_raw(r, 2);
  if ((mode & 2u) == 0) {
    if (alpha != NULL) memset(alpha, 255, width * rows);
    alpha = NULL;
  } else {
    if (!IMGB_CFG_RANGE_ALPHA8 || alpha == NULL) return 0;
    imgb_range_decode_alpha8(r, alpha, width, rows);
  }
  decode(r, plane, width, rows, alpha, mode & 1u);
  return 1;
}

void imgb_range_swap_565(uint8_t *plane, uint32_t pixels) {
  for (; pixels != 0; pixels--, plane += 2) {
    uint32_t p = imgb_range_load16(plane);
    imgb_range_store16(plane, p << 8 | p >> 8);
  }
}

#else
typedef int imgb_range_565_is_left_out; /* a translation unit may not be empty */
#endif
