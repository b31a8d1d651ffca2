/* serial.c - imgb_loader behind a socket, with the updater as its sink.  SPDX-License-Identifier: MIT
 *
 * A serial port is the same but for the two functions that carry bytes. */
#define _POSIX_C_SOURCE 200112L
#include "serial.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "imgb_loader_update.h"

#define CALLERS 5
#define LINE_CLOSED (-1000)

typedef struct line {
  int socket;
  size_t taken, have;
  uint8_t bytes[2048];
} line_t;

static int get(void *ctx, uint32_t timeout_ms) {
  line_t *line = ctx;
  if (line->taken == line->have) {
    struct pollfd waiting = {line->socket, POLLIN, 0};
    ssize_t n;
    if (poll(&waiting, 1, (int)timeout_ms) != 1) return IMGB_LOADER_QUIET;
    n = recv(line->socket, line->bytes, sizeof line->bytes, 0);
    if (n <= 0) return LINE_CLOSED;
    line->have = (size_t)n;
    line->taken = 0;
  }
  return line->bytes[line->taken++];
}

static int put(void *ctx, const uint8_t *bytes, uint32_t length) {
  const line_t *line = ctx;
  return send(line->socket, bytes, length, MSG_NOSIGNAL) == (ssize_t)length ? 0 : LINE_CLOSED;
}

static int listen_at(const char *host, const char *port) {
  struct addrinfo hints, *found = NULL;
  struct sockaddr_storage own;
  socklen_t length = sizeof own;
  char number[8];
  int s = -1, yes = 1;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  if (getaddrinfo(host, port, &hints, &found) != 0) return -1;
  s = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
  if (s >= 0) (void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (s >= 0 &&
      (bind(s, found->ai_addr, found->ai_addrlen) != 0 || listen(s, 1) != 0 ||
       getsockname(s, (struct sockaddr *)&own, &length) != 0 ||
       getnameinfo((struct sockaddr *)&own, length, NULL, 0, number, sizeof number, NI_NUMERICSERV) != 0)) {
    close(s);
    s = -1;
  }
  freeaddrinfo(found);
  if (s >= 0) printf("listening at port %s\n", number);
  (void)fflush(stdout);
  return s;
}

int serial_is_address(const char *url) {
  return strncmp(url, "loader://", 9) == 0;
}

int serial_take(const char *url, imgb_update_t *update, const imgb_update_config_t *config) {
  static line_t line;
  imgb_loader_updater_t updater = {update, config, 1, 0, 0};
  const imgb_loader_sink_t sink = IMGB_LOADER_UPDATER(&updater);
  static imgb_loader_t loader;
  char host[128], port[8];
  int listener, idle = 0, r = IMGB_UPDATE_ERR_INCOMPLETE;
  if (sscanf(url, "loader://%127[^:/]:%7[0-9]", host, port) != 2) return -1;
  listener = listen_at(host, port);
  if (listener < 0) return -1;
  loader.get = get;
  loader.put = put;
  loader.ctx = &line;
  loader.board = "ota-device";
  loader.sink = &sink;
  while (r == IMGB_UPDATE_ERR_INCOMPLETE && idle < CALLERS) {
    uint32_t before = imgb_update_wanted(update);
    line.socket = accept(listener, NULL, NULL);
    line.taken = line.have = 0;
    if (line.socket >= 0 && imgb_loader_run(&loader) != IMGB_OK) {
      printf("the line was closed, %lu bytes wanted next\n", (unsigned long)imgb_update_wanted(update));
    }
    if (line.socket >= 0) close(line.socket);
    if (updater.is_done != 0)
      r = IMGB_OK;
    else if (loader.status < 0 && loader.status > LINE_CLOSED)
      r = loader.status; /* the updater's */
    idle = imgb_update_wanted(update) == before ? idle + 1 : 0;
  }
  close(listener);
  return r;
}
