/* imgb_port_mapped.c - a pack in memory that the CPU reads as it is.  SPDX-License-Identifier: MIT */
#include "imgb_port_mapped.h"

/* A plain loop: a free-standing compiler turns it into its own memcpy. */
static int mapped_read(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  const uint8_t *from = (const uint8_t *)ctx + offset;
  uint8_t *to = (uint8_t *)buffer;
  while (length-- != 0) *to++ = *from++;
  return IMGB_OK;
}

static const void *mapped_map(void *ctx, uint32_t offset, uint32_t length) {
  (void)length;
  return (const uint8_t *)ctx + offset;
}

void imgb_port_mapped(imgb_io_t *io, const void *base, uint32_t size) {
  io->read = mapped_read;
  io->map = mapped_map;
  io->ctx = (void *)(uintptr_t)base; /* only ever read */
  io->size = size;
  io->read_align = 1;
}
