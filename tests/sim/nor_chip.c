/* nor_chip.c - see nor_chip.h.  SPDX-License-Identifier: MIT
 *
 * Rules: data sheets of W25Q64JV (sections 6 to 8), SST25VF016B (S71271: byte and AAI programming, protection
 * at power-up), MX25L25645G (4-byte addresses).  Times: imgbuild/flash/chips.yaml.
 */
#include "nor_chip.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define K 1024u
#define M (1024u * 1024u)
#define PAGE_MAX 256u
#define FAULTS_MAX 16
#define LOG_BYTES 8192u
#define BUSY 1u
#define ENABLED 2u
#define AAI_BIT 0x40u
#define WAKE_NS 3000u

static const nor_model_t MODELS[] = {
    {"sst25vf016b",
     0xBF2541,
     2 * M,
     256,
     1,
     0,
     0,
     0,
     0x3C,
     0x1C,
     7,
     10,
     {{0x20, 3, 4 * K, 0, 0, 18000, 25000},
      {0x52, 3, 32 * K, 0, 0, 18000, 25000},
      {0xD8, 3, 64 * K, 0, 0, 18000, 25000}}},
    {"sst26vf016b",
     0xBF2641,
     2 * M,
     256,
     0,
     0,
     1,
     1,
     0,
     0,
     1000,
     1500,
     {{0x20, 3, 4 * K, 0, 0, 18000, 25000}, {0xD8, 3, 64 * K, 0, 0, 18000, 25000}}},
    {"w25q64",
     0xEF4017,
     8 * M,
     256,
     0,
     0,
     1,
     0,
     0x1C,
     0,
     400,
     3000,
     {{0x20, 0, 4 * K, 0, 0, 45000, 400000},
      {0x52, 0, 32 * K, 0, 0, 120000, 1600000},
      {0xD8, 0, 64 * K, 0, 0, 150000, 2000000}}},
    {"w25q256",
     0xEF4019,
     32 * M,
     256,
     0,
     1,
     1,
     0,
     0x3C,
     0,
     700,
     3000,
     {{0x20, 0, 4 * K, 0, 0, 50000, 400000},
      {0x52, 0, 32 * K, 0, 0, 120000, 1600000},
      {0xD8, 0, 64 * K, 0, 0, 150000, 2000000},
      {0x21, 4, 4 * K, 0, 0, 50000, 400000},
      {0xDC, 4, 64 * K, 0, 0, 150000, 2000000}}},
    {"mx66u1g45g",
     0xC2253B,
     128 * M,
     256,
     0,
     1,
     1,
     0,
     0x3C,
     0,
     150,
     750,
     {{0x20, 0, 4 * K, 0, 0, 25000, 400000},
      {0xD8, 0, 64 * K, 0, 0, 220000, 2000000},
      {0x21, 4, 4 * K, 0, 0, 25000, 400000},
      {0xDC, 4, 64 * K, 0, 0, 220000, 2000000}}},
    /* no parts of a maker: geometries */
    {"only-4k", 0x9D6014, 1 * M, 256, 0, 0, 0, 0, 0, 0, 400, 3000, {{0x20, 3, 4 * K, 0, 0, 45000, 400000}}},
    {"only-32k", 0x9D6114, 1 * M, 256, 0, 0, 0, 0, 0, 0, 400, 3000, {{0x52, 3, 32 * K, 0, 0, 45000, 400000}}},
    {"only-64k",
     0x202014,
     1 * M,
     256,
     0,
     0,
     0,
     0,
     0,
     0,
     1400,
     5000,
     {{0xD8, 3, 64 * K, 0, 0, 1000000, 3000000}}},
    {"mixed",
     0x012018,
     1 * M,
     256,
     0,
     0,
     0,
     0,
     0,
     0,
     400,
     3000, /* 4 KiB sectors in the first 128 KiB only */
     {{0x20, 3, 4 * K, 0, 128 * K, 45000, 400000}, {0xD8, 3, 64 * K, 128 * K, 0, 500000, 2000000}}},
};

typedef struct fault {
  int kind;
  uint32_t from, length;
  uint8_t bit, value;
} fault_t;
enum { FAULT_NONE, FAULT_BIT, FAULT_ERASE, FAULT_PROGRAM };

