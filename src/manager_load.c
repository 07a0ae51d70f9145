/* Getting back: which experiment a text means, and what an experiment consists of. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ckl/audit.h>

#include "manager_internal.h"

#define PREFIX_MIN 4

/* ---- which experiment ------------------------------------------------------------------------ */

static ckl_status head_before(ledger_experiment *out, ckl_manager *manager, int64_t run,
                              int64_t moves, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    int64_t id = 0;
    ckl_status status = db_query(&row, manager->ledger,
                                 "SELECT from_experiment FROM _event"
                                 " WHERE run = :run AND experiment IS NOT from_experiment"
                                 " ORDER BY seq DESC LIMIT 1 OFFSET :moves",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", run);
    bind_integer(&row, ":moves", moves - 1);
    status = ledger_first_integer(&id, &row, err);
    if (status == CKL_NOT_FOUND || (status == CKL_OK && id == 0))
        return error_set(err, CKL_NOT_FOUND, "the head of run '%s' has not moved %lld times",
                         manager->run_name, (long long)moves);
    return status == CKL_OK ? ledger_experiment_get(out, manager->ledger, id, err) : status;
}

/* "@" and "@~N". */
/* "@{TIME}" */
static ckl_status resolve_time(ledger_experiment *out, ckl_manager *manager, const char *text,
                               ckl_error *err)
{
    ckl_hash hash;
    int64_t at_us = 0;
    size_t size = strlen(text);
    char *inner = size > 3 && text[size - 1] == '}' ? strndup(text + 2, size - 3) : strdup("");
    if (inner == NULL)
        return error_memory(err);
    ckl_status status = ckl_time_parse(&at_us, inner, err);
    free(inner);
    if (status == CKL_OK)
        status = ckl_manager_head_at(&hash, manager, at_us, err);
    return status == CKL_OK ? ledger_experiment_find(out, manager->ledger, hash.text, err) : status;
}

static ckl_status resolve_head(ledger_experiment *out, ckl_manager *manager, const char *text,
                               ckl_error *err)
{
    manager_view view;
    char *end = NULL;
    long long moves = 0;
    if (text[1] == '{')
        return resolve_time(out, manager, text, err);
    errno = 0;
    if (text[1] == '~' && text[2] >= '0' && text[2] <= '9')
        moves = strtoll(text + 2, &end, 10);
    if (text[1] != '\0' && (end == NULL || *end != '\0' || errno != 0)) {
        error_set(err, CKL_INVALID, "'%s' is no experiment", text);
        error_hint(err, "@ is the head, @~1 the head before it, @{2h} the head two hours ago");
        return CKL_INVALID;
    }
    ckl_status status = manager_view_read(&view, manager, err);
    if (status != CKL_OK)
        return status;
    if (view.head.id == 0)
        return error_set(err, CKL_NOT_FOUND, "nothing is recorded in run '%s' yet",
                         manager->run_name);
    *out = view.head;
    return moves == 0 ? CKL_OK : head_before(out, manager, view.run.id, moves, err);
}

static ckl_status check_prefix(const char *text, ckl_error *err)
{
    size_t size = strlen(text);
    if (strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz") != size || size == 0) {
        error_set(err, CKL_INVALID, "'%s' is no hash: only 0-9 and a-z", text);
        error_hint(err,
                   "no state has that name; a hash has 24 characters, a prefix of at least %d is"
                   " enough; @ is the head",
                   PREFIX_MIN);
        return CKL_INVALID;
    }
    if (size > CKL_HASH_LENGTH)
        return error_set(err, CKL_INVALID, "'%s' is no hash: it has %zu characters, not 24", text,
                         size);
    if (size < PREFIX_MIN)
        return error_set(err, CKL_INVALID, "'%s' is too short: at least %d characters", text,
                         PREFIX_MIN);
    return CKL_OK;
}

static ckl_status nothing_matches(const char *text, ckl_error *err)
{
    if (strlen(text) == 16) {
        error_set(err, CKL_V2_HASH, "'%s': a 16-character V2 hash is not compatible: regenerate it",
                  text);
        error_hint(err, "hash model, configuration and data again: ckl hash");
        return CKL_V2_HASH;
    }
    error_set(err, CKL_NOT_FOUND, "no recorded experiment is '%s'", text);
    error_hint(err, "see what is recorded: ckl log --all");
    return CKL_NOT_FOUND;
}

/* States that are recorded under `text`, or are called that where they came from: '{' is the
 * character after 'z'. A whole hash of ours means that state, whatever others call it. */
static ckl_status resolve_prefix(ledger_experiment *out, ckl_manager *manager, const char *text,
                                 ckl_error *err)
{
    char end[CKL_HASH_LENGTH + 2], found[CKL_HASH_LENGTH + 1] = "", others[128] = "";
    unsigned count = 0;
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, manager->ledger,
                                 "SELECT hash FROM _experiment WHERE hash >= :text AND hash < :end"
                                 " UNION"
                                 " SELECT experiment.hash FROM _alias AS alias"
                                 " JOIN _experiment AS experiment"
                                 "   ON experiment.id = alias.experiment"
                                 " WHERE alias.hash >= :text AND alias.hash < :end"
                                 "   AND NOT EXISTS (SELECT 1 FROM _experiment WHERE hash = :text)"
                                 " ORDER BY 1 LIMIT 4",
                                 err);
    if (status != CKL_OK)
        return status;
    snprintf(end, sizeof end, "%s{", text);
    bind_text(&row, ":text", text);
    bind_text(&row, ":end", end);
    while ((status = STATEMENT_STEP_WITH(&row, err, 0)) == CKL_OK) {
        size_t used = strlen(others);
        snprintf(others + used, sizeof others - used, "%s%s", used > 0 ? ", " : "",
                 count < 3 ? column_required(&row, 0) : "…");
        if (count++ == 0)
            snprintf(found, sizeof found, "%s", column_required(&row, 0));
    }
    if (status != CKL_DONE)
        return status;
    if (count == 0)
        return nothing_matches(text, err);
    if (count > 1) {
        error_set(err, CKL_AMBIGUOUS, "'%s' is not unique: %s", text, others);
        error_hint(err, "give more characters");
        return CKL_AMBIGUOUS;
    }
    return ledger_experiment_find(out, manager->ledger, found, err);
}

