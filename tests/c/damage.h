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
  if (imgb_font_open(asset, &font) == IMGB_OK) { /* in lines, from a cache that is always full */
    imgb_text_style_t style;
    imgb_text_block_t block;
    imgb_glyph_cache_t cache;
    uint8_t *memory = (uint8_t *)malloc(200);
    int32_t distance;
    memset(&style, 0, sizeof style);
    imgb_glyph_cache_begin(&cache, memory, 200);
    style.font = &font;
    style.cache = &cache;
    style.width = 24;
    style.max_lines = 2;
    style.ellipsis = 1;
    style.align = IMGB_ALIGN_CENTRE;
    r |= imgb_text_block_measure(&style, "AB\xC3\xA4 b-A~", &block);
    r |= imgb_draw_text_block(&s, -4, 2, &style, "AB\xC3\xA4 b-A~", 0xF00F, work, sizeof work);
    r |= imgb_draw_text_block(&s, -4, 2, &style, "BA\xC3\xA4", 0xF00F, work, sizeof work);
    r |= imgb_font_kern(&font, 1, 2, &distance) | imgb_font_kern(&font, 2, 1, &distance);
    free(memory);
  }
  (void)r;
}

/* Glyph runs with the font that they are of, both of a pack that may be damaged. */
static inline void draw_runs_of(const imgb_pack_t *pack, const imgb_asset_t *asset) {
  uint16_t pixels[16 * 12];
  imgb_surface_t s = {pixels, 16, -3, 5, 16, 12, 1};
  imgb_text_style_t style;
  imgb_font_t fonts[2];
  imgb_asset_t named;
  imgb_runs_t runs;
  uint8_t work[2048];
  uint32_t count;
  int r;
  memset(pixels, 0, sizeof pixels);
  memset(&style, 0, sizeof style);
  style.font = fonts;
  if (imgb_runs_open(asset, &runs) != IMGB_OK || imgb_get(pack, runs.font_key, &named) != IMGB_OK) return;
  if (imgb_font_chain(pack, &named, fonts, 2, &count) != IMGB_OK) return;
  r = imgb_draw_runs(&s, -4, 2, &runs, &style, 0xF00F, work, sizeof work);
  (void)r;
}

#endif
