#include "imgb_external.h"

static int transfer(void *ctx, const imgb_nor_transfer_t *t) {
  (void)ctx;
  (void)t;
  return 0;
}

typedef int (*transfer_t)(void *ctx, const imgb_nor_transfer_t *t);
static const transfer_t transfers[2] = {0, transfer};

int imgb_external_bus_start(void) {
  return 0;
}

void imgb_external_bus_attach(imgb_nor_t *nor) {
  nor->transfer = transfers[nor->chip.size & 1];
}
