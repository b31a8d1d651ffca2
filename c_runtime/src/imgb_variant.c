/* imgb_variant.c - variants of an asset (FORMAT.md section 3.4).  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#define NO_VARIANT 0xFFFFu
#define TLV_VARIANTS 3u

int imgb_variant(const imgb_pack_t *pack, const char *name, uint32_t *number) {
  uint32_t words[(IMGB_NAME_MAX + 8u) / 4u];
  const uint8_t *bytes = (const uint8_t *)words;
  uint32_t at = 0, left = 0, wanted = 0, count = 0;
  *number = 0;
  while (wanted <= IMGB_NAME_MAX && name[wanted] != '\0') wanted++;
  while (pack->tlv_bytes - at >= 4u) { /* tlv_bytes is within the pack: opening checked it */
    uint32_t length;
    int r = imgb_priv_near(&pack->io, pack->tlv_offset + at, words, 4u);
    if (r != IMGB_OK) return r;
    length = imgb_priv_le16(bytes + 2);
    at += 4u;
    if (length > pack->tlv_bytes - at) return IMGB_ERR_INDEX;
    left = imgb_priv_le16(bytes) == TLV_VARIANTS ? length : 0;
    if (left != 0) break;
    at += (length + 3u) & ~3u;
    if (at > pack->tlv_bytes) break;
  }
  while (left != 0) {
    uint32_t length;
    int r = imgb_priv_near(&pack->io, pack->tlv_offset + at, words, 1u);
    if (r != IMGB_OK) return r;
    length = bytes[0];
    if (length > left - 1u) return IMGB_ERR_INDEX;
    count++;
    if (length == wanted && length != 0 && length <= IMGB_NAME_MAX) {
      r = imgb_priv_near(&pack->io, pack->tlv_offset + at + 1u, words, length);
      if (r != IMGB_OK) return r;
      if (memcmp(words, name, length) == 0) {
        *number = count;
        return IMGB_OK;
      }
    }
    at += 1u + length;
    left -= 1u + length;
  }
  return IMGB_ERR_NOT_FOUND;
}

int imgb_select(const imgb_pack_t *pack, imgb_asset_t *asset, uint32_t variant) {
  uint32_t at = asset->next_variant;
  uint32_t last = asset->variant;
  while (at != NO_VARIANT && last < variant) {
    imgb_asset_t next;
    int r = imgb_at(pack, at, &next);
    /* the number rises with every step, so that no chain is followed for ever */
    if (r == IMGB_ERR_NOT_FOUND || (r == IMGB_OK && (next.key != asset->key || next.variant <= last))) {
      r = IMGB_ERR_ENTRY;
    }
    if (r != IMGB_OK) return r;
    if (next.variant == variant) {
      *asset = next;
      return IMGB_OK;
    }
    last = next.variant;
    at = next.next_variant;
  }
  return IMGB_OK;
}

int imgb_find_variant(const imgb_pack_t *pack, const char *name, uint32_t variant, imgb_asset_t *asset) {
  int r = imgb_find(pack, name, asset);
  if (r != IMGB_OK) return r;
  r = imgb_select(pack, asset, variant);
  if (r != IMGB_OK) memset(asset, 0, sizeof *asset);
  return r;
}
