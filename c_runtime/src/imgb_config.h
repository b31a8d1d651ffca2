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

/* 1: bitmaps of codec rle can be read.  0: imgb_bitmap_open answers IMGB_ERR_UNSUPPORTED for them. */
#ifndef IMGB_CFG_RLE
#define IMGB_CFG_RLE 1
#endif

/* 1: bitmaps of codec lz4 can be read.  0: imgb_bitmap_open answers IMGB_ERR_UNSUPPORTED for them. */
#ifndef IMGB_CFG_LZ4
#define IMGB_CFG_LZ4 1
#endif

/* 1: bitmaps of codec range can be read.  0: imgb_bitmap_open answers IMGB_ERR_UNSUPPORTED for them.
 * Each kind of pixels has code and a table of its own.  One that is set to 0 is not linked, and its strips
 * answer IMGB_ERR_UNSUPPORTED.  A device that needs one kind alone asks for -DIMGB_CFG_RANGE_...=0 of the
 * others; all kinds together take 6 KB of code and 5 KB of tables. */
#ifndef IMGB_CFG_RANGE
#define IMGB_CFG_RANGE 1
#endif
#ifndef IMGB_CFG_RANGE_565 /* rgb565, rgb565a8 */
#define IMGB_CFG_RANGE_565 IMGB_CFG_RANGE
#endif
#ifndef IMGB_CFG_RANGE_8888 /* argb8888, xrgb8888, rgb888 */
#define IMGB_CFG_RANGE_8888 IMGB_CFG_RANGE
#endif
#ifndef IMGB_CFG_RANGE_ALPHA8 /* a8, alpha of rgb565a8 and argb8888 */
#define IMGB_CFG_RANGE_ALPHA8 IMGB_CFG_RANGE
#endif
#ifndef IMGB_CFG_RANGE_ALPHA4 /* a4 */
#define IMGB_CFG_RANGE_ALPHA4 IMGB_CFG_RANGE
#endif
#ifndef IMGB_CFG_RANGE_INDEXED8 /* i8 */
#define IMGB_CFG_RANGE_INDEXED8 IMGB_CFG_RANGE
#endif
#ifndef IMGB_CFG_RANGE_INDEXED4 /* i4 */
#define IMGB_CFG_RANGE_INDEXED4 IMGB_CFG_RANGE
#endif
#ifndef IMGB_CFG_RANGE_GRAY8
#define IMGB_CFG_RANGE_GRAY8 IMGB_CFG_RANGE
#endif
#ifndef IMGB_CFG_RANGE_GRAY4
#define IMGB_CFG_RANGE_GRAY4 IMGB_CFG_RANGE
#endif

/* 1: imgb_draw_bitmap draws al88, argb8565, argb1555, argb4444, argb2222, rgb332, rgb444, rgb666, bgr888 and
 * premultiplied argb8888.  0: it answers IMGB_ERR_UNSUPPORTED for them; their rows can be read all the same.
 */
#ifndef IMGB_CFG_DRAW_MORE
#define IMGB_CFG_DRAW_MORE 1
#endif

/* 1: imgb_draw_bitmap draws mono_page, inverted greys and the formats of e-papers.  0: as above. */
#ifndef IMGB_CFG_DRAW_EPAPER
#define IMGB_CFG_DRAW_EPAPER 1
#endif

/* 1: ports may ask for read_align 2 or 4.  0: imgb_open answers IMGB_ERR_ARGUMENT for them. */
#ifndef IMGB_CFG_READ_ALIGN
#define IMGB_CFG_READ_ALIGN 1
#endif

#endif
