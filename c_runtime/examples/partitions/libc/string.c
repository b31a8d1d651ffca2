/* string.c - see string.h.  SPDX-License-Identifier: MIT
 *
 * C99, 7.21.  memcpy and its like are in ../../qemu-cortex-m4/memory.c.
 */
#include <string.h>

size_t strlen(const char *text) {
  size_t count = 0;
  while (text[count] != 0) count++;
  return count;
}

char *strcpy(char *restrict to, const char *restrict from) {
  return memcpy(to, from, strlen(from) + 1u);
}

char *strchr(const char *text, int character) {
  union {
    const char *constant;
    char *plain; /* the prototype is the standard's */
  } at;
  at.constant = text;
  while (*at.constant != (char)character) {
    if (*at.constant++ == 0) return NULL;
  }
  return at.plain;
}

static size_t count_while(const char *text, const char *set, int is_in) {
  size_t count = 0;
  while (text[count] != 0 && (strchr(set, text[count]) != NULL) == is_in) count++;
  return count;
}

size_t strspn(const char *text, const char *accepted) {
  return count_while(text, accepted, 1);
}

size_t strcspn(const char *text, const char *rejected) {
  return count_while(text, rejected, 0);
}
