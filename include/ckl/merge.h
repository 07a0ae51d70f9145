/* Checkpoint Ledger: histories of other ledgers. Part of <ckl/ckl.h>. */
#ifndef CKL_MERGE_H
#define CKL_MERGE_H

#include <ckl/manager.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ckl_merge_options {
    const char *as;     /* begins the names that the other's runs get here; NULL: the name of its
                           folder. Its run "main" becomes NAME, the others NAME.RUN, with a number
                           where that is taken */
    const char *reason; /* why, for the history; or NULL */
} ckl_merge_options;

typedef struct ckl_merge_result {
    uint64_t run_count;        /* of the other ledger that have history … */
    uint64_t event_count;      /* … and their events … */
    uint64_t new_event_count;  /* … of which these were not here yet */
    uint64_t experiment_count; /* states of the other ledger … */
    uint64_t alias_count;      /* … that are called something else here */
} ckl_merge_result;

/* Joins the history of the ledger in the folder `other` (or of that file, where a ledger is kept
 * elsewhere than its tree) as runs of this one: every event that is
 * not here yet, in order, with its time, actor and reason; states, samples, metrics; checkpoints
 * with their digests, but as removed: the files stay where they are, and so do dumps. What was
 * dumped there is pending here until it is dumped here. A state whose segments clash with others
 * here gets another hash; its old one is an alias that stands for it wherever an experiment is
 * named. The same ledger again brings only what is new. All of it or nothing. `other` is only read.
 * Errors: CKL_INVALID   it is this ledger; a run that came from it went on here since
 *         CKL_NOT_FOUND no ledger there
 *         CKL_DAMAGED   its content is not what its digests say: nothing was taken over */
CKL_API ckl_status ckl_merge(ckl_merge_result *out, ckl_manager *manager, const char *other,
                             const ckl_merge_options *options, ckl_error *err);

#ifdef __cplusplus
}
#endif
#endif
