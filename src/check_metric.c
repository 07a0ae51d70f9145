/* Metrics and sessions: what their digests say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"

#define SUM_SIZE 16

/* One series while its values are added up. */
typedef struct series_look {
    int64_t run, name, experiment;
    int64_t value_count, first_step, last_step;
    unsigned char sum[SUM_SIZE]; /* a number of 128 bits, big-endian */
} series_look;

static void add_to_sum(unsigned char sum[SUM_SIZE], const digest *value)
{
    unsigned carry = 0;
    for (size_t index = SUM_SIZE; index-- > 0;) {
        carry += (unsigned)sum[index] + value->bytes[index];
        sum[index] = (unsigned char)(carry & 0xff);
        carry >>= 8;
    }
}

static ckl_status expect_series(ckl_check *job, const series_look *line, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    if (line->value_count == 0)
        return CKL_OK;
    ckl_status status =
        db_query(&running, job->ledger,
                 "INSERT INTO temp.expected_metric_series"
                 " (run, name, experiment, value_count, first_step, last_step, digest) VALUES"
                 " (:run, :name, :experiment, :value_count, :first_step, :last_step, :digest)",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":run", line->run);
    bind_integer(&running, ":name", line->name);
    bind_integer(&running, ":experiment", line->experiment);
    bind_integer(&running, ":value_count", line->value_count);
    bind_integer(&running, ":first_step", line->first_step);
    bind_integer(&running, ":last_step", line->last_step);
    bind_blob(&running, ":digest", line->sum, sizeof line->sum);
    return statement_run(&running, err);
}

static ckl_status add_value(ckl_check *job, series_look *line, hasher *running,
                            const statement *row, ckl_error *err)
{
    digest value;
    ledger_metric metric = {.step = column_integer(row, 3),
                            .value = column_real(row, 4),
                            .at_us = column_integer(row, 5),
                            .name = column_required(row, 7)};
    int64_t run = column_integer(row, 0), name = column_integer(row, 1),
            experiment = column_integer(row, 2);
    ckl_status status = CKL_OK;
    if (run != line->run || name != line->name || experiment != line->experiment) {
        status = expect_series(job, line, err);
        *line = (series_look){run, name, experiment, 0, metric.step, metric.step, {0}};
    }
    if (status == CKL_OK)
        status = ledger_metric_digest(&value, running, column_required(row, 6),
                                      column_required(row, 8), &metric, err);
    if (status != CKL_OK)
        return status;
    add_to_sum(line->sum, &value);
    line->value_count++;
    line->first_step = metric.step < line->first_step ? metric.step : line->first_step;
    line->last_step = metric.step > line->last_step ? metric.step : line->last_step;
    job->counts.metrics++;
    check_progress(job, "the metrics", job->counts.metrics, 0);
    return CKL_OK;
}

