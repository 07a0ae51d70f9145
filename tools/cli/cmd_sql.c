/* sql: one statement that reads, with the tables and functions of the extension. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "table.h"

#define SQL_SIZE_MAX ((size_t)1 << 20)

/* ---- what to ask ----------------------------------------------------------------------------- */

ckl_status parse_duration(int64_t *out_ms, const char *text, const char *what, ckl_error *err)
{
    static const struct {
        const char *unit;
        double ms;
    } UNITS[] = {{"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    char *end = NULL;
    double amount = strtod(text, &end);
    for (size_t index = 0; index < sizeof UNITS / sizeof *UNITS; index++) {
        double ms = amount * UNITS[index].ms;
        if (end != text && strcmp(end, UNITS[index].unit) == 0 && text[0] >= '0' &&
            text[0] <= '9' && ms >= 1 && ms < 1e13) {
            *out_ms = (int64_t)ms;
            return CKL_OK;
        }
    }
    return fail(err, CKL_INVALID, "%s is a time as 30s, 500ms or 2m, not '%s'", what, text);
}

/* The argument, or a file, or standard input; *out is the caller's (free). */
static ckl_status read_statement(char **out, const invocation *call, ckl_error *err)
{
    const char *path = option_value(call, "--file");
    char *text = NULL;
    size_t size = 0;
    ckl_status status = check_arguments(call, 0, 1, err);
    if (status != CKL_OK)
        return status;
    if (call->argument_count > 0 && path != NULL)
        return usage_error(call, err, "give a statement or --file, not both");
    if (call->argument_count > 0) {
        *out = strdup(call->arguments[0]);
        return *out != NULL ? CKL_OK : fail(err, CKL_NO_MEMORY, "out of memory");
    }
    status = read_file(&text, &size, path != NULL ? path : "-", SQL_SIZE_MAX, err);
    if (status != CKL_OK)
        return status;
    if (strlen(text) != size) {
        free(text);
        return fail(err, CKL_INVALID, "SQL: NUL in the text");
    }
    *out = text;
    return CKL_OK;
}

/* ---- columns --------------------------------------------------------------------------------- */

typedef struct headings {
    table_column *columns;
    char **names;
    size_t count;
} headings;

static void free_headings(headings *known)
{
    for (size_t index = 0; known->names != NULL && index < known->count; index++)
        free(known->names[index]);
    free(known->names);
    free(known->columns);
}

static bool is_taken(const headings *known, size_t count, const char *name)
{
    for (size_t index = 0; index < count; index++) {
        if (strcmp(known->names[index], name) == 0)
            return true;
    }
    return false;
}

/* As SQL has it; as a key of JSON the second of two equal names gets a number. */
static char *name_column(const headings *known, size_t column, const char *name, bool unique)
{
    char *given = strdup(name);
    size_t size = strlen(name) + 24;
    for (unsigned number = 2; unique && given != NULL && is_taken(known, column, given); number++) {
        free(given);
        given = malloc(size);
        if (given != NULL)
            snprintf(given, size, "%s_%u", name, number);
    }
    return given;
}

/* `row`: the first one, which tells where numbers stand; NULL when there is none. */
static ckl_status read_headings(headings *out, const ckl_sql *rows, const ckl_sql_value *row,
                                const invocation *call, ckl_error *err)
{
    bool unique = call->json || call->format == FORMAT_JSON_LINES;
    out->count = ckl_sql_column_count(rows);
    out->columns = calloc(out->count, sizeof *out->columns);
    out->names = calloc(out->count, sizeof *out->names);
    if (out->columns == NULL || out->names == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    for (size_t column = 0; column < out->count; column++) {
        bool number = row != NULL &&
                      (row[column].type == CKL_SQL_INTEGER || row[column].type == CKL_SQL_REAL);
        out->names[column] = name_column(out, column, ckl_sql_column_name(rows, column), unique);
        if (out->names[column] == NULL)
            return fail(err, CKL_NO_MEMORY, "out of memory");
        out->columns[column] = (table_column){out->names[column], number ? RIGHT : LEFT};
    }
    return CKL_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static ckl_status put_blob(table *out, const ckl_sql_value *value, ckl_error *err)
{
    const unsigned char *bytes = value->bytes;
    char *hex = malloc(value->size * 2 + 1);
    if (hex == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    for (size_t index = 0; index < value->size; index++) {
        hex[index * 2] = "0123456789abcdef"[bytes[index] >> 4];
        hex[index * 2 + 1] = "0123456789abcdef"[bytes[index] & 15];
    }
    hex[value->size * 2] = '\0';
    table_text(out, hex);
    free(hex);
    return CKL_OK;
}

static ckl_status put_value(table *out, const ckl_sql_value *value, const char *name,
                            ckl_error *err)
{
    switch (value->type) {
    case CKL_SQL_INTEGER:
        table_integer(out, value->integer);
        return CKL_OK;
    case CKL_SQL_REAL:
        table_real(out, value->real);
        return CKL_OK;
    case CKL_SQL_TEXT:
        if (strlen(value->text) != value->size)
            return fail(err, CKL_INVALID, "SQL: NUL in a text of column '%s': ask for hex(%s)",
                        name, name);
        table_text(out, value->text);
        return CKL_OK;
    case CKL_SQL_BLOB:
        return put_blob(out, value, err);
    default:
        table_null(out);
        return CKL_OK;
    }
}

ckl_status print_sql_rows(const invocation *call, ckl_sql *rows, ckl_error *err)
{
    const ckl_sql_value *row = NULL;
    headings known = {0};
    table *out = NULL;
    ckl_status status = ckl_sql_next(&row, rows, err);
    ckl_status made = CKL_OK;
    if (status != CKL_OK && status != CKL_DONE)
        return status;
    made = read_headings(&known, rows, status == CKL_OK ? row : NULL, call, err);
    if (made == CKL_OK)
        made = table_open(&out, call, "rows", known.columns, known.count, err);
    if (made != CKL_OK)
        status = made;
    while (status == CKL_OK) {
        for (size_t column = 0; status == CKL_OK && column < known.count; column++)
            status = put_value(out, &row[column], known.names[column], err);
        if (status == CKL_OK)
            status = ckl_sql_next(&row, rows, err);
    }
    status = table_close(out, status, err);
    free_headings(&known);
    return status;
}

ckl_status cmd_sql(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *limit = option_value(call, "--limit-time");
    ckl_sql_options options = {0};
    ckl_sql *rows = NULL;
    char *statement = NULL;
    (void)exit_code;
    ckl_status status = CKL_OK;
    if (limit != NULL)
        status = parse_duration(&options.time_limit_ms, limit, "--limit-time", err);
    if (status == CKL_OK)
        status = read_statement(&statement, call, err);
    if (status == CKL_OK)
        status = ckl_sql_open(&rows, manager, statement, &options, err);
    if (status == CKL_OK && ckl_sql_parameter_count(rows) > 0)
        status =
            fail(err, CKL_INVALID, "SQL: nothing gives the parameter '%s' a value",
                 ckl_sql_parameter_name(rows, 1) != NULL ? ckl_sql_parameter_name(rows, 1) : "?");
    if (status == CKL_OK)
        status = print_sql_rows(call, rows, err);
    ckl_sql_close(rows);
    free(statement);
    return status;
}
