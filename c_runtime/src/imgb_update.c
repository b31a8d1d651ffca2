/* imgb_update.c - a package into a partition.  SPDX-License-Identifier: MIT */
#include "imgb_update_priv.h"

#define FORMAT_MAJOR 1u
#define SIGNED_BYTES 160u
#define SIGNATURE_BYTES 64u
#define BLOCK_BYTES 40u
#define BLOCK_IS_LZ4 0x80000000u
#define PROGRESS_BLOCKS 16u /* slots: blocks from one record to the next, a power of two */

/* Words of the header.  UPDATE-FORMAT.md section 1. */
enum {
  H_READER = 1,
  H_PACKAGE, /* 4 words, as in imgb_update_t */
  H_VERSION = 5,
  H_IDS,
  H_SECTOR_BYTES = 9,
  H_WAY,
  H_BASE_BYTES,
  H_IMAGE = 14, /* digests */
  H_FIRST = 22,
  H_BASE = 30,
  H_CRC = 39
};
#define H_IMAGE_BYTES 4

/* Words of a block. */
enum { B_OFFSET, B_STORED, B_NEXT };

/* What comes next in the package. */
enum { PIECE_HEADER, PIECE_BLOCK, PIECE_DATA, PIECE_END };

static inline int is_running(const imgb_update_t *u) {
  return imgb_record_is_running(u->record);
}

static inline int is_in_place(const imgb_update_t *u) {
  return u->config->partition.scratch_sectors != 0;
}

/* In place both slots are one. */
static uint32_t target_of(const imgb_update_t *u) {
  return u->config->partition.slot[u->source ^ 1u];
}

/* In place: where block n is collected. */
static uint32_t scratch_of(const imgb_update_t *u, uint32_t n) {
  const imgb_partition_t *p = &u->config->partition;
  return p->scratch + (n & (p->scratch_sectors - 1u)) * p->sector_bytes;
}

/* Bytes of the image in the sector at an offset. */
static uint32_t bytes_at(const imgb_update_t *u, uint32_t offset) {
  uint32_t bytes = u->config->partition.sector_bytes, left = u->package.image_bytes - offset;
  return left < bytes ? left : bytes;
}

/* Compares bytes of the partition with their digest. */
static int check(imgb_update_t *u, uint32_t offset, uint32_t bytes, const void *expected, int error) {
  uint32_t n;
  int r;
  imgb_priv_sha256_begin(&u->sha);
  for (; bytes != 0; bytes -= n, offset += n) {
    n = bytes < IMGB_PAGE_BYTES ? bytes : IMGB_PAGE_BYTES;
    r = imgb_read(&u->slots.area, offset, u->page.words, n);
    if (r != IMGB_OK) return r;
    imgb_priv_sha256_add(&u->sha, u->page.words, n);
  }
  return imgb_priv_sha256_is(&u->sha, expected) ? IMGB_OK : error;
}

IMGB_RAMFUNC static int erase_sector(const imgb_update_t *u, uint32_t offset) {
  return u->config->erase(u->config->io.ctx, offset, u->config->partition.sector_bytes);
}

IMGB_RAMFUNC IMGB_NOINLINE static int copy_sector(imgb_update_t *u, uint32_t from, uint32_t to,
                                                  uint32_t bytes) {
  int r = erase_sector(u, to);
  return r == IMGB_OK ? imgb_priv_copy(u, from, to, bytes) : r;
}

IMGB_RAMFUNC IMGB_NOINLINE static int note(imgb_update_t *u, uint32_t running) {
  u->record[R_STATE] = running | u->source;
  return imgb_priv_record_write(u);
}

/* --- sectors ------------------------------------------------------------------------------------ */

/* In place: the sector that was noted last, from scratch to where it belongs.  Bytes that go bad meanwhile
 * show in the image's digest. */
IMGB_RAMFUNC static int settle_sector(imgb_update_t *u) {
  return copy_sector(u, scratch_of(u, u->record[R_BLOCK] - 1u), target_of(u) + u->record[R_OFFSET],
                     u->config->partition.sector_bytes);
}

/* Slots: the sectors between the last one and `end`, which the package lacks, are as in the other slot. */
IMGB_RAMFUNC static int copy_up_to(imgb_update_t *u, uint32_t end) {
  uint32_t step = u->config->partition.sector_bytes, at = u->record[R_OFFSET];
  int r = IMGB_OK;
  while (r == IMGB_OK && (at += step) < end) {
    r = copy_sector(u, u->config->partition.slot[u->source] + at, target_of(u) + at, bytes_at(u, at));
  }
  return r;
}

