/* Tables that derive: what they must hold stands in temp.expected_NAME; here it is compared with
 * what they hold, row by row and column by column, and put in its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"

#define SHOWN_MOST 60 /* characters of a value in a message */

/* Of the tables that are made anew. Of _metric_series only what is no digest: a sum that does not
 * fit shows that a value was changed, and stays (check_metric.c). */
static const struct {
    const char *name;
    check_fix fix;
} TABLES[] = {
    {"_component", FIX_TABLE},    {"_experiment", FIX_TABLE},    {"_run", FIX_TABLE},
    {"_run_sample", FIX_TABLE},   {"_session", FIX_TABLE},       {"_ignored_path", FIX_TABLE},
    {"_file", FIX_TABLE},         {"_checkpoint", FIX_TABLE},    {"_config_leaf", FIX_TABLE},
    {"_model_module", FIX_TABLE}, {"_tagset_tag", FIX_TABLE},    {"_tagset_change", FIX_TABLE},
    {"_data_state", FIX_TABLE},   {"_metric_series", FIX_TABLE}, {"_label", FIX_TABLE},
    {"_alias", FIX_TABLE},
};

ckl_status check_run(ckl_check *job, const char *sql, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query_once(&running, job->ledger, sql, err);
    return status == CKL_OK ? statement_run(&running, err) : status;
}

static ckl_status run_made(ckl_check *job, const buf *sql, ckl_error *err)
{
    ckl_status status = buf_check(sql, err);
    return status == CKL_OK ? check_run(job, sql->data, err) : status;
}

/* ---- the columns of a table ------------------------------------------------------------------ */

/* The table's columns, of its key or all; joined by commas. */
static ckl_status read_columns(buf *out, ckl_check *job, const char *table, bool of_key,
                               ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT name FROM pragma_table_info(:name)"
                                 " WHERE :all OR pk > 0 ORDER BY CASE WHEN :all THEN cid ELSE pk"
                                 " END",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":name", table);
    bind_integer(&row, ":all", !of_key);
    while ((status = statement_step(&row, err)) == CKL_OK) {
        if (out->size > 0)
            buf_add_text(out, ", ");
        buf_add_text(out, column_required(&row, 0));
    }
    return status == CKL_DONE ? buf_check(out, err) : status;
}

ckl_status check_key(char **out, ckl_check *job, const char *table, ckl_error *err)
{
    BUF_AUTO columns = BUF_INIT;
    ckl_status status = read_columns(&columns, job, table, true, err);
    return status == CKL_OK ? buf_take(out, NULL, &columns, err) : status;
}

ckl_status check_expect(ckl_check *job, const char *table, ckl_error *err)
{
    char *key = NULL;
    BUF_AUTO make = BUF_INIT;
    BUF_AUTO order = BUF_INIT;
    ckl_status status = check_key(&key, job, table, err);
    if (status != CKL_OK)
        return status;
    buf_add_format(&make, "CREATE TEMP TABLE expected%s AS SELECT * FROM main.%s WHERE 0", table,
                   table);
    buf_add_format(&order, "CREATE UNIQUE INDEX temp.expected%s_key ON expected%s (%s)", table,
                   table, key);
    free(key);
    status = run_made(job, &make, err);
    return status == CKL_OK ? run_made(job, &order, err) : status;
}

/* ---- one row that differs -------------------------------------------------------------------- */

static void shorten(char out[SHOWN_MOST + 4], const char *text)
{
    size_t size = strlen(text);
    if (size <= SHOWN_MOST) {
        memcpy(out, text, size + 1);
        return;
    }
    size = SHOWN_MOST;
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--; /* not in the middle of a character */
    memcpy(out, text, size);
    memcpy(out + size, "…", sizeof "…");
}

/* Behind "key = literal AND …": the query for one column of one side. */
static void add_side(buf *sql, const char *schema, const char *table, const char *column,
                     const char *where)
{
    buf_add_format(sql, "quote((SELECT %s FROM %s%s WHERE %s)), ", column, schema, table, where);
}

/* "x is 1, not 2; …" for the columns of a row that is on both sides. */
static ckl_status tell_columns(buf *out, ckl_check *job, const char *table, const char *where,
                               ckl_error *err)
{
    STATEMENT_AUTO column = {0};
    ckl_status status =
        db_query(&column, job->ledger, "SELECT name FROM pragma_table_info(:name)", err);
    if (status != CKL_OK)
        return status;
    bind_text(&column, ":name", table);
    while (status == CKL_OK && (status = statement_step(&column, err)) == CKL_OK) {
        char is[SHOWN_MOST + 4], must[SHOWN_MOST + 4];
        BUF_AUTO sql = BUF_INIT;
        STATEMENT_AUTO row = {0};
        buf_add_text(&sql, "SELECT ");
        add_side(&sql, "main.", table, column_required(&column, 0), where);
        add_side(&sql, "temp.expected", table, column_required(&column, 0), where);
        buf_add_text(&sql, "0");
        status = buf_check(&sql, err);
        if (status == CKL_OK)
            status = db_query_once(&row, job->ledger, sql.data, err);
        if (status == CKL_OK)
            status = statement_step(&row, err);
        if (status != CKL_OK || strcmp(column_required(&row, 0), column_required(&row, 1)) == 0)
            continue;
        shorten(is, column_required(&row, 0));
        shorten(must, column_required(&row, 1));
        buf_add_format(out, "%s%s is %s, not %s", out->size > 0 ? "; " : "",
                       column_required(&column, 0), is, must);
    }
    return status == CKL_DONE ? buf_check(out, err) : status;
}

