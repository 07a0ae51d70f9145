/* Work that puts files into the tree: its intent, its rows, and what a crash left of it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "manager_internal.h"

void work_free(work *unit)
{
    free(unit->actor);
    free(unit->note);
    free(unit->file_name);
    free(unit->own_metrics);
    json_decref(unit->detail);
}

/* ---- as JSON, in the intent ------------------------------------------------------------------ */

static json_t *encode_file(const work_file *file)
{
    char hex[65];
    digest_hex(hex, &file->move.sha256);
    return json_pack("{s:s, s:s, s:I, s:s, s:b, s:I, s:I}", "name", file->move.name, "target",
                     file->move.target, "size", (json_int_t)file->move.size, "sha256", hex,
                     "replace", file->move.replace, "component", (json_int_t)file->component,
                     "config", (json_int_t)file->config);
}

/* As the bits of a double: JSON has no NaN. NULL: out of memory. */
static json_t *encode_metrics(const work *unit)
{
    json_t *metrics = json_array();
    for (size_t index = 0; index < unit->metric_count; index++) {
        json_int_t bits = 0;
        memcpy(&bits, &unit->metrics[index].value, sizeof bits);
        if (json_array_append_new(metrics, json_pack("[s, I]", unit->metrics[index].name, bits)) !=
            0) {
            json_decref(metrics);
            return NULL;
        }
    }
    return metrics;
}

static ckl_status encode(char **out, const work *unit, ckl_error *err)
{
    json_t *files = json_array();
    for (size_t index = 0; index < unit->file_count; index++)
        json_array_append_new(files, encode_file(&unit->files[index]));
    json_t *detail =
        json_pack("{s:b, s:I, s:I, s:I, s:i, s:s, s:I, s:I, s:I, s:I, s:i, s:s?, s:i, s:o}",
                  "checkpoint", unit->is_checkpoint, "run", (json_int_t)unit->run, "experiment",
                  (json_int_t)unit->experiment, "config", (json_int_t)unit->config, "dumped",
                  (int)unit->dumped, "actor", unit->actor, "at_us", (json_int_t)unit->at_us, "step",
                  (json_int_t)unit->step, "from_checkpoint", (json_int_t)unit->from_checkpoint,
                  "first_step", (json_int_t)unit->first_step, "pending", (int)unit->pending, "note",
                  unit->note, "origin", (int)unit->origin, "files", files);
    if (detail != NULL &&
        ((unit->file_name != NULL &&
          json_object_set_new(detail, "file_name", json_string(unit->file_name)) != 0) ||
         (unit->metric_count > 0 &&
          json_object_set_new(detail, "metrics", encode_metrics(unit)) != 0))) {
        json_decref(detail);
        return error_memory(err);
    }
    char *text = detail != NULL ? json_dumps(detail, JSON_COMPACT) : NULL;
    json_decref(detail);
    if (text == NULL)
        return error_memory(err);
    *out = text;
    return CKL_OK;
}

static bool decode_digest(digest *out, const char *hex)
{
    for (size_t index = 0; index < sizeof out->bytes; index++) {
        unsigned byte;
        if (sscanf(hex + 2 * index, "%2x", &byte) != 1)
            return false;
        out->bytes[index] = (unsigned char)byte;
    }
    return true;
}

/* The staged files have these names, so that none has to be kept from the JSON. */
static const char *const STAGED[] = {"config", "data", "architecture", "weights"};

