/* What events are about: components, states, sessions, metrics. */
#include <stdlib.h>
#include <string.h>

#include "merge_internal.h"

int64_t id_map_get(const id_map *map, int64_t other)
{
    return other > 0 && (size_t)other < map->count ? map->ids[other] : 0;
}

ckl_status id_map_put(id_map *map, int64_t other, int64_t ours, ckl_error *err)
{
    if ((size_t)other >= map->count) {
        size_t count = (size_t)other * 2 + 16;
        int64_t *grown = realloc(map->ids, count * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        memset(grown + map->count, 0, (count - map->count) * sizeof *grown);
        map->ids = grown;
        map->count = count;
    }
    map->ids[other] = ours;
    return CKL_OK;
}

static ckl_status damaged(const merge *job, const char *what, int64_t id, ckl_error *err)
{
    error_set(err, CKL_DAMAGED, "'%s': %s %lld is not what its digest says", job->folder, what,
              (long long)id);
    error_hint(err, "look it over: ckl -C '%s' fsck; nothing was taken over", job->folder);
    return CKL_DAMAGED;
}

/* ---- components ------------------------------------------------------------------------------ */

static ckl_status check_digest(const merge *job, const ledger_component *there, const digest *value,
                               const char *what, ckl_error *err)
{
    return memcmp(&there->digest, value, sizeof *value) == 0 ? CKL_OK
                                                             : damaged(job, what, there->id, err);
}

ckl_status merge_record_model(int64_t *out, digest *value, merge *job, const ckl_model *model,
                              ckl_error *err)
{
    ledger_component here;
    BUF_AUTO text = BUF_INIT;
    ckl_status status = model_canonical(&text, model, err);
    if (status == CKL_OK)
        status = hash_bytes(value, text.data != NULL ? text.data : "", text.size, err);
    if (status != CKL_OK)
        return status;
    status = ledger_component_find(&here, job->ours, "model", value, err);
    bool known = status == CKL_OK;
    if (status == CKL_NOT_FOUND)
        status = ledger_component_record(&here, job->ours, "model", value, err);
    if (status == CKL_OK)
        status = ledger_model_record(job->ours, model, here.id, known, err);
    *out = here.id;
    return status;
}

static ckl_status merge_model(int64_t *out, merge *job, int64_t other, ckl_error *err)
{
    ledger_component there;
    ckl_model *model = NULL;
    digest value;
    ckl_status status = ledger_component_get(&there, job->other, other, err);
    if (status == CKL_OK)
        status = ledger_model_load(&model, job->other, other, err);
    if (status == CKL_OK)
        status = merge_record_model(out, &value, job, model, err);
    if (status == CKL_OK)
        status = check_digest(job, &there, &value, "model", err);
    ckl_model_free(model);
    return status;
}

/* Hangs on the state that its base is here, when that is the one taken over last. */
static ckl_status record_data(merge *job, int64_t component, int64_t other, ckl_data_state *state,
                              ckl_error *err)
{
    data_state_info there;
    const ckl_data_state *base_state = NULL;
    ckl_status status = ledger_data_info(&there, job->other, other, err);
    if (status != CKL_OK)
        return status;
    int64_t base = id_map_get(&job->components, there.base);
    if (base != 0 && base == job->state_component)
        base_state = job->state;
    else if (base != 0)
        status = manager_data_state(&base_state, job->manager, base, 0, err);
    return status == CKL_OK ? ledger_data_record(job->ours, component, state, base, base_state, err)
                            : status;
}

static ckl_status merge_data(int64_t *out, merge *job, int64_t other, ckl_error *err)
{
    ledger_component there, here;
    ckl_data_state *state = NULL;
    digest value;
    ckl_status status = ledger_component_get(&there, job->other, other, err);
    if (status == CKL_OK)
        status = ledger_component_find(&here, job->ours, "data", &there.digest, err);
    if (status == CKL_OK)
        *out = here.id;
    if (status != CKL_NOT_FOUND)
        return status;
    status = ledger_data_load(&state, job->other, other, 0, err);
    if (status == CKL_OK)
        status = state_check_recordable(state, err);
    if (status == CKL_OK)
        status = state_hash(&value, state, err);
    if (status == CKL_OK)
        status = check_digest(job, &there, &value, "data state", err);
    if (status == CKL_OK)
        status = ledger_component_record(&here, job->ours, "data", &value, err);
    if (status == CKL_OK)
        status = record_data(job, here.id, other, state, err);
    if (status != CKL_OK) {
        ckl_data_state_free(state);
        return status;
    }
    ckl_data_state_free(job->state);
    job->state = state;
    job->state_component = *out = here.id;
    return CKL_OK;
}

/* ---- configurations -------------------------------------------------------------------------- */

/* What does not count is decided here, not there: the hash may be another one. */
ckl_status merge_record_config(int64_t *out, int64_t *component, merge *job,
                               const ckl_config *config, ckl_error *err)
{
    ledger_component here = {0};
    digest value;
    BUF_AUTO text = BUF_INIT;
    const char *const *ignored = (const char *const *)job->ignored;
    ckl_status status = config_check_recordable(config, err);
    if (status == CKL_OK)
        status = config_canonical(&text, config, ignored, job->ignored_count, err);
    if (status == CKL_OK)
        status = hash_bytes(&value, text.data, text.size, err);
    if (status == CKL_OK)
        status = ledger_component_find(&here, job->ours, "config", &value, err);
    if (status == CKL_NOT_FOUND)
        status = ledger_component_record(&here, job->ours, "config", &value, err);
    *component = here.id;
    return status == CKL_OK ? ledger_config_record(out, job->ours, config, here.id, ignored,
                                                   job->ignored_count, err)
                            : status;
}

static ckl_status check_config(const merge *job, int64_t other, const char *content, ckl_error *err)
{
    digest value, told;
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->other, "SELECT digest FROM _config WHERE id = :id", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", other);
    status = statement_step(&row, err);
    if (status == CKL_OK)
        status = column_digest(&told, &row, 0, err);
    if (status == CKL_OK)
        status = hash_bytes(&value, content, strlen(content), err);
    if (status == CKL_OK && memcmp(&told, &value, sizeof value) != 0)
        status = damaged(job, "configuration", other, err);
    return status;
}

ckl_status merge_config(int64_t *out, merge *job, int64_t other, ckl_error *err)
{
    char *content = NULL;
    ckl_config *config = NULL;
    int64_t component = 0;
    *out = id_map_get(&job->configs, other);
    if (other == 0 || *out != 0)
        return CKL_OK;
    ckl_status status = ledger_config_content(&content, job->other, other, err);
    if (status == CKL_OK)
        status = check_config(job, other, content, err);
    if (status == CKL_OK)
        status = ckl_config_parse(&config, content, strlen(content), CKL_FORMAT_JSON, job->folder,
                                  NULL, err);
    if (status == CKL_OK)
        status = merge_record_config(out, &component, job, config, err);
    if (status == CKL_OK)
        status = id_map_put(&job->configs, other, *out, err);
    ckl_config_free(config);
    free(content);
    return status;
}

static ckl_status component_of_config(int64_t *out, db *ledger, int64_t config, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT component FROM _config WHERE id = :id", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", config);
    return ledger_first_integer(out, &row, err);
}

