/* The tree of data states: edges, the way between two states, and what changes on it. */
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

void data_changes_free(data_changes *changes)
{
    free(changes->rows);
    *changes = (data_changes){0};
}

ckl_status data_changes_add(data_changes *changes, const data_change *row, ckl_error *err)
{
    if (changes->count == changes->capacity) {
        size_t capacity = changes->capacity == 0 ? 16 : changes->capacity * 2;
        data_change *grown = realloc(changes->rows, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        changes->rows = grown;
        changes->capacity = capacity;
    }
    changes->rows[changes->count++] = *row;
    return CKL_OK;
}

ckl_status ledger_data_info(data_state_info *out, db *ledger, int64_t component, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger,
                                 "SELECT edge, base, root, depth, total, discarded, tagged"
                                 " FROM _data_state WHERE component = :component",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":component", component);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED, "the ledger names data state %lld but does not have it",
                         (long long)component);
    if (status != CKL_OK)
        return status;
    *out = (data_state_info){component,
                             column_integer(&row, 0),
                             column_integer(&row, 1),
                             column_integer(&row, 2),
                             column_integer(&row, 3),
                             {(uint64_t)column_integer(&row, 4), (uint64_t)column_integer(&row, 5),
                              (uint64_t)column_integer(&row, 6)}};
    return CKL_OK;
}

static int discarded_column(const statement *row, int column)
{
    return column_is_null(row, column) ? -1 : (int)column_integer(row, column);
}

ckl_status ledger_edge_rows(data_changes *out, db *ledger, int64_t edge, bool reversed,
                            ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger,
                 "SELECT sample, old_discarded, old_tagset, new_discarded, new_tagset"
                 " FROM _edge_change WHERE edge = :edge ORDER BY sample",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":edge", edge);
    while ((status = statement_step(&row, err)) == CKL_OK) {
        int from = reversed ? 3 : 1, to = reversed ? 1 : 3;
        data_change change = {column_integer(&row, 0),        NULL,
                              column_integer(&row, from + 1), column_integer(&row, to + 1),
                              discarded_column(&row, from),   discarded_column(&row, to)};
        status = data_changes_add(out, &change, err);
        if (status != CKL_OK)
            return status;
    }
    return status == CKL_DONE ? CKL_OK : status;
}

/* ---- the way between two states -------------------------------------------------------------- */

typedef struct way_step {
    int64_t edge;
    bool reversed;
} way_step;
typedef struct way {
    way_step *steps;
    size_t count;
    size_t capacity;
} way;

