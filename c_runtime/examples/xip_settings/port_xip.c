/* port_xip.c - callbacks of imgb_nor.h and imgb_xip.h for the FMC of QEMU's ast1030-evb.
 * SPDX-License-Identifier: MIT
 *
 * Registers: hw/ssi/aspeed_smc.c of QEMU 7.2.  In user mode bytes stored to the window go out and bytes
 * loaded from it come in, so that no code can be fetched from it; in read mode it is the mapped flash.
 * PRIMASK: ARMv7-M B1.4.3.
 */
#include "port_xip.h"

#include "board.h"

#define CTRL0 (*(volatile uint32_t *)(uintptr_t)0x7E620010u)
#define WINDOW (*(volatile uint8_t *)(uintptr_t)BOARD_FLASH_WINDOW)
#define CTRL_READ 0u
#define CTRL_USER 3u
#define CTRL_USER_CS_HIGH 7u

/* The controller stays in user mode: port_enter alone maps again. */
IMGB_RAMFUNC int port_transfer(void *ctx, const imgb_nor_transfer_t *t) {
  uint32_t i;
  uint8_t n;
  (void)ctx;
  CTRL0 = CTRL_USER;
  WINDOW = t->command;
  for (n = t->address_bytes; n > 0; n--) WINDOW = (uint8_t)(t->address >> (8u * (n - 1u)));
  for (n = t->dummy_bytes; n > 0; n--) WINDOW = 0;
  for (i = 0; i < t->length; i++) {
    if (t->is_sending != 0)
      WINDOW = t->data[i];
    else
      t->data[i] = WINDOW;
  }
  CTRL0 = CTRL_USER_CS_HIGH;
  return 0;
}

IMGB_RAMFUNC int port_wait(void *ctx, uint32_t polls) {
  (void)ctx;
  return polls >= 1000000u;
}

IMGB_RAMFUNC uint32_t port_mask(void *ctx) {
  uint32_t state;
  (void)ctx;
  __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state) : : "memory");
  return state;
}

IMGB_RAMFUNC void port_unmask(void *ctx, uint32_t state) {
  (void)ctx;
  __asm__ volatile("msr primask, %0" : : "r"(state) : "memory");
}

IMGB_RAMFUNC int port_leave(void *ctx) {
  (void)ctx;
  CTRL0 = CTRL_USER_CS_HIGH;
  return 0;
}

IMGB_RAMFUNC int port_enter(void *ctx) {
  (void)ctx;
  CTRL0 = CTRL_READ;
  return 0;
}

/* A Cortex-M4 has no caches: barriers only, so that nothing fetched before is used after. */
IMGB_RAMFUNC void port_invalidate(void *ctx, uint32_t address, uint32_t length) {
  (void)ctx;
  (void)address;
  (void)length;
  __asm__ volatile("dsb\n\tisb" : : : "memory");
}
