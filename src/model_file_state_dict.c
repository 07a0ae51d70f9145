/* A state dict as JSON or YAML: names of tensors, their shapes, and their types where they are
 * known. */
#include <stdio.h>
#include <string.h>

#include "doc.h"
#include "model_file.h"

/* Without a dtype nothing is said of it; this is no type that any tensor has. */
#define TYPE_UNKNOWN "Tensor"
#define TYPE_MAX     64

bool state_dict_has_form(const json_t *member)
{
    return json_is_array(member) || json_object_get(member, "shape") != NULL;
}

static ckl_status fail(const char *file, const char *place, const char *what, ckl_error *err)
{
    error_set(err, CKL_INVALID, "%.200s: %s: %s", file, place, what);
    error_hint(err, "a tensor of a state dict is its shape, [3, 4], or "
                    "{\"dtype\": \"float32\", \"shape\": [3, 4]}");
    return CKL_INVALID;
}

static ckl_status read_shape(tensor *out, const json_t *shape, const char *file, const char *place,
                             ckl_error *err)
{
    if (!json_is_array(shape))
        return fail(file, place, "the shape is no list", err);
    if (json_array_size(shape) > TENSOR_RANK_MAX)
        return fail(file, place, "the shape has more than 64 dimensions", err);
    out->rank = json_array_size(shape);
    for (size_t index = 0; index < out->rank; index++) {
        const json_t *dimension = json_array_get(shape, index);
        if (!json_is_integer(dimension) || json_integer_value(dimension) < 0)
            return fail(file, place, "a dimension is a whole number, 0 or more", err);
        out->dimensions[index] = json_integer_value(dimension);
    }
    return CKL_OK;
}

/* A type that is not in the table may be one of a framework's own: it is taken as it stands. */
static ckl_status read_type(tensor *out, const json_t *dtype, const char *file, const char *place,
                            ckl_error *err)
{
    static const char CHARACTERS[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    const char *text = json_string_value(dtype);
    out->type = TYPE_UNKNOWN;
    if (dtype == NULL)
        return CKL_OK;
    if (text == NULL || text[0] == '\0' || strlen(text) > TYPE_MAX ||
        text[strspn(text, CHARACTERS)] != '\0')
        return fail(file, place, "the dtype is no name of a type", err);
    const tensor_type *known = tensor_type_of_text(text);
    out->type = known != NULL ? known->name : text;
    return CKL_OK;
}

static ckl_status read_tensor(tensor *out, const json_t *value, const char *file, const char *place,
                              ckl_error *err)
{
    const char *key;
    json_t *member;
    if (json_is_array(value)) {
        out->type = TYPE_UNKNOWN;
        return read_shape(out, value, file, place, err);
    }
    if (!json_is_object(value))
        return fail(file, place, "neither a shape nor an object with one", err);
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (strcmp(key, "dtype") != 0 && strcmp(key, "shape") != 0)
            return fail(file, place, "a tensor has a dtype and a shape, nothing else", err);
    }
    ckl_status status = read_type(out, json_object_get(value, "dtype"), file, place, err);
    return status == CKL_OK ? read_shape(out, json_object_get(value, "shape"), file, place, err)
                            : status;
}

ckl_status state_dict_read(ckl_model **out, const json_t *tree, const char *name, ckl_error *err)
{
    TENSOR_LIST_AUTO list = {0};
    const char *key;
    json_t *value;
    ckl_status status = tensor_list_begin(&list, name, err);
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        tensor added = {.name = key};
        char place[300];
        if (status != CKL_OK)
            break;
        snprintf(place, sizeof place, "tensor '%.256s'", key);
        status = read_tensor(&added, value, name, place, err);
        if (status == CKL_OK)
            status = tensor_list_add(&list, &added, NULL, place, err);
    }
    if (status == CKL_OK)
        *out = tensor_list_take(&list);
    return status;
}
