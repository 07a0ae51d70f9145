/* SQL from outside: one statement that reads, on a connection of its own. */
#include <ckl/sql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manager_internal.h"
#include "sql_guard.h"

#define TIME_LIMIT_MS 10000

struct ckl_sql {
    db *ledger;
    sqlite3_stmt *statement;
    sql_guard guard;
    int64_t limit_ms;
    ckl_sql_value *row;
    size_t column_count;
    bool began, ended;
};

/* ---- failures -------------------------------------------------------------------------------- */

static ckl_status stopped(const ckl_sql *rows, ckl_error *err)
{
    char limit[32];
    if (rows->limit_ms % 1000 == 0)
        snprintf(limit, sizeof limit, "%lld s", (long long)rows->limit_ms / 1000);
    else
        snprintf(limit, sizeof limit, "%lld ms", (long long)rows->limit_ms);
    error_set(err, CKL_BUSY, "SQL: stopped after %s", limit);
    error_hint(err, "give it more time, or ask for less");
    return CKL_BUSY;
}

static ckl_status writes(const char *what, ckl_error *err)
{
    error_set(err, CKL_INVALID, "SQL: only reading is allowed, not %s", what);
    error_hint(err, "the ledger is written by its own commands and calls");
    return CKL_INVALID;
}

/* What SQLite says, unless it is about the ledger itself, or the guard refused something. */
static ckl_status failed(ckl_sql *rows, int result, ckl_error *err)
{
    if (rows->guard.refused[0] != '\0')
        return writes(rows->guard.refused, err);
    switch (result & 0xff) {
    case SQLITE_INTERRUPT:
        if (rows->guard.stopped)
            return stopped(rows, err);
        return error_set(err, CKL_BUSY, "SQL: interrupted");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return db_error(rows->ledger, result, "reading", err);
    default:
        return error_set(err, CKL_INVALID, "SQL: %s", sqlite3_errmsg(rows->ledger->connection));
    }
}

/* ---- opening --------------------------------------------------------------------------------- */

static ckl_status connect_beside(ckl_sql *rows, const ckl_manager *manager, ckl_error *err)
{
    bool created = false;
    const db_options options = {.path = manager->ledger->path,
                                .read_only = true,
                                .busy_timeout_ms = manager->ledger->busy_timeout_ms};
    if (manager->ledger->process != getpid()) {
        error_set(err, CKL_MISUSE, "the ledger was opened before a fork");
        error_hint(err, "open it in the process that uses it");
        return CKL_MISUSE;
    }
    ckl_status status = db_open(&rows->ledger, &created, &options, err);
    if (status != CKL_OK)
        return status;
    return sql_guard_set(&rows->guard, rows->ledger, manager->run_name, err);
}

static ckl_status not_one(ckl_error *err)
{
    return error_set(err, CKL_INVALID, "SQL: one statement is expected");
}

/* Behind the statement only space, comments and semicolons may stand. */
static ckl_status check_rest(const ckl_sql *rows, const char *rest, ckl_error *err)
{
    while (*rest != '\0') {
        sqlite3_stmt *more = NULL;
        int result = sqlite3_prepare_v2(rows->ledger->connection, rest, -1, &more, &rest);
        sqlite3_finalize(more);
        if (result != SQLITE_OK || more != NULL)
            return not_one(err);
    }
    return CKL_OK;
}

static ckl_status prepare(ckl_sql *rows, const char *sql, ckl_error *err)
{
    const char *rest = "";
    sql_guard_begin(&rows->guard);
    int result = sqlite3_prepare_v2(rows->ledger->connection, sql, -1, &rows->statement, &rest);
    sql_guard_end(&rows->guard);
    if (result != SQLITE_OK)
        return failed(rows, result, err);
    if (rows->statement == NULL)
        return not_one(err);
    ckl_status status = check_rest(rows, rest, err);
    if (status == CKL_OK && !sqlite3_stmt_readonly(rows->statement))
        status = writes("VACUUM", err); /* which asks nobody */
    if (status != CKL_OK)
        return status;
    rows->column_count = (size_t)sqlite3_column_count(rows->statement);
    rows->row = calloc(rows->column_count + 1, sizeof *rows->row);
    return rows->row != NULL ? CKL_OK : error_memory(err);
}

ckl_status ckl_sql_open(ckl_sql **out, ckl_manager *manager, const char *sql,
                        const ckl_sql_options *options, ckl_error *err)
{
    ckl_sql *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return error_memory(err);
    rows->limit_ms =
        options != NULL && options->time_limit_ms != 0 ? options->time_limit_ms : TIME_LIMIT_MS;
    if (rows->limit_ms > INT64_MAX / 2000)
        rows->limit_ms = -1;
    rows->guard.left_us = rows->limit_ms < 0 ? -1 : rows->limit_ms * 1000;
    ckl_status status = connect_beside(rows, manager, err);
    if (status == CKL_OK)
        status = prepare(rows, sql, err);
    if (status != CKL_OK) {
        ckl_sql_close(rows);
        return status;
    }
    *out = rows;
    return CKL_OK;
}

