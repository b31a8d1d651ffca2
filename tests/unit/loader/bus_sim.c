/* bus_sim.c - bus functions that end at the strict chip directly.  SPDX-License-Identifier: MIT */
#include "fake_registers.h"
#include "imgb_external.h"

static nor_chip_t *chip;
static int start_code;

void fake_power_up(nor_chip_t *of) {
  chip = of;
  start_code = 0;
  fake_clear_log();
}

void fake_break(int what) {
  start_code = -1000 - what;
}

static int transfer(void *ctx, const imgb_nor_transfer_t *t) {
  (void)ctx;
  return nor_chip_transfer(chip, t->command, t->address, t->address_bytes, t->dummy_bytes, t->data, t->length,
                           t->is_sending);
}

static int wait(void *ctx, uint32_t polls) {
  (void)ctx;
  nor_chip_advance(chip, 100);
  return polls >= 100000;
}

int imgb_external_bus_start(void) {
  return start_code;
}

void imgb_external_bus_attach(imgb_nor_t *nor) {
  nor->transfer = transfer;
  nor->wait = wait;
}
