/* imgb.c - packs: open, look up, read, check.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#define HEADER_BYTES 64u
#define MARKER_BYTES 8u
#define COUNT_MAX 32767u

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

static uint8_t crc8(const uint8_t *p, uint32_t length) {
  static const uint8_t nibbles[16] = {0x00, 0x07, 0x0E, 0x09, 0x1C, 0x1B, 0x12, 0x15,
                                      0x38, 0x3F, 0x36, 0x31, 0x24, 0x23, 0x2A, 0x2D};
  unsigned crc = 0;
  while (length-- != 0) {
    crc ^= *p++;
    crc = ((crc << 4) & 0xFFu) ^ nibbles[crc >> 4];
    crc = ((crc << 4) & 0xFFu) ^ nibbles[crc >> 4];
  }
  return (uint8_t)crc;
}

/* --- reading ----------------------------------------------------------------------------------- */

int imgb_priv_near(const imgb_io_t *io, uint32_t offset, uint32_t length, uint32_t *words, const uint8_t **bytes) {
  uint32_t mask = IMGB_CFG_READ_ALIGN ? io->read_align - 1u : 0;
  uint32_t skip = offset & mask;
  if (!imgb_priv_fits(offset, length, io->size)) return IMGB_ERR_RANGE;
  *bytes = (const uint8_t *)words + skip;
  return io->read(io->ctx, offset - skip, words, (skip + length + mask) & ~mask);
}

int imgb_priv_payload_near(const imgb_asset_t *asset, uint32_t offset, uint32_t length, uint32_t *words,
                           const uint8_t **bytes) {
  if (!imgb_priv_fits(offset, length, asset->stored_bytes)) return IMGB_ERR_FORMAT;
  return imgb_priv_near(&asset->io, asset->base + offset, length, words, bytes);
}

#if IMGB_CFG_READ_ALIGN
/* Words of the flash that the buffer takes whole are read straight into it, shifted down where the buffer
 * itself is not aligned; the words at the ends come through one word on the stack. */
static int read_aligned(const imgb_io_t *io, uint32_t offset, uint8_t *to, uint32_t length) {
  uint32_t align = io->read_align;
  uint32_t mask = align - 1u;
  while (length != 0) {
    uint32_t skip = offset & mask;
    uint32_t pad = (0u - (uint32_t)(uintptr_t)to) & mask;
    uint32_t n;
    int r;
    if (skip == 0 && length >= pad + align) {
      n = (length - pad) & ~mask;
      r = io->read(io->ctx, offset, to + pad, n);
      if (r == 0 && pad != 0) memmove(to, to + pad, n);
    } else {
      uint32_t word;
      n = align - skip;
      if (n > length) n = length;
      r = io->read(io->ctx, offset - skip, &word, align);
      if (r == 0) memcpy(to, (const uint8_t *)&word + skip, n);
    }
    if (r != 0) return r;
    to += n;
    offset += n;
    length -= n;
  }
  return IMGB_OK;
}
#endif

int imgb_read(const imgb_asset_t *asset, uint32_t offset, void *buffer, uint32_t length) {
  const imgb_io_t *io = &asset->io;
  if (!imgb_priv_fits(offset, length, asset->stored_bytes)) return IMGB_ERR_RANGE;
  if (length == 0) return IMGB_OK;
  offset += asset->base;
#if IMGB_CFG_READ_ALIGN
  if (io->read_align > 1u) return read_aligned(io, offset, (uint8_t *)buffer, length);
#endif
  return io->read(io->ctx, offset, buffer, length);
}

const void *imgb_map(const imgb_asset_t *asset, uint32_t offset, uint32_t length) {
  if (asset->io.map == NULL || !imgb_priv_fits(offset, length, asset->stored_bytes)) return NULL;
  return asset->io.map(asset->io.ctx, asset->base + offset, length);
}

/* --- opening ----------------------------------------------------------------------------------- */

static int is_erased(const uint8_t *p, uint32_t length) {
  while (length != 0 && *p == 0xFFu) {
    p++;
    length--;
  }
  return length == 0;
}

static int header_is_sane(const imgb_pack_t *pack) {
  uint32_t end = pack->total_bytes - MARKER_BYTES;
  return ((pack->total_bytes | pack->header_bytes | pack->index_offset | pack->tlv_offset | pack->tlv_bytes) & 3u) == 0 &&
         pack->header_bytes >= HEADER_BYTES && pack->assets <= COUNT_MAX && pack->buckets <= COUNT_MAX &&
         (pack->assets == 0 || pack->buckets != 0) &&
         imgb_priv_fits(pack->header_bytes, 2u * (uint32_t)pack->buckets, end) &&
         imgb_priv_fits(pack->index_offset, IMGB_ENTRY_BYTES * (uint32_t)pack->assets, end) &&
         imgb_priv_fits(pack->names_offset, pack->names_bytes, end) &&
         imgb_priv_fits(pack->tlv_offset, pack->tlv_bytes, end) && pack->tlv_offset >= pack->header_bytes;
}

