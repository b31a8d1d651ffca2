/* demo_screen.c - draws tables of items: fills, bitmaps and text.  SPDX-License-Identifier: MIT */
#include "demo_screen.h"

#include "demo_assets.h"

enum item_kind { ITEM_FILL, ITEM_BITMAP, ITEM_TEXT, ITEM_VERSION };
enum item_align { LEFT, CENTRE, RIGHT };

typedef struct item {
  const char *name; /* of the bitmap or font; NULL: key holds */
  const char *text;
  uint32_t key;
  int16_t x, y;
  int16_t width, height; /* of a fill */
  uint16_t rgb565;
  uint8_t kind, align;
} item_t;

/* clang-format off */
#define FILL(x, y, width, height, r, g, b) \
  {NULL, NULL, 0, x, y, width, height, IMGB_RGB565(r, g, b), ITEM_FILL, LEFT},
#define BITMAP(x, y, name, r, g, b) {name, NULL, 0, x, y, 0, 0, IMGB_RGB565(r, g, b), ITEM_BITMAP, LEFT},
#define BITMAP_KEY(x, y, key, name, r, g, b) {NULL, NULL, key, x, y, 0, 0, IMGB_RGB565(r, g, b), ITEM_BITMAP, LEFT},
#define TEXT(x, y, align, font, r, g, b, text) {font, text, 0, x, y, 0, 0, IMGB_RGB565(r, g, b), ITEM_TEXT, align},
#define VERSION(x, y, align, font, r, g, b, text) \
  {font, text, 0, x, y, 0, 0, IMGB_RGB565(r, g, b), ITEM_VERSION, align},
/* clang-format on */

static const item_t demo_items[] = {
#include "demo_items.def"
};
static const item_t pieces_items[] = {
#include "pieces_items.def"
};

typedef struct canvas {
  const imgb_pack_t *pack;
  const imgb_surface_t *surface;
  void *work;
  uint32_t work_bytes;
} canvas_t;

static int find_asset(const canvas_t *canvas, const item_t *item, imgb_asset_t *asset) {
  return item->name != NULL ? imgb_find(canvas->pack, item->name, asset)
                            : imgb_get(canvas->pack, item->key, asset);
}

static int draw_bitmap(const canvas_t *canvas, const item_t *item) {
  imgb_asset_t asset;
  imgb_bitmap_t bitmap;
  int result = find_asset(canvas, item, &asset);
  if (result == IMGB_OK) {
    result = imgb_bitmap_open(&asset, &bitmap);
  }
  if (result == IMGB_OK) {
    result = imgb_draw_bitmap(canvas->surface, item->x, item->y, &bitmap, item->rgb565, canvas->work,
                              canvas->work_bytes);
  }
  return result;
}

static int draw_text(const canvas_t *canvas, const item_t *item, const char *text) {
  imgb_asset_t asset;
  imgb_font_t font;
  uint32_t width_px = 0;
  int32_t x = item->x;
  int result = find_asset(canvas, item, &asset);
  if (result == IMGB_OK) {
    result = imgb_font_open(&asset, &font);
  }
  if (result == IMGB_OK && item->align != LEFT) {
    result = imgb_text_measure(&font, text, &width_px);
  }
  if (result == IMGB_OK) {
    x -= item->align == RIGHT ? (int32_t)width_px : (int32_t)(width_px / 2u);
    result = imgb_draw_text(canvas->surface, x, item->y, &font, text, item->rgb565, canvas->work,
                            canvas->work_bytes, NULL);
  }
  return result;
}

/* Writes text and number; the texts of the tables are short enough for the buffer. */
static void join_number(char *buffer, uint32_t buffer_bytes, const char *text, uint32_t number) {
  char digits[10];
  uint32_t count = 0;
  uint32_t at = 0;
  do {
    digits[count++] = (char)('0' + (char)(number % 10u));
    number /= 10u;
  } while (number != 0u);
  while (*text != '\0' && at + count + 1u < buffer_bytes) {
    buffer[at++] = *text++;
  }
  while (count > 0u) {
    buffer[at++] = digits[--count];
  }
  buffer[at] = '\0';
}

static int draw_version(const canvas_t *canvas, const item_t *item) {
  char text[64];
  join_number(text, sizeof text, item->text, canvas->pack->content_version);
  return draw_text(canvas, item, text);
}

static int draw_item(const canvas_t *canvas, const item_t *item) {
  switch (item->kind) {
    case ITEM_FILL:
      imgb_draw_fill(canvas->surface, item->x, item->y, item->width, item->height, item->rgb565);
      return IMGB_OK;
    case ITEM_BITMAP:
      return draw_bitmap(canvas, item);
    case ITEM_VERSION:
      return draw_version(canvas, item);
    default:
      return draw_text(canvas, item, item->text);
  }
}

static int draw_items(const canvas_t *canvas, const item_t *items, uint32_t count) {
  int result = IMGB_OK;
  uint32_t i;
  for (i = 0; i < count && result == IMGB_OK; i++) {
    result = draw_item(canvas, &items[i]);
  }
  return result;
}

int demo_draw(const imgb_pack_t *pack, const imgb_surface_t *surface, void *work, uint32_t work_bytes) {
  const canvas_t canvas = {pack, surface, work, work_bytes};
  return draw_items(&canvas, demo_items, sizeof demo_items / sizeof demo_items[0]);
}

int demo_draw_pieces(const imgb_pack_t *pack, const imgb_surface_t *surface, void *work,
                     uint32_t work_bytes) {
  const canvas_t canvas = {pack, surface, work, work_bytes};
  return draw_items(&canvas, pieces_items, sizeof pieces_items / sizeof pieces_items[0]);
}
