/* imgb_surface_gray8.c - drawing on a byte of grey a pixel.  SPDX-License-Identifier: MIT */
#include "imgb_surface.h"

void imgb_put_gray8(const imgb_surface_t *s, uint32_t x, uint32_t y, uint32_t colour, uint32_t how) {
  uint8_t *to = (uint8_t *)s->buffer + (size_t)y * s->stride_px + x;
  *to = (uint8_t)imgb_priv_mix(imgb_priv_luma(colour, how), *to, how);
}
