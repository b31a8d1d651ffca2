#include "imgb_external.h"

static int transfer(void *ctx, const imgb_nor_transfer_t *t) {
  (void)ctx;
  (void)t;
  return 0;
}

int imgb_external_bus_start(void) {
  return 0;
}

void imgb_external_bus_attach(imgb_nor_t *nor) {
  nor->transfer = transfer;
}
