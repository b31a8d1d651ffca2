/* ymodem.h - a YMODEM receiver that hands on what comes.  SPDX-License-Identifier: MIT */
#ifndef YMODEM_H
#define YMODEM_H

#include <stddef.h>
#include <stdint.h>

typedef struct ymodem {
  int socket;      /* or a serial port's descriptor */
  uint8_t number;  /* of the block that comes next */
  uint8_t is_open; /* block 0 has come */
  uint8_t block[1 + 2 + 1024 + 2];
} ymodem_t;

/* Calls for a sender until it answers with the file's name.  0; -1: nobody does. */
int ymodem_begin(ymodem_t *y, int descriptor);

/* The next block's bytes, 128 or 1024, at *bytes; good until the next call.  The last one is filled up with
 * 1Ah. 0: the file has ended, or the line is lost. */
size_t ymodem_read(ymodem_t *y, const uint8_t **bytes);

#endif
