#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

/* ---- messages -------------------------------------------------------------------------------- */

static void set_message(ckl_error *err, ckl_status code, const char *format, va_list arguments)
{
    if (err->code != CKL_OK)
        return;
    err->code = code;
    vsnprintf(err->message, sizeof err->message, format, arguments);
}

ckl_status fail(ckl_error *err, ckl_status code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_message(err, code, format, arguments);
    va_end(arguments);
    return code;
}

ckl_status usage_error(const invocation *call, ckl_error *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_message(err, CKL_INVALID, format, arguments);
    va_end(arguments);
    if (call->command != NULL && err->hint[0] == '\0')
        snprintf(err->hint, sizeof err->hint, "usage: ckl %s%s%s", call->command->name,
                 call->command->usage[0] != '\0' ? " " : "", call->command->usage);
    return CKL_INVALID;
}

/* How many letters must change to make one word the other. */
static size_t distance(const char *first, const char *second)
{
    size_t row[64], size = strlen(second);
    if (size >= 63 || strlen(first) >= 63)
        return 64;
    for (size_t j = 0; j <= size; j++)
        row[j] = j;
    for (size_t i = 1; first[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= size; j++) {
            size_t change = diagonal + (first[i - 1] != second[j - 1]);
            diagonal = row[j];
            size_t best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < best ? change : best;
        }
    }
    return row[size];
}

/* Remembers `name` when it is closer to `word` than what was found so far. */
static void keep_closer(const char **close, size_t *best, const char *word, const char *name)
{
    size_t far = distance(word, name);
    if (far < *best) {
        *best = far;
        *close = name;
    }
}

ckl_status unknown_command(const char *word, ckl_error *err)
{
    const char *close = NULL;
    size_t best = 3;
    for (const command *each = next_command(NULL); each != NULL; each = next_command(each))
        keep_closer(&close, &best, word, each->name);
    fail(err, CKL_INVALID, "there is no command '%s'", word);
    if (close != NULL)
        snprintf(err->hint, sizeof err->hint, "did you mean: ckl %s", close);
    else
        snprintf(err->hint, sizeof err->hint, "see: ckl --help");
    return CKL_INVALID;
}

static ckl_status unknown_option(const invocation *call, const char *word, size_t size,
                                 ckl_error *err)
{
    char name[64];
    const char *close = NULL;
    size_t best = 3;
    snprintf(name, sizeof name, "%.*s", (int)size, word);
    for (int index = 0; size > 2 && index < OPTION_MAX; index++) {
        if (call->command->options[index].name != NULL)
            keep_closer(&close, &best, name, call->command->options[index].name);
    }
    for (const option_spec *each = GLOBAL_OPTIONS; size > 2 && each->name != NULL; each++)
        keep_closer(&close, &best, name, each->name);
    if (close != NULL)
        snprintf(err->hint, sizeof err->hint, "did you mean: %s", close);
    return usage_error(call, err, "ckl %s has no option '%.*s'", call->command->name, (int)size,
                       word);
}

/* ---- parsing --------------------------------------------------------------------------------- */

const command *find_command(const char *name)
{
    for (const command *each = next_command(NULL); each != NULL; each = next_command(each)) {
        if (strcmp(each->name, name) == 0)
            return each;
    }
    return NULL;
}

static int find_option(const command *of, const char *word, size_t size)
{
    for (int index = 0; index < OPTION_MAX && of->options[index].name != NULL; index++) {
        if (strlen(of->options[index].name) == size &&
            strncmp(of->options[index].name, word, size) == 0)
            return index;
    }
    return -1;
}

static void take_format(invocation *out, const char *text, ckl_error *err)
{
    static const char *const NAMES[] = {"table", "csv", "tsv", "jsonl", "md"};
    for (size_t index = 0; index < sizeof NAMES / sizeof *NAMES; index++) {
        if (strcmp(text, NAMES[index]) != 0)
            continue;
        out->format = (output_format)index;
        out->format_given = true;
        return;
    }
    usage_error(out, err, "--format is table, csv, tsv, jsonl or md, not '%s'", text);
}

/* The options that stand anywhere. *at moves over a value. True when the word was one. */
static bool take_global(invocation *out, char **words, int count, int *at, ckl_error *err)
{
    const char *word = words[*at], *format = NULL, **place = NULL;
    if (strcmp(word, "--json") == 0) {
        out->json = true;
        return true;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        out->wants_help = true;
        return true;
    }
    if (strcmp(word, "--version") == 0) {
        out->wants_version = true;
        return true;
    }
    if (strcmp(word, "--private") == 0) {
        out->is_private = true;
        return true;
    }
    if (strcmp(word, "--no-pager") == 0) {
        out->no_pager = true;
        return true;
    }
    if (strncmp(word, "--format=", 9) == 0) {
        take_format(out, word + 9, err);
        return true;
    }
    if (strncmp(word, "--run=", 6) == 0) {
        out->run = word + 6;
        return true;
    }
    if (strncmp(word, "--ledger=", 9) == 0) {
        out->ledger = word + 9;
        return true;
    }
    if (strcmp(word, "-C") == 0)
        place = &out->root;
    else if (strcmp(word, "--ledger") == 0)
        place = &out->ledger;
    else if (strcmp(word, "--run") == 0)
        place = &out->run;
    else if (strcmp(word, "--format") == 0)
        place = &format;
    else
        return false;
    if (*at + 1 >= count)
        usage_error(out, err, "%s needs a value", word);
    else
        *place = words[++*at];
    if (format != NULL)
        take_format(out, format, err);
    return true;
}

