/* Checkpoint Ledger: what follows from a history: ablations that were made in passing, who was
 * trained on, what was tried before, which change moved a metric, what goes back and forth. Part of
 * <ckl/ckl.h>.
 *
 * Each answer is worked out whole when it is asked for; its rows, and what they point to, live
 * until it is closed. CKL_DONE means that all was well.
 */
#ifndef CKL_INSIGHT_H
#define CKL_INSIGHT_H

#include <ckl/query.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- pairs: experiments that differ in one thing --------------------------------------------- */

typedef struct ckl_pair_row {
    const char *kind;      /* "config": in one path; "model", "data": in that component alone */
    const char *item;      /* the path; else "model" or "data" */
    const char *from, *to; /* of a path: JSON text, NULL: absent; of a tag
                            "without", "with"; else the segments */
    const char *from_experiment, *to_experiment; /* of a path: `from` is the smaller value; else the
                                                    state that was recorded first */
    int64_t step;                    /* the last that both have a value of the metric at */
    double from_value, to_value;     /* of the metric there */
    double difference;               /* to_value - from_value */
    bool better;                     /* the second is the better one */
    uint64_t group_count;            /* pairs with the same change … */
    double group_mean, group_spread; /* … the mean of their differences, and its standard
                                         deviation (0 for one pair) */
} ckl_pair_row;
typedef struct ckl_pairs_options {
    const char *metric;       /* needed */
    const char *path;         /* only this configuration path (JSON Pointer or opt.lr); NULL: all */
    const char *tag;          /* only this tag; NULL: all */
    ckl_components component; /* only pairs that differ in it; 0: any */
    int higher_is_better;     /* 1, 0, or -1: by the name: loss, error, perplexity: lower */
} ckl_pairs_options;
typedef struct ckl_pairs ckl_pairs;
/* Of all runs, largest groups first. Of more than 200 states that differ in their model or data
 * alone, only those are paired that follow one another. Errors: CKL_NOT_FOUND  the metric was never
 * logged */
CKL_API ckl_status ckl_pairs_open(ckl_pairs **out, ckl_manager *manager,
                                  const ckl_pairs_options *options, ckl_error *err);
CKL_API ckl_status ckl_pairs_next(const ckl_pair_row **out, ckl_pairs *pairs, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_pairs_close(ckl_pairs *pairs);

/* ---- exposure: which weights were trained while a sample was active -------------------------- */

typedef struct ckl_exposure_row {
    int64_t seq, step, first_step; /* of the checkpoint; first_step -1: unknown */
    const char *run, *experiment, *path, *sha256;
    const char *verdict; /* "exposed", "not exposed" or "unknown" */
    const char *because; /* one line */
} ckl_exposure_row;
typedef struct ckl_exposure ckl_exposure;
/* Every checkpoint of every run, in order. A sample is active in a state that has it, not
 * discarded; of a tag, any sample that has it then. Weights are exposed when it was active in a
 * state that was trained, by a value or weights that were recorded for it, on the way to them:
 * since the checkpoint they came from, or before that. Where the way is unknown, so is the answer,
 * unless it is yes. Exactly one of `uid` and `tag`. Errors: CKL_NOT_FOUND  it was never recorded */
CKL_API ckl_status ckl_exposure_open(ckl_exposure **out, ckl_manager *manager, const char *uid,
                                     const char *tag, ckl_error *err);
CKL_API ckl_status ckl_exposure_next(const ckl_exposure_row **out, ckl_exposure *exposure,
                                     ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_exposure_close(ckl_exposure *exposure);

/* ---- seen: was this tried before ------------------------------------------------------------- */

typedef struct ckl_seen_row {
    const char *experiment;
    ckl_components different;  /* of the components that were given; 0: this is it */
    uint64_t path_count;       /* configuration paths that differ */
    const char *paths;         /* the first of them, joined by commas; empty: none */
    int64_t sample_difference; /* samples more (or, negative, fewer) than were given */
    const char *metrics;       /* JSON object: the last value of each */
    uint64_t checkpoint_count;
} ckl_seen_row;
typedef struct ckl_seen ckl_seen;
/* The recorded states that are most like what is given (NULL: any will do): those with fewest
 * components that differ first, then with fewest configuration paths. At most `limit` rows (0: 10);
 * when one is exactly this, only those that are. Records nothing.
 * Errors: CKL_INVALID  nothing is given */
CKL_API ckl_status ckl_seen_open(ckl_seen **out, ckl_manager *manager, const ckl_model *model,
                                 const ckl_config *config, ckl_data_state *data, uint64_t limit,
                                 ckl_error *err);
CKL_API ckl_status ckl_seen_next(const ckl_seen_row **out, ckl_seen *seen, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_seen_close(ckl_seen *seen);

/* ---- blame: which change came before a metric moved ------------------------------------------ */

typedef struct ckl_blame_row {
    int64_t seq, at_us;
    const char *kind, *from, *experiment; /* of the change */
    ckl_components changed;
    const char *what; /* the paths, modules and samples that changed, shortened */
    const char *actor, *reason;
    double before,
        after;       /* the metric's median in the windows beside the change, trend taken out */
    double moved;    /* how far the level moved, in units of the metric's own noise */
    double chance;   /* of a move as large at any point of the series, corrected for the number
                        of changes */
    bool stands_out; /* chance is below 1 in 20 */
} ckl_blame_row;
typedef struct ckl_blame ckl_blame;
/* The changes of the manager's run, least likely by chance first. A change needs `window` values
 * (0: 20) on each side. Errors: CKL_NOT_FOUND  the run has no value of the metric */
CKL_API ckl_status ckl_blame_open(ckl_blame **out, ckl_manager *manager, const char *metric,
                                  uint64_t window, ckl_error *err);
CKL_API ckl_status ckl_blame_next(const ckl_blame_row **out, ckl_blame *blame, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_blame_close(ckl_blame *blame);

/* ---- churn: what goes back and forth --------------------------------------------------------- */

typedef struct ckl_churn_row {
    const char *run;
    const char *kind; /* "sample": discarded and restored; "tag"; "config": a path that got a
                         value it had before */
    const char *item; /* uid, or JSON Pointer */
    const char *tag;  /* of kind "tag", else NULL */
    uint64_t count;   /* of its changes */
    int64_t last_seq;
    const char *last_actor;
} ckl_churn_row;
typedef struct ckl_churn ckl_churn;
/* As the view `churn`, most changes first; of one run, or NULL: of all. */
CKL_API ckl_status ckl_churn_open(ckl_churn **out, ckl_manager *manager, const char *run,
                                  ckl_error *err);
CKL_API ckl_status ckl_churn_next(const ckl_churn_row **out, ckl_churn *churn, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_churn_close(ckl_churn *churn);

#ifdef __cplusplus
}
#endif
#endif
