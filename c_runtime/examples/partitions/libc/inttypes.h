/* inttypes.h - as string.h beside it.  SPDX-License-Identifier: MIT */
#include <stdint.h>
