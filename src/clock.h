/* clock: owns the time. The only module that asks the system for it. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Microseconds since 1970-01-01 UTC. */
int64_t clock_now_us(void);
/* Microseconds that only ever rise, for time-outs. */
int64_t clock_monotonic_us(void);
void clock_sleep_us(int64_t microseconds);
/* ISO 8601 UTC with milliseconds: "2026-11-23T15:40:00.123Z". `out` holds 32. */
void clock_iso(char out[32], int64_t at_us);
/* The other way, as people write it: "2026-11-23", "2026-11-23T15:40:00.123Z" (or a blank for the
 * T, without seconds, without the Z), or a while ago: "90s" "15m" "2h" "3d" "1w". False: it is
 * none. */
bool clock_parse(int64_t *out_us, const char *text);

#endif
