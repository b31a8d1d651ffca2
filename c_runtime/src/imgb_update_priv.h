/* imgb_update_priv.h - shared by the files of updates.  SPDX-License-Identifier: MIT */
#ifndef IMGB_UPDATE_PRIV_H
#define IMGB_UPDATE_PRIV_H

#include "imgb_priv.h"
#include "imgb_update.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IMGB_DIGEST_BYTES 32u
#define IMGB_PAGE_BYTES 256u

/* Words of a record.  UPDATE-FORMAT.md section 3. */
#define IMGB_RECORD_BYTES 128u
enum {
  R_SEQUENCE,
  R_STATE, /* slot, is running << 8 */
  R_VERSION,
  R_OFFSET, /* in the image, of the last sector noted */
  R_BLOCK,
  R_AT,        /* in the package */
  R_PACKAGE,   /* CRC-32 of its header */
  R_IMAGE = 8, /* digest */
  R_NEXT = 16, /* digest */
  R_CRC = 31
};
#define R_NUMBERS 8u
#define RECORD_IS_RUNNING 0x100u

static inline uint32_t imgb_record_slot(const uint32_t *record) {
  return record[R_STATE] & 1u;
}
static inline int imgb_record_is_running(const uint32_t *record) {
  return (record[R_STATE] & RECORD_IS_RUNNING) != 0;
}

/* CRC-32 of anything with its own CRC-32 behind it. */
#define IMGB_CRC32_RESIDUE 0x2144DF1Cu

/* The newest record that is sound; all 0 if there is none.  Fills *slots. */
int imgb_priv_record_find(imgb_slots_t *slots, const imgb_io_t *io, const imgb_partition_t *p,
                          uint32_t *record);

/* Writes update->record as the newest; update->page is lost. */
int imgb_priv_record_write(imgb_update_t *update);

/* Opens the pack in slots->slot, or if none opens there (slots, not in place) that in the other one. */
int imgb_priv_slots_choose(imgb_pack_t *pack, imgb_slots_t *slots, uint32_t pack_id);

/* SHA-256 (FIPS 180-4) of what is added, at most 2^29 bytes; whether it is the one expected. */
void imgb_priv_sha256_begin(imgb_sha256_t *sha);
void imgb_priv_sha256_add(imgb_sha256_t *sha, const void *bytes, uint32_t length);
int imgb_priv_sha256_is(imgb_sha256_t *sha, const void *expected);

/* What a block becomes: bytes for the sector at update->out. */
int imgb_priv_put(imgb_update_t *update, const uint8_t *bytes, uint32_t length);
int imgb_priv_put_lz4(imgb_update_t *update, const uint8_t *bytes, uint32_t length);
int imgb_priv_put_end(imgb_update_t *update);

/* Copies bytes to erased flash through update->page. */
int imgb_priv_copy(imgb_update_t *update, uint32_t from, uint32_t to, uint32_t bytes);

#ifdef __cplusplus
}
#endif
#endif
