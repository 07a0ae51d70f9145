/* A VFS before SQLite's own, each of whose calls may fail. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "failing.h"

/* A file of ours, with the file of the VFS below behind it. */
typedef struct failing_file {
    sqlite3_file base;
    sqlite3_file *real;
} failing_file;

static sqlite3_vfs before, *below;
static sqlite3_io_methods methods;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((failing_file *)file)->real;
}

/* `code`: how this call says that it could not. */
#define FAIL_AS(name, about, as)                                                                   \
    int code;                                                                                      \
    if (failing_sqlite(name, about, &code))                                                        \
        return code == SQLITE_IOERR ? (as) : code;

/* ---- bytes ----------------------------------------------------------------------------------- */

static int close_file(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    int code, result = real->pMethods != NULL ? real->pMethods->xClose(real) : SQLITE_OK;
    free(real);
    return failing_sqlite("xClose", CALL_OPEN, &code) ? SQLITE_IOERR_CLOSE : result;
}

static int read_bytes(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at)
{
    FAIL_AS("xRead", CALL_READ, SQLITE_IOERR_READ)
    return real_of(file)->pMethods->xRead(real_of(file), bytes, size, at);
}

static int write_bytes(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    FAIL_AS("xWrite", CALL_WRITE, SQLITE_IOERR_WRITE)
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, at);
}

static int cut(sqlite3_file *file, sqlite3_int64 size)
{
    FAIL_AS("xTruncate", CALL_CHANGE, SQLITE_IOERR_TRUNCATE)
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int sync_bytes(sqlite3_file *file, int flags)
{
    FAIL_AS("xSync", CALL_SYNC, SQLITE_IOERR_FSYNC)
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int read_size(sqlite3_file *file, sqlite3_int64 *size)
{
    FAIL_AS("xFileSize", CALL_LOOK, SQLITE_IOERR_FSTAT)
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

/* ---- locks ----------------------------------------------------------------------------------- */

static int lock(sqlite3_file *file, int level)
{
    FAIL_AS("xLock", CALL_WAIT, SQLITE_IOERR_LOCK)
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int unlock(sqlite3_file *file, int level)
{
    int code, result = real_of(file)->pMethods->xUnlock(real_of(file), level);
    return failing_sqlite("xUnlock", CALL_LOOK, &code) ? SQLITE_IOERR_UNLOCK : result;
}

static int is_reserved(sqlite3_file *file, int *out)
{
    FAIL_AS("xCheckReservedLock", CALL_LOOK, SQLITE_IOERR_CHECKRESERVEDLOCK)
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int map_shared(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    FAIL_AS("xShmMap", CALL_SPACE, SQLITE_IOERR_SHMMAP)
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

/* A lock can always be given back. */
static int lock_shared(sqlite3_file *file, int offset, int count, int flags)
{
    if ((flags & SQLITE_SHM_LOCK) != 0) {
        FAIL_AS("xShmLock", CALL_WAIT, SQLITE_IOERR_SHMLOCK)
    }
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int unmap_shared(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

/* ---- what is only said ----------------------------------------------------------------------- */

static int control(sqlite3_file *file, int what, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* ---- names ----------------------------------------------------------------------------------- */

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    failing_file *opened = (failing_file *)file;
    opened->base.pMethods = NULL;
    FAIL_AS("xOpen", CALL_OPEN | CALL_SPACE, SQLITE_CANTOPEN)
    opened->real = calloc(1, (size_t)below->szOsFile);
    if (opened->real == NULL)
        return SQLITE_NOMEM;
    int result = below->xOpen(below, name, opened->real, flags, out);
    if (result == SQLITE_OK)
        opened->base.pMethods = &methods;
    else
        free(opened->real);
    return result;
}

static int remove_file(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    FAIL_AS("xDelete", CALL_CHANGE, SQLITE_IOERR_DELETE)
    return below->xDelete(below, name, sync_folder);
}

static int look_for(sqlite3_vfs *vfs, const char *name, int how, int *out)
{
    (void)vfs;
    FAIL_AS("xAccess", CALL_LOOK, SQLITE_IOERR_ACCESS)
    return below->xAccess(below, name, how, out);
}

static int full_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    FAIL_AS("xFullPathname", CALL_LOOK, SQLITE_CANTOPEN)
    return below->xFullPathname(below, name, size, out);
}

/* Who waits for a lock that never comes does not wait long. */
static int wait_for(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return failing_failed() > 0 ? microseconds : below->xSleep(below, microseconds);
}

void failing_install(void)
{
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* every allocation is seen */
    below = sqlite3_vfs_find(NULL);
    if (below == NULL)
        abort();
    before = *below;
    before.zName = "failing";
    before.szOsFile = (int)sizeof(failing_file);
    before.xOpen = open_file;
    before.xDelete = remove_file;
    before.xAccess = look_for;
    before.xFullPathname = full_name;
    before.xSleep = wait_for;
    methods = (sqlite3_io_methods){.iVersion = 2,
                                   .xClose = close_file,
                                   .xRead = read_bytes,
                                   .xWrite = write_bytes,
                                   .xTruncate = cut,
                                   .xSync = sync_bytes,
                                   .xFileSize = read_size,
                                   .xLock = lock,
                                   .xUnlock = unlock,
                                   .xCheckReservedLock = is_reserved,
                                   .xFileControl = control,
                                   .xSectorSize = sector_size,
                                   .xDeviceCharacteristics = traits,
                                   .xShmMap = map_shared,
                                   .xShmLock = lock_shared,
                                   .xShmBarrier = barrier,
                                   .xShmUnmap = unmap_shared};
    if (sqlite3_vfs_register(&before, 1) != SQLITE_OK)
        abort();
}
