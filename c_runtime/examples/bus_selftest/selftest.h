/* selftest.h - is the flash wired and described right?  Says what it sees, and what is wrong.
 * SPDX-License-Identifier: MIT
 *
 * Portable: it needs a driver (imgb_nor.h) with its callbacks and description filled in, and a function that
 * prints a character.  It writes only to one sector of the region, which was blank before and is blank after.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "imgb_nor.h"

enum selftest_verdict {
  SELFTEST_GOOD = 0,
  SELFTEST_BUS_FAILS,   /* the transfer function reports an error */
  SELFTEST_LINE_LOW,    /* only zeros come back */
  SELFTEST_LINE_HIGH,   /* only ones come back */
  SELFTEST_INVERTED,    /* bits come back inverted */
  SELFTEST_SHIFTED,     /* bits come back one clock late or early */
  SELFTEST_REVERSED,    /* bits come back in reverse order */
  SELFTEST_DUMMY_BYTES, /* data comes a byte late or early */
  SELFTEST_WRONG_CHIP,  /* another chip answers */
  SELFTEST_BUSY,        /* the chip stays busy */
  SELFTEST_PROTECTED,   /* it does not let itself be written */
  SELFTEST_DESCRIPTION, /* its SFDP table says another size, or the region is not on it */
  SELFTEST_NO_ROOM,     /* no erased sector in the region: nothing was written */
  SELFTEST_NOT_WRITTEN, /* the pattern reads back as something else */
  SELFTEST_NOT_ERASED   /* the sector does not become blank again */
};

typedef void (*selftest_put_t)(void *ctx, char c);

/* Prints its findings, the last line "PASS" or "FAIL: ..." with what to look at.
 * Stack: 700 bytes. */
int selftest_run(imgb_nor_t *nor, uint32_t region_offset, uint32_t region_bytes, selftest_put_t put,
                 void *ctx);

#endif
