/* What SQLite says, as an error of ours: the code names the cause, the message the ledger. */
#include <errno.h>

#include "db_internal.h"

static bool is_locking(int result)
{
    switch (result) {
    case SQLITE_IOERR_LOCK:
    case SQLITE_IOERR_RDLOCK:
    case SQLITE_IOERR_UNLOCK:
    case SQLITE_IOERR_CHECKRESERVEDLOCK:
    case SQLITE_IOERR_SHMLOCK:
        return true;
    default:
        return (result & 0xff) == SQLITE_BUSY;
    }
}

/* SQLite knows a full disk by one number of the system only (`number` is what the system said), and
 * memory by a name of its own. */
static ckl_status fail_by_system(db *ledger, int result, int number, const char *doing,
                                 ckl_error *err)
{
    if (result == SQLITE_IOERR_NOMEM)
        return error_memory(err);
    if (number == ENOSPC || number == EDQUOT || number == EFBIG)
        return error_errno(err, number, doing, ledger->path);
    return error_set(err, CKL_IO, "%s '%s': %s", doing, ledger->path,
                     ledger->connection != NULL ? sqlite3_errmsg(ledger->connection)
                                                : sqlite3_errstr(result));
}

ckl_status db_error(db *ledger, int result, const char *doing, ckl_error *err)
{
    int number = errno;
    const char *what =
        ledger->connection != NULL ? sqlite3_errmsg(ledger->connection) : sqlite3_errstr(result);
    if (is_locking(result) && ledger->lock_path != NULL && fs_lacks_locks(ledger->lock_path))
        return fs_refuse_without_locks(ledger->path, err);
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* the locks of the log were not to be had */
        error_set(err, CKL_BUSY, "%s: another process holds '%s'", doing, ledger->path);
        error_hint(err, "try again when it is done");
        return CKL_BUSY;
    case SQLITE_FULL:
        return error_set(err, CKL_NO_SPACE, "%s '%s': the disk is full", doing, ledger->path);
    case SQLITE_NOMEM:
        return error_memory(err);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return fail_by_system(ledger, result, number, doing, err);
    case SQLITE_CORRUPT: /* also what a disk that answers EIO looks like */
        error_set(err, CKL_DAMAGED, "%s '%s': %s", doing, ledger->path, what);
        error_hint(err, "ckl fsck says what is damaged; if it finds nothing, a read failed: see the"
                        " system's log for errors of the disk");
        return CKL_DAMAGED;
    case SQLITE_ERROR: /* our SQL is right: then the tables are not a ledger's */
        return error_set(err, CKL_DAMAGED, "%s '%s': %s", doing, ledger->path, what);
    case SQLITE_NOTADB:
        return error_set(err, CKL_REFUSED, "'%s' is not a ledger", ledger->path);
    default:
        return error_set(err, CKL_IO, "%s '%s': %s", doing, ledger->path, what);
    }
}
