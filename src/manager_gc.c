/* Removing weights: decided by plan_gc, recorded first, then done. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ckl/space.h>

#include "doc.h"
#include "manager_internal.h"
#include "plan_gc.h"

typedef struct weights_file {
    int64_t experiment_id;
    char *run, *experiment, *path, *copy;
    digest sha256;
} weights_file;

struct ckl_gc {
    plan_weights *rows;
    weights_file *files; /* one for each row */
    size_t count, capacity, next;
    bool later; /* a batch after the first: what was named may be gone */
};

/* ---- what there is --------------------------------------------------------------------------- */

static ckl_status grow(ckl_gc *job, ckl_error *err)
{
    if (job->count < job->capacity)
        return CKL_OK;
    size_t capacity = job->capacity == 0 ? 64 : job->capacity * 2;
    plan_weights *rows = realloc(job->rows, capacity * sizeof *rows);
    if (rows == NULL)
        return error_memory(err);
    job->rows = rows;
    weights_file *files = realloc(job->files, capacity * sizeof *files);
    if (files == NULL)
        return error_memory(err);
    job->files = files;
    job->capacity = capacity;
    return CKL_OK;
}

static char *copy_of(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

static ckl_status add_row(ckl_gc *job, const statement *row, ckl_error *err)
{
    ckl_status status = grow(job, err);
    if (status != CKL_OK)
        return status;
    weights_file *file = &job->files[job->count];
    job->rows[job->count++] = (plan_weights){.id = column_integer(row, 0),
                                             .run = column_integer(row, 1),
                                             .step = column_integer(row, 2),
                                             .bytes = (uint64_t)column_integer(row, 3),
                                             .metric = column_real(row, 4),
                                             .is_tip = column_integer(row, 5) != 0,
                                             .is_branch_point = column_integer(row, 6) != 0};
    *file = (weights_file){column_integer(row, 7),
                           copy_of(column_text(row, 8)),
                           copy_of(column_text(row, 9)),
                           copy_of(column_text(row, 10)),
                           NULL,
                           {{0}}};
    if (file->run == NULL || file->experiment == NULL || file->path == NULL)
        return error_memory(err);
    return column_digest(&file->sha256, row, 11, err);
}

/* A tip is what training may go on from: no checkpoint came from it, or a run stands on it. A
 * branch point is what several came from, or one of another run. */
static ckl_status read_rows(ckl_gc *job, ckl_manager *manager, const ckl_gc_options *options,
                            ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(
        &row, manager->ledger,
        "SELECT saved.id, saved.run, saved.step, saved.size, metric.value,"
        "       NOT EXISTS (SELECT 1 FROM _checkpoint AS next WHERE next.from_checkpoint = "
        "saved.id)"
        "         OR EXISTS (SELECT 1 FROM _run AS at WHERE at.from_checkpoint = saved.id),"
        "       (SELECT count(*) > 1 OR max(next.run <> saved.run) IS 1"
        "        FROM _checkpoint AS next WHERE next.from_checkpoint = saved.id),"
        "       saved.experiment, run.name, experiment.hash, saved.path, saved.sha256"
        " FROM _checkpoint AS saved"
        " JOIN _run AS run ON run.id = saved.run"
        " JOIN _experiment AS experiment ON experiment.id = saved.experiment"
        " LEFT JOIN _metric AS metric ON metric.run = saved.run"
        "   AND metric.name = (SELECT id FROM _metric_name WHERE name = :metric)"
        "   AND metric.step = saved.step AND metric.experiment = saved.experiment"
        " WHERE saved.state = 'present' AND (:run IS NULL OR run.name = :run)"
        " ORDER BY saved.id",
        err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":metric", options->keep_best);
    bind_text(&row, ":run", options->all_runs ? NULL : manager->run_name);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = add_row(job, &row, err);
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status mark_named(ckl_gc *job, ckl_manager *manager, const ckl_gc_options *options,
                             ckl_error *err)
{
    for (size_t index = 0; index < options->name_count; index++) {
        ledger_experiment experiment = {0};
        bool found = false;
        ckl_status status = manager_resolve(&experiment, manager, options->names[index].hash, err);
        if (status != CKL_OK)
            return status;
        for (size_t at = 0; at < job->count; at++) {
            if (job->files[at].experiment_id == experiment.id &&
                job->rows[at].step == options->names[index].step)
                found = job->rows[at].named = true;
        }
        if (!found && !job->later) {
            error_set(err, CKL_NOT_FOUND, "there are no weights of %s at step %lld",
                      experiment.hash.text, (long long)options->names[index].step);
            error_hint(err, "see which there are: ckl checkpoints --all");
            return CKL_NOT_FOUND;
        }
    }
    return CKL_OK;
}

/* Bytes that are in a file that stays are not lost. */
static ckl_status find_copies(ckl_gc *job, ckl_error *err)
{
    for (size_t index = 0; index < job->count; index++) {
        for (size_t other = 0; job->rows[index].removed && other < job->count; other++) {
            if (job->rows[other].removed ||
                !digest_equal(&job->files[other].sha256, &job->files[index].sha256))
                continue;
            job->files[index].copy = strdup(job->files[other].path);
            if (job->files[index].copy == NULL)
                return error_memory(err);
            break;
        }
    }
    return CKL_OK;
}

/* ---- doing it -------------------------------------------------------------------------------- */

static ckl_status mark_removed(ckl_manager *manager, int64_t checkpoint, int64_t event,
                               ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, manager->ledger,
                                 "UPDATE _checkpoint SET state = 'removed', removed = :event"
                                 " WHERE id = :id",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":event", event);
    bind_integer(&running, ":id", checkpoint);
    return statement_run(&running, err);
}

static ckl_status record_removal(ckl_manager *manager, const plan_weights *row,
                                 const weights_file *file, const char *reason, ckl_error *err)
{
    char op[33], hex[65];
    int64_t event_seq = 0, session_id = 0;
    digest_hex(hex, &file->sha256);
    json_t *detail = json_pack("{s:s, s:I, s:s}", "path", file->path, "size",
                               (json_int_t)row->bytes, "sha256", hex);
    char *text = doc_json_text(detail);
    json_decref(detail);
    if (text == NULL)
        return error_memory(err);
    ckl_status status = fs_random_name(op, err);
    if (status == CKL_OK)
        status = manager_session(&session_id, manager, row->run, err);
    ledger_event event = {.op = op,
                          .run = row->run,
                          .session = session_id,
                          .kind = "remove",
                          .experiment = file->experiment_id,
                          .from_experiment = file->experiment_id,
                          .step = row->step,
                          .actor = manager->actor,
                          .reason = reason,
                          .detail = text};
    if (status == CKL_OK)
        status = ledger_event_add(&event_seq, manager->ledger, &event, err);
    if (status == CKL_OK)
        status = mark_removed(manager, row->id, event_seq, err);
    free(text);
    return status;
}

/* NULL: out of memory. */
static json_t *removed_paths(const ckl_gc *job)
{
    json_t *paths = json_array();
    for (size_t index = 0; index < job->count; index++) {
        if (job->rows[index].removed &&
            json_array_append_new(paths, json_string(job->files[index].path)) != 0) {
            json_decref(paths);
            return NULL;
        }
    }
    return paths;
}

/* The intent names the files: whoever finds it takes them away. */
static ckl_status write_intent(ckl_manager *manager, const ckl_gc *job, const char *op,
                               ckl_error *err)
{
    json_t *paths = removed_paths(job);
    json_t *detail = paths != NULL ? json_pack("{s:o}", "remove", paths) : NULL;
    char *text = doc_json_text(detail);
    json_decref(detail);
    if (text == NULL)
        return error_memory(err);
    ckl_status status = ledger_intent_add(manager->ledger, op, text, err);
    free(text);
    return status;
}

ckl_status work_remove_files(ckl_manager *manager, const char *op, json_t *paths, ckl_error *err)
{
    size_t index;
    json_t *path;
    ckl_status status = json_is_array(paths) ? CKL_OK : CKL_INVALID;
    json_array_foreach(paths, index, path)
    {
        if (!json_is_string(path))
            status = CKL_INVALID;
    }
    if (status != CKL_OK)
        return error_set(err, CKL_DAMAGED, "the ledger's intent %s is not readable", op);
    json_array_foreach(paths, index, path)
    {
        if (status == CKL_OK)
            status = storage_remove(manager->tree, json_string_value(path), err);
    }
    if (status == CKL_OK)
        status = db_begin(manager->ledger, DB_WRITE, err);
    if (status != CKL_OK)
        return status;
    return manager_end(manager, ledger_intent_remove(manager->ledger, op, err), err);
}

static ckl_status decide(ckl_gc *job, ckl_manager *manager, const ckl_gc_options *options,
                         ckl_error *err)
{
    plan_gc_rules rules = {.keep_last = options->keep_last,
                           .keep_every = options->keep_every,
                           .keep_best = options->keep_best != NULL,
                           .highest = options->highest,
                           .limit_bytes = options->limit_bytes,
                           .max_bytes = options->max_bytes};
    ckl_status status = read_rows(job, manager, options, err);
    if (status == CKL_OK)
        status = mark_named(job, manager, options, err);
    if (status != CKL_OK)
        return status;
    plan_gc(job->rows, job->count, &rules);
    return find_copies(job, err);
}

/* ---- in batches ------------------------------------------------------------------------------ */

/* So many in one transaction: on a full disk each gives space for the next. */
#define BATCH 50

/* What is removed now becomes part of the answer; the rest is decided again. */
static ckl_status move_removed(ckl_gc *answer, ckl_gc *job, ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < job->count; index++) {
        if (!job->rows[index].removed)
            continue;
        status = grow(answer, err);
        if (status != CKL_OK)
            break;
        answer->rows[answer->count] = job->rows[index];
        answer->files[answer->count++] = job->files[index];
        job->files[index] = (weights_file){0};
    }
    return status;
}

