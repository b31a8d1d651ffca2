/* imgb_update_put.c - bytes of a block into the flash, page by page.  SPDX-License-Identifier: MIT
 *
 * An LZ4 block is decoded as it comes.  What a match copies lies in the page that is being filled or in the
 * flash that was programmed a moment ago, so no window is kept in RAM. */
#include "imgb_update_priv.h"

#define PAGE_MASK (IMGB_PAGE_BYTES - 1u)

#define PIECE_BYTES 24u

enum { AT_TOKEN, AT_LITERALS_MORE, AT_LITERALS, AT_DISTANCE, AT_DISTANCE_HIGH, AT_MATCH_MORE, AT_MATCH };

/* Programs the page that ends at out_at. */
IMGB_RAMFUNC static IMGB_NOINLINE int flush(imgb_update_t *u) {
  const imgb_update_config_t *c = u->config;
  uint32_t filled = ((u->out_at - 1u) & PAGE_MASK) + 1u, start = u->out_at - filled;
  uint8_t *page = (uint8_t *)u->page.words;
  memset(page + filled, 0xFF, IMGB_PAGE_BYTES - filled);
  return c->program(c->io.ctx, u->out + start, page, IMGB_PAGE_BYTES);
}

IMGB_RAMFUNC int imgb_priv_put(imgb_update_t *u, const uint8_t *bytes, uint32_t length) {
  int r = IMGB_OK;
  if (length > u->out_bytes - u->out_at) return IMGB_UPDATE_ERR_DAMAGED;
  while (length-- != 0 && r == IMGB_OK) {
    ((uint8_t *)u->page.words)[u->out_at++ & PAGE_MASK] = *bytes++;
    if ((u->out_at & PAGE_MASK) == 0) r = flush(u);
  }
  return r;
}

/* Copies u->match bytes from u->distance before, which may be anywhere in the partition. */
IMGB_RAMFUNC static int repeat(imgb_update_t *u) {
  uint8_t piece[PIECE_BYTES];
  int r = IMGB_OK;
  while (u->match != 0 && r == IMGB_OK) {
    uint32_t at = u->out_at & PAGE_MASK, n = u->distance - at;
    if (u->distance > at) { /* before this page: in the flash */
      if (n > PIECE_BYTES) n = PIECE_BYTES;
      if (n > u->match) n = u->match;
      r = imgb_read(&u->slots.area, u->out + u->out_at - u->distance, piece, n);
      if (r != IMGB_OK) break;
    } else {
      *piece = ((uint8_t *)u->page.words)[0u - n];
      n = 1;
    }
    u->match -= n;
    r = imgb_priv_put(u, piece, n);
  }
  return r;
}

/* A length of 15 goes on in the bytes that follow, up to the first that is not 255.  No block has enough
 * bytes for the sum to wrap. */
static void extend(imgb_update_t *u, uint32_t *length, uint32_t byte) {
  *length += byte;
  if (byte != 255u) u->state++;
}

IMGB_RAMFUNC int imgb_priv_put_lz4(imgb_update_t *u, const uint8_t *bytes, uint32_t length) {
  int r = IMGB_OK;
  for (; length != 0 && r == IMGB_OK; length--, bytes++) {
    uint32_t byte = *bytes, state = u->state;
    if (state == AT_LITERALS) {
      r = imgb_priv_put(u, bytes, 1);
      if (--u->literals == 0) u->state++;
    } else if (state == AT_TOKEN) {
      u->literals = byte >> 4;
      u->match = (byte & 15u) + 4u;
      u->state = u->literals == 15u ? AT_LITERALS_MORE : u->literals == 0 ? AT_DISTANCE : AT_LITERALS;
    } else if (state == AT_LITERALS_MORE) {
      extend(u, &u->literals, byte);
    } else if (state == AT_DISTANCE) {
      u->distance = byte;
      u->state++;
    } else {
      if (state == AT_MATCH_MORE) {
        extend(u, &u->match, byte);
      } else {
        u->distance |= byte << 8;
        u->state = u->match == 19u ? AT_MATCH_MORE : AT_MATCH;
      }
      if (u->state == AT_MATCH) {
        u->state = AT_TOKEN;
        r = u->distance - 1u < u->out_at ? repeat(u) : IMGB_UPDATE_ERR_DAMAGED;
      }
    }
  }
  return r;
}

/* Whether all bytes are there; then the last page is programmed. */
IMGB_RAMFUNC int imgb_priv_put_end(imgb_update_t *u) {
  if (u->out_at != u->out_bytes) return IMGB_UPDATE_ERR_DAMAGED;
  return (u->out_at & PAGE_MASK) != 0 ? flush(u) : IMGB_OK;
}

IMGB_RAMFUNC int imgb_priv_copy(imgb_update_t *u, uint32_t from, uint32_t to, uint32_t bytes) {
  int r;
  u->out = to;
  u->out_at = 0;
  u->out_bytes = u->match = bytes;
  u->distance = to - from;
  r = repeat(u);
  return r == IMGB_OK ? imgb_priv_put_end(u) : r;
}
