/* imgb_external_flm.c - front end for the tools that take CMSIS-Pack flash algorithms (.FLM).
 * SPDX-License-Identifier: MIT
 *
 * Names, structure and meaning: Open-CMSIS-Pack, "Flash Programming".  Functions answer 0 when done and 1
 * when not, Verify the address behind the bytes when they are equal, else that of the first difference.
 */
#include "imgb_external.h"
#include "imgb_external_board.h"

#define DONE 0
#define FAILED 1

typedef struct flash_sectors {
  uint32_t bytes, offset;
} flash_sectors_t;

typedef struct flash_device {
  uint16_t version; /* of the structure */
  char name[128];
  uint16_t type;
  uint32_t start, size, page_bytes, reserved;
  uint8_t erased;
  uint32_t program_ms, erase_ms;
  flash_sectors_t sectors[IMGB_EXTERNAL_FLM_SECTOR_ROWS + 1];
} flash_device_t;

#define VERSION 0x0101
#define TYPE_EXTERNAL_SPI 5

extern IMGB_EXTERNAL_SECTION("DevDscr") const flash_device_t FlashDevice;
const flash_device_t FlashDevice = {VERSION,
                                    IMGB_EXTERNAL_NAME,
                                    TYPE_EXTERNAL_SPI,
                                    IMGB_EXTERNAL_BASE,
                                    IMGB_EXTERNAL_SIZE,
                                    IMGB_EXTERNAL_PAGE_BYTES,
                                    0,
                                    0xFF,
                                    IMGB_EXTERNAL_PROGRAM_MS,
                                    IMGB_EXTERNAL_ERASE_MS,
                                    {IMGB_EXTERNAL_FLM_SECTORS, {0xFFFFFFFFu, 0xFFFFFFFFu}}};

IMGB_EXTERNAL_API int Init(uint32_t address, uint32_t clock, uint32_t function);
IMGB_EXTERNAL_API int UnInit(uint32_t function);
IMGB_EXTERNAL_API int EraseSector(uint32_t address);
IMGB_EXTERNAL_API int EraseChip(void);
IMGB_EXTERNAL_API int BlankCheck(uint32_t address, uint32_t length, uint8_t pattern);
IMGB_EXTERNAL_API int ProgramPage(uint32_t address, uint32_t length, const uint8_t *data);
IMGB_EXTERNAL_API uint32_t Verify(uint32_t address, uint32_t length, const uint8_t *data);

static int answer(int result) {
  return result == IMGB_OK ? DONE : FAILED;
}

int Init(uint32_t address, uint32_t clock, uint32_t function) {
  imgb_external_fault_t fault;
  (void)address;
  (void)clock;
  (void)function;
  return answer(imgb_external_start(&fault));
}

int UnInit(uint32_t function) {
  (void)function;
  return DONE;
}

/* address: the first of a sector. */
int EraseSector(uint32_t address) {
  imgb_external_fault_t fault;
  uint32_t begin = 0, bytes = imgb_external_sector(address, &begin);
  if (bytes == 0 || begin != address) return FAILED;
  return answer(imgb_external_erase(address, bytes, &fault));
}

/* The region, not the chip. */
int EraseChip(void) {
  imgb_external_fault_t fault;
  return answer(imgb_external_erase_region(&fault));
}

int BlankCheck(uint32_t address, uint32_t length, uint8_t pattern) {
  uint32_t sum = 0;
  int is_other = 0, r = imgb_external_sum(address, length, pattern, &sum, &is_other);
  return r == IMGB_OK && !is_other ? DONE : FAILED;
}

int ProgramPage(uint32_t address, uint32_t length, const uint8_t *data) {
  imgb_external_fault_t fault;
  return answer(imgb_external_program(address, data, length, &fault));
}

uint32_t Verify(uint32_t address, uint32_t length, const uint8_t *data) {
  imgb_external_fault_t fault;
  int r = imgb_external_verify(address, data, length, &fault);
  return r == IMGB_OK ? address + length : fault.failed_at;
}
