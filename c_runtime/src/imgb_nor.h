/* imgb_nor.h - reads, erases and programs SPI NOR flash, and nothing outside one region.
 * SPDX-License-Identifier: MIT
 *
 * This header is the manual.  One function of yours carries a command over the wires:
 *
 *     static int transfer(void *ctx, const imgb_nor_transfer_t *t) {
 *       uint32_t i;
 *       uint8_t n;
 *       (void)ctx;
 *       flash_select(1);
 *       spi_exchange(t->command);
 *       for (n = t->address_bytes; n > 0; n--) spi_exchange((uint8_t)(t->address >> (8u * (n - 1u))));
 *       for (n = t->dummy_bytes; n > 0; n--) spi_exchange(0);
 *       for (i = 0; i < t->length; i++) {
 *         if (t->is_sending) spi_exchange(t->data[i]);
 *         else t->data[i] = spi_exchange(0);
 *       }
 *       flash_select(0);
 *       return 0;
 *     }
 *     static int wait(void *ctx, uint32_t polls) {
 *       (void)ctx;
 *       return polls > 1000000u; // then it gives up
 *     }
 *
 *     static imgb_nor_t nor = {
 *         .chip = IMGB_NOR_SST25(0xBF2541, 0x200000), .transfer = transfer, .wait = wait};
 *
 *     int save(const void *image, uint32_t length) { // length: a multiple of 4096
 *       int r = imgb_nor_start(&nor, 0x80000, 0x180000); // the free region: nothing else is ever written
 *       if (r == IMGB_OK) r = imgb_nor_erase(&nor, 0x80000, length);
 *       if (r == IMGB_OK) r = imgb_nor_program(&nor, 0x80000, image, length);
 *       return r; // IMGB_OK: it was read back and is there
 *     }
 *
 * Rules of the house
 * - C99, no heap, no globals, no recursion, no call of a C library or of compiler helpers, no table in
 * memory: where IMGB_RAMFUNC places the functions in RAM, nothing of them is left in the flash.
 * - Addresses are the chip's: 0 is its first byte, wherever the region or a mapped window begins.
 * - The guard: a call that would erase or program one byte outside the region that imgb_nor_start was given
 * is answered IMGB_NOR_ERR_GUARD before any command goes over the wires.  Before imgb_nor_start succeeded the
 *   region is empty.  Reading is allowed everywhere on the chip.
 * - Every erase is read back as blank and every program as the data: IMGB_OK means that it is there.
 * - After any error but GUARD and ALIGN call imgb_nor_start again: the chip may still be busy or programming.
 * - Trusted: pointers, the fields that the caller fills, the description of the chip.  What imgb_nor_sfdp
 * read from a part is as trustworthy as the part.
 * - Results: 0 (IMGB_OK), a negative code of enum imgb_nor_error, or what the callbacks returned (<= -1000,
 * so that imgb_nor_io_read may serve as an imgb_io_t).
 * - Stack: the comments give bytes on Cortex-M0+ or M4, the larger, callbacks left out.
 *
 * Running from the flash that is written (XIP).  Compile with -DIMGB_RAMFUNC=... naming a section that
 * start-up code copies to RAM, such as __attribute__((section(".ramfunc"), long_call)); keep the callbacks,
 * the imgb_nor_t and the data to program in RAM, too, and interrupts whose handlers lie in the flash masked.
 * set_mapped is called with 0 before the first command of a call and with 1 after its last one, failed or
 * not. It has to invalidate caches of the window when it maps again.
 *
 * Four wires.  The caller chooses commands: chip.read IMGB_NOR_OP(0x6B, 3, 1) or IMGB_NOR_OP(0xEB, 3, 3),
 * whose mode and dummy clocks count as bytes on the wires that carry the address, chip.program
 * IMGB_NOR_OP(0x32, 3, 0); the callback knows from t->command how many wires address and data take.  Quad
 * enable bits are set by the caller once, before imgb_nor_start.
 *
 * More than 16 MiB.  Better: IMGB_NOR_SPI_4, whose commands have 4 address bytes whatever mode the chip is
 * in. Parts without them take chip.mode_command B7h; a chip that resets itself (brown-out) then falls back to
 * 3 bytes, so watch the supply and call imgb_nor_start again after any error.  Without either, describe 16
 * MiB.
 *
 * Parts whose sectors differ (parameter sectors at one end): one imgb_nor_t for each part, each with its
 * region and its erase commands.
 *
 * Several tasks: whoever calls holds the lock of the chip, around each call.
 */
