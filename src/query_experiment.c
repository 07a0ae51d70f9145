/* One experiment, its checkpoints, and where a run stands. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ckl/query.h>

#include "canon.h"
#include "manager_internal.h"

/* ---- one experiment -------------------------------------------------------------------------- */

static ckl_status component_info(ckl_component_info *out, ckl_manager *manager, int64_t id,
                                 ckl_error *err)
{
    ledger_component component;
    if (id == 0)
        return CKL_OK;
    ckl_status status = ledger_component_get(&component, manager->ledger, id, err);
    if (status != CKL_OK)
        return status;
    out->present = true;
    out->offset = component.shift;
    memcpy(out->segment, component.segment, sizeof out->segment);
    digest_hex(out->digest, &component.digest);
    return CKL_OK;
}

static ckl_status experiment_dates(ckl_experiment_info *out, ckl_manager *manager, int64_t id,
                                   ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, manager->ledger,
                 "SELECT first.seq, first.at_us, dump.at_us,"
                 "       (SELECT count(*) FROM _checkpoint"
                 "        WHERE _checkpoint.experiment = experiment.id AND state = 'present')"
                 " FROM _experiment AS experiment"
                 " LEFT JOIN _event AS first ON first.seq = (SELECT min(seq) FROM _event"
                 "   WHERE _event.experiment = experiment.id)"
                 " LEFT JOIN _event AS dump ON dump.seq = experiment.dumped"
                 " WHERE experiment.id = :experiment",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":experiment", id);
    status = statement_step(&row, err);
    if (status != CKL_OK)
        return status;
    out->first_seq = column_integer(&row, 0);
    out->first_at_us = column_integer(&row, 1);
    out->dumped = !column_is_null(&row, 2);
    out->dumped_at_us = column_integer(&row, 2);
    out->checkpoint_count = (uint64_t)column_integer(&row, 3);
    return CKL_OK;
}

static ckl_status sample_counts(ckl_sample_counts *out, ckl_manager *manager, int64_t data,
                                ckl_error *err)
{
    data_state_info state = {0};
    ckl_status status = data == 0 ? CKL_OK : ledger_data_info(&state, manager->ledger, data, err);
    *out = state.counts;
    return status;
}

ckl_status ckl_experiment(ckl_experiment_info *out, ckl_manager *manager, const char *hash,
                          ckl_error *err)
{
    ledger_experiment experiment = {0};
    ckl_experiment_info info = {0};
    ckl_status status = manager_resolve(&experiment, manager, hash != NULL ? hash : "@", err);
    info.hash = experiment.hash;
    if (status == CKL_OK)
        status = component_info(&info.model, manager, experiment.model, err);
    if (status == CKL_OK)
        status = component_info(&info.config, manager, experiment.config, err);
    if (status == CKL_OK)
        status = component_info(&info.data, manager, experiment.data, err);
    if (status == CKL_OK)
        status = experiment_dates(&info, manager, experiment.id, err);
    if (status == CKL_OK)
        status = sample_counts(&info.samples, manager, experiment.data, err);
    if (status == CKL_OK)
        *out = info;
    return status;
}

/* ---- checkpoints ----------------------------------------------------------------------------- */

struct ckl_checkpoint_cursor {
    ckl_manager *manager;
    statement row;
    buf metrics;
    char sha256[65];
    char file_name[WEIGHTS_NAME_MAX + 1];
};

ckl_status ckl_checkpoints(ckl_checkpoint_cursor **out, ckl_manager *manager, const char *hash,
                           bool all_runs, ckl_error *err)
{
    ledger_experiment experiment = {0};
    ckl_status status = hash != NULL ? manager_resolve(&experiment, manager, hash, err) : CKL_OK;
    if (status != CKL_OK)
        return status;
    ckl_checkpoint_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_memory(err);
    cursor->manager = manager;
    status = db_query(&cursor->row, manager->ledger,
                      "SELECT saved.event, event.at_us, saved.step, run.name, experiment.hash,"
                      "       saved.path, saved.state, saved.size, saved.sha256, saved.note,"
                      "       came_from.path, ifnull(saved.first_step, -1), saved.pending,"
                      "       saved.run, saved.experiment, saved.origin, event.detail"
                      " FROM _checkpoint AS saved"
                      " JOIN _event AS event ON event.seq = saved.event"
                      " JOIN _run AS run ON run.id = saved.run"
                      " JOIN _experiment AS experiment ON experiment.id = saved.experiment"
                      " LEFT JOIN _checkpoint AS came_from ON came_from.id = saved.from_checkpoint"
                      " WHERE (:experiment IS NULL OR saved.experiment = :experiment)"
                      "   AND (:run IS NULL OR run.name = :run)"
                      " ORDER BY saved.id",
                      err);
    if (status != CKL_OK) {
        free(cursor);
        return status;
    }
    bind_id(&cursor->row, ":experiment", experiment.id);
    bind_text(&cursor->row, ":run", all_runs ? NULL : manager->run_name);
    *out = cursor;
    return CKL_OK;
}

