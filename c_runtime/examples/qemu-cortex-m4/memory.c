/* memory.c - the four functions that GCC expects of a freestanding program.  SPDX-License-Identifier: MIT
 *
 * GCC manual, "Standards": memcpy, memmove, memset and memcmp must exist, with or without a C library.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *one, const void *other, size_t count);

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  return memmove(to, from, count);
}

void *memmove(void *to, const void *from, size_t count) {
  uint8_t *out = to;
  const uint8_t *in = from;
  if ((uintptr_t)to <= (uintptr_t)from) {
    while (count-- > 0u) {
      *out++ = *in++;
    }
  } else { /* downward, so that an overlap is read before it is written */
    while (count-- > 0u) {
      out[count] = in[count];
    }
  }
  return to;
}

void *memset(void *to, int value, size_t count) {
  uint8_t *out = to;
  while (count-- > 0u) {
    *out++ = (uint8_t)value;
  }
  return to;
}

int memcmp(const void *one, const void *other, size_t count) {
  const uint8_t *a = one;
  const uint8_t *b = other;
  for (; count > 0u; count--, a++, b++) {
    if (*a != *b) {
      return *a < *b ? -1 : 1;
    }
  }
  return 0;
}
