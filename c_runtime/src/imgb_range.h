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
#define IMGB_ALWAYS_INLINE \
  inline __attribute__((always_inline)) /* one text for several kinds, constants folded */
#else
#define IMGB_ALWAYS_INLINE inline
#endif

typedef struct imgb_range {
  uint32_t code, range;
  const uint8_t *in, *end; /* the stored bytes at hand */
  /* Where the stored bytes behind `end` come from: `left` bytes at `offset` of the asset's payload, read into
   * `window` as many at a time as it holds.  All 0 where the bytes at hand are all there are. */
  const imgb_asset_t *asset;
  uint8_t *window;
  uint32_t window_bytes, offset, left;
  int error; /* of a read that failed; all bytes are 0 from there on */
} imgb_range_t;

#define IMGB_RANGE_TOP (1u << 24) /* `range` stays at or above it between the calls */

/* Takes in the first bytes.  The caller has set in and end (equal if none are at hand), left and window_bytes
 * (0 if these are all), and where left is not 0 also asset, offset and window. */
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

#ifdef __cplusplus
}
#endif
#endif