#ifndef IMGB_NOR_H
#define IMGB_NOR_H

#include "imgb.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef IMGB_RAMFUNC
#define IMGB_RAMFUNC /* where the functions are placed: nothing said, with the rest of the code */
#endif

enum imgb_nor_error {
  IMGB_NOR_ERR_GUARD = -1101,      /* outside the region (of reads: the chip): refused, nothing was sent */
  IMGB_NOR_ERR_NO_CHIP = -1102,    /* nothing answers: only 0 or only 1 comes back */
  IMGB_NOR_ERR_WRONG_CHIP = -1103, /* another JEDEC id than chip.jedec_id: nor.jedec_id */
  IMGB_NOR_ERR_BUSY = -1104,       /* the chip stayed busy for as long as wait gave it */
  IMGB_NOR_ERR_PROTECTED = -1105,  /* blocks stay protected, or the chip does not take write enable */
  IMGB_NOR_ERR_ERASE = -1106,      /* not blank after erasing, or not blank at all: nor.failed_at */
  IMGB_NOR_ERR_VERIFY = -1107,     /* the flash holds other bytes than the data: nor.failed_at */
  IMGB_NOR_ERR_ALIGN = -1108,      /* no erase unit begins at this address and fits: nor.t.address */
  IMGB_NOR_ERR_SFDP = -1109        /* the part has no SFDP table, or one that makes no sense */
};

/* One command on the wires: command, address, dummy bytes, then data in one direction. */
typedef struct imgb_nor_transfer {
  uint8_t *data; /* to be sent, or where received bytes go; data that is sent may be const: never write it */
  uint32_t length;  /* of the data, may be 0 */
  uint32_t address; /* highest byte first on the wires */
  uint8_t command;
  uint8_t address_bytes; /* 0, 3 or 4 */
  uint8_t dummy_bytes;   /* any value may be sent */
  uint8_t is_sending;    /* the direction of the data */
} imgb_nor_transfer_t;

/* A command as the chip knows it: its code, how many address bytes (3 or 4) and how many dummy bytes follow.
 */
#define IMGB_NOR_OP(command, address_bytes, dummy_bytes) \
  ((uint32_t)(command) | (uint32_t)(address_bytes) << 8 | (uint32_t)(dummy_bytes) << 16)

/* A chip: a row of chips.yaml or of a data sheet, or what imgb_nor_sfdp finds. */
typedef struct imgb_nor_chip {
  uint8_t mode_command; /* sent at start: B7h enters 4-byte addresses, E9h leaves them, 0: none */
  uint8_t
      unlock_command;   /* sent at start: 01h writes 0 to the status (SST25), 98h unlocks (SST26), 0: none */
  uint8_t protect_mask; /* bits of the status that protect blocks; 0: not looked at */
  uint16_t page_bytes;  /* a power of two: the most that one program command takes */
  uint32_t read;        /* these are IMGB_NOR_OP(...) */
  uint32_t program;     /* IMGB_NOR_OP(0xAD, 3, 0): words by auto address increment (SST25), odd bytes by 02h;
                           page_bytes is then the piece that is skipped if blank and read back at once */
  uint32_t erase[4];
  uint32_t erase_bytes[4]; /* of each erase command: powers of two, the smallest first, 0: none */
  uint32_t size;           /* bytes */
  uint32_t jedec_id;       /* manufacturer << 16 | type << 8 | capacity */
} imgb_nor_chip_t;

