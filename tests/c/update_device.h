/* update_device.h - a device with an updated partition on the strict chip.  SPDX-License-Identifier: MIT
 *
 * On the model "mixed" the partition may lie across the place where the erase block changes: two drivers then
 * share the chip, as imgb_nor.h advises, behind one set of callbacks. */
#ifndef UPDATE_DEVICE_H
#define UPDATE_DEVICE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imgb_update.h"
#include "nor_bus.h"
#include "update_bytes.h"

#ifndef CHIP_BYTES
#define CHIP_BYTES 0x100000u
#endif
#define MIXED_EDGE 0x20000u /* of the model "mixed": 4 KiB sectors before, 64 KiB behind */

typedef struct device {
  nor_chip_t *chip;
  nor_bus_t *part[2]; /* the second NULL: one driver is enough */
  uint32_t edge;      /* the chip's address where the second one begins */
  uint32_t offset, bytes;
  imgb_update_config_t config;
  imgb_update_t update;
} device_t;

static nor_bus_t *driver_of(device_t *d, uint32_t address) {
  return d->part[1] != NULL && address >= d->edge ? d->part[1] : d->part[0];
}

/* Bytes from address on that one driver serves. */
static uint32_t piece_of(const device_t *d, uint32_t address, uint32_t length) {
  uint32_t room = d->edge - address;
  return d->part[1] != NULL && address < d->edge && length > room ? room : length;
}

static int device_read(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  device_t *d = ctx;
  uint8_t *to = buffer;
  uint32_t n, at = d->offset + offset;
  int r = 0;
  for (; length != 0 && r == 0; length -= n, at += n, to += n) {
    n = piece_of(d, at, length);
    r = imgb_nor_read(&driver_of(d, at)->nor, at, to, n);
  }
  return r;
}

static int device_erase(void *ctx, uint32_t offset, uint32_t length) {
  device_t *d = ctx;
  uint32_t n, at = d->offset + offset;
  int r = 0;
  for (; length != 0 && r == 0; length -= n, at += n) {
    n = piece_of(d, at, length);
    r = imgb_nor_erase(&driver_of(d, at)->nor, at, n);
  }
  return r;
}

static int device_program(void *ctx, uint32_t offset, const void *data, uint32_t length) {
  device_t *d = ctx;
  if (offset % 128u != 0 || length % 128u != 0 || length > 256u) { /* what imgb_update.h promises */
    fprintf(stderr, "%u bytes programmed at %u\n", length, offset);
    exit(3);
  }
  return imgb_nor_program(&driver_of(d, d->offset + offset)->nor, d->offset + offset, data, length);
}

static nor_bus_t *make_driver(nor_chip_t *chip, uint32_t command, uint32_t sector) {
  const nor_model_t *model = nor_chip_model(chip);
  uint32_t description[16] = {0, 0, 0, 256, IMGB_NOR_OP(0x03, 3, 0), IMGB_NOR_OP(0x02, 3, 0)};
  description[6] = IMGB_NOR_OP(command, 3, 0);
  description[10] = sector;
  description[14] = nor_chip_size(chip);
  description[15] = model->jedec_id;
  return nor_bus_new(chip, description, 0);
}

/* Power comes: the drivers start.  0 or a code. */
static int device_start(device_t *d) {
  uint32_t end = d->offset + d->bytes, first = d->part[1] != NULL ? d->edge : end;
  int r = imgb_nor_start(&d->part[0]->nor, d->offset, first - d->offset);
  if (r == 0 && d->part[1] != NULL) r = imgb_nor_start(&d->part[1]->nor, first, end - first);
  return r;
}

/* A partition at offset of a new chip; sector: its erase unit. */
static void device_make(device_t *d, const char *model, uint32_t offset, uint32_t bytes, uint32_t sector,
                        int is_in_place) {
  const imgb_partition_t slots = IMGB_PARTITION_SLOTS(bytes, sector);
  const imgb_partition_t in_place = IMGB_PARTITION_IN_PLACE(bytes, sector, 4);
  int is_mixed = strcmp(model, "mixed") == 0;
  memset(d, 0, sizeof *d);
  d->chip = nor_chip_new(model, CHIP_BYTES, 7);
  d->offset = offset;
  d->bytes = bytes;
  d->edge = MIXED_EDGE;
  if (is_mixed) {
    d->part[0] = make_driver(d->chip, 0x20, 0x1000);
    d->part[1] = make_driver(d->chip, 0xD8, 0x10000);
  } else {
    d->part[0] = make_driver(d->chip, sector == 0x1000u ? 0x20 : 0xD8, sector);
  }
  d->config.io.read = device_read;
  d->config.io.ctx = d;
  d->config.io.size = bytes;
  d->config.erase = device_erase;
  d->config.program = device_program;
  d->config.partition = is_in_place ? in_place : slots;
}

static void device_free(device_t *d) {
  nor_bus_free(d->part[0]);
  if (d->part[1] != NULL) nor_bus_free(d->part[1]);
  nor_chip_free(d->chip);
}

/* Feeds a package in pieces of changing sizes up to `most`, ranges as wanted, and finishes. */
static int device_update(device_t *d, const uint8_t *package, uint32_t bytes, uint32_t most) {
  uint32_t n, at, random = 12345;
  int r = imgb_update_begin(&d->update, &d->config);
  while (r == IMGB_OK && !imgb_update_is_complete(&d->update)) {
    at = imgb_update_wanted(&d->update);
    if (at >= bytes) break;
    random = random * 1664525u + 1013904223u;
    n = 1u + (random >> 8) % most;
    if (n > bytes - at) n = bytes - at;
    r = imgb_update_feed(&d->update, at, package + at, n);
  }
  return r == IMGB_OK ? imgb_update_finish(&d->update) : r;
}

/* What a reader opens: the slot's cells, NULL where nothing opens (*result says why). */
static const uint8_t *device_image(device_t *d, int *result) {
  imgb_slots_t slots;
  imgb_pack_t pack;
  *result = imgb_slots_open(&pack, &slots, &d->config.io, &d->config.partition, d->config.ids[0]);
  if (*result != IMGB_OK) return NULL;
  if (imgb_slots_unchanged(&pack) != IMGB_OK) exit(4);
  return nor_chip_cells(d->chip) + d->offset + d->config.partition.slot[slots.slot];
}

#endif