static ckl_status sum_up(ckl_check *job, ckl_error *err)
{
    series_look line = {0};
    hasher *running = NULL;
    STATEMENT_AUTO row = {0};
    ckl_status status = hasher_new(&running, err);
    if (status == CKL_OK)
        status = db_query(&row, job->ledger,
                          "SELECT it.run, it.name, it.experiment, it.step, it.value, it.at_us,"
                          "       run.name, name.name, experiment.hash"
                          " FROM _metric AS it JOIN _run AS run ON run.id = it.run"
                          " JOIN _metric_name AS name ON name.id = it.name"
                          " JOIN _experiment AS experiment ON experiment.id = it.experiment"
                          " ORDER BY it.run, it.name, it.experiment",
                          err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = add_value(job, &line, running, &row, err);
    if (status == CKL_DONE)
        status = expect_series(job, &line, err);
    hasher_free(running);
    return status;
}

/* A sum that does not fit says that values were changed: it is told here, and not put right. */
static ckl_status compare_sums(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->ledger,
                 "SELECT is_now.run, is_now.name, is_now.experiment"
                 " FROM _metric_series AS is_now LEFT JOIN temp.expected_metric_series AS must"
                 "   ON must.run = is_now.run AND must.name = is_now.name"
                 "  AND must.experiment = is_now.experiment"
                 " WHERE is_now.digest IS NOT must.digest OR must.run IS NULL"
                 " UNION SELECT must.run, must.name, must.experiment"
                 " FROM temp.expected_metric_series AS must LEFT JOIN _metric_series AS is_now"
                 "   ON must.run = is_now.run AND must.name = is_now.name"
                 "  AND must.experiment = is_now.experiment"
                 " WHERE is_now.run IS NULL",
                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        char subject[128];
        snprintf(subject, sizeof subject, "_metric_series %lld %lld %lld",
                 (long long)column_integer(&row, 0), (long long)column_integer(&row, 1),
                 (long long)column_integer(&row, 2));
        status = check_add(job, FIX_NONE, "content", subject, err,
                           "its digest is not the sum of its values: a row of _metric, or a name"
                           " in _metric_name, was changed, added or taken away");
    }
    return status == CKL_DONE ? CKL_OK : status;
}

/* What is told already is not to be told again, nor put right. */
static const char SETTLED[] =
    "INSERT OR REPLACE INTO temp.expected_metric_series"
    " SELECT is_now.run, is_now.name, is_now.experiment,"
    "  coalesce(must.value_count, is_now.value_count),"
    "  coalesce(must.first_step, is_now.first_step), coalesce(must.last_step, is_now.last_step),"
    "  is_now.digest"
    " FROM _metric_series AS is_now LEFT JOIN temp.expected_metric_series AS must"
    "   ON must.run = is_now.run AND must.name = is_now.name"
    "  AND must.experiment = is_now.experiment";
static const char UNKNOWN_SERIES[] =
    "DELETE FROM temp.expected_metric_series WHERE (run, name, experiment) NOT IN"
    " (SELECT run, name, experiment FROM _metric_series)";

/* ---- sessions -------------------------------------------------------------------------------- */

static ckl_status check_sessions(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->ledger, "SELECT id, digest FROM _session ORDER BY id", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        digest made, recorded;
        int64_t id = column_integer(&row, 0);
        ckl_error found = {0};
        status = ledger_session_digest(&made, job->ledger, id, &found);
        if (status == CKL_OK)
            status = column_digest(&recorded, &row, 1, &found);
        if (status == CKL_DAMAGED || (status == CKL_OK && !digest_equal(&made, &recorded)))
            status = check_add_row(job, "content", "_session", id, err,
                                   "what it says of the program that trained does not hash to its"
                                   " digest");
        else if (status != CKL_OK)
            error_pass(err, &found);
    }
    return status == CKL_DONE ? CKL_OK : status;
}

/* Counts of what else was looked at. */
static ckl_status count_rest(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(
        &row, job->ledger,
        "SELECT (SELECT count(*) FROM _experiment), (SELECT count(*) FROM _checkpoint)", err);
    if (status == CKL_OK)
        status = statement_step(&row, err);
    if (status != CKL_OK)
        return status;
    job->counts.experiments = (uint64_t)column_integer(&row, 0);
    job->counts.checkpoints = (uint64_t)column_integer(&row, 1);
    return CKL_OK;
}

ckl_status check_metrics(ckl_check *job, ckl_error *err)
{
    ckl_status status = check_expect(job, "_metric_series", err);
    if (status == CKL_OK)
        status = sum_up(job, err);
    if (status == CKL_OK)
        status = compare_sums(job, err);
    if (status == CKL_OK)
        status = check_run(job, SETTLED, err);
    if (status == CKL_OK)
        status = check_run(job, UNKNOWN_SERIES, err);
    if (status == CKL_OK)
        status = check_sessions(job, err);
    return status == CKL_OK ? count_rest(job, err) : status;
}
