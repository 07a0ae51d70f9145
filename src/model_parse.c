/* Reading a model's description: class, attributes, modules; or what a file of weights says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "model_file.h"

/* Every key must be one of `allowed`. */
static ckl_status check_keys(const json_t *object, const char *const *allowed, const char *name,
                             const char *place, ckl_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        bool known = false;
        for (size_t index = 0; allowed[index] != NULL; index++)
            known = known || strcmp(allowed[index], key) == 0;
        if (!known) {
            error_set(err, CKL_INVALID, "%s: at %s: unknown key '%s' in a model", name, place, key);
            error_hint(err, "a model has class, attributes and modules; a module name, type and "
                            "attributes");
            return CKL_INVALID;
        }
    }
    return CKL_OK;
}

static ckl_status expected(const char *name, const char *place, const char *what, ckl_error *err)
{
    return error_set(err, CKL_INVALID, "%s: at %s: %s is expected", name, place, what);
}

static ckl_status read_attributes(json_t **out, const json_t *object, const char *name,
                                  const char *place, ckl_error *err)
{
    const char *key;
    json_t *value, *attributes = json_object_get(object, "attributes");
    ckl_status status = CKL_OK;
    if (attributes == NULL)
        return CKL_OK;
    if (!json_is_object(attributes))
        return expected(name, place, "'attributes', an object,", err);
    json_object_foreach(attributes, key, value)
    {
        ckl_error inner = {0};
        if (status == CKL_OK && model_put_attribute(out, key, value, place, &inner) != CKL_OK)
            status = error_set(err, inner.code, "%s: %s", name, inner.message);
    }
    return status;
}

/* NULL when it is missing or something else. */
static const char *text_member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return doc_wide_integer(value) == NULL ? json_string_value(value) : NULL;
}

static ckl_status read_module(ckl_model *model, const json_t *module, size_t index,
                              const char *name, ckl_error *err)
{
    static const char *const ALLOWED[] = {"name", "type", "attributes", NULL};
    char place[64];
    snprintf(place, sizeof place, "/modules/%zu", index);
    if (!json_is_object(module))
        return expected(name, place, "a module (an object)", err);
    ckl_status status = check_keys(module, ALLOWED, name, place, err);
    if (status != CKL_OK)
        return status;
    const char *module_name = text_member(module, "name"), *type = text_member(module, "type");
    if (module_name == NULL || module_name[0] == '\0')
        return expected(name, place, "'name', a text that is not empty,", err);
    if (type == NULL || type[0] == '\0')
        return expected(name, place, "'type', a text that is not empty,", err);
    status = model_push_module(model, module_name, type, err);
    if (status != CKL_OK)
        return status;
    return read_attributes(&model->modules[model->module_count - 1].attributes, module, name, place,
                           err);
}

static int compare_names(const void *first, const void *second)
{
    return strcmp(*(char *const *)first, *(char *const *)second);
}

static ckl_status check_unique(const ckl_model *model, const char *name, ckl_error *err)
{
    const char **names = calloc(model->module_count + 1, sizeof *names);
    ckl_status status = CKL_OK;
    if (names == NULL)
        return error_memory(err);
    for (size_t index = 0; index < model->module_count; index++)
        names[index] = model->modules[index].name;
    qsort(names, model->module_count, sizeof *names, compare_names);
    for (size_t index = 1; status == CKL_OK && index < model->module_count; index++) {
        if (strcmp(names[index - 1], names[index]) == 0)
            status =
                error_set(err, CKL_INVALID, "%s: duplicate module name '%s'", name, names[index]);
    }
    free(names);
    return status;
}

static const char *const DESCRIPTION_KEYS[] = {"class", "attributes", "modules", NULL};

static bool is_description_key(const char *key)
{
    size_t index = 0;
    while (DESCRIPTION_KEYS[index] != NULL && strcmp(DESCRIPTION_KEYS[index], key) != 0)
        index++;
    return DESCRIPTION_KEYS[index] != NULL;
}

