#include "table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rows that are kept to find out how wide the columns are; later ones use what was found. */
#define ROWS_MEASURED 500
#define WIDTH_MAX     60 /* of a column that is not the last: a longer value moves the rest */

typedef enum cell_kind { CELL_NULL, CELL_TEXT, CELL_NUMBER, CELL_TIME, CELL_JSON } cell_kind;

typedef struct cell {
    cell_kind kind;
    char *text;
    int64_t at_us;
    ckl_components components;
    bool is_components;
} cell;

struct table {
    const invocation *call;
    const table_column *columns;
    size_t column_count, row_count;
    cell *cells; /* of rows not printed yet */
    size_t cell_count, capacity;
    size_t *widths; /* NULL until they are known */
    bool failed, begun;
};

bool is_for_people(const invocation *call)
{
    return !call->json && call->format == FORMAT_TEXT;
}

/* ---- formats --------------------------------------------------------------------------------- */

static void put_json_row(const table *rows, const cell *row)
{
    for (size_t column = 0; column < rows->column_count; column++) {
        const char *name = rows->columns[column].name;
        const cell *value = &row[column];
        if (value->is_components)
            emit_components(name, value->components);
        else if (value->kind == CELL_TIME)
            emit_time(name, value->at_us);
        else if (value->kind == CELL_TEXT)
            emit_text(name, value->text);
        else
            emit_raw(name, value->kind == CELL_NULL ? NULL : value->text);
    }
}

/* Exact in a file; on a terminal a hostile name must not reach it as it is. */
static void put_exact(const char *text)
{
    if (isatty(STDOUT_FILENO))
        put(text);
    else
        fputs(text, stdout);
}

/* RFC 4180; an empty text is quoted, no value is not. */
static void put_csv(const cell *value)
{
    const char *text = value->text;
    if (value->kind == CELL_NULL)
        return;
    if (text[0] != '\0' && strpbrk(text, ",\"\r\n") == NULL) {
        put_exact(text);
        return;
    }
    fputc('"', stdout);
    for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        printf("%.*s\"\"", (int)(quote - text), text);
    }
    put_exact(text);
    fputc('"', stdout);
}

static void put_escaped(const char *text, char special, const char *instead)
{
    for (; *text != '\0'; text++) {
        if (*text == special)
            fputs(instead, stdout);
        else if (*text == '\n')
            fputs("\\n", stdout);
        else if (*text == '\r')
            fputs("\\r", stdout);
        else if (*text == '\\')
            fputs("\\\\", stdout);
        else
            fputc(*text, stdout);
    }
}

static void put_separated_row(const table *rows, const cell *row)
{
    output_format format = rows->call->format;
    for (size_t column = 0; column < rows->column_count; column++) {
        const cell *value = &row[column];
        if (column > 0)
            fputc(format == FORMAT_CSV ? ',' : '\t', stdout);
        if (format == FORMAT_CSV)
            put_csv(value);
        else if (value->kind != CELL_NULL)
            put_escaped(value->text, '\t', "\\t");
    }
    fputc('\n', stdout);
}

static void put_markdown_row(const table *rows, const cell *row)
{
    for (size_t column = 0; column < rows->column_count; column++) {
        fputs(column == 0 ? "| " : " | ", stdout);
        if (row[column].kind != CELL_NULL)
            put_escaped(row[column].text, '|', "\\|");
    }
    fputs(" |\n", stdout);
}

static void put_people_row(const table *rows, const cell *row)
{
    for (size_t column = 0; column < rows->column_count; column++) {
        bool last = column + 1 == rows->column_count;
        const char *text = row[column].kind == CELL_NULL ? "-" : row[column].text;
        size_t width = rows->widths[column], used = text_width(text);
        fputs(column == 0 ? "" : "  ", stdout);
        for (; rows->columns[column].side == RIGHT && used < width; used++)
            fputc(' ', stdout);
        if (last || rows->columns[column].side == RIGHT)
            put(text);
        else
            put_padded(text, width);
    }
    fputc('\n', stdout);
}

static void put_row(const table *rows, const cell *row)
{
    if (rows->call->json) {
        emit_open_object(NULL);
        put_json_row(rows, row);
        emit_close_object();
        return;
    }
    switch (rows->call->format) {
    case FORMAT_JSON_LINES:
        emit_begin_line();
        put_json_row(rows, row);
        emit_end();
        break;
    case FORMAT_CSV:
    case FORMAT_TSV:
        put_separated_row(rows, row);
        break;
    case FORMAT_MARKDOWN:
        put_markdown_row(rows, row);
        break;
    case FORMAT_TEXT:
        put_people_row(rows, row);
        break;
    }
}

/* ---- headings -------------------------------------------------------------------------------- */

static void put_markdown_heading(const table *rows)
{
    for (size_t column = 0; column < rows->column_count; column++)
        printf("%s%s", column == 0 ? "| " : " | ", rows->columns[column].name);
    fputs(" |\n|", stdout);
    for (size_t column = 0; column < rows->column_count; column++)
        fputs(rows->columns[column].side == RIGHT ? "---:|" : "---|", stdout);
    fputc('\n', stdout);
}

