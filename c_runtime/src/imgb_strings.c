/* imgb_strings.c - texts by key, in a language that can be changed.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#define HEAD_BYTES 24u
#define LANGUAGE_BYTES 16u
#define TAG_BYTES 15u
#define SLOT_BYTES_A_READ 64u

int imgb_strings_open(const imgb_asset_t *asset, imgb_strings_t *strings) {
  uint32_t w[(HEAD_BYTES + LANGUAGE_BYTES) / 4u];
  uint32_t stored = asset->stored_bytes;
  int r;
  memset(strings, 0, sizeof *strings);
  if (asset->kind != IMGB_KIND_STRINGS) return IMGB_ERR_KIND;
  r = imgb_priv_payload_words(asset, 0, w, (HEAD_BYTES + LANGUAGE_BYTES) / 4u);
  if (r != IMGB_OK) return r;
  strings->languages = (uint8_t)w[1];
  strings->ref_bytes = (uint8_t)(w[1] >> 8);
  strings->contract = w[2];
  strings->slots = w[3];
  strings->pool = w[4];
  strings->pool_bytes = w[5];
  strings->is_right_to_left = (uint8_t)(w[6] & 1u);
  w[2] = HEAD_BYTES + LANGUAGE_BYTES * strings->languages;
  w[1] = 4u + (uint32_t)strings->languages * strings->ref_bytes; /* of a slot */
  if (strings->languages == 0 || strings->ref_bytes - 2u > 2u || (w[0] & 0xFFFFu) > 0x7FFFu ||
      !imgb_priv_fits(w[2], 2u * (w[0] >> 16), stored) ||
      !imgb_priv_fits(strings->slots, w[1] * (w[0] & 0xFFFFu), stored) ||
      !imgb_priv_fits(strings->pool, strings->pool_bytes, stored)) {
    return IMGB_ERR_FORMAT;
  }
  strings->strings = (uint16_t)w[0];
  strings->buckets = (uint16_t)(w[0] >> 16);
  strings->asset = *asset;
  return IMGB_OK;
}

int imgb_strings_require(const imgb_strings_t *strings, uint32_t contract) {
  return strings->contract == contract ? IMGB_OK : IMGB_ERR_CONTRACT;
}

static unsigned lower(unsigned c) {
  return c - 'A' < 26u ? c + ('a' - 'A') : c;
}

/* Length of a stored tag if the tag asked for is it, or it and subtags behind a hyphen; otherwise 0. */
static uint32_t match_tag(const char *tag, const uint8_t *stored) {
  uint32_t n = 0;
  while (n < TAG_BYTES && stored[n] != 0) {
    if (lower((uint8_t)tag[n]) != lower(stored[n])) return 0; /* also where tag ends first */
    n++;
  }
  return tag[n] == '\0' || tag[n] == '-' ? n : 0;
}

int imgb_strings_language(imgb_strings_t *strings, const char *tag) {
  uint32_t best = 0, n, best_n = 0, best_flags = 0;
  for (n = 0; n < strings->languages; n++) {
    uint32_t words[LANGUAGE_BYTES / 4u];
    const uint8_t *record = (const uint8_t *)words;
    uint32_t length;
    int r = imgb_priv_payload_near(&strings->asset, HEAD_BYTES + LANGUAGE_BYTES * n, words, LANGUAGE_BYTES);
    if (r != IMGB_OK) return r;
    length = match_tag(tag, record + 1);
    if (length > best) {
      best = length;
      best_n = n;
      best_flags = record[0];
    }
  }
  if (best == 0) return IMGB_ERR_NOT_FOUND;
  strings->language = (uint8_t)best_n;
  strings->is_right_to_left = (uint8_t)(best_flags & 1u);
  return IMGB_OK;
}

/* --- looking up -------------------------------------------------------------------------------- */

