/* report: metrics as lines: of each bucket of values the smallest and the largest. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* One metric of one run: the series of all its states. */
typedef struct metric_series {
    char *run, *metric;
    int32_t state; /* -1: not in the page */
    char hash[CKL_HASH_LENGTH + 1];
    uint64_t value_count;
    size_t place; /* in the order of the ledger */
} metric_series;

typedef struct metric_value {
    int64_t at_us, step;
    double value;
    int32_t state;
} metric_value;

typedef struct metric_reading {
    metric_series *series;
    size_t count, capacity;
    metric_value *values; /* of one line */
    size_t value_count, value_capacity;
    size_t *points; /* those that are in the page */
    size_t point_count, point_capacity;
    size_t marks_left;
} metric_reading;

/* ---- which there are ------------------------------------------------------------------------- */

static int compare_series(const void *first, const void *second)
{
    const metric_series *one = first, *other = second;
    int order = strcmp(one->run, other->run);
    if (order == 0)
        order = strcmp(one->metric, other->metric);
    return order != 0 ? order : (one->place > other->place) - (one->place < other->place);
}

static bool same_line(const metric_series *one, const metric_series *other)
{
    return strcmp(one->run, other->run) == 0 && strcmp(one->metric, other->metric) == 0;
}

static ckl_status add_series(metric_reading *all, report *page, const ckl_metric_series_row *row,
                             ckl_error *err)
{
    ckl_status status =
        grow((void **)&all->series, &all->capacity, all->count, sizeof *all->series, err);
    if (status != CKL_OK)
        return status;
    metric_series one = {.run = strdup(row->run),
                         .metric = strdup(row->metric),
                         .state = text_find(&page->hashes, row->experiment),
                         .value_count = row->value_count,
                         .place = all->count};
    snprintf(one.hash, sizeof one.hash, "%s", row->experiment);
    all->series[all->count++] = one;
    page->value_count += row->value_count;
    return one.run != NULL && one.metric != NULL ? CKL_OK
                                                 : fail(err, CKL_NO_MEMORY, "out of memory");
}

static ckl_status list_series(metric_reading *all, report *page, ckl_error *err)
{
    ckl_metric_series_cursor *cursor = NULL;
    ckl_metric_series_row row;
    ckl_status status = ckl_metric_series(&cursor, page->manager, page->all_runs, err);
    while (status == CKL_OK && (status = ckl_metric_series_next(&row, cursor, err)) == CKL_OK)
        status = add_series(all, page, &row, err);
    ckl_metric_series_cursor_close(cursor);
    if (status == CKL_DONE && all->count > 0)
        qsort(all->series, all->count, sizeof *all->series, compare_series);
    return status == CKL_DONE ? CKL_OK : status;
}

/* ---- one line -------------------------------------------------------------------------------- */

static int compare_values(const void *first, const void *second)
{
    const metric_value *one = first, *other = second;
    if (one->at_us != other->at_us)
        return one->at_us < other->at_us ? -1 : 1;
    return (one->step > other->step) - (one->step < other->step);
}

