/* imgb_nor.c - SPI NOR flash behind one command function, guarded.  SPDX-License-Identifier: MIT
 *
 * Commands: JEDEC JESD216 and the data sheets of W25Q64JV, MX25L6433F agree on them; SST25VF016B (S71271) for
 * auto address increment.
 *
 * Two habits keep it small.  An operation is one number: command, address bytes and dummy bytes from the
 * lowest byte up, and whether data is sent.  And errors stick: once nor->result is set, run() sends nothing
 * more, so that only loops look at it.  No switch, no initialised aggregate, no static table: each would call
 * a helper or read a constant that may lie in the flash being written.
 */
#include "imgb_nor.h"

#define WRITE_STATUS 0x01u
#define PROGRAM_BYTE IMGB_NOR_OP(0x02, 3, 0)
#define WRITE_DISABLE 0x04u
#define READ_STATUS 0x05u
#define WRITE_ENABLE 0x06u
#define READ_SFDP IMGB_NOR_OP(0x5A, 3, 1)
#define READ_ID 0x9Fu
#define RELEASE 0xABu
#define AAI_FIRST_WORD IMGB_NOR_OP(0xAD, 3, 0)
#define AAI_WORD 0xADu
#define SEND ((uint32_t)1 << 24)

#define STATUS_BUSY 0x01u
#define STATUS_ENABLED 0x02u
#define STATUS_NOBODY 0xFFu /* an undriven line: no part sets all of its bits */

#if defined(__GNUC__)
#define NO_INLINE __attribute__((noinline))
#else
#define NO_INLINE
#endif

#define PIECE_BYTES 64u

/* --- one command --- */

/* The first error of a call stays.  error: how far the code is below that of the guard. */
IMGB_RAMFUNC NO_INLINE static void fail(imgb_nor_t *nor, int error) {
  if (nor->result == IMGB_OK) nor->result = IMGB_NOR_ERR_GUARD - error;
}

#define FAIL(nor, code) fail((nor), IMGB_NOR_ERR_GUARD - (code))

IMGB_RAMFUNC static int set_mapped(imgb_nor_t *nor, int is_mapped) {
  if (nor->set_mapped != NULL && nor->result != IMGB_NOR_ERR_GUARD) {
    int r = nor->set_mapped(nor->ctx, is_mapped);
    if (nor->result == IMGB_OK) nor->result = r;
  }
  return nor->result;
}

/* data NULL: nothing is sent behind the command and its address. */
IMGB_RAMFUNC static void run(imgb_nor_t *nor, uint32_t operation, void *data, uint32_t length) {
  imgb_nor_transfer_t *t = &nor->t;
  if (nor->result != IMGB_OK) return;
  t->command = (uint8_t)operation;
  t->address_bytes = (uint8_t)(operation >> 8);
  t->dummy_bytes = (uint8_t)(operation >> 16);
  t->is_sending = (uint8_t)(operation >> 24);
  t->data = (uint8_t *)data;
  t->length = data != NULL ? length : 0;
  nor->result = nor->transfer(nor->ctx, t);
}

IMGB_RAMFUNC NO_INLINE static void send(imgb_nor_t *nor, uint32_t command) {
  run(nor, command, NULL, 0);
}

IMGB_RAMFUNC static uint32_t read_status(imgb_nor_t *nor) {
  run(nor, READ_STATUS, &nor->status, 1);
  return nor->status;
}

IMGB_RAMFUNC static void wait_ready(imgb_nor_t *nor) {
  uint32_t polls;
  for (polls = 0; (read_status(nor) & STATUS_BUSY) != 0 && nor->result == IMGB_OK; polls++) {
    if (nor->wait(nor->ctx, polls) != 0) {
      FAIL(nor, nor->status == STATUS_NOBODY ? IMGB_NOR_ERR_NO_CHIP : IMGB_NOR_ERR_BUSY);
    }
  }
}

/* A command that changes the chip, between write enable and the end of being busy. */
IMGB_RAMFUNC static void change(imgb_nor_t *nor, uint32_t operation, void *data, uint32_t length) {
  send(nor, WRITE_ENABLE);
  if ((read_status(nor) & STATUS_ENABLED) == 0) FAIL(nor, IMGB_NOR_ERR_PROTECTED);
  run(nor, operation | SEND, data, length);
  wait_ready(nor);
}

