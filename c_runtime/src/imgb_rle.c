/* imgb_rle.c - codec rle, decoded safely and in place.  SPDX-License-Identifier: MIT */
#include "imgb_priv.h"

#if IMGB_CFG_RLE

int imgb_rle_decode(const uint8_t *src, uint32_t src_bytes, uint8_t *dst, uint32_t first_bytes,
                    uint32_t second_bytes, uint32_t unit_bytes) {
  uint32_t left = first_bytes;
  for (;;) {
    uint32_t control, length, kept;
    if (left < unit_bytes) { /* the plane's last bytes, or none: the other plane, or the end */
      unit_bytes = 1u;
      if (left == 0) {
        if (second_bytes == 0) return src_bytes == 0 ? IMGB_OK : IMGB_ERR_FORMAT;
        left = second_bytes;
        second_bytes = 0;
      }
    }
    if (src_bytes < 2u) break; /* no item is shorter */
    control = *src++;
    src_bytes--;
    length = control & 0x3Fu;
    if ((control & 0x40u) != 0) {
      length = (length << 8 | *src++) + 64u;
      src_bytes--;
    }
    length = (length + 1u + (control >> 7)) * unit_bytes;
    kept = control < 0x80u ? length : unit_bytes; /* a run is one unit, and copies of what lies before */
    if (kept > src_bytes || length > left) break;
    src_bytes -= kept;
    left -= length;
    memmove(dst, src, kept);
    length -= kept;
    /* Where writing follows reading through one buffer, it does not overtake it. */
    if ((uintptr_t)src >= (uintptr_t)dst && (uintptr_t)src - (uintptr_t)dst < length) break;
    src += kept;
    for (dst += kept; length != 0; length--, dst++) *dst = *(dst - unit_bytes);
  }
  return IMGB_ERR_FORMAT;
}

#else
typedef int imgb_rle_is_left_out; /* a translation unit may not be empty */
#endif
