/* imgb_nine_patch.c - bitmaps that are stretched between fixed borders.  SPDX-License-Identifier: MIT
 *
 * The pixels are those of FORMAT.md section 8.2.  The bitmap is drawn as it is, on a surface that hands each
 * of its pixels on to all the places where it is shown: so every row is read once, and nothing is stored.
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
    if (w[0] == (TLV_NINE_PATCH | 4u * TLV_WORDS << 16)) {
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

/* One axis: `size` px of the bitmap over `length` px, which start at `at` of the surface and are cut off at
 * `room`. */
typedef struct axis {
  uint32_t size, before, behind; /* of the bitmap */
  uint32_t first, last;          /* px that the borders get: less where the length does not hold them */
  uint32_t length;
  int32_t at, room;
} axis_t;

typedef struct stretch {
  const imgb_surface_t *target;
  axis_t across, down;
  uint32_t row, row_from, row_to; /* the bitmap's row, and the surface's that show it */
} stretch_t;

static void begin_axis(axis_t *axis, uint32_t size, uint32_t before, uint32_t behind, int32_t length) {
  axis->size = size;
  axis->before = before;
  axis->behind = behind;
  axis->length = (uint32_t)length;
  axis->first = before < axis->length ? before : axis->length;
  axis->last = behind < axis->length - axis->first ? behind : axis->length - axis->first;
}

/* The px [*from, *to) of the surface that show px n of the bitmap; *from is at least *to where none does. */
static void shown(const axis_t *axis, uint32_t n, uint32_t *from, uint32_t *to) {
  uint32_t inner = axis->size - axis->before - axis->behind;
  uint32_t middle = axis->length - axis->first - axis->last;
  uint32_t start, end, skip;
  if (n < axis->before) {
    start = n;
    end = n < axis->first ? n + 1u : n;
  } else if (n >= axis->size - axis->behind) {
    uint32_t back = axis->size - n; /* from the end */
    start = back <= axis->last ? axis->length - back : axis->length;
    end = back <= axis->last ? start + 1u : start;
  } else { /* px i of the middle shows i * inner / middle, rounded down: turned round */
    n -= axis->before;
    start = axis->first + (n * middle + inner - 1u) / inner;
    end = axis->first + ((n + 1u) * middle + inner - 1u) / inner;
  }
  skip = axis->at < 0 ? 0u - (uint32_t)axis->at : 0;
  start = start > skip ? start - skip : 0;
  end = end > skip ? end - skip : 0;
  skip = axis->at > 0 ? (uint32_t)axis->at : 0;
  *from = start + skip;
  *to = end + skip;
  if (*to > (uint32_t)axis->room) *to = (uint32_t)axis->room;
}

static void put_stretched(const imgb_surface_t *s, uint32_t x, uint32_t y, uint32_t colour, uint32_t how) {
  stretch_t *stretch = (stretch_t *)s->buffer;
  uint32_t from, to;
  y += (uint32_t)s->y0;
  if (y != stretch->row) {
    stretch->row = y;
    shown(&stretch->down, y, &stretch->row_from, &stretch->row_to);
  }
  shown(&stretch->across, x + (uint32_t)s->x0, &from, &to);
  for (; from < to; from++) {
    uint32_t row;
    for (row = stretch->row_from; row < stretch->row_to; row++) {
      imgb_priv_put(stretch->target, from, row, colour, how);
    }
  }
}

/* Leaves [*first, *first + *count) of the bitmap: what is shown on the surface. */
static void clip_axis(const axis_t *axis, int32_t *first, int32_t *count) {
  uint32_t n = 0, end = axis->size, from, to;
  for (; n < end; n++) {
    shown(axis, n, &from, &to);
    if (from < to) break;
  }
  for (; end > n; end--) {
    shown(axis, end - 1u, &from, &to);
    if (from < to) break;
  }
  *first = (int32_t)n;
  *count = (int32_t)(end - n);
}

/* Where the nine-patch starts on the surface; 0: it lies too far away to be seen. */
static int place_axis(axis_t *axis, int32_t at, int32_t s_at, int32_t s_length) {
  uint32_t off = (uint32_t)at - (uint32_t)s_at;
  axis->room = s_length > 0 ? s_length : 0;
  axis->at = imgb_priv_wrap(off);
  return at >= s_at ? off < (uint32_t)axis->room : 0u - off < axis->length;
}

int imgb_draw_nine_patch(const imgb_surface_t *s, int32_t x, int32_t y, int32_t width, int32_t height,
                         const imgb_bitmap_t *bitmap, const imgb_nine_patch_t *patch, uint16_t rgb565,
                         void *work, uint32_t work_bytes) {
  stretch_t stretch;
  imgb_surface_t surface;
  if (width > SIDE_MAX || height > SIDE_MAX || (uint32_t)patch->left + patch->right >= bitmap->width ||
      (uint32_t)patch->top + patch->bottom >= bitmap->height) {
    return IMGB_ERR_ARGUMENT;
  }
  if (width <= 0 || height <= 0) return IMGB_OK;
  begin_axis(&stretch.across, bitmap->width, patch->left, patch->right, width);
  begin_axis(&stretch.down, bitmap->height, patch->top, patch->bottom, height);
  if (!place_axis(&stretch.across, x, s->x0, s->width) || !place_axis(&stretch.down, y, s->y0, s->height)) {
    return IMGB_OK;
  }
  stretch.target = s;
  stretch.row = 0xFFFFFFFFu;
  memset(&surface, 0, sizeof surface);
  surface.put = put_stretched;
  surface.buffer = &stretch;
  clip_axis(&stretch.across, &surface.x0, &surface.width);
  clip_axis(&stretch.down, &surface.y0, &surface.height);
  return imgb_draw_bitmap(&surface, -(int32_t)bitmap->trim_x, -(int32_t)bitmap->trim_y, bitmap, rgb565, work,
                          work_bytes);
}