ckl_status manager_resolve(ledger_experiment *out, ckl_manager *manager, const char *text,
                           ckl_error *err)
{
    if (text[0] == '@')
        return resolve_head(out, manager, text, err);
    ckl_status status = ledger_label_find(out, manager->ledger, text, err);
    if (status != CKL_NOT_FOUND)
        return status;
    status = check_prefix(text, err);
    return status == CKL_OK ? resolve_prefix(out, manager, text, err) : status;
}

ckl_status ckl_manager_resolve(ckl_hash *out, ckl_manager *manager, const char *text,
                               ckl_error *err)
{
    ledger_experiment found;
    ckl_status status = manager_resolve(&found, manager, text, err);
    if (status == CKL_OK)
        *out = found.hash;
    return status;
}

/* ---- its content ----------------------------------------------------------------------------- */

static ckl_status find(ledger_experiment *out, ckl_manager *manager, const char *hash,
                       ckl_error *err)
{
    return manager_resolve(out, manager, hash != NULL ? hash : "@", err);
}

static ckl_status absent(const ledger_experiment *experiment, const char *what, ckl_error *err)
{
    return error_set(err, CKL_NOT_FOUND, "experiment %s has no %s", experiment->hash.text, what);
}

ckl_status ckl_manager_load_config(ckl_config **out, ckl_manager *manager, const char *hash,
                                   ckl_error *err)
{
    ledger_experiment experiment = {0};
    int64_t config = 0;
    char *content = NULL;
    ckl_status status = find(&experiment, manager, hash, err);
    if (status == CKL_OK && experiment.config == 0)
        return absent(&experiment, "configuration", err);
    if (status == CKL_OK)
        status = manager_config_of(&config, manager, &experiment, err);
    if (status == CKL_OK)
        status = ledger_config_content(&content, manager->ledger, config, err);
    if (status == CKL_OK)
        status = ckl_config_parse(out, content, strlen(content), CKL_FORMAT_JSON, "ledger.db", NULL,
                                  err);
    free(content);
    return status;
}