static void clear(ckl_gc *job)
{
    for (size_t index = 0; index < job->count; index++) {
        free(job->files[index].run);
        free(job->files[index].experiment);
        free(job->files[index].path);
        free(job->files[index].copy);
    }
    job->count = 0;
}

/* Only the oldest of what goes; returns how many. */
static size_t limit_batch(ckl_gc *job)
{
    size_t removed = 0;
    for (size_t index = 0; index < job->count; index++) {
        job->rows[index].removed = job->rows[index].removed && removed < BATCH;
        removed += job->rows[index].removed;
    }
    return removed;
}

static ckl_status record_batch(ckl_manager *manager, const ckl_gc *job, const char *op,
                               const char *reason, ckl_error *err)
{
    ckl_status status = write_intent(manager, job, op, err);
    for (size_t index = 0; status == CKL_OK && index < job->count; index++) {
        if (job->rows[index].removed)
            status = record_removal(manager, &job->rows[index], &job->files[index], reason, err);
    }
    return status;
}

static ckl_status remove_batch(ckl_manager *manager, const ckl_gc *job, const char *op,
                               ckl_error *err)
{
    json_t *paths = removed_paths(job);
    ckl_status status =
        paths != NULL ? work_remove_files(manager, op, paths, err) : error_memory(err);
    json_decref(paths);
    return status;
}

