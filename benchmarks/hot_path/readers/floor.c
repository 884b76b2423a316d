/* The floor: a blocking socket and a walk over the heads of the frames; nothing is parsed.
 *
 *     floor PORT EVENTS WARM [stamps]
 *
 * Prints one line of JSON. With `stamps` it also reads the thirteen digits behind "timestamp": of
 * each frame and prints how much later than that it was, in microseconds of the monotonic clock,
 * one number a line before. One core, the second that we may use.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static void pin(void) {
  cpu_set_t ours, one;
  if (sched_getaffinity(0, sizeof ours, &ours)) return;
  int seen = 0;
  for (int core = 0; core < CPU_SETSIZE; core++)
    if (CPU_ISSET(core, &ours) && seen++ == 1) {
      CPU_ZERO(&one);
      CPU_SET(core, &one);
      sched_setaffinity(0, sizeof one, &one);
      return;
    }
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  long events = atol(argv[2]), warm = atol(argv[3]), seen = 0;
  int stamps = argc > 4;
  double *late = stamps ? malloc(events * sizeof *late) : NULL;
  size_t room = 1 << 20, held = 0;
  unsigned char *data = malloc(room);
  pin();

  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int wire = socket(AF_INET, SOCK_STREAM, 0);
  if (wire < 0 || connect(wire, (struct sockaddr *)&to, sizeof to)) return 1;
  dprintf(wire,
          "GET /websocket/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  for (size_t at = 0; at < 4 || memcmp(data + at - 4, "\r\n\r\n", 4); at++)
    if (read(wire, data + at, 1) != 1) return 1;
  /* A text frame of two bytes whose mask changes nothing: any subscription will do. */
  if (write(wire, "\x81\x82\0\0\0\0[]", 8) != 8) return 1;

  uint64_t bytes = 0;
  double cpu = 0, wall = 0;
  while (seen < events) {
    ssize_t got = recv(wire, data + held, room - held, 0);
    if (got <= 0) return 1;
    double now_us = stamps ? seconds(CLOCK_MONOTONIC) * 1e6 : 0;
    held += got;
    size_t at = 0;
    while (held - at >= 2 && seen < events) {
      size_t size = data[at + 1], start = at + 2;
      if (size == 126) {
        if (held - at < 4) break;
        start = at + 4;
        size = (size_t)data[at + 2] << 8 | data[at + 3];
      } else if (size == 127) {
        if (held - at < 10) break;
        start = at + 10;
        size = 0;
        for (int i = 2; i < 10; i++) size = size << 8 | data[at + i];
      }
      if (start + size > held) break;
      if (stamps) {
        unsigned char *digits = memmem(data + start, size, "\"timestamp\":", 12);
        if (!digits) return 1;
        long stamp = 0;
        for (int i = 12; i < 25; i++) stamp = stamp * 10 + digits[i] - '0';
        late[seen] = now_us - stamp;
      }
      bytes += size;
      at = start + size;
      if (++seen == warm) {
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        wall = seconds(CLOCK_MONOTONIC);
      }
    }
    memmove(data, data + at, held -= at);
  }
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  wall = seconds(CLOCK_MONOTONIC) - wall;
  for (long i = 0; stamps && i < events; i++) printf("%.1f\n", late[i]);
  printf("{\"measured\": %ld, \"cpu_s\": %.9f, \"wall_s\": %.9f, \"sums\": {\"events\": [\"%ld\", \"%llu\", \"0\"]}}\n",
         events - warm, cpu, wall, events, (unsigned long long)bytes);
  close(wire);
  return 0;
}
