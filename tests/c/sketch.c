/* sketch.c - one upload of a loader sketch, on the strict chip whose cells a file keeps.
 * SPDX-License-Identifier: MIT
 * usage: sketch MODEL CELLS [fault] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chunks.h"
#include "nor_bus.h"

static void put(void *ctx, char c) {
  (void)ctx;
  putchar(c);
}

static int describe(nor_bus_t *bus, const nor_model_t *model) {
  const imgb_nor_chip_t plain = IMGB_NOR_SPI(0, 0), sst25 = IMGB_NOR_SST25(0, 0);
  bus->nor.chip = model->is_sst25 ? sst25 : plain;
  bus->nor.chip.size = nor_chip_size(bus->chip);
  return 0;
}

int main(int argc, char **argv) {
  static const uint32_t nothing[16];
  nor_chip_t *chip = argc > 2 ? nor_chip_new(argv[1], 0, 1) : NULL;
  const char *fault = argc > 3 ? argv[3] : "";
  FILE *cells = argc > 2 ? fopen(argv[2], "r+b") : NULL;
  nor_bus_t *bus;
  int result;
  if (chip == NULL || cells == NULL) return 99;
  if (fread(nor_chip_cells(chip), 1, nor_chip_size(chip), cells) != nor_chip_size(chip)) return 98;
  bus = nor_bus_new(chip, nothing, 0);
  describe(bus, nor_chip_model(chip));
  if (strcmp(fault, "erase") == 0) nor_chip_fail_erase(chip, imgb_chunks.image_offset, 1u << 20);
  if (strcmp(fault, "id") == 0) nor_chip_set_id(chip, 0xC84017);
  if (strcmp(fault, "busy") == 0) nor_chip_stick_busy(chip, 1);
  if (strcmp(fault, "cut") == 0) nor_chip_cut_at(chip, 5, NOR_CUT_PART);
  nor_bus_limit(bus, 1000, 5000);
  result = imgb_loader_run(&bus->nor, &imgb_chunks, put, NULL);
  rewind(cells);
  if (fwrite(nor_chip_cells(chip), 1, nor_chip_size(chip), cells) != nor_chip_size(chip)) return 97;
  fclose(cells);
  printf("RC=%d operations=%lu violations=%lu\n", result, (unsigned long)nor_chip_operations(chip),
         (unsigned long)nor_chip_violations(chip));
  nor_bus_free(bus);
  nor_chip_free(chip);
  return 0;
}
