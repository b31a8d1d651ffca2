/* imgb_loader_update.h - the updater as the loader's sink: packages by the serial loader.
 * SPDX-License-Identifier: MIT
 *
 *     static imgb_update_t update;
 *     static const imgb_update_config_t configs[] = {{...}}; // imgb_update.h; one for each partition
 *     static imgb_loader_updater_t updater = {&update, configs, 1};
 *     static const imgb_loader_sink_t sink = IMGB_LOADER_UPDATER(&updater);
 *     static imgb_loader_t loader = {.sink = &sink, .get = get, .put = put, .board = "my-board"};
 *
 *     r = imgb_loader_run(&loader); // IMGB_OK and updater.is_done: open the pack again, or start anew
 *
 * With a region beside packages (loader.nor is not NULL) the loader starts loader.nor for that region; where
 * the partition is another range the updater needs an imgb_nor_t of its own: the same chip, the same
 * callbacks, started before imgb_loader_run.
 *
 * A host waits for each block's answer: 15 s, and for packages of changed sectors 1 s more for each 50 KB of
 * the old and of the new image, because one block may make the updater check or copy them. */
#ifndef IMGB_LOADER_UPDATE_H
#define IMGB_LOADER_UPDATE_H

#include "imgb_loader.h"
#include "imgb_update.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Must outlive imgb_loader_run.  {update, configs, count} */
typedef struct imgb_loader_updater {
  imgb_update_t *update;
  const imgb_update_config_t *configs; /* that are tried in turn; several: each with ids of its own */
  uint8_t count;
  uint8_t which;   /* the one that the package is for */
  uint8_t is_done; /* set when an update has become the partition's */
} imgb_loader_updater_t;

/* ctx of each: the imgb_loader_updater_t.  Stack and results: those of the updater's functions. */
static inline int imgb_loader_update_begin(void *ctx) {
  imgb_loader_updater_t *u = (imgb_loader_updater_t *)ctx;
  u->which = 0;
  return imgb_update_begin(u->update, u->configs);
}

/* A package for something else goes to the next partition: its header is in the first block of 1024 bytes. */
static inline int imgb_loader_update_take(void *ctx, uint32_t offset, const uint8_t *bytes, uint32_t length) {
  imgb_loader_updater_t *u = (imgb_loader_updater_t *)ctx;
  int next, r = imgb_update_feed(u->update, offset, bytes, length);
  while (r <= IMGB_UPDATE_ERR_PRODUCT && r >= IMGB_UPDATE_ERR_PARTITION && u->which + 1u < u->count) {
    next = imgb_update_begin(u->update, u->configs + ++u->which);
    if (next == IMGB_OK) next = imgb_update_feed(u->update, offset, bytes, length);
    if (next > IMGB_UPDATE_ERR_PRODUCT || next < r) r = next; /* else the one that fits best tells why not */
  }
  return r;
}

static inline uint32_t imgb_loader_update_wanted(void *ctx) {
  return imgb_update_wanted(((imgb_loader_updater_t *)ctx)->update);
}

static inline int imgb_loader_update_finish(void *ctx) {
  imgb_loader_updater_t *u = (imgb_loader_updater_t *)ctx;
  int r = imgb_update_finish(u->update);
  if (r == IMGB_OK) u->is_done = 1;
  return r;
}

/* Initialiser of an imgb_loader_sink_t. */
#define IMGB_LOADER_UPDATER(updater)                                                                         \
  {                                                                                                          \
    imgb_loader_update_begin, imgb_loader_update_take, imgb_loader_update_wanted, imgb_loader_update_finish, \
        (updater)                                                                                            \
  }

#ifdef __cplusplus
}
#endif
#endif
