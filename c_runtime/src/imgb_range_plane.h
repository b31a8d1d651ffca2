/* imgb_range_plane.h - the loop over a plane of colours in codec range.  SPDX-License-Identifier: MIT
 *
 * A template: each kind of pixel includes it once with these macros, which are undefined again at the end.
 *
 * PLANE_DECODE        name of the function
 * PLANE_PARAMETERS    what else it needs, from a comma on
 * PLANE_AT            type of a pixel's place
 * PLANE_STEP          what leads to the next place
 * PLANE_GET(at)       the pixel there as a uint32_t, laid out as the kind likes
 * PLANE_PUT(at, v)    stores the colour of one
 * PLANE_COPY(at, up, end)  copies pixels from at + up, up to end
 * PLANE_TABLE(part)   a part of the kind's table: SKIP, ROW or LIST
 * PLANE_WHAT          the part for what a pixel is, in the mode of the strip
 * PLANE_OTHER(plane, W, N, NW)  decodes a pixel that is none of its neighbours
 * PLANE_IS_FLAT       mode of the strip
 * PLANE_ALPHA         next pixel's alpha (uint8_t *), or NULL
 * PLANE_PUT_ALPHA(at) stores PLANE_ALPHA[-1]
 *
 * FORMAT.md describes the model.  W, N, NW and NE are the neighbours' colours.
 */
static void PLANE_DECODE(imgb_range_t *r, PLANE_AT at, uint32_t width, uint32_t rows PLANE_PARAMETERS) {
  imgb_range_plane_t plane;
  int32_t up = 0; /* from a pixel to the one above; 0 in the first row */
  PLANE_AT end = at;
  unsigned repeats = 0;
  const uint8_t *what = PLANE_WHAT;
  memset(&plane, 0, sizeof plane);
  plane.range = r;
  for (; rows != 0; rows--, up = -(int32_t)width * PLANE_STEP) {
    uint32_t W = 0, N = 0, NW = 0, NE, v;
    uint32_t history = 0; /* 5 times: 0 none of them, 1 a neighbour, 2 neighbours in a row, 3 in the list */
    const int may_repeat =
        PLANE_IS_FLAT && PLANE_ALPHA == NULL && up != 0; /* the row above, or eight of it */
    end += (int32_t)width * PLANE_STEP;
    if (up != 0) {
      if (may_repeat) {
        repeats = imgb_range_bit(r, PLANE_TABLE(ROW)[repeats]) ^ 1u;
        if (repeats != 0) {
          PLANE_COPY(at, up, end);
          at = end;
          continue;
        }
      }
      W = N = NW = PLANE_GET(at + up);
    }
    while (at != end) {
      uint32_t row = 0;
      if (PLANE_ALPHA != NULL && *PLANE_ALPHA++ == 0) { /* transparent pixels are not coded */
        PLANE_PUT(at, 0);
        PLANE_PUT_ALPHA(at);
        at += PLANE_STEP;
        W = 0;
        goto skipped;
      }
      if (up == 0) {
        N = NW = NE = W;
      } else {
        NE = PLANE_GET(at + up + PLANE_STEP);
      }
      if (W != N) {
        row = NW == W ? 40u : NW == N ? 60u : 80u;
      } else if (NW != N) {
        row = 20;
      }
      if (N == NE) row += 100u;
      if (row == 80u && !PLANE_IS_FLAT) goto other;
      if (row == 100u && may_repeat && end - at >= 8 * PLANE_STEP) {
        int32_t k = 2;
        while (PLANE_GET(at + up + k * PLANE_STEP) == W && ++k != 8) {
        }
        if (k == 8 && imgb_range_bit(r, *PLANE_TABLE(SKIP)) == 0) {
          do {
            PLANE_PUT(at, W);
            at += PLANE_STEP;
          } while (--k != 0);
          history = 0;
          plane.recency -= plane.recency >> 1;
        skipped:
          if (up != 0) {
            NW = PLANE_GET(at + up - PLANE_STEP);
            N = PLANE_GET(at + up);
          }
          continue;
        }
      }
      {
        unsigned found = imgb_range_symbol(r, what + row + history);
        if (found == 2u) goto other;
        if (found == 3u) {
          v = imgb_range_listed(&plane, PLANE_TABLE(LIST));
          history = 15;
          goto put;
        }
        v = found == 0 ? N : found == 1u ? W : NE;
      }
      history = 5u << ((history ^ history >> 1) & 1u); /* 10 after 5 and 10, else 5 */
      plane.recency -= plane.recency >> 1;
      goto put;
    other:
      v = PLANE_OTHER(&plane, W, N, NW);
      if (PLANE_IS_FLAT) imgb_range_remember(&plane, v);
      history = 0;
    put:
      PLANE_PUT(at, v);
      PLANE_PUT_ALPHA(at);
      at += PLANE_STEP;
      NW = N;
      N = NE;
      W = v;
    }
  }
}
#undef PLANE_DECODE
#undef PLANE_PARAMETERS
#undef PLANE_AT
#undef PLANE_STEP
#undef PLANE_GET
#undef PLANE_PUT
#undef PLANE_COPY
#undef PLANE_TABLE
#undef PLANE_WHAT
#undef PLANE_OTHER
#undef PLANE_IS_FLAT
#undef PLANE_ALPHA
#undef PLANE_PUT_ALPHA
