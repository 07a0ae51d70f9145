/* The header of a safetensors file: eight bytes of size, then a JSON object of tensors. Jansson
 * reads one tensor at a time: a tree of a hundred megabytes would take gigabytes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"

#define SIZE_BYTES   8u
#define METADATA     "__metadata__"
#define METADATA_MAX ((size_t)16 << 20)
/* What an entry takes at most: each byte of a name may be an escape of six. */
#define ENTRY_MAX ((size_t)6 * TENSOR_NAME_MAX + 8192)

typedef struct header {
    const model_file *file;
    const char *text;
    size_t size, at;
    uint64_t data_size;
    bool has_metadata;
} header;

static ckl_status fail_at(const header *of, size_t at, const char *what, ckl_error *err)
{
    return model_file_fail(of->file, SIZE_BYTES + at, err, "%s", what);
}

/* ---- the JSON object, member by member ------------------------------------------------------- */

static void skip_space(header *of)
{
    while (of->at < of->size && of->text[of->at] != '\0' &&
           strchr(" \t\r\n", of->text[of->at]) != NULL)
        of->at++;
}

/* The next character that is no space is `wanted`, and is taken. */
static ckl_status take(header *of, char wanted, ckl_error *err)
{
    char what[64];
    skip_space(of);
    if (of->at < of->size && of->text[of->at] == wanted) {
        of->at++;
        return CKL_OK;
    }
    snprintf(what, sizeof what, "no JSON object of tensors: '%c' is expected", wanted);
    return fail_at(of, of->at, what, err);
}

static bool next_is(header *of, char character)
{
    skip_space(of);
    return of->at < of->size && of->text[of->at] == character;
}

/* Goes behind the string that begins here; its end may be missing. */
static void skip_string(header *of)
{
    for (of->at++; of->at < of->size; of->at++) {
        if (of->text[of->at] == '\\')
            of->at++;
        else if (of->text[of->at] == '"')
            break;
    }
    of->at = of->at < of->size ? of->at + 1 : of->size;
}

/* Goes behind the object that begins here: to its last bracket. Jansson says whether it is one. */
static void skip_object(header *of)
{
    size_t depth = 0;
    while (of->at < of->size) {
        char character = of->text[of->at];
        if (character == '"') {
            skip_string(of);
            continue;
        }
        of->at++;
        if (character == '{' || character == '[')
            depth++;
        else if ((character == '}' || character == ']') && --depth == 0)
            return;
    }
}

static ckl_status parse(json_t **out, const header *of, size_t start, size_t most, ckl_error *err)
{
    json_error_t error;
    char what[256];
    if (of->at - start > most)
        return fail_at(of, start, "this entry is absurdly long", err);
    errno = 0;
    *out = json_loadb(of->text + start, of->at - start, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
                      &error);
    if (*out != NULL)
        return CKL_OK;
    if (errno == ENOMEM || json_error_code(&error) == json_error_out_of_memory)
        return error_memory(err);
    snprintf(what, sizeof what, "no JSON: %s",
             json_error_code(&error) == json_error_null_character ? "NUL in text" : error.text);
    return fail_at(of, start + (error.position > 0 ? (size_t)error.position : 0), what, err);
}

/* ---- tensors --------------------------------------------------------------------------------- */

static ckl_status read_shape(tensor *out, const header *of, const json_t *shape, size_t at,
                             ckl_error *err)
{
    if (!json_is_array(shape))
        return fail_at(of, at, "the tensor has no 'shape', a list", err);
    if (json_array_size(shape) > TENSOR_RANK_MAX)
        return fail_at(of, at, "the tensor has more than 64 dimensions", err);
    out->rank = json_array_size(shape);
    for (size_t index = 0; index < out->rank; index++) {
        const json_t *dimension = json_array_get(shape, index);
        if (!json_is_integer(dimension) || json_integer_value(dimension) < 0)
            return fail_at(of, at, "a dimension of the tensor is no whole number of 0 or more",
                           err);
        out->dimensions[index] = json_integer_value(dimension);
    }
    return CKL_OK;
}

static ckl_status read_span(tensor_span *out, const header *of, const json_t *offsets, size_t at,
                            ckl_error *err)
{
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return fail_at(of, at, "the tensor has no 'data_offsets', two whole numbers", err);
    if (json_integer_value(begin) < 0 || json_integer_value(end) < json_integer_value(begin))
        return fail_at(of, at, "the tensor's data_offsets are no stretch of bytes", err);
    out->begin = (uint64_t)json_integer_value(begin);
    out->end = (uint64_t)json_integer_value(end);
    if (out->end > of->data_size)
        return fail_at(of, at, "the tensor's bytes are behind the end of the file", err);
    return CKL_OK;
}

static ckl_status read_entry(tensor *out, tensor_span *span, const header *of, const json_t *entry,
                             size_t at, ckl_error *err)
{
    const char *key, *dtype = json_string_value(json_object_get(entry, "dtype"));
    json_t *member;
    uint64_t size = 0;
    json_object_foreach((json_t *)(uintptr_t)entry, key, member)
    {
        if (strcmp(key, "dtype") != 0 && strcmp(key, "shape") != 0 &&
            strcmp(key, "data_offsets") != 0)
            return fail_at(of, at, "a tensor has dtype, shape and data_offsets, nothing else", err);
    }
    if (dtype == NULL)
        return fail_at(of, at, "the tensor has no 'dtype', a text", err);
    const tensor_type *type = tensor_type_of_safetensors(dtype);
    if (type == NULL)
        return model_file_fail(of->file, SIZE_BYTES + at, err,
                               "the tensor's dtype '%.64s' is not known", dtype);
    out->type = type->name;
    ckl_status status = read_shape(out, of, json_object_get(entry, "shape"), at, err);
    if (status == CKL_OK)
        status = read_span(span, of, json_object_get(entry, "data_offsets"), at, err);
    if (status != CKL_OK)
        return status;
    if (!tensor_size(&size, out, type))
        return fail_at(of, at, "the tensor's shape is more than a file can hold, or no whole bytes",
                       err);
    if (span->end - span->begin != size)
        return model_file_fail(of->file, SIZE_BYTES + at, err,
                               "the tensor's shape takes %llu bytes, its data_offsets %llu",
                               (unsigned long long)size,
                               (unsigned long long)(span->end - span->begin));
    return CKL_OK;
}

