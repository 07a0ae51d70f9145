#include "doc.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doc_internal.h"
#include "utf8.h"

#define READ_PIECE ((size_t)1 << 16)

ckl_status doc_fail(const doc_spot *spot, const char *format, ...)
{
    char what[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_set(spot->err, CKL_INVALID, "%.200s: line %zu, column %zu: %s", spot->name,
                     spot->line, spot->column, what);
}

doc_spot doc_spot_at(const char *name, const char *text, size_t offset, ckl_error *err)
{
    doc_spot spot = {.name = name, .line = 1, .column = 1, .err = err};
    for (size_t at = 0; at < offset; at++) {
        if (text[at] == '\n') {
            spot.line++;
            spot.column = 1;
        } else if (((unsigned char)text[at] & 0xc0) != 0x80) {
            spot.column++;
        }
    }
    return spot;
}

doc_excerpt doc_excerpt_of(const char *text, size_t size)
{
    doc_excerpt excerpt = {{0}};
    size_t room = sizeof excerpt.text - sizeof "...";
    size_t length = size;
    if (size > room) {
        length = room;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(excerpt.text, text, length);
    if (length < size)
        memcpy(excerpt.text + length, "...", sizeof "...");
    return excerpt;
}

bool doc_valid_utf8(const char *text, size_t size)
{
    return utf8_length(text, size) == size;
}

double doc_strtod(const char *text, char **end)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return strtod(text, end);
    double value = strtod_l(text, end, plain);
    freelocale(plain);
    return value;
}

bool doc_real_is_finite(double *out, const char *text, size_t size)
{
    char *copy = strndup(text, size);
    if (copy == NULL)
        return false;
    *out = doc_strtod(copy, NULL);
    free(copy);
    return *out - *out == 0;
}

/* The digits of `value` at `precision` significant ones, and the decimal exponent of the first. */
static int digits_of(char digits[24], double value, int precision)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", precision - 1, value);
    size_t count = 0;
    const char *at = text;
    for (; *at != '\0' && *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    }
    digits[count] = '\0';
    return *at == 'e' ? atoi(at + 1) : 0;
}

bool doc_is_wide_integer(const char *digits, size_t size)
{
    if (size > 0 && digits[0] == '-') {
        digits++;
        size--;
    }
    if (size < 19 || size > 21 || digits[0] == '0')
        return false;
    char text[40];
    memcpy(text, digits, size);
    text[size] = '\0';
    double value = doc_strtod(text, NULL);
    char shorter[24], full[24], again[40];
    int exponent = digits_of(shorter, value, 16);
    snprintf(again, sizeof again, "%se%d", shorter, exponent - 15);
    if (doc_strtod(again, NULL) == value)
        return false;
    exponent = digits_of(full, value, 17);
    return (size_t)exponent + 1 == size && memcmp(full, digits, 17) == 0 &&
           strspn(text + 17, "0") == size - 17;
}

const char *doc_wide_integer(const json_t *value)
{
    if (!json_is_string(value) || json_string_length(value) < 2)
        return NULL;
    const char *text = json_string_value(value);
    bool marked = text[0] == '\0' && (text[1] == '-' || (text[1] >= '0' && text[1] <= '9'));
    return marked ? text + 1 : NULL;
}

ckl_format doc_format(ckl_format format, const char *name)
{
    static const struct {
        const char *extension;
        ckl_format format;
    } EXTENSIONS[] = {{".yaml", CKL_FORMAT_YAML},
                      {".yml", CKL_FORMAT_YAML},
                      {".jsonl", CKL_FORMAT_JSON_LINES},
                      {".ndjson", CKL_FORMAT_JSON_LINES},
                      {".csv", CKL_FORMAT_CSV}};
    if (format != CKL_FORMAT_BY_NAME)
        return format;
    if (name == NULL || strcmp(name, "-") == 0)
        return name == NULL ? CKL_FORMAT_JSON : CKL_FORMAT_YAML;
    const char *extension = strrchr(name, '.');
    for (size_t at = 0; extension != NULL && at < sizeof EXTENSIONS / sizeof *EXTENSIONS; at++) {
        if (strcasecmp(extension, EXTENSIONS[at].extension) == 0)
            return EXTENSIONS[at].format;
    }
    return CKL_FORMAT_JSON;
}

ckl_status doc_parse(json_t **out, const char *text, size_t size, const doc_options *options,
                     ckl_error *err)
{
    doc_options known = *options;
    known.format = doc_format(options->format, options->name);
    if (known.name == NULL)
        known.name = "text";
    if (text == NULL)
        text = "";
    if (known.format == CKL_FORMAT_YAML)
        return doc_yaml_read(out, text, size, &known, err);
    return doc_json_read(out, text, size, &known, err);
}

static ckl_status too_large(const char *path, size_t limit, ckl_error *err)
{
    return error_set(err, CKL_INVALID, "'%s' is larger than %zu MB: it is not read", path,
                     limit / (1024 * 1024));
}

static ckl_status read_all(buf *out, int descriptor, const char *path, size_t limit, ckl_error *err)
{
    for (;;) {
        if (out->size > limit)
            return too_large(path, limit, err);
        buf_reserve(out, READ_PIECE);
        ckl_status status = buf_check(out, err);
        if (status != CKL_OK)
            return status;
        /* The buffer keeps one byte for the NUL behind its content. */
        ssize_t count = read(descriptor, out->data + out->size, out->capacity - out->size - 1);
        if (count == 0) {
            buf_add(out, NULL, 0);
            return buf_check(out, err);
        }
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_errno(err, errno, "cannot read", path);
        out->size += (size_t)count;
    }
}

ckl_status doc_read_file(char **out, size_t *size, const char *path, size_t limit, ckl_error *err)
{
    bool standard_input = strcmp(path, "-") == 0;
    int descriptor = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return error_errno(err, errno, "cannot read", path);
    if (standard_input)
        path = "standard input";
    BUF_AUTO content = BUF_INIT;
    struct stat about;
    ckl_status status = CKL_OK;
    if (fstat(descriptor, &about) == 0) {
        if (S_ISDIR(about.st_mode)) {
            status = error_set(err, CKL_IO, "cannot read '%s': it is a directory", path);
            error_hint(err, "name a YAML or JSON file");
        } else if (S_ISREG(about.st_mode) && (uint64_t)about.st_size > limit) {
            status = too_large(path, limit, err);
        } else if (S_ISREG(about.st_mode) && about.st_size > 0) {
            buf_reserve(&content, (size_t)about.st_size + READ_PIECE);
        }
    }
    if (status == CKL_OK)
        status = read_all(&content, descriptor, path, limit, err);
    if (!standard_input)
        close(descriptor);
    return status == CKL_OK ? buf_take(out, size, &content, err) : status;
}
