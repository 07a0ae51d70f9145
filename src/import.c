/* Importing: one update for each experiment of the tree, one checkpoint for each of its weights. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "doc.h"
#include "import_internal.h"
#include "utf8.h"

/* What an import works on, beside what it found. */
typedef struct importing {
    merge job; /* without another ledger */
    ckl_import *done;
    merge_run run;
    json_t *states; /* old hash to the experiment here, as a number */
} importing;

/* An operation's name that is the same at every import: of what it is about. */
static ckl_status name_operation(char out[33], const importing *task, const char *what,
                                 const char *which, ckl_error *err)
{
    char hex[65];
    digest value;
    BUF_AUTO text = BUF_INIT;
    buf_add_format(&text, "import %s %s %s", task->done->folder, what, which);
    ckl_status status = buf_check(&text, err);
    if (status == CKL_OK)
        status = hash_bytes(&value, text.data, text.size, err);
    if (status != CKL_OK)
        return status;
    digest_hex(hex, &value);
    memcpy(out, hex, 32);
    out[32] = '\0';
    return CKL_OK;
}

/* ---- recording ------------------------------------------------------------------------------- */

/* Hangs on the state taken over before it; takes `state` over. */
static ckl_status record_state(int64_t *out, merge *job, ckl_data_state *state, ckl_error *err)
{
    ledger_component here;
    digest value;
    ckl_status status = state_hash(&value, state, err);
    if (status == CKL_OK)
        status = ledger_component_find(&here, job->ours, "data", &value, err);
    if (status == CKL_NOT_FOUND) {
        status = ledger_component_record(&here, job->ours, "data", &value, err);
        if (status == CKL_OK)
            status = ledger_data_record(job->ours, here.id, state, job->state_component, job->state,
                                        err);
    }
    if (status != CKL_OK) {
        ckl_data_state_free(state);
        return status;
    }
    ckl_data_state_free(job->state);
    job->state = state;
    job->state_component = *out = here.id;
    return CKL_OK;
}

/* Finds or records the state; *config is its _config, 0: none. */
static ckl_status record_experiment(ledger_experiment *out, int64_t *config, importing *task,
                                    import_parts *given, ckl_error *err)
{
    int64_t model = 0, component = 0, data = 0;
    bool recorded = false;
    digest value;
    ckl_status status = CKL_OK;
    *config = 0;
    if (given->model != NULL)
        status = merge_record_model(&model, &value, &task->job, given->model, err);
    if (status == CKL_OK && given->config != NULL)
        status = merge_record_config(config, &component, &task->job, given->config, err);
    if (status == CKL_OK && given->state != NULL) {
        ckl_data_state *state = given->state;
        given->state = NULL;
        status = record_state(&data, &task->job, state, err);
    }
    return status == CKL_OK ? ledger_experiment_record(out, &recorded, task->job.ours, model,
                                                       component, data, err)
                            : status;
}

static ckl_status add_update(importing *task, const char *op, const ledger_experiment *to,
                             int64_t config, int64_t at_us, const char *hash, ckl_error *err)
{
    ledger_experiment before = {0};
    char detail[96];
    ledger_run *run = &task->run.row;
    snprintf(detail, sizeof detail, "{\"imported\":\"%s\"}", hash);
    ledger_event event = {.op = op,
                          .at_us = at_us,
                          .run = run->id,
                          .kind = "update",
                          .experiment = to->id,
                          .from_experiment = run->head,
                          .config = config,
                          .from_config = run->head_config,
                          .step = -1,
                          .actor = task->job.manager->actor,
                          .detail = detail};
    ckl_status status = CKL_OK;
    if (run->head != 0)
        status = ledger_experiment_get(&before, task->job.ours, run->head, err);
    if (status == CKL_OK)
        status = manager_move_samples(&event, task->job.manager, before.data, to->data, err);
    if (status == CKL_OK)
        status = ledger_event_add(NULL, task->job.ours, &event, err);
    run->head = to->id;
    run->head_config = config;
    return status == CKL_OK ? ledger_run_save(task->job.ours, run, err) : status;
}

/* What stands under an operation that is here already. */
static ckl_status find_known(int64_t *experiment, importing *task, const char *op, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, task->job.ours,
                                 "SELECT ifnull(experiment, 0) FROM _event WHERE op = :op", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":op", op);
    return ledger_first_integer(experiment, &row, err);
}

