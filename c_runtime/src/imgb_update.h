/* imgb_update.h - updates of a partition from a stream, and which of its images to open.
 * SPDX-License-Identifier: MIT
 *
 * This header is the manual; c_runtime/UPDATE-FORMAT.md has the bytes.  A package (.imgu, `imgbuild ota
 * make`) comes from anywhere, in pieces of any size:
 *
 *     static const imgb_update_config_t config = {
 *         .io = {.read = my_read, .ctx = &flash, .size = 0x180000}, // the partition, from its first byte
 *         .erase = my_erase,
 *         .program = my_program,
 *         .partition = IMGB_PARTITION_SLOTS(0x180000, 0x1000),
 *         .ids = {WEATHER_PACK_ID}};
 *     static imgb_update_t update;
 *
 *     int fetch(void) {
 *       int r = imgb_update_begin(&update, &config); // also once after each start: it ends what a cut left
 *       while (r == IMGB_OK && !imgb_update_is_complete(&update)) {
 *         uint32_t from = imgb_update_wanted(&update); // where to go on, after a cut, too
 *         uint32_t n = my_receive(from, piece, sizeof piece);
 *         if (n == 0) return MY_LINK_IS_DOWN; // later: the same call again, or begin and all of this
 *         r = imgb_update_feed(&update, from, piece, n);
 *       }
 *       return r == IMGB_OK ? imgb_update_finish(&update) : r; // IMGB_OK: the new image is the partition's
 *     }
 *
 * Two ways to write
 * - Slots: two areas for the image and two sectors for the record that says which one counts.  The new image
 *   is written beside the old one, compared with the SHA-256 of the package, and then one record switches.
 *   Whatever happens before leaves the old image as it is, readable all the time.
 * - In place: one area and a journal.  Each sector is first written to a scratch sector of the journal and
 *   compared with the package, then noted, then copied.  A cut during the copy is ended by the next
 *   imgb_update_begin; the package is then fed again from imgb_update_wanted on.  While the update is not
 *   complete the partition holds no image that can be opened: imgb_slots_open says IMGB_UPDATE_ERR_UNFINISHED
 *   and imgb_open IMGB_ERR_ERASED, since the pack's header goes first and comes back last.
 *
 * Rules of the house
 * - C99, no heap, no globals, no recursion.  No sector is ever held in RAM: imgb_update_t is everything.
 * - Refused before the first erase: a damaged header, a bad or missing signature, another product, board,
 *   partition, way or erase unit, an image that does not fit, an older content_version, another base.
 * - The package is not trusted: every piece of it is compared with its SHA-256, which the header begins and
 *   the signature covers, before the sector that it belongs to counts; sizes, numbers and LZ4 bytes are
 *   checked before they are used; nothing is erased or programmed outside the partition.
 * - Trusted: pointers, the configuration.
 * - Program calls begin and end on multiples of 128 bytes and nothing is programmed twice between erases,
 *   so memories with ECC will do.  Erased bytes read FF.
 * - Results: 0 (IMGB_OK), a code of enum imgb_update_error, of enum imgb_error, or what a callback returned.
 *   After an error of imgb_update_feed or imgb_update_finish call imgb_update_begin again.
 * - Stack: the comments give bytes on Cortex-M0+ or M4, the larger, callbacks left out.
 *
 * Readers.  Slots: a pack that is open stays as it is until the update after the next begins; open again
 * after imgb_update_finish.  In place: close every pack before imgb_update_feed.  A task that holds a pack
 * open asks imgb_slots_unchanged before it draws.
 *
 * Several tasks: one at a time calls these functions; the callbacks hold the lock of the chip, each call of
 * theirs on its own.
 *
 * Running from the flash that is written: functions that erase or program carry IMGB_RAMFUNC (imgb_nor.h).
 * Where each callback leaves mapped mode and enters it again, as imgb_nor does, the callbacks alone need to
 * be in RAM.
 */
#ifndef IMGB_UPDATE_H
#define IMGB_UPDATE_H

#include "imgb.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef IMGB_RAMFUNC
#define IMGB_RAMFUNC /* where the functions are placed: nothing said, with the rest of the code */
#endif

