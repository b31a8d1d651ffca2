/* png.h - writes a PNG file without any library.  SPDX-License-Identifier: MIT */
#ifndef PNG_H
#define PNG_H

#include <stdint.h>
#include <stdio.h>

/* A PNG being written row by row.  Pixels are stored, not compressed (RFC 1950, RFC 1951 section 3.2.4). */
typedef struct png {
  FILE *file;
  uint32_t width_px, crc, adler_a, adler_b;
} png_t;

/* Starts an 8-bit RGB picture; the file is open for binary writing and stays the caller's.
 * width_px: 1..21844, so that a row fits a stored block. */
void png_begin(png_t *png, FILE *file, uint32_t width_px, uint32_t height_px);

/* One row from the top on, 5:6:5 values; exactly height_px of them must follow png_begin. */
void png_row(png_t *png, const uint16_t *rgb565, int is_last);

/* Ends the picture.  Returns 0, or -1 if any write failed. */
int png_end(png_t *png);

#endif
