/* fake_stm32h750.c - RCC, GPIOF, GPIOG and QUADSPI of an STM32H750 with a strict flash chip on the pins of
 * the Daisy Seed.  SPDX-License-Identifier: MIT
 *
 * RM0433: registers of RCC, GPIO and QUADSPI.  One data line only.  A command starts with the last of
 * instruction, address, data that it has to be told ("QUADSPI indirect mode"); flags come a few looks late.
 */
#include "fake_registers.h"

enum { RCC = 0x58024400, GPIOF = 0x58021400, GPIOG = 0x58021800, QSPI = 0x52005000 };
enum { LOOKS = 3 };
enum { COMPLETE = 0x02, FIFO = 0x04, BUSY = 0x20, ABORT = 0x02 };

static struct {
  nor_chip_t *chip;
  uint32_t ahb4enr, ahb3enr, ahb3rstr, d1ccipr, f_moder, f_speed, f_low, f_high, g_moder, g_speed, g_low;
  uint32_t cr, dcr, dlr, ccr, ar, left;
  unsigned looks;
  uint8_t is_running, is_complete, is_broken, is_aborting, has_room;
} s;

void fake_power_up(nor_chip_t *chip) {
  static const uint8_t zero[sizeof s];
  unsigned i;
  for (i = 0; i < sizeof s; i++) ((uint8_t *)&s)[i] = zero[i];
  s.chip = chip;
  s.f_moder = s.g_moder = 0xFFFFFFFF;
  s.d1ccipr = 0x30;
  fake_clear_log();
}

void fake_break(int what) {
  s.is_broken = (uint8_t)what;
}

static int mode(void) {
  return (int)(s.ccr >> 26 & 3);
}

static void check_setup(void) {
  if ((s.cr & 1) == 0) fake_complain("QUADSPI is not enabled");
  if ((s.f_moder >> 12 & 0x3FF) != 0x2AA || (s.g_moder >> 12 & 3) != 2)
    fake_complain("no alternate function");
  if (s.f_low >> 24 != 0x99 || (s.f_high & 0xFFF) != 0x9AA || (s.g_low >> 24 & 0xF) != 0xA) {
    fake_complain("not the function of QUADSPI");
  }
  if ((s.f_speed >> 20 & 3) == 0) fake_complain("CLK is slow");
  if ((s.d1ccipr & 0x30) != 0) fake_complain("another clock than the bus clock");
  if ((uint32_t)2 << (s.dcr >> 16 & 31) != nor_chip_size(s.chip)) fake_complain("FSIZE is not the chip's");
  if ((s.ccr >> 8 & 3) != 1 || (s.ccr >> 10 & 3) > 1 || (s.ccr >> 24 & 3) > 1 || (s.ccr >> 14 & 3) != 0) {
    fake_complain("not on one line");
  }
}

static void send_head(uint32_t address) {
  uint32_t n;
  nor_chip_select(s.chip, 1);
  (void)nor_chip_exchange(s.chip, (uint8_t)s.ccr);
  if ((s.ccr >> 10 & 3) != 0) {
    for (n = (s.ccr >> 12 & 3) + 1; n > 0; n--) nor_chip_exchange(s.chip, (uint8_t)(address >> 8 * (n - 1)));
  }
  for (n = (s.ccr >> 18 & 31) / 8; n > 0; n--) nor_chip_exchange(s.chip, 0);
}

static void end(void) {
  nor_chip_select(s.chip, 0);
  s.is_running = 0;
  s.is_complete = 1;
  s.looks = 0;
}

static void start(void) {
  check_setup();
  s.left = (s.ccr >> 24 & 3) != 0 ? s.dlr + 1 : 0;
  s.is_running = 1;
  send_head(s.ar);
  if (s.left == 0) end();
}

static uint32_t status(void) {
  uint32_t value = 0;
  if (s.is_broken) return BUSY;
  s.looks++;
  if (mode() == 3) return BUSY; /* the window prefetches */
  if (s.is_running && (s.looks & 1) == 0) value |= FIFO;
  if (!s.is_running && (s.ccr >> 24 & 3) != 0 && mode() == 0 && !s.is_complete) value |= FIFO;
  if ((value & FIFO) != 0) s.has_room = 1;
  if (s.is_complete && s.looks >= LOOKS) value |= COMPLETE;
  if (s.is_running || (s.is_complete && s.looks < LOOKS + 2)) value |= BUSY;
  return value;
}

/* Looks at the memory as a debugger does at 0x90000000. */
int fake_window_read(uint32_t offset, uint8_t *data, uint32_t length);
int fake_window_read(uint32_t offset, uint8_t *data, uint32_t length) {
  uint32_t i;
  if (mode() != 3 || (s.ccr & 3 << 24) == 0) return -1;
  check_setup();
  send_head(offset);
  for (i = 0; i < length; i++) data[i] = nor_chip_exchange(s.chip, 0);
  nor_chip_select(s.chip, 0);
  return 0;
}

