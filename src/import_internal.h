/* import: owns reading trees of the guide's Python system. May call: merge, manager, ledger, fs,
 * doc. Keeps true: nothing is unpickled; what cannot be read is told and left out, whole. */
#ifndef IMPORT_INTERNAL_H
#define IMPORT_INTERNAL_H

#include <ckl/import.h>
#include <jansson.h>

#include "merge_internal.h"

typedef struct old_experiment {
    char hash[25];
    int64_t created_us; /* INT64_MAX: nobody says */
} old_experiment;

typedef struct old_weights {
    char hash[25]; /* of the experiment; empty: only the model's segment is known */
    char *path;
    int64_t step, at_us;
    uint64_t size;
    digest sha256;
} old_weights;

struct ckl_import {
    ckl_import_summary summary;
    char **problems;
    size_t problem_count, problem_capacity;
    char *folder; /* that holds the layouts: checkpoints/ */
    old_experiment *experiments;
    size_t experiment_count, experiment_capacity;
    old_weights *weights;
    size_t weight_count, weight_capacity;
    json_t *known;                            /* hash to its place among the experiments */
    json_t *configs, *states, *architectures; /* paths by experiment, and by segment */
};

/* Remembers what could not be taken over. */
ckl_status import_complain(ckl_import *done, ckl_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* import_tree.c: finds the experiments and files of all three layouts. */
ckl_status import_look(ckl_import *done, ckl_error *err);
/* import_parts.c: all parts that an experiment's hash has, or why not. */
typedef struct import_parts {
    ckl_model *model; /* NULL: absent */
    ckl_config *config;
    ckl_data_state *state;
} import_parts;
ckl_status import_read_parts(import_parts *out, const ckl_import *done, const char *hash,
                             ckl_error *err);
void import_free_parts(import_parts *given);
/* import_state.c: data_state.yaml, or a data_snapshot.json of any age. */
ckl_status import_read_state(ckl_data_state **out, const char *path, ckl_error *err);

#endif