static bool decode_file(work_file *out, json_t *file)
{
    const char *name = NULL, *target = NULL, *sha256 = NULL;
    json_int_t size = 0, component = 0, config = 0;
    int replace = 0;
    if (json_unpack(file, "{s:s, s:s, s:I, s:s, s:b, s:I, s:I}", "name", &name, "target", &target,
                    "size", &size, "sha256", &sha256, "replace", &replace, "component", &component,
                    "config", &config) != 0)
        return false;
    for (size_t index = 0; index < sizeof STAGED / sizeof *STAGED; index++) {
        if (strcmp(STAGED[index], name) == 0)
            out->move.name = STAGED[index];
    }
    if (out->move.name == NULL || strlen(target) >= sizeof out->move.target)
        return false;
    snprintf(out->move.target, sizeof out->move.target, "%s", target);
    out->move.size = (uint64_t)size;
    out->move.replace = replace != 0;
    out->component = component;
    out->config = config;
    return strlen(sha256) == 64 && decode_digest(&out->move.sha256, sha256);
}

/* Their names stay where they are: in the JSON. */
static bool decode_metrics(work *out, const json_t *metrics)
{
    size_t count = json_array_size(metrics);
    if (count == 0)
        return true;
    out->metrics = out->own_metrics = calloc(count, sizeof *out->own_metrics);
    for (; out->own_metrics != NULL && out->metric_count < count; out->metric_count++) {
        ckl_metric *metric = &out->own_metrics[out->metric_count];
        json_int_t bits = 0;
        if (json_unpack(json_array_get(metrics, out->metric_count), "[s, I]", &metric->name,
                        &bits) != 0)
            return false;
        memcpy(&metric->value, &bits, sizeof metric->value);
    }
    return out->own_metrics != NULL;
}

static bool decode_fields(work *out, json_t *detail, json_t **files)
{
    const char *actor = NULL, *note = NULL;
    json_t *note_value = NULL; /* text or null */
    int checkpoint = 0, dumped = 0, pending = 0, origin = ORIGIN_UNKNOWN;
    json_int_t run, experiment, config, at_us, step, from_checkpoint, first_step;
    if (json_unpack(detail,
                    "{s:b, s:I, s:I, s:I, s:i, s:s, s:I, s:I, s:I, s:I, s:i, s:o, s?i, s:o}",
                    "checkpoint", &checkpoint, "run", &run, "experiment", &experiment, "config",
                    &config, "dumped", &dumped, "actor", &actor, "at_us", &at_us, "step", &step,
                    "from_checkpoint", &from_checkpoint, "first_step", &first_step, "pending",
                    &pending, "note", &note_value, "origin", &origin, "files", files) != 0 ||
        origin < ORIGIN_UNKNOWN || origin > ORIGIN_CHECKPOINT)
        return false;
    note = json_string_value(note_value);
    const char *file_name = json_string_value(json_object_get(detail, "file_name"));
    out->is_checkpoint = checkpoint != 0;
    out->run = run;
    out->experiment = experiment;
    out->config = config;
    out->dumped = (ckl_components)dumped;
    out->at_us = at_us;
    out->step = step;
    out->from_checkpoint = from_checkpoint;
    out->first_step = first_step;
    out->pending = (ckl_components)pending;
    out->origin = (ledger_origin)origin;
    out->actor = strdup(actor);
    out->note = note != NULL ? strdup(note) : NULL;
    out->file_name = file_name != NULL ? strdup(file_name) : NULL;
    return out->actor != NULL && (note == NULL || out->note != NULL) &&
           (file_name == NULL || out->file_name != NULL);
}

static ckl_status decode(work *out, const char *op, const char *text, ckl_error *err)
{
    json_t *files = NULL, *detail = json_loads(text, 0, NULL);
    bool good = detail != NULL && decode_fields(out, detail, &files) &&
                json_array_size(files) <= WORK_FILES;
    snprintf(out->op, sizeof out->op, "%s", op);
    for (size_t index = 0; good && index < json_array_size(files); index++)
        good = decode_file(&out->files[out->file_count++], json_array_get(files, index));
    good = good && decode_metrics(out, json_object_get(detail, "metrics"));
    out->detail = detail;
    if (!good)
        return error_set(err, CKL_DAMAGED, "the ledger's intent %s is not readable", op);
    return CKL_OK;
}

/* ---- the rows -------------------------------------------------------------------------------- */

