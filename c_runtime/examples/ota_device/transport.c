/* transport.c - HTTP/1.1 with ranges, and plain TCP, on POSIX sockets.  SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200112L
#include "transport.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SECONDS_MAX 10 /* without a byte: the connection counts as lost */

typedef struct url {
  char host[128], port[8], path[256];
  int is_http, is_ymodem;
} url_t;

static int parse(const char *text, url_t *url) {
  memset(url, 0, sizeof *url);
  url->is_http = strncmp(text, "http://", 7) == 0;
  if (url->is_http) return sscanf(text + 7, "%127[^:/]:%7[0-9]%255s", url->host, url->port, url->path) == 3;
  url->is_ymodem = strncmp(text, "ymodem://", 9) == 0;
  if (url->is_ymodem) return sscanf(text + 9, "%127[^:/]:%7[0-9]", url->host, url->port) == 2;
  return sscanf(text, "tcp://%127[^:/]:%7[0-9]", url->host, url->port) == 2;
}

static int connect_to(const url_t *url) {
  struct addrinfo hints, *found = NULL, *one;
  struct timeval limit = {SECONDS_MAX, 0};
  int s = -1;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(url->host, url->port, &hints, &found) != 0) return -1;
  for (one = found; one != NULL && s < 0; one = one->ai_next) {
    s = socket(one->ai_family, one->ai_socktype, one->ai_protocol);
    if (s >= 0 && connect(s, one->ai_addr, one->ai_addrlen) != 0) {
      close(s);
      s = -1;
    }
  }
  freeaddrinfo(found);
  if (s >= 0) (void)setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return s;
}

static int send_all(int s, const char *text) {
  size_t left = strlen(text);
  while (left != 0) {
    ssize_t n = send(s, text, left, MSG_NOSIGNAL);
    if (n <= 0) return -1;
    text += n;
    left -= (size_t)n;
  }
  return 0;
}

/* Reads up to the blank line; what is behind it stays in the buffer. */
static int read_answer(transport_t *t) {
  char *end = NULL;
  int status = 0;
  while (end == NULL) {
    ssize_t n = recv(t->socket, t->buffer + t->have, sizeof t->buffer - 1u - t->have, 0);
    if (n <= 0) return -1;
    t->have += (size_t)n;
    t->buffer[t->have] = '\0';
    end = strstr(t->buffer, "\r\n\r\n");
    if (end == NULL && t->have == sizeof t->buffer - 1u) return -1;
  }
  if (sscanf(t->buffer, "HTTP/1.%*d %d", &status) != 1) return -1;
  t->taken = (size_t)(end + 4 - t->buffer);
  return status;
}

/* 206: the range; 200: a server without ranges sends all. */
static int ask(transport_t *t, const url_t *url, uint32_t from) {
  char request[512];
  int n = snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nHost: %s\r\nRange: bytes=%lu-\r\nConnection: close\r\n\r\n", url->path,
                   url->host, (unsigned long)from);
  int status;
  if (n < 0 || (size_t)n >= sizeof request || send_all(t->socket, request) != 0) return -1;
  status = read_answer(t);
  t->has_ranges = status == 206;
  if (t->has_ranges) t->at = from;
  return status == 200 || status == 206 ? 0 : status > 0 ? -2 : -1;
}

int transport_open(transport_t *t, const char *text, uint32_t from) {
  url_t url;
  int r = 0;
  t->at = 0;
  t->has_ranges = 0;
  t->have = t->taken = 0;
  t->socket = -1;
  if (!parse(text, &url)) return -2;
  t->socket = connect_to(&url);
  if (t->socket < 0) return -1;
  t->requests++;
  t->is_ymodem = url.is_ymodem;
  if (url.is_http) r = ask(t, &url, from);
  if (url.is_ymodem) r = ymodem_begin(&t->ymodem, t->socket);
  if (r != 0) transport_close(t);
  return r;
}

size_t transport_read(transport_t *t, void *bytes, size_t most) {
  if (t->taken == t->have && t->is_ymodem) {
    const uint8_t *block = NULL;
    t->have = ymodem_read(&t->ymodem, &block);
    t->taken = 0;
    if (t->have != 0) memcpy(t->buffer, block, t->have);
  } else if (t->taken == t->have) {
    ssize_t n = recv(t->socket, t->buffer, sizeof t->buffer, 0);
    t->taken = 0;
    t->have = n > 0 ? (size_t)n : 0;
  }
  if (most > t->have - t->taken) most = t->have - t->taken;
  memcpy(bytes, t->buffer + t->taken, most);
  t->taken += most;
  t->at += (uint32_t)most;
  return most;
}

void transport_close(transport_t *t) {
  const uint8_t *rest;
  while (t->is_ymodem && t->socket >= 0 && ymodem_read(&t->ymodem, &rest) != 0) continue; /* to its end */
  if (t->socket >= 0) close(t->socket);
  t->socket = -1;
}
