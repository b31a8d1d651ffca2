/* port_ast1030.h - see port_ast1030.c.  SPDX-License-Identifier: MIT */
#ifndef PORT_AST1030_H
#define PORT_AST1030_H

#include "imgb_nor.h"

int port_transfer(void *ctx, const imgb_nor_transfer_t *t);
int port_wait(void *ctx, uint32_t polls);

#endif
