/* pairs, exposure, seen, blame, churn: what follows from a history. */
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define COUNT(columns) (sizeof(columns) / sizeof *(columns))

/* How many rows are wanted: for people a page, else all. */
static ckl_status read_limit(int64_t *out, const invocation *call, int64_t page, ckl_error *err)
{
    const char *limit = option_value(call, "--limit");
    *out = is_for_people(call) ? page : 0;
    return limit != NULL ? parse_number(out, limit, "limit", 0, err) : CKL_OK;
}

/* ---- pairs ----------------------------------------------------------------------------------- */

static const table_column PAIRS[] = {{"kind", LEFT},
                                     {"item", LEFT},
                                     {"from", LEFT},
                                     {"to", LEFT},
                                     {"difference", RIGHT},
                                     {"better", LEFT},
                                     {"step", RIGHT},
                                     {"from_value", RIGHT},
                                     {"to_value", RIGHT},
                                     {"pairs", RIGHT},
                                     {"mean", RIGHT},
                                     {"spread", RIGHT},
                                     {"from_experiment", LEFT},
                                     {"to_experiment", LEFT}};

static void put_pair(table *rows, const ckl_pair_row *row)
{
    table_text(rows, row->kind);
    table_text(rows, row->item);
    table_text(rows, row->from);
    table_text(rows, row->to);
    table_real(rows, row->difference);
    table_boolean(rows, row->better);
    table_integer(rows, row->step);
    table_real(rows, row->from_value);
    table_real(rows, row->to_value);
    table_integer(rows, (int64_t)row->group_count);
    table_real(rows, row->group_mean);
    table_real(rows, row->group_spread);
    table_text(rows, row->from_experiment);
    table_text(rows, row->to_experiment);
}

static ckl_status read_pairs(ckl_pairs_options *out, const invocation *call, ckl_error *err)
{
    const char *component = option_value(call, "--component");
    bool lower = option_given(call, "--lower-is-better");
    bool higher = option_given(call, "--higher-is-better");
    ckl_status status = check_arguments(call, 1, 1, err);
    if (status != CKL_OK)
        return status;
    if (option_given(call, "--path") && option_given(call, "--tag"))
        return usage_error(call, err, "pairs differ in a path or in a tag, not in both");
    if (lower && higher)
        return usage_error(call, err, "a metric is better lower or higher, not both");
    *out = (ckl_pairs_options){.metric = call->arguments[0],
                               .path = option_value(call, "--path"),
                               .tag = option_value(call, "--tag"),
                               .higher_is_better = higher  ? 1
                                                   : lower ? 0
                                                           : -1};
    return component != NULL ? parse_component(&out->component, component, err) : CKL_OK;
}

ckl_status cmd_pairs(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_pairs_options options;
    ckl_pairs *pairs = NULL;
    const ckl_pair_row *row = NULL;
    table *rows = NULL;
    int64_t limit = 0;
    (void)exit_code;
    ckl_status status = read_pairs(&options, call, err);
    if (status == CKL_OK)
        status = read_limit(&limit, call, 30, err);
    if (status == CKL_OK)
        status = ckl_pairs_open(&pairs, manager, &options, err);
    if (status == CKL_OK)
        status = table_open(&rows, call, "pairs", PAIRS, COUNT(PAIRS), err);
    while (status == CKL_OK && (limit == 0 || (int64_t)table_row_count(rows) < limit) &&
           (status = ckl_pairs_next(&row, pairs, err)) == CKL_OK)
        put_pair(rows, row);
    status = table_close(rows, status, err);
    ckl_pairs_close(pairs);
    return status;
}

/* ---- exposure -------------------------------------------------------------------------------- */

static const table_column EXPOSURE[] = {
    {"verdict", LEFT}, {"run", LEFT},        {"step", RIGHT},  {"first_step", RIGHT},
    {"because", LEFT}, {"experiment", LEFT}, {"sha256", LEFT}, {"path", LEFT}};

static void put_exposure(table *rows, const invocation *call, const ckl_exposure_row *row)
{
    char shortened[16];
    snprintf(shortened, sizeof shortened, "%.12s", row->sha256);
    table_text(rows, row->verdict);
    table_text(rows, row->run);
    table_integer(rows, row->step);
    if (row->first_step < 0)
        table_null(rows);
    else
        table_integer(rows, row->first_step);
    table_text(rows, row->because);
    table_text(rows, row->experiment);
    table_text(rows, is_for_people(call) ? shortened : row->sha256);
    table_text(rows, row->path);
}

