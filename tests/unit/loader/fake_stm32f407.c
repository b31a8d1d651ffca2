/* fake_stm32f407.c - RCC, GPIOA and SPI1 of an STM32F407 with a strict flash chip on PA4 to PA7.
 * SPDX-License-Identifier: MIT
 *
 * RM0090: sections 7.3 (RCC), 8.4 (GPIO), 28.3 and 28.5 (SPI).  A byte takes a few looks at the status: first
 * TXE comes back, then RXNE, then BSY goes.
 */
#include "fake_registers.h"

enum { RCC = 0x40023800, GPIOA = 0x40020000, SPI1 = 0x40013000 };
enum { TXE_LOOKS = 2, RXNE_LOOKS = 4, IDLE_LOOKS = 6 };

static struct {
  nor_chip_t *chip;
  uint32_t ahb1enr, apb2enr, apb2rstr, moder, ospeedr, afrl, odr, cr1, cr2;
  unsigned looks;
  uint8_t received, has_received, is_moving, is_selected, is_broken;
} s;

void fake_power_up(nor_chip_t *chip) {
  s.chip = chip;
  s.ahb1enr = 0x00100000;
  s.apb2enr = s.apb2rstr = s.ospeedr = s.afrl = s.odr = s.cr1 = s.cr2 = 0;
  s.moder = 0xA8000000;
  s.has_received = s.is_moving = s.is_selected = s.is_broken = 0;
  fake_clear_log();
}

void fake_break(int what) {
  s.is_broken = (uint8_t)what;
}

static void drive_select(void) {
  uint8_t is_output = (s.moder >> 8 & 3) == 1, is_selected = is_output && (s.odr & 0x10) == 0;
  if (is_selected == s.is_selected) return;
  if (s.is_moving) fake_complain("chip select moves within a byte");
  if (s.has_received) fake_complain("chip select moves before the last byte was taken");
  if (s.cr1 == 0) fake_complain("chip select falls before the controller is set up");
  s.is_selected = is_selected;
  nor_chip_select(s.chip, is_selected);
}

static uint32_t status(void) {
  uint32_t value = 0;
  if (s.is_broken) return 0x80;
  if (s.is_moving) {
    s.looks++;
    if (s.looks >= RXNE_LOOKS && s.looks - 1 < RXNE_LOOKS) s.has_received = 1;
    if (s.looks >= IDLE_LOOKS) s.is_moving = 0;
  }
  if (!s.is_moving || s.looks >= TXE_LOOKS) value |= 0x02;
  if (s.has_received) value |= 0x01;
  if (s.is_moving) value |= 0x80;
  return value;
}

static void send(uint32_t byte) {
  if ((s.cr1 & 0x0B83) != 0x0300) fake_complain("not mode 0, 8 bits, highest first, selected by software");
  if ((s.cr1 & 0x0044) != 0x0044) fake_complain("SPI1 is no enabled master");
  if (s.cr2 != 0) fake_complain("interrupts or DMA of SPI1 are on");
  if ((s.moder >> 10 & 0x3F) != 0x2A) fake_complain("PA5 to PA7 are no alternate function");
  if (s.afrl >> 20 != 0x555) fake_complain("PA5 to PA7 are not those of SPI1");
  if ((s.ospeedr >> 10 & 3) == 0) fake_complain("SCK is slow");
  if (!s.is_selected) fake_complain("a byte without chip select");
  if (s.is_moving && s.looks < TXE_LOOKS) fake_complain("a byte into a full buffer");
  if (s.has_received) fake_complain("the byte before was not taken");
  s.received = nor_chip_exchange(s.chip, (uint8_t)byte);
  s.is_moving = 1;
  s.looks = 0;
}

static int has_clock(uint32_t address) {
  if ((address & 0xFFFFFC00) == GPIOA && (s.ahb1enr & 1) == 0) {
    fake_complain("GPIOA has no clock");
    return 0;
  }
  if ((address & 0xFFFFFC00) == SPI1 && ((s.apb2enr & 0x1000) == 0 || (s.apb2rstr & 0x1000) != 0)) {
    fake_complain("SPI1 has no clock or is held in reset");
    return 0;
  }
  return 1;
}

static uint32_t *plain_register(uint32_t address) {
  switch (address) {
    case RCC + 0x24:
      return &s.apb2rstr;
    case RCC + 0x30:
      return &s.ahb1enr;
    case RCC + 0x44:
      return &s.apb2enr;
    case GPIOA + 0x00:
      return &s.moder;
    case GPIOA + 0x08:
      return &s.ospeedr;
    case GPIOA + 0x20:
      return &s.afrl;
    case SPI1 + 0x00:
      return &s.cr1;
    case SPI1 + 0x04:
      return &s.cr2;
    default:
      return 0;
  }
}

uint32_t fake_read(uint32_t address, unsigned bytes) {
  uint32_t *known = plain_register(address);
  if (bytes != 4) fake_complain("an access of a byte");
  if (!has_clock(address)) return 0;
  if (known != 0) return *known;
  if (address == SPI1 + 0x08) return status();
  if (address == SPI1 + 0x0C) {
    if (!s.has_received) fake_complain("a byte is taken before it is there");
    s.has_received = 0;
    return s.received;
  }
  fake_complain("a register that is not there is read");
  return 0;
}

void fake_write(uint32_t address, uint32_t value, unsigned bytes) {
  uint32_t *known = plain_register(address);
  if (bytes != 4) fake_complain("an access of a byte");
  if (!has_clock(address)) return;
  if (address == SPI1 + 0x00 && (s.cr1 & 0x40) != 0 && ((s.cr1 ^ value) & 0xFFBF) != 0) {
    fake_complain("SPI1 is set up while it is enabled");
  }
  if (address == GPIOA && (value & 0xFC000000) != 0xA8000000)
    fake_complain("the debugger's pins are changed");
  if (known != 0) {
    *known = value;
    if (s.apb2rstr & 0x1000) s.cr1 = s.cr2 = 0;
  } else if (address == GPIOA + 0x18) {
    s.odr = (s.odr & ~(value >> 16)) | (value & 0xFFFF);
  } else if (address == SPI1 + 0x0C) {
    send(value);
  } else {
    fake_complain("a register that is not there is written");
  }
  drive_select();
}
