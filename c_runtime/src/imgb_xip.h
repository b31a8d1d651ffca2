/* imgb_xip.h - writes the flash that the program runs from (execute in place).  SPDX-License-Identifier: MIT
 *
 * This header is the manual.  While a flash is erased or programmed it answers no fetch.  So what writes it
 * runs from RAM, and around each write stands the same order of steps, which this file keeps:
 *
 *     mask interrupts > leave mapped mode > write > enter mapped mode > invalidate caches > unmask
 *
 * You say how each step is done on your part:
 *
 *     IMGB_RAMFUNC static uint32_t mask(void *ctx) {
 *       uint32_t state = read_primask();
 *       (void)ctx;
 *       disable_interrupts();
 *       return state;
 *     }
 *     IMGB_RAMFUNC static void unmask(void *ctx, uint32_t state) {
 *       (void)ctx;
 *       write_primask(state);
 *     }
 *     IMGB_RAMFUNC static int leave(void *ctx) {
 *       (void)ctx;
 *       return qspi_abort_mapped(); // waits until the controller is idle; 0, or a code <= -1000
 *     }
 *     IMGB_RAMFUNC static int enter(void *ctx) {
 *       (void)ctx;
 *       return qspi_start_mapped();
 *     }
 *     IMGB_RAMFUNC static void invalidate(void *ctx, uint32_t address, uint32_t length) {
 *       (void)ctx;
 *       clean_caches(0x90000000u + address, length);
 *     }
 *
 *     imgb_xip_t xip = {.mask = mask, .unmask = unmask, .leave = leave, .enter = enter,
 *                       .invalidate = invalidate, .line_bytes = 32, .nor = &nor,
 *                       .window = (const volatile uint8_t *)0x90000000u};
 *     imgb_settings_t settings = {.read = imgb_xip_read, .program = imgb_xip_program,
 *                                 .erase = imgb_xip_erase, .ctx = &xip};
 *
 * and from then on imgb_settings_set, called from code in the flash, comes back to it.
 *
 * In RAM have to be: this file, imgb_nor.c, the callbacks of both, their structures, the data to program,
 * handlers of interrupts that mask leaves enabled, and then the vector table.  c_runtime/ld has the linker
 * script for that, and
 *
 *     imgbuild check-ram firmware.elf --entry imgb_xip_program --entry imgb_xip_erase --board ...
 *
 * names whatever was forgotten.  imgb_settings.c itself may stay in the flash, as each of its reads, programs
 * and erases is guarded for itself; it may be in RAM just as well.
 *
 * How long interrupts stay masked: one imgb_xip_erase takes an erase of the chip, 45 to 400 ms on usual NOR
 * flash, one imgb_xip_program of 32 bytes a millisecond.  Who cannot wait so long masks only interrupts whose
 * handlers lie in the flash (BASEPRI on Cortex-M3 and up) and keeps the others in RAM.  Feed the watchdog in
 * the wait callback of the driver.
 *
 * Rules of the house
 * - C99, no heap, no globals, no recursion, no call of a C library or of compiler helpers, no table in
 * memory.
 * - Whatever fails, mapped mode is entered again before interrupts are unmasked and before a call returns.
 * - Results: 0 (IMGB_OK), IMGB_XIP_ERR_*, a callback's code (<= -1000), or the driver's.  Of several failures
 *   the first is told.
 * - Trusted: pointers, what the caller fills in.
 * - One task at a time, and no interrupt handler, calls these functions.
 * - Several cores: the other ones fetch from the flash, too: mask has to park them in RAM.
 * - Stack: the comments give bytes on Cortex-M0+ or M4, the larger, callbacks, job and driver left out.
 */
#ifndef IMGB_XIP_H
#define IMGB_XIP_H

#include "imgb_nor.h"

#ifdef __cplusplus
extern "C" {
#endif

enum imgb_xip_error {
  IMGB_XIP_ERR_CALLBACK = -1301, /* mask, unmask, leave, enter, or the job is NULL; nothing was done */
  IMGB_XIP_ERR_ORDER = -1302     /* called by one of the callbacks, or after lost gave up; nothing was done */
};

typedef struct imgb_xip {
  /* Filled by the caller.  All of them run from RAM. */
  /* Masks interrupts whose handlers (or vectors) lie in the flash.  Gives what unmask needs. */
  uint32_t (*mask)(void *ctx);
  void (*unmask)(void *ctx, uint32_t state);
  /* Leaves mapped mode, so that commands can be sent.  0 or a code <= -1000: then nothing is written. */
  int (*leave)(void *ctx);
  /* Enters mapped mode; also called where leave failed.  0 or a code <= -1000. */
  int (*enter)(void *ctx);
  /* Invalidates data and instruction caches of what was written: address counts from the chip's first byte,
   * address and length are multiples of line_bytes.  NULL: there are no caches. */
  void (*invalidate)(void *ctx, uint32_t address, uint32_t length);
  /* enter failed with that code: nothing in the flash can run.  0: try again.  Another value gives up: it
   * comes out of the call, interrupts stay masked, and the caller has to be in RAM.  Usually it resets the
   * part and does not return.  NULL: tries again until the watchdog bites. */
  int (*lost)(void *ctx, int code);
  void *ctx;
  imgb_nor_t *nor; /* for imgb_xip_read, _program, _erase; its set_mapped is NULL */
  /* Where the chip's first byte is mapped: reads outside of a job copy from there and mask nothing.  NULL:
   * they are commands, too. */
  const volatile uint8_t *window;
  uint32_t line_bytes; /* of the caches: a power of two; 0 counts as 1 */
  /* The functions' own; start from 0. */
  uint32_t masked, first, end;
  uint8_t phase;
} imgb_xip_t;

/* Runs job(arg) between the steps above.  A job that calls this again, or one of the functions below, is
 * inside already: then the inner job just runs.
 * Stack: 40.
 * Results: CALLBACK, ORDER, what leave or the job returned, what enter returned and lost confirmed. */
IMGB_NODISCARD int imgb_xip_run(imgb_xip_t *xip, int (*job)(void *arg), void *arg);

/* For jobs of your own: length bytes at address were, or may have been, written.  What is between two such
 * ranges counts as written, too.  Without it nothing is invalidated. */
void imgb_xip_wrote(imgb_xip_t *xip, uint32_t address, uint32_t length);

/* The driver's functions inside the guard.  ctx: the imgb_xip_t; address: of the chip, as in imgb_nor.h. They
 * fit imgb_settings_t and, through a function that adds the partition's offset, imgb_update_config_t and
 * imgb_io_t.
 * Stack: 80.
 * Results: those of imgb_xip_run and of imgb_nor_read, imgb_nor_program, imgb_nor_erase. */
IMGB_NODISCARD int imgb_xip_read(void *ctx, uint32_t address, void *buffer, uint32_t length);
IMGB_NODISCARD int imgb_xip_program(void *ctx, uint32_t address, const void *data, uint32_t length);
IMGB_NODISCARD int imgb_xip_erase(void *ctx, uint32_t address, uint32_t length);

/* imgb_nor_start inside the guard: once, before the functions above.
 * Results: those of imgb_xip_run and of imgb_nor_start. */
IMGB_NODISCARD int imgb_xip_start(imgb_xip_t *xip, uint32_t region_offset, uint32_t region_bytes);

#ifdef __cplusplus
}
#endif
#endif
