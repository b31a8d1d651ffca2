/* settings_faults.c - settings on chips that flip bits and wear out.  SPDX-License-Identifier: MIT
 *
 *     settings_faults bits EVERY        each EVERYth bit of the area flipped, one at a time
 *     settings_faults erase|program|stuck   a sector that does not erase, does not program, has a bit stuck
 * at 0 settings_faults worn ERASES       all sectors wear out after so many erases settings_faults bus EVERY
 * each EVERYth transfer of a set that begins a sector fails
 *
 * Prints figures that the test looks at; a broken promise ends the program with a text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nor_bus.h"
#include "settings_rig.h"

#define SETS 260

static rig_value_t history[SETS]; /* value n of the run, as it was set */
static int history_key[SETS];

static void boot(const char *when) {
  int r = rig_boot();
  if (r != IMGB_OK) rig_fail("%s: mounting gives %d", when, r);
}

static int set_next(uint32_t n) {
  rig_value_t value;
  int i = rig_pick(n, &value);
  int r = rig_set(i, &value);
  if (r == IMGB_OK) rig_model[i] = value;
  if (n < SETS) {
    history[n] = value;
    history_key[n] = i;
  }
  return r;
}

static void run(uint32_t from, uint32_t to) {
  for (; from < to; from++) {
    int r = set_next(from);
    if (r != IMGB_OK) rig_fail("set %u gives %d", from, r);
  }
}

/* --- bits --- */

static int was_ever(int i) {
  const rig_value_t absent = {-1, {0}};
  int n;
  if (rig_holds(i, &absent)) return 1;
  for (n = 0; n < SETS; n++) {
    if (history_key[n] == i && history[n].length >= 0 && rig_holds(i, &history[n])) return 1;
  }
  return 0;
}

static void flip_bits(uint32_t every) {
  rig_snapshot_t *whole;
  rig_value_t model[RIG_KEYS];
  uint32_t bit, area, counted = 0, harmed = 0, told = 0;
  rig_open("4k");
  boot("at first");
  run(0, SETS);
  whole = rig_new_snapshot();
  rig_save(whole);
  memcpy(model, rig_model, sizeof model);
  area = rig_settings.offset;
  for (bit = 0; bit < rig_area_bytes() * 8u; bit += every) {
    int i, lost = 0;
    rig_restore(whole);
    rig_cells()[area + bit / 8u] ^= (uint8_t)(1u << bit % 8u);
    boot("with a flipped bit");
    told += rig_settings.damaged != 0;
    rig_read_mapped(1);
    for (i = 0; i < RIG_KEYS; i++) {
      if (rig_holds(i, &model[i])) continue;
      lost++;
      if (!was_ever(i)) rig_fail("bit %u: value %d was never set", bit, i);
    }
    if (lost > 1) rig_fail("bit %u costs %d values", bit, lost);
    harmed += lost != 0;
    counted++;
    memcpy(rig_model, model, sizeof model);
    for (i = 0; i < RIG_KEYS && lost != 0; i++) {
      if (!rig_holds(i, &model[i])) break;
    }
    rig_read_mapped(0);
    run(SETS, SETS + 2); /* a new sector if the log was damaged */
    boot("after going on");
    rig_check_all(lost != 0 ? i : -1, "after going on");
  }
  printf("%u %u %u\n", counted, harmed, told);
}

/* --- sectors that fail --- */

static void fail_sector(const char *how) {
  uint32_t sector;
  rig_open("4k");
  boot("at first");
  run(0, 20);
  sector = rig_settings.offset + 2u * rig_settings.sector_bytes;
  memset(rig_cells() + sector, 0x33, 64);
  if (strcmp(how, "erase") == 0)
    nor_chip_fail_erase(rig_chip(), sector + 77, 3);
  else if (strcmp(how, "program") == 0)
    nor_chip_fail_program(rig_chip(), sector + 0x777, 1);
  else
    nor_chip_stick_bit(rig_chip(), sector + 0x400, 5, 0);
  run(20, 600);
  rig_check_all(-1, "with a bad sector");
  printf("%u %u\n", rig_settings.worn, rig_settings.sequence);
  boot("with a bad sector");
  rig_check_all(-1, "after mounting");
  rig_check_rules("with a bad sector");
}

static void wear_out(uint32_t erases) {
  uint32_t n = 0;
  int r;
  rig_open("4k");
  boot("at first");
  nor_chip_wear_out(rig_chip(), erases);
  do r = set_next(n++);
  while (r == IMGB_OK);
  rig_check_all(-1, "with the chip worn out");
  boot("with the chip worn out");
  rig_check_all(-1, "worn out, after mounting");
  printf("%d %u %u %u\n", r, n, rig_settings.sequence, rig_erases());
}

/* --- a bus that fails --- */

static void fail_bus(uint32_t every) {
  rig_snapshot_t *whole;
  static rig_value_t model[RIG_KEYS];
  uint32_t n = 0, transfers, t, sequence, counted = 0;
  rig_value_t value;
  int i, r;
  rig_open("4k");
  boot("at first");
  whole = rig_new_snapshot();
  do { /* stops before the set that begins the third sector */
    rig_save(whole);
    memcpy(model, rig_model, sizeof model);
    sequence = rig_settings.sequence;
    transfers = rig_bus()->transfers;
    run(n, n + 1);
    transfers = rig_bus()->transfers - transfers;
    n++;
  } while (sequence != 2 || rig_settings.sequence != 3);
  for (t = 1; t <= transfers; t += every) {
    rig_restore(whole);
    memcpy(rig_model, model, sizeof model);
    boot("before the bus fails");
    i = rig_pick(n - 1, &value);
    nor_bus_fail_at(rig_bus(), t, -1777);
    r = rig_set(i, &value);
    nor_bus_fail_at(rig_bus(), 0, 0);
    if (r == IMGB_OK) rig_model[i] = value; /* another sector took it */
    rig_read_mapped(1); /* the chip may still be busy, and the driver has to be started again */
    rig_check_all(r == IMGB_OK ? -1 : i, "after the bus failed");
    boot("after the bus failed");
    if (rig_holds(i, &value)) rig_model[i] = value;
    rig_check_all(-1, "mounted after the bus failed");
    run(n, n + 2);
    boot("after going on");
    rig_check_all(-1, "gone on after the bus failed");
    counted++;
  }
  printf("%u %u\n", counted, transfers);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  uint32_t number = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
  if (strcmp(what, "bits") == 0)
    flip_bits(number);
  else if (strcmp(what, "worn") == 0)
    wear_out(number);
  else if (strcmp(what, "bus") == 0)
    fail_bus(number);
  else
    fail_sector(what);
  rig_close();
  return 0;
}
