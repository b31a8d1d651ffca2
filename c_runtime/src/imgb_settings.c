/* imgb_settings.c - a log of small values that survives power loss.  SPDX-License-Identifier: MIT
 *
 * SETTINGS-FORMAT.md tells the bytes, and why a cut at any moment leaves the old or the new.
 *
 * As in imgb_nor.c errors stick: once view.result is set nothing more is read, and loops look at it.  No
 * initialised aggregate, no static table, no loop that a compiler takes for memcpy: what is placed in RAM
 * calls nothing outside of it.
 */
#include "imgb_settings.h"

#if defined(__GNUC__)
#define NO_INLINE __attribute__((noinline))
#else
#define NO_INLINE
#endif

#define UNIT_BYTES 16u      /* what is programmed at once, and once */
#define RECORD_BYTES 8u     /* before a record's value */
#define CRC_BYTES 4u        /* behind it */
#define RESIDUE 0xDEBB20E3u /* what a CRC comes to that runs over itself */
#define HEAD_KIND \
  (0x52u + IMGB_SETTINGS_FORMAT) /* of a record that is a sector's head; it stands there twice */
#define LOG_START 32u            /* behind both */
#define BLANK 0xFFu
#define WINDOW_BYTES 64u /* of the handle's buffer */

/* A record and the sector it stands in, and where a record is written.  Offsets count within the sector. */
typedef struct view {
  uint8_t length, kind;         /* of the record found, or to be written */
  uint8_t is_trusted;           /* the whole log was read before and nothing was wrong */
  uint8_t is_lost;              /* between records: the last one was not whole */
  uint8_t new_length, new_kind; /* what is to be stored; this and the next two */
  uint32_t new_key;
  const uint8_t *new_data;
  uint32_t at, key; /* as length */
  imgb_settings_t *s;
  int result;
  uint32_t base, seed;           /* address of the sector, and what its CRCs start with */
  uint32_t next, limit;          /* where the next record is looked for, and where no more is */
  uint32_t floor;                /* keys above this are looked for */
  uint32_t damaged;              /* places passed that are not whole */
  uint32_t to_base, to_seed, to; /* the sector that is written, and where in it */
  uint32_t from;                 /* where in the buffer the next byte is collected */
  uint32_t crc;                  /* of the record that is written */
} view_t;

