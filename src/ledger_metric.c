/* Metrics, and the series that they make. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

/* The digest of one value is the first 16 bytes of the SHA-256 of these, each with its length
 * before it (integers as 8 bytes, big-endian): the run's name, the metric's name, the experiment's
 * hash, step, the value as the 8 bytes of an IEEE 754 double, big-endian (no bytes when it is no
 * number), at_us. The digest of a series is their sum, as 128-bit numbers, big-endian, modulo
 * 2^128: a value can be added, replaced and taken out without reading the others. */
typedef struct series_digest {
    unsigned char bytes[16];
} series_digest;

static void add_digest(series_digest *sum, const series_digest *value)
{
    unsigned carry = 0;
    for (size_t index = sizeof sum->bytes; index-- > 0;) {
        carry += (unsigned)sum->bytes[index] + value->bytes[index];
        sum->bytes[index] = (unsigned char)(carry & 0xff);
        carry >>= 8;
    }
}

static void take_digest(series_digest *sum, const series_digest *value)
{
    unsigned borrow = 0;
    for (size_t index = sizeof sum->bytes; index-- > 0;) {
        unsigned difference = 0x100u + sum->bytes[index] - value->bytes[index] - borrow;
        sum->bytes[index] = (unsigned char)(difference & 0xff);
        borrow = difference < 0x100u;
    }
}

/* What a batch adds to one series. */
typedef struct series {
    const char *name; /* borrowed from the batch */
    int64_t id;       /* of the name */
    int64_t value_count, first_step, last_step;
    series_digest digest;
} series;

typedef struct batch {
    db *ledger;
    int64_t run, experiment;
    char *run_name;
    ckl_hash hash;
    hasher *running;
    series *all;
    size_t count, capacity;
} batch;

/* ---- names ----------------------------------------------------------------------------------- */

static ckl_status metric_name(int64_t *out, db *ledger, const char *name, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger, "SELECT id FROM _metric_name WHERE name = :name", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":name", name);
    status = ledger_first_integer(out, &row, err);
    if (status != CKL_NOT_FOUND)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger, "INSERT INTO _metric_name (name) VALUES (:name)", err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":name", name);
    status = statement_run(&running, err);
    *out = db_last_id(ledger);
    return status;
}

static ckl_status find_series(series **out, batch *job, const char *name, ckl_error *err)
{
    for (size_t index = 0; index < job->count; index++) {
        *out = &job->all[index];
        if (strcmp((*out)->name, name) == 0)
            return CKL_OK;
    }
    if (job->count == job->capacity) {
        size_t capacity = job->capacity == 0 ? 8 : job->capacity * 2;
        series *grown = realloc(job->all, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        job->all = grown;
        job->capacity = capacity;
    }
    *out = &job->all[job->count++];
    **out = (series){.name = name, .first_step = INT64_MAX, .last_step = -1};
    return metric_name(&(*out)->id, job->ledger, name, err);
}

/* ---- one value ------------------------------------------------------------------------------- */

ckl_status ledger_metric_digest(digest *out, hasher *running, const char *run,
                                const char *experiment, const ledger_metric *metric, ckl_error *err)
{
    uint64_t bits = 0;
    memcpy(&bits, &metric->value, sizeof bits);
    hasher_add_field(running, run, strlen(run));
    hasher_add_field(running, metric->name, strlen(metric->name));
    hasher_add_field(running, experiment, strlen(experiment));
    hasher_add_integer(running, metric->step);
    if (isnan(metric->value))
        hasher_add_field(running, "", 0);
    else
        hasher_add_integer(running, (int64_t)bits);
    hasher_add_integer(running, metric->at_us);
    return hasher_end(out, running, err);
}

static ckl_status hash_value(series_digest *out, const batch *job, const char *name, int64_t step,
                             double value, int64_t at_us, ckl_error *err)
{
    digest whole;
    ledger_metric metric = {step, at_us, value, name};
    ckl_status status =
        ledger_metric_digest(&whole, job->running, job->run_name, job->hash.text, &metric, err);
    if (status == CKL_OK)
        memcpy(out->bytes, whole.bytes, sizeof out->bytes);
    return status;
}

/* The value that stands there already leaves the series. */
static ckl_status take_out(batch *job, series *line, int64_t step, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    series_digest old;
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT value, at_us FROM _metric WHERE run = :run"
                                 " AND name = :name AND step = :step AND experiment = :experiment",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", job->run);
    bind_integer(&row, ":name", line->id);
    bind_integer(&row, ":step", step);
    bind_integer(&row, ":experiment", job->experiment);
    status = statement_step(&row, err);
    if (status != CKL_OK)
        return status == CKL_DONE ? CKL_OK : status;
    status =
        hash_value(&old, job, line->name, step, column_real(&row, 0), column_integer(&row, 1), err);
    if (status == CKL_OK) {
        take_digest(&line->digest, &old);
        line->value_count--;
    }
    return status;
}

static ckl_status put_value(const batch *job, const series *line, const ledger_metric *metric,
                            int64_t at_us, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, job->ledger,
                                 "INSERT INTO _metric (run, name, step, experiment, value, at_us)"
                                 " VALUES (:run, :name, :step, :experiment, :value, :at_us)"
                                 " ON CONFLICT (run, name, step, experiment) DO UPDATE"
                                 " SET value = excluded.value, at_us = excluded.at_us",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":run", job->run);
    bind_integer(&running, ":name", line->id);
    bind_integer(&running, ":step", metric->step);
    bind_integer(&running, ":experiment", job->experiment);
    if (isnan(metric->value))
        bind_null(&running, ":value");
    else
        bind_real(&running, ":value", metric->value);
    bind_integer(&running, ":at_us", at_us);
    return statement_run(&running, err);
}

