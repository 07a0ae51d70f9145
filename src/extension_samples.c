/* How two data states differ, by the edges between them; and one sample in one state. */
#include <stdlib.h>
#include <string.h>

#include "extension.h"

/* ---- reading edges --------------------------------------------------------------------------- */

#define SELECT_CHANGES                                                                             \
    "SELECT sample, old_discarded, new_discarded, ifnull(old_tagset, 0), ifnull(new_tagset, 0)"    \
    " FROM main._edge_change WHERE edge = ?1 ORDER BY sample"

static int discarded_of(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? -1 : sqlite3_column_int(row, column);
}

static sample_change change_of(sqlite3_stmt *row, bool reversed)
{
    int from = reversed ? 1 : 0, to = 1 - from;
    return (sample_change){.sample = sqlite3_column_int64(row, 0),
                           .old_discarded = discarded_of(row, 1 + from),
                           .new_discarded = discarded_of(row, 1 + to),
                           .old_tagset = sqlite3_column_int64(row, 3 + from),
                           .new_tagset = sqlite3_column_int64(row, 3 + to)};
}

/* ---- the way between two states -------------------------------------------------------------- */

/* Edges from a state towards its root; the last may be the root's own, which comes from nothing. */
typedef struct climb {
    int64_t state, base, edge; /* where it is: 0 is nothing */
    int64_t depth;
    int64_t *edges;
    size_t count, capacity;
} climb;

static int enter(climb *way, extension_reader *reader, int64_t state, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    int64_t below = way->count > 0 ? way->depth : INT64_MAX;
    way->state = state;
    way->depth = -1;
    if (state == 0)
        return SQLITE_OK;
    int result = reader_query(
        &row, reader,
        "SELECT edge, ifnull(base, 0), depth FROM main._data_state WHERE component = ?1", err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(row, 1, state);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW) {
        way->edge = sqlite3_column_int64(row, 0);
        way->base = sqlite3_column_int64(row, 1);
        way->depth = sqlite3_column_int64(row, 2);
    }
    sqlite3_reset(row);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return result;
    if (result == SQLITE_DONE || way->depth < 0 || way->depth >= below)
        return reader_fail(err, SQLITE_CORRUPT,
                           "the ledger is damaged at data state %lld: ckl fsck", (long long)state);
    return SQLITE_OK;
}

static int step_up(climb *way, extension_reader *reader, ckl_error *err)
{
    if (way->count == way->capacity) {
        size_t capacity = way->capacity == 0 ? 16 : way->capacity * 2;
        int64_t *grown = realloc(way->edges, capacity * sizeof *grown);
        if (grown == NULL)
            return reader_fail(err, SQLITE_NOMEM, "out of memory");
        way->edges = grown;
        way->capacity = capacity;
    }
    way->edges[way->count++] = way->edge;
    return enter(way, reader, way->base, err);
}

/* Both climb until they meet: at a state, or in nothing. */
static int find_way(climb *left, climb *right, extension_reader *reader, int64_t from, int64_t to,
                    ckl_error *err)
{
    int result = enter(left, reader, from, err);
    if (result == SQLITE_OK)
        result = enter(right, reader, to, err);
    while (result == SQLITE_OK && left->state != right->state)
        result = step_up(left->depth >= right->depth ? left : right, reader, err);
    return result;
}

/* ---- several edges as one -------------------------------------------------------------------- */

typedef struct placed_change {
    sample_change change;
    size_t place; /* of its edge on the way */
} placed_change;

typedef struct placed_changes {
    placed_change *rows;
    size_t count, capacity;
} placed_changes;

