/* imgb_xip.c - the order of steps around a write of the flash that the program runs from.
 * SPDX-License-Identifier: MIT */
#include "imgb_xip.h"

enum phase {
  CLOSED = 0,   /* the flash is mapped */
  CHANGING = 1, /* between the steps: callbacks run */
  OPEN = 2      /* the job runs */
};

IMGB_RAMFUNC int imgb_xip_run(imgb_xip_t *xip, int (*job)(void *arg), void *arg) {
  int result, back;
  if (xip->mask == NULL || xip->unmask == NULL || xip->leave == NULL || xip->enter == NULL || job == NULL) {
    return IMGB_XIP_ERR_CALLBACK;
  }
  if (xip->phase == OPEN) return job(arg);
  if (xip->phase != CLOSED) return IMGB_XIP_ERR_ORDER;
  xip->phase = CHANGING;
  xip->masked = xip->mask(xip->ctx);
  xip->first = UINT32_MAX;
  xip->end = 0;
  result = xip->leave(xip->ctx);
  if (result == IMGB_OK) {
    xip->phase = OPEN;
    result = job(arg);
    xip->phase = CHANGING;
  }
  for (;;) {
    back = xip->enter(xip->ctx);
    if (back == IMGB_OK) break;
    if (xip->lost != NULL) {
      back = xip->lost(xip->ctx, back);
      if (back != 0) return back; /* stays CHANGING: no further call comes through */
    }
  }
  if (xip->invalidate != NULL && xip->end > xip->first) {
    uint32_t mask = xip->line_bytes != 0 ? xip->line_bytes - 1u : 0;
    uint32_t first = xip->first & ~mask;
    xip->invalidate(xip->ctx, first, ((xip->end + mask) & ~mask) - first);
  }
  xip->phase = CLOSED;
  xip->unmask(xip->ctx, xip->masked);
  return result;
}

/* A range that would leave 32 bits is a mistake that the driver refuses: nothing of it is written. */
IMGB_RAMFUNC void imgb_xip_wrote(imgb_xip_t *xip, uint32_t address, uint32_t length) {
  if (xip->phase != OPEN || length == 0 || length > UINT32_MAX - address) return;
  if (address < xip->first) xip->first = address;
  if (address + length > xip->end) xip->end = address + length;
}

/* --- the driver's functions as jobs --- */

typedef struct call {
  imgb_xip_t *xip;
  uint32_t address, length;
  void *buffer;     /* of reads */
  const void *data; /* of programs */
} call_t;

IMGB_RAMFUNC static int read_job(void *arg) {
  call_t *c = (call_t *)arg;
  return imgb_nor_read(c->xip->nor, c->address, c->buffer, c->length);
}

IMGB_RAMFUNC static int program_job(void *arg) {
  call_t *c = (call_t *)arg;
  imgb_xip_wrote(c->xip, c->address, c->length);
  return imgb_nor_program(c->xip->nor, c->address, c->data, c->length);
}

IMGB_RAMFUNC static int erase_job(void *arg) {
  call_t *c = (call_t *)arg;
  imgb_xip_wrote(c->xip, c->address, c->length);
  return imgb_nor_erase(c->xip->nor, c->address, c->length);
}

IMGB_RAMFUNC static int start_job(void *arg) {
  call_t *c = (call_t *)arg;
  return imgb_nor_start(c->xip->nor, c->address, c->length);
}

IMGB_RAMFUNC int imgb_xip_read(void *ctx, uint32_t address, void *buffer, uint32_t length) {
  imgb_xip_t *xip = (imgb_xip_t *)ctx;
  uint8_t *out = (uint8_t *)buffer;
  call_t c;
  uint32_t i, size = xip->nor->chip.size;
  if (xip->window != NULL && xip->phase == CLOSED) {
    if (address > size || length > size - address) return IMGB_NOR_ERR_GUARD;
    for (i = 0; i < length; i++) out[i] = xip->window[address + i];
    return IMGB_OK;
  }
  c.xip = xip;
  c.address = address;
  c.length = length;
  c.buffer = buffer;
  return imgb_xip_run(xip, read_job, &c);
}

IMGB_RAMFUNC int imgb_xip_program(void *ctx, uint32_t address, const void *data, uint32_t length) {
  call_t c;
  c.xip = (imgb_xip_t *)ctx;
  c.address = address;
  c.length = length;
  c.data = data;
  return imgb_xip_run(c.xip, program_job, &c);
}

IMGB_RAMFUNC int imgb_xip_erase(void *ctx, uint32_t address, uint32_t length) {
  call_t c;
  c.xip = (imgb_xip_t *)ctx;
  c.address = address;
  c.length = length;
  return imgb_xip_run(c.xip, erase_job, &c);
}

IMGB_RAMFUNC int imgb_xip_start(imgb_xip_t *xip, uint32_t region_offset, uint32_t region_bytes) {
  call_t c;
  c.xip = xip;
  c.address = region_offset;
  c.length = region_bytes;
  return imgb_xip_run(xip, start_job, &c);
}
