/* settings_rig.c - see settings_rig.h.  SPDX-License-Identifier: MIT */
#include "settings_rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nor_bus.h"

#define K 1024u

/* An area at `offset`; chips of another erase size from `second` on take a second driver. */
typedef struct geometry {
  const char *name, *model;
  uint32_t chip_bytes, offset, sector_bytes;
  uint8_t sectors;
  uint32_t erase_command, erase_bytes, second, second_command, second_bytes;
  uint32_t page_bytes; /* model NULL: of the memory, written at once; 1: FRAM */
} geometry_t;

static const geometry_t GEOMETRIES[] = {
    {"4k", "w25q64", 32 * K, 8 * K, 4 * K, 4, 0x20, 4 * K, 0, 0, 0, 0},
    {"64k", "only-64k", 256 * K, 64 * K, 64 * K, 2, 0xD8, 64 * K, 0, 0, 0, 0},
    {"mixed", "mixed", 256 * K, 64 * K, 64 * K, 2, 0x20, 4 * K, 128 * K, 0xD8, 64 * K, 0},
    {"sst25", "sst25vf016b", 32 * K, 8 * K, 4 * K, 3, 0x20, 4 * K, 0, 0, 0, 0},
    {"fram", NULL, 16 * K, 1 * K, 4 * K, 2, 0, 0, 0, 0, 0, 1},
    {"eeprom", NULL, 16 * K, 1 * K, 4 * K, 3, 0, 0, 0, 0, 0, 64},
};

struct rig_snapshot {
  uint8_t *bytes;
};
static struct rig_snapshot snapshots[2];

imgb_settings_t rig_settings;
rig_value_t rig_model[RIG_KEYS];

static const geometry_t *geometry;
static nor_chip_t *chip;
static nor_bus_t *buses[2];
static uint8_t *memory, *outside; /* outside: how the chip was when it was opened */
static uint32_t operations, cut_at, erases, programmed_bytes, reads, read_bytes, noise_state = 1;
static int cut_how, is_off;

void rig_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "%s: ", geometry != NULL ? geometry->name : "rig");
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\n");
  va_end(arguments);
  exit(1);
}

/* --- memory that any byte of can be rewritten --- */

static uint8_t noise(void) {
  noise_state = noise_state * 1664525u + 1013904223u;
  return (uint8_t)(noise_state >> 16);
}

/* One operation: a page of an EEPROM, whose torn bytes may come out as anything, or bytes of an FRAM. */
static int write_at_once(uint32_t address, const uint8_t *data, uint32_t length) {
  uint32_t i, whole = length;
  if (is_off) return RIG_OFF;
  is_off = ++operations == cut_at;
  if (is_off && cut_how != RIG_CUT_AFTER) whole = cut_how == RIG_CUT_PART ? length / 2 : 0;
  for (i = 0; i < length; i++) {
    if (i < whole)
      memory[address + i] = data[i];
    else if (cut_how == RIG_CUT_PART && geometry->page_bytes > 1)
      memory[address + i] = noise();
  }
  return is_off ? RIG_OFF : 0;
}

static int memory_write(uint32_t address, const uint8_t *data, uint32_t length) {
  const uint32_t page = geometry->page_bytes > 1 ? geometry->page_bytes : 256;
  while (length > 0) {
    uint32_t n = page - address % page;
    int r;
    if (n > length) n = length;
    r = write_at_once(address, data, n);
    if (r != 0) return r;
    address += n;
    data += n;
    length -= n;
  }
  return 0;
}

/* --- callbacks of the settings --- */

static nor_bus_t *bus_of(uint32_t address) {
  return buses[geometry->second != 0 && address >= geometry->second];
}

static void check_range(uint32_t address, uint32_t length) {
  if (address < geometry->offset || length > rig_area_bytes() ||
      address - geometry->offset > rig_area_bytes() - length) {
    rig_fail("0x%X, %u bytes: outside the area", address, length);
  }
}

static int read_mapped(void *ctx, uint32_t address, void *buffer, uint32_t length) {
  (void)ctx;
  check_range(address, length);
  reads++;
  read_bytes += length;
  memcpy(buffer, rig_cells() + address, length);
  return 0;
}

static int read_wires(void *ctx, uint32_t address, void *buffer, uint32_t length) {
  if (chip == NULL) return is_off ? RIG_OFF : read_mapped(ctx, address, buffer, length);
  check_range(address, length);
  reads++;
  read_bytes += length;
  return imgb_settings_nor_read(&bus_of(address)->nor, address, buffer, length);
}

