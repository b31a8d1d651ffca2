/* imgb_config.h - what goes into the build.  SPDX-License-Identifier: MIT
 *
 * Set a macro on the compiler's command line (-DIMGB_CFG_LZ4=0) or name a header of your own with
 * -DIMGB_CFG_FILE='"my_imgb_config.h"'.  The builder writes such a header, <name>_config.h: it leaves out the
 * decoders that no bitmap of the flash image needs.  No option changes a struct or a prototype of imgb.h.
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
 * others, or for <name>_config.h; all kinds together take 6 KB of code and 5 KB of tables. */
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

/* 1: coded glyphs can be read.  0: imgb_font_open answers IMGB_ERR_UNSUPPORTED for fonts that have any.
 * Glyphs of 2 bits per pixel and more (GRAY) and of 1 bit (MONO) have a decoder each, which is not linked
 * where it is set to 0, and every built-in table (LATIN, CJK; MONO7, MONO10) has a switch; fonts with tables
 * of their own need none of them.  All together take 1 KB of code and 2.5 KB of tables. */
#ifndef IMGB_CFG_GLYPH_RANGE
#define IMGB_CFG_GLYPH_RANGE 1
#endif
#ifndef IMGB_CFG_GLYPH_GRAY
#define IMGB_CFG_GLYPH_GRAY IMGB_CFG_GLYPH_RANGE
#endif
#ifndef IMGB_CFG_GLYPH_MONO
#define IMGB_CFG_GLYPH_MONO IMGB_CFG_GLYPH_RANGE
#endif
#ifndef IMGB_CFG_GLYPH_LATIN
#define IMGB_CFG_GLYPH_LATIN IMGB_CFG_GLYPH_GRAY
#endif
#ifndef IMGB_CFG_GLYPH_CJK
#define IMGB_CFG_GLYPH_CJK IMGB_CFG_GLYPH_GRAY
#endif
#ifndef IMGB_CFG_GLYPH_MONO7
#define IMGB_CFG_GLYPH_MONO7 IMGB_CFG_GLYPH_MONO
#endif
#ifndef IMGB_CFG_GLYPH_MONO10
#define IMGB_CFG_GLYPH_MONO10 IMGB_CFG_GLYPH_MONO
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

/* 1: text is kerned.  0: glyphs are placed by their advance alone, and imgb_kern.c is not linked. */
#ifndef IMGB_CFG_KERN
#define IMGB_CFG_KERN 1
#endif

/* 1: ports may ask for read_align 2 or 4.  0: imgb_open answers IMGB_ERR_ARGUMENT for them. */
#ifndef IMGB_CFG_READ_ALIGN
#define IMGB_CFG_READ_ALIGN 1
#endif

#endif
