/* ckl_state_at: a whole data state; ckl_sample_history: all that happened to one sample. */
#include <stdlib.h>
#include <string.h>

#include "extension.h"

/* ---- ckl_state_at ---------------------------------------------------------------------------- */

enum { ARGUMENT_MOMENT, ARGUMENT_RUN };

typedef struct state_cursor {
    extension_cursor base;
    sample_stream samples;
    sample_change sample;
} state_cursor;

/* A number is a time in seconds, as at_unix of the views; a text may be a time or a state. */
static int find_moment(extension_experiment *out, state_cursor *cursor, ckl_error *err)
{
    extension_reader *reader = cursor->base.reader;
    sqlite3_value *moment = cursor->base.arguments[ARGUMENT_MOMENT];
    const char *text = cursor_text(&cursor->base, ARGUMENT_MOMENT);
    const char *run = cursor_text(&cursor->base, ARGUMENT_RUN);
    int64_t at_us = 0;
    if (moment == NULL)
        return reader_head(out, NULL, reader, run, err);
    if (text == NULL)
        return SQLITE_OK;
    if (sqlite3_value_type(moment) == SQLITE_INTEGER ||
        sqlite3_value_type(moment) == SQLITE_FLOAT) {
        double seconds = sqlite3_value_double(moment);
        if (!(seconds > -1e11 && seconds < 1e11))
            return reader_fail(err, SQLITE_ERROR, "'%s' is no time in seconds since 1970", text);
        at_us = (int64_t)(seconds * 1e6 + (seconds < 0 ? -0.5 : 0.5));
        return reader_at(out, reader, at_us, run, err);
    }
    if (strlen(text) < 5 || text[4] != '-')
        return reader_resolve(out, reader, text, run, err);
    if (!extension_parse_time(&at_us, text))
        return reader_fail(err, SQLITE_ERROR,
                           "'%s' is no time: write 2026-11-23 or 2026-11-23T15:40:00.123Z", text);
    return reader_at(out, reader, at_us, run, err);
}

