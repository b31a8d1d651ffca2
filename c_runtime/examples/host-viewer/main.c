/* main.c - draws the demo screen out of an image file and writes it as PNG.  SPDX-License-Identifier: MIT
 *
 *     viewer ext.bin screen.png [pieces]
 *
 * It works as a small microcontroller would: the image is read by read() only, and the screen is drawn in
 * bands of 32 rows, so that the frame needs 15 KiB instead of 150.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo_assets.h"
#include "demo_screen.h"
#include "imgb.h"
#include "png.h"

#define BAND_ROWS 32 /* divides the screen's height */
#define READ_FAILED (IMGB_ERR_PORT - 1)

typedef int (*draw_t)(const imgb_pack_t *pack, const imgb_surface_t *surface, void *work,
                      uint32_t work_bytes);

/* --- port: a file (imgb_io_t) --- */

static int read_file(void *context, uint32_t offset, void *buffer, uint32_t length) {
  FILE *file = context;
  if (fseek(file, (long)offset, SEEK_SET) != 0 || fread(buffer, 1, length, file) != length) {
    return READ_FAILED;
  }
  return IMGB_OK;
}

static int size_of_file(FILE *file, uint32_t *size) {
  long end;
  if (fseek(file, 0, SEEK_END) != 0) {
    return READ_FAILED;
  }
  end = ftell(file);
  if (end < 0 || (unsigned long)end > 0xFFFFFFFFul) {
    return READ_FAILED;
  }
  *size = (uint32_t)end;
  return IMGB_OK;
}

static int open_pack(FILE *file, imgb_pack_t *pack) {
  imgb_io_t io = {read_file, NULL, NULL, 0, 1};
  int result = size_of_file(file, &io.size);
  io.ctx = file;
  if (result == IMGB_OK) {
    result = imgb_open(pack, &io, DEMO_PACK_ID);
  }
  if (result == IMGB_OK) {
    result = imgb_require(pack, DEMO_CONTRACT);
  }
  return result;
}

static int draw_bands(const imgb_pack_t *pack, draw_t draw, png_t *png) {
  static uint16_t band[DEMO_WIDTH_PX * BAND_ROWS];
  static uint8_t work[DEMO_WORK_BYTES];
  imgb_surface_t surface = {
      .pixels = band, .stride_px = DEMO_WIDTH_PX, .width = DEMO_WIDTH_PX, .height = BAND_ROWS};
  for (; surface.y0 < DEMO_HEIGHT_PX; surface.y0 += BAND_ROWS) {
    const int result = draw(pack, &surface, work, sizeof work);
    int row;
    if (result != IMGB_OK) {
      return result;
    }
    for (row = 0; row < BAND_ROWS; row++) {
      png_row(png, band + row * DEMO_WIDTH_PX, surface.y0 + row == DEMO_HEIGHT_PX - 1);
    }
  }
  return IMGB_OK;
}

/* Writes the PNG; a file that did not come out whole is removed. */
static int show(const char *image_path, const char *png_path, draw_t draw) {
  FILE *const image = fopen(image_path, "rb");
  FILE *const out = fopen(png_path, "wb");
  int status = EXIT_FAILURE;
  if (image == NULL || out == NULL) {
    perror(image == NULL ? image_path : png_path);
  } else {
    imgb_pack_t pack;
    png_t png;
    int result = open_pack(image, &pack);
    png_begin(&png, out, DEMO_WIDTH_PX, DEMO_HEIGHT_PX);
    if (result == IMGB_OK) {
      result = draw_bands(&pack, draw, &png);
    }
    if (result != IMGB_OK) {
      (void)fprintf(stderr, "%s: reader error %d (enum imgb_error in imgb.h)\n", image_path, result);
    } else if (png_end(&png) != 0 || fflush(out) != 0) {
      perror(png_path);
    } else {
      status = EXIT_SUCCESS;
    }
  }
  if (image != NULL) {
    (void)fclose(image);
  }
  if (out != NULL && fclose(out) != 0) {
    perror(png_path);
    status = EXIT_FAILURE;
  }
  if (out != NULL && status != EXIT_SUCCESS) {
    (void)remove(png_path);
  }
  return status;
}

int main(int argc, char **argv) {
  const int is_pieces = argc == 4 && strcmp(argv[3], "pieces") == 0;
  if (argc != 3 && !is_pieces) {
    (void)fprintf(stderr, "usage: viewer ext.bin screen.png [pieces]\n");
    return 2;
  }
  return show(argv[1], argv[2], is_pieces ? demo_draw_pieces : demo_draw);
}
