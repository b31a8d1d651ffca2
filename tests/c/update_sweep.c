/* update_sweep.c - power cuts and faults at the operations of an update.  SPDX-License-Identifier: MIT
 *
 * update_sweep MODE MODEL OFFSET BYTES SECTOR WAY STEP old.bin update.imgu new.bin next.imgu next.bin
 * MODE: cuts (each operation, three kinds of cut), twice (a second cut while the first one is mended), flips
 * (a cut, then one bit of the partition falls over), erases (a sector that does not erase).  STEP: every how
 * manyth operation.  Prints "operations N cuts M old A new B unfinished C"; anything wrong ends it. */
#include "update_device.h"

typedef struct run {
  device_t device;
  bytes_t old, package, image, next, next_image;
  uint8_t *before; /* snapshot of a device with the old image */
  uint32_t operations, step;
  uint32_t cuts, olds, news, unfinished, refused;
} run_t;

#define REQUIRE(condition)                                                                        \
  do {                                                                                            \
    if (!(condition)) {                                                                           \
      fprintf(stderr, "line %d: %s (operation %u, kind %d)\n", __LINE__, #condition, where, how); \
      exit(2);                                                                                    \
    }                                                                                             \
  } while (0)

static uint32_t where;
static int how;

/* Nothing outside the partition has changed, and no rule of the chip was broken. */
static void check_surroundings(run_t *t) {
  const uint8_t *cells = nor_chip_cells(t->device.chip), *old = t->before;
  uint32_t end = t->device.offset + t->device.bytes;
  REQUIRE(memcmp(cells, old, t->device.offset) == 0);
  REQUIRE(memcmp(cells + end, old + end, CHIP_BYTES - end) == 0);
  if (nor_chip_violations(t->device.chip) != 0) fprintf(stderr, "%s", nor_chip_log(t->device.chip));
  REQUIRE(nor_chip_violations(t->device.chip) == 0);
}

static int is_image(const uint8_t *cells, const bytes_t *image) {
  return cells != NULL && memcmp(cells, image->data, image->length) == 0;
}

/* In place, under way: what stands in a sector is the old one's or the new one's, the first may be blank. */
static void check_sectors(run_t *t) {
  const imgb_partition_t *p = &t->device.config.partition;
  const uint8_t *cells = nor_chip_cells(t->device.chip) + t->device.offset;
  uint32_t at, n;
  for (at = p->sector_bytes; at < t->image.length; at += p->sector_bytes) {
    n = t->image.length - at < p->sector_bytes ? t->image.length - at : p->sector_bytes;
    REQUIRE(memcmp(cells + at, t->image.data + at, n) == 0 ||
            (at + n <= t->old.length && memcmp(cells + at, t->old.data + at, n) == 0));
  }
}

/* Power has come back: what boots is complete. */
static void check_boot(run_t *t) {
  device_t *d = &t->device;
  int r;
  const uint8_t *cells;
  REQUIRE(device_start(d) == 0);
  REQUIRE(imgb_update_begin(&d->update, &d->config) == IMGB_OK);
  cells = device_image(d, &r);
  if (cells == NULL) {
    REQUIRE(r == IMGB_UPDATE_ERR_UNFINISHED && d->config.partition.scratch_sectors != 0);
    check_sectors(t);
    t->unfinished++;
  } else if (is_image(cells, &t->image)) {
    t->news++;
  } else {
    REQUIRE(is_image(cells, &t->old));
    t->olds++;
  }
  check_surroundings(t);
}

/* Fed again the update comes to its end. */
static void check_end(run_t *t) {
  device_t *d = &t->device;
  int r = device_update(d, t->package.data, t->package.length, 700);
  REQUIRE(r == IMGB_OK || r == IMGB_UPDATE_ERR_SAME);
  REQUIRE(is_image(device_image(d, &r), &t->image));
  check_surroundings(t);
}

static void check_next(run_t *t) {
  device_t *d = &t->device;
  int r = device_update(d, t->next.data, t->next.length, 5000);
  REQUIRE(r == IMGB_OK);
  REQUIRE(is_image(device_image(d, &r), &t->next_image));
  check_surroundings(t);
}

/* A device with the old image, the power gone at an operation, and back. */
static void cut(run_t *t, uint32_t operation, int kind) {
  where = operation;
  how = kind;
  nor_chip_restore(t->device.chip, t->before);
  REQUIRE(device_start(&t->device) == 0);
  nor_chip_cut_at(t->device.chip, operation, kind);
  REQUIRE(device_update(&t->device, t->package.data, t->package.length, 700) != IMGB_OK);
  REQUIRE(nor_chip_is_off(t->device.chip));
  nor_chip_power_up(t->device.chip);
  nor_chip_cut_at(t->device.chip, 0, 0);
}

static void sweep_cuts(run_t *t) {
  uint32_t operation;
  int kind;
  for (operation = 1; operation <= t->operations; operation += t->step) {
    for (kind = NOR_CUT_BEFORE; kind <= NOR_CUT_AFTER; kind++) {
      cut(t, operation, kind);
      check_boot(t);
      check_end(t);
      if ((operation / t->step) % 7u == (unsigned)kind) check_next(t);
      t->cuts++;
    }
  }
}

/* The second cut hits the boot or what comes behind it. */
static void sweep_twice(run_t *t) {
  uint32_t operation, second;
  for (operation = 1; operation <= t->operations; operation += t->step) {
    for (second = 1; second <= t->operations; second += 1u + second / 2u) {
      cut(t, operation, (int)(operation % 3u));
      nor_chip_cut_at(t->device.chip, nor_chip_operations(t->device.chip) + second, (int)(second % 3u));
      if (device_start(&t->device) == 0) {
        (void)!device_update(&t->device, t->package.data, t->package.length, 900);
      }
      nor_chip_power_up(t->device.chip);
      nor_chip_cut_at(t->device.chip, 0, 0);
      check_boot(t);
      check_end(t);
      t->cuts++;
    }
  }
}

/* A bit falls over while the update is under way.  It is noticed, or it does not matter. */
static void sweep_flips(run_t *t) {
  device_t *d = &t->device;
  uint32_t operation, random = 99;
  for (operation = 1; operation <= t->operations; operation += t->step) {
    int r;
    const uint8_t *cells;
    cut(t, operation, NOR_CUT_AFTER);
    random = random * 1664525u + 1013904223u;
    nor_chip_cells(d->chip)[d->offset + (random >> 4) % d->bytes] ^= (uint8_t)(1u << (random & 7u));
    REQUIRE(device_start(d) == 0);
    r = device_update(d, t->package.data, t->package.length, 700);
    if (r == IMGB_OK || r == IMGB_UPDATE_ERR_SAME) {
      t->news++;
    } else { /* the same package again, from its start or where it goes on; else a whole one */
      t->refused++;
      REQUIRE(r == IMGB_UPDATE_ERR_BASE || r == IMGB_UPDATE_ERR_RESULT || r == IMGB_NOR_ERR_VERIFY ||
              r == IMGB_NOR_ERR_VERIFY || r == IMGB_NOR_ERR_ERASE);
      r = device_update(d, t->package.data, t->package.length, 700);
      if (r != IMGB_OK) r = device_update(d, t->next.data, t->next.length, 700);
      REQUIRE(r == IMGB_OK);
    }
    cells = device_image(d, &r);
    if (r == IMGB_OK && nor_chip_operations(d->chip) != 0 && !is_image(cells, &t->next_image)) {
      /* SAME rests on the record; a bit that falls over in a finished image is imgb_check's to find */
      uint32_t i, bits = 0;
      for (i = 0; i < t->image.length; i++) bits += cells[i] != t->image.data[i];
      REQUIRE(bits <= 1u);
    }
    nor_chip_clear_log(d->chip);
    t->cuts++;
  }
}

/* A sector that does not erase: told, and slots keep the old image; once it is gone all is well. */
static void sweep_erases(run_t *t) {
  device_t *d = &t->device;
  uint32_t sector, size = d->config.partition.sector_bytes;
  for (sector = 0; sector < d->bytes / size; sector++) {
    const uint8_t *cells;
    int r;
    where = sector;
    nor_chip_restore(d->chip, t->before);
    REQUIRE(device_start(d) == 0);
    nor_chip_fail_erase(d->chip, d->offset + sector * size + 77u, 40);
    r = device_update(d, t->package.data, t->package.length, 700);
    cells = device_image(d, &how);
    if (r == IMGB_OK) {
      REQUIRE(is_image(cells, &t->image));
      t->news++;
    } else {
      REQUIRE(r == IMGB_NOR_ERR_ERASE);
      REQUIRE(is_image(cells, &t->old) || how == IMGB_UPDATE_ERR_UNFINISHED);
      t->refused++;
    }
    nor_chip_clear_faults(d->chip);
    check_boot(t);
    check_end(t);
    t->cuts++;
  }
}

/* The whole update once, then the next one. */
static void run_uncut(run_t *t) {
  device_t *d = &t->device;
  uint64_t started;
  nor_chip_restore(d->chip, t->before);
  REQUIRE(device_start(d) == 0);
  started = nor_chip_now_ns(d->chip);
  how = device_update(d, t->package.data, t->package.length, 700);
  where = d->update.at;
  REQUIRE(how == IMGB_OK);
  printf("us %llu ", (unsigned long long)((nor_chip_now_ns(d->chip) - started) / 1000u));
  t->operations = nor_chip_operations(d->chip);
  check_end(t);
  check_next(t);
}

static void prepare(run_t *t) {
  nor_chip_t *chip = t->device.chip;
  uint8_t *cells = nor_chip_cells(chip);
  uint32_t i, end = t->device.offset + t->device.bytes;
  for (i = 0; i < CHIP_BYTES; i++) cells[i] = (uint8_t)(i * 7u + (i >> 8));
  memset(cells + t->device.offset + t->device.config.partition.record, 0xFF,
         end - t->device.offset - t->device.config.partition.record);
  memcpy(cells + t->device.offset, t->old.data, t->old.length);
  t->before = malloc(nor_chip_snapshot_bytes(chip));
  nor_chip_save(chip, t->before);
}

int main(int argc, char **argv) {
  static run_t t;
  static const struct {
    const char *name;
    void (*sweep)(run_t *);
  } modes[] = {
      {"cuts", sweep_cuts}, {"twice", sweep_twice}, {"flips", sweep_flips}, {"erases", sweep_erases}};
  unsigned i;
  if (argc != 13) return 1;
  device_make(&t.device, argv[2], (uint32_t)strtoul(argv[3], NULL, 0), (uint32_t)strtoul(argv[4], NULL, 0),
              (uint32_t)strtoul(argv[5], NULL, 0), strcmp(argv[6], "in-place") == 0);
  t.step = (uint32_t)strtoul(argv[7], NULL, 0);
  t.old = load_bytes(argv[8]);
  t.package = load_bytes(argv[9]);
  t.image = load_bytes(argv[10]);
  t.next = load_bytes(argv[11]);
  t.next_image = load_bytes(argv[12]);
  prepare(&t);
  run_uncut(&t);
  for (i = 0; i < sizeof modes / sizeof *modes; i++) {
    if (strcmp(argv[1], modes[i].name) == 0) modes[i].sweep(&t);
  }
  printf("operations %u cuts %u old %u new %u unfinished %u refused %u\n", t.operations, t.cuts, t.olds,
         t.news, t.unfinished, t.refused);
  device_free(&t.device);
  return 0;
}
