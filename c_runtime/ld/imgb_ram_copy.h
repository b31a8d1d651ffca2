/* imgb_ram_copy.h - start-up: copies what imgb_ramfunc.ld collected from the flash into RAM.
 * SPDX-License-Identifier: MIT
 *
 * Call imgb_ram_copy() once, from code in the flash, before anything of it is used: in the reset handler
 * beside the copying of .data, or first in main.  With caches or a prefetch unit that saw that RAM before, a
 * data and an instruction barrier belong behind it (CMSIS: __DSB(); __ISB();), on Cortex-M7 also cleaning the
 * data cache and invalidating the instruction cache.
 */
#ifndef IMGB_RAM_COPY_H
#define IMGB_RAM_COPY_H

#include <stdint.h>

/* Made by the linker script: no variables, their addresses count. */
extern uint32_t imgb_ram_start[], imgb_ram_end[];
extern const uint32_t imgb_ram_load[];

/* volatile: the compiler must not call a memcpy, which may be among what is copied. */
static inline void imgb_ram_copy(void) {
  const volatile uint32_t *from = imgb_ram_load;
  volatile uint32_t *to;
  for (to = imgb_ram_start; to < imgb_ram_end; to++) *to = *from++;
}

#endif
