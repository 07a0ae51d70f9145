#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db_internal.h"

/* ---- statements ------------------------------------------------------------------------------ */

static bool use_cached(statement *out, db *ledger, const char *sql)
{
    for (size_t index = 0; index < ledger->cache_count; index++) {
        db_cached *entry = &ledger->cache[index];
        if (entry->sql == sql && !entry->busy && !entry->stale) {
            entry->busy = true;
            *out = (statement){ledger, entry->raw, (int)index, CKL_OK};
            return true;
        }
    }
    return false;
}

static int remember(db *ledger, const char *sql, sqlite3_stmt *raw)
{
    for (size_t index = 0; index < ledger->cache_count; index++) {
        db_cached *entry = &ledger->cache[index];
        if (entry->raw == NULL) { /* of a connection that was given up */
            *entry = (db_cached){sql, raw, true, false};
            return (int)index;
        }
    }
    if (ledger->cache_count == ledger->cache_capacity) {
        size_t capacity = ledger->cache_capacity == 0 ? 64 : ledger->cache_capacity * 2;
        db_cached *grown = realloc(ledger->cache, capacity * sizeof *grown);
        if (grown == NULL)
            return -1;
        ledger->cache = grown;
        ledger->cache_capacity = capacity;
    }
    ledger->cache[ledger->cache_count] = (db_cached){sql, raw, true, false};
    return (int)ledger->cache_count++;
}

/* Whoever goes on after a failure, whether he noticed it or not, does not commit. */
static ckl_status fail_statement(db *ledger, int result, ckl_error *err)
{
    ckl_error failure = {0};
    db_error(ledger, result, ledger->lock != NULL ? "writing" : "reading", &failure);
    if (ledger->in_transaction && (result & 0xff) != SQLITE_CONSTRAINT)
        error_pass(&ledger->failure, &failure);
    return error_pass(err, &failure);
}

ckl_status db_query(statement *out, db *ledger, const char *sql, ckl_error *err)
{
    *out = (statement){ledger, NULL, -1, CKL_OK};
    if (ledger->process != getpid()) {
        error_set(err, CKL_MISUSE, "the ledger was opened before a fork");
        error_hint(err, "open it in the process that uses it");
        return CKL_MISUSE;
    }
    if (use_cached(out, ledger, sql))
        return CKL_OK;
    errno = 0;
    int result =
        sqlite3_prepare_v3(ledger->connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &out->raw, NULL);
    if (result != SQLITE_OK)
        return fail_statement(ledger, result, err);
    out->cached = remember(ledger, sql, out->raw);
    return CKL_OK;
}

void statement_done(statement *running)
{
    if (running->raw == NULL)
        return;
    sqlite3_reset(running->raw);
    sqlite3_clear_bindings(running->raw);
    db_cached *entry = running->cached >= 0 ? &running->owner->cache[running->cached] : NULL;
    if (entry == NULL || entry->stale)
        sqlite3_finalize(running->raw);
    if (entry != NULL && entry->stale)
        *entry = (db_cached){0};
    else if (entry != NULL)
        entry->busy = false;
    running->raw = NULL;
}

static int parameter(statement *running, const char *name)
{
    int index = sqlite3_bind_parameter_index(running->raw, name);
    if (index == 0)
        running->bad = CKL_MISUSE; /* the SQL and the code beside it disagree */
    return index;
}

static void note_binding(statement *running, int result)
{
    if (result != SQLITE_OK && running->bad == CKL_OK)
        running->bad = result == SQLITE_NOMEM ? CKL_NO_MEMORY : CKL_INVALID;
}

void bind_text_size(statement *running, const char *name, const char *text, size_t size)
{
    int index = parameter(running, name);
    note_binding(running,
                 sqlite3_bind_text64(running->raw, index, text, size, SQLITE_STATIC, SQLITE_UTF8));
}

void bind_text(statement *running, const char *name, const char *text)
{
    if (text == NULL)
        bind_null(running, name);
    else
        bind_text_size(running, name, text, strlen(text));
}

void bind_integer(statement *running, const char *name, int64_t value)
{
    note_binding(running, sqlite3_bind_int64(running->raw, parameter(running, name), value));
}

void bind_id(statement *running, const char *name, int64_t id)
{
    if (id == 0)
        bind_null(running, name);
    else
        bind_integer(running, name, id);
}

void bind_real(statement *running, const char *name, double value)
{
    note_binding(running, sqlite3_bind_double(running->raw, parameter(running, name), value));
}

void bind_null(statement *running, const char *name)
{
    note_binding(running, sqlite3_bind_null(running->raw, parameter(running, name)));
}

void bind_blob(statement *running, const char *name, const void *bytes, size_t size)
{
    /* An empty blob is not NULL. */
    const void *start = bytes != NULL ? bytes : "";
    note_binding(running, sqlite3_bind_blob64(running->raw, parameter(running, name), start, size,
                                              SQLITE_STATIC));
}

void bind_digest(statement *running, const char *name, const digest *value)
{
    if (value == NULL)
        bind_null(running, name);
    else
        bind_blob(running, name, value->bytes, sizeof value->bytes);
}

