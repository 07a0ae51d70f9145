/* Work that puts files into the tree: its intent, its rows, and what a crash left of it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "doc.h"
#include "manager_internal.h"

void work_free(work *unit)
{
    free(unit->actor);
    free(unit->note);
    free(unit->file_name);
    free(unit->own_metrics);
    json_decref(unit->detail);
}

/* ---- the rows -------------------------------------------------------------------------------- */

static ckl_status record_dump(const work *unit, ckl_manager *manager, manager_view *view,
                              int64_t event, ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < unit->file_count; index++) {
        const work_file *file = &unit->files[index];
        ledger_file row = {.experiment = unit->experiment,
                           .component = file->component,
                           .config = file->config,
                           .size = file->move.size,
                           .sha256 = file->move.sha256};
        snprintf(row.path, sizeof row.path, "%s", file->move.target);
        status = ledger_file_add(manager->ledger, &row, event, err);
    }
    if (status == CKL_OK)
        status = ledger_experiment_dumped(manager->ledger, unit->experiment, event, err);
    view->run.baseline = unit->experiment;
    return status;
}

static ckl_status record_checkpoint(const work *unit, ckl_manager *manager, manager_view *view,
                                    int64_t event, ckl_error *err)
{
    const work_file *file = &unit->files[0];
    ledger_checkpoint row = {.event = event,
                             .run = unit->run,
                             .experiment = unit->experiment,
                             .step = unit->step,
                             .path = file->move.target,
                             .size = file->move.size,
                             .sha256 = file->move.sha256,
                             .note = unit->note,
                             .from_checkpoint = unit->from_checkpoint,
                             .first_step = unit->first_step,
                             .origin = unit->origin,
                             .pending = unit->pending};
    int64_t id = 0;
    ckl_status status = ledger_checkpoint_add(&id, manager->ledger, &row, err);
    view->run.from_checkpoint = id; /* training goes on from what was just saved */
    view->run.first_step = unit->step < INT64_MAX ? unit->step + 1 : unit->step;
    view->run.origin = ORIGIN_CHECKPOINT;
    return status;
}

static ckl_status view_of_run(manager_view *out, ckl_manager *manager, int64_t run, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, manager->ledger, "SELECT name FROM _run WHERE id = :run", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", run);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_OK)
        status = ledger_run_find(&out->run, manager->ledger, column_required(&row, 0), err);
    return status == CKL_DONE
               ? error_set(err, CKL_DAMAGED, "an intent of a run that is not recorded")
               : status;
}

static ckl_status record(int64_t *session_id, const work *unit, ckl_manager *manager,
                         ckl_error *err)
{
    manager_view view = {0};
    int64_t seq = 0;
    char *detail = NULL;
    ledger_event event = {.op = unit->op,
                          .at_us = unit->at_us,
                          .run = unit->run,
                          .kind = unit->is_checkpoint ? "checkpoint" : "dump",
                          .experiment = unit->experiment,
                          .from_experiment = unit->experiment,
                          .config = unit->config,
                          .from_config = unit->config,
                          .step = unit->is_checkpoint ? unit->step : -1,
                          .actor = unit->actor};
    ckl_status status = detail_of_work(&detail, manager->ledger, unit, err);
    event.detail = detail;
    if (status == CKL_OK)
        status = view_of_run(&view, manager, unit->run, err);
    if (status == CKL_OK)
        status = manager_session(&event.session, manager, unit->run, err);
    if (status == CKL_OK)
        status = ledger_event_add(&seq, manager->ledger, &event, err);
    if (status == CKL_OK)
        status = unit->is_checkpoint ? record_checkpoint(unit, manager, &view, seq, err)
                                     : record_dump(unit, manager, &view, seq, err);
    if (status == CKL_OK)
        status = ledger_run_save(manager->ledger, &view.run, err);
    for (size_t index = 0; status == CKL_OK && index < unit->metric_count; index++) {
        const ckl_metric *given = &unit->metrics[index];
        ledger_metric metric = {unit->step, unit->at_us, given->value, given->name};
        status = ledger_metrics_add(manager->ledger, unit->run, unit->experiment, &metric, 1, err);
    }
    if (status == CKL_OK)
        status = ledger_intent_remove(manager->ledger, unit->op, err);
    *session_id = event.session;
    free(detail);
    return status;
}

