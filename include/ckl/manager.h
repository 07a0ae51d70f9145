/* Checkpoint Ledger: the manager: record states, keep changes pending, dump, save checkpoints.
 * Part of <ckl/ckl.h>. Names follow the guide's CheckpointManagerV2 (guide, "API Reference").
 *
 *     ckl_manager *manager = NULL;
 *     ckl_error err = {0};
 *     if (ckl_manager_open(&manager, "experiments", NULL, &err) != CKL_OK)
 *         return report(&err);
 *     ckl_update_result result;
 *     ckl_update update = {.config = config, .reason = "smaller steps"};
 *     status = ckl_manager_update_experiment_hash(&result, manager, &update, &err);
 *     ...
 *     ckl_manager_close(manager);
 *
 * What a call acknowledged by returning CKL_OK is in the ledger and survives the death of the
 * process; what a dump or a checkpoint acknowledged, and all before it, survives power loss
 * (design 7).
 */
#ifndef CKL_MANAGER_H
#define CKL_MANAGER_H

#include <ckl/values.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ckl_manager ckl_manager;

/* All zero gives the defaults. */
typedef struct ckl_options {
    const char *run;     /* the line of history to work on; NULL: "main" */
    const char *actor;   /* who; NULL: $CKL_ACTOR, else the user's name */
    int busy_timeout_ms; /* how long to wait for other writers; 0: 5,000; negative: not at all */
    bool read_only;      /* never write, never create */
    bool must_exist;     /* fail with CKL_NOT_FOUND instead of creating */
    bool training; /* this process trains: record host, program, git commit with what it records */
    const ckl_warning_sink *warnings; /* NULL: warnings are dropped */
    /* Where ledger.db is to be when not in the root, e.g. on a disk of this machine for a root that
     * is on a network file system; its folder must be there. NULL: $CKL_LEDGER, else where it was
     * (ROOT/.ckl/ledger says so), else in the root. */
    const char *ledger;
} ckl_options;

/* Opens the ledger under `root`, making folder and ledger when there are none, and continues at the
 * run's head, pending changes included. A run that is not recorded begins (empty) with its first
 * change. What a crash left half done is finished or undone first (design 8).
 * On a file system that machines share (NFS, SMB, FUSE, …; $CKL_FILE_SYSTEM, "network" or "local",
 * answers instead) the ledger gets a rollback journal in the place of its log, once and for all,
 * and the warning sink is told when it is made and when training begins. Errors: CKL_NOT_FOUND
 * nothing there (read_only, must_exist), or not where it was CKL_REFUSED    newer, foreign or
 * hostile file, or another root's; nothing was touched CKL_DAMAGED    not readable as a ledger
 *         CKL_INVALID    a run name outside [A-Za-z0-9._-]{1,64}
 *         CKL_BUSY, CKL_IO, CKL_NO_SPACE, CKL_NO_MEMORY */
CKL_API ckl_status ckl_manager_open(ckl_manager **out, const char *root, const ckl_options *options,
                                    ckl_error *err);
/* Closes it; NULL is fine; never fails. Buffered metrics are written. */
CKL_API_VOID void ckl_manager_close(ckl_manager *manager);
/* The absolute path of the root, and the name of the run. Borrowed. */
CKL_API const char *ckl_manager_root(const ckl_manager *manager);
CKL_API const char *ckl_manager_run(const ckl_manager *manager);
/* The absolute path of the ledger. Borrowed. */
CKL_API const char *ckl_manager_ledger(const ckl_manager *manager);
/* True when this open made the ledger. */
CKL_API bool ckl_manager_created(const ckl_manager *manager);

/* ---- change: design 4, "Update" -------------------------------------------------------------- */

/* What is NULL keeps its value. */
typedef struct ckl_update {
    const ckl_model *model;
    const ckl_config *config;
    ckl_data_state *data;
    bool dump_immediately;
    const char *reason; /* why, for the history; may be NULL */
} ckl_update;