/* Descriptions of the usual kinds: jedec_id, size. */
#define IMGB_NOR_SPI(id, bytes)                                                         \
  {                                                                                     \
    0, 0, 0, 256, IMGB_NOR_OP(0x03, 3, 0), IMGB_NOR_OP(0x02, 3, 0),                     \
        {IMGB_NOR_OP(0x20, 3, 0), IMGB_NOR_OP(0x52, 3, 0), IMGB_NOR_OP(0xD8, 3, 0), 0}, \
        {0x1000, 0x8000, 0x10000, 0}, (bytes), (id)                                     \
  }
#define IMGB_NOR_SPI_4(id, bytes) /* commands with 4 address bytes; erases 4 and 64 KiB */               \
  {                                                                                                      \
    0, 0, 0, 256, IMGB_NOR_OP(0x13, 4, 0), IMGB_NOR_OP(0x12, 4, 0),                                      \
        {IMGB_NOR_OP(0x21, 4, 0), IMGB_NOR_OP(0xDC, 4, 0), 0, 0}, {0x1000, 0x10000, 0, 0}, (bytes), (id) \
  }
#define IMGB_NOR_SST25(id, bytes) /* AAI words; protected at power-up */                \
  {                                                                                     \
    0, 0x01, 0x3C, 256, IMGB_NOR_OP(0x03, 3, 0), IMGB_NOR_OP(0xAD, 3, 0),               \
        {IMGB_NOR_OP(0x20, 3, 0), IMGB_NOR_OP(0x52, 3, 0), IMGB_NOR_OP(0xD8, 3, 0), 0}, \
        {0x1000, 0x8000, 0x10000, 0}, (bytes), (id)                                     \
  }

/* The driver.  Start from {0}, fill chip and the callbacks, leave the rest to the functions.  120 bytes on a
 * 32-bit core. */
typedef struct imgb_nor {
  uint8_t status; /* for reading: the chip's status register when it was last looked at */
  imgb_nor_chip_t chip;
  /* Carries out one command, chip select low before and high after it.  0, or a code <= -1000 that comes out
   * of the call being made. */
  int (*transfer)(void *ctx, const imgb_nor_transfer_t *t);
  /* Called between two looks at a busy chip; polls counts them from 0.  Yield, feed a watchdog, measure time,
   * or only compare polls with a number.  Anything but 0 gives up: IMGB_NOR_ERR_BUSY. */
  int (*wait)(void *ctx, uint32_t polls);
  /* Memory-mapped controllers: 0 leaves mapped mode, 1 enters it.  0 or a code <= -1000.  NULL: not mapped.
   */
  int (*set_mapped)(void *ctx, int is_mapped);
  void *ctx;
  /* for reading */
  imgb_nor_transfer_t t;
  int result;
  uint32_t region_offset, region_bytes;
  uint32_t jedec_id;  /* what the chip answered: manufacturer << 16 | type << 8 | capacity */
  uint32_t failed_at; /* address of the first byte of IMGB_NOR_ERR_ERASE, IMGB_NOR_ERR_VERIFY */
  uint32_t erase_times, program_times; /* of the SFDP table: for the macros below */
} imgb_nor_t;

/* Wakes the chip (from deep power-down, from AAI programming or an erase that a reset of the MCU
 * interrupted), sets its address mode, compares its id, unlocks it, and makes region_bytes at region_offset
 * writable.  May be called again at any time. Stack: START. Results: GUARD (the region leaves the chip, or
 * the chip is larger than 3 address bytes reach), NO_CHIP, WRONG_CHIP, BUSY, PROTECTED, a callback's code. On
 * failure nothing is writable. */
IMGB_NODISCARD int imgb_nor_start(imgb_nor_t *nor, uint32_t region_offset, uint32_t region_bytes);

/* Any bytes of the chip.
 * Stack: 40.
 * Results: GUARD (outside chip.size), a callback's code. */
