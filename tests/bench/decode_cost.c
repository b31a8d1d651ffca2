/* decode_cost.c - counts the instructions that each strip of a pack takes.  SPDX-License-Identifier: MIT
 *
 * Runs on the board of examples/qemu-cortex-m4.  For each bitmap of the pack that begins at the flash's first
 * byte it prints "name pixels instructions crc32": the stored bytes are in RAM when the counting starts; the
 * CRC is that of the decoded bytes.  Afterwards "state n": bytes that codec range keeps on the stack besides
 * its variables.
 */
#include "board.h"
#include "imgb_range_pixels.h"

#define STRIP_BYTES 32768u

static uint8_t stored[STRIP_BYTES], decoded[STRIP_BYTES];

/* As in a C library that is made for speed: whole words where both sides allow it.  The attribute keeps the
 * compiler from turning a loop into a call of the function that it is in. */
#define PLAIN __attribute__((optimize("no-tree-loop-distribute-patterns")))

PLAIN void *memset(void *to, int value, size_t length) {
  uint8_t *at = (uint8_t *)to;
  for (; length != 0 && ((uintptr_t)at & 3u) != 0; length--) *at++ = (uint8_t)value;
  for (; length >= 4u; length -= 4u, at += 4) *(uint32_t *)(void *)at = (uint8_t)value * 0x01010101u;
  for (; length != 0; length--) *at++ = (uint8_t)value;
  return to;
}

PLAIN void *memmove(void *to, const void *from, size_t length) {
  uint8_t *at = (uint8_t *)to;
  const uint8_t *in = (const uint8_t *)from;
  if ((uintptr_t)at > (uintptr_t)in) {
    while (length-- != 0) at[length] = in[length];
    return to;
  }
  if ((((uintptr_t)at ^ (uintptr_t)in) & 3u) == 0) {
    for (; length != 0 && ((uintptr_t)at & 3u) != 0; length--) *at++ = *in++;
    for (; length >= 4u; length -= 4u, at += 4, in += 4)
      *(uint32_t *)(void *)at = *(const uint32_t *)(const void *)in;
  }
  for (; length != 0; length--) *at++ = *in++;
  return to;
}

void *memcpy(void *to, const void *from, size_t length) {
  return memmove(to, from, length);
}

PLAIN int memcmp(const void *one, const void *other, size_t length) {
  const uint8_t *a = (const uint8_t *)one, *b = (const uint8_t *)other;
  for (; length != 0; length--, a++, b++) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}

static int read_window(void *context, uint32_t offset, void *buffer, uint32_t length) {
  const uint8_t *from = (const uint8_t *)nor_window(offset);
  uint8_t *to = (uint8_t *)buffer;
  (void)context;
  while (length-- != 0) *to++ = *from++;
  return IMGB_OK;
}

static void put_number(uint32_t value) {
  put_char(' ');
  put_decimal(value);
}

static int measure(const imgb_asset_t *asset) {
  char name[64];
  imgb_bitmap_t bitmap;
  imgb_strip_t strip;
  uint32_t instructions;
  int r = imgb_name(asset, name, sizeof name);
  if (r == IMGB_OK) r = imgb_bitmap_open(asset, &bitmap);
  if (r == IMGB_OK) r = imgb_bitmap_strip(&bitmap, 0, &strip);
  if (r == IMGB_OK && (strip.decoded_bytes > STRIP_BYTES || bitmap.strip_count != 1u)) r = IMGB_ERR_BUFFER;
  if (r == IMGB_OK) r = imgb_read(asset, strip.offset, stored, strip.stored_bytes);
  if (r != IMGB_OK) return r;
  count_start();
  r = imgb_strip_decode(&bitmap, &strip, stored, decoded, sizeof decoded);
  instructions = count_stop();
  if (r != IMGB_OK) return r;
  put_text(name);
  put_number((uint32_t)bitmap.width * bitmap.height);
  put_number(instructions);
  put_number(imgb_priv_crc32(0, decoded, strip.decoded_bytes));
  put_char('\n');
  return IMGB_OK;
}

int main(void) {
  const imgb_io_t io = {read_window, NULL, NULL, BOARD_FLASH_BYTES, 1};
  imgb_pack_t pack;
  uint32_t i;
  int r = imgb_open(&pack, &io, 0);
  for (i = 0; r == IMGB_OK && i < pack.assets; i++) {
    imgb_asset_t asset;
    r = imgb_at(&pack, i, &asset);
    if (r == IMGB_OK) r = measure(&asset);
  }
  put_text("state");
  put_number(sizeof(imgb_range_t));
  put_number(sizeof(imgb_range_plane_t));
  put_char('\n');
  return r == IMGB_OK ? 0 : 1;
}
