/* The commands that record: update, discard and its kin, dump, checkpoint, metric, ignore. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define ARCHITECTURE_MAX ((size_t)64 * 1024 * 1024)

static ckl_status read_architecture(ckl_model **model, const char *path, ckl_error *err)
{
    char *bytes = NULL;
    size_t size = 0;
    ckl_status status = read_file(&bytes, &size, path, ARCHITECTURE_MAX, err);
    if (status == CKL_OK && *model == NULL)
        status = ckl_model_from_bytes(model, bytes, size, err);
    else if (status == CKL_OK)
        status = ckl_model_set_architecture(*model, bytes, size, err);
    free(bytes);
    return status;
}

/* ---- what became of the head ----------------------------------------------------------------- */

static void note_ignored(const ckl_update_result *result)
{
    fputs("ckl: '", stderr);
    put_to(stderr, result->first_ignored);
    if (result->ignored_uids == 1)
        fputs("' is", stderr);
    else
        fprintf(stderr, "' and %llu more uids are", (unsigned long long)(result->ignored_uids - 1));
    fputs(" discarded or tagged but not among the samples: not counted\n", stderr);
}

static void print_result(const invocation *call, const ckl_update_result *result)
{
    if (result->ignored_uids > 0)
        note_ignored(result);
    if (call->json) {
        emit_begin();
        emit_text("experiment", result->experiment.text);
        emit_boolean("is_new", result->is_new);
        emit_boolean("recorded_before", result->recorded_before);
        emit_components("changed", result->changed);
        emit_components("pending", result->pending);
        emit_integer("ignored_uids", (int64_t)result->ignored_uids);
        emit_end();
        return;
    }
    printf("%s\n", result->experiment.text);
    put_line("changed", components_text(result->changed));
    put_line("pending", components_text(result->pending));
    if (result->is_new && result->recorded_before)
        put_line("recorded", "before");
}

/* ---- update ---------------------------------------------------------------------------------- */

static ckl_status read_update(ckl_model **model, ckl_config **config, ckl_data_state **data,
                              const invocation *call, ckl_error *err)
{
    const char *model_file = option_value(call, "--model");
    const char *architecture = option_value(call, "--architecture");
    const char *config_file = option_value(call, "--config");
    const char *data_file = option_value(call, "--data");
    ckl_status status = CKL_OK;
    if (model_file == NULL && architecture == NULL && config_file == NULL && data_file == NULL)
        return usage_error(call, err,
                           "ckl update needs --model, --architecture, --config or --data");
    status = check_standard_input(call, err);
    if (status == CKL_OK && model_file != NULL)
        status = ckl_model_read(model, model_file, &WARNINGS, err);
    if (status == CKL_OK && architecture != NULL)
        status = read_architecture(model, architecture, err);
    if (status == CKL_OK && config_file != NULL)
        status = ckl_config_read(config, config_file, &WARNINGS, err);
    if (status == CKL_OK && data_file != NULL) {
        progress_begin("reading the data state", data_file);
        status = ckl_data_state_read(data, data_file, &WARNINGS, err);
        progress_end();
    }
    return status;
}

ckl_status cmd_update(invocation *call, ckl_manager *none, int *exit_code, ckl_error *err)
{
    ckl_model *model = NULL;
    ckl_config *config = NULL;
    ckl_data_state *data = NULL;
    ckl_manager *manager = NULL;
    ckl_update_result result;
    (void)none;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK)
        status = read_update(&model, &config, &data, call, err);
    if (status == CKL_OK)
        status = open_to_write(&manager, call, err);
    if (status == CKL_OK) {
        ckl_update update = {.model = model,
                             .config = config,
                             .data = data,
                             .dump_immediately = option_given(call, "--dump"),
                             .reason = option_value(call, "--reason")};
        progress_begin("recording", NULL);
        status = ckl_manager_update_experiment_hash(&result, manager, &update, err);
        progress_end();
    }
    if (status == CKL_OK)
        print_result(call, &result);
    ckl_manager_close(manager);
    ckl_model_free(model);
    ckl_config_free(config);
    ckl_data_state_free(data);
    return status;
}

/* ---- discard, restore, tag, untag ------------------------------------------------------------ */

