/* imgb_glyph.h - decoders of coded glyphs, FORMAT.md 5.4; not part of the API.  SPDX-License-Identifier: MIT
 */
#ifndef IMGB_GLYPH_H
#define IMGB_GLYPH_H

#include "imgb_range.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IMGB_GLYPH_MODEL_MONO7 3u /* built in, 1 bit per pixel, as the next one */
#define IMGB_GLYPH_MODEL_MONO10 4u
#define IMGB_GLYPH_MODEL_OWN 255u /* a table of the font's own */

/* The built-in table of a model; NULL: it has none, or it was left out. */
const uint8_t *imgb_glyph_table(unsigned model);

/* Each decodes the next row in place: at rows->row are a byte of 0, the row above, IMGB_GLYPH_MARGIN bytes of
 * 0 behind the glyph's width, and behind these in imgb_glyph_mono the row above that one, a bit a pixel. */
void imgb_glyph_gray(imgb_glyph_rows_t *rows);
void imgb_glyph_mono(imgb_glyph_rows_t *rows);

#define IMGB_GLYPH_MARGIN 2u
#define IMGB_GLYPH_MONO_BYTES(width) (((uint32_t)(width) + 15u) >> 3) /* the bits, and one byte of 0 */

#ifdef __cplusplus
}
#endif
#endif
