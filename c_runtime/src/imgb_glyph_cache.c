/* imgb_glyph_cache.c - glyphs drawn last, kept in memory of the caller's.  SPDX-License-Identifier: MIT
 *
 * Glyphs lie one behind the other without gaps.  What makes room is moved over, so any glyph that is not
 * larger than the memory can be kept, and the one not used for the longest time goes first.
 */
#include "imgb_priv.h"

typedef struct kept {
  uint32_t font;  /* which one the glyph was asked of */
  uint32_t code;  /* what for: a character, or IMGB_PRIV_GLYPH | index; the chain's font << 24 */
  uint32_t used;  /* when, by the cache's clock */
  uint32_t bytes; /* of this and the pixels, to a multiple of 4 */
  int32_t advance;
  uint16_t index, w, h;
  int16_t x, y;
  uint16_t depth; /* how many fonts of the chain lack it */
} kept_t;

/* Equal bytes have equal names, whichever pack they are in and however it is reached. */
static uint32_t name_of(const imgb_font_t *font) {
  return font->asset.crc32 ^ font->asset.key * 0x9E3779B1u ^ font->asset.stored_bytes;
}

static kept_t *kept_at(const imgb_glyph_cache_t *cache, uint32_t at) {
  return (kept_t *)(void *)(cache->bytes + at);
}

static kept_t *look_up(imgb_glyph_cache_t *cache, const imgb_font_t *first, uint32_t code) {
  uint32_t font = name_of(first);
  uint32_t at;
  for (at = 0; at != cache->used; at += kept_at(cache, at)->bytes) {
    kept_t *kept = kept_at(cache, at);
    if (kept->code == code && kept->font == font) {
      kept->used = ++cache->clock;
      return kept;
    }
  }
  return NULL;
}

static uint32_t pixel_bytes(const imgb_glyph_t *glyph, uint32_t bpp) {
  return ((uint32_t)glyph->w * glyph->h * bpp + 7u) / 8u;
}

static const imgb_font_t *find(imgb_glyph_cache_t *cache, const imgb_font_t *first, uint32_t code,
                               imgb_glyph_t *glyph) {
  const kept_t *kept = look_up(cache, first, code);
  const imgb_font_t *font = first;
  uint32_t n;
  if (kept == NULL) return NULL;
  for (n = kept->depth; n != 0 && font != NULL; n--) font = font->fallback;
  if (font == NULL || kept->w > font->max_w || kept->index >= font->glyphs) return NULL; /* another chain */
  glyph->advance = kept->advance;
  glyph->x = kept->x;
  glyph->y = kept->y;
  glyph->w = kept->w;
  glyph->h = kept->h;
  glyph->index = kept->index;
  glyph->is_raw = 1;
  glyph->offset = 0;
  glyph->stored_bytes = pixel_bytes(glyph, font->bpp);
  return font;
}

/* Makes room at the end, by what was not used for the longest time. */
static void make_room(imgb_glyph_cache_t *cache, uint32_t bytes) {
  while (cache->size - cache->used < bytes) {
    uint32_t oldest = 0, at, length;
    for (at = 0; at != cache->used; at += kept_at(cache, at)->bytes) {
      /* by how long ago, so that the clock may go round */
      if (cache->clock - kept_at(cache, at)->used > cache->clock - kept_at(cache, oldest)->used) oldest = at;
    }
    length = kept_at(cache, oldest)->bytes;
    cache->used -= length;
    memmove(cache->bytes + oldest, cache->bytes + oldest + length, cache->used - oldest);
  }
}

/* Packs a row's coverage to levels, as raw glyphs are stored; what it writes to is 0 before. */
static void pack_row(uint8_t *pixels, const uint8_t *coverage, uint32_t bpp, const imgb_glyph_rows_t *rows) {
  uint32_t bit = (rows->y - 1u) * rows->glyph.w * bpp;
  uint32_t n;
  for (n = rows->glyph.w; n != 0; n--, bit += bpp) {
    uint8_t *to = pixels + (bit >> 3);
    uint32_t two = (uint32_t)*coverage++ >> (8u - bpp) << (16u - bpp - (bit & 7u));
    to[0] = (uint8_t)(to[0] | two >> 8);
    if ((bit & 7u) + bpp > 8u) to[1] = (uint8_t)two;
  }
}

/* Lets rows begin with the pixels that are kept. */
static int take_rows(const imgb_glyph_cache_t *cache, const kept_t *kept, imgb_glyph_rows_t *rows) {
  rows->glyph.is_raw = 1;
  rows->glyph.stored_bytes = pixel_bytes(&rows->glyph, rows->font->bpp);
  rows->glyph.offset = (uint32_t)((const uint8_t *)(kept + 1) - cache->bytes);
  rows->stored.asset = &cache->memory;
  rows->y = 0;
  rows->done = 0;
  return 0;
}

static int show(imgb_glyph_cache_t *cache, const imgb_font_t *first, uint32_t code, imgb_glyph_rows_t *rows,
                const uint8_t *coverage) {
  const imgb_glyph_t *glyph = &rows->glyph;
  const uint32_t bpp = rows->font->bpp;
  kept_t *kept;
  if (coverage == NULL) {
    uint32_t bytes = (uint32_t)sizeof *kept + ((pixel_bytes(glyph, bpp) + 3u) & ~(uint32_t)3u);
    const imgb_font_t *font = first;
    kept = look_up(cache, first, code);
    if (kept != NULL) return take_rows(cache, kept, rows);
    if (bytes > cache->size || glyph->x != (int16_t)glyph->x || glyph->y != (int16_t)glyph->y) return 0;
    make_room(cache, bytes);
    kept = kept_at(cache, cache->used);
    memset(kept, 0, bytes);
    kept->font = name_of(first);
    kept->code = code;
    kept->used = ++cache->clock;
    kept->bytes = bytes;
    kept->advance = glyph->advance;
    kept->index = glyph->index;
    kept->w = glyph->w;
    kept->h = glyph->h;
    kept->x = (int16_t)glyph->x;
    kept->y = (int16_t)glyph->y;
    for (; font != rows->font; font = font->fallback) kept->depth++;
  } else { /* it is behind the last glyph, and counts when all of its rows are there */
    kept = kept_at(cache, cache->used);
    pack_row((uint8_t *)(kept + 1), coverage, bpp, rows);
  }
  if (rows->y != glyph->h) return 1;
  cache->used += kept->bytes;
  return take_rows(cache, kept, rows);
}

/* The memory as if it were mapped flash. */
static const void *map(void *ctx, uint32_t offset, uint32_t length) {
  (void)length;
  return (const uint8_t *)ctx + offset;
}

void imgb_glyph_cache_begin(imgb_glyph_cache_t *cache, void *memory, uint32_t memory_bytes) {
  uint32_t pad = (0u - (uint32_t)(uintptr_t)memory) & 3u;
  cache->find = find;
  cache->show = show;
  cache->bytes = (uint8_t *)memory + pad;
  cache->size = memory_bytes > pad ? (memory_bytes - pad) & ~(uint32_t)3u : 0;
  cache->used = 0;
  cache->clock = 0;
  memset(&cache->memory, 0, sizeof cache->memory);
  cache->memory.io.map = map;
  cache->memory.io.ctx = cache->bytes;
  cache->memory.io.size = cache->memory.stored_bytes = cache->size;
}