static ckl_status way_add(way *steps, int64_t edge, bool reversed, ckl_error *err)
{
    if (steps->count == steps->capacity) {
        size_t capacity = steps->capacity == 0 ? 16 : steps->capacity * 2;
        way_step *grown = realloc(steps->steps, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        steps->steps = grown;
        steps->capacity = capacity;
    }
    steps->steps[steps->count++] = (way_step){edge, reversed};
    return CKL_OK;
}

ckl_status ledger_data_base(data_state_info *state, db *ledger, ckl_error *err)
{
    data_state_info base = {.depth = -1};
    ckl_status status = CKL_OK;
    if (state->base != 0)
        status = ledger_data_info(&base, ledger, state->base, err);
    /* Also of a damaged ledger it is known to end. */
    if (status == CKL_OK && (state->depth < 0 || base.depth != state->depth - 1)) {
        status = error_set(err, CKL_DAMAGED, "data state %lld does not hang where the ledger says",
                           (long long)state->component);
        error_hint(err, "ckl fsck says what is damaged");
    }
    *state = base;
    return status;
}

/* One step towards the root. */
static ckl_status climb(way *steps, data_state_info *state, db *ledger, bool reversed,
                        ckl_error *err)
{
    ckl_status status = way_add(steps, state->edge, reversed, err);
    return status == CKL_OK ? ledger_data_base(state, ledger, err) : status;
}

static ckl_status find_way(way *out, db *ledger, int64_t from, int64_t to, ckl_error *err)
{
    data_state_info left = {.depth = -1}, right = {.depth = -1};
    way down = {0};
    ckl_status status = CKL_OK;
    if (from != 0)
        status = ledger_data_info(&left, ledger, from, err);
    if (status == CKL_OK && to != 0)
        status = ledger_data_info(&right, ledger, to, err);
    while (status == CKL_OK && left.component != right.component) {
        if (left.depth >= right.depth)
            status = climb(out, &left, ledger, true, err);
        else
            status = climb(&down, &right, ledger, false, err);
    }
    while (status == CKL_OK && down.count > 0) {
        status = way_add(out, down.steps[down.count - 1].edge, false, err);
        down.count--;
    }
    free(down.steps);
    return status;
}

/* First `left`, then `right`: a sample in both goes from left's old to right's new. */
static ckl_status compose(data_changes *out, const data_changes *left, const data_changes *right,
                          ckl_error *err)
{
    size_t i = 0, j = 0;
    ckl_status status = CKL_OK;
    out->capacity = left->count + right->count + 1;
    out->rows = malloc(out->capacity * sizeof *out->rows);
    if (out->rows == NULL)
        return error_memory(err);
    while (status == CKL_OK && (i < left->count || j < right->count)) {
        data_change row;
        if (j == right->count || (i < left->count && left->rows[i].sample < right->rows[j].sample))
            row = left->rows[i++];
        else if (i == left->count || right->rows[j].sample < left->rows[i].sample)
            row = right->rows[j++];
        else {
            row = left->rows[i++];
            row.new_discarded = right->rows[j].new_discarded;
            row.new_tagset = right->rows[j++].new_tagset;
        }
        if (row.old_discarded != row.new_discarded || row.old_tagset != row.new_tagset)
            status = data_changes_add(out, &row, err);
    }
    return status;
}

/* The changes of steps first … last-1, put together in halves; the first step alone when it may be
 * a root, which is large. */
static ckl_status fold(data_changes *out, db *ledger, const way *steps, size_t first, size_t last,
                       ckl_error *err)
{
    if (first == last)
        return CKL_OK;
    if (last - first == 1)
        return ledger_edge_rows(out, ledger, steps->steps[first].edge, steps->steps[first].reversed,
                                err);
    size_t middle = first == 0 ? 1 : first + (last - first) / 2;
    CHANGES_AUTO left = {0};
    CHANGES_AUTO right = {0};
    ckl_status status = fold(&left, ledger, steps, first, middle, err);
    if (status == CKL_OK)
        status = fold(&right, ledger, steps, middle, last, err);
    return status == CKL_OK ? compose(out, &left, &right, err) : status;
}

static ckl_status find_edge(int64_t *out, db *ledger, int64_t from, int64_t to, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger,
                 "SELECT id FROM _data_edge WHERE from_state IS :from AND to_state = :to", err);
    if (status != CKL_OK)
        return status;
    bind_id(&row, ":from", from);
    bind_integer(&row, ":to", to);
    return ledger_first_integer(out, &row, err);
}

/* A stored edge in either direction; CKL_NOT_FOUND. */
static ckl_status find_direct(int64_t *edge, bool *reversed, db *ledger, int64_t from, int64_t to,
                              ckl_error *err)
{
    ckl_status status = CKL_NOT_FOUND;
    *reversed = false;
    if (to != 0)
        status = find_edge(edge, ledger, from, to, err);
    if (status == CKL_NOT_FOUND && from != 0) {
        *reversed = true;
        status = find_edge(edge, ledger, to, from, err);
    }
    return status;
}

ckl_status ledger_data_diff(data_changes *out, db *ledger, int64_t from, int64_t to, ckl_error *err)
{
    int64_t edge = 0;
    bool reversed = false;
    if (from == to)
        return CKL_OK;
    ckl_status status = find_direct(&edge, &reversed, ledger, from, to, err);
    if (status == CKL_OK)
        return ledger_edge_rows(out, ledger, edge, reversed, err);
    if (status != CKL_NOT_FOUND)
        return status;
    way steps = {0};
    status = find_way(&steps, ledger, from, to, err);
    if (status == CKL_OK)
        status = fold(out, ledger, &steps, 0, steps.count, err);
    free(steps.steps);
    return status;
}

/* ---- adding an edge -------------------------------------------------------------------------- */