/* The component of the configuration that was recorded with it last. */
static ckl_status merge_config_component(int64_t *out, merge *job, int64_t other, ckl_error *err)
{
    int64_t there = 0, here = 0;
    ckl_status status = ledger_config_latest(&there, job->other, other, err);
    if (status == CKL_OK)
        status = merge_config(&here, job, there, err);
    return status == CKL_OK ? component_of_config(out, job->ours, here, err) : status;
}

/* ---- states ---------------------------------------------------------------------------------- */

static ckl_status merge_component(int64_t *out, merge *job, const char *kind, int64_t other,
                                  ckl_error *err)
{
    *out = id_map_get(&job->components, other);
    if (other == 0 || *out != 0)
        return CKL_OK;
    ckl_status status = strcmp(kind, "model") == 0    ? merge_model(out, job, other, err)
                        : strcmp(kind, "config") == 0 ? merge_config_component(out, job, other, err)
                                                      : merge_data(out, job, other, err);
    return status == CKL_OK ? id_map_put(&job->components, other, *out, err) : status;
}

ckl_status merge_note_alias(merge *job, const char *there, const char *here, ckl_error *err)
{
    if (strcmp(there, here) == 0)
        return CKL_OK;
    job->result.alias_count++;
    return json_object_set_new(job->aliases, there, json_string(here)) == 0 ? CKL_OK
                                                                            : error_memory(err);
}

/* The configuration that the event had decides: what one component was there, when something did
 * not count, may be several here. */
static ckl_status config_of_state(int64_t *component, merge *job, const ledger_experiment *there,
                                  int64_t config, ckl_error *err)
{
    int64_t here = 0;
    if (there->config == 0)
        return CKL_OK;
    if (config == 0)
        return merge_component(component, job, "config", there->config, err);
    ckl_status status = merge_config(&here, job, config, err);
    return status == CKL_OK ? component_of_config(component, job->ours, here, err) : status;
}

ckl_status merge_experiment(int64_t *out, merge *job, int64_t other, int64_t other_config,
                            ckl_error *err)
{
    ledger_experiment there, here;
    int64_t model = 0, config = 0, data = 0;
    bool recorded = false;
    *out = id_map_get(&job->experiments, other);
    if (other == 0 || (*out != 0 && other_config == 0))
        return CKL_OK;
    bool known = *out != 0;
    ckl_status status = ledger_experiment_get(&there, job->other, other, err);
    if (status == CKL_OK)
        status = merge_component(&model, job, "model", there.model, err);
    if (status == CKL_OK)
        status = config_of_state(&config, job, &there, other_config, err);
    if (status == CKL_OK)
        status = merge_component(&data, job, "data", there.data, err);
    if (status == CKL_OK)
        status = ledger_experiment_record(&here, &recorded, job->ours, model, config, data, err);
    if (status == CKL_OK && !known)
        status = merge_note_alias(job, there.hash.text, here.hash.text, err);
    if (status == CKL_OK)
        status = id_map_put(&job->experiments, other, here.id, err);
    job->result.experiment_count += !known;
    *out = here.id;
    return status;
}

