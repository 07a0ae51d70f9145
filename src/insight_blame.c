/* Which change came before a metric moved. At each point of the series the values after it are
 * compared with what a robust line through those before it foretells, in units of how far those
 * before lie from that line. How rare a move is, is told by the same measure at all points where
 * nothing changed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "insight_internal.h"

#define WINDOW      20
#define WINDOW_MOST 500
#define SHUFFLES    999
/* A change stands out when at most one in 20 places where nothing changed moves as far, and noise
 * alone would do so once in 50 times that as many changes are asked about. */
#define PLACES_AT_MOST 0.05
#define NOISE_AT_MOST  0.02

typedef struct point {
    int64_t at_us, step;
    double value;
} point;

struct ckl_blame {
    ckl_manager *manager;
    const char *metric;
    size_t window;
    point *points; /* in the order in which they were logged */
    size_t point_count, point_capacity;
    ckl_blame_row *rows;
    size_t *places; /* of each row in the series */
    size_t count, capacity, next;
    insight_texts texts;
};

/* ---- numbers --------------------------------------------------------------------------------- */

static int compare_reals(const void *first, const void *second)
{
    double left = *(const double *)first, right = *(const double *)second;
    return left < right ? -1 : left > right;
}

/* Sorts what it is given. */
static double median(double *values, size_t count)
{
    if (count == 0)
        return (double)NAN;
    qsort(values, count, sizeof *values, compare_reals);
    return count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* How far the level moved between the windows on the two sides of `at`, beside what it moves from
 * one window to the next before and after that: of a series that falls by itself only what is more
 * than the fall. `medians` are those of the windows that begin at each place. */
static double move_at(const double *medians, size_t count, size_t window, size_t at)
{
    double around = 0;
    int sides = 0;
    if (at >= 2 * window) {
        around += medians[at - window] - medians[at - 2 * window];
        sides++;
    }
    if (at + 2 * window <= count) {
        around += medians[at + window] - medians[at];
        sides++;
    }
    return medians[at] - medians[at - window] - (sides > 0 ? around / sides : 0);
}

/* ---- what there is --------------------------------------------------------------------------- */

static ckl_status read_points(ckl_blame *asked, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, asked->manager->ledger,
                 "SELECT metric.at_us, metric.step, metric.value FROM _metric AS metric"
                 " WHERE metric.run = (SELECT id FROM _run WHERE name = :run)"
                 "   AND metric.name = (SELECT id FROM _metric_name WHERE name = :metric)"
                 "   AND metric.value IS NOT NULL ORDER BY metric.at_us, metric.step",
                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":run", asked->manager->run_name);
    bind_text(&row, ":metric", asked->metric);
    while ((status = statement_step(&row, err)) == CKL_OK) {
        status = insight_grow((void **)&asked->points, asked->point_count, &asked->point_capacity,
                              sizeof *asked->points, err);
        if (status != CKL_OK)
            return status;
        asked->points[asked->point_count++] =
            (point){column_integer(&row, 0), column_integer(&row, 1), column_real(&row, 2)};
    }
    if (status == CKL_DONE && asked->point_count == 0)
        return error_set(err, CKL_NOT_FOUND, "run '%s' has no value of a metric '%s'",
                         asked->manager->run_name, asked->metric);
    return status == CKL_DONE ? CKL_OK : status;
}

