/* main.c - a device that updates its images from a file server of yours.  SPDX-License-Identifier: MIT
 *
 * ota_device FLASH BYTES SECTOR slots|in-place [option ...] [URL]
 * FLASH: a file that stands for the partition.  Boots (ends what a power cut left), says what it has, and
 * with a URL fetches the package there, applies it and says what it has then. Options: --cut N (the power
 * goes at flash operation N), --product ID, --board ID, --partition ID (CRC-32, hex), --force.  URLs:
 * transport.h and serial.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flash.h"
#include "serial.h"
#include "transport.h"

#define TRIES 5 /* connections in a row that bring nothing */
#define CHUNK_BYTES 300u

typedef struct options {
  const char *url;
  uint32_t cut_at;
} options_t;

static imgb_update_t update;

/* What a reader of this partition would open now. */
static void tell(const char *when, const imgb_update_config_t *config) {
  imgb_slots_t slots;
  imgb_pack_t pack;
  int r = imgb_slots_open(&pack, &slots, &config->io, &config->partition, config->ids[0]);
  if (r == IMGB_OK) {
    printf("%s: version %lu in slot %d\n", when, (unsigned long)pack.content_version, slots.slot);
  } else {
    printf("%s: no image (%d)\n", when, r);
  }
}

/* Feeds what one connection brings.  A part that is known already is asked for by its range. */
static int feed(transport_t *t) {
  uint8_t chunk[CHUNK_BYTES];
  int r = IMGB_OK;
  while (r == IMGB_OK && !imgb_update_is_complete(&update)) {
    uint32_t from = t->at, wanted = imgb_update_wanted(&update);
    size_t n;
    if (t->has_ranges && wanted > from + sizeof t->buffer) break; /* it goes on further on: a new request */
    n = transport_read(t, chunk, sizeof chunk);
    if (n == 0) break;
    r = imgb_update_feed(&update, from, chunk, (uint32_t)n);
  }
  return r;
}

static int fetch(const char *url) {
  static transport_t t;
  int r = IMGB_OK, idle = 0;
  while (r == IMGB_OK && !imgb_update_is_complete(&update) && idle < TRIES) {
    uint32_t before = imgb_update_wanted(&update);
    int opened = transport_open(&t, url, before);
    if (opened == -2) break;
    if (opened == 0) {
      r = feed(&t);
      transport_close(&t);
    }
    idle = imgb_update_wanted(&update) == before ? idle + 1 : 0;
  }
  printf("%lu connections, %lu bytes wanted next\n", (unsigned long)t.requests,
         (unsigned long)imgb_update_wanted(&update));
  return r;
}

static int parse(int argc, char **argv, imgb_update_config_t *config, options_t *options) {
  static const char *const names[] = {"--product", "--board", "--partition"};
  int i, n;
  for (i = 5; i < argc; i++) {
    for (n = 0; n < 3 && strcmp(argv[i], names[n]) != 0; n++) continue;
    if (n < 3 && i + 1 < argc) {
      config->ids[n] = (uint32_t)strtoul(argv[++i], NULL, 16);
    } else if (strcmp(argv[i], "--cut") == 0 && i + 1 < argc) {
      options->cut_at = (uint32_t)strtoul(argv[++i], NULL, 0);
    } else if (strcmp(argv[i], "--force") == 0) {
      config->is_forced = 1;
    } else if (argv[i][0] == '-' || options->url != NULL) {
      return -1;
    } else {
      options->url = argv[i];
    }
  }
  return 0;
}

int main(int argc, char **argv) {
  static imgb_update_config_t config;
  options_t options = {NULL, 0};
  uint32_t bytes, sector;
  int r;
  if (argc < 5 || parse(argc, argv, &config, &options) != 0) {
    fprintf(stderr, "usage: ota_device FLASH BYTES SECTOR slots|in-place [option ...] [URL]\n");
    return 2;
  }
  bytes = (uint32_t)strtoul(argv[2], NULL, 0);
  sector = (uint32_t)strtoul(argv[3], NULL, 0);
  if (strcmp(argv[4], "in-place") == 0) {
    const imgb_partition_t in_place = IMGB_PARTITION_IN_PLACE(bytes, sector, 4);
    config.partition = in_place;
  } else {
    const imgb_partition_t slots = IMGB_PARTITION_SLOTS(bytes, sector);
    config.partition = slots;
  }
  if (flash_open(&config, argv[1], bytes, options.cut_at) != 0) return 2;
  r = imgb_update_begin(&update, &config);
  tell("boot", &config);
  if (r == IMGB_OK && options.url != NULL) {
    if (serial_is_address(options.url)) {
      r = serial_take(options.url, &update, &config);
    } else {
      r = fetch(options.url);
      if (r == IMGB_OK) r = imgb_update_finish(&update);
    }
    printf("update: %d\n", r);
    tell("now", &config);
  }
  return r == IMGB_OK ? 0 : 1;
}
