/* Checkpoint Ledger: the automatic system (guide, "AutomaticCheckpointSystem"): one per process,
 * thread-safe, no logic of its own: it locks, forwards to a manager, unlocks (design 4).
 *
 *     ckl_register_config_source(&config_source, &err);
 *     ckl_register_dataset_source(&dataset_source, &err);
 *     ckl_register_model_source(&model_source, &err);
 *     for (int64_t step = 0; step < 1000; step++) {
 *         train_step();
 *         status = ckl_checkpoint_on_step(step, false, &err);
 *     }
 *
 * The first call opens $CKL_ROOT, else ".", with frequency 100, unless ckl_get_checkpoint_system()
 * came first.
 */
#ifndef CKL_AUTO_H
#define CKL_AUTO_H

#include <ckl/ckl.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Callbacks run on the thread that called, with the system locked: they must not call it. What
 * they return other than CKL_OK is returned by the call that needed them. */

/* The model that is trained. */
typedef struct ckl_model_source {
    /* Makes *out, a description of the model as it is now; released by the system. */
    ckl_status (*describe)(void *context, ckl_model **out, ckl_error *err);
    /* Writes the weights to the descriptor. */
    ckl_status (*write_weights)(void *context, int descriptor, ckl_error *err);
    /* Writes the bytes of architecture.pkl; NULL: the description is saved. */
    ckl_status (*write_architecture)(void *context, int descriptor, ckl_error *err);
    void *context;
} ckl_model_source;

/* The hyperparameters. */
typedef struct ckl_config_source {
    ckl_status (*read)(void *context, ckl_config **out,
                       ckl_error *err); /* released by the system */
    void *context;
} ckl_config_source;

/* The dataset, by the guide's protocol ("Data state not tracking"). */
typedef struct ckl_dataset_source {
    /* Adds every sample with ckl_data_state_add(). */
    ckl_status (*get_sample_uids)(void *context, ckl_data_state *state, ckl_error *err);
    bool (*is_discarded)(void *context, const char *uid);
    /* Adds the tags of `uid` with ckl_data_state_add_tag(); NULL: samples have none. */
    ckl_status (*get_tags)(void *context, const char *uid, ckl_data_state *state, ckl_error *err);
    void *context;
} ckl_dataset_source;

/* Each replaces the one before; NULL takes it away. The struct is copied, its context is not. */
CKL_API ckl_status ckl_register_model_source(const ckl_model_source *source, ckl_error *err);
CKL_API ckl_status ckl_register_config_source(const ckl_config_source *source, ckl_error *err);
CKL_API ckl_status ckl_register_dataset_source(const ckl_dataset_source *source, ckl_error *err);

/* Told at the next step when another process moved the head: discarded, tagged, gave another
 * configuration. `from` and `to` are hashes: ckl_diff_open() of `manager` says what differs, down
 * to the uids. It may read from `manager`, not call the automatic system. */
typedef struct ckl_change_listener {
    void (*on_change)(void *context, ckl_manager *manager, const char *from, const char *to);
    void *context;
} ckl_change_listener;
CKL_API ckl_status ckl_register_change_listener(const ckl_change_listener *listener,
                                                ckl_error *err);

typedef struct ckl_system_options {
    const char *root_log_dir;         /* NULL: $CKL_ROOT, else "." */
    int64_t checkpoint_frequency;     /* steps between weights; 0: 100 */
    const char *run;                  /* NULL: $CKL_RUN, else "main" */
    const char *actor;                /* NULL: $CKL_ACTOR, else the user's name */
    const ckl_warning_sink *warnings; /* NULL: one line each on standard error */
    int rank;           /* of this process in a distributed job; 0: $RANK. Only rank 0 records */
    uint64_t keep_last; /* how many of the run's newest checkpoints keep their weights; 0: all */
} ckl_system_options;

/* The process's system, opened at the first call. *out (may be NULL) gets its manager: borrowed,
 * for reading what was recorded while no other thread trains; NULL on ranks that do not record,
 * where every call does nothing and says CKL_OK. `options` NULL: whatever is open,
 * else the defaults. Errors: CKL_MISUSE  it is open with other options */
CKL_API ckl_status ckl_get_checkpoint_system(ckl_manager **out, const ckl_system_options *options,
                                             ckl_error *err);
/* Closes it; the next call opens anew. Registered sources stay. */
CKL_API_VOID void ckl_close_checkpoint_system(void);

/* Call it once a step, after the step is trained (guide: checkpoint_on_step). If something changed
 * since the last step, or with `force_dump`, what is pending is dumped; if `step` is a multiple of
 * the frequency and over 0, weights are saved, once for that step; else it does nothing.
 * CKL_STEP_NEXT: one more than the last.
 *
 * Training goes on whatever happens to the disk: what may pass (busy, full, gone) is warned of
 * once, shown by `ckl status` as degraded, and tried again at later steps; what was given meanwhile
 * is kept. Only weights that could not be saved are an error. Errors:
 *         CKL_INVALID    a negative step; CKL_STEP_NEXT after the largest number
 *         CKL_NO_SOURCE  weights are due and there is no model source
 *         CKL_BUSY       another process trains on the run: the message names it
 *         what the model source returned, or why the weights of this step are not saved */
#define CKL_STEP_NEXT INT64_C(-1)
CKL_API ckl_status ckl_checkpoint_on_step(int64_t step, bool force_dump, ckl_error *err);

/* Say that something changed: pending until training resumes, unless dump_immediately (guide,
 * "Tracking Changes"). NULL: asked of the registered source. Errors: CKL_NO_SOURCE  no such source
 */
CKL_API ckl_status ckl_checkpoint_on_model_change(const ckl_model *model, bool dump_immediately,
                                                  ckl_error *err);
CKL_API ckl_status ckl_checkpoint_on_config_change(const ckl_config *config, bool dump_immediately,
                                                   ckl_error *err);
CKL_API ckl_status ckl_checkpoint_on_data_change(ckl_data_state *data, bool dump_immediately,
                                                 ckl_error *err);

/* A metric of the head at `step` (CKL_STEP_NEXT is not allowed). Buffered: design 4, "Metrics".
 * Errors: CKL_BUSY  another process trains on the run; CKL_INVALID  as ckl_manager_log_metric */
CKL_API ckl_status ckl_log_metric(int64_t step, const char *name, double value, ckl_error *err);

#ifdef __cplusplus
}
#endif
#endif
