/* What follows from a model: whose a file is, which weights stay, what was dumped before. */
#include <string.h>

#include "expected.h"

/* The row whose file a path is; NOTHING: there is none. */
int saved_owner(const expected *now, const saved *path)
{
    for (int at = 0; at < now->saved_count; at++) {
        const saved *row = &now->saved[at];
        if (row->state == SAVED_PRESENT && row->experiment == path->experiment &&
            row->step == path->step && row->own_name == path->own_name &&
            (!row->own_name || row->run == path->run))
            return at;
    }
    return NOTHING;
}

/* Kept: what training may go on from, and what more than one, or another run's, came from. */
bool saved_is_needed(const expected *now, int index)
{
    int next_count = 0, foreign = 0;
    for (int at = 0; at < now->saved_count; at++) {
        next_count += now->saved[at].from_saved == index;
        foreign +=
            now->saved[at].from_saved == index && now->saved[at].run != now->saved[index].run;
    }
    for (int run = 0; run < RUN_COUNT; run++)
        if (now->runs[run].from_saved == index)
            return true;
    return next_count != 1 || foreign > 0;
}

int saved_newer(const expected *now, int index)
{
    int newer = 0;
    for (int at = index + 1; at < now->saved_count; at++)
        newer +=
            now->saved[at].run == now->saved[index].run && now->saved[at].state == SAVED_PRESENT;
    return newer;
}

/* The nearest dumped ones of those that led to it, by changes (not switches) of any run. */
void line_find_baseline(line *of, const expected *now, int target)
{
    bool reached[EXPERIMENTS_MAX] = {false}, next[EXPERIMENTS_MAX];
    bool grew = target != NOTHING;
    of->nearest_count = 0;
    of->baseline = NOTHING;
    if (grew)
        reached[target] = true;
    while (grew && of->nearest_count == 0) {
        for (int index = 0; index < now->experiment_count; index++)
            if (reached[index] && now->experiments[index].dumped && of->nearest_count < NEAREST_MAX)
                of->nearest[of->nearest_count++] = index;
        memcpy(next, reached, sizeof next);
        for (int at = 0; at < now->event_count; at++) {
            const happening *event = &now->events[at];
            if (event->experiment != NOTHING && event->from != NOTHING &&
                reached[event->experiment] && strcmp(event->kind, "switch") != 0)
                next[event->from] = true;
        }
        grew = memcmp(next, reached, sizeof next) != 0;
        memcpy(reached, next, sizeof next);
    }
    if (of->nearest_count > 0)
        of->baseline = of->nearest[0];
    if (of->nearest_count == 1)
        of->nearest_count = 0;
}
