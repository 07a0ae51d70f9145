/* Whole data states: reading one back, and adding a new one. */
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

/* ---- loading --------------------------------------------------------------------------------- */

typedef struct loaded_sample {
    const char *uid;
    size_t uid_size;
    int64_t tagset; /* the ledger's */
    bool discarded;
} loaded_sample;

typedef struct loading {
    db *ledger;
    ckl_data_state *state;
    buf uids;
    loaded_sample *samples;
    size_t count;
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

/* The uids of the rows that are in the state, one after the other with a NUL behind each. Many rows
 * are read in one scan of the samples, few by number. */
static ckl_status read_uids(loading *work, const data_changes *rows, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, work->ledger,
                 "SELECT id, uid FROM _sample WHERE id BETWEEN :first AND :last ORDER BY id", err);
    size_t index = 0;
    if (status != CKL_OK || rows->count == 0)
        return status;
    bind_integer(&row, ":first", rows->rows[0].sample);
    bind_integer(&row, ":last", rows->rows[rows->count - 1].sample);
    while (index < rows->count && (status = statement_step(&row, err)) == CKL_OK) {
        if (column_integer(&row, 0) != rows->rows[index].sample)
            continue;
        const data_change *sample = &rows->rows[index++];
        if (sample->new_discarded < 0)
            continue;
        const char *uid = column_text(&row, 1);
        size_t size = strlen(uid);
        buf_add(&work->uids, uid, size + 1);
        work->samples[work->count++] =
            (loaded_sample){NULL, size, sample->new_tagset, sample->new_discarded != 0};
    }
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED, "a data state names a sample that the ledger lacks");
    return status == CKL_OK ? buf_check(&work->uids, err) : status;
}

static int compare_samples(const void *first, const void *second)
{
    return strcmp(((const loaded_sample *)first)->uid, ((const loaded_sample *)second)->uid);
}

static ckl_status fill_state(loading *work, ckl_error *err)
{
    const char *at = work->uids.data;
    bool sorted = true;
    for (size_t index = 0; index < work->count; index++) {
        work->samples[index].uid = at;
        at += work->samples[index].uid_size + 1;
        if (index > 0 && strcmp(work->samples[index - 1].uid, work->samples[index].uid) > 0)
            sorted = false;
    }
    if (!sorted)
        qsort(work->samples, work->count, sizeof *work->samples, compare_samples);
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < work->count; index++) {
        const loaded_sample *sample = &work->samples[index];
        uint32_t tagset = 0;
        status = state_number(&tagset, work, sample->tagset, err);
        if (status == CKL_OK)
            status = state_append(work->state, sample->uid, sample->uid_size, sample->discarded,
                                  tagset, err);
    }
    return status == CKL_OK ? ckl_data_state_finish(work->state, err) : status;
}

static ckl_status load_rows(ckl_data_state **out, db *ledger, const data_changes *rows,
                            ckl_error *err)
{
    loading work = {.ledger = ledger, .uids = BUF_INIT};
    ckl_status status = ckl_data_state_new(&work.state, err);
    work.samples = calloc(rows->count + 1, sizeof *work.samples);
    if (status == CKL_OK && work.samples == NULL)
        status = error_memory(err);
    if (status == CKL_OK)
        status = read_uids(&work, rows, err);
    if (status == CKL_OK)
        status = fill_state(&work, err);
    if (status == CKL_OK)
        *out = work.state;
    else
        ckl_data_state_free(work.state);
    buf_free(&work.uids);
    free(work.samples);
    free(work.tagsets);
    return status;
}

/* The head of a run: the root's rows, with what the run moved since in their place. */
static ckl_status head_rows(data_changes *out, db *ledger, int64_t root, int64_t run,
                            ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger,
                 "SELECT original.sample,"
                 "       CASE WHEN moved.sample IS NULL THEN original.new_discarded"
                 "            ELSE moved.discarded END,"
                 "       CASE WHEN moved.sample IS NULL THEN original.new_tagset"
                 "            ELSE moved.tagset END"
                 " FROM _data_state AS root"
                 " JOIN _edge_change AS original ON original.edge = root.edge"
                 " LEFT JOIN _run_sample AS moved"
                 "   ON moved.run = :run AND moved.sample = original.sample"
                 " WHERE root.component = :root"
                 " UNION ALL"
                 " SELECT moved.sample, moved.discarded, moved.tagset FROM _run_sample AS moved"
                 " WHERE moved.run = :run AND NOT EXISTS ("
                 "   SELECT 1 FROM _edge_change AS original JOIN _data_state AS root"
                 "     ON root.component = :root AND original.edge = root.edge"
                 "   WHERE original.sample = moved.sample)"
                 " ORDER BY 1",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":root", root);
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
    CHANGES_AUTO rows = {0};
    data_state_info state;
    ckl_status status = ledger_data_info(&state, ledger, component, err);
    if (status != CKL_OK)
        return status;
    if (run != 0 && state.root != component)
        status = head_rows(&rows, ledger, state.root, run, err);
    else
        status = ledger_data_diff(&rows, ledger, 0, component, err);
    return status == CKL_OK ? load_rows(out, ledger, &rows, err) : status;
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
    bool any = true, sorted = true;
    tagset_map old_sets = {.state = from}, new_sets = {.state = to};
    ckl_status status = state_diff(&differences, &count, from, to, err);
    if (status == CKL_OK)
        status = ledger_has_samples(&any, ledger, err);
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        const state_sample *old = differences[index].from, *new = differences[index].to;
        const state_sample *sample = new != NULL ? new : old;
        data_change change = {.uid = sample->uid, .old_discarded = -1, .new_discarded = -1};
        status =
            ledger_sample_record(&change.sample, ledger, sample->uid, sample->uid_size, !any, err);
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

ckl_status ledger_data_record(db *ledger, int64_t component, const ckl_data_state *state,
                              int64_t base, const ckl_data_state *base_state, ckl_error *err)
{
    ckl_data_state *close = NULL;
    ckl_status status = CKL_OK;
    if (base == 0) {
        status = find_close_state(&base, &close, ledger, state, err);
        base_state = close;
    }
    CHANGES_AUTO changes = {0};
    int64_t edge = 0;
    bool reversed = false;
    if (status == CKL_OK)
        status = intern_changes(&changes, ledger, base_state, state, err);
    if (status == CKL_OK)
        status = ledger_edge_between(&edge, &reversed, ledger, base, component, &changes, err);
    if (status == CKL_OK)
        status = add_state(ledger, component, base, edge, state, err);
    ckl_data_state_free(close);
    return status;
}
