/* selftest.c - see selftest.h.  SPDX-License-Identifier: MIT */
#include "selftest.h"

#define PATTERN_BYTES 256u

typedef struct printer {
  selftest_put_t put;
  void *ctx;
} printer_t;

static void put_text(const printer_t *p, const char *text) {
  while (*text != '\0') p->put(p->ctx, *text++);
}

static void put_hex(const printer_t *p, uint32_t value, uint8_t digits) {
  while (digits-- > 0) p->put(p->ctx, "0123456789ABCDEF"[(value >> (4u * digits)) & 15u]);
}

static void put_decimal(const printer_t *p, uint32_t value) {
  char digits[11];
  uint8_t at = 10;
  digits[at] = '\0';
  do {
    digits[--at] = (char)('0' + (char)(value % 10u));
    value /= 10u;
  } while (value != 0);
  put_text(p, digits + at);
}

static void put_line(const printer_t *p, const char *label, uint32_t value, uint8_t digits,
                     const char *unit) {
  put_text(p, label);
  if (digits != 0)
    put_hex(p, value, digits);
  else
    put_decimal(p, value);
  put_text(p, unit);
  p->put(p->ctx, '\n');
}

static int verdict(const printer_t *p, int what, const char *text) {
  put_text(p, what == SELFTEST_GOOD ? "PASS: " : "FAIL: ");
  put_text(p, text);
  p->put(p->ctx, '\n');
  return what;
}

static int say(const printer_t *p, int what) {
  switch (what) {
    case SELFTEST_GOOD:
      return verdict(p, what, "the chip answers, takes data and gives it back");
    case SELFTEST_BUS_FAILS:
      return verdict(p, what, "the transfer function reports an error: look at the SPI peripheral's set-up");
    case SELFTEST_LINE_LOW:
      return verdict(p, what,
                     "only zeros come back: MISO is stuck low or not connected, or the chip has no power");
    case SELFTEST_LINE_HIGH:
      return verdict(
          p, what,
          "only ones come back: no chip selected (CS pin?), MISO not connected, or HOLD#/RESET# low");
    case SELFTEST_INVERTED:
      return verdict(
          p, what, "bits come back inverted: an inverting level shifter, or inversion set in the peripheral");
    case SELFTEST_SHIFTED:
      return verdict(
          p, what,
          "bits come back shifted by one clock: use SPI mode 0 or 3, sample later, or lower the clock");
    case SELFTEST_REVERSED:
      return verdict(p, what, "bits come back in reverse order: set the peripheral to highest bit first");
    case SELFTEST_DUMMY_BYTES:
      return verdict(p, what,
                     "data comes shifted by whole bytes: wrong number of dummy bytes for this read command");
    case SELFTEST_WRONG_CHIP:
      return verdict(p, what,
                     "another chip than expected: correct the description, or look at the part's marking");
    case SELFTEST_BUSY:
      return verdict(p, what, "the chip stays busy: power dips while it writes, or it is damaged");
    case SELFTEST_PROTECTED:
      return verdict(
          p, what, "write protected: WP# low, protection bits set, or write enable does not reach the chip");
    case SELFTEST_DESCRIPTION:
      return verdict(p, what, "the description does not fit the chip: size, or the region lies outside");
    case SELFTEST_NO_ROOM:
      return verdict(p, what, "no erased sector in the region: nothing was written");
    case SELFTEST_NOT_WRITTEN:
      return verdict(p, what,
                     "the pattern reads back as something else: wrong program command, or a noisy supply");
    default:
      return verdict(p, what, "the sector does not erase: wrong erase command, or a worn sector");
  }
}

