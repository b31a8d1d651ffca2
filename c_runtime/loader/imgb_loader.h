/* imgb_loader.h - takes a flash image over a serial port or a socket and writes it to SPI NOR flash.
 * SPDX-License-Identifier: MIT
 *
 * This header is the manual; what goes over the wire is told in PROTOCOL.md.  Two functions of yours carry
 * bytes, the flash driver (imgb_nor.h) writes them:
 *
 *     static int get(void *ctx, uint32_t timeout_ms) {
 *       uint32_t start = millis();
 *       (void)ctx;
 *       while (!uart_has_byte()) {
 *         if (millis() - start >= timeout_ms) return IMGB_LOADER_QUIET;
 *       }
 *       return uart_take_byte(); // 0..255
 *     }
 *     static int put(void *ctx, const uint8_t *bytes, uint32_t length) {
 *       (void)ctx;
 *       while (length-- != 0) uart_send(*bytes++);
 *       return 0;
 *     }
 *
 *     static imgb_nor_t nor = {
 *         .chip = IMGB_NOR_SPI(0xEF4017, 0x800000), .transfer = transfer, .wait = wait};
 *     static imgb_loader_t loader = {.nor = &nor, .get = get, .put = put, .board = "my-board",
 *                                    .region_offset = 0x80000, .region_bytes = 0x180000, .idle_ms = 3000};
 *
 *     int r = imgb_loader_run(&loader); // at start-up: 3 seconds for somebody to call
 *
 * On the other end:  imgbuild flash --serial /dev/ttyUSB0 ext.bin   sends only the sectors that changed;
 * any program that sends YMODEM (sb -k ext.bin, minicom, Tera Term) sends the whole file.
 *
 * With a sink it takes update packages (.imgu), too: imgb_loader_update.h.  imgbuild flash --serial ...
 * update.imgu sends what the updater wants, sb -k update.imgu all of it.  A device that takes nothing else
 * has nor = NULL.
 *
 * Rules of the house
 * - C99, no heap, no globals, no recursion; all memory is the imgb_loader_t (1.1 KB on a 32-bit core)
 *   and the imgb_nor_t.
 * - Nothing outside region_bytes at region_offset is ever erased or programmed, whatever bytes arrive: each
 *   request is checked here, and the driver's guard stands behind it.
 * - Bytes arrive only while get is waiting for them: nothing is sent to a device that erases or programs. A
 *   port without interrupts, buffers or flow control will do.
 * - Each page is read back after it was programmed; blank sectors are not erased again.
 * - Trusted: pointers, the fields that the caller fills.  Nothing that arrives is trusted, but whoever can
 *   send may replace the contents of the region: over a network use it where you trust everybody, or let the
 *   application verify a signature before it uses what was written.
 * - Stack: 320 bytes on Cortex-M0+ or M4, the driver's included, callbacks left out.
 * - Code: 3.6 KB on Cortex-M0+ with the driver, no library function called.
 */
#ifndef IMGB_LOADER_H
#define IMGB_LOADER_H

#include "imgb_nor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IMGB_LOADER_VERSION 1u
#define IMGB_LOADER_QUIET (-1) /* get: no byte came in time */

enum imgb_loader_error {                                    /* beside those of the driver */
                         IMGB_LOADER_ERR_CANCELLED = -1201, /* the sender gave up */
                         IMGB_LOADER_ERR_LOST =
                             -1202, /* nothing that could be understood, ten times in succession */
                         IMGB_LOADER_ERR_STEP =
                             -1203, /* a block that is neither the next nor the last one again */
                         IMGB_LOADER_ERR_SIZE =
                             -1204, /* the file does not fit the region, or its size was not told */
                         IMGB_LOADER_ERR_PRODUCT = -1205, /* a pack with another pack_id */
                         IMGB_LOADER_ERR_FILES =
                             -1206, /* a second file in one batch: it would overwrite the first */
                         IMGB_LOADER_ERR_COMMAND = -1207, /* a command that this version does not know */
                         IMGB_LOADER_ERR_NOBODY = -1208   /* idle_ms have passed */
};

/* Takes update packages, in place of the region: imgb_loader_update.h feeds imgb_update with them.  Each
 * function returns 0 or a negative code, which the host is told; -1 to -999 are the updater's own. */
typedef struct imgb_loader_sink {
  /* A package comes from its first byte on; also after a cut, and where another one was under way. */
  int (*begin)(void *ctx);
  /* length bytes of the package from offset on.  They may be known already; the loader leaves none out. */
  int (*take)(void *ctx, uint32_t offset, const uint8_t *bytes, uint32_t length);
  /* The byte that is wanted next: a host that asks leaves out what lies before. */
  uint32_t (*wanted)(void *ctx);
  /* The last byte has been taken. */
  int (*finish)(void *ctx);
  void *ctx;
} imgb_loader_sink_t;

/* Fill the fields above the line, {0} the rest. */
typedef struct imgb_loader {
  /* Chip and callbacks filled; it is started here.  NULL: no region (0 bytes of it), packages alone. */
  imgb_nor_t *nor;
  /* The next byte (0..255), IMGB_LOADER_QUIET after timeout_ms without one, or a code <= -1000 which ends
   * imgb_loader_run: a closed socket, a key that was pressed. */
  int (*get)(void *ctx, uint32_t timeout_ms);
  /* Sends all bytes; 0, or a code <= -1000 which ends imgb_loader_run. */
  int (*put)(void *ctx, const uint8_t *bytes, uint32_t length);
  void *ctx;
  const char *board; /* told to the host, which refuses an image made for another one; up to 31 characters */
  uint32_t pack_id;  /* only packs with this id are taken (WEATHER_PACK_ID); 0: anything */
  uint32_t region_offset, region_bytes; /* multiples of the chip's smallest erase unit */
  uint32_t idle_ms;                     /* gives up when nobody has called for so long; 0: never */
  const imgb_loader_sink_t *sink; /* for packages: files whose names end in .imgu.  NULL: none are taken */
  /* --- for reading --- */
  int status;             /* IMGB_OK, or why the last transfer or command failed */
  uint32_t written_bytes; /* programmed since imgb_loader_run was called */
  /* --- its own --- */
  uint32_t at, end, blank_to; /* of the transfer, from the region's first byte */
  uint8_t number;             /* of the block that comes next */
  uint8_t tries;
  uint8_t is_open;    /* a transfer is under way … */
  uint8_t is_fresh;   /* … and nothing of it has come yet */
  uint8_t is_file;    /* it is a file of YMODEM; stays set until its batch ends */
  uint8_t is_package; /* it goes to the sink */
  uint8_t package;    /* where the sink is */
  uint8_t block[2 + 1024 + 2];
} imgb_loader_t;

/* Receives until a batch or the host's update is complete.  Between transfers it sends a 'C' every 3 seconds,
 * as YMODEM receivers do.  A transfer that fails is answered with CAN, status says why, and it waits for the
 * next attempt; call it again after any result, at any time.
 * Stack: 320.
 * Results: IMGB_OK (something was received as a whole, loader->status tells of the last transfer),
 *   NOBODY, a code <= -1000 of get or put. */
IMGB_NODISCARD int imgb_loader_run(imgb_loader_t *loader);

#ifdef __cplusplus
}
#endif
#endif
