/* report: what happened, and the states that it led to. */
#include <stdlib.h>
#include <string.h>

#include "report.h"

static bool is_move(const ckl_event *event)
{
    return event->experiment != NULL &&
           (event->from == NULL || strcmp(event->experiment, event->from) != 0);
}

/* ---- states ---------------------------------------------------------------------------------- */

/* The number of a state; its contents are looked for when it is new. `from` is the one before. */
static ckl_status add_state(int32_t *out, report *page, const char *hash, int32_t from,
                            ckl_error *err)
{
    bool is_new = false;
    *out = -1;
    if (hash == NULL)
        return CKL_OK;
    ckl_status status = grow((void **)&page->states, &page->state_capacity, page->hashes.count,
                             sizeof *page->states, err);
    if (status == CKL_OK)
        status = text_intern(out, &is_new, &page->hashes, hash, strlen(hash), err);
    if (status != CKL_OK || !is_new)
        return status;
    page->states[*out] = (report_state){.name = -1, .note = -1, .total = -1};
    for (part which = PART_MODEL; status == CKL_OK && which < PART_COUNT; which++)
        status = report_add_node(page, which, *out, from, err);
    return status;
}

static int64_t integer_or(const ckl_sql_value *value, int64_t otherwise)
{
    return value->type == CKL_SQL_INTEGER ? value->integer : otherwise;
}

/* What the view `experiments` says of the states that are in the page. */
static ckl_status read_states(report *page, ckl_error *err)
{
    static const ckl_sql_options PATIENT = {.time_limit_ms = -1};
    ckl_sql *rows = NULL;
    const ckl_sql_value *row = NULL;
    ckl_status status =
        ckl_sql_open(&rows, page->manager,
                     "SELECT experiment, dumped, checkpoints, samples, discarded, tagged, name,"
                     " note FROM experiments",
                     &PATIENT, err);
    while (status == CKL_OK && (status = ckl_sql_next(&row, rows, err)) == CKL_OK) {
        int32_t index = text_find(&page->hashes, row[0].text);
        if (index < 0)
            continue;
        report_state *state = &page->states[index];
        state->dumped = integer_or(&row[1], 0) != 0;
        state->checkpoints = integer_or(&row[2], 0);
        state->total = integer_or(&row[3], -1);
        state->discarded = integer_or(&row[4], 0);
        state->tagged = integer_or(&row[5], 0);
        status = report_word(&state->name, page, row[6].text, err);
        if (status == CKL_OK)
            status = report_word(&state->note, page, row[7].text, err);
    }
    ckl_sql_close(rows);
    return status == CKL_DONE ? CKL_OK : status;
}

/* ---- events ---------------------------------------------------------------------------------- */

typedef struct event_counts {
    uint64_t moves, others;
} event_counts;