/* What the driver's codes mean here. */
static int of_code(int code) {
  switch (code) {
    case IMGB_NOR_ERR_GUARD:
      return SELFTEST_DESCRIPTION;
    case IMGB_NOR_ERR_ALIGN:
      return SELFTEST_DESCRIPTION;
    case IMGB_NOR_ERR_NO_CHIP:
      return SELFTEST_LINE_HIGH;
    case IMGB_NOR_ERR_WRONG_CHIP:
      return SELFTEST_WRONG_CHIP;
    case IMGB_NOR_ERR_BUSY:
      return SELFTEST_BUSY;
    case IMGB_NOR_ERR_PROTECTED:
      return SELFTEST_PROTECTED;
    case IMGB_NOR_ERR_VERIFY:
      return SELFTEST_NOT_WRITTEN;
    case IMGB_NOR_ERR_ERASE:
      return SELFTEST_NOT_ERASED;
    default:
      return SELFTEST_BUS_FAILS;
  }
}

static uint8_t reverse(uint8_t byte) {
  uint8_t i, out = 0;
  for (i = 0; i < 8; i++) out = (uint8_t)((uint32_t)out << 1 | ((uint32_t)byte >> i & 1u));
  return out;
}

/* Which disturbance makes `found` out of `wanted`?  Borders that the disturbance fills are not compared. */
static int relation(const uint8_t *wanted, const uint8_t *found, uint32_t length) {
  static const int verdicts[7] = {SELFTEST_LINE_LOW,   SELFTEST_LINE_HIGH, SELFTEST_INVERTED,
                                  SELFTEST_REVERSED,   SELFTEST_SHIFTED,   SELFTEST_SHIFTED,
                                  SELFTEST_DUMMY_BYTES};
  uint8_t fits = 0x7F, early = 1, kind;
  uint32_t i;
  for (i = 0; i < length; i++) {
    uint8_t w = wanted[i], before = i > 0 ? wanted[i - 1u] : 0, after = i + 1u < length ? wanted[i + 1u] : 0;
    uint8_t first = i == 0 ? 0x7F : 0xFF, last = i + 1u == length ? 0xFE : 0xFF;
    if (found[i] != 0) fits &= (uint8_t)~1u;
    if (found[i] != 0xFF) fits &= (uint8_t)~2u;
    if ((found[i] ^ w) != 0xFF) fits &= (uint8_t)~4u;
    if (found[i] != reverse(w)) fits &= (uint8_t)~8u;
    if (((found[i] ^ (w >> 1 | before << 7)) & first) != 0) fits &= (uint8_t)~16u;
    if (((found[i] ^ (w << 1 | after >> 7)) & last) != 0) fits &= (uint8_t)~32u;
    if (i > 0 && found[i] != before) fits &= (uint8_t)~64u;
    if (i + 1u < length && found[i] != after) early = 0;
  }
  if (length > 4u && early != 0) return SELFTEST_DUMMY_BYTES;
  if (length <= 4u) fits &= (uint8_t)~64u; /* too short to tell */
  for (kind = 0; kind < 7; kind++) {
    if (((uint32_t)fits >> kind & 1u) != 0) return verdicts[kind];
  }
  return SELFTEST_GOOD; /* no relation */
}

static int check_id(imgb_nor_t *nor, const printer_t *p, uint32_t region_offset, uint32_t region_bytes) {
  uint8_t wanted[3], found[3], i;
  int r = imgb_nor_look(nor), what;
  if (r != IMGB_OK) return SELFTEST_BUS_FAILS;
  for (i = 0; i < 3; i++) {
    wanted[i] = (uint8_t)(nor->chip.jedec_id >> (16u - 8u * i));
    found[i] = (uint8_t)(nor->jedec_id >> (16u - 8u * i));
  }
  what = relation(wanted, found, 3);
  if (what == SELFTEST_LINE_HIGH) { /* asleep, busy, or nobody there */
    r = imgb_nor_start(nor, region_offset, region_bytes);
  }
  put_line(p, "JEDEC id ", nor->jedec_id, 6, "");
  put_line(p, "expected ", nor->chip.jedec_id, 6, "");
  put_line(p, "status ", nor->status, 2, "");
  if (what != SELFTEST_GOOD && what != SELFTEST_LINE_HIGH) return what;
  if (what == SELFTEST_GOOD) r = imgb_nor_start(nor, region_offset, region_bytes);
  return r == IMGB_OK ? SELFTEST_GOOD : of_code(r);
}