static uint32_t *plain_register(uint32_t address) {
  switch (address) {
    case RCC + 0x4C:
      return &s.d1ccipr;
    case RCC + 0x7C:
      return &s.ahb3rstr;
    case RCC + 0xD4:
      return &s.ahb3enr;
    case RCC + 0xE0:
      return &s.ahb4enr;
    case GPIOF + 0x00:
      return &s.f_moder;
    case GPIOF + 0x08:
      return &s.f_speed;
    case GPIOF + 0x20:
      return &s.f_low;
    case GPIOF + 0x24:
      return &s.f_high;
    case GPIOG + 0x00:
      return &s.g_moder;
    case GPIOG + 0x08:
      return &s.g_speed;
    case GPIOG + 0x20:
      return &s.g_low;
    case QSPI + 0x04:
      return &s.dcr;
    case QSPI + 0x10:
      return &s.dlr;
    default:
      return 0;
  }
}

static int has_clock(uint32_t address) {
  uint32_t block = address & 0xFFFFFC00;
  if ((block == GPIOF && (s.ahb4enr & 0x20) == 0) || (block == GPIOG && (s.ahb4enr & 0x40) == 0)) {
    fake_complain("a port has no clock");
    return 0;
  }
  if (block == (QSPI & 0xFFFFFC00) && ((s.ahb3enr & 0x4000) == 0 || (s.ahb3rstr & 0x4000) != 0)) {
    fake_complain("QUADSPI has no clock or is held in reset");
    return 0;
  }
  return 1;
}

static void take_room(void) {
  if (!s.has_room) fake_complain("data is moved before the FIFO is ready");
  s.has_room = 0;
}

static uint32_t read_data(unsigned bytes) {
  uint32_t byte;
  if (bytes != 1) fake_complain("more than a byte is taken");
  if (!s.is_running || mode() != 1 || s.left == 0) {
    fake_complain("a byte is taken that is not there");
    return 0;
  }
  take_room();
  byte = nor_chip_exchange(s.chip, 0);
  if (--s.left == 0) end();
  return byte;
}

static void write_data(uint32_t value, unsigned bytes) {
  if (bytes != 1) fake_complain("more than a byte is sent");
  if (mode() != 0 || (s.ccr >> 24 & 3) == 0 || s.is_complete) {
    fake_complain("a byte that no command wants");
    return;
  }
  take_room();
  if (!s.is_running) start();
  (void)nor_chip_exchange(s.chip, (uint8_t)value);
  if (--s.left == 0) end();
}

uint32_t fake_read(uint32_t address, unsigned bytes) {
  uint32_t *known = plain_register(address);
  if (!has_clock(address)) return 0;
  if (address == QSPI + 0x20) return read_data(bytes);
  if (bytes != 4) fake_complain("an access of a byte");
  if (known != 0) return *known;
  if (address == QSPI + 0x08) return status();
  if (address == QSPI + 0x00) {
    if (s.is_aborting && --s.is_aborting == 0) s.cr &= ~(uint32_t)ABORT;
    return s.cr;
  }
  fake_complain("a register that is not there is read");
  return 0;
}

static void write_control(uint32_t value) {
  s.cr = value;
  if ((value & ABORT) == 0) return;
  s.is_aborting = LOOKS;
  s.ccr = 0;
}

static void write_command(uint32_t value) {
  if (s.is_complete) fake_complain("the flags of the command before are not cleared");
  s.ccr = value;
  if (mode() < 2 && (value >> 10 & 3) == 0 && (mode() == 1 || (value >> 24 & 3) == 0)) start();
}

void fake_write(uint32_t address, uint32_t value, unsigned bytes) {
  uint32_t *known = plain_register(address);
  uint8_t is_setting = address == QSPI + 0x10 || address == QSPI + 0x14 || address == QSPI + 0x18;
  if (!has_clock(address)) return;
  if (is_setting && (s.is_running || mode() == 3 || s.is_aborting)) fake_complain("set up while busy");
  if (address == QSPI + 0x20) {
    write_data(value, bytes);
    return;
  }
  if (bytes != 4) fake_complain("an access of a byte");
  if (known != 0) {
    *known = value;
  } else if (address == QSPI + 0x00) {
    write_control(value);
  } else if (address == QSPI + 0x0C) {
    s.is_complete = 0;
  } else if (address == QSPI + 0x14) {
    write_command(value);
  } else if (address == QSPI + 0x18) {
    s.ar = value;
    if ((s.ccr >> 10 & 3) == 0) fake_complain("an address that no command wants");
    if (mode() == 1 || (s.ccr >> 24 & 3) == 0) start();
  } else {
    fake_complain("a register that is not there is written");
  }
}
