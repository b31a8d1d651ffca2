/* damage.h - making damaged packs look sound, and drawing from them.  SPDX-License-Identifier: MIT
 *
 * The checksums are written a second time here, bit by bit, so that they check those of the reader.
 */
#ifndef DAMAGE_H
#define DAMAGE_H

#include "exercise.h"

static inline uint32_t crc32_of(const uint8_t *p, uint32_t n) {
  uint32_t crc = 0xFFFFFFFFu;
  int i;
  while (n-- != 0) {
    crc ^= *p++;
    for (i = 0; i < 8; i++) crc = crc >> 1 ^ ((crc & 1u) ? 0xEDB88320u : 0);
  }
  return ~crc;
}

static inline uint8_t crc8_of(const uint8_t *p, uint32_t n) {
  unsigned crc = 0;
  int i;
  while (n-- != 0) {
    crc ^= *p++;
    for (i = 0; i < 8; i++) crc = (crc << 1 ^ ((crc & 0x80u) ? 0x107u : 0)) & 0xFFu;
  }
  return (uint8_t)crc;
}

static inline void put_word(uint8_t *p, uint32_t v) {
  int i;
  for (i = 0; i < 4; i++) p[i] = (uint8_t)(v >> 8 * i);
}

static inline void draw_asset(const imgb_asset_t *asset) {
  uint16_t pixels[16 * 12];
  imgb_surface_t s = {pixels, 16, -3, 5, 16, 12, 1};
  imgb_bitmap_t bitmap;
  imgb_font_t font;
  imgb_animation_t animation;
  imgb_frame_t frame;
  uint8_t work[2048];
  uint32_t width;
  int r = 0;
  memset(pixels, 0, sizeof pixels);
  if (imgb_bitmap_open(asset, &bitmap) == IMGB_OK)
    r |= imgb_draw_bitmap(&s, -5, 4, &bitmap, 0xABCD, work, sizeof work);
  if (imgb_animation_open(asset, &animation) == IMGB_OK) {
    uint32_t n;
    for (n = 0; n < animation.frames && n < 64u; n++) {
      if (imgb_animation_frame(&animation, n, &frame) == IMGB_OK)
        r |= imgb_draw_bitmap(&s, -5, 4, &frame.bitmap, 0xABCD, work, sizeof work);
    }
  }
  if (imgb_font_open(asset, &font) == IMGB_OK) {
    r |= imgb_text_measure(&font, "A\xC3\xA4~ b", &width);
    r |= imgb_draw_text(&s, -4, 14, &font, "A\xC3\xA4~ b", 0xF00F, work, sizeof work, NULL);
  }
  (void)r;
}

#endif
