/* fake_registers.h - what bus files take registers for on the host: each access is looked at.
 * SPDX-License-Identifier: MIT */
#ifndef FAKE_REGISTERS_H
#define FAKE_REGISTERS_H

#include <stdint.h>

#include "nor_chip.h"

uint32_t fake_read(uint32_t address, unsigned bytes);
void fake_write(uint32_t address, uint32_t value, unsigned bytes);

#define BUS_READ32(address) fake_read((address), 4)
#define BUS_WRITE32(address, value) fake_write((address), (value), 4)
#define BUS_READ8(address) ((uint8_t)fake_read((address), 1))
#define BUS_WRITE8(address, value) fake_write((address), (value), 1)

/* for tests */
void fake_power_up(nor_chip_t *chip); /* all registers as after a reset */
const char *fake_log(void);           /* what a careful driver would not do, a line each; empty: nothing */
void fake_break(int what);            /* 1: the controller never gets ready */

/* for the fakes */
void fake_complain(const char *text);
void fake_clear_log(void);

#endif
