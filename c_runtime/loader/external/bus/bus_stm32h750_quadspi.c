/* bus_stm32h750_quadspi.c - bus functions for an STM32H743/750 with the flash on QUADSPI, memory mapped.
 * SPDX-License-Identifier: MIT
 *
 * Pins of the Daisy Seed: CLK PF10, NCS PG6, IO0 PF8, IO1 PF9, IO2 PF7, IO3 PF6.  ST's RM0433: "RCC register
 * description", "GPIO registers", and of the chapter on QUADSPI "QUADSPI indirect mode", "QUADSPI
 * memory-mapped mode" and "QUADSPI registers"; addresses and bits as in ST's header stm32h743xx.h, too.
 * Alternate functions: data sheet of the STM32H750, "Port F" and "Port G alternate functions".
 *
 * One data line: it works whether or not the chip's quad enable bit is set.  The controller then
 * drives IO3 (hold) high and IO2 (write protect, which concerns the status register only) low.  The clock
 * stays as it is: after a reset 64 MHz and 8 MHz on the wires, at most 240 and 30 MHz.
 */
#include "imgb_bus_registers.h"
#include "imgb_external.h"
#include "imgb_external_board.h"

#define RCC 0x58024400u
#define RCC_D1CCIPR (RCC + 0x4Cu) /* clock of QUADSPI: bits 5:4, 0 is hclk3 */
#define RCC_AHB3RSTR (RCC + 0x7Cu)
#define RCC_AHB3ENR (RCC + 0xD4u)
#define RCC_AHB4ENR (RCC + 0xE0u)
#define QUADSPI_CLOCK ((uint32_t)1 << 14)
#define QUADSPI_SOURCE_MASK 0x30u
#define GPIO_CLOCKS 0x60u /* F, G */

#define GPIOF 0x58021400u
#define GPIOG 0x58021800u
#define MODER 0x00u
#define OSPEEDR 0x08u
#define AFRL 0x20u
#define AFRH 0x24u

#define QUADSPI 0x52005000u
#define CR (QUADSPI + 0x00u)
#define DCR (QUADSPI + 0x04u)
#define SR (QUADSPI + 0x08u)
#define FCR (QUADSPI + 0x0Cu)
#define DLR (QUADSPI + 0x10u)
#define CCR (QUADSPI + 0x14u)
#define AR (QUADSPI + 0x18u)
#define DR (QUADSPI + 0x20u)
#define CR_ENABLE 0x1u
#define CR_ABORT 0x2u
#define CR_CLOCK_BY_8 ((uint32_t)7 << 24)
#define DCR_HIGH_8_CLOCKS ((uint32_t)7 << 8) /* chip select between commands */
#define SR_COMPLETE 0x02u                    /* TCF */
#define SR_FIFO 0x04u                        /* FTF: a byte is there, or a byte has room */
#define SR_BUSY 0x20u
#define FCR_ALL 0x1Bu
#define CCR_COMMAND_1 ((uint32_t)1 << 8) /* on one line */
#define CCR_ADDRESS_1 ((uint32_t)1 << 10)
#define CCR_DATA_1 ((uint32_t)1 << 24)
#define CCR_READ ((uint32_t)1 << 26)
#define CCR_MAPPED ((uint32_t)3 << 26)
#define CCR_ADDRESS_BYTES(n) (((uint32_t)(n)-1u) << 12)
#define CCR_DUMMY_BYTES(n) (((uint32_t)(n)*8u) << 18)

#define FAST_READ 0x0Bu
#define FAST_READ_4 0x0Cu /* with 4 address bytes */
#define DUMMY_BYTES_MAX 3u

#define ERR_QUADSPI (-1001) /* the controller does not move: no clock? */
#define LOOKS_MAX 100000u

static int wait_for(uint32_t address, uint32_t mask, uint32_t wanted) {
  uint32_t looks;
  for (looks = 0; looks < LOOKS_MAX; looks++) {
    if ((BUS_READ32(address) & mask) == wanted) return 0;
  }
  return ERR_QUADSPI;
}

static int move_data(const imgb_nor_transfer_t *t) {
  uint32_t i;
  for (i = 0; i < t->length; i++) {
    if (wait_for(SR, SR_FIFO, SR_FIFO) != 0) return ERR_QUADSPI;
    if (t->is_sending != 0)
      BUS_WRITE8(DR, t->data[i]);
    else
      t->data[i] = BUS_READ8(DR);
  }
  return 0;
}

