/* Whole data states: reading one back, and adding a new one. */
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

/* ---- loading --------------------------------------------------------------------------------- */

typedef struct loading {
    db *ledger;
    ckl_data_state *state;
    statement uid_row;
    uint32_t *tagsets; /* the ledger's number to the state's, plus 1; 0: not asked yet */
    size_t tagset_count;
} loading;

static ckl_status state_number(uint32_t *out, loading *work, int64_t tagset, ckl_error *err)
{
    size_t index = (size_t)tagset;
    if (index >= work->tagset_count) {
        uint32_t *grown = realloc(work->tagsets, (index + 1) * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        memset(grown + work->tagset_count, 0, (index + 1 - work->tagset_count) * sizeof *grown);
        work->tagsets = grown;
        work->tagset_count = index + 1;
    }
    if (work->tagsets[index] == 0) {
        char **tags = NULL;
        size_t count = 0;
        uint32_t number = 0;
        ckl_status status = ledger_tagset_tags(&tags, &count, work->ledger, tagset, err);
        if (status == CKL_OK)
            status = state_intern(&number, work->state, (const char *const *)tags, count, err);
        free(tags);
        if (status != CKL_OK)
            return status;
        work->tagsets[index] = number + 1;
    }
    *out = work->tagsets[index] - 1;
    return CKL_OK;
}

static ckl_status put_sample(loading *work, const char *uid, size_t size, bool discarded,
                             int64_t tagset, ckl_error *err)
{
    uint32_t number = 0;
    ckl_status status = state_number(&number, work, tagset, err);
    return status == CKL_OK ? state_put(work->state, uid, size, discarded, number, err) : status;
}

/* A sample of which only the number is known. */
static ckl_status put_change(loading *work, const data_change *row, ckl_error *err)
{
    const char *uid = NULL;
    if (row->new_discarded < 0)
        return CKL_OK;
    ckl_status status = ledger_sample_uid(&uid, &work->uid_row, work->ledger, row->sample, err);
    if (status != CKL_OK)
        return status;
    return put_sample(work, uid, strlen(uid), row->new_discarded != 0, row->new_tagset, err);
}

/* The join leaves out what names a sample that is not there. */
static ckl_status check_row_count(db *ledger, int64_t edge, size_t rows, ckl_error *err)
{
    int64_t count = 0;
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger, "SELECT change_count FROM _data_edge WHERE id = :edge", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":edge", edge);
    status = ledger_first_integer(&count, &row, err);
    if (status == CKL_NOT_FOUND || (status == CKL_OK && (uint64_t)count != rows))
        return error_set(err, CKL_DAMAGED, "a data state names a sample that the ledger lacks");
    return status;
}

/* Reads what the root has, in one scan, with `moved` (by sample) in its place. Nothing is held but
 * the state: it may be large. */
static ckl_status load_rows(loading *work, int64_t edge, const data_changes *moved, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    size_t index = 0, rows = 0;
    ckl_status status = db_query(&row, work->ledger,
                                 "SELECT original.sample, original.new_discarded,"
                                 " original.new_tagset, sample.uid"
                                 " FROM _edge_change AS original"
                                 " CROSS JOIN _sample AS sample ON sample.id = original.sample"
                                 " WHERE original.edge = :edge ORDER BY original.sample",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":edge", edge);
    while ((status = statement_step(&row, err)) == CKL_OK) {
        int64_t sample = column_integer(&row, 0);
        rows++;
        while (status == CKL_OK && index < moved->count && moved->rows[index].sample < sample)
            status = put_change(work, &moved->rows[index++], err);
        if (status != CKL_OK)
            return status;
        size_t size = 0;
        const char *uid = column_blob(&row, 3, &size);
        bool is_moved = index < moved->count && moved->rows[index].sample == sample;
        const data_change *now = is_moved ? &moved->rows[index++] : NULL;
        if (is_moved && now->new_discarded >= 0)
            status = put_sample(work, uid, size, now->new_discarded != 0, now->new_tagset, err);
        else if (!is_moved && !column_is_null(&row, 1))
            status = put_sample(work, uid, size, column_integer(&row, 1) != 0,
                                column_integer(&row, 2), err);
        if (status != CKL_OK)
            return status;
    }
    while (status == CKL_DONE && index < moved->count) {
        ckl_status put = put_change(work, &moved->rows[index++], err);
        status = put == CKL_OK ? CKL_DONE : put;
    }
    return status == CKL_DONE ? check_row_count(work->ledger, edge, rows, err) : status;
}

