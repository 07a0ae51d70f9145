/* watch: events and metrics as they come. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"

#define POLL_NANOSECONDS 200000000

/* How far one metric was shown. */
typedef struct seen_series {
    char *run, *experiment, *metric;
    int64_t step;
} seen_series;

typedef struct watching {
    const invocation *call;
    ckl_manager *manager;
    bool all, began; /* what was there when it began is not shown */
    int64_t seq;     /* of the last event shown */
    uint64_t limit, shown;
    seen_series *series;
    size_t count, capacity;
} watching;

static bool is_enough(const watching *job)
{
    return job->limit != 0 && job->shown >= job->limit;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void show_event(watching *job, const ckl_event *event)
{
    job->shown++;
    if (!job->call->json) {
        print_event_text(event, job->all);
        return;
    }
    emit_begin();
    emit_text("type", "event");
    print_event_json(event);
    emit_end();
}

static ckl_status new_events(watching *job, ckl_error *err)
{
    ckl_event_filter filter = {.all_runs = job->all,
                               .after_seq = job->seq,
                               .oldest_first = job->began,
                               .limit = job->began ? 0 : 1};
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    ckl_status status = ckl_events(&cursor, job->manager, &filter, err);
    if (status != CKL_OK)
        return status;
    while (!is_enough(job) && (status = ckl_event_next(&event, cursor, err)) == CKL_OK) {
        job->seq = event.seq;
        if (job->began)
            show_event(job, &event);
    }
    ckl_event_cursor_close(cursor);
    return status == CKL_DONE ? CKL_OK : status;
}

/* ---- metrics --------------------------------------------------------------------------------- */

static ckl_status find_series(seen_series **out, watching *job, const ckl_metric_series_row *row,
                              ckl_error *err)
{
    for (size_t index = 0; index < job->count; index++) {
        seen_series *each = &job->series[index];
        *out = each;
        if (strcmp(each->metric, row->metric) == 0 && strcmp(each->run, row->run) == 0 &&
            strcmp(each->experiment, row->experiment) == 0)
            return CKL_OK;
    }
    if (job->count == job->capacity) {
        size_t capacity = job->capacity == 0 ? 16 : job->capacity * 2;
        seen_series *grown = realloc(job->series, capacity * sizeof *grown);
        if (grown == NULL)
            return fail(err, CKL_NO_MEMORY, "out of memory");
        job->series = grown;
        job->capacity = capacity;
    }
    *out = &job->series[job->count++];
    **out = (seen_series){strdup(row->run), strdup(row->experiment), strdup(row->metric),
                          job->began ? -1 : row->last_step};
    if ((*out)->run == NULL || (*out)->experiment == NULL || (*out)->metric == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    return CKL_OK;
}

static void show_metric(watching *job, const seen_series *series, const ckl_metric_row *row)
{
    char number[32], time_of[32];
    bool finite = row->value - row->value == 0;
    job->shown++;
    shortest_real(number, row->value);
    if (job->call->json) {
        emit_begin();
        emit_text("type", "metric");
        emit_time("at", row->at_us);
        emit_text("run", series->run);
        emit_text("experiment", series->experiment);
        emit_integer("step", row->step);
        emit_text("metric", series->metric);
        emit_raw("value", finite ? number : NULL);
        emit_end();
        return;
    }
    printf("       %s  ", time_text(time_of, row->at_us));
    if (job->all) {
        put_padded(series->run, 12);
        fputs("  ", stdout);
    }
    printf("%-10s %s%s%s  step %-14lld  ", "metric", paint(DIM), series->experiment, paint(PLAIN),
           (long long)row->step);
    put(series->metric);
    printf(" = %s\n", finite ? number : "not a number");
}

static ckl_status new_values(watching *job, seen_series *series, ckl_error *err)
{
    ckl_metric_cursor *cursor = NULL;
    ckl_metric_row row;
    ckl_status status = ckl_metrics(&cursor, job->manager, series->run, series->experiment,
                                    series->metric, series->step, err);
    if (status != CKL_OK)
        return status;
    while (!is_enough(job) && (status = ckl_metric_next(&row, cursor, err)) == CKL_OK) {
        series->step = row.step;
        show_metric(job, series, &row);
    }
    ckl_metric_cursor_close(cursor);
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status new_metrics(watching *job, ckl_error *err)
{
    ckl_metric_series_cursor *cursor = NULL;
    ckl_metric_series_row row;
    seen_series *series = NULL;
    ckl_status status = ckl_metric_series(&cursor, job->manager, job->all, err);
    if (status != CKL_OK)
        return status;
    while (!is_enough(job) && (status = ckl_metric_series_next(&row, cursor, err)) == CKL_OK) {
        status = find_series(&series, job, &row, err);
        if (status == CKL_OK && row.last_step > series->step)
            status = new_values(job, series, err);
        if (status != CKL_OK)
            break;
    }
    ckl_metric_series_cursor_close(cursor);
    return status == CKL_DONE ? CKL_OK : status;
}

/* ---- the command ----------------------------------------------------------------------------- */

static ckl_status watch(watching *job, ckl_error *err)
{
    static const struct timespec PAUSE = {.tv_nsec = POLL_NANOSECONDS};
    for (;;) {
        ckl_status status = new_events(job, err);
        if (status == CKL_OK)
            status = new_metrics(job, err);
        if (status == CKL_OK && fflush(stdout) != 0)
            return CKL_OK; /* nobody reads any more: the end of output says so */
        if (status != CKL_OK || is_enough(job))
            return status;
        job->began = true;
        nanosleep(&PAUSE, NULL);
    }
}

ckl_status cmd_watch(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *limit = option_value(call, "--limit");
    int64_t number = 0;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK && limit != NULL)
        status = parse_number(&number, limit, "limit", 0, err);
    if (status != CKL_OK)
        return status;
    watching job = {.call = call,
                    .manager = manager,
                    .all = option_given(call, "--all"),
                    .limit = (uint64_t)number};
    status = watch(&job, err);
    for (size_t index = 0; index < job.count; index++) {
        free(job.series[index].run);
        free(job.series[index].experiment);
        free(job.series[index].metric);
    }
    free(job.series);
    return status;
}
