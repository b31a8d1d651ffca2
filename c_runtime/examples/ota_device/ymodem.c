/* ymodem.c - blocks of 128 and 1024 bytes with CRC-16, one file.  SPDX-License-Identifier: MIT
 *
 * As in "XMODEM/YMODEM Protocol Reference" (C. Forsberg, 1988): 'C' asks for CRC-16; block 0 has the file's
 * name, an empty one ends the batch. */
#define _POSIX_C_SOURCE 200112L
#include "ymodem.h"

#include <poll.h>
#include <unistd.h>

#define SOH 0x01u
#define STX 0x02u
#define EOT 0x04u
#define ACK 0x06u
#define NAK 0x15u
#define TRIES 10
#define TIMEOUT_MS 3000

static int get(const ymodem_t *y, uint8_t *bytes, size_t length) {
  struct pollfd waiting = {y->socket, POLLIN, 0};
  while (length != 0) {
    ssize_t n = poll(&waiting, 1, TIMEOUT_MS) == 1 ? read(y->socket, bytes, length) : 0;
    if (n <= 0) return 0;
    bytes += n;
    length -= (size_t)n;
  }
  return 1;
}

static void put(const ymodem_t *y, uint8_t byte) {
  (void)!write(y->socket, &byte, 1); /* what is lost is asked for again */
}

/* Polynomial 1021h, start 0; over its own two bytes: 0. */
static uint16_t crc16(const uint8_t *bytes, size_t length) {
  uint16_t crc = 0;
  int bit;
  for (; length != 0; length--) {
    crc = (uint16_t)(crc ^ *bytes++ << 8);
    for (bit = 0; bit < 8; bit++) crc = (uint16_t)((crc & 0x8000u) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

/* Bytes of the block that came; 0: the file ends; -1: nothing that could be understood. */
static int receive(ymodem_t *y) {
  uint8_t start;
  size_t length;
  if (!get(y, &start, 1)) return -1;
  if (start == EOT) return 0;
  if (start != SOH && start != STX) return -1;
  length = start == SOH ? 128u : 1024u;
  if (!get(y, y->block + 1, 2u + length + 2u) || (y->block[1] ^ y->block[2]) != 0xFFu ||
      crc16(y->block + 3, length + 2u) != 0) {
    return -1;
  }
  return (int)length;
}

int ymodem_begin(ymodem_t *y, int descriptor) {
  int tries;
  y->socket = descriptor;
  y->number = 1;
  for (tries = 0; tries < TRIES; tries++) {
    put(y, 'C');
    if (receive(y) > 0 && y->block[1] == 0) {
      y->is_open = 1;
      put(y, ACK);
      put(y, 'C');
      return 0;
    }
  }
  return -1;
}

/* Behind the file: its end is confirmed, and that no other file is wanted. */
static void finish(ymodem_t *y) {
  put(y, ACK);
  put(y, 'C');
  if (receive(y) > 0) put(y, ACK);
  y->is_open = 0;
}

size_t ymodem_read(ymodem_t *y, const uint8_t **bytes) {
  int tries;
  for (tries = 0; tries < TRIES && y->is_open; tries++) {
    int n = receive(y);
    if (n == 0) {
      finish(y);
    } else if (n > 0 && y->block[1] == y->number) {
      y->number++;
      put(y, ACK);
      *bytes = y->block + 3;
      return (size_t)n;
    } else {
      put(y, n > 0 && y->block[1] == (uint8_t)(y->number - 1u) ? ACK : NAK); /* the last one came again */
    }
  }
  return 0;
}
