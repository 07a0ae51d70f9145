#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file_gguf.h"

#define NESTING_MAX    4u
#define TEXT_VALUE_MAX 4096u

/* ---- bytes ----------------------------------------------------------------------------------- */

/* That so much more of the file is header. */
static ckl_status check_room(const gguf *in, uint64_t size, ckl_error *err)
{
    if (in->at > in->file->size || size > in->file->size - in->at)
        return model_file_fail(
            in->file, in->at, err, "%llu bytes are to follow, but the file has only %llu",
            (unsigned long long)size,
            (unsigned long long)(in->file->size > in->at ? in->file->size - in->at : 0));
    if (in->at + size > MODEL_FILE_HEADER_MAX)
        return model_file_fail(in->file, in->at, err, "the header is longer than %u bytes",
                               MODEL_FILE_HEADER_MAX);
    return CKL_OK;
}

static ckl_status skip(gguf *in, uint64_t size, ckl_error *err)
{
    ckl_status status = check_room(in, size, err);
    if (status == CKL_OK)
        in->at += size;
    return status;
}

static ckl_status fill_window(gguf *in, ckl_error *err)
{
    uint64_t left = in->file->size - in->at;
    size_t size = left < sizeof in->window ? (size_t)left : sizeof in->window;
    in->window_size = 0;
    ckl_status status = model_file_bytes(in->window, in->file, in->at, size, err);
    if (status == CKL_OK) {
        in->window_at = in->at;
        in->window_size = size;
    }
    return status;
}

static ckl_status take(void *out, gguf *in, size_t size, ckl_error *err)
{
    char *bytes = out;
    ckl_status status = check_room(in, size, err);
    while (status == CKL_OK && size > 0) {
        if (in->at < in->window_at || in->at >= in->window_at + in->window_size)
            status = fill_window(in, err);
        if (status != CKL_OK)
            break;
        size_t from = (size_t)(in->at - in->window_at);
        size_t count = in->window_size - from < size ? in->window_size - from : size;
        memcpy(bytes, in->window + from, count);
        bytes += count;
        in->at += count;
        size -= count;
    }
    return status;
}

ckl_status gguf_number(uint64_t *out, gguf *in, size_t size, ckl_error *err)
{
    unsigned char bytes[8];
    uint64_t number = 0;
    ckl_status status = take(bytes, in, size, err);
    if (status != CKL_OK)
        return status;
    for (size_t index = 0; index < size; index++)
        number = number << 8 | bytes[in->big_endian ? index : size - 1 - index];
    *out = number;
    return CKL_OK;
}