static ckl_status add_value(batch *job, const ledger_metric *metric, ckl_error *err)
{
    series *line = NULL;
    series_digest value;
    int64_t at_us = metric->at_us - metric->at_us % 1000; /* views show milliseconds */
    ckl_status status = find_series(&line, job, metric->name, err);
    if (status == CKL_OK)
        status = take_out(job, line, metric->step, err);
    if (status == CKL_OK)
        status = put_value(job, line, metric, at_us, err);
    if (status == CKL_OK)
        status = hash_value(&value, job, line->name, metric->step, metric->value, at_us, err);
    if (status != CKL_OK)
        return status;
    add_digest(&line->digest, &value);
    line->value_count++;
    line->first_step = metric->step < line->first_step ? metric->step : line->first_step;
    line->last_step = metric->step > line->last_step ? metric->step : line->last_step;
    return CKL_OK;
}

/* ---- series ---------------------------------------------------------------------------------- */

/* Adds what stands in the ledger to what the batch brought. */
static ckl_status add_recorded(series *line, const batch *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    series_digest old = {{0}};
    size_t size = 0;
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT value_count, first_step, last_step, digest"
                                 " FROM _metric_series WHERE run = :run AND name = :name"
                                 " AND experiment = :experiment",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", job->run);
    bind_integer(&row, ":name", line->id);
    bind_integer(&row, ":experiment", job->experiment);
    status = statement_step(&row, err);
    if (status != CKL_OK)
        return status == CKL_DONE ? CKL_OK : status;
    int64_t first = column_integer(&row, 1), last = column_integer(&row, 2);
    int64_t count = column_integer(&row, 0);
    if (count < 0 || count > INT64_MAX - line->value_count)
        return error_set(err, CKL_DAMAGED, "the metric '%s' of run '%s' has no count", line->name,
                         job->run_name);
    line->value_count += count;
    line->first_step = first < line->first_step ? first : line->first_step;
    line->last_step = last > line->last_step ? last : line->last_step;
    const void *bytes = column_blob(&row, 3, &size);
    if (bytes == NULL || size != sizeof old.bytes)
        return error_set(err, CKL_DAMAGED, "the metric '%s' of run '%s' has no digest", line->name,
                         job->run_name);
    memcpy(old.bytes, bytes, sizeof old.bytes);
    add_digest(&line->digest, &old);
    return CKL_OK;
}

/* The digest of a series says which values it has: it is recorded when they are. */
static void prove_series(const series *line, const batch *job)
{
    char hex[2 * sizeof line->digest.bytes + 1];
    for (size_t index = 0; index < sizeof line->digest.bytes; index++)
        snprintf(hex + 2 * index, 3, "%02x", line->digest.bytes[index]);
    db_prove(job->ledger, DB_PROOF_ROW,
             "SELECT 1 FROM _metric_series WHERE run = %lld AND name = %lld"
             " AND experiment = %lld AND value_count = %lld AND digest = X'%s'",
             (long long)job->run, (long long)line->id, (long long)job->experiment,
             (long long)line->value_count, hex);
}