ckl_status statement_step(statement *running, ckl_error *err)
{
    if (running->bad != CKL_OK)
        return error_set(err, running->bad, "could not bind a value of: %s",
                         sqlite3_sql(running->raw));
    errno = 0;
    int result = sqlite3_step(running->raw);
    if (result == SQLITE_ROW)
        return CKL_OK;
    if (result == SQLITE_DONE)
        return CKL_DONE;
    return fail_statement(running->owner, sqlite3_extended_errcode(running->owner->connection),
                          err);
}

ckl_status statement_run(statement *running, ckl_error *err)
{
    ckl_status status = statement_step(running, err);
    statement_reset(running);
    return status == CKL_DONE ? CKL_OK : status;
}

void statement_reset(statement *running)
{
    sqlite3_reset(running->raw);
}

bool column_is_null(const statement *row, int column)
{
    return sqlite3_column_type(row->raw, column) == SQLITE_NULL;
}

int64_t column_integer(const statement *row, int column)
{
    return sqlite3_column_int64(row->raw, column);
}

double column_real(const statement *row, int column)
{
    return column_is_null(row, column) ? (double)NAN : sqlite3_column_double(row->raw, column);
}

const char *column_text(const statement *row, int column)
{
    return (const char *)sqlite3_column_text(row->raw, column);
}

const char *column_required(const statement *row, int column)
{
    const char *text = column_text(row, column);
    return text != NULL ? text : "";
}

ckl_status statement_step_with(statement *running, const int *columns, ckl_error *err)
{
    db *ledger = running->owner;
    ckl_status status = statement_step(running, err);
    for (; status == CKL_OK && *columns >= 0; columns++) {
        if (column_text(running, *columns) != NULL)
            continue;
        if (sqlite3_errcode(ledger->connection) == SQLITE_NOMEM)
            return error_memory(err);
        status = error_set(err, CKL_DAMAGED, "'%s' has no '%s' where there must be one",
                           ledger->path, sqlite3_column_name(running->raw, *columns));
        error_hint(err, "ckl fsck says what is damaged");
    }
    return status;
}

const void *column_blob(const statement *row, int column, size_t *size)
{
    const void *bytes = sqlite3_column_blob(row->raw, column);
    *size = (size_t)sqlite3_column_bytes(row->raw, column);
    return bytes;
}

ckl_status column_digest(digest *out, const statement *row, int column, ckl_error *err)
{
    size_t size;
    const void *bytes = column_blob(row, column, &size);
    if (bytes == NULL || size != sizeof out->bytes)
        return error_set(err, CKL_DAMAGED, "'%s': a digest in the ledger has %zu bytes, not 32",
                         row->owner->path, size);
    memcpy(out->bytes, bytes, sizeof out->bytes);
    return CKL_OK;
}

int64_t db_last_id(const db *ledger)
{
    return sqlite3_last_insert_rowid(ledger->connection);
}

/* ---- transactions ---------------------------------------------------------------------------- */

ckl_status db_lock_writers(db *ledger, ckl_error *err)
{
    if (ledger->lock != NULL)
        return CKL_OK;
    return fs_lock_take_in_turn(&ledger->lock, ledger->lock_path, ledger->patience_ms, err);
}

void db_unlock_writers(db *ledger)
{
    fs_lock_drop(ledger->lock);
    ledger->lock = NULL;
}

ckl_status db_execute(db *ledger, const char *sql, ckl_error *err)
{
    errno = 0;
    int result = sqlite3_exec(ledger->connection, sql, NULL, NULL, NULL);
    return result == SQLITE_OK ? CKL_OK : db_error(ledger, result, "writing", err);
}

static ckl_status check_may_write(db *ledger, ckl_error *err)
{
    if (ledger->process != getpid()) {
        error_set(err, CKL_MISUSE, "the ledger was opened before a fork");
        error_hint(err, "open it in the process that uses it");
        return CKL_MISUSE;
    }
    if (ledger->read_only)
        return error_set(err, CKL_MISUSE, "'%s' was opened for reading only", ledger->path);
    return CKL_OK;
}

static ckl_status begin_write(db *ledger, bool durable, ckl_error *err)
{
    ckl_status status = check_may_write(ledger, err);
    if (status != CKL_OK)
        return status;
    status = db_lock_writers(ledger, err);
    if (status != CKL_OK)
        return status;
    if (durable && ledger->suspect)
        status = db_secure_log(ledger, err);
    if (status == CKL_OK && durable != ledger->durable && !ledger->rollback)
        status = db_execute(ledger,
                            durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err);
    if (status == CKL_OK)
        ledger->durable = durable;
    if (status == CKL_OK)
        status = db_execute(ledger, "BEGIN IMMEDIATE", err);
    if (status != CKL_OK)
        db_unlock_writers(ledger);
    ledger->proof[0] = '\0';
    return status;
}

/* How a transaction ends is kept with the other statements: when it is needed there may be no
 * memory to prepare it. */
static const char COMMIT[] = "COMMIT", UNDO[] = "ROLLBACK";

