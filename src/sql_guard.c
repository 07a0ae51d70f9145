#include "sql_guard.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "extension.h"

#define STEPS_BETWEEN_LOOKS 2000 /* of SQLite's machine: some ten microseconds */

/* ---- what may be done ------------------------------------------------------------------------ */

static bool is_one_of(const char *const *names, const char *name)
{
    for (; *names != NULL; names++) {
        if (sqlite3_stricmp(*names, name) == 0)
            return true;
    }
    return false;
}

/* Those that tell something; the first ones would set it if they were given a value. */
static bool may_pragma(const char *name, const char *value)
{
    static const char *const PLAIN[] = {"application_id", "user_version",    "schema_version",
                                        "page_count",     "page_size",       "freelist_count",
                                        "data_version",   "encoding",        "journal_mode",
                                        "query_only",     "database_list",   "collation_list",
                                        "function_list",  "module_list",     "pragma_list",
                                        "table_list",     "compile_options", NULL};
    static const char *const ANY[] = {
        "table_info",       "table_xinfo",       "table_list",  "index_list",
        "index_info",       "index_xinfo",       "quick_check", "integrity_check",
        "foreign_key_list", "foreign_key_check", NULL};
    return is_one_of(ANY, name) || (value == NULL && is_one_of(PLAIN, name));
}

static void refuse(sql_guard *guard, const char *what, const char *name)
{
    if (guard->refused[0] == '\0')
        snprintf(guard->refused, sizeof guard->refused, "%s%s%s", what, name != NULL ? " " : "",
                 name != NULL ? name : "");
}

static const char *name_of(int action)
{
    static const struct {
        int action;
        const char *name;
    } NAMES[] = {{SQLITE_ATTACH, "ATTACH"},       {SQLITE_DETACH, "DETACH"},
                 {SQLITE_INSERT, "INSERT"},       {SQLITE_DELETE, "DELETE"},
                 {SQLITE_UPDATE, "UPDATE"},       {SQLITE_TRANSACTION, "a transaction"},
                 {SQLITE_SAVEPOINT, "SAVEPOINT"}, {SQLITE_ALTER_TABLE, "ALTER TABLE"}};
    for (size_t index = 0; index < sizeof NAMES / sizeof *NAMES; index++) {
        if (NAMES[index].action == action)
            return NAMES[index].name;
    }
    return "a change of the schema";
}

static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *inside)
{
    sql_guard *guard = context;
    (void)database;
    (void)inside;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        if (sqlite3_stricmp(second, "load_extension") != 0)
            return SQLITE_OK;
        refuse(guard, "load_extension()", NULL);
        return SQLITE_DENY;
    case SQLITE_PRAGMA:
        if (may_pragma(first, second))
            return SQLITE_OK;
        refuse(guard, "PRAGMA", first);
        return SQLITE_DENY;
    case SQLITE_UPDATE: /* SQLite asks for this when a table-valued function is first used … */
        if (strcmp(first, "sqlite_master") == 0) /* … and never lets a statement do it */
            return SQLITE_OK;
        refuse(guard, name_of(action), NULL);
        return SQLITE_DENY;
    default: /* what is made or dropped changes sqlite_master first */
        refuse(guard,
               first != NULL && strncmp(first, "sqlite_", 7) == 0 ? "a change of the schema"
                                                                  : name_of(action),
               NULL);
        return SQLITE_DENY;
    }
}

/* ---- how long -------------------------------------------------------------------------------- */

static int look(void *context)
{
    sql_guard *guard = context;
    if (guard->left_us < 0 || guard->until_us == 0 || clock_monotonic_us() < guard->until_us)
        return 0;
    guard->stopped = true;
    return 1;
}

void sql_guard_begin(sql_guard *guard)
{
    if (guard->left_us >= 0)
        guard->until_us = clock_monotonic_us() + guard->left_us;
}

void sql_guard_end(sql_guard *guard)
{
    if (guard->left_us >= 0) {
        int64_t left = guard->until_us - clock_monotonic_us();
        guard->left_us = left > 0 ? left : 0;
    }
    guard->until_us = 0;
}

/* ---- setting it ------------------------------------------------------------------------------ */

/* A model's architecture of 64 MB must fit into a value. */
static void set_limits(sqlite3 *connection)
{
    static const struct {
        int limit, value;
    } LIMITS[] = {{SQLITE_LIMIT_LENGTH, 128 << 20}, {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
                  {SQLITE_LIMIT_ATTACHED, 0},       {SQLITE_LIMIT_TRIGGER_DEPTH, 0},
                  {SQLITE_LIMIT_WORKER_THREADS, 0}, {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000}};
    for (size_t index = 0; index < sizeof LIMITS / sizeof *LIMITS; index++)
        (void)sqlite3_limit(connection, LIMITS[index].limit, LIMITS[index].value);
}

ckl_status sql_guard_set(sql_guard *guard, db *ledger, const char *run, ckl_error *err)
{
    sqlite3 *connection = ledger->connection;
    ckl_status status = db_execute(ledger, "PRAGMA query_only=ON", err);
    if (status != CKL_OK)
        return status;
    int result = extension_register(connection, run);
    if (result != SQLITE_OK)
        return db_error(ledger, result, "opening", err);
    set_limits(connection);
    sqlite3_progress_handler(connection, STEPS_BETWEEN_LOOKS, look, guard);
    if (sqlite3_set_authorizer(connection, authorize, guard) != SQLITE_OK)
        return db_error(ledger, sqlite3_errcode(connection), "opening", err);
    return CKL_OK;
}
