/* loader.c - see loader.h.  SPDX-License-Identifier: MIT */
#include "loader.h"

#define PIECE_BYTES 64u

typedef struct out {
  imgb_loader_put_t put;
  void *ctx;
} out_t;

/* --- printing ---------------------------------------------------------------------------------- */

static void say(const out_t *out, const char *text) {
  if (out->put == 0) return;
  for (; *text != 0; text++) out->put(out->ctx, *text);
}

static void say_number(const out_t *out, uint32_t value) {
  char digits[11];
  uint8_t at = 10;
  digits[10] = 0;
  do {
    digits[--at] = (char)('0' + value % 10u);
    value /= 10u;
  } while (value != 0);
  say(out, digits + at);
}

static void say_address(const out_t *out, uint32_t value) {
  char text[11] = "0x00000000";
  uint8_t at;
  for (at = 9; at > 1; at--) {
    text[at] = "0123456789ABCDEF"[value & 15u];
    value >>= 4;
  }
  say(out, text);
}

static void say_chunk(const out_t *out, const imgb_chunks_t *chunks) {
  say(out, "chunk ");
  say_number(out, chunks->number);
  say(out, " of ");
  say_number(out, chunks->count);
}

/* --- what is there ----------------------------------------------------------------------------- */

static uint32_t add_crc32(uint32_t crc, const uint8_t *bytes, uint32_t length) {
  uint8_t bit;
  crc = ~crc;
  for (; length != 0; length--) {
    crc ^= *bytes++;
    for (bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

/* The list covers the image from its first byte to its last, without a gap and in order. */
static int check_list(const imgb_chunks_t *chunks) {
  uint32_t at = 0;
  uint16_t i;
  for (i = 0; i < chunks->count; i++) {
    const imgb_chunk_t *c = &chunks->list[i];
    if (c->offset != at || c->length == 0 || c->length > chunks->image_bytes - at) break;
    at += c->length;
  }
  if (i == 0 || i != chunks->count || at != chunks->image_bytes || chunks->number == 0 ||
      chunks->number > chunks->count) {
    return IMGB_LOADER_ERR_CHUNKS;
  }
  return IMGB_OK;
}

/* Reads one chunk from the flash; adds its bytes to *image_crc and sets *is_there. */
static int compare(imgb_nor_t *nor, const imgb_chunks_t *chunks, uint16_t i, uint32_t *image_crc,
                   uint8_t *is_there) {
  uint8_t piece[PIECE_BYTES];
  uint32_t crc = 0, at = chunks->image_offset + chunks->list[i].offset, left = chunks->list[i].length, n;
  for (; left != 0; left -= n) {
    int r;
    n = left < PIECE_BYTES ? left : PIECE_BYTES;
    r = imgb_nor_read(nor, at, piece, n);
    if (r != IMGB_OK) return r;
    crc = add_crc32(crc, piece, n);
    *image_crc = add_crc32(*image_crc, piece, n);
    at += n;
  }
  *is_there = crc == chunks->list[i].crc32;
  return IMGB_OK;
}

/* Looks at every chunk; out NULL: without naming those that are left. */
static int look(imgb_nor_t *nor, const imgb_chunks_t *chunks, uint16_t *left, uint16_t *first,
                const out_t *out) {
  uint32_t image_crc = 0;
  uint16_t i;
  *left = *first = 0;
  for (i = 0; i < chunks->count; i++) {
    uint8_t is_there = 0;
    int r = compare(nor, chunks, i, &image_crc, &is_there);
    if (r != IMGB_OK) return r;
    if (is_there) continue;
    if (out != 0) {
      say(out, *left == 0 ? "left: " : " ");
      say_number(out, i + 1u);
    }
    if ((*left)++ == 0) *first = (uint16_t)(i + 1u);
  }
  return *left == 0 && image_crc != chunks->image_crc32 ? IMGB_LOADER_ERR_IMAGE : IMGB_OK;
}

int imgb_loader_look(imgb_nor_t *nor, const imgb_chunks_t *chunks, uint16_t *left, uint16_t *first) {
  int r = check_list(chunks);
  if (r != IMGB_OK) return r;
  return look(nor, chunks, left, first, 0);
}

/* --- writing ----------------------------------------------------------------------------------- */

static int write_chunk(imgb_nor_t *nor, const imgb_chunks_t *chunks, const out_t *out) {
  const imgb_chunk_t *mine = &chunks->list[chunks->number - 1u];
  uint32_t at = chunks->image_offset + mine->offset, unused = 0;
  uint8_t is_there = 0;
  int r;
  say_chunk(out, chunks);
  say(out, ": at ");
  say_address(out, at);
  say(out, ", ");
  say_number(out, mine->length);
  say(out, " bytes\n");
  if (add_crc32(0, chunks->data, mine->length) != mine->crc32) return IMGB_LOADER_ERR_DATA;
  r = compare(nor, chunks, (uint16_t)(chunks->number - 1u), &unused, &is_there);
  if (r != IMGB_OK) return r;
  if (is_there) {
    say(out, "it is on the flash already\n");
    return IMGB_OK;
  }
  say(out, "erasing, writing, verifying\n");
  r = imgb_nor_erase(nor, at, mine->length);
  if (r == IMGB_OK) r = imgb_nor_program(nor, at, chunks->data, mine->length);
  if (r != IMGB_OK) return r;
  say_chunk(out, chunks);
  say(out, " is on the flash\n");
  return IMGB_OK;
}

static const char *explain(int r) {
  switch (r) {
    case IMGB_NOR_ERR_GUARD:
      return "the image does not lie on this chip";
    case IMGB_NOR_ERR_NO_CHIP:
      return "no chip answers: look at power, chip select and the data line";
    case IMGB_NOR_ERR_WRONG_CHIP:
      return "another chip than the image was made for";
    case IMGB_NOR_ERR_BUSY:
      return "the chip stays busy";
    case IMGB_NOR_ERR_PROTECTED:
      return "the chip does not let itself be written: look at WP and HOLD";
    case IMGB_NOR_ERR_ERASE:
      return "the chip does not erase";
    case IMGB_NOR_ERR_VERIFY:
      return "the flash reads back as something else";
    case IMGB_NOR_ERR_ALIGN:
      return "chunks do not lie on the chip's erase units";
    case IMGB_LOADER_ERR_CHUNKS:
      return "chunks.h is not as it was written";
    case IMGB_LOADER_ERR_DATA:
      return "the array is not that of chunks.h: take both from one run";
    case IMGB_LOADER_ERR_IMAGE:
      return "every chunk is there, but together they are another image";
    default:
      return "the transfer function reports an error";
  }
}

int imgb_loader_run(imgb_nor_t *nor, const imgb_chunks_t *chunks, imgb_loader_put_t put, void *ctx) {
  out_t out;
  uint16_t left = 0, first = 0;
  int r = check_list(chunks);
  out.put = put;
  out.ctx = ctx;
  if (nor->chip.jedec_id == 0) nor->chip.jedec_id = chunks->jedec_id;
  if (r == IMGB_OK) r = imgb_nor_start(nor, chunks->image_offset, chunks->image_bytes);
  if (r == IMGB_OK) r = write_chunk(nor, chunks, &out);
  if (r == IMGB_OK) r = look(nor, chunks, &left, &first, &out);
  if (r != IMGB_OK) {
    say(&out, "FAIL: ");
    say(&out, explain(r));
    say(&out, "\n");
    return r;
  }
  if (left == 0) {
    say(&out, "the image is complete\n");
    return IMGB_OK;
  }
  say(&out, "; build again with IMGB_CHUNK=");
  say_number(&out, first);
  say(&out, "\n");
  return left;
}
