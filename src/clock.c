#include "clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void clock_sleep_us(int64_t microseconds)
{
    struct timespec pause = {.tv_sec = (time_t)(microseconds / 1000000),
                             .tv_nsec = (long)(microseconds % 1000000) * 1000};
    nanosleep(&pause, NULL);
}

void clock_iso(char out[32], int64_t at_us)
{
    int64_t seconds = at_us / 1000000;
    int64_t rest = at_us % 1000000;
    if (rest < 0) {
        rest += 1000000;
        seconds--;
    }
    time_t whole = (time_t)seconds;
    struct tm parts;
    gmtime_r(&whole, &parts);
    size_t size = strftime(out, 24, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out + size, 32 - size, ".%03dZ", (int)(rest / 1000));
}
