/* input: what the command reads beside models, configurations and data states: bytes, uids,
 * metrics. Keeps true: what is wrong shows before anything is recorded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

/* ---- files ----------------------------------------------------------------------------------- */

static ckl_status cannot_read(const char *path, int error_number, ckl_error *err)
{
    ckl_status code = error_number == ENOENT   ? CKL_NOT_FOUND
                      : error_number == ENOMEM ? CKL_NO_MEMORY
                                               : CKL_IO;
    return fail(err, code, "could not read '%s': %s", path, strerror(error_number));
}

/* Makes room for more; at most one byte over the limit is read, which shows that it is too much. */
static bool grow(char **bytes, size_t *capacity, size_t limit)
{
    size_t wanted = *capacity == 0 ? 65536 : *capacity * 2;
    wanted = wanted < limit + 2 ? wanted : limit + 2;
    char *grown = realloc(*bytes, wanted);
    if (grown == NULL)
        return false;
    *bytes = grown;
    *capacity = wanted;
    return true;
}

ckl_status read_file(char **out, size_t *size, const char *path, size_t limit, ckl_error *err)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char *bytes = NULL;
    size_t used = 0, capacity = 0;
    int failure = 0;
    if (file == NULL)
        return cannot_read(path, errno, err);
    while (failure == 0 && used <= limit) {
        if (used + 1 >= capacity && !grow(&bytes, &capacity, limit)) {
            failure = ENOMEM;
            break;
        }
        size_t got = fread(bytes + used, 1, capacity - used - 1, file);
        used += got;
        if (got == 0) {
            failure = ferror(file) ? (errno != 0 ? errno : EIO) : 0;
            break;
        }
    }
    if (file != stdin)
        fclose(file);
    ckl_status status = failure != 0 ? cannot_read(path, failure, err) : CKL_OK;
    if (status == CKL_OK && used > limit)
        status = fail(err, CKL_INVALID, "'%s' is larger than %zu bytes", path, limit);
    if (status != CKL_OK) {
        free(bytes);
        return status;
    }
    bytes[used] = '\0';
    *out = bytes;
    *size = used;
    return CKL_OK;
}

ckl_status check_standard_input(const invocation *call, ckl_error *err)
{
    int readers = 0;
    for (int index = 0; index < OPTION_MAX; index++) {
        const option_spec *option = &call->command->options[index];
        readers += option->name != NULL && option->value != NULL &&
                   strcmp(option->value, "FILE") == 0 && call->values[index] != NULL &&
                   strcmp(call->values[index], "-") == 0;
    }
    return readers < 2 ? CKL_OK
                       : usage_error(call, err, "only one file can be standard input ('-')");
}

/* ---- uids ------------------------------------------------------------------------------------ */

void free_uids(uid_list *list)
{
    free(list->uids);
    free(list->text);
}

static size_t count_lines(const char *text, size_t size)
{
    size_t lines = 1;
    for (size_t index = 0; index < size; index++)
        lines += text[index] == '\n';
    return lines;
}

static void add_lines(uid_list *out)
{
    for (char *line = out->text, *next; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        if (*line != '\0')
            out->uids[out->count++] = line;
    }
}

ckl_status collect_uids(uid_list *out, const invocation *call, size_t first, ckl_error *err)
{
    const char *from = option_value(call, "--from");
    size_t size = 0, lines = 0;
    if (from != NULL) {
        ckl_status status = read_file(&out->text, &size, from, SIZE_MAX / 4, err);
        if (status != CKL_OK)
            return status;
        if (strlen(out->text) != size)
            return fail(err, CKL_INVALID, "'%s' has a NUL at byte %zu: it is no list of uids", from,
                        strlen(out->text));
        lines = count_lines(out->text, size);
    }
    out->uids = calloc(call->argument_count + lines + 1, sizeof *out->uids);
    if (out->uids == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    for (size_t index = first; index < call->argument_count; index++)
        out->uids[out->count++] = call->arguments[index];
    add_lines(out);
    return out->count > 0
               ? CKL_OK
               : usage_error(call, err, "ckl %s needs at least one uid", call->command->name);
}

/* ---- metrics --------------------------------------------------------------------------------- */

#define METRIC_NAME_MAX 256

/* "name=value"; the text is cut in two at its last "=". */
static ckl_status parse_metric(ckl_metric *out, char *text, ckl_error *err)
{
    char *equals = strrchr(text, '='), *end = NULL;
    if (equals == NULL || equals == text)
        return fail(err, CKL_INVALID, "a metric is written name=value, not '%s'", text);
    *equals = '\0';
    if (strlen(text) > METRIC_NAME_MAX || !is_unicode(text))
        return fail(err, CKL_INVALID, "a metric's name is 1 to %d bytes of UTF-8, not '%s'",
                    METRIC_NAME_MAX, text);
    out->name = text;
    out->value = strtod(equals + 1, &end);
    if (end == equals + 1 || *end != '\0')
        return fail(err, CKL_INVALID, "the value of metric '%s' is not a number: '%s'", text,
                    equals + 1);
    return CKL_OK;
}

void free_metrics(metric_list *list)
{
    for (size_t index = 0; index < list->count; index++)
        free(list->texts[index]);
    free(list->texts);
    free(list->metrics);
}

ckl_status collect_metrics(metric_list *out, const char *const *words, size_t count, ckl_error *err)
{
    ckl_status status = CKL_OK;
    out->metrics = calloc(count + 1, sizeof *out->metrics);
    out->texts = calloc(count + 1, sizeof *out->texts);
    if (out->metrics == NULL || out->texts == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        char *copy = strdup(words[index]);
        if (copy == NULL)
            return fail(err, CKL_NO_MEMORY, "out of memory");
        out->texts[out->count] = copy;
        status = parse_metric(&out->metrics[out->count++], copy, err);
    }
    return status;
}
