/* imgb_surface_mono.c - drawing on 1 bit a pixel in page order.  SPDX-License-Identifier: MIT */
#include "imgb_surface.h"

void imgb_put_mono_page(const imgb_surface_t *s, uint32_t x, uint32_t y, uint32_t colour, uint32_t how) {
  uint8_t *to = (uint8_t *)s->buffer + (size_t)(y >> 3) * s->stride_px + x;
  uint32_t bit = 1u << (s->is_swapped != 0 ? 7u - (y & 7u) : y & 7u);
  uint32_t alpha = how >> 8;
  uint32_t luma = imgb_priv_luma(colour, how);
  int is_white = (how & 0xFFu) == IMGB_COLOUR_PREMULTIPLIED ? luma * 255u >= 128u * alpha : luma >= 128u;
  if (alpha >= 128u) *to = (uint8_t)(is_white ? *to | bit : *to & ~bit);
}
