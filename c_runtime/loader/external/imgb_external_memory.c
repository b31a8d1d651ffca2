/* imgb_external_memory.c - what a compiler calls by itself in a program without a C library.
 * SPDX-License-Identifier: MIT */
#include <stddef.h>

/* GCC would turn the loops into calls of the functions that they make up. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

void *memcpy(void *to, const void *from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);

void *memcpy(void *to, const void *from, size_t length) {
  unsigned char *t = (unsigned char *)to;
  const unsigned char *f = (const unsigned char *)from;
  while (length-- > 0) *t++ = *f++;
  return to;
}

void *memmove(void *to, const void *from, size_t length) {
  unsigned char *t = (unsigned char *)to;
  const unsigned char *f = (const unsigned char *)from;
  if (t <= f) return memcpy(to, from, length);
  while (length-- > 0) t[length] = f[length];
  return to;
}

void *memset(void *to, int value, size_t length) {
  unsigned char *t = (unsigned char *)to;
  while (length-- > 0) *t++ = (unsigned char)value;
  return to;
}