static ckl_status edit(invocation *call, ckl_manager *manager, ckl_edit_action action,
                       ckl_error *err)
{
    bool tags = action == CKL_EDIT_TAG || action == CKL_EDIT_UNTAG;
    uid_list list = {0};
    ckl_update_result result;
    if (tags && call->argument_count == 0)
        return usage_error(call, err, "ckl %s needs a tag", call->command->name);
    ckl_status status = collect_uids(&list, call, tags ? 1 : 0, err);
    if (status == CKL_OK) {
        ckl_edit wanted = {.action = action,
                           .tag = tags ? call->arguments[0] : NULL,
                           .uids = list.uids,
                           .uid_count = list.count,
                           .reason = option_value(call, "--reason")};
        progress_begin("recording", NULL);
        status = ckl_manager_edit_samples(&result, manager, &wanted, err);
        progress_end();
    }
    if (status == CKL_OK)
        print_result(call, &result);
    free_uids(&list);
    return status;
}

ckl_status cmd_discard(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    (void)exit_code;
    return edit(call, manager, CKL_EDIT_DISCARD, err);
}

ckl_status cmd_restore(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    (void)exit_code;
    return edit(call, manager, CKL_EDIT_RESTORE, err);
}

ckl_status cmd_tag(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    (void)exit_code;
    return edit(call, manager, CKL_EDIT_TAG, err);
}

ckl_status cmd_untag(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    (void)exit_code;
    return edit(call, manager, CKL_EDIT_UNTAG, err);
}

/* ---- dump ------------------------------------------------------------------------------------ */

ckl_status cmd_dump(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_dump_result result;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 0, err);
    progress_begin("dumping", NULL);
    if (status == CKL_OK)
        status =
            ckl_manager_dump_pending_changes(&result, manager, option_given(call, "--force"), err);
    progress_end();
    if (status != CKL_OK)
        return status;
    if (result.experiment.text[0] == '\0')
        return fail(err, CKL_NOT_FOUND, "nothing is recorded in run '%s' yet: nothing to dump",
                    ckl_manager_run(manager));
    if (call->json) {
        emit_begin();
        emit_text("experiment", result.experiment.text);
        emit_components("dumped", result.dumped);
        emit_end();
        return CKL_OK;
    }
    printf("%s\n", result.experiment.text);
    put_line("dumped", components_text(result.dumped));
    put_line("directory", result.directory);
    return CKL_OK;
}

/* ---- checkpoint, metric ---------------------------------------------------------------------- */

static void print_checkpoint(const invocation *call, const ckl_checkpoint_result *result)
{
    char number[32];
    if (call->json) {
        emit_begin();
        emit_text("experiment", result->experiment.text);
        emit_integer("step", result->step);
        emit_text("path", result->path);
        emit_integer("bytes", (int64_t)result->bytes);
        emit_text("sha256", result->sha256);
        emit_components("pending", result->pending);
        emit_end();
        return;
    }
    printf("%s\n", result->path);
    snprintf(number, sizeof number, "%lld", (long long)result->step);
    put_line("step", number);
    snprintf(number, sizeof number, "%llu", (unsigned long long)result->bytes);
    put_line("bytes", number);
    put_line("sha256", result->sha256);
    put_line("pending", components_text(result->pending));
}

ckl_status cmd_checkpoint(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *step = option_value(call, "--step"), *weights = option_value(call, "--weights");
    metric_list metrics = {0};
    ckl_checkpoint wanted = {.path = weights,
                             .move = option_given(call, "--move"),
                             .note = option_value(call, "--note"),
                             .force_dump_pending = option_given(call, "--force-dump")};
    ckl_checkpoint_result result;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK && (step == NULL || weights == NULL))
        status = usage_error(call, err, "ckl checkpoint needs --step and --weights");
    if (status == CKL_OK)
        status = parse_number(&wanted.step, step, "step", 0, err);
    if (status == CKL_OK && wanted.move && strcmp(weights, "-") == 0)
        status = usage_error(call, err, "standard input cannot be moved");
    if (status == CKL_OK)
        status = collect_metrics(&metrics, call->repeated, call->repeated_count, err);
    wanted.metrics = metrics.metrics;
    wanted.metric_count = metrics.count;
    progress_begin("saving the weights", weights);
    if (status == CKL_OK)
        status = ckl_manager_save_model_checkpoint(&result, manager, &wanted, err);
    progress_end();
    if (status == CKL_OK)
        print_checkpoint(call, &result);
    free_metrics(&metrics);
    return status;
}