static ckl_status take_experiment(importing *task, const old_experiment *old, ckl_error *err)
{
    char op[33];
    import_parts given = {0};
    ledger_experiment here = {0};
    int64_t config = 0;
    ckl_error inner = {0};
    ckl_status status = name_operation(op, task, "experiment", old->hash, err);
    if (status == CKL_OK)
        status = find_known(&here.id, task, op, err);
    if (status == CKL_NOT_FOUND) {
        if (import_read_parts(&given, task->done, old->hash, &inner) != CKL_OK) {
            import_free_parts(&given);
            return import_complain(task->done, err, "experiment %s: %s", old->hash, inner.message);
        }
        status = record_experiment(&here, &config, task, &given, err);
        if (status == CKL_OK)
            status = add_update(task, op, &here, config,
                                old->created_us == INT64_MAX ? 0 : old->created_us, old->hash, err);
        if (status == CKL_OK)
            status = merge_note_alias(&task->job, old->hash, here.hash.text, err);
        task->done->summary.new_count++;
        task->job.result.new_event_count++;
    }
    import_free_parts(&given);
    task->done->summary.experiment_count++;
    if (status == CKL_OK &&
        json_object_set_new(task->states, old->hash, json_integer((json_int_t)here.id)) != 0)
        status = error_memory(err);
    return status;
}

/* ---- weights --------------------------------------------------------------------------------- */

static ckl_status insert_checkpoint(importing *task, const old_weights *old, int64_t experiment,
                                    int64_t event, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(
        &running, task->job.ours,
        "INSERT INTO _checkpoint (event, run, experiment, step, path, size, sha256, state, pending,"
        " origin, removed) VALUES (:event, :run, :experiment, :step, :path, :size, :sha256,"
        " 'removed', 0, 'unknown', :event)",
        err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":event", event);
    bind_integer(&running, ":run", task->run.row.id);
    bind_integer(&running, ":experiment", experiment);
    bind_integer(&running, ":step", old->step);
    bind_text(&running, ":path", old->path);
    bind_integer(&running, ":size", (int64_t)old->size);
    bind_digest(&running, ":sha256", &old->sha256);
    status = statement_run(&running, err);
    ledger_run *run = &task->run.row;
    run->from_checkpoint = db_last_id(task->job.ours);
    run->first_step = old->step < INT64_MAX ? old->step + 1 : old->step;
    run->origin = ORIGIN_CHECKPOINT;
    return status == CKL_OK ? ledger_run_save(task->job.ours, run, err) : status;
}

static ckl_status add_checkpoint(importing *task, const char *op, const old_weights *old,
                                 int64_t experiment, ckl_error *err)
{
    char hex[65];
    int64_t seq = 0, config = 0;
    ledger_experiment state;
    ckl_status status = ledger_experiment_get(&state, task->job.ours, experiment, err);
    if (status == CKL_OK)
        status = manager_config_of(&config, task->job.manager, &state, err);
    if (status != CKL_OK)
        return status;
    digest_hex(hex, &old->sha256);
    json_t *detail = json_pack("{s:[{s:s, s:I, s:s}], s:s, s:n, s:n, s:i, s:n, s:s}", "files",
                               "path", old->path, "size", (json_int_t)old->size, "sha256", hex,
                               "origin", "unknown", "from_checkpoint", "first_step", "pending", 0,
                               "note", "elsewhere", task->done->folder);
    char *text = doc_json_text(detail);
    json_decref(detail);
    if (text == NULL)
        return error_memory(err);
    ledger_event event = {.op = op,
                          .at_us = old->at_us,
                          .run = task->run.row.id,
                          .kind = "checkpoint",
                          .experiment = experiment,
                          .from_experiment = experiment,
                          .config = config,
                          .from_config = config,
                          .step = old->step,
                          .actor = task->job.manager->actor,
                          .detail = text};
    status = ledger_event_add(&seq, task->job.ours, &event, err);
    free(text);
    return status == CKL_OK ? insert_checkpoint(task, old, experiment, seq, err) : status;
}

