/* report.c - see report.h.  SPDX-License-Identifier: MIT */
#include "report.h"

void put_number(const char *name, uint32_t value) {
  put_text(name);
  put_text(": ");
  put_decimal(value);
  put_char('\n');
}

uint32_t text_of_number(char *text, uint32_t value) {
  char reversed[10];
  uint32_t i, count = 0;
  do {
    reversed[count++] = (char)('0' + (char)(value % 10u));
    value /= 10u;
  } while (value != 0);
  for (i = 0; i < count; i++) text[i] = reversed[count - 1u - i];
  return count;
}

/* CRC-32 as in the pack (FORMAT.md, section 2), over pixels with the low byte first. */
static uint32_t crc32_of(const uint16_t *pixels, uint32_t count) {
  uint32_t i, crc = 0xFFFFFFFFu;
  unsigned bit;
  for (i = 0; i < count; i++) {
    crc ^= pixels[i];
    for (bit = 0; bit < 16u; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

void put_frame(const char *label, const uint16_t *pixels, uint32_t width, uint32_t height) {
  uint32_t i;
  put_text("FRAME ");
  put_text(label);
  put_char(' ');
  put_decimal(width);
  put_char(' ');
  put_decimal(height);
  put_char(' ');
  put_hex(crc32_of(pixels, width * height), 8);
  for (i = 0; i < width * height; i++) {
    if (i % width == 0u) put_char('\n');
    put_hex(pixels[i], 4);
  }
  put_text("\nEND\n");
}
