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
} db_cached;

#define DB_LOG_CHECKPOINT 1000 /* pages: from here on the log is copied into the ledger */
#define DB_LOG_RESET      4000 /* pages, 16 MB: from here on readers are waited for a moment */

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
    bool durable;  /* what synchronous is set to */
    int log_pages; /* in the log after the last commit */
    int reset_at;  /* so many, and readers are waited for to begin the log anew */
};

/* Makes the tables of the versions after `version` (-1: all), the views, and the version's stamp.
 */
ckl_status db_replay_schema(db *ledger, int64_t version, ckl_error *err);

#endif