static ckl_status take_weights(importing *task, const old_weights *old, ckl_error *err)
{
    char op[33];
    int64_t known = 0;
    json_t *state = json_object_get(task->states, old->hash);
    if (old->hash[0] == '\0')
        return import_complain(task->done, err, "%s: its name does not tell the experiment",
                               old->path);
    if (state == NULL)
        return import_complain(task->done, err, "%s: its experiment could not be taken over",
                               old->path);
    ckl_status status = name_operation(op, task, "weights", old->path, err);
    if (status == CKL_OK)
        status = find_known(&known, task, op, err);
    task->done->summary.checkpoint_count++;
    if (status != CKL_NOT_FOUND)
        return status;
    task->done->summary.new_checkpoint_count++;
    task->job.result.new_event_count++;
    return add_checkpoint(task, op, old, json_integer_value(state), err);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The run that an earlier import of the same tree made, or a new one. */
static ckl_status find_run(importing *task, ckl_error *err)
{
    for (size_t index = 0; index < task->done->experiment_count; index++) {
        char op[33], *name = NULL;
        STATEMENT_AUTO row = {0};
        ckl_status status =
            name_operation(op, task, "experiment", task->done->experiments[index].hash, err);
        if (status == CKL_OK)
            status = db_query(&row, task->job.ours,
                              "SELECT run.name FROM _event AS event"
                              " JOIN _run AS run ON run.id = event.run WHERE event.op = :op",
                              err);
        if (status != CKL_OK)
            return status;
        bind_text(&row, ":op", op);
        status = STATEMENT_STEP_WITH(&row, err, 0);
        if (status == CKL_DONE)
            continue;
        if (status == CKL_OK)
            name = strdup(column_required(&row, 0));
        if (status == CKL_OK && name == NULL)
            status = error_memory(err);
        if (status == CKL_OK)
            status = ledger_run_find(&task->run.row, task->job.ours, name, err);
        free(name);
        return status;
    }
    return merge_add_run(&task->run, &task->job, "main", err);
}

static ckl_status take_over(importing *task, ckl_error *err)
{
    bool any = true;
    ckl_import *done = task->done;
    ckl_status status =
        ledger_ignored_paths(&task->job.ignored, &task->job.ignored_count, task->job.ours, err);
    if (status == CKL_OK)
        status = find_run(task, err);
    if (status == CKL_OK)
        status = ledger_has_checkpoints(&any, task->job.ours, err);
    if (status == CKL_OK && !any && task->run.row.head == 0)
        task->run.row.origin = ORIGIN_START;
    for (size_t index = 0; status == CKL_OK && index < done->experiment_count; index++)
        status = take_experiment(task, &done->experiments[index], err);
    for (size_t index = 0; status == CKL_OK && index < done->weight_count; index++)
        status = take_weights(task, &done->weights[index], err);
    return status == CKL_OK && task->job.result.new_event_count > 0
               ? merge_say_so(&task->job, "import", err)
               : status;
}

static ckl_status count_kinds(ckl_import *done, ckl_error *err)
{
    static const size_t AT[] = {0, 8, 16};
    uint64_t *const COUNTS[] = {&done->summary.config_count, &done->summary.model_count,
                                &done->summary.data_count};
    for (size_t kind = 0; kind < 3; kind++) {
        json_t *seen = json_object();
        bool good = seen != NULL;
        for (size_t index = 0; good && index < done->experiment_count; index++) {
            char segment[9];
            snprintf(segment, sizeof segment, "%.8s", done->experiments[index].hash + AT[kind]);
            good = strcmp(segment, CKL_ABSENT_SEGMENT) == 0 ||
                   json_object_set_new(seen, segment, json_true()) == 0;
        }
        if (!good) {
            json_decref(seen);
            return error_memory(err);
        }
        *COUNTS[kind] = json_object_size(seen);
        json_decref(seen);
    }
    return CKL_OK;
}

/* The folder that holds the layouts: FOLDER/checkpoints, or FOLDER. */
static ckl_status find_folder(ckl_import *done, merge *job, const char *folder, ckl_error *err)
{
    BUF_AUTO path = BUF_INIT;
    ckl_error inner = {0};
    if (fs_real_path(&job->folder, folder, &inner) != CKL_OK || !fs_is_directory(job->folder))
        return error_set(err, CKL_NOT_FOUND, "there is no folder '%s'", folder);
    if (utf8_length(job->folder, strlen(job->folder)) < strlen(job->folder)) {
        error_set(err, CKL_INVALID, "the name of '%s' is not valid Unicode", folder);
        error_hint(err, "rename it: events tell where weights came from");
        return CKL_INVALID;
    }
    buf_add_format(&path, "%s/ledger.db", job->folder);
    ckl_status status = buf_check(&path, err);
    if (status == CKL_OK && fs_exists(path.data)) {
        error_set(err, CKL_INVALID, "'%s' is the root of a ledger", folder);
        error_hint(err, "its history comes with: ckl merge '%s'", folder);
        return CKL_INVALID;
    }
    buf_clear(&path);
    buf_add_format(&path, "%s/checkpoints", job->folder);
    status = buf_check(&path, err);
    if (status != CKL_OK)
        return status;
    done->folder = strdup(fs_is_directory(path.data) ? path.data : job->folder);
    snprintf(job->other_name, sizeof job->other_name, "%.63s", folder);
    /* What is no UTF-8 cannot be told in an event. */
    utf8_mend(job->other_name, sizeof job->other_name);
    return done->folder != NULL ? CKL_OK : error_memory(err);
}

static ckl_status look(ckl_import *done, merge *job, const char *folder, ckl_error *err)
{
    ckl_status status = find_folder(done, job, folder, err);
    if (status == CKL_OK)
        status = import_look(done, err);
    if (status == CKL_OK && done->experiment_count == 0 && done->summary.refused_count == 0) {
        error_set(err, CKL_INVALID, "'%s' holds no experiments of the Python system", folder);
        error_hint(err, "name the folder above checkpoints/");
        return CKL_INVALID;
    }
    return status == CKL_OK ? count_kinds(done, err) : status;
}

static ckl_status import_all(ckl_import *done, ckl_manager *manager, const char *folder,
                             const ckl_import_options *options, ckl_error *err)
{
    ckl_merge_options names = {.as = options->as, .reason = options->reason};
    importing task = {.done = done,
                      .states = json_object(),
                      .job = {.manager = manager,
                              .ours = manager->ledger,
                              .options = &names,
                              .aliases = json_object()}};
    ckl_status status = manager_check_writable(manager, err);
    if (status == CKL_OK)
        status = manager_check_reason(options->reason, err);
    if (status == CKL_OK && (task.states == NULL || task.job.aliases == NULL))
        status = error_memory(err);
    if (status == CKL_OK)
        status = look(done, &task.job, folder, err);
    if (status == CKL_OK)
        status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status == CKL_OK) {
        status = take_over(&task, err);
        if (status == CKL_OK && task.job.result.new_event_count == 0)
            db_rollback(manager->ledger); /* nothing is new: nothing is written */
        else
            status = manager_end(manager, status, err);
    }
    json_decref(task.states);
    merge_release(&task.job);
    return status;
}

