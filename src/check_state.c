/* Data states: the walk over the tree of edges. Each state is hashed where the walk stands on it,
 * each edge that is no part of the tree is tried from where it begins. */
#include <stdlib.h>
#include <string.h>

#include "check_walk.h"

/* A run whose head has a data state. */
typedef struct standing_run {
    int64_t id, data;
} standing_run;

/* Where the walk came from: one for each edge between the root and where it stands. */
typedef struct frame {
    const walk_edge *edge;
    size_t next; /* edge to be taken from here */
    walk_mends mends;
    bool astray; /* the state, or one above it, is not what was recorded: told once */
} frame;

typedef struct state_look {
    walk way;
    standing_run *runs; /* by data state */
    size_t run_count;
    frame *frames;
    size_t depth, capacity;
} state_look;

/* ---- runs that stand on a state -------------------------------------------------------------- */

static ckl_status read_runs(state_look *look, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    size_t capacity = 0;
    ckl_status status = db_query(&row, look->way.job->ledger,
                                 "SELECT it.id, head.data FROM temp.expected_run AS it"
                                 " JOIN _experiment AS head ON head.id = it.head"
                                 " WHERE head.data IS NOT NULL ORDER BY head.data, it.id",
                                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        if (look->run_count == capacity) {
            capacity = capacity == 0 ? 16 : capacity * 2;
            standing_run *grown = realloc(look->runs, capacity * sizeof *grown);
            if (grown == NULL)
                return error_memory(err);
            look->runs = grown;
        }
        look->runs[look->run_count++] =
            (standing_run){column_integer(&row, 0), column_integer(&row, 1)};
    }
    return status == CKL_DONE ? CKL_OK : status;
}

/* What the run's head differs in from the root, as _run_sample must have it. */
static ckl_status expect_samples(state_look *look, int64_t run, ckl_error *err)
{
    walk *way = &look->way;
    STATEMENT_AUTO running = {0};
    ckl_status status =
        db_query(&running, way->job->ledger,
                 "INSERT INTO temp.expected_run_sample (run, sample, discarded, tagset)"
                 " VALUES (:run, :sample, :discarded, :tagset)",
                 err);
    for (size_t place = 0; status == CKL_OK && place < way->count; place++) {
        walk_value now = way->now[place], root = way->root[place];
        if (now.discarded == root.discarded && now.tagset == root.tagset)
            continue;
        bind_integer(&running, ":run", run);
        bind_integer(&running, ":sample", way->samples[place]);
        if (now.discarded < 0)
            bind_null(&running, ":discarded");
        else
            bind_integer(&running, ":discarded", now.discarded);
        bind_id(&running, ":tagset", now.tagset);
        status = statement_run(&running, err);
    }
    return status;
}

static ckl_status expect_runs(state_look *look, int64_t state, ckl_error *err)
{
    size_t low = 0, high = look->run_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (look->runs[middle].data < state)
            low = middle + 1;
        else
            high = middle;
    }
    ckl_status status = CKL_OK;
    for (; status == CKL_OK && low < look->run_count && look->runs[low].data == state; low++)
        status = expect_samples(look, look->runs[low].id, err);
    return status;
}

/* ---- one state ------------------------------------------------------------------------------- */

/* *equal: the walk stands on what was recorded as this state. */
static ckl_status compare_state(bool *equal, ckl_sample_counts *counts, state_look *look,
                                int64_t state, ckl_error *err)
{
    digest made;
    ledger_component recorded;
    ckl_error found = {0};
    ckl_status status = walk_hash(&made, counts, &look->way, err);
    if (status != CKL_OK)
        return status;
    status = ledger_component_get(&recorded, look->way.job->ledger, state, &found);
    *equal = status == CKL_OK && digest_equal(&made, &recorded.digest);
    if (status != CKL_OK && status != CKL_DAMAGED)
        return error_pass(err, &found);
    return CKL_OK;
}

/* Only in a damaged ledger: then what hangs on it was walked before, or hangs on itself. */
static ckl_status was_reached(bool *out, const state_look *look, ckl_error *err)
{
    const walk_edge *edge = look->frames[look->depth - 1].edge;
    STATEMENT_AUTO row = {0};
    int64_t any = 0;
    ckl_status status =
        db_query(&row, look->way.job->ledger,
                 "SELECT 1 FROM temp.expected_data_state WHERE component = :component", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":component", edge->to);
    status = ledger_first_integer(&any, &row, err);
    *out = status == CKL_OK;
    return status == CKL_NOT_FOUND ? CKL_OK : status;
}

static ckl_status expect_state(state_look *look, const ckl_sample_counts *counts, ckl_error *err)
{
    const walk_edge *edge = look->frames[look->depth - 1].edge;
    STATEMENT_AUTO running = {0};
    ckl_status status =
        db_query(&running, look->way.job->ledger,
                 "INSERT INTO temp.expected_data_state"
                 " (component, edge, base, root, depth, total, discarded, tagged) VALUES"
                 " (:component, :edge, :base, :root, :depth, :total, :discarded, :tagged)",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":component", edge->to);
    bind_integer(&running, ":edge", edge->id);
    bind_id(&running, ":base", edge->from);
    bind_integer(&running, ":root", look->frames[0].edge->to);
    bind_integer(&running, ":depth", (int64_t)look->depth - 1);
    bind_integer(&running, ":total", (int64_t)counts->total);
    bind_integer(&running, ":discarded", (int64_t)counts->discarded);
    bind_integer(&running, ":tagged", (int64_t)counts->tagged);
    return statement_run(&running, err);
}