/* A file that says, for each checkpoint, what was found: to be checked against a ledger. */
static ckl_status write_certificate(const char *path, ckl_manager *manager, const char *uid,
                                    const char *tag, ckl_error *err)
{
    ckl_exposure *exposure = NULL;
    const ckl_exposure_row *row = NULL;
    char *receipt = NULL;
    ckl_status status = ckl_receipt(&receipt, manager, err);
    if (status == CKL_OK)
        status = ckl_exposure_open(&exposure, manager, uid, tag, err);
    FILE *file = status == CKL_OK ? fopen(path, "wx") : NULL;
    if (file == NULL) {
        ckl_free(receipt);
        ckl_exposure_close(exposure);
        if (status != CKL_OK)
            return status;
        return fail(err, CKL_IO, "could not make '%s': it must not be there yet", path);
    }
    emit_to(file);
    emit_begin();
    emit_raw("receipt", receipt);
    emit_text("uid", uid);
    emit_text("tag", tag);
    emit_open_array("checkpoints");
    while ((status = ckl_exposure_next(&row, exposure, err)) == CKL_OK) {
        emit_open_object(NULL);
        emit_integer("seq", row->seq);
        emit_text("path", row->path);
        emit_text("sha256", row->sha256);
        emit_text("verdict", row->verdict);
        emit_close_object();
    }
    emit_close_array();
    emit_end();
    emit_to(NULL);
    ckl_free(receipt);
    bool written = ferror(file) == 0;
    written = fclose(file) == 0 && written;
    ckl_exposure_close(exposure);
    if (status == CKL_DONE && !written)
        return fail(err, CKL_IO, "could not write '%s'", path);
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status cmd_exposure(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *tag = option_value(call, "--tag"), *uid = NULL;
    const char *certificate = option_value(call, "--certificate");
    ckl_exposure *exposure = NULL;
    const ckl_exposure_row *row = NULL;
    table *rows = NULL;
    (void)exit_code;
    ckl_status status = check_arguments(call, tag != NULL ? 0 : 1, tag != NULL ? 0 : 1, err);
    if (status != CKL_OK)
        return status;
    uid = tag != NULL ? NULL : call->arguments[0];
    if (certificate != NULL)
        status = write_certificate(certificate, manager, uid, tag, err);
    if (status == CKL_OK)
        status = ckl_exposure_open(&exposure, manager, uid, tag, err);
    if (status == CKL_OK)
        status = table_open(&rows, call, "checkpoints", EXPOSURE, COUNT(EXPOSURE), err);
    while (status == CKL_OK && (status = ckl_exposure_next(&row, exposure, err)) == CKL_OK)
        put_exposure(rows, call, row);
    status = table_close(rows, status, err);
    ckl_exposure_close(exposure);
    return status;
}

/* ---- seen ------------------------------------------------------------------------------------ */

static const table_column SEEN[] = {
    {"experiment", LEFT},         {"different", LEFT},    {"path_count", RIGHT}, {"paths", LEFT},
    {"sample_difference", RIGHT}, {"checkpoints", RIGHT}, {"metrics", LEFT}};

static ckl_status print_seen(const invocation *call, ckl_seen *seen, bool *exact, ckl_error *err)
{
    table *rows = NULL;
    const ckl_seen_row *row = NULL;
    ckl_status status = table_open(&rows, call, "experiments", SEEN, COUNT(SEEN), err);
    while (status == CKL_OK && (status = ckl_seen_next(&row, seen, err)) == CKL_OK) {
        *exact = *exact || row->different == 0;
        table_text(rows, row->experiment);
        table_components(rows, row->different);
        table_integer(rows, (int64_t)row->path_count);
        table_text(rows, row->paths);
        table_integer(rows, row->sample_difference);
        table_integer(rows, (int64_t)row->checkpoint_count);
        table_json(rows, row->metrics);
    }
    return table_close(rows, status, err);
}

ckl_status cmd_seen(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *model_file = option_value(call, "--model"), *config_file;
    const char *data_file = option_value(call, "--data");
    ckl_model *model = NULL;
    ckl_config *config = NULL;
    ckl_data_state *data = NULL;
    ckl_seen *seen = NULL;
    int64_t limit = 0;
    bool exact = false;
    config_file = option_value(call, "--config");
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK && model_file == NULL && config_file == NULL && data_file == NULL)
        status = usage_error(call, err, "ckl seen needs --model, --config or --data");
    if (status == CKL_OK)
        status = check_standard_input(call, err);
    if (status == CKL_OK)
        status = read_limit(&limit, call, 10, err);
    if (status == CKL_OK && model_file != NULL)
        status = ckl_model_read(&model, model_file, &WARNINGS, err);
    if (status == CKL_OK && config_file != NULL)
        status = ckl_config_read(&config, config_file, &WARNINGS, err);
    if (status == CKL_OK && data_file != NULL)
        status = ckl_data_state_read(&data, data_file, &WARNINGS, err);
    if (status == CKL_OK)
        status = ckl_seen_open(&seen, manager, model, config, data, (uint64_t)limit, err);
    if (status == CKL_OK)
        status = print_seen(call, seen, &exact, err);
    if (status == CKL_OK && !exact)
        *exit_code = 1;
    ckl_seen_close(seen);
    ckl_model_free(model);
    ckl_config_free(config);
    ckl_data_state_free(data);
    return status;
}