enum imgb_update_error {                               /* beside enum imgb_error */
                         IMGB_UPDATE_ERR_FORMAT = -41, /* the package asks for a newer reader */
                         IMGB_UPDATE_ERR_DAMAGED =
                             -42, /* bytes differ from their digest, or make no sense; or not a package */
                         IMGB_UPDATE_ERR_SIGNATURE = -43, /* none, or none that the verify callback takes */
                         IMGB_UPDATE_ERR_PRODUCT = -44,   /* another pack_id */
                         IMGB_UPDATE_ERR_BOARD = -45,     /* another board */
                         IMGB_UPDATE_ERR_PARTITION = -46, /* another partition */
                         IMGB_UPDATE_ERR_GEOMETRY =
                             -47,                    /* made for the other way, or for another erase unit */
                         IMGB_UPDATE_ERR_SIZE = -48, /* the image is larger than the slot */
                         IMGB_UPDATE_ERR_DOWNGRADE =
                             -49, /* its content_version is below that of the image here */
                         IMGB_UPDATE_ERR_BASE =
                             -50, /* it has changed sectors of another image than the one here */
                         IMGB_UPDATE_ERR_SAME = -51, /* this very image is here: nothing to do */
                         IMGB_UPDATE_ERR_GAP =
                             -52, /* bytes are missing before these; imgb_update_wanted tells the place */
                         IMGB_UPDATE_ERR_INCOMPLETE = -53, /* finish before the package's last byte */
                         IMGB_UPDATE_ERR_RESULT =
                             -54, /* the flash does not hold the image that was promised: not switched */
                         IMGB_UPDATE_ERR_UNFINISHED =
                             -55, /* an update in place has begun: feed its package, or a whole one */
                         IMGB_UPDATE_ERR_REPLACED = -56 /* another image lies where the open pack was */
};

/* Where things lie: bytes from the partition's start, all on erase units.  Trusted. */
typedef struct imgb_partition {
  uint32_t slot_bytes;      /* of a slot; in place: of the area for the image */
  uint32_t slot[2];         /* in place both are the area */
  uint32_t sector_bytes;    /* of slots and scratch sectors: what is erased at once, a power of two >= 256 */
  uint32_t record;          /* the first of the two record sectors */
  uint32_t record_bytes;    /* of each: may be smaller than the others' on chips of mixed sectors */
  uint32_t scratch;         /* the first scratch sector */
  uint32_t scratch_sectors; /* used by turns, for their wear; 0: slots */
} imgb_partition_t;

/* [slot A][slot B][2 sectors: records]; an odd sector is left over. */
#define IMGB_PARTITION_SLOTS(bytes, sector)                                                              \
  {                                                                                                      \
    ((bytes) / (sector) / 2u - 1u) * (sector), {0, ((bytes) / (sector) / 2u - 1u) * (sector)}, (sector), \
        ((bytes) / (sector) / 2u - 1u) * (sector)*2u, (sector), 0, 0                                     \
  }

/* [area][2 sectors: records][journal - 2 sectors: scratch]; journal: sectors, 3 at least, 4 by default. */
#define IMGB_PARTITION_IN_PLACE(bytes, sector, journal)                                         \
  {                                                                                             \
    (bytes) - (journal) * (sector), {0, 0}, (sector), (bytes) - (journal) * (sector), (sector), \
        (bytes) - ((journal)-2u) * (sector), (journal)-2u                                       \
  }

/* What the device is and how its flash is written.  Must outlive the update. */
typedef struct imgb_update_config {
  imgb_io_t io; /* the partition: offset 0 is its first byte; ctx goes to the next two callbacks, too */
  /* Erases length bytes, a multiple of a sector.  0 or a code <= -1000.  imgb_update_nor.h has both. */
  int (*erase)(void *ctx, uint32_t offset, uint32_t length);
  /* Programs up to 256 bytes, which are erased.  0 or a code <= -1000. */
  int (*program)(void *ctx, uint32_t offset, const void *data, uint32_t length);
  imgb_partition_t partition;
  /* What packages have to be for: product (<NAME>_PACK_ID), board, partition (CRC-32 of their names).  0:
   * any. A package may leave each open, too. */
  uint32_t ids[3];
  uint8_t is_opaque; /* 1: the image is no pack (littlefs): only the record says which slot counts */
  uint8_t is_forced; /* 1: takes an older content_version, and the image that is here already */
  /* Whether the signature is one of yours over these bytes.  0: it is.  NULL: packages are taken unsigned.
   * Ed25519: 64 bytes (RFC 8032), over the 160 bytes of the header. */
  int (*verify)(void *ctx, const uint8_t *message, uint32_t message_bytes, const uint8_t *signature,
                uint32_t signature_bytes);
  void *verify_ctx;
} imgb_update_config_t;

