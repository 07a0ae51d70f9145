#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "doc.h"
#include "value.h"

ckl_status config_from_tree(ckl_config **out, json_t *tree, const char *name, ckl_error *err)
{
    BUF_AUTO text = BUF_INIT;
    ckl_config *config = NULL;
    ckl_status status = CKL_OK;
    if (!json_is_object(tree)) {
        status = error_set(err, CKL_INVALID, "%s: a configuration is an object", name);
        error_hint(err, "give names and values, as in {\"lr\": 0.001}");
    }
    if (status == CKL_OK && (config = calloc(1, sizeof *config)) == NULL)
        status = error_memory(err);
    if (status == CKL_OK) {
        canon_value(&text, tree);
        status = buf_take(&config->text, &config->size, &text, err);
    }
    if (status != CKL_OK) {
        json_decref(tree);
        free(config);
        return status;
    }
    config->tree = tree;
    *out = config;
    return CKL_OK;
}

static ckl_status check_value(const json_t *value, int depth, ckl_error *err)
{
    const char *key;
    size_t index;
    json_t *child;
    ckl_status status = CKL_OK;
    if (depth > DOC_DEPTH_MAX)
        return error_set(err, CKL_INVALID, "a configuration nested deeper than %d is not recorded",
                         DOC_DEPTH_MAX);
    if (doc_wide_integer(value) != NULL)
        return error_set(err, CKL_INVALID, "integer outside int64: %s", doc_wide_integer(value));
    if (json_is_string(value) && strlen(json_string_value(value)) != json_string_length(value))
        return error_set(err, CKL_INVALID, "NUL in text: such a configuration is not recorded");
    json_object_foreach((json_t *)(uintptr_t)value, key, child)
    {
        if (status == CKL_OK)
            status =
                check_value(child, depth + (json_is_object(child) || json_is_array(child)), err);
    }
    json_array_foreach(value, index, child)
    {
        if (status == CKL_OK)
            status =
                check_value(child, depth + (json_is_object(child) || json_is_array(child)), err);
    }
    return status;
}

ckl_status config_check_recordable(const ckl_config *config, ckl_error *err)
{
    return check_value(config->tree, 1, err);
}

ckl_status config_canonical(buf *out, const ckl_config *config, const char *const *ignored,
                            size_t count, ckl_error *err)
{
    json_t *rest = NULL;
    if (count == 0) {
        buf_add(out, config->text, config->size);
        return buf_check(out, err);
    }
    ckl_status status = canon_without(&rest, config->tree, ignored, count, err);
    if (status != CKL_OK)
        return status;
    canon_value(out, rest);
    json_decref(rest);
    return buf_check(out, err);
}

ckl_status ckl_config_parse(ckl_config **out, const char *text, size_t size, ckl_format format,
                            const char *name, const ckl_warning_sink *warnings, ckl_error *err)
{
    json_t *tree = NULL;
    doc_options options = {
        .format = format, .name = name, .configuration = true, .warnings = warnings};
    ckl_status status = doc_parse(&tree, text, size, &options, err);
    return status == CKL_OK ? config_from_tree(out, tree, name, err) : status;
}

ckl_status ckl_config_read(ckl_config **out, const char *path, const ckl_warning_sink *warnings,
                           ckl_error *err)
{
    char *text = NULL;
    size_t size = 0;
    ckl_status status = doc_read_file(&text, &size, path, DOC_SIZE_MAX, err);
    if (status == CKL_OK)
        status = ckl_config_parse(out, text, size, CKL_FORMAT_BY_NAME, path, warnings, err);
    free(text);
    return status;
}

const char *ckl_config_text(const ckl_config *config)
{
    return config->text;
}

ckl_config *config_share(const ckl_config *config)
{
    ckl_config *shared = (ckl_config *)(uintptr_t)config;
    shared->shares++;
    return shared;
}

void ckl_config_free(ckl_config *config)
{
    if (config == NULL)
        return;
    if (config->shares > 0) {
        config->shares--;
        return;
    }
    json_decref(config->tree);
    free(config->text);
    free(config);
}
