/* A copy of the ledger for dashboards: one file, whole at any time. */
#include <ckl/sql.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db_internal.h"
#include "manager_internal.h"

/* ---- what stands there already --------------------------------------------------------------- */

#define HEADER_SIZE 100 /* of an SQLite file: */
#define HEADER_MODE 18  /* 2: it has a write-ahead log */
#define HEADER_MARK 68  /* the application_id, 4 bytes */

static bool is_same_file(const char *first, const char *second)
{
    struct stat one, other;
    return stat(first, &one) == 0 && stat(second, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static ckl_status refuse_live(const char *path, ckl_error *err)
{
    error_set(err, CKL_REFUSED, "'%s' is a live ledger: a snapshot must not replace it", path);
    error_hint(err, "name another file");
    return CKL_REFUSED;
}

/* A ledger that was on a network file system has no log either, but the lock of its writers. */
static bool has_writers(const char *path)
{
    const char *slash = strrchr(path, '/');
    BUF_AUTO inside = BUF_INIT, beside = BUF_INIT;
    buf_add(&inside, path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
    buf_add_text(&inside, ".ckl/writer.lock");
    buf_add_format(&beside, "%s-lock", path);
    return buf_check(&inside, NULL) != CKL_OK || buf_check(&beside, NULL) != CKL_OK ||
           fs_exists(beside.data) ||
           (strcmp(slash == NULL ? path : slash + 1, "ledger.db") == 0 && fs_exists(inside.data));
}

/* Only a snapshot is replaced. *replaces: one is there. */
static ckl_status check_target(bool *replaces, const char *path, const char *ledger, ckl_error *err)
{
    static const unsigned char MARK[] = {0x43, 0x4b, 0x4c, 0x31}; /* DB_APPLICATION_ID */
    unsigned char header[HEADER_SIZE] = {0};
    if (fs_is_directory(path) || path[0] == '\0')
        return error_set(err, CKL_INVALID, "'%s' is no name of a file", path);
    if (is_same_file(path, ledger))
        return refuse_live(path, err);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *replaces = descriptor >= 0;
    if (descriptor < 0 && errno == ENOENT)
        return CKL_OK;
    if (descriptor < 0)
        return error_errno(err, errno, "cannot open", path);
    ssize_t count = read(descriptor, header, sizeof header);
    close(descriptor);
    if (count != HEADER_SIZE || memcmp(header, "SQLite format 3", 16) != 0 ||
        memcmp(header + HEADER_MARK, MARK, sizeof MARK) != 0) {
        error_set(err, CKL_REFUSED, "'%s' is there and is no snapshot: it is not replaced", path);
        error_hint(err, "remove it, or name another file");
        return CKL_REFUSED;
    }
    return header[HEADER_MODE] == 2 || has_writers(path) ? refuse_live(path, err) : CKL_OK;
}

/* ---- the copy -------------------------------------------------------------------------------- */

/* The folder of `path`, and a name beside it that nobody has. */
static ckl_status name_beside(char **folder, char **beside, const char *path, ckl_error *err)
{
    char random[33];
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    BUF_AUTO text = BUF_INIT;
    ckl_status status = fs_random_name(random, err);
    if (status != CKL_OK)
        return status;
    *folder = slash == NULL   ? strdup(".")
              : slash == path ? strdup("/")
                              : strndup(path, (size_t)(slash - path));
    if (*folder == NULL)
        return error_memory(err);
    buf_add_format(&text, "%s/.%.200s.%.8s", *folder, name, random);
    return buf_take(beside, NULL, &text, err);
}

static ckl_status copy_error(sqlite3 *copy, int result, const char *path, ckl_error *err)
{
    int system = copy != NULL ? sqlite3_system_errno(copy) : 0;
    if ((result & 0xff) == SQLITE_FULL || system == EDQUOT || system == EFBIG) {
        error_set(err, CKL_NO_SPACE, "no space for the snapshot '%s'", path);
        error_hint(err, "what was there is as it was");
        return CKL_NO_SPACE;
    }
    if ((result & 0xff) == SQLITE_BUSY || (result & 0xff) == SQLITE_LOCKED)
        return error_set(err, CKL_BUSY, "snapshot '%s': another process holds the ledger", path);
    if (result == SQLITE_NOMEM)
        return error_memory(err);
    if (system != 0)
        return error_errno(err, system, "could not write the snapshot", path);
    return error_set(err, CKL_IO, "could not write the snapshot '%s': %s", path,
                     copy != NULL ? sqlite3_errmsg(copy) : sqlite3_errstr(result));
}

static int last_event(int64_t *out, sqlite3 *copy)
{
    sqlite3_stmt *row = NULL;
    int result = sqlite3_prepare_v2(copy, "SELECT ifnull(max(seq), 0) FROM _event", -1, &row, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(row);
    if (result == SQLITE_ROW)
        *out = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return result == SQLITE_ROW ? SQLITE_OK : result;
}

/* All pages in one step: of one moment. The copy says of itself, as the ledger does, that it has a
 * log, which goes last. */
static int copy_pages(int64_t *seq, sqlite3 *copy, sqlite3 *ledger)
{
    int result = sqlite3_exec(
        copy, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; PRAGMA synchronous=FULL",
        NULL, NULL, NULL);
    if (result != SQLITE_OK)
        return result;
    sqlite3_backup *pages = sqlite3_backup_init(copy, "main", ledger, "main");
    if (pages == NULL)
        return sqlite3_errcode(copy);
    int stepped = sqlite3_backup_step(pages, -1);
    result = sqlite3_backup_finish(pages);
    if (result == SQLITE_OK && stepped != SQLITE_DONE)
        result = stepped;
    if (result == SQLITE_OK)
        result = sqlite3_exec(copy, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    return result == SQLITE_OK ? last_event(seq, copy) : result;
}

static ckl_status copy_to(int64_t *seq, db *ledger, const char *beside, const char *path,
                          ckl_error *err)
{
    sqlite3 *copy = NULL;
    ckl_status status = CKL_OK;
    int result = sqlite3_open_v2(beside, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (result == SQLITE_OK)
        result = copy_pages(seq, copy, ledger->connection);
    if (result != SQLITE_OK)
        status = copy_error(copy, result, path, err);
    sqlite3_close(copy);
    return status;
}

static void remove_left(const char *beside)
{
    static const char *const BEHIND[] = {"", "-journal", "-wal", "-shm"};
    for (size_t index = 0; index < sizeof BEHIND / sizeof *BEHIND; index++) {
        BUF_AUTO name = BUF_INIT;
        buf_add_format(&name, "%s%s", beside, BEHIND[index]);
        if (!name.failed)
            (void)fs_remove_file(name.data, NULL);
    }
}

static ckl_status write_snapshot(ckl_snapshot_info *info, db *ledger, const char *path,
                                 ckl_error *err)
{
    char *folder = NULL, *beside = NULL;
    ckl_status status = name_beside(&folder, &beside, path, err);
    if (status == CKL_OK) {
        status = copy_to(&info->seq, ledger, beside, path, err);
        if (status == CKL_OK)
            status = fs_file_size(&info->bytes, beside, err);
        if (status == CKL_OK)
            status = fs_rename(beside, path, true, err);
        if (status == CKL_OK)
            status = fs_sync_directory(folder, err);
        else
            remove_left(beside);
    }
    free(folder);
    free(beside);
    return status;
}

/* ---- the call -------------------------------------------------------------------------------- */

/* A number that is another one after each commit: of another connection, or of this one. */
static ckl_status read_version(int64_t *out, db *ledger, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "PRAGMA data_version", err);
    if (status == CKL_OK)
        status = statement_step(&row, err);
    if (status == CKL_OK)
        *out = (column_integer(&row, 0) << 32) + sqlite3_total_changes(ledger->connection);
    return status;
}

ckl_status ckl_snapshot(ckl_snapshot_info *out, ckl_manager *manager, const char *path,
                        const ckl_snapshot_info *last, ckl_error *err)
{
    ckl_snapshot_info info = {0};
    bool replaces = false;
    ckl_status status = check_target(&replaces, path, manager->ledger->path, err);
    if (status == CKL_OK)
        status = read_version(&info.version, manager->ledger, err);
    if (status != CKL_OK)
        return status;
    if (last != NULL && replaces && last->version == info.version) {
        *out = *last;
        out->written = false;
        return CKL_OK;
    }
    status = write_snapshot(&info, manager->ledger, path, err);
    if (status != CKL_OK)
        return status;
    info.written = true;
    *out = info;
    return CKL_OK;
}
