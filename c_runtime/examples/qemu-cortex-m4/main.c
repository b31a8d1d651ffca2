/* main.c - draws the demo screen out of SPI NOR flash, once by SPI commands, once through the mapped window,
 * and sends the frame over the serial port.  SPDX-License-Identifier: MIT */
#include "board.h"
#include "demo_assets.h"
#include "demo_screen.h"
#include "imgb.h"

/* The manifest's board and board.h must mean the same chip at the same place. */
#if DEMO_BASE_ADDRESS != BOARD_FLASH_WINDOW + DEMO_REGION_OFFSET
#error "manifests/demo.yaml is made for another board"
#endif

#define PIXELS (DEMO_WIDTH_PX * DEMO_HEIGHT_PX)
#define WORK_BYTES DEMO_WORK_BYTES

typedef int (*draw_t)(const imgb_pack_t *pack, const imgb_surface_t *surface, void *work,
                      uint32_t work_bytes);

/* What the reader asked of the flash. */
typedef struct counts {
  uint32_t reads, read_bytes, maps;
} counts_t;

static uint16_t frame_by_read[PIXELS];
static uint16_t frame_by_map[PIXELS];
static uint8_t work[WORK_BYTES];

/* --- port: two ways to the same flash (imgb_io_t) --- */

static int read_by_spi(void *context, uint32_t offset, void *buffer, uint32_t length) {
  counts_t *counts = context;
  counts->reads++;
  counts->read_bytes += length;
  nor_read(DEMO_REGION_OFFSET + offset, buffer, length);
  return IMGB_OK;
}

static int read_by_window(void *context, uint32_t offset, void *buffer, uint32_t length) {
  counts_t *counts = context;
  const uint8_t *from = nor_window(DEMO_REGION_OFFSET + offset);
  uint8_t *to = buffer;
  counts->reads++;
  counts->read_bytes += length;
  while (length-- > 0u) {
    *to++ = *from++;
  }
  return IMGB_OK;
}

static const void *map_window(void *context, uint32_t offset, uint32_t length) {
  counts_t *counts = context;
  (void)length; /* the whole chip is mapped */
  counts->maps++;
  return nor_window(DEMO_REGION_OFFSET + offset);
}

/* --- report --- */

static void put_number(const char *label, uint32_t value) {
  put_char(' ');
  put_text(label);
  put_char(' ');
  put_decimal(value);
}

/* "what: reads n bytes n maps n instructions n", or "what: error -n". Counts start from 0 again. */
static void report(const char *what, int result, counts_t *counts, uint32_t instructions) {
  put_text(what);
  put_char(':');
  if (result != IMGB_OK) {
    put_number("error -", (uint32_t)-result);
  } else {
    put_number("reads", counts->reads);
    put_number("bytes", counts->read_bytes);
    put_number("maps", counts->maps);
    put_number("instructions", instructions);
  }
  put_char('\n');
  *counts = (counts_t){0, 0, 0};
}

/* --- frame --- */

/* CRC-32 as in the pack (FORMAT.md, section 2), over pixels with the low byte first. */
static uint32_t crc32_of_frame(const uint16_t *pixels) {
  uint32_t crc = 0xFFFFFFFFu;
  for (uint32_t i = 0; i < PIXELS; i++) {
    crc ^= pixels[i];
    for (unsigned bit = 0; bit < 16u; bit++) {
      crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
  }
  return ~crc;
}

/* "FRAME label width height crc32", one line of hexadecimal 5:6:5 values for each row, "END". */
static void send_frame(const char *label, const uint16_t *pixels) {
  put_text("FRAME ");
  put_text(label);
  put_char(' ');
  put_decimal(DEMO_WIDTH_PX);
  put_char(' ');
  put_decimal(DEMO_HEIGHT_PX);
  put_char(' ');
  put_hex(crc32_of_frame(pixels), 8);
  for (uint32_t i = 0; i < PIXELS; i++) {
    if (i % DEMO_WIDTH_PX == 0u) {
      put_char('\n');
    }
    put_hex(pixels[i], 4);
  }
  put_text("\nEND\n");
}

static int draw_and_report(const char *what, draw_t draw, const imgb_pack_t *pack, uint16_t *pixels) {
  const imgb_surface_t surface = {
      .pixels = pixels, .stride_px = DEMO_WIDTH_PX, .width = DEMO_WIDTH_PX, .height = DEMO_HEIGHT_PX};
  int result;
  count_start();
  result = draw(pack, &surface, work, sizeof work);
  report(what, result, pack->io.ctx, count_stop());
  return result;
}

/* Draws both ways, compares, sends. Returns the number of pixels that differ, or an error. */
static int draw_both_ways(const char *label, draw_t draw, const imgb_pack_t *by_read,
                          const imgb_pack_t *by_map) {
  int differing = 0;
  int result;
  put_text(label);
  result = draw_and_report(" by read", draw, by_read, frame_by_read);
  if (result != IMGB_OK) {
    return result;
  }
  put_text(label);
  result = draw_and_report(" by map", draw, by_map, frame_by_map);
  if (result != IMGB_OK) {
    return result;
  }
  for (uint32_t i = 0; i < PIXELS; i++) {
    differing += frame_by_read[i] != frame_by_map[i];
  }
  put_text(label);
  put_number("pixels that differ:", (uint32_t)differing);
  put_char('\n');
  send_frame(label, frame_by_map);
  return differing;
}

static int open_and_check(const char *what, imgb_pack_t *pack, const imgb_io_t *io) {
  int result;
  put_text(what);
  count_start();
  result = imgb_open(pack, io, DEMO_PACK_ID);
  if (result == IMGB_OK) {
    result = imgb_require(pack, DEMO_CONTRACT);
  }
  report(" open", result, io->ctx, count_stop());
  if (result == IMGB_OK) {
    put_text(what);
    count_start();
    result = imgb_check(pack, IMGB_CHECK_INDEX | IMGB_CHECK_PAYLOADS, work, sizeof work);
    report(" check", result, io->ctx, count_stop());
  }
  return result;
}

int main(void) {
  counts_t counts_by_read = {0, 0, 0};
  counts_t counts_by_map = {0, 0, 0};
  const imgb_io_t io_by_read = {read_by_spi, NULL, &counts_by_read, DEMO_REGION_BYTES, 1};
  const imgb_io_t io_by_map = {read_by_window, map_window, &counts_by_map, DEMO_REGION_BYTES, 1};
  imgb_pack_t by_read;
  imgb_pack_t by_map;

  put_text("flash ");
  put_hex(nor_read_id(), 6);
  put_char('\n');
  if (open_and_check("read", &by_read, &io_by_read) != IMGB_OK ||
      open_and_check("map", &by_map, &io_by_map) != IMGB_OK) {
    return 1;
  }
  if (draw_both_ways("screen", demo_draw, &by_read, &by_map) != 0) {
    return 2;
  }
  if (draw_both_ways("pieces", demo_draw_pieces, &by_read, &by_map) != 0) {
    return 3;
  }
  return 0;
}
