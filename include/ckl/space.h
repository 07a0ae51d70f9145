/* Checkpoint Ledger: giving space back: which weights go, and which stay. Part of <ckl/ckl.h>.
 *
 * Only weights go; states, dumps and history stay. A removal is an event, and the checkpoint's row
 * stays with its digest. Kept in any case, unless they are named: what training may go on from (the
 * last checkpoint of every branch, and what a run stands on), and what more than one checkpoint, or
 * one of another run, came from.
 */
#ifndef CKL_SPACE_H
#define CKL_SPACE_H

#include <ckl/query.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A checkpoint that is named: it goes, whatever the rules say. */
typedef struct ckl_gc_name {
    const char *hash; /* as ckl_manager_resolve takes */
    int64_t step;
} ckl_gc_name;

/* Which weights stay: those that any of the rules wants. Without rules, all that are not named. */
typedef struct ckl_gc_options {
    uint64_t keep_last;    /* the newest of each run; 0: no such rule */
    int64_t keep_every;    /* steps that are a multiple; 0: no such rule */
    const char *keep_best; /* of each run the one with the lowest value of this metric; NULL */
    bool highest;          /* … with the highest */
    bool limit_bytes;      /* at most max_bytes in all: of the rest the oldest go, too */
    uint64_t max_bytes;
    const ckl_gc_name *names;
    size_t name_count;
    bool all_runs; /* else of the manager's run */
    bool dry_run;  /* decide, do nothing */
    const char *reason;
} ckl_gc_options;

/* What became of one checkpoint. */
typedef struct ckl_gc_row {
    const char *run, *experiment, *path;
    int64_t step;
    uint64_t bytes;
    bool removed;     /* or, with dry_run, would be */
    const char *why;  /* "named", "no rule keeps it", "over the limit"; "last", "every", "best",
                         "tip",  "branch point", "no rule" for what stays */
    const char *copy; /* a file that stays with the same bytes; NULL: nothing brings them back */
} ckl_gc_row;

typedef struct ckl_gc ckl_gc;
/* Decides, and (unless dry_run) removes: in the ledger first, so that no row says that a file is
 * there that is not; what a crash leaves is finished at the next opening. Errors: CKL_NOT_FOUND  a
 * named checkpoint that is not there: nothing was removed CKL_INVALID, CKL_BUSY, CKL_IO,
 * CKL_NO_SPACE */
CKL_API ckl_status ckl_gc_run(ckl_gc **out, ckl_manager *manager, const ckl_gc_options *options,
                              ckl_error *err);
/* The next checkpoint, oldest first; CKL_DONE when there is none. */
CKL_API ckl_status ckl_gc_next(ckl_gc_row *out, ckl_gc *done, ckl_error *err);
/* Releases it, with what was borrowed from it; NULL is fine. */
CKL_API_VOID void ckl_gc_close(ckl_gc *done);

#ifdef __cplusplus
}
#endif
#endif
