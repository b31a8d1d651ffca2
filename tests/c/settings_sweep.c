/* settings_sweep.c - a workload of settings with the power cut at its operations.  SPDX-License-Identifier:
 * MIT
 *
 *     settings_sweep GEOMETRY SKIP SETS EVERY SECOND
 *
 * Runs SKIP sets without looking, then SETS sets once whole and counts their flash operations.  Then takes
 * every EVERYth operation (1: each) and cuts the power before, in the middle of and after it; starts up,
 * compares all values, writes the next one. Every SECONDth cut (0: none) is followed by a second one in what
 * comes after starting up.  Prints one line:
 *
 *     sets operations cut_operations cuts second_cuts old new sectors erases
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings_rig.h"

static uint32_t cuts, second_cuts, olds, news;
static rig_snapshot_t *before, *torn;

static uint32_t number(const char *text) {
  return (uint32_t)strtoul(text, NULL, 10);
}

/* After a cut in a set of value i: old or new, all others as they were.  The model follows. */
static void settle(int i, const rig_value_t *value, const char *when) {
  int r;
  rig_power_up();
  r = rig_boot();
  if (r != IMGB_OK) rig_fail("%s: mounting gives %d", when, r);
  rig_read_mapped(1);
  if (rig_holds(i, value)) {
    rig_model[i] = *value;
    news++;
  } else if (rig_holds(i, &rig_model[i])) {
    olds++;
  } else {
    rig_fail("%s: value %d is neither old nor new", when, i);
  }
  rig_check_all(i, when);
  rig_read_mapped(0);
  rig_check_rules(when);
}

static void set_whole(uint32_t n, const char *when) {
  rig_value_t value;
  int i = rig_pick(n, &value);
  int r = rig_set(i, &value);
  if (r != IMGB_OK) rig_fail("%s: set %u gives %d", when, n, r);
  rig_model[i] = value;
}

/* The next write works, and stays. */
static void go_on(uint32_t n) {
  set_whole(n, "after a cut");
  rig_power_up();
  if (rig_boot() != IMGB_OK) rig_fail("does not mount after going on");
  rig_read_mapped(1);
  rig_check_all(-1, "after going on");
  rig_read_mapped(0);
  rig_check_rules("after going on");
}

/* A second cut, somewhere in the write that follows the first one. */
static void cut_again(uint32_t n) {
  rig_value_t value;
  uint32_t first, total;
  int i;
  rig_save(torn);
  i = rig_pick(n, &value);
  first = rig_operations();
  if (rig_set(i, &value) != IMGB_OK) rig_fail("set %u fails between cuts", n);
  total = rig_operations() - first;
  rig_restore(torn);
  if (rig_boot() != IMGB_OK) rig_fail("does not mount before a second cut");
  rig_cut_at(rig_operations() + 1u + second_cuts * 7u % total, (int)(second_cuts % 3u));
  (void)rig_set(i, &value);
  if (!rig_is_off()) rig_fail("the second cut did not come");
  second_cuts++;
  settle(i, &value, "after the second cut");
}

static uint32_t run_whole(uint32_t skip, uint32_t sets) {
  uint32_t n, total = 0, first;
  for (n = 0; n < skip + sets; n++) {
    first = rig_operations();
    rig_read_mapped(n < skip); /* faster */
    set_whole(n, "whole run");
    total += n < skip ? 0 : rig_operations() - first;
  }
  return total;
}

/* As if set n had not been made, and the device were running. */
static void take_back(const imgb_settings_t *handle, const rig_value_t *model) {
  rig_restore(before);
  memcpy(rig_model, model, sizeof rig_model);
  rig_start();
  rig_settings = *handle;
}

/* Set n, cut at those of its operations whose number (counted over the run) is a multiple of `every`. */
static uint32_t cut_set(uint32_t n, uint32_t done, uint32_t every, uint32_t second,
                        uint32_t *cut_operations) {
  static rig_value_t model[RIG_KEYS];
  const imgb_settings_t handle = rig_settings;
  rig_value_t value;
  uint32_t operation, operations, first;
  int i, how;
  memcpy(model, rig_model, sizeof model);
  i = rig_pick(n, &value);
  rig_save(before);
  take_back(&handle, model);
  first = rig_operations();
  set_whole(n, "run with cuts");
  operations = rig_operations() - first;
  for (operation = 1; operation <= operations; operation++) {
    if ((done + operation) % every != 0) continue;
    ++*cut_operations;
    for (how = 0; how < 3; how++) {
      take_back(&handle, model);
      rig_cut_at(rig_operations() + operation, how);
      (void)rig_set(i, &value);
      if (!rig_is_off()) rig_fail("cut %u of set %u did not come", operation, n);
      cuts++;
      settle(i, &value, "after the cut");
      if (second != 0 && cuts % second == 0) cut_again(n + 1);
      go_on(n + 2);
    }
  }
  take_back(&handle, model);
  set_whole(n, "run with cuts");
  return operations;
}

int main(int argc, char **argv) {
  uint32_t skip, sets, every, second, n, total, done = 0, cut_operations = 0, erased, sequence;
  if (argc != 6) return 2;
  skip = number(argv[2]);
  sets = number(argv[3]);
  every = number(argv[4]);
  second = number(argv[5]);
  rig_open(argv[1]);
  if (rig_boot() != IMGB_OK) rig_fail("does not mount");
  total = run_whole(skip, sets);
  rig_check_all(-1, "at the end of the whole run");
  erased = rig_erases();
  sequence = rig_settings.sequence;
  rig_close();

  rig_open(argv[1]);
  before = rig_new_snapshot();
  torn = rig_new_snapshot();
  if (rig_boot() != IMGB_OK) rig_fail("does not mount");
  (void)run_whole(skip, 0);
  for (n = skip; n < skip + sets; n++) done += cut_set(n, done, every, second, &cut_operations);
  if (done != total) rig_fail("%u operations with cuts, %u without", done, total);
  if (rig_settings.sequence != sequence) rig_fail("the runs differ");
  printf("%u %u %u %u %u %u %u %u %u\n", sets, total, cut_operations, cuts, second_cuts, olds, news, sequence,
         erased);
  rig_close();
  return 0;
}