/* --- around public calls --- */

/* An offset that wrapped around is above any total. */
IMGB_RAMFUNC static void begin(imgb_nor_t *nor, uint32_t offset, uint32_t length, uint32_t total) {
  nor->result = IMGB_OK;
  if (offset > total || length > total - offset) fail(nor, 0);
  (void)set_mapped(nor, 0);
}

IMGB_RAMFUNC static int finish(imgb_nor_t *nor) {
  return set_mapped(nor, 1);
}

/* --- reading --- */

IMGB_RAMFUNC NO_INLINE static void read_bytes(imgb_nor_t *nor, uint32_t address, void *buffer,
                                              uint32_t length) {
  nor->t.address = address;
  run(nor, nor->chip.read, buffer, length);
}

/* data NULL: the flash is to be blank. */
IMGB_RAMFUNC static void compare(imgb_nor_t *nor, uint32_t address, const uint8_t *data, uint32_t length) {
  uint8_t piece[PIECE_BYTES];
  uint32_t i, n;
  for (; length > 0; length -= n) {
    n = length < PIECE_BYTES ? length : PIECE_BYTES;
    read_bytes(nor, address, piece, n);
    if (nor->result != IMGB_OK) return;
    for (i = 0; i < n; i++, address++) {
      if (piece[i] != (data != NULL ? *data++ : 0xFFu)) {
        nor->failed_at = address;
        FAIL(nor, data != NULL ? IMGB_NOR_ERR_VERIFY : IMGB_NOR_ERR_ERASE);
        return;
      }
    }
  }
}

IMGB_RAMFUNC int imgb_nor_read(imgb_nor_t *nor, uint32_t address, void *buffer, uint32_t length) {
  begin(nor, address, length, nor->chip.size);
  read_bytes(nor, address, buffer, length);
  return finish(nor);
}

IMGB_RAMFUNC int imgb_nor_verify(imgb_nor_t *nor, uint32_t address, const void *data, uint32_t length) {
  begin(nor, address, length, nor->chip.size);
  compare(nor, address, (const uint8_t *)data, length);
  return finish(nor);
}

IMGB_RAMFUNC static void look(imgb_nor_t *nor) {
  uint8_t id[4];
  (void)read_status(nor);
  run(nor, READ_ID, id, 3);
  if (nor->result == IMGB_OK) nor->jedec_id = (uint32_t)id[0] << 16 | (uint32_t)id[1] << 8 | id[2];
}

IMGB_RAMFUNC int imgb_nor_look(imgb_nor_t *nor) {
  begin(nor, 0, 0, 0);
  look(nor);
  return finish(nor);
}

/* --- erasing and programming --- */

/* data NULL: erases. */
IMGB_RAMFUNC static int write(imgb_nor_t *nor, uint32_t address, const uint8_t *data, uint32_t length) {
  const imgb_nor_chip_t *chip = &nor->chip;
  begin(nor, address - nor->region_offset, length, nor->region_bytes);
  while (nor->result == IMGB_OK && length > 0) {
    uint32_t operation = chip->program, n, at_once, i = 4;
    if (data == NULL) {
      do { /* the largest unit that begins here and fits; a mask of all ones stands for none */
        if (i == 0) {
          FAIL(nor, IMGB_NOR_ERR_ALIGN);
          return finish(nor);
        }
        n = chip->erase_bytes[--i] - 1u;
        operation = chip->erase[i];
      } while (n >= length || (address & n) != 0);
      at_once = ++n;
    } else {
      n = chip->page_bytes - (address & (chip->page_bytes - 1u));
      if (n > length) n = length;
      at_once = n;
      if (operation == AAI_FIRST_WORD) {
        at_once = 2;
        if (((address | n) & 1u) != 0) {
          operation = PROGRAM_BYTE;
          at_once = n = 1;
        }
      }
      for (i = 0; data[i] == 0xFFu;) {
        if (++i == n) goto next;
      }
    }
    nor->t.address = address;
    change(nor, operation, (void *)data, at_once);
    for (i = at_once; i < n; i += at_once) { /* the chip counts the address on */
      run(nor, AAI_WORD | SEND, (uint8_t *)data + i, at_once);
      wait_ready(nor);
    }
    send(nor, WRITE_DISABLE); /* ends AAI programming */
    compare(nor, address, data, n);
  next:
    address += n;
    length -= n;
    if (data != NULL) data += n;
  }
  return finish(nor);
}

