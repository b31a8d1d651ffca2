/* report.h - what the example says on the serial port.  SPDX-License-Identifier: MIT */
#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>

#include "board.h"

void put_number(const char *name, uint32_t value); /* "name: value" and a new line */

/* Decimal digits of value into text (10 at most, no 0 behind them); how many they are. */
uint32_t text_of_number(char *text, uint32_t value);

/* "FRAME label width height crc32", a line of hexadecimal 5:6:5 values for each row, "END": what
 * ../qemu-cortex-m4/frame_to_png.py reads. */
void put_frame(const char *label, const uint16_t *pixels, uint32_t width, uint32_t height);

#endif
