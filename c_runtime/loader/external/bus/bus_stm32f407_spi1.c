/* bus_stm32f407_spi1.c - bus functions for an STM32F405/407 with the flash on SPI1.
 * SPDX-License-Identifier: MIT
 *
 * SCK PA5, MISO PA6, MOSI PA7, chip select PA4; change the pins here where yours differ.  Registers: ST's
 * RM0090, sections 7.3 (RCC of the STM32F405/407), 8.4 (GPIO), 28.3.3 and 28.3.8 (SPI as a master, end of a
 * transfer), 28.5 (SPI registers); alternate function 5: data sheet of the STM32F407, "Alternate function
 * mapping".  The clock stays as it is: after a reset 16 MHz and 4 MHz on the wires, at most 84 and 21 MHz.
 */
#include "imgb_bus_registers.h"
#include "imgb_external.h"

#define RCC 0x40023800u
#define RCC_APB2RSTR (RCC + 0x24u) /* 7.3.9 */
#define RCC_AHB1ENR (RCC + 0x30u)  /* 7.3.10 */
#define RCC_APB2ENR (RCC + 0x44u)  /* 7.3.14 */
#define GPIOA_CLOCK 1u
#define SPI1_CLOCK ((uint32_t)1 << 12)

#define GPIOA 0x40020000u
#define GPIOA_MODER (GPIOA + 0x00u)   /* 8.4.1: two bits a pin; 1 output, 2 alternate function */
#define GPIOA_OSPEEDR (GPIOA + 0x08u) /* 8.4.3: two bits a pin; 2 high speed */
#define GPIOA_BSRR (GPIOA + 0x18u)    /* 8.4.7: lower half sets, upper half resets */
#define GPIOA_AFRL (GPIOA + 0x20u)    /* 8.4.9: four bits a pin */
#define CS_PIN 4u
#define PINS_MASK 0x0000FF00u          /* two bits of PA4 to PA7 each */
#define PINS_MODE 0x0000A900u          /* PA4 output, PA5 to PA7 alternate function */
#define PINS_SPEED 0x0000AA00u         /* high */
#define PINS_FUNCTION_MASK 0xFFF00000u /* four bits of PA5 to PA7 each */
#define PINS_FUNCTION 0x55500000u      /* SPI1 */

#define SPI1 0x40013000u
#define SPI1_CR1 (SPI1 + 0x00u) /* 28.5.1 */
#define SPI1_CR2 (SPI1 + 0x04u) /* 28.5.2 */
#define SPI1_SR (SPI1 + 0x08u)  /* 28.5.3 */
#define SPI1_DR (SPI1 + 0x0Cu)  /* 28.5.4 */
#define CR1_MASTER 0x0004u      /* mode 0 (CPOL, CPHA 0), 8 bits, highest bit first */
#define CR1_CLOCK_BY_4 0x0008u
#define CR1_ENABLE 0x0040u
#define CR1_SELECTED 0x0300u /* SSM, SSI: the NSS pin is not looked at */
#define SR_RECEIVED 0x0001u  /* RXNE */
#define SR_EMPTY 0x0002u     /* TXE */
#define SR_BUSY 0x0080u      /* BSY */

#define ERR_SPI (-1001) /* the controller does not move: no clock? */
#define LOOKS_MAX 100000u

static int wait_for(uint32_t mask, uint32_t wanted) {
  uint32_t looks;
  for (looks = 0; looks < LOOKS_MAX; looks++) {
    if ((BUS_READ32(SPI1_SR) & mask) == wanted) return 0;
  }
  return ERR_SPI;
}

static int exchange(uint8_t sent, uint8_t *received) {
  if (wait_for(SR_EMPTY, SR_EMPTY) != 0) return ERR_SPI;
  BUS_WRITE32(SPI1_DR, sent);
  if (wait_for(SR_RECEIVED, SR_RECEIVED) != 0) return ERR_SPI;
  *received = (uint8_t)BUS_READ32(SPI1_DR);
  return 0;
}

static int exchange_all(const imgb_nor_transfer_t *t) {
  uint8_t ignored, n;
  uint32_t i;
  int r = exchange(t->command, &ignored);
  for (n = t->address_bytes; r == 0 && n > 0; n--) {
    r = exchange((uint8_t)(t->address >> (8u * (n - 1u))), &ignored);
  }
  for (n = t->dummy_bytes; r == 0 && n > 0; n--) r = exchange(0, &ignored);
  for (i = 0; r == 0 && i < t->length; i++) {
    r = t->is_sending != 0 ? exchange(t->data[i], &ignored) : exchange(0, &t->data[i]);
  }
  return r;
}

static int transfer(void *ctx, const imgb_nor_transfer_t *t) {
  int r, end;
  (void)ctx;
  BUS_WRITE32(GPIOA_BSRR, (uint32_t)1 << (CS_PIN + 16u));
  r = exchange_all(t);
  end = wait_for(SR_EMPTY | SR_BUSY, SR_EMPTY); /* the last clock edge before chip select rises */
  BUS_WRITE32(GPIOA_BSRR, (uint32_t)1 << CS_PIN);
  return r != 0 ? r : end;
}

static void change(uint32_t address, uint32_t mask, uint32_t value) {
  BUS_WRITE32(address, (BUS_READ32(address) & ~mask) | value);
}

int imgb_external_bus_start(void) {
  change(RCC_AHB1ENR, GPIOA_CLOCK, GPIOA_CLOCK);
  change(RCC_APB2ENR, SPI1_CLOCK, SPI1_CLOCK);
  (void)BUS_READ32(RCC_APB2ENR); /* the clock is on two cycles later */
  change(RCC_APB2RSTR, SPI1_CLOCK, SPI1_CLOCK);
  change(RCC_APB2RSTR, SPI1_CLOCK, 0);
  BUS_WRITE32(GPIOA_BSRR, (uint32_t)1 << CS_PIN); /* high before it becomes an output */
  change(GPIOA_AFRL, PINS_FUNCTION_MASK, PINS_FUNCTION);
  change(GPIOA_OSPEEDR, PINS_MASK, PINS_SPEED);
  change(GPIOA_MODER, PINS_MASK, PINS_MODE);
  BUS_WRITE32(SPI1_CR2, 0);
  BUS_WRITE32(SPI1_CR1, CR1_MASTER | CR1_CLOCK_BY_4 | CR1_SELECTED);
  BUS_WRITE32(SPI1_CR1, CR1_MASTER | CR1_CLOCK_BY_4 | CR1_SELECTED | CR1_ENABLE);
  return 0;
}

void imgb_external_bus_attach(imgb_nor_t *nor) {
  nor->transfer = transfer;
}
