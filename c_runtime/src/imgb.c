/* imgb.c - packs: open, look up, read, check.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#define HEADER_BYTES 64u
#define MARKER_BYTES 8u
#define MAGIC 0x42474D49u                        /* "IMGB" */
#define END_MARK 0x444E4549u                     /* "IEND" */
#define MASK_MAX (IMGB_CFG_READ_ALIGN ? 3u : 0u) /* of read_align - 1 */

/* CRC-32 (zlib), reflected, four bits a step: 64 bytes of table instead of 1 KB. */
uint32_t imgb_priv_crc32(uint32_t crc, const void *bytes, uint32_t length) {
  static const uint32_t nibbles[16] = {
      0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u, 0x4DB26158u, 0x5005713Cu,
      0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu, 0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu};
  const uint8_t *p = (const uint8_t *)bytes;
  crc = ~crc;
  while (length-- != 0) {
    crc ^= *p++;
    crc = (crc >> 4) ^ nibbles[crc & 15u];
    crc = (crc >> 4) ^ nibbles[crc & 15u];
  }
  return ~crc;
}

/* CRC-8, bit by bit: an entry's 32 bytes are worth no table.  Kept in the highest byte, where a shift drops
 * it. */
static uint32_t crc8(const uint8_t *p, uint32_t length) {
  uint32_t crc = 0, bit;
  for (; length != 0; length--) {
    crc ^= (uint32_t)*p++ << 24;
    for (bit = 8u; bit != 0; bit--) {
      uint32_t top = crc & 0x80000000u;
      crc <<= 1;
      if (top != 0) crc ^= 0x07000000u;
    }
  }
  return crc;
}

/* --- reading ----------------------------------------------------------------------------------- */

int imgb_priv_near(const imgb_io_t *io, uint32_t offset, void *words, uint32_t length) {
  uint32_t mask = IMGB_CFG_READ_ALIGN ? io->read_align - 1u : 0;
  uint32_t skip = offset & mask;
  int r = IMGB_ERR_RANGE;
  if (imgb_priv_fits(offset, length, io->size)) {
    r = io->read(io->ctx, offset - skip, words, (skip + length + mask) & ~mask);
    if (skip != 0) memmove(words, (const uint8_t *)words + skip, length);
  }
  return r;
}

int imgb_priv_payload_near(const imgb_asset_t *asset, uint32_t offset, void *words, uint32_t length) {
  if (!imgb_priv_fits(offset, length, asset->stored_bytes)) return IMGB_ERR_FORMAT;
  return imgb_priv_near(&asset->io, asset->base + offset, words, length);
}

#ifndef imgb_priv_words
void imgb_priv_words(uint32_t *words, uint32_t count) {
  for (; count != 0; count--, words++) *words = imgb_priv_le32((const uint8_t *)words);
}
#endif

int imgb_read(const imgb_asset_t *asset, uint32_t offset, void *buffer, uint32_t length) {
  const imgb_io_t *io = &asset->io;
  uint8_t *to = (uint8_t *)buffer;
  int r = IMGB_OK;
  if (!imgb_priv_fits(offset, length, asset->stored_bytes)) return IMGB_ERR_RANGE;
  offset += asset->base;
#if IMGB_CFG_READ_ALIGN
  /* Words that the buffer takes whole are read straight into it, then shifted down where the buffer is not
   * aligned; the words at the ends come through one word on the stack. */
  while (length != 0) {
    uint32_t mask = io->read_align - 1u;
    uint32_t skip = offset & mask;
    uint32_t pad = (0u - (uint32_t)(uintptr_t)to) & mask;
    uint8_t *from = to + pad;
    uint32_t n = (length - pad) & ~mask;
    uint32_t word;
    if (skip != 0 || n - 1u >= length) { /* no whole word there: n is 0 or wrapped below it */
      from = (uint8_t *)&word;
      n = mask + 1u;
    }
    r = io->read(io->ctx, offset - skip, from, n);
    if (r != IMGB_OK) break;
    n -= skip;
    if (n > length) n = length;
    if (from != to) memmove(to, from + skip, n);
    to += n;
    offset += n;
    length -= n;
  }
#else
  if (length != 0) r = io->read(io->ctx, offset, to, length);
#endif
  return r;
}

