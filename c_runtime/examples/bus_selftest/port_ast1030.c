/* port_ast1030.c - the bus callback for the FMC of QEMU's ast1030-evb.  SPDX-License-Identifier: MIT
 *
 * Registers: hw/ssi/aspeed_smc.c of QEMU 7.2.  In user mode bytes stored to the window go out, bytes loaded
 * from it come in, and the chip select follows CTRL0.
 */
#include "port_ast1030.h"

#include "board.h"

#define CTRL0 (*(volatile uint32_t *)(uintptr_t)0x7E620010u)
#define WINDOW (*(volatile uint8_t *)(uintptr_t)BOARD_FLASH_WINDOW)
#define CTRL_READ 0u
#define CTRL_USER 3u
#define CTRL_USER_CS_HIGH 7u

int port_transfer(void *ctx, const imgb_nor_transfer_t *t) {
  uint32_t i;
  uint8_t n;
  (void)ctx;
  CTRL0 = CTRL_USER_CS_HIGH;
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
  CTRL0 = CTRL_READ;
  return 0;
}

int port_wait(void *ctx, uint32_t polls) {
  (void)ctx;
  return polls >= 1000000u;
}
