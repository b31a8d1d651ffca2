/* imgb_range_8888.c - argb8888, xrgb8888 and rgb888 in codec range.  SPDX-License-Identifier: MIT */
#include "imgb_range_pixels.h"

#if IMGB_CFG_RANGE_8888
#define IMGB_RANGE_COLOUR888
#include "imgb_range_tables.h"

/* A pixel is kept spread: blue at bit 0, red at 10, green at 20 */
#define RGB_RED 10
#define RGB_GREEN 20
#define RGB_BITS 8
#define RGB_MASK 0x0FF3FCFFu
#define RGB_SPREAD(p) (((p)&0xFFu) | ((p)&0xFF00u) << 12 | (p) >> 16 << 10)
#define RGB_JOIN(v) (((v)&0xFFu) | ((v) >> 12 & 0xFF00u) | ((v) << 6 & 0xFF0000u))
#define RGB_CLASSES 14u
#define RGB_G_ROWS (imgb_range_colour888 + COLOUR_G)
#define RGB_RB_ROWS (imgb_range_colour888 + COLOUR888_RB)
#define RGB_CONTEXT(z) ((z) < 3u ? 0 : ((z) < 11u ? 1u : 3u) + ((z)&1u))
#define RGB_CARRY(d) (d)
#define RGB_ACTIVITY(sum) ((sum) >> 2)
#include "imgb_range_rgb.h"

static IMGB_ALWAYS_INLINE uint32_t get(const uint8_t *at) {
  return imgb_range_load16(at) | (uint32_t)at[2] << 16;
}

static IMGB_ALWAYS_INLINE void put(uint8_t *at, uint32_t v) {
  imgb_range_store16(at, v);
  at[2] = (uint8_t)(v >> 16);
}

#define PLANE_DECODE decode
#define PLANE_PARAMETERS , const uint8_t *alpha, unsigned flat, const int32_t step
#define PLANE_AT uint8_t *
#define PLANE_STEP step
#define PLANE_GET(at) get(at)
#define PLANE_PUT(at, v) put(at, v)
#define PLANE_COPY(at, up, end) \
  for (; at != end; at += PLANE_STEP) PLANE_PUT(at, PLANE_GET(at + up))
#define PLANE_TABLE(part) (imgb_range_colour888 + COLOUR_##part)
#define PLANE_WHAT (imgb_range_colour888 + COLOUR_WHAT + (flat != 0 ? 200 : 0))
#define PLANE_OTHER(plane, W, N, NW) other(plane, W, N, NW)
#define PLANE_IS_FLAT (flat != 0)
#define PLANE_ALPHA alpha
#define PLANE_PUT_ALPHA(at) \
  if (alpha != NULL) (at)[3] = alpha[-1]
#include "imgb_range_plane.h"

int imgb_range_decode_8888(imgb_range_t *r, uint8_t *plane, unsigned pixel_format, uint32_t width,
                           uint32_t rows) {
  unsigned mode = imgb_range_raw(r, 2);
  uint32_t pixels = width * rows;
  uint8_t *alpha = NULL;
  if ((mode & 2u) != 0) {
    if (!IMGB_CFG_RANGE_ALPHA8 || pixel_format != IMGB_PF_ARGB8888) return 0;
    /* Pixel i is written to bytes 4 i to 4 i + 3: never past its own alpha, byte i of the plane's last
     * quarter. */
    alpha = plane + 3u * pixels;
    imgb_range_decode_alpha8(r, alpha, width, rows);
  } else if (pixel_format != IMGB_PF_RGB888) {
    memset(plane, 255, 4u * pixels);
  }
  decode(r, plane, width, rows, alpha, mode & 1u, pixel_format == IMGB_PF_RGB888 ? 3 : 4);
  return 1;
}

void imgb_range_swap_8888(uint8_t *plane, uint32_t pixels, uint32_t pixel_bytes) {
  for (; pixels != 0; pixels--, plane += pixel_bytes) {
    uint8_t *last = plane + pixel_bytes - 1, byte = *plane;
    *plane = *last;
    *last = byte;
    if (pixel_bytes == 4u) {
      byte = plane[1];
      plane[1] = plane[2];
      plane[2] = byte;
    }
  }
}

#else
typedef int imgb_range_8888_is_left_out; /* a translation unit may not be empty */
#endif
