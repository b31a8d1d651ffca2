/* bus_ast1030_fmc.c - bus functions for QEMU's ast1030-evb: what the tests of the loaders run on.
 * SPDX-License-Identifier: MIT
 *
 * Registers: hw/ssi/aspeed_smc.c of QEMU 7.2.  In user mode bytes stored to the window go out, bytes loaded
 * from it come in, and the chip select follows CTRL0.
 */
#include "imgb_bus_registers.h"
#include "imgb_external.h"

#define FMC 0x7E620000u
#define CONF (FMC + 0x00u)
#define CONF_WRITABLE ((uint32_t)1 << 16) /* the chip behind chip select 0 */
#define CTRL0 (FMC + 0x10u)
#define CTRL_READ 0u
#define CTRL_USER 3u
#define CTRL_USER_CS_HIGH 7u
#define WINDOW 0x80000000u

static int transfer(void *ctx, const imgb_nor_transfer_t *t) {
  uint32_t i;
  uint8_t n;
  (void)ctx;
  BUS_WRITE32(CTRL0, CTRL_USER);
  BUS_WRITE8(WINDOW, t->command);
  for (n = t->address_bytes; n > 0; n--) BUS_WRITE8(WINDOW, (uint8_t)(t->address >> (8u * (n - 1u))));
  for (n = t->dummy_bytes; n > 0; n--) BUS_WRITE8(WINDOW, 0);
  for (i = 0; i < t->length; i++) {
    if (t->is_sending != 0)
      BUS_WRITE8(WINDOW, t->data[i]);
    else
      t->data[i] = BUS_READ8(WINDOW);
  }
  BUS_WRITE32(CTRL0, CTRL_USER_CS_HIGH);
  return 0;
}

static int set_mapped(void *ctx, int is_mapped) {
  (void)ctx;
  BUS_WRITE32(CTRL0, is_mapped ? CTRL_READ : CTRL_USER_CS_HIGH);
  return 0;
}

int imgb_external_bus_start(void) {
  BUS_WRITE32(CONF, BUS_READ32(CONF) | CONF_WRITABLE);
  return 0;
}

void imgb_external_bus_attach(imgb_nor_t *nor) {
  nor->transfer = transfer;
  nor->set_mapped = set_mapped;
}