const void *imgb_map(const imgb_asset_t *asset, uint32_t offset, uint32_t length) {
  if (asset->io.map == NULL || !imgb_priv_fits(offset, length, asset->stored_bytes)) return NULL;
  return asset->io.map(asset->io.ctx, asset->base + offset, length);
}

/* --- opening ----------------------------------------------------------------------------------- */

static int header_is_sane(const imgb_pack_t *pack) {
  uint32_t end = pack->total_bytes - MARKER_BYTES;
  return ((pack->total_bytes | pack->header_bytes | pack->index_offset) & 3u) == 0 &&
         imgb_priv_fits(pack->header_bytes, 2u * (uint32_t)pack->buckets, end) &&
         imgb_priv_fits(pack->index_offset, IMGB_ENTRY_BYTES * (uint32_t)pack->assets, end) &&
         imgb_priv_fits(pack->names_offset, pack->names_bytes, end) &&
         imgb_priv_fits(pack->tlv_offset, pack->tlv_bytes, end);
}

static int open_pack(imgb_pack_t *pack, uint32_t pack_id) {
  uint32_t w[HEADER_BYTES / 4u];
  uint32_t crc;
  int r = imgb_priv_near(&pack->io, 0, w, HEADER_BYTES);
  if (r != IMGB_OK) return r;
  crc = imgb_priv_crc32(0, w, HEADER_BYTES - 4u);
  imgb_priv_words(w, HEADER_BYTES / 4u);
  if (w[0] != MAGIC) return w[0] == 0xFFFFFFFFu ? IMGB_ERR_ERASED : IMGB_ERR_MAGIC;
  if ((w[1] >> 8 & 0xFFu) > IMGB_FORMAT_MAJOR) return IMGB_ERR_VERSION;
  if (w[15] != crc) return IMGB_ERR_HEADER;
  pack->header_bytes = w[1] >> 16;
  memcpy((uint8_t *)pack + offsetof(imgb_pack_t, total_bytes), w + 2, 5u * sizeof *w); /* to index_offset */
  pack->assets = (uint16_t)w[7];
  pack->buckets = (uint16_t)(w[7] >> 16);
  memcpy((uint8_t *)pack + offsetof(imgb_pack_t, names_offset), w + 8, 5u * sizeof *w); /* to tlv_bytes */
  pack->max_strip_bytes = w[14];
  if (pack->total_bytes < HEADER_BYTES + MARKER_BYTES) return IMGB_ERR_HEADER;
  if (pack->total_bytes > pack->io.size) return IMGB_ERR_TRUNCATED;
  if (!header_is_sane(pack)) return IMGB_ERR_HEADER;
  if (pack_id != 0 && pack_id != pack->pack_id) return IMGB_ERR_PRODUCT;
  r = imgb_priv_near(&pack->io, pack->total_bytes - MARKER_BYTES, w, MARKER_BYTES);
  if (r != IMGB_OK) return r;
  imgb_priv_words(w, MARKER_BYTES / 4u);
  return w[0] == crc && w[1] == END_MARK ? IMGB_OK : IMGB_ERR_TORN;
}

int imgb_open(imgb_pack_t *pack, const imgb_io_t *io, uint32_t pack_id) {
  uint32_t mask = io->read_align == 0 ? 0 : io->read_align - 1u;
  int r = IMGB_ERR_ARGUMENT;
  pack->io = *io;
  pack->io.read_align = mask + 1u;
  if (io->read != NULL && mask <= MASK_MAX && ((io->read_align | io->size) & mask) == 0) {
    r = io->size < HEADER_BYTES + MARKER_BYTES ? IMGB_ERR_TRUNCATED : open_pack(pack, pack_id);
  }
  if (r != IMGB_OK) memset(pack, 0, sizeof *pack); /* size 0: no call reads from a pack that did not open */
  return r;
}

