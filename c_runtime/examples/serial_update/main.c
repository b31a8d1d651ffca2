/* main.c - update packages over a serial port: one partition in two slots, one in place.
 * SPDX-License-Identifier: MIT
 *
 * Says what both partitions hold, then takes packages by the serial loader until nobody has called for
 * IDLE_MS, or an update has ended: then it starts anew.  Where the partitions lie, and their slots, records
 * and journals in them, comes from badge_partitions.h, which imgbuild makes of the manifest.
 */
#include "badge_assets_assets.h"
#include "badge_partitions.h"
#include "badge_photos_assets.h"
#include "board.h"
#include "imgb_loader_update.h"
#include "imgb_nor.h"
#include "imgb_update_nor.h"
#include "port_ast1030.h"
#include "port_serial.h"

#define COUNT 2
#define IDLE_MS 20000u
#define TEXT_BYTES 64u

/* CRC-32 of "qemu-ast1030": imgbuild ota make --board */
#define BOARD_ID 0x0B8C1EAAu

#define CHIP \
  { .chip = IMGB_NOR_SPI(0xEF4017, BOARD_FLASH_BYTES), .transfer = port_mapped_transfer, .wait = port_wait }

/* The driver's guard holds each writer inside its own partition. */
static imgb_nor_t chips[COUNT] = {CHIP, CHIP};

static const imgb_update_config_t configs[COUNT] = {
    {.io = {.read = imgb_nor_io_read, .ctx = &chips[0], .size = BADGE_PARTITION_ASSETS_BYTES},
     .erase = imgb_update_nor_erase,
     .program = imgb_update_nor_program,
     .partition = BADGE_PARTITION_ASSETS_UPDATE,
     .ids = {BADGE_ASSETS_PACK_ID, BOARD_ID, BADGE_PARTITION_ASSETS_ID}},
    {.io = {.read = imgb_nor_io_read, .ctx = &chips[1], .size = BADGE_PARTITION_PHOTOS_BYTES},
     .erase = imgb_update_nor_erase,
     .program = imgb_update_nor_program,
     .partition = BADGE_PARTITION_PHOTOS_UPDATE,
     .ids = {BADGE_PHOTOS_PACK_ID, BOARD_ID, BADGE_PARTITION_PHOTOS_ID}}};

static const uint32_t offsets[COUNT] = {BADGE_PARTITION_ASSETS_OFFSET, BADGE_PARTITION_PHOTOS_OFFSET};
static const uint32_t greetings[COUNT] = {BADGE_ASSETS_GREETING_TXT, BADGE_PHOTOS_GREETING_TXT};

static imgb_update_t update;

static void put_result(const char *what, int r) {
  put_text(what);
  put_text(r < 0 ? "-" : "");
  put_decimal((uint32_t)(r < 0 ? -r : r));
  put_char('\n');
}

/* "0: version 1 at 100000: first light", or why there is no image. */
static void tell(uint32_t n) {
  imgb_slots_t slots;
  imgb_pack_t pack;
  imgb_asset_t greeting = {0};
  char text[TEXT_BYTES];
  uint32_t i, length = 0;
  int r = imgb_slots_open(&pack, &slots, &configs[n].io, &configs[n].partition, configs[n].ids[0]);
  put_decimal(n);
  if (r == IMGB_OK) r = imgb_get(&pack, greetings[n], &greeting);
  if (r == IMGB_OK) length = greeting.stored_bytes < TEXT_BYTES ? greeting.stored_bytes : TEXT_BYTES;
  if (r == IMGB_OK) r = imgb_read(&greeting, 0, text, length);
  if (r != IMGB_OK) {
    put_result(": no image ", r);
    return;
  }
  put_text(": version ");
  put_decimal(pack.content_version);
  put_text(" at ");
  put_hex(offsets[n] + configs[n].partition.slot[slots.slot], 6);
  put_text(": ");
  for (i = 0; i < length; i++) put_char(text[i]);
  put_char('\n');
}

int main(void) {
  static imgb_loader_updater_t updater = {&update, configs, COUNT, 0, 0};
  static const imgb_loader_sink_t sink = IMGB_LOADER_UPDATER(&updater);
  static imgb_loader_t loader = {
      .get = port_get, .put = port_put, .board = "qemu-ast1030", .idle_ms = IDLE_MS, .sink = &sink};
  uint32_t n;
  int r = IMGB_OK;
  port_serial_start();
  for (n = 0; n < COUNT && r == IMGB_OK; n++) {
    r = imgb_nor_start(&chips[n], offsets[n], configs[n].io.size);
    if (r == IMGB_OK) r = imgb_update_begin(&update, &configs[n]); /* ends what a power cut left */
    if (r == IMGB_OK) tell(n);
  }
  if (r == IMGB_OK) r = imgb_loader_run(&loader);
  put_char('\n');
  if (updater.is_done != 0) {
    put_text("applied to ");
    put_decimal(updater.which);
    put_char('\n');
  }
  put_result("status ", r == IMGB_OK ? loader.status : r);
  return r == IMGB_OK ? 0 : 1;
}
