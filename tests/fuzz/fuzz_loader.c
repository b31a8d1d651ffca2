/* fuzz_loader.c - whatever bytes arrive at the serial loader: no crash, no end that does not come, and not a
 * byte outside its region changes.  SPDX-License-Identifier: MIT
 *
 * With libFuzzer, from the top folder:
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -Ic_runtime/src -Ic_runtime/loader -Itests/sim \
 *         tests/fuzz/fuzz_loader.c tests/sim/nor_chip.c tests/sim/nor_bus.c c_runtime/src/imgb_nor.c \
 *         c_runtime/loader/imgb_loader.c -o build/fuzz_loader
 *     build/fuzz_loader -max_len=8192 build/loader_corpus
 *
 * The input is a row of pieces: a byte says what comes (enum piece), what follows belongs to it.  Blocks get
 * good numbers and CRCs on request, as somebody with ill intent would send them, so that their contents get
 * past the checks.  With FUZZ_REPLAY there is a main that plays random inputs: fuzz_loader COUNT SEED
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imgb_loader.h"
#include "nor_bus.h"

#define CHIP_BYTES 0x40000u
#define REGION 0x11000u
#define REGION_BYTES 0x17000u
#ifndef REGION_TOLD
#define REGION_TOLD REGION_BYTES /* what the loader is told; more proves that a byte outside is noticed */
#endif
#define GETS_MAX 200000u /* calls of get after which the line is closed: the input is long over */

enum piece { RAW, QUIET_LINE, COMMAND_BLOCK, FILE_BLOCK, DATA_BLOCK, END_OF_FILE, CANCEL_BYTES, PIECES };

typedef struct line {
  const uint8_t *data;
  size_t length, at;
  uint8_t block[1 + 2 + 1024 + 2];
  size_t block_at, block_end;
  uint8_t number;
  uint32_t gets;
} line_t;

