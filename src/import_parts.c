/* The parts of an experiment: the files that its hash stands for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "import_internal.h"

void import_free_parts(import_parts *given)
{
    ckl_model_free(given->model);
    ckl_config_free(given->config);
    ckl_data_state_free(given->state);
}

/* The file of the experiment, or of another one with the same segment. NULL: none. */
static const char *file_of(const json_t *list, const char *hash, const char *segment)
{
    const char *own = json_string_value(json_object_get(list, hash));
    return own != NULL ? own : json_string_value(json_object_get(list, segment));
}

/* What was not saved is known by its segment alone. */
static ckl_status unknown_model(ckl_model **out, const char *segment, ckl_error *err)
{
    char value[16];
    snprintf(value, sizeof value, "\"%s\"", segment);
    ckl_status status = ckl_model_new(out, "(not saved)", err);
    return status == CKL_OK ? ckl_model_add_attribute(*out, "segment", value, err) : status;
}

static ckl_status read_model(import_parts *out, const ckl_import *done, const char *hash,
                             const char *segment, ckl_error *err)
{
    char *bytes = NULL;
    size_t size = 0;
    const char *path = file_of(done->architectures, hash, segment);
    if (path == NULL)
        return unknown_model(&out->model, segment, err);
    ckl_status status = doc_read_file(&bytes, &size, path, (size_t)64 << 20, err);
    if (status == CKL_OK)
        status = ckl_model_from_bytes(&out->model, bytes, size, err);
    free(bytes);
    return status;
}

ckl_status import_read_parts(import_parts *out, const ckl_import *done, const char *hash,
                             ckl_error *err)
{
    char config[9], model[9], data[9];
    snprintf(config, sizeof config, "%.8s", hash);
    snprintf(model, sizeof model, "%.8s", hash + 8);
    snprintf(data, sizeof data, "%.8s", hash + 16);
    const char *config_path = file_of(done->configs, hash, config);
    const char *state_path = file_of(done->states, hash, data);
    ckl_status status = CKL_OK;
    if (strcmp(config, CKL_ABSENT_SEGMENT) != 0 && config_path == NULL)
        return error_set(err, CKL_INVALID, "its configuration is not there");
    if (strcmp(data, CKL_ABSENT_SEGMENT) != 0 && state_path == NULL)
        return error_set(err, CKL_INVALID, "its data state is not there");
    if (strcmp(config, CKL_ABSENT_SEGMENT) != 0)
        status = ckl_config_read(&out->config, config_path, NULL, err);
    if (status == CKL_OK && out->config != NULL)
        status = config_check_recordable(out->config, err);
    if (status == CKL_OK && strcmp(model, CKL_ABSENT_SEGMENT) != 0)
        status = read_model(out, done, hash, model, err);
    if (status == CKL_OK && strcmp(data, CKL_ABSENT_SEGMENT) != 0)
        status = import_read_state(&out->state, state_path, err);
    if (status == CKL_OK && out->state != NULL)
        status = state_check_recordable(out->state, err);
    if (status == CKL_OK && out->config == NULL && out->model == NULL && out->state == NULL)
        return error_set(err, CKL_INVALID, "all of it is absent");
    return status;
}
