/* What looking a ledger over needs of its connection: a fresh ledger beside it, statements that are
 * put together, a copy of the file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db_internal.h"

ckl_status db_query_once(statement *out, db *ledger, const char *sql, ckl_error *err)
{
    *out = (statement){ledger, NULL, -1, CKL_OK};
    errno = 0;
    int result = sqlite3_prepare_v2(ledger->connection, sql, -1, &out->raw, NULL);
    return result == SQLITE_OK ? CKL_OK : db_error(ledger, result, "reading", err);
}

ckl_status db_open_fresh(db **out, ckl_error *err)
{
    db *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL)
        return error_memory(err);
    ledger->process = getpid();
    ledger->path = strdup(":memory:");
    ckl_status status = ledger->path != NULL ? CKL_OK : error_memory(err);
    if (status == CKL_OK) {
        int result = sqlite3_open_v2(ledger->path, &ledger->connection,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
        if (result != SQLITE_OK)
            status = db_error(ledger, result, "opening", err);
    }
    if (status == CKL_OK)
        status = db_replay_schema(ledger, -1, err);
    if (status != CKL_OK) {
        ledger->read_only = true; /* there is no lock to close it under */
        db_close(ledger);
        return status;
    }
    ledger->read_only = true;
    *out = ledger;
    return CKL_OK;
}

ckl_status db_copy_to(db *ledger, const char *path, ckl_error *err)
{
    sqlite3 *copy = NULL;
    int result = sqlite3_open_v2(
        path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL);
    if (result == SQLITE_OK) {
        sqlite3_backup *pages = sqlite3_backup_init(copy, "main", ledger->connection, "main");
        if (pages != NULL)
            (void)sqlite3_backup_step(pages, -1);
        (void)sqlite3_backup_finish(pages);
        result = sqlite3_errcode(copy);
    }
    ckl_status status = CKL_OK;
    if (result != SQLITE_OK)
        status = error_set(err, (result & 0xff) == SQLITE_FULL ? CKL_NO_SPACE : CKL_IO,
                           "could not copy the ledger to '%s': %s", path, sqlite3_errmsg(copy));
    sqlite3_close(copy);
    return status;
}
