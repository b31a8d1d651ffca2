/* settings_rig.h - settings on chips in host memory: the strict NOR chip, an FRAM, an EEPROM.
 * SPDX-License-Identifier: MIT
 *
 * One of everything: the tests' programs use it one after the other.  rig_fail ends the program with a text.
 */
#ifndef SETTINGS_RIG_H
#define SETTINGS_RIG_H

#include <stdint.h>

#include "imgb_settings.h"

#define RIG_OFF (-1999) /* the power is gone */
#define RIG_KEYS 40

enum rig_cut { RIG_CUT_BEFORE, RIG_CUT_PART, RIG_CUT_AFTER };

typedef struct rig_snapshot rig_snapshot_t;

/* What a device is expected to hold: value i has the kind kind_of(i), length -1: not stored. */
typedef struct rig_value {
  int length;
  uint8_t bytes[256];
} rig_value_t;

/* "4k", "64k", "mixed", "sst25", "fram", "eeprom": a chip with an area and other bytes around it. */
void rig_open(const char *geometry);
void rig_close(void);
extern imgb_settings_t rig_settings;

/* Starts the drivers. */
int rig_start(void);
/* Starts up: the drivers, then mounts. */
int rig_boot(void);
/* The settings' reads go past the wires (as if mapped), or over them again. */
void rig_read_mapped(int is_mapped);

uint32_t rig_operations(void); /* programs and erases since power-up or restoring */
void rig_cut_at(uint32_t operation, int how);
int rig_is_off(void);
void rig_power_up(void);
rig_snapshot_t *rig_new_snapshot(void); /* two at a time; rig_close frees them */
void rig_save(rig_snapshot_t *snapshot);
void rig_restore(const rig_snapshot_t *snapshot);
uint8_t *rig_cells(void); /* of the whole chip */
uint32_t rig_area_bytes(void);
uint32_t rig_erases(void);           /* erases of parts of the area since rig_open */
uint32_t rig_programmed_bytes(void); /* bytes programmed into the area since rig_open */
uint32_t rig_reads(void), rig_read_bytes(void);
struct nor_chip *rig_chip(void); /* NULL: none */
struct nor_bus *rig_bus(void);   /* the first driver */

/* Fails if a rule of the chip was broken, or a byte outside the area changed. */
void rig_check_rules(const char *when);
void rig_fail(const char *format, ...);

/* --- the workload --- */

extern rig_value_t rig_model[RIG_KEYS];
uint32_t rig_key(int i);
uint8_t rig_kind(int i);
/* Value number n of a run: which key, and what it becomes. */
int rig_pick(uint32_t n, rig_value_t *value);
int rig_set(int i, const rig_value_t *value);
/* Whether value i is stored like this. */
int rig_holds(int i, const rig_value_t *value);
/* Every value but number `but` (-1: none) is as rig_model says. */
void rig_check_all(int but, const char *when);

#endif