typedef struct imgb_sha256 {
  uint32_t state[8], words[16];
  uint32_t bytes; /* so far */
} imgb_sha256_t;

/* Which image of a partition counts, and how it is read.  The functions' own. */
typedef struct imgb_slots {
  imgb_asset_t area; /* the partition as something to read */
  const imgb_partition_t *partition;
  uint32_t record_at; /* where the next record goes, from the first one's place on */
  uint8_t slot;       /* 0 or 1 */
} imgb_slots_t;

/* An update under way.  652 bytes on a 32-bit core; the functions' own.  What is used most stands first,
 * where Cortex-M0 reaches it with one instruction. */
typedef struct imgb_update {
  const imgb_update_config_t *config;
  uint32_t at, need;                         /* of the package; of the piece */
  uint32_t out, out_at, out_bytes;           /* of the sector that is written */
  uint32_t state, literals, match, distance; /* of LZ4 */
  struct imgb_update_package {
    uint32_t package_bytes, blocks, image_bytes, content_version;
  } package;
  int result;
  uint8_t piece, source;
  uint32_t record[32]; /* UPDATE-FORMAT.md section 3 */
  uint32_t head[10];   /* of the block that comes */
  union imgb_update_page {
    uint32_t words[64]; /* what is collected before it is programmed */
    imgb_pack_t pack;   /* before the first byte is fed */
  } page;
  imgb_sha256_t sha;
  imgb_slots_t slots;
} imgb_update_t;

/* Reads the records and, in place, ends the sector that a power cut interrupted.  To be called before each
 * feeding of a package; in place also once after each start of the device.
 * Reads: the records, at most all of both sectors; slots: header and end marker of a pack.
 * Stack: 184.
 * Results: a callback's code. */
IMGB_NODISCARD int imgb_update_begin(imgb_update_t *update, const imgb_update_config_t *config);

/* Whether an update has begun and not ended: after a start it is worth fetching the package again. */
static inline int imgb_update_is_running(const imgb_update_t *update) {
  return (update->record[1] & 0x100u) != 0;
}

/* The byte of the package that is wanted next.  It jumps once behind the header where sectors have been done
 * before: a transport that knows ranges need not fetch what lies between. */
static inline uint32_t imgb_update_wanted(const imgb_update_t *update) {
  return update->at;
}

/* Whether the last byte has been fed. */
static inline int imgb_update_is_complete(const imgb_update_t *update) {
  return update->package.package_bytes != 0 && update->at >= update->package.package_bytes;
}

/* Takes length bytes of the package from offset on.  Bytes that are not wanted (any more) are passed over, so
 * pieces may overlap or come twice, and a transport without ranges feeds all from 0 on.  Bytes behind the
 * package's end mean nothing.
 * Stack: 232.
 * Results: all of the enumeration but INCOMPLETE and those behind it; a callback's code.  After GAP go on
 *   with what is wanted; any other error stays. */
IMGB_NODISCARD int imgb_update_feed(imgb_update_t *update, uint32_t offset, const void *data,
                                    uint32_t length);

/* Compares the image in the flash with its SHA-256 and makes it the partition's.
 * Reads: the image.  Stack: 208.
 * Results: INCOMPLETE, RESULT, a callback's code, or the error that feeding ended with. */
IMGB_NODISCARD int imgb_update_finish(imgb_update_t *update);

/* --- reading a partition that is updated: imgb_update_slots.c ------------------------------------- */

/* Opens the newest image that is valid: the record's slot, or if no pack opens there the other one.  In
 * place: the only one, unless an update is under way.  io: the partition, offset 0 is its first byte; it is
 * copied. *partition and *slots must stay where they are as long as the pack is used; slots->slot tells which
 * it is. Reads: the records, then those of imgb_open. Stack: 256. Results: UNFINISHED, those of imgb_open
 * (for the record's slot).  On failure *pack is empty. */
IMGB_NODISCARD int imgb_slots_open(imgb_pack_t *pack, imgb_slots_t *slots, const imgb_io_t *io,
                                   const imgb_partition_t *partition, uint32_t pack_id);

/* Whether the pack's header is still the one that was opened: 64 bytes in one read.
 * Results: REPLACED, a port's code. */
IMGB_NODISCARD int imgb_slots_unchanged(const imgb_pack_t *pack);

#ifdef __cplusplus
}
#endif
#endif
