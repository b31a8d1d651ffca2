/* imgb_range_strip.c - a strip of codec range: which kind, gaps between rows, byte order.
 * SPDX-License-Identifier: MIT */
#include "imgb_range_pixels.h"

#if IMGB_CFG_RANGE

uint32_t imgb_range_large(imgb_range_t *r, uint32_t z) {
  z -= 6u; /* raw bits of the class */
  return ((uint32_t)1 << z) + 4u + imgb_range_raw(r, (unsigned)z);
}

uint32_t imgb_range_listed(imgb_range_plane_t *plane, const uint8_t *row) {
  uint32_t at = plane->head + imgb_range_symbol(plane->range, row);
  const uint32_t v = plane->list[at & 15u];
  for (; at != plane->head; at--) plane->list[at & 15u] = plane->list[(at - 1u) & 15u];
  plane->list[at] = v;
  return v;
}

static int decode_kind(imgb_range_t *r, unsigned pixel_format, uint8_t *plane, uint8_t *alpha, uint32_t width,
                       uint32_t rows) {
  int is_good = 1;
  switch (pixel_format) {
#if IMGB_CFG_RANGE_ALPHA8
    case IMGB_PF_A8:
      imgb_range_decode_alpha8(r, plane, width, rows);
      break;
#endif
#if IMGB_CFG_RANGE_ALPHA4
    case IMGB_PF_A4:
      imgb_range_decode_alpha4(r, plane, width, rows);
      break;
#endif
#if IMGB_CFG_RANGE_565
    case IMGB_PF_RGB565A8:
    case IMGB_PF_RGB565:
      is_good = imgb_range_decode_565(r, plane, alpha, width, rows);
      break;
#endif
#if IMGB_CFG_RANGE_8888
    case IMGB_PF_ARGB8888:
    case IMGB_PF_XRGB8888:
    case IMGB_PF_RGB888:
      is_good = imgb_range_decode_8888(r, plane, pixel_format, width, rows);
      break;
#endif
#if IMGB_CFG_RANGE_INDEXED8
    case IMGB_PF_I8:
#endif
#if IMGB_CFG_RANGE_INDEXED4
    case IMGB_PF_I4:
#endif
#if IMGB_CFG_RANGE_GRAY8
    case IMGB_PF_GRAY8:
#endif
#if IMGB_CFG_RANGE_GRAY4
    case IMGB_PF_GRAY4:
#endif
#if IMGB_CFG_RANGE_INDEXED8 || IMGB_CFG_RANGE_INDEXED4 || IMGB_CFG_RANGE_GRAY8 || IMGB_CFG_RANGE_GRAY4
      imgb_range_decode_indexed(r, plane, pixel_format, width, rows);
      break;
#endif
    default:
      return IMGB_ERR_UNSUPPORTED;
  }
  (void)r, (void)plane, (void)alpha, (void)width, (void)rows; /* no kind uses all, none any */
  return is_good ? IMGB_OK : IMGB_ERR_FORMAT;
}

/* Moves rows that follow each other without gaps to where they belong, the last first; the gaps become 0. */
static void place_rows(uint8_t *plane, uint32_t row_bytes, uint32_t stride_bytes, uint32_t rows) {
  while (rows-- != 0 && row_bytes != stride_bytes) {
    uint8_t *to = plane + rows * stride_bytes;
    memmove(to, plane + rows * row_bytes, row_bytes);
    memset(to + row_bytes, 0, stride_bytes - row_bytes);
  }
}

#if IMGB_CFG_RANGE_ALPHA4 || IMGB_CFG_RANGE_INDEXED4 || IMGB_CFG_RANGE_GRAY4
/* The same for nibbles, which do not even begin on bytes. */
static void place_nibbles(uint8_t *plane, uint32_t width, uint32_t stride_bytes, uint32_t rows) {
  while (rows-- != 0) {
    uint8_t *to = plane + rows * stride_bytes;
    uint32_t at = 2u * stride_bytes;
    while (at-- != 0) imgb_range_put4(to, at, at < width ? imgb_range_get4(plane, rows * width + at) : 0);
  }
}

static void swap_nibbles(uint8_t *plane, uint32_t bytes) {
  for (; bytes != 0; bytes--, plane++) *plane = (uint8_t)(*plane << 4 | *plane >> 4);
}
#endif

static IMGB_NOINLINE void finish_rows(const imgb_bitmap_t *b, uint8_t *plane, uint32_t rows) {
#if IMGB_CFG_RANGE_ALPHA4 || IMGB_CFG_RANGE_INDEXED4 || IMGB_CFG_RANGE_GRAY4
  if (b->bits_per_pixel == 4u) {
    if (b->width != 2u * b->stride_bytes) place_nibbles(plane, b->width, b->stride_bytes, rows);
    if ((b->order & IMGB_ORDER_LSB_FIRST) != 0) swap_nibbles(plane, rows * b->stride_bytes);
    return;
  }
#endif
#if IMGB_CFG_RANGE_565
  if ((b->order & IMGB_ORDER_BIG) != 0 && b->bits_per_pixel == 16u)
    imgb_range_swap_565(plane, b->width * rows);
#endif
#if IMGB_CFG_RANGE_8888
  if ((b->order & IMGB_ORDER_BIG) != 0 && b->bits_per_pixel >= 24u) {
    imgb_range_swap_8888(plane, b->width * rows, b->bits_per_pixel / 8u);
  }
#endif
  place_rows(plane, b->bits_per_pixel / 8u * b->width, b->stride_bytes, rows);
}

int imgb_range_strip(const imgb_bitmap_t *bitmap, const imgb_strip_t *strip, const uint8_t *stored,
                     uint8_t *window, uint32_t window_bytes, uint8_t *decoded) {
  uint8_t *alpha = bitmap->alpha_stride_bytes != 0 ? decoded + strip->rows * bitmap->stride_bytes : NULL;
  imgb_range_t r;
  int result;
  r.in = r.end = stored;
  r.window_bytes = 0;
  r.left = 0;
  if (stored != NULL) {
    r.end += strip->stored_bytes;
  } else {
    r.asset = &bitmap->asset;
    r.offset = strip->offset;
    r.left = strip->stored_bytes;
    r.window = window;
    r.window_bytes = window_bytes;
  }
  if (bitmap->width < 2u) return IMGB_ERR_FORMAT; /* such strips are raw: NE would be the pixel itself */
  imgb_range_begin(&r);
  result = decode_kind(&r, bitmap->pixel_format, decoded, alpha, bitmap->width, strip->rows);
  if (result == IMGB_OK) result = imgb_range_end(&r);
  if (result != IMGB_OK) return result;
  finish_rows(bitmap, decoded, strip->rows);
  if (alpha != NULL) place_rows(alpha, bitmap->width, bitmap->alpha_stride_bytes, strip->rows);
  return IMGB_OK;
}

#else
typedef int imgb_range_strip_is_left_out; /* a translation unit may not be empty */
#endif
