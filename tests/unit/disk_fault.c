#include "disk_fault.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* A file of ours, with the file of the VFS below behind it. */
typedef struct shim_file {
    sqlite3_file base;
    sqlite3_file *real;
} shim_file;

static sqlite3_vfs shim, *below;
static sqlite3_io_methods methods;
static struct {
    unsigned left[DISK_CALLS]; /* 0: none fails */
    bool on, full, failed;
} plan;

void disk_fault_at(disk_call call, unsigned nth, bool on, bool full)
{
    memset(&plan, 0, sizeof plan);
    plan.left[call] = nth;
    plan.on = on;
    plan.full = full;
}

bool disk_fault_end(void)
{
    bool failed = plan.failed;
    memset(&plan, 0, sizeof plan);
    return failed;
}

static bool fails(disk_call call)
{
    if (plan.left[call] == 0 || (plan.left[call] > 1 && --plan.left[call] > 0))
        return false;
    plan.left[call] = plan.on ? 1 : 0;
    plan.failed = true;
    return true;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((shim_file *)file)->real;
}

/* ---- calls that may fail --------------------------------------------------------------------- */

static int shim_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    if (fails(DISK_WRITE))
        return plan.full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, at);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    return fails(DISK_SYNC) ? SQLITE_IOERR_FSYNC
                            : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return fails(DISK_TRUNCATE) ? SQLITE_IOERR_TRUNCATE
                                : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

/* ---- calls that go through ------------------------------------------------------------------- */

static int shim_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    int result = real->pMethods != NULL ? real->pMethods->xClose(real) : SQLITE_OK;
    free(real);
    return result;
}

static int shim_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), bytes, size, at);
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int shim_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int shim_reserved(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int shim_control(sqlite3_file *file, int what, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int shim_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int shim_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shim_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int shim_shared_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void shim_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shim_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    shim_file *opened = (shim_file *)file;
    opened->base.pMethods = NULL;
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

void disk_fault_install(void)
{
    below = sqlite3_vfs_find(NULL);
    if (below == NULL)
        abort();
    shim = *below;
    shim.zName = "failing";
    shim.szOsFile = (int)sizeof(shim_file);
    shim.xOpen = shim_open;
    methods = (sqlite3_io_methods){.iVersion = 2,
                                   .xClose = shim_close,
                                   .xRead = shim_read,
                                   .xWrite = shim_write,
                                   .xTruncate = shim_truncate,
                                   .xSync = shim_sync,
                                   .xFileSize = shim_size,
                                   .xLock = shim_lock,
                                   .xUnlock = shim_unlock,
                                   .xCheckReservedLock = shim_reserved,
                                   .xFileControl = shim_control,
                                   .xSectorSize = shim_sector,
                                   .xDeviceCharacteristics = shim_traits,
                                   .xShmMap = shim_map,
                                   .xShmLock = shim_shared_lock,
                                   .xShmBarrier = shim_barrier,
                                   .xShmUnmap = shim_unmap};
    if (sqlite3_vfs_register(&shim, 1) != SQLITE_OK)
        abort();
}
