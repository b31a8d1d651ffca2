/* imgb_external_stldr.c - front end for STM32CubeProgrammer (.stldr).  SPDX-License-Identifier: MIT
 *
 * Names, structure and meaning: ST's UM0892 (STM32 ST-LINK utility), section 3.9, and ST's published loaders
 * (stm32-external-loader, Dev_Inf.h and Loader_Src.c).  Functions answer 1 when done and 0 when not.
 */
#include "imgb_external.h"
#include "imgb_external_board.h"

#define DONE 1
#define FAILED 0

typedef struct storage_sectors {
  uint32_t number, bytes;
} storage_sectors_t;

typedef struct storage_info { /* 200 bytes */
  char name[100];
  uint16_t type;
  uint32_t start, size, page_bytes;
  uint8_t erased;
  storage_sectors_t sectors[10]; /* ends with {0, 0} */
} storage_info_t;

#define TYPE_NOR_FLASH 3 /* mapped: the tool may read by itself */
#define TYPE_SPI_FLASH 7

extern IMGB_EXTERNAL_SECTION(".Dev_Inf") const storage_info_t StorageInfo;
const storage_info_t StorageInfo = {IMGB_EXTERNAL_NAME,
                                    IMGB_EXTERNAL_IS_MAPPED ? TYPE_NOR_FLASH : TYPE_SPI_FLASH,
                                    IMGB_EXTERNAL_BASE,
                                    IMGB_EXTERNAL_SIZE,
                                    IMGB_EXTERNAL_PAGE_BYTES,
                                    0xFF,
                                    {IMGB_EXTERNAL_STLDR_SECTORS, {0, 0}}};

/* uint32_t in place of pointers where the tool's prototypes have it. */
IMGB_EXTERNAL_API int Init(void);
IMGB_EXTERNAL_API int Read(uint32_t address, uint32_t length, uint8_t *buffer);
IMGB_EXTERNAL_API int Write(uint32_t address, uint32_t length, uint8_t *buffer);
IMGB_EXTERNAL_API int SectorErase(uint32_t first, uint32_t last);
IMGB_EXTERNAL_API int MassErase(uint32_t parallelism);
IMGB_EXTERNAL_API uint32_t CheckSum(uint32_t address, uint32_t length, uint32_t sum);
IMGB_EXTERNAL_API uint64_t Verify(uint32_t address, uint32_t buffer, uint32_t words, uint32_t misalignment);

static int answer(int result) {
  return result == IMGB_OK ? DONE : FAILED;
}

/* Variables of the bus functions: tools load the file's bytes and clear nothing. */
static void clear_variables(void) {
#if defined(__arm__)
  extern uint32_t imgb_external_bss[], imgb_external_bss_end[];
  volatile uint32_t *word;
  for (word = imgb_external_bss; word < imgb_external_bss_end; word++) *word = 0;
#endif
}

int Init(void) {
  imgb_external_fault_t fault;
  clear_variables();
  return answer(imgb_external_start(&fault));
}

int Read(uint32_t address, uint32_t length, uint8_t *buffer) {
  return answer(imgb_external_read(address, buffer, length));
}

int Write(uint32_t address, uint32_t length, uint8_t *buffer) {
  imgb_external_fault_t fault;
  return answer(imgb_external_program(address, buffer, length, &fault));
}

/* All sectors that hold a byte of first to last, as ST's loaders do; nothing if one of them is not free. */
int SectorErase(uint32_t first, uint32_t last) {
  imgb_external_fault_t fault;
  uint32_t begin = 0, end = 0, bytes;
  if (last < first || imgb_external_sector(first, &begin) == 0) return FAILED;
  bytes = imgb_external_sector(last, &end);
  if (bytes == 0) return FAILED;
  return answer(imgb_external_erase(begin, end - begin + bytes, &fault));
}

/* The region, not the chip. */
int MassErase(uint32_t parallelism) {
  imgb_external_fault_t fault;
  (void)parallelism;
  return answer(imgb_external_erase_region(&fault));
}

uint32_t CheckSum(uint32_t address, uint32_t length, uint32_t sum) {
  int is_other;
  (void)imgb_external_sum(address, length, 0xFF, &sum, &is_other); /* there is no way to tell of an error */
  return sum;
}

/* Lower word: 0, or the address of the first difference.  Upper word: the sum of the bytes, less those at
 * both ends that misalignment counts. */
uint64_t Verify(uint32_t address, uint32_t buffer, uint32_t words, uint32_t misalignment) {
  imgb_external_fault_t fault;
  uint32_t length = 4u * words, before = misalignment & 15u, behind = misalignment >> 16 & 15u;
  uint64_t sum = length < behind ? 0 : (uint64_t)CheckSum(address + before, length - behind, 0) << 32;
  int r = imgb_external_verify(address, (const void *)(uintptr_t)buffer, length, &fault);
  return r == IMGB_OK ? sum : sum | fault.failed_at;
}
