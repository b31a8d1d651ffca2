/* imgb_loader.c - YMODEM receiver with commands beside it, for SPI NOR flash.  SPDX-License-Identifier: MIT
 *
 * YMODEM as Chuck Forsberg's "XMODEM/YMODEM Protocol Reference" (1988) has it: CRC-16, blocks of 128 or 1024
 * bytes, a header block with number 0 in front of each file, an empty one behind the last.  A header block
 * whose first byte is 7Fh, which no file name begins with, is a command: PROTOCOL.md.
 */
#include "imgb_loader.h"

#define SOH 0x01u
#define STX 0x02u
#define EOT 0x04u
#define ACK 0x06u
#define NAK 0x15u
#define CAN 0x18u
#define COMMAND 0x7Fu

#define FIRST_MS 10000u /* until a block begins: a sender that is slow must not be asked twice */
#define ASK_MS 3000u    /* between two 'C' */
#define BYTE_MS 1000u   /* inside a block, and how long a line is silent after a damaged one */
#define TRIES 10u
#define DRAIN_BYTES 4096u /* a line that never gets silent is not listened to for ever */

#define ERASE_BYTES ((uint32_t)0x10000) /* erased at once, at the most: senders wait 10 seconds */
#define PIECE_BYTES 64u
#define ANSWER_BYTES 8u /* in front of what a command asks for */
#define SUMS_MAX ((1024u - ANSWER_BYTES) / 4u)
#define PACKAGE_BITS 28u  /* of sizes and offsets of a package: their sum wraps round nowhere */
#define TAKES_PACKAGES 1u /* in hello */

enum package { IDLE, BEGUN, ENDED };

enum event { QUIET = IMGB_LOADER_QUIET, DAMAGED = -2, FILE_END = -3, CANCELLED = -4, GO_ON = 0, DONE = 1 };

/* --- bytes --- */