static ckl_status save_series(series *line, const batch *job, ckl_error *err)
{
    ckl_status status = add_recorded(line, job, err);
    if (status != CKL_OK)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, job->ledger,
                      "INSERT INTO _metric_series"
                      " (run, name, experiment, value_count, first_step, last_step, digest) VALUES"
                      " (:run, :name, :experiment, :value_count, :first_step, :last_step, :digest)"
                      " ON CONFLICT (run, name, experiment) DO UPDATE"
                      " SET value_count = excluded.value_count, first_step = excluded.first_step,"
                      " last_step = excluded.last_step, digest = excluded.digest",
                      err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":run", job->run);
    bind_integer(&running, ":name", line->id);
    bind_integer(&running, ":experiment", job->experiment);
    bind_integer(&running, ":value_count", line->value_count);
    bind_integer(&running, ":first_step", line->first_step);
    bind_integer(&running, ":last_step", line->last_step);
    bind_blob(&running, ":digest", line->digest.bytes, sizeof line->digest.bytes);
    prove_series(line, job);
    return statement_run(&running, err);
}

/* ---- batches --------------------------------------------------------------------------------- */

static ckl_status begin_batch(batch *job, db *ledger, int64_t run, int64_t experiment,
                              ckl_error *err)
{
    ledger_experiment found;
    *job = (batch){.ledger = ledger, .run = run, .experiment = experiment};
    ckl_status status = ledger_experiment_get(&found, ledger, experiment, err);
    job->hash = found.hash;
    if (status == CKL_OK)
        status = ledger_run_name(&job->run_name, ledger, run, err);
    if (status == CKL_OK)
        status = hasher_new(&job->running, err);
    return status;
}

static void end_batch(batch *job)
{
    free(job->run_name);
    free(job->all);
    hasher_free(job->running);
}

ckl_status ledger_metrics_add(db *ledger, int64_t run, int64_t experiment,
                              const ledger_metric *metrics, size_t count, ckl_error *err)
{
    batch job;
    if (count == 0)
        return CKL_OK;
    ckl_status status = begin_batch(&job, ledger, run, experiment, err);
    for (size_t index = 0; status == CKL_OK && index < count; index++)
        status = add_value(&job, &metrics[index], err);
    for (size_t index = 0; status == CKL_OK && index < job.count; index++)
        status = save_series(&job.all[index], &job, err);
    end_batch(&job);
    return status;
}

/* ---- ledgers from before --------------------------------------------------------------------- */

/* Takes the values as they stand: what happened to them before cannot be known. */
static ckl_status seal_series(db *ledger, int64_t run, int64_t name, int64_t experiment,
                              const char *metric, ckl_error *err)
{
    batch job;
    series line = {.name = metric, .id = name};
    STATEMENT_AUTO row = {0};
    ckl_status status = begin_batch(&job, ledger, run, experiment, err);
    if (status == CKL_OK)
        status = db_query(&row, ledger,
                          "SELECT step, value, at_us FROM _metric WHERE run = :run"
                          " AND name = :name AND experiment = :experiment",
                          err);
    if (status == CKL_OK) {
        bind_integer(&row, ":run", run);
        bind_integer(&row, ":name", name);
        bind_integer(&row, ":experiment", experiment);
    }
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        series_digest value;
        status = hash_value(&value, &job, metric, column_integer(&row, 0), column_real(&row, 1),
                            column_integer(&row, 2), err);
        if (status == CKL_OK)
            add_digest(&line.digest, &value);
    }
    end_batch(&job);
    if (status != CKL_DONE)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger,
                      "UPDATE _metric_series SET digest = :digest WHERE run = :run"
                      " AND name = :name AND experiment = :experiment",
                      err);
    if (status != CKL_OK)
        return status;
    bind_blob(&running, ":digest", line.digest.bytes, sizeof line.digest.bytes);
    bind_integer(&running, ":run", run);
    bind_integer(&running, ":name", name);
    bind_integer(&running, ":experiment", experiment);
    return statement_run(&running, err);
}

ckl_status ledger_metrics_seal(db *ledger, ckl_error *err)
{
    for (;;) {
        STATEMENT_AUTO row = {0};
        ckl_status status = db_query(&row, ledger,
                                     "SELECT series.run, series.name, series.experiment, name.name"
                                     " FROM _metric_series AS series"
                                     " JOIN _metric_name AS name ON name.id = series.name"
                                     " WHERE series.digest IS NULL LIMIT 1",
                                     err);
        if (status == CKL_OK)
            status = statement_step(&row, err);
        if (status != CKL_OK)
            return status == CKL_DONE ? CKL_OK : status;
        status = seal_series(ledger, column_integer(&row, 0), column_integer(&row, 1),
                             column_integer(&row, 2), column_text(&row, 3), err);
        if (status != CKL_OK)
            return status;
    }
}