static int transfer(void *ctx, const imgb_nor_transfer_t *t) {
  uint32_t command = t->command | CCR_COMMAND_1;
  int r;
  (void)ctx;
  if (t->dummy_bytes > DUMMY_BYTES_MAX || wait_for(SR, SR_BUSY, 0) != 0) return ERR_QUADSPI;
  BUS_WRITE32(FCR, FCR_ALL);
  if (t->address_bytes != 0) command |= CCR_ADDRESS_1 | CCR_ADDRESS_BYTES(t->address_bytes);
  command |= CCR_DUMMY_BYTES(t->dummy_bytes);
  if (t->length != 0) {
    BUS_WRITE32(DLR, t->length - 1u);
    command |= CCR_DATA_1 | (t->is_sending != 0 ? 0 : CCR_READ);
  }
  BUS_WRITE32(CCR, command); /* starts a command without an address, unless data is sent */
  if (t->address_bytes != 0) BUS_WRITE32(AR, t->address);
  r = move_data(t);
  if (r == 0) r = wait_for(SR, SR_COMPLETE, SR_COMPLETE);
  BUS_WRITE32(FCR, FCR_ALL);
  return r != 0 ? r : wait_for(SR, SR_BUSY, 0);
}

static int set_mapped(void *ctx, int is_mapped) {
  const imgb_nor_t *nor = (const imgb_nor_t *)ctx;
  uint32_t bytes = nor->chip.read >> 8 & 7u;
  if (!is_mapped) { /* what the window prefetches is broken off */
    BUS_WRITE32(CR, BUS_READ32(CR) | CR_ABORT);
    if (wait_for(CR, CR_ABORT, 0) != 0) return ERR_QUADSPI;
  }
  if (wait_for(SR, SR_BUSY, 0) != 0) return ERR_QUADSPI;
  if (is_mapped) {
    BUS_WRITE32(FCR, FCR_ALL);
    BUS_WRITE32(CCR, (bytes == 4u ? FAST_READ_4 : FAST_READ) | CCR_COMMAND_1 | CCR_ADDRESS_1 |
                         CCR_ADDRESS_BYTES(bytes) | CCR_DUMMY_BYTES(1) | CCR_DATA_1 | CCR_MAPPED);
  }
  return 0;
}

static void change(uint32_t address, uint32_t mask, uint32_t value) {
  BUS_WRITE32(address, (BUS_READ32(address) & ~mask) | value);
}

static uint32_t size_exponent(uint32_t bytes) {
  uint32_t exponent = 0;
  while (bytes > 1u) {
    bytes >>= 1;
    exponent++;
  }
  return exponent;
}

int imgb_external_bus_start(void) {
  change(RCC_AHB4ENR, GPIO_CLOCKS, GPIO_CLOCKS);
  change(RCC_D1CCIPR, QUADSPI_SOURCE_MASK, 0);
  change(RCC_AHB3ENR, QUADSPI_CLOCK, QUADSPI_CLOCK);
  (void)BUS_READ32(RCC_AHB3ENR); /* the clock is on two cycles later */
  change(RCC_AHB3RSTR, QUADSPI_CLOCK, QUADSPI_CLOCK);
  change(RCC_AHB3RSTR, QUADSPI_CLOCK, 0);
  change(GPIOF + AFRL, 0xFF000000u, 0x99000000u);    /* PF6, PF7: function 9 */
  change(GPIOF + AFRH, 0x00000FFFu, 0x000009AAu);    /* PF8, PF9: 10; PF10: 9 */
  change(GPIOG + AFRL, 0x0F000000u, 0x0A000000u);    /* PG6: 10 */
  change(GPIOF + OSPEEDR, 0x003FF000u, 0x002AA000u); /* high speed */
  change(GPIOG + OSPEEDR, 0x00003000u, 0x00002000u);
  change(GPIOF + MODER, 0x003FF000u, 0x002AA000u); /* alternate functions */
  change(GPIOG + MODER, 0x00003000u, 0x00002000u);
  BUS_WRITE32(DCR, (size_exponent(IMGB_EXTERNAL_SIZE) - 1u) << 16 | DCR_HIGH_8_CLOCKS);
  BUS_WRITE32(CR, CR_CLOCK_BY_8 | CR_ENABLE);
  return 0;
}

void imgb_external_bus_attach(imgb_nor_t *nor) {
  nor->transfer = transfer;
  nor->set_mapped = set_mapped;
  nor->ctx = nor;
}