/* A description has a class, a state dict only tensors; what has both is neither. */
static ckl_status tell_apart(bool *is_state_dict, const json_t *tree, const char *name,
                             ckl_error *err)
{
    const char *key, *shaped = NULL, *described = NULL;
    json_t *value;
    bool has_tensors = false;
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        bool is_tensor = !is_description_key(key) && state_dict_has_form(value);
        if (described == NULL && is_description_key(key))
            described = key;
        /* [] is the shape of one number, but beside a class just a list. */
        if (shaped == NULL && is_tensor && !(json_is_array(value) && json_array_size(value) == 0))
            shaped = key;
        has_tensors = has_tensors || is_tensor;
    }
    *is_state_dict = described == NULL && has_tensors;
    if (described == NULL || shaped == NULL)
        return CKL_OK;
    error_set(err, CKL_INVALID, "%s: '%.200s' looks like a tensor, but there is '%s', too", name,
              shaped, described);
    error_hint(err, "a model is a description (class, attributes, modules) or a state dict (only "
                    "tensors), not both");
    return CKL_INVALID;
}

static ckl_status read_tree(ckl_model **out, const json_t *tree, const char *name, ckl_error *err)
{
    ckl_model *model = NULL;
    bool is_state_dict = false;
    if (!json_is_object(tree))
        return error_set(err, CKL_INVALID, "%s: a model is an object", name);
    ckl_status status = tell_apart(&is_state_dict, tree, name, err);
    if (status == CKL_OK && is_state_dict)
        return state_dict_read(out, tree, name, err);
    if (status == CKL_OK)
        status = check_keys(tree, DESCRIPTION_KEYS, name, "/", err);
    const char *class_name = text_member(tree, "class");
    const json_t *modules = json_object_get(tree, "modules");
    if (status == CKL_OK && (class_name == NULL || class_name[0] == '\0'))
        status = expected(name, "/class", "a text that is not empty", err);
    if (status == CKL_OK && modules != NULL && !json_is_array(modules))
        status = expected(name, "/modules", "a list of modules", err);
    if (status == CKL_OK)
        status = ckl_model_new(&model, class_name, err);
    if (status == CKL_OK)
        status = read_attributes(&model->attributes, tree, name, "/", err);
    for (size_t index = 0; status == CKL_OK && index < json_array_size(modules); index++)
        status = read_module(model, json_array_get(modules, index), index, name, err);
    if (status == CKL_OK)
        status = check_unique(model, name, err);
    if (status == CKL_OK)
        *out = model;
    else
        ckl_model_free(model);
    return status;
}

static ckl_status read_text(ckl_model **out, const char *text, size_t size,
                            const doc_options *options, ckl_error *err)
{
    json_t *tree = NULL;
    ckl_status status = doc_parse(&tree, text, size, options, err);
    if (status == CKL_OK)
        status = read_tree(out, tree, options->name, err);
    json_decref(tree);
    return status;
}

ckl_status ckl_model_parse(ckl_model **out, const char *text, size_t size, ckl_format format,
                           const char *name, const ckl_warning_sink *warnings, ckl_error *err)
{
    doc_options options = {.format = format, .name = name, .warnings = warnings};
    return read_text(out, text, size, &options, err);
}

ckl_status model_from_description(ckl_model **out, const char *text, size_t size, const char *name,
                                  ckl_error *err)
{
    doc_options options = {.format = CKL_FORMAT_JSON, .name = name, .unlimited_nodes = true};
    return read_text(out, text, size, &options, err);
}

ckl_status ckl_model_read(ckl_model **out, const char *path, const ckl_warning_sink *warnings,
                          ckl_error *err)
{
    char *text = NULL;
    size_t size = 0;
    ckl_status status = model_file_read(out, path, err);
    if (status != CKL_DONE)
        return status;
    status = doc_read_file(&text, &size, path, DOC_SIZE_MAX, err);
    if (status == CKL_OK && model_file_is_binary(text, size)) {
        status = error_set(err, CKL_INVALID, "'%s' is a file of weights, but comes through a pipe",
                           path);
        error_hint(err, "name the file: only its header is read");
    }
    if (status == CKL_OK)
        status = ckl_model_parse(out, text, size, CKL_FORMAT_BY_NAME, path, warnings, err);
    free(text);
    return status;
}