IMGB_NODISCARD int imgb_nor_read(imgb_nor_t *nor, uint32_t address, void *buffer, uint32_t length);

/* Erases length bytes with the largest units that fit at each place.  address and length: multiples of the
 * smallest unit.
 * Stack: 160.
 * Results: GUARD, ALIGN (from there on nothing is erased), PROTECTED, BUSY, ERASE, a callback's code.  On
 *   failure a part of the range may be erased, what lies outside is not touched. */
IMGB_NODISCARD int imgb_nor_erase(imgb_nor_t *nor, uint32_t address, uint32_t length);

/* Programs length bytes page by page; pages that are all FF are skipped.  The flash must be erased there, or
 * hold ones wherever the data has them.  data: not in the chip itself, and not NULL
 * (which means erasing inside).
 * Stack: 160.
 * Results: GUARD, PROTECTED, BUSY, VERIFY, a callback's code.  On failure a part may be programmed, what lies
 *   outside is not touched. */
IMGB_NODISCARD int imgb_nor_program(imgb_nor_t *nor, uint32_t address, const void *data, uint32_t length);

/* Compares the flash with data; data NULL: with FF.
 * Stack: 136.
 * Results: GUARD (outside chip.size), VERIFY, ERASE (not blank), a callback's code. */
IMGB_NODISCARD int imgb_nor_verify(imgb_nor_t *nor, uint32_t address, const void *data, uint32_t length);

/* Sets nor->status and nor->jedec_id to what comes over the wires, whatever it is.  Needs only transfer.
 * Stack: 48.
 * Results: a callback's code. */
IMGB_NODISCARD int imgb_nor_look(imgb_nor_t *nor);

/* Reads the part's own table (JESD216) and sets chip.size, page_bytes, erase_bytes and erase, with as many
 * address bytes as chip.program has, and the times for the macros below.  chip.read, chip.program and what
 * starts the chip stay the caller's; where the size is above 16 MiB they must be made for 4 address bytes.
 * Before imgb_nor_start.
 * Stack: 88.
 * Results: SFDP, a callback's code.  On failure chip.size is 0: nothing can be started. */
IMGB_NODISCARD int imgb_nor_sfdp(imgb_nor_t *nor);

/* Typical times in microseconds by the table, and how many times as long the longest take; 0: it does not say
 * (JESD216 before revision A).  i: of chip.erase_bytes[i]. */
#define IMGB_NOR_ERASE_US(nor, i)                                                               \
  ((nor)->erase_times == 0 ? 0                                                                  \
                           : (((nor)->erase_times >> (4u + 7u * (i)) & 31u) + 1u) *             \
                                 (((nor)->erase_times >> (9u + 7u * (i)) & 3u) == 0   ? 1000u   \
                                  : ((nor)->erase_times >> (9u + 7u * (i)) & 3u) == 1 ? 16000u  \
                                  : ((nor)->erase_times >> (9u + 7u * (i)) & 3u) == 2 ? 128000u \
                                                                                      : (uint32_t)1000000))
#define IMGB_NOR_ERASE_LONGEST(nor) (2u * (((nor)->erase_times & 15u) + 1u))
#define IMGB_NOR_PROGRAM_US(nor) /* of a page */ \
  ((nor)->erase_times == 0                       \
       ? 0                                       \
       : (((nor)->program_times >> 8 & 31u) + 1u) << (((nor)->program_times & 0x2000u) != 0 ? 6 : 3))
#define IMGB_NOR_PROGRAM_LONGEST(nor) (2u * (((nor)->program_times & 15u) + 1u))

/* For imgb_io_t.read with the imgb_nor_t as ctx: offset 0 is the first byte of the region. */
static inline int imgb_nor_io_read(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  imgb_nor_t *nor = (imgb_nor_t *)ctx;
  return imgb_nor_read(nor, nor->region_offset + offset, buffer, length);
}

#ifdef __cplusplus
}
#endif
#endif