int imgb_require(const imgb_pack_t *pack, uint32_t contract_hash) {
  return pack->contract_hash == contract_hash ? IMGB_OK : IMGB_ERR_CONTRACT;
}

/* --- looking up -------------------------------------------------------------------------------- */

int imgb_priv_entry(const imgb_io_t *io, uint32_t offset, imgb_asset_t *asset) {
  uint32_t w[IMGB_ENTRY_BYTES / 4u];
  int r = imgb_priv_near(io, offset, w, IMGB_ENTRY_BYTES);
  if (r != IMGB_OK) return r;
  if (crc8((const uint8_t *)w, IMGB_ENTRY_BYTES) != 0) return IMGB_ERR_ENTRY; /* over its own check byte: 0 */
  imgb_priv_words(w, IMGB_ENTRY_BYTES / 4u);
  asset->key = w[0];
  asset->base = w[1];
  asset->stored_bytes = w[2];
  asset->crc32 = w[3];
  asset->name_offset = w[4] & 0xFFFFFFu;
  asset->name_bytes = (uint8_t)(w[4] >> 24);
  asset->kind = (uint8_t)w[5];
  asset->flags = (uint8_t)(w[5] >> 8);
  asset->next_variant = (uint16_t)(w[5] >> 16);
  asset->width = (uint16_t)w[6];
  asset->height = (uint16_t)(w[6] >> 16);
  asset->pixel_format = (uint8_t)w[7];
  asset->codec = (uint8_t)(w[7] >> 8);
  asset->variant = (uint8_t)(w[7] >> 16);
  asset->io = *io;
  return IMGB_OK;
}

/* A failed look-up leaves an asset of kind 0 and 0 bytes, which nothing opens or reads. */
static IMGB_NOINLINE int finish(imgb_asset_t *asset, int r) {
  if (r != IMGB_OK) memset(asset, 0, sizeof *asset);
  return r;
}

int imgb_at(const imgb_pack_t *pack, uint32_t ordinal, imgb_asset_t *asset) {
  int r = IMGB_ERR_NOT_FOUND;
  if (ordinal < pack->assets) {
    r = imgb_priv_entry(&pack->io, pack->index_offset + ordinal * IMGB_ENTRY_BYTES, asset);
    if (r == IMGB_OK &&
        ((asset->base & 3u) != 0 || asset->name_bytes - 1u >= IMGB_NAME_MAX ||
         !imgb_priv_fits(asset->base, asset->stored_bytes, pack->total_bytes - MARKER_BYTES) ||
         !imgb_priv_fits(asset->name_offset, asset->name_bytes, pack->names_bytes))) {
      r = IMGB_ERR_ENTRY;
    }
  }
  asset->name_offset += pack->names_offset;
  return finish(asset, r);
}

IMGB_NOINLINE uint32_t imgb_priv_place(uint32_t key, uint32_t seed, uint32_t n) {
  uint32_t h = key ^ (seed * 0x9E3779B1u);
  h ^= h >> 15;
  h *= 0x2C1B3C6Du;
  h ^= h >> 13;
  return ((h >> 15) * n) >> 17;
}

int imgb_get(const imgb_pack_t *pack, uint32_t key, imgb_asset_t *asset) {
  uint32_t word;
  uint32_t bucket = imgb_priv_place(key, 0xFFFFu, pack->buckets);
  int r = imgb_priv_near(&pack->io, pack->header_bytes + 2u * bucket, &word, 2u);
  if (r == IMGB_OK) {
    uint32_t slot = imgb_priv_le16((const uint8_t *)&word);
    slot = slot >= 0x8000u ? slot & 0x7FFFu : imgb_priv_place(key, slot, pack->assets);
    r = imgb_at(pack, slot, asset);
  }
  if (r == IMGB_OK && asset->key != key) r = IMGB_ERR_NOT_FOUND;
  return finish(asset, r);
}