static ckl_status record_dump(const work *unit, ckl_manager *manager, manager_view *view,
                              int64_t event, ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < unit->file_count; index++) {
        const work_file *file = &unit->files[index];
        ledger_file row = {.experiment = unit->experiment,
                           .component = file->component,
                           .config = file->config,
                           .size = file->move.size,
                           .sha256 = file->move.sha256};
        snprintf(row.path, sizeof row.path, "%s", file->move.target);
        status = ledger_file_add(manager->ledger, &row, event, err);
    }
    if (status == CKL_OK)
        status = ledger_experiment_dumped(manager->ledger, unit->experiment, event, err);
    view->run.baseline = unit->experiment;
    return status;
}

static ckl_status record_checkpoint(const work *unit, ckl_manager *manager, manager_view *view,
                                    int64_t event, ckl_error *err)
{
    const work_file *file = &unit->files[0];
    ledger_checkpoint row = {.event = event,
                             .run = unit->run,
                             .experiment = unit->experiment,
                             .step = unit->step,
                             .path = file->move.target,
                             .size = file->move.size,
                             .sha256 = file->move.sha256,
                             .note = unit->note,
                             .from_checkpoint = unit->from_checkpoint,
                             .first_step = unit->first_step,
                             .origin = unit->origin,
                             .pending = unit->pending};
    int64_t id = 0;
    ckl_status status = ledger_checkpoint_add(&id, manager->ledger, &row, err);
    view->run.from_checkpoint = id; /* training goes on from what was just saved */
    view->run.first_step = unit->step < INT64_MAX ? unit->step + 1 : unit->step;
    view->run.origin = ORIGIN_CHECKPOINT;
    return status;
}

static ckl_status view_of_run(manager_view *out, ckl_manager *manager, int64_t run, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, manager->ledger, "SELECT name FROM _run WHERE id = :run", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", run);
    status = statement_step(&row, err);
    if (status == CKL_OK)
        status = ledger_run_find(&out->run, manager->ledger, column_text(&row, 0), err);
    return status == CKL_DONE
               ? error_set(err, CKL_DAMAGED, "an intent of a run that is not recorded")
               : status;
}

static ckl_status record(int64_t *session_id, const work *unit, ckl_manager *manager,
                         ckl_error *err)
{
    manager_view view = {0};
    int64_t seq = 0;
    char *detail = NULL;
    ledger_event event = {.op = unit->op,
                          .at_us = unit->at_us,
                          .run = unit->run,
                          .kind = unit->is_checkpoint ? "checkpoint" : "dump",
                          .experiment = unit->experiment,
                          .from_experiment = unit->experiment,
                          .config = unit->config,
                          .from_config = unit->config,
                          .step = unit->is_checkpoint ? unit->step : -1,
                          .actor = unit->actor};
    ckl_status status = detail_of_work(&detail, manager->ledger, unit, err);
    event.detail = detail;
    if (status == CKL_OK)
        status = view_of_run(&view, manager, unit->run, err);
    if (status == CKL_OK)
        status = manager_session(&event.session, manager, unit->run, err);
    if (status == CKL_OK)
        status = ledger_event_add(&seq, manager->ledger, &event, err);
    if (status == CKL_OK)
        status = unit->is_checkpoint ? record_checkpoint(unit, manager, &view, seq, err)
                                     : record_dump(unit, manager, &view, seq, err);
    if (status == CKL_OK)
        status = ledger_run_save(manager->ledger, &view.run, err);
    for (size_t index = 0; status == CKL_OK && index < unit->metric_count; index++) {
        const ckl_metric *given = &unit->metrics[index];
        ledger_metric metric = {unit->step, unit->at_us, given->value, given->name};
        status = ledger_metrics_add(manager->ledger, unit->run, unit->experiment, &metric, 1, err);
    }
    if (status == CKL_OK)
        status = ledger_intent_remove(manager->ledger, unit->op, err);
    *session_id = event.session;
    free(detail);
    return status;
}

