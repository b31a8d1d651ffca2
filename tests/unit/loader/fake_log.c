/* fake_log.c - see fake_registers.h.  SPDX-License-Identifier: MIT */
#include <string.h>

#include "fake_registers.h"

static char text[4096];

void fake_complain(const char *line) {
  if (strlen(text) + strlen(line) + 2 < sizeof text) {
    strcat(text, line);
    strcat(text, "\n");
  }
}

void fake_clear_log(void) {
  text[0] = 0;
}

const char *fake_log(void) {
  return text;
}
