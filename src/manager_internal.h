/* manager: owns what the library does: it decides (plan), writes files (storage), records (ledger),
 * and is the only one that begins and commits. May call: everything below. Keeps true: files first,
 * ledger last, so that a row means that its file exists; a failed call leaves ledger and tree as
 * they were, or with an intent that the next opening finishes. */
#ifndef MANAGER_INTERNAL_H
#define MANAGER_INTERNAL_H

#include <ckl/query.h>

#include "ledger.h"
#include "plan.h"
#include "storage.h"

struct ckl_manager {
    db *ledger;
    storage *tree;
    char *root;
    char *run_name;
    char *actor;
    ckl_warning_sink warnings;
    bool created;
    bool training;
    session environment;        /* when training */
    int64_t session;            /* its row; 0: not recorded yet */
    ckl_hash own_head;          /* where this manager moved the head last; empty: nowhere */
    bool unfinished;            /* an intent of ours was left behind */
    bool announced;             /* history says that this session trains */
    int64_t first_step;         /* the first step of this session; -1: none yet */
    fs_lock *lease;             /* held while this process trains on the run; NULL: it does not */
    fs_counter *changes;        /* rises with every commit of any process */
    ckl_data_state *head_state; /* the data state loaded last; NULL: none … */
    int64_t head_component;     /* … and which it is */
    ledger_metric *metrics;     /* not written yet … */
    size_t metric_count, metric_capacity;
    int64_t metric_experiment; /* … and the head they belong to; 0: not asked yet */
    int64_t metric_since_us;
    size_t flush_at; /* how many are written at once */
};

/* The run as it stands now, with its head and baseline. */
typedef struct manager_view {
    ledger_run run;
    ledger_experiment head, baseline; /* all zero: none */
    ckl_components pending;
    int64_t session; /* that this transaction recorded: the manager's once it is committed */
} manager_view;
/* Makes sure that a ledger that is not in the root is the root's, or becomes it
 * (manager_ledger.c). Errors: CKL_REFUSED */
ckl_status manager_tie_ledger(ckl_manager *manager, ckl_error *err);
ckl_status manager_view_read(manager_view *out, ckl_manager *manager, ckl_error *err);
plan_state manager_state_of(const ledger_experiment *experiment);
/* Adds the run when it is not recorded yet. In a write transaction. */
ckl_status manager_ensure_run(manager_view *view, ckl_manager *manager, ckl_error *err);
/* The session that what is recorded belongs to, 0 when this process does not train. In a write
 * transaction. */
ckl_status manager_session(int64_t *out, ckl_manager *manager, int64_t run, ckl_error *err);
/* Takes the lease of the run, and says nothing in history yet. */
ckl_status manager_claim(ckl_manager *manager, ckl_error *err);
/* Says in history that the session that trained ended well. Failing is no harm: then the next
 * trainer finds that it died. */