/* The sectors rise; the first one, which has the pack's header, comes as the last. */
IMGB_RAMFUNC static int begin_block(imgb_update_t *u) {
  uint32_t offset, end, bytes, n = u->record[R_BLOCK];
  int r = IMGB_OK;
  imgb_priv_words(u->head, B_NEXT);
  end = offset = u->head[B_OFFSET];
  u->need = u->head[B_STORED] & ~BLOCK_IS_LZ4;
  if (n + 1u == u->package.blocks) {
    end = u->package.image_bytes;
    if (offset != 0) return IMGB_UPDATE_ERR_DAMAGED;
  } else if (offset <= u->record[R_OFFSET]) {
    return IMGB_UPDATE_ERR_DAMAGED;
  }
  bytes = bytes_at(u, offset);
  if ((offset & (u->config->partition.sector_bytes - 1u)) != 0 || offset >= u->package.image_bytes ||
      u->need - 1u >= bytes) {
    return IMGB_UPDATE_ERR_DAMAGED;
  }
  if (is_in_place(u)) {
    u->out = scratch_of(u, n);
  } else {
    r = copy_up_to(u, end);
    u->out = target_of(u) + offset;
  }
  u->out_bytes = bytes;
  u->out_at = u->state = 0;
  return r == IMGB_OK ? erase_sector(u, u->out) : r;
}

/* A sector is in its slot, or in scratch, as the package has it. */
IMGB_RAMFUNC static int end_block(imgb_update_t *u) {
  int r = imgb_priv_sha256_is(&u->sha, u->record + R_NEXT) ? imgb_priv_put_end(u) : IMGB_UPDATE_ERR_DAMAGED;
  if (r != IMGB_OK) return r;
  memcpy(u->record + R_NEXT, u->head + B_NEXT, IMGB_DIGEST_BYTES);
  u->record[R_OFFSET] = u->head[B_OFFSET];
  u->record[R_BLOCK]++;
  u->record[R_AT] = u->at;
  if (is_in_place(u) || (u->record[R_BLOCK] & (PROGRESS_BLOCKS - 1u)) == 0) r = note(u, RECORD_IS_RUNNING);
  return r == IMGB_OK && is_in_place(u) ? settle_sector(u) : r;
}

/* --- the header --------------------------------------------------------------------------------- */

/* Whether the package is for this device; h: the header's words as numbers. */
IMGB_NOINLINE static int check_target(const imgb_update_t *u, const uint32_t *h) {
  const imgb_update_config_t *c = u->config;
  const imgb_partition_t *p = &c->partition;
  int i;
  if ((h[H_READER] >> 8 & 0xFFu) > FORMAT_MAJOR) return IMGB_UPDATE_ERR_FORMAT;
  for (i = 0; i < 3; i++) {
    if (h[H_IDS + i] != 0 && c->ids[i] != 0 && h[H_IDS + i] != c->ids[i]) return IMGB_UPDATE_ERR_PRODUCT - i;
  }
  if (h[H_SECTOR_BYTES] != p->sector_bytes || h[H_WAY] == 2u - (uint32_t)is_in_place(u)) {
    return IMGB_UPDATE_ERR_GEOMETRY;
  }
  if (h[H_IMAGE_BYTES] - 1u >= p->slot_bytes || h[H_BASE_BYTES] > p->slot_bytes) return IMGB_UPDATE_ERR_SIZE;
  if (c->is_forced) return IMGB_OK;
  if (h[H_VERSION] < u->record[R_VERSION]) return IMGB_UPDATE_ERR_DOWNGRADE;
  return is_running(u) || memcmp(u->record + R_IMAGE, h + H_IMAGE, IMGB_DIGEST_BYTES) != 0
             ? IMGB_OK
             : IMGB_UPDATE_ERR_SAME;
}

/* Whether the image here is the package's base; h, which is the page, is lost. */
static int check_base(imgb_update_t *u, const uint32_t *h) {
  uint32_t bytes = h[H_BASE_BYTES];
  if (bytes == 0) return IMGB_OK;
  memcpy(u->head, h + H_BASE, IMGB_DIGEST_BYTES); /* not in use yet */
  return check(u, u->config->partition.slot[u->source], bytes, u->head, IMGB_UPDATE_ERR_BASE);
}

/* The header is there, as it came.  The first byte that is written is written here. */
IMGB_RAMFUNC static int accept(imgb_update_t *u) {
  const imgb_update_config_t *c = u->config;
  const uint8_t *raw = (const uint8_t *)u->page.words;
  uint32_t *h = u->page.words;
  int r, goes_on;
  if (imgb_priv_crc32(0, h, SIGNED_BYTES) != IMGB_CRC32_RESIDUE) return IMGB_UPDATE_ERR_DAMAGED;
  if (c->verify != NULL &&
      c->verify(c->verify_ctx, raw, SIGNED_BYTES, raw + SIGNED_BYTES, SIGNATURE_BYTES) != 0) {
    return IMGB_UPDATE_ERR_SIGNATURE;
  }
  imgb_priv_words(h, H_IMAGE);
  r = check_target(u, h);
  if (r != IMGB_OK) return r;
  memcpy(&u->package, h + H_PACKAGE, sizeof u->package);
  goes_on = is_running(u) && u->record[R_PACKAGE] == h[H_CRC];
  if (!goes_on || u->record[R_BLOCK] == 0) {                          /* from its first block on */
    memcpy(u->record + R_IMAGE, h + H_IMAGE, 2u * IMGB_DIGEST_BYTES); /* and R_NEXT */
    u->record[R_PACKAGE] = h[H_CRC];
    u->record[R_BLOCK] = u->record[R_OFFSET] = 0;
    u->record[R_AT] = u->at;
    if (!goes_on) r = check_base(u, h);
    if (r == IMGB_OK) r = note(u, RECORD_IS_RUNNING);
    if (r == IMGB_OK) r = erase_sector(u, target_of(u)); /* what is half written has no header */
  }
  u->at = u->record[R_AT];
  return r;
}

