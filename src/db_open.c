#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db_internal.h"
#include "schema.h"

static ckl_status pragma_integer(int64_t *out, db *ledger, const char *sql, ckl_error *err)
{
    sqlite3_stmt *raw = NULL;
    errno = 0;
    int result = sqlite3_prepare_v2(ledger->connection, sql, -1, &raw, NULL);
    if (result == SQLITE_OK) {
        result = sqlite3_step(raw);
        *out = result == SQLITE_ROW ? sqlite3_column_int64(raw, 0) : 0;
    }
    sqlite3_finalize(raw);
    if (result == SQLITE_ROW || result == SQLITE_DONE)
        return CKL_OK;
    return db_error(ledger, result, "opening", err);
}

/* The name as an URI that says that nobody writes: for a ledger in a folder where SQLite cannot
 * make its helper files. */
static ckl_status immutable_name(char **out, const char *path, ckl_error *err)
{
    BUF_AUTO name = BUF_INIT;
    buf_add_text(&name, "file:");
    for (const char *at = path; *at != '\0'; at++) {
        if (strchr("%?#", *at) != NULL)
            buf_add_format(&name, "%%%02X", (unsigned)(unsigned char)*at);
        else
            buf_add_char(&name, *at);
    }
    buf_add_text(&name, "?immutable=1");
    return buf_take(out, NULL, &name, err);
}

static int note_log(void *context, sqlite3 *connection, const char *name, int pages)
{
    (void)connection;
    (void)name;
    ((db *)context)->log_pages = pages;
    return SQLITE_OK;
}