/* Whether a row stands on one side. */
static ckl_status stands(bool *out, ckl_check *job, const char *schema, const char *table,
                         const char *where, ckl_error *err)
{
    BUF_AUTO sql = BUF_INIT;
    STATEMENT_AUTO row = {0};
    int64_t any = 0;
    buf_add_format(&sql, "SELECT EXISTS (SELECT 1 FROM %s%s WHERE %s)", schema, table, where);
    ckl_status status = buf_check(&sql, err);
    if (status == CKL_OK)
        status = db_query_once(&row, job->ledger, sql.data, err);
    if (status == CKL_OK)
        status = ledger_first_integer(&any, &row, err);
    *out = any != 0;
    return status;
}

static ckl_status tell_row(ckl_check *job, check_fix fix, const char *table, const char *subject,
                           const char *where, ckl_error *err)
{
    bool is = false, must = false;
    BUF_AUTO text = BUF_INIT;
    ckl_status status = stands(&is, job, "main.", table, where, err);
    if (status == CKL_OK)
        status = stands(&must, job, "temp.expected", table, where, err);
    if (status == CKL_OK && is && must)
        status = tell_columns(&text, job, table, where, err);
    if (status != CKL_OK)
        return status;
    return check_add(job, fix, "derived", subject, err, "%s",
                     !must ? "is there, but nothing in history says so"
                     : !is ? "is not there, but follows from history"
                           : text.data);
}

/* ---- one table ------------------------------------------------------------------------------- */

/* "KEY1 IS 'literal' AND …" and "TABLE literal literal" for the row that stands at `row`: its
 * columns are the quoted key. */
static ckl_status name_row(buf *where, buf *subject, const char *table, const char *key,
                           const statement *row, ckl_error *err)
{
    int column = 0;
    buf_add_text(subject, table);
    for (const char *at = key; *at != '\0'; column++) {
        int size = (int)strcspn(at, ",");
        const char *literal = column_required(row, column);
        size_t length = strlen(literal);
        bool quoted = literal[0] == '\'' && length >= 2;
        buf_add_format(where, "%s%.*s IS %s", column > 0 ? " AND " : "", size, at, literal);
        buf_add_format(subject, " %.*s", (int)(quoted ? length - 2 : length),
                       quoted ? literal + 1 : literal);
        at += size;
        at += strspn(at, ", ");
    }
    ckl_status status = buf_check(where, err);
    return status == CKL_OK ? buf_check(subject, err) : status;
}

static ckl_status query_differences(statement *out, ckl_check *job, const char *table,
                                    const char *key, ckl_error *err)
{
    BUF_AUTO sql = BUF_INIT;
    BUF_AUTO quoted = BUF_INIT;
    for (const char *at = key; *at != '\0';) {
        int size = (int)strcspn(at, ",");
        buf_add_format(&quoted, "%squote(%.*s)", quoted.size > 0 ? ", " : "", size, at);
        at += size;
        at += strspn(at, ", ");
    }
    buf_add_format(&sql,
                   "SELECT %s FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM temp.expected%s)"
                   " UNION SELECT %s FROM"
                   " (SELECT * FROM temp.expected%s EXCEPT SELECT * FROM main.%s) LIMIT 1000",
                   quoted.data, table, table, quoted.data, table, table);
    ckl_status status = buf_check(&sql, err);
    return status == CKL_OK ? db_query_once(out, job->ledger, sql.data, err) : status;
}

static ckl_status compare_table(ckl_check *job, const char *table, check_fix fix, ckl_error *err)
{
    char *key = NULL;
    STATEMENT_AUTO row = {0};
    ckl_status status = check_key(&key, job, table, err);
    if (status == CKL_OK)
        status = query_differences(&row, job, table, key, err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        BUF_AUTO where = BUF_INIT;
        BUF_AUTO subject = BUF_INIT;
        status = name_row(&where, &subject, table, key, &row, err);
        if (status == CKL_OK)
            status = tell_row(job, fix, table, subject.data, where.data, err);
    }
    free(key);
    return status == CKL_DONE ? CKL_OK : status;
}

/* A table whose look was given up has nothing to be compared with. */
static ckl_status is_made(bool *out, ckl_check *job, const char *table, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    int64_t any = 0;
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT EXISTS (SELECT 1 FROM temp.sqlite_master"
                                 " WHERE type = 'table' AND name = 'expected' || :table)",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":table", table);
    status = ledger_first_integer(&any, &row, err);
    *out = any != 0;
    return status;
}

ckl_status check_compare(ckl_check *job, ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < sizeof TABLES / sizeof *TABLES; index++) {
        bool made = false;
        status = is_made(&made, job, TABLES[index].name, err);
        if (status == CKL_OK && made)
            status = compare_table(job, TABLES[index].name, TABLES[index].fix, err);
    }
    return status;
}

/* ---- putting it right ------------------------------------------------------------------------ */

ckl_status check_put_table(ckl_check *job, const char *table, ckl_error *err)
{
    char *key = NULL;
    BUF_AUTO drop = BUF_INIT;
    BUF_AUTO put = BUF_INIT;
    ckl_status status = check_key(&key, job, table, err);
    if (status != CKL_OK)
        return status;
    buf_add_format(&drop,
                   "DELETE FROM main.%s WHERE (%s) IN (SELECT %s FROM"
                   " (SELECT * FROM main.%s EXCEPT SELECT * FROM temp.expected%s))",
                   table, key, key, table, table);
    buf_add_format(&put,
                   "INSERT OR REPLACE INTO main.%s SELECT * FROM"
                   " (SELECT * FROM temp.expected%s EXCEPT SELECT * FROM main.%s)",
                   table, table, table);
    free(key);
    status = run_made(job, &drop, err);
    return status == CKL_OK ? run_made(job, &put, err) : status;
}