static void put_heading(const table *rows)
{
    output_format format = rows->call->format;
    if (rows->call->json || format == FORMAT_JSON_LINES)
        return;
    if (format == FORMAT_MARKDOWN) {
        put_markdown_heading(rows);
        return;
    }
    if (format == FORMAT_TEXT && rows->row_count == 0)
        return;
    fputs(format == FORMAT_TEXT ? paint(DIM) : "", stdout);
    for (size_t column = 0; column < rows->column_count; column++) {
        const char *name = rows->columns[column].name;
        bool last = column + 1 == rows->column_count;
        if (format != FORMAT_TEXT) {
            printf("%s%s", column == 0 ? "" : format == FORMAT_CSV ? "," : "\t", name);
            continue;
        }
        fputs(column == 0 ? "" : "  ", stdout);
        if (rows->columns[column].side == RIGHT)
            printf("%*s", (int)rows->widths[column], name);
        else if (last)
            fputs(name, stdout);
        else
            put_padded(name, rows->widths[column]);
    }
    printf("%s\n", format == FORMAT_TEXT ? paint(PLAIN) : "");
}

static bool measure(table *rows)
{
    rows->widths = calloc(rows->column_count, sizeof *rows->widths);
    if (rows->widths == NULL)
        return false;
    for (size_t column = 0; column < rows->column_count; column++)
        rows->widths[column] = text_width(rows->columns[column].name);
    for (size_t index = 0; index < rows->cell_count; index++) {
        const cell *value = &rows->cells[index];
        size_t *width = &rows->widths[index % rows->column_count];
        size_t needed = value->kind == CELL_NULL ? 1 : text_width(value->text);
        if (needed > *width && needed <= WIDTH_MAX)
            *width = needed;
    }
    return true;
}

static void clear_cells(table *rows)
{
    for (size_t index = 0; index < rows->cell_count; index++)
        free(rows->cells[index].text);
    rows->cell_count = 0;
}

/* Prints the rows that are kept. */
static void flush_rows(table *rows)
{
    if (rows->widths == NULL && !measure(rows)) {
        rows->failed = true;
        return;
    }
    if (!rows->begun)
        put_heading(rows);
    rows->begun = true;
    for (size_t index = 0; index + rows->column_count <= rows->cell_count;
         index += rows->column_count)
        put_row(rows, &rows->cells[index]);
    clear_cells(rows);
}

/* ---- filling --------------------------------------------------------------------------------- */

ckl_status table_open(table **out, const invocation *call, const char *key,
                      const table_column *columns, size_t count, ckl_error *err)
{
    table *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    *rows = (table){.call = call, .columns = columns, .column_count = count};
    if (call->json) {
        emit_begin();
        emit_open_array(key);
    }
    *out = rows;
    return CKL_OK;
}

/* Takes `text` over. */
static void add_cell(table *rows, cell value)
{
    if (rows->cell_count == rows->capacity) {
        size_t capacity = rows->capacity == 0 ? 64 : rows->capacity * 2;
        cell *cells = realloc(rows->cells, capacity * sizeof *cells);
        if (cells == NULL) {
            rows->failed = true;
            free(value.text);
            return;
        }
        rows->cells = cells;
        rows->capacity = capacity;
    }
    if (value.kind != CELL_NULL && value.text == NULL)
        rows->failed = true;
    if (rows->failed) {
        free(value.text);
        return;
    }
    rows->cells[rows->cell_count++] = value;
    if (rows->cell_count % rows->column_count != 0)
        return;
    rows->row_count++;
    if (!is_for_people(rows->call) || rows->begun ||
        rows->cell_count >= ROWS_MEASURED * rows->column_count)
        flush_rows(rows);
}

void table_null(table *rows)
{
    add_cell(rows, (cell){.kind = CELL_NULL});
}

void table_text(table *rows, const char *value)
{
    if (value == NULL)
        table_null(rows);
    else
        add_cell(rows, (cell){.kind = CELL_TEXT, .text = strdup(value)});
}

static void add_number(table *rows, const char *text)
{
    add_cell(rows, (cell){.kind = CELL_NUMBER, .text = strdup(text)});
}

void table_integer(table *rows, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    add_number(rows, text);
}

void table_real(table *rows, double value)
{
    char text[32];
    if (isnan(value))
        table_null(rows);
    else if (isinf(value)) /* JSON has no word for it */
        table_text(rows, value > 0 ? "Infinity" : "-Infinity");
    else
        add_number(rows, shortest_real(text, value));
}

void table_boolean(table *rows, bool value)
{
    add_number(rows, value ? "true" : "false");
}

void table_time(table *rows, int64_t at_us)
{
    char text[32];
    if (at_us == 0) {
        table_null(rows);
        return;
    }
    const char *written =
        is_for_people(rows->call) ? time_text(text, at_us) : time_iso(text, at_us);
    add_cell(rows, (cell){.kind = CELL_TIME, .text = strdup(written), .at_us = at_us});
}

void table_components(table *rows, ckl_components set)
{
    add_cell(rows, (cell){.kind = CELL_TEXT,
                          .text = strdup(set == 0 ? "" : components_text(set)),
                          .components = set,
                          .is_components = true});
}

void table_json(table *rows, const char *json)
{
    if (json == NULL)
        table_null(rows);
    else
        add_cell(rows, (cell){.kind = CELL_JSON, .text = strdup(json)});
}

size_t table_row_count(const table *rows)
{
    return rows->row_count;
}

ckl_status table_close(table *rows, ckl_status status, ckl_error *err)
{
    if (rows == NULL)
        return status;
    if (status == CKL_OK || status == CKL_DONE) {
        status = CKL_OK;
        if (!rows->failed)
            flush_rows(rows);
        if (rows->call->json) {
            emit_close_array();
            emit_end();
        }
    }
    if (rows->failed)
        status = fail(err, CKL_NO_MEMORY, "out of memory");
    clear_cells(rows);
    free(rows->cells);
    free(rows->widths);
    free(rows);
    return status;
}
