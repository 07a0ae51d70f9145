/* hash, compare: without a ledger. */
#include <stdlib.h>
#include <string.h>

#include "command.h"

typedef struct given {
    ckl_model *model;
    ckl_config *config;
    ckl_data_state *data;
} given;

static void free_given(given *values)
{
    ckl_model_free(values->model);
    ckl_config_free(values->config);
    ckl_data_state_free(values->data);
}

static ckl_status read_given(given *out, const invocation *call, ckl_error *err)
{
    const char *model = option_value(call, "--model"), *config = option_value(call, "--config");
    const char *data = option_value(call, "--data");
    ckl_status status = CKL_OK;
    if (model == NULL && config == NULL && data == NULL)
        return usage_error(call, err, "ckl %s needs --model, --config or --data",
                           call->command->name);
    status = check_standard_input(call, err);
    if (status == CKL_OK && model != NULL)
        status = ckl_model_read(&out->model, model, &WARNINGS, err);
    if (status == CKL_OK && config != NULL)
        status = ckl_config_read(&out->config, config, &WARNINGS, err);
    if (status == CKL_OK && data != NULL) {
        progress_begin("reading the data state", data);
        status = ckl_data_state_read(&out->data, data, &WARNINGS, err);
        progress_end();
    }
    return status;
}

static ckl_status explain(const given *values, const char *what, bool lines, char **ignored,
                          size_t ignored_count, ckl_error *err)
{
    ckl_canonical_options options = {lines, (const char *const *)ignored, ignored_count};
    bool model = strcmp(what, "model") == 0, config = strcmp(what, "config") == 0;
    char *text = NULL;
    size_t size = 0;
    if (!model && !config && strcmp(what, "data") != 0)
        return fail(err, CKL_INVALID, "--explain takes model, config or data, not '%s'", what);
    if ((model && values->model == NULL) || (config && values->config == NULL) ||
        (!model && !config && values->data == NULL))
        return fail(err, CKL_INVALID, "--explain %s needs --%s FILE", what, what);
    ckl_status status = ckl_canonical_text(&text, &size, model ? values->model : NULL,
                                           config ? values->config : NULL,
                                           !model && !config ? values->data : NULL, &options, err);
    if (status != CKL_OK)
        return status;
    fwrite(text, 1, size, stdout);
    if (lines && size > 0)
        fputc('\n', stdout);
    ckl_free(text);
    return CKL_OK;
}

/* The parts of a result that exist for present components only. */
typedef struct result {
    ckl_hash hash;
    ckl_component_hashes parts;
    char digests[3][65];
    bool present[3];
    ckl_hash recorded;
    bool is_recorded;
} result;

static const char *const NAMES[] = {"model", "config", "data"};

static const char *part_of(const result *found, int index)
{
    const char *parts[] = {found->parts.model, found->parts.config, found->parts.data};
    return found->present[index] ? parts[index] : NULL;
}

static void print_json(const result *found)
{
    emit_begin();
    emit_text("experiment", found->hash.text);
    emit_text("recorded", found->is_recorded ? found->recorded.text : NULL);
    for (int index = 0; index < 3; index++)
        emit_text(NAMES[index], part_of(found, index));
    emit_open_object("digests");
    for (int index = 0; index < 3; index++)
        emit_text(NAMES[index], found->present[index] ? found->digests[index] : NULL);
    emit_close_object();
    emit_end();
}

static void print_text(const result *found)
{
    printf("%s\n", found->hash.text);
    for (int index = 0; index < 3; index++) {
        if (found->present[index])
            printf("  %-8s%s  sha256 %s\n", NAMES[index], part_of(found, index),
                   found->digests[index]);
        else
            printf("  %-8sabsent\n", NAMES[index]);
    }
    if (found->is_recorded)
        printf("  recorded %s\n", found->recorded.text);
}

static ckl_status compute(result *out, ckl_hash_generator *generator, const given *values,
                          ckl_manager *manager, ckl_error *err)
{
    ckl_status status = ckl_hash_generator_generate_hash(&out->hash, generator, values->model,
                                                         values->config, values->data, err);
    if (status == CKL_OK)
        status = ckl_hash_generator_get_component_hashes(&out->parts, generator, err);
    for (int index = 0; status == CKL_OK && index < 3; index++)
        out->present[index] =
            ckl_hash_generator_digest(out->digests[index], generator, 1u << index, NULL) == CKL_OK;
    if (status == CKL_OK && manager != NULL)
        out->is_recorded =
            ckl_manager_recorded_hash(&out->recorded, manager, generator, NULL) == CKL_OK;
    return status;
}

static ckl_status hash_given(const invocation *call, const given *values, ckl_manager *manager,
                             ckl_error *err)
{
    ckl_hash_generator *generator = NULL;
    char **ignored = NULL;
    size_t count = 0;
    result found = {0};
    ckl_status status = ckl_hash_generator_new(&generator, err);
    if (status == CKL_OK && manager != NULL)
        status = ckl_manager_ignored_paths(&ignored, &count, manager, err);
    for (size_t index = 0; status == CKL_OK && index < count; index++)
        status = ckl_hash_generator_ignore(generator, ignored[index], err);
    if (status == CKL_OK && option_given(call, "--explain")) {
        status = explain(values, option_value(call, "--explain"), option_given(call, "--lines"),
                         ignored, count, err);
    } else if (status == CKL_OK) {
        status = compute(&found, generator, values, manager, err);
        if (status == CKL_OK && call->json)
            print_json(&found);
        else if (status == CKL_OK)
            print_text(&found);
    }
    ckl_hash_generator_free(generator);
    ckl_free(ignored);
    return status;
}

ckl_status cmd_hash(invocation *call, ckl_manager *none, int *exit_code, ckl_error *err)
{
    given values = {0};
    ckl_manager *manager = NULL;
    (void)none;
    (void)exit_code;
    ckl_status status = check_arguments(call, 0, 0, err);
    if (status == CKL_OK)
        status = read_given(&values, call, err);
    if (status == CKL_OK) {
        ckl_status found = open_if_there(&manager, call, err);
        status = found;
        if (found == CKL_NOT_FOUND && call->root == NULL) {
            ckl_error_clear(err);
            status = CKL_OK;
        }
    }
    if (status == CKL_OK)
        status = hash_given(call, &values, manager, err);
    ckl_manager_close(manager);
    free_given(&values);
    return status;
}

ckl_status cmd_compare(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    ckl_components changed = 0;
    (void)manager;
    (void)exit_code;
    ckl_status status = check_arguments(call, 2, 2, err);
    if (status == CKL_OK)
        status = ckl_compare_hashes(&changed, call->arguments[0], call->arguments[1], err);
    if (status != CKL_OK)
        return status;
    if (call->json) {
        emit_begin();
        emit_components("changed", changed);
        emit_end();
    } else {
        printf("%s\n", components_text(changed));
    }
    return CKL_OK;
}
