/* SPDX-License-Identifier: MIT */
/* fakeusb_device.c - see fakeusb_device.h and fakeusb.c. */
#include "fakeusb_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static device_t devices[DEVICES_MAX];
static unsigned device_count;
static bool is_set_up;
static unsigned programs;

static unsigned long number_of(const char *name) {
  const char *text = getenv(name);
  return text ? strtoul(text, NULL, 0) : 0;
}

static void note(const char *what, uint32_t address, unsigned size, unsigned alt) {
  const char *path = getenv("FAKEUSB_LOG");
  FILE *log = path ? fopen(path, "a") : NULL;
  if (log) {
    fprintf(log, "%s %08x %u alt %u\n", what, (unsigned)address, size, alt);
    fclose(log);
  }
}

/* --- memories ------------------------------------------------------------------------------------ */

/* Reads "64*4Kg,..." at text into the rows of m; the pages lie behind each other from address on. */
static const char *read_layout(memory_t *m, uint32_t address, const char *text) {
  while (*text && *text != '/' && m->page_rows < PAGES_MAX) {
    char *end;
    pages_t *row = &m->pages[m->page_rows++];
    row->address = address;
    row->count = (uint32_t)strtoul(text, &end, 10);
    row->size = (uint32_t)strtoul(end + (*end == '*'), &end, 10);
    if (*end == 'K' || *end == 'M') {
      row->size *= *end == 'K' ? 1024u : 1048576u;
    }
    end += *end == 'K' || *end == 'M' || *end == 'B' || *end == ' ';
    row->bits = (unsigned)(*end - 'a' + 1);
    address += row->count * row->size;
    m->size += (size_t)row->count * row->size;
    text = end + (*end != 0);
    text += *text == ',';
  }
  return text;
}

static void path_of(const device_t *d, unsigned alt, char *path, size_t size) {
  snprintf(path, size, "%s/alt%u.bin", d->folder, alt);
}

static void open_memory(device_t *d, unsigned alt) {
  memory_t *m = &d->alts[alt];
  char path[2 * TEXT_BYTES];
  FILE *file;
  const char *text = strchr(m->name, '/');
  while (text) {
    char *end;
    uint32_t address = (uint32_t)strtoul(text + 1, &end, 16);
    text = *end == '/' ? read_layout(m, address, end + 1) : NULL;
    text = text && *text == '/' ? text : NULL;
  }
  m->bytes = malloc(m->size ? m->size : 1);
  memset(m->bytes, 0xff, m->size);
  path_of(d, alt, path, sizeof path);
  file = fopen(path, "rb");
  if (file) {
    if (fread(m->bytes, 1, m->size, file) < m->size) {
      fprintf(stderr, "fakeusb: %s is shorter than its memory\n", path);
    }
    fclose(file);
  }
}

static void save_memories(void) {
  for (unsigned number = 0; number < device_count; number++) {
    for (unsigned alt = 0; alt < devices[number].alt_count; alt++) {
      const memory_t *m = &devices[number].alts[alt];
      char path[2 * TEXT_BYTES];
      FILE *file;
      path_of(&devices[number], alt, path, sizeof path);
      file = m->is_changed ? fopen(path, "wb") : NULL;
      if (file) {
        fwrite(m->bytes, 1, m->size, file);
        fclose(file);
      }
    }
  }
}

/* The byte at address, and its page; NULL where there is no page with all of bits. */
static uint8_t *find_byte(memory_t *m, uint32_t address, unsigned bits, const pages_t **page) {
  size_t before = 0;
  for (unsigned number = 0; number < m->page_rows; number++) {
    const pages_t *row = &m->pages[number];
    size_t bytes = (size_t)row->count * row->size;
    if (address >= row->address && address - row->address < bytes) {
      *page = row;
      return (row->bits & bits) == bits ? m->bytes + before + (address - row->address) : NULL;
    }
    before += bytes;
  }
  return NULL;
}

/* --- devices ------------------------------------------------------------------------------------- */

static void copy_text(char *out, const char *text, size_t length) {
  length = length < TEXT_BYTES ? length : TEXT_BYTES - 1;
  memcpy(out, text, length);
  out[length] = 0;
}

static void read_device(const char *line, size_t length) {
  device_t *d = &devices[device_count++];
  unsigned field = 0, vid = 0, pid = 0;
  size_t at = 0;
  while (at <= length) {
    size_t end = at;
    while (end < length && line[end] != '|') {
      end++;
    }
    if (field == 0 && sscanf(line, "%x:%x", &vid, &pid) == 2) {
      d->vid = (uint16_t)vid;
      d->pid = (uint16_t)pid;
    } else if (field == 1) {
      copy_text(d->serial, line + at, end - at);
    } else if (field == 2) {
      copy_text(d->folder, line + at, end - at);
    } else if (field > 2 && d->alt_count < ALTS_MAX) {
      copy_text(d->alts[d->alt_count++].name, line + at, end - at);
    }
    field++;
    at = end + 1;
  }
  for (unsigned alt = 0; alt < d->alt_count; alt++) {
    open_memory(d, alt);
  }
  d->state = STATE_IDLE;
}

