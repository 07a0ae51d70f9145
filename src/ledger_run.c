#include <stdio.h>
#include <string.h>

#include "ledger.h"

/* ---- experiments ----------------------------------------------------------------------------- */

static void experiment_columns(ledger_experiment *out, const statement *row)
{
    out->id = column_integer(row, 0);
    snprintf(out->hash.text, sizeof out->hash.text, "%s", column_required(row, 1));
    out->model = column_integer(row, 2);
    out->config = column_integer(row, 3);
    out->data = column_integer(row, 4);
    out->dumped = column_integer(row, 5);
}

ckl_status ledger_experiment_get(ledger_experiment *out, db *ledger, int64_t id, ckl_error *err)
{
    if (id == 0) {
        *out = (ledger_experiment){0};
        return CKL_OK;
    }
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(
        &row, ledger,
        "SELECT id, hash, model, config, data, dumped FROM _experiment WHERE id = :id", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", id);
    status = STATEMENT_STEP_WITH(&row, err, 1);
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED, "the ledger names experiment %lld but does not have it",
                         (long long)id);
    if (status == CKL_OK)
        experiment_columns(out, &row);
    return status;
}

ckl_status ledger_experiment_find(ledger_experiment *out, db *ledger, const char *hash,
                                  ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(
        &row, ledger,
        "SELECT id, hash, model, config, data, dumped FROM _experiment WHERE hash = :hash", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":hash", hash);
    status = STATEMENT_STEP_WITH(&row, err, 1);
    if (status == CKL_OK)
        experiment_columns(out, &row);
    return status == CKL_DONE ? CKL_NOT_FOUND : status;
}

static ckl_status segment_of(char out[CKL_SEGMENT_LENGTH + 1], db *ledger, int64_t component,
                             ckl_error *err)
{
    ledger_component found;
    memcpy(out, CKL_ABSENT_SEGMENT, CKL_SEGMENT_LENGTH + 1);
    if (component == 0)
        return CKL_OK;
    ckl_status status = ledger_component_get(&found, ledger, component, err);
    if (status == CKL_OK)
        memcpy(out, found.segment, sizeof found.segment);
    return status;
}

ckl_status ledger_experiment_record(ledger_experiment *out, bool *recorded, db *ledger,
                                    int64_t model, int64_t config, int64_t data, ckl_error *err)
{
    char segments[3][CKL_SEGMENT_LENGTH + 1];
    ckl_hash hash;
    ckl_status status = segment_of(segments[0], ledger, model, err);
    if (status == CKL_OK)
        status = segment_of(segments[1], ledger, config, err);
    if (status == CKL_OK)
        status = segment_of(segments[2], ledger, data, err);
    if (status != CKL_OK)
        return status;
    hash_join(&hash, segments[0], segments[1], segments[2]);
    status = ledger_experiment_find(out, ledger, hash.text, err);
    *recorded = status == CKL_OK;
    if (status != CKL_NOT_FOUND)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger,
                      "INSERT INTO _experiment (hash, model, config, data)"
                      " VALUES (:hash, :model, :config, :data)",
                      err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":hash", hash.text);
    bind_id(&running, ":model", model);
    bind_id(&running, ":config", config);
    bind_id(&running, ":data", data);
    status = statement_run(&running, err);
    *out = (ledger_experiment){db_last_id(ledger), hash, model, config, data, 0};
    return status;
}

ckl_status ledger_experiment_dumped(db *ledger, int64_t experiment, int64_t event, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "UPDATE _experiment SET dumped = :event"
                                 " WHERE id = :experiment AND dumped IS NULL",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":event", event);
    bind_integer(&running, ":experiment", experiment);
    return statement_run(&running, err);
}

/* Goes back over the changes that led to the experiment, generation by generation. */
ckl_status ledger_dumped_ancestor(int64_t *out, db *ledger, int64_t experiment, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *out = 0;
    ckl_status status =
        db_query(&row, ledger,
                 "WITH RECURSIVE ancestor (id) AS ("
                 "  SELECT :experiment"
                 "  UNION"
                 "  SELECT event.from_experiment FROM ancestor"
                 "  JOIN _event AS event ON event.experiment = ancestor.id"
                 "  WHERE event.from_experiment IS NOT NULL AND event.kind <> 'switch'"
                 "    AND event.experiment <> event.from_experiment)"
                 " SELECT ancestor.id FROM ancestor"
                 " JOIN _experiment ON _experiment.id = ancestor.id"
                 " WHERE _experiment.dumped IS NOT NULL LIMIT 1",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":experiment", experiment);
    status = ledger_first_integer(out, &row, err);
    return status == CKL_NOT_FOUND ? CKL_OK : status;
}

ckl_status ledger_experiment_has_checkpoint(bool *out, db *ledger, int64_t experiment,
                                            ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    int64_t any = 0;
    *out = false;
    ckl_status status = db_query(
        &row, ledger,
        "SELECT 1 FROM _checkpoint WHERE experiment = :experiment AND state = 'present'", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":experiment", experiment);
    status = ledger_first_integer(&any, &row, err);
    *out = status == CKL_OK;
    return status == CKL_NOT_FOUND ? CKL_OK : status;
}

/* ---- where weights come from ----------------------------------------------------------------- */

static const char *const ORIGINS[] = {"unknown", "start", "checkpoint"};

const char *ledger_origin_name(ledger_origin origin)
{
    return ORIGINS[origin];
}

ledger_origin ledger_origin_of(const char *name)
{
    for (size_t index = 0; name != NULL && index < sizeof ORIGINS / sizeof *ORIGINS; index++) {
        if (strcmp(ORIGINS[index], name) == 0)
            return (ledger_origin)index;
    }
    return ORIGIN_UNKNOWN;
}

