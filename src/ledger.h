/* ledger: owns what stands in the ledger's tables: finding it and adding to it, one file for each
 * group of tables (schema/0001_ledger.sql). May call: db, value, canon, hash. Keeps true: nothing
 * here begins or commits (the manager does); history is only added to; a component is told apart by
 * its whole digest. Ids are row numbers; 0 stands for null. */
#ifndef LEDGER_H
#define LEDGER_H

#include "db.h"
#include "session.h"
#include "value.h"

/* ---- components (ledger_component.c) --------------------------------------------------------- */

typedef struct ledger_component {
    int64_t id;
    digest digest;
    char segment[CKL_SEGMENT_LENGTH + 1];
    unsigned shift; /* of the segment in the digest's hex text */
} ledger_component;

/* `kind`: "model", "config" or "data". CKL_NOT_FOUND leaves *err alone. */
ckl_status ledger_component_find(ledger_component *out, db *ledger, const char *kind,
                                 const digest *value, ckl_error *err);
/* Finds or adds. A taken segment shifts to the next free window of the digest (design 3.5).
 * Errors: CKL_REFUSED when all windows are taken */
ckl_status ledger_component_record(ledger_component *out, db *ledger, const char *kind,
                                   const digest *value, ckl_error *err);
/* A segment as a column has it. Errors: CKL_DAMAGED when it has not 8 characters */
ckl_status ledger_segment(char out[CKL_SEGMENT_LENGTH + 1], const statement *row, int column,
                          ckl_error *err);
ckl_status ledger_component_get(ledger_component *out, db *ledger, int64_t id, ckl_error *err);

/* ---- configurations and models (ledger_config.c, ledger_model.c) ----------------------------- */

/* JSON Pointers that do not count now; *out is one block, the caller's (free). */
ckl_status ledger_ignored_paths(char ***out, size_t *count, db *ledger, ckl_error *err);
ckl_status ledger_ignore(db *ledger, const char *path, bool ignored, int64_t event, ckl_error *err);

/* Finds or adds a configuration with its leaves under `component`; *out is its _config id. */
ckl_status ledger_config_record(int64_t *out, db *ledger, const ckl_config *config,
                                int64_t component, const char *const *ignored, size_t ignored_count,
                                ckl_error *err);
/* True at an ignored path and below it. */
bool ledger_leaf_is_ignored(const char *path, const char *const *ignored, size_t count);
/* The content of a recorded configuration; *out is the caller's. */
ckl_status ledger_config_content(char **out, db *ledger, int64_t config, ckl_error *err);
/* The configuration last recorded with a component. */
ckl_status ledger_config_latest(int64_t *out, db *ledger, int64_t component, ckl_error *err);

/* Adds a model under its component, or, when it is known without one and was not dumped, its
 * architecture. */
ckl_status ledger_model_record(db *ledger, const ckl_model *model, int64_t component, bool known,
                               ckl_error *err);
/* The recorded model: description or opaque bytes, and architecture if any. */
ckl_status ledger_model_load(ckl_model **out, db *ledger, int64_t component, ckl_error *err);

/* ---- data states (ledger_sample.c, ledger_data.c, ledger_edge.c) ------------------------------
 */

/* How one sample differs between two states; discarded -1 and tagset 0: not in the state. */
typedef struct data_change {
    int64_t sample;
    const char *uid; /* borrowed, or NULL when it was not needed so far */
    int64_t old_tagset, new_tagset;
    int old_discarded, new_discarded;
} data_change;
typedef struct data_changes {
    data_change *rows; /* by sample */
    size_t count;
    size_t capacity;
} data_changes;
void data_changes_free(data_changes *changes);
ckl_status data_changes_add(data_changes *changes, const data_change *row, ckl_error *err);
#define CHANGES_AUTO __attribute__((cleanup(data_changes_free))) data_changes

typedef struct data_state_info {
    int64_t component, edge, base, root, depth;
    ckl_sample_counts counts;
} data_state_info;
ckl_status ledger_data_info(data_state_info *out, db *ledger, int64_t component, ckl_error *err);
/* One step towards the root: `state` becomes its base; after the root nothing (0, depth -1). */
ckl_status ledger_data_base(data_state_info *state, db *ledger, ckl_error *err);

/* What it takes to come from data state `from` to `to` (components; 0: nothing), by way of the
 * tree of edges: costs what lies between them. */