static ckl_status count_events(event_counts *out, report *page, ckl_error *err)
{
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    ckl_event_filter filter = {.all_runs = page->all_runs, .oldest_first = true};
    ckl_status status = ckl_events(&cursor, page->manager, &filter, err);
    while (status == CKL_OK && (status = ckl_event_next(&event, cursor, err)) == CKL_OK) {
        *(is_move(&event) ? &out->moves : &out->others) += 1;
        page->last_seq = event.seq;
    }
    ckl_event_cursor_close(cursor);
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status intern(int32_t *out, report *page, const char *text, ckl_error *err)
{
    return text_intern(out, NULL, &page->texts, text, strlen(text), err);
}

static ckl_status add_event(report *page, const ckl_event *event, ckl_error *err)
{
    report_event row = {.seq = event->seq,
                        .at_us = event->at_us,
                        .step = event->step,
                        .superseded = event->superseded};
    ckl_status status = grow((void **)&page->events, &page->event_capacity, page->event_count,
                             sizeof *page->events, err);
    if (status == CKL_OK)
        status = intern(&row.run, page, event->run, err);
    if (status == CKL_OK)
        status = intern(&row.kind, page, event->kind, err);
    if (status == CKL_OK)
        status = report_word(&row.actor, page, event->actor, err);
    if (status == CKL_OK)
        status = report_word(&row.reason, page, event->reason, err);
    if (status == CKL_OK)
        status = add_state(&row.from, page, event->from, -1, err);
    if (status == CKL_OK)
        status = add_state(&row.state, page, event->experiment, row.from, err);
    if (status == CKL_OK)
        page->events[page->event_count++] = row;
    return status;
}

ckl_status report_read_history(report *page, ckl_error *err)
{
    event_counts counts = {0}, seen = {0};
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    ckl_event_filter filter = {.all_runs = page->all_runs, .oldest_first = true};
    ckl_status status = count_events(&counts, page, err);
    if (status == CKL_OK)
        status = ckl_events(&cursor, page->manager, &filter, err);
    while (status == CKL_OK && (status = ckl_event_next(&event, cursor, err)) == CKL_OK) {
        if (event.seq > page->last_seq)
            continue; /* recorded while this was read */
        bool old = is_move(&event) ? ++seen.moves + MOVES_MAX <= counts.moves
                                   : ++seen.others + OTHERS_MAX <= counts.others;
        page->events_left_out += old;
        if (!old)
            status = add_event(page, &event, err);
    }
    ckl_event_cursor_close(cursor);
    return status == CKL_DONE ? read_states(page, err) : status;
}

/* ---- writing --------------------------------------------------------------------------------- */

ckl_status report_write_runs(report *page, ckl_error *err)
{
    ckl_run_cursor *cursor = NULL;
    ckl_run_row row;
    ckl_status status = ckl_runs(&cursor, page->manager, err);
    fputs(",\"runs\":[", page->out);
    while (status == CKL_OK && (status = ckl_run_next(&row, cursor, err)) == CKL_OK) {
        int32_t run = text_find(&page->texts, row.name);
        if (run < 0 || (!page->all_runs && strcmp(row.name, ckl_manager_run(page->manager)) != 0))
            continue;
        fputs(page->run_count++ == 0 ? "[" : ",[", page->out);
        page_number_of(page, run);
        fprintf(page->out, ",%d,%u]",
                row.experiment != NULL ? text_find(&page->hashes, row.experiment) : -1,
                row.pending);
    }
    putc(']', page->out);
    ckl_run_cursor_close(cursor);
    return status == CKL_DONE ? CKL_OK : status;
}

void report_write_states(report *page)
{
    fputs(",\n\"states\":[", page->out);
    for (size_t index = 0; index < page->hashes.count; index++) {
        const report_state *state = &page->states[index];
        fputs(index > 0 ? ",[" : "[", page->out);
        page_text(page->out, page->hashes.rows[index].text, page->hashes.rows[index].size);
        fprintf(page->out, ",%d,%d,%d,%d,%lld,%lld,%lld,%lld,", state->nodes[PART_MODEL],
                state->nodes[PART_CONFIG], state->nodes[PART_DATA], state->dumped,
                (long long)state->checkpoints, (long long)state->total, (long long)state->discarded,
                (long long)state->tagged);
        page_number_of(page, state->name);
        putc(',', page->out);
        page_number_of(page, state->note);
        putc(']', page->out);
    }
    putc(']', page->out);
}

void report_write_events(report *page)
{
    fputs(",\n\"events\":[", page->out);
    for (size_t index = 0; index < page->event_count; index++) {
        const report_event *event = &page->events[index];
        fprintf(page->out, "%s[%lld,%lld,", index > 0 ? "," : "", (long long)event->seq,
                (long long)event->at_us / 1000);
        page_number_of(page, event->run);
        putc(',', page->out);
        page_number_of(page, event->kind);
        fprintf(page->out, ",%d,%d,%d,", event->state, event->from, event->superseded);
        page_number_of(page, event->actor);
        putc(',', page->out);
        page_number_of(page, event->reason);
        fprintf(page->out, ",%lld]", (long long)event->step);
    }
    putc(']', page->out);
}
