/* The schema, and what SQLite itself knows about its structure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"

/* ---- the schema, beside a fresh one ---------------------------------------------------------- */

#define SCHEMA_QUERY                                                                               \
    "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"       \
    " ORDER BY name, type"

typedef struct schema_entry {
    const char *type, *name, *sql;
} schema_entry;

static void read_entry(schema_entry *out, const statement *row)
{
    *out =
        (schema_entry){column_required(row, 0), column_required(row, 1), column_required(row, 2)};
}

static ckl_status add_schema(ckl_check *job, const schema_entry *entry, const char *what,
                             bool *usable, ckl_error *err)
{
    char subject[256];
    check_fix fix = FIX_SCHEMA;
    if (strcmp(entry->type, "table") == 0) {
        fix = FIX_NONE;
        *usable = false;
    }
    snprintf(subject, sizeof subject, "%s %s", entry->type, entry->name);
    return check_add(job, fix, "schema", subject, err, "%s", what);
}

static ckl_status compare_entries(ckl_check *job, statement *have, statement *want, bool *usable,
                                  ckl_error *err)
{
    ckl_status left = statement_step(have, err), right = statement_step(want, err);
    while (left == CKL_OK || right == CKL_OK) {
        ckl_status status = CKL_OK;
        schema_entry is = {0}, must = {0};
        if (left == CKL_OK)
            read_entry(&is, have);
        if (right == CKL_OK)
            read_entry(&must, want);
        int order = left != CKL_OK ? 1 : right != CKL_OK ? -1 : strcmp(is.name, must.name);
        if (order == 0 && strcmp(is.type, must.type) != 0)
            order = strcmp(is.type, must.type);
        if (order < 0)
            status = add_schema(job, &is, "no ledger has this", usable, err);
        else if (order > 0)
            status = add_schema(job, &must, "is not there", usable, err);
        else if (strcmp(is.sql, must.sql) != 0)
            status = add_schema(job, &is, "is not made as in a ledger", usable, err);
        if (status != CKL_OK)
            return status;
        if (order <= 0)
            left = statement_step(have, err);
        if (order >= 0)
            right = statement_step(want, err);
    }
    if (left != CKL_DONE)
        return left;
    return right == CKL_DONE ? CKL_OK : right;
}

/* A view of a newer version cannot be compared: that is said. */
static ckl_status check_meta(ckl_check *job, db *fresh, ckl_error *err)
{
    char known[32] = "";
    STATEMENT_AUTO want = {0};
    STATEMENT_AUTO row = {0};
    bool named = false, versioned = false;
    ckl_status status = db_query(&want, fresh, "SELECT value FROM _meta WHERE key = 'views'", err);
    if (status == CKL_OK)
        status = statement_step(&want, err);
    if (status == CKL_OK)
        snprintf(known, sizeof known, "%s", column_required(&want, 0));
    if (status == CKL_OK)
        status = db_query(&row, job->ledger, "SELECT key, value FROM _meta", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        char subject[128];
        const char *key = column_required(&row, 0), *value = column_required(&row, 1);
        snprintf(subject, sizeof subject, "_meta %s", key);
        if (strcmp(key, "views") == 0) {
            versioned = true;
            if (strcmp(value, known) != 0)
                status =
                    check_add(job, FIX_SCHEMA, "schema", subject, err,
                              "says version '%s', the views here are version %s", value, known);
        } else if (strcmp(key, "ledger") == 0) {
            named = true;
            if (strlen(value) != 32 || strspn(value, "0123456789abcdef") != 32)
                status = check_add(job, FIX_NONE, "content", subject, err,
                                   "'%s' is no name of a ledger", value);
        } else if (strcmp(key, "tree") != 0) {
            status = check_add(job, FIX_NONE, "content", subject, err, "no ledger has this");
        } else if (strcmp(value, storage_name(job->tree)) != 0 &&
                   storage_name(job->tree)[0] != '\0') {
            status = check_add(job, FIX_NONE, "content", subject, err,
                               "'%s' is another root's name than this one's", value);
        }
    }
    if (status == CKL_DONE)
        status = CKL_OK;
    if (status == CKL_OK && !named)
        status = check_add(job, FIX_NONE, "content", "_meta ledger", err,
                           "the ledger has lost its name");
    if (status == CKL_OK && !versioned)
        status = check_add(job, FIX_SCHEMA, "schema", "_meta views", err,
                           "the version of the views is not there");
    return status;
}

