/* utf8.c - prints the code points of each line of stdin, bytes given in hex.  SPDX-License-Identifier: MIT */
#include "host.h"

int main(void) {
  char line[1024];
  while (fgets(line, sizeof line, stdin) != NULL) {
    size_t length = strcspn(line, "\n") / 2u, i;
    char *bytes = (char *)malloc(length + 1u);
    const char *text = bytes;
    uint32_t code;
    for (i = 0; i < length; i++) {
      unsigned value;
      if (sscanf(line + 2u * i, "%2x", &value) != 1) return 2;
      bytes[i] = (char)value;
    }
    bytes[length] = '\0';
    while ((code = imgb_utf8_next(&text)) != 0) printf("%lx ", (unsigned long)code);
    if (text != bytes + length || imgb_utf8_next(&text) != 0) printf("did not stop at the end");
    printf("\n");
    free(bytes);
  }
  return 0;
}