ckl_status gguf_text(char *out, gguf *in, size_t most, ckl_error *err)
{
    uint64_t at = in->at, size = 0;
    ckl_status status = gguf_number(&size, in, 8, err);
    if (status == CKL_OK && size > most)
        return model_file_fail(in->file, at, err, "a text of %llu bytes: at most %zu are read here",
                               (unsigned long long)size, most);
    if (status == CKL_OK)
        status = take(out, in, (size_t)size, err);
    if (status == CKL_OK && memchr(out, '\0', (size_t)size) != NULL)
        return model_file_fail(in->file, at, err, "a text with a NUL in it");
    if (status == CKL_OK)
        out[size] = '\0';
    return status;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* 0: what it takes, it says itself. */
static unsigned value_size(uint64_t type)
{
    static const unsigned char SIZES[GGUF_TYPE_COUNT] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return SIZES[type];
}

static ckl_status read_type(uint64_t *out, gguf *in, ckl_error *err)
{
    uint64_t at = in->at;
    ckl_status status = gguf_number(out, in, 4, err);
    if (status == CKL_OK && *out >= GGUF_TYPE_COUNT)
        return model_file_fail(in->file, at, err, "a value of type %llu, which there is not",
                               (unsigned long long)*out);
    return status;
}

static ckl_status skip_text(gguf *in, ckl_error *err)
{
    uint64_t size = 0;
    ckl_status status = gguf_number(&size, in, 8, err);
    return status == CKL_OK ? skip(in, size, err) : status;
}

static ckl_status skip_array(gguf *in, unsigned levels, ckl_error *err)
{
    uint64_t type = 0, count = 0, at = in->at;
    ckl_status status = read_type(&type, in, err);
    if (status == CKL_OK)
        status = gguf_number(&count, in, 8, err);
    if (status != CKL_OK)
        return status;
    unsigned size = value_size(type);
    if (levels == 0)
        return model_file_fail(in->file, at, err, "lists more than %u deep", NESTING_MAX);
    if (count > in->file->size / (size > 0 ? size : 8)) /* a text or a list takes 8 or more */
        return model_file_fail(in->file, at, err,
                               "a list of %llu values, which the file has no room for",
                               (unsigned long long)count);
    if (size > 0)
        return skip(in, count * size, err);
    for (uint64_t index = 0; status == CKL_OK && index < count; index++)
        status = type == GGUF_STRING ? skip_text(in, err) : skip_array(in, levels - 1, err);
    return status;
}

static ckl_status skip_value(gguf *in, gguf_value_type type, ckl_error *err)
{
    uint64_t number = 0, at = in->at;
    if (type == GGUF_STRING)
        return skip_text(in, err);
    if (type == GGUF_ARRAY)
        return skip_array(in, NESTING_MAX, err);
    if (type != GGUF_BOOL)
        return skip(in, value_size(type), err);
    ckl_status status = gguf_number(&number, in, 1, err);
    if (status == CKL_OK && number > 1)
        return model_file_fail(in->file, at, err, "a truth value of %llu: it is 0 or 1",
                               (unsigned long long)number);
    return status;
}

static json_t *whole_number(uint64_t bits, unsigned size, bool has_sign)
{
    char text[24];
    unsigned unused = 64 - 8 * size;
    if (has_sign) /* shifted to the top and back, the sign fills */
        return json_integer((json_int_t)((int64_t)(bits << unused) >> unused));
    if (bits <= INT64_MAX)
        return json_integer((json_int_t)bits);
    snprintf(text, sizeof text, "%llu", (unsigned long long)bits);
    return json_string(text);
}

/* 1e-05, not 9.999999747378752e-06: nobody wrote the second. */
static double shortest_of(float value)
{
    char text[40];
    for (int digits = 6; digits < 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            return strtod(text, NULL);
    }
    snprintf(text, sizeof text, "%.9g", (double)value);
    return strtod(text, NULL);
}

static json_t *real_number(uint64_t bits, bool is_float)
{
    double value;
    if (is_float) {
        uint32_t half = (uint32_t)bits;
        float narrow;
        memcpy(&narrow, &half, sizeof narrow);
        value = isfinite(narrow) ? shortest_of(narrow) : (double)narrow;
    } else {
        memcpy(&value, &bits, sizeof value);
    }
    if (isnan(value))
        return json_string("nan");
    if (isinf(value))
        return json_string(value > 0 ? "inf" : "-inf");
    return json_real(value);
}

static ckl_status read_text_value(json_t **out, gguf *in, ckl_error *err)
{
    char text[TEXT_VALUE_MAX + 1];
    uint64_t at = in->at;
    ckl_status status = gguf_text(text, in, TEXT_VALUE_MAX, err);
    if (status == CKL_OK && !tensor_text_is_plain(text, strlen(text)))
        return model_file_fail(in->file, at, err,
                               "a text with control characters, or no valid Unicode");
    if (status == CKL_OK && (*out = json_string(text)) == NULL)
        return error_memory(err);
    return status;
}

ckl_status gguf_value(json_t **out, gguf *in, const gguf_key *key, ckl_error *err)
{
    uint64_t bits = 0;
    unsigned size = value_size(key->type);
    in->at = key->at;
    if (key->type == GGUF_STRING)
        return read_text_value(out, in, err);
    ckl_status status = gguf_number(&bits, in, size, err);
    if (status != CKL_OK)
        return status;
    switch (key->type) {
    case GGUF_FLOAT32:
    case GGUF_FLOAT64:
        *out = real_number(bits, key->type == GGUF_FLOAT32);
        break;
    case GGUF_BOOL:
        *out = json_boolean(bits != 0);
        break;
    default:
        *out = whole_number(bits, size,
                            key->type == GGUF_INT8 || key->type == GGUF_INT16 ||
                                key->type == GGUF_INT32 || key->type == GGUF_INT64);
    }
    return *out != NULL ? CKL_OK : error_memory(err);
}

/* ---- keys ------------------------------------------------------------------------------------ */

const char *gguf_key_text(const gguf *in, const gguf_key *key)
{
    return in->texts.data + key->text;
}

static int compare_keys(const void *first, const void *second, void *texts)
{
    const gguf_key *a = first, *b = second;
    const char *data = texts;
    return strcmp(data + a->text, data + b->text);
}

const gguf_key *gguf_find_key(const gguf *in, const char *text)
{
    for (size_t index = 0; index < in->key_count; index++) {
        if (strcmp(gguf_key_text(in, &in->keys[index]), text) == 0)
            return &in->keys[index];
    }
    return NULL;
}

/* The format: ASCII, at most 65,535 bytes. What cannot be printed is refused. */
static ckl_status check_key(const gguf *in, uint64_t at, const char *text, ckl_error *err)
{
    for (const unsigned char *byte = (const unsigned char *)text; *byte != '\0'; byte++) {
        if (*byte <= 0x20 || *byte >= 0x7f)
            return model_file_fail(in->file, at, err, "a key that is not printable ASCII");
    }
    return text[0] != '\0' ? CKL_OK : model_file_fail(in->file, at, err, "a key without a name");
}

static ckl_status read_key(gguf *in, char *text, ckl_error *err)
{
    uint64_t at = in->at, type = 0;
    ckl_status status = gguf_text(text, in, GGUF_KEY_MAX, err);
    if (status == CKL_OK)
        status = check_key(in, at, text, err);
    if (status == CKL_OK)
        status = read_type(&type, in, err);
    if (status == CKL_OK && in->texts.size > GGUF_KEY_TEXT_MAX)
        return model_file_fail(in->file, at, err, "the keys are longer than %zu bytes together",
                               GGUF_KEY_TEXT_MAX);
    if (status != CKL_OK)
        return status;
    in->keys[in->key_count++] =
        (gguf_key){.text = in->texts.size, .type = (gguf_value_type)type, .at = in->at};
    buf_add(&in->texts, text, strlen(text) + 1);
    status = buf_check(&in->texts, err);
    return status == CKL_OK ? skip_value(in, (gguf_value_type)type, err) : status;
}

ckl_status gguf_read_keys(gguf *in, uint64_t count, ckl_error *err)
{
    ckl_status status = CKL_OK;
    char *text = malloc(GGUF_KEY_MAX + 1);
    in->keys = calloc((size_t)count + 1, sizeof *in->keys);
    if (text == NULL || in->keys == NULL)
        status = error_memory(err);
    for (uint64_t index = 0; status == CKL_OK && index < count; index++)
        status = read_key(in, text, err);
    free(text);
    if (status != CKL_OK)
        return status;
    if (in->key_count > 1)
        qsort_r(in->keys, in->key_count, sizeof *in->keys, compare_keys, in->texts.data);
    for (size_t index = 1; index < in->key_count; index++) {
        if (compare_keys(&in->keys[index - 1], &in->keys[index], in->texts.data) == 0)
            return model_file_fail(in->file, in->keys[index].at, err,
                                   "a second value of the key '%.200s'",
                                   gguf_key_text(in, &in->keys[index]));
    }
    return CKL_OK;
}