/* What is hashed is gathered first: a row has many small fields. */
struct edge_hasher {
    hasher *running;
    buf batch;
};
#define HASH_BATCH ((size_t)32 * 1024)

ckl_status edge_hasher_new(edge_hasher **out, ckl_error *err)
{
    edge_hasher *hashing = calloc(1, sizeof *hashing);
    if (hashing == NULL)
        return error_memory(err);
    ckl_status status = hasher_new(&hashing->running, err);
    if (status == CKL_OK)
        *out = hashing;
    else
        free(hashing);
    return status;
}

void edge_hasher_free(edge_hasher *hashing)
{
    if (hashing == NULL)
        return;
    hasher_free(hashing->running);
    buf_free(&hashing->batch);
    free(hashing);
}

static char *put_number(char *at, uint64_t value)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        *at++ = (char)(unsigned char)(value >> shift);
    return at;
}

static char *put_bytes(char *at, const char *bytes, size_t size)
{
    at = put_number(at, size);
    memcpy(at, bytes, size);
    return at + size;
}

static char *put_side(char *at, const edge_side *side)
{
    at = put_number(put_number(at, 8), (uint64_t)(int64_t)side->discarded);
    return put_bytes(at, side->tags, side->size);
}

/* The same as hasher_add_field and hasher_add_integer of each field. */
void edge_hasher_add(edge_hasher *hashing, const char *uid, size_t size, const edge_side *from,
                     const edge_side *to)
{
    buf *batch = &hashing->batch;
    buf_reserve(batch, size + from->size + to->size + (size_t)7 * 8);
    if (batch->failed)
        return;
    char *at = put_bytes(batch->data + batch->size, uid, size);
    at = put_side(put_side(at, from), to);
    batch->size = (size_t)(at - batch->data);
    if (batch->size >= HASH_BATCH) {
        hasher_add(hashing->running, batch->data, batch->size);
        buf_clear(batch);
    }
}

ckl_status edge_hasher_end(digest *out, edge_hasher *hashing, ckl_error *err)
{
    ckl_status status = buf_check(&hashing->batch, err);
    if (status != CKL_OK)
        return status;
    if (hashing->batch.size > 0)
        hasher_add(hashing->running, hashing->batch.data, hashing->batch.size);
    return hasher_end(out, hashing->running, err);
}

/* The canonical text of a set, remembered by its id: few sets, many samples. */
typedef struct tag_texts {
    char **texts;
    size_t count;
} tag_texts;

