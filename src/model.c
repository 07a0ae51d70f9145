#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "doc.h"
#include "model_internal.h"
#include "pickle.h"

#define ARCHITECTURE_MAX ((size_t)64 * 1024 * 1024)
/* Levels of lists: as many as the description, four levels above, may have to be read again. */
#define LIST_DEPTH_MAX (DOC_DEPTH_MAX - 4)

/* ---- building -------------------------------------------------------------------------------- */

static ckl_status check_text(const char *text, const char *what, ckl_error *err)
{
    if (text[0] == '\0')
        return error_set(err, CKL_INVALID, "a model's %s is empty", what);
    if (!doc_valid_utf8(text, strlen(text)))
        return error_set(err, CKL_INVALID, "a model's %s is not valid Unicode", what);
    return CKL_OK;
}

ckl_status ckl_model_new(ckl_model **out, const char *class_name, ckl_error *err)
{
    ckl_status status = check_text(class_name, "class", err);
    if (status != CKL_OK)
        return status;
    ckl_model *model = calloc(1, sizeof *model);
    if (model == NULL || (model->class_name = strdup(class_name)) == NULL) {
        free(model);
        return error_memory(err);
    }
    *out = model;
    return CKL_OK;
}

ckl_status ckl_model_from_bytes(ckl_model **out, const void *bytes, size_t size, ckl_error *err)
{
    if (size > ARCHITECTURE_MAX)
        return error_set(err, CKL_INVALID, "an architecture has 64 MiB at most, this one %zu bytes",
                         size);
    ckl_model *model = calloc(1, sizeof *model);
    if (model == NULL)
        return error_memory(err);
    buf_add(&model->opaque, bytes, size);
    ckl_status status = buf_check(&model->opaque, err);
    if (status != CKL_OK) {
        ckl_model_free(model);
        return status;
    }
    *out = model;
    return CKL_OK;
}

void ckl_model_free(ckl_model *model)
{
    if (model == NULL)
        return;
    for (size_t index = 0; index < model->module_count; index++) {
        free(model->modules[index].name);
        free(model->modules[index].type);
        json_decref(model->modules[index].attributes);
    }
    free(model->modules);
    json_decref(model->attributes);
    free(model->class_name);
    buf_free(&model->opaque);
    buf_free(&model->architecture);
    free(model);
}

static ckl_status need_description(const ckl_model *model, ckl_error *err)
{
    return model->class_name != NULL
               ? CKL_OK
               : error_set(err, CKL_MISUSE, "an opaque model has no modules to describe");
}

