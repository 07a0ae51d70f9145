/* Fewer operations that still fail. */
#include <string.h>
#include <time.h>

#include "play.h"

#define LIST_MAX 1000

typedef struct shrinking {
    const char *place;
    plant planted;
    time_t until;
    bool kills; /* then it may fail once and not the next time */
} shrinking;

static bool fails(const shrinking *job, const operation *list, size_t count)
{
    verdict found;
    for (int tried = 0; tried < (job->kills ? 3 : 1); tried++) {
        if (time(NULL) > job->until)
            return false;
        play_history(&found, list, count, job->place, job->planted, NULL);
        if (!found.good)
            return true;
    }
    return false;
}

/* Whether it fails without a part; then that is the list. */
static bool leave_out(const shrinking *job, operation *list, size_t *count, size_t from,
                      size_t size)
{
    operation fewer[LIST_MAX];
    memcpy(fewer, list, from * sizeof *list);
    memcpy(fewer + from, list + from + size, (*count - from - size) * sizeof *list);
    if (!fails(job, fewer, *count - size))
        return false;
    *count -= size;
    memcpy(list, fewer, *count * sizeof *list);
    return true;
}

size_t shrink(operation *list, size_t count, const char *place, plant planted, int seconds)
{
    shrinking job = {.place = place, .planted = planted, .until = time(NULL) + seconds};
    for (size_t at = 0; at < count; at++)
        job.kills = job.kills || list[at].kill_after != 0;
    for (size_t size = count / 2; size > 0 && count <= LIST_MAX;) {
        bool fewer = false;
        for (size_t from = 0; from + size <= count;) {
            bool left = leave_out(&job, list, &count, from, size);
            fewer = fewer || left;
            from += left ? 0 : size;
        }
        size = fewer && size == 1 ? 1 : size / 2;
        if (time(NULL) > job.until)
            break;
    }
    return count;
}
