/* db: owns the SQLite connection: opening and migrating the ledger, statements, transactions. The
 * only user of sqlite3.h. May call: fs (for the writers' lock), error, hash, schema. Keeps true:
 * every commit and every checkpoint of the log happens under the writers' lock, because SQLite
 * before 3.51.3 can lose a commit that races a checkpoint; nothing is asked of a file before its
 * application_id and version are known. */
#ifndef DB_H
#define DB_H

#include "fs.h"

typedef struct db db;

#define DB_APPLICATION_ID 0x434b4c31 /* "CKL1" */
#define DB_VERSION        3

typedef struct db_options {
    const char *path;      /* ledger.db, absolute */
    const char *lock_path; /* the writers' lock; NULL when read_only */
    bool read_only;
    int busy_timeout_ms;
} db_options;

/* Opens, and (unless read_only) makes or migrates. *created tells that it was made.
 * Errors: CKL_NOT_FOUND, CKL_REFUSED (newer, foreign), CKL_DAMAGED, CKL_BUSY, CKL_IO */
ckl_status db_open(db **out, bool *created, const db_options *options, ckl_error *err);
/* NULL is fine. */
void db_close(db *ledger);

/* A statement that is being used. Keep it in an STATEMENT_AUTO variable: it goes back to the
 * connection's cache when the variable ends. */
typedef struct statement {
    db *owner;
    struct sqlite3_stmt *raw;
    int cached;     /* its place in the cache, or -1 */
    ckl_status bad; /* the first binding that failed */
} statement;
void statement_done(statement *running); /* twice is fine */
#define STATEMENT_AUTO __attribute__((cleanup(statement_done))) statement

/* `sql` is a literal: its address is the key of the cache. */
ckl_status db_query(statement *out, db *ledger, const char *sql, ckl_error *err);
/* The same for a text that was put together: nothing of it is kept. */
ckl_status db_query_once(statement *out, db *ledger, const char *sql, ckl_error *err);
/* Bind a named parameter (":uid"). Failures are kept and returned by the next step. NULL text, blob
 * or digest binds NULL. Text and blobs are not copied: they live until statement_done. */
void bind_text(statement *running, const char *name, const char *text);
void bind_text_size(statement *running, const char *name, const char *text, size_t size);
void bind_integer(statement *running, const char *name, int64_t value);
void bind_id(statement *running, const char *name, int64_t id); /* 0 binds NULL */
void bind_real(statement *running, const char *name, double value);
void bind_null(statement *running, const char *name);
void bind_blob(statement *running, const char *name, const void *bytes, size_t size);
void bind_digest(statement *running, const char *name, const digest *value);
/* CKL_OK: a row. CKL_DONE: no more. */
ckl_status statement_step(statement *running, ckl_error *err);
/* Steps to the end; no rows are expected. The statement can be bound and run again. */
ckl_status statement_run(statement *running, ckl_error *err);
/* Ready to be bound anew. */
void statement_reset(statement *running);
bool column_is_null(const statement *row, int column);
int64_t column_integer(const statement *row, int column); /* 0 for NULL */
double column_real(const statement *row, int column);
const char *column_text(const statement *row, int column); /* NULL for NULL; until the next step */
/* Of a column that is never NULL in a sound ledger: "" where it is one nevertheless. */
const char *column_required(const statement *row, int column);
/* statement_step to a row in which these columns are texts, because they are what is answered or
 * recorded. Errors: CKL_DAMAGED  one of them is NULL */
#define STATEMENT_STEP_WITH(running, err, ...)                                                     \
    statement_step_with(running, (const int[]){__VA_ARGS__, -1}, err)
ckl_status statement_step_with(statement *running, const int *columns, ckl_error *err);
const void *column_blob(const statement *row, int column, size_t *size);
/* Errors: CKL_DAMAGED when it has not 32 bytes */
ckl_status column_digest(digest *out, const statement *row, int column, ckl_error *err);
int64_t db_last_id(const db *ledger);

/* A write transaction takes the writers' lock and begins at once; `durable`: the commit is on disk
 * when it returns. A read transaction sees one moment. They do not nest.
 * Errors: CKL_BUSY, CKL_MISUSE after a fork */
typedef enum db_mode { DB_READ, DB_WRITE, DB_WRITE_DURABLE } db_mode;
ckl_status db_begin(db *ledger, db_mode mode, ckl_error *err);
/* On failure nothing is recorded, but for what db_is_recorded tells. When SQLite cannot say what
 * became of the transaction, it is looked up by what db_prove was told. */
ckl_status db_commit(db *ledger, ckl_error *err);
/* After a commit failed: it is in the ledger all the same, but was to be on disk and may not be. */
bool db_is_recorded(const db *ledger);
/* In a write transaction, by who writes what nothing else writes: this query (sqlite3_mprintf's
 * format) has a row once the transaction is recorded, or has none any more. An event counts before
 * everything else, else what is said first. */
typedef enum db_proof { DB_PROOF_EVENT, DB_PROOF_ROW, DB_PROOF_NO_ROW } db_proof;
void db_prove(db *ledger, db_proof kind, const char *format, ...);
/* Brings on disk what anybody committed so far. Not in a transaction. Errors: CKL_IO */
ckl_status db_sync(db *ledger, ckl_error *err);
/* Nothing to do when no transaction is open. */
void db_rollback(db *ledger);
/* How long to wait for other writers, from now on; negative: as it was opened. */
void db_set_patience(db *ledger, int timeout_ms);
bool db_in_transaction(const db *ledger);
bool db_is_read_only(const db *ledger);
/* The kind of network file system that it is on; NULL: a disk of this machine. Opening for writing
 * there takes the log away for a rollback journal, which stays (also where it is no network:
 * another machine may use it as one); db_left_log: it did so just now. */
const char *db_network(const db *ledger);
bool db_left_log(const db *ledger);
/* Gives every parameterless statement of `sql` to SQLite; for migrations. */
ckl_status db_execute(db *ledger, const char *sql, ckl_error *err);

/* ---- for looking a ledger over (db_check.c) -------------------------------------------------- */

/* A new ledger without a file, made by the same road: what another one's schema must be. */
ckl_status db_open_fresh(db **out, ckl_error *err);
/* Takes all views away, and makes those of this version. In a write transaction. */
ckl_status db_refresh_views(db *ledger, ckl_error *err);
/* Writes the ledger as it is, page by page, to a new file. Not in a transaction. */
ckl_status db_copy_to(db *ledger, const char *path, ckl_error *err);

/* For db_open.c. */
ckl_status db_error(db *ledger, int result, const char *doing, ckl_error *err);
ckl_status db_lock_writers(db *ledger, ckl_error *err);
void db_unlock_writers(db *ledger);

#endif
