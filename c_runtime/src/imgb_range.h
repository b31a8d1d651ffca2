/* imgb_range.h - range decoder, shared by the codecs that use one; not part of the API.
 * SPDX-License-Identifier: MIT
 *
 * Binary decisions and symbols of a few values, each with a fixed probability in 1/256 out of a table.  The
 * state is the caller's.  Bytes past the stored ones count as 0 and are never read; no input, however
 * damaged, leaves a table.
 */
#ifndef IMGB_RANGE_H
#define IMGB_RANGE_H

#include "imgb_priv.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define IMGB_RARELY(condition) __builtin_expect((condition) != 0, 0)
#define IMGB_ALWAYS_INLINE \
  inline __attribute__((always_inline)) /* one text for several kinds, constants folded */
#else
#define IMGB_RARELY(condition) (condition)
#define IMGB_ALWAYS_INLINE inline
#endif

#define IMGB_RANGE_TOP 0x1000000u /* `range` stays at or above it between the calls */

/* Takes in the first bytes.  The caller has set in and end (equal if none are at hand), left and window_bytes
 * (0 if these are all), and where left is not 0 also asset, offset and window (imgb.h). */
void imgb_range_begin(imgb_range_t *r);

/* code << 8 | the next stored byte, which is 0 when they have ended, or could not be read. */
uint32_t imgb_range_feed(imgb_range_t *r, uint32_t code);

/* IMGB_OK; the code of a read that failed; IMGB_ERR_FORMAT if stored bytes were left over. */
static inline int imgb_range_end(const imgb_range_t *r) {
  return r->error == IMGB_OK && (r->in != r->end || r->left != 0) ? IMGB_ERR_FORMAT : r->error;
}

/* A decision whose bit is 0 with probability p / 256, p = 1..255. */
unsigned imgb_range_bit(imgb_range_t *r, unsigned p);

/* A number of n bits, n = 1..7, all values equally probable. */
unsigned imgb_range_raw(imgb_range_t *r, unsigned n);

/* A symbol of the row t: strictly falling bytes, the last one 0.  t[s] is 256 less the frequencies of 0..s.
 */
unsigned imgb_range_symbol(imgb_range_t *r, const uint8_t *t);

/* code and range may be kept in registers over several symbols: after each, this takes in the byte that is
 * due. */
#define IMGB_RANGE_SHIFT(r, code, range) \
  if ((range) < IMGB_RANGE_TOP) {        \
    (code) = imgb_range_feed(r, code);   \
    (range) <<= 8;                       \
  }

/* imgb_range_symbol where one more copy of its code pays. */
static IMGB_ALWAYS_INLINE unsigned imgb_range_symbol_here(imgb_range_t *r, const uint8_t *t) {
  uint32_t code = r->code, range = r->range, low = *t;
  const uint32_t unit = range >> 8;
  unsigned value = 0;
#ifdef __ARM_FEATURE_IDIV /* one division, then a step is a comparison */
  const uint32_t share = code / unit;
  if (share < low) {
    const uint8_t *s = t + 1;
    do {
      low = *s++;
    } while (share < low);
    range = unit * s[-2];
    value = (unsigned)(s - t) - 1u;
  }
  low *= unit;
#else
  while (code < (low *= unit)) {
    range = low;
    low = t[++value];
  }
#endif
  code -= low;
  range -= low;
  if (range < IMGB_RANGE_TOP) {
    const uint8_t *in = r->in;
    range <<= 8;
    if (in != r->end) {
      code = code << 8 | *in++;
      r->in = in;
    } else {
      code = imgb_range_feed(r, code);
    }
  }
  r->code = code;
  r->range = range;
  return value;
}

#ifdef __cplusplus
}
#endif
#endif
