/* Checkpoint Ledger: what happened: cursors over history and the difference of two states. Part of
 * <ckl/ckl.h>.
 *
 *     ckl_event_cursor *cursor = NULL;
 *     ckl_event event;
 *     status = ckl_events(&cursor, manager, NULL, &err);
 *     while (status == CKL_OK && (status = ckl_event_next(&event, cursor, &err)) == CKL_OK)
 *         puts(event.experiment);
 *     ckl_event_cursor_close(cursor);         (CKL_DONE here means that all was well)
 *
 * What a row points to is valid until the next call on its cursor. A cursor sees one moment of the
 * ledger, keeps no writer waiting, and is closed before its manager.
 */
#ifndef CKL_QUERY_H
#define CKL_QUERY_H

#include <ckl/manager.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- history --------------------------------------------------------------------------------- */

typedef struct ckl_event {
    int64_t seq;   /* rises with every event of the ledger */
    int64_t at_us; /* when */
    const char *run;
    const char *kind; /* update discard restore tag untag dump checkpoint switch run ignore unignore
                         name note train end remove missing repair */
    const char *experiment; /* NULL before the first state */
    const char *from;       /* the head before; NULL when there was none */
    ckl_components changed; /* in what `experiment` differs from `from` */
    bool superseded;        /* the head left this state before it was dumped (design 4) */
    const char *actor;
    const char *reason; /* NULL when none was given */
    int64_t step;       /* of a checkpoint, else -1 */
    const char
        *detail; /* JSON with what else the kind has to say, e.g. a shifted segment; or NULL */
    int64_t parent_seq; /* with `states_only`: the event that made the state before; else 0 */
} ckl_event;

typedef struct ckl_event_filter {
    bool all_runs;            /* else only the manager's run */
    ckl_components component; /* only events that changed one of these; 0: all */
    int64_t since_us;         /* only at or after; 0: all */
    uint64_t limit;           /* newest; 0: no limit */
    int64_t after_seq;        /* only later than this event; 0: all */
    bool oldest_first; /* in the order in which they happened; `limit` then counts from there */
    bool states_only;  /* only events that made a state from another (no switches, no beginnings of
                          runs): a graph */
} ckl_event_filter;

typedef struct ckl_event_cursor ckl_event_cursor;
/* The events that the filter (NULL: all of the run) lets through. Newest first, unless asked
 * otherwise. */
CKL_API ckl_status ckl_events(ckl_event_cursor **out, ckl_manager *manager,
                              const ckl_event_filter *filter, ckl_error *err);
