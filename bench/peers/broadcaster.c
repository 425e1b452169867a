/* broadcaster - the least that a WebSocket chat can cost: one thread, epoll, one send() per delivery.
 *
 * build:  gcc -O2 -o broadcaster broadcaster.c
 * use:    ./broadcaster PORT
 *
 * The path is the room; a text frame goes to every socket of its room, its sender included, as it came. Nothing is
 * stored, nobody is asked who they are, and there is no order beyond TCP's: a floor to compare with, not a chat.
 * What a socket does not take waits in its own buffer; past 4 MiB the socket is closed.                            */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, MAX_FRAME = 64 * 1024, MAX_WAITING = 4 * 1024 * 1024, EVENTS = 512 };

typedef struct conn conn;
typedef struct room { char *path; conn **members; int n, size; struct room *next; } room;
struct conn { int fd, open, gone, at; room *in; uint8_t *buf; size_t len; uint8_t *out; size_t waiting; conn *next_gone; };

static int ep;
static room *rooms;
static conn *gone; /* freed after the events of this round: a later event may still name one of them */

/* SHA-1 (RFC 3174) and base64, for Sec-WebSocket-Accept alone */
static uint32_t rol(uint32_t v, int n) { return v << n | v >> (32 - n); }
static void sha1_block(uint32_t h[5], const uint8_t *p) {
  uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 80; i++) w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  for (int i = 0; i < 80; i++) {
    uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
    uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
    uint32_t t = rol(a, 5) + f + e + k + w[i];
    e = d; d = c; c = rol(b, 30); b = a; a = t;
  }
  h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e;
}
static void sha1(const char *text, size_t n, uint8_t digest[20]) { /* n < 120 */
  uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  uint8_t block[128] = {0};
  size_t whole = n < 56 ? 64 : 128;
  memcpy(block, text, n);
  block[n] = 0x80;
  for (int i = 0; i < 8; i++) block[whole - 1 - i] = (uint64_t)n * 8 >> 8 * i;
  for (size_t at = 0; at < whole; at += 64) sha1_block(h, block + at);
  for (int i = 0; i < 20; i++) digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
}
static void base64_20(const uint8_t in[20], char out[29]) {
  static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0, o = 0; i < 20; i += 3) {
    uint32_t v = in[i] << 16 | (i + 1 < 20 ? in[i + 1] << 8 : 0) | (i + 2 < 20 ? in[i + 2] : 0);
    out[o++] = set[v >> 18]; out[o++] = set[v >> 12 & 63]; out[o++] = set[v >> 6 & 63]; out[o++] = i + 2 < 20 ? set[v & 63] : '=';
  }
  out[28] = 0;
}