void ckl_sql_close(ckl_sql *rows)
{
    if (rows == NULL)
        return;
    /* In a forked child the connection is the parent's. */
    if (rows->ledger != NULL && rows->ledger->process == getpid())
        sqlite3_finalize(rows->statement);
    db_close(rows->ledger);
    free(rows->row);
    free(rows);
}

/* ---- what it is about ------------------------------------------------------------------------ */

size_t ckl_sql_column_count(const ckl_sql *rows)
{
    return rows->column_count;
}

const char *ckl_sql_column_name(const ckl_sql *rows, size_t column)
{
    const char *name =
        column < rows->column_count ? sqlite3_column_name(rows->statement, (int)column) : NULL;
    return name != NULL ? name : "";
}

size_t ckl_sql_parameter_count(const ckl_sql *rows)
{
    return (size_t)sqlite3_bind_parameter_count(rows->statement);
}

const char *ckl_sql_parameter_name(const ckl_sql *rows, size_t parameter)
{
    if (parameter < 1 || parameter > ckl_sql_parameter_count(rows))
        return NULL;
    return sqlite3_bind_parameter_name(rows->statement, (int)parameter);
}

static int bind(sqlite3_stmt *raw, int parameter, const ckl_sql_value *value)
{
    const void *bytes = value->type == CKL_SQL_TEXT ? value->text : value->bytes;
    if (bytes == NULL) /* an empty one is not null */
        bytes = "";
    switch (value->type) {
    case CKL_SQL_INTEGER:
        return sqlite3_bind_int64(raw, parameter, value->integer);
    case CKL_SQL_REAL:
        return sqlite3_bind_double(raw, parameter, value->real);
    case CKL_SQL_TEXT:
        return sqlite3_bind_text64(raw, parameter, bytes, value->size, SQLITE_TRANSIENT,
                                   SQLITE_UTF8);
    case CKL_SQL_BLOB:
        return sqlite3_bind_blob64(raw, parameter, bytes, value->size, SQLITE_TRANSIENT);
    default:
        return sqlite3_bind_null(raw, parameter);
    }
}

ckl_status ckl_sql_bind(ckl_sql *rows, size_t parameter, const ckl_sql_value *value, ckl_error *err)
{
    if (rows->began)
        return error_set(err, CKL_MISUSE, "SQL: rows were read already");
    if (parameter < 1 || parameter > ckl_sql_parameter_count(rows))
        return error_set(err, CKL_INVALID, "SQL: it has no parameter %zu", parameter);
    int result = bind(rows->statement, (int)parameter, value);
    return result == SQLITE_OK ? CKL_OK : failed(rows, result, err);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static ckl_status take_value(ckl_sql_value *out, sqlite3_stmt *row, int column, ckl_error *err)
{
    *out = (ckl_sql_value){.type = CKL_SQL_NULL};
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        *out =
            (ckl_sql_value){.type = CKL_SQL_INTEGER, .integer = sqlite3_column_int64(row, column)};
        return CKL_OK;
    case SQLITE_FLOAT:
        *out = (ckl_sql_value){.type = CKL_SQL_REAL, .real = sqlite3_column_double(row, column)};
        return CKL_OK;
    case SQLITE_TEXT:
        *out = (ckl_sql_value){.type = CKL_SQL_TEXT,
                               .text = (const char *)sqlite3_column_text(row, column)};
        out->bytes = out->text;
        out->size = (size_t)sqlite3_column_bytes(row, column);
        return out->text != NULL ? CKL_OK : error_memory(err);
    case SQLITE_BLOB:
        *out = (ckl_sql_value){.type = CKL_SQL_BLOB, .bytes = sqlite3_column_blob(row, column)};
        out->size = (size_t)sqlite3_column_bytes(row, column);
        return out->bytes != NULL || out->size == 0 ? CKL_OK : error_memory(err);
    default:
        return CKL_OK;
    }
}

ckl_status ckl_sql_next(const ckl_sql_value **out, ckl_sql *rows, ckl_error *err)
{
    if (rows->ledger->process != getpid())
        return error_set(err, CKL_MISUSE, "the ledger was opened before a fork");
    if (rows->ended) /* SQLite would begin anew */
        return CKL_DONE;
    rows->began = true;
    sql_guard_begin(&rows->guard);
    int result = sqlite3_step(rows->statement);
    sql_guard_end(&rows->guard);
    rows->ended = result != SQLITE_ROW;
    if (result == SQLITE_DONE)
        return CKL_DONE;
    if (result != SQLITE_ROW)
        return failed(rows, result, err);
    ckl_status status = CKL_OK;
    for (size_t column = 0; status == CKL_OK && column < rows->column_count; column++)
        status = take_value(&rows->row[column], rows->statement, (int)column, err);
    if (status == CKL_OK)
        *out = rows->row;
    return status;
}
