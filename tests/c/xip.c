/* xip.c - the guard of imgb_xip.h with a made-up part: every step is written down, in order.
 * SPDX-License-Identifier: MIT
 *
 * Prints one line for each case: its name, the steps, the result.
 * Steps: m mask, u unmask, l leave, e enter, i invalidate(address,length), j job, L lost. */
#include "imgb_xip.h"

#include <stdio.h>
#include <string.h>

typedef struct part {
  char steps[200];
  imgb_xip_t xip;
  int leave_result, enter_failures, lost_gives_up, job_result;
  int is_nested, is_called_back; /* the job runs a job; leave calls the guard */
  uint32_t wrote[2][2];
} part_t;

static void note(part_t *p, const char *step) {
  strcat(p->steps, step);
}

static uint32_t mask(void *ctx) {
  note((part_t *)ctx, "m");
  return 0x5A;
}

static void unmask(void *ctx, uint32_t state) {
  note((part_t *)ctx, state == 0x5A ? "u" : "U");
}

static int job(void *arg) {
  part_t *p = (part_t *)arg;
  int i, r;
  note(p, "j");
  for (i = 0; i < 2; i++) imgb_xip_wrote(&p->xip, p->wrote[i][0], p->wrote[i][1]);
  if (p->is_nested) {
    p->is_nested = 0;
    r = imgb_xip_run(&p->xip, job, p);
    if (r != IMGB_OK) return r;
  }
  return p->job_result;
}

static int leave(void *ctx) {
  part_t *p = (part_t *)ctx;
  note(p, "l");
  if (p->is_called_back) {
    p->is_called_back = 0;
    if (imgb_xip_run(&p->xip, job, p) == IMGB_XIP_ERR_ORDER) note(p, "!");
  }
  return p->leave_result;
}

static int enter(void *ctx) {
  part_t *p = (part_t *)ctx;
  note(p, "e");
  return p->enter_failures-- > 0 ? -1600 : IMGB_OK;
}

static void invalidate(void *ctx, uint32_t address, uint32_t length) {
  char text[32];
  (void)sprintf(text, "i(%lx,%lx)", (unsigned long)address, (unsigned long)length);
  note((part_t *)ctx, text);
}

static int lost(void *ctx, int code) {
  part_t *p = (part_t *)ctx;
  note(p, "L");
  return p->lost_gives_up ? code : 0;
}

static part_t fresh(void) {
  part_t p;
  memset(&p, 0, sizeof p);
  p.xip.mask = mask;
  p.xip.unmask = unmask;
  p.xip.leave = leave;
  p.xip.enter = enter;
  p.xip.invalidate = invalidate;
  return p;
}

static void show(const char *name, part_t *p) {
  int r;
  p->xip.ctx = p;
  r = imgb_xip_run(&p->xip, job, p);
  printf("%s: %s %d\n", name, p->steps, r);
}

int main(void) {
  part_t p = fresh();
  show("in order", &p);
  p = fresh();
  p.wrote[0][0] = 0x1005, p.wrote[0][1] = 0x30, p.wrote[1][0] = 0x1100, p.wrote[1][1] = 1;
  p.xip.line_bytes = 32;
  show("written", &p);
  p = fresh();
  p.wrote[0][0] = 0xFFFFFFF0u, p.wrote[0][1] = 0x20;
  show("past the end", &p);
  p = fresh();
  p.wrote[0][0] = 7, p.wrote[0][1] = 2;
  p.xip.invalidate = NULL;
  show("no caches", &p);
  p = fresh();
  p.is_nested = 1;
  p.wrote[0][0] = 0x40, p.wrote[0][1] = 0x10;
  show("nested", &p);
  p = fresh();
  p.job_result = -1107;
  p.wrote[0][0] = 0x40, p.wrote[0][1] = 0x10;
  show("job fails", &p);
  p = fresh();
  p.is_nested = 1;
  p.job_result = -1107;
  show("nested job fails", &p);
  p = fresh();
  p.leave_result = -1500;
  show("leave fails", &p);
  p = fresh();
  p.enter_failures = 3;
  show("enter fails three times", &p);
  p = fresh();
  p.enter_failures = 3;
  p.job_result = -1107;
  p.xip.lost = lost;
  show("lost tries again", &p);
  p = fresh();
  p.enter_failures = 3;
  p.lost_gives_up = 1;
  p.xip.lost = lost;
  show("lost gives up", &p);
  p.steps[0] = 0;
  show("after that", &p);
  p = fresh();
  p.is_called_back = 1;
  show("called by a callback", &p);
  p = fresh();
  p.xip.enter = NULL;
  show("callback missing", &p);
  p = fresh();
  p.xip.ctx = &p;
  imgb_xip_wrote(&p.xip, 0, 64);
  show("written outside", &p);
  return 0;
}
