/* What insight_pairs.c and insight_pairs_read.c share: the inside of an answer. */
#ifndef INSIGHT_PAIRS_H
#define INSIGHT_PAIRS_H

#include "insight_internal.h"

typedef struct value_at {
    int64_t step;
    double value;
} value_at;

typedef struct state {
    int64_t id, model, config, data, content; /* content: its _config */
    const char *hash, *model_segment, *data_segment;
    value_at *values; /* by step; of all runs */
    size_t value_count, value_capacity;
    uint64_t total[2]; /* of its leaves */
} state;

/* One value of one configuration: with what stands beside it. Without a path: all of it. */
typedef struct leaf {
    int64_t model, data; /* of the state */
    size_t state;
    const char *path, *text; /* NULL: the whole */
    uint64_t others[2];
} leaf;

typedef struct pair {
    ckl_pair_row row;
    size_t from, to; /* states */
} pair;

struct ckl_pairs {
    ckl_manager *manager;
    const ckl_pairs_options *options;
    state *states;
    size_t state_count, state_capacity;
    leaf *leaves;
    size_t leaf_count, leaf_capacity;
    pair *pairs;
    size_t count, capacity, next;
    insight_texts texts;
    char *path;      /* the pointer that is asked for, or NULL */
    const char *tag; /* likewise */
    int sign;        /* 1: higher is better */
};

/* Every state that has a value of the metric. */
ckl_status pairs_read_states(ckl_pairs *asked, ckl_error *err);
/* The tag that is all that two data states differ in; NULL: it is not so. *gained: the second has
 * it. */
ckl_status pairs_single_tag(const char **out, bool *gained, ckl_pairs *asked, int64_t from,
                            int64_t to, ckl_error *err);
/* The values of a state's configuration, each with what stands beside it. */
ckl_status pairs_read_leaves(ckl_pairs *asked, size_t index, ckl_error *err);

#endif