/* Anything goes in it, as text: it says nothing about the architecture that is sure. */
static ckl_status check_metadata(header *of, size_t start, ckl_error *err)
{
    json_t *metadata = NULL, *value;
    const char *key;
    if (of->has_metadata)
        return fail_at(of, start, "a second " METADATA, err);
    of->has_metadata = true;
    ckl_status status = parse(&metadata, of, start, METADATA_MAX, err);
    if (status != CKL_OK)
        return status;
    json_object_foreach(metadata, key, value)
    {
        if (status == CKL_OK && !json_is_string(value))
            status = fail_at(of, start, METADATA " holds something else than text", err);
    }
    json_decref(metadata);
    return status;
}

static ckl_status read_value(tensor_list *list, header *of, const char *name, size_t name_at,
                             ckl_error *err)
{
    json_t *entry = NULL;
    tensor added = {.name = name};
    tensor_span span = {0};
    char place[32];
    size_t start = of->at;
    skip_object(of);
    if (strcmp(name, METADATA) == 0)
        return check_metadata(of, start, err);
    ckl_status status = parse(&entry, of, start, ENTRY_MAX, err);
    if (status == CKL_OK)
        status = read_entry(&added, &span, of, entry, start, err);
    snprintf(place, sizeof place, "byte %zu", SIZE_BYTES + name_at);
    if (status == CKL_OK)
        status = tensor_list_add(list, &added, &span, place, err);
    json_decref(entry);
    return status;
}

static ckl_status read_member(tensor_list *list, header *of, ckl_error *err)
{
    json_t *name = NULL;
    skip_space(of);
    size_t start = of->at;
    if (!next_is(of, '"'))
        return fail_at(of, start, "no JSON object of tensors: a name is expected", err);
    skip_string(of);
    ckl_status status = parse(&name, of, start, ENTRY_MAX, err);
    if (status == CKL_OK)
        status = take(of, ':', err);
    if (status == CKL_OK && !next_is(of, '{'))
        status = fail_at(of, of->at, "a tensor is an object", err);
    if (status == CKL_OK)
        status = read_value(list, of, json_string_value(name), start, err);
    json_decref(name);
    return status;
}

static ckl_status read_members(tensor_list *list, header *of, ckl_error *err)
{
    /* The format asks for it right there. */
    if (of->text[0] != '{')
        return fail_at(of, 0, "the header does not begin with '{'", err);
    of->at = 1;
    ckl_status status = CKL_OK;
    bool more = !next_is(of, '}');
    while (status == CKL_OK && more) {
        status = read_member(list, of, err);
        more = status == CKL_OK && next_is(of, ',');
        of->at += more ? 1 : 0;
    }
    if (status == CKL_OK)
        status = take(of, '}', err);
    skip_space(of);
    if (status == CKL_OK && of->at != of->size)
        status = fail_at(of, of->at, "something follows the JSON object of the header", err);
    return status;
}

/* ---- the file -------------------------------------------------------------------------------- */

static ckl_status read_size(size_t *out, const model_file *file, ckl_error *err)
{
    unsigned char bytes[SIZE_BYTES];
    uint64_t size = 0;
    ckl_status status = model_file_bytes(bytes, file, 0, sizeof bytes, err);
    if (status != CKL_OK)
        return status;
    for (size_t index = sizeof bytes; index > 0; index--)
        size = size << 8 | bytes[index - 1];
    if (size < 2 || size > MODEL_FILE_HEADER_MAX) {
        model_file_fail(file, 0, err, "a safetensors header of %llu bytes: it has 2 to %u",
                        (unsigned long long)size, MODEL_FILE_HEADER_MAX);
        error_hint(err, "is it a safetensors file?");
        return CKL_INVALID;
    }
    if (size > file->size - SIZE_BYTES)
        return model_file_fail(
            file, 0, err, "the header has %llu bytes, but the file only %llu behind this",
            (unsigned long long)size, (unsigned long long)(file->size - SIZE_BYTES));
    *out = (size_t)size;
    return CKL_OK;
}

ckl_status safetensors_read(ckl_model **out, const model_file *file, ckl_error *err)
{
    TENSOR_LIST_AUTO list = {0};
    header of = {.file = file};
    ckl_status status = read_size(&of.size, file, err);
    if (status != CKL_OK)
        return status;
    char *text = malloc(of.size);
    if (text == NULL)
        return error_memory(err);
    of.text = text;
    of.data_size = file->size - SIZE_BYTES - of.size;
    status = model_file_bytes(text, file, SIZE_BYTES, of.size, err);
    if (status == CKL_OK)
        status = tensor_list_begin(&list, file->name, err);
    if (status == CKL_OK)
        status = read_members(&list, &of, err);
    free(text);
    if (status == CKL_OK)
        status = tensor_list_check(&list, of.data_size, true, err);
    if (status == CKL_OK)
        *out = tensor_list_take(&list);
    return status;
}