static int open_pack(imgb_pack_t *pack, uint32_t pack_id) {
  uint32_t words[HEADER_BYTES / 4u];
  const uint8_t *h;
  uint32_t crc;
  int r = imgb_priv_near(&pack->io, 0, HEADER_BYTES, words, &h);
  if (r != IMGB_OK) return r;
  if (imgb_priv_le32(h) != 0x42474D49u) return is_erased(h, HEADER_BYTES) ? IMGB_ERR_ERASED : IMGB_ERR_MAGIC;
  if (h[5] > IMGB_FORMAT_MAJOR) return IMGB_ERR_VERSION;
  crc = imgb_priv_le32(h + 0x3C);
  if (crc != imgb_priv_crc32(0, h, 0x3C)) return IMGB_ERR_HEADER;
  pack->header_bytes = imgb_priv_le16(h + 0x06);
  pack->total_bytes = imgb_priv_le32(h + 0x08);
  pack->content_version = imgb_priv_le32(h + 0x0C);
  pack->pack_id = imgb_priv_le32(h + 0x10);
  pack->contract_hash = imgb_priv_le32(h + 0x14);
  pack->index_offset = imgb_priv_le32(h + 0x18);
  pack->assets = imgb_priv_le16(h + 0x1C);
  pack->buckets = imgb_priv_le16(h + 0x1E);
  pack->names_offset = imgb_priv_le32(h + 0x20);
  pack->names_bytes = imgb_priv_le32(h + 0x24);
  pack->index_crc32 = imgb_priv_le32(h + 0x28);
  pack->tlv_offset = imgb_priv_le32(h + 0x2C);
  pack->tlv_bytes = imgb_priv_le32(h + 0x30);
  pack->max_strip_bytes = imgb_priv_le32(h + 0x38);
  if (pack->total_bytes < HEADER_BYTES + MARKER_BYTES) return IMGB_ERR_HEADER;
  if (pack->total_bytes > pack->io.size) return IMGB_ERR_TRUNCATED;
  if (!header_is_sane(pack)) return IMGB_ERR_HEADER;
  if (pack_id != 0 && pack_id != pack->pack_id) return IMGB_ERR_PRODUCT;
  r = imgb_priv_near(&pack->io, pack->total_bytes - MARKER_BYTES, MARKER_BYTES, words, &h);
  if (r != IMGB_OK) return r;
  return imgb_priv_le32(h) == crc && imgb_priv_le32(h + 4) == 0x444E4549u ? IMGB_OK : IMGB_ERR_TORN;
}

int imgb_open(imgb_pack_t *pack, const imgb_io_t *io, uint32_t pack_id) {
  uint32_t align;
  int r;
  if (pack == NULL || io == NULL || io->read == NULL) return IMGB_ERR_ARGUMENT;
  memset(pack, 0, sizeof *pack);
  pack->io = *io;
  align = io->read_align;
  if (align == 0) pack->io.read_align = align = 1;
  if (align > IMGB_READ_ALIGN_MAX || (align & (align - 1u)) != 0 || (io->size & (align - 1u)) != 0) {
    return IMGB_ERR_ARGUMENT;
  }
  if (align > 1u && !IMGB_CFG_READ_ALIGN) return IMGB_ERR_UNSUPPORTED;
  if (io->size < HEADER_BYTES + MARKER_BYTES) return IMGB_ERR_TRUNCATED;
  r = open_pack(pack, pack_id);
  if (r != IMGB_OK) pack->assets = 0; /* a pack that did not open finds nothing */
  return r;
}

int imgb_require(const imgb_pack_t *pack, uint32_t contract_hash) {
  return pack->contract_hash == contract_hash ? IMGB_OK : IMGB_ERR_CONTRACT;
}

/* --- looking up -------------------------------------------------------------------------------- */

int imgb_priv_entry(const uint8_t *e, imgb_asset_t *asset) {
  if (crc8(e, IMGB_ENTRY_BYTES - 1u) != e[0x1F]) return IMGB_ERR_ENTRY;
  asset->key = imgb_priv_le32(e);
  asset->base = imgb_priv_le32(e + 0x04);
  asset->stored_bytes = imgb_priv_le32(e + 0x08);
  asset->crc32 = imgb_priv_le32(e + 0x0C);
  asset->name_offset = imgb_priv_le32(e + 0x10) & 0xFFFFFFu;
  asset->name_bytes = e[0x13];
  asset->kind = e[0x14];
  asset->flags = e[0x15];
  asset->next_variant = imgb_priv_le16(e + 0x16);
  asset->width = imgb_priv_le16(e + 0x18);
  asset->height = imgb_priv_le16(e + 0x1A);
  asset->pixel_format = e[0x1C];
  asset->codec = e[0x1D];
  asset->variant = e[0x1E];
  return IMGB_OK;
}