static uint16_t crc16(const uint8_t *bytes, size_t length) {
  uint16_t crc = 0;
  while (length-- != 0) {
    int bit;
    crc = (uint16_t)(crc ^ *bytes++ << 8);
    for (bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000u ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

static uint8_t next(line_t *line) {
  return line->at < line->length ? line->data[line->at++] : 0;
}

static void make_block(line_t *line, uint8_t number, const uint8_t *data, size_t used, size_t length) {
  uint16_t crc;
  uint8_t *to = line->block;
  *to++ = length == 128 ? 1 : 2;
  *to++ = number;
  *to++ = (uint8_t)~number;
  memset(to, 0, length);
  memcpy(to, data, used);
  crc = crc16(to, length);
  to[length] = (uint8_t)(crc >> 8);
  to[length + 1] = (uint8_t)crc;
  line->block_at = 0;
  line->block_end = length + 5;
}

/* Mostly inside the region and whole sectors, now and then anything. */
static uint32_t place(line_t *line) {
  uint32_t kind = next(line), value = next(line);
  if (kind < 200) return (value % (REGION_BYTES / 0x1000u + 2u)) * 0x1000u;
  value |= (uint32_t)next(line) << 8 | (uint32_t)next(line) << 16 | (uint32_t)next(line) << 24;
  return value;
}

static void put32(uint8_t *to, uint32_t value) {
  int i;
  for (i = 0; i < 4; i++) to[i] = (uint8_t)(value >> 8 * i);
}

static int command_block(line_t *line) {
  static const char letters[16] = "HSEWWWQXPPPFHSEW";
  uint8_t data[16] = {0x7F, 0, 0, 1};
  data[1] = (uint8_t)letters[next(line) & 15u];
  data[2] = next(line);
  put32(data + 4, place(line));
  put32(data + 8, place(line));
  make_block(line, 0, data, sizeof data, 128);
  line->number = 1;
  return 0;
}

static int file_block(line_t *line) {
  char data[128];
  int length = next(line) % 40;
  int used = snprintf(data, sizeof data, "%.*s%s%c%u", length, "a-name-that-is-rather-long-for-a-file-00",
                      length % 2 != 0 ? ".imgu" : "", 0, (unsigned)place(line));
  make_block(line, 0, (const uint8_t *)data, (size_t)used, 128);
  line->number = 1;
  return 0;
}

static int data_block(line_t *line) {
  static const uint8_t head[20] = {'I', 'M', 'G', 'B', 1, 1, 64, 0, 0, 0x20};
  uint8_t data[1024];
  uint8_t how = next(line);
  size_t length = (how & 1u) != 0 ? 1024 : 128, i;
  for (i = 0; i < length; i++) data[i] = (uint8_t)(how + i * 7u);
  if ((how & 2u) != 0) memcpy(data, head, sizeof head);
  if ((how & 4u) != 0) memset(data, 0xFF, length);
  make_block(line, (how & 0xF0u) == 0xF0u ? next(line) : line->number, data, length, length);
  if ((how & 0xF0u) != 0xF0u && (how & 0xF0u) != 0xE0u) line->number++; /* now and then one again */
  return 0;
}

static int get(void *ctx, uint32_t timeout_ms) {
  line_t *line = ctx;
  (void)timeout_ms;
  if (++line->gets > GETS_MAX) return -1000;
  while (line->block_at == line->block_end) {
    if (line->at >= line->length) return IMGB_LOADER_QUIET;
    switch (next(line) % PIECES) {
      case RAW:
        return next(line);
      case QUIET_LINE:
        return IMGB_LOADER_QUIET;
      case COMMAND_BLOCK:
        command_block(line);
        break;
      case FILE_BLOCK:
        file_block(line);
        break;
      case DATA_BLOCK:
        data_block(line);
        break;
      case END_OF_FILE:
        return 4;
      default:
        line->block[0] = line->block[1] = 0x18;
        line->block_at = 0;
        line->block_end = 2;
        break;
    }
  }
  return line->block[line->block_at++];
}

static int put(void *ctx, const uint8_t *bytes, uint32_t length) {
  uint32_t i, sum = 0;
  (void)ctx;
  for (i = 0; i < length; i++) sum += bytes[i]; /* sanitizers look whether they may be read */
  return sum == 0xFFFFFFFFu ? -1000 : 0;
}

static uint8_t around(uint32_t i) {
  return (uint8_t)(i * 31u >> 3);
}

static void check(const uint8_t *cells, nor_chip_t *chip) {
  uint32_t i;
  for (i = 0; i < CHIP_BYTES; i++) {
    if (i >= REGION && i - REGION < REGION_BYTES) continue;
    if (cells[i] != around(i)) abort();
  }
  if (nor_chip_violations(chip) != 0) {
    fputs(nor_chip_log(chip), stderr);
    abort();
  }
}

/* The updater's place: pieces have to be in order from `begin` on, and inside what the host announced. */
typedef struct sink {
  uint32_t at, pieces;
  uint8_t is_begun;
} sink_t;

static int sink_begin(void *ctx) {
  sink_t *s = ctx;
  s->is_begun = 1;
  s->at = 0;
  return 0;
}

/* Now and then refuses, as an updater does. */
static int sink_take(void *ctx, uint32_t offset, const uint8_t *bytes, uint32_t length) {
  sink_t *s = ctx;
  uint32_t i, sum = 0;
  if (s->is_begun == 0 || length == 0 || length > 1024u || offset + length < offset) abort();
  for (i = 0; i < length; i++) sum += bytes[i];
  s->at = offset + length;
  s->pieces++;
  if (sum % 31u == 0) {
    s->is_begun = 0;
    return -42;
  }
  return 0;
}

static uint32_t sink_wanted(void *ctx) {
  const sink_t *s = ctx;
  if (s->is_begun == 0) abort();
  return s->at;
}

static int sink_finish(void *ctx) {
  sink_t *s = ctx;
  if (s->is_begun == 0) abort(); /* twice, or after a refusal */
  s->is_begun = 0;
  return s->at % 2u == 0 ? 0 : -53;
}

static uint32_t pieces; /* that got as far as the sink */

static uint32_t operations; /* of the chip: a fuzzer that never gets as far as the flash finds nothing */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
  static const imgb_nor_chip_t description = IMGB_NOR_SPI(0xEF4017, CHIP_BYTES);
  static nor_chip_t *chip;
  static nor_bus_t *bus;
  uint32_t zero[16] = {0}, i;
  imgb_loader_t loader = {0};
  sink_t sink_state = {0};
  imgb_loader_sink_t sink = {sink_begin, sink_take, sink_wanted, sink_finish, NULL};
  line_t line = {0};
  if (chip == NULL) {
    chip = nor_chip_new("w25q64", CHIP_BYTES, 1);
    bus = nor_bus_new(chip, zero, 0);
    bus->nor.chip = description;
  }
  for (i = 0; i < CHIP_BYTES; i++) nor_chip_cells(chip)[i] = around(i);
  line.data = data;
  line.length = length;
  sink.ctx = &sink_state;
  if (length % 4 != 0) loader.sink = &sink;
  loader.nor = length % 8 == 1 ? NULL : &bus->nor; /* packages alone */
  loader.get = get;
  loader.put = put;
  loader.ctx = &line;
  loader.board = "fuzz";
  loader.pack_id = length % 3 == 0 ? 7 : 0;
  loader.region_offset = loader.nor == NULL ? 0 : REGION;
  loader.region_bytes = loader.nor == NULL ? 0 : REGION_TOLD;
  loader.idle_ms = 30000;
  while (imgb_loader_run(&loader) == IMGB_OK) {
  }
  check(nor_chip_cells(chip), chip);
  operations = nor_chip_operations(chip);
  pieces += sink_state.pieces;
  return 0;
}

#ifdef FUZZ_REPLAY
static uint32_t state;

static uint32_t random_below(uint32_t n) {
  state = state * 1664525u + 1013904223u; /* Numerical Recipes */
  return (uint32_t)(((uint64_t)state * n) >> 32);
}

int main(int argc, char **argv) {
  uint32_t count = (uint32_t)strtoul(argv[1], NULL, 0), n, i;
  uint8_t data[256];
  (void)argc;
  state = (uint32_t)strtoul(argv[2], NULL, 0);
  for (n = 0; n < count; n++) {
    uint32_t length = 4u + random_below(sizeof data - 4u);
    /* half of them a transfer that begins as it should, so that blocks are written */
    for (i = 0; i < length; i++) data[i] = (uint8_t)random_below(256);
    if (random_below(2) == 0) {
      data[0] = COMMAND_BLOCK;
      data[1] = random_below(2) == 0 ? 3 : 8; /* W or P */
      data[3] = data[5] = 0;
      for (i = 7; i < length; i += 2) data[i] = DATA_BLOCK;
    }
    LLVMFuzzerTestOneInput(data, length);
  }
  printf("%u operations %u pieces\n", (unsigned)operations, (unsigned)pieces);
  return 0;
}
#endif