ckl_status ckl_manager_load_data_state(ckl_data_state **out, ckl_manager *manager, const char *hash,
                                       ckl_error *err)
{
    ledger_experiment experiment = {0};
    ckl_status status = find(&experiment, manager, hash, err);
    if (status == CKL_OK && experiment.data == 0)
        return absent(&experiment, "data state", err);
    return status == CKL_OK ? ledger_data_load(out, manager->ledger, experiment.data, 0, err)
                            : status;
}

static ckl_status load_model(ckl_model **out, ckl_manager *manager, const char *hash,
                             ckl_error *err)
{
    ledger_experiment experiment = {0};
    ckl_status status = find(&experiment, manager, hash, err);
    if (status == CKL_OK && experiment.model == 0)
        return absent(&experiment, "model", err);
    return status == CKL_OK ? ledger_model_load(out, manager->ledger, experiment.model, err)
                            : status;
}

ckl_status ckl_manager_load_model(char **out, size_t *size, ckl_manager *manager, const char *hash,
                                  ckl_error *err)
{
    ckl_model *model = NULL;
    BUF_AUTO text = BUF_INIT;
    ckl_status status = load_model(&model, manager, hash, err);
    if (status == CKL_OK && model->class_name != NULL)
        status = model_description(&text, model, err);
    else if (status == CKL_OK)
        buf_add(&text, model->opaque.data, model->opaque.size);
    if (status == CKL_OK)
        status = buf_take(out, size, &text, err);
    ckl_model_free(model);
    return status;
}

ckl_status ckl_manager_load_architecture(char **out, size_t *size, ckl_manager *manager,
                                         const char *hash, ckl_error *err)
{
    ckl_model *model = NULL;
    BUF_AUTO bytes = BUF_INIT;
    ckl_status status = load_model(&model, manager, hash, err);
    if (status == CKL_OK)
        status = model_architecture(&bytes, model, err);
    if (status == CKL_OK)
        status = buf_take(out, size, &bytes, err);
    ckl_model_free(model);
    return status;
}

/* ---- a checkpoint of it ---------------------------------------------------------------------- */

static ckl_status query_choice(statement *row, ckl_manager *manager, ckl_choice choice,
                               ckl_error *err)
{
    switch (choice) {
    case CKL_AT_STEP:
        return db_query(row, manager->ledger,
                        "SELECT path FROM _checkpoint WHERE experiment = :experiment"
                        " AND state = 'present' AND step = :step ORDER BY id DESC LIMIT 1",
                        err);
    case CKL_LATEST:
        return db_query(row, manager->ledger,
                        "SELECT path FROM _checkpoint WHERE experiment = :experiment"
                        " AND state = 'present' ORDER BY id DESC LIMIT 1",
                        err);
    case CKL_NEAREST:
        return db_query(row, manager->ledger,
                        "SELECT path FROM _checkpoint WHERE experiment = :experiment"
                        " AND state = 'present'"
                        " ORDER BY abs(step - :step), step DESC, id DESC LIMIT 1",
                        err);
    default:
        return db_query(row, manager->ledger,
                        "SELECT saved.path FROM _checkpoint AS saved"
                        " JOIN _metric AS metric ON metric.run = saved.run"
                        "   AND metric.experiment = saved.experiment AND metric.step = saved.step"
                        " JOIN _metric_name AS name ON name.id = metric.name"
                        " WHERE saved.experiment = :experiment AND saved.state = 'present'"
                        "   AND name.name = :metric AND metric.value IS NOT NULL"
                        " ORDER BY :sign * metric.value, saved.id DESC LIMIT 1",
                        err);
    }
}