static void set_up(void) {
  const char *text = getenv("FAKEUSB");
  if (is_set_up) {
    return;
  }
  is_set_up = true;
  while (text && *text && device_count < DEVICES_MAX) {
    size_t length = strcspn(text, "\n");
    read_device(text, length);
    text += length + (text[length] == '\n');
  }
  atexit(save_memories);
}

/* --- DFU ----------------------------------------------------------------------------------------- */

static unsigned erase_page(device_t *d, uint32_t address) {
  const pages_t *page = NULL;
  uint8_t *byte = find_byte(&d->alts[d->alt], address, ERASABLE, &page);
  uint32_t inside;
  if (!byte) {
    return STATUS_ERR_ADDRESS;
  }
  inside = (address - page->address) % page->size;
  memset(byte - inside, 0xff, page->size);
  d->alts[d->alt].is_changed = true;
  note("erase", address - inside, page->size, d->alt);
  return STATUS_OK;
}

static unsigned program(device_t *d, uint32_t address) {
  memory_t *m = &d->alts[d->alt];
  programs++;
  if (programs == number_of("FAKEUSB_FAIL")) {
    return STATUS_ERR_PROG;
  }
  if (programs == number_of("FAKEUSB_HANG")) {
    sleep(600);
  }
  note("program", address, d->pending_bytes, d->alt);
  for (unsigned i = 0; i < d->pending_bytes; i++) {
    const pages_t *page = NULL;
    uint8_t *byte = find_byte(m, address + i, WRITABLE, &page);
    if (!byte) {
      return STATUS_ERR_ADDRESS;
    }
    if ((*byte & d->pending[i]) != d->pending[i]) {
      note("NOT ERASED", address + i, 1, d->alt);
    }
    *byte = (uint8_t)(*byte & d->pending[i]);
    if (getenv("FAKEUSB_STUCK") && address + i == number_of("FAKEUSB_STUCK")) {
      *byte = 0;
    }
    m->is_changed = true;
  }
  return STATUS_OK;
}

static uint32_t block_address(const device_t *d, unsigned block) {
  return d->address + (block - 2u) * TRANSFER_BYTES;
}

static void run_pending(device_t *d) {
  const uint8_t *p = d->pending;
  uint32_t address;
  d->is_pending = false;
  if (d->pending_block >= 2) {
    d->status = program(d, block_address(d, d->pending_block));
    return;
  }
  address = p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 24;
  if (p[0] == 0x21 && d->pending_bytes == 5) {
    d->address = address;
  } else if (p[0] == 0x41 && d->pending_bytes == 5) {
    d->status = erase_page(d, address);
  }
}

static int download(device_t *d, unsigned block, const uint8_t *data, unsigned length) {
  if (length == 0) {
    d->state = STATE_MANIFEST_SYNC;
    note("leave", d->address, 0, d->alt);
    return 0;
  }
  if (length > TRANSFER_BYTES) {
    return -1;
  }
  memcpy(d->pending, data, length);
  d->pending_bytes = length;
  d->pending_block = block;
  d->is_pending = true;
  d->state = STATE_DNLOAD_SYNC;
  return (int)length;
}

static int upload(device_t *d, unsigned block, uint8_t *data, unsigned length) {
  unsigned done = 0;
  const pages_t *page = NULL;
  if (block < 2) {
    d->state = STATE_IDLE;
    return 0;
  }
  while (done < length) {
    const uint8_t *byte = find_byte(&d->alts[d->alt], block_address(d, block) + done, READABLE, &page);
    if (!byte) {
      break;
    }
    data[done++] = *byte;
  }
  d->state = done < length ? STATE_IDLE : STATE_UPLOAD_IDLE;
  return (int)done;
}

static int get_status(device_t *d, uint8_t *answer) {
  if (d->state == STATE_DNLOAD_SYNC) {
    d->state = STATE_DNBUSY;
    if (d->is_pending) {
      run_pending(d);
    }
  } else if (d->state == STATE_DNBUSY) {
    d->state = STATE_DNLOAD_IDLE;
  } else if (d->state == STATE_MANIFEST_SYNC) {
    d->state = STATE_MANIFEST;
  }
  if (d->status) {
    d->state = STATE_ERROR;
  }
  memset(answer, 0, 6);
  answer[0] = (uint8_t)d->status;
  answer[4] = (uint8_t)d->state;
  return 6;
}

int fakeusb_request(device_t *d, unsigned request, unsigned value, uint8_t *data, unsigned length) {
  switch (request) {
    case DFU_DNLOAD:
      return download(d, value, data, length);
    case DFU_UPLOAD:
      return upload(d, value, data, length);
    case DFU_GETSTATUS:
      return get_status(d, data);
    case DFU_GETSTATE:
      data[0] = (uint8_t)d->state;
      return 1;
    case DFU_CLRSTATUS:
    case DFU_ABORT:
      d->status = STATUS_OK;
      d->state = STATE_IDLE;
      return 0;
    default:
      return -1;
  }
}

device_t *fakeusb_devices(unsigned *count) {
  set_up();
  *count = device_count;
  return devices;
}
