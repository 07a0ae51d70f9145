/* The header of a GGUF file: counts, keys with values, tensors. It is read through a small window;
 * tables of tokens are passed over. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"
#include "model_file_gguf.h"

#define ALIGNMENT_KEY     "general.alignment"
#define ARCHITECTURE_KEY  "general.architecture"
#define ALIGNMENT_DEFAULT 32u
#define RANK_MAX          8u /* of a tensor: 4 today, says the format, and that it may change */
#define ARCHITECTURE_MAX  256u

/* ---- tensors --------------------------------------------------------------------------------- */

/* The format has the innermost dimension first; a description, as PyTorch and safetensors, the
 * outermost. */
static ckl_status read_shape(tensor *out, gguf *in, ckl_error *err)
{
    uint64_t at = in->at, rank = 0, dimension = 0;
    ckl_status status = gguf_number(&rank, in, 4, err);
    if (status == CKL_OK && rank > RANK_MAX)
        return model_file_fail(in->file, at, err, "a tensor of %llu dimensions: at most %u",
                               (unsigned long long)rank, RANK_MAX);
    out->rank = (size_t)rank;
    for (size_t index = out->rank; status == CKL_OK && index > 0; index--) {
        at = in->at;
        status = gguf_number(&dimension, in, 8, err);
        if (status == CKL_OK && dimension > INT64_MAX)
            return model_file_fail(in->file, at, err, "a dimension of %llu",
                                   (unsigned long long)dimension);
        out->dimensions[index - 1] = (int64_t)dimension;
    }
    return status;
}

static ckl_status read_type(uint64_t *size, tensor *out, gguf *in, ckl_error *err)
{
    uint64_t at = in->at, number = 0;
    ckl_status status = gguf_number(&number, in, 4, err);
    if (status != CKL_OK)
        return status;
    const tensor_type *type = tensor_type_of_ggml((uint32_t)number);
    if (type == NULL)
        return model_file_fail(in->file, at, err, "a tensor of type %llu, which is not known",
                               (unsigned long long)number);
    out->type = type->name;
    uint64_t row = out->rank > 0 ? (uint64_t)out->dimensions[out->rank - 1] : 1;
    if (row % type->elements != 0)
        return model_file_fail(in->file, at, err,
                               "a row of %llu elements is no whole number of %s blocks",
                               (unsigned long long)row, type->name);
    if (!tensor_size(size, out, type))
        return model_file_fail(in->file, at, err,
                               "the tensor's shape is more than a file can hold");
    return CKL_OK;
}

static ckl_status read_tensor(tensor_list *list, gguf *in, ckl_error *err)
{
    char name[TENSOR_NAME_MAX + 1], place[32];
    tensor added = {.name = name};
    tensor_span span = {0};
    uint64_t size = 0, start = in->at;
    ckl_status status = gguf_text(name, in, TENSOR_NAME_MAX, err);
    if (status == CKL_OK)
        status = read_shape(&added, in, err);
    if (status == CKL_OK)
        status = read_type(&size, &added, in, err);
    uint64_t at = in->at;
    if (status == CKL_OK)
        status = gguf_number(&span.begin, in, 8, err);
    if (status != CKL_OK)
        return status;
    if (span.begin % in->alignment != 0)
        return model_file_fail(in->file, at, err, "an offset of %llu is not aligned to %llu",
                               (unsigned long long)span.begin, (unsigned long long)in->alignment);
    if (__builtin_add_overflow(span.begin, size, &span.end) || span.end > in->file->size)
        return model_file_fail(in->file, at, err,
                               "the tensor's bytes are behind the end of the file");
    snprintf(place, sizeof place, "byte %llu", (unsigned long long)start);
    return tensor_list_add(list, &added, &span, place, err);
}

static ckl_status read_tensors(tensor_list *list, gguf *in, uint64_t count, ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (uint64_t index = 0; status == CKL_OK && index < count; index++)
        status = read_tensor(list, in, err);
    if (status != CKL_OK)
        return status;
    uint64_t start = (in->at + in->alignment - 1) / in->alignment * in->alignment;
    uint64_t size = start < in->file->size ? in->file->size - start : 0;
    for (size_t index = 0; index < list->span_count; index++) {
        if (list->spans[index].end > size)
            return error_set(err, CKL_INVALID,
                             "%.200s: the bytes of tensor '%.200s' are behind the end of the file",
                             in->file->name, list->model->modules[list->spans[index].module].name);
    }
    return tensor_list_check(list, size, false, err);
}

/* ---- what the keys say ----------------------------------------------------------------------- */

static ckl_status read_alignment(gguf *in, ckl_error *err)
{
    const gguf_key *key = gguf_find_key(in, ALIGNMENT_KEY);
    in->alignment = ALIGNMENT_DEFAULT;
    if (key == NULL)
        return CKL_OK;
    if (key->type != GGUF_UINT32)
        return model_file_fail(in->file, key->at, err, ALIGNMENT_KEY " is no uint32");
    uint64_t back = in->at;
    in->at = key->at;
    ckl_status status = gguf_number(&in->alignment, in, 4, err);
    in->at = back;
    if (status == CKL_OK && (in->alignment == 0 || in->alignment % 8 != 0))
        return model_file_fail(in->file, key->at, err,
                               ALIGNMENT_KEY " is %llu, which is no multiple of 8",
                               (unsigned long long)in->alignment);
    return status;
}

