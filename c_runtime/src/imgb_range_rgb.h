/* imgb_range_rgb.h - prediction and residuals of three channels in codec range.  SPDX-License-Identifier: MIT
 *
 * A template for imgb_range_565.c and imgb_range_8888.c, which define before they include it
 *
 * RGB_RED, RGB_GREEN       lowest bits of the channels in a spread pixel (blue: 0)
 * RGB_SPREAD(p)            moves the channels of a pixel apart;  RGB_JOIN(v) undoes it
 * RGB_BITS                 bits of the widest channel
 * RGB_MASK                 the bits that the channels use
 * RGB_CLASSES              values of a residual's row
 * RGB_G_ROWS, RGB_RB_ROWS  rows of green, of red and blue
 * RGB_CONTEXT(z)           0..4: which of red's rows follows the green residual z
 * RGB_CARRY(d)             how much of the green difference d red and blue take over
 * RGB_ACTIVITY(sum)        how much the neighbours' differences count
 *
 * In a spread pixel each channel has room above it, so that one addition predicts all three and one
 * subtraction compares them.
 */
#define RGB_ONES ((uint32_t)1 | (uint32_t)1 << RGB_RED | (uint32_t)1 << RGB_GREEN)
#define RGB_GUARDS (RGB_ONES << RGB_BITS)

/* a - b + RGB_GUARDS: no channel borrows from its neighbour */
static IMGB_ALWAYS_INLINE uint32_t guarded(uint32_t a, uint32_t b) {
  return (a | RGB_GUARDS) - b;
}

/* max(d, 0) of each channel of a guarded difference */
static IMGB_ALWAYS_INLINE uint32_t positive(uint32_t d) {
  uint32_t m = d & RGB_GUARDS;
  return d & (m - (m >> RGB_BITS));
}

/* Of a residual's first symbol z; raw bits follow where it is large. */
static IMGB_ALWAYS_INLINE uint32_t residual(imgb_range_t *r, uint32_t z) {
  return z < 8u ? z : imgb_range_large(r, z);
}

static IMGB_NOINLINE uint32_t other(imgb_range_plane_t *plane, uint32_t west, uint32_t north,
                                    uint32_t corner) {
  imgb_range_t *r = plane->range;
  const uint32_t W = RGB_SPREAD(west), N = RGB_SPREAD(north), NW = RGB_SPREAD(corner);
  uint32_t x = positive(guarded(W, N)), high = N + x, low = W - x;
  uint32_t fall = guarded(low, NW); /* W + N is high + low */
  uint32_t over = positive(guarded(NW, high)), under = positive(fall);
  uint32_t span = high - low + over + under;
  uint32_t sum = (span + (span >> RGB_RED) + (span >> RGB_GREEN)) & 1023u;
  uint32_t v = high + fall + over - under;
  uint32_t activity = imgb_range_class(RGB_ACTIVITY(sum) + (plane->recency >> 1));
  const uint8_t *row = RGB_G_ROWS + RGB_CLASSES * activity;
  uint32_t z = residual(r, imgb_range_symbol(r, row)), sum_z = z, d = imgb_range_unfold(z);
  v += d << RGB_GREEN;
  d = RGB_CARRY(d);
  v += d + (d << RGB_RED);
  row = RGB_RB_ROWS + 2u * RGB_CLASSES * (5u * activity + RGB_CONTEXT(z));
  z = residual(r, imgb_range_symbol(r, row));
  sum_z += z;
  v += imgb_range_unfold(z) << RGB_RED;
  z = residual(r, imgb_range_symbol_here(r, row + RGB_CLASSES));
  sum_z += z;
  v += imgb_range_unfold(z);
  plane->recency += (sum_z >> 1) - (plane->recency >> 2);
  v &= RGB_MASK;
  return RGB_JOIN(v);
}
