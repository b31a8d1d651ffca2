/* imgb_glyph_tables.c - the built-in tables of coded glyphs.  SPDX-License-Identifier: MIT */
#include "imgb_glyph_tables.h"

#include "imgb_glyph.h"

const uint8_t *imgb_glyph_table(unsigned model) {
  switch (model) {
#if IMGB_CFG_GLYPH_LATIN
    case 1:
      return imgb_glyph_latin;
#endif
#if IMGB_CFG_GLYPH_CJK
    case 2:
      return imgb_glyph_cjk;
#endif
#if IMGB_CFG_GLYPH_MONO7
    case 3:
      return imgb_glyph_mono7;
#endif
#if IMGB_CFG_GLYPH_MONO10
    case 4:
      return imgb_glyph_mono10;
#endif
    default:
      return NULL;
  }
}
