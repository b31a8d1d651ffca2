/* flash.h - the device's flash, as imgb_update_config_t wants it.  SPDX-License-Identifier: MIT */
#ifndef FLASH_H
#define FLASH_H

#include "imgb_update.h"

/* Fills config->io, erase and program for the partition of `bytes` in the file at path (made, erased, if it
 * is not there).  cut_at: the power goes at this erase or program call, counted from 1; 0: never.  0, or -1.
 */
int flash_open(imgb_update_config_t *config, const char *path, uint32_t bytes, uint32_t cut_at);

#endif
