/* imgb_port_spi.c - SPI NOR flash behind three functions of the board.  SPDX-License-Identifier: MIT
 *
 * Command bytes: JEDEC JESD216 and the data sheets of W25Q64JV (section 8.2), GD25Q64 and MX25L6433F agree on
 * them.
 */
#include "imgb_port_spi.h"

#define COMMAND_FAST_READ 0x0Bu
#define COMMAND_FAST_READ_4 0x0Cu
#define COMMAND_READ_STATUS 0x05u
#define COMMAND_RELEASE 0xABu
#define STATUS_BUSY 0x01u
#define POLLS_MAX 100000u

static int is_busy(imgb_port_spi_t *port, uint8_t *status) {
  static const uint8_t command[2] = {COMMAND_READ_STATUS, 0};
  uint8_t answer[2] = {0, 0};
  int failed;
  port->select(port->board, 1);
  failed = port->transfer(port->board, command, answer, sizeof command);
  port->select(port->board, 0);
  *status = answer[1];
  return failed;
}

static int spi_read(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  imgb_port_spi_t *port = (imgb_port_spi_t *)ctx;
  uint32_t address = port->offset + offset;
  uint8_t command[6];
  uint8_t n = 0, i;
  int failed;
  command[n++] = port->address_bytes == 4u ? COMMAND_FAST_READ_4 : COMMAND_FAST_READ;
  for (i = port->address_bytes; i != 0; i--) command[n++] = (uint8_t)(address >> 8u * (i - 1u));
  command[n++] = 0; /* eight dummy clocks */
  port->select(port->board, 1);
  failed = port->transfer(port->board, command, NULL, n);
  if (failed == 0) failed = port->transfer(port->board, NULL, (uint8_t *)buffer, length);
  port->select(port->board, 0);
  return failed == 0 ? IMGB_OK : IMGB_ERR_SPI;
}

int imgb_port_spi_open(imgb_io_t *io, imgb_port_spi_t *port, uint32_t size) {
  static const uint8_t release[1] = {COMMAND_RELEASE};
  uint32_t polls;
  uint8_t status = STATUS_BUSY;
  if (port->select == NULL || port->transfer == NULL || port->address_bytes < 3u ||
      port->address_bytes > 4u) {
    return IMGB_ERR_ARGUMENT;
  }
  port->select(port->board, 1);
  if (port->transfer(port->board, release, NULL, sizeof release) != 0) {
    port->select(port->board, 0);
    return IMGB_ERR_SPI;
  }
  port->select(port->board, 0);
  for (polls = 0; (status & STATUS_BUSY) != 0; polls++) {
    if (polls == POLLS_MAX) return IMGB_ERR_SPI_BUSY;
    if (is_busy(port, &status) != 0) return IMGB_ERR_SPI;
  }
  io->read = spi_read;
  io->map = NULL;
  io->ctx = port;
  io->size = size;
  io->read_align = 1;
  return IMGB_OK;
}
