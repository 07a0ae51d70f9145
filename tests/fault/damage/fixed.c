#include "fixed.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#define TICK_NS INT64_C(1000000) /* from one look at the clock to the next */

static bool fixed;
static uint64_t state;
static int64_t ticks;
static sqlite3_vfs before, *below;

ssize_t __real_getrandom(void *bytes, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags);
int __real_clock_gettime(clockid_t which, struct timespec *out);
int __wrap_clock_gettime(clockid_t which, struct timespec *out);

static void fill(void *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        ((unsigned char *)bytes)[at] = (unsigned char)(state >> 56);
    }
}

ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags)
{
    if (!fixed)
        return __real_getrandom(bytes, size, flags);
    fill(bytes, size);
    return (ssize_t)size;
}

int __wrap_clock_gettime(clockid_t which, struct timespec *out)
{
    if (!fixed || which != CLOCK_REALTIME)
        return __real_clock_gettime(which, out);
    int64_t now = INT64_C(1767225600) * 1000000000 + ++ticks * TICK_NS; /* 2026 */
    *out = (struct timespec){.tv_sec = (time_t)(now / 1000000000),
                             .tv_nsec = (long)(now % 1000000000)};
    return 0;
}

static int randomness(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    if (!fixed)
        return below->xRandomness(below, size, out);
    fill(out, (size_t)size);
    return size;
}

void fixed_begin(uint64_t seed)
{
    if (below == NULL) {
        below = sqlite3_vfs_find(NULL);
        if (below == NULL)
            abort();
        before = *below;
        before.zName = "fixed";
        before.xRandomness = randomness;
        if (sqlite3_vfs_register(&before, 1) != SQLITE_OK)
            abort();
    }
    fixed = true;
    state = seed;
    ticks = (int64_t)seed * 1000;
    sqlite3_randomness(0, NULL); /* SQLite asks anew */
}

void fixed_end(void)
{
    fixed = false;
}
