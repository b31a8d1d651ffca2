/* nor_chip.h - a strict SPI NOR flash chip in host memory.  SPDX-License-Identifier: MIT
 *
 * It does what data sheets say, no more: write enable is needed and gone after each operation, a page wraps
 * at its end, bits are only cleared, the chip is busy for its time and then hears nothing but status reads,
 * SST25 parts take bytes and AAI words only and wake up protected.  Whatever a careful driver would not do is
 * written into a log of violations (and done as a chip would do it, or ignored); tests want that log empty.
 *
 * Time is simulated: each byte on the wires takes 8 clocks, nor_chip_advance lets time pass.
 *
 * Operations are page programs, AAI words, erases and status writes, counted from 1.  To cut the power at
 * each of them: run once, read nor_chip_operations, then for every n restore a snapshot, nor_chip_cut_at(n,
 * how), run, nor_chip_power_up, look.  A chip without power answers NOR_CHIP_OFF to nor_chip_transfer, as if
 * the processor were gone, too.
 */
#ifndef NOR_CHIP_H
#define NOR_CHIP_H

#include <stdint.h>

#define NOR_CHIP_OFF (-1999)

typedef struct nor_erase {
  uint8_t command, address_bytes; /* address bytes 0: as the mode says */
  uint32_t bytes;                 /* of the unit; 0 ends the list */
  uint32_t from, to;              /* works on addresses from <= a < to; to 0: everywhere */
  uint32_t typical_us, maximum_us;
} nor_erase_t;

typedef struct nor_model {
  const char *name;
  uint32_t jedec_id, size, page_bytes;
  uint8_t is_sst25;                                /* bytes by 02h and words by ADh only */
  uint8_t has_4_byte;                              /* modes B7h, E9h and the commands with 4 address bytes */
  uint8_t has_quad;                                /* 6Bh, EBh, 32h once quad is enabled */
  uint8_t has_unlock;                              /* locked until 98h (SST26) */
  uint8_t protect_mask;                            /* block protection bits of the status */
  uint8_t power_up;                                /* status after power-up */
  uint32_t program_typical_us, program_maximum_us; /* of a page, byte or word */
  nor_erase_t erase[7];
} nor_model_t;

enum nor_violation {                        /* bits of nor_chip_violations */
                     NOR_V_BUSY = 1,        /* a command while busy: ignored */
                     NOR_V_ASLEEP = 2,      /* a command in deep power-down: ignored */
                     NOR_V_NOT_ENABLED = 4, /* program, erase or status write without write enable: ignored */
                     NOR_V_WRAP = 8,        /* a program wrapped round to the start of its page */
                     NOR_V_NOT_ERASED = 16, /* programming would have to set a bit */
                     NOR_V_PROTECTED = 32,  /* program or erase in a protected block: ignored */
                     NOR_V_UNKNOWN = 64,    /* a command that the part does not have: ignored */
                     NOR_V_RANGE =
                         128, /* an address beyond the chip, or an erase unit that does not exist there */
                     NOR_V_LENGTH = 256, /* too few or too many bytes before chip select rose: ignored */
                     NOR_V_ALIGN = 512,  /* erase address inside a unit, AAI at an odd address */
                     NOR_V_AAI = 1024,   /* a command that AAI programming does not allow: ignored */
                     NOR_V_TWICE =
                         2048 /* a byte programmed again without an erase between (its bits only cleared) */
};

enum nor_cut { NOR_CUT_BEFORE, NOR_CUT_PART, NOR_CUT_AFTER };

enum nor_wire { /* what is wrong with the line from the chip */
                NOR_WIRE_GOOD,
                NOR_WIRE_LOW,
                NOR_WIRE_HIGH,
                NOR_WIRE_INVERTED,
                NOR_WIRE_LATE,     /* sampled a clock edge too early: everything comes one bit late */
                NOR_WIRE_REVERSED, /* lowest bit first */
                NOR_WIRE_LATE_DATA /* late where memory is read, at full clock; id and status are good */
};

typedef struct nor_chip nor_chip_t;

