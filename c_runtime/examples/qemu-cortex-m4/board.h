/* board.h - the emulated board: QEMU's ast1030-evb, a Cortex-M4 with an SPI NOR flash.
 * SPDX-License-Identifier: MIT
 *
 * Register places are those of the AST1030's FMC (firmware SPI memory controller) and UART5 as QEMU models
 * them (hw/arm/aspeed_ast10x0.c, hw/ssi/aspeed_smc.c of QEMU 7.2); core registers are from the ARMv7-M
 * manual.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Bytes of the flash chip (w25q64) and where the FMC maps its first one. */
#define BOARD_FLASH_BYTES (8u * 1024u * 1024u)
#define BOARD_FLASH_WINDOW 0x80000000u

void board_init(void);

/* Text on the serial port. */
void put_char(char c);
void put_text(const char *text);
void put_decimal(uint32_t value);
void put_hex(uint32_t value, unsigned digits); /* 1..8 digits, lowest first cut */

/* The chip's JEDEC identification (command 9Fh): manufacturer, type, capacity from the highest byte down. */
uint32_t nor_read_id(void);

/* Reads by SPI command 03h (3-byte address).  offset + length must lie on the chip: the caller checks. */
void nor_read(uint32_t offset, uint8_t *buffer, uint32_t length);

/* The same bytes through the mapped window. */
const void *nor_window(uint32_t offset);

/* Instructions executed between start and stop.  True under QEMU's -icount shift=3 only; it counts 8 ns for
 * each. */
void count_start(void);
uint32_t count_stop(void);

/* Prints "RC=code" and ends the emulation in order (QEMU runs with -no-reboot).  Does not return. */
void board_finish(int code);

#endif