IMGB_RAMFUNC int imgb_nor_erase(imgb_nor_t *nor, uint32_t address, uint32_t length) {
  return write(nor, address, NULL, length);
}

IMGB_RAMFUNC int imgb_nor_program(imgb_nor_t *nor, uint32_t address, const void *data, uint32_t length) {
  return write(nor, address, (const uint8_t *)data, length);
}

/* --- starting --- */

IMGB_RAMFUNC int imgb_nor_start(imgb_nor_t *nor, uint32_t region_offset, uint32_t region_bytes) {
  const imgb_nor_chip_t *chip = &nor->chip;
  uint8_t zero = 0;
  int r;
  nor->region_bytes = 0;
  nor->region_offset = region_offset;
  /* 3 bytes of address would wrap round into what is not the region's */
  if ((chip->size - 1u) >> 24 != 0 && chip->program >> 8 == 3u) return IMGB_NOR_ERR_GUARD;
  begin(nor, region_offset, region_bytes, chip->size);
  if (read_status(nor) == STATUS_NOBODY) send(nor, RELEASE);
  wait_ready(nor);
  /* some parts want write enable before B7h; write disable ends AAI programming, too */
  if (chip->mode_command != 0) change(nor, chip->mode_command, NULL, 0);
  send(nor, WRITE_DISABLE);
  look(nor);
  if (chip->jedec_id != nor->jedec_id) {
    FAIL(nor, nor->jedec_id == 0 ? IMGB_NOR_ERR_NO_CHIP : IMGB_NOR_ERR_WRONG_CHIP);
  }
  if (chip->unlock_command != 0)
    change(nor, chip->unlock_command, &zero, chip->unlock_command == WRITE_STATUS);
  if ((read_status(nor) & chip->protect_mask) != 0) FAIL(nor, IMGB_NOR_ERR_PROTECTED);
  r = finish(nor);
  if (r == IMGB_OK) nor->region_bytes = region_bytes;
  return r;
}

/* --- the part's own table: JESD216, basic flash parameters --- */

#define SFDP_SIGNATURE 0x50444653u
#define TABLE_DWORDS 11u
#define TABLE_DWORDS_FIRST 9u /* of the first edition: no page size, no times */

IMGB_RAMFUNC static uint32_t dword(const uint8_t *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

IMGB_RAMFUNC int imgb_nor_sfdp(imgb_nor_t *nor) {
  imgb_nor_chip_t *chip = &nor->chip;
  uint8_t table[4 * TABLE_DWORDS];
  uint32_t dwords;
  uint8_t i;
  begin(nor, 0, 0, 0);
  chip->size = 0;
  nor->t.address = 0;
  run(nor, READ_SFDP, table, 16);
  if (nor->result == IMGB_OK) {
    dwords = table[11];
    if (dword(table) != SFDP_SIGNATURE || dwords < TABLE_DWORDS_FIRST) nor->result = IMGB_NOR_ERR_SFDP;
    nor->t.address = dword(table + 12);
    run(nor, READ_SFDP, table, sizeof table);
    if (dwords < TABLE_DWORDS) {
      nor->erase_times = 0;
      nor->program_times = 0x80;
    } else {
      nor->erase_times = dword(table + 36);
      nor->program_times = dword(table + 40);
    }
    for (i = 0; i < 4; i++) {
      uint32_t exponent = table[28u + 2u * i];
      chip->erase_bytes[i] = ((uint32_t)1 << (exponent & 31u)) & ~(uint32_t)1;
      chip->erase[i] = table[29u + 2u * i] | (chip->program & 0xFF00u);
    }
    chip->page_bytes = (uint16_t)(1u << ((nor->program_times >> 4) & 15u));
    if (nor->result == IMGB_OK) chip->size = (dword(table + 4) >> 3) + 1u;
  }
  return finish(nor);
}