static void drop(conn *c) {
  if (c->gone) return;
  c->gone = 1;
  close(c->fd);
  if (c->in) { conn *last = c->in->members[--c->in->n]; c->in->members[c->at] = last; last->at = c->at; }
  c->next_gone = gone;
  gone = c;
}
static void interest(conn *c) {
  struct epoll_event e = {.events = EPOLLIN | (c->waiting ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}
static int deliver(conn *c, const uint8_t *data, size_t n) { /* 0: the socket is beyond hope */
  if (!c->waiting) {
    ssize_t sent = send(c->fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == (ssize_t)n) return 1;
    if (sent < 0 && errno != EAGAIN) return 0;
    if (sent > 0) { data += sent; n -= sent; }
  }
  if (c->waiting + n > MAX_WAITING) return 0;
  c->out = realloc(c->out, c->waiting + n);
  memcpy(c->out + c->waiting, data, n);
  c->waiting += n;
  interest(c);
  return 1;
}
static void drain(conn *c) {
  ssize_t sent = send(c->fd, c->out, c->waiting, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN) { drop(c); return; }
  if (sent > 0) { c->waiting -= sent; memmove(c->out, c->out + sent, c->waiting); }
  if (!c->waiting) { free(c->out); c->out = 0; interest(c); }
}

static size_t framed(uint8_t *to, int op, const uint8_t *text, size_t n) {
  size_t head = 2;
  to[0] = 0x80 | op;
  if (n < 126) to[1] = n;
  else if (n < 65536) { to[1] = 126; to[2] = n >> 8; to[3] = n; head = 4; }
  else { to[1] = 127; for (int i = 0; i < 8; i++) to[2 + i] = (uint64_t)n >> (56 - 8 * i); head = 10; }
  memcpy(to + head, text, n);
  return head + n;
}
static void on_frame(conn *c, int op, uint8_t *text, size_t n) {
  static uint8_t frame[MAX_FRAME + 10];
  if (op == 1) {
    size_t size = framed(frame, 1, text, n);
    for (int i = c->in->n; i-- > 0;) if (!deliver(c->in->members[i], frame, size)) drop(c->in->members[i]);
  } else if (op == 8 || op == 9) {
    size_t size = framed(frame, op == 9 ? 10 : 8, text, n);
    if (!deliver(c, frame, size) || op == 8) drop(c);
  }
}
static size_t one_frame(conn *c, uint8_t *p, size_t n) { /* bytes used; 0: not all there yet */
  if (n < 6) return 0;
  size_t size = p[1] & 127, head = 6;
  if (size == 126) { if (n < 8) return 0; size = p[2] << 8 | p[3]; head = 8; }
  if (!(p[1] & 128) || (p[1] & 127) == 127 || size > MAX_FRAME) { drop(c); return 0; }
  if (n < head + size) return 0;
  uint8_t *mask = p + head - 4, *text = p + head;
  for (size_t i = 0; i < size; i++) text[i] ^= mask[i & 3];
  on_frame(c, p[0] & 15, text, size);
  return head + size;
}

static void enter(conn *c, const char *path) {
  room *r = rooms;
  while (r && strcmp(r->path, path)) r = r->next;
  if (!r) { r = calloc(1, sizeof *r); r->path = strdup(path); r->next = rooms; rooms = r; }
  if (r->n == r->size) r->members = realloc(r->members, sizeof(conn *) * (r->size = r->size ? 2 * r->size : 8));
  c->in = r;
  c->at = r->n;
  r->members[r->n++] = c;
}
static size_t handshake(conn *c, char *head, size_t n) {
  char *end = memmem(head, n, "\r\n\r\n", 4), path[512], joined[128], accept[29], answer[256];
  if (!end) return 0;
  *end = 0;
  char *key = strcasestr(head, "\r\nsec-websocket-key: ");
  if (!key || sscanf(head, "GET %511[^ ?]", path) != 1) { drop(c); return 0; }
  uint8_t digest[20];
  int size = snprintf(joined, sizeof joined, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + 21);
  sha1(joined, size, digest);
  base64_20(digest, accept);
  size = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
  if (!deliver(c, (uint8_t *)answer, size)) { drop(c); return 0; }
  c->open = 1;
  enter(c, path);
  return end + 4 - head;
}
static void on_readable(conn *c) {
  static uint8_t fresh[READ_BYTES + MAX_FRAME + 64];
  if (c->len) memcpy(fresh, c->buf, c->len);
  ssize_t got = recv(c->fd, fresh + c->len, READ_BYTES, 0);
  if (got <= 0) { if (got == 0 || errno != EAGAIN) drop(c); return; }
  size_t n = c->len + got, at = 0, used;
  do {
    used = c->open ? one_frame(c, fresh + at, n - at) : handshake(c, (char *)fresh + at, n - at);
    at += used;
  } while (used && !c->gone);
  c->len = n - at;
  if (c->gone) return;
  if (!c->len) { free(c->buf); c->buf = 0; return; }
  c->buf = realloc(c->buf, c->len);
  memcpy(c->buf, fresh + at, c->len);
}
static void accept_all(int listener) {
  int fd, one = 1;
  while ((fd = accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    conn *c = calloc(1, sizeof *c);
    c->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
  }
}
int main(int argc, char **argv) {
  if (argc != 2) { fprintf(stderr, "use: broadcaster PORT\n"); return 2; }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 4096)) { perror("broadcaster"); return 1; }
  ep = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event first = {.events = EPOLLIN, .data.ptr = 0}, events[EVENTS];
  epoll_ctl(ep, EPOLL_CTL_ADD, listener, &first);
  for (;;) {
    int n = epoll_wait(ep, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      conn *c = events[i].data.ptr;
      if (!c) { accept_all(listener); continue; }
      if (!c->gone && events[i].events & EPOLLOUT) drain(c);
      if (!c->gone && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(c);
    }
    while (gone) { conn *c = gone; gone = c->next_gone; free(c->buf); free(c->out); free(c); }
  }
}
