/* ota_flash_chip.c - the example's flash.h on the strict chip.  SPDX-License-Identifier: MIT
 *
 * The file keeps what survives without power.  A broken rule of the chip ends the program with code 8. */
#include "flash.h"
#include "imgb_update_nor.h"
#include "nor_bus.h"

#include <stdio.h>
#include <stdlib.h>

#define OFFSET 0x10000u
#define POWER_CUT 9

static nor_chip_t *chip;
static nor_bus_t *bus;
static const char *file_name;

static void keep(void) {
  uint32_t bytes = nor_chip_snapshot_bytes(chip);
  uint8_t *snapshot = malloc(bytes);
  FILE *file = fopen(file_name, "wb");
  nor_chip_save(chip, snapshot);
  if (file == NULL || fwrite(snapshot, 1, bytes, file) != bytes || fclose(file) != 0) _Exit(7);
  free(snapshot);
  if (nor_chip_violations(chip) != 0) {
    fprintf(stderr, "%s", nor_chip_log(chip));
    _Exit(8);
  }
}

static int program(void *ctx, uint32_t offset, const void *data, uint32_t length) {
  int r = imgb_update_nor_program(ctx, offset, data, length);
  if (nor_chip_is_off(chip)) exit(POWER_CUT);
  return r;
}

static int erase(void *ctx, uint32_t offset, uint32_t length) {
  int r = imgb_update_nor_erase(ctx, offset, length);
  if (nor_chip_is_off(chip)) exit(POWER_CUT);
  return r;
}

int flash_open(imgb_update_config_t *config, const char *path, uint32_t bytes, uint32_t cut_at) {
  uint32_t description[16] = {0, 0, 0, 256, IMGB_NOR_OP(0x03, 3, 0), IMGB_NOR_OP(0x02, 3, 0)};
  FILE *file = fopen(path, "rb");
  chip = nor_chip_new("only-4k", 0x80000u, 1);
  description[6] = IMGB_NOR_OP(0x20, 3, 0);
  description[10] = 0x1000;
  description[14] = nor_chip_size(chip);
  description[15] = nor_chip_model(chip)->jedec_id;
  bus = nor_bus_new(chip, description, 0);
  file_name = path;
  if (file != NULL) {
    uint32_t size = nor_chip_snapshot_bytes(chip);
    uint8_t *snapshot = malloc(size);
    if (fread(snapshot, 1, size, file) != size) return -1;
    nor_chip_restore(chip, snapshot);
    free(snapshot);
    fclose(file);
  }
  atexit(keep);
  nor_chip_cut_at(chip, cut_at, NOR_CUT_PART);
  config->io.read = imgb_nor_io_read;
  config->io.ctx = &bus->nor;
  config->io.size = bytes;
  config->erase = erase;
  config->program = program;
  return imgb_nor_start(&bus->nor, OFFSET, bytes);
}