void manager_end_training(ckl_manager *manager);
/* "HOST, pid N, since T" of who trains on the run; empty: nobody. */
void manager_read_trainer(char *out, size_t size, const ckl_manager *manager);
ckl_status manager_open_counter(ckl_manager *manager, ckl_error *err);
/* Says for `status` that recording fails, and why; NULL: it does not any more. */
void manager_set_degraded(ckl_manager *manager, const char *why);
/* While recording fails nobody waits long for it: one try at a time, or again as was asked for. */
void manager_hurry(ckl_manager *manager, bool hurry);
/* Whether something can be recorded: writes a little, durably, into ledger and tree. */
ckl_status manager_probe(ckl_manager *manager, ckl_error *err);
void manager_read_degraded(char *out, size_t size, const ckl_manager *manager);
/* Ends a transaction: commits when `status` is CKL_OK, else rolls back. */
ckl_status manager_end(ckl_manager *manager, ckl_status status, ckl_error *err);
void manager_warn(const ckl_manager *manager, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* CKL_MISUSE for a manager that was opened for reading only. */
ckl_status manager_check_writable(const ckl_manager *manager, ckl_error *err);
/* Text that people give: bounded, valid Unicode. */
ckl_status manager_check_reason(const char *reason, ckl_error *err);
/* Writes what is buffered, inside a write transaction. */
ckl_status manager_write_metrics(ckl_manager *manager, int64_t run, ckl_error *err);
void manager_forget_metrics(ckl_manager *manager);

/* The data state `component`, which is the head of run `run` (0: of none): borrowed until the next
 * call. */
ckl_status manager_data_state(const ckl_data_state **out, ckl_manager *manager, int64_t component,
                              int64_t run, ckl_error *err);
/* Takes the state over as the one loaded last. */
void manager_keep_data_state(ckl_manager *manager, ckl_data_state *state, int64_t component);

/* Moves the head: samples, event, run row. In a write transaction. */
typedef struct manager_move {
    const char *kind;
    const char *reason;
    const char *detail;
    const ledger_experiment *to;
    int64_t config;    /* _config of the head after it */
    int64_t step;      /* -1: none */
    bool moves_origin; /* the event says where weights come from now: view.run has it */
} manager_move;
ckl_status manager_move_head(manager_view *view, ckl_manager *manager, const manager_move *move,
                             ckl_error *err);
/* The samples of event->run go from data state `from` to `to` (0: none); the event says how. */
ckl_status manager_move_samples(ledger_event *event, ckl_manager *manager, int64_t from, int64_t to,
                                ckl_error *err);
ckl_status manager_dump(ckl_dump_result *out, ckl_manager *manager, bool force, ckl_error *err);
/* What training goes on from when the head moves to an experiment: the baseline. */
ckl_status manager_baseline_of(int64_t *out, ckl_manager *manager,
                               const ledger_experiment *experiment, ckl_error *err);
ckl_status manager_resolve(ledger_experiment *out, ckl_manager *manager, const char *text,
                           ckl_error *err);
/* Writes .ckl/receipt.json: where history stands (check_receipt.c). Failing is no harm: the next
 * dump writes it again. */
void receipt_write(db *ledger, const storage *tree);
bool manager_run_name_is_good(const char *name);
/* The _config that an experiment was last recorded with, this run's first; 0: none. */
ckl_status manager_config_of(int64_t *out, ckl_manager *manager,
                             const ledger_experiment *experiment, ckl_error *err);

/* The code that two experiments (0: none) were trained with last; when they are the same one, with
 * first and last. */
ckl_status query_code(ckl_diff_code *out, ckl_manager *manager, int64_t from, int64_t to,
                      ckl_error *err);

/* Rows of name and value as a JSON object. */
ckl_status query_metrics_json(buf *out, statement *row, ckl_error *err);

/* ---- work that puts files into the tree (manager_work.c) --------------------------------------
 */

typedef struct work_file {
    storage_move move;
    int64_t component, config; /* for dumped files */
} work_file;

#define WORK_FILES 3

struct json_t;
/* Everything that is needed to finish an operation after its files are staged: kept as JSON in its
 * intent. */
typedef struct work {
    char op[33];
    bool is_checkpoint;
    int64_t run, experiment, config;
    ckl_components dumped; /* of a dump */
    char *actor;
    int64_t at_us;
    work_file files[WORK_FILES];
    size_t file_count;
    int64_t step, from_checkpoint, first_step; /* of a checkpoint */
    ledger_origin origin;
    ckl_components pending;
    char *note;
    char *file_name;           /* that the weights had; NULL: none */
    const ckl_metric *metrics; /* of a checkpoint: the caller's, or those of an intent … */
    size_t metric_count;
    ckl_metric *own_metrics; /* … which are its own, … */
    struct json_t *detail;   /* … with their names in here */
} work;
void work_free(work *unit);
/* As its intent keeps it (manager_intent.c); *out is the caller's. Decoding: CKL_DAMAGED when it is
 * not understood. */
ckl_status work_encode(char **out, const work *unit, ckl_error *err);
ckl_status work_decode(work *out, const char *op, struct json_t *detail, ckl_error *err);
/* What the event of a work says beyond its columns (manager_detail.c); *out is the caller's. */
ckl_status detail_of_work(char **out, db *ledger, const work *unit, ckl_error *err);
/* Of an event that sets where weights come from: as the run has it now. */
ckl_status detail_of_origin(char **out, db *ledger, const ledger_run *run, ckl_error *err);
ckl_status detail_of_end(char **out, const char *outcome, const char *who, ckl_error *err);
#define WORK_AUTO __attribute__((cleanup(work_free))) work
/* The last part of `path` as a name that can be shown and used (manager_weights.c), *out the
 * caller's; NULL for "-", and where there is none. */
#define WEIGHTS_NAME_MAX 255u
ckl_status weights_name(char **out, const char *path, ckl_error *err);
/* What the detail of a checkpoint's event says it was; empty: nothing, or no name. */
ckl_status weights_name_of_event(char out[WEIGHTS_NAME_MAX + 1], const char *detail,
                                 ckl_error *err);
/* A checkpoint as ckl_manager_checkpoint_path chooses it; *out, below the root, is the caller's. */
ckl_status manager_choose_checkpoint(char **out, ckl_manager *manager, const char *hash,
                                     ckl_choice choice, int64_t step, const char *metric,
                                     ckl_error *err);
/* Intent, places, rows: after it the work is recorded and durable. `op` holds the staged files. */
ckl_status work_perform(work *unit, ckl_manager *manager, storage_op *op, ckl_error *err);
/* Takes the files of a removal away, and its intent. */
ckl_status work_remove_files(ckl_manager *manager, const char *op, struct json_t *paths,
                             ckl_error *err);
/* Finishes or undoes what processes that are gone left behind. */
ckl_status work_recover(ckl_manager *manager, ckl_error *err);
/* Does so when work of this manager could not be ended: before the next, which may want the same.
 */
void work_finish_own(ckl_manager *manager);

#endif