static ckl_status read_values(metric_reading *all, report *page, const metric_series *series,
                              ckl_error *err)
{
    ckl_metric_cursor *cursor = NULL;
    ckl_metric_row row;
    ckl_status status =
        ckl_metrics(&cursor, page->manager, series->run, series->hash, series->metric, -1, err);
    while (status == CKL_OK && (status = ckl_metric_next(&row, cursor, err)) == CKL_OK) {
        status = grow((void **)&all->values, &all->value_capacity, all->value_count,
                      sizeof *all->values, err);
        if (status == CKL_OK)
            all->values[all->value_count++] =
                (metric_value){row.at_us, row.step, row.value, series->state};
    }
    ckl_metric_cursor_close(cursor);
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status keep_point(metric_reading *all, size_t index, ckl_error *err)
{
    ckl_status status = grow((void **)&all->points, &all->point_capacity, all->point_count,
                             sizeof *all->points, err);
    if (status == CKL_OK && (all->point_count == 0 || all->points[all->point_count - 1] < index))
        all->points[all->point_count++] = index;
    return status;
}

/* Of the values from `first` to before `end` the smallest and the largest, in their order; of what
 * is no number one, so that the gap shows. */
static ckl_status keep_bucket(metric_reading *all, size_t first, size_t end, ckl_error *err)
{
    size_t least = SIZE_MAX, most = SIZE_MAX;
    for (size_t index = first; index < end; index++) {
        double value = all->values[index].value;
        if (!isfinite(value))
            continue;
        if (least == SIZE_MAX || value < all->values[least].value)
            least = index;
        if (most == SIZE_MAX || value > all->values[most].value)
            most = index;
    }
    if (least == SIZE_MAX)
        least = most = first;
    ckl_status status = keep_point(all, least < most ? least : most, err);
    return status == CKL_OK ? keep_point(all, least < most ? most : least, err) : status;
}

static ckl_status downsample(metric_reading *all, size_t limit, ckl_error *err)
{
    size_t buckets = limit / 2 > 0 ? limit / 2 : 1;
    ckl_status status = CKL_OK;
    all->point_count = 0;
    if (all->value_count <= limit) {
        for (size_t index = 0; status == CKL_OK && index < all->value_count; index++)
            status = keep_point(all, index, err);
        return status;
    }
    for (size_t bucket = 0; status == CKL_OK && bucket < buckets; bucket++)
        status = keep_bucket(all, all->value_count * bucket / buckets,
                             all->value_count * (bucket + 1) / buckets, err);
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_value(report *page, double value)
{
    char text[32];
    if (isfinite(value))
        fputs(shortest_real(text, value), page->out);
    else
        fputs(isnan(value) ? "\"nan\"" : value > 0 ? "\"inf\"" : "\"-inf\"", page->out);
}

/* Where the state changed between one value and the next: step, state before, state after. */
static void write_marks(metric_reading *all, report *page)
{
    const char *comma = "";
    fputs(",\"marks\":[", page->out);
    for (size_t index = 1; index < all->value_count; index++) {
        const metric_value *before = &all->values[index - 1], *after = &all->values[index];
        if (before->state == after->state)
            continue;
        if (all->marks_left == 0) {
            page->marks_left_out++;
            continue;
        }
        all->marks_left--;
        fprintf(page->out, "%s%lld,%d,%d", comma, (long long)after->step, before->state,
                after->state);
        comma = ",";
    }
    putc(']', page->out);
}

static void write_line(metric_reading *all, report *page, int32_t run, int32_t metric)
{
    size_t strange = 0;
    for (size_t index = 0; index < all->value_count; index++)
        strange += isfinite(all->values[index].value) ? 0 : 1;
    fputs("{\"run\":", page->out);
    page_number_of(page, run);
    fputs(",\"name\":", page->out);
    page_number_of(page, metric);
    fprintf(page->out, ",\"count\":%zu,\"strange\":%zu,\"points\":[", all->value_count, strange);
    for (size_t index = 0; index < all->point_count; index++) {
        const metric_value *value = &all->values[all->points[index]];
        fprintf(page->out, "%s%lld,", index > 0 ? "," : "", (long long)value->step);
        write_value(page, value->value);
        fprintf(page->out, ",%d", value->state);
    }
    putc(']', page->out);
    write_marks(all, page);
    putc('}', page->out);
    page->point_count += all->point_count;
}

/* The line that begins with series `first`; *end is where the next one begins. */
static ckl_status make_line(metric_reading *all, report *page, size_t first, size_t end,
                            size_t limit, ckl_error *err)
{
    int32_t run = -1, metric = -1;
    const metric_series *series = &all->series[first];
    ckl_status status = CKL_OK;
    all->value_count = 0;
    for (size_t index = first; status == CKL_OK && index < end; index++)
        status = read_values(all, page, &all->series[index], err);
    if (status == CKL_OK && all->value_count > 0)
        qsort(all->values, all->value_count, sizeof *all->values, compare_values);
    if (status == CKL_OK)
        status = downsample(all, limit, err);
    if (status == CKL_OK)
        status = text_intern(&run, NULL, &page->texts, series->run, strlen(series->run), err);
    if (status == CKL_OK)
        status =
            text_intern(&metric, NULL, &page->texts, series->metric, strlen(series->metric), err);
    if (status == CKL_OK)
        write_line(all, page, run, metric);
    return status;
}

static ckl_status make_lines(metric_reading *all, report *page, ckl_error *err)
{
    size_t lines = 0, limit = (size_t)page->point_limit, end = 0;
    ckl_status status = CKL_OK;
    for (size_t index = 0; index < all->count; index++)
        lines += index == 0 || !same_line(&all->series[index], &all->series[index - 1]);
    if (lines > METRIC_LINES_MAX) {
        page->lines_left_out = lines - METRIC_LINES_MAX;
        lines = METRIC_LINES_MAX;
    }
    if (lines > 0 && limit > METRIC_POINTS_MAX / lines)
        limit = METRIC_POINTS_MAX / lines;
    all->marks_left = METRIC_MARKS_MAX;
    for (size_t first = 0; status == CKL_OK && lines > 0; first = end, lines--) {
        for (end = first + 1;
             end < all->count && same_line(&all->series[first], &all->series[end]);)
            end++;
        fputs(first > 0 ? ",\n" : "\n", page->out);
        status = make_line(all, page, first, end, limit, err);
    }
    return status;
}

ckl_status report_write_metrics(report *page, ckl_error *err)
{
    metric_reading all = {0};
    ckl_status status = list_series(&all, page, err);
    fputs(",\n\"metrics\":[", page->out);
    if (status == CKL_OK)
        status = make_lines(&all, page, err);
    putc(']', page->out);
    for (size_t index = 0; index < all.count; index++) {
        free(all.series[index].run);
        free(all.series[index].metric);
    }
    free(all.series);
    free(all.values);
    free(all.points);
    return status;
}