/* ---- blame ----------------------------------------------------------------------------------- */

static const table_column BLAME[] = {
    {"stands_out", LEFT}, {"seq", RIGHT},    {"at", LEFT},     {"kind", LEFT},   {"changed", LEFT},
    {"what", LEFT},       {"before", RIGHT}, {"after", RIGHT}, {"moved", RIGHT}, {"chance", RIGHT},
    {"experiment", LEFT}, {"actor", LEFT},   {"reason", LEFT}};

static void put_blame(table *rows, const ckl_blame_row *row)
{
    table_boolean(rows, row->stands_out);
    table_integer(rows, row->seq);
    table_time(rows, row->at_us);
    table_text(rows, row->kind);
    table_components(rows, row->changed);
    table_text(rows, row->what);
    table_real(rows, row->before);
    table_real(rows, row->after);
    table_real(rows, row->moved);
    table_real(rows, row->chance);
    table_text(rows, row->experiment);
    table_text(rows, row->actor);
    table_text(rows, row->reason);
}

ckl_status cmd_blame(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *window = option_value(call, "--window");
    ckl_blame *blame = NULL;
    const ckl_blame_row *row = NULL;
    table *rows = NULL;
    int64_t limit = 0, size = 0;
    bool any = false;
    (void)exit_code;
    ckl_status status = check_arguments(call, 1, 1, err);
    if (status == CKL_OK && window != NULL)
        status = parse_number(&size, window, "window", 2, err);
    if (status == CKL_OK)
        status = read_limit(&limit, call, 10, err);
    if (status == CKL_OK)
        status = ckl_blame_open(&blame, manager, call->arguments[0], (uint64_t)size, err);
    if (status == CKL_OK)
        status = table_open(&rows, call, "changes", BLAME, COUNT(BLAME), err);
    while (status == CKL_OK && (limit == 0 || (int64_t)table_row_count(rows) < limit) &&
           (status = ckl_blame_next(&row, blame, err)) == CKL_OK) {
        any = any || row->stands_out;
        put_blame(rows, row);
    }
    status = table_close(rows, status, err);
    if (status == CKL_OK && !any && is_for_people(call))
        puts("nothing stands out: no change moved the metric further than it moves by itself");
    ckl_blame_close(blame);
    return status;
}

/* ---- churn ----------------------------------------------------------------------------------- */

static const table_column CHURN[] = {{"changes", RIGHT},  {"run", LEFT}, {"kind", LEFT},
                                     {"item", LEFT},      {"tag", LEFT}, {"last_seq", RIGHT},
                                     {"last_actor", LEFT}};

ckl_status cmd_churn(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_churn *churn = NULL;
    const ckl_churn_row *row = NULL;
    table *rows = NULL;
    int64_t limit = 0;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK)
        status = read_limit(&limit, call, 30, err);
    if (status == CKL_OK)
        status = ckl_churn_open(&churn, manager, call->run, err);
    if (status == CKL_OK)
        status = table_open(&rows, call, "churn", CHURN, COUNT(CHURN), err);
    while (status == CKL_OK && (limit == 0 || (int64_t)table_row_count(rows) < limit) &&
           (status = ckl_churn_next(&row, churn, err)) == CKL_OK) {
        table_integer(rows, (int64_t)row->count);
        table_text(rows, row->run);
        table_text(rows, row->kind);
        table_text(rows, row->item);
        table_text(rows, row->tag);
        table_integer(rows, row->last_seq);
        table_text(rows, row->last_actor);
    }
    status = table_close(rows, status, err);
    ckl_churn_close(churn);
    return status;
}