IMGB_RAMFUNC NO_INLINE static uint32_t get_u32(const uint8_t *p) {
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

IMGB_RAMFUNC NO_INLINE static void put_u32(uint8_t *p, uint32_t value) {
  p[0] = (uint8_t)value;
  p[1] = (uint8_t)(value >> 8);
  p[2] = (uint8_t)(value >> 16);
  p[3] = (uint8_t)(value >> 24);
}

/* CRC-32 of zlib, inverted at both ends by the callers. */
IMGB_RAMFUNC NO_INLINE static uint32_t crc_byte(uint32_t crc, uint8_t byte) {
  uint8_t bit;
  crc ^= byte;
  for (bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
  return crc;
}

/* What a record takes. */
IMGB_RAMFUNC static uint32_t padded(uint32_t length) {
  return (RECORD_BYTES + length + CRC_BYTES + UNIT_BYTES - 1u) & ~(UNIT_BYTES - 1u);
}

/* --- reading --- */

IMGB_RAMFUNC static uint32_t address_of(const imgb_settings_t *s, uint32_t sector) {
  return s->offset + sector * s->sector_bytes;
}

/* The byte there, and those behind it up to the next multiple of 64; after an error, some bytes. */
IMGB_RAMFUNC NO_INLINE static const uint8_t *fetch(view_t *v, uint32_t at) {
  imgb_settings_t *s = v->s;
  uint32_t from = v->base + at - s->window;
  if (from >= s->window_bytes) {
    from = at % WINDOW_BYTES;
    s->window = v->base + at - from;
    s->window_bytes = WINDOW_BYTES;
    if (v->result == IMGB_OK) v->result = s->read(s->ctx, s->window, s->buffer, WINDOW_BYTES);
  }
  return s->buffer + from;
}

/* Byte i of a value: from data, or (NULL) of the record where the view stands. */
IMGB_RAMFUNC NO_INLINE static uint8_t byte_of(view_t *v, const uint8_t *data, uint32_t i) {
  return data != NULL ? data[i] : *fetch(v, v->at + RECORD_BYTES + i);
}

/* Whether a whole record stands there (if it is trusted: a record); the view then tells what it is. */
IMGB_RAMFUNC NO_INLINE static int look_at(view_t *v, uint32_t at, int is_trusted) {
  const uint8_t *p = fetch(v, at);
  uint32_t left, crc = ~(v->seed ^ at << 8);
  v->at = at;
  v->length = p[0];
  v->kind = p[1];
  v->key = get_u32(p + 4);
  left = RECORD_BYTES + v->length + CRC_BYTES;
  if (v->length == BLANK || left > v->limit - at) return 0;
  if (is_trusted) return 1;
  for (; left > 0; left--) crc = crc_byte(crc, *fetch(v, at++));
  return crc == RESIDUE;
}

/* Steps to the next record, over what is not whole; 0: there is none. */
IMGB_RAMFUNC NO_INLINE static int step(view_t *v) {
  while (v->next < v->limit && v->result == IMGB_OK) {
    if (look_at(v, v->next, v->is_trusted)) {
      v->is_lost = 0;
      v->next += padded(v->length);
      return 1;
    }
    if (!v->is_lost) { /* inside a damaged record, what is blank is no end */
      const uint8_t *p = fetch(v, v->next);
      uint32_t i = 0;
      while (i < UNIT_BYTES && p[i] == BLANK) i++;
      if (i == UNIT_BYTES) break;
      v->is_lost = 1;
      v->damaged++;
    }
    v->next += UNIT_BYTES;
  }
  return 0;
}

/* To the start of the sector in use. */
IMGB_RAMFUNC NO_INLINE static void rewind_view(view_t *v) {
  const imgb_settings_t *s = v->s;
  v->base = address_of(s, s->sector);
  v->seed = s->sequence;
  v->limit = s->end;
  v->next = LOG_START;
  v->is_lost = 0;
}

IMGB_RAMFUNC NO_INLINE static void begin(view_t *v, imgb_settings_t *s) {
  v->s = s;
  v->result = IMGB_OK;
  s->window_bytes = 0;
  v->damaged = v->at = 0;
  v->is_trusted = s->is_clean;
  rewind_view(v);
}

/* Where the last record of the smallest key above floor stands; floor becomes that key.  0: there is none. */
IMGB_RAMFUNC NO_INLINE static uint32_t next_key(view_t *v) {
  uint32_t place = 0, key = 0xFFFFFFFFu;
  rewind_view(v);
  while (step(v)) {
    if (v->key > v->floor && v->key <= key) {
      key = v->key;
      place = v->at;
    }
  }
  v->floor = key;
  return place;
}

/* Whether a value is stored there; the view then stands at it. */
IMGB_RAMFUNC NO_INLINE static int is_value(view_t *v, uint32_t place) {
  return place != 0 && look_at(v, place, 0) && v->kind != IMGB_SETTING_DELETED;
}

IMGB_RAMFUNC NO_INLINE static int find(view_t *v, imgb_settings_t *s, uint32_t key) {
  uint32_t place;
  begin(v, s);
  v->floor = key - 1u;
  place = next_key(v);
  return v->floor == key && is_value(v, place);
}

/* What a head says of the area. */
IMGB_RAMFUNC static uint32_t shape_of(const imgb_settings_t *s) {
  return s->sector_bytes | s->sectors;
}

IMGB_RAMFUNC int imgb_settings_mount(imgb_settings_t *s) {
  view_t v;
  uint32_t sector, shape = shape_of(s) + HEAD_KIND, found = shape;
  s->sector = (uint8_t)(s->sectors - 1u); /* so that the first one to be written is sector 0 */
  s->sequence = s->newest = s->end = 0;
  s->is_clean = 0;
  s->worn = 0;
  begin(&v, s);
  for (sector = 0; sector < s->sectors; sector++) {
    v.base = address_of(s, sector);
    v.seed = sector;
    v.limit = LOG_START;
    if (!look_at(&v, UNIT_BYTES, 0) && !look_at(&v, 0, 0)) { /* neither of its heads */
      v.damaged += v.length != BLANK;
    } else if (s->end == 0 || v.key - s->sequence - 1u < 0x7FFFFFFFu) { /* newer, also around 2^32 */
      s->end = s->sector_bytes;
      s->sector = (uint8_t)sector;
      s->sequence = s->newest = v.key;
      found = get_u32(fetch(&v, v.at + RECORD_BYTES)) + v.kind;
    }
  }
  sector = v.damaged;
  rewind_view(&v);
  if (s->end != 0) s->end = LOG_START;
  while (step(&v)) s->end = v.next;
  s->damaged = (uint16_t)v.damaged;
  /* behind a torn record, what looks blank may not be: then nothing more is written to this sector */
  s->is_clean = v.damaged == sector && v.limit != 0;
  if (found != shape) v.result = IMGB_SETTINGS_ERR_FOREIGN;
  s->is_mounted = v.result == IMGB_OK;
  if (v.result != IMGB_OK) s->end = 0;
  return v.result;
}

/* --- getting --- */

IMGB_RAMFUNC NO_INLINE static const imgb_setting_t *row_of(const imgb_settings_t *s, uint32_t key) {
  const imgb_setting_t *row = s->table;
  uint32_t left;
  for (left = s->rows; left > 0; left--, row++) {
    if (row->key == key) return row;
  }
  return NULL;
}

/* Whether a row allows a value: its kind, its limits.  Flipping the highest bit orders I32 as unsigned. */
IMGB_RAMFUNC NO_INLINE static int check(const imgb_setting_t *row, uint8_t kind, const uint8_t *value,
                                        uint32_t length) {
  uint32_t flip, number;
  if (row == NULL) return IMGB_ERR_NOT_FOUND;
  if (row->kind != kind) return IMGB_ERR_KIND;
  if (kind < IMGB_SETTING_U32) return length <= row->max_bytes ? IMGB_OK : IMGB_ERR_RANGE;
  if (length != 4) return IMGB_ERR_RANGE;
  flip = kind == IMGB_SETTING_I32 ? 0x80000000u : 0;
  number = get_u32(value) ^ flip;
  return number >= (row->least ^ flip) && number <= (row->most ^ flip) ? IMGB_OK : IMGB_ERR_RANGE;
}

IMGB_RAMFUNC int imgb_settings_get(imgb_settings_t *s, uint32_t key, uint8_t kind, void *buffer,
                                   uint32_t size, uint32_t *length) {
  const imgb_setting_t *row = row_of(s, key);
  const uint8_t *data = NULL;
  view_t v;
  uint32_t i;
  if (!find(&v, s, key) || v.kind != kind ||
      (row != NULL && check(row, kind, fetch(&v, v.at + RECORD_BYTES), v.length) != IMGB_OK)) {
    if (row == NULL || row->kind != kind) return v.result != IMGB_OK ? v.result : IMGB_ERR_NOT_FOUND;
    data = row->default_bytes;
    v.length = row->default_length;
  }
  *length = v.length;
  if (v.length > size) return IMGB_ERR_BUFFER;
  for (i = 0; i < v.length; i++) ((uint8_t *)buffer)[i] = byte_of(&v, data, i);
  return v.result;
}

IMGB_RAMFUNC int imgb_settings_next(imgb_settings_t *s, uint32_t *key) {
  view_t v;
  uint32_t place;
  begin(&v, s);
  v.floor = *key;
  do {
    place = next_key(&v);
    if (place == 0 && v.result == IMGB_OK) return IMGB_ERR_NOT_FOUND;
  } while (!is_value(&v, place) && v.result == IMGB_OK);
  *key = v.key;
  return v.result;
}

/* --- writing --- */

/* Collects a byte, and programs each 16.  They are collected where the window has them if they are read from
 * there, so that what is still to be read stays. */
IMGB_RAMFUNC NO_INLINE static void emit(view_t *v, uint32_t byte) {
  imgb_settings_t *s = v->s;
  uint8_t *to = s->buffer + v->from++ % WINDOW_BYTES;
  v->crc = crc_byte(v->crc, (uint8_t)byte);
  *to = (uint8_t)byte;
  if (++v->to % UNIT_BYTES == 0 && v->result == IMGB_OK) {
    v->result = s->program(s->ctx, v->to_base + v->to - UNIT_BYTES, to - UNIT_BYTES + 1, UNIT_BYTES);
  }
}

IMGB_RAMFUNC NO_INLINE static void emit_u32(view_t *v, uint32_t value) {
  uint8_t left;
  for (left = 4; left > 0; left--, value >>= 8) emit(v, value);
}

/* Writes the view's record, with its value from data or (NULL) from where it stands, and reads it back.  The
 * view is left at the start of the sector in use. */
IMGB_RAMFUNC NO_INLINE static void write_record(view_t *v, const uint8_t *data) {
  uint32_t i, at = v->to;
  if (RECORD_BYTES + v->length + CRC_BYTES > v->s->sector_bytes - at) {
    v->result = IMGB_SETTINGS_ERR_FULL;
    return;
  }
  v->crc = ~(v->to_seed ^ at << 8);
  v->from = v->at;
  emit_u32(v, v->length | (uint32_t)v->kind << 8);
  emit_u32(v, v->key);
  for (i = 0; i < v->length; i++) emit(v, byte_of(v, data, i));
  emit_u32(v, ~v->crc);
  while (v->to % UNIT_BYTES != 0) emit(v, BLANK);
  v->s->window_bytes = 0;
  v->base = v->to_base;
  v->seed = v->to_seed;
  v->limit = v->to;
  if (!look_at(v, at, 0) && v->result == IMGB_OK) v->result = IMGB_SETTINGS_ERR_WORN;
  rewind_view(v);
}

IMGB_RAMFUNC NO_INLINE static void write_new(view_t *v) {
  v->length = v->new_length;
  v->kind = v->new_kind;
  v->key = v->new_key;
  write_record(v, v->new_data);
}

/* Where the next record is written. */
IMGB_RAMFUNC NO_INLINE static void aim(view_t *v, uint32_t sector, uint32_t seed, uint32_t at) {
  v->to_base = address_of(v->s, sector);
  v->to_seed = seed;
  v->to = at;
}

/* Writes what is stored, but of the new value's key the new value.  The log is checked once more, and trusted
 * then.
 */
IMGB_RAMFUNC NO_INLINE static void copy_records(view_t *v) {
  uint32_t place;
  v->is_trusted = 0;
  v->floor = v->damaged = 0;
  rewind_view(v);
  while (step(v)) {
  }
  v->is_trusted = v->damaged == 0;
  while (v->result == IMGB_OK && (place = next_key(v)) != 0) {
    if (v->floor != v->new_key && is_value(v, place)) write_record(v, NULL);
  }
  if (v->new_kind != IMGB_SETTING_DELETED) write_new(v);
}

/* Makes a sector the newest one: its head comes last, twice. */
IMGB_RAMFUNC static void write_head(view_t *v, uint32_t sector) {
  uint8_t shape[4];
  put_u32(shape, shape_of(v->s));
  v->key = v->s->newest;
  v->length = 4;
  v->kind = HEAD_KIND;
  aim(v, sector, sector, 0);
  while (v->to < LOG_START && v->result == IMGB_OK) write_record(v, shape);
}

/* Writes the new value behind the others; else begins the next sector that can be written. */
IMGB_RAMFUNC NO_INLINE static int store(imgb_settings_t *s, view_t *v) {
  uint32_t sector = s->sector;
  v->result = IMGB_SETTINGS_ERR_FULL;
  if (s->is_clean) {
    v->result = IMGB_OK;
    aim(v, sector, s->sequence, s->end);
    write_new(v);
    v->floor = v->to;
  }
  while (v->result != IMGB_OK) {
    if (++sector == s->sectors) sector = 0;
    if (sector == s->sector) break;
    aim(v, sector, ++s->newest, LOG_START); /* each attempt as if the one before had succeeded */
    v->result = s->erase(s->ctx, v->to_base, s->sector_bytes);
    copy_records(v);
    if (v->result == IMGB_SETTINGS_ERR_FULL) break;
    v->floor = v->to; /* where the log will end */
    if (v->result == IMGB_OK) write_head(v, sector);
    s->worn = (uint16_t)(s->worn + (v->result != IMGB_OK));
  }
  s->is_clean = v->result == IMGB_OK; /* else nothing more goes behind a doubtful place */
  if (v->result == IMGB_OK) {
    if (sector != s->sector) s->sequence = s->newest;
    s->sector = (uint8_t)sector;
    s->end = v->floor;
  }
  return v->result;
}

IMGB_RAMFUNC int imgb_settings_set(imgb_settings_t *s, uint32_t key, uint8_t kind, const void *data,
                                   uint32_t length) {
  view_t v;
  uint32_t i = 0;
  int r;
  v.new_data = (const uint8_t *)data;
  v.new_key = key;
  v.new_length = (uint8_t)length;
  v.new_kind = kind;
  if (!s->is_mounted) return IMGB_SETTINGS_ERR_MOUNT;
  if (key == 0 || length > IMGB_SETTINGS_MAX_BYTES) return IMGB_ERR_ARGUMENT;
  if (kind != IMGB_SETTING_DELETED && s->rows != 0) {
    r = check(row_of(s, key), kind, v.new_data, length);
    if (r != IMGB_OK) return r;
  }
  if (!find(&v, s, key)) v.length = v.kind = IMGB_SETTING_DELETED;
  if (v.kind == kind && v.length == length) {
    while (i < length && byte_of(&v, NULL, i) == v.new_data[i]) i++;
    if (i == length) return v.result;
  }
  return v.result != IMGB_OK ? v.result : store(s, &v);
}

IMGB_RAMFUNC int imgb_settings_reset(imgb_settings_t *s) {
  uint32_t sector;
  view_t v;
  s->end = 0; /* so that no record is copied */
  s->is_clean = 0;
  v.new_kind = IMGB_SETTING_DELETED;
  begin(&v, s);
  s->is_mounted = store(s, &v) == IMGB_OK;
  for (sector = 0; sector < s->sectors && v.result == IMGB_OK; sector++) {
    if (sector != s->sector) v.result = s->erase(s->ctx, address_of(s, sector), s->sector_bytes);
  }
  return v.result;
}