typedef struct ckl_update_result {
    ckl_hash experiment;     /* the head after the call */
    bool is_new;             /* it differs from the head before */
    bool recorded_before;    /* and had been recorded earlier, by any run */
    ckl_components changed;  /* in what it differs from the head before */
    ckl_components pending;  /* see ckl_manager_has_pending_changes */
    uint64_t ignored_uids;   /* discarded or tagged uids that are not among the samples … */
    char first_ignored[256]; /* … and the first of them, shortened to fit */
    ckl_hash from;           /* the head before the call, whoever moved it there; empty: none */
} ckl_update_result;

/* Records a new state of any of the components (guide: update_experiment_hash). Writes nothing when
 * nothing changed. A head that has a checkpoint but no dump is dumped before it is left.
 * Errors: CKL_BUSY, CKL_IO, CKL_NO_SPACE: nothing was recorded; CKL_INVALID: duplicate uid */
CKL_API ckl_status ckl_manager_update_experiment_hash(ckl_update_result *out, ckl_manager *manager,
                                                      const ckl_update *update, ckl_error *err);

typedef enum ckl_edit_action {
    CKL_EDIT_DISCARD,
    CKL_EDIT_RESTORE,
    CKL_EDIT_TAG,
    CKL_EDIT_UNTAG
} ckl_edit_action;

/* A change of some samples of the head's data state: all of them or none. */
typedef struct ckl_edit {
    ckl_edit_action action;
    const char *tag; /* for TAG and UNTAG */
    const char *const *uids;
    size_t uid_count;
    bool dump_immediately;
    const char *reason;
} ckl_edit;

/* Changes some samples of the head's data state: all of them or none.
 * Errors: CKL_NOT_FOUND  no data state yet, or a uid that is not in it: named, nothing changed */
CKL_API ckl_status ckl_manager_edit_samples(ckl_update_result *out, ckl_manager *manager,
                                            const ckl_edit *edit, ckl_error *err);

/* Which components of the head are not dumped yet (design 4, "Pending"). *any may be NULL. */
CKL_API ckl_status ckl_manager_has_pending_changes(bool *any, ckl_components *pending,
                                                   ckl_manager *manager, ckl_error *err);

typedef struct ckl_dump_result {
    ckl_hash experiment;
    ckl_components dumped; /* what was pending; with force also what was re-created */
    char directory[192];   /* "checkpoints/{hash}", relative to the root */
} ckl_dump_result;

/* Writes the head's directory, complete (design 4, "Dump"). With nothing pending it does nothing,
 * or with `force` re-creates what is missing. */
CKL_API ckl_status ckl_manager_dump_pending_changes(ckl_dump_result *out, ckl_manager *manager,
                                                    bool force, ckl_error *err);

/* Each is an update of that component, dumped (guide: save_config, …). */
CKL_API ckl_status ckl_manager_save_config(ckl_update_result *out, ckl_manager *manager,
                                           const ckl_config *config, ckl_error *err);
CKL_API ckl_status ckl_manager_save_data_state(ckl_update_result *out, ckl_manager *manager,
                                               ckl_data_state *data, ckl_error *err);
CKL_API ckl_status ckl_manager_save_model_architecture(ckl_update_result *out, ckl_manager *manager,
                                                       const ckl_model *model, ckl_error *err);

/* ---- training: design 4, "Live curation" ----------------------------------------------------- */

/* Claims the run: one process trains on it at a time, until the manager is closed or the process
 * ends; anybody may change it meanwhile. Again is fine. Saving a checkpoint claims it, too.
 * Opened with `training`, history gets a "train" event with the session (once the run
 * has a state), an "end" event when the
 * manager is closed, and one for each trainer before it that died without. What weights come from
 * is unknown from here on, unless somebody switched to HASH@STEP since the run was trained last.
 * Errors: CKL_BUSY  the message names host, pid and start of the one that trains */
CKL_API ckl_status ckl_manager_begin_training(ckl_manager *manager, ckl_error *err);
/* A number that differs when some process (this one included) recorded something in this ledger
 * since it was last asked: read from shared memory in nanoseconds. 0 when opened for reading. */
