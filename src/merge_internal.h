/* merge: owns taking over the history of another ledger, event by event, in one transaction. May
 * call: manager, ledger, db. Keeps true: what is taken over is made of content that has the digest
 * it should have; an operation is here once, whatever way it came. */
#ifndef MERGE_INTERNAL_H
#define MERGE_INTERNAL_H

#include <ckl/merge.h>
#include <jansson.h>

#include "manager_internal.h"

/* The other's row numbers to ours; 0: not known yet. */
typedef struct id_map {
    int64_t *ids;
    size_t count;
} id_map;
int64_t id_map_get(const id_map *map, int64_t other);
ckl_status id_map_put(id_map *map, int64_t other, int64_t ours, ckl_error *err);

/* A run of the other ledger. */
typedef struct merge_run {
    ledger_run row; /* ours; id 0: not here yet */
    int64_t other;
    bool begun; /* it has events here */
} merge_run;

typedef struct merge {
    ckl_manager *manager;
    db *ours, *other;
    const ckl_merge_options *options;
    char *folder;        /* of the other, for names and messages */
    char other_name[64]; /* as its ledger calls itself */
    merge_run *runs;
    size_t run_count;
    id_map components, configs, experiments, sessions, events;
    char **ignored; /* what does not count here */
    size_t ignored_count;
    ckl_data_state *state;   /* the data state taken over last … */
    int64_t state_component; /* … ours */
    json_t *aliases;
    ckl_merge_result result;
} merge;

/* Finds or records a value here; *out is its component, of a configuration its _config. */
ckl_status merge_record_model(int64_t *out, digest *value, merge *job, const ckl_model *model,
                              ckl_error *err);
ckl_status merge_record_config(int64_t *out, int64_t *component, merge *job,
                               const ckl_config *config, ckl_error *err);
/* The state that is called `there` elsewhere is `here` here. */
ckl_status merge_note_alias(merge *job, const char *there, const char *here, ckl_error *err);

/* merge.c: what merging and importing share. A run named like the folder, or like a run in it. */
ckl_status merge_add_run(merge_run *run, merge *job, const char *name, ckl_error *err);
/* The event that says what was done, in the manager's run, with the aliases. */
ckl_status merge_say_so(merge *job, const char *kind, ckl_error *err);
void merge_release(merge *job);

/* merge_content.c: finds or records here what has that number there (0 stays 0). Of a state with
 * the configuration that an event had, or (0) as it was mapped last. */
ckl_status merge_experiment(int64_t *out, merge *job, int64_t other, int64_t other_config,
                            ckl_error *err);
ckl_status merge_config(int64_t *out, merge *job, int64_t other, ckl_error *err);
ckl_status merge_session(int64_t *out, merge *job, int64_t other, const merge_run *run,
                         ckl_error *err);
ckl_status merge_metrics(merge *job, ckl_error *err);

/* One event of the other ledger; texts live until the next one. */
typedef struct foreign_event {
    int64_t seq, run, session, experiment, from_experiment, config, from_config;
    ledger_event event; /* as it will be here */
    json_t *detail;     /* owned; NULL: none */
    size_t role;        /* place in the table of roles */
} foreign_event;

/* merge_label.c. The state that a name or a note is about; its hash and its text become those that
 * it has here, where a name that another state has gets a number. */
ckl_status merge_read_label(int64_t *experiment, merge *job, foreign_event *from, ckl_error *err);
/* Whether somebody named the state, or noted something, in a run of ours: that stays. */
ckl_status merge_is_labelled_here(bool *out, merge *job, const merge_run *run, const char *kind,
                                  int64_t experiment, ckl_error *err);

/* merge_event.c: all events of the other that are not here. */
ckl_status merge_events(merge *job, ckl_error *err);

#endif
