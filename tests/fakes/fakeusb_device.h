/* SPDX-License-Identifier: MIT */
/* fakeusb_device.h - the DfuSe devices behind fakeusb.c: their memories, and the requests of USB DFU. */
#ifndef FAKEUSB_DEVICE_H
#define FAKEUSB_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICES_MAX 4u
#define ALTS_MAX 4u
#define PAGES_MAX 16u
#define TRANSFER_BYTES 1024u
#define TEXT_BYTES 256u
#define FIRST_ALT_STRING 4u

enum {
  DFU_DNLOAD = 1,
  DFU_UPLOAD = 2,
  DFU_GETSTATUS = 3,
  DFU_CLRSTATUS = 4,
  DFU_GETSTATE = 5,
  DFU_ABORT = 6
};
enum {
  STATE_IDLE = 2,
  STATE_DNLOAD_SYNC = 3,
  STATE_DNBUSY = 4,
  STATE_DNLOAD_IDLE = 5,
  STATE_MANIFEST_SYNC = 6,
  STATE_MANIFEST = 7,
  STATE_UPLOAD_IDLE = 9,
  STATE_ERROR = 10
};
enum { STATUS_OK = 0, STATUS_ERR_PROG = 6, STATUS_ERR_ADDRESS = 8 };
enum { READABLE = 1, ERASABLE = 2, WRITABLE = 4 };

typedef struct {
  uint32_t address, count, size;
  unsigned bits;
} pages_t;

typedef struct {
  char name[TEXT_BYTES];
  pages_t pages[PAGES_MAX];
  unsigned page_rows;
  uint8_t *bytes;
  size_t size;
  bool is_changed;
} memory_t;

typedef struct {
  uint16_t vid, pid;
  char serial[TEXT_BYTES], folder[TEXT_BYTES];
  memory_t alts[ALTS_MAX];
  unsigned alt_count, alt;
  uint32_t address;
  unsigned state, status;
  uint8_t pending[TRANSFER_BYTES];
  unsigned pending_bytes, pending_block;
  bool is_pending;
} device_t;

/* The devices that FAKEUSB tells of, read once; *count: how many. What they hold is saved when the program
 * ends. */
device_t *fakeusb_devices(unsigned *count);

/* One request of class DFU: the number of bytes of its answer, or -1 for one that is refused. */
int fakeusb_request(device_t *d, unsigned request, unsigned value, uint8_t *data, unsigned length);

#endif
