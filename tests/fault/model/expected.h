/* expected: owns what must be true: a small model of a ledger in memory. It calls nothing of the
 * library: two states are the same when they have the same content, and the text of their hash is
 * learned where it is first seen (compare.c). */
#ifndef EXPECTED_H
#define EXPECTED_H

#include "worker.h"

#define EXPERIMENTS_MAX 512
#define EVENTS_MAX      2048
#define SAVED_MAX       512
#define VALUES_MAX      512
#define NEAREST_MAX     8
#define POSSIBLE_MAX    8

typedef struct content {
    int model, config; /* NOTHING: absent */
    bool has_data;
    data_state data;
} content;

typedef struct experiment {
    content is;
    char hash[CKL_HASH_LENGTH + 1]; /* empty: not seen yet */
    bool dumped;
    int name, run; /* that recorded it first */
} experiment;

typedef enum origin { ORIGIN_IS_UNKNOWN, ORIGIN_IS_START, ORIGIN_IS_CHECKPOINT } origin;

typedef struct line {
    bool is_there;
    int head, baseline;
    int nearest[NEAREST_MAX]; /* which of these the baseline is, is seen; else none */
    int nearest_count;
    int from_saved;
    int64_t first_step;
    origin from;
    int trainer; /* the worker that holds the lease */
} line;

typedef struct happening {
    const char *kind;
    int run, experiment, from;
    int64_t step;
} happening;

typedef enum saved_state { SAVED_PRESENT, SAVED_REPLACED, SAVED_REMOVED } saved_state;
typedef struct saved {
    int run, experiment;
    int64_t step;
    uint32_t weights;
    saved_state state;
    bool own_name; /* its file is called after the run */
    int from_saved;
    int64_t first_step;
    origin from;
    ckl_components pending;
} saved;

typedef enum value_state {
    VALUE_WRITTEN,
    VALUE_BUFFERED, /* by a worker that lives: it may be written already */
    VALUE_MAY_BE    /* by one that was killed: it is written or never will be */
} value_state;
typedef struct value {
    int run, experiment, metric;
    int64_t step;
    double number;
    value_state state;
    int worker;
} value;

typedef struct player {
    bool is_open;
    int run;
} player;

typedef struct expected {
    experiment experiments[EXPERIMENTS_MAX];
    happening events[EVENTS_MAX];
    saved saved[SAVED_MAX];
    value values[VALUES_MAX];
    int experiment_count, event_count, saved_count, value_count;
    line runs[RUN_COUNT];
    player players[WORKER_COUNT];
    int64_t next_step; /* of buffered values: no two have the same */
} expected;

/* What becomes of it: after each step that may be the last one. The last is all of it. */
typedef struct outcome {
    expected possible[POSSIBLE_MAX];
    int count;
    answer says;          /* without hashes … */
    int experiment, from; /* … they are these' */
    int saved;            /* what was saved; NOTHING */
} outcome;

void expected_begin(expected *out);
/* What an operation means here; false: nothing. */
bool expected_request(request *out, const expected *now, const operation *what);
void expected_play(outcome *out, const expected *now, const request *what, int player_index);
/* Its process is gone. */
void expected_kill(expected *now, int player_index);

ckl_components expected_pending(const expected *now, int run);
ckl_components content_difference(const content *first, const content *second);
/* ---- what follows (lookup.c) ----------------------------------------------------------------- */

int saved_owner(const expected *now, const saved *path);
bool saved_is_needed(const expected *now, int index);
int saved_newer(const expected *now, int index); /* how many of its run */
void line_find_baseline(line *of, const expected *now, int target);
/* Below the root. */
void expected_path(char out[192], const expected *now, const saved *of);

#endif