static ckl_status tags_of(const char **out, tag_texts *known, db *ledger, int64_t tagset,
                          ckl_error *err)
{
    size_t index = (size_t)tagset;
    if (index >= known->count) {
        char **grown = realloc(known->texts, (index + 1) * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        memset(grown + known->count, 0, (index + 1 - known->count) * sizeof *grown);
        known->texts = grown;
        known->count = index + 1;
    }
    if (known->texts[index] == NULL) {
        ckl_status status =
            tagset == 0 ? CKL_OK : ledger_tagset_text(&known->texts[index], ledger, tagset, err);
        if (status != CKL_OK)
            return status;
    }
    *out = tagset == 0 ? "" : known->texts[index];
    return CKL_OK;
}

static ckl_status hash_row(edge_hasher *hashing, tag_texts *known, statement *uid_row, db *ledger,
                           const data_change *change, ckl_error *err)
{
    const char *uid = change->uid;
    edge_side from = {.discarded = change->old_discarded},
              to = {.discarded = change->new_discarded};
    ckl_status status = CKL_OK;
    if (uid == NULL)
        status = ledger_sample_uid(&uid, uid_row, ledger, change->sample, err);
    if (status == CKL_OK)
        status = tags_of(&from.tags, known, ledger, change->old_tagset, err);
    if (status == CKL_OK)
        status = tags_of(&to.tags, known, ledger, change->new_tagset, err);
    if (status != CKL_OK)
        return status;
    from.size = strlen(from.tags);
    to.size = strlen(to.tags);
    edge_hasher_add(hashing, uid, strlen(uid), &from, &to);
    return CKL_OK;
}

static ckl_status hash_changes(digest *out, db *ledger, const data_changes *changes, ckl_error *err)
{
    edge_hasher *hashing = NULL;
    tag_texts known = {0};
    STATEMENT_AUTO uid_row = {0};
    ckl_status status = edge_hasher_new(&hashing, err);
    for (size_t index = 0; status == CKL_OK && index < changes->count; index++)
        status = hash_row(hashing, &known, &uid_row, ledger, &changes->rows[index], err);
    if (status == CKL_OK)
        status = edge_hasher_end(out, hashing, err);
    for (size_t index = 0; index < known.count; index++)
        free(known.texts[index]);
    free(known.texts);
    edge_hasher_free(hashing);
    return status;
}

static ckl_status add_row(statement *running, const data_change *change, ckl_error *err)
{
    bind_integer(running, ":sample", change->sample);
    if (change->old_discarded < 0)
        bind_null(running, ":old_discarded");
    else
        bind_integer(running, ":old_discarded", change->old_discarded);
    if (change->new_discarded < 0)
        bind_null(running, ":new_discarded");
    else
        bind_integer(running, ":new_discarded", change->new_discarded);
    bind_id(running, ":old_tagset", change->old_tagset);
    bind_id(running, ":new_tagset", change->new_tagset);
    return statement_run(running, err);
}

static ckl_status add_rows(db *ledger, int64_t edge, const data_changes *changes, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status =
        db_query(&running, ledger,
                 "INSERT INTO _edge_change"
                 " (edge, sample, old_discarded, old_tagset, new_discarded, new_tagset) VALUES"
                 " (:edge, :sample, :old_discarded, :old_tagset, :new_discarded, :new_tagset)",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":edge", edge);
    int64_t old_tagset = -1, new_tagset = -1; /* the pair that was recorded last */
    for (size_t index = 0; status == CKL_OK && index < changes->count; index++) {
        const data_change *change = &changes->rows[index];
        if (change->old_tagset != old_tagset || change->new_tagset != new_tagset) {
            old_tagset = change->old_tagset;
            new_tagset = change->new_tagset;
            status = ledger_tagset_change_record(ledger, old_tagset == 0 ? 1 : old_tagset,
                                                 new_tagset == 0 ? 1 : new_tagset, err);
        }
        if (status == CKL_OK)
            status = add_row(&running, change, err);
    }
    return status;
}

ckl_status ledger_edge_add(int64_t *out, db *ledger, int64_t from, int64_t to, size_t change_count,
                           const digest *rows, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "INSERT INTO _data_edge (from_state, to_state, change_count,"
                                 " digest) VALUES (:from, :to, :count, :digest)",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_id(&running, ":from", from);
    bind_integer(&running, ":to", to);
    bind_integer(&running, ":count", (int64_t)change_count);
    bind_digest(&running, ":digest", rows);
    status = statement_run(&running, err);
    *out = db_last_id(ledger);
    return status;
}

static ckl_status add_edge(int64_t *out, db *ledger, int64_t from, int64_t to,
                           const data_changes *changes, ckl_error *err)
{
    digest rows;
    ckl_status status = hash_changes(&rows, ledger, changes, err);
    if (status == CKL_OK)
        status = ledger_edge_add(out, ledger, from, to, changes->count, &rows, err);
    return status == CKL_OK ? add_rows(ledger, *out, changes, err) : status;
}

ckl_status ledger_edge_between(int64_t *edge, bool *reversed, db *ledger, int64_t from, int64_t to,
                               const data_changes *changes, ckl_error *err)
{
    *edge = 0;
    *reversed = false;
    if (from == to)
        return CKL_OK;
    ckl_status status = find_direct(edge, reversed, ledger, from, to, err);
    if (status != CKL_NOT_FOUND)
        return status;
    *reversed = false;
    if (changes != NULL)
        return to == 0 ? CKL_OK : add_edge(edge, ledger, from, to, changes, err);
    if (from == 0 || to == 0)
        return CKL_OK;
    CHANGES_AUTO between = {0};
    status = ledger_data_diff(&between, ledger, from, to, err);
    return status == CKL_OK ? add_edge(edge, ledger, from, to, &between, err) : status;
}
