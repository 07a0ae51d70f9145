#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "doc.h"
#include "model_file.h"

/* ---- types ----------------------------------------------------------------------------------- */

/* Sizes and numbers as the two formats have them; numbers that GGUF has given up (4, 5, 31 to 33,
 * 36 to 38) are not there. */
static const tensor_type TYPES[] = {
    {"BOOL", 1, 1, -1, true, "bool"},
    {"F4", 2, 1, -1, true, "float4_e2m1fn"},
    {"F6_E2M3", 4, 3, -1, true, "float6_e2m3fn"},
    {"F6_E3M2", 4, 3, -1, true, "float6_e3m2fn"},
    {"U8", 1, 1, -1, true, "uint8"},
    {"I8", 1, 1, 24, true, "int8"},
    {"F8_E5M2", 1, 1, -1, true, "float8_e5m2"},
    {"F8_E4M3", 1, 1, -1, true, "float8_e4m3fn"},
    {"F8_E8M0", 1, 1, -1, true, "float8_e8m0fnu"},
    {"F8_E4M3FNUZ", 1, 1, -1, true, "float8_e4m3fnuz"},
    {"F8_E5M2FNUZ", 1, 1, -1, true, "float8_e5m2fnuz"},
    {"I16", 1, 2, 25, true, "int16"},
    {"U16", 1, 2, -1, true, "uint16"},
    {"F16", 1, 2, 1, true, "float16"},
    {"BF16", 1, 2, 30, true, "bfloat16"},
    {"I32", 1, 4, 26, true, "int32"},
    {"U32", 1, 4, -1, true, "uint32"},
    {"F32", 1, 4, 0, true, "float32"},
    {"C64", 1, 8, -1, true, "complex64"},
    {"F64", 1, 8, 28, true, "float64"},
    {"I64", 1, 8, 27, true, "int64"},
    {"U64", 1, 8, -1, true, "uint64"},
    {"Q4_0", 32, 18, 2, false, NULL},
    {"Q4_1", 32, 20, 3, false, NULL},
    {"Q5_0", 32, 22, 6, false, NULL},
    {"Q5_1", 32, 24, 7, false, NULL},
    {"Q8_0", 32, 34, 8, false, NULL},
    {"Q8_1", 32, 36, 9, false, NULL},
    {"Q2_K", 256, 84, 10, false, NULL},
    {"Q3_K", 256, 110, 11, false, NULL},
    {"Q4_K", 256, 144, 12, false, NULL},
    {"Q5_K", 256, 176, 13, false, NULL},
    {"Q6_K", 256, 210, 14, false, NULL},
    {"Q8_K", 256, 292, 15, false, NULL},
    {"IQ2_XXS", 256, 66, 16, false, NULL},
    {"IQ2_XS", 256, 74, 17, false, NULL},
    {"IQ3_XXS", 256, 98, 18, false, NULL},
    {"IQ1_S", 256, 50, 19, false, NULL},
    {"IQ4_NL", 32, 18, 20, false, NULL},
    {"IQ3_S", 256, 110, 21, false, NULL},
    {"IQ2_S", 256, 82, 22, false, NULL},
    {"IQ4_XS", 256, 136, 23, false, NULL},
    {"IQ1_M", 256, 56, 29, false, NULL},
    {"TQ1_0", 256, 54, 34, false, NULL},
    {"TQ2_0", 256, 66, 35, false, NULL},
    {"MXFP4", 32, 17, 39, false, NULL},
    {"NVFP4", 64, 36, 40, false, NULL},
    {"Q1_0", 128, 18, 41, false, NULL},
    {"Q2_0", 64, 18, 42, false, NULL},
};
#define TYPE_COUNT (sizeof TYPES / sizeof *TYPES)

const tensor_type *tensor_type_of_ggml(uint32_t number)
{
    for (size_t index = 0; index < TYPE_COUNT; index++) {
        if (TYPES[index].ggml >= 0 && (uint32_t)TYPES[index].ggml == number)
            return &TYPES[index];
    }
    return NULL;
}

