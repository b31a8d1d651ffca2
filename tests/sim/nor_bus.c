/* nor_bus.c - see nor_bus.h.  SPDX-License-Identifier: MIT */
#include "nor_bus.h"

#include <stdlib.h>

static int transfer(void *ctx, const imgb_nor_transfer_t *t) {
  nor_bus_t *bus = ctx;
  bus->transfers++;
  if (bus->transfers == bus->fail_at) return bus->fail_code;
  if (bus->has_window && bus->is_mapped) return NOR_BUS_UNMAPPED;
  return nor_chip_transfer(bus->chip, t->command, t->address, t->address_bytes, t->dummy_bytes, t->data,
                           t->length, t->is_sending);
}

static int wait(void *ctx, uint32_t polls) {
  nor_bus_t *bus = ctx;
  nor_chip_advance(bus->chip, bus->poll_us);
  return polls >= bus->polls_max;
}

static int set_mapped(void *ctx, int is_mapped) {
  nor_bus_t *bus = ctx;
  if (bus->is_mapped == is_mapped) return NOR_BUS_UNMAPPED;
  bus->is_mapped = (uint8_t)is_mapped;
  bus->mappings++;
  return 0;
}

nor_bus_t *nor_bus_new(nor_chip_t *chip, const uint32_t d[16], int has_window) {
  nor_bus_t *bus = calloc(1, sizeof *bus);
  imgb_nor_chip_t *c = &bus->nor.chip;
  c->mode_command = (uint8_t)d[0];
  c->unlock_command = (uint8_t)d[1];
  c->protect_mask = (uint8_t)d[2];
  c->page_bytes = (uint16_t)d[3];
  c->read = d[4];
  c->program = d[5];
  for (int i = 0; i < 4; i++) {
    c->erase[i] = d[6 + i];
    c->erase_bytes[i] = d[10 + i];
  }
  c->size = d[14];
  c->jedec_id = d[15];
  bus->nor.transfer = transfer;
  bus->nor.wait = wait;
  bus->nor.set_mapped = has_window ? set_mapped : NULL;
  bus->nor.ctx = bus;
  bus->chip = chip;
  bus->has_window = bus->is_mapped = has_window != 0;
  nor_bus_limit(bus, 10, 1000000);
  return bus;
}

void nor_bus_description(const nor_bus_t *bus, uint32_t d[16]) {
  const imgb_nor_chip_t *c = &bus->nor.chip;
  d[0] = c->mode_command;
  d[1] = c->unlock_command;
  d[2] = c->protect_mask;
  d[3] = c->page_bytes;
  d[4] = c->read;
  d[5] = c->program;
  for (int i = 0; i < 4; i++) {
    d[6 + i] = c->erase[i];
    d[10 + i] = c->erase_bytes[i];
  }
  d[14] = c->size;
  d[15] = c->jedec_id;
}

void nor_bus_free(nor_bus_t *bus) {
  free(bus);
}

void nor_bus_fail_at(nor_bus_t *bus, uint32_t number, int code) {
  bus->fail_at = number != 0 ? bus->transfers + number : 0;
  bus->fail_code = code;
}

void nor_bus_limit(nor_bus_t *bus, uint32_t poll_us, uint32_t polls_max) {
  bus->poll_us = poll_us;
  bus->polls_max = polls_max;
}

void nor_bus_state(const nor_bus_t *bus, uint32_t state[9]) {
  state[0] = bus->nor.jedec_id;
  state[1] = bus->nor.status;
  state[2] = bus->nor.failed_at;
  state[3] = bus->nor.region_offset;
  state[4] = bus->nor.region_bytes;
  state[5] = bus->transfers;
  state[6] = bus->mappings;
  state[7] = bus->nor.erase_times;
  state[8] = bus->nor.program_times;
}
