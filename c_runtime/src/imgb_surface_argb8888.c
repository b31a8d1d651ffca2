/* imgb_surface_argb8888.c - drawing on ARGB8888 with straight alpha.  SPDX-License-Identifier: MIT */
#include "imgb_surface.h"

void imgb_put_argb8888(const imgb_surface_t *s, uint32_t x, uint32_t y, uint32_t colour, uint32_t how) {
  uint32_t *to = (uint32_t *)s->buffer + (size_t)y * s->stride_px + x;
  uint32_t below = *to;
  uint32_t below_weight = (below >> 24) * (255u - (how >> 8));
  uint32_t weight = (how >> 8) * 255u;
  uint32_t sum = weight + below_weight;
  uint32_t out = below >> 24 == 255u ? 255u : (sum + 127u) / 255u;
  uint32_t shift = 24;
  if ((how & 0xFFu) == IMGB_COLOUR_PREMULTIPLIED) weight = 65025u;
  colour = imgb_colour_888(colour, how);
  do {
    uint32_t value, b;
    shift -= 8u;
    value = colour >> shift & 0xFFu;
    b = below >> shift & 0xFFu;
    if (below >> 24 == 255u) {
      value = imgb_priv_mix(value, b, how);
    } else {
      value = (value * weight + b * below_weight + sum / 2u) / sum;
      if (value > 255u) value = 255u;
    }
    out = out << 8 | value;
  } while (shift != 0);
  *to = out;
}
