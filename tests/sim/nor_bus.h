/* nor_bus.h - the flash driver wired to the strict chip, for tests in C and (through nor_chip.py) in Python.
 * SPDX-License-Identifier: MIT */
#ifndef NOR_BUS_H
#define NOR_BUS_H

#include "imgb_nor.h"
#include "nor_chip.h"

#define NOR_BUS_UNMAPPED (-1998) /* a command while the window was mapped, or a mapping out of order */

typedef struct nor_bus {
  imgb_nor_t nor; /* first: a nor_bus_t * is an imgb_nor_t * */
  nor_chip_t *chip;
  uint32_t poll_us, polls_max; /* time that passes between two looks, and when to give up */
  uint32_t transfers, fail_at; /* transfer number fail_at returns fail_code; 0: never */
  int fail_code;
  uint8_t has_window, is_mapped;
  uint32_t mappings;
} nor_bus_t;

/* description: mode, unlock, protect mask, page, read, program, erase[4], erase_bytes[4], size, jedec id. */
nor_bus_t *nor_bus_new(nor_chip_t *chip, const uint32_t description[16], int has_window);
void nor_bus_free(nor_bus_t *bus);
void nor_bus_fail_at(nor_bus_t *bus, uint32_t transfer, int code); /* counted from now, 1 the next */
void nor_bus_limit(nor_bus_t *bus, uint32_t poll_us, uint32_t polls_max);
/* jedec id, status, failed at, region offset, region bytes, transfers, mappings, erase times, program times
 */
void nor_bus_state(const nor_bus_t *bus, uint32_t state[9]);
void nor_bus_description(const nor_bus_t *bus, uint32_t description[16]);

#endif
