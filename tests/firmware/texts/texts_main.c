/* texts_main.c - draws blocks, strings in three languages, shaped runs and fallback fonts out of SPI NOR
 * flash: by read commands, through the mapped window, and with a glyph cache.  SPDX-License-Identifier: MIT
 *
 * Prints what each way read, the pixels in which it differs from the first, and the frame.
 */
#include "board.h"
#include "imgb.h"
#include "texts_assets.h"

#define WIDTH_PX 240
#define HEIGHT_PX 320
#define PIXELS (WIDTH_PX * HEIGHT_PX)
#define CHAIN_FONTS 2u
#define CACHE_BYTES 24576u

enum item_kind { ITEM_FILL, ITEM_LINE, ITEM_BLOCK, ITEM_STRING, ITEM_RUNS };
enum { LEFT = IMGB_ALIGN_LEFT, CENTRE = IMGB_ALIGN_CENTRE, RIGHT = IMGB_ALIGN_RIGHT };

typedef struct item {
  const char *font, *text;
  const char *shaped_for; /* the font of texts that are runs; of a string, whose language is: */
  const char *language;
  uint32_t key;
  int16_t x, y, width, height;
  uint16_t max_lines, tab;
  int16_t letter_spacing, line_height;
  uint16_t rgb565;
  uint8_t kind, align, ellipsis;
} item_t;

/* clang-format off */
#define FILL(x, y, w, h, r, g, b) \
  {NULL, NULL, NULL, NULL, 0, x, y, w, h, 0, 0, 0, 0, IMGB_RGB565(r, g, b), ITEM_FILL, LEFT, 0},
#define LINE(x, y, font, r, g, b, text) \
  {font, text, NULL, NULL, 0, x, y, 0, 0, 0, 0, 0, 0, IMGB_RGB565(r, g, b), ITEM_LINE, LEFT, 0},
#define BLOCK(x, y, w, h, align, lines, tab, spacing, height, ellipsis, font, r, g, b, text) \
  {font, text, NULL, NULL, 0, x, y, w, h, lines, tab, spacing, height, IMGB_RGB565(r, g, b), ITEM_BLOCK, align, ellipsis},
#define STRING(x, y, w, align, font, shaped_for, r, g, b, language, id, key) \
  {font, id, shaped_for, language, key, x, y, w, 0, 0, 0, 0, 0, IMGB_RGB565(r, g, b), ITEM_STRING, align, 0},
#define RUNS(x, y, w, align, font, r, g, b, name) \
  {font, name, font, NULL, 0, x, y, w, 0, 0, 0, 0, 0, IMGB_RGB565(r, g, b), ITEM_RUNS, align, 0},
/* clang-format on */

static const item_t items[] = {
#include "texts_items.def"
};

typedef struct counts {
  uint32_t reads, read_bytes, maps;
} counts_t;

typedef struct target {
  const imgb_pack_t *pack;
  const imgb_surface_t *surface;
  imgb_glyph_cache_t *cache;
} target_t;

static uint16_t first_frame[PIXELS], frame[PIXELS];
static uint8_t cache_memory[CACHE_BYTES];
static uint8_t work[IMGB_TEXT_WORK_BYTES + IMGB_BLOCK_WORK_BYTES];

/* --- port --- */

static int read_by_spi(void *context, uint32_t offset, void *buffer, uint32_t length) {
  counts_t *counts = context;
  counts->reads++;
  counts->read_bytes += length;
  nor_read(TEXTS_REGION_OFFSET + offset, buffer, length);
  return IMGB_OK;
}

static const void *map_window(void *context, uint32_t offset, uint32_t length) {
  counts_t *counts = context;
  (void)length;
  counts->maps++;
  return nor_window(TEXTS_REGION_OFFSET + offset);
}

/* --- items --- */

static int open_chain(const target_t *target, const char *name, imgb_font_t *fonts) {
  imgb_asset_t asset;
  uint32_t count;
  int r = imgb_find(target->pack, name, &asset);
  if (r == IMGB_OK) r = imgb_font_chain(target->pack, &asset, fonts, CHAIN_FONTS, &count);
  return r;
}

static imgb_text_style_t style_of(const target_t *target, const item_t *item, const imgb_font_t *font) {
  imgb_text_style_t style = {0};
  style.font = font;
  style.cache = target->cache;
  style.width = item->width;
  style.height = item->height;
  style.max_lines = item->max_lines;
  style.tab = item->tab;
  style.letter_spacing = item->letter_spacing;
  style.line_height = item->line_height;
  style.align = item->align;
  style.ellipsis = item->ellipsis;
  return style;
}

static int draw_block(const target_t *target, const item_t *item, const char *text) {
  imgb_font_t fonts[CHAIN_FONTS];
  int r = open_chain(target, item->font, fonts);
  if (r == IMGB_OK) {
    const imgb_text_style_t style = style_of(target, item, fonts);
    r = imgb_draw_text_block(target->surface, item->x, item->y, &style, text, item->rgb565, work,
                             sizeof work);
  }
  return r;
}

static int draw_runs(const target_t *target, const item_t *item, const imgb_asset_t *asset) {
  imgb_font_t fonts[CHAIN_FONTS];
  imgb_runs_t runs;
  int r = open_chain(target, item->shaped_for, fonts);
  if (r == IMGB_OK) r = imgb_runs_open(asset, &runs);
  if (r == IMGB_OK) {
    const imgb_text_style_t style = style_of(target, item, fonts);
    r = imgb_draw_runs(target->surface, item->x, item->y, &runs, &style, item->rgb565, work, sizeof work);
  }
  return r;
}

