/* What db.c and db_open.c share: the connection itself. */
#ifndef DB_INTERNAL_H
#define DB_INTERNAL_H

#include <sqlite3.h>
#include <sys/types.h>

#include "db.h"

typedef struct db_cached {
    const char *sql; /* the literal's address */
    sqlite3_stmt *raw;
    bool busy;
    bool stale; /* of a connection that was given up while it was used: no more than finished */
} db_cached;

#define DB_LOG_CHECKPOINT 1000 /* pages: from here on the log is copied into the ledger */
#define DB_LOG_RESET      4000 /* pages, 16 MB: from here on readers are waited for a moment */

#define DB_PROOF_MAX 256

struct db {
    sqlite3 *connection;
    char *path;
    char *lock_path;
    fs_lock *lock; /* held while a write transaction is open */
    db_cached *cache;
    size_t cache_count;
    size_t cache_capacity;
    int busy_timeout_ms, patience_ms; /* as opened; as it is now */
    pid_t process;                    /* a forked child must not use the connection */
    bool read_only;
    bool in_transaction;
    const char *network; /* see db_network */
    bool rollback;       /* it has a rollback journal, no log */
    bool left_log;
    bool durable;      /* what synchronous is set to */
    ckl_error failure; /* the first statement that failed in the open transaction: no commit then */
    bool recorded;     /* the last commit, which failed, is in the ledger nevertheless */
    bool suspect;      /* a sync of the log failed: what it holds may be on no disk */
    db_proof proof_kind;
    char proof[DB_PROOF_MAX]; /* has a row (or none) when the open transaction is recorded */
    int log_pages;            /* in the log after the last commit */
    int reset_at;             /* so many, and readers are waited for to begin the log anew */
};

/* Makes the tables of the versions after `version` (-1: all), the views, and the version's stamp.
 */
ckl_status db_replay_schema(db *ledger, int64_t version, ckl_error *err);
/* Opens ledger->connection, which is NULL, as it was opened for writing. */
ckl_status db_connect_again(db *ledger, ckl_error *err);

/* Rolls back what SQLite still has open, without memory. */
void db_undo(db *ledger);

/* ---- after a failed commit (db_outcome.c) ---------------------------------------------------- */

/* Whether this result of a COMMIT leaves open what became of the transaction. */
bool db_outcome_is_unknown(int result);
/* Looks what became of it, under the writers' lock: CKL_OK when it is recorded, and on disk if that
 * was asked for; else *failure, which has the COMMIT's error, says what holds now. */
ckl_status db_look_up(db *ledger, int result, ckl_error *failure);
/* After a failed sync: brings what the log holds to a disk by another way. CKL_IO when that cannot
 * be. Under the writers' lock, in no transaction. */
ckl_status db_secure_log(db *ledger, ckl_error *err);

#endif