ckl_status ledger_data_diff(data_changes *out, db *ledger, int64_t from, int64_t to,
                            ckl_error *err);
/* The whole state; `run` not 0: it is the head of that run, which is faster. */
ckl_status ledger_data_load(ckl_data_state **out, db *ledger, int64_t component, int64_t run,
                            ckl_error *err);
/* Finds or adds the edge between two recorded states; *reversed tells its direction. *edge is 0
 * when `to` does not come from anything (`from` 0 and not a root) or goes to nothing (`to` 0).
 * `changes` may be NULL: then they are looked up when they are needed. */
ckl_status ledger_edge_between(int64_t *edge, bool *reversed, db *ledger, int64_t from, int64_t to,
                               const data_changes *changes, ckl_error *err);
/* Adds the data state `component`, which is `state`: as a change of `base`, which is `base_state`,
 * or (base 0) of the closest known one, or as a root. */
ckl_status ledger_data_record(db *ledger, int64_t component, const ckl_data_state *state,
                              int64_t base, const ckl_data_state *base_state, ckl_error *err);

/* The digest of an edge: over its rows by sample number, each a uid and what it was and is. */
typedef struct edge_side {
    int discarded;    /* -1: not in the state */
    const char *tags; /* canonical text … */
    size_t size;      /* … of this size */
} edge_side;
typedef struct edge_hasher edge_hasher;
ckl_status edge_hasher_new(edge_hasher **out, ckl_error *err);
void edge_hasher_add(edge_hasher *hashing, const char *uid, size_t size, const edge_side *from,
                     const edge_side *to);
ckl_status edge_hasher_end(digest *out, edge_hasher *hashing, ckl_error *err);
void edge_hasher_free(edge_hasher *hashing);
/* An edge without its rows yet; `from` 0: from nothing. */
ckl_status ledger_edge_add(int64_t *out, db *ledger, int64_t from, int64_t to, size_t change_count,
                           const digest *rows, ckl_error *err);
/* Adds all samples of a state, and the edge from nothing to it, to a ledger that has no samples yet
 * (ledger_root.c). */
ckl_status ledger_root_record(int64_t *edge, db *ledger, int64_t component,
                              const ckl_data_state *state, ckl_error *err);

/* A direct edge, whole. Reversed: read backwards. */
ckl_status ledger_edge_rows(data_changes *out, db *ledger, int64_t edge, bool reversed,
                            ckl_error *err);
/* The uid of a sample; *out lives until the next call with the same statement. */
ckl_status ledger_sample_uid(const char **out, statement *row, db *ledger, int64_t sample,
                             ckl_error *err);

/* Interning: finds or adds. */
ckl_status ledger_tagset_record(int64_t *out, db *ledger, const char *canonical,
                                const char *const *tags, size_t count, ckl_error *err);
/* What came and what went between two sets, for the views. */
ckl_status ledger_tagset_change_record(db *ledger, int64_t from, int64_t to, ckl_error *err);
/* The canonical text of a set; *out is the caller's. */
ckl_status ledger_tagset_text(char **out, db *ledger, int64_t tagset, ckl_error *err);
/* The first row of a query as an integer; CKL_NOT_FOUND leaves *err alone. */
ckl_status ledger_first_integer(int64_t *out, statement *row, ckl_error *err);
/* The tags of a set: *out is one block, the caller's (free). */
ckl_status ledger_tagset_tags(char ***out, size_t *count, db *ledger, int64_t tagset,
                              ckl_error *err);
ckl_status ledger_sample_record(int64_t *out, db *ledger, const char *uid, size_t size,
                                ckl_error *err);
ckl_status ledger_has_samples(bool *out, db *ledger, ckl_error *err);

/* ---- experiments, runs, events (ledger_run.c, ledger_event.c) ---------------------------------
 */

typedef struct ledger_experiment {
    int64_t id;
    ckl_hash hash;
    int64_t model, config, data; /* components */
    int64_t dumped;              /* event */
} ledger_experiment;
ckl_status ledger_experiment_get(ledger_experiment *out, db *ledger, int64_t id, ckl_error *err);
/* CKL_NOT_FOUND leaves *err alone. */
ckl_status ledger_experiment_find(ledger_experiment *out, db *ledger, const char *hash,
                                  ckl_error *err);