enum change { CHANGE_NONE, CHANGE_PROGRAM, CHANGE_ERASE, CHANGE_STATUS, CHANGE_UNLOCK };

struct nor_chip {
  nor_model_t model;
  uint32_t size, sector_bytes, seed;
  uint8_t *cells, *programmed; /* programmed: a bit a byte, since the last erase */
  uint32_t *wear;
  uint8_t sfdp[256];
  uint64_t now_ns, busy_until_ns, awake_at_ns, clocked_bytes;
  uint32_t ns_per_byte;
  uint8_t is_slowest, status, is_4_byte, is_off, is_asleep, is_locked, is_quad, is_in_aai;
  uint32_t aai_address;
  /* the command on the wires */
  uint8_t is_selected, command, is_ignored, address_bytes, dummy_bytes, last_out;
  uint32_t count, address, data_count;
  uint8_t page[PAGE_MAX];
  /* the change under way */
  enum change change;
  uint32_t change_address, change_length;
  uint8_t change_data[PAGE_MAX];
  /* counting and faults */
  uint32_t operations, cut_at, busy_from, worn_after, allowed, violations, id;
  int cut_how, wire;
  uint8_t is_held, is_refusing;
  fault_t faults[FAULTS_MAX];
  char log[LOG_BYTES];
};

static void report(nor_chip_t *c, uint32_t kind, const char *format, ...) {
  size_t at = strlen(c->log);
  va_list list;
  if ((c->allowed & kind) != 0) return;
  c->violations |= kind;
  if (at + 200 > LOG_BYTES) return;
  at += (size_t)snprintf(c->log + at, 40, "%llu us, %02Xh: ", (unsigned long long)(c->now_ns / 1000),
                         c->command);
  va_start(list, format);
  at += (size_t)vsnprintf(c->log + at, 120, format, list);
  va_end(list);
  c->log[at] = '\n';
  c->log[at + 1] = 0;
}