/* ---- performing ------------------------------------------------------------------------------ */

/* The name of a checkpoint is settled where no other writer can take it: here. */
static ckl_status settle_target(work *unit, ckl_manager *manager, ckl_error *err)
{
    ledger_experiment experiment;
    storage_move *move = &unit->files[0].move;
    int64_t owner = 0;
    ckl_status status = ledger_experiment_get(&experiment, manager->ledger, unit->experiment, err);
    if (status != CKL_OK)
        return status;
    storage_weights(move->target, &experiment.hash, unit->step, NULL);
    status = ledger_path_owner(&owner, manager->ledger, move->target, err);
    if (status == CKL_OK && owner != 0 && owner != unit->run) {
        storage_weights(move->target, &experiment.hash, unit->step, manager->run_name);
        status = ledger_path_owner(&owner, manager->ledger, move->target, err);
    }
    if (status == CKL_OK && owner == -1)
        return error_set(err, CKL_BUSY, "another process is saving '%s'", move->target);
    move->replace = owner == unit->run;
    return status;
}

/* After a failure nothing of the work is to come back at the next opening. */
static void forget(const work *unit, ckl_manager *manager)
{
    bool gone =
        db_begin(manager->ledger, DB_WRITE, NULL) == CKL_OK &&
        manager_end(manager, ledger_intent_remove(manager->ledger, unit->op, NULL), NULL) == CKL_OK;
    manager->unfinished = manager->unfinished || !gone;
}

/* The work begins when its intent is on disk, and not before: one that is only recorded is taken
 * back. */
static ckl_status write_intent(work *unit, ckl_manager *manager, ckl_error *err)
{
    char *detail = NULL;
    ckl_error failure = {0};
    ckl_status status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status != CKL_OK)
        return status;
    if (unit->is_checkpoint)
        status = settle_target(unit, manager, err);
    if (status == CKL_OK)
        status = encode(&detail, unit, err);
    if (status == CKL_OK)
        status = ledger_intent_add(manager->ledger, unit->op, detail, err);
    free(detail);
    status = manager_end(manager, status, &failure);
    if (status != CKL_OK && db_is_recorded(manager->ledger)) {
        forget(unit, manager);
        error_set(err, CKL_IO, "nothing was saved: '%s' could not be synced",
                  storage_ledger(manager->tree));
    } else if (status != CKL_OK && err != NULL && err->code == CKL_OK) {
        *err = failure;
    }
    return status;
}

static ckl_status place(const work *unit, storage_op *op, ckl_error *err)
{
    storage_move moves[WORK_FILES];
    for (size_t index = 0; index < unit->file_count; index++)
        moves[index] = unit->files[index].move;
    return storage_place(op, moves, unit->file_count, err);
}

/* The transaction that makes the work part of history. */
static ckl_status record_work(work *unit, ckl_manager *manager, ckl_error *err)
{
    bool with_metrics = manager->metric_count > 0;
    int64_t session_id = 0;
    ckl_status status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status != CKL_OK)
        return status;
    status = record(&session_id, unit, manager, err);
    if (status == CKL_OK)
        status = manager_write_metrics(manager, unit->run, err);
    status = manager_end(manager, status, err);
    if (status != CKL_OK && !db_is_recorded(manager->ledger))
        return status;
    manager->session = session_id;
    if (with_metrics)
        manager_forget_metrics(manager);
    return status;
}

ckl_status work_perform(work *unit, ckl_manager *manager, storage_op *op, ckl_error *err)
{
    ckl_status status = write_intent(unit, manager, err);
    if (status != CKL_OK)
        return status;
    status = place(unit, op, err);
    if (status != CKL_OK) {
        forget(unit, manager);
        return status;
    }
    status = record_work(unit, manager, err);
    /* Then the intent stays: the next work, or the next opening, finishes it. */
    if (status != CKL_OK && !db_is_recorded(manager->ledger))
        manager->unfinished = true;
    return status;
}

