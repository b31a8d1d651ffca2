/* transport.h - where the package comes from: the one thing that a product replaces.
 * SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

#include "ymodem.h"

typedef struct transport {
  int socket;
  uint32_t at;        /* of the package: what the next bytes are */
  int has_ranges;     /* a new connection may begin where one wants */
  uint32_t requests;  /* connections made so far */
  size_t have, taken; /* bytes in the buffer, and of them handed on */
  int is_ymodem;
  ymodem_t ymodem;
  char buffer[2048];
} transport_t;

/* Opens the source from byte `from` on: http://host:port/path (one request with a range) or tcp://host:port
 * (a stream that always begins with byte 0).  0; -1: no connection, or an answer that is none; -2: refused.
 */
int transport_open(transport_t *t, const char *url, uint32_t from);

/* Up to `most` bytes from t->at on; 0: the connection has ended. */
size_t transport_read(transport_t *t, void *bytes, size_t most);

void transport_close(transport_t *t);

#endif
