/* port_serial.c - bytes for imgb_loader over UART5 of QEMU's ast1030-evb, and flash reads through its window.
 * SPDX-License-Identifier: MIT */
#include "port_serial.h"

#include "board.h"
#include "port_ast1030.h"

#define REG32(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* UART5, as in board.c. */
#define UART_RBR REG32(0x7E784000u)
#define UART_FCR REG32(0x7E784008u)
#define UART_LSR REG32(0x7E784014u)
#define UART_FCR_ENABLE_14 0xC1u /* FIFO, trigger at 14 bytes: QEMU then passes on as many at once */
#define UART_LSR_DATA_READY 0x01u

/* SysTick (ARMv7-M B3.3) counts the 200 MHz clock down, 24 bits. */
#define SYST_CSR REG32(0xE000E010u)
#define SYST_RVR REG32(0xE000E014u)
#define SYST_CVR REG32(0xE000E018u)
#define SYST_ENABLE_CPUCLOCK 0x5u
#define SYST_MASK 0xFFFFFFu
#define TICKS_PER_MS 200000u

#define READ_COMMAND 0x03u

int port_get(void *ctx, uint32_t timeout_ms) {
  uint32_t now, before = SYST_CVR, ticks = 0;
  (void)ctx;
  for (;;) {
    if ((UART_LSR & UART_LSR_DATA_READY) != 0u) return (int)(UART_RBR & 0xFFu);
    now = SYST_CVR;
    ticks += (before - now) & SYST_MASK;
    before = now;
    for (; ticks >= TICKS_PER_MS; ticks -= TICKS_PER_MS) {
      if (timeout_ms-- == 0u) return IMGB_LOADER_QUIET;
    }
  }
}

int port_put(void *ctx, const uint8_t *bytes, uint32_t length) {
  (void)ctx;
  while (length-- != 0u) put_char((char)*bytes++);
  return 0;
}

/* The controller maps what command 03h reads: a word at a time where both ends allow it. */
int port_mapped_transfer(void *ctx, const imgb_nor_transfer_t *t) {
  const uint8_t *from = nor_window(t->address);
  uint32_t i = 0;
  if (t->command != READ_COMMAND) return port_transfer(ctx, t);
  if ((((uintptr_t)from | (uintptr_t)t->data) & 3u) == 0u) {
    for (; i + 4u <= t->length; i += 4u) {
      *(volatile uint32_t *)(uintptr_t)(t->data + i) = *(const volatile uint32_t *)(uintptr_t)(from + i);
    }
  }
  for (; i < t->length; i++) t->data[i] = ((const volatile uint8_t *)from)[i];
  return 0;
}

void port_serial_start(void) {
  UART_FCR = UART_FCR_ENABLE_14;
  SYST_RVR = SYST_MASK;
  SYST_CVR = 0;
  SYST_CSR = SYST_ENABLE_CPUCLOCK;
}