static int program(void *ctx, uint32_t address, const void *data, uint32_t length) {
  (void)ctx;
  check_range(address, length);
  if (length != 16 || address % 16 != 0) rig_fail("programs %u bytes at 0x%X", length, address);
  programmed_bytes += length;
  if (chip == NULL) return memory_write(address, data, length);
  return imgb_settings_nor_program(&bus_of(address)->nor, address, data, length);
}

static int erase(void *ctx, uint32_t address, uint32_t length) {
  static uint8_t blank[64 * K];
  (void)ctx;
  check_range(address, length);
  erases++;
  memset(blank, 0xFF, sizeof blank);
  if (chip == NULL) return memory_write(address, blank, length);
  return imgb_settings_nor_erase(&bus_of(address)->nor, address, length);
}

/* --- the chip --- */

static nor_bus_t *new_bus(uint32_t command, uint32_t erase_bytes) {
  const nor_model_t *model = nor_chip_model(chip);
  uint32_t d[16] = {0};
  d[1] = model->is_sst25 ? 0x01 : 0;
  d[2] = model->protect_mask;
  d[3] = 256;
  d[4] = IMGB_NOR_OP(0x03, 3, 0);
  d[5] = model->is_sst25 ? IMGB_NOR_OP(0xAD, 3, 0) : IMGB_NOR_OP(0x02, 3, 0);
  d[6] = IMGB_NOR_OP(command, 3, 0);
  d[10] = erase_bytes;
  d[14] = geometry->chip_bytes;
  d[15] = model->jedec_id;
  return nor_bus_new(chip, d, 0);
}

void rig_open(const char *name) {
  uint32_t i;
  for (i = 0; i < sizeof GEOMETRIES / sizeof *GEOMETRIES; i++) {
    if (strcmp(GEOMETRIES[i].name, name) == 0) geometry = &GEOMETRIES[i];
  }
  if (geometry == NULL) rig_fail("%s is unknown", name);
  if (geometry->model != NULL) {
    chip = nor_chip_new(geometry->model, geometry->chip_bytes, 7);
    nor_chip_allow(chip, 0);
    buses[0] = new_bus(geometry->erase_command, geometry->erase_bytes);
    if (geometry->second != 0) buses[1] = new_bus(geometry->second_command, geometry->second_bytes);
  } else {
    memory = malloc(geometry->chip_bytes);
  }
  for (i = 0; i < geometry->chip_bytes; i++) rig_cells()[i] = noise();
  if (chip != NULL) memset(rig_cells() + geometry->offset, 0xFF, rig_area_bytes());
  outside = malloc(geometry->chip_bytes);
  memcpy(outside, rig_cells(), geometry->chip_bytes);
  memset(rig_model, 0, sizeof rig_model);
  for (i = 0; i < RIG_KEYS; i++) rig_model[i].length = -1;
  operations = cut_at = erases = programmed_bytes = reads = read_bytes = 0;
  is_off = 0;
}

void rig_close(void) {
  nor_bus_free(buses[0]);
  nor_bus_free(buses[1]);
  nor_chip_free(chip);
  free(memory);
  free(outside);
  free(snapshots[0].bytes);
  free(snapshots[1].bytes);
  snapshots[0].bytes = snapshots[1].bytes = NULL;
  chip = NULL;
  memory = outside = NULL;
  buses[0] = buses[1] = NULL;
  geometry = NULL;
}

int rig_start(void) {
  const uint32_t end = geometry->offset + rig_area_bytes(), second = geometry->second;
  int r;
  if (chip == NULL) return 0;
  r = imgb_nor_start(&buses[0]->nor, geometry->offset, (second != 0 ? second : end) - geometry->offset);
  return r == 0 && second != 0 ? imgb_nor_start(&buses[1]->nor, second, end - second) : r;
}

int rig_boot(void) {
  imgb_settings_t *s = &rig_settings;
  int r;
  memset(s, 0, sizeof *s);
  s->read = read_wires;
  s->program = program;
  s->erase = erase;
  s->offset = geometry->offset;
  s->sector_bytes = geometry->sector_bytes;
  s->sectors = geometry->sectors;
  r = rig_start();
  return r == 0 ? imgb_settings_mount(s) : r;
}

void rig_read_mapped(int is_mapped) {
  rig_settings.read = is_mapped ? read_mapped : read_wires;
}

uint32_t rig_operations(void) {
  return chip != NULL ? nor_chip_operations(chip) : operations;
}

void rig_cut_at(uint32_t operation, int how) {
  if (chip != NULL) nor_chip_cut_at(chip, operation, how);
  cut_at = operation;
  cut_how = how;
}

int rig_is_off(void) {
  return chip != NULL ? nor_chip_is_off(chip) : is_off;
}

void rig_power_up(void) {
  if (chip != NULL) nor_chip_power_up(chip);
  is_off = 0;
  cut_at = 0;
}

