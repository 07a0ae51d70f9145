/* clock: owns the time. The only module that asks the system for it. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Microseconds since 1970-01-01 UTC. */
int64_t clock_now_us(void);
/* Microseconds that only ever rise, for time-outs. */
int64_t clock_monotonic_us(void);
void clock_sleep_us(int64_t microseconds);
/* ISO 8601 UTC with milliseconds: "2026-11-23T15:40:00.123Z". `out` holds 32. */
void clock_iso(char out[32], int64_t at_us);

#endif