/* In the transaction that decides; *removed 0: nothing is left to do, and nothing was written. */
static ckl_status decide_batch(size_t *removed, ckl_gc *job, ckl_manager *manager,
                               const ckl_gc_options *options, const char *op, ckl_error *err)
{
    ckl_status status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status != CKL_OK)
        return status;
    status = decide(job, manager, options, err);
    *removed = status == CKL_OK ? limit_batch(job) : 0;
    if (*removed == 0) {
        db_rollback(manager->ledger);
        return status;
    }
    status = record_batch(manager, job, op, options->reason, err);
    status = manager_end(manager, status, err);
    /* The files go when their removal is on disk: at the next call, or the next opening. */
    manager->unfinished = manager->unfinished || db_is_recorded(manager->ledger);
    return status;
}

/* The folder of the operation holds its lease: as long as it is held, nobody else finishes it. */
static ckl_status collect_batch(size_t *removed, ckl_gc *answer, ckl_gc *job, ckl_manager *manager,
                                const ckl_gc_options *options, ckl_error *err)
{
    storage_op *lease = NULL;
    char op[33];
    *removed = 0;
    clear(job);
    ckl_status status = fs_random_name(op, err);
    if (status == CKL_OK)
        status = storage_op_begin(&lease, manager->tree, op, err);
    if (status == CKL_OK)
        status = decide_batch(removed, job, manager, options, op, err);
    if (status == CKL_OK && *removed > 0)
        status = remove_batch(manager, job, op, err);
    storage_op_end(lease);
    return status == CKL_OK ? move_removed(answer, job, err) : status;
}

