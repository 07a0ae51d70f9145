#include "canon.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"

/* ---- reals ----------------------------------------------------------------------------------- */

#define DIGITS_MAX 17

/* A decimal d.ddd × 10^exponent, as its digits. */
typedef struct decimal {
    char digits[DIGITS_MAX + 1];
    int count;
    int exponent;
} decimal;

/* The value that the digits stand for. The text has no decimal point, so that no locale matters. */
static double decimal_value(const decimal *number)
{
    char text[64];
    snprintf(text, sizeof text, "%se%d", number->digits, number->exponent - (number->count - 1));
    return strtod(text, NULL);
}

/* The nearest decimal of `count` digits. The point of "%e" differs between locales: it is skipped.
 */
static void nearest_decimal(decimal *out, double value, int count)
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", count - 1, value);
    const char *at = text;
    out->count = 0;
    for (; *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9')
            out->digits[out->count++] = *at;
    }
    out->digits[out->count] = '\0';
    out->exponent = (int)strtol(at + 1, NULL, 10);
}

/* The next decimal away from zero in the last place. */
static void bump(decimal *number)
{
    int index = number->count - 1;
    while (index >= 0 && number->digits[index] == '9')
        number->digits[index--] = '0';
    if (index >= 0) {
        number->digits[index]++;
        return;
    }
    number->digits[0] = '1';
    number->exponent++;
}

/* Whether the nearest decimal of `count` digits, or the next one up, reads back to `value`. At a
 * power of two the gap below is half the gap above, so that the nearest decimal may fail where the
 * next one up reads back. */
static bool reads_back(decimal *out, double value, int count)
{
    nearest_decimal(out, value, count);
    if (decimal_value(out) == value)
        return true;
    bump(out);
    return decimal_value(out) == value;
}

/* The fewest digits that read back to the same double; `value` is positive and finite. A normal
 * double keeps any 15 digits, so that fewer are those 15 without their last zeros. */
static void shortest_decimal(decimal *out, double value)
{
    int count = value >= DBL_MIN ? DBL_DIG : 1;
    while (!reads_back(out, value, count) && count < DIGITS_MAX)
        count++;
    while (out->count > 1 && out->digits[out->count - 1] == '0')
        out->digits[--out->count] = '\0';
}

static void write_fixed(char *out, const decimal *number)
{
    int point = number->exponent + 1; /* digits before the point */
    if (point <= 0) {
        out += sprintf(out, "0.%.*s", -point, "0000");
        strcpy(out, number->digits);
    } else if (point >= number->count) {
        out += sprintf(out, "%s", number->digits);
        for (int zeros = point - number->count; zeros > 0; zeros--)
            *out++ = '0';
        strcpy(out, ".0");
    } else {
        sprintf(out, "%.*s.%s", point, number->digits, number->digits + point);
    }
}

