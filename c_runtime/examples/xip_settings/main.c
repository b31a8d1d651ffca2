/* main.c - code that runs from the mapped flash keeps a setting in the same flash.  SPDX-License-Identifier:
 * MIT
 *
 * Counts its own starts.  Everything but vectors and writer is fetched from the flash window, also the
 * handler of the interrupt that goes on all the time.
 */
#include "board.h"
#include "imgb_ram_copy.h"
#include "imgb_settings.h"
#include "port_xip.h"

#define SETTINGS_OFFSET 0x100000u
#define SECTOR_BYTES 4096u
#define SECTORS 3u
#define STARTS 0x57A2751Au /* key of the value */

#define SYST_CSR (*(volatile uint32_t *)(uintptr_t)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)(uintptr_t)0xE000E014u)
#define SYST_PERIOD 2000u /* ticks: 10 us, some hundred during a save */

static imgb_nor_t nor = {
    .chip = IMGB_NOR_SPI(0xEF4017, BOARD_FLASH_BYTES), .transfer = port_transfer, .wait = port_wait};
static imgb_xip_t xip = {.mask = port_mask,
                         .unmask = port_unmask,
                         .leave = port_leave,
                         .enter = port_enter,
                         .invalidate = port_invalidate,
                         .nor = &nor,
                         .window = (const volatile uint8_t *)(uintptr_t)BOARD_FLASH_WINDOW};
static imgb_settings_t settings = {.read = imgb_xip_read,
                                   .program = imgb_xip_program,
                                   .erase = imgb_xip_erase,
                                   .ctx = &xip,
                                   .offset = SETTINGS_OFFSET,
                                   .sector_bytes = SECTOR_BYTES,
                                   .sectors = SECTORS};

/* From xip.ld.in.  The board's reset handler leaves .data to us. */
extern uint32_t link_data_start[], link_data_end[];
extern const uint32_t link_data_load[];

static void copy_data(void) {
  const volatile uint32_t *from = link_data_load;
  volatile uint32_t *to;
  for (to = link_data_start; to < link_data_end; to++) *to = *from++;
}

static uint32_t sum_to(uint32_t n) {
  uint32_t sum = 0;
  while (n > 0) sum += n--;
  return sum;
}

static void put_number(const char *name, uint32_t value) {
  put_text(name);
  put_decimal(value);
  put_char('\n');
}

static int count_start_of_mine(void) {
  uint32_t starts = 0;
  int r = imgb_xip_start(&xip, SETTINGS_OFFSET, SECTORS * SECTOR_BYTES);
  if (r == IMGB_OK) r = imgb_settings_mount(&settings);
  if (r == IMGB_OK) r = imgb_settings_get_u32(&settings, STARTS, &starts);
  if (r == IMGB_ERR_NOT_FOUND) r = IMGB_OK;
  put_number("starts before: ", starts);
  put_text("saving\n");
  if (r == IMGB_OK) r = imgb_settings_set_u32(&settings, STARTS, starts + 1u);
  if (r == IMGB_OK) r = imgb_settings_get_u32(&settings, STARTS, &starts);
  put_number("starts now: ", starts);
  return r;
}

int main(void) {
  int r;
  copy_data();
  imgb_ram_copy();
  put_text("main at ");
  put_hex((uint32_t)(uintptr_t)main, 8);
  put_text(", writer at ");
  put_hex((uint32_t)(uintptr_t)imgb_settings_set, 8);
  put_char('\n');
  SYST_RVR = SYST_PERIOD - 1u;
  SYST_CSR = 7u;
  r = count_start_of_mine();
  put_number("sum after saving: ", sum_to(1000));
  return r < 0 ? 1 : 0;
}
