/* imgb_port_mapped.h - a pack in memory that the CPU reads as it is.  SPDX-License-Identifier: MIT
 *
 * For memory-mapped flash (QSPI, OSPI, XIP), for a pack linked into the firmware, and for tests.  The memory
 * must stay mapped and unchanged as long as anything of the pack is used.  Any alignment of base will do.
 */
#ifndef IMGB_PORT_MAPPED_H
#define IMGB_PORT_MAPPED_H

#include "imgb.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills io for size bytes at base.  Both are trusted: nothing below size is checked again. */
void imgb_port_mapped(imgb_io_t *io, const void *base, uint32_t size);

#ifdef __cplusplus
}
#endif
#endif