static int empty(imgb_asset_t *asset, int result) {
  memset(asset, 0, sizeof *asset);
  return result;
}

int imgb_at(const imgb_pack_t *pack, uint32_t ordinal, imgb_asset_t *asset) {
  uint32_t words[IMGB_ENTRY_BYTES / 4u];
  const uint8_t *entry;
  int r;
  if (ordinal >= pack->assets) return empty(asset, IMGB_ERR_NOT_FOUND);
  r = imgb_priv_near(&pack->io, pack->index_offset + ordinal * IMGB_ENTRY_BYTES, IMGB_ENTRY_BYTES, words, &entry);
  if (r == IMGB_OK) r = imgb_priv_entry(entry, asset);
  if (r != IMGB_OK) return empty(asset, r);
  if ((asset->base & 3u) != 0 || asset->name_bytes - 1u >= IMGB_NAME_MAX ||
      !imgb_priv_fits(asset->base, asset->stored_bytes, pack->total_bytes - MARKER_BYTES) ||
      !imgb_priv_fits(asset->name_offset, asset->name_bytes, pack->names_bytes)) {
    return empty(asset, IMGB_ERR_ENTRY);
  }
  asset->name_offset += pack->names_offset;
  asset->io = pack->io;
  return IMGB_OK;
}

static uint32_t mix(uint32_t key, uint32_t seed) {
  uint32_t h = key ^ (seed * 0x9E3779B1u);
  h ^= h >> 15;
  h *= 0x2C1B3C6Du;
  return h ^ (h >> 13);
}

static uint32_t fold(uint32_t h, uint32_t n) { return ((h >> 15) * n) >> 17; }

int imgb_get(const imgb_pack_t *pack, uint32_t key, imgb_asset_t *asset) {
  uint32_t words[2];
  const uint8_t *p;
  uint32_t slot;
  int r;
  if (pack->assets == 0) return empty(asset, IMGB_ERR_NOT_FOUND);
  r = imgb_priv_near(&pack->io, pack->header_bytes + 2u * fold(mix(key, 0xFFFFu), pack->buckets), 2, words, &p);
  if (r != IMGB_OK) return empty(asset, r);
  slot = imgb_priv_le16(p);
  slot = slot >= 0x8000u ? slot & 0x7FFFu : fold(mix(key, slot), pack->assets);
  r = imgb_at(pack, slot, asset);
  if (r == IMGB_OK && asset->key != key) r = empty(asset, IMGB_ERR_NOT_FOUND);
  return r;
}

int imgb_find(const imgb_pack_t *pack, const char *name, imgb_asset_t *asset) {
  uint32_t words[(IMGB_NAME_MAX + 8u) / 4u];
  const uint8_t *stored;
  uint32_t length = 0;
  int r;
  while (name[length] != '\0') {
    if (++length > IMGB_NAME_MAX) return empty(asset, IMGB_ERR_NOT_FOUND);
  }
  r = imgb_get(pack, imgb_priv_crc32(0, name, length), asset);
  if (r != IMGB_OK) return r;
  if (asset->name_bytes != length) return empty(asset, IMGB_ERR_NOT_FOUND);
  r = imgb_priv_near(&pack->io, asset->name_offset, length, words, &stored);
  if (r == IMGB_OK && memcmp(stored, name, length) != 0) r = IMGB_ERR_NOT_FOUND;
  return r == IMGB_OK ? r : empty(asset, r);
}

int imgb_name(const imgb_asset_t *asset, char *buffer, uint32_t buffer_bytes) {
  uint32_t words[(IMGB_NAME_MAX + 8u) / 4u];
  const uint8_t *stored;
  uint32_t length = asset->name_bytes;
  int r;
  if (length == 0) return IMGB_ERR_NOT_FOUND;
  if (buffer_bytes <= length) return IMGB_ERR_BUFFER;
  r = imgb_priv_near(&asset->io, asset->name_offset, length, words, &stored);
  if (r != IMGB_OK) return r;
  memcpy(buffer, stored, length);
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
  if (pack->header_bytes == 0) return IMGB_ERR_ARGUMENT;
  if ((what & IMGB_CHECK_INDEX) != 0) { /* the index is checked as if it were a payload */
    memset(&asset, 0, sizeof asset);
    asset.io = pack->io;
    asset.base = pack->header_bytes;
    asset.stored_bytes = pack->tlv_offset + pack->tlv_bytes - pack->header_bytes;
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
