/* settings_cost.c - what settings cost.  SPDX-License-Identifier: MIT
 *
 *     settings_cost GEOMETRY KEYS VALUE_BYTES SETS
 *
 * Stores KEYS values, then SETS more, each with other bytes than before.  Prints: sets, bytes programmed,
 * erases, sectors, reads (64 bytes each) of all sets, reads of a get on average, microseconds of a set on
 * average and at most (chip and wires at 20 MHz; 0: the chip has no clock).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nor_chip.h"
#include "settings_rig.h"

static double now_us(void) {
  return rig_chip() != NULL ? (double)nor_chip_now_ns(rig_chip()) / 1000.0 : 0;
}

static void set(uint32_t n, uint32_t keys, uint32_t length) {
  uint8_t value[256];
  int r;
  memset(value, 0x5A, sizeof value);
  memcpy(value, &n, sizeof n);
  r = imgb_settings_set(&rig_settings, rig_key((int)(n * 7u % keys)), IMGB_SETTING_BYTES, value, length);
  if (r != IMGB_OK) rig_fail("set %u gives %d", n, r);
}

int main(int argc, char **argv) {
  uint32_t keys, length, sets, n, got = 0, programmed, erases, reads, get_reads;
  double began, slowest = 0, start;
  uint8_t value[256];
  if (argc != 5) return 2;
  keys = (uint32_t)strtoul(argv[2], NULL, 10);
  length = (uint32_t)strtoul(argv[3], NULL, 10);
  sets = (uint32_t)strtoul(argv[4], NULL, 10);
  rig_open(argv[1]);
  if (rig_boot() != IMGB_OK) rig_fail("does not mount");
  for (n = 0; n < keys; n++) set(n, keys, length);
  programmed = rig_programmed_bytes();
  erases = rig_erases();
  reads = rig_reads();
  start = now_us();
  for (; n < keys + sets; n++) {
    began = now_us();
    set(n, keys, length);
    if (now_us() - began > slowest) slowest = now_us() - began;
  }
  programmed = rig_programmed_bytes() - programmed;
  erases = rig_erases() - erases;
  reads = rig_reads() - reads;
  start = now_us() - start;
  get_reads = rig_reads();
  for (n = 0; n < keys; n++) {
    int r = imgb_settings_get(&rig_settings, rig_key((int)n), IMGB_SETTING_BYTES, value, sizeof value, &got);
    if (r != IMGB_OK || got != length) rig_fail("get %u gives %d", n, r);
  }
  get_reads = rig_reads() - get_reads;
  printf("%u %u %u %u %u %.1f %.1f %.1f\n", sets, programmed, erases, rig_settings.sectors, reads,
         get_reads / (double)keys, start / sets, slowest);
  rig_close();
  return 0;
}