static ckl_status take_option(invocation *out, char **words, int count, int *at, ckl_error *err)
{
    const char *word = words[*at], *equals = strchr(word, '=');
    size_t size = equals != NULL ? (size_t)(equals - word) : strlen(word);
    int index = find_option(out->command, word, size);
    if (index < 0)
        return unknown_option(out, word, size, err);
    const option_spec *spec = &out->command->options[index];
    const char *value = "";
    if (spec->value == NULL && equals != NULL)
        return usage_error(out, err, "%s takes no value", spec->name);
    if (spec->value != NULL) {
        if (equals != NULL)
            value = equals + 1;
        else if (*at + 1 < count)
            value = words[++*at];
        else
            return usage_error(out, err, "%s needs a value", spec->name);
    }
    out->values[index] = value;
    if (spec->repeats) {
        out->repeated_of[out->repeated_count] = index;
        out->repeated[out->repeated_count++] = value;
    }
    return CKL_OK;
}

/* The command's name is the first word that is neither a global option nor its value. */
static ckl_status take_command(invocation *out, const char *word, ckl_error *err)
{
    out->command = find_command(word);
    if (out->command != NULL)
        return CKL_OK;
    if (strcmp(word, "help") == 0 && !out->wants_help) {
        out->wants_help = true;
        return CKL_OK;
    }
    if (word[0] == '-') {
        fail(err, CKL_INVALID, "there is no option '%s' before a command", word);
        snprintf(err->hint, sizeof err->hint, "see: ckl --help");
        return CKL_INVALID;
    }
    return unknown_command(word, err);
}

ckl_status parse_invocation(invocation *out, int count, char **words, ckl_error *err)
{
    bool options_end = false;
    ckl_status status = CKL_OK;
    out->repeated = calloc((size_t)count + 1, sizeof *out->repeated);
    out->repeated_of = calloc((size_t)count + 1, sizeof *out->repeated_of);
    out->arguments = calloc((size_t)count + 1, sizeof *out->arguments);
    if (out->repeated == NULL || out->repeated_of == NULL || out->arguments == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    for (int at = 1; at < count && status == CKL_OK; at++) {
        const char *word = words[at];
        if (out->wants_version || (out->wants_help && out->command != NULL))
            break;
        if (!options_end && strcmp(word, "--") == 0)
            options_end = true;
        else if (!options_end && take_global(out, words, count, &at, err))
            status = err->code;
        else if (out->command == NULL)
            status = take_command(out, word, err);
        else if (!options_end && word[0] == '-' && word[1] != '\0')
            status = take_option(out, words, count, &at, err);
        else
            out->arguments[out->argument_count++] = word;
    }
    if (status == CKL_OK && out->format_given && out->command != NULL && !out->wants_help &&
        !out->command->prints_rows)
        status = usage_error(out, err, "ckl %s prints no rows: --format does not go with it",
                             out->command->name);
    if (status == CKL_OK && out->format_given && out->json)
        status = usage_error(out, err, "--format does not go with --json");
    return status;
}

void free_invocation(invocation *call)
{
    free(call->repeated);
    free(call->repeated_of);
    free(call->arguments);
}

/* ---- values ---------------------------------------------------------------------------------- */

const char *option_value(const invocation *call, const char *name)
{
    int index = find_option(call->command, name, strlen(name));
    return index < 0 ? NULL : call->values[index];
}

bool repeated_is(const invocation *call, size_t index, const char *name)
{
    return call->repeated_of[index] == find_option(call->command, name, strlen(name));
}

bool option_given(const invocation *call, const char *name)
{
    return option_value(call, name) != NULL;
}

ckl_status parse_number(int64_t *out, const char *text, const char *what, int64_t least,
                        ckl_error *err)
{
    const char *digits = text + (text[0] == '-');
    if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return fail(err, CKL_INVALID, "%s '%s' is not a whole number", what, text);
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE && digits == text)
        return fail(err, CKL_INVALID, "%s %s is too large: at most 9223372036854775807", what,
                    text);
    if (value < 0)
        return fail(err, CKL_INVALID, "%s %s is negative", what, text);
    if (value < least)
        return fail(err, CKL_INVALID, "%s %s is too small: at least %lld", what, text,
                    (long long)least);
    *out = value;
    return CKL_OK;
}

ckl_status check_arguments(const invocation *call, size_t least, size_t most, ckl_error *err)
{
    if (call->argument_count < least)
        return usage_error(call, err, "ckl %s needs %s", call->command->name,
                           call->argument_count == 0 ? "an argument" : "more arguments");
    if (call->argument_count > most)
        return usage_error(call, err, "ckl %s does not know what to do with '%s'",
                           call->command->name, call->arguments[most]);
    return CKL_OK;
}