static int state_next(extension_cursor *base, ckl_error *err)
{
    state_cursor *cursor = (state_cursor *)base;
    int result = stream_next(&cursor->sample, &cursor->samples, err);
    base->at_end = result == SQLITE_DONE;
    return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

static int state_filter(extension_cursor *base, ckl_error *err)
{
    state_cursor *cursor = (state_cursor *)base;
    extension_experiment state = {0};
    int result = find_moment(&state, cursor, err);
    if (result == SQLITE_OK)
        result = stream_open(&cursor->samples, base->reader, 0, state.data, base->uid, err);
    return result == SQLITE_OK ? state_next(base, err) : result;
}

static int state_column(extension_cursor *base, sqlite3_context *result, int column, ckl_error *err)
{
    const sample_change *sample = &((state_cursor *)base)->sample;
    if (column == 0)
        return result_uid(result, base->reader, sample->sample, err);
    if (column == 2)
        return result_tags(result, base->reader, sample->new_tagset, err);
    result_discarded(result, sample->new_discarded);
    return SQLITE_OK;
}

static void state_close(extension_cursor *base)
{
    stream_close(&((state_cursor *)base)->samples);
}

const extension_kind EXTENSION_STATE_AT = {
    .name = "ckl_state_at",
    .declaration = "CREATE TABLE ckl_state_at (uid TEXT, discarded INTEGER, tags TEXT,"
                   " moment HIDDEN, run HIDDEN)",
    .visible = 3,
    .arguments = 2,
    .uid_column = 0,
    .cursor_size = sizeof(state_cursor),
    .filter = state_filter,
    .next = state_next,
    .column = state_column,
    .close = state_close,
};

/* ---- ckl_sample_history ---------------------------------------------------------------------- */

/* One event that changed the sample. */
typedef struct history_row {
    int64_t seq;
    sample_change change;
} history_row;

typedef struct history_cursor {
    extension_cursor base;
    history_row *rows; /* by seq */
    size_t count, capacity, next;
    sqlite3_stmt *event; /* of the current row */
} history_cursor;

static int add_row(history_cursor *cursor, int64_t seq, const sample_change *change, bool reversed,
                   ckl_error *err)
{
    if (cursor->count == cursor->capacity) {
        size_t capacity = cursor->capacity == 0 ? 16 : cursor->capacity * 2;
        history_row *grown = realloc(cursor->rows, capacity * sizeof *grown);
        if (grown == NULL)
            return reader_fail(err, SQLITE_NOMEM, "out of memory");
        cursor->rows = grown;
        cursor->capacity = capacity;
    }
    history_row *row = &cursor->rows[cursor->count++];
    *row = (history_row){seq, *change};
    if (reversed) {
        row->change.old_discarded = change->new_discarded;
        row->change.new_discarded = change->old_discarded;
        row->change.old_tagset = change->new_tagset;
        row->change.new_tagset = change->old_tagset;
    }
    return SQLITE_OK;
}

static int discarded_of(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? -1 : sqlite3_column_int(row, column);
}

/* The events whose edge changes the sample, by the index of edges and that of events. */
static int read_changes(history_cursor *cursor, int64_t sample, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    int result =
        reader_query(&row, cursor->base.reader,
                     "SELECT event.seq, event.reversed, change.old_discarded, change.new_discarded,"
                     "       ifnull(change.old_tagset, 0), ifnull(change.new_tagset, 0)"
                     " FROM main._edge_change AS change"
                     " CROSS JOIN main._event AS event ON event.edge = change.edge"
                     " WHERE change.sample = ?1",
                     err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(row, 1, sample);
    while ((result = reader_step(cursor->base.reader, row, err)) == SQLITE_ROW) {
        sample_change change = {.sample = sample,
                                .old_discarded = discarded_of(row, 2),
                                .new_discarded = discarded_of(row, 3),
                                .old_tagset = sqlite3_column_int64(row, 4),
                                .new_tagset = sqlite3_column_int64(row, 5)};
        int added = add_row(cursor, sqlite3_column_int64(row, 0), &change,
                            sqlite3_column_int(row, 1) != 0, err);
        if (added != SQLITE_OK) {
            sqlite3_reset(row);
            return added;
        }
    }
    return result == SQLITE_DONE ? SQLITE_OK : result;
}

/* The events at which a run began with a state that was known, or left such a one for nothing: no
 * edge of theirs holds the samples. */
static int read_beginnings(history_cursor *cursor, const sample_edges *edges, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    extension_reader *reader = cursor->base.reader;
    int result =
        reader_query(&row, reader,
                     "SELECT seq, begins, reversed FROM main._event WHERE begins IS NOT NULL", err);
    if (result != SQLITE_OK)
        return result;
    while ((result = reader_step(reader, row, err)) == SQLITE_ROW) {
        sample_change change;
        int found = sample_in_state(&change, reader, edges, sqlite3_column_int64(row, 1), err);
        if (found == SQLITE_OK && change.new_discarded >= 0)
            found = add_row(cursor, sqlite3_column_int64(row, 0), &change,
                            sqlite3_column_int(row, 2) != 0, err);
        if (found != SQLITE_OK) {
            sqlite3_reset(row);
            return found;
        }
    }
    return result == SQLITE_DONE ? SQLITE_OK : result;
}

static int compare_rows(const void *first, const void *second)
{
    const history_row *left = first, *right = second;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

static int read_history(history_cursor *cursor, const char *uid, ckl_error *err)
{
    sample_edges edges = {0};
    int result = sample_edges_read(&edges, cursor->base.reader, uid, err);
    if (result == SQLITE_OK)
        result = read_changes(cursor, edges.sample, err);
    if (result == SQLITE_OK)
        result = read_beginnings(cursor, &edges, err);
    sample_edges_free(&edges);
    if (cursor->count > 1)
        qsort(cursor->rows, cursor->count, sizeof *cursor->rows, compare_rows);
    return result == SQLITE_DONE ? SQLITE_OK : result;
}

static int history_next(extension_cursor *base, ckl_error *err)
{
    history_cursor *cursor = (history_cursor *)base;
    base->at_end = cursor->next == cursor->count;
    if (base->at_end)
        return SQLITE_OK;
    sqlite3_reset(cursor->event);
    sqlite3_bind_int64(cursor->event, 1, cursor->rows[cursor->next++].seq);
    int result = reader_step(base->reader, cursor->event, err);
    return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

static int history_filter(extension_cursor *base, ckl_error *err)
{
    history_cursor *cursor = (history_cursor *)base;
    const char *uid = cursor_text(base, 0);
    if (base->arguments[0] == NULL)
        return reader_fail(err, SQLITE_ERROR, "which sample? ckl_sample_history('sample_001')");
    int result = uid != NULL ? read_history(cursor, uid, err) : SQLITE_OK;
    if (result == SQLITE_OK)
        result = reader_prepare(
            &cursor->event, base->reader,
            "SELECT event.seq,"
            "       strftime('%Y-%m-%dT%H:%M:%fZ', event.at_us / 1000000.0, 'unixepoch'),"
            "       event.at_us / 1000000.0, run.name, event.kind, before.hash, after.hash,"
            "       event.actor, event.reason"
            " FROM main._event AS event"
            " JOIN main._run AS run ON run.id = event.run"
            " JOIN main._experiment AS after ON after.id = event.experiment"
            " LEFT JOIN main._experiment AS before ON before.id = event.from_experiment"
            " WHERE event.seq = ?1",
            err);
    return result == SQLITE_OK ? history_next(base, err) : result;
}

static int history_column(extension_cursor *base, sqlite3_context *result, int column,
                          ckl_error *err)
{
    history_cursor *cursor = (history_cursor *)base;
    const sample_change *change = &cursor->rows[cursor->next - 1].change;
    const char *name = NULL;
    int found = SQLITE_OK;
    switch (column) {
    case 7:
        found = sample_change_name(&name, base->reader, change, err);
        if (found == SQLITE_OK)
            sqlite3_result_text(result, name, -1, SQLITE_STATIC);
        return found;
    case 8:
    case 9:
        result_discarded(result, column == 8 ? change->old_discarded : change->new_discarded);
        return SQLITE_OK;
    case 10:
        return result_tags_without(result, base->reader, change->new_tagset, change->old_tagset,
                                   err);
    case 11:
        return result_tags_without(result, base->reader, change->old_tagset, change->new_tagset,
                                   err);
    case 12:
        return result_tags(result, base->reader, change->new_tagset, err);
    default:
        sqlite3_result_value(result,
                             sqlite3_column_value(cursor->event, column < 7 ? column : column - 6));
        return SQLITE_OK;
    }
}

static void history_close(extension_cursor *base)
{
    history_cursor *cursor = (history_cursor *)base;
    free(cursor->rows);
    cursor->rows = NULL;
    cursor->count = cursor->capacity = cursor->next = 0;
    sqlite3_finalize(cursor->event);
    cursor->event = NULL;
}

const extension_kind EXTENSION_SAMPLE_HISTORY = {
    .name = "ckl_sample_history",
    .declaration =
        "CREATE TABLE ckl_sample_history (seq INTEGER, at TEXT, at_unix REAL, run TEXT, kind TEXT,"
        " from_experiment TEXT, to_experiment TEXT, change TEXT, discarded_from INTEGER,"
        " discarded_to INTEGER, tags_added TEXT, tags_removed TEXT, tags TEXT, actor TEXT,"
        " reason TEXT, uid HIDDEN)",
    .visible = 15,
    .arguments = 1,
    .uid_column = -1,
    .cursor_size = sizeof(history_cursor),
    .filter = history_filter,
    .next = history_next,
    .column = history_column,
    .close = history_close,
};