/* The next row; CKL_DONE when there is none. */
CKL_API ckl_status ckl_event_next(ckl_event *out, ckl_event_cursor *cursor, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_event_cursor_close(ckl_event_cursor *cursor);

/* ---- one experiment -------------------------------------------------------------------------- */

typedef struct ckl_component_info {
    bool present;
    char segment[CKL_SEGMENT_LENGTH + 1];
    char digest[65];
    unsigned offset; /* of the segment in the digest's hex text: not 0 after a clash (design 3.5) */
} ckl_component_info;

typedef struct ckl_experiment_info {
    ckl_hash hash;
    ckl_component_info model, config, data;
    int64_t first_seq, first_at_us;
    bool dumped;
    int64_t dumped_at_us;
    ckl_sample_counts samples;
    uint64_t checkpoint_count;
} ckl_experiment_info;

/* What is known of an experiment. `hash` as ckl_manager_resolve takes; NULL: the head. */
CKL_API ckl_status ckl_experiment(ckl_experiment_info *out, ckl_manager *manager, const char *hash,
                                  ckl_error *err);

/* Where experiments come from: one row for each way in which `hash` was reached. */
typedef struct ckl_parent {
    const char *experiment; /* NULL: it was the first of its run */
    const char *run;
    const char *kind;
    int64_t seq, at_us;
    ckl_components changed;
} ckl_parent;
typedef struct ckl_parent_cursor ckl_parent_cursor;
/* Every way in which an experiment was reached. Oldest first. `hash` as ckl_manager_resolve takes;
 * NULL: the head. */
CKL_API ckl_status ckl_parents(ckl_parent_cursor **out, ckl_manager *manager, const char *hash,
                               ckl_error *err);
/* The next row; CKL_DONE when there is none. */
CKL_API ckl_status ckl_parent_next(ckl_parent *out, ckl_parent_cursor *cursor, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_parent_cursor_close(ckl_parent_cursor *cursor);

/* The training sessions that recorded something for an experiment: where, and with what code. */
typedef struct ckl_session_row {
    int64_t started_at_us;
    const char *run, *host, *user, *program, *arguments;
    int64_t pid;
    const char *git_commit; /* NULL: not in a git work tree */
    bool git_dirty;         /* the work tree differed from the commit … */
    const char *git_diff;   /* … by a text with this SHA-256; else NULL */
    const char *libraries;  /* JSON: name to version */
    int64_t ended_at_us;    /* 0: it has not ended, or nobody knows */
    const char *outcome;    /* "closed", "died" as the next trainer found, or NULL */
} ckl_session_row;
typedef struct ckl_session_cursor ckl_session_cursor;
/* The sessions of an experiment. Oldest first. `hash` as ckl_manager_resolve takes; NULL: the head.
 */
CKL_API ckl_status ckl_sessions(ckl_session_cursor **out, ckl_manager *manager, const char *hash,
                                ckl_error *err);
/* The next row; CKL_DONE when there is none. */
CKL_API ckl_status ckl_session_next(ckl_session_row *out, ckl_session_cursor *cursor,
                                    ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_session_cursor_close(ckl_session_cursor *cursor);

/* ---- checkpoints and metrics ----------------------------------------------------------------- */

typedef struct ckl_checkpoint_row {
    int64_t seq, at_us, step;
    const char *run, *experiment;
    const char *path;  /* relative to the root */
    const char *state; /* "present", "replaced" or "removed" */
    int64_t bytes;
    const char *sha256;
    const char *note;            /* JSON, or NULL */
    const char *from_checkpoint; /* path of the one that training came from, or NULL */
    int64_t first_step;          /* first step trained since then; -1: unknown */
    ckl_components pending;      /* what was not dumped when it was saved */
    const char *metrics;         /* JSON object of its step's metrics */
    const char *origin;    /* "checkpoint" (see from_checkpoint), "start": nothing was there to come
                              from, or "unknown" */
    const char *file_name; /* that the weights had where they were saved from: at most 255 bytes of
                              plain Unicode (a byte that is none stands as \xHH); NULL: they came
                              from memory or standard input, or before this was recorded */
} ckl_checkpoint_row;
typedef struct ckl_checkpoint_cursor ckl_checkpoint_cursor;
/* The checkpoints, in the order they were saved; `hash` NULL: of all experiments, `all_runs` or of
 * this run. */
CKL_API ckl_status ckl_checkpoints(ckl_checkpoint_cursor **out, ckl_manager *manager,
                                   const char *hash, bool all_runs, ckl_error *err);
/* The next row; CKL_DONE when there is none. */
CKL_API ckl_status ckl_checkpoint_next(ckl_checkpoint_row *out, ckl_checkpoint_cursor *cursor,
                                       ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_checkpoint_cursor_close(ckl_checkpoint_cursor *cursor);

/* One metric of one state in one run, without its values. */
typedef struct ckl_metric_series_row {
    const char *run, *experiment, *metric;
    uint64_t value_count;
    int64_t first_step, last_step;
} ckl_metric_series_row;
typedef struct ckl_metric_series_cursor ckl_metric_series_cursor;
/* Which metrics there are. By run, experiment (in the order they were recorded) and name;
 * `all_runs` or of this run. */
CKL_API ckl_status ckl_metric_series(ckl_metric_series_cursor **out, ckl_manager *manager,
                                     bool all_runs, ckl_error *err);
/* The next row; CKL_DONE when there is none. */
CKL_API ckl_status ckl_metric_series_next(ckl_metric_series_row *out,
                                          ckl_metric_series_cursor *cursor, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_metric_series_cursor_close(ckl_metric_series_cursor *cursor);

typedef struct ckl_metric_row {
    int64_t step, at_us;
    double value; /* NaN: not a number */
} ckl_metric_row;
typedef struct ckl_metric_cursor ckl_metric_cursor;
/* The values of one metric by step, those after `after_step` (-1: all). `run` NULL: this one;
 * `experiment` as ckl_manager_resolve takes. Errors: CKL_NOT_FOUND  no such experiment */
CKL_API ckl_status ckl_metrics(ckl_metric_cursor **out, ckl_manager *manager, const char *run,
                               const char *experiment, const char *metric, int64_t after_step,
                               ckl_error *err);
/* The next row; CKL_DONE when there is none. */
CKL_API ckl_status ckl_metric_next(ckl_metric_row *out, ckl_metric_cursor *cursor, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_metric_cursor_close(ckl_metric_cursor *cursor);

/* ---- runs and status ------------------------------------------------------------------------- */

typedef struct ckl_run_row {
    const char *name;
    const char *experiment; /* NULL: empty */
    ckl_components pending;
    int64_t last_event_at_us; /* 0: none */
} ckl_run_row;
typedef struct ckl_run_cursor ckl_run_cursor;
/* The runs, in the order in which they began. */
CKL_API ckl_status ckl_runs(ckl_run_cursor **out, ckl_manager *manager, ckl_error *err);
/* The next row; CKL_DONE when there is none. */
CKL_API ckl_status ckl_run_next(ckl_run_row *out, ckl_run_cursor *cursor, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_run_cursor_close(ckl_run_cursor *cursor);

typedef struct ckl_status_info {
    ckl_hash experiment; /* empty: nothing recorded yet */
    ckl_components pending;
    ckl_hash last_dumped;         /* by this run; empty: none */
    int64_t last_checkpoint_step; /* by this run; -1: none */
    char last_checkpoint_path[192];
    ckl_sample_counts samples;
    char degraded[256]; /* why recording is failing; empty: it is not */
    char trainer[256];  /* "host, pid, since" of who trains on this run; empty: nobody */
} ckl_status_info;
/* Where the manager's run stands, at one moment. */
CKL_API ckl_status ckl_manager_status(ckl_status_info *out, ckl_manager *manager, ckl_error *err);

/* ---- the difference of two experiments: design 6, `diff` ------------------------------------- */

typedef struct ckl_diff ckl_diff;
/* Compares two experiments. `from` and `to` as ckl_manager_resolve takes. from NULL: the run's
 * baseline (all absent when nothing was dumped); to NULL: the head. */
CKL_API ckl_status ckl_diff_open(ckl_diff **out, ckl_manager *manager, const char *from,
                                 const char *to, ckl_error *err);
/* Releases it, with all that was borrowed from it; NULL is fine. */
CKL_API_VOID void ckl_diff_close(ckl_diff *diff);

typedef struct ckl_diff_info {
    ckl_hash from, to; /* from is empty when it is "nothing dumped yet" */
    ckl_components changed;
    uint64_t added, removed, discarded, restored, tagged, untagged; /* samples */
} ckl_diff_info;
/* What differs, in numbers; does not move the rows below. */
CKL_API ckl_status ckl_diff_summary(ckl_diff_info *out, ckl_diff *diff, ckl_error *err);

/* The code that a training session ran, outside every hash. */
typedef struct ckl_code {
    char commit[65];     /* empty: not trained, or not from a git work tree */
    bool dirty;          /* the work tree differed from the commit … */
    char difference[65]; /* … by a text with this SHA-256; else empty */
} ckl_code;
typedef struct ckl_diff_code {
    bool changed;      /* both are known, and differ */
    ckl_code from, to; /* of the last session of each; of one and the same experiment: its first and
                          its last */
} ckl_diff_code;
/* Whether the code changed, also when no segment differs (design 4, "Environment"). */
CKL_API ckl_status ckl_diff_read_code(ckl_diff_code *out, ckl_diff *diff, ckl_error *err);

/* One line of the difference of models or configurations. */
typedef struct ckl_diff_entry {
    const char *name;   /* module name ("(class)" for the class), or JSON Pointer */
    const char *change; /* "added" "removed" "changed" */
    const char *from;   /* module: "Type_keyvalue"; configuration: JSON text; NULL when added */
    const char *to;     /* NULL when removed */
} ckl_diff_entry;
/* The next line, by name. CKL_DONE when there are no more. */
CKL_API ckl_status ckl_diff_next_model(ckl_diff_entry *out, ckl_diff *diff, ckl_error *err);
CKL_API ckl_status ckl_diff_next_config(ckl_diff_entry *out, ckl_diff *diff, ckl_error *err);

typedef struct ckl_diff_sample {
    const char *uid;
    const char *change;               /* "added" "removed" "discarded" "restored" "tagged" … */
    int discarded_from, discarded_to; /* 0, 1, or -1: not in the state */
    size_t tags_added_count, tags_removed_count;
    const char *const *tags_added;
    const char *const *tags_removed;
} ckl_diff_sample;
/* The next sample, by uid. CKL_DONE when there are no more. `change` names the strongest of what
 * happened: added, removed, discarded, restored, tagged, untagged; retagged when tags came and
 * went. */
CKL_API ckl_status ckl_diff_next_sample(ckl_diff_sample *out, ckl_diff *diff, ckl_error *err);

#ifdef __cplusplus
}
#endif
#endif