static int add_edge(placed_changes *all, extension_reader *reader, int64_t edge, bool reversed,
                    size_t place, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    int result = reader_query(&row, reader, SELECT_CHANGES, err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(row, 1, edge);
    while ((result = reader_step(reader, row, err)) == SQLITE_ROW) {
        if (all->count == all->capacity) {
            size_t capacity = all->capacity == 0 ? 64 : all->capacity * 2;
            placed_change *grown = realloc(all->rows, capacity * sizeof *grown);
            if (grown == NULL) {
                sqlite3_reset(row);
                return reader_fail(err, SQLITE_NOMEM, "out of memory");
            }
            all->rows = grown;
            all->capacity = capacity;
        }
        all->rows[all->count++] = (placed_change){change_of(row, reversed), place};
    }
    return result == SQLITE_DONE ? SQLITE_OK : result;
}

static int compare_placed(const void *first, const void *second)
{
    const placed_change *left = first, *right = second;
    if (left->change.sample != right->change.sample)
        return left->change.sample < right->change.sample ? -1 : 1;
    return left->place < right->place ? -1 : left->place > right->place;
}

/* What the changes of each sample come to, one behind the other. */
static int put_together(sample_source *out, placed_changes *all, ckl_error *err)
{
    out->changes = calloc(all->count + 1, sizeof *out->changes);
    if (out->changes == NULL)
        return reader_fail(err, SQLITE_NOMEM, "out of memory");
    if (all->count > 1)
        qsort(all->rows, all->count, sizeof *all->rows, compare_placed);
    for (size_t index = 0; index < all->count; index++) {
        const sample_change *change = &all->rows[index].change;
        sample_change *last = out->count > 0 ? &out->changes[out->count - 1] : NULL;
        if (last == NULL || last->sample != change->sample) {
            out->changes[out->count++] = *change;
            continue;
        }
        last->new_discarded = change->new_discarded;
        last->new_tagset = change->new_tagset;
    }
    return SQLITE_OK;
}

/* The first `count` edges of a climb: upwards, reading each backwards, or downwards. */
static int add_folded(sample_stream *stream, const climb *way, size_t count, bool upwards,
                      ckl_error *err)
{
    placed_changes all = {0};
    int result = SQLITE_OK;
    if (count == 0)
        return SQLITE_OK;
    for (size_t index = 0; result == SQLITE_OK && index < count; index++) {
        int64_t edge = way->edges[upwards ? index : count - 1 - index];
        result = add_edge(&all, stream->reader, edge, upwards, index, err);
    }
    if (result == SQLITE_OK)
        result = put_together(&stream->sources[stream->count++], &all, err);
    free(all.rows);
    return result;
}

/* One edge, read as its rows are wanted: a root's holds every sample. */
static int add_streamed(sample_stream *stream, int64_t edge, bool reversed, ckl_error *err)
{
    sample_source *source = &stream->sources[stream->count++];
    source->reversed = reversed;
    int result = reader_prepare(&source->rows, stream->reader, SELECT_CHANGES, err);
    if (result == SQLITE_OK)
        sqlite3_bind_int64(source->rows, 1, edge);
    return result;
}

/* Up from `from`, and down to `to`. Where they met in nothing the last edge of each is a root's. */
static int add_way(sample_stream *stream, const climb *left, const climb *right, ckl_error *err)
{
    bool roots = left->state == 0;
    size_t up = left->count - (roots && left->count > 0 ? 1 : 0);
    size_t down = right->count - (roots && right->count > 0 ? 1 : 0);
    int result = add_folded(stream, left, up, true, err);
    if (result == SQLITE_OK && up < left->count)
        result = add_streamed(stream, left->edges[up], true, err);
    if (result == SQLITE_OK && down < right->count)
        result = add_streamed(stream, right->edges[down], false, err);
    return result == SQLITE_OK ? add_folded(stream, right, down, false, err) : result;
}

/* ---- the stream ------------------------------------------------------------------------------ */

static int find_edge(int64_t *out, extension_reader *reader, int64_t from, int64_t to,
                     ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    *out = 0;
    if (to == 0)
        return SQLITE_OK;
    int result = reader_query(
        &row, reader, "SELECT id FROM main._data_edge WHERE from_state IS ?1 AND to_state = ?2",
        err);
    if (result != SQLITE_OK)
        return result;
    if (from == 0)
        sqlite3_bind_null(row, 1);
    else
        sqlite3_bind_int64(row, 1, from);
    sqlite3_bind_int64(row, 2, to);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW)
        *out = sqlite3_column_int64(row, 0);
    sqlite3_reset(row);
    return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

static int open_all(sample_stream *stream, int64_t from, int64_t to, ckl_error *err)
{
    climb left = {0}, right = {0};
    int64_t direct = 0;
    bool reversed = false;
    int result = find_edge(&direct, stream->reader, from, to, err);
    if (result == SQLITE_OK && direct == 0) {
        reversed = true;
        result = find_edge(&direct, stream->reader, to, from, err);
    }
    if (result == SQLITE_OK && direct != 0)
        return add_streamed(stream, direct, reversed, err);
    if (result == SQLITE_OK)
        result = find_way(&left, &right, stream->reader, from, to, err);
    if (result == SQLITE_OK)
        result = add_way(stream, &left, &right, err);
    free(left.edges);
    free(right.edges);
    return result;
}

static int open_one(sample_stream *stream, int64_t from, int64_t to, const char *uid,
                    ckl_error *err)
{
    sample_edges edges = {0};
    sample_change old = {0}, new = {0};
    int result = sample_edges_read(&edges, stream->reader, uid, err);
    if (result == SQLITE_OK)
        result = sample_in_state(&old, stream->reader, &edges, from, err);
    if (result == SQLITE_OK)
        result = sample_in_state(&new, stream->reader, &edges, to, err);
    sample_edges_free(&edges);
    if (result != SQLITE_OK)
        return result == SQLITE_DONE ? SQLITE_OK : result;
    sample_source *source = &stream->sources[stream->count++];
    source->changes = malloc(sizeof *source->changes);
    if (source->changes == NULL)
        return reader_fail(err, SQLITE_NOMEM, "out of memory");
    source->count = 1;
    source->changes[0] = new;
    source->changes[0].old_discarded = old.new_discarded;
    source->changes[0].old_tagset = old.new_tagset;
    return SQLITE_OK;
}

static int advance(sample_source *source, extension_reader *reader, ckl_error *err)
{
    source->has_current = false;
    if (source->rows == NULL) {
        if (source->next < source->count) {
            source->current = source->changes[source->next++];
            source->has_current = true;
        }
        return SQLITE_OK;
    }
    int result = reader_step(reader, source->rows, err);
    if (result == SQLITE_ROW) {
        source->current = change_of(source->rows, source->reversed);
        source->has_current = true;
    } else if (result == SQLITE_DONE) {
        sqlite3_finalize(source->rows);
        source->rows = NULL;
    }
    return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

int stream_open(sample_stream *out, extension_reader *reader, int64_t from, int64_t to,
                const char *uid, ckl_error *err)
{
    *out = (sample_stream){.reader = reader};
    if (from == to)
        return SQLITE_OK;
    int result = uid != NULL ? open_one(out, from, to, uid, err) : open_all(out, from, to, err);
    for (size_t index = 0; result == SQLITE_OK && index < out->count; index++)
        result = advance(&out->sources[index], reader, err);
    if (result != SQLITE_OK)
        stream_close(out);
    return result;
}

int stream_next(sample_change *out, sample_stream *stream, ckl_error *err)
{
    for (;;) {
        int result = SQLITE_OK;
        bool found = false;
        for (size_t index = 0; index < stream->count; index++) {
            const sample_source *source = &stream->sources[index];
            if (source->has_current && (!found || source->current.sample < out->sample)) {
                *out = source->current;
                found = true;
            }
        }
        if (!found)
            return SQLITE_DONE;
        for (size_t index = 0; result == SQLITE_OK && index < stream->count; index++) {
            sample_source *source = &stream->sources[index];
            if (!source->has_current || source->current.sample != out->sample)
                continue;
            out->new_discarded = source->current.new_discarded;
            out->new_tagset = source->current.new_tagset;
            result = advance(source, stream->reader, err);
        }
        if (result != SQLITE_OK)
            return result;
        if (out->old_discarded != out->new_discarded || out->old_tagset != out->new_tagset)
            return SQLITE_ROW;
    }
}

void stream_close(sample_stream *stream)
{
    for (size_t index = 0; index < stream->count; index++) {
        sqlite3_finalize(stream->sources[index].rows);
        free(stream->sources[index].changes);
    }
    *stream = (sample_stream){.reader = stream->reader};
}

/* ---- one sample ------------------------------------------------------------------------------ */

static int find_sample(int64_t *out, extension_reader *reader, const char *uid, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    int result = reader_query(&row, reader, "SELECT id FROM main._sample WHERE uid = ?1", err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_text(row, 1, uid, -1, SQLITE_TRANSIENT);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW)
        *out = sqlite3_column_int64(row, 0);
    sqlite3_reset(row);
    return result == SQLITE_ROW ? SQLITE_OK : result;
}

static int add_edges(sample_edges *out, sqlite3_stmt *row, extension_reader *reader, ckl_error *err)
{
    size_t capacity = 0;
    int result;
    while ((result = reader_step(reader, row, err)) == SQLITE_ROW) {
        if (out->count == capacity) {
            capacity = capacity == 0 ? 16 : capacity * 2;
            int64_t *grown = realloc(out->edges, capacity * sizeof *grown);
            if (grown == NULL) {
                sqlite3_reset(row);
                return reader_fail(err, SQLITE_NOMEM, "out of memory");
            }
            out->edges = grown;
        }
        out->edges[out->count++] = sqlite3_column_int64(row, 0);
    }
    return result == SQLITE_DONE ? SQLITE_OK : result;
}

int sample_edges_read(sample_edges *out, extension_reader *reader, const char *uid, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    *out = (sample_edges){0};
    int result = find_sample(&out->sample, reader, uid, err);
    if (result == SQLITE_OK)
        result =
            reader_query(&row, reader,
                         "SELECT edge FROM main._edge_change WHERE sample = ?1 ORDER BY edge", err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(row, 1, out->sample);
    return add_edges(out, row, reader, err);
}

void sample_edges_free(sample_edges *edges)
{
    free(edges->edges);
    *edges = (sample_edges){0};
}

static int compare_edges(const void *first, const void *second)
{
    int64_t left = *(const int64_t *)first, right = *(const int64_t *)second;
    return left < right ? -1 : left > right;
}

/* The sample's last change on the way from the root is what the state has. */
int sample_in_state(sample_change *out, extension_reader *reader, const sample_edges *edges,
                    int64_t state, ckl_error *err)
{
    climb way = {0};
    sqlite3_stmt *row = NULL;
    *out = (sample_change){.sample = edges->sample, .old_discarded = -1, .new_discarded = -1};
    if (edges->count == 0)
        return SQLITE_OK;
    int result = enter(&way, reader, state, err);
    while (result == SQLITE_OK && way.state != 0 &&
           bsearch(&way.edge, edges->edges, edges->count, sizeof way.edge, compare_edges) == NULL) {
        way.count = 1; /* depths must fall from here on */
        result = enter(&way, reader, way.base, err);
    }
    if (result != SQLITE_OK || way.state == 0)
        return result;
    result = reader_query(&row, reader,
                          "SELECT new_discarded, ifnull(new_tagset, 0) FROM main._edge_change"
                          " WHERE edge = ?1 AND sample = ?2",
                          err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(row, 1, way.edge);
    sqlite3_bind_int64(row, 2, edges->sample);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW) {
        out->new_discarded = discarded_of(row, 0);
        out->new_tagset = sqlite3_column_int64(row, 1);
    }
    sqlite3_reset(row);
    return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}
