/* imgb_priv.h - shared by the files of the reader, not part of the API.  SPDX-License-Identifier: MIT */
#ifndef IMGB_PRIV_H
#define IMGB_PRIV_H

#include "imgb.h"
#include "imgb_config.h"

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__ == 0
/* A free-standing compiler may come without <string.h>, yet it asks for these four itself. */
void *memcpy(void *to, const void *from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);
#else
#include <string.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define IMGB_NOINLINE __attribute__((noinline)) /* where one copy of the code is smaller than several */
#else
#define IMGB_NOINLINE
#endif

#define IMGB_ENTRY_BYTES 32u
#define IMGB_NAME_MAX 63u

static inline uint16_t imgb_priv_le16(const uint8_t *p) {
  return (uint16_t)(p[0] | (unsigned)p[1] << 8);
}

static inline uint32_t imgb_priv_le32(const uint8_t *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The low 16 or 8 bits as two's complement, without an implementation-defined conversion. */
static inline int16_t imgb_priv_s16(uint32_t v) {
  v &= 0xFFFFu;
  return (int16_t)(v < 0x8000u ? (int32_t)v : (int32_t)v - 0x10000L);
}

static inline int8_t imgb_priv_s8(uint32_t v) {
  v &= 0xFFu;
  return (int8_t)(v < 0x80u ? (int)v : (int)v - 0x100);
}

/* Sums of coordinates are made unsigned, where overflow is defined, and come back through this. */
static inline int32_t imgb_priv_wrap(uint32_t v) {
  return v < 0x80000000u ? (int32_t)v : -(int32_t)(0xFFFFFFFFu - v) - 1;
}

/* The one form in which a range is checked: it cannot overflow. */
static inline int imgb_priv_fits(uint32_t offset, uint32_t length, uint32_t total) {
  return offset <= total && length <= total - offset;
}

/* What a pixel is.  RGB: 8 bits each, in whole bytes; FIELDS: fewer; 565, AL: maybe with alpha beside it. */
enum {
  IMGB_PIXELS_NONE,
  IMGB_PIXELS_COVERAGE, /* to 565: drawn in a colour of 5:6:5 */
  IMGB_PIXELS_INK,
  IMGB_PIXELS_565,
  IMGB_PIXELS_GREY,
  IMGB_PIXELS_INDEX,
  IMGB_PIXELS_RGB,
  IMGB_PIXELS_AL,
  IMGB_PIXELS_FIELDS
};

/* Of a pixel format: bits (of a column, in page order) << 8 | what a pixel is; 0: unknown. */
uint32_t imgb_priv_pixels(uint8_t pixel_format);

uint32_t imgb_priv_crc32(uint32_t crc, const void *bytes, uint32_t length); /* start with crc 0 */

/* Turns little-endian words, as read, into numbers in place. */
void imgb_priv_words(uint32_t *words, uint32_t count);

/* Reads the entry at offset of io, as one read; base and name_offset become the entry's own, not yet checked.
 * IMGB_ERR_ENTRY where the check byte differs. */
int imgb_priv_entry(const imgb_io_t *io, uint32_t offset, imgb_asset_t *asset);

/* Reads length bytes at offset of io as one read, widened to read_align; words has room for length + 6. */
int imgb_priv_near(const imgb_io_t *io, uint32_t offset, void *words, uint32_t length);

/* The same within a payload; IMGB_ERR_FORMAT outside it. */
int imgb_priv_payload_near(const imgb_asset_t *asset, uint32_t offset, void *words, uint32_t length);

/* Draws one pixel inside any surface; colour and how as imgb_put_t has them: imgb_draw.c */
void imgb_priv_put(const imgb_surface_t *s, uint32_t x, uint32_t y, uint32_t colour, uint32_t how);

/* Reads words of a payload as numbers; offset is a multiple of 4, as payloads are. */
int imgb_priv_payload_words(const imgb_asset_t *asset, uint32_t offset, uint32_t *words, uint32_t count);

#ifdef __cplusplus
}
#endif
#endif
