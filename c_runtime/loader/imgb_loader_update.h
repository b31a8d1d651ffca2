/* imgb_loader_update.h - the updater as the loader's sink: packages by the serial loader.
 * SPDX-License-Identifier: MIT
 *
 *     static imgb_update_t update;
 *     static const imgb_update_config_t config = {...};            // imgb_update.h
 *     static imgb_loader_updater_t updater = {&update, &config};
 *     static const imgb_loader_sink_t sink = IMGB_LOADER_UPDATER(&updater);
 *     static imgb_loader_t loader = {.nor = &loader_nor, .sink = &sink, ...};
 *
 *     r = imgb_loader_run(&loader); // IMGB_OK and updater.is_done: open the pack again, or start anew
 *
 * The loader starts loader.nor for its own region before each command but those of packages.  Where the
 * partition is another range than that region, or the region has 0 bytes, the updater gets an imgb_nor_t of
 * its own, of the same chip with the same callbacks; it has to be started before imgb_loader_run.
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

/* Must outlive imgb_loader_run.  {update, config} */
typedef struct imgb_loader_updater {
  imgb_update_t *update;
  const imgb_update_config_t *config;
  uint8_t is_done; /* set when an update has become the partition's */
} imgb_loader_updater_t;

/* ctx of each: the imgb_loader_updater_t.  Stack and results: those of the updater's functions. */
static inline int imgb_loader_update_begin(void *ctx) {
  imgb_loader_updater_t *u = (imgb_loader_updater_t *)ctx;
  return imgb_update_begin(u->update, u->config);
}

static inline int imgb_loader_update_take(void *ctx, uint32_t offset, const uint8_t *bytes, uint32_t length) {
  return imgb_update_feed(((imgb_loader_updater_t *)ctx)->update, offset, bytes, length);
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
