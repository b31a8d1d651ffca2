/* imgb_external_ram.c - front end for scripts of OpenOCD and gdb: one job per run.  SPDX-License-Identifier:
 * MIT
 *
 * The contract with scripts stands in README.md.  ram.ld places mailbox, buffer and stack.
 */
#include "imgb_external.h"

typedef struct imgb_ram_job {
  uint32_t command, address, length, buffer;
  int32_t result;
  uint32_t failed_at, jedec_id;
} imgb_ram_job_t;

enum { COMMAND_INIT = 1, COMMAND_ERASE, COMMAND_PROGRAM, COMMAND_VERIFY };

#define ERR_COMMAND (-1200) /* no such command */

extern IMGB_EXTERNAL_SECTION(".imgb_ram_job") imgb_ram_job_t imgb_ram_job;
imgb_ram_job_t imgb_ram_job;

void imgb_ram_run(void);

static void clear_variables(void) {
#if defined(__arm__)
  extern uint32_t imgb_external_bss[], imgb_external_bss_end[];
  volatile uint32_t *word;
  for (word = imgb_external_bss; word < imgb_external_bss_end; word++) *word = 0;
#endif
}

static int run(const imgb_ram_job_t *job, imgb_external_fault_t *fault) {
  void *data = (void *)(uintptr_t)job->buffer;
  if (job->command == COMMAND_INIT) {
    clear_variables();
    return imgb_external_start(fault);
  }
  if (job->command == COMMAND_ERASE) return imgb_external_erase(job->address, job->length, fault);
  if (job->command == COMMAND_PROGRAM) return imgb_external_program(job->address, data, job->length, fault);
  if (job->command == COMMAND_VERIFY) return imgb_external_verify(job->address, data, job->length, fault);
  return ERR_COMMAND;
}

void imgb_ram_run(void) {
  imgb_external_fault_t fault = {0, 0};
  imgb_ram_job.result = run(&imgb_ram_job, &fault);
  imgb_ram_job.failed_at = fault.failed_at;
  imgb_ram_job.jedec_id = fault.jedec_id;
}

#if defined(__arm__) && defined(__GNUC__)
/* Interrupts of the firmware that was stopped would run its handlers. */
IMGB_EXTERNAL_API __attribute__((naked)) void imgb_ram_entry(void);
void imgb_ram_entry(void) {
  __asm__ volatile(
      "cpsid i\n"
      "ldr r0, =imgb_ram_stack_top\n"
      "mov sp, r0\n"
      "bl imgb_ram_run\n"
      "1: bkpt #0\n"
      "b 1b\n"
      ".ltorg\n");
}
#endif