/* ---- performing ------------------------------------------------------------------------------ */

/* The name of a checkpoint is settled where no other writer can take it: here. */
static ckl_status settle_target(work *unit, ckl_manager *manager, ckl_error *err)
{
    ledger_experiment experiment;
    storage_move *move = &unit->files[0].move;
    int64_t owner = 0;
    ckl_status status = ledger_experiment_get(&experiment, manager->ledger, unit->experiment, err);
    if (status != CKL_OK)
        return status;
    storage_weights(move->target, &experiment.hash, unit->step, NULL);
    status = ledger_path_owner(&owner, manager->ledger, move->target, err);
    if (status == CKL_OK && owner != 0 && owner != unit->run) {
        storage_weights(move->target, &experiment.hash, unit->step, manager->run_name);
        status = ledger_path_owner(&owner, manager->ledger, move->target, err);
    }
    if (status == CKL_OK && owner == -1)
        return error_set(err, CKL_BUSY, "another process is saving '%s'", move->target);
    move->replace = owner == unit->run;
    return status;
}

/* After a failure nothing of the work is to come back at the next opening. */
static void forget(const work *unit, ckl_manager *manager)
{
    bool gone =
        db_begin(manager->ledger, DB_WRITE, NULL) == CKL_OK &&
        manager_end(manager, ledger_intent_remove(manager->ledger, unit->op, NULL), NULL) == CKL_OK;
    manager->unfinished = manager->unfinished || !gone;
}

/* The work begins when its intent is on disk, and not before: one that is only recorded is taken
 * back. */
static ckl_status write_intent(work *unit, ckl_manager *manager, ckl_error *err)
{
    char *detail = NULL;
    ckl_error failure = {0};
    ckl_status status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status != CKL_OK)
        return status;
    if (unit->is_checkpoint)
        status = settle_target(unit, manager, err);
    if (status == CKL_OK)
        status = work_encode(&detail, unit, err);
    if (status == CKL_OK)
        status = ledger_intent_add(manager->ledger, unit->op, detail, err);
    free(detail);
    status = manager_end(manager, status, &failure);
    if (status != CKL_OK && db_is_recorded(manager->ledger)) {
        forget(unit, manager);
        error_set(err, CKL_IO, "nothing was saved: '%s' could not be synced",
                  storage_ledger(manager->tree));
    } else if (status != CKL_OK && err != NULL && err->code == CKL_OK) {
        *err = failure;
    }
    return status;
}

static ckl_status place(const work *unit, storage_op *op, ckl_error *err)
{
    storage_move moves[WORK_FILES];
    for (size_t index = 0; index < unit->file_count; index++)
        moves[index] = unit->files[index].move;
    return storage_place(op, moves, unit->file_count, err);
}

/* The transaction that makes the work part of history. */
static ckl_status record_work(work *unit, ckl_manager *manager, ckl_error *err)
{
    bool with_metrics = manager->metric_count > 0;
    int64_t session_id = 0;
    ckl_status status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status != CKL_OK)
        return status;
    status = record(&session_id, unit, manager, err);
    if (status == CKL_OK)
        status = manager_write_metrics(manager, unit->run, err);
    status = manager_end(manager, status, err);
    if (status != CKL_OK && !db_is_recorded(manager->ledger))
        return status;
    manager->session = session_id;
    if (with_metrics)
        manager_forget_metrics(manager);
    return status;
}

ckl_status work_perform(work *unit, ckl_manager *manager, storage_op *op, ckl_error *err)
{
    ckl_status status = write_intent(unit, manager, err);
    if (status != CKL_OK)
        return status;
    status = place(unit, op, err);
    if (status != CKL_OK) {
        forget(unit, manager);
        return status;
    }
    status = record_work(unit, manager, err);
    /* Then the intent stays: the next work, or the next opening, finishes it. */
    if (status != CKL_OK && !db_is_recorded(manager->ledger))
        manager->unfinished = true;
    return status;
}

/* ---- recovery -------------------------------------------------------------------------------- */