static int draw_named_runs(const target_t *target, const item_t *item) {
  imgb_asset_t asset;
  int r = imgb_find(target->pack, item->text, &asset);
  return r == IMGB_OK ? draw_runs(target, item, &asset) : r;
}

static int draw_string(const target_t *target, const item_t *item) {
  char text[64];
  uint32_t length;
  imgb_asset_t asset;
  imgb_strings_t strings;
  int r = imgb_get(target->pack, TEXTS_UI, &asset);
  if (r == IMGB_OK) r = imgb_strings_open(&asset, &strings);
  if (r == IMGB_OK) r = imgb_strings_language(&strings, item->language);
  if (r == IMGB_OK) r = imgb_strings_get(&strings, item->key, text, sizeof text, &length);
  if (r == IMGB_OK) return draw_block(target, item, text);
  if (r != IMGB_ERR_KIND) return r;
  r = imgb_strings_find(&strings, item->key, &asset); /* glyph runs */
  return r == IMGB_OK ? draw_runs(target, item, &asset) : r;
}

static int draw_line(const target_t *target, const item_t *item) {
  imgb_font_t fonts[CHAIN_FONTS];
  int r = open_chain(target, item->font, fonts);
  if (r != IMGB_OK) return r;
  return imgb_draw_text(target->surface, item->x, item->y, fonts, item->text, item->rgb565, work, sizeof work,
                        NULL);
}

static int draw_item(const target_t *target, const item_t *item) {
  switch (item->kind) {
    case ITEM_FILL:
      imgb_draw_fill(target->surface, item->x, item->y, item->width, item->height, item->rgb565);
      return IMGB_OK;
    case ITEM_LINE:
      return draw_line(target, item);
    case ITEM_BLOCK:
      return draw_block(target, item, item->text);
    case ITEM_STRING:
      return draw_string(target, item);
    default:
      return draw_named_runs(target, item);
  }
}

/* --- report --- */

static void put_number(const char *label, uint32_t value) {
  put_text(label);
  put_decimal(value);
}

/* Draws all items and prints "way: result n reads n bytes n maps n differ n". */
static int draw_and_report(const char *way, const imgb_pack_t *pack, imgb_glyph_cache_t *cache,
                           uint16_t *pixels) {
  const imgb_surface_t surface = {
      .pixels = pixels, .stride_px = WIDTH_PX, .width = WIDTH_PX, .height = HEIGHT_PX};
  const target_t target = {pack, &surface, cache};
  counts_t *counts = pack->io.ctx;
  uint32_t i, differ = 0;
  int r = IMGB_OK;
  for (i = 0; i < PIXELS; i++) pixels[i] = 0;
  *counts = (counts_t){0, 0, 0};
  for (i = 0; i < sizeof items / sizeof items[0] && r == IMGB_OK; i++) {
    r = draw_item(&target, &items[i]);
  }
  for (i = 0; i < PIXELS; i++) differ += pixels[i] != first_frame[i];
  put_text(way);
  put_number(": result ", (uint32_t)-r);
  put_number(" reads ", counts->reads);
  put_number(" bytes ", counts->read_bytes);
  put_number(" maps ", counts->maps);
  put_number(" differ ", differ);
  put_char('\n');
  return r != IMGB_OK ? r : (int)differ;
}

/* CRC-32 over pixels with the low byte first. */
static uint32_t crc32_of_frame(const uint16_t *pixels) {
  uint32_t crc = 0xFFFFFFFFu;
  for (uint32_t i = 0; i < PIXELS; i++) {
    crc ^= pixels[i];
    for (unsigned bit = 0; bit < 16u; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

static void send_frame(const char *label, const uint16_t *pixels) {
  put_text("FRAME ");
  put_text(label);
  put_number(" ", WIDTH_PX);
  put_number(" ", HEIGHT_PX);
  put_char(' ');
  put_hex(crc32_of_frame(pixels), 8);
  for (uint32_t i = 0; i < PIXELS; i++) {
    if (i % WIDTH_PX == 0u) put_char('\n');
    put_hex(pixels[i], 4);
  }
  put_text("\nEND\n");
}

int main(void) {
  counts_t counts_by_read, counts_by_map;
  const imgb_io_t io_by_read = {read_by_spi, NULL, &counts_by_read, TEXTS_REGION_BYTES, 1};
  const imgb_io_t io_by_map = {read_by_spi, map_window, &counts_by_map, TEXTS_REGION_BYTES, 1};
  imgb_pack_t by_read, by_map;
  imgb_glyph_cache_t cache;
  int r = imgb_open(&by_read, &io_by_read, TEXTS_PACK_ID);
  if (r == IMGB_OK) r = imgb_open(&by_map, &io_by_map, TEXTS_PACK_ID);
  if (r == IMGB_OK) r = draw_and_report("read", &by_read, NULL, first_frame);
  if (r < 0) return 1;
  imgb_glyph_cache_begin(&cache, cache_memory, sizeof cache_memory);
  r = draw_and_report("map", &by_map, NULL, frame);
  if (r == 0) r = draw_and_report("cache, empty", &by_read, &cache, frame);
  if (r == 0) r = draw_and_report("cache, full", &by_read, &cache, frame);
  imgb_glyph_cache_begin(&cache, cache_memory, 900);
  if (r == 0) r = draw_and_report("cache, small", &by_read, &cache, frame);
  if (r == 0) r = draw_and_report("cache, small again", &by_map, &cache, frame);
  send_frame("texts", frame);
  return r == 0 ? 0 : 2;
}
