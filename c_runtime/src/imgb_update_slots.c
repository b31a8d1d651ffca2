/* imgb_update_slots.c - which image of an updated partition counts.  SPDX-License-Identifier: MIT */
#include "imgb_update_priv.h"

static int read_slot(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  const imgb_slots_t *slots = (const imgb_slots_t *)ctx;
  const imgb_io_t *io = &slots->area.io;
  return io->read(io->ctx, slots->partition->slot[slots->slot] + offset, buffer, length);
}

static const void *map_slot(void *ctx, uint32_t offset, uint32_t length) {
  const imgb_slots_t *slots = (const imgb_slots_t *)ctx;
  const imgb_io_t *io = &slots->area.io;
  return io->map == NULL ? NULL : io->map(io->ctx, slots->partition->slot[slots->slot] + offset, length);
}

static IMGB_NOINLINE int open_slot(imgb_pack_t *pack, imgb_slots_t *slots, uint32_t pack_id) {
  imgb_io_t *io = &pack->io; /* imgb_open copies it to where it is */
  io->read = read_slot;
  io->map = map_slot;
  io->ctx = slots;
  io->size = slots->partition->slot_bytes;
  io->read_align = slots->area.io.read_align;
  return imgb_open(pack, io, pack_id);
}

int imgb_priv_slots_choose(imgb_pack_t *pack, imgb_slots_t *slots, uint32_t pack_id) {
  int r = open_slot(pack, slots, pack_id);
  if (r != IMGB_OK && slots->partition->scratch_sectors == 0) {
    slots->slot ^= 1u;
    if (open_slot(pack, slots, pack_id) == IMGB_OK) return IMGB_OK;
    slots->slot ^= 1u;
  }
  return r;
}

static IMGB_NOINLINE int find_record(imgb_slots_t *slots, const imgb_io_t *io,
                                     const imgb_partition_t *partition) {
  uint32_t record[IMGB_RECORD_BYTES / 4u];
  int r = imgb_priv_record_find(slots, io, partition, record);
  if (r == IMGB_OK && partition->scratch_sectors != 0 && imgb_record_is_running(record)) {
    r = IMGB_UPDATE_ERR_UNFINISHED;
  }
  return r;
}

int imgb_slots_open(imgb_pack_t *pack, imgb_slots_t *slots, const imgb_io_t *io,
                    const imgb_partition_t *partition, uint32_t pack_id) {
  int r = find_record(slots, io, partition);
  if (r == IMGB_OK) return imgb_priv_slots_choose(pack, slots, pack_id);
  memset(pack, 0, sizeof *pack);
  return r;
}

/* What of the header stands in the pack: the index's CRC-32 covers every payload's. */
int imgb_slots_unchanged(const imgb_pack_t *pack) {
  uint32_t w[16];
  uint32_t crc;
  int r = imgb_priv_near(&pack->io, 0, w, sizeof w);
  if (r != IMGB_OK) return r;
  crc = imgb_priv_crc32(0, w, sizeof w - 4u);
  imgb_priv_words(w, 16);
  return w[15] == crc && w[2] == pack->total_bytes && w[3] == pack->content_version &&
                 w[4] == pack->pack_id && w[5] == pack->contract_hash && w[10] == pack->index_crc32
             ? IMGB_OK
             : IMGB_UPDATE_ERR_REPLACED;
}