ckl_status check_schema(ckl_check *job, bool *usable, ckl_error *err)
{
    db *fresh = NULL;
    *usable = true;
    ckl_status status = db_open_fresh(&fresh, err);
    if (status == CKL_OK) {
        STATEMENT_AUTO have = {0};
        STATEMENT_AUTO want = {0};
        status = db_query(&have, job->ledger, SCHEMA_QUERY, err);
        if (status == CKL_OK)
            status = db_query(&want, fresh, SCHEMA_QUERY, err);
        if (status == CKL_OK)
            status = compare_entries(job, &have, &want, usable, err);
    }
    if (status == CKL_OK && *usable)
        status = check_meta(job, fresh, err);
    db_close(fresh);
    if (status != CKL_OK)
        *usable = false;
    return status;
}

/* ---- SQLite's structure ---------------------------------------------------------------------- */

static ckl_status check_integrity(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger, "PRAGMA integrity_check(100)", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        const char *text = column_required(&row, 0);
        bool index = strstr(text, "missing from index") != NULL ||
                     strstr(text, "wrong # of entries in index") != NULL;
        if (strcmp(text, "ok") != 0)
            status = check_add(job, index ? FIX_INDEX : FIX_NONE, index ? "schema" : "unreadable",
                               "ledger.db", err, "SQLite says: %s", text);
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status check_foreign_keys(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger, "PRAGMA foreign_key_check", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        char subject[128];
        if (column_is_null(&row, 1))
            snprintf(subject, sizeof subject, "%s", column_required(&row, 0));
        else
            snprintf(subject, sizeof subject, "%s %lld", column_required(&row, 0),
                     (long long)column_integer(&row, 1));
        status = check_add(job, FIX_NONE, "reference", subject, err,
                           "names a row of %s that is not there", column_required(&row, 2));
    }
    return status == CKL_DONE ? CKL_OK : status;
}

/* ---- tables that only grow ------------------------------------------------------------------- */

