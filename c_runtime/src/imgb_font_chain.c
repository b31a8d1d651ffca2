/* imgb_font_chain.c - a font and its fallbacks.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

/* The font to ask after the last of n, *last; kind 0: there is none, or it was asked already. */
static IMGB_NOINLINE int next_font(const imgb_pack_t *pack, const imgb_font_t *last, uint32_t n,
                                   imgb_asset_t *asset) {
  const uint32_t key = last->fallback_key;
  asset->kind = 0;
  if (key == 0) return IMGB_OK;
  for (; n != 0; n--, last--) {
    if (last->asset.key == key) return IMGB_OK;
  }
  return imgb_get(pack, key, asset);
}

int imgb_font_chain(const imgb_pack_t *pack, const imgb_asset_t *asset, imgb_font_t *fonts, uint32_t room,
                    uint32_t *count) {
  imgb_asset_t next;
  int r;
  *count = 0;
  if (room == 0) return IMGB_ERR_ARGUMENT;
  if (room > IMGB_FONT_CHAIN_MAX) room = IMGB_FONT_CHAIN_MAX;
  r = imgb_font_open(asset, fonts);
  while (r == IMGB_OK && ++*count < room) {
    r = next_font(pack, fonts, *count, &next);
    if (r != IMGB_OK || next.kind == 0) break;
    r = imgb_font_open(&next, fonts + 1);
    if (r == IMGB_OK) fonts->fallback = fonts + 1;
    fonts++;
  }
  return r;
}
