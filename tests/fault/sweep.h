/* sweep: tries many crashes of one recording, each in a process that may die of it. */
#ifndef SWEEP_H
#define SWEEP_H

#include "crash.h"
#include "disk.h"
#include "verify.h"

#define FOUND_MAX 16 /* so many violations are kept; the rest is counted */

typedef struct found_state {
    size_t index;
    char message[512];
} found_state;

typedef struct sweep_result {
    size_t tried, distinct, violations, unnamed;
    found_state found[FOUND_MAX];
} sweep_result;

typedef struct sweep {
    const crash_plan *plan;
    const char *folder; /* where states are made; the one that was recorded */
    size_t count;       /* states, half of them systematic (or all of those), the rest random */
    bool until_found;
    unsigned thorough; /* every so many states get all checks */
} sweep;

void sweep_run(sweep_result *out, const sweep *what);
/* The number of the Nth state of so many. */
size_t sweep_index(const crash_plan *plan, size_t count, size_t nth);
/* Tries one, all checks; false when this process could not go on to tell. */
bool sweep_one(verdict *out, const crash *chosen, disk *space, const char *folder);
/* Keeps more and more of what was dropped, as long as the violation stays: what is left matters. */
void sweep_reduce(crash *chosen, disk *space, const char *folder);
/* What was dropped or torn, a line each. */
void sweep_describe(const crash *chosen);

#endif