/* What a run's head differs in from its root. */
static ckl_status read_moved(data_changes *out, db *ledger, int64_t run, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger,
                                 "SELECT sample, discarded, tagset FROM _run_sample"
                                 " WHERE run = :run ORDER BY sample",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", run);
    while ((status = statement_step(&row, err)) == CKL_OK) {
        data_change sample = {column_integer(&row, 0),
                              NULL,
                              0,
                              column_integer(&row, 2),
                              -1,
                              column_is_null(&row, 1) ? -1 : (int)column_integer(&row, 1)};
        status = data_changes_add(out, &sample, err);
        if (status != CKL_OK)
            return status;
    }
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status ledger_data_load(ckl_data_state **out, db *ledger, int64_t component, int64_t run,
                            ckl_error *err)
{
    CHANGES_AUTO moved = {0};
    loading work = {.ledger = ledger};
    data_state_info state, root;
    ckl_status status = ledger_data_info(&state, ledger, component, err);
    if (status == CKL_OK)
        status = ledger_data_info(&root, ledger, state.root, err);
    if (status == CKL_OK && run != 0 && state.root != component)
        status = read_moved(&moved, ledger, run, err);
    else if (status == CKL_OK)
        status = ledger_data_diff(&moved, ledger, state.root, component, err);
    if (status == CKL_OK)
        status = ckl_data_state_new(&work.state, err);
    if (status == CKL_OK)
        status = load_rows(&work, root.edge, &moved, err);
    if (status == CKL_OK)
        status = ckl_data_state_finish(work.state, err);
    statement_done(&work.uid_row);
    free(work.tagsets);
    if (status == CKL_OK)
        *out = work.state;
    else
        ckl_data_state_free(work.state);
    return status;
}

/* ---- recording ------------------------------------------------------------------------------- */

/* From a state's tagset numbers to the ledger's; 0: not asked yet. */
typedef struct tagset_map {
    const ckl_data_state *state;
    int64_t *ids;
    size_t count;
} tagset_map;

static ckl_status ledger_number(int64_t *out, tagset_map *map, db *ledger, uint32_t tagset,
                                ckl_error *err)
{
    if (tagset >= map->count) {
        size_t count = ((size_t)tagset + 1) * 2;
        int64_t *grown = realloc(map->ids, count * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        memset(grown + map->count, 0, (count - map->count) * sizeof *grown);
        map->ids = grown;
        map->count = count;
    }
    if (map->ids[tagset] == 0) {
        state_tagset set = state_tagset_get(map->state, tagset);
        ckl_status status =
            ledger_tagset_record(&map->ids[tagset], ledger, set.text, set.tags, set.count, err);
        if (status != CKL_OK)
            return status;
    }
    *out = map->ids[tagset];
    return CKL_OK;
}

static int compare_changes(const void *first, const void *second)
{
    int64_t a = ((const data_change *)first)->sample, b = ((const data_change *)second)->sample;
    return (a > b) - (a < b);
}

/* The differences of two states in memory as the ledger stores them; samples and tags that are new
 * are added. */
static ckl_status intern_changes(data_changes *out, db *ledger, const ckl_data_state *from,
                                 const ckl_data_state *to, ckl_error *err)
{
    state_change *differences = NULL;
    size_t count = 0;
    bool sorted = true;
    tagset_map old_sets = {.state = from}, new_sets = {.state = to};
    ckl_status status = state_diff(&differences, &count, from, to, err);
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        const state_sample *old = differences[index].from, *new = differences[index].to;
        const state_sample *sample = new != NULL ? new : old;
        data_change change = {.uid = sample->uid, .old_discarded = -1, .new_discarded = -1};
        status = ledger_sample_record(&change.sample, ledger, sample->uid, sample->uid_size, err);
        if (status == CKL_OK && old != NULL) {
            change.old_discarded = old->discarded;
            status = ledger_number(&change.old_tagset, &old_sets, ledger, old->tagset, err);
        }
        if (status == CKL_OK && new != NULL) {
            change.new_discarded = new->discarded;
            status = ledger_number(&change.new_tagset, &new_sets, ledger, new->tagset, err);
        }
        if (out->count > 0 && out->rows[out->count - 1].sample > change.sample)
            sorted = false;
        if (status == CKL_OK)
            status = data_changes_add(out, &change, err);
    }
    if (status == CKL_OK && !sorted)
        qsort(out->rows, out->count, sizeof *out->rows, compare_changes);
    free(old_sets.ids);
    free(new_sets.ids);
    free(differences);
    return status;
}

static ckl_status add_state(db *ledger, int64_t component, int64_t base, int64_t edge,
                            const ckl_data_state *state, ckl_error *err)
{
    data_state_info parent = {.root = component, .depth = -1};
    ckl_status status = base == 0 ? CKL_OK : ledger_data_info(&parent, ledger, base, err);
    if (status != CKL_OK)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger,
                      "INSERT INTO _data_state"
                      " (component, edge, base, root, depth, total, discarded, tagged) VALUES"
                      " (:component, :edge, :base, :root, :depth, :total, :discarded, :tagged)",
                      err);
    if (status != CKL_OK)
        return status;
    ckl_sample_counts counts = ckl_data_state_counts(state);
    bind_integer(&running, ":component", component);
    bind_integer(&running, ":edge", edge);
    bind_id(&running, ":base", base);
    bind_integer(&running, ":root", parent.root);
    bind_integer(&running, ":depth", parent.depth + 1);
    bind_integer(&running, ":total", (int64_t)counts.total);
    bind_integer(&running, ":discarded", (int64_t)counts.discarded);
    bind_integer(&running, ":tagged", (int64_t)counts.tagged);
    return statement_run(&running, err);
}

