// spark_core_spi.ino - reads and writes the Spark Core's own flash chip from a program of yours.
// SPDX-License-Identifier: MIT
//
// The SST25VF016B beside the STM32F103 hangs on SPI2, not on the pins of the header:
//
//     SCK   PB13
//     MISO  PB14
//     MOSI  PB15
//     CS    PB9   of the flash
//     CS    PB12  of the CC3000 Wi-Fi chip on the same three wires: it stays high here
//
// The system firmware has set SPI2 up and uses it for Wi-Fi from an interrupt and by DMA. A transfer keeps
// interrupts off; use it with Wi-Fi off (SYSTEM_MODE(MANUAL)), or take the system's own functions instead.
//
// Below 0x80000 lie the device's keys, the factory image and the update: the driver is told only of the free
// part and refuses everything else by itself.
//
// Put imgb_nor.c, imgb_nor.h and imgb.h (c_runtime/src) beside this file.

#include "application.h"
#include "imgb_nor.h"

static const uint32_t REGION_OFFSET = 0x80000;
static const uint32_t REGION_BYTES = 0x180000;
static const uint32_t FLASH_CS = 1u << 9;    // PB9
static const uint32_t WIFI_CS = 1u << 12;    // PB12
static const uint16_t SPI_RECEIVED = 1u << 0;
static const uint16_t SPI_EMPTY = 1u << 1;
static const uint16_t SPI_BUSY = 1u << 7;

static uint8_t exchange(uint8_t out) {
  while ((SPI2->SR & SPI_EMPTY) == 0) {
  }
  SPI2->DR = out;
  while ((SPI2->SR & SPI_RECEIVED) == 0) {
  }
  return (uint8_t)SPI2->DR;
}

static int transfer(void *, const imgb_nor_transfer_t *t) {
  noInterrupts();
  GPIOB->BSRR = WIFI_CS;
  GPIOB->BRR = FLASH_CS;
  exchange(t->command);
  for (uint8_t n = t->address_bytes; n > 0; n--) exchange((uint8_t)(t->address >> (8u * (n - 1u))));
  for (uint8_t n = t->dummy_bytes; n > 0; n--) exchange(0);
  for (uint32_t i = 0; i < t->length; i++) {
    if (t->is_sending) {
      exchange(t->data[i]);
    } else {
      t->data[i] = exchange(0);
    }
  }
  while ((SPI2->SR & SPI_BUSY) != 0) {
  }
  GPIOB->BSRR = FLASH_CS;
  interrupts();
  return 0;
}

// An erase takes 25 ms at the most.
static int wait(void *, uint32_t polls) {
  return polls > 100000;
}

static imgb_nor_t nor;
static uint8_t page[256];

static void report(const char *what, int result) {
  Serial.print(what);
  Serial.println((long)result, DEC);
}

void setup() {
  Serial.begin(9600);
  const imgb_nor_chip_t chip = IMGB_NOR_SST25(0xBF2541, 0x200000);
  nor.chip = chip;
  nor.transfer = transfer;
  nor.wait = wait;

  int r = imgb_nor_start(&nor, REGION_OFFSET, REGION_BYTES);
  report("start: ", r);
  Serial.print("JEDEC id ");
  Serial.println((long)nor.jedec_id, HEX);
  if (r != IMGB_OK) return;

  // The last sector of the free part; an image built for board spark-core begins at its first.
  const uint32_t address = REGION_OFFSET + REGION_BYTES - 4096;
  for (uint32_t i = 0; i < sizeof page; i++) page[i] = (uint8_t)i;
  report("erase: ", imgb_nor_erase(&nor, address, 4096));
  report("program: ", imgb_nor_program(&nor, address, page, sizeof page));
  report("read: ", imgb_nor_read(&nor, address, page, sizeof page));
  report("the keys are safe, this is refused: ", imgb_nor_erase(&nor, 0x1000, 4096));
}

void loop() {
  delay(1000);
}
