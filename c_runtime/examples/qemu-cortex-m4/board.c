/* board.c - start-up, serial port, SPI NOR and instruction counter of QEMU's ast1030-evb.
 * SPDX-License-Identifier: MIT */
#include "board.h"

#include <stddef.h>

#define REG32(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define REG8(address) (*(volatile uint8_t *)(uintptr_t)(address))

/* UART5: a 16550 whose registers stand 4 bytes apart. */
#define UART5 0x7E784000u
#define UART_THR REG32(UART5 + 0x00u)
#define UART_FCR REG32(UART5 + 0x08u)
#define UART_LSR REG32(UART5 + 0x14u)
#define UART_FCR_ENABLE 0x01u
#define UART_LSR_THR_EMPTY 0x20u
#define UART_LSR_ALL_SENT 0x40u

/* FMC, chip select 0. */
#define FMC 0x7E620000u
#define FMC_CONF REG32(FMC + 0x00u)
#define FMC_CONF_WRITE_CE0 (1u << 16) /* stores to the window reach chip 0; without it no command does */
#define FMC_CTRL0 REG32(FMC + 0x10u)
#define CTRL_READ 0x0u /* bits 1:0 = 0: loads from the window become command 03h */
#define CTRL_USER \
  0x3u /* bits 1:0 = 3: bytes stored to and loaded from the window go over the wire as they are */
#define CTRL_USER_CS_HIGH 0x7u /* the same with the chip select released */

/* SPI NOR commands (W25Q64JV data sheet, 8.1.2). */
#define NOR_READ 0x03u
#define NOR_JEDEC_ID 0x9Fu

/* ARMv7-M: SysTick (B3.3) and the application interrupt and reset control register (B3.2.6). */
#define SYST_CSR REG32(0xE000E010u)
#define SYST_RVR REG32(0xE000E014u)
#define SYST_CVR REG32(0xE000E018u)
#define SYST_ENABLE_TICKINT_CPUCLOCK 0x7u
#define SYST_SPAN 0x1000000u /* the counter has 24 bits */
#define AIRCR REG32(0xE000ED0Cu)
#define AIRCR_KEY_SYSRESETREQ 0x05FA0004u
#define CFSR REG32(0xE000ED28u)

/* From link.ld. */
extern uint32_t link_bss_start[], link_bss_end[], link_stack_top[];

int main(void);
void reset(void);

static volatile uint32_t systick_wraps;

void reset(void) {
  for (uint32_t *word = link_bss_start; word < link_bss_end; word++) {
    *word = 0;
  }
  board_init();
  board_finish(main());
}

static void on_fault(void) {
  put_text("FAULT cfsr=");
  put_hex(CFSR, 8);
  put_char('\n');
  board_finish(99);
}

static void on_systick(void) {
  systick_wraps++;
}

/* ARMv7-M B1.5.3: the first word is the stack, then the handlers of exceptions 1 to 15. */
struct vector_table {
  void *stack_top;
  void (*handlers[15])(void);
};
extern const struct vector_table vectors;
__attribute__((section(".vectors"), used))
const struct vector_table vectors = {link_stack_top,
                                     {reset, on_fault, on_fault, on_fault, on_fault, on_fault, NULL, NULL,
                                      NULL, NULL, on_fault, on_fault, NULL, on_fault, on_systick}};

void board_init(void) {
  UART_FCR = UART_FCR_ENABLE;
  FMC_CONF |= FMC_CONF_WRITE_CE0;
}

void put_char(char c) {
  while ((UART_LSR & UART_LSR_THR_EMPTY) == 0u) {
  }
  UART_THR = (uint8_t)c;
}

void put_text(const char *text) {
  while (*text != '\0') {
    put_char(*text++);
  }
}

void put_decimal(uint32_t value) {
  char digits[11];
  unsigned at = sizeof digits - 1u;
  digits[at] = '\0';
  do {
    digits[--at] = (char)('0' + (char)(value % 10u));
    value /= 10u;
  } while (value != 0u);
  put_text(digits + at);
}

void put_hex(uint32_t value, unsigned digits) {
  while (digits-- > 0u) {
    put_char("0123456789abcdef"[(value >> (4u * digits)) & 15u]);
  }
}

/* One command: chip select low, send, receive, chip select high, back to mapped reads. */
static void nor_command(const uint8_t *send, uint32_t send_bytes, uint8_t *receive, uint32_t receive_bytes) {
  FMC_CTRL0 = CTRL_USER_CS_HIGH;
  FMC_CTRL0 = CTRL_USER;
  while (send_bytes-- > 0u) {
    REG8(BOARD_FLASH_WINDOW) = *send++;
  }
  while (receive_bytes-- > 0u) {
    *receive++ = REG8(BOARD_FLASH_WINDOW);
  }
  FMC_CTRL0 = CTRL_USER_CS_HIGH;
  FMC_CTRL0 = CTRL_READ;
}

uint32_t nor_read_id(void) {
  const uint8_t command = NOR_JEDEC_ID;
  uint8_t id[3];
  nor_command(&command, 1u, id, sizeof id);
  return ((uint32_t)id[0] << 16) | ((uint32_t)id[1] << 8) | id[2];
}

void nor_read(uint32_t offset, uint8_t *buffer, uint32_t length) {
  const uint8_t command[4] = {NOR_READ, (uint8_t)(offset >> 16), (uint8_t)(offset >> 8), (uint8_t)offset};
  nor_command(command, sizeof command, buffer, length);
}

const void *nor_window(uint32_t offset) {
  return (const void *)(uintptr_t)(BOARD_FLASH_WINDOW + offset);
}

void count_start(void) {
  systick_wraps = 0;
  SYST_RVR = SYST_SPAN - 1u;
  SYST_CVR = 0;
  SYST_CSR = SYST_ENABLE_TICKINT_CPUCLOCK;
}

/* SysTick runs at 200 MHz (5 ns a tick), an instruction takes 8 ns: 5 instructions are 8 ticks. */
uint32_t count_stop(void) {
  uint32_t value = SYST_CVR;
  uint64_t ticks;
  SYST_CSR = 0;
  ticks = (uint64_t)systick_wraps * SYST_SPAN + (SYST_SPAN - 1u - value);
  return (uint32_t)(ticks * 5u / 8u);
}

/* A reset under -no-reboot ends QEMU in order, after the last byte has left the serial port. */
void board_finish(int code) {
  put_text("RC=");
  put_decimal((uint32_t)code);
  put_char('\n');
  while ((UART_LSR & UART_LSR_ALL_SENT) == 0u) {
  }
  AIRCR = AIRCR_KEY_SYSRESETREQ;
  for (;;) {
  }
}
