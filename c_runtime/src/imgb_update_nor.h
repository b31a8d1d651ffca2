/* imgb_update_nor.h - the flash driver as the writer of updates.  SPDX-License-Identifier: MIT
 *
 *     imgb_nor_start(&nor, partition_offset, partition_bytes);
 *     config.io.read = imgb_nor_io_read;
 *     config.io.ctx = &nor;
 *     config.erase = imgb_update_nor_erase;
 *     config.program = imgb_update_nor_program;
 *
 * The region that was started is the partition, so the driver's guard holds around it, too. */
#ifndef IMGB_UPDATE_NOR_H
#define IMGB_UPDATE_NOR_H

#include "imgb_nor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ctx: the imgb_nor_t.  Stack and results: those of imgb_nor_erase and imgb_nor_program. */
IMGB_RAMFUNC static inline int imgb_update_nor_erase(void *ctx, uint32_t offset, uint32_t length) {
  imgb_nor_t *nor = (imgb_nor_t *)ctx;
  return imgb_nor_erase(nor, nor->region_offset + offset, length);
}

IMGB_RAMFUNC static inline int imgb_update_nor_program(void *ctx, uint32_t offset, const void *data,
                                                       uint32_t length) {
  imgb_nor_t *nor = (imgb_nor_t *)ctx;
  return imgb_nor_program(nor, nor->region_offset + offset, data, length);
}

#ifdef __cplusplus
}
#endif
#endif