rig_snapshot_t *rig_new_snapshot(void) {
  rig_snapshot_t *snapshot = snapshots[0].bytes == NULL ? &snapshots[0] : &snapshots[1];
  snapshot->bytes = malloc(chip != NULL ? nor_chip_snapshot_bytes(chip) : geometry->chip_bytes);
  return snapshot;
}

void rig_save(rig_snapshot_t *snapshot) {
  (void)rig_cells(); /* what is under way comes to its end */
  if (chip != NULL)
    nor_chip_save(chip, snapshot->bytes);
  else
    memcpy(snapshot->bytes, memory, geometry->chip_bytes);
}

void rig_restore(const rig_snapshot_t *snapshot) {
  rig_power_up();
  operations = 0;
  if (chip != NULL)
    nor_chip_restore(chip, snapshot->bytes);
  else
    memcpy(memory, snapshot->bytes, geometry->chip_bytes);
}

uint8_t *rig_cells(void) {
  return chip != NULL ? nor_chip_cells(chip) : memory;
}

uint32_t rig_area_bytes(void) {
  return geometry->sector_bytes * geometry->sectors;
}

uint32_t rig_erases(void) {
  return erases;
}

uint32_t rig_programmed_bytes(void) {
  return programmed_bytes;
}

uint32_t rig_reads(void) {
  return reads;
}

uint32_t rig_read_bytes(void) {
  return read_bytes;
}

struct nor_chip *rig_chip(void) {
  return chip;
}

struct nor_bus *rig_bus(void) {
  return buses[0];
}

void rig_check_rules(const char *when) {
  const uint32_t end = geometry->offset + rig_area_bytes();
  if (chip != NULL && nor_chip_violations(chip) != 0) rig_fail("%s: %s", when, nor_chip_log(chip));
  if (memcmp(rig_cells(), outside, geometry->offset) != 0 ||
      memcmp(rig_cells() + end, outside + end, geometry->chip_bytes - end) != 0) {
    rig_fail("%s: bytes outside the area changed", when);
  }
}

/* --- the workload --- */

static uint32_t scramble(uint32_t x) {
  x = (x ^ x >> 16) * 0x7FEB352Du;
  x = (x ^ x >> 15) * 0x846CA68Bu;
  return x ^ x >> 16;
}

uint32_t rig_key(int i) {
  return i == RIG_KEYS - 1 ? 0xFFFFFFFFu : scramble((uint32_t)i + 1u);
}

uint8_t rig_kind(int i) {
  static const uint8_t KINDS[] = {IMGB_SETTING_U32, IMGB_SETTING_BYTES, IMGB_SETTING_STRING,
                                  IMGB_SETTING_I32};
  return KINDS[i % 4];
}

int rig_pick(uint32_t n, rig_value_t *value) {
  const uint32_t x = scramble(n + 0x5E77u);
  const int i = (int)(x % RIG_KEYS);
  const uint32_t most = i % 4 == 1 ? 200 : 60;
  int k;
  memset(value, 0, sizeof *value);
  value->length = rig_kind(i) >= IMGB_SETTING_U32 ? 4 : (int)((x >> 8) % (most + 1u));
  for (k = 0; k < value->length; k++) value->bytes[k] = (uint8_t)scramble(x + (uint32_t)k);
  if (rig_model[i].length >= 0 && x >> 24 < 12) value->length = -1; /* one in twenty is deleted */
  if (value->length == rig_model[i].length &&
      (value->length < 0 || memcmp(value->bytes, rig_model[i].bytes, (size_t)value->length) == 0)) {
    value->length = 4; /* no set without a change */
    value->bytes[0] ^= 0x55;
  }
  return i;
}

int rig_set(int i, const rig_value_t *value) {
  if (value->length < 0) return imgb_settings_delete(&rig_settings, rig_key(i));
  return imgb_settings_set(&rig_settings, rig_key(i), rig_kind(i), value->bytes, (uint32_t)value->length);
}

int rig_holds(int i, const rig_value_t *value) {
  uint8_t bytes[256];
  uint32_t length = 0;
  int r = imgb_settings_get(&rig_settings, rig_key(i), rig_kind(i), bytes, sizeof bytes, &length);
  if (value->length < 0) return r == IMGB_ERR_NOT_FOUND;
  return r == IMGB_OK && length == (uint32_t)value->length &&
         memcmp(bytes, value->bytes, (size_t)length) == 0;
}

void rig_check_all(int but, const char *when) {
  int i;
  for (i = 0; i < RIG_KEYS; i++) {
    if (i != but && !rig_holds(i, &rig_model[i])) rig_fail("%s: value %d is lost", when, i);
  }
}
