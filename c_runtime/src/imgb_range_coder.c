/* imgb_range_coder.c - the range decoder.  SPDX-License-Identifier: MIT */
#include "imgb_range.h"

/* imgb_range_feed when the bytes at hand have ended. */
static IMGB_NOINLINE uint32_t refill(imgb_range_t *r, uint32_t code) {
  uint32_t n = r->left < r->window_bytes ? r->left : r->window_bytes;
  code <<= 8;
  if (n == 0) return code;
  r->error = imgb_read(r->asset, r->offset, r->window, n);
  if (r->error != IMGB_OK) n = r->left; /* nothing comes after a read that failed */
  r->offset += n;
  r->left -= n;
  if (r->error != IMGB_OK) return code;
  r->in = r->window + 1;
  r->end = r->window + n;
  return code | *r->window;
}

uint32_t imgb_range_feed(imgb_range_t *r, uint32_t code) {
  const uint8_t *in = r->in;
  if (in == r->end) return refill(r, code);
  code = code << 8 | *in++;
  r->in = in;
  return code;
}

void imgb_range_begin(imgb_range_t *r) {
  int i;
  r->error = IMGB_OK;
  r->code = 0;
  for (i = 4; i != 0; i--) r->code = imgb_range_feed(r, r->code);
  r->range = 0xFFFFFFFFu;
}

#if IMGB_CFG_RANGE

unsigned imgb_range_bit(imgb_range_t *r, unsigned p) {
  uint8_t row[2]; /* of two symbols the first has the upper part: bit 1 */
  row[0] = (uint8_t)p;
  row[1] = 0;
  return imgb_range_symbol(r, row) ^ 1u;
}

unsigned imgb_range_raw(imgb_range_t *r, unsigned n) {
  uint32_t code = r->code, range = r->range >> n;
  unsigned value = 0;
  while (n-- != 0) { /* a division, without the library that some cores need for one */
    value <<= 1;
    if (code >= range << n) {
      code -= range << n;
      value |= 1u;
    }
  }
  IMGB_RANGE_SHIFT(r, code, range)
  r->code = code;
  r->range = range;
  return value;
}

unsigned imgb_range_symbol(imgb_range_t *r, const uint8_t *t) {
  return imgb_range_symbol_here(r, t);
}

#endif