static ckl_status set_up(db *ledger, ckl_error *err)
{
    int on = 1;
    sqlite3_extended_result_codes(ledger->connection, 1);
    sqlite3_busy_timeout(ledger->connection, ledger->patience_ms);
    sqlite3_db_config(ledger->connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
#ifdef SQLITE_DBCONFIG_TRUSTED_SCHEMA
    sqlite3_db_config(ledger->connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
#endif
    sqlite3_db_config(ledger->connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    /* The log stays when the last of us closes, so that others can read without writing. */
    sqlite3_file_control(ledger->connection, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
    /* Instead of SQLite's own checkpoints, which readers that overlap can keep from ever ending. */
    sqlite3_wal_hook(ledger->connection, note_log, ledger);
    ledger->reset_at = DB_LOG_RESET;
    return db_execute(ledger, "PRAGMA cell_size_check=ON", err);
}

static ckl_status connect_as(db *ledger, const char *name, int flags, ckl_error *err)
{
    errno = 0;
    int result = sqlite3_open_v2(name, &ledger->connection, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK)
        return set_up(ledger, err);
    ckl_status status = db_error(ledger, result, "opening", err);
    sqlite3_close(ledger->connection);
    ledger->connection = NULL;
    return status;
}

/* All in one moment: another process may be making the ledger just now. Of a file that has our mark
 * nothing else is asked. */
static ckl_status read_identity(int64_t *application, int64_t *version, int64_t *tables, db *ledger,
                                ckl_error *err)
{
    ckl_status status = db_execute(ledger, "BEGIN", err);
    if (status != CKL_OK)
        return status;
    status = pragma_integer(application, ledger, "PRAGMA application_id", err);
    if (status == CKL_OK)
        status = pragma_integer(version, ledger, "PRAGMA user_version", err);
    if (status == CKL_OK && *application == 0 && *version == 0)
        status = pragma_integer(tables, ledger, "SELECT count(*) FROM sqlite_master", err);
    ckl_status ended = db_execute(ledger, "ROLLBACK", status == CKL_OK ? err : NULL);
    return status == CKL_OK ? ended : status;
}

/* Looks at whose file it is. *version is -1 when it is empty: not a ledger yet. */
static ckl_status read_version(int64_t *version, db *ledger, ckl_error *err)
{
    int64_t application = 0, tables = 0;
    ckl_status status = read_identity(&application, version, &tables, ledger, err);
    if (status != CKL_OK)
        return status;
    if (application == DB_APPLICATION_ID && *version >= 1) {
        if (*version <= DB_VERSION)
            return CKL_OK;
        error_set(err, CKL_REFUSED,
                  "'%s' was written by a newer ckl (ledger version %lld, this is %d)", ledger->path,
                  (long long)*version, DB_VERSION);
        error_hint(err, "use that version, or a newer one; nothing was touched");
        return CKL_REFUSED;
    }
    bool is_new = application == 0 && *version == 0 && tables == 0;
    *version = -1;
    if (is_new)
        return CKL_OK;
    error_set(err, CKL_REFUSED, "'%s' is a database of another program", ledger->path);
    error_hint(err, "name another root; nothing was touched");
    return CKL_REFUSED;
}

static const char *schema_text(const char *name)
{
    for (const schema_file *file = schema_files; file->name != NULL; file++) {
        if (strcmp(file->name, name) == 0)
            return file->sql;
    }
    return NULL;
}

/* "-- Version: 1" in views.sql. */
static long views_version(const char *sql)
{
    const char *mark = strstr(sql, "-- Version: ");
    return mark == NULL ? 0 : strtol(mark + strlen("-- Version: "), NULL, 10);
}

static ckl_status drop_views(db *ledger, ckl_error *err)
{
    static const char SQL[] = "SELECT 'DROP VIEW \"' || replace(name, '\"', '\"\"') || '\"'"
                              " FROM sqlite_master WHERE type = 'view'";
    for (;;) {
        sqlite3_stmt *raw = NULL;
        int result = sqlite3_prepare_v2(ledger->connection, SQL, -1, &raw, NULL);
        if (result == SQLITE_OK)
            result = sqlite3_step(raw);
        char *drop = result == SQLITE_ROW
                         ? sqlite3_mprintf("%s", (const char *)sqlite3_column_text(raw, 0))
                         : NULL;
        sqlite3_finalize(raw);
        if (result == SQLITE_DONE)
            return CKL_OK;
        if (drop == NULL)
            return db_error(ledger, result, "migrating", err);
        ckl_status status = db_execute(ledger, drop, err);
        sqlite3_free(drop);
        if (status != CKL_OK)
            return status;
    }
}

ckl_status db_refresh_views(db *ledger, ckl_error *err)
{
    const char *views = schema_text("views");
    char text[32];
    snprintf(text, sizeof text, "%ld", views_version(views));
    ckl_status status = drop_views(ledger, err);
    if (status == CKL_OK)
        status = db_execute(ledger, views, err);
    if (status != CKL_OK)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger,
                      "INSERT INTO _meta (key, value) VALUES ('views', :version)"
                      " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                      err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":version", text);
    return statement_run(&running, err);
}

static ckl_status name_ledger(db *ledger, ckl_error *err)
{
    char name[33];
    ckl_status status = fs_random_name(name, err);
    if (status != CKL_OK)
        return status;
    STATEMENT_AUTO running = {0};
    status =
        db_query(&running, ledger, "INSERT INTO _meta (key, value) VALUES ('ledger', :name)", err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":name", name);
    return statement_run(&running, err);
}

ckl_status db_replay_schema(db *ledger, int64_t version, ckl_error *err)
{
    char stamp[128];
    ckl_status status = CKL_OK;
    for (const schema_file *file = schema_files; status == CKL_OK && file->name != NULL; file++) {
        if (strtol(file->name, NULL, 10) > version && file->name[0] == '0')
            status = db_execute(ledger, file->sql, err);
    }
    if (status == CKL_OK && version < 1)
        status = name_ledger(ledger, err);
    if (status == CKL_OK)
        status = db_refresh_views(ledger, err);
    if (status != CKL_OK)
        return status;
    snprintf(stamp, sizeof stamp, "PRAGMA application_id=%d; PRAGMA user_version=%d",
             DB_APPLICATION_ID, DB_VERSION);
    return db_execute(ledger, stamp, err);
}

/* Under the writers' lock, which one process holds at a time; the version is read again, since
 * another may have been first. */
static ckl_status migrate(bool *created, db *ledger, ckl_error *err)
{
    int64_t version = -1;
    ckl_status status = read_version(&version, ledger, err);
    if (status != CKL_OK || version == DB_VERSION)
        return status;
    if (version < 0)
        status = db_execute(
            ledger, ledger->rollback ? "PRAGMA journal_mode=TRUNCATE" : "PRAGMA journal_mode=WAL",
            err);
    if (status == CKL_OK)
        status = db_execute(ledger, "BEGIN IMMEDIATE", err);
    if (status != CKL_OK)
        return status;
    ledger->in_transaction = true;
    status = db_replay_schema(ledger, version, err);
    if (status == CKL_OK)
        status = db_execute(ledger, "COMMIT", err);
    if (status != CKL_OK)
        sqlite3_exec(ledger->connection, "ROLLBACK", NULL, NULL, NULL);
    ledger->in_transaction = false;
    *created = status == CKL_OK && version < 0;
    return status;
}

static ckl_status update_views(db *ledger, ckl_error *err)
{
    int64_t have = 0;
    ckl_status status =
        pragma_integer(&have, ledger, "SELECT value FROM _meta WHERE key = 'views'", err);
    if (status != CKL_OK || have >= views_version(schema_text("views")))
        return status;
    status = db_begin(ledger, DB_WRITE, err);
    if (status == CKL_OK)
        status = db_refresh_views(ledger, err);
    if (status == CKL_OK)
        return db_commit(ledger, err);
    db_rollback(ledger);
    return status;
}

/* The log that stays is cut back after a checkpoint: one large change must not keep its size. A
 * rollback journal is only sure to be gone when its folder is synced, too: EXTRA. */
static ckl_status set_up_writing(db *ledger, ckl_error *err)
{
    ledger->durable = false;
    if (ledger->rollback)
        return db_execute(ledger, "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=EXTRA", err);
    return db_execute(ledger, "PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=1048576", err);
}

ckl_status db_connect_again(db *ledger, ckl_error *err)
{
    ckl_status status =
        connect_as(ledger, ledger->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, err);
    return status == CKL_OK ? set_up_writing(ledger, err) : status;
}

#define HEADER_MODES 18 /* in an SQLite file: 2 bytes, both 2 when it has a log */

/* What the file itself says, before SQLite does what that asks for. */
static void read_journal_mode(bool *has_log, bool *is_there, db *ledger)
{
    unsigned char modes[2] = {0, 0};
    sqlite3_file *file = NULL;
    *is_there = sqlite3_file_control(ledger->connection, "main", SQLITE_FCNTL_FILE_POINTER,
                                     &file) == SQLITE_OK &&
                file != NULL && file->pMethods != NULL &&
                file->pMethods->xRead(file, modes, sizeof modes, HEADER_MODES) == SQLITE_OK;
    *has_log = *is_there && modes[0] == 2;
}

/* Without the memory that processes share, for there is none between machines: nobody else may have
 * it open meanwhile. */
static ckl_status leave_log(db *ledger, ckl_error *err)
{
    int64_t version = -1, tables = 0;
    int keep_log = 0;
    BUF_AUTO shared = BUF_INIT;
    buf_add_format(&shared, "%s-shm", ledger->path);
    ckl_status status = buf_check(&shared, err);
    if (status == CKL_OK)
        status = db_lock_writers(ledger, err);
    if (status == CKL_OK)
        status = db_execute(ledger, "PRAGMA locking_mode=EXCLUSIVE", err);
    if (status == CKL_OK)
        status = read_version(&version, ledger, err);
    if (status == CKL_OK)
        sqlite3_file_control(ledger->connection, "main", SQLITE_FCNTL_PERSIST_WAL, &keep_log);
    if (status == CKL_OK)
        status = db_execute(ledger, "PRAGMA journal_mode=TRUNCATE", err);
    if (status == CKL_OK)
        status = fs_remove_file(shared.data, err);
    if (status == CKL_OK)
        status = db_execute(ledger, "PRAGMA locking_mode=NORMAL", err);
    if (status == CKL_OK) /* only a reading lets go of what was locked for good */
        status = pragma_integer(&tables, ledger, "SELECT count(*) FROM sqlite_master", err);
    db_unlock_writers(ledger);
    ledger->left_log = status == CKL_OK;
    return status;
}

static ckl_status choose_journal(db *ledger, ckl_error *err)
{
    bool has_log = false, is_there = false;
    const char *name = NULL;
    read_journal_mode(&has_log, &is_there, ledger);
    if (fs_is_network(ledger->path, &name))
        ledger->network = name;
    ledger->rollback = ledger->network != NULL || (is_there && !has_log);
    return ledger->network != NULL && has_log ? leave_log(ledger, err) : CKL_OK;
}

static ckl_status open_for_writing(bool *created, db *ledger, ckl_error *err)
{
    int64_t version = -1;
    ckl_status status =
        connect_as(ledger, ledger->path,
                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, err);
    if (status == CKL_OK)
        status = choose_journal(ledger, err);
    if (status == CKL_OK)
        status = read_version(&version, ledger, err);
    if (status == CKL_OK && version != DB_VERSION) {
        status = db_lock_writers(ledger, err);
        if (status == CKL_OK)
            status = migrate(created, ledger, err);
        db_unlock_writers(ledger);
    }
    if (status == CKL_OK)
        status = set_up_writing(ledger, err);
    return status == CKL_OK ? update_views(ledger, err) : status;
}

/* views.sql, each of them temporary. */
static ckl_status make_temporary_views(db *ledger, ckl_error *err)
{
    static const char CREATE[] = "CREATE VIEW ";
    BUF_AUTO sql = BUF_INIT;
    const char *at = schema_text("views");
    for (const char *next; (next = strstr(at, CREATE)) != NULL; at = next + strlen(CREATE)) {
        buf_add(&sql, at, (size_t)(next - at));
        buf_add_text(&sql, "CREATE TEMP VIEW ");
    }
    buf_add_text(&sql, at);
    ckl_status status = buf_check(&sql, err);
    return status == CKL_OK ? db_execute(ledger, sql.data, err) : status;
}

/* What reads expects the newest tables and views: for an older ledger, temporary views stand before
 * its own, so that nobody has to write to it. */
static ckl_status read_as_newest(db *ledger, int64_t version, ckl_error *err)
{
    char name[32];
    int64_t have = 0;
    ckl_status status =
        pragma_integer(&have, ledger, "SELECT value FROM _meta WHERE key = 'views'", err);
    if (status != CKL_OK || have >= views_version(schema_text("views")))
        return status;
    status = db_execute(ledger, "PRAGMA temp_store=MEMORY", err);
    for (int64_t each = version; status == CKL_OK && each < DB_VERSION; each++) {
        snprintf(name, sizeof name, "older_%lld", (long long)each);
        status = db_execute(ledger, schema_text(name), err);
    }
    return status == CKL_OK ? make_temporary_views(ledger, err) : status;
}

/* Nothing is in its log, as far as can be seen: what cannot be looked at may hold something. */
static bool has_empty_log(const db *ledger)
{
    BUF_AUTO log = BUF_INIT;
    uint64_t size = 0;
    buf_add_format(&log, "%s-wal", ledger->path);
    ckl_status status =
        buf_check(&log, NULL) == CKL_OK ? fs_file_size(&size, log.data, NULL) : CKL_NO_MEMORY;
    return status == CKL_NOT_FOUND || (status == CKL_OK && size == 0);
}

static ckl_status read_as_immutable(int64_t *version, db *ledger, ckl_error *err)
{
    char *name = NULL;
    ckl_status status = immutable_name(&name, ledger->path, err);
    sqlite3_close(ledger->connection);
    ledger->connection = NULL;
    if (status == CKL_OK)
        status = connect_as(ledger, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    free(name);
    return status == CKL_OK ? read_version(version, ledger, err) : status;
}

static ckl_status open_for_reading(db *ledger, ckl_error *err)
{
    int64_t version = -1;
    ckl_error first = {0};
    ckl_status status =
        connect_as(ledger, ledger->path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW, &first);
    if (status == CKL_OK)
        status = read_version(&version, ledger, &first);
    bool no_files = (status == CKL_IO || status == CKL_NO_SPACE) && ledger->connection != NULL;
    if (no_files && has_empty_log(ledger)) { /* and none can be made: then nobody writes either */
        status = read_as_immutable(&version, ledger, err);
    } else if (status != CKL_OK) {
        if (no_files)
            error_hint(&first, "its log (ledger.db-wal) holds what was recorded last: try again, or"
                               " copy both to a folder that can be written to");
        error_pass(err, &first);
    }
    if (status == CKL_OK && version < 0)
        status = error_set(err, CKL_NOT_FOUND, "'%s' is empty: nothing was recorded", ledger->path);
    return status == CKL_OK ? read_as_newest(ledger, version, err) : status;
}

/* At once: SQLite would wait for locks that it can never have. The first opening shows it by the
 * lock of the writers. */
static ckl_status check_locks(db *ledger, ckl_error *err)
{
    ckl_status status = CKL_OK;
    if (ledger->lock_path != NULL && fs_lacks_locks(ledger->lock_path))
        return fs_refuse_without_locks(ledger->path, err);
    if (!ledger->read_only && !fs_exists(ledger->path))
        status = db_lock_writers(ledger, err);
    db_unlock_writers(ledger);
    return status;
}

ckl_status db_open(db **out, bool *created, const db_options *options, ckl_error *err)
{
    db *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL)
        return error_memory(err);
    *created = false;
    ledger->path = strdup(options->path);
    ledger->lock_path = options->lock_path == NULL ? NULL : strdup(options->lock_path);
    ledger->busy_timeout_ms = ledger->patience_ms = options->busy_timeout_ms;
    ledger->process = getpid();
    ledger->read_only = options->read_only;
    ckl_status status;
    if (ledger->path == NULL || (options->lock_path != NULL && ledger->lock_path == NULL))
        status = error_memory(err);
    else
        status = check_locks(ledger, err);
    if (status == CKL_OK && options->read_only)
        status = open_for_reading(ledger, err);
    else if (status == CKL_OK)
        status = open_for_writing(created, ledger, err);
    if (status != CKL_OK) {
        db_close(ledger);
        return status;
    }
    *out = ledger;
    return CKL_OK;
}

/* The last connection to close checkpoints the log: only under the lock, else it is left to the
 * next. A forked child leaves the connection alone. */
static void close_connection(db *ledger)
{
    if (ledger->connection == NULL || ledger->process != getpid())
        return;
    bool locked = !ledger->read_only && db_lock_writers(ledger, NULL) == CKL_OK;
    if (!locked)
        sqlite3_db_config(ledger->connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(ledger->connection);
    db_unlock_writers(ledger);
}

void db_close(db *ledger)
{
    if (ledger == NULL)
        return;
    db_rollback(ledger);
    if (ledger->process == getpid()) {
        for (size_t index = 0; index < ledger->cache_count; index++)
            sqlite3_finalize(ledger->cache[index].raw);
    }
    close_connection(ledger);
    free(ledger->cache);
    free(ledger->path);
    free(ledger->lock_path);
    free(ledger);
}
