/* device.c - the serial loader on the strict chip, at the end of a stream socket.  SPDX-License-Identifier:
 * MIT
 *
 *     device LINK_FD SCALE MODEL SIZE REGION_OFFSET REGION_BYTES BOARD PACK_ID CELLS [FAULT A B]...
 *
 * It receives again and again, time-outs SCALE times as fast as on a board.  CELLS is what the chip holds,
 * "-" for blank.  A line on stdin that names a file writes the cells there and answers one line on stdout:
 * numbers of loader and chip (device.py).  End of stdin, or of the link, ends it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imgb_loader.h"
#include "nor_bus.h"

#define ENDED (-1000)

typedef struct device {
  nor_bus_t *bus;
  nor_chip_t *chip;
  imgb_loader_t loader;
  int link, scale, result;
  uint32_t runs, put_bytes, got_bytes;
  uint8_t buffer[4096];
  size_t buffer_at, buffer_end;
} device_t;

static int answer(device_t *d) {
  char path[512];
  ssize_t n = read(0, path, sizeof path - 1u);
  FILE *file;
  if (n <= 1) return 0;
  path[n - 1] = '\0'; /* the line's end */
  file = fopen(path, "wb");
  if (file == NULL ||
      fwrite(nor_chip_cells(d->chip), 1, nor_chip_size(d->chip), file) != nor_chip_size(d->chip))
    abort();
  fclose(file);
  printf("%d %d %u %u %u %u %u %u %u %.0f\n", d->loader.status, d->result, d->runs, d->loader.written_bytes,
         nor_chip_violations(d->chip), nor_chip_operations(d->chip), d->put_bytes, d->got_bytes,
         (unsigned)sizeof d->loader, (double)nor_chip_now_ns(d->chip) / 1000.0);
  fputs(nor_chip_log(d->chip), stderr);
  fflush(stdout);
  return 1;
}

static int get(void *ctx, uint32_t timeout_ms) {
  device_t *d = ctx;
  while (d->buffer_at == d->buffer_end) {
    struct pollfd fds[2] = {{d->link, POLLIN, 0}, {0, POLLIN, 0}};
    int n = poll(fds, 2, (int)timeout_ms / d->scale + 1);
    if (n == 0) return IMGB_LOADER_QUIET;
    if (n < 0 && errno == EINTR) continue;
    if (fds[1].revents != 0) {
      if (!answer(d)) return ENDED;
    } else if (fds[0].revents != 0) {
      ssize_t bytes = read(d->link, d->buffer, sizeof d->buffer);
      if (bytes <= 0) return ENDED;
      d->buffer_at = 0;
      d->buffer_end = (size_t)bytes;
    }
  }
  d->got_bytes++;
  return d->buffer[d->buffer_at++];
}

static int put(void *ctx, const uint8_t *bytes, uint32_t length) {
  device_t *d = ctx;
  d->put_bytes += length;
  return write(d->link, bytes, length) == (ssize_t)length ? 0 : ENDED;
}

static int fault(device_t *d, const char *name, uint32_t a, uint32_t b) {
  if (strcmp(name, "fail_erase") == 0)
    nor_chip_fail_erase(d->chip, a, b);
  else if (strcmp(name, "fail_program") == 0)
    nor_chip_fail_program(d->chip, a, b);
  else if (strcmp(name, "stick_busy") == 0)
    nor_chip_stick_busy(d->chip, a);
  else if (strcmp(name, "set_id") == 0)
    nor_chip_set_id(d->chip, a);
  else if (strcmp(name, "hold_protection") == 0)
    nor_chip_hold_protection(d->chip, (int)a);
  else if (strcmp(name, "set_wire") == 0)
    nor_chip_set_wire(d->chip, (int)a);
  else if (strcmp(name, "cut_at") == 0)
    nor_chip_cut_at(d->chip, a, (int)b);
  else if (strcmp(name, "bus_fails") == 0)
    nor_bus_fail_at(d->bus, a, -(int)b);
  else
    return -1;
  return 0;
}

static uint32_t number(const char *text) {
  return (uint32_t)strtoul(text, NULL, 0);
}

static void describe(const nor_chip_t *chip, uint32_t d[16]) {
  const imgb_nor_chip_t plain = IMGB_NOR_SPI(0, 0), sst25 = IMGB_NOR_SST25(0, 0);
  const nor_model_t *model = nor_chip_model(chip);
  const imgb_nor_chip_t *c = model->is_sst25 ? &sst25 : &plain;
  int i, n = 0;
  memset(d, 0, 16 * sizeof *d);
  d[1] = c->unlock_command;
  d[2] = c->protect_mask;
  d[3] = c->page_bytes;
  d[4] = c->read;
  d[5] = c->program;
  for (i = 0; i < 4; i++) { /* of the units that go on everywhere */
    int k;
    for (k = 0; k < 7 && model->erase[k].bytes != 0; k++) {
      if (c->erase_bytes[i] == model->erase[k].bytes && model->erase[k].to == 0 &&
          (c->erase[i] & 0xFFu) == model->erase[k].command) {
        d[6 + n] = c->erase[i];
        d[10 + n++] = c->erase_bytes[i];
        break;
      }
    }
  }
  d[14] = nor_chip_size(chip);
  d[15] = model->jedec_id;
}

int main(int argc, char **argv) {
  static device_t d;
  uint32_t description[16];
  int i;
  if (argc < 10) return 2;
  signal(SIGPIPE, SIG_IGN); /* a link that was closed shows in write */
  d.link = (int)number(argv[1]);
  d.scale = (int)number(argv[2]);
  d.chip = nor_chip_new(argv[3], number(argv[4]), 1);
  if (d.chip == NULL) return 2;
  describe(d.chip, description);
  d.bus = nor_bus_new(d.chip, description, 0);
  nor_bus_limit(d.bus, 5, 400000);
  d.loader.nor = &d.bus->nor;
  d.loader.get = get;
  d.loader.put = put;
  d.loader.ctx = &d;
  d.loader.region_offset = number(argv[5]);
  d.loader.region_bytes = number(argv[6]);
  d.loader.board = argv[7];
  d.loader.pack_id = number(argv[8]);
  if (strcmp(argv[9], "-") != 0) {
    FILE *file = fopen(argv[9], "rb");
    if (file == NULL ||
        fread(nor_chip_cells(d.chip), 1, nor_chip_size(d.chip), file) != nor_chip_size(d.chip))
      return 2;
    fclose(file);
  }
  for (i = 10; i + 2 < argc; i += 3) {
    if (fault(&d, argv[i], number(argv[i + 1]), number(argv[i + 2])) != 0) return 2;
  }
  do {
    d.result = imgb_loader_run(&d.loader);
    d.runs++;
  } while (d.result != ENDED);
  nor_bus_free(d.bus);
  nor_chip_free(d.chip);
  return 0;
}