/* ---- sessions -------------------------------------------------------------------------------- */

static ckl_status copy_session(int64_t *out, merge *job, const statement *row, int64_t run,
                               ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    static const char *const NAMES[] = {":started_us", ":host",      ":user",       ":pid",
                                        ":program",    ":arguments", ":git_commit", ":git_dirty",
                                        ":git_diff",   ":libraries"};
    ckl_status status =
        db_query(&running, job->ours,
                 "INSERT INTO _session (started_us, run, host, user, pid, program, arguments,"
                 " git_commit, git_dirty, git_diff, libraries) VALUES (:started_us, :run, :host,"
                 " :user, :pid, :program, :arguments, :git_commit, :git_dirty, :git_diff,"
                 " :libraries)",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":run", run);
    for (int column = 0; column < 10; column++) {
        bool integer = column == 0 || column == 3 || column == 7;
        size_t size = 0;
        if (column_is_null(row, column))
            bind_null(&running, NAMES[column]);
        else if (integer)
            bind_integer(&running, NAMES[column], column_integer(row, column));
        else if (column == 8) {
            const void *bytes = column_blob(row, column, &size);
            bind_blob(&running, NAMES[column], bytes, size);
        } else {
            bind_text(&running, NAMES[column], column_text(row, column));
        }
    }
    status = statement_run(&running, err);
    *out = db_last_id(job->ours);
    return status == CKL_OK ? ledger_sessions_seal(job->ours, err) : status;
}

ckl_status merge_session(int64_t *out, merge *job, int64_t other, const merge_run *run,
                         ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *out = id_map_get(&job->sessions, other);
    if (other == 0 || *out != 0)
        return CKL_OK;
    ckl_status status =
        db_query(&row, job->other,
                 "SELECT started_us, host, user, pid, program, arguments, git_commit, git_dirty,"
                 " git_diff, libraries FROM _session WHERE id = :id",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", other);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        return damaged(job, "session", other, err);
    if (status == CKL_OK)
        status = copy_session(out, job, &row, run->row.id, err);
    return status == CKL_OK ? id_map_put(&job->sessions, other, *out, err) : status;
}

/* ---- metrics --------------------------------------------------------------------------------- */

#define METRICS_AT_ONCE 1024

typedef struct metric_batch {
    ledger_metric values[METRICS_AT_ONCE];
    size_t count;
    int64_t run, experiment; /* ours */
} metric_batch;

static ckl_status flush_metrics(merge *job, metric_batch *batch, ckl_error *err)
{
    ckl_status status = ledger_metrics_add(job->ours, batch->run, batch->experiment, batch->values,
                                           batch->count, err);
    for (size_t index = 0; index < batch->count; index++)
        free((char *)(uintptr_t)batch->values[index].name);
    batch->count = 0;
    return status;
}

static const merge_run *run_of(const merge *job, int64_t other)
{
    for (size_t index = 0; index < job->run_count; index++) {
        if (job->runs[index].other == other)
            return &job->runs[index];
    }
    return NULL;
}

static ckl_status take_metric(merge *job, metric_batch *batch, const statement *row, ckl_error *err)
{
    const merge_run *run = run_of(job, column_integer(row, 0));
    int64_t experiment = 0;
    ckl_status status = merge_experiment(&experiment, job, column_integer(row, 1), 0, err);
    if (status != CKL_OK || run == NULL || run->row.id == 0)
        return status;
    bool other_series = batch->run != run->row.id || batch->experiment != experiment;
    if (batch->count == METRICS_AT_ONCE || (batch->count > 0 && other_series))
        status = flush_metrics(job, batch, err);
    if (status != CKL_OK)
        return status;
    batch->run = run->row.id;
    batch->experiment = experiment;
    char *name = strdup(column_required(row, 2));
    if (name == NULL)
        return error_memory(err);
    batch->values[batch->count++] = (ledger_metric){.step = column_integer(row, 3),
                                                    .value = column_real(row, 4),
                                                    .at_us = column_integer(row, 5),
                                                    .name = name};
    return CKL_OK;
}

ckl_status merge_metrics(merge *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    metric_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        return error_memory(err);
    ckl_status status = db_query(&row, job->other,
                                 "SELECT metric.run, metric.experiment, name.name, metric.step,"
                                 " metric.value, metric.at_us FROM _metric AS metric"
                                 " JOIN _metric_name AS name ON name.id = metric.name"
                                 " ORDER BY metric.run, metric.experiment",
                                 err);
    while (status == CKL_OK && (status = STATEMENT_STEP_WITH(&row, err, 2)) == CKL_OK)
        status = take_metric(job, batch, &row, err);
    ckl_status last = flush_metrics(job, batch, err);
    free(batch);
    return status == CKL_DONE ? last : status;
}