/* A JSON object of the metrics that this run logged for this state at this step. */
static ckl_status read_metrics(ckl_checkpoint_cursor *cursor, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, cursor->manager->ledger,
                                 "SELECT name.name, metric.value FROM _metric AS metric"
                                 " JOIN _metric_name AS name ON name.id = metric.name"
                                 " WHERE metric.experiment = :experiment AND metric.step = :step"
                                 "   AND metric.run = :run ORDER BY name.name",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":step", column_integer(&cursor->row, 2));
    bind_integer(&row, ":run", column_integer(&cursor->row, 13));
    bind_integer(&row, ":experiment", column_integer(&cursor->row, 14));
    return query_metrics_json(&cursor->metrics, &row, err);
}

ckl_status ckl_checkpoint_next(ckl_checkpoint_row *out, ckl_checkpoint_cursor *cursor,
                               ckl_error *err)
{
    const statement *row = &cursor->row;
    digest sha256;
    ckl_status status = STATEMENT_STEP_WITH(&cursor->row, err, 3, 5, 6);
    if (status == CKL_OK)
        status = column_digest(&sha256, row, 8, err);
    if (status == CKL_OK)
        status = read_metrics(cursor, err);
    if (status == CKL_OK)
        status = weights_name_of_event(cursor->file_name, column_text(row, 16), err);
    if (status != CKL_OK)
        return status;
    digest_hex(cursor->sha256, &sha256);
    *out = (ckl_checkpoint_row){.seq = column_integer(row, 0),
                                .at_us = column_integer(row, 1),
                                .step = column_integer(row, 2),
                                .run = column_required(row, 3),
                                .experiment = column_text(row, 4),
                                .path = column_required(row, 5),
                                .state = column_required(row, 6),
                                .bytes = column_integer(row, 7),
                                .sha256 = cursor->sha256,
                                .note = column_text(row, 9),
                                .from_checkpoint = column_text(row, 10),
                                .first_step = column_integer(row, 11),
                                .pending = (ckl_components)column_integer(row, 12),
                                .metrics = cursor->metrics.data,
                                .origin = column_text(row, 15)};
    if (cursor->file_name[0] != '\0')
        out->file_name = cursor->file_name;
    return CKL_OK;
}

void ckl_checkpoint_cursor_close(ckl_checkpoint_cursor *cursor)
{
    if (cursor == NULL)
        return;
    statement_done(&cursor->row);
    buf_free(&cursor->metrics);
    free(cursor);
}

/* ---- where a run stands ---------------------------------------------------------------------- */

static ckl_status last_checkpoint(ckl_status_info *out, ckl_manager *manager, int64_t run,
                                  ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    out->last_checkpoint_step = -1;
    ckl_status status = db_query(&row, manager->ledger,
                                 "SELECT step, path FROM _checkpoint"
                                 " WHERE run = :run AND state = 'present' ORDER BY id DESC LIMIT 1",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", run);
    status = statement_step(&row, err);
    if (status == CKL_OK) {
        out->last_checkpoint_step = column_integer(&row, 0);
        snprintf(out->last_checkpoint_path, sizeof out->last_checkpoint_path, "%s",
                 column_required(&row, 1));
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status last_dumped(ckl_hash *out, ckl_manager *manager, int64_t run, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, manager->ledger,
                                 "SELECT experiment.hash FROM _event AS event"
                                 " JOIN _experiment AS experiment ON experiment.id ="
                                 " event.experiment WHERE event.run = :run AND event.kind = 'dump'"
                                 " ORDER BY event.seq DESC LIMIT 1",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", run);
    status = statement_step(&row, err);
    if (status == CKL_OK)
        snprintf(out->text, sizeof out->text, "%s", column_required(&row, 0));
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status ckl_manager_status(ckl_status_info *out, ckl_manager *manager, ckl_error *err)
{
    manager_view view;
    ckl_status_info info = {0};
    ckl_status status = db_begin(manager->ledger, DB_READ, err);
    if (status != CKL_OK)
        return status;
    status = manager_view_read(&view, manager, err);
    if (status == CKL_OK) {
        info.experiment = view.head.hash;
        info.pending = view.pending;
        status = sample_counts(&info.samples, manager, view.head.data, err);
    }
    if (status == CKL_OK)
        status = last_dumped(&info.last_dumped, manager, view.run.id, err);
    if (status == CKL_OK)
        status = last_checkpoint(&info, manager, view.run.id, err);
    db_rollback(manager->ledger);
    manager_read_trainer(info.trainer, sizeof info.trainer, manager);
    manager_read_degraded(info.degraded, sizeof info.degraded, manager);
    if (status == CKL_OK)
        *out = info;
    return status;
}
