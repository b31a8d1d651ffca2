/* port_xip.h - see port_xip.c.  SPDX-License-Identifier: MIT */
#ifndef PORT_XIP_H
#define PORT_XIP_H

#include "imgb_xip.h"

int port_transfer(void *ctx, const imgb_nor_transfer_t *t);
int port_wait(void *ctx, uint32_t polls);
uint32_t port_mask(void *ctx);
void port_unmask(void *ctx, uint32_t state);
int port_leave(void *ctx);
int port_enter(void *ctx);
void port_invalidate(void *ctx, uint32_t address, uint32_t length);

#endif