static uint32_t get_le32(const uint8_t *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint8_t *put_le32(uint8_t *to, uint32_t value) {
  uint8_t i;
  for (i = 0; i < 4u; i++, value >>= 8) *to++ = (uint8_t)value;
  return to;
}

/* CRC-16/XMODEM, a byte at a time without a table: polynomial 1021h folds onto itself every four bits. */
static uint16_t crc16(const uint8_t *bytes, uint32_t length) {
  uint16_t crc = 0;
  while (length-- != 0) {
    crc = (uint16_t)(crc >> 8 | crc << 8);
    crc = (uint16_t)(crc ^ *bytes++);
    crc = (uint16_t)(crc ^ (crc & 0xFFu) >> 4);
    crc = (uint16_t)(crc ^ crc << 12);
    crc = (uint16_t)(crc ^ (crc & 0xFFu) << 5);
  }
  return crc;
}

/* CRC-32 of zlib by half bytes: the table entry of n is n shifted through the reflected polynomial. */
static uint32_t crc32(uint32_t crc, const uint8_t *bytes, uint32_t length) {
  static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
                                     0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                     0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
  crc = ~crc;
  while (length-- != 0) {
    crc ^= *bytes++;
    crc = crc >> 4 ^ table[crc & 15u];
    crc = crc >> 4 ^ table[crc & 15u];
  }
  return ~crc;
}

/* --- the wire --- */

static int say(imgb_loader_t *l, uint8_t first, uint8_t second) {
  uint8_t bytes[2];
  bytes[0] = first;
  bytes[1] = second;
  return l->put(l->ctx, bytes, second != 0 ? 2u : 1u);
}

/* A block into l->block (number, its complement, data, CRC): how many data bytes, or an event. */
static int receive(imgb_loader_t *l, uint32_t first_ms) {
  uint32_t i, length = 128;
  int c = l->get(l->ctx, first_ms);
  if (c < 0) return c;
  if (c == (int)EOT) return FILE_END;
  if (c == (int)CAN) return l->get(l->ctx, BYTE_MS) == (int)CAN ? CANCELLED : DAMAGED;
  if (c == (int)STX)
    length = 1024;
  else if (c != (int)SOH)
    return DAMAGED;
  for (i = 0; i < length + 4u; i++) {
    c = l->get(l->ctx, BYTE_MS);
    if (c < 0) return c == QUIET ? DAMAGED : c;
    l->block[i] = (uint8_t)c;
  }
  /* a CRC behind its own bytes gives 0 */
  if ((l->block[0] ^ l->block[1]) != 0xFFu || crc16(l->block + 2, length + 2u) != 0) return DAMAGED;
  return (int)length;
}

/* Lets pass what is left of a damaged block: an answer in its middle would be taken for one to the next. */
static int drain(imgb_loader_t *l) {
  uint32_t n = DRAIN_BYTES;
  int c;
  do {
    c = l->get(l->ctx, BYTE_MS);
  } while (c >= 0 && --n != 0);
  return c <= -1000 ? c : IMGB_OK;
}

static int refuse(imgb_loader_t *l, int status) {
  l->status = status;
  l->is_open = l->is_file = l->package = 0;
  (void)say(l, CAN, CAN);
  return say(l, CAN, CAN);
}

/* --- the flash --- */

static uint32_t sector_of(const imgb_loader_t *l) {
  return l->nor != NULL ? l->nor->chip.erase_bytes[0] : 1u;
}

static int start(imgb_loader_t *l) {
  if (l->nor == NULL) return IMGB_OK; /* the region has 0 bytes */
  if (((l->region_offset | l->region_bytes) & (sector_of(l) - 1u)) != 0) return IMGB_NOR_ERR_ALIGN;
  return imgb_nor_start(l->nor, l->region_offset, l->region_bytes);
}

/* Whether length bytes at offset of the region are whole sectors of it. */
static int check_range(const imgb_loader_t *l, uint32_t offset, uint32_t length) {
  if (offset > l->region_bytes || length > l->region_bytes - offset) return IMGB_NOR_ERR_GUARD;
  return ((offset | length) & (sector_of(l) - 1u)) != 0 ? IMGB_NOR_ERR_ALIGN : IMGB_OK;
}

/* Makes whole sectors blank from l->blank_to on, until l->blank_to is at least `to`: in steps that end at
 * multiples of ERASE_BYTES, so that the driver finds its largest units. */
static int make_blank(imgb_loader_t *l, uint32_t to) {
  uint32_t sector = sector_of(l), step = ERASE_BYTES, address, n, rest;
  int r = IMGB_OK;
  if (step < sector) step = sector;
  while (r == IMGB_OK && l->blank_to < to) {
    address = l->region_offset + l->blank_to;
    n = step - (address & (step - 1u));
    rest = ((l->end + sector - 1u) & ~(sector - 1u)) - l->blank_to;
    if (n > rest) n = rest;
    r = imgb_nor_verify(l->nor, address, NULL, n);
    if (r == IMGB_NOR_ERR_ERASE) r = imgb_nor_erase(l->nor, address, n);
    l->blank_to += n;
  }
  return r;
}

/* A transfer of length bytes to offset begins. */
static void open(imgb_loader_t *l, uint32_t offset, uint32_t length) {
  l->at = l->blank_to = offset;
  l->end = offset + length;
  l->number = 1;
  l->tries = 0;
  l->is_open = l->is_fresh = 1;
  l->is_package = 0;
}

/* Before a file replaces what is in the region: the end marker of a pack there is erased first, so that a cut
 * leaves no pack that seems whole.  (One that lies behind the file belongs to another header than the new.)
 */
static int strike_old_pack(imgb_loader_t *l) {
  uint8_t head[12];
  uint32_t total, sector = sector_of(l);
  int r = imgb_nor_read(l->nor, l->region_offset, head, sizeof head);
  total = get_le32(head + 8) - 1u;
  if (r != IMGB_OK || get_le32(head) != 0x42474D49u || total >= l->end) return r;
  return imgb_nor_erase(l->nor, l->region_offset + (total & ~(sector - 1u)), sector);
}

/* The first block of the region: a pack for another product is refused before anything is erased. */
static int begin_region(imgb_loader_t *l, const uint8_t *data, uint32_t length) {
  if (l->pack_id != 0 && length >= 64u && get_le32(data) == 0x42474D49u &&
      get_le32(data + 0x10) != l->pack_id)
    return IMGB_LOADER_ERR_PRODUCT;
  return l->is_file != 0 ? strike_old_pack(l) : IMGB_OK;
}

/* --- update packages: what the sink makes of them --- */

static int begin_package(imgb_loader_t *l) {
  int r = l->sink->begin(l->sink->ctx);
  l->package = r == IMGB_OK ? BEGUN : IDLE;
  return r;
}

/* Its result stays for a host that asks again. */
static int finish_package(imgb_loader_t *l) {
  if (l->package == BEGUN) l->status = l->sink->finish(l->sink->ctx);
  if (l->package == IDLE) return IMGB_LOADER_ERR_STEP;
  l->package = ENDED;
  return l->status;
}

/* 'P': length bytes from offset on will follow; 0: only the place is asked for. */
static int open_package(imgb_loader_t *l, uint32_t offset, uint32_t length, uint8_t **to) {
  int r = IMGB_OK;
  if ((offset | length) >> PACKAGE_BITS != 0) return IMGB_LOADER_ERR_SIZE;
  if (offset == 0 && length != 0) r = begin_package(l);
  if (r == IMGB_OK && l->package != BEGUN) r = IMGB_LOADER_ERR_STEP;
  if (r != IMGB_OK) return l->status = r;
  *to = put_le32(*to, l->sink->wanted(l->sink->ctx));
  open(l, offset, length);
  l->is_open = length != 0;
  l->is_package = 1;
  return IMGB_OK;
}

/* --- what arrives --- */

static int take_piece(imgb_loader_t *l, const uint8_t *data, uint32_t n) {
  int r = IMGB_OK;
  if (l->is_package != 0) return l->sink->take(l->sink->ctx, l->at, data, n);
  if (l->at == 0) r = begin_region(l, data, n);
  if (r == IMGB_OK) r = make_blank(l, l->at + n);
  if (r == IMGB_OK) r = imgb_nor_program(l->nor, l->region_offset + l->at, data, n);
  if (r == IMGB_OK) l->written_bytes += n;
  return r;
}

static int take_data(imgb_loader_t *l, uint32_t length) {
  uint8_t *data = l->block + 2;
  uint32_t n = l->end - l->at;
  int r;
  if (l->block[0] != l->number) {
    if ((uint8_t)(l->block[0] + 1u) == l->number && l->is_fresh == 0) return say(l, ACK, 0); /* again */
    return refuse(l, IMGB_LOADER_ERR_STEP);
  }
  if (n == 0) return refuse(l, IMGB_LOADER_ERR_SIZE);
  if (n > length) n = length;
  r = take_piece(l, data, n);
  if (r != IMGB_OK) return refuse(l, r);
  l->at += n;
  l->number++;
  l->tries = l->is_fresh = 0;
  return say(l, ACK, 0);
}

/* name NUL size in decimal, then what is of no interest */
static int take_file(imgb_loader_t *l, uint32_t length) {
  const uint8_t *data = l->block + 2;
  uint32_t i = 0, size = 0, digits = 0, most = l->region_bytes;
  uint8_t is_package = 0;
  int r;
  while (i < length && data[i] != 0) i++;
  if (l->sink != NULL && i >= 5u && get_le32(data + i - 4u) == 0x75676D69u && data[i - 5u] == '.') {
    is_package = 1; /* "imgu" */
    most = ((uint32_t)1 << PACKAGE_BITS) - 1u;
  }
  for (i++; i < length && data[i] >= '0' && data[i] <= '9' && size <= most; i++, digits++) {
    size = size * 10u + (uint32_t)(data[i] - '0');
  }
  if (l->is_file != 0 && l->is_open == 0) return refuse(l, IMGB_LOADER_ERR_FILES);
  if (digits == 0 || size > most) return refuse(l, IMGB_LOADER_ERR_SIZE);
  r = is_package != 0 ? begin_package(l) : start(l);
  if (r != IMGB_OK) return refuse(l, r);
  open(l, 0, size);
  l->is_package = is_package;
  l->is_file = 1;
  return say(l, ACK, 'C');
}

/* The CRC-32 of each sector, as many as an answer holds. */
static int put_sums(imgb_loader_t *l, uint32_t offset, uint32_t length, uint8_t **to) {
  uint8_t piece[PIECE_BYTES];
  uint32_t count, sector = sector_of(l), i, crc;
  int r = IMGB_OK;
  for (count = 0; length != 0 && count < SUMS_MAX; count++, length -= sector) {
    crc = 0;
    for (i = 0; i < sector; i += PIECE_BYTES, offset += PIECE_BYTES) {
      r = imgb_nor_read(l->nor, l->region_offset + offset, piece, PIECE_BYTES);
      if (r != IMGB_OK) return r;
      crc = crc32(crc, piece, PIECE_BYTES);
    }
    *to = put_le32(*to, crc);
  }
  return r;
}

static void put_hello(imgb_loader_t *l, uint8_t **to) {
  const imgb_nor_t *nor = l->nor;
  uint8_t *p = *to;
  const char *c = l->board;
  uint8_t i;
  p = put_le32(p, (uint32_t)l->status);
  p = put_le32(p, nor != NULL ? nor->chip.jedec_id : 0);
  p = put_le32(p, nor != NULL ? nor->jedec_id : 0);
  p = put_le32(p, nor != NULL ? nor->chip.size : 0);
  p = put_le32(p, l->region_offset);
  p = put_le32(p, l->region_bytes);
  p = put_le32(p, sector_of(l));
  p = put_le32(p, nor != NULL ? nor->failed_at : 0);
  p = put_le32(p, l->pack_id);
  for (i = 0; i < 32u; i++) *p++ = c != NULL && *c != '\0' && i < 31u ? (uint8_t)*c++ : 0;
  *to = put_le32(p, l->sink != NULL ? TAKES_PACKAGES : 0u);
}

/* The answer goes out from the block in which the command came. */
static int send_answer(imgb_loader_t *l, uint32_t used, int status) {
  uint8_t *data = l->block + 2;
  uint32_t length = used > 128u ? 1024u : 128u, i;
  uint16_t crc;
  int r;
  l->block[0] = data[2];
  l->block[1] = (uint8_t)~data[2];
  data[3] = IMGB_LOADER_VERSION;
  (void)put_le32(data + 4, (uint32_t)status);
  for (i = used; i < length; i++) data[i] = 0;
  crc = crc16(data, length);
  data[length] = (uint8_t)(crc >> 8);
  data[length + 1u] = (uint8_t)crc;
  r = say(l, length == 128u ? SOH : STX, 0);
  return r != IMGB_OK ? r : l->put(l->ctx, l->block, length + 4u);
}

/* 7Fh, letter, sequence number, version, offset, length.  Packages have no sectors and leave the chip alone.
 */
static int take_command(imgb_loader_t *l) {
  uint8_t *data = l->block + 2, *end = data + ANSWER_BYTES;
  uint8_t letter = data[1];
  uint32_t offset = get_le32(data + 4), length = get_le32(data + 8);
  int r, status;
  l->is_open = l->is_file = 0;
  if (l->sink != NULL && (letter == 'P' || letter == 'F')) {
    status = letter == 'F' ? finish_package(l) : open_package(l, offset, length, &end);
    return send_answer(l, (uint32_t)(end - data), status);
  }
  status = start(l);
  if (status == IMGB_OK) status = check_range(l, offset, length);
  if (letter == 'H') {
    put_hello(l, &end);
  } else if (letter == 'S') {
    if (status == IMGB_OK) status = put_sums(l, offset, length, &end);
  } else if (letter == 'E' || letter == 'W') {
    open(l, offset, status == IMGB_OK ? length : 0);
    if (letter == 'E' && status == IMGB_OK) status = make_blank(l, l->end);
    l->is_open = letter == 'W' && status == IMGB_OK;
    l->status = status;
  } else if (letter != 'Q') {
    status = IMGB_LOADER_ERR_COMMAND;
  }
  r = send_answer(l, (uint32_t)(end - data), status);
  return r != IMGB_OK ? r : letter == 'Q' ? DONE : GO_ON;
}

static int take_block(imgb_loader_t *l, uint32_t length) {
  uint8_t first = l->block[2];
  int r;
  if (l->is_open != 0 && (l->is_fresh == 0 || l->block[0] != 0)) return take_data(l, length);
  if (l->block[0] != 0) return refuse(l, IMGB_LOADER_ERR_STEP);
  if (first == COMMAND) return take_command(l);
  if (first != 0) return take_file(l, length);
  r = say(l, ACK, 0); /* the batch has ended */
  if (r != IMGB_OK || l->is_file == 0) return r;
  l->is_open = l->is_file = 0;
  return DONE;
}

/* An end that noise has made comes before the last byte: the sender is asked again. */
static int take_end(imgb_loader_t *l) {
  int r = IMGB_OK;
  if (l->is_open != 0 && l->is_package != 0 && l->is_file != 0) r = finish_package(l);
  if (r != IMGB_OK) return refuse(l, r);
  if (l->is_open != 0) l->status = IMGB_OK;
  l->is_open = l->tries = 0;
  return say(l, ACK, 'C');
}

/* Nothing came, or nothing that could be understood.  Before the first block of a file a sender takes NAK for
 * a wish for checksums in place of CRCs, so it is told 'C'. */
static int ask_again(imgb_loader_t *l, int event) {
  int r = event == QUIET ? IMGB_OK : drain(l);
  if (r != IMGB_OK) return r;
  if (l->is_open == 0) {
    if (++l->tries >= TRIES) l->is_file = 0;
    return say(l, 'C', 0);
  }
  if (++l->tries >= TRIES) return refuse(l, IMGB_LOADER_ERR_LOST);
  return say(l, l->is_fresh != 0 ? 'C' : NAK, 0);
}

int imgb_loader_run(imgb_loader_t *l) {
  uint32_t idle_ms = 0;
  int r, event;
  l->is_open = l->is_file = l->package = 0;
  l->written_bytes = 0;
  r = say(l, 'C', 0);
  while (r == GO_ON) {
    event = receive(l, l->is_open != 0 ? FIRST_MS : ASK_MS);
    if (event > 0) {
      r = take_block(l, (uint32_t)event);
    } else if (event == FILE_END && (l->is_open == 0 || l->at == l->end)) {
      r = take_end(l);
    } else if (event == CANCELLED) {
      if (l->is_open != 0) l->status = IMGB_LOADER_ERR_CANCELLED;
      l->is_open = l->is_file = 0;
    } else if (event <= -1000) {
      r = event;
    } else {
      r = ask_again(l, event);
    }
    idle_ms = event == QUIET && l->is_open == 0 ? idle_ms + ASK_MS : 0;
    if (l->idle_ms != 0 && idle_ms >= l->idle_ms && r == GO_ON) r = IMGB_LOADER_ERR_NOBODY;
  }
  return r == DONE ? IMGB_OK : r;
}