ckl_status model_push_module(ckl_model *model, const char *name, const char *type, ckl_error *err)
{
    ckl_status status = need_description(model, err);
    if (status == CKL_OK)
        status = check_text(name, "module name", err);
    if (status == CKL_OK)
        status = check_text(type, "module type", err);
    if (status != CKL_OK)
        return status;
    if (model->module_count == model->module_capacity) {
        size_t capacity = model->module_capacity == 0 ? 16 : model->module_capacity * 2;
        model_module *grown = realloc(model->modules, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        model->modules = grown;
        model->module_capacity = capacity;
    }
    model_module added = {strdup(name), strdup(type), NULL};
    if (added.name == NULL || added.type == NULL) {
        free(added.name);
        free(added.type);
        return error_memory(err);
    }
    model->modules[model->module_count++] = added;
    return CKL_OK;
}

static ckl_status duplicate_module(const char *name, ckl_error *err)
{
    return error_set(err, CKL_INVALID, "duplicate module name '%s'", name);
}

ckl_status ckl_model_add_module(ckl_model *model, const char *name, const char *type,
                                ckl_error *err)
{
    for (size_t index = 0; index < model->module_count; index++) {
        if (strcmp(model->modules[index].name, name) == 0)
            return duplicate_module(name, err);
    }
    return model_push_module(model, name, type, err);
}

/* Not an object anywhere, and `levels` lists in one another at most. */
static bool is_attribute_value(const json_t *value, unsigned levels)
{
    size_t index;
    json_t *item;
    if (json_is_object(value) || (json_is_array(value) && levels == 0))
        return false;
    json_array_foreach(value, index, item)
    {
        if (!is_attribute_value(item, levels - 1))
            return false;
    }
    return true;
}

ckl_status model_put_attribute(json_t **attributes, const char *key, json_t *value,
                               const char *owner, ckl_error *err)
{
    if (key[0] == '\0')
        return error_set(err, CKL_INVALID, "%s has an attribute with an empty name", owner);
    if (!is_attribute_value(value, LIST_DEPTH_MAX)) {
        error_set(err, CKL_INVALID,
                  "attribute '%s' of %s is not a number, text, true, false, null, or a list of "
                  "those, %u deep at most",
                  key, owner, LIST_DEPTH_MAX);
        return CKL_INVALID;
    }
    if (*attributes == NULL && (*attributes = json_object()) == NULL)
        return error_memory(err);
    if (json_object_get(*attributes, key) != NULL)
        return error_set(err, CKL_INVALID, "duplicate attribute '%s' of %s", key, owner);
    return json_object_set(*attributes, key, value) == 0 ? CKL_OK : error_memory(err);
}

ckl_status ckl_model_add_attribute(ckl_model *model, const char *key, const char *value,
                                   ckl_error *err)
{
    json_t *parsed = NULL;
    doc_options options = {.format = CKL_FORMAT_JSON, .name = key};
    ckl_status status = need_description(model, err);
    if (status == CKL_OK)
        status = check_text(key, "attribute name", err);
    if (status == CKL_OK)
        status = doc_parse(&parsed, value, strlen(value), &options, err);
    if (status != CKL_OK)
        return status;
    model_module *last = model->module_count > 0 ? &model->modules[model->module_count - 1] : NULL;
    status = model_put_attribute(last != NULL ? &last->attributes : &model->attributes, key, parsed,
                                 last != NULL ? last->name : "the class", err);
    json_decref(parsed);
    return status;
}

ckl_status ckl_model_set_architecture(ckl_model *model, const void *bytes, size_t size,
                                      ckl_error *err)
{
    if (size > ARCHITECTURE_MAX)
        return error_set(err, CKL_INVALID, "an architecture has 64 MiB at most, this one %zu bytes",
                         size);
    buf copy = BUF_INIT;
    buf_add(&copy, bytes, size);
    ckl_status status = buf_check(&copy, err);
    if (status != CKL_OK) {
        buf_free(&copy);
        return status;
    }
    buf_free(&model->architecture);
    model->architecture = copy;
    model->has_architecture = true;
    return CKL_OK;
}

/* ---- canonical text -------------------------------------------------------------------------- */

static void add_escaped(buf *out, const char *text, size_t size, bool colon)
{
    for (size_t index = 0; index < size; index++) {
        if (text[index] == '\\' || text[index] == '|' || (colon && text[index] == ':'))
            buf_add_char(out, '\\');
        buf_add_char(out, text[index]);
    }
}

/* A value as Python writes it: True, None, (3, 3). */
static void add_python(buf *out, const json_t *value)
{
    size_t index;
    json_t *item;
    switch (json_typeof(value)) {
    case JSON_TRUE:
        buf_add_text(out, "True");
        return;
    case JSON_FALSE:
        buf_add_text(out, "False");
        return;
    case JSON_NULL:
        buf_add_text(out, "None");
        return;
    case JSON_ARRAY:
        break;
    case JSON_STRING:
        if (doc_wide_integer(value) == NULL) {
            buf_add(out, json_string_value(value), json_string_length(value));
            return;
        }
        canon_value(out, value);
        return;
    default:
        canon_value(out, value);
        return;
    }
    buf_add_char(out, '(');
    json_array_foreach(value, index, item)
    {
        if (index > 0)
            buf_add_text(out, ", ");
        add_python(out, item);
    }
    buf_add_text(out, json_array_size(value) == 1 ? ",)" : ")");
}

static void add_attributes(buf *out, const json_t *attributes)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)attributes, key, value)
    {
        BUF_AUTO text = BUF_INIT;
        add_python(&text, value);
        buf_add_char(out, '_');
        add_escaped(out, key, strlen(key), false);
        add_escaped(out, text.data, text.size, false);
        out->failed |= text.failed;
    }
}

void model_entry(buf *out, const model_module *module, bool with_name)
{
    if (with_name) {
        add_escaped(out, module->name, strlen(module->name), true);
        buf_add_char(out, ':');
    }
    add_escaped(out, module->type, strlen(module->type), false);
    add_attributes(out, module->attributes);
}

void model_class_entry(buf *out, const ckl_model *model)
{
    add_escaped(out, model->class_name, strlen(model->class_name), false);
    add_attributes(out, model->attributes);
}

