/* logs.h - the partition "logs": littlefs on a part of the chip.  SPDX-License-Identifier: MIT */
#ifndef LOGS_H
#define LOGS_H

#include <stdint.h>

#include "imgb_nor.h"

/* Adds a line to the file "starts.log" and prints the whole file. nor's region holds the partition. Returns
 * 0, or one of littlefs' negative codes. */
int logs_add(imgb_nor_t *nor, uint32_t starts);

#endif