/* --- pieces of the stream ----------------------------------------------------------------------- */

/* After the header, after a block. */
static int next_block(imgb_update_t *u) {
  imgb_priv_sha256_begin(&u->sha);
  u->need = BLOCK_BYTES;
  u->piece = PIECE_BLOCK;
  if (u->record[R_BLOCK] < u->package.blocks) return IMGB_OK;
  u->piece = PIECE_END;
  return u->at == u->package.package_bytes ? IMGB_OK : IMGB_UPDATE_ERR_DAMAGED;
}

/* A piece is whole. */
IMGB_RAMFUNC static int end_piece(imgb_update_t *u) {
  int r;
  if (u->piece == PIECE_BLOCK) {
    u->piece = PIECE_DATA;
    return begin_block(u);
  }
  r = u->piece == PIECE_DATA ? end_block(u) : accept(u);
  return r == IMGB_OK ? next_block(u) : r;
}

/* n bytes of a piece, no more than it needs. */
IMGB_RAMFUNC static int take(imgb_update_t *u, const uint8_t *bytes, uint32_t n) {
  uint8_t *to = (uint8_t *)u->page.words + u->at;
  u->at += n;
  u->need -= n;
  if (u->piece >= PIECE_BLOCK) imgb_priv_sha256_add(&u->sha, bytes, n);
  if (u->piece == PIECE_DATA) {
    return (u->head[B_STORED] & BLOCK_IS_LZ4) != 0 ? imgb_priv_put_lz4(u, bytes, n)
                                                   : imgb_priv_put(u, bytes, n);
  }
  if (u->piece == PIECE_BLOCK) to = (uint8_t *)u->head + (BLOCK_BYTES - n - u->need);
  memcpy(to, bytes, n);
  return IMGB_OK;
}

IMGB_RAMFUNC int imgb_update_feed(imgb_update_t *u, uint32_t offset, const void *data, uint32_t length) {
  const uint8_t *bytes = (const uint8_t *)data;
  while (u->result == IMGB_OK && u->piece != PIECE_END) {
    uint32_t skip = u->at - offset, n;
    if (offset > u->at) return IMGB_UPDATE_ERR_GAP;
    if (skip >= length) break;
    n = length - skip;
    if (n > u->need) n = u->need;
    u->result = take(u, bytes + skip, n);
    if (u->result == IMGB_OK && u->need == 0) u->result = end_piece(u);
  }
  return u->result;
}

/* --- begin and finish --------------------------------------------------------------------------- */

/* Which slot has the image that is to be kept; without a record its version comes from the pack. */
static void choose_source(imgb_update_t *u) {
  if (imgb_priv_slots_choose(&u->page.pack, &u->slots, u->config->ids[0]) == IMGB_OK &&
      (u->slots.slot != u->source || u->record[R_SEQUENCE] == 0)) {
    memset(u->record + R_STATE, 0, sizeof u->record - R_STATE * sizeof *u->record);
    u->record[R_VERSION] = u->page.pack.content_version;
    u->source = u->slots.slot;
  }
}

IMGB_RAMFUNC int imgb_update_begin(imgb_update_t *u, const imgb_update_config_t *config) {
  memset(u, 0, sizeof *u);
  u->config = config;
  u->need = SIGNED_BYTES + SIGNATURE_BYTES;
  u->result = imgb_priv_record_find(&u->slots, &config->io, &config->partition, u->record);
  u->source = u->slots.slot;
  if (u->result != IMGB_OK) return u->result;
  if (is_in_place(u) && is_running(u)) {
    if (u->record[R_BLOCK] != 0) u->result = settle_sector(u);
  } else if (!config->is_opaque) {
    choose_source(u);
  }
  return u->result;
}

IMGB_RAMFUNC int imgb_update_finish(imgb_update_t *u) {
  int r = u->result;
  if (r != IMGB_OK) return r;
  if (u->piece != PIECE_END) return IMGB_UPDATE_ERR_INCOMPLETE;
  r = check(u, target_of(u), u->package.image_bytes, u->record + R_IMAGE, IMGB_UPDATE_ERR_RESULT);
  if (r == IMGB_OK) {
    u->source ^= 1u;
    u->record[R_VERSION] = u->package.content_version;
    return note(u, 0);
  }
  u->record[R_BLOCK] = 0; /* the package is wanted again from its first block on */
  (void)note(u, RECORD_IS_RUNNING);
  return r;
}
