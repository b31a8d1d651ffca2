/* serial.h - packages that a host sends to the device, through the serial loader behind a socket.
 * SPDX-License-Identifier: MIT */
#ifndef SERIAL_H
#define SERIAL_H

#include "imgb_update.h"

/* Whether it is an address of this kind: loader://HOST:PORT, where the device listens. */
int serial_is_address(const char *url);

/* Listens (port 0: any that is free; it is printed) and takes one caller after the other, until an update is
 * the partition's, a package was refused, or five in a row brought nothing.  The result of the last update,
 * or IMGB_UPDATE_ERR_INCOMPLETE; -1: cannot listen there. */
int serial_take(const char *url, imgb_update_t *update, const imgb_update_config_t *config);

#endif