#define CANDIDATES 4

/* The known states that a run's first state may hang on: the newest. */
static ckl_status newest_states(int64_t out[CANDIDATES], size_t *count, db *ledger, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *count = 0;
    ckl_status status = db_query(
        &row, ledger, "SELECT component FROM _data_state ORDER BY component DESC LIMIT 4", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        out[(*count)++] = column_integer(&row, 0);
    return status == CKL_DONE ? CKL_OK : status;
}

/* Of the newest states the closest one, when less than a quarter of the samples differs; else 0. */
static ckl_status find_close_state(int64_t *out, ckl_data_state **out_state, db *ledger,
                                   const ckl_data_state *state, ckl_error *err)
{
    int64_t candidates[CANDIDATES];
    size_t count = 0;
    uint64_t best = ckl_data_state_counts(state).total / 4;
    ckl_status status = newest_states(candidates, &count, ledger, err);
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        ckl_data_state *known = NULL;
        state_change *differences = NULL;
        size_t difference = 0;
        status = ledger_data_load(&known, ledger, candidates[index], 0, err);
        if (status == CKL_OK)
            status = state_diff(&differences, &difference, known, state, err);
        free(differences);
        if (status == CKL_OK && difference < best) {
            best = difference;
            ckl_data_state_free(*out_state);
            *out_state = known;
            *out = candidates[index];
        } else {
            ckl_data_state_free(known);
        }
    }
    return status;
}

/* The differences of two states, and the edge that has them; `base` 0: from nothing. */
static ckl_status record_edge(int64_t *edge, db *ledger, int64_t component,
                              const ckl_data_state *state, int64_t base,
                              const ckl_data_state *base_state, ckl_error *err)
{
    CHANGES_AUTO changes = {0};
    bool reversed = false, any = true;
    ckl_status status = base == 0 ? ledger_has_samples(&any, ledger, err) : CKL_OK;
    if (status == CKL_OK && !any)
        return ledger_root_record(edge, ledger, component, state, err);
    if (status == CKL_OK)
        status = intern_changes(&changes, ledger, base_state, state, err);
    return status == CKL_OK
               ? ledger_edge_between(edge, &reversed, ledger, base, component, &changes, err)
               : status;
}

ckl_status ledger_data_record(db *ledger, int64_t component, const ckl_data_state *state,
                              int64_t base, const ckl_data_state *base_state, ckl_error *err)
{
    ckl_data_state *close = NULL;
    int64_t edge = 0;
    ckl_status status = CKL_OK;
    if (base == 0) {
        status = find_close_state(&base, &close, ledger, state, err);
        base_state = close;
    }
    if (status == CKL_OK)
        status = record_edge(&edge, ledger, component, state, base, base_state, err);
    if (status == CKL_OK)
        status = add_state(ledger, component, base, edge, state, err);
    ckl_data_state_free(close);
    return status;
}
