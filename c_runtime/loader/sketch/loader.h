/* loader.h - brings an image onto SPI flash in pieces, each a constant array in one upload of a program.
 * SPDX-License-Identifier: MIT
 *
 * For boards that nothing but a program of yours can write to.  "imgbuild loader c-array" cuts an image into
 * chunks as large as the program memory takes and writes them beside this file, with chunks.h, their list.
 * Each upload carries one chunk, chosen by IMGB_CHUNK:
 *
 *     #include "chunks.h"
 *     #include "loader.h"
 *
 *     void setup(void) {
 *       imgb_nor_t nor = {.chip = IMGB_NOR_SST25(0xBF2541, 0x200000), .transfer = transfer, .wait = wait};
 *       imgb_loader_run(&nor, &imgb_chunks, print_character, 0);
 *     }
 *
 * transfer and wait carry commands over your board's wires; imgb_nor.h tells how.  What is printed ends with
 * what is left:
 *
 *     chunk 2 of 7: at 0x00030000, 98304 bytes
 *     erasing, writing, verifying
 *     chunk 2 of 7 is on the flash
 *     left: 4 5 6 7; build again with IMGB_CHUNK=4
 *
 * Uploads may come in any order and more than once: a chunk that is on the flash already is not written
 * again. When nothing is left, the whole image has been compared by its CRC-32.  After each chunk the others
 * are read and compared, too: what one upload broke, the next one tells.
 *
 * Needs imgb_nor.c, imgb_nor.h and imgb.h.  C99, no heap, no globals, no recursion.  Nothing outside the
 * image's own range is ever erased or programmed: that range is the region of the driver.
 */
#ifndef IMGB_LOADER_SKETCH_H
#define IMGB_LOADER_SKETCH_H

#include "imgb_nor.h"

#ifdef __cplusplus
extern "C" {
#endif

enum imgb_loader_error {
  IMGB_LOADER_ERR_CHUNKS = -1121, /* the list makes no sense: chunks.h was changed by hand */
  IMGB_LOADER_ERR_DATA = -1122,   /* the array is not the one of the list: of another image, or damaged */
  IMGB_LOADER_ERR_IMAGE = -1123   /* every chunk is there, but the image's own CRC-32 differs */
};

/* A row of the list.  offset: from the image's first byte; crc32: of the bytes. */
typedef struct imgb_chunk {
  uint32_t offset, length, crc32;
} imgb_chunk_t;

/* What chunks.h defines.  data: the bytes of chunk `number` (1 is the first), the one of this program. */
typedef struct imgb_chunks {
  const imgb_chunk_t *list;
  uint16_t count;
  uint16_t number;
  const uint8_t *data;
  uint32_t image_offset; /* on the chip */
  uint32_t image_bytes;
  uint32_t image_crc32;
  uint32_t jedec_id; /* of the chip that the image was cut for: taken where nor->chip.jedec_id is 0 */
} imgb_chunks_t;

typedef void (*imgb_loader_put_t)(void *ctx, char c);

/* Erases, writes and verifies this program's chunk, unless it is there, and says what is left.  nor: chip,
 * transfer, wait and what else imgb_nor_start asks for are filled in; put may be NULL.
 * Reads the whole image from the flash once, the own chunk up to three times.
 * Stack: 288.
 * Results: the number of chunks that are still left, 0 when the image is complete; IMGB_LOADER_ERR_...; codes
 * of imgb_nor.h. */
IMGB_NODISCARD int imgb_loader_run(imgb_nor_t *nor, const imgb_chunks_t *chunks, imgb_loader_put_t put,
                                   void *ctx);

/* Only looks.  left: how many chunks are not on the flash, first: the number of the first of them, 0: none.
 * The driver must be started (imgb_nor_start).
 * Stack: 248.
 * Results: IMGB_OK, IMGB_LOADER_ERR_CHUNKS, IMGB_LOADER_ERR_IMAGE, codes of imgb_nor.h. */
IMGB_NODISCARD int imgb_loader_look(imgb_nor_t *nor, const imgb_chunks_t *chunks, uint16_t *left,
                                    uint16_t *first);

#ifdef __cplusplus
}
#endif
#endif
