/* imgb_external_core.c - see imgb_external.h.  SPDX-License-Identifier: MIT
 *
 * There is no state between calls: each has an imgb_nor_t of its own on the stack and starts it, which costs
 * a few bytes on the wires.
 */
#include "imgb_external.h"
#include "imgb_external_board.h"

#define PIECE_BYTES 32u

static const imgb_nor_chip_t board_chip = IMGB_EXTERNAL_CHIP;

/* Ranges of equal sectors: offset of the first byte behind, bytes of each. */
static const struct sectors { uint32_t end, bytes; } board_sectors[] = {IMGB_EXTERNAL_SECTORS};

static int wait(void *ctx, uint32_t polls) {
  (void)ctx;
  return polls >= IMGB_EXTERNAL_POLLS_MAX;
}

/* The driver, ready for the region.  A driver that did not start refuses to erase and to program. */
static int open_nor(imgb_nor_t *nor) {
  uint8_t *byte = (uint8_t *)nor;
  uint32_t i;
  for (i = 0; i < sizeof *nor; i++) byte[i] = 0;
  nor->chip = board_chip;
  nor->wait = wait;
  imgb_external_bus_attach(nor);
  return imgb_nor_start(nor, IMGB_EXTERNAL_REGION_OFFSET, IMGB_EXTERNAL_REGION_BYTES);
}

static int tell(const imgb_nor_t *nor, int result, imgb_external_fault_t *fault) {
  fault->jedec_id = nor->jedec_id;
  fault->failed_at = nor->failed_at + IMGB_EXTERNAL_BASE;
  return result;
}

int imgb_external_start(imgb_external_fault_t *fault) {
  imgb_nor_t nor;
  int r = imgb_external_bus_start();
  if (r != IMGB_OK) return r;
  r = open_nor(&nor);
  return tell(&nor, r, fault);
}

uint32_t imgb_external_sector(uint32_t address, uint32_t *begin) {
  uint32_t offset = address - IMGB_EXTERNAL_BASE, from = 0, i;
  for (i = 0; i < sizeof board_sectors / sizeof board_sectors[0]; i++) {
    uint32_t bytes = board_sectors[i].bytes;
    if (offset < board_sectors[i].end) {
      *begin = IMGB_EXTERNAL_BASE + offset - ((offset - from) & (bytes - 1u));
      return bytes;
    }
    from = board_sectors[i].end;
  }
  return 0;
}

int imgb_external_erase(uint32_t address, uint32_t length, imgb_external_fault_t *fault) {
  imgb_nor_t nor;
  int r = open_nor(&nor);
  if (r == IMGB_OK) r = imgb_nor_erase(&nor, address - IMGB_EXTERNAL_BASE, length);
  return tell(&nor, r, fault);
}

int imgb_external_erase_region(imgb_external_fault_t *fault) {
  return imgb_external_erase(IMGB_EXTERNAL_BASE + IMGB_EXTERNAL_REGION_OFFSET, IMGB_EXTERNAL_REGION_BYTES,
                             fault);
}

int imgb_external_program(uint32_t address, const void *data, uint32_t length, imgb_external_fault_t *fault) {
  imgb_nor_t nor;
  int r = open_nor(&nor);
  if (r == IMGB_OK) r = imgb_nor_program(&nor, address - IMGB_EXTERNAL_BASE, data, length);
  return tell(&nor, r, fault);
}

int imgb_external_read(uint32_t address, void *buffer, uint32_t length) {
  imgb_nor_t nor;
  int r = open_nor(&nor);
  if (r == IMGB_OK) r = imgb_nor_read(&nor, address - IMGB_EXTERNAL_BASE, buffer, length);
  return r;
}

int imgb_external_verify(uint32_t address, const void *data, uint32_t length, imgb_external_fault_t *fault) {
  imgb_nor_t nor;
  int r = open_nor(&nor);
  nor.failed_at = address - IMGB_EXTERNAL_BASE;
  if (r == IMGB_OK) r = imgb_nor_verify(&nor, address - IMGB_EXTERNAL_BASE, data, length);
  return tell(&nor, r, fault);
}

int imgb_external_sum(uint32_t address, uint32_t length, uint8_t pattern, uint32_t *sum, int *is_other) {
  imgb_nor_t nor;
  uint8_t piece[PIECE_BYTES];
  uint32_t i, n;
  int r = open_nor(&nor);
  for (; r == IMGB_OK && length > 0; length -= n, address += n) {
    n = length < PIECE_BYTES ? length : PIECE_BYTES;
    r = imgb_nor_read(&nor, address - IMGB_EXTERNAL_BASE, piece, n);
    for (i = 0; r == IMGB_OK && i < n; i++) {
      *sum += piece[i];
      if (piece[i] != pattern) *is_other = 1;
    }
  }
  return r;
}