static ckl_status keep(db *ledger, const char *sql, ckl_error *err)
{
    STATEMENT_AUTO kept = {0};
    ckl_status status = db_query(&kept, ledger, sql, err);
    return status == CKL_OK && kept.cached < 0 ? error_memory(err) : status;
}

/* Returns SQLite's result. */
static int run_kept(db *ledger, const char *sql)
{
    STATEMENT_AUTO kept = {0};
    if (db_query(&kept, ledger, sql, NULL) != CKL_OK)
        return SQLITE_NOMEM;
    errno = 0;
    return sqlite3_step(kept.raw) == SQLITE_DONE ? SQLITE_OK
                                                 : sqlite3_extended_errcode(ledger->connection);
}

void db_undo(db *ledger)
{
    if (!sqlite3_get_autocommit(ledger->connection))
        run_kept(ledger, UNDO);
}

ckl_status db_begin(db *ledger, db_mode mode, ckl_error *err)
{
    if (ledger->in_transaction)
        return error_set(err, CKL_MISUSE, "a transaction is open already");
    ledger->recorded = false;
    ckl_error_clear(&ledger->failure);
    ckl_status status = keep(ledger, UNDO, err);
    if (status == CKL_OK)
        status = keep(ledger, COMMIT, err);
    if (status != CKL_OK)
        return status;
    db_undo(ledger); /* one that could not be undone when it failed */
    if (mode == DB_READ)
        status = db_execute(ledger, "BEGIN", err);
    else
        status = begin_write(ledger, mode == DB_WRITE_DURABLE, err);
    ledger->in_transaction = status == CKL_OK;
    return status;
}

#define RESET_WAIT_MS 250

/* Under the writers' lock, so that no commit races it. Nobody commits meanwhile, so readers that
 * begin now do not keep the log: a moment's wait for those that began before is enough, unless one
 * of them is long; then it is tried again when the log has grown by as much. */
static void checkpoint(db *ledger)
{
    if (ledger->log_pages < DB_LOG_CHECKPOINT)
        return;
    bool reset = ledger->log_pages >= ledger->reset_at;
    if (reset)
        sqlite3_busy_timeout(ledger->connection, RESET_WAIT_MS);
    int result = sqlite3_wal_checkpoint_v2(
        ledger->connection, NULL, reset ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
        NULL, NULL);
    if (reset) {
        sqlite3_busy_timeout(ledger->connection, ledger->patience_ms);
        ledger->reset_at = result == SQLITE_OK ? DB_LOG_RESET : ledger->log_pages + DB_LOG_RESET;
    }
    ledger->log_pages = 0;
    if ((result & 0xff) == SQLITE_IOERR)
        ledger->suspect = true;
}

void db_prove(db *ledger, db_proof kind, const char *format, ...)
{
    va_list arguments;
    if (ledger->proof[0] != '\0' && kind != DB_PROOF_EVENT)
        return;
    va_start(arguments, format);
    sqlite3_vsnprintf(DB_PROOF_MAX, ledger->proof, format, arguments);
    va_end(arguments);
    ledger->proof_kind = kind;
}

bool db_is_recorded(const db *ledger)
{
    return ledger->recorded;
}

static ckl_status end_failed_commit(db *ledger, int result, ckl_error *err)
{
    ckl_error failure = {0};
    ckl_status status = db_error(ledger, result, "writing", &failure);
    if (ledger->lock != NULL && db_outcome_is_unknown(result)) {
        ledger->in_transaction = false;
        status = db_look_up(ledger, result, &failure);
        db_unlock_writers(ledger);
    } else {
        db_rollback(ledger);
    }
    return status == CKL_OK ? CKL_OK : error_pass(err, &failure);
}

ckl_status db_commit(db *ledger, ckl_error *err)
{
    ckl_error failure = ledger->failure;
    if (failure.code != CKL_OK) {
        db_rollback(ledger);
        return error_pass(err, &failure);
    }
    int result = run_kept(ledger, COMMIT);
    if (result != SQLITE_OK)
        return end_failed_commit(ledger, result, err);
    ledger->in_transaction = false;
    if (ledger->lock != NULL)
        checkpoint(ledger);
    db_unlock_writers(ledger);
    return CKL_OK;
}

/* Whoever reads by a cursor just now goes on reading. */
void db_rollback(db *ledger)
{
    if (!ledger->in_transaction)
        return;
    db_undo(ledger);
    ledger->in_transaction = false;
    db_unlock_writers(ledger);
}

void db_set_patience(db *ledger, int timeout_ms)
{
    ledger->patience_ms = timeout_ms >= 0 ? timeout_ms : ledger->busy_timeout_ms;
    sqlite3_busy_timeout(ledger->connection, ledger->patience_ms);
}

const char *db_network(const db *ledger)
{
    return ledger->network;
}

bool db_left_log(const db *ledger)
{
    return ledger->left_log;
}

bool db_in_transaction(const db *ledger)
{
    return ledger->in_transaction;
}

bool db_is_read_only(const db *ledger)
{
    return ledger->read_only;
}
