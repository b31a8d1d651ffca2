/* imgb_nine_patch.c - bitmaps that are stretched between fixed borders.  SPDX-License-Identifier: MIT
 *
 * The pixels are those of FORMAT.md section 8.2.  Of each row and column of the surface it is worked out
 * which of the bitmap's is seen there; neither ever goes back, so every row is read once, and nothing is
 * stored.
 */
#include "imgb_priv.h"

#define BITMAP_HEADER_BYTES 24u
#define TLV_NINE_PATCH 3u
#define TLV_WORDS 4u
#define SIDE_MAX 0xFFFFL

int imgb_bitmap_nine_patch(const imgb_bitmap_t *bitmap, imgb_nine_patch_t *patch) {
  uint32_t at = BITMAP_HEADER_BYTES;
  uint32_t w[TLV_WORDS];
  memset(patch, 0, sizeof *patch);
  while (at < bitmap->strip_table) { /* where the extensions end: opening checked it */
    int r = imgb_priv_payload_words(&bitmap->asset, at, w, 1u);
    if (r != IMGB_OK) return r;
    at += 4u;
    if (w[0] == (TLV_NINE_PATCH | (uint32_t)(4u * TLV_WORDS) << 16)) {
      r = imgb_priv_payload_words(&bitmap->asset, at, w, TLV_WORDS);
      if (r != IMGB_OK) return r;
      patch->left = (uint16_t)w[0];
      patch->top = (uint16_t)(w[0] >> 16);
      patch->right = (uint16_t)w[1];
      patch->bottom = (uint16_t)(w[1] >> 16);
      patch->content_left = (uint16_t)w[2];
      patch->content_top = (uint16_t)(w[2] >> 16);
      patch->content_right = (uint16_t)w[3];
      patch->content_bottom = (uint16_t)(w[3] >> 16);
      return IMGB_OK;
    }
    at += ((w[0] >> 16) + 3u) & ~3u;
  }
  return IMGB_ERR_NOT_FOUND;
}

/* One axis: which of a bitmap's `size` px is seen at px i of `length`, | how many px from there on show it
 * << 16. ends: the borders, before and behind << 16. */
static IMGB_NOINLINE uint32_t seen(uint32_t i, uint32_t length, uint32_t size, uint32_t ends) {
  uint32_t first = ends & 0xFFFFu, last = ends >> 16;
  uint32_t inner = size - first - last, before = first, n;
  if (first > length) first = length; /* less where the length does not hold the borders */
  if (last > length - first) last = length - first;
  if (i < first) return i | 0x10000u;
  if (length - i <= last) return (size - (length - i)) | 0x10000u;
  /* px i of the middle shows i * inner / middle, rounded down; where the next one begins is that turned round
   */
  length -= first + last;
  i -= first;
  n = i * inner / length;
  return (before + n) | (((n + 1u) * length + inner - 1u) / inner - i) << 16;
}

/* A row; area.x is left as it was. */
static IMGB_NOINLINE void draw_row(imgb_priv_drawing_t *d, uint32_t width, uint32_t ends) {
  const uint32_t length = d->area.x.length;
  uint32_t i = d->area.x.skip, end = i + length;
  d->area.x.length = 1;
  while (i != end) {
    uint32_t n = seen(i, width, d->rows.bitmap->width, ends);
    d->area.x.skip = n & 0xFFFFu;
    for (n >>= 16; n != 0 && i != end; n--, i++) {
      imgb_priv_draw_row(d);
      d->area.x.start++;
    }
  }
  d->area.x.skip = end - length;
  d->area.x.length = length;
  d->area.x.start -= length;
}

int imgb_draw_nine_patch(const imgb_surface_t *s, int32_t x, int32_t y, int32_t width, int32_t height,
                         const imgb_bitmap_t *bitmap, const imgb_nine_patch_t *patch, uint16_t rgb565,
                         void *work, uint32_t work_bytes) {
  imgb_priv_drawing_t d;
  int r;
  if (width > SIDE_MAX || height > SIDE_MAX || (uint32_t)patch->left + patch->right >= bitmap->width ||
      (uint32_t)patch->top + patch->bottom >= bitmap->height) {
    return IMGB_ERR_ARGUMENT;
  }
  if (width <= 0 || height <= 0) return IMGB_OK;
  d.area.rgb565 = rgb565;
  d.area.x.length = (uint32_t)width;
  d.area.y.length = (uint32_t)height;
  if (!imgb_priv_clip(&d.area, s, x, y)) return IMGB_OK;
  r = imgb_priv_draw_begin(&d, bitmap, work, work_bytes);
  while (r == IMGB_OK) {
    uint32_t row =
        seen(d.area.y.skip++, (uint32_t)height, bitmap->height, patch->top | (uint32_t)patch->bottom << 16);
    r = imgb_priv_draw_load(&d, row & 0xFFFFu);
    if (r != IMGB_OK) break;
    draw_row(&d, (uint32_t)width, patch->left | (uint32_t)patch->right << 16);
    if (!imgb_priv_next_row(&d.area)) break;
  }
  return r;
}