/* Rows are numbered 1, 2, 3 … and none is ever taken away. */
static ckl_status check_numbers(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(
        &row, job->ledger,
        "WITH grown (name, least, most, rows) AS ("
        " SELECT '_component', min(id), max(id), count(*) FROM _component"
        " UNION ALL SELECT '_config', min(id), max(id), count(*) FROM _config"
        " UNION ALL SELECT '_blob', min(id), max(id), count(*) FROM _blob"
        " UNION ALL SELECT '_sample', min(id), max(id), count(*) FROM _sample"
        " UNION ALL SELECT '_tag', min(id), max(id), count(*) FROM _tag"
        " UNION ALL SELECT '_tagset', min(id), max(id), count(*) FROM _tagset"
        " UNION ALL SELECT '_data_edge', min(id), max(id), count(*) FROM _data_edge"
        " UNION ALL SELECT '_experiment', min(id), max(id), count(*) FROM _experiment"
        " UNION ALL SELECT '_run', min(id), max(id), count(*) FROM _run"
        " UNION ALL SELECT '_session', min(id), max(id), count(*) FROM _session"
        " UNION ALL SELECT '_event', min(seq), max(seq), count(*) FROM _event"
        " UNION ALL SELECT '_checkpoint', min(id), max(id), count(*) FROM _checkpoint"
        " UNION ALL SELECT '_metric_name', min(id), max(id), count(*) FROM _metric_name)"
        " SELECT name, most, rows FROM grown WHERE rows > 0 AND (least <> 1 OR most <> rows)",
        err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = check_add(job, FIX_NONE, "number", column_required(&row, 0), err,
                           "has %lld rows, numbered up to %lld: a row is gone or was renumbered",
                           (long long)column_integer(&row, 2), (long long)column_integer(&row, 1));
    return status == CKL_DONE ? CKL_OK : status;
}

/* What is recorded is recorded for something. Events of version 1 do not say which architecture was
 * given. */
static ckl_status check_used(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->ledger,
                 "SELECT '_component', id FROM _component AS it WHERE CASE it.kind"
                 "  WHEN 'model' THEN NOT EXISTS (SELECT 1 FROM _experiment WHERE model = it.id)"
                 "  WHEN 'config' THEN NOT EXISTS (SELECT 1 FROM _experiment WHERE config = it.id)"
                 "  ELSE NOT EXISTS (SELECT 1 FROM _experiment WHERE data = it.id) END"
                 " UNION ALL SELECT '_config', id FROM _config WHERE id NOT IN ("
                 "  SELECT config FROM _event WHERE config IS NOT NULL)"
                 " UNION ALL SELECT '_blob', id FROM _blob WHERE id NOT IN ("
                 "  SELECT opaque FROM _model WHERE opaque IS NOT NULL"
                 "  UNION SELECT architecture FROM _model WHERE architecture IS NOT NULL)"
                 "  AND NOT EXISTS (SELECT 1 FROM _event WHERE kind = 'update'"
                 "   AND (chain_version = 1 OR instr(detail, lower(hex(_blob.digest))) > 0))"
                 " UNION ALL SELECT '_sample', id FROM _sample WHERE NOT EXISTS ("
                 "  SELECT 1 FROM _edge_change WHERE sample = _sample.id)"
                 " UNION ALL SELECT '_data_edge', id FROM _data_edge WHERE id NOT IN ("
                 "  SELECT min(id) FROM _data_edge GROUP BY to_state UNION"
                 "  SELECT edge FROM _event WHERE edge IS NOT NULL)"
                 " UNION ALL SELECT '_experiment', id FROM _experiment WHERE NOT EXISTS ("
                 "  SELECT 1 FROM _event WHERE experiment = _experiment.id)"
                 " UNION ALL SELECT '_run', id FROM _run WHERE NOT EXISTS ("
                 "  SELECT 1 FROM _event WHERE run = _run.id)"
                 " UNION ALL SELECT '_session', id FROM _session WHERE id NOT IN ("
                 "  SELECT session FROM _event WHERE session IS NOT NULL)"
                 " UNION ALL SELECT '_metric_name', id FROM _metric_name WHERE id NOT IN ("
                 "  SELECT name FROM _metric_series)",
                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = check_add_row(job, "unused", column_required(&row, 0), column_integer(&row, 1),
                               err, "nothing names it: what did was changed or is gone");
    return status == CKL_DONE ? CKL_OK : status;
}

/* Which kind of component has which row beside it. */
static ckl_status check_kinds(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT it.id, it.kind FROM _component AS it"
                                 " LEFT JOIN _model ON _model.component = it.id"
                                 " LEFT JOIN _data_state AS state ON state.component = it.id"
                                 " WHERE (it.kind = 'model') <> (_model.component IS NOT NULL)"
                                 "    OR (it.kind = 'data') <> (state.component IS NOT NULL)"
                                 "    OR (it.kind = 'config') <> EXISTS ("
                                 "        SELECT 1 FROM _config WHERE _config.component = it.id)",
                                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = check_add_row(job, "content", "_component", column_integer(&row, 0), err,
                               "is a %s, but what it consists of is missing in _model, _config or"
                               " _data_state, or stands in another one",
                               column_required(&row, 1));
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status check_structure(ckl_check *job, ckl_error *err)
{
    ckl_status status = check_integrity(job, err);
    if (status == CKL_OK)
        status = check_foreign_keys(job, err);
    if (status == CKL_OK)
        status = check_numbers(job, err);
    if (status == CKL_OK)
        status = check_kinds(job, err);
    return status == CKL_OK ? check_used(job, err) : status;
}
