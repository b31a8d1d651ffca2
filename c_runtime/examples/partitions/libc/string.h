/* string.h - for a tool chain without a C library: what littlefs asks of one.  SPDX-License-Identifier: MIT
 */
#ifndef EXAMPLE_STRING_H
#define EXAMPLE_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *one, const void *other, size_t count);
size_t strlen(const char *text);
char *strcpy(char *restrict to, const char *restrict from);
char *strchr(const char *text, int character);
size_t strspn(const char *text, const char *accepted);
size_t strcspn(const char *text, const char *rejected);

#endif