CKL_API uint64_t ckl_manager_change_count(const ckl_manager *manager);

/* ---- checkpoints: design 4, "Checkpoint" ----------------------------------------------------- */

typedef struct ckl_metric {
    const char *name; /* 1 to 256 bytes, valid UTF-8 */
    double value;
} ckl_metric;

/* The weights come from exactly one of `bytes`, `write` and `path`. */
typedef struct ckl_checkpoint {
    int64_t step;      /* 0 or more */
    const void *bytes; /* with `size` */
    size_t size;
    ckl_status (*write)(void *context, int descriptor, ckl_error *err); /* writes them to it */
    void *context;
    const char *path; /* a file to copy; `move`: it is gone afterwards, and only then */
    bool move;
    const ckl_metric *metrics; /* `metric_count` of them */
    size_t metric_count;
    const char *note;        /* a JSON text, or NULL */
    bool force_dump_pending; /* guide: dump pending changes before saving */
} ckl_checkpoint;

typedef struct ckl_checkpoint_result {
    ckl_hash experiment;
    int64_t step;
    char path[192]; /* relative to the root */
    uint64_t bytes;
    char sha256[65];
    ckl_components pending; /* changes that the directory does not hold yet */
} ckl_checkpoint_result;

/* Saves weights under the head's hash. It does not dump unless force_dump_pending.
 * Errors: CKL_INVALID    negative step, note that is no JSON, no head yet
 *         CKL_NOT_FOUND  the weights file is not there
 *         CKL_BUSY       another process trains on the run
 *         what `write` returned: nothing was saved */
CKL_API ckl_status ckl_manager_save_model_checkpoint(ckl_checkpoint_result *out,
                                                     ckl_manager *manager,
                                                     const ckl_checkpoint *checkpoint,
                                                     ckl_error *err);

/* Metrics of the head at a step. Buffered: written with the next change, after a second, on flush
 * and on close. The same name at the same step again replaces the value. A NaN is kept as NULL.
 * Errors: CKL_INVALID  negative step, empty or too long name */
CKL_API ckl_status ckl_manager_log_metric(ckl_manager *manager, int64_t step, const char *name,
                                          double value, ckl_error *err);
/* Writes what is buffered now. Errors: CKL_BUSY, CKL_IO, CKL_NO_SPACE: it stays buffered */
CKL_API ckl_status ckl_manager_flush_metrics(ckl_manager *manager, ckl_error *err);

/* ---- move about: design 4, "Switch" ---------------------------------------------------------- */

/* Where the head was and is. */
typedef struct ckl_switch_result {
    ckl_hash from; /* empty when there was no head */
    ckl_hash experiment;
    ckl_components pending;
} ckl_switch_result;
/* Moves the head to a recorded experiment, and to its checkpoint at `step` (-1: none) as what
 * training comes from. Switching to `from` leads back.
 * Errors: CKL_NOT_FOUND, CKL_AMBIGUOUS, CKL_V2_HASH, CKL_INVALID */
CKL_API ckl_status ckl_manager_switch(ckl_switch_result *out, ckl_manager *manager,
                                      const char *hash, int64_t step, ckl_error *err);

/* Says that this process loaded the weights of a checkpoint, of any run, and trains on from them:
 * the head stays where it is, and the next checkpoint names what it came from. Errors:
 * CKL_NOT_FOUND (also when there is no checkpoint at that step), CKL_AMBIGUOUS, CKL_V2_HASH,
 * CKL_INVALID */
CKL_API ckl_status ckl_manager_resume_from(ckl_manager *manager, const char *hash, int64_t step,
                                           ckl_error *err);

/* Makes the run `name`, with its head at `from` (a hash as ckl_manager_resolve takes; NULL: empty).
 * "HASH@STEP": training on it goes on from that checkpoint.
 * Errors: CKL_INVALID    bad name, or the run exists
 *         CKL_NOT_FOUND  no such experiment, no checkpoint at that step */