/* The first value that was logged after a change. */
static size_t place_of(const ckl_blame *asked, int64_t at_us)
{
    size_t low = 0, high = asked->point_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (asked->points[middle].at_us < at_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static ckl_status add_change(ckl_blame *asked, const ckl_event *event, ckl_error *err)
{
    size_t place = place_of(asked, event->at_us), capacity = asked->capacity;
    if (place < asked->window || place + asked->window > asked->point_count)
        return CKL_OK; /* too near to an end to tell */
    ckl_status status = insight_grow((void **)&asked->rows, asked->count, &asked->capacity,
                                     sizeof *asked->rows, err);
    if (status == CKL_OK)
        status = insight_grow((void **)&asked->places, asked->count, &capacity,
                              sizeof *asked->places, err);
    if (status != CKL_OK)
        return status;
    ckl_blame_row *row = &asked->rows[asked->count];
    asked->places[asked->count++] = place;
    *row = (ckl_blame_row){
        .seq = event->seq, .at_us = event->at_us, .changed = event->changed, .what = ""};
    status = insight_keep(&row->kind, &asked->texts, event->kind, err);
    if (status == CKL_OK)
        status = insight_keep(&row->from, &asked->texts, event->from, err);
    if (status == CKL_OK)
        status = insight_keep(&row->experiment, &asked->texts, event->experiment, err);
    if (status == CKL_OK)
        status = insight_keep(&row->actor, &asked->texts, event->actor, err);
    return status == CKL_OK ? insight_keep(&row->reason, &asked->texts, event->reason, err)
                            : status;
}

static ckl_status read_changes(ckl_blame *asked, ckl_error *err)
{
    ckl_event_filter filter = {.oldest_first = true, .component = CKL_ALL_COMPONENTS};
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    ckl_status status = ckl_events(&cursor, asked->manager, &filter, err);
    if (status != CKL_OK)
        return status;
    while ((status = ckl_event_next(&event, cursor, err)) == CKL_OK) {
        if (event.from == NULL || strcmp(event.from, event.experiment) == 0)
            continue;
        status = add_change(asked, &event, err);
        if (status != CKL_OK)
            break;
    }
    ckl_event_cursor_close(cursor);
    return status == CKL_DONE ? CKL_OK : status;
}

/* ---- how rare -------------------------------------------------------------------------------- */

/* Whether a change lies within a window of the point: then its move says nothing of chance. */
static bool is_near_a_change(const ckl_blame *asked, size_t at)
{
    for (size_t index = 0; index < asked->count; index++) {
        size_t place = asked->places[index];
        if (at + asked->window > place && place + asked->window > at)
            return true;
    }
    return false;
}

/* Numbers that look as if by chance, the same each time. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void shuffle(double *values, size_t count, uint64_t *state)
{
    for (size_t index = count; index > 1; index--) {
        size_t other = (size_t)(next_random(state) % index);
        double kept = values[index - 1];
        values[index - 1] = values[other];
        values[other] = kept;
    }
}

/* The part of the orders of the noise beside a change, what each window has beside its median, that
 * move as far. `room` holds six windows. */
static double chance_of_noise(const ckl_blame *asked, const double *medians, size_t at,
                              double *room)
{
    size_t window = asked->window, count = asked->point_count, size = 0, as_far = 0;
    size_t first = at >= 2 * window ? at - 2 * window : at - window;
    size_t last = at + 2 * window <= count ? at + 2 * window : at + window;
    double moved = fabs(move_at(medians, count, window, at)), level[4] = {0};
    double *noise = room, *copy = room + 4 * window;
    uint64_t state = 0x9e3779b97f4a7c15u;
    for (size_t place = first; place < last; place++)
        noise[size++] =
            asked->points[place].value - medians[first + (place - first) / window * window];
    for (size_t turn = 0; turn < SHUFFLES; turn++) {
        shuffle(noise, size, &state);
        for (size_t block = 0; block * window < size; block++) {
            memcpy(copy, noise + block * window, window * sizeof *copy);
            level[block] = median(copy, window);
        }
        size_t middle = (at - first) / window, end = size / window;
        double around = 0;
        int sides = (middle >= 2) + (end - middle >= 2);
        if (middle >= 2)
            around += level[middle - 1] - level[middle - 2];
        if (end - middle >= 2)
            around += level[middle + 1] - level[middle];
        double found = level[middle] - level[middle - 1] - (sides > 0 ? around / sides : 0);
        as_far += fabs(found) >= moved;
    }
    return (double)(as_far + 1) / (double)(SHUFFLES + 1);
}

/* Of the moves where nothing changed, the part that is as far. */
static double chance_of_place(double moved, const double *calm, size_t count)
{
    size_t as_far = 0;
    for (size_t index = 0; index < count; index++)
        as_far += calm[index] >= fabs(moved);
    return (double)(as_far + 1) / (double)(count + 1);
}

static void judge_row(ckl_blame *asked, size_t index, const double *medians, const double *calm,
                      size_t calm_count, double usual, double *room)
{
    ckl_blame_row *row = &asked->rows[index];
    size_t at = asked->places[index];
    double moved = move_at(medians, asked->point_count, asked->window, at);
    row->before = medians[at - asked->window];
    row->after = medians[at];
    row->moved = usual > 0 ? moved / usual : 0;
    row->chance = chance_of_place(moved, calm, calm_count);
    if (row->chance >= PLACES_AT_MOST)
        return;
    double noise = chance_of_noise(asked, medians, at, room) * (double)asked->count;
    row->stands_out = noise < NOISE_AT_MOST;
    row->chance = noise > row->chance ? (noise < 1 ? noise : 1) : row->chance;
}

static ckl_status judge(ckl_blame *asked, ckl_error *err)
{
    size_t window = asked->window, calm_count = 0;
    double *room = calloc(6 * window, sizeof *room);
    double *medians = calloc(asked->point_count + 1, sizeof *medians);
    double *calm = calloc(2 * asked->point_count + 1, sizeof *calm);
    ckl_status status =
        room != NULL && medians != NULL && calm != NULL ? CKL_OK : error_memory(err);
    for (size_t at = 0; status == CKL_OK && at + window <= asked->point_count; at++) {
        for (size_t index = 0; index < window; index++)
            room[index] = asked->points[at + index].value;
        medians[at] = median(room, window);
    }
    for (size_t at = window; status == CKL_OK && at + window <= asked->point_count; at++) {
        if (!is_near_a_change(asked, at))
            calm[calm_count++] = fabs(move_at(medians, asked->point_count, window, at));
    }
    double usual = 0;
    if (status == CKL_OK && calm_count > 0) {
        memcpy(calm + calm_count, calm, calm_count * sizeof *calm);
        usual = median(calm + calm_count, calm_count);
    }
    for (size_t index = 0; status == CKL_OK && index < asked->count; index++)
        judge_row(asked, index, medians, calm, calm_count, usual, room);
    free(room);
    free(medians);
    free(calm);
    return status;
}

static int compare_rows(const void *first, const void *second)
{
    const ckl_blame_row *left = first, *right = second;
    if (left->chance < right->chance || left->chance > right->chance)
        return left->chance < right->chance ? -1 : 1;
    double one = fabs(left->moved), other = fabs(right->moved);
    if (one < other || one > other)
        return one > other ? -1 : 1;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

/* ---- what changed ---------------------------------------------------------------------------- */

#define NAMED_MOST 3

static void name_entries(buf *out, ckl_diff *diff,
                         ckl_status (*next)(ckl_diff_entry *, ckl_diff *, ckl_error *))
{
    ckl_diff_entry entry;
    size_t count = 0;
    while (next(&entry, diff, NULL) == CKL_OK) {
        if (count++ < NAMED_MOST)
            buf_add_format(out, "%s%s", out->size > 0 ? ", " : "", entry.name);
    }
    if (count > NAMED_MOST)
        buf_add_format(out, " and %zu more", count - NAMED_MOST);
}

static void name_samples(buf *out, const ckl_diff_info *info)
{
    const struct {
        uint64_t count;
        const char *what;
    } KINDS[] = {{info->added, "added"},         {info->removed, "removed"},
                 {info->discarded, "discarded"}, {info->restored, "restored"},
                 {info->tagged, "tagged"},       {info->untagged, "untagged"}};
    for (size_t index = 0; index < sizeof KINDS / sizeof *KINDS; index++) {
        if (KINDS[index].count > 0)
            buf_add_format(out, "%s%llu %s", out->size > 0 ? ", " : "",
                           (unsigned long long)KINDS[index].count, KINDS[index].what);
    }
}

static ckl_status describe(ckl_blame *asked, ckl_blame_row *row, ckl_error *err)
{
    ckl_diff *diff = NULL;
    ckl_diff_info info;
    BUF_AUTO text = BUF_INIT;
    ckl_status status = ckl_diff_open(&diff, asked->manager, row->from, row->experiment, err);
    if (status == CKL_OK)
        status = ckl_diff_summary(&info, diff, err);
    if (status == CKL_OK) {
        name_entries(&text, diff, ckl_diff_next_model);
        name_entries(&text, diff, ckl_diff_next_config);
        name_samples(&text, &info);
        status = buf_check(&text, err);
    }
    ckl_diff_close(diff);
    return status == CKL_OK
               ? insight_keep(&row->what, &asked->texts, text.size > 0 ? text.data : "", err)
               : status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

#define DESCRIBED_MOST 50 /* rows further down say only which component */

static ckl_status answer(ckl_blame *asked, ckl_error *err)
{
    ckl_status status = read_points(asked, err);
    if (status == CKL_OK)
        status = read_changes(asked, err);
    if (status == CKL_OK)
        status = judge(asked, err);
    if (status == CKL_OK && asked->count > 1)
        qsort(asked->rows, asked->count, sizeof *asked->rows, compare_rows);
    for (size_t index = 0; status == CKL_OK && index < asked->count && index < DESCRIBED_MOST;
         index++)
        status = describe(asked, &asked->rows[index], err);
    return status;
}

ckl_status ckl_blame_open(ckl_blame **out, ckl_manager *manager, const char *metric,
                          uint64_t window, ckl_error *err)
{
    if (window == 1 || window > WINDOW_MOST)
        return error_set(err, CKL_INVALID, "a window has 2 to %d values", WINDOW_MOST);
    ckl_blame *asked = calloc(1, sizeof *asked);
    if (asked == NULL)
        return error_memory(err);
    asked->manager = manager;
    asked->metric = metric;
    asked->window = window != 0 ? (size_t)window : WINDOW;
    ckl_status status = answer(asked, err);
    asked->metric = NULL;
    if (status != CKL_OK) {
        ckl_blame_close(asked);
        return status;
    }
    *out = asked;
    return CKL_OK;
}

ckl_status ckl_blame_next(const ckl_blame_row **out, ckl_blame *blame, ckl_error *err)
{
    (void)err;
    if (blame->next == blame->count)
        return CKL_DONE;
    *out = &blame->rows[blame->next++];
    return CKL_OK;
}

void ckl_blame_close(ckl_blame *blame)
{
    if (blame == NULL)
        return;
    insight_texts_free(&blame->texts);
    free(blame->points);
    free(blame->rows);
    free(blame->places);
    free(blame);
}
