/* imgb_port_spi.h - SPI NOR flash behind three functions of the board.  SPDX-License-Identifier: MIT
 *
 * Serves any part with the common commands (JEDEC serial NOR): fast read 0Bh, read status 05h, release from
 * power-down ABh.  It never writes or erases.  A template as well: copy it where the board reads by DMA or
 * over four wires.
 *
 *     static void select(void *board, int is_selected) { gpio_write(FLASH_CS, !is_selected); }
 *     static int transfer(void *board, const uint8_t *out, uint8_t *in, uint32_t n) { return
 * spi_transfer(out, in, n); }
 *
 *     static imgb_port_spi_t flash = {select, transfer, NULL, 0x080000, 3};    // the region's place on the
 * chip imgb_port_spi_open(&io, &flash, REGION_BYTES);
 */
#ifndef IMGB_PORT_SPI_H
#define IMGB_PORT_SPI_H

#include "imgb.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  IMGB_ERR_SPI = IMGB_ERR_PORT - 2,     /* transfer() failed */
  IMGB_ERR_SPI_BUSY = IMGB_ERR_PORT - 3 /* the chip stays busy: somebody erases or programs it */
};

typedef struct imgb_port_spi {
  void (*select)(void *board, int is_selected);
  /* out NULL: send anything; in NULL: drop what comes; 0 or any error.  Never called with length 0. */
  int (*transfer)(void *board, const uint8_t *out, uint8_t *in, uint32_t length);
  void *board;
  uint32_t offset;       /* of the region on the chip; the pack starts here */
  uint8_t address_bytes; /* 3; 4 for parts above 16 MiB (fast read 0Ch) */
} imgb_port_spi_t;

/* Wakes the chip and fills io for size bytes from port->offset on.  *port must live as long as anything of
 * the pack. The wait after waking (tRES1, 3 to 30 us by the data sheet) is the caller's if the chip was
 * asleep. */
IMGB_NODISCARD int imgb_port_spi_open(imgb_io_t *io, imgb_port_spi_t *port, uint32_t size);

#ifdef __cplusplus
}
#endif
#endif
