/* imgb_glyph_range.c - coded glyphs of 2 bits per pixel and more.  SPDX-License-Identifier: MIT */
#include "imgb_glyph.h"

#if IMGB_CFG_GLYPH_GRAY

/* parts of a table */
enum { ROW = 0, SKIP = 3, SAME_N = 5, SAME_W = 329, ZERO = 410, FULL = 491, TREE = 572 };
#define AFTER_SAME_N(part) ((unsigned)(part - SAME_N))

/* 0, 1, 2: no, partial, full coverage */
static IMGB_ALWAYS_INLINE uint32_t extent(uint32_t v) {
  return ((v + 255u) >> 8) + ((v + 1u) >> 8);
}

/* A decision, code and range in registers: the byte that is due from the last one is taken in first. */
#define IS_YES(p) (SHIFT(), bound = (range >> 8) * (p), code >= bound)
#define YES() (code -= bound, range -= bound)
#define NO() (range = bound)
#define SHIFT() (void)(IMGB_RARELY(range < IMGB_RANGE_TOP) && (code = imgb_range_feed(r, code), range <<= 8))

void imgb_glyph_gray(imgb_glyph_rows_t *rows) {
  imgb_range_t *const r = &rows->stored;
  const uint8_t *const table = rows->table + SAME_N;
  uint32_t code = r->code, range = r->range, bound;
  uint8_t *at = rows->row + 1;
  uint8_t *const end = at + rows->glyph.w;
  uint32_t n_extent;
  uint32_t left = 1; /* of the context: 4 (27 q(W) + 3 q(NW)) + (W == NW) */
  if (IS_YES(rows->table[ROW + rows->repeats])) {
    YES();
    rows->repeats = 2;
  } else {
    NO();
    rows->repeats = 1;
  }
  if (rows->repeats == 2u) goto done;
  rows->ask = at;
  n_extent = extent(*at);
  do { /* at[-1] is W, at[0] N, at[1] NE: N is read again and again, registers are few */
    const uint32_t ne_extent = extent(at[1]);
    uint32_t v;
    left += 4u * (9u * n_extent + ne_extent);
    if (at[0] == at[1]) {
      left += 2u;
      if (at[0] == at[-1] && n_extent != 1u && end - at >= 4 && at[2] == at[0] && at[3] == at[0] &&
          at >= rows->ask) {
        rows->ask = at + 4;
        if (IS_YES(rows->table[SKIP + (n_extent >> 1)])) {
          YES();
          left = 120u * n_extent + 1u;
          at += 4;
          n_extent = extent(*at);
          continue;
        }
        NO();
      }
    }
    if (!IS_YES(table[left])) {
      NO();
      left >>= 2;
      v = at[-1];
      if (v != at[0]) {
        if (IS_YES(table[AFTER_SAME_N(SAME_W) + left])) {
          YES();
          v = at[-1];
          left = 108u * extent(v);
          goto put;
        }
        NO();
      }
      if (n_extent != 0 && v != 0) {
        if (IS_YES(table[AFTER_SAME_N(ZERO) + left])) {
          YES();
          v = 0;
          left = 0;
          goto put;
        }
        NO();
      }
      if (n_extent != 2u && v != 255u) {
        if (IS_YES(table[AFTER_SAME_N(FULL) + left])) {
          YES();
          v = 255;
          left = 216;
          goto put;
        }
        NO();
      }
      {
        /* Four bits of a value, or fewer, the highest first: a way through a binary tree from node 1 on. */
        const uint8_t *tree = table + AFTER_SAME_N(TREE) + 16u * (3u * extent(v) + n_extent);
        v = 1;
        left = rows->nodes;
        do {
          if (IS_YES(tree[v])) {
            YES();
            v += v + 1u;
          } else {
            NO();
            v += v;
          }
        } while (v < left);
        v -= left;
        if (rows->scale == 2u) { /* 8 bits: the lower four have no table */
          left = 4;
          do {
            v += v;
            if (IS_YES(128u)) {
              YES();
              v++;
            } else {
              NO();
            }
          } while (--left != 0);
        } else {
          v = v * rows->scale >> 1;
        }
      }
      left = 108;
    put:
      left += 12u * n_extent;
      at[0] = (uint8_t)v;
    } else {
      YES();
      left = 120u * n_extent + 1u;
    }
    n_extent = ne_extent;
    at++;
  } while (at != end);
done:
  r->code = code;
  r->range = range;
}

#else
typedef int imgb_glyph_range_is_left_out; /* a translation unit may not be empty */
#endif
