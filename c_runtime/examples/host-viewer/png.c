/* png.c - writes a PNG file without any library (PNG specification, third edition).  SPDX-License-Identifier:
 * MIT */
#include "png.h"

#define ADLER_MODULUS 65521u /* RFC 1950, section 9 */

/* One byte of a chunk: its CRC-32 covers type and data (PNG, 5.3). */
static void put_byte(png_t *png, uint32_t byte) {
  unsigned bit;
  (void)putc((int)(byte & 0xFFu), png->file);
  png->crc ^= byte & 0xFFu;
  for (bit = 0; bit < 8u; bit++) {
    png->crc = (png->crc >> 1) ^ (0xEDB88320u & (0u - (png->crc & 1u)));
  }
}

static void put_u32(png_t *png, uint32_t value) {
  put_byte(png, value >> 24);
  put_byte(png, value >> 16);
  put_byte(png, value >> 8);
  put_byte(png, value);
}

/* One byte of the picture's data: the Adler-32 of RFC 1950 covers it too. */
static void put_data(png_t *png, uint32_t byte) {
  put_byte(png, byte);
  png->adler_a = (png->adler_a + byte) % ADLER_MODULUS;
  png->adler_b = (png->adler_b + png->adler_a) % ADLER_MODULUS;
}

static void begin_chunk(png_t *png, const char *type, uint32_t length) {
  put_u32(png, length);
  png->crc = 0xFFFFFFFFu;
  for (; *type != '\0'; type++) {
    put_byte(png, (uint32_t)(unsigned char)*type);
  }
}

static void end_chunk(png_t *png) {
  put_u32(png, ~png->crc);
}

void png_begin(png_t *png, FILE *file, uint32_t width_px, uint32_t height_px) {
  static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  static const uint8_t rgb8_plain[5] = {8, 2, 0, 0, 0}; /* depth, colour type, methods */
  const uint32_t block_bytes = 5u + 1u + 3u * width_px; /* header of a stored block, filter type, pixels */
  unsigned i;
  png->file = file;
  png->width_px = width_px;
  png->crc = 0;
  png->adler_a = 1;
  png->adler_b = 0;
  (void)fwrite(signature, 1, sizeof signature, file);
  begin_chunk(png, "IHDR", 13);
  put_u32(png, width_px);
  put_u32(png, height_px);
  for (i = 0; i < sizeof rgb8_plain; i++) {
    put_byte(png, rgb8_plain[i]);
  }
  end_chunk(png);
  begin_chunk(png, "IDAT", 2u + height_px * block_bytes + 4u);
  put_byte(png, 0x78); /* deflate, 32 KiB window */
  put_byte(png, 0x01);
}

void png_row(png_t *png, const uint16_t *rgb565, int is_last) {
  const uint32_t bytes = 1u + 3u * png->width_px;
  uint32_t x;
  put_byte(png, is_last ? 1u : 0u); /* a stored block: length and its complement, low byte first */
  put_byte(png, bytes);
  put_byte(png, bytes >> 8);
  put_byte(png, ~bytes);
  put_byte(png, ~bytes >> 8);
  put_data(png, 0); /* filter type none */
  for (x = 0; x < png->width_px; x++) {
    const uint32_t pixel = rgb565[x];
    put_data(png, ((pixel >> 11) * 255u + 15u) / 31u);
    put_data(png, ((pixel >> 5 & 63u) * 255u + 31u) / 63u);
    put_data(png, ((pixel & 31u) * 255u + 15u) / 31u);
  }
}

int png_end(png_t *png) {
  put_u32(png, png->adler_b << 16 | png->adler_a);
  end_chunk(png);
  begin_chunk(png, "IEND", 0);
  end_chunk(png);
  return ferror(png->file) ? -1 : 0;
}
