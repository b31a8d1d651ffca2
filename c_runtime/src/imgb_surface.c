/* imgb_surface.c - what surfaces other than RGB565 share.  SPDX-License-Identifier: MIT */
#include "imgb_surface.h"

uint32_t imgb_colour_888(uint32_t colour, uint32_t how) {
  uint32_t r = colour >> 11 & 0x1Fu, g = colour >> 5 & 0x3Fu, b = colour & 0x1Fu;
  if ((how & 0xFFu) != IMGB_COLOUR_565) return colour;
  /* value * 255 / 31 and value * 255 / 63, rounded to the nearest */
  return ((r * 527u + 23u) >> 6) << 16 | ((g * 259u + 33u) >> 6) << 8 | ((b * 527u + 23u) >> 6);
}

uint32_t imgb_priv_luma(uint32_t colour, uint32_t how) {
  colour = imgb_colour_888(colour, how);
  /* ITU-R BT.709-6, section 3.2; of 65536 */
  return ((colour >> 16 & 0xFFu) * 13933u + (colour >> 8 & 0xFFu) * 46871u + (colour & 0xFFu) * 4732u +
          32768u) >>
         16;
}

uint32_t imgb_priv_mix(uint32_t value, uint32_t below, uint32_t how) {
  uint32_t k = (how >> 8) + (how >> 15);
  uint32_t rest = below * (256u - k) + 128u;
  if ((how & 0xFFu) != IMGB_COLOUR_PREMULTIPLIED) return (value * k + rest) >> 8;
  value += rest >> 8;
  return value < 255u ? value : 255u;
}