static int compare_entries(const void *first, const void *second)
{
    const buf *a = first, *b = second;
    int order = memcmp(a->data, b->data, a->size < b->size ? a->size : b->size);
    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

ckl_status model_canonical(buf *out, const ckl_model *model, ckl_error *err)
{
    if (model->class_name == NULL) {
        buf_add(out, model->opaque.data, model->opaque.size);
        return buf_check(out, err);
    }
    size_t count = model->module_count + 1;
    buf *entries = calloc(count, sizeof *entries);
    if (entries == NULL)
        return error_memory(err);
    buf_add_text(&entries[0], "class:");
    model_class_entry(&entries[0], model);
    for (size_t index = 1; index < count; index++)
        model_entry(&entries[index], &model->modules[index - 1], true);
    for (size_t index = 0; index < count; index++)
        out->failed |= entries[index].failed;
    if (!out->failed)
        qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t index = 0; index < count; index++) {
        if (index > 0)
            buf_add_char(out, '|');
        buf_add(out, entries[index].data, entries[index].size);
        buf_free(&entries[index]);
    }
    free(entries);
    return buf_check(out, err);
}

/* ---- as JSON --------------------------------------------------------------------------------- */

/* Attributes in the order given, which counts. */
static void add_attribute_object(buf *out, const json_t *attributes)
{
    const char *key, *separator = "";
    json_t *value;
    buf_add_text(out, ", \"attributes\": {");
    json_object_foreach((json_t *)(uintptr_t)attributes, key, value)
    {
        buf_add_text(out, separator);
        canon_string(out, key, strlen(key));
        buf_add_text(out, ": ");
        canon_value(out, value);
        separator = ", ";
    }
    buf_add_char(out, '}');
}

ckl_status model_description(buf *out, const ckl_model *model, ckl_error *err)
{
    ckl_status status = need_description(model, err);
    if (status != CKL_OK)
        return status;
    buf_add_text(out, "{\"class\": ");
    canon_string(out, model->class_name, strlen(model->class_name));
    if (model->attributes != NULL)
        add_attribute_object(out, model->attributes);
    buf_add_text(out, ", \"modules\": [");
    for (size_t index = 0; index < model->module_count; index++) {
        const model_module *module = &model->modules[index];
        buf_add_text(out, index > 0 ? ", {\"name\": " : "{\"name\": ");
        canon_string(out, module->name, strlen(module->name));
        buf_add_text(out, ", \"type\": ");
        canon_string(out, module->type, strlen(module->type));
        if (module->attributes != NULL)
            add_attribute_object(out, module->attributes);
        buf_add_char(out, '}');
    }
    buf_add_text(out, "]}");
    return buf_check(out, err);
}

ckl_status model_architecture(buf *out, const ckl_model *model, ckl_error *err)
{
    if (model->has_architecture || model->class_name == NULL) {
        const buf *bytes = model->has_architecture ? &model->architecture : &model->opaque;
        buf_add(out, bytes->data, bytes->size);
        return buf_check(out, err);
    }
    BUF_AUTO text = BUF_INIT;
    json_t *tree = NULL;
    doc_options options = {.format = CKL_FORMAT_JSON, .name = "model", .unlimited_nodes = true};
    ckl_status status = model_description(&text, model, err);
    if (status == CKL_OK)
        status = doc_parse(&tree, text.data, text.size, &options, err);
    if (status == CKL_OK)
        status = pickle_value(out, tree, err);
    json_decref(tree);
    return status;
}

ckl_status model_copy(ckl_model **out, const ckl_model *model, ckl_error *err)
{
    BUF_AUTO text = BUF_INIT;
    ckl_model *copy = NULL;
    ckl_status status = CKL_OK;
    if (model->class_name == NULL) {
        status = ckl_model_from_bytes(&copy, model->opaque.data, model->opaque.size, err);
    } else {
        status = model_description(&text, model, err);
        if (status == CKL_OK)
            status = model_from_description(&copy, text.data, text.size, "model", err);
    }
    if (status == CKL_OK && model->has_architecture)
        status = ckl_model_set_architecture(copy, model->architecture.data,
                                            model->architecture.size, err);
    if (status != CKL_OK) {
        ckl_model_free(copy);
        return status;
    }
    *out = copy;
    return CKL_OK;
}
