/* operation: owns what is done in a history: made from a seed before anything runs, shown, written
 * down and read again. An operation names nothing that must be there: each has a meaning in every
 * state, or is skipped, so that any part of a list is a list. */
#ifndef OPERATION_H
#define OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- the values that are played with --------------------------------------------------------- */

#define CONFIG_COUNT 6
#define MODEL_COUNT  4
#define UID_COUNT    10
#define TAG_COUNT    4
#define RUN_COUNT    5
#define NAME_COUNT   3
#define METRIC_COUNT 2
#define WORKER_COUNT 4

extern const char *const CONFIGS[CONFIG_COUNT]; /* JSON, as the ledger writes it, too */
extern const char *const MODELS[MODEL_COUNT];
extern const char *const UIDS[UID_COUNT]; /* by code point */
extern const char *const TAGS[TAG_COUNT];
extern const char *const RUNS[RUN_COUNT];
extern const char *const NAMES[NAME_COUNT];
extern const char *const METRICS[METRIC_COUNT];

/* Of each sample: 0, not in it, or these and its tags. */
#define SAMPLE_THERE     1u
#define SAMPLE_DISCARDED 2u
#define SAMPLE_TAG(tag)  (4u << (tag))
typedef struct data_state {
    unsigned char samples[UID_COUNT];
} data_state;
data_state data_state_from(uint32_t number);

/* The bytes of the weights of a number; their size. */
#define WEIGHTS_MAX 5000u
size_t weights_of(char out[WEIGHTS_MAX], uint32_t number);

/* ---- operations ------------------------------------------------------------------------------ */

#define OPERATION_LIST(X)                                                                          \
    X(UPDATE, "update")                                                                            \
    X(EDIT, "edit")                                                                                \
    X(DUMP, "dump")                                                                                \
    X(SAVE, "save")                                                                                \
    X(SWITCH, "switch")                                                                            \
    X(NEW_RUN, "new_run")                                                                          \
    X(GC, "gc")                                                                                    \
    X(NAME, "name")                                                                                \
    X(METRIC, "metric")                                                                            \
    X(OPEN, "open")                                                                                \
    X(KILL, "kill")
#define OPERATION_ENUM(name, text) OP_##name,
typedef enum operation_kind { OPERATION_LIST(OPERATION_ENUM) OP_COUNT } operation_kind;
#undef OPERATION_ENUM

typedef struct operation {
    operation_kind kind;
    unsigned worker;
    unsigned kill_after; /* microseconds until the worker is killed in the middle; 0: it lives */
    uint32_t first, second, third; /* what it chooses, taken modulo what there is */
} operation;

/* `kills`: of a hundred operations so many are interrupted. */
void operations_make(operation *out, size_t count, uint64_t seed, unsigned kills);
const char *operation_name(operation_kind kind);
/* One line that operation_read reads. */
void operation_write(FILE *file, const operation *what);
bool operation_read(operation *out, const char *line);

/* Numbers in an order that a seed decides. */
uint32_t random_next(uint64_t *state);

#endif