/* Finds or adds the experiment of three components; *recorded tells that it was there. */
ckl_status ledger_experiment_record(ledger_experiment *out, bool *recorded, db *ledger,
                                    int64_t model, int64_t config, int64_t data, ckl_error *err);
ckl_status ledger_experiment_dumped(db *ledger, int64_t experiment, int64_t event, ckl_error *err);
/* The nearest experiment with a dump among `experiment` and what it came from; 0: none. */
ckl_status ledger_dumped_ancestor(int64_t *out, db *ledger, int64_t experiment, ckl_error *err);
ckl_status ledger_experiment_has_checkpoint(bool *out, db *ledger, int64_t experiment,
                                            ckl_error *err);

/* ---- names and notes (ledger_label.c) -------------------------------------------------------- */

/* `kind`: "name" or "note"; `text` NULL: taken off. */
ckl_status ledger_label_add(db *ledger, int64_t event, const char *kind, int64_t experiment,
                            const char *text, ckl_error *err);
/* What is in force; *out is the caller's, NULL when there is nothing. */
ckl_status ledger_label_get(char **out, db *ledger, const char *kind, int64_t experiment,
                            ckl_error *err);
/* The experiment that has a name. CKL_NOT_FOUND leaves *err alone. */
ckl_status ledger_label_find(ledger_experiment *out, db *ledger, const char *name, ckl_error *err);
/* What another ledger calls the state `experiment` (a hash here). The first event that says so
 * stays. */
ckl_status ledger_alias_add(db *ledger, const char *hash, const char *experiment, int64_t event,
                            ckl_error *err);

/* What is known about where weights come from. */
typedef enum ledger_origin { ORIGIN_UNKNOWN, ORIGIN_START, ORIGIN_CHECKPOINT } ledger_origin;
const char *ledger_origin_name(ledger_origin origin); /* as in the tables */
ledger_origin ledger_origin_of(const char *name);     /* what is no such name is unknown */

typedef struct ledger_run {
    int64_t id; /* 0: not recorded yet */
    int64_t head, head_config, baseline, from_checkpoint;
    int64_t first_step; /* -1: unknown */
    ledger_origin origin;
} ledger_run;
/* *out is all zero (first_step -1) when there is no such run. */
ckl_status ledger_run_find(ledger_run *out, db *ledger, const char *name, ckl_error *err);
ckl_status ledger_run_add(int64_t *out, db *ledger, const char *name, ckl_error *err);
ckl_status ledger_run_save(db *ledger, const ledger_run *run, ckl_error *err);
ckl_status ledger_run_name(char **out, db *ledger, int64_t run, ckl_error *err); /* free() */
/* Keeps _run_sample true after the head's data state moved. `changes`: from the old to the new. */
ckl_status ledger_run_move_samples(db *ledger, int64_t run, int64_t from, int64_t to,
                                   const data_changes *changes, ckl_error *err);

/* ---- sessions (ledger_session.c) ------------------------------------------------------------- */

/* Adds a training session that began now. */
ckl_status ledger_session_add(int64_t *out, db *ledger, const session *gathered, int64_t run,
                              ckl_error *err);
/* The digest of what is known about a session from its begin on. */
ckl_status ledger_session_digest(digest *out, db *ledger, int64_t id, ckl_error *err);
/* Says how a session ended: "closed" or "died". One that ended stays as it is. */
ckl_status ledger_session_end(db *ledger, int64_t id, const char *outcome, int64_t at_us,
                              ckl_error *err);
/* The first session that trained on the run and did not say that it ended, `but` left out; 0: none.
 * `who` gets "HOST, pid N, since T". */
ckl_status ledger_session_unfinished(int64_t *out, char *who, size_t size, db *ledger, int64_t run,
                                     int64_t but, ckl_error *err);
/* Whether sessions or metrics of a ledger from before have no digest yet. */
ckl_status ledger_needs_seal(bool *out, db *ledger, ckl_error *err);
/* Gives a digest to the sessions of ledgers from before. */
ckl_status ledger_sessions_seal(db *ledger, ckl_error *err);

/* ---- events (ledger_event.c) ----------------------------------------------------------------- */