int imgb_find(const imgb_pack_t *pack, const char *name, imgb_asset_t *asset) {
  uint32_t words[(IMGB_NAME_MAX + 8u) / 4u];
  uint32_t length = 0;
  int r;
  while (length <= IMGB_NAME_MAX && name[length] != '\0') length++; /* one byte too long matches no entry */
  r = imgb_get(pack, imgb_priv_crc32(0, name, length), asset);
  if (r == IMGB_OK) {
    r = IMGB_ERR_NOT_FOUND;
    if (asset->name_bytes == length) {
      r = imgb_priv_near(&pack->io, asset->name_offset, words, length);
      if (r == IMGB_OK && memcmp(words, name, length) != 0) r = IMGB_ERR_NOT_FOUND;
    }
  }
  return finish(asset, r);
}

int imgb_name(const imgb_asset_t *asset, char *buffer, uint32_t buffer_bytes) {
  uint32_t words[(IMGB_NAME_MAX + 8u) / 4u];
  uint32_t length = asset->name_bytes;
  int r;
  if (length == 0) return IMGB_ERR_NOT_FOUND;
  if (buffer_bytes <= length) return IMGB_ERR_BUFFER;
  r = imgb_priv_near(&asset->io, asset->name_offset, words, length);
  if (r != IMGB_OK) return r;
  memcpy(buffer, words, length);
  buffer[length] = '\0';
  return IMGB_OK;
}

/* --- checking ---------------------------------------------------------------------------------- */

/* CRC-32 of a payload against asset->crc32. */
int imgb_asset_check(const imgb_asset_t *asset, void *work, uint32_t work_bytes) {
  uint32_t at = 0, crc = 0;
  const void *mapped;
  if (asset->base == 0) return IMGB_ERR_UNSUPPORTED;
  mapped = imgb_map(asset, 0, asset->stored_bytes);
  if (mapped != NULL) {
    crc = imgb_priv_crc32(0, mapped, asset->stored_bytes);
    at = asset->stored_bytes;
  } else if (work == NULL || work_bytes == 0) {
    return IMGB_ERR_BUFFER;
  }
  while (at != asset->stored_bytes) {
    uint32_t n = asset->stored_bytes - at;
    int r;
    if (n > work_bytes) n = work_bytes;
    r = imgb_read(asset, at, work, n);
    if (r != IMGB_OK) return r;
    crc = imgb_priv_crc32(crc, work, n);
    at += n;
  }
  return crc == asset->crc32 ? IMGB_OK : IMGB_ERR_PAYLOAD;
}

int imgb_check(const imgb_pack_t *pack, unsigned what, void *work, uint32_t work_bytes) {
  imgb_asset_t asset;
  uint32_t i;
  int r;
  if (pack->total_bytes == 0) return IMGB_ERR_ARGUMENT; /* it did not open */
  if ((what & IMGB_CHECK_INDEX) != 0) {                 /* the index is checked as if it were a payload */
    memset(&asset, 0, sizeof asset);
    asset.io = pack->io;
    asset.base = pack->header_bytes;
    asset.stored_bytes = pack->tlv_offset + pack->tlv_bytes - pack->header_bytes;
    if (asset.stored_bytes > pack->total_bytes) return IMGB_ERR_INDEX; /* it ends before it starts */
    asset.crc32 = pack->index_crc32;
    r = imgb_asset_check(&asset, work, work_bytes);
    if (r != IMGB_OK) return r == IMGB_ERR_PAYLOAD ? IMGB_ERR_INDEX : r;
  }
  for (i = 0; (what & IMGB_CHECK_PAYLOADS) != 0 && i < pack->assets; i++) {
    r = imgb_at(pack, i, &asset);
    if (r == IMGB_OK) r = imgb_asset_check(&asset, work, work_bytes);
    if (r != IMGB_OK) return r;
  }
  return IMGB_OK;
}