CKL_API ckl_status ckl_manager_new_run(ckl_manager *manager, const char *name, const char *from,
                                       ckl_error *err);

/* Leaves a JSON Pointer out of configurations' hashes from here on, or (`ignored` false) takes it
 * in again (design 3.2). *changed may be NULL; false when it was so already. */
CKL_API ckl_status ckl_manager_ignore(bool *changed, ckl_manager *manager, const char *path,
                                      bool ignored, const char *reason, ckl_error *err);
/* What is ignored now: *out is an array of *count texts, the caller's, one ckl_free() for all. */
CKL_API ckl_status ckl_manager_ignored_paths(char ***out, size_t *count, ckl_manager *manager,
                                             ckl_error *err);

/* ---- get back -------------------------------------------------------------------------------- */

/* The recorded experiment that `text` means: 24 characters, a unique prefix of at least 4, "@" (the
 * head), "@~N" (N head moves back).
 * Errors: CKL_NOT_FOUND, CKL_AMBIGUOUS (the message names candidates), CKL_V2_HASH, CKL_INVALID */
CKL_API ckl_status ckl_manager_resolve(ckl_hash *out, ckl_manager *manager, const char *text,
                                       ckl_error *err);
/* The content of an experiment, exactly as it was given. `hash` as ckl_manager_resolve takes; NULL:
 * the head. Errors: CKL_NOT_FOUND  also when that component is absent */
CKL_API ckl_status ckl_manager_load_config(ckl_config **out, ckl_manager *manager, const char *hash,
                                           ckl_error *err);
/* The data state, finished; *out is the caller's. Errors: as ckl_manager_load_config. */
CKL_API ckl_status ckl_manager_load_data_state(ckl_data_state **out, ckl_manager *manager,
                                               const char *hash, ckl_error *err);
/* The description as JSON text, or the bytes of an opaque one. */
CKL_API ckl_status ckl_manager_load_model(char **out, size_t *size, ckl_manager *manager,
                                          const char *hash, ckl_error *err);
/* The bytes of `{hash}_architecture.pkl`. */
CKL_API ckl_status ckl_manager_load_architecture(char **out, size_t *size, ckl_manager *manager,
                                                 const char *hash, ckl_error *err);

typedef enum ckl_choice {
    CKL_AT_STEP,
    CKL_LATEST,
    CKL_BEST_LOWEST,
    CKL_BEST_HIGHEST,
    CKL_NEAREST
} ckl_choice;
/* The absolute path of a checkpoint of an experiment: at `step`, the nearest to it (of two that are
 * as near, the later step), the latest saved, or the one with the lowest or highest `metric`. */
CKL_API ckl_status ckl_manager_checkpoint_path(char **out, ckl_manager *manager, const char *hash,
                                               ckl_choice choice, int64_t step, const char *metric,
                                               ckl_error *err);
/* Copies a checkpoint that is chosen likewise to `to`: a file that is not there yet, or a folder,
 * in which the copy gets the name that the weights had when they were saved (else the tree's).
 * *out, the caller's, says where it is. It is whole and what was saved, or not there. Errors: as
 * ckl_manager_checkpoint_path; CKL_INVALID  something is there, and stays CKL_DAMAGED  the weights
 * are not those that were saved; CKL_IO, CKL_NO_SPACE */
CKL_API ckl_status ckl_manager_copy_checkpoint(char **out, ckl_manager *manager, const char *hash,
                                               ckl_choice choice, int64_t step, const char *metric,
                                               const char *to, ckl_error *err);

/* For a value that was just hashed: *out is the same hash with the ledger's segments, when it knows
 * every component of the generator's last hash (design 3.5). Errors: CKL_NOT_FOUND */
CKL_API ckl_status ckl_manager_recorded_hash(ckl_hash *out, ckl_manager *manager,
                                             const ckl_hash_generator *generator, ckl_error *err);

#ifdef __cplusplus
}
#endif
#endif
