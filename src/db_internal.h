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
    bool durable; /* what synchronous is set to */
};

#endif
