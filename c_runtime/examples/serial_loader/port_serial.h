/* port_serial.h - what a board gives imgb_loader and the flash driver.  SPDX-License-Identifier: MIT */
#ifndef PORT_SERIAL_H
#define PORT_SERIAL_H

#include "imgb_loader.h"

void port_serial_start(void);

/* imgb_loader_t.get and put; ctx: NULL. */
int port_get(void *ctx, uint32_t timeout_ms);
int port_put(void *ctx, const uint8_t *bytes, uint32_t length);

/* imgb_nor_t.transfer: port_transfer, but reads come from the mapped window. */
int port_mapped_transfer(void *ctx, const imgb_nor_transfer_t *t);

#endif