/* ---- runs ------------------------------------------------------------------------------------ */

ckl_status ledger_run_find(ledger_run *out, db *ledger, const char *name, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *out = (ledger_run){.first_step = -1};
    ckl_status status =
        db_query(&row, ledger,
                 "SELECT id, head, head_config, baseline, from_checkpoint, first_step, origin"
                 " FROM _run WHERE name = :name",
                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":name", name);
    status = statement_step(&row, err);
    if (status == CKL_OK)
        *out = (ledger_run){column_integer(&row, 0),
                            column_integer(&row, 1),
                            column_integer(&row, 2),
                            column_integer(&row, 3),
                            column_integer(&row, 4),
                            column_is_null(&row, 5) ? -1 : column_integer(&row, 5),
                            ledger_origin_of(column_required(&row, 6))};
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status ledger_run_add(int64_t *out, db *ledger, const char *name, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger, "INSERT INTO _run (name) VALUES (:name)", err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":name", name);
    status = statement_run(&running, err);
    *out = db_last_id(ledger);
    return status;
}

ckl_status ledger_run_save(db *ledger, const ledger_run *run, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "UPDATE _run SET head = :head, head_config = :head_config,"
                                 " baseline = :baseline, from_checkpoint = :from_checkpoint,"
                                 " first_step = :first_step, origin = :origin WHERE id = :id",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":id", run->id);
    bind_id(&running, ":head", run->head);
    bind_id(&running, ":head_config", run->head_config);
    bind_id(&running, ":baseline", run->baseline);
    bind_id(&running, ":from_checkpoint", run->from_checkpoint);
    if (run->first_step < 0)
        bind_null(&running, ":first_step");
    else
        bind_integer(&running, ":first_step", run->first_step);
    bind_text(&running, ":origin", ledger_origin_name(run->origin));
    return statement_run(&running, err);
}

ckl_status ledger_run_name(char **out, db *ledger, int64_t run, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT name FROM _run WHERE id = :id", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", run);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED, "the ledger names run %lld but does not have it",
                         (long long)run);
    if (status != CKL_OK)
        return status;
    *out = strdup(column_required(&row, 0));
    return *out != NULL ? CKL_OK : error_memory(err);
}

/* ---- the derived current samples of a run ---------------------------------------------------- */

static ckl_status forget_samples(db *ledger, int64_t run, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger, "DELETE FROM _run_sample WHERE run = :run", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":run", run);
    return statement_run(&running, err);
}

static ckl_status put_samples(db *ledger, int64_t run, const data_changes *changes, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "INSERT INTO _run_sample (run, sample, discarded, tagset)"
                                 " VALUES (:run, :sample, :discarded, :tagset)"
                                 " ON CONFLICT (run, sample) DO UPDATE"
                                 " SET discarded = excluded.discarded, tagset = excluded.tagset",
                                 err);
    if (status != CKL_OK)
        return status;
    for (size_t index = 0; status == CKL_OK && index < changes->count; index++) {
        const data_change *change = &changes->rows[index];
        bind_integer(&running, ":run", run);
        bind_integer(&running, ":sample", change->sample);
        if (change->new_discarded < 0)
            bind_null(&running, ":discarded");
        else
            bind_integer(&running, ":discarded", change->new_discarded);
        bind_id(&running, ":tagset", change->new_tagset);
        status = statement_run(&running, err);
    }
    return status;
}

/* Rows that say what the root says anyway. */
static ckl_status drop_equal_samples(db *ledger, int64_t run, int64_t root_edge,
                                     const data_changes *changes, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "DELETE FROM _run_sample AS moved WHERE moved.run = :run"
                                 " AND moved.sample = :sample AND EXISTS ("
                                 "   SELECT 1 FROM (SELECT 1) LEFT JOIN _edge_change AS original"
                                 "     ON original.edge = :edge AND original.sample = :sample"
                                 "   WHERE original.new_discarded IS moved.discarded"
                                 "     AND original.new_tagset IS moved.tagset)",
                                 err);
    if (status != CKL_OK)
        return status;
    for (size_t index = 0; status == CKL_OK && index < changes->count; index++) {
        bind_integer(&running, ":run", run);
        bind_integer(&running, ":edge", root_edge);
        bind_integer(&running, ":sample", changes->rows[index].sample);
        status = statement_run(&running, err);
    }
    return status;
}

ckl_status ledger_run_move_samples(db *ledger, int64_t run, int64_t from, int64_t to,
                                   const data_changes *changes, ckl_error *err)
{
    data_state_info old_state = {0}, new_state = {0}, root = {0};
    ckl_status status = CKL_OK;
    if (from != 0)
        status = ledger_data_info(&old_state, ledger, from, err);
    if (status == CKL_OK && to != 0)
        status = ledger_data_info(&new_state, ledger, to, err);
    if (status == CKL_OK && new_state.root != 0)
        status = ledger_data_info(&root, ledger, new_state.root, err);
    if (status != CKL_OK)
        return status;
    if (from != 0 && old_state.root == new_state.root && changes != NULL) {
        status = put_samples(ledger, run, changes, err);
        return status == CKL_OK ? drop_equal_samples(ledger, run, root.edge, changes, err) : status;
    }
    CHANGES_AUTO moved = {0};
    status = forget_samples(ledger, run, err);
    if (status == CKL_OK && to != 0)
        status = ledger_data_diff(&moved, ledger, new_state.root, to, err);
    return status == CKL_OK ? put_samples(ledger, run, &moved, err) : status;
}
