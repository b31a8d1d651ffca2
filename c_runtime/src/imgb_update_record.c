/* imgb_update_record.c - the records of an updated partition: an append-only log in two sectors.
 * SPDX-License-Identifier: MIT
 *
 * A record holds the whole state, so only the newest one counts, and the other sector may be erased at any
 * time. */
#include "imgb_update_priv.h"

#define CRC32_BLANK 0x652D544Cu /* of IMGB_RECORD_BYTES of FF */

int imgb_priv_record_find(imgb_slots_t *slots, const imgb_io_t *io, const imgb_partition_t *p,
                          uint32_t *record) {
  imgb_asset_t *area = &slots->area;
  uint32_t at, crc, newest = 0, best = 0, half = p->record_bytes;
  int r = IMGB_OK;
  area->io = *io;
  area->io.read_align += io->read_align == 0; /* both mean any */
  area->base = 0;
  area->stored_bytes = io->size;
  slots->partition = p;
  slots->record_at = 0;
  for (at = 0; at < 2u * half && r == IMGB_OK; at += IMGB_RECORD_BYTES) {
    r = imgb_read(area, p->record + at, record, IMGB_RECORD_BYTES);
    crc = imgb_priv_crc32(0, record, IMGB_RECORD_BYTES);
    imgb_priv_words(record, R_NUMBERS);
    if (crc == CRC32_BLANK) {
      at |= half - IMGB_RECORD_BYTES; /* so is the rest of the sector */
      continue;
    }
    if (crc == IMGB_CRC32_RESIDUE && record[R_SEQUENCE] > newest) {
      newest = record[R_SEQUENCE];
      best = at;
    }
    if (newest != 0 && ((at ^ best) & half) == 0)
      slots->record_at = at + IMGB_RECORD_BYTES; /* torn ones, too */
  }
  if (r == IMGB_OK) r = imgb_read(area, p->record + best, record, IMGB_RECORD_BYTES);
  imgb_priv_words(record, R_NUMBERS);
  if (newest == 0) memset(record, 0, IMGB_RECORD_BYTES);
  slots->slot = (uint8_t)imgb_record_slot(record);
  return r;
}

IMGB_RAMFUNC int imgb_priv_record_write(imgb_update_t *u) {
  const imgb_update_config_t *c = u->config;
  const imgb_partition_t *p = &c->partition;
  uint32_t at = u->slots.record_at & (2u * p->record_bytes - 1u), *w = u->page.words;
  int r = IMGB_OK;
  u->slots.record_at = at + IMGB_RECORD_BYTES;
  u->record[R_SEQUENCE]++;
  memcpy(w, u->record, IMGB_RECORD_BYTES);
  imgb_priv_words(w, R_NUMBERS);
  w[R_CRC] = imgb_priv_crc32(0, w, IMGB_RECORD_BYTES - 4u);
  imgb_priv_words(w + R_CRC, 1);
  if ((at & (p->record_bytes - 1u)) == 0) r = c->erase(c->io.ctx, p->record + at, p->record_bytes);
  return r == IMGB_OK ? c->program(c->io.ctx, p->record + at, w, IMGB_RECORD_BYTES) : r;
}