/* ---- recovery -------------------------------------------------------------------------------- */

static ckl_status finish_or_undo(work *unit, ckl_manager *manager, storage_op *op, ckl_error *err)
{
    storage_move moves[WORK_FILES];
    for (size_t index = 0; index < unit->file_count; index++)
        moves[index] = unit->files[index].move;
    bool finish = storage_can_place(op, moves, unit->file_count);
    ckl_status status = finish ? place(unit, op, err) : CKL_OK;
    if (status != CKL_OK)
        return status;
    status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status != CKL_OK)
        return status;
    int64_t seq = 0, session_id = 0;
    if (finish && ledger_event_of_operation(&seq, manager->ledger, unit->op, err) == CKL_NOT_FOUND)
        status = record(&session_id, unit, manager, err);
    else
        status = ledger_intent_remove(manager->ledger, unit->op, err);
    status = manager_end(manager, status, err);
    if (status == CKL_OK)
        manager_warn(manager,
                     finish ? "finished a %s that was interrupted"
                            : "undid a %s that was interrupted",
                     unit->is_checkpoint ? "checkpoint" : "dump");
    return status;
}

static bool intent_is_known(void *context, const char *op)
{
    ckl_manager *manager = context;
    STATEMENT_AUTO row = {0};
    int64_t there = 0;
    if (db_query(&row, manager->ledger, "SELECT 1 FROM _intent WHERE op = :op", NULL) != CKL_OK)
        return true;
    bind_text(&row, ":op", op);
    return ledger_first_integer(&there, &row, NULL) != CKL_NOT_FOUND;
}

static ckl_status recover_one(ckl_manager *manager, const char *op, const char *detail,
                              ckl_error *err)
{
    WORK_AUTO unit = {0};
    storage_op *staged = NULL;
    ckl_status status = storage_op_adopt(&staged, manager->tree, op, NULL);
    if (status == CKL_BUSY)
        return CKL_OK; /* its process lives */
    if (!intent_is_known(manager, op)) {
        storage_op_end(staged); /* its process finished it since we read it */
        return CKL_OK;
    }
    if (status == CKL_NOT_FOUND)
        status = storage_op_begin(&staged, manager->tree, op, err);
    json_t *removal = json_loads(detail, 0, NULL);
    json_t *paths = json_object_get(removal, "remove");
    if (status == CKL_OK && paths != NULL)
        status = work_remove_files(manager, op, paths, err);
    else if (status == CKL_OK)
        status = decode(&unit, op, detail, err);
    if (status == CKL_OK && paths == NULL)
        status = finish_or_undo(&unit, manager, staged, err);
    json_decref(removal);
    storage_op_end(staged);
    return status;
}

/* The first intent after `last` in the order of names, which moves there; CKL_DONE at the end. */
static ckl_status next_intent(char last[33], char **detail, ckl_manager *manager, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, manager->ledger,
                 "SELECT op, detail FROM _intent WHERE op > :last ORDER BY op LIMIT 1", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":last", last);
    status = statement_step(&row, err);
    if (status != CKL_OK)
        return status;
    *detail = strdup(column_text(&row, 1));
    if (*detail == NULL)
        return error_memory(err);
    snprintf(last, 33, "%s", column_text(&row, 0));
    return CKL_OK;
}

ckl_status work_recover(ckl_manager *manager, ckl_error *err)
{
    char last[33] = "";
    char *detail = NULL;
    ckl_status status;
    while ((status = next_intent(last, &detail, manager, err)) == CKL_OK) {
        status = recover_one(manager, last, detail, err);
        free(detail);
        detail = NULL;
        if (status != CKL_OK)
            return status;
    }
    if (status != CKL_DONE)
        return status;
    manager->unfinished = false;
    return storage_clean(manager->tree, intent_is_known, manager, err);
}

void work_finish_own(ckl_manager *manager)
{
    if (manager->unfinished)
        (void)work_recover(manager, NULL);
}
