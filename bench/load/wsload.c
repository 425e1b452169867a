/* wsload - very cheap WebSocket load client (one thread, epoll, plain ws:// only).
 *
 * build:  gcc -O2 -o wsload wsload.c
 * use:    ./wsload --url 'ws://127.0.0.1:8000/ws/room{i%100}?token={token}' --tokens tokens.txt \
 *                  --conns 1000 --senders 100 --rate 200 --seconds 10 --payload-bytes 250 --pid 1234 --json
 *
 *  --url URL            ws://host:port/path?query ; placeholders: {i} {i%K} {i/K} (connection number), {token}
 *  --targets FILE       one path per line instead of the URL's path (host:port still from --url); line i%lines
 *  --tokens FILE        one token per line for {token} (line i%lines)
 *  --header 'K: V'      extra request header (placeholders allowed; repeatable up to 8)
 *  --conns N            connections to open (default 100);  --conn-parallel P handshakes in flight (64)
 *  --hello TEXT         text frame every connection sends once after the upgrade ({i},{i%K},{token}); --hello-bin: binary
 *  --senders K          connections 0..K-1 send (default 1; 0 = receive only)
 *  --rate R             open loop: R messages/s in total, round-robin over the senders (default 10)
 *  --inflight W         closed loop instead: next message when fewer than W*expect deliveries are outstanding
 *  --expect E           deliveries per message (default: conns / number of distinct paths)
 *  --template T         message; {ts} = send stamp (22 bytes), {pad} fills to --payload-bytes, {pad:N}, {n} seq, {i}.. conn
 *                       default {"type":"message","content":"{ts}{pad}"}      (--binary: send as binary frames)
 *  --payload-bytes B    total message size (default 250)
 *  --escapes            interpret \r \n \t \\ in --hello / --template
 *  --warmup S (1)  --seconds S (5)  --hold S (0: after connecting, stay idle S seconds, then report memory)
 *  --stall K            the last K connections never read after the upgrade (slow consumers)
 *  --drain S            wait at most S seconds for outstanding deliveries at the end (2)
 *  --deflate            offer permessage-deflate (then frames, not stamps, are counted)
 *  --close              finish with a close handshake on every connection and report how many peers answered
 *  --busy               busy-poll (client never sleeps: takes wake-up cost off the server's account)
 *  --cpu C              pin this client to a core;  --pid P[,P..]  server processes: CPU and RSS are reported
 *  --label S --json     one JSON line on stdout
 *
 * A frame that begins with {"type":"ack" is not a delivery: put {ts} into client_id and "acks" and their latency are
 * reported beside the deliveries. "last" is the latency of each message's last delivery.
 * A delivery is one stamp "~T<19 digits>~" seen in any received data frame (so batching servers, JSON escaping and
 * wrapping are fine). Latency = arrival - stamp, same machine clock. Server CPU = schedstat on-CPU time of all
 * threads of --pid inside the measuring window (ns), user/sys split from /proc/PID/stat (ticks).
 * "pids" gives each process alone: open_us until every socket was open and had been held, window_us while measuring.
 * Exit status: 0 ok, 1 some connections failed or were dropped, 2 usage.                                        */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef uint64_t u64;
enum { CONNECTING, HANDSHAKE, OPEN, CLOSING, DEAD };
typedef struct {
  int fd, st, idx, stalled;
  uint8_t h[14]; int hl, op, fin;      /* partial frame header */
  int inframe; u64 need;               /* payload bytes still to come */
  char *cap; size_t capl, capsz;       /* head of a payload split over reads, or the HTTP response */
  char *out; size_t outl;
  u64 last_n;
} conn;

