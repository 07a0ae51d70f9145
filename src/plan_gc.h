/* plan_gc: owns the decision which weights go, without doing anything: pure. May call: nothing. */
#ifndef PLAN_GC_H
#define PLAN_GC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One set of weights that is there; rows come oldest first. */
typedef struct plan_weights {
    int64_t id, run, step;
    uint64_t bytes;
    double metric; /* NaN: none */
    bool is_tip, is_branch_point, named;
    bool removed; /* what was decided … */
    const char *why;
} plan_weights;

typedef struct plan_gc_rules {
    uint64_t keep_last;
    int64_t keep_every;
    bool keep_best, highest;
    bool limit_bytes;
    uint64_t max_bytes;
} plan_gc_rules;

void plan_gc(plan_weights *rows, size_t count, const plan_gc_rules *rules);

#endif
