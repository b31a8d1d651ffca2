/* ports.c - reads a pack through the ports of c_runtime/port: ports PACK stdio|mapped|spi3|spi4|busy|broken.
 * SPDX-License-Identifier: MIT
 *
 * Behind the SPI port stands a chip in software that knows the commands of a JEDEC serial NOR and nothing
 * else.  The pack lies 4096 bytes into file and chip.
 */
#include "exercise.h"
#include "imgb_port_mapped.h"
#include "imgb_port_spi.h"
#include "imgb_port_stdio.h"

#define PLACE 4096u

typedef struct chip {
  const uint8_t *bytes;
  uint32_t size;
  int is_selected, is_asleep, is_broken;
  unsigned busy_polls; /* answers of "busy" still to give */
  uint8_t command[8];
  uint32_t taken; /* bytes since select */
} chip_t;

static void chip_select(void *board, int is_selected) {
  chip_t *chip = (chip_t *)board;
  if (is_selected == chip->is_selected) abort(); /* select and deselect must alternate */
  chip->is_selected = is_selected;
  chip->taken = 0;
}

static uint8_t clock_byte(chip_t *chip, uint8_t out) {
  uint32_t address_bytes, address = 0, i;
  uint32_t at = chip->taken++;
  if (at < sizeof chip->command) chip->command[at] = out;
  if (chip->command[0] == 0xAB) {
    chip->is_asleep = 0;
    return 0xFF;
  }
  if (chip->is_asleep || at == 0) return 0xFF;
  if (chip->command[0] == 0x05) return chip->busy_polls != 0 && chip->busy_polls-- != 0 ? 1 : 0;
  if (chip->command[0] != 0x0B && chip->command[0] != 0x0C) abort();
  address_bytes = chip->command[0] == 0x0B ? 3 : 4;
  if (at < 2 + address_bytes) return 0xFF; /* address and dummy byte */
  for (i = 1; i <= address_bytes; i++) address = address << 8 | chip->command[i];
  return chip->bytes[(address + at - 2 - address_bytes) % chip->size];
}

static int chip_transfer(void *board, const uint8_t *out, uint8_t *in, uint32_t length) {
  chip_t *chip = (chip_t *)board;
  if (!chip->is_selected || length == 0) abort();
  if (chip->is_broken && chip->command[0] != 0xAB && --chip->is_broken == 0) {
    chip->is_broken = 1;
    return 5;
  }
  while (length-- != 0) {
    uint8_t got = clock_byte(chip, out != NULL ? *out++ : 0);
    if (in != NULL) *in++ = got;
  }
  return 0;
}

int main(int argc, char **argv) {
  uint8_t work[64];
  uint32_t size, i;
  uint8_t *bytes;
  imgb_io_t io;
  imgb_pack_t pack;
  imgb_port_stdio_t file_port;
  chip_t chip;
  imgb_port_spi_t spi = {chip_select, chip_transfer, &chip, PLACE, 3};
  FILE *file = NULL;
  int r = 0;
  if (argc < 3) return 2;
  bytes = load_file(argv[1], &size);
  memset(&chip, 0, sizeof chip);
  chip.bytes = bytes;
  chip.size = size;
  chip.is_asleep = 1;
  chip.busy_polls = strcmp(argv[2], "busy") == 0 ? 0xFFFFFFFFu : 3;
  chip.is_broken = strcmp(argv[2], "broken") == 0 ? 4 : 0;
  if (strcmp(argv[2], "spi4") == 0) spi.address_bytes = 4;
  if (strcmp(argv[2], "stdio") == 0) {
    file = fopen(argv[1], "rb");
    r = imgb_port_stdio(&io, &file_port, file, (long)PLACE);
  } else if (strcmp(argv[2], "mapped") == 0) {
    imgb_port_mapped(&io, bytes + PLACE, size - PLACE);
  } else {
    r = imgb_port_spi_open(&io, &spi, size - PLACE);
  }
  if (r == IMGB_OK) r = imgb_open(&pack, &io, 0);
  if (r == IMGB_OK) r = imgb_check(&pack, IMGB_CHECK_INDEX | IMGB_CHECK_PAYLOADS, work, sizeof work);
  for (i = 0; r == IMGB_OK && i < pack.assets; i++) {
    imgb_asset_t asset;
    r = imgb_at(&pack, i, &asset);
    if (r == IMGB_OK) r = list_asset(stdout, &asset, 1);
  }
  printf("result %d\n", r);
  if (file != NULL) fclose(file);
  free(bytes);
  return 0;
}
