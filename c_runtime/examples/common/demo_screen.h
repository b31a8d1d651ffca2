/* demo_screen.h - the demo's screen, drawn alike by the firmware and by the host viewer.
 * SPDX-License-Identifier: MIT */
#ifndef DEMO_SCREEN_H
#define DEMO_SCREEN_H

#include "imgb.h"

#define DEMO_WIDTH_PX 240
#define DEMO_HEIGHT_PX 320

/* Draws the weather screen (demo_items.def) onto a surface, which may be a band of it.
 *
 * work: work_bytes bytes for decoding, not aligned; IMGB_WORK_BYTES(pack->max_strip_bytes), at least
 * IMGB_TEXT_WORK_BYTES, is enough for everything in the pack.  Each item is found, opened and drawn by
 * itself: nothing is kept between items.  Returns 0, or the first error; the items before it are drawn then.
 */
IMGB_NODISCARD int demo_draw(const imgb_pack_t *pack, const imgb_surface_t *surface, void *work,
                             uint32_t work_bytes);

/* Draws single pieces on black (pieces_items.def), for comparison with their sources.  Otherwise as
 * demo_draw. */
IMGB_NODISCARD int demo_draw_pieces(const imgb_pack_t *pack, const imgb_surface_t *surface, void *work,
                                    uint32_t work_bytes);

#endif