static ckl_status collect(ckl_gc *answer, ckl_manager *manager, const ckl_gc_options *options,
                          ckl_error *err)
{
    ckl_gc *job = calloc(1, sizeof *job);
    size_t removed = 0;
    if (job == NULL)
        return error_memory(err);
    storage_release_reserve(manager->tree);
    work_finish_own(manager);
    ckl_status status = collect_batch(&removed, answer, job, manager, options, err);
    job->later = true;
    while (status == CKL_OK && removed > 0)
        status = collect_batch(&removed, answer, job, manager, options, err);
    for (size_t index = 0; status == CKL_OK && index < job->count; index++) {
        status = grow(answer, err);
        if (status != CKL_OK)
            break;
        answer->rows[answer->count] = job->rows[index];
        answer->files[answer->count++] = job->files[index];
        job->files[index] = (weights_file){0};
    }
    storage_reserve(manager->tree);
    ckl_gc_close(job);
    return status;
}

ckl_status ckl_gc_run(ckl_gc **out, ckl_manager *manager, const ckl_gc_options *options,
                      ckl_error *err)
{
    ckl_gc *job = calloc(1, sizeof *job);
    if (job == NULL)
        return error_memory(err);
    ckl_status status = CKL_OK;
    if (options->keep_every < 0)
        status = error_set(err, CKL_INVALID, "a multiple of steps is 1 or more");
    if (status == CKL_OK && options->dry_run) {
        status = decide(job, manager, options, err);
    } else if (status == CKL_OK) {
        status = manager_check_writable(manager, err);
        if (status == CKL_OK)
            status = collect(job, manager, options, err);
    }
    if (status != CKL_OK) {
        ckl_gc_close(job);
        return status;
    }
    *out = job;
    return CKL_OK;
}

ckl_status ckl_gc_next(ckl_gc_row *out, ckl_gc *done, ckl_error *err)
{
    (void)err;
    if (done->next == done->count)
        return CKL_DONE;
    const plan_weights *row = &done->rows[done->next];
    const weights_file *file = &done->files[done->next++];
    *out = (ckl_gc_row){.run = file->run,
                        .experiment = file->experiment,
                        .path = file->path,
                        .step = row->step,
                        .bytes = row->bytes,
                        .removed = row->removed,
                        .why = row->why,
                        .copy = file->copy};
    return CKL_OK;
}

void ckl_gc_close(ckl_gc *done)
{
    if (done == NULL)
        return;
    clear(done);
    free(done->rows);
    free(done->files);
    free(done);
}