static ckl_status look_at_state(state_look *look, ckl_error *err)
{
    ckl_check *job = look->way.job;
    frame *here = &look->frames[look->depth - 1];
    int64_t state = here->edge->to;
    bool equal = false;
    ckl_sample_counts counts;
    ckl_status status = compare_state(&equal, &counts, look, state, err);
    if (status == CKL_OK && !equal && !here->astray)
        status = check_add_row(job, "content", "_component", state, err,
                               "this data state, made from its edges (_data_edge, _edge_change,"
                               " _sample, _tagset), does not hash to its digest");
    here->astray = here->astray || !equal;
    bool again = false;
    if (status == CKL_OK)
        status = was_reached(&again, look, err);
    if (status == CKL_OK && again) {
        here->next = look->way.edge_count;
        return check_add_row(job, "content", "_data_edge", here->edge->id, err,
                             "leads to a data state that another edge leads to");
    }
    if (status == CKL_OK)
        status = expect_state(look, &counts, err);
    job->counts.data_states++;
    check_progress(job, "the data states", job->counts.data_states, look->way.edge_count);
    return status == CKL_OK ? expect_runs(look, state, err) : status;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static size_t first_edge_from(const walk *way, int64_t state)
{
    size_t low = 0, high = way->edge_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (way->edges[middle].from < state)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static ckl_status enter(state_look *look, const walk_edge *edge, ckl_error *err)
{
    if (look->depth == look->capacity) {
        size_t capacity = look->capacity == 0 ? 64 : look->capacity * 2;
        frame *grown = realloc(look->frames, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        look->frames = grown;
        look->capacity = capacity;
    }
    frame *here = &look->frames[look->depth++];
    *here = (frame){.edge = edge, .next = first_edge_from(&look->way, edge->to)};
    here->astray = look->depth > 1 && here[-1].astray;
    ckl_status status = walk_forward(&look->way, edge, &here->mends, err);
    if (status == CKL_OK && look->depth == 1)
        memcpy(look->way.root, look->way.now, look->way.count * sizeof *look->way.now);
    return status == CKL_OK ? look_at_state(look, err) : status;
}

static ckl_status leave(state_look *look, ckl_error *err)
{
    frame *here = &look->frames[--look->depth];
    ckl_status status = CKL_OK;
    if (look->depth > 0)
        status = walk_back(&look->way, here->edge, &here->mends, err);
    for (size_t place = 0; look->depth == 0 && place < look->way.count; place++)
        look->way.now[place] = (walk_value){0, -1};
    free(here->mends.rows);
    return status;
}

/* An edge that is no part of the tree leads to a state that is hashed elsewhere: here it must come
 * to the same. */
static ckl_status try_edge(state_look *look, const walk_edge *edge, ckl_error *err)
{
    walk_mends mends = {0};
    bool equal = false;
    ckl_sample_counts counts;
    ckl_status status = walk_forward(&look->way, edge, &mends, err);
    if (status == CKL_OK)
        status = compare_state(&equal, &counts, look, edge->to, err);
    if (status == CKL_OK && !equal && !look->frames[look->depth - 1].astray)
        status = check_add_row(look->way.job, "content", "_data_edge", edge->id, err,
                               "does not lead to the data state that it names (_edge_change)");
    if (status == CKL_OK)
        status = walk_back(&look->way, edge, &mends, err);
    free(mends.rows);
    return status;
}

/* All that hangs on one root. */
static ckl_status walk_tree(state_look *look, const walk_edge *root, ckl_error *err)
{
    ckl_status status = enter(look, root, err);
    while (status == CKL_OK && look->depth > 0) {
        frame *here = &look->frames[look->depth - 1];
        const walk_edge *edge = &look->way.edges[here->next];
        if (here->next == look->way.edge_count || edge->from != here->edge->to) {
            status = leave(look, err);
            continue;
        }
        here->next++;
        status = edge->grows_tree ? enter(look, edge, err) : try_edge(look, edge, err);
    }
    return status;
}

/* What no walk came to. */
static ckl_status check_reached(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT id FROM _component WHERE kind = 'data' AND id NOT IN"
                                 " (SELECT component FROM temp.expected_data_state)",
                                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = check_add_row(job, "content", "_component", column_integer(&row, 0), err,
                               "no way leads to this data state in _data_edge");
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status check_states(ckl_check *job, ckl_error *err)
{
    state_look look = {0};
    ckl_status status = walk_begin(&look.way, job, err);
    job->counts.samples = look.way.count;
    if (status == CKL_OK)
        status = check_expect(job, "_data_state", err);
    if (status == CKL_OK)
        status = check_expect(job, "_run_sample", err);
    if (status == CKL_OK)
        status = read_runs(&look, err);
    for (size_t index = 0; status == CKL_OK && index < look.way.edge_count; index++) {
        const walk_edge *edge = &look.way.edges[index];
        if (edge->from != 0)
            break;
        if (edge->grows_tree)
            status = walk_tree(&look, edge, err);
        else
            status = check_add_row(job, "content", "_data_edge", edge->id, err,
                                   "begins a data state that had begun already");
    }
    if (status == CKL_OK)
        status = check_reached(job, err);
    for (size_t index = 0; index < look.depth; index++)
        free(look.frames[index].mends.rows);
    free(look.frames);
    free(look.runs);
    walk_end(&look.way);
    return status;
}
