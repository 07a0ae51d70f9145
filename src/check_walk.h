/* What check_walk.c and check_state.c share: one data state in memory, which edges change. */
#ifndef CHECK_WALK_H
#define CHECK_WALK_H

#include "check_internal.h"

/* What a sample is in a state; discarded -1: it is not in it. */
typedef struct walk_value {
    uint32_t tagset; /* the ledger's number; 0 for null */
    signed char discarded;
} walk_value;

typedef struct walk_edge {
    int64_t id, from, to, change_count;
    digest rows;
    bool grows_tree; /* the first one that led to its state */
} walk_edge;

/* A row that did not begin at what the state was: for the way back. */
typedef struct walk_mend {
    uint32_t place;
    walk_value value;
} walk_mend;
typedef struct walk_mends {
    walk_mend *rows;
    size_t count, capacity;
} walk_mends;

typedef struct walk {
    ckl_check *job;
    ckl_data_state *all; /* every sample of the ledger by uid, every set of tags */
    size_t count;        /* of them */
    uint32_t *places;    /* by sample number: its place in `all`, plus 1; 0: no such sample */
    size_t place_count;
    uint32_t *samples; /* by place: its number */
    uint32_t *sets;    /* by number in the ledger: that in `all`, plus 1; 0: no such set */
    size_t set_count;
    walk_value *now, *root; /* by place: the state where the walk stands, and the root above it */
    struct state_sample *view;
    walk_edge *edges; /* by `from`, then id */
    size_t edge_count;
} walk;

/* Loads samples, sets and edges. */
ckl_status walk_begin(walk *out, ckl_check *job, ckl_error *err);
void walk_end(walk *way);
/* Takes an edge: checks its rows against the state, its digest and its count. */
ckl_status walk_forward(walk *way, const walk_edge *edge, walk_mends *mends, ckl_error *err);
ckl_status walk_back(walk *way, const walk_edge *edge, walk_mends *mends, ckl_error *err);
/* The digest and the counts of the state where the walk stands. */
ckl_status walk_hash(digest *out, ckl_sample_counts *counts, walk *way, ckl_error *err);

#endif
