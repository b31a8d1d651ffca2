/* main.c - the serial loader as a firmware for QEMU's ast1030-evb.  SPDX-License-Identifier: MIT
 *
 * BOARD, CHIP, REGION_OFFSET and REGION_BYTES come from the Makefile; for a board of yours write them here,
 * and take your own get, put and transfer in place of those of port_serial.c.
 */
#include "board.h"
#include "imgb_loader.h"
#include "port_ast1030.h"
#include "port_serial.h"

int main(void) {
  static imgb_nor_t nor = {.transfer = port_mapped_transfer, .wait = port_wait, .chip = CHIP};
  static imgb_loader_t loader = {.nor = &nor,
                                 .get = port_get,
                                 .put = port_put,
                                 .board = BOARD,
                                 .pack_id = PACK_ID,
                                 .region_offset = REGION_OFFSET,
                                 .region_bytes = REGION_BYTES,
                                 .idle_ms = IDLE_MS};
  int r;
  port_serial_start();
  r = imgb_loader_run(&loader);
  put_text("\nwritten ");
  put_decimal(loader.written_bytes);
  put_char('\n');
  if (r == IMGB_OK) r = loader.status;
  return r == IMGB_OK ? 0 : 1;
}