const tensor_type *tensor_type_of_safetensors(const char *name)
{
    for (size_t index = 0; index < TYPE_COUNT; index++) {
        if (TYPES[index].in_safetensors && strcmp(TYPES[index].name, name) == 0)
            return &TYPES[index];
    }
    return NULL;
}

const tensor_type *tensor_type_of_text(const char *name)
{
    static const struct {
        const char *other, *name;
    } OTHERS[] = {{"half", "F16"}, {"float", "F32"}, {"double", "F64"}, {"short", "I16"},
                  {"int", "I32"},  {"long", "I64"},  {"bool_", "BOOL"}, {"cfloat", "C64"}};
    static const char *const BEFORE[] = {"torch.", "numpy.", "np.", "jnp.", "jax.numpy."};
    for (size_t index = 0; index < sizeof BEFORE / sizeof *BEFORE; index++) {
        size_t size = strlen(BEFORE[index]);
        if (strncmp(name, BEFORE[index], size) == 0) {
            name += size;
            break;
        }
    }
    for (size_t index = 0; index < sizeof OTHERS / sizeof *OTHERS; index++) {
        if (strcasecmp(name, OTHERS[index].other) == 0)
            name = OTHERS[index].name;
    }
    for (size_t index = 0; index < TYPE_COUNT; index++) {
        const tensor_type *type = &TYPES[index];
        if (strcasecmp(type->name, name) == 0 ||
            (type->alias != NULL && strcasecmp(type->alias, name) == 0))
            return type;
    }
    return NULL;
}

bool tensor_size(uint64_t *out, const tensor *of, const tensor_type *type)
{
    uint64_t count = 1;
    for (size_t index = 0; index < of->rank; index++) {
        if (__builtin_mul_overflow(count, (uint64_t)of->dimensions[index], &count))
            return false;
    }
    return count % type->elements == 0 &&
           !__builtin_mul_overflow(count / type->elements, (uint64_t)type->bytes, out);
}

/* ---- lists ----------------------------------------------------------------------------------- */

bool tensor_text_is_plain(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    if (!doc_valid_utf8(text, size))
        return false;
    for (size_t index = 0; index < size; index++) {
        if (bytes[index] < 0x20 || bytes[index] == 0x7f)
            return false;
        /* U+0080 to U+009F, which some terminals obey */
        if (bytes[index] == 0xc2 && index + 1 < size && bytes[index + 1] < 0xa0)
            return false;
    }
    return true;
}

ckl_status tensor_list_begin(tensor_list *out, const char *file, ckl_error *err)
{
    *out = (tensor_list){.file = file};
    return ckl_model_new(&out->model, MODEL_FILE_CLASS, err);
}

static ckl_status check(const tensor_list *list, const tensor *added, const char *place,
                        ckl_error *err)
{
    size_t size = strlen(added->name);
    const char *wrong = NULL;
    if (size == 0)
        wrong = "a tensor without a name";
    else if (size > TENSOR_NAME_MAX)
        wrong = "the name of a tensor is longer than 4,096 bytes";
    else if (!tensor_text_is_plain(added->name, size))
        wrong = "the name of a tensor has control characters, or is not valid Unicode";
    else if (list->model->module_count == TENSOR_MAX)
        wrong = "more than 1,000,000 tensors";
    else if (list->dimension_count + added->rank > TENSOR_DIMENSIONS_MAX)
        wrong = "more than 4,000,000 dimensions in all";
    return wrong == NULL ? CKL_OK
                         : error_set(err, CKL_INVALID, "%.200s: %s: %s", list->file, place, wrong);
}

static json_t *shape_of(const tensor *added)
{
    json_t *attributes = json_object(), *shape = json_array();
    for (size_t index = 0; index < added->rank; index++)
        json_array_append_new(shape, json_integer((json_int_t)added->dimensions[index]));
    if (attributes != NULL && json_array_size(shape) == added->rank &&
        json_object_set(attributes, "shape", shape) == 0) {
        json_decref(shape);
        return attributes;
    }
    json_decref(shape);
    json_decref(attributes);
    return NULL;
}

