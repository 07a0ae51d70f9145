/* Cursors over metrics. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ckl/query.h>

#include "canon.h"
#include "manager_internal.h"

/* ---- series ---------------------------------------------------------------------------------- */

struct ckl_metric_series_cursor {
    statement row;
};

ckl_status ckl_metric_series(ckl_metric_series_cursor **out, ckl_manager *manager, bool all_runs,
                             ckl_error *err)
{
    ckl_metric_series_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_memory(err);
    ckl_status status =
        db_query(&cursor->row, manager->ledger,
                 "SELECT run.name, experiment.hash, name.name, series.value_count,"
                 "       series.first_step, series.last_step"
                 " FROM _metric_series AS series"
                 " JOIN _run AS run ON run.id = series.run"
                 " JOIN _experiment AS experiment ON experiment.id = series.experiment"
                 " JOIN _metric_name AS name ON name.id = series.name"
                 " WHERE :run IS NULL OR run.name = :run"
                 " ORDER BY series.run, series.experiment, name.name",
                 err);
    if (status != CKL_OK) {
        free(cursor);
        return status;
    }
    bind_text(&cursor->row, ":run", all_runs ? NULL : manager->run_name);
    *out = cursor;
    return CKL_OK;
}

ckl_status ckl_metric_series_next(ckl_metric_series_row *out, ckl_metric_series_cursor *cursor,
                                  ckl_error *err)
{
    const statement *row = &cursor->row;
    ckl_status status = STATEMENT_STEP_WITH(&cursor->row, err, 0, 1, 2);
    if (status != CKL_OK)
        return status;
    *out = (ckl_metric_series_row){.run = column_required(row, 0),
                                   .experiment = column_required(row, 1),
                                   .metric = column_required(row, 2),
                                   .value_count = (uint64_t)column_integer(row, 3),
                                   .first_step = column_integer(row, 4),
                                   .last_step = column_integer(row, 5)};
    return CKL_OK;
}

void ckl_metric_series_cursor_close(ckl_metric_series_cursor *cursor)
{
    if (cursor == NULL)
        return;
    statement_done(&cursor->row);
    free(cursor);
}

/* ---- as JSON --------------------------------------------------------------------------------- */

ckl_status query_metrics_json(buf *out, statement *row, ckl_error *err)
{
    const char *separator = "";
    ckl_status status;
    buf_clear(out);
    buf_add_text(out, "{");
    while ((status = STATEMENT_STEP_WITH(row, err, 0)) == CKL_OK) {
        const char *name = column_required(row, 0);
        char number[32] = "null";
        double value = column_real(row, 1);
        if (isfinite(value) && !column_is_null(row, 1))
            canon_real(number, value);
        buf_add_text(out, separator);
        canon_string(out, name, strlen(name));
        buf_add_format(out, ": %s", number);
        separator = ", ";
    }
    buf_add_text(out, "}");
    return status == CKL_DONE ? buf_check(out, err) : status;
}

/* ---- values ---------------------------------------------------------------------------------- */

struct ckl_metric_cursor {
    statement row;
    char *run, *metric;
};

ckl_status ckl_metrics(ckl_metric_cursor **out, ckl_manager *manager, const char *run,
                       const char *experiment, const char *metric, int64_t after_step,
                       ckl_error *err)
{
    ledger_experiment found = {0};
    ckl_status status =
        manager_resolve(&found, manager, experiment != NULL ? experiment : "@", err);
    if (status != CKL_OK)
        return status;
    ckl_metric_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_memory(err);
    cursor->run = strdup(run != NULL ? run : manager->run_name);
    cursor->metric = strdup(metric);
    status = cursor->run != NULL && cursor->metric != NULL ? CKL_OK : error_memory(err);
    if (status == CKL_OK)
        status = db_query(&cursor->row, manager->ledger,
                          "SELECT step, at_us, value FROM _metric" /* + : by its experiment */
                          " WHERE +run = (SELECT id FROM _run WHERE name = :run)"
                          "   AND name = (SELECT id FROM _metric_name WHERE name = :metric)"
                          "   AND step > :after AND experiment = :experiment ORDER BY step",
                          err);
    if (status != CKL_OK) {
        ckl_metric_cursor_close(cursor);
        return status;
    }
    bind_text(&cursor->row, ":run", cursor->run);
    bind_text(&cursor->row, ":metric", cursor->metric);
    bind_integer(&cursor->row, ":after", after_step);
    bind_integer(&cursor->row, ":experiment", found.id);
    *out = cursor;
    return CKL_OK;
}

ckl_status ckl_metric_next(ckl_metric_row *out, ckl_metric_cursor *cursor, ckl_error *err)
{
    const statement *row = &cursor->row;
    ckl_status status = statement_step(&cursor->row, err);
    if (status != CKL_OK)
        return status;
    *out = (ckl_metric_row){.step = column_integer(row, 0),
                            .at_us = column_integer(row, 1),
                            .value = column_real(row, 2)};
    return CKL_OK;
}

void ckl_metric_cursor_close(ckl_metric_cursor *cursor)
{
    if (cursor == NULL)
        return;
    statement_done(&cursor->row);
    free(cursor->run);
    free(cursor->metric);
    free(cursor);
}
