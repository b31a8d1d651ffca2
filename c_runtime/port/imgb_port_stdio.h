/* imgb_port_stdio.h - a pack in a file of the host.  SPDX-License-Identifier: MIT */
#ifndef IMGB_PORT_STDIO_H
#define IMGB_PORT_STDIO_H

#include <stdio.h>

#include "imgb.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { IMGB_ERR_STDIO = IMGB_ERR_PORT - 1 }; /* seeking or reading failed, or the file is not seekable */

typedef struct imgb_port_stdio {
  FILE *file;  /* the caller's, open for reading in binary; stays the caller's to close */
  long offset; /* of the pack's first byte in the file */
} imgb_port_stdio_t;

/* Fills io; size becomes what the file holds from offset on.  *port must live as long as anything of the
 * pack. */
IMGB_NODISCARD int imgb_port_stdio(imgb_io_t *io, imgb_port_stdio_t *port, FILE *file, long offset);

#ifdef __cplusplus
}
#endif
#endif
