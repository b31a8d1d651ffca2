/* main.c - the bus self-test as a firmware for QEMU's ast1030-evb.  SPDX-License-Identifier: MIT
 *
 * CHIP, REGION_OFFSET and REGION_BYTES come from the Makefile; for a board of yours write them here, and a
 * transfer function of yours in place of port_ast1030.c.
 */
#include "board.h"
#include "port_ast1030.h"
#include "selftest.h"

static void put(void *ctx, char c) {
  (void)ctx;
  put_char(c);
}

int main(void) {
  static imgb_nor_t nor = {.transfer = port_transfer, .wait = port_wait, .chip = CHIP};
  return selftest_run(&nor, REGION_OFFSET, REGION_BYTES, put, NULL);
}