static ckl_status finish_or_undo(work *unit, ckl_manager *manager, storage_op *op, ckl_error *err)
{
    storage_move moves[WORK_FILES];
    for (size_t index = 0; index < unit->file_count; index++)
        moves[index] = unit->files[index].move;
    bool finish = false;
    ckl_status status = storage_can_place(&finish, op, moves, unit->file_count, err);
    if (status == CKL_IO)
        error_hint(err,
                   "that file belongs to a %s that was interrupted: move it away to go on"
                   " without it",
                   unit->is_checkpoint ? "checkpoint" : "dump");
    if (status == CKL_OK && finish)
        status = place(unit, op, err);
    if (status != CKL_OK)
        return status;
    status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status != CKL_OK)
        return status;
    int64_t seq = 0, session_id = 0;
    status = ledger_event_of_operation(&seq, manager->ledger, unit->op, err);
    if (finish && status == CKL_NOT_FOUND)
        status = record(&session_id, unit, manager, err);
    else if (status == CKL_OK || status == CKL_NOT_FOUND)
        status = ledger_intent_remove(manager->ledger, unit->op, err);
    status = manager_end(manager, status, err);
    if (status == CKL_OK)
        manager_warn(manager,
                     finish ? "finished a %s that was interrupted"
                            : "undid a %s that was interrupted",
                     unit->is_checkpoint ? "checkpoint" : "dump");
    return status;
}

static bool intent_is_known(void *context, const char *op)
{
    ckl_manager *manager = context;
    STATEMENT_AUTO row = {0};
    int64_t there = 0;
    if (db_query(&row, manager->ledger, "SELECT 1 FROM _intent WHERE op = :op", NULL) != CKL_OK)
        return true;
    bind_text(&row, ":op", op);
    return ledger_first_integer(&there, &row, NULL) != CKL_NOT_FOUND;
}

static ckl_status recover_one(ckl_manager *manager, const char *op, const char *detail,
                              ckl_error *err)
{
    WORK_AUTO unit = {0};
    storage_op *staged = NULL;
    json_t *intent = NULL;
    ckl_error failure = {0};
    ckl_status status = storage_op_adopt(&staged, manager->tree, op, &failure);
    if (status == CKL_BUSY)
        return CKL_OK; /* its process lives */
    if (!intent_is_known(manager, op)) {
        storage_op_end(staged); /* its process finished it since we read it */
        return CKL_OK;
    }
    if (status == CKL_NOT_FOUND)
        status = storage_op_begin(&staged, manager->tree, op, err);
    else if (status != CKL_OK)
        return error_pass(err, &failure);
    if (status == CKL_OK)
        status = doc_json_load(&intent, detail, err);
    if (status == CKL_INVALID)
        status = error_set(err, CKL_DAMAGED, "the ledger's intent %s is not readable", op);
    json_t *paths = json_object_get(intent, "remove");
    if (status == CKL_OK && paths != NULL)
        status = work_remove_files(manager, op, paths, err);
    else if (status == CKL_OK)
        status = work_decode(&unit, op, intent, err);
    if (status == CKL_OK && paths == NULL)
        status = finish_or_undo(&unit, manager, staged, err);
    json_decref(intent);
    storage_op_end(staged);
    return status;
}

/* The first intent after `last` in the order of names, which moves there; CKL_DONE at the end. */
static ckl_status next_intent(char last[33], char **detail, ckl_manager *manager, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, manager->ledger,
                 "SELECT op, detail FROM _intent WHERE op > :last ORDER BY op LIMIT 1", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":last", last);
    status = STATEMENT_STEP_WITH(&row, err, 0, 1);
    if (status != CKL_OK)
        return status;
    *detail = strdup(column_required(&row, 1));
    if (*detail == NULL)
        return error_memory(err);
    snprintf(last, 33, "%s", column_required(&row, 0));
    return CKL_OK;
}

ckl_status work_recover(ckl_manager *manager, ckl_error *err)
{
    char last[33] = "";
    char *detail = NULL;
    ckl_status status;
    while ((status = next_intent(last, &detail, manager, err)) == CKL_OK) {
        status = recover_one(manager, last, detail, err);
        free(detail);
        detail = NULL;
        if (status != CKL_OK)
            return status;
    }
    if (status != CKL_DONE)
        return status;
    manager->unfinished = false;
    return storage_clean(manager->tree, intent_is_known, manager, err);
}

void work_finish_own(ckl_manager *manager)
{
    if (manager->unfinished)
        (void)work_recover(manager, NULL);
}
