/* imgb_glyph_mono.c - coded glyphs of 1 bit per pixel.  SPDX-License-Identifier: MIT */
#include "imgb_glyph.h"

#if IMGB_CFG_GLYPH_MONO

/* A pixel's neighbours, from the highest bit on: W, WW, WWW, N, NW, NE, NEE, NN, NNW, NNE. */
#define W_ 0x200u
#define N_ 0x40u
#define NE_ 0x10u
#define NEE_ 8u
#define NNE_ 1u

void imgb_glyph_mono(imgb_glyph_rows_t *rows) {
  imgb_range_t *const r = &rows->stored;
  const uint8_t *const table = rows->table;
  const unsigned is_ten = rows->font->model == IMGB_GLYPH_MODEL_MONO10;
  uint32_t code = r->code, range = r->range;
  uint8_t *at = rows->row + 1;
  uint8_t *const end = at + rows->glyph.w;
  uint8_t *older = end + IMGB_GLYPH_MARGIN; /* the row of NN, 8 pixels a byte, the left one lowest */
  /* Of that row, from NN on to the right; above, from bit 16 on, N of up to 8 pixels for the next row. */
  uint32_t bits = *older;
  uint32_t near = (at[0] & N_) | (at[1] & NE_) | (bits & 1u) << 2;
  while (at != end) {
    unsigned n;
    bits |= (uint32_t)older[1] << 8; /* a byte more than there are pixels */
    for (n = 8; n != 0 && at != end; n--, at++) {
      uint32_t bound;
      bits >>= 1;
      near |= (at[2] & NEE_) | (bits & NNE_);
      bits |= (near & N_) << 17;
      bound = (range >> 8) * table[is_ten ? near : (near >> 8) << 5 | (near >> 2 & 31u)];
      /* W to WW, WW to WWW, N to NW, NN to NNW; NE to N, NNE to NN; NEE to NE */
      near = (near >> 1 & 0x1A2u) | (near << 2 & 0x44u) | (near << 1 & 0x10u);
      if (code >= bound) {
        code -= bound;
        range -= bound;
        near |= W_;
        *at = 255;
      } else {
        range = bound;
        *at = 0;
      }
      IMGB_RANGE_SHIFT(r, code, range)
    }
    *older++ = (uint8_t)(bits >> (16u + n));
    bits &= 0xFFu;
  }
  r->code = code;
  r->range = range;
}

#else
typedef int imgb_glyph_mono_is_left_out; /* a translation unit may not be empty */
#endif