static ckl_status add_span(tensor_list *list, const tensor_span *span, ckl_error *err)
{
    if (list->span_count == list->span_capacity) {
        size_t capacity = list->span_capacity == 0 ? 64 : list->span_capacity * 2;
        tensor_span *grown = realloc(list->spans, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        list->spans = grown;
        list->span_capacity = capacity;
    }
    list->spans[list->span_count] = *span;
    list->spans[list->span_count++].module = list->model->module_count - 1;
    return CKL_OK;
}

ckl_status tensor_list_add(tensor_list *list, const tensor *added, const tensor_span *span,
                           const char *place, ckl_error *err)
{
    ckl_status status = check(list, added, place, err);
    if (status == CKL_OK)
        status = model_push_module(list->model, added->name, added->type, err);
    if (status != CKL_OK)
        return status;
    model_module *module = &list->model->modules[list->model->module_count - 1];
    module->attributes = shape_of(added);
    if (module->attributes == NULL)
        return error_memory(err);
    list->dimension_count += added->rank;
    return span != NULL ? add_span(list, span, err) : CKL_OK;
}

static int compare_names(const void *first, const void *second)
{
    return strcmp(*(char *const *)first, *(char *const *)second);
}

static ckl_status check_names(const tensor_list *list, ckl_error *err)
{
    size_t count = list->model->module_count;
    const char **names = calloc(count + 1, sizeof *names);
    ckl_status status = CKL_OK;
    if (names == NULL)
        return error_memory(err);
    for (size_t index = 0; index < count; index++)
        names[index] = list->model->modules[index].name;
    qsort(names, count, sizeof *names, compare_names);
    for (size_t index = 1; status == CKL_OK && index < count; index++) {
        if (strcmp(names[index - 1], names[index]) == 0)
            status = error_set(err, CKL_INVALID, "%.200s: two tensors are called '%.200s'",
                               list->file, names[index]);
    }
    free(names);
    return status;
}

static int compare_spans(const void *first, const void *second)
{
    const tensor_span *a = first, *b = second;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return (a->module > b->module) - (a->module < b->module);
}

ckl_status tensor_list_check(tensor_list *list, uint64_t size, bool whole, ckl_error *err)
{
    const model_module *modules = list->model->modules;
    uint64_t end = 0;
    size_t last = 0;
    ckl_status status = check_names(list, err);
    if (status != CKL_OK)
        return status;
    if (list->span_count > 0)
        qsort(list->spans, list->span_count, sizeof *list->spans, compare_spans);
    for (size_t index = 0; index < list->span_count; index++) {
        const tensor_span *span = &list->spans[index];
        bool empty = span->begin == span->end;
        if (span->begin < end && !(empty && !whole))
            return error_set(err, CKL_INVALID, "%.200s: tensors '%.150s' and '%.150s' share bytes",
                             list->file, modules[last].name, modules[span->module].name);
        if (whole && span->begin > end)
            return error_set(
                err, CKL_INVALID, "%.200s: %llu bytes before tensor '%.200s' belong to no tensor",
                list->file, (unsigned long long)(span->begin - end), modules[span->module].name);
        if (span->end > end) {
            end = span->end;
            last = span->module;
        }
    }
    if (whole && end != size)
        return error_set(err, CKL_INVALID, "%.200s: the last %llu bytes belong to no tensor",
                         list->file, (unsigned long long)(size - end));
    return CKL_OK;
}

ckl_model *tensor_list_take(tensor_list *list)
{
    ckl_model *model = list->model;
    list->model = NULL;
    return model;
}

void tensor_list_free(tensor_list *list)
{
    ckl_model_free(list->model);
    free(list->spans);
    *list = (tensor_list){0};
}