static char *url, *targets_f, *tokens_f, *hello, *label = "", *hdrs[8], *tmpl = "{\"type\":\"message\",\"content\":\"{ts}{pad}\"}";
static int nhdr, N = 100, par = 64, senders = 1, inflight, hello_bin, binary, payload = 250, escapes, stall, deflate_, doclose, busy, cpu = -1, json;
static double rate = 10, warm = 1, secs = 5, hold, drain_s = 2, expect;
static int pids[64], npid;
static char host[256], basepath[4096]; static int port;
static char **tokens, **targets; static int ntok, ntgt;
static conn *C; static int ep, opened, failed, dropped, closed_ok, inhs, nextc, n_http_err; static char first_err[300];
static u64 frames, ctl, delivs, acks, bytes, pings, sent, seq, rr; static int measuring;
static u64 m_frames, m_delivs, m_acks, m_bytes, m_sent;
#define SUB 32
typedef struct { u64 bucket[64 * SUB], n, max; double sum; } hist;
static hist lat, ack, last;                /* deliveries, acks, the last delivery of each message */
static struct { u64 stamp, seen; } msgs[1 << 16];
static char rbuf[1 << 18];

static u64 now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return (u64)t.tv_sec * 1000000000ull + t.tv_nsec; }
static void die(const char *m) { fprintf(stderr, "wsload: %s\n", m); exit(2); }
static int hidx(u64 v) { if (v < SUB) return (int)v; int e = 63 - __builtin_clzll(v); return (e - 4) * SUB + (int)((v >> (e - 5)) - SUB) ; }
static u64 hval(int i) { if (i < SUB) return i; int e = i / SUB + 4; return ((u64)(i % SUB + SUB)) << (e - 5); }
static double pct(const hist *h, double p) { u64 t = (u64)(h->n * p), c = 0; for (int i = 0; i < 64 * SUB; i++) { c += h->bucket[i]; if (c > t) return hval(i) / 1e3; } return h->max / 1e3; }
static void note(hist *h, u64 d) { h->bucket[hidx(d)]++; h->n++; h->sum += d; if (d > h->max) h->max = d; }
static void note_last(u64 stamp, u64 d) { u64 k = stamp * 0x9E3779B97F4A7C15ull >> 48; if (msgs[k].stamp != stamp) { msgs[k].stamp = stamp; msgs[k].seen = 0; } if (++msgs[k].seen == (u64)(expect + 0.5)) note(&last, d); }
static char **lines(const char *f, int *n) {
  FILE *fp = fopen(f, "r"); if (!fp) die("cannot open file"); char **v = 0, *l = 0; size_t z = 0; ssize_t k; *n = 0;
  while ((k = getline(&l, &z, fp)) > 0) { while (k && (l[k-1] == '\n' || l[k-1] == '\r')) l[--k] = 0; if (!k) continue; v = realloc(v, sizeof *v * (*n + 1)); v[(*n)++] = strdup(l); }
  if (!*n) die("empty file"); return v;
}
static void unesc(char *s) { char *d = s; for (; *s; s++) { if (*s == '\\' && s[1]) { s++; *d++ = *s == 'n' ? '\n' : *s == 'r' ? '\r' : *s == 't' ? '\t' : *s; } else *d++ = *s; } *d = 0; }
/* expand placeholders; ts==0: no message placeholders. returns length */
static int expand(char *o, size_t oz, const char *t, int i, int msg, u64 n) {
  char *p = o, *padat = 0, *e = o + oz - 64;
  while (*t && p < e) {
    if (*t != '{') { *p++ = *t++; continue; }
    int k, w = 0;
    if (!strncmp(t, "{i}", 3)) { p += sprintf(p, "%d", i); t += 3; }
    else if (sscanf(t, "{i%%%d}%n", &k, &w) == 1 && w) { p += sprintf(p, "%d", i % k); t += w; }
    else if (sscanf(t, "{i/%d}%n", &k, &w) == 1 && w) { p += sprintf(p, "%d", i / k); t += w; }
    else if (!strncmp(t, "{token}", 7)) { const char *s = ntok ? tokens[i % ntok] : ""; size_t L = strlen(s); memcpy(p, s, L); p += L; t += 7; }
    else if (msg && !strncmp(t, "{n}", 3)) { p += sprintf(p, "%llu", (unsigned long long)n); t += 3; }
    else if (msg && !strncmp(t, "{ts}", 4)) { p += sprintf(p, "~T%019llu~", (unsigned long long)now()); t += 4; }
    else if (msg && !strncmp(t, "{pad}", 5)) { padat = p; t += 5; }
    else if (msg && sscanf(t, "{pad:%d}%n", &k, &w) == 1 && w) { while (k-- > 0 && p < e) *p++ = 'x'; t += w; }
    else *p++ = *t++;
  }
  int L = p - o;
  if (padat && L < payload) { int g = payload - L; if ((size_t)(L + g) > oz) die("payload too large"); memmove(padat + g, padat, p - padat); memset(padat, 'x', g); L += g; }
  o[L] = 0; return L;
}
static void kill_conn(conn *c, const char *why) {
  if (c->st == DEAD) return;
  if (c->st == CONNECTING || c->st == HANDSHAKE) { inhs--; failed++; if (!*first_err) snprintf(first_err, sizeof first_err, "conn %d: %s", c->idx, why); }
  else { opened--; if (c->st == CLOSING) closed_ok++; else { dropped++; if (!*first_err) snprintf(first_err, sizeof first_err, "conn %d dropped: %s", c->idx, why); } }
  close(c->fd); c->st = DEAD; free(c->cap); c->cap = 0; free(c->out); c->out = 0; c->outl = 0;
}
static void want(conn *c, uint32_t ev) { struct epoll_event e = { .events = ev, .data.ptr = c }; epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e); }
static void xsend(conn *c, const char *b, size_t n) {
  if (!c->outl) { ssize_t r = send(c->fd, b, n, MSG_NOSIGNAL | MSG_DONTWAIT); if (r == (ssize_t)n) return; if (r < 0) { if (errno != EAGAIN) { kill_conn(c, strerror(errno)); return; } r = 0; } b += r; n -= r; want(c, (c->stalled ? 0 : EPOLLIN) | EPOLLOUT); }
  c->out = realloc(c->out, c->outl + n); memcpy(c->out + c->outl, b, n); c->outl += n;
}
static void sframe(conn *c, int op, const char *p, size_t n) {
  static char *b; static size_t bz; if (bz < n + 14) b = realloc(b, bz = n + 4096); size_t h = 2; b[0] = 0x80 | op;
  if (n < 126) b[1] = 0x80 | n; else if (n < 65536) { b[1] = (char)(0x80 | 126); b[2] = n >> 8; b[3] = n; h = 4; } else { b[1] = (char)0xff; for (int i = 0; i < 8; i++) b[2 + i] = (u64)n >> (56 - 8 * i); h = 10; }
  uint8_t m[4] = { 0x37, 0xfa, 0x21, 0x3d }; memcpy(b + h, m, 4); h += 4; for (size_t i = 0; i < n; i++) b[h + i] = p[i] ^ m[i & 3];
  xsend(c, b, h + n);
}
static void data(conn *c, const char *p, size_t n, u64 t) {
  (void)c; frames++; if (deflate_) { delivs++; return; }
  const char *e = p + n; int is_ack = n > 13 && !memcmp(p, "{\"type\":\"ack\"", 13);
  while (e - p >= 22 && (p = memmem(p, e - p, "~T", 2)) && e - p >= 22) {
    u64 v = 0; int i; for (i = 2; i < 21 && p[i] >= '0' && p[i] <= '9'; i++) v = v * 10 + (p[i] - '0');
    if (i == 21 && is_ack) { acks++; if (measuring && v <= t) note(&ack, t - v); p += 22; }
    else if (i == 21) { delivs++; if (measuring && v <= t) { note(&lat, t - v); note_last(v, t - v); } p += 22; } else p += 2;
  }
}
static void frame(conn *c, const char *p, size_t n, u64 t) {
  if (c->op < 8) { data(c, p, n, t); return; }
  ctl++;
  if (c->op == 9) { pings++; sframe(c, 10, p, n < 125 ? n : 125); }
  else if (c->op == 8) { unsigned code = n >= 2 ? ((uint8_t)p[0] << 8 | (uint8_t)p[1]) : 1005; static char w[200]; int rl = n > 2 ? (int)(n - 2) : 0; snprintf(w, sizeof w, "close frame %u %.*s", code, rl > 100 ? 100 : rl, n > 2 ? p + 2 : "");
    if (c->st == OPEN) { sframe(c, 8, p, n >= 2 ? 2 : 0); } if (c->st != DEAD) kill_conn(c, w); }
}
static void feed(conn *c, char *p, size_t n, u64 t) {
  while (n && c->st != DEAD) {
    if (!c->inframe) {
      const uint8_t *h; int hn;
      if (!c->hl && n >= 2) { h = (uint8_t *)p; int l = h[1] & 127, full = 2 + (l == 126 ? 2 : l == 127 ? 8 : 0); if ((int)n >= full) { hn = full; p += full; n -= full; goto got; } }
      while (n && c->hl < 14) { c->h[c->hl++] = *p++; n--; if (c->hl >= 2) { int l = c->h[1] & 127, full = 2 + (l == 126 ? 2 : l == 127 ? 8 : 0); if (c->hl == full) break; } }
      { if (c->hl < 2) return; int l = c->h[1] & 127, full = 2 + (l == 126 ? 2 : l == 127 ? 8 : 0); if (c->hl < full) return; h = c->h; hn = full; }
    got:;
      if (h[1] & 0x80) { kill_conn(c, "masked frame from server"); return; }
      c->op = h[0] & 15; c->fin = h[0] >> 7; u64 l = h[1] & 127; if (hn == 4) l = h[2] << 8 | h[3]; else if (hn == 10) { l = 0; for (int i = 0; i < 8; i++) l = l << 8 | h[2 + i]; }
      c->need = l; c->inframe = 1; c->hl = 0; c->capl = 0;
    }
    if (!c->capl && c->need <= n) { size_t k = c->need; c->inframe = 0; frame(c, p, k, t); p += k; n -= k; continue; }
    size_t k = c->need < n ? c->need : n, room = (1 << 20) - c->capl, s = k < room ? k : room;
    if (c->capl + s > c->capsz) { c->capsz = c->capl + s + (c->need < 65536 ? c->need : 65536); c->cap = realloc(c->cap, c->capsz); }
    memcpy(c->cap + c->capl, p, s); c->capl += s; c->need -= k; p += k; n -= k;
    if (!c->need) { c->inframe = 0; size_t L = c->capl; c->capl = 0; frame(c, c->cap, L, t); if (c->st != DEAD && c->capsz > 16384) { free(c->cap); c->cap = 0; c->capsz = 0; } }
  }
}
static void on_open(conn *c) {
  c->st = OPEN; opened++; inhs--;
  if (hello) { char b[8192]; int n = expand(b, sizeof b, hello, c->idx, 0, 0); sframe(c, hello_bin ? 2 : 1, b, n); }
  if (c->stalled && c->st == OPEN) want(c, 0);
}
static void on_read(conn *c) {
  ssize_t r = recv(c->fd, rbuf, sizeof rbuf, 0); u64 t = now();
  if (r < 0) { if (errno == EAGAIN || errno == EINTR) return; kill_conn(c, strerror(errno)); return; }
  if (r == 0) { kill_conn(c, "EOF from server"); return; }
  bytes += r;
  if (c->st >= OPEN) { feed(c, rbuf, r, t); return; }
  if (c->capl + r > 65536) { kill_conn(c, "huge HTTP response"); return; }
  c->cap = realloc(c->cap, c->capsz = c->capl + r + 1); memcpy(c->cap + c->capl, rbuf, r); c->capl += r; c->cap[c->capl] = 0;
  char *e = memmem(c->cap, c->capl, "\r\n\r\n", 4); if (!e) return;
  if (strncmp(c->cap, "HTTP/1.1 101", 12)) { char w[200]; snprintf(w, sizeof w, "%.150s", c->cap); for (char *q = w; *q; q++) if (*q == '\r' || *q == '\n') *q = ' '; n_http_err++; kill_conn(c, w); return; }
  if (!memmem(c->cap, c->capl, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28)) { kill_conn(c, "bad Sec-WebSocket-Accept"); return; }
  size_t hl = e + 4 - c->cap, rest = c->capl - hl; char *old = c->cap; c->cap = 0; c->capl = c->capsz = 0;
  on_open(c); if (rest && c->st == OPEN) feed(c, old + hl, rest, t); free(old);
}
static void start_conn(int i) {
  conn *c = &C[i]; c->idx = i; c->stalled = i >= N - stall;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); if (c->fd < 0) { perror("socket"); exit(2); }
  int one = 1; setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) }; inet_pton(AF_INET, host, &a.sin_addr);
  c->st = CONNECTING; inhs++;
  int r = connect(c->fd, (void *)&a, sizeof a); struct epoll_event e = { .events = EPOLLOUT, .data.ptr = c }; epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
  if (r && errno != EINPROGRESS) kill_conn(c, strerror(errno));
}
static void path_of(int i, char *o, size_t z) { expand(o, z, ntgt ? targets[i % ntgt] : basepath, i, 0, 0); }
static void send_req(conn *c) {
  char path[8192], b[16384]; path_of(c->idx, path, sizeof path);
  int n = snprintf(b, sizeof b, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s", path, host, port, deflate_ ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : "");
  for (int k = 0; k < nhdr; k++) { char t[2048]; expand(t, sizeof t, hdrs[k], c->idx, 0, 0); n += snprintf(b + n, sizeof b - n, "%s\r\n", t); }
  n += snprintf(b + n, sizeof b - n, "\r\n"); c->st = HANDSHAKE; want(c, EPOLLIN); xsend(c, b, n);
}
static void pump(int ms) {
  static struct epoll_event ev[1024]; int k = epoll_wait(ep, ev, 1024, busy ? 0 : ms);
  for (int j = 0; j < k; j++) {
    conn *c = ev[j].data.ptr; uint32_t f = ev[j].events; if (c->st == DEAD) continue;
    if (c->st == CONNECTING) { int er = 0; socklen_t l = sizeof er; getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &er, &l); if (er) { kill_conn(c, strerror(er)); continue; } send_req(c); continue; }
    if ((f & EPOLLOUT) && c->outl) { ssize_t r = send(c->fd, c->out, c->outl, MSG_NOSIGNAL | MSG_DONTWAIT); if (r > 0) { c->outl -= r; memmove(c->out, c->out + r, c->outl); } if (!c->outl) want(c, c->stalled ? 0 : EPOLLIN); }
    if (c->stalled && c->st == OPEN) { if (f & (EPOLLHUP | EPOLLERR)) kill_conn(c, "stalled connection dropped by server"); continue; }
    if (f & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_read(c);
  }
}
static double lostadj; /* closed loop: deliveries given up on */
static double expd(void) { return sent * expect; }
static void send_msg(void) {
  if (!senders) return;
  for (int k = 0; k < senders; k++) { conn *c = &C[rr++ % senders]; if (c->st != OPEN) continue; static char *b; if (!b) b = malloc(payload + 65536); int n = expand(b, payload + 65536, tmpl, c->idx, 1, seq++); sframe(c, binary ? 2 : 1, b, n); sent++; return; }
}
/* server cpu: ns on cpu, user/sys ticks */
static void srv_cpu(u64 *ns, u64 *ut, u64 *st, u64 *each) {
  *ns = *ut = *st = 0; char f[300], b[2048];
  for (int i = 0; i < npid; i++) {
    u64 before = *ns;
    snprintf(f, sizeof f, "/proc/%d/task", pids[i]); DIR *d = opendir(f); struct dirent *e;
    if (d) { while ((e = readdir(d))) { if (*e->d_name == '.') continue; snprintf(f, sizeof f, "/proc/%d/task/%.20s/schedstat", pids[i], e->d_name); FILE *fp = fopen(f, "r"); unsigned long long v; if (fp) { if (fscanf(fp, "%llu", &v) == 1) *ns += v; fclose(fp); } } closedir(d); }
    each[i] = *ns - before;
    snprintf(f, sizeof f, "/proc/%d/stat", pids[i]); FILE *fp = fopen(f, "r"); if (fp) { size_t n = fread(b, 1, sizeof b - 1, fp); b[n] = 0; char *p = strrchr(b, ')'); unsigned long long u = 0, s = 0; if (p) sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &u, &s); *ut += u; *st += s; fclose(fp); }
  }
}
static double srv_rss(void) { double t = 0; char f[64], l[256]; for (int i = 0; i < npid; i++) { snprintf(f, sizeof f, "/proc/%d/status", pids[i]); FILE *fp = fopen(f, "r"); if (!fp) continue; long k; while (fgets(l, sizeof l, fp)) if (sscanf(l, "VmRSS: %ld", &k) == 1) t += k; fclose(fp); } return t; }
static u64 run_until(u64 end, double r, int win) {
  u64 t0 = now(), n0 = 0, t;
  while ((t = now()) < end) {
    int ms = 50;
    if (win) { static u64 ld, lt; int g = 0; if (delivs != ld) { ld = delivs; lt = t; } else if (t - lt > 300000000ull) { lostadj = expd() - delivs; lt = t; }
      while (expd() - lostadj - (double)delivs <= (win - 1) * expect + 0.5 && g++ < win && senders) send_msg(); }
    else if (r > 0 && senders) { u64 due = (u64)((t - t0) * r / 1e9) + 1; int g = 0; while (n0 < due && g++ < 256) { send_msg(); n0++; } double nx = t0 + n0 * 1e9 / r - (double)t; ms = nx < 1e6 ? (nx > 3e5 ? 1 : 0) : (int)(nx / 1e6); if (ms > 50) ms = 50; }
    if ((t + (u64)ms * 1000000) > end) ms = (int)((end - t) / 1000000);
    pump(ms);
  }
  return t;
}
int main(int ac, char **av) {
  if (ac < 2) die("no arguments: see the top of wsload.c");
  for (int i = 1; i < ac; i++) {
    char *a = av[i];
#define F(s, st) if (!strcmp(a, s)) { st; continue; }
    F("--hello-bin", hello_bin = 1) F("--binary", binary = 1) F("--escapes", escapes = 1) F("--deflate", deflate_ = 1) F("--close", doclose = 1) F("--busy", busy = 1) F("--json", json = 1)
    if (i + 1 >= ac) die("option needs a value, or unknown option"); char *v = av[++i];
    F("--url", url = v) F("--targets", targets_f = v) F("--tokens", tokens_f = v) F("--header", if (nhdr < 8) hdrs[nhdr++] = v) F("--conns", N = atoi(v)) F("--conn-parallel", par = atoi(v)) F("--hello", hello = strdup(v))
    F("--senders", senders = atoi(v)) F("--rate", rate = atof(v)) F("--inflight", inflight = atoi(v)) F("--expect", expect = atof(v)) F("--template", tmpl = strdup(v)) F("--payload-bytes", payload = atoi(v))
    F("--warmup", warm = atof(v)) F("--seconds", secs = atof(v)) F("--hold", hold = atof(v)) F("--stall", stall = atoi(v)) F("--drain", drain_s = atof(v)) F("--cpu", cpu = atoi(v)) F("--label", label = v)
    F("--pid", for (char *p = strtok(v, ","); p && npid < 64; p = strtok(0, ",")) pids[npid++] = atoi(p))
    fprintf(stderr, "wsload: unknown option %s\n", a); return 2;
  }
  if (!url || sscanf(url, "ws://%255[^:/]:%d%4095s", host, &port, basepath) < 2) die("--url ws://host:port/path (IPv4 address or localhost, port required)");
  if (!strcmp(host, "localhost")) strcpy(host, "127.0.0.1"); if (!*basepath) strcpy(basepath, "/");
  if (tokens_f) tokens = lines(tokens_f, &ntok); if (targets_f) targets = lines(targets_f, &ntgt);
  if (escapes) { if (hello) unesc(hello); tmpl = strdup(tmpl); unesc(tmpl); }
  struct rlimit rl; getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl);
  if (cpu >= 0) { cpu_set_t s; CPU_ZERO(&s); CPU_SET(cpu, &s); sched_setaffinity(0, sizeof s, &s); }
  if (senders > N) senders = N;
  if (expect <= 0) { /* distinct paths without query */
    int m = 0; char **seen = calloc(N, sizeof *seen), p[8192]; size_t H = 2 * N + 1; char **tab = calloc(H, sizeof *tab);
    for (int i = 0; i < N; i++) { path_of(i, p, sizeof p); char *q = strchr(p, '?'); if (q) *q = 0; u64 h = 1469598103934665603ull; for (char *s = p; *s; s++) h = (h ^ (uint8_t)*s) * 1099511628211ull; size_t k = h % H; while (tab[k] && strcmp(tab[k], p)) k = (k + 1) % H; if (!tab[k]) { tab[k] = strdup(p); m++; } }
    expect = (double)(N - stall) / m; free(seen); }
  C = calloc(N, sizeof *C); ep = epoll_create1(EPOLL_CLOEXEC);
  double rss0 = srv_rss(); u64 c0n, c0u, c0s, chn, chu, chs, cjn; static u64 e0[64], ej[64], ea[64], eb[64]; srv_cpu(&c0n, &c0u, &c0s, e0); u64 t0 = now(); int bz = busy; busy = 0;
  while (nextc < N || inhs) { while (nextc < N && inhs < par) start_conn(nextc++); pump(100); if (now() - t0 > 120e9) { snprintf(first_err, sizeof first_err, "connect phase timed out"); break; } }
  double t_conn = (now() - t0) / 1e9; srv_cpu(&chn, &chu, &chs, ej);
  run_until(now() + 300000000ull + (u64)(hold * 1e9), 0, 0); u64 ju, js; srv_cpu(&cjn, &ju, &js, ej); double rss1 = srv_rss(); int opened1 = opened; busy = bz;
  u64 an = 0, au, as, bn = 0, bu, bs, ta = now(), tb = ta; struct rusage ra, rb; getrusage(RUSAGE_SELF, &ra); rb = ra; au = as = bu = bs = 0;
  if (secs > 0) {
    if (warm > 0) { run_until(now() + (u64)(warm * 1e9), rate, inflight); }
    u64 d0 = delivs, a0 = acks, f0 = frames, b0 = bytes, s0 = sent; measuring = 1; getrusage(RUSAGE_SELF, &ra); srv_cpu(&an, &au, &as, ea); ta = now();
    tb = run_until(ta + (u64)(secs * 1e9), rate, inflight);
    tb = now(); srv_cpu(&bn, &bu, &bs, eb); getrusage(RUSAGE_SELF, &rb); m_delivs = delivs - d0; m_acks = acks - a0; m_frames = frames - f0; m_bytes = bytes - b0; m_sent = sent - s0;
  }
  u64 te = now() + (u64)(drain_s * 1e9); busy = 0; while ((double)delivs < expd() && now() < te) pump(20);
  measuring = 0; double rss2 = srv_rss(); int open_end = opened, dropped_end = dropped; double el = (tb - ta) / 1e9;
  if (doclose) { for (int i = 0; i < N; i++) if (C[i].st == OPEN) { sframe(&C[i], 8, "\x03\xe8", 2); if (C[i].st == OPEN) C[i].st = CLOSING; } te = now() + 3000000000ull; while (opened > 0 && now() < te) pump(20); }
  double tick = sysconf(_SC_CLK_TCK), cpu_us = (bn - an) / 1e3, ut = (bu - au) / tick, st = (bs - as) / tick, ccpu = (rb.ru_utime.tv_sec - ra.ru_utime.tv_sec + rb.ru_stime.tv_sec - ra.ru_stime.tv_sec) + (rb.ru_utime.tv_usec - ra.ru_utime.tv_usec + rb.ru_stime.tv_usec - ra.ru_stime.tv_usec) / 1e6;
  double per = m_delivs ? cpu_us / m_delivs : 0, uf = ut + st > 0 ? ut / (ut + st) : 0, d = el > 0 ? el : 1;
  for (char *q = first_err; *q; q++) if (*q == '"' || *q == '\\' || (uint8_t)*q < 32) *q = '\'';
  if (json) printf("{\"label\":\"%s\",\"conns\":%d,\"failed\":%d,\"dropped\":%d,\"open_end\":%d,\"connect_s\":%.2f,\"hs_cpu_us\":%.1f,\"expect\":%.1f,\"sent\":%llu,\"deliveries\":%llu,\"total_sent\":%llu,\"total_deliveries\":%llu,\"missing\":%.0f,\"frames\":%llu,\"mb\":%.1f,\"elapsed\":%.3f,\"rate\":%.0f,\"cpu_us\":%.3f,\"user_us\":%.3f,\"sys_us\":%.3f,\"srv_cpu\":%.3f,\"cli_cpu\":%.3f,\"p50\":%.0f,\"p90\":%.0f,\"p99\":%.0f,\"p999\":%.0f,\"max\":%.0f,\"mean\":%.0f,\"rss0_kb\":%.0f,\"rss_idle_kb\":%.0f,\"rss_end_kb\":%.0f,\"kb_per_conn\":%.2f,\"pings\":%llu,\"closed_ok\":%d,\"acks\":%llu,\"ack_p50\":%.0f,\"ack_p99\":%.0f,\"last_p50\":%.0f,\"last_p99\":%.0f,\"err\":\"%s\",",
    label, opened1, failed, dropped_end, open_end, t_conn, opened1 ? (chn - c0n) / 1e3 / opened1 : 0, expect, (unsigned long long)m_sent, (unsigned long long)m_delivs, (unsigned long long)sent, (unsigned long long)delivs, expd() - delivs, (unsigned long long)m_frames, m_bytes / 1e6, el, m_delivs / d, per, per * uf, per * (1 - uf), cpu_us / 1e6 / d, ccpu / d,
    pct(&lat, .5), pct(&lat, .9), pct(&lat, .99), pct(&lat, .999), lat.max / 1e3, lat.n ? lat.sum / lat.n / 1e3 : 0, rss0, rss1, rss2, opened1 ? (rss1 - rss0) / opened1 : 0, (unsigned long long)pings, closed_ok,
    (unsigned long long)m_acks, pct(&ack, .5), pct(&ack, .99), pct(&last, .5), pct(&last, .99), first_err);
  if (json) {
    printf("\"pids\":{");
    for (int i = 0; i < npid; i++) printf("%s\"%d\":{\"open_us\":%.0f,\"window_us\":%.0f}", i ? "," : "", pids[i], (ej[i] - e0[i]) / 1e3, (eb[i] - ea[i]) / 1e3);
    printf("}}\n");
  } else {
    printf("connections  %d open, %d failed, %d dropped  (%.2f s; server %.0f us CPU per handshake)\n", open_end, failed, dropped_end, t_conn, opened1 ? (chn - c0n) / 1e3 / opened1 : 0);
    printf("messages     %llu sent, %llu deliveries in %.2f s = %.0f/s  (%llu frames, %.1f MB; %.0f missing at the end)\n", (unsigned long long)m_sent, (unsigned long long)m_delivs, el, m_delivs / d, (unsigned long long)m_frames, m_bytes / 1e6, expd() - delivs);
    printf("latency us   p50 %.0f  p90 %.0f  p99 %.0f  p99.9 %.0f  max %.0f  mean %.0f\n", pct(&lat, .5), pct(&lat, .9), pct(&lat, .99), pct(&lat, .999), lat.max / 1e3, lat.n ? lat.sum / lat.n / 1e3 : 0);
    if (npid) printf("server       %.3f us CPU per delivery (user %.3f sys %.3f), %.0f %% of a core; RSS %.1f -> %.1f -> %.1f MB, %.2f KB per idle connection\n", per, per * uf, per * (1 - uf), cpu_us / 1e4 / d, rss0 / 1024, rss1 / 1024, rss2 / 1024, opened1 ? (rss1 - rss0) / opened1 : 0);
    printf("client       %.0f %% of a core; pings %llu; close answered %d\n", ccpu * 100 / d, (unsigned long long)pings, closed_ok); if (*first_err) printf("first error  %s\n", first_err);
  }
  return failed || dropped_end ? 1 : 0;
}