/* The chip's own table, where it has one. */
static int check_table(const imgb_nor_t *nor, const printer_t *p) {
  imgb_nor_t probe = *nor;
  uint8_t i;
  int r = imgb_nor_sfdp(&probe);
  if (r == IMGB_NOR_ERR_SFDP) {
    put_text(p, "SFDP: none. Old parts and SST25 have none; else look at the dummy byte behind 5Ah\n");
    return SELFTEST_GOOD;
  }
  if (r != IMGB_OK) return SELFTEST_BUS_FAILS;
  put_line(p, "SFDP: size ", probe.chip.size, 0, " bytes");
  put_line(p, "SFDP: page ", probe.chip.page_bytes, 0, " bytes");
  for (i = 0; i < 4; i++) {
    if (probe.chip.erase_bytes[i] == 0) continue;
    put_text(p, "SFDP: erase command ");
    put_hex(p, probe.chip.erase[i] & 0xFFu, 2);
    put_line(p, ", ", probe.chip.erase_bytes[i], 0, " bytes");
    if (probe.erase_times != 0) {
      put_line(p, "SFDP:   takes ", IMGB_NOR_ERASE_US(&probe, i), 0, " us");
    }
  }
  return probe.chip.size >= nor->chip.size ? SELFTEST_GOOD : SELFTEST_DESCRIPTION;
}

static uint8_t pattern(uint32_t i) {
  if (i < 8u) return (uint8_t)(1u << i);               /* each line alone high */
  if (i < 16u) return (uint8_t) ~(1u << (i - 8u));     /* each line alone low */
  return (uint8_t)(i * 167u + (i >> 4) * 13u + 0x35u); /* no period */
}

static int check_sector(imgb_nor_t *nor, const printer_t *p, uint32_t address, uint32_t bytes) {
  uint8_t wanted[PATTERN_BYTES], found[PATTERN_BYTES];
  uint32_t i;
  int r, what = SELFTEST_GOOD;
  put_line(p, "scratch sector at 0x", address, 8, "");
  for (i = 0; i < PATTERN_BYTES; i++) wanted[i] = pattern(i);
  r = imgb_nor_program(nor, address, wanted, PATTERN_BYTES);
  if (r != IMGB_OK) what = of_code(r);
  if (r == IMGB_NOR_ERR_VERIFY && imgb_nor_read(nor, address, found, PATTERN_BYTES) == IMGB_OK) {
    int why = relation(wanted, found, PATTERN_BYTES);
    put_line(p, "differs first at 0x", nor->failed_at, 8, "");
    if (why == SELFTEST_LINE_HIGH)
      what = SELFTEST_NOT_WRITTEN; /* blank as before */
    else if (why != SELFTEST_GOOD)
      what = why;
  }
  r = imgb_nor_erase(nor, address, bytes);
  return what == SELFTEST_GOOD && r != IMGB_OK ? of_code(r) : what;
}

int selftest_run(imgb_nor_t *nor, uint32_t region_offset, uint32_t region_bytes, selftest_put_t put,
                 void *ctx) {
  printer_t printer;
  const uint32_t sector = nor->chip.erase_bytes[0];
  uint32_t left;
  int what;
  printer.put = put;
  printer.ctx = ctx;
  what = check_id(nor, &printer, region_offset, region_bytes);
  if (what == SELFTEST_GOOD) what = check_table(nor, &printer);
  if (what != SELFTEST_GOOD) return say(&printer, what);
  what = SELFTEST_NO_ROOM;
  for (left = region_bytes / sector; left > 0 && what == SELFTEST_NO_ROOM; left--) {
    uint32_t address = region_offset + (left - 1u) * sector;
    int r = imgb_nor_verify(nor, address, NULL, sector);
    if (r == IMGB_OK)
      what = check_sector(nor, &printer, address, sector);
    else if (r != IMGB_NOR_ERR_ERASE)
      what = of_code(r);
  }
  return say(&printer, what);
}