ckl_status ckl_import_run(ckl_import **out, ckl_manager *manager, const char *folder,
                          const ckl_import_options *options, ckl_error *err)
{
    static const ckl_import_options NONE = {0};
    ckl_import *done = calloc(1, sizeof *done);
    if (done == NULL)
        return error_memory(err);
    done->known = json_object();
    done->configs = json_object();
    done->states = json_object();
    done->architectures = json_object();
    ckl_status status = done->known != NULL && done->configs != NULL && done->states != NULL &&
                                done->architectures != NULL
                            ? CKL_OK
                            : error_memory(err);
    if (status == CKL_OK)
        status = import_all(done, manager, folder, options != NULL ? options : &NONE, err);
    if (status != CKL_OK) {
        ckl_import_close(done);
        return status;
    }
    *out = done;
    return CKL_OK;
}

void ckl_import_read_summary(ckl_import_summary *out, const ckl_import *done)
{
    *out = done->summary;
}

const char *ckl_import_problem(const ckl_import *done, size_t index)
{
    return index < done->problem_count ? done->problems[index] : NULL;
}

void ckl_import_close(ckl_import *done)
{
    if (done == NULL)
        return;
    for (size_t index = 0; index < done->problem_count; index++)
        free(done->problems[index]);
    for (size_t index = 0; index < done->weight_count; index++)
        free(done->weights[index].path);
    free(done->problems);
    free(done->weights);
    free(done->experiments);
    free(done->folder);
    json_decref(done->known);
    json_decref(done->configs);
    json_decref(done->states);
    json_decref(done->architectures);
    free(done);
}