/* Numbers that depend on the seed and on how many operations there were, on nothing else. */
static uint32_t noise(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* --- changes --- */

static int has_fault(const nor_chip_t *c, int kind, uint32_t address) {
  for (int i = 0; i < FAULTS_MAX; i++) {
    if (c->faults[i].kind == kind && address - c->faults[i].from < c->faults[i].length) return 1;
  }
  return 0;
}

static void force_stuck_bits(nor_chip_t *c) {
  for (int i = 0; i < FAULTS_MAX; i++) {
    const fault_t *f = &c->faults[i];
    if (f->kind != FAULT_BIT) continue;
    if (f->value != 0)
      c->cells[f->from] |= (uint8_t)(1u << f->bit);
    else
      c->cells[f->from] &= (uint8_t) ~(1u << f->bit);
  }
}

static void set_programmed(nor_chip_t *c, uint32_t address, int is_programmed) {
  uint8_t bit = (uint8_t)(1u << (address & 7u));
  if (is_programmed)
    c->programmed[address >> 3] |= bit;
  else
    c->programmed[address >> 3] &= (uint8_t)~bit;
}

/* Brings the change that is under way to its end; is_part: as far as it came. */
static void complete(nor_chip_t *c, int is_part) {
  uint32_t state = c->seed ^ (c->operations * 2654435761u);
  uint32_t skip = is_part && noise(&state) % 4 == 0 ? noise(&state) % (c->change_length + 1u) : 0;
  for (uint32_t i = 0; i < c->change_length && c->change == CHANGE_PROGRAM; i++) {
    uint32_t at = (c->change_address & ~(PAGE_MAX - 1u)) | ((c->change_address + i) & (PAGE_MAX - 1u));
    uint8_t value = (uint8_t)(c->cells[at] & c->change_data[i]);
    if (is_part) value |= (uint8_t)(c->cells[at] & (i < skip ? 0u : noise(&state))); /* some bits stay set */
    if (!has_fault(c, FAULT_PROGRAM, at)) c->cells[at] = value;
    if (c->change_data[i] != 0xFF) set_programmed(c, at, 1);
  }
  for (uint32_t i = 0; i < c->change_length && c->change == CHANGE_ERASE; i++) {
    uint32_t at = c->change_address + i;
    uint32_t is_worn = c->worn_after != 0 && c->wear[at / c->sector_bytes] > c->worn_after;
    uint8_t value = is_part && i >= skip ? (uint8_t)(c->cells[at] | noise(&state)) : 0xFF;
    if (is_part && i >= skip && noise(&state) % 8 == 0)
      value = (uint8_t)noise(&state); /* over-erased, marginal */
    if (!is_worn && !has_fault(c, FAULT_ERASE, at)) c->cells[at] = value;
    set_programmed(c, at, is_part && i >= skip);
  }
  if (c->change == CHANGE_STATUS && !c->is_held && !is_part) {
    c->status = (uint8_t)((c->status & 3u) | (c->change_data[0] & 0xBCu));
  }
  if (c->change == CHANGE_UNLOCK && !c->is_held) c->is_locked = 0;
  force_stuck_bits(c);
  c->change = CHANGE_NONE;
}

static int is_busy(nor_chip_t *c) {
  if (c->busy_from != 0 && c->operations >= c->busy_from) return 1;
  if (c->change == CHANGE_NONE) return 0;
  if (c->now_ns < c->busy_until_ns) return 1;
  complete(c, 0);
  return 0;
}

static void start_change(nor_chip_t *c, enum change change, uint32_t address, uint32_t length, uint32_t us) {
  c->operations++;
  c->change = change;
  c->change_address = address;
  c->change_length = length;
  c->busy_until_ns = c->now_ns + (uint64_t)us * 1000u;
  if (!c->is_in_aai) c->status &= (uint8_t)~ENABLED;
  if (change == CHANGE_ERASE) {
    for (uint32_t at = address; at < address + length; at += c->sector_bytes) c->wear[at / c->sector_bytes]++;
  }
  if (c->operations != c->cut_at) return;
  if (c->cut_how == NOR_CUT_BEFORE)
    c->change = CHANGE_NONE;
  else
    complete(c, c->cut_how == NOR_CUT_PART);
  c->is_off = 1;
}

static uint32_t pick(const nor_chip_t *c, uint32_t typical, uint32_t maximum) {
  return c->is_slowest ? maximum : typical;
}

static int is_enabled(nor_chip_t *c) {
  if ((c->status & ENABLED) != 0) return 1;
  report(c, NOR_V_NOT_ENABLED, "without write enable");
  return 0;
}

static int is_writable(nor_chip_t *c, uint32_t address) {
  if (!is_enabled(c)) return 0;
  if (c->is_locked || (c->status & c->model.protect_mask) != 0) {
    report(c, NOR_V_PROTECTED, "at 0x%X, which is protected (status %02X)", address, c->status);
    c->status &= (uint8_t)~ENABLED;
    return 0;
  }
  return 1;
}

static void program(nor_chip_t *c, uint32_t address, uint32_t count) {
  const uint32_t page = c->model.page_bytes, length = count < page ? count : page;
  if (count == 0) {
    report(c, NOR_V_LENGTH, "no data");
    return;
  }
  if (!is_writable(c, address)) return;
  if ((address & (page - 1u)) + count > page) {
    report(c, NOR_V_WRAP, "%u bytes at 0x%X wrap round in their page", count, address);
  }
  address += count - length; /* the last bytes that came are the ones that count */
  for (uint32_t i = 0; i < length; i++) {
    uint32_t at = (address & ~(page - 1u)) | ((address + i) & (page - 1u));
    uint8_t old = c->cells[at], value = c->page[(count - length + i) % PAGE_MAX];
    c->change_data[i] = value;
    if ((value & (uint8_t)~old) != 0) {
      report(c, NOR_V_NOT_ERASED, "%02X over %02X at 0x%X", value, old, at);
    } else if (value != 0xFF && ((uint32_t)c->programmed[at >> 3] >> (at & 7u) & 1u) != 0) {
      report(c, NOR_V_TWICE, "%02X over %02X at 0x%X", value, old, at);
    }
  }
  start_change(c, CHANGE_PROGRAM, address, length,
               pick(c, c->model.program_typical_us, c->model.program_maximum_us));
}

static void erase(nor_chip_t *c, const nor_erase_t *unit) {
  uint32_t address = c->address;
  if (c->data_count != 0) {
    report(c, NOR_V_LENGTH, "%u bytes behind the address", c->data_count);
    return;
  }
  if (!is_writable(c, address)) return;
  if (address < unit->from || (unit->to != 0 && address >= unit->to)) {
    report(c, NOR_V_RANGE, "no such unit at 0x%X", address);
    c->status &= (uint8_t)~ENABLED;
    return;
  }
  if ((address & (unit->bytes - 1u)) != 0) report(c, NOR_V_ALIGN, "0x%X is inside a unit", address);
  start_change(c, CHANGE_ERASE, address & ~(unit->bytes - 1u), unit->bytes,
               pick(c, unit->typical_us, unit->maximum_us));
}

/* --- commands --- */

static const nor_erase_t *find_erase(const nor_chip_t *c) {
  for (const nor_erase_t *unit = c->model.erase; unit < c->model.erase + 7 && unit->bytes != 0; unit++) {
    if (unit->command == c->command) return unit;
  }
  return NULL;
}

static int is_read(uint8_t command) {
  return command == 0x03 || command == 0x0B || command == 0x13 || command == 0x0C || command == 0x6B ||
         command == 0x6C || command == 0xEB;
}

static int is_known(const nor_chip_t *c) {
  const nor_model_t *m = &c->model;
  switch (c->command) {
    case 0x01:
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x05:
    case 0x06:
    case 0x0B:
    case 0x9F:
    case 0xAB:
      return 1;
    case 0x5A:
      return 1; /* without a table only ones come back */
    case 0x50:
    case 0xAD:
      return m->is_sst25;
    case 0xB9:
      return !m->is_sst25;
    case 0x98:
      return m->has_unlock;
    case 0xB7:
    case 0xE9:
    case 0x13:
    case 0x0C:
    case 0x12:
      return m->has_4_byte;
    case 0x6B:
    case 0xEB:
    case 0x32:
      return m->has_quad && c->is_quad;
    case 0x6C:
    case 0x34:
      return m->has_quad && c->is_quad && m->has_4_byte;
    default:
      return find_erase(c) != NULL;
  }
}

static void take_command(nor_chip_t *c) {
  const nor_erase_t *unit = find_erase(c);
  uint8_t by_mode = c->is_4_byte ? 4 : 3;
  c->is_ignored = 1;
  c->address_bytes = c->dummy_bytes = 0;
  if (c->is_asleep || c->now_ns < c->awake_at_ns) {
    if (c->command == 0xAB)
      c->is_ignored = 0;
    else if (c->command != 0x05)
      report(c, NOR_V_ASLEEP, "in deep power-down");
    return;
  }
  if (is_busy(c) && c->command != 0x05) {
    report(c, NOR_V_BUSY, "while busy");
    return;
  }
  if (c->is_in_aai && c->command != 0x05 && c->command != 0xAD && c->command != 0x04) {
    report(c, NOR_V_AAI, "during AAI programming");
    return;
  }
  if (!is_known(c)) {
    report(c, NOR_V_UNKNOWN, "no such command");
    return;
  }
  c->is_ignored = 0;
  if (is_read(c->command) || c->command == 0x02 || c->command == 0x32) c->address_bytes = by_mode;
  if (c->command == 0x13 || c->command == 0x0C || c->command == 0x6C || c->command == 0x12 ||
      c->command == 0x34) {
    c->address_bytes = 4;
  }
  if (unit != NULL) c->address_bytes = unit->address_bytes != 0 ? unit->address_bytes : by_mode;
  if (c->command == 0x0B || c->command == 0x0C || c->command == 0x6B || c->command == 0x6C)
    c->dummy_bytes = 1;
  if (c->command == 0xEB) c->dummy_bytes = 3;
  if (c->command == 0x5A) {
    c->address_bytes = 3;
    c->dummy_bytes = 1;
  }
  if (c->command == 0xAD && !c->is_in_aai) c->address_bytes = 3;
}

static uint8_t answer(nor_chip_t *c, uint8_t byte) {
  uint32_t n = c->data_count++;
  if (c->command == 0x05)
    return (uint8_t)(c->status | (is_busy(c) ? BUSY : 0) | (c->is_in_aai ? AAI_BIT : 0));
  if (c->command == 0x9F) return (uint8_t)(n < 3 ? c->id >> (16 - 8 * n) : 0xFF);
  if (c->command == 0x5A) return c->address + n < sizeof c->sfdp ? c->sfdp[c->address + n] : 0xFF;
  if (is_read(c->command)) {
    if (c->address + n == c->size) report(c, NOR_V_RANGE, "reads beyond the end");
    return c->cells[(c->address + n) % c->size];
  }
  c->page[n % PAGE_MAX] = byte;
  return 0xFF;
}

static void end_command(nor_chip_t *c) {
  const nor_erase_t *unit = find_erase(c);
  if (c->count < 1u + c->address_bytes + c->dummy_bytes) {
    report(c, NOR_V_LENGTH, "%u bytes are too few", c->count);
    return;
  }
  if (unit != NULL) {
    erase(c, unit);
    return;
  }
  switch (c->command) {
    case 0x06:
      if (!c->is_refusing) c->status |= ENABLED;
      break;
    case 0x04:
      c->status &= (uint8_t)~ENABLED;
      c->is_in_aai = 0;
      break;
    case 0x50:
      c->status |= ENABLED;
      break;
    case 0x01:
      if (!is_enabled(c)) break;
      c->change_data[0] = c->page[0];
      start_change(c, CHANGE_STATUS, 0, 0, c->model.is_sst25 ? 1 : pick(c, 10000, 15000));
      break;
    case 0x98:
      if (is_enabled(c)) start_change(c, CHANGE_UNLOCK, 0, 0, 1);
      break;
    case 0x02:
    case 0x12:
    case 0x32:
    case 0x34:
      if (c->model.is_sst25 && c->data_count != 1) {
        report(c, NOR_V_LENGTH, "%u bytes, the part programs one", c->data_count);
        break;
      }
      program(c, c->address, c->data_count);
      break;
    case 0xAD:
      if (c->data_count != 2) {
        report(c, NOR_V_LENGTH, "%u bytes, a word has two", c->data_count);
        break;
      }
      if (!c->is_in_aai) {
        if ((c->address & 1u) != 0) report(c, NOR_V_ALIGN, "odd address 0x%X", c->address);
        if (!is_writable(c, c->address)) break;
        c->aai_address = c->address & ~1u;
        c->is_in_aai = 1;
      }
      if (c->aai_address >= c->size) {
        report(c, NOR_V_RANGE, "AAI beyond the end");
        break;
      }
      program(c, c->aai_address, 2);
      c->aai_address += 2;
      break;
    case 0xB7:
    case 0xE9:
      c->is_4_byte = c->command == 0xB7;
      break;
    case 0xB9:
      c->is_asleep = 1;
      break;
    case 0xAB:
      if (c->is_asleep) c->awake_at_ns = c->now_ns + WAKE_NS;
      c->is_asleep = 0;
      break;
    default:
      break;
  }
}

/* --- wires --- */

void nor_chip_select(nor_chip_t *c, int is_selected) {
  if (c->is_selected && !is_selected && !c->is_off && !c->is_ignored && c->count > 0) end_command(c);
  c->is_selected = is_selected != 0;
  c->count = c->address = c->data_count = 0;
  c->last_out = 0xFF;
  c->is_ignored = 0;
}

static uint8_t exchange(nor_chip_t *c, uint8_t byte) {
  uint32_t n = c->count++;
  if (n == 0) {
    c->command = byte;
    take_command(c);
    return 0xFF;
  }
  if (c->is_ignored) return 0xFF;
  if (n <= c->address_bytes) {
    c->address = c->address << 8 | byte;
    if (n == c->address_bytes && c->command != 0x5A && c->address >= c->size) {
      report(c, NOR_V_RANGE, "address 0x%X, the chip has 0x%X bytes", c->address, c->size);
      c->address %= c->size;
    }
    return 0xFF;
  }
  return n <= (uint32_t)c->address_bytes + c->dummy_bytes ? 0xFF : answer(c, byte);
}

static uint8_t reversed(uint8_t byte) {
  uint8_t out = 0;
  for (int i = 0; i < 8; i++) out |= (uint8_t)((byte >> i & 1) << (7 - i));
  return out;
}

uint8_t nor_chip_exchange(nor_chip_t *c, uint8_t byte) {
  uint8_t out, late;
  c->now_ns += c->ns_per_byte;
  c->clocked_bytes++;
  out = c->is_off || !c->is_selected ? 0xFF : exchange(c, byte);
  late = (uint8_t)(c->last_out << 7 | out >> 1);
  c->last_out = out;
  switch (c->wire) {
    case NOR_WIRE_LOW:
      return 0;
    case NOR_WIRE_HIGH:
      return 0xFF;
    case NOR_WIRE_INVERTED:
      return (uint8_t)~out;
    case NOR_WIRE_LATE_DATA:
      return is_read(c->command) ? late : out;
    case NOR_WIRE_LATE:
      return late;
    case NOR_WIRE_REVERSED:
      return reversed(out);
    default:
      return out;
  }
}

int nor_chip_transfer(nor_chip_t *c, uint8_t command, uint32_t address, uint8_t address_bytes,
                      uint8_t dummy_bytes, uint8_t *data, uint32_t length, int is_sending) {
  if (c->is_off) return NOR_CHIP_OFF;
  nor_chip_select(c, 1);
  (void)nor_chip_exchange(c, command);
  for (int i = address_bytes - 1; i >= 0; i--) (void)nor_chip_exchange(c, (uint8_t)(address >> 8 * i));
  for (uint8_t i = 0; i < dummy_bytes; i++) (void)nor_chip_exchange(c, 0xA5);
  for (uint32_t i = 0; i < length; i++) {
    uint8_t in = nor_chip_exchange(c, is_sending ? data[i] : 0x5A);
    if (!is_sending) data[i] = in;
  }
  nor_chip_select(c, 0);
  return c->is_off ? NOR_CHIP_OFF : 0;
}

/* --- the rest of the face --- */

nor_chip_t *nor_chip_new(const char *name, uint32_t size, uint32_t seed) {
  for (size_t i = 0; i < sizeof MODELS / sizeof *MODELS; i++) {
    nor_chip_t *c;
    if (strcmp(MODELS[i].name, name) != 0) continue;
    c = calloc(1, sizeof *c);
    c->model = MODELS[i];
    c->size = size != 0 ? size : c->model.size;
    c->sector_bytes = c->model.erase[0].bytes;
    for (int e = 1; e < 7 && c->model.erase[e].bytes != 0; e++) {
      if (c->model.erase[e].bytes < c->sector_bytes) c->sector_bytes = c->model.erase[e].bytes;
    }
    c->seed = seed;
    c->cells = malloc(c->size);
    memset(c->cells, 0xFF, c->size);
    c->programmed = calloc(c->size / 8u, 1);
    c->wear = calloc(c->size / c->sector_bytes, sizeof *c->wear);
    memset(c->sfdp, 0xFF, sizeof c->sfdp);
    c->id = c->model.jedec_id;
    c->allowed = NOR_V_TWICE;
    nor_chip_set_speed(c, 20000000, 0);
    nor_chip_power_up(c);
    return c;
  }
  return NULL;
}

void nor_chip_free(nor_chip_t *c) {
  if (c == NULL) return;
  free(c->cells);
  free(c->programmed);
  free(c->wear);
  free(c);
}

void nor_chip_power_off(nor_chip_t *c) {
  if (is_busy(c) && c->change != CHANGE_NONE) complete(c, 1);
  c->is_off = 1;
}

void nor_chip_power_up(nor_chip_t *c) {
  c->is_off = c->is_asleep = c->is_4_byte = c->is_in_aai = c->is_selected = 0;
  c->change = CHANGE_NONE;
  c->cut_at = 0;
  c->awake_at_ns = 0;
  c->status = c->model.power_up;
  c->is_locked = c->model.has_unlock;
  force_stuck_bits(c);
}

uint32_t nor_chip_snapshot_bytes(const nor_chip_t *c) {
  return c->size + c->size / 8u + c->size / c->sector_bytes * 4u;
}

void nor_chip_save(const nor_chip_t *c, uint8_t *snapshot) {
  memcpy(snapshot, c->cells, c->size);
  memcpy(snapshot + c->size, c->programmed, c->size / 8u);
  memcpy(snapshot + c->size + c->size / 8u, c->wear, c->size / c->sector_bytes * 4u);
}

void nor_chip_restore(nor_chip_t *c, const uint8_t *snapshot) {
  memcpy(c->cells, snapshot, c->size);
  memcpy(c->programmed, snapshot + c->size, c->size / 8u);
  memcpy(c->wear, snapshot + c->size + c->size / 8u, c->size / c->sector_bytes * 4u);
  c->operations = 0;
  nor_chip_power_up(c);
}

static void add_fault(nor_chip_t *c, fault_t fault) {
  for (int i = 0; i < FAULTS_MAX; i++) {
    if (c->faults[i].kind == FAULT_NONE) {
      c->faults[i] = fault;
      break;
    }
  }
  force_stuck_bits(c);
}

void nor_chip_stick_bit(nor_chip_t *c, uint32_t address, uint8_t bit, int value) {
  add_fault(c, (fault_t){FAULT_BIT, address, 1, bit, value != 0});
}

void nor_chip_fail_erase(nor_chip_t *c, uint32_t from, uint32_t length) {
  add_fault(c, (fault_t){FAULT_ERASE, from, length, 0, 0});
}

void nor_chip_fail_program(nor_chip_t *c, uint32_t from, uint32_t length) {
  add_fault(c, (fault_t){FAULT_PROGRAM, from, length, 0, 0});
}

void nor_chip_clear_faults(nor_chip_t *c) {
  memset(c->faults, 0, sizeof c->faults);
  c->busy_from = c->worn_after = 0;
  c->is_held = c->is_refusing = 0;
  c->wire = NOR_WIRE_GOOD;
  c->id = c->model.jedec_id;
}

void nor_chip_set_sfdp(nor_chip_t *c, const uint8_t *table, uint32_t length) {
  memset(c->sfdp, 0xFF, sizeof c->sfdp);
  memcpy(c->sfdp, table, length < sizeof c->sfdp ? length : sizeof c->sfdp);
}

void nor_chip_set_speed(nor_chip_t *c, uint32_t hertz, int is_slowest) {
  c->ns_per_byte = (uint32_t)(8000000000ull / hertz);
  c->is_slowest = is_slowest != 0;
}

void nor_chip_cut_at(nor_chip_t *c, uint32_t operation, int how) {
  c->cut_at = operation;
  c->cut_how = how;
}

void nor_chip_clear_log(nor_chip_t *c) {
  c->violations = 0;
  c->log[0] = 0;
}

void nor_chip_advance(nor_chip_t *c, uint32_t us) {
  c->now_ns += (uint64_t)us * 1000u;
}
void nor_chip_set_status(nor_chip_t *c, uint8_t status) {
  c->status = status;
}
void nor_chip_enable_quad(nor_chip_t *c) {
  c->is_quad = 1;
}
void nor_chip_wear_out(nor_chip_t *c, uint32_t erases) {
  c->worn_after = erases;
}
void nor_chip_stick_busy(nor_chip_t *c, uint32_t operation) {
  c->busy_from = operation;
}
void nor_chip_set_id(nor_chip_t *c, uint32_t jedec_id) {
  c->id = jedec_id;
}
void nor_chip_hold_protection(nor_chip_t *c, int is_held) {
  c->is_held = is_held != 0;
}
void nor_chip_refuse_enable(nor_chip_t *c, int is_refused) {
  c->is_refusing = is_refused != 0;
}
void nor_chip_set_wire(nor_chip_t *c, int wire) {
  c->wire = wire;
}
void nor_chip_allow(nor_chip_t *c, uint32_t violations) {
  c->allowed = violations;
}
const nor_model_t *nor_chip_model(const nor_chip_t *c) {
  return &c->model;
}
uint64_t nor_chip_now_ns(const nor_chip_t *c) {
  return c->now_ns;
}
uint8_t *nor_chip_cells(nor_chip_t *c) {
  (void)is_busy(c);
  return c->cells;
}
uint32_t nor_chip_size(const nor_chip_t *c) {
  return c->size;
}
uint32_t nor_chip_sector_bytes(const nor_chip_t *c) {
  return c->sector_bytes;
}
uint32_t nor_chip_wear(const nor_chip_t *c, uint32_t address) {
  return c->wear[address / c->sector_bytes];
}
uint64_t nor_chip_clocked_bytes(const nor_chip_t *c) {
  return c->clocked_bytes;
}
uint32_t nor_chip_operations(const nor_chip_t *c) {
  return c->operations;
}
int nor_chip_is_off(const nor_chip_t *c) {
  return c->is_off;
}
uint32_t nor_chip_violations(const nor_chip_t *c) {
  return c->violations;
}
const char *nor_chip_log(const nor_chip_t *c) {
  return c->log;
}
