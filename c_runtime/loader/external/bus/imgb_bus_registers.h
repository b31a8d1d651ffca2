/* imgb_bus_registers.h - access to registers by address.  SPDX-License-Identifier: MIT
 *
 * Compiled with -DIMGB_BUS_REGISTERS='"file.h"' the accesses are what that file says: so tests look at each.
 */
#ifndef IMGB_BUS_REGISTERS_H
#define IMGB_BUS_REGISTERS_H

#include <stdint.h>

#ifdef IMGB_BUS_REGISTERS
#include IMGB_BUS_REGISTERS
#else
#define BUS_READ32(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define BUS_WRITE32(address, value) (*(volatile uint32_t *)(uintptr_t)(address) = (value))
#define BUS_READ8(address) (*(volatile uint8_t *)(uintptr_t)(address))
#define BUS_WRITE8(address, value) (*(volatile uint8_t *)(uintptr_t)(address) = (value))
#endif

#endif