/* Where a text's head stands, in the pool. */
static int find_text(const imgb_strings_t *s, uint32_t key, uint32_t *offset) {
  uint32_t words[(SLOT_BYTES_A_READ + 8u) / 4u];
  const uint8_t *p = (const uint8_t *)words;
  uint32_t skip = 4u + (uint32_t)s->language * s->ref_bytes;
  uint32_t ref, slot;
  int r = IMGB_ERR_NOT_FOUND;
  if (s->strings == 0) return r; /* of tables that did not open, too */
  slot = HEAD_BYTES + LANGUAGE_BYTES * s->languages + 2u * imgb_priv_place(key, 0xFFFFu, s->buckets);
  r = imgb_priv_payload_near(&s->asset, slot, words, 2u);
  if (r != IMGB_OK) return r;
  slot = imgb_priv_le16(p);
  slot = slot >= 0x8000u ? slot & 0x7FFFu : imgb_priv_place(key, slot, s->strings);
  if (slot >= s->strings) return IMGB_ERR_NOT_FOUND;
  slot = s->slots + slot * (4u + (uint32_t)s->languages * s->ref_bytes);
  ref = skip + s->ref_bytes;
  r = imgb_priv_payload_near(&s->asset, slot, words, ref <= SLOT_BYTES_A_READ ? ref : 4u);
  if (r != IMGB_OK) return r;
  if (imgb_priv_le32(p) != key) return IMGB_ERR_NOT_FOUND;
  if (ref <= SLOT_BYTES_A_READ) {
    p += skip;
  } else {
    r = imgb_priv_payload_near(&s->asset, slot + skip, words, s->ref_bytes);
    if (r != IMGB_OK) return r;
  }
  ref = imgb_priv_le16(p);
  if (s->ref_bytes > 2u) ref |= (uint32_t)p[2] << 16;
  if (s->ref_bytes > 3u) ref |= (uint32_t)p[3] << 24;
  *offset = ref;
  return ref < s->pool_bytes ? IMGB_OK : IMGB_ERR_FORMAT;
}

/* The bytes behind a head: *head becomes their number, *is_runs what they are. */
static int check_head(const imgb_strings_t *s, uint32_t offset, uint32_t *head, uint32_t *is_runs) {
  *is_runs = *head & 0x8000u;
  *head &= 0x7FFFu;
  return imgb_priv_fits(offset, 3u + *head, s->pool_bytes) ? IMGB_OK : IMGB_ERR_FORMAT;
}

/* Where a text's bytes begin in the payload, how many they are and whether they are glyph runs. */
static IMGB_NOINLINE int locate(const imgb_strings_t *s, uint32_t key, uint32_t *offset, uint32_t *length,
                                uint32_t *is_runs) {
  uint32_t words[2];
  int r = find_text(s, key, offset);
  if (r == IMGB_OK) r = imgb_priv_payload_near(&s->asset, s->pool + *offset, words, 2u);
  if (r != IMGB_OK) return r;
  *length = imgb_priv_le16((const uint8_t *)words);
  r = check_head(s, *offset, length, is_runs);
  *offset += s->pool + 2u;
  return r;
}

int imgb_strings_find(const imgb_strings_t *strings, uint32_t key, imgb_asset_t *text) {
  uint32_t offset, length, is_runs;
  int r = locate(strings, key, &offset, &length, &is_runs);
  if (r != IMGB_OK) {
    memset(text, 0, sizeof *text);
    return r;
  }
  *text = strings->asset;
  text->kind = is_runs != 0 ? IMGB_KIND_GLYPH_RUNS : IMGB_KIND_FILE;
  text->base += offset;
  text->stored_bytes = length;
  text->key = key;
  text->name_bytes = 0;
  return IMGB_OK;
}

int imgb_strings_get(const imgb_strings_t *strings, uint32_t key, char *buffer, uint32_t buffer_bytes,
                     uint32_t *length) {
  const imgb_asset_t *asset = &strings->asset;
  uint32_t words[2];
  uint32_t offset, head, is_runs, n;
  int r = find_text(strings, key, &offset);
  *length = 0;
  if (buffer_bytes != 0) buffer[0] = '\0';
  if (r != IMGB_OK) return r;
  n = strings->pool_bytes - offset;
  if (n > buffer_bytes) n = buffer_bytes;
  offset += strings->pool;
  if (n > 2u) { /* the head and what follows, as one read */
    r = imgb_read(asset, offset, buffer, n);
    memcpy(words, buffer, 2);
    buffer[0] = '\0';
  } else {
    n = 2;
    r = imgb_priv_payload_near(asset, offset, words, 2u);
  }
  if (r != IMGB_OK) return r;
  head = imgb_priv_le16((const uint8_t *)words);
  r = check_head(strings, offset - strings->pool, &head, &is_runs);
  if (r != IMGB_OK) return r;
  *length = head;
  if (is_runs != 0) return IMGB_ERR_KIND;
  if (head >= buffer_bytes) return IMGB_ERR_BUFFER;
  n -= 2u;
  if (n > head) n = head;
  if (n != 0) memmove(buffer, buffer + 2, n);
  if (n < head) r = imgb_read(asset, offset + 2u + n, buffer + n, head - n);
  buffer[r == IMGB_OK ? head : 0] = '\0';
  return r;
}

const char *imgb_strings_map(const imgb_strings_t *strings, uint32_t key) {
  uint32_t offset, length, is_runs;
  const char *mapped;
  if (locate(strings, key, &offset, &length, &is_runs) != IMGB_OK || is_runs != 0) return NULL;
  mapped = (const char *)imgb_map(&strings->asset, offset, length + 1u); /* with the zero byte */
  return mapped != NULL && mapped[length] == '\0' ? mapped : NULL;
}
