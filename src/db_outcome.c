/* What became of a transaction whose COMMIT failed. SQLite's answer is not the whole truth: what
 * was written before the failure may be found by the next process, or be overwritten by it. So the
 * connection is opened anew, what is there is looked up, and what is not there is kept from coming
 * back. */
#include <stdlib.h>
#include <string.h>

#include "db_internal.h"

bool db_outcome_is_unknown(int result)
{
    switch (result & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
        return true;
    default:
        return false;
    }
}

/* ---- the connection -------------------------------------------------------------------------- */

/* Whoever reads by the old connection just now keeps it until the end of that. */
static void give_up(db *ledger, sqlite3 *old)
{
    for (size_t index = 0; index < ledger->cache_count; index++) {
        db_cached *entry = &ledger->cache[index];
        if (entry->busy) {
            entry->stale = true;
        } else {
            sqlite3_finalize(entry->raw);
            *entry = (db_cached){0};
        }
    }
    sqlite3_db_config(old, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close_v2(old);
    ledger->log_pages = 0;
}

/* The old connection stays open until there is a new one: what processes share about the log would
 * be gone with the last of them, and making it again takes space that a full disk does not have.
 * Without a new one the old one must do. */
static void reconnect(db *ledger)
{
    sqlite3 *old = ledger->connection;
    bool durable = ledger->durable;
    db_undo(ledger);
    ledger->connection = NULL;
    if (db_connect_again(ledger, NULL) == CKL_OK) {
        give_up(ledger, old);
        return;
    }
    sqlite3_close(ledger->connection);
    ledger->connection = old;
    ledger->durable = durable;
}

/* CKL_OK: it is recorded; CKL_NOT_FOUND: it is not, or nobody said how to tell. */
static ckl_status look(db *ledger)
{
    sqlite3_stmt *raw = NULL;
    const char *sql = ledger->proof[0] != '\0' ? ledger->proof : "SELECT 1 FROM _meta WHERE 0";
    if (!sqlite3_get_autocommit(ledger->connection))
        return CKL_IO; /* it could not be undone: then it would see itself */
    int result = sqlite3_prepare_v2(ledger->connection, sql, -1, &raw, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(raw);
    sqlite3_finalize(raw);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return CKL_IO;
    bool absence = ledger->proof_kind == DB_PROOF_NO_ROW;
    return (result == SQLITE_ROW) != absence ? CKL_OK : CKL_NOT_FOUND;
}

/* ---- what is not recorded -------------------------------------------------------------------- */

static bool uses_log(db *ledger)
{
    sqlite3_stmt *raw = NULL;
    bool uses = false;
    if (sqlite3_prepare_v2(ledger->connection, "PRAGMA journal_mode", -1, &raw, NULL) ==
            SQLITE_OK &&
        sqlite3_step(raw) == SQLITE_ROW)
        uses = strcmp((const char *)sqlite3_column_text(raw, 0), "wal") == 0;
    sqlite3_finalize(raw);
    return uses;
}

/* Behind the end of the log may stand a transaction that is whole but for its announcement: the
 * next that finds the log without anybody reading it would take it for recorded. A commit that
 * changes nothing takes its place. */
static bool overwrite(db *ledger)
{
    sqlite3_stmt *raw = NULL;
    int version = -1;
    char *sql = NULL;
    if (sqlite3_prepare_v2(ledger->connection, "PRAGMA user_version", -1, &raw, NULL) ==
            SQLITE_OK &&
        sqlite3_step(raw) == SQLITE_ROW)
        version = sqlite3_column_int(raw, 0);
    sqlite3_finalize(raw);
    if (version >= 0)
        sql = sqlite3_mprintf("PRAGMA synchronous=FULL; BEGIN IMMEDIATE; PRAGMA user_version=%d;"
                              " COMMIT",
                              version);
    ledger->durable = true;
    bool done = sql != NULL && sqlite3_exec(ledger->connection, sql, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_free(sql);
    if (!done && !sqlite3_get_autocommit(ledger->connection))
        sqlite3_exec(ledger->connection, "ROLLBACK", NULL, NULL, NULL);
    return done;
}

static ckl_status unknown(ckl_error *failure)
{
    error_hint(failure, "whether it was recorded cannot be told now: look when the disk works");
    return failure->code;
}

/* A write that failed never made a whole transaction; a failure behind the writing may have. */
static ckl_status settle_absence(db *ledger, int result, ckl_error *failure)
{
    bool after_writing =
        (result & 0xff) != SQLITE_FULL && result != SQLITE_IOERR_WRITE && uses_log(ledger);
    return after_writing && !overwrite(ledger) ? unknown(failure) : failure->code;
}

/* ---- what is --------------------------------------------------------------------------------- */

/* All that the log holds is in the ledger itself, and that is on disk. */
static bool checkpoint_all(db *ledger)
{
    int in_log = -1, copied = -1;
    return sqlite3_exec(ledger->connection, "PRAGMA synchronous=FULL", NULL, NULL, NULL) ==
               SQLITE_OK &&
           sqlite3_wal_checkpoint_v2(ledger->connection, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log,
                                     &copied) == SQLITE_OK &&
           in_log >= 0 && in_log == copied;
}

/* A sync that failed may have left pages marked as written that are not: syncing again would say
 * yes. So the bytes of the log are written again and synced as new ones, so that a crash during
 * what follows finds them; then the ledger, another file, gets all of them. Nobody writes to the
 * log meanwhile. */
ckl_status db_secure_log(db *ledger, ckl_error *err)
{
    BUF_AUTO path = BUF_INIT;
    buf_add_format(&path, "%s-wal", ledger->path);
    ckl_status status = buf_check(&path, err);
    if (status == CKL_OK && uses_log(ledger)) {
        status = db_execute(ledger, "BEGIN IMMEDIATE", err);
        if (status != CKL_OK)
            return status;
        status = fs_write_again(path.data, err);
        (void)sqlite3_exec(ledger->connection, "ROLLBACK", NULL, NULL, NULL);
        if (status == CKL_OK && !checkpoint_all(ledger))
            status = error_set(err, CKL_IO, "'%s' could not be synced", ledger->path);
        ledger->durable = true; /* checkpoint_all set it so */
    }
    ledger->suspect = status != CKL_OK;
    return status;
}

/* What a checkpoint took out of the log is on disk already; without a log, so is every commit. */
ckl_status db_sync(db *ledger, ckl_error *err)
{
    BUF_AUTO path = BUF_INIT;
    buf_add_format(&path, "%s-wal", ledger->path);
    ckl_status status = buf_check(&path, err);
    if (status == CKL_OK && ledger->suspect) {
        status = db_begin(ledger, DB_WRITE_DURABLE, err);
        db_rollback(ledger);
    }
    if (status == CKL_OK) {
        status = fs_sync_file(path.data, err);
        ledger->suspect = ledger->suspect || status != CKL_OK;
    }
    return status;
}

static ckl_status settle_presence(db *ledger, int result, bool durable, ckl_error *failure)
{
    bool sync_failed = result == SQLITE_IOERR_FSYNC || result == SQLITE_IOERR_DIR_FSYNC;
    bool safe = true;
    if (uses_log(ledger)) {
        ledger->suspect = ledger->suspect || sync_failed;
        safe = db_secure_log(ledger, NULL) == CKL_OK;
    } else {
        safe = !sync_failed;
    }
    if (safe || !durable)
        return CKL_OK;
    ledger->recorded = true;
    ckl_error sync = *failure;
    *failure = (ckl_error){0};
    error_set(failure, CKL_IO, "it is recorded, but may not survive a power loss: %.900s",
              sync.message);
    error_hint(failure, "see to the disk; what is recorded next, once that works, makes it safe");
    return CKL_IO;
}

ckl_status db_look_up(db *ledger, int result, ckl_error *failure)
{
    bool durable = ledger->durable;
    reconnect(ledger);
    ckl_status status = look(ledger);
    if (status == CKL_OK)
        return settle_presence(ledger, result, durable, failure);
    if (status != CKL_NOT_FOUND)
        return unknown(failure);
    if (result == SQLITE_IOERR_FSYNC)
        (void)db_secure_log(ledger, NULL);
    return settle_absence(ledger, result, failure);
}