static ckl_status put(ckl_model *model, const char *key, json_t *value, ckl_error *err)
{
    if (value == NULL)
        return error_memory(err);
    ckl_status status = model_put_attribute(&model->attributes, key, value, "the class", err);
    json_decref(value);
    return status;
}

/* The architecture and its hyperparameters: what a program needs beside the tensors. They are put
 * in the order of their names, for the file's order says nothing. */
static ckl_status read_architecture(ckl_model *model, gguf *in, ckl_error *err)
{
    char name[ARCHITECTURE_MAX + 1];
    const gguf_key *key = gguf_find_key(in, ARCHITECTURE_KEY);
    if (key == NULL)
        return CKL_OK;
    if (key->type != GGUF_STRING)
        return model_file_fail(in->file, key->at, err, ARCHITECTURE_KEY " is no text");
    in->at = key->at;
    ckl_status status = gguf_text(name, in, ARCHITECTURE_MAX, err);
    if (status == CKL_OK && (name[0] == '\0' || !tensor_text_is_plain(name, strlen(name))))
        return model_file_fail(in->file, key->at, err,
                               ARCHITECTURE_KEY " is empty, or no plain text");
    if (status == CKL_OK)
        status = put(model, ARCHITECTURE_KEY, json_string(name), err);
    size_t size = strlen(name);
    for (size_t index = 0; status == CKL_OK && index < in->key_count; index++) {
        json_t *value = NULL;
        key = &in->keys[index];
        const char *text = gguf_key_text(in, key);
        if (strncmp(text, name, size) != 0 || text[size] != '.' || key->type == GGUF_ARRAY)
            continue;
        status = gguf_value(&value, in, key, err);
        if (status == CKL_OK)
            status = put(model, text, value, err);
    }
    return status;
}

/* ---- the file -------------------------------------------------------------------------------- */

static ckl_status read_version(gguf *in, ckl_error *err)
{
    char magic[4];
    uint64_t version = 0;
    ckl_status status = model_file_bytes(magic, in->file, 0, sizeof magic, err);
    if (status == CKL_OK && memcmp(magic, "GGUF", sizeof magic) != 0)
        return model_file_fail(in->file, 0, err, "no GGUF file: it does not begin with 'GGUF'");
    in->at = sizeof magic;
    if (status == CKL_OK)
        status = gguf_number(&version, in, 4, err);
    if (status != CKL_OK)
        return status;
    if ((version & 0xffff) == 0) { /* written the other way round, on a big-endian machine */
        in->big_endian = true;
        version = __builtin_bswap32((uint32_t)version);
    }
    if (version != 2 && version != 3)
        return model_file_fail(in->file, 4, err, "GGUF version %llu: 2 and 3 are read",
                               (unsigned long long)version);
    return CKL_OK;
}

/* Each takes some bytes: more than fit are refused before the first is read. */
static ckl_status read_count(uint64_t *out, gguf *in, uint64_t limit, unsigned least,
                             const char *what, ckl_error *err)
{
    uint64_t at = in->at;
    ckl_status status = gguf_number(out, in, 8, err);
    if (status == CKL_OK && (*out > limit || *out > in->file->size / least))
        return model_file_fail(in->file, at, err, "%llu %s: more than %s", (unsigned long long)*out,
                               what, *out > limit ? "are read" : "the file has room for");
    return status;
}

static ckl_status read_all(ckl_model **out, gguf *in, ckl_error *err)
{
    TENSOR_LIST_AUTO list = {0};
    uint64_t tensors = 0, keys = 0;
    ckl_status status = read_version(in, err);
    if (status == CKL_OK)
        status = read_count(&tensors, in, TENSOR_MAX, 24, "tensors", err);
    if (status == CKL_OK)
        status = read_count(&keys, in, GGUF_KEY_COUNT_MAX, 13, "keys", err);
    if (status == CKL_OK)
        status = gguf_read_keys(in, keys, err);
    if (status == CKL_OK)
        status = read_alignment(in, err);
    if (status == CKL_OK)
        status = tensor_list_begin(&list, in->file->name, err);
    if (status == CKL_OK)
        status = read_tensors(&list, in, tensors, err);
    if (status == CKL_OK)
        status = read_architecture(list.model, in, err);
    if (status == CKL_OK)
        *out = tensor_list_take(&list);
    return status;
}

ckl_status gguf_read(ckl_model **out, const model_file *file, ckl_error *err)
{
    gguf in = {.file = file};
    ckl_status status = read_all(out, &in, err);
    free(in.keys);
    buf_free(&in.texts);
    return status;
}
