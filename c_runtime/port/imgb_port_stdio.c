/* imgb_port_stdio.c - a pack in a file of the host.  SPDX-License-Identifier: MIT */
#include "imgb_port_stdio.h"

#include <limits.h>

static int stdio_read(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  const imgb_port_stdio_t *port = (const imgb_port_stdio_t *)ctx;
  if (offset > (uint32_t)LONG_MAX - (uint32_t)port->offset) return IMGB_ERR_STDIO;
  if (fseek(port->file, port->offset + (long)offset, SEEK_SET) != 0) return IMGB_ERR_STDIO;
  return fread(buffer, 1, length, port->file) == length ? IMGB_OK : IMGB_ERR_STDIO;
}

int imgb_port_stdio(imgb_io_t *io, imgb_port_stdio_t *port, FILE *file, long offset) {
  long end;
  if (file == NULL || offset < 0) return IMGB_ERR_ARGUMENT;
  if (fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < offset) return IMGB_ERR_STDIO;
  port->file = file;
  port->offset = offset;
  io->read = stdio_read;
  io->map = NULL;
  io->ctx = port;
  io->size = (unsigned long)(end - offset) > 0xFFFFFFFFul ? 0xFFFFFFFFu : (uint32_t)(end - offset);
  io->read_align = 1;
  return IMGB_OK;
}
