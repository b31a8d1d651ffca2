/* imgb_animation.c - animations: header and frames.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#define ANIMATION_HEADER_BYTES 12u
#define FRAME_RECORD_BYTES 20u
#define FRAME_IS_WHOLE 1u
#define PLACE_MAX 0x7FFFu

int imgb_animation_open(const imgb_asset_t *asset, imgb_animation_t *animation) {
  uint32_t w[ANIMATION_HEADER_BYTES / 4u];
  uint32_t frames, record_bytes;
  int r;
  memset(animation, 0, sizeof *animation);
  if (asset->kind != IMGB_KIND_ANIMATION) return IMGB_ERR_KIND;
  r = imgb_priv_payload_words(asset, 0, w, ANIMATION_HEADER_BYTES / 4u);
  if (r != IMGB_OK) return r;
  frames = w[0] & 0xFFFFu;
  record_bytes = w[1] & 0xFFu;
  if (frames == 0 || asset->width == 0 || asset->height == 0 || record_bytes < FRAME_RECORD_BYTES ||
      (record_bytes & 3u) != 0 ||
      !imgb_priv_fits(ANIMATION_HEADER_BYTES, frames * record_bytes, asset->stored_bytes)) {
    return IMGB_ERR_FORMAT;
  }
  animation->asset = *asset;
  animation->width = asset->width;
  animation->height = asset->height;
  animation->plays = (uint16_t)(w[0] >> 16);
  animation->duration_ms = w[2];
  animation->record_bytes = (uint8_t)record_bytes;
  animation->frames = (uint16_t)frames;
  return IMGB_OK;
}

int imgb_animation_frame(const imgb_animation_t *animation, uint32_t n, imgb_frame_t *frame) {
  uint32_t w[FRAME_RECORD_BYTES / 4u];
  uint32_t x, y;
  imgb_asset_t part;
  int r;
  memset(frame, 0, sizeof *frame);
  if (n >= animation->frames) return IMGB_ERR_RANGE;
  r = imgb_priv_payload_words(&animation->asset, ANIMATION_HEADER_BYTES + n * animation->record_bytes, w,
                              FRAME_RECORD_BYTES / 4u);
  if (r != IMGB_OK) return r;
  frame->delay_ms = (uint16_t)w[2];
  frame->is_whole = (uint8_t)(w[4] >> 16 & FRAME_IS_WHOLE);
  if (w[1] == 0 && n != 0) return IMGB_OK; /* nothing changes: no rows */
  part = animation->asset;
  part.kind = IMGB_KIND_BITMAP;
  x = w[2] >> 16;
  y = w[3] & 0xFFFFu;
  part.width = (uint16_t)(w[3] >> 16);
  part.height = (uint16_t)w[4];
  if (!imgb_priv_fits(w[0], w[1], part.stored_bytes) || (w[0] & 3u) != 0 || x > PLACE_MAX || y > PLACE_MAX ||
      !imgb_priv_fits(x, part.width, animation->width) ||
      !imgb_priv_fits(y, part.height, animation->height)) {
    return IMGB_ERR_FORMAT;
  }
  part.base += w[0];
  part.stored_bytes = w[1];
  r = imgb_bitmap_open(&part, &frame->bitmap);
  frame->bitmap.trim_x = (int16_t)x;
  frame->bitmap.trim_y = (int16_t)y;
  frame->bitmap.full_width = animation->width;
  frame->bitmap.full_height = animation->height;
  return r;
}