/* One of the models by name (NULL: unknown).  size 0: the model's; less makes tests fast. */
nor_chip_t *nor_chip_new(const char *name, uint32_t size, uint32_t seed);
void nor_chip_free(nor_chip_t *chip);
const nor_model_t *nor_chip_model(const nor_chip_t *chip);

/* The wires: chip select, a byte each way. */
void nor_chip_select(nor_chip_t *chip, int is_selected);
uint8_t nor_chip_exchange(nor_chip_t *chip, uint8_t byte);
/* A whole command; 0 or NOR_CHIP_OFF. */
int nor_chip_transfer(nor_chip_t *chip, uint8_t command, uint32_t address, uint8_t address_bytes,
                      uint8_t dummy_bytes, uint8_t *data, uint32_t length, int is_sending);

/* Time. */
uint64_t nor_chip_now_ns(const nor_chip_t *chip);
void nor_chip_advance(nor_chip_t *chip, uint32_t microseconds);
void nor_chip_set_speed(nor_chip_t *chip, uint32_t hertz, int is_slowest); /* slowest: maximum times */

/* What is in it, past the wires. */
uint8_t *nor_chip_cells(nor_chip_t *chip);
uint32_t nor_chip_size(const nor_chip_t *chip);
uint32_t nor_chip_sector_bytes(const nor_chip_t *chip);
uint32_t nor_chip_wear(const nor_chip_t *chip, uint32_t address); /* erases of the sector there */
uint64_t nor_chip_clocked_bytes(const nor_chip_t *chip);
void nor_chip_set_sfdp(nor_chip_t *chip, const uint8_t *table, uint32_t length);
void nor_chip_set_status(nor_chip_t *chip, uint8_t status);
void nor_chip_enable_quad(nor_chip_t *chip);

/* Operations, and the power cut at one of them. */
uint32_t nor_chip_operations(const nor_chip_t *chip);
void nor_chip_cut_at(nor_chip_t *chip, uint32_t operation, int how); /* 0: never */
int nor_chip_is_off(const nor_chip_t *chip);
void nor_chip_power_off(nor_chip_t *chip); /* now; what is under way is half done */
void nor_chip_power_up(nor_chip_t *chip);
/* Copies what survives without power (cells, wear) out or in; size + 4 bytes a sector. */
uint32_t nor_chip_snapshot_bytes(const nor_chip_t *chip);
void nor_chip_save(const nor_chip_t *chip, uint8_t *snapshot);
void nor_chip_restore(nor_chip_t *chip, const uint8_t *snapshot); /* and powers up, operations from 0 */

/* Faults. */
void nor_chip_stick_bit(nor_chip_t *chip, uint32_t address, uint8_t bit, int value);
void nor_chip_fail_erase(nor_chip_t *chip, uint32_t from, uint32_t length);   /* cells there do not erase */
void nor_chip_fail_program(nor_chip_t *chip, uint32_t from, uint32_t length); /* cells there do not program */
void nor_chip_wear_out(nor_chip_t *chip,
                       uint32_t erases); /* a sector fails to erase after so many; 0: never */
void nor_chip_stick_busy(nor_chip_t *chip, uint32_t operation); /* from this operation on; 0: never */
void nor_chip_set_id(nor_chip_t *chip, uint32_t jedec_id);
void nor_chip_hold_protection(nor_chip_t *chip, int is_held);  /* WP# low: status writes do nothing */
void nor_chip_refuse_enable(nor_chip_t *chip, int is_refused); /* write enable does nothing */
void nor_chip_set_wire(nor_chip_t *chip, int wire);
void nor_chip_clear_faults(nor_chip_t *chip);

/* Rules that were broken. */
uint32_t nor_chip_violations(const nor_chip_t *chip); /* bits of enum nor_violation */
const char *nor_chip_log(const nor_chip_t *chip);     /* lines of text, the first few thousand characters */
void nor_chip_clear_log(nor_chip_t *chip);
void nor_chip_allow(nor_chip_t *chip,
                    uint32_t violations); /* these are not logged (TWICE is not by default) */

#endif
