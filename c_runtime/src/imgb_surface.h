/* imgb_surface.h - shared by the files of surfaces, not part of the API.  SPDX-License-Identifier: MIT */
#ifndef IMGB_SURFACE_H
#define IMGB_SURFACE_H

#include "imgb_priv.h"

#ifdef __cplusplus
extern "C" {
#endif

/* FORMAT.md section 8.1: luma, and mix of one value of 8 bits. */
uint32_t imgb_priv_luma(uint32_t colour, uint32_t how);
uint32_t imgb_priv_mix(uint32_t value, uint32_t below, uint32_t how);

#ifdef __cplusplus
}
#endif
#endif
