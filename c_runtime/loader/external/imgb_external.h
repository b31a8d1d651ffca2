/* imgb_external.h - the flash driver as a loader that programming tools call.  SPDX-License-Identifier: MIT
 *
 * This header is the manual for who writes a bus file.  A loader is imgb_external_core.c,
 * ../../src/imgb_nor.c, one front end (imgb_external_stldr.c, imgb_external_flm.c, imgb_external_ram.c), the
 * generated imgb_external_board.h and the two functions of yours that are declared first below:
 *
 *     #include "imgb_external.h"
 *
 *     static int transfer(void *ctx, const imgb_nor_transfer_t *t) { ... as told in imgb_nor.h ... }
 *
 *     int imgb_external_bus_start(void) {
 *       ... clocks, pins, controller ...
 *       return 0;
 *     }
 *     void imgb_external_bus_attach(imgb_nor_t *nor) {
 *       nor->transfer = transfer;
 *     }
 *
 * Rules of the house
 * - The tool has stopped the firmware, often after a reset: assume no clock but the one that runs, no
 *   interrupt, no start-up code, no C library.  memcpy, memset and memmove are there.
 * - No static variables: an .FLM is loaded anywhere and has no place for them (imgbuild refuses one that has
 *   some).  A .stldr and a RAM loader may have them; they are 0 when imgb_external_bus_start is called.
 * - No table of pointers either: its addresses would be those of the linker, not of the RAM.
 * - Every call of a tool starts the driver again and forgets it at the end, so that no call relies on an
 *   earlier one but on imgb_external_bus_start, and the guard stands in front of each.
 * - The guard: what lies outside the region of imgb_external_board.h is never erased or programmed, whatever
 *   the tool asks for, "erase chip" included.  Reading is allowed everywhere on the chip.
 */
#ifndef IMGB_EXTERNAL_H
#define IMGB_EXTERNAL_H

#include "imgb_nor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- yours --- */

/* Gets clocks, pins and the controller ready.  Called first, and again whenever a tool likes.
 * Results: 0, or a code <= -1000 that makes the tool's Init fail. */
int imgb_external_bus_start(void);

/* Sets nor->transfer, and where they are needed nor->wait, nor->set_mapped, nor->ctx and what your wires
 * change in nor->chip (nor->chip.read of a quad read).  On entry nor->chip is the chip of the board's row and
 * nor->wait gives up after IMGB_EXTERNAL_POLLS_MAX looks.  Called before every operation: it must not touch
 * the bus. */
void imgb_external_bus_attach(imgb_nor_t *nor);

/* --- the core, for the front ends ---
 * Addresses are those of the tools: IMGB_EXTERNAL_BASE is the chip's first byte.  Results: those of
 * imgb_nor.h. */

/* What went wrong, for front ends that can tell. */
typedef struct imgb_external_fault {
  uint32_t failed_at; /* address of the first wrong byte of a failed erase, program or verify */
  uint32_t jedec_id;  /* what the chip answered */
} imgb_external_fault_t;

/* imgb_external_bus_start, then the chip is woken and its id compared. */
int imgb_external_start(imgb_external_fault_t *fault);

/* The sector of the board's table that holds address; 0 outside the chip.  *begin: its first address. */
uint32_t imgb_external_sector(uint32_t address, uint32_t *begin);

/* length bytes from address on.  address, length: multiples of the chip's smallest erase unit. */
int imgb_external_erase(uint32_t address, uint32_t length, imgb_external_fault_t *fault);

/* All of the region, nothing else. */
int imgb_external_erase_region(imgb_external_fault_t *fault);

int imgb_external_program(uint32_t address, const void *data, uint32_t length, imgb_external_fault_t *fault);
int imgb_external_read(uint32_t address, void *buffer, uint32_t length);

/* Compares with data.  On IMGB_NOR_ERR_VERIFY fault->failed_at is the address of the first difference, after
 * any other error address itself. */
int imgb_external_verify(uint32_t address, const void *data, uint32_t length, imgb_external_fault_t *fault);

/* Adds up the bytes into *sum; *is_other: whether one of them is not pattern. */
int imgb_external_sum(uint32_t address, uint32_t length, uint8_t pattern, uint32_t *sum, int *is_other);

/* What tools find by its name: kept, and global. */
#if defined(__GNUC__)
#define IMGB_EXTERNAL_API __attribute__((used, visibility("default"), section(".text.imgb_external_api")))
#define IMGB_EXTERNAL_SECTION(name) __attribute__((visibility("default"), section(name)))
#else
#define IMGB_EXTERNAL_API
#define IMGB_EXTERNAL_SECTION(name)
#endif

#ifdef __cplusplus
}
#endif
#endif
