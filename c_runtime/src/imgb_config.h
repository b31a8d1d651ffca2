/* imgb_config.h - what goes into the build.  SPDX-License-Identifier: MIT
 *
 * Set a macro on the compiler's command line (-DIMGB_CFG_LZ4=0) or name a header of your own with
 * -DIMGB_CFG_FILE='"my_imgb_config.h"'.  No option changes a struct or a prototype of imgb.h.
 */
#ifndef IMGB_CONFIG_H
#define IMGB_CONFIG_H

#ifdef IMGB_CFG_FILE
#include IMGB_CFG_FILE
#endif

/* 1: bitmaps of codec lz4 can be read.  0: imgb_bitmap_open answers IMGB_ERR_UNSUPPORTED for them. */
#ifndef IMGB_CFG_LZ4
#define IMGB_CFG_LZ4 1
#endif

/* 1: ports may ask for read_align 2 or 4.  0: imgb_open answers IMGB_ERR_UNSUPPORTED for them. */
#ifndef IMGB_CFG_READ_ALIGN
#define IMGB_CFG_READ_ALIGN 1
#endif

#endif
