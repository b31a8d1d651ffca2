/* imgb_runs.c - glyph runs: texts that were shaped when the image was built.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#define HEAD_BYTES 8u
#define LINE_BYTES 8u
#define GLYPH_BYTES 6u

int imgb_runs_open(const imgb_asset_t *asset, imgb_runs_t *runs) {
  uint32_t words[(HEAD_BYTES + 8u) / 4u];
  const uint8_t *p = (const uint8_t *)words;
  uint32_t lines, glyphs;
  int r;
  memset(runs, 0, sizeof *runs);
  if (asset->kind != IMGB_KIND_GLYPH_RUNS) return IMGB_ERR_KIND;
  r = imgb_priv_payload_near(asset, 0, words, HEAD_BYTES);
  if (r != IMGB_OK) return r;
  lines = imgb_priv_le16(p + 4);
  glyphs = imgb_priv_le16(p + 6);
  if (lines == 0 ||
      !imgb_priv_fits(HEAD_BYTES, LINE_BYTES * lines + GLYPH_BYTES * glyphs, asset->stored_bytes)) {
    return IMGB_ERR_FORMAT;
  }
  runs->font_key = imgb_priv_le32(p);
  runs->lines = (uint16_t)lines;
  runs->glyphs = (uint16_t)glyphs;
  runs->asset = *asset;
  return IMGB_OK;
}

int imgb_runs_line(const imgb_runs_t *runs, uint32_t n, imgb_runs_line_t *line) {
  uint32_t words[(2u * LINE_BYTES + 8u) / 4u];
  const uint8_t *p = (const uint8_t *)words;
  uint32_t first = 0, end;
  int r;
  if (n >= runs->lines) return IMGB_ERR_RANGE;
  if (n == 0) {
    r = imgb_priv_payload_near(&runs->asset, HEAD_BYTES, words, LINE_BYTES);
  } else { /* a line begins where the one before it ends */
    r = imgb_priv_payload_near(&runs->asset, HEAD_BYTES + LINE_BYTES * (n - 1u), words, 2u * LINE_BYTES);
    first = imgb_priv_le16(p);
    p += LINE_BYTES;
  }
  if (r != IMGB_OK) return r;
  end = imgb_priv_le16(p);
  if (end < first || end > runs->glyphs) return IMGB_ERR_FORMAT;
  line->first = (uint16_t)first;
  line->glyphs = (uint16_t)(end - first);
  line->is_right_to_left = p[2] & 1u;
  line->width = imgb_priv_wrap(imgb_priv_le32(p + 4));
  return IMGB_OK;
}

int imgb_runs_glyph(const imgb_runs_t *runs, uint32_t n, imgb_runs_glyph_t *glyph) {
  uint32_t words[(GLYPH_BYTES + 9u) / 4u];
  const uint8_t *p = (const uint8_t *)words;
  int r;
  if (n >= runs->glyphs) return IMGB_ERR_RANGE;
  r = imgb_priv_payload_near(&runs->asset, HEAD_BYTES + LINE_BYTES * runs->lines + GLYPH_BYTES * n, words,
                             GLYPH_BYTES);
  if (r != IMGB_OK) return r;
  glyph->index = imgb_priv_le16(p);
  glyph->x = imgb_priv_s16(imgb_priv_le16(p + 2));
  glyph->y = imgb_priv_s16(imgb_priv_le16(p + 4));
  return IMGB_OK;
}

int imgb_runs_measure(const imgb_runs_t *runs, uint32_t *width_px) {
  imgb_runs_line_t line;
  int32_t widest = 0;
  uint32_t n;
  *width_px = 0;
  for (n = 0; n < runs->lines; n++) {
    int r = imgb_runs_line(runs, n, &line);
    if (r != IMGB_OK) return r;
    if (line.width > widest) widest = line.width;
  }
  *width_px = ((uint32_t)widest + 15u) >> 4;
  return IMGB_OK;
}