/* One event to be added; ids as in the table. */
typedef struct ledger_event {
    const char *op; /* 32 hex characters */
    int64_t at_us;  /* 0: now */
    int64_t run, session;
    const char *kind;
    int64_t experiment, from_experiment, config, from_config, edge, begins;
    bool reversed;
    int64_t step; /* -1: none */
    const char *actor, *reason;
    const char *detail; /* JSON: whatever else its kind has to say */
} ledger_event;
/* Adds it with its chain; *seq may be NULL. */
ckl_status ledger_event_add(int64_t *seq, db *ledger, const ledger_event *event, ckl_error *err);
/* The chain that an event has behind the chain `previous` (all zero before the first). Version 1 is
 * followed by the digests of the files that it put into the tree. */
ckl_status ledger_event_chain(digest *out, db *ledger, const ledger_event *event, int64_t seq,
                              const digest *previous, int version, const digest *files,
                              size_t file_count, ckl_error *err);
/* CKL_OK when an event (or nothing: CKL_NOT_FOUND) has this operation's name. */
ckl_status ledger_event_of_operation(int64_t *seq, db *ledger, const char *op, ckl_error *err);

/* ---- files, checkpoints (ledger_file.c) -------------------------------------
 */

typedef struct ledger_file {
    char path[192];
    int64_t experiment, component, config;
    uint64_t size;
    digest sha256;
} ledger_file;
ckl_status ledger_file_add(db *ledger, const ledger_file *file, int64_t event, ckl_error *err);
/* A dumped file with this component's content (and configuration, if not 0); CKL_NOT_FOUND leaves
 * *err alone. `suffix` is how its name ends. */
ckl_status ledger_file_with(ledger_file *out, db *ledger, int64_t component, int64_t config,
                            const char *suffix, ckl_error *err);
ckl_status ledger_file_at(ledger_file *out, db *ledger, const char *path, ckl_error *err);

typedef struct ledger_checkpoint {
    int64_t event, run, experiment, step;
    const char *path;
    uint64_t size;
    digest sha256;
    const char *note; /* or NULL */
    int64_t from_checkpoint;
    int64_t first_step; /* -1: unknown */
    ledger_origin origin;
    ckl_components pending;
} ledger_checkpoint;
/* Marks what stood at its path as replaced. */
ckl_status ledger_checkpoint_add(int64_t *out, db *ledger, const ledger_checkpoint *checkpoint,
                                 ckl_error *err);
/* The run whose present checkpoint has this path; 0: none; -1: it is being saved just now. */
ckl_status ledger_path_owner(int64_t *run, db *ledger, const char *path, ckl_error *err);
/* The checkpoint of an experiment at a step that is there, this run's first; CKL_NOT_FOUND. */
ckl_status ledger_checkpoint_at(int64_t *out, db *ledger, int64_t experiment, int64_t step,
                                int64_t run, ckl_error *err);

/* Whether the last that is known about a run's weights is that it was trained: then what they come
 * from next is not known any more. */
ckl_status ledger_run_trained_last(bool *out, db *ledger, int64_t run, ckl_error *err);
/* Whether any weights were ever saved in this ledger. */
ckl_status ledger_has_checkpoints(bool *out, db *ledger, ckl_error *err);
/* The event that saved a checkpoint; 0 for 0. */
ckl_status ledger_checkpoint_event(int64_t *out, db *ledger, int64_t checkpoint, ckl_error *err);

/* ---- metrics (ledger_metric.c) --------------------------------------------------------------- */

typedef struct ledger_metric {
    int64_t step, at_us;
    double value; /* NaN is kept as NULL */
    const char *name;
} ledger_metric;
/* The digest of one value; its first 16 bytes are what its series sums up. */
ckl_status ledger_metric_digest(digest *out, hasher *running, const char *run,
                                const char *experiment, const ledger_metric *metric,
                                ckl_error *err);
/* Adds values, or replaces those of the same name at the same step, and keeps their series. */
ckl_status ledger_metrics_add(db *ledger, int64_t run, int64_t experiment,
                              const ledger_metric *metrics, size_t count, ckl_error *err);
/* Gives a digest to the series of ledgers from before. */
ckl_status ledger_metrics_seal(db *ledger, ckl_error *err);

/* ---- intents (ledger_file.c) ----------------------------------------------------------------- */

ckl_status ledger_intent_add(db *ledger, const char *op, const char *detail, ckl_error *err);
ckl_status ledger_intent_remove(db *ledger, const char *op, ckl_error *err);

#endif
