/* One data state in memory, and the edges that lead from it to the next: a walk over the tree of
 * edges costs the edges, and a hash for each state, and holds one state however many there are. */
#include "check_walk.h"

#include <stdlib.h>
#include <string.h>

#include "state_internal.h"

/* ---- loading --------------------------------------------------------------------------------- */

static ckl_status read_samples(walk *way, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, way->job->ledger, "SELECT id, uid FROM _sample ORDER BY uid", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        size_t size = 0;
        int64_t id = column_integer(&row, 0);
        const char *uid = column_blob(&row, 1, &size);
        if (uid == NULL || id < 1 || (uint64_t)id > way->place_count) {
            status = check_add_row(way->job, "content", "_sample", id, err, "is no sample");
            continue;
        }
        way->samples[way->count] = (uint32_t)id;
        status = state_append(way->all, uid, size, false, 0, err);
        if (status == CKL_OK)
            way->places[id - 1] = (uint32_t)++way->count;
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status read_sets(walk *way, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, way->job->ledger, "SELECT id, tags FROM _tagset ORDER BY id", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        uint32_t number = 0;
        int64_t id = column_integer(&row, 0);
        if (id < 1 || (uint64_t)id > way->set_count)
            continue; /* told by the look at the sets */
        status = check_intern_tags(&number, way->all, column_required(&row, 1), err);
        way->sets[id - 1] = number + 1;
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status read_edges(walk *way, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    size_t capacity = 0;
    ckl_status status =
        db_query(&row, way->job->ledger,
                 "SELECT it.id, it.from_state, it.to_state, it.change_count, it.digest,"
                 "       first.id IS NOT NULL"
                 " FROM _data_edge AS it LEFT JOIN (SELECT min(id) AS id FROM _data_edge"
                 "  GROUP BY to_state) AS first ON first.id = it.id"
                 " ORDER BY coalesce(it.from_state, 0), it.id",
                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        if (way->edge_count == capacity) {
            capacity = capacity == 0 ? 64 : capacity * 2;
            walk_edge *grown = realloc(way->edges, capacity * sizeof *grown);
            if (grown == NULL)
                return error_memory(err);
            way->edges = grown;
        }
        walk_edge *edge = &way->edges[way->edge_count++];
        *edge = (walk_edge){.id = column_integer(&row, 0),
                            .from = column_integer(&row, 1),
                            .to = column_integer(&row, 2),
                            .change_count = column_integer(&row, 3),
                            .grows_tree = column_integer(&row, 5) != 0};
        status = column_digest(&edge->rows, &row, 4, err);
    }
    return status == CKL_DONE ? CKL_OK : status;
}

/* Numbers have no holes, or few: a table by number stays small. */
static ckl_status size_of(size_t *rows, size_t *most, ckl_check *job, const char *sql,
                          ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger, sql, err);
    if (status == CKL_OK)
        status = statement_step(&row, err);
    if (status != CKL_OK)
        return status;
    *rows = (size_t)column_integer(&row, 0);
    int64_t number = column_integer(&row, 1);
    size_t limit = *rows * 4 + 1024;
    *most = number < 0 ? 0 : (uint64_t)number > limit ? limit : (size_t)number;
    return CKL_OK;
}

ckl_status walk_begin(walk *out, ckl_check *job, ckl_error *err)
{
    size_t samples = 0, sets = 0;
    *out = (walk){.job = job};
    ckl_status status = size_of(&samples, &out->place_count, job,
                                "SELECT count(*), coalesce(max(id), 0) FROM _sample", err);
    if (status == CKL_OK)
        status = size_of(&sets, &out->set_count, job,
                         "SELECT count(*), coalesce(max(id), 0) FROM _tagset", err);
    if (status == CKL_OK)
        status = ckl_data_state_new(&out->all, err);
    if (status != CKL_OK)
        return status;
    out->places = calloc(out->place_count + 1, sizeof *out->places);
    out->sets = calloc(out->set_count + 1, sizeof *out->sets);
    out->samples = calloc(samples + 1, sizeof *out->samples);
    out->now = calloc(samples + 1, sizeof *out->now);
    out->root = calloc(samples + 1, sizeof *out->root);
    out->view = calloc(samples + 1, sizeof *out->view);
    if (out->places == NULL || out->sets == NULL || out->samples == NULL || out->now == NULL ||
        out->root == NULL || out->view == NULL)
        return error_memory(err);
    for (size_t place = 0; place <= samples; place++)
        out->now[place] = (walk_value){0, -1};
    status = read_samples(out, err);
    if (status == CKL_OK)
        status = read_sets(out, err);
    return status == CKL_OK ? read_edges(out, err) : status;
}

void walk_end(walk *way)
{
    ckl_data_state_free(way->all);
    free(way->places);
    free(way->sets);
    free(way->samples);
    free(way->now);
    free(way->root);
    free(way->view);
    free(way->edges);
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Columns 1 and 2, or 3 and 4: what a row says of one side. False: no such thing can be. */
static bool read_side(walk_value *out, const walk *way, const statement *row, int column)
{
    bool absent = column_is_null(row, column);
    int64_t discarded = column_integer(row, column), set = column_integer(row, column + 1);
    bool known = set >= 1 && (uint64_t)set <= way->set_count && way->sets[set - 1] != 0;
    *out = (walk_value){known ? (uint32_t)set : 0, absent ? -1 : discarded != 0};
    if (absent)
        return column_is_null(row, column + 1);
    return known && (discarded == 0 || discarded == 1);
}

static bool equal(walk_value first, walk_value second)
{
    return first.discarded == second.discarded && first.tagset == second.tagset;
}

static const char *set_text(const walk *way, walk_value value)
{
    return value.tagset == 0 ? "" : way->all->tagsets[way->sets[value.tagset - 1] - 1].text;
}

static void hash_side(hasher *running, const walk *way, walk_value value)
{
    const char *text = set_text(way, value);
    hasher_add_integer(running, value.discarded);
    hasher_add_field(running, text, strlen(text));
}

static ckl_status mend(walk_mends *mends, uint32_t place, walk_value value, ckl_error *err)
{
    if (mends->count == mends->capacity) {
        size_t capacity = mends->capacity == 0 ? 16 : mends->capacity * 2;
        walk_mend *grown = realloc(mends->rows, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        mends->rows = grown;
        mends->capacity = capacity;
    }
    mends->rows[mends->count++] = (walk_mend){place, value};
    return CKL_OK;
}

static ckl_status query_rows(statement *out, walk *way, const walk_edge *edge, ckl_error *err)
{
    ckl_status status =
        db_query(out, way->job->ledger,
                 "SELECT sample, old_discarded, old_tagset, new_discarded, new_tagset"
                 " FROM _edge_change WHERE edge = :edge ORDER BY sample",
                 err);
    if (status == CKL_OK)
        bind_integer(out, ":edge", edge->id);
    return status;
}

/* ---- there and back -------------------------------------------------------------------------- */

/* One row forwards. *follows: it begins at what the sample is, and changes it. */
static ckl_status step_forward(bool *follows, walk *way, const statement *row, hasher *running,
                               walk_mends *mends, ckl_error *err)
{
    walk_value old, new;
    int64_t sample = column_integer(row, 0);
    uint32_t place =
        sample >= 1 && (uint64_t)sample <= way->place_count ? way->places[sample - 1] : 0;
    bool good = read_side(&old, way, row, 1);
    good = read_side(&new, way, row, 3) && good;
    *follows = false;
    if (place-- == 0)
        return CKL_OK;
    const state_sample *named = &way->all->samples[place];
    hasher_add_field(running, named->uid, named->uid_size);
    hash_side(running, way, old);
    hash_side(running, way, new);
    *follows = good && equal(old, way->now[place]) && !equal(old, new);
    ckl_status status = CKL_OK;
    if (!equal(old, way->now[place]))
        status = mend(mends, place, way->now[place], err);
    way->now[place] = new;
    return status;
}

ckl_status walk_forward(walk *way, const walk_edge *edge, walk_mends *mends, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    hasher *running = NULL;
    digest rows;
    int64_t count = 0, astray = 0;
    ckl_status status = query_rows(&row, way, edge, err);
    if (status == CKL_OK)
        status = hasher_new(&running, err);
    for (; status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK; count++) {
        bool follows = false;
        status = step_forward(&follows, way, &row, running, mends, err);
        astray += !follows;
    }
    if (status == CKL_DONE)
        status = hasher_end(&rows, running, err);
    hasher_free(running);
    if (status == CKL_OK && (!digest_equal(&rows, &edge->rows) || count != edge->change_count))
        status = check_add_row(way->job, "content", "_data_edge", edge->id, err,
                               "its rows in _edge_change (%lld), with _sample and _tagset, do not"
                               " give its digest and its change_count",
                               (long long)count);
    if (status == CKL_OK && astray > 0)
        status = check_add_row(way->job, "content", "_data_edge", edge->id, err,
                               "%lld of its rows in _edge_change do not begin at the state that it"
                               " comes from, or change nothing",
                               (long long)astray);
    return status;
}

ckl_status walk_back(walk *way, const walk_edge *edge, walk_mends *mends, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = query_rows(&row, way, edge, err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        walk_value old;
        int64_t sample = column_integer(&row, 0);
        (void)read_side(&old, way, &row, 1);
        if (sample >= 1 && (uint64_t)sample <= way->place_count && way->places[sample - 1] > 0)
            way->now[way->places[sample - 1] - 1] = old;
    }
    for (size_t index = mends->count; index-- > 0;)
        way->now[mends->rows[index].place] = mends->rows[index].value;
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status walk_hash(digest *out, ckl_sample_counts *counts, walk *way, ckl_error *err)
{
    ckl_data_state view = *way->all;
    *counts = (ckl_sample_counts){0};
    for (size_t place = 0; place < way->count; place++) {
        walk_value value = way->now[place];
        if (value.discarded < 0)
            continue;
        state_sample *sample = &way->view[counts->total++];
        *sample = way->all->samples[place];
        sample->discarded = value.discarded != 0;
        sample->tagset = value.tagset == 0 ? 0 : way->sets[value.tagset - 1] - 1;
        counts->discarded += sample->discarded;
        counts->tagged += value.tagset > 1;
    }
    view.samples = way->view;
    view.count = (size_t)counts->total;
    return state_hash(out, &view, err);
}
