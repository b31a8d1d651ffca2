/* update_parts.c - SHA-256, and what the verify callback sees.  SPDX-License-Identifier: MIT
 *
 * update_parts sha FILE: the digests of its first 0, 1, 2 ... bytes are compared with the 32 bytes each that
 * follow on stdin; prints how many fit.
 * update_parts verify FILE: feeds a package twice, refused and taken; prints message, signature, results and
 * erases. */
#include "imgb_update_priv.h"

#include "update_bytes.h"

#define SECTOR 4096u
#define PARTITION (64u * SECTOR)

static uint8_t flash[PARTITION];
static uint32_t erases;
static int verdict;

static int read_flash(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  (void)ctx;
  memcpy(buffer, flash + offset, length);
  return 0;
}

static int erase_flash(void *ctx, uint32_t offset, uint32_t length) {
  (void)ctx;
  erases++;
  memset(flash + offset, 0xFF, length);
  return 0;
}

static int program_flash(void *ctx, uint32_t offset, const void *data, uint32_t length) {
  (void)ctx;
  memcpy(flash + offset, data, length);
  return 0;
}

static void print_hex(const char *name, const uint8_t *bytes, uint32_t length) {
  printf("%s ", name);
  while (length-- != 0) printf("%02x", *bytes++);
  printf("\n");
}

static int verify(void *ctx, const uint8_t *message, uint32_t message_bytes, const uint8_t *signature,
                  uint32_t signature_bytes) {
  if (verdict != 0) {
    print_hex("message", message, message_bytes);
    print_hex("signature", signature, signature_bytes);
  }
  return ctx == flash ? verdict : -1;
}

static int check_digests(const bytes_t *file) {
  imgb_sha256_t sha;
  uint8_t digest[32];
  uint32_t length, good = 0;
  for (length = 0; length <= file->length && fread(digest, 1, 32, stdin) == 32; length++) {
    imgb_priv_sha256_begin(&sha);
    imgb_priv_sha256_add(&sha, file->data, length / 2u);
    imgb_priv_sha256_add(&sha, file->data + length / 2u, length - length / 2u);
    good += (uint32_t)imgb_priv_sha256_is(&sha, digest);
  }
  printf("%u\n", good);
  return 0;
}

static int check_signature(const bytes_t *package) {
  static const imgb_partition_t slots = IMGB_PARTITION_SLOTS(PARTITION, SECTOR);
  static imgb_update_config_t config;
  static imgb_update_t update;
  int r;
  memset(flash, 0xFF, sizeof flash);
  config.io.read = read_flash;
  config.io.size = PARTITION;
  config.erase = erase_flash;
  config.program = program_flash;
  config.partition = slots;
  config.verify = verify;
  config.verify_ctx = flash;
  for (verdict = 1; verdict >= 0; verdict--) {
    r = imgb_update_begin(&update, &config);
    if (r == IMGB_OK) r = imgb_update_feed(&update, 0, package->data, package->length);
    if (r == IMGB_OK) r = imgb_update_finish(&update);
    printf("result %d erases %u\n", r, erases);
  }
  return 0;
}

int main(int argc, char **argv) {
  bytes_t file;
  int r;
  if (argc != 3) return 1;
  file = load_bytes(argv[2]);
  r = strcmp(argv[1], "sha") == 0 ? check_digests(&file) : check_signature(&file);
  free(file.data);
  return r;
}