void canon_real(char out[32], double value)
{
    decimal number;
    if (signbit(value))
        *out++ = '-';
    if (value == 0) {
        strcpy(out, "0.0");
        return;
    }
    shortest_decimal(&number, fabs(value));
    if (number.exponent >= -4 && number.exponent < 16) {
        write_fixed(out, &number);
        return;
    }
    *out++ = number.digits[0];
    if (number.count > 1)
        out += sprintf(out, ".%s", number.digits + 1);
    sprintf(out, "e%c%02d", number.exponent < 0 ? '-' : '+', abs(number.exponent));
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Decodes one code point of valid UTF-8. Out of a damaged ledger it may be none: then it does not
 * read beyond the end. */
static unsigned next_code_point(const unsigned char **at, const unsigned char *end)
{
    const unsigned char *bytes = *at;
    unsigned code;
    ptrdiff_t size = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    if (size == 1 || size > end - bytes) {
        *at += 1;
        return size == 1 ? bytes[0] : 0xfffd;
    }
    if (bytes[0] < 0xe0) {
        code = ((bytes[0] & 0x1fu) << 6) | (bytes[1] & 0x3fu);
        *at += 2;
    } else if (bytes[0] < 0xf0) {
        code = ((bytes[0] & 0x0fu) << 12) | ((bytes[1] & 0x3fu) << 6) | (bytes[2] & 0x3fu);
        *at += 3;
    } else {
        code = ((bytes[0] & 0x07u) << 18) | ((bytes[1] & 0x3fu) << 12) | ((bytes[2] & 0x3fu) << 6) |
               (bytes[3] & 0x3fu);
        *at += 4;
    }
    return code;
}

static void add_escaped(buf *out, unsigned code)
{
    static const char SHORT[] = "\"\\\b\f\n\r\t", LETTERS[] = "\"\\bfnrt";
    const char *place = code < 0x80 ? memchr(SHORT, (int)code, sizeof SHORT - 1) : NULL;
    if (place != NULL) {
        buf_add_char(out, '\\');
        buf_add_char(out, LETTERS[place - SHORT]);
    } else if (code >= 0x10000) {
        unsigned rest = code - 0x10000;
        buf_add_format(out, "\\u%04x\\u%04x", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
    } else {
        buf_add_format(out, "\\u%04x", code);
    }
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

void canon_string(buf *out, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    buf_add_char(out, '"');
    while (at < end) {
        const unsigned char *start = at;
        while (at < end && is_plain(*at))
            at++;
        buf_add(out, start, (size_t)(at - start));
        if (at < end)
            add_escaped(out, next_code_point(&at, end));
    }
    buf_add_char(out, '"');
}

/* ---- values ---------------------------------------------------------------------------------- */

typedef struct member {
    const char *key;
    json_t *value;
} member;

static int compare_members(const void *first, const void *second)
{
    return strcmp(((const member *)first)->key, ((const member *)second)->key);
}

/* The members by key; UTF-8 sorts by code point. NULL with *failed when memory is out. */
static member *sorted_members(const json_t *object, size_t *count)
{
    const char *key;
    json_t *value;
    *count = 0;
    member *members = calloc(json_object_size(object) + 1, sizeof *members);
    if (members == NULL)
        return NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) members[(*count)++] =
        (member){key, value};
    qsort(members, *count, sizeof *members, compare_members);
    return members;
}

static void add_object(buf *out, const json_t *object)
{
    size_t count;
    member *members = sorted_members(object, &count);
    if (members == NULL) {
        out->failed = true;
        return;
    }
    buf_add_char(out, '{');
    for (size_t index = 0; index < count; index++) {
        if (index > 0)
            buf_add_text(out, ", ");
        canon_string(out, members[index].key, strlen(members[index].key));
        buf_add_text(out, ": ");
        canon_value(out, members[index].value);
    }
    buf_add_char(out, '}');
    free(members);
}

static void add_array(buf *out, const json_t *array)
{
    size_t index;
    json_t *value;
    buf_add_char(out, '[');
    json_array_foreach(array, index, value)
    {
        if (index > 0)
            buf_add_text(out, ", ");
        canon_value(out, value);
    }
    buf_add_char(out, ']');
}

void canon_value(buf *out, const json_t *value)
{
    char number[32];
    const char *wide = doc_wide_integer(value);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_object(out, value);
        break;
    case JSON_ARRAY:
        add_array(out, value);
        break;
    case JSON_STRING:
        if (wide != NULL)
            buf_add_text(out, wide);
        else
            canon_string(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        buf_add_format(out, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        canon_real(number, json_real_value(value));
        buf_add_text(out, number);
        break;
    case JSON_TRUE:
        buf_add_text(out, "true");
        break;
    case JSON_FALSE:
        buf_add_text(out, "false");
        break;
    case JSON_NULL:
        buf_add_text(out, "null");
        break;
    }
}

/* ---- pointers -------------------------------------------------------------------------------- */

static ckl_status bad_path(const char *path, ckl_error *err)
{
    error_set(err, CKL_INVALID, "'%s' is no path in a configuration", path);
    error_hint(err, "write it as /opt/lr or opt.lr; ~0 stands for ~ and ~1 for / in a name");
    return CKL_INVALID;
}

ckl_status canon_pointer(char **out, const char *path, ckl_error *err)
{
    BUF_AUTO pointer = BUF_INIT;
    if (path[0] == '\0' || !doc_valid_utf8(path, strlen(path)))
        return bad_path(path, err);
    if (path[0] != '/')
        buf_add_char(&pointer, '/');
    for (const char *at = path; *at != '\0'; at++) {
        if (*at == '~' && at[1] != '0' && at[1] != '1')
            return bad_path(path, err);
        buf_add_char(&pointer, path[0] != '/' && *at == '.' ? '/' : *at);
    }
    return buf_take(out, NULL, &pointer, err);
}

/* Adds "/name" to a pointer. */
static void add_name(buf *pointer, const char *name)
{
    buf_add_char(pointer, '/');
    for (; *name != '\0'; name++) {
        if (*name == '~' || *name == '/')
            buf_add_text(pointer, *name == '~' ? "~0" : "~1");
        else
            buf_add_char(pointer, *name);
    }
}

/* Copying a configuration without some of its values. */
typedef struct pruning {
    const char *const *pointers;
    size_t count;
    buf path; /* of the value that is looked at */
} pruning;

typedef enum pruned { KEPT_WHOLE, KEPT_IN_PART, LEFT_OUT } pruned;

static pruned fate(const pruning *work)
{
    pruned result = KEPT_WHOLE;
    for (size_t index = 0; index < work->count && work->path.size > 0; index++) {
        const char *pointer = work->pointers[index];
        if (strncmp(pointer, work->path.data, work->path.size) != 0)
            continue;
        if (pointer[work->path.size] == '\0')
            return LEFT_OUT;
        if (pointer[work->path.size] == '/')
            result = KEPT_IN_PART;
    }
    return result;
}

static json_t *prune(pruning *work, const json_t *value);

/* The value at the path, or what is left of it: a new reference, NULL when memory is out. What is
 * kept whole is shared with the original, which never changes. */
static json_t *prune_child(pruning *work, json_t *value, bool *keep)
{
    pruned what = work->path.failed ? LEFT_OUT : fate(work);
    *keep = what != LEFT_OUT;
    if (what == LEFT_OUT)
        return NULL;
    return what == KEPT_WHOLE ? json_incref(value) : prune(work, value);
}

static bool prune_object(pruning *work, json_t *copy, const json_t *object)
{
    const char *key;
    json_t *value;
    size_t size = work->path.size;
    bool good = true, keep;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        add_name(&work->path, key);
        json_t *child = prune_child(work, value, &keep);
        if (keep && (child == NULL || json_object_set_new(copy, key, child) != 0))
            good = false;
        work->path.size = size;
    }
    return good;
}

/* The places are those of the whole list, also behind one that is left out. */
static bool prune_array(pruning *work, json_t *copy, const json_t *array)
{
    size_t size = work->path.size;
    bool good = true, keep;
    for (size_t index = 0; index < json_array_size(array); index++) {
        buf_add_format(&work->path, "/%zu", index);
        json_t *child = prune_child(work, json_array_get(array, index), &keep);
        if (keep && (child == NULL || json_array_append_new(copy, child) != 0))
            good = false;
        work->path.size = size;
    }
    return good;
}

static json_t *prune(pruning *work, const json_t *value)
{
    bool good = true;
    json_t *copy;
    if (json_is_object(value)) {
        copy = json_object();
        good = copy != NULL && prune_object(work, copy, value);
    } else if (json_is_array(value)) {
        copy = json_array();
        good = copy != NULL && prune_array(work, copy, value);
    } else {
        return json_incref((json_t *)(uintptr_t)value);
    }
    if (good && !work->path.failed)
        return copy;
    json_decref(copy);
    return NULL;
}

ckl_status canon_without(json_t **out, const json_t *config, const char *const *pointers,
                         size_t count, ckl_error *err)
{
    pruning work = {pointers, count, BUF_INIT};
    json_t *copy = prune(&work, config);
    buf_free(&work.path);
    if (copy == NULL)
        return error_memory(err);
    *out = copy;
    return CKL_OK;
}

/* ---- leaves ---------------------------------------------------------------------------------- */

typedef struct leaf_walk {
    ckl_status (*visit)(void *context, const canon_leaf *leaf, ckl_error *err);
    void *context;
    buf path;
    buf text;
} leaf_walk;

static const char *leaf_type(const json_t *value)
{
    static const char *const NAMES[] = {
        [JSON_OBJECT] = "object",   [JSON_ARRAY] = "array", [JSON_STRING] = "text",
        [JSON_INTEGER] = "integer", [JSON_REAL] = "real",   [JSON_TRUE] = "boolean",
        [JSON_FALSE] = "boolean",   [JSON_NULL] = "null"};
    return doc_wide_integer(value) != NULL ? "integer" : NAMES[json_typeof(value)];
}

static ckl_status visit_value(leaf_walk *walk, const json_t *value, ckl_error *err);

static ckl_status visit_object(leaf_walk *walk, const json_t *object, ckl_error *err)
{
    size_t count, size = walk->path.size;
    member *members = sorted_members(object, &count);
    if (members == NULL)
        return error_memory(err);
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        add_name(&walk->path, members[index].key);
        status = visit_value(walk, members[index].value, err);
        walk->path.size = size;
    }
    free(members);
    return status;
}

static ckl_status visit_array(leaf_walk *walk, const json_t *array, ckl_error *err)
{
    size_t size = walk->path.size;
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < json_array_size(array); index++) {
        buf_add_format(&walk->path, "/%zu", index);
        status = visit_value(walk, json_array_get(array, index), err);
        walk->path.size = size;
    }
    return status;
}

static ckl_status visit_value(leaf_walk *walk, const json_t *value, ckl_error *err)
{
    if (json_object_size(value) > 0)
        return visit_object(walk, value, err);
    if (json_array_size(value) > 0)
        return visit_array(walk, value, err);
    buf_clear(&walk->text);
    canon_value(&walk->text, value);
    buf_add(&walk->path, "", 0); /* the NUL */
    ckl_status status = buf_check(&walk->text, err);
    if (status == CKL_OK)
        status = buf_check(&walk->path, err);
    if (status != CKL_OK)
        return status;
    walk->path.data[walk->path.size] = '\0';
    canon_leaf leaf = {walk->path.data, leaf_type(value), walk->text.data, value};
    return walk->visit(walk->context, &leaf, err);
}

ckl_status canon_leaves(const json_t *config,
                        ckl_status (*visit)(void *context, const canon_leaf *leaf, ckl_error *err),
                        void *context, ckl_error *err)
{
    leaf_walk walk = {visit, context, BUF_INIT, BUF_INIT};
    ckl_status status = CKL_OK;
    if (json_object_size(config) > 0)
        status = visit_value(&walk, config, err);
    buf_free(&walk.path);
    buf_free(&walk.text);
    return status;
}