static ckl_status no_checkpoint(const ledger_experiment *experiment, ckl_choice choice,
                                int64_t step, const char *metric, ckl_error *err)
{
    if (choice == CKL_AT_STEP)
        error_set(err, CKL_NOT_FOUND, "experiment %s has no checkpoint at step %lld",
                  experiment->hash.text, (long long)step);
    else if (choice == CKL_LATEST || choice == CKL_NEAREST)
        error_set(err, CKL_NOT_FOUND, "experiment %s has no checkpoint", experiment->hash.text);
    else
        error_set(err, CKL_NOT_FOUND, "experiment %s has no checkpoint with the metric '%s'",
                  experiment->hash.text, metric);
    error_hint(err, "see which there are: ckl checkpoints");
    return CKL_NOT_FOUND;
}

ckl_status manager_choose_checkpoint(char **out, ckl_manager *manager, const char *hash,
                                     ckl_choice choice, int64_t step, const char *metric,
                                     ckl_error *err)
{
    ledger_experiment experiment = {0};
    STATEMENT_AUTO row = {0};
    ckl_status status = find(&experiment, manager, hash, err);
    if (status == CKL_OK)
        status = query_choice(&row, manager, choice, err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":experiment", experiment.id);
    if (choice == CKL_AT_STEP || choice == CKL_NEAREST)
        bind_integer(&row, ":step", step);
    if (choice == CKL_BEST_LOWEST || choice == CKL_BEST_HIGHEST) {
        bind_text(&row, ":metric", metric);
        bind_integer(&row, ":sign", choice == CKL_BEST_LOWEST ? 1 : -1);
    }
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_DONE)
        return no_checkpoint(&experiment, choice, step, metric, err);
    if (status == CKL_OK && (*out = strdup(column_required(&row, 0))) == NULL)
        return error_memory(err);
    return status;
}

ckl_status ckl_manager_checkpoint_path(char **out, ckl_manager *manager, const char *hash,
                                       ckl_choice choice, int64_t step, const char *metric,
                                       ckl_error *err)
{
    char *path = NULL;
    ckl_status status = manager_choose_checkpoint(&path, manager, hash, choice, step, metric, err);
    if (status == CKL_OK)
        status = storage_path(out, manager->tree, path, err);
    free(path);
    return status;
}

/* ---- hashes as this ledger has them ---------------------------------------------------------- */

/* The segment under which the ledger knows the generator's component; absent stays absent. */
static ckl_status recorded_segment(char out[CKL_SEGMENT_LENGTH + 1], ckl_manager *manager,
                                   const ckl_hash_generator *generator, ckl_components component,
                                   const char *kind, ckl_error *err)
{
    char hex[65];
    STATEMENT_AUTO row = {0};
    memcpy(out, CKL_ABSENT_SEGMENT, CKL_SEGMENT_LENGTH + 1);
    ckl_status status = ckl_hash_generator_digest(hex, generator, component, NULL);
    if (status == CKL_NOT_FOUND)
        return CKL_OK;
    if (status == CKL_OK)
        status = db_query(&row, manager->ledger,
                          "SELECT segment FROM _component"
                          " WHERE kind = :kind AND lower(hex(digest)) = :digest",
                          err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":kind", kind);
    bind_text(&row, ":digest", hex);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        return error_set(err, CKL_NOT_FOUND, "this ledger does not know that %s", kind);
    return status == CKL_OK ? ledger_segment(out, &row, 0, err) : status;
}

ckl_status ckl_manager_recorded_hash(ckl_hash *out, ckl_manager *manager,
                                     const ckl_hash_generator *generator, ckl_error *err)
{
    char model[CKL_SEGMENT_LENGTH + 1], config[CKL_SEGMENT_LENGTH + 1],
        data[CKL_SEGMENT_LENGTH + 1];
    ckl_status status = recorded_segment(model, manager, generator, CKL_MODEL, "model", err);
    if (status == CKL_OK)
        status = recorded_segment(config, manager, generator, CKL_CONFIG, "config", err);
    if (status == CKL_OK)
        status = recorded_segment(data, manager, generator, CKL_DATA, "data", err);
    if (status == CKL_OK)
        hash_join(out, model, config, data);
    return status;
}