static void print_metrics(const invocation *call, int64_t step, const metric_list *metrics)
{
    char number[32];
    if (call->json) {
        emit_begin();
        emit_integer("step", step);
        emit_open_object("metrics");
        for (size_t index = 0; index < metrics->count; index++) {
            double value = metrics->metrics[index].value;
            emit_raw(metrics->metrics[index].name,
                     isfinite(value) ? shortest_real(number, value) : NULL);
        }
        emit_close_object();
        emit_end();
        return;
    }
    for (size_t index = 0; index < metrics->count; index++) {
        put_line(metrics->metrics[index].name,
                 shortest_real(number, metrics->metrics[index].value));
    }
}

ckl_status cmd_metric(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *text = option_value(call, "--step");
    metric_list metrics = {0};
    int64_t step = 0;
    (void)exit_code;
    ckl_status status = check_arguments(call, 1, SIZE_MAX, err);
    if (status == CKL_OK && text == NULL)
        status = usage_error(call, err, "ckl metric needs --step");
    if (status == CKL_OK)
        status = parse_number(&step, text, "step", 0, err);
    if (status == CKL_OK)
        status = collect_metrics(&metrics, call->arguments, call->argument_count, err);
    for (size_t index = 0; status == CKL_OK && index < metrics.count; index++)
        status = ckl_manager_log_metric(manager, step, metrics.metrics[index].name,
                                        metrics.metrics[index].value, err);
    if (status == CKL_OK)
        status = ckl_manager_flush_metrics(manager, err);
    if (status == CKL_OK)
        print_metrics(call, step, &metrics);
    free_metrics(&metrics);
    return status;
}

/* ---- ignore ---------------------------------------------------------------------------------- */

static ckl_status list_ignored(const invocation *call, ckl_manager *manager, ckl_error *err)
{
    char **paths = NULL;
    size_t count = 0;
    ckl_status status = ckl_manager_ignored_paths(&paths, &count, manager, err);
    if (status != CKL_OK)
        return status;
    if (call->json) {
        emit_begin();
        emit_open_array("ignored");
    }
    for (size_t index = 0; index < count; index++) {
        if (call->json) {
            emit_text(NULL, paths[index]);
        } else {
            put(paths[index]);
            putchar('\n');
        }
    }
    if (call->json) {
        emit_close_array();
        emit_end();
    }
    ckl_free(paths);
    return CKL_OK;
}

/* All of the paths or none: whether they are paths shows before the first is recorded. */
static ckl_status check_paths(const invocation *call, ckl_error *err)
{
    ckl_hash_generator *generator = NULL;
    ckl_status status = ckl_hash_generator_new(&generator, err);
    for (size_t index = 0; status == CKL_OK && index < call->argument_count; index++)
        status = ckl_hash_generator_ignore(generator, call->arguments[index], err);
    ckl_hash_generator_free(generator);
    return status;
}

ckl_status cmd_ignore(invocation *call, ckl_manager *none, int *exit_code, ckl_error *err)
{
    ckl_manager *manager = NULL;
    bool remove = option_given(call, "--remove");
    (void)none;
    (void)exit_code;
    if (remove && call->argument_count == 0)
        return usage_error(call, err, "ckl ignore --remove needs a path");
    ckl_status status = check_paths(call, err);
    if (status == CKL_OK && call->argument_count == 0)
        status = open_if_there(&manager, call, err);
    else if (status == CKL_OK)
        status = remove ? open_to_change(&manager, call, err) : open_to_write(&manager, call, err);
    for (size_t index = 0; status == CKL_OK && index < call->argument_count; index++)
        status = ckl_manager_ignore(NULL, manager, call->arguments[index], !remove,
                                    option_value(call, "--reason"), err);
    if (status == CKL_OK)
        status = list_ignored(call, manager, err);
    ckl_manager_close(manager);
    return status;
}
