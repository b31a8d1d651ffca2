/* main.c - a read-only pack, a littlefs and settings on one chip, each where the generated headers say.
 * SPDX-License-Identifier: MIT
 *
 * Draws an icon of the pack, counts the starts in a setting and in a file, and turns the brightness up. The
 * driver is started for the two partitions that are written, which touch: it refuses to erase or to program
 * anything else, the pack in front of them and whatever lies behind them included.
 */
#include "board.h"
#include "imgb.h"
#include "imgb_nor.h"
#include "imgb_settings.h"
#include "logs.h"
#include "port_ast1030.h"
#include "report.h"
#include "watch_assets_assets.h"
#include "watch_partitions.h"
#include "watch_settings.h"

#if WATCH_PARTITION_ASSETS_ADDRESS != BOARD_FLASH_WINDOW + WATCH_PARTITION_ASSETS_OFFSET
#error "the manifest is made for another board"
#endif
#if WATCH_PARTITION_LOGS_OFFSET + WATCH_PARTITION_LOGS_BYTES != WATCH_PARTITION_SETTINGS_OFFSET
#error "the partitions that are written must touch: the driver has one region"
#endif

#define WRITABLE_BYTES (WATCH_PARTITION_LOGS_BYTES + WATCH_PARTITION_SETTINGS_BYTES)
#define SIDE_PX WATCH_ASSETS_WEATHER_SUN_WIDTH
#define BLUE 0x0010u
#define STEP_PERCENT 7u

static uint16_t pixels[SIDE_PX * WATCH_ASSETS_WEATHER_SUN_HEIGHT];
static uint8_t work[WATCH_ASSETS_WORK_BYTES];
static const imgb_setting_t table[WATCH_SETTINGS_COUNT] = WATCH_SETTINGS_TABLE;

/* imgb_io_t.read: offset 0 is the first byte of the partition. */
static int read_assets(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  return imgb_nor_read(ctx, WATCH_PARTITION_ASSETS_OFFSET + offset, buffer, length);
}

static int draw_icon(imgb_nor_t *nor) {
  const imgb_io_t io = {
      .read = read_assets, .ctx = nor, .size = WATCH_PARTITION_ASSETS_BYTES, .read_align = 1};
  const imgb_surface_t surface = {
      .pixels = pixels, .stride_px = SIDE_PX, .width = SIDE_PX, .height = WATCH_ASSETS_WEATHER_SUN_HEIGHT};
  imgb_pack_t pack;
  imgb_asset_t asset;
  imgb_bitmap_t icon;
  int r = imgb_open(&pack, &io, WATCH_ASSETS_PACK_ID);
  if (r == IMGB_OK) r = imgb_require(&pack, WATCH_ASSETS_CONTRACT);
  if (r == IMGB_OK) r = imgb_check(&pack, IMGB_CHECK_INDEX | IMGB_CHECK_PAYLOADS, work, sizeof work);
  if (r == IMGB_OK) r = imgb_get(&pack, WATCH_ASSETS_WEATHER_SUN, &asset);
  if (r == IMGB_OK) r = imgb_bitmap_open(&asset, &icon);
  imgb_draw_fill(&surface, 0, 0, SIDE_PX, WATCH_ASSETS_WEATHER_SUN_HEIGHT, BLUE);
  if (r == IMGB_OK) r = imgb_draw_bitmap(&surface, 0, 0, &icon, 0, work, sizeof work);
  if (r == IMGB_OK) put_frame("sun", pixels, SIDE_PX, WATCH_ASSETS_WEATHER_SUN_HEIGHT);
  return r;
}

/* Prints the values, then changes them: what is printed next time. */
static int turn_up(imgb_settings_t *s, uint32_t *starts) {
  uint32_t percent = 0;
  char owner[WATCH_SETTINGS_BYTES_OWNER + 1];
  int r = imgb_settings_mount(s);
  if (r == IMGB_OK) r = imgb_settings_get_u32(s, WATCH_SETTINGS_KEY_BRIGHTNESS, &percent);
  if (r == IMGB_OK) r = imgb_settings_get_u32(s, WATCH_SETTINGS_KEY_STARTS, starts);
  if (r == IMGB_OK) r = imgb_settings_get_string(s, WATCH_SETTINGS_KEY_OWNER, owner, sizeof owner);
  if (r != IMGB_OK) return r;
  put_number("brightness", percent);
  put_number("starts", *starts);
  put_text("owner: ");
  put_text(owner);
  put_char('\n');
  *starts += 1u;
  r = imgb_settings_set_u32(s, WATCH_SETTINGS_KEY_STARTS, *starts);
  if (r == IMGB_OK) r = imgb_settings_set_u32(s, WATCH_SETTINGS_KEY_BRIGHTNESS, percent + STEP_PERCENT);
  if (r == IMGB_ERR_RANGE) { /* above the manifest's max: it stays where it is */
    put_text("brightest\n");
    r = IMGB_OK;
  }
  if (r == IMGB_OK) r = imgb_settings_set_string(s, WATCH_SETTINGS_KEY_OWNER, "somebody");
  return r;
}

/* The pack lies outside of the driver's region: not even a mistake can erase it. */
static int try_the_pack(imgb_nor_t *nor) {
  int r = imgb_nor_erase(nor, WATCH_PARTITION_ASSETS_OFFSET, WATCH_PARTITION_ASSETS_ERASE_BYTES);
  put_text(r == IMGB_NOR_ERR_GUARD ? "erasing the pack: refused\n" : "erasing the pack: done\n");
  return r == IMGB_NOR_ERR_GUARD ? IMGB_OK : IMGB_ERR_PORT;
}

int main(void) {
  imgb_nor_t nor = {
      .chip = IMGB_NOR_SPI(0xEF4017, BOARD_FLASH_BYTES), .transfer = port_transfer, .wait = port_wait};
  imgb_settings_t settings = {.read = imgb_settings_nor_read,
                              .program = imgb_settings_nor_program,
                              .erase = imgb_settings_nor_erase,
                              .ctx = &nor,
                              .offset = WATCH_SETTINGS_OFFSET,
                              .sector_bytes = WATCH_SETTINGS_SECTOR_BYTES,
                              .sectors = WATCH_SETTINGS_SECTORS,
                              .table = table,
                              .rows = WATCH_SETTINGS_COUNT};
  uint32_t starts = 0;
  int r = imgb_nor_start(&nor, WATCH_PARTITION_LOGS_OFFSET, WRITABLE_BYTES);
  if (r == IMGB_OK) r = draw_icon(&nor);
  if (r == IMGB_OK) r = turn_up(&settings, &starts);
  if (r == IMGB_OK) r = logs_add(&nor, starts);
  if (r == IMGB_OK) r = try_the_pack(&nor);
  if (r < 0) put_number("error -", (uint32_t)-r);
  return r < 0 ? 1 : 0;
}
