#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_SECOND INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define LAST_SECOND  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

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
    /* strftime would write the year 999 with three digits. */
    int size = snprintf(out, 32, "%04d-", parts.tm_year + 1900);
    size_t length = size > 0 && size < 12 ? (size_t)size : 0;
    length += strftime(out + length, 32 - length, "%m-%dT%H:%M:%S", &parts);
    snprintf(out + length, 32 - length, ".%03dZ", (int)(rest / 1000));
}

/* "90s": what stands before the unit counts. */
static bool parse_ago(int64_t *out_us, const char *text)
{
    static const struct {
        char unit;
        int64_t seconds;
    } UNITS[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 9 || text[digits] == '\0' || text[digits + 1] != '\0')
        return false;
    for (size_t index = 0; index < sizeof UNITS / sizeof *UNITS; index++) {
        if (text[digits] != UNITS[index].unit)
            continue;
        int64_t seconds = strtoll(text, NULL, 10) * UNITS[index].seconds;
        if (seconds > clock_now_us() / 1000000 - FIRST_SECOND)
            return false;
        *out_us = clock_now_us() - seconds * 1000000;
        return true;
    }
    return false;
}

/* ".123" moves *text behind it. */
static int64_t parse_fraction(const char **text)
{
    int64_t fraction = 0, unit = 100000;
    if (**text != '.')
        return 0;
    for (++*text; **text >= '0' && **text <= '9'; ++*text, unit /= 10)
        fraction += (**text - '0') * unit;
    return fraction;
}

bool clock_parse(int64_t *out_us, const char *text)
{
    struct tm parts = {0};
    int64_t fraction = 0;
    if (parse_ago(out_us, text))
        return true;
    if (strspn(text, "0123456789") != 4) /* "26-11-23" is not meant to be the year 26 */
        return false;
    const char *rest = strptime(text, "%Y-%m-%d", &parts);
    if (rest != NULL && (*rest == 'T' || *rest == ' ')) {
        const char *time_text = rest + 1;
        rest = strptime(time_text, "%H:%M:%S", &parts);
        if (rest != NULL)
            fraction = parse_fraction(&rest);
        else
            rest = strptime(time_text, "%H:%M", &parts);
    }
    if (rest == NULL || (*rest != '\0' && strcmp(rest, "Z") != 0))
        return false;
    int64_t seconds = (int64_t)timegm(&parts);
    if (seconds > LAST_SECOND) /* a leap second rolls into the year 10000 */
        return false;
    *out_us = seconds * 1000000 + fraction;
    return true;
}
