/* Checkpoint Ledger: asking history: who changed which sample when, which states fit, what people
 * call them. Part of <ckl/ckl.h>.
 *
 * Cursors are as in <ckl/query.h>: what a row points to is valid until the next call on its cursor,
 * CKL_DONE means that all was well.
 */
#ifndef CKL_AUDIT_H
#define CKL_AUDIT_H

#include <ckl/query.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- time ------------------------------------------------------------------------------------ */

/* Reads a time as people write it: 2026-11-23, 2026-11-23T15:40:00Z (UTC; the Z may be missing), or
 * how long ago: 90s, 15m, 2h, 3d, 1w. Errors: CKL_INVALID  names the text */
CKL_API ckl_status ckl_time_parse(int64_t *out_us, const char *text, ckl_error *err);
/* The head of the manager's run at a time (microseconds since 1970): the state after the last event
 * that was not later. Wherever an experiment is named, "@{TIME}" says the same.
 * Errors: CKL_NOT_FOUND  nothing was recorded by then */
CKL_API ckl_status ckl_manager_head_at(ckl_hash *out, ckl_manager *manager, int64_t at_us,
                                       ckl_error *err);

/* ---- what happened to samples ---------------------------------------------------------------- */

typedef struct ckl_sample_change {
    int64_t seq, at_us;
    const char *run, *uid;
    const char *change; /* the strongest of what happened: added removed discarded restored tagged
                           untagged retagged */
    int discarded_from, discarded_to; /* 0, 1, or -1: not in the data state */
    const char *tags; /* after it, sorted, joined by commas; NULL: not in the state */
    const char *tags_added, *tags_removed; /* likewise; empty: none */
    const char *from, *experiment;         /* the head before (NULL: none) and after */
    const char *actor, *reason;            /* reason NULL: none was given */
} ckl_sample_change;

/* All that is set must hold. */
typedef struct ckl_sample_change_filter {
    const char *uid; /* one sample; NULL: all */
    const char *tag; /* only what gave or took this tag; then tags_added or tags_removed names that
                        tag alone, and discarded_from, discarded_to (-1) and tags (NULL) say
                        nothing; NULL: all */
    const char *action; /* "discard" "restore" "tag" "untag" "add" "remove"; NULL: all, but without
                           `uid` or `tag` not those that came or went with a whole data state */
    const char *actor;  /* who; NULL: anybody */
    const char *run;    /* NULL: all runs */
    int64_t since_us, until_us; /* at or after, before; 0: no limit */
    uint64_t limit;             /* 0: no limit */
    bool oldest_first;          /* else newest first; within an event in the order in which
                                   samples were recorded first */
} ckl_sample_change_filter;

typedef struct ckl_sample_change_cursor ckl_sample_change_cursor;
/* What happened to samples. The texts of the filter must live as long as the cursor.
 * Errors: CKL_INVALID    an action that there is not
 *         CKL_NOT_FOUND  the sample, tag or run was never recorded */
CKL_API ckl_status ckl_sample_changes(ckl_sample_change_cursor **out, ckl_manager *manager,
                                      const ckl_sample_change_filter *filter, ckl_error *err);
/* The next row; CKL_DONE when there is none. */
CKL_API ckl_status ckl_sample_change_next(ckl_sample_change *out, ckl_sample_change_cursor *cursor,
                                          ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_sample_change_cursor_close(ckl_sample_change_cursor *cursor);

/* ---- finding states -------------------------------------------------------------------------- */

/* What must hold of a state. */
typedef enum ckl_condition_kind {
    CKL_WHERE_CONFIG, /* "lr < 0.01": a value of its configuration; < <= = != >= >, or ~ (contains)
                       */
    CKL_WHERE_METRIC, /* "val_loss < 0.3": the last value of a metric that was logged for it */
    CKL_WHERE_MODULE, /* a module of its model: its name, or what its type and attributes contain */
    CKL_WHERE_TAG,    /* a sample of its data state has the tag */
    CKL_WHERE_CHANGED, /* it came about by a change of this configuration path */
    CKL_WHERE_RUN      /* it was recorded in the run */
} ckl_condition_kind;
typedef struct ckl_condition {
    ckl_condition_kind kind;
    const char *text;
} ckl_condition;

typedef struct ckl_found {
    const char *experiment;
    int64_t at_us;    /* when it was recorded first */
    const char *run;  /* by which run */
    const char *name; /* what people call it, or NULL */
    bool dumped;
    uint64_t checkpoint_count;
    const char *metrics; /* JSON object: the last value of each, "{}" when there are none */
} ckl_found;
typedef struct ckl_found_cursor ckl_found_cursor;
/* The states for which all conditions hold, last recorded first; `limit` 0: all of them.
 * Errors: CKL_INVALID    a condition that cannot be read
 *         CKL_NOT_FOUND  no configuration has the path, nothing has the tag: likely mistyped */
CKL_API ckl_status ckl_find(ckl_found_cursor **out, ckl_manager *manager,
                            const ckl_condition *conditions, size_t count, uint64_t limit,
                            ckl_error *err);
/* The next row; CKL_DONE when there is none. */
CKL_API ckl_status ckl_found_next(ckl_found *out, ckl_found_cursor *cursor, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_found_cursor_close(ckl_found_cursor *cursor);

/* ---- names and notes ------------------------------------------------------------------------- */

/* Names and notes touch no hash; each is an event, so that they have a history of their own. */

/* Calls a state `name`, which then stands for it wherever an experiment is named; NULL takes its
 * name off. A state has one name, and a name one state. 1 to 64 of A-Z a-z 0-9 . _ -, not one that
 * could be a hash. `hash` as ckl_manager_resolve takes. *changed (NULL is fine) is false when that
 * is its name already.
 * Errors: CKL_INVALID  a bad name, or that of another state */
CKL_API ckl_status ckl_manager_name(bool *changed, ckl_manager *manager, const char *hash,
                                    const char *name, const char *reason, ckl_error *err);
/* Writes a note to a state in place of the one it has; NULL takes it off. Up to 64 KiB of UTF-8. */
CKL_API ckl_status ckl_manager_note(bool *changed, ckl_manager *manager, const char *hash,
                                    const char *note, const char *reason, ckl_error *err);

typedef struct ckl_label {
    int64_t seq, at_us;
    const char *experiment;
    const char *text; /* the name or the note; NULL: it was taken off */
    bool current;     /* in force */
    const char *actor, *reason;
} ckl_label;
typedef enum ckl_label_kind { CKL_NAMES, CKL_NOTES } ckl_label_kind;
typedef struct ckl_label_cursor ckl_label_cursor;
/* Names or notes of one state (`hash` as ckl_manager_resolve takes) or, NULL, of all; only those in
 * force, or with those before them. Newest first. */
CKL_API ckl_status ckl_labels(ckl_label_cursor **out, ckl_manager *manager, ckl_label_kind kind,
                              const char *hash, bool history, ckl_error *err);
/* The next row; CKL_DONE when there is none. */
CKL_API ckl_status ckl_label_next(ckl_label *out, ckl_label_cursor *cursor, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_label_cursor_close(ckl_label_cursor *cursor);

#ifdef __cplusplus
}
#endif
#endif
