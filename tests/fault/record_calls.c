/* The calls that record.c writes down: each does what it does, then notes it. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "record.h"

/* ---- making files ---------------------------------------------------------------------------- */

static int open_recorded(int folder, const char *path, int flags, mode_t mode)
{
    NEXT(next, openat)
    char name[PATH_MAX];
    struct stat before, after;
    if (!recorder_is_on() || (flags & (O_CREAT | O_TRUNC)) == 0)
        return next(folder, path, flags, mode);
    recorder_enter();
    const char *below = recorder_name(name, folder, path);
    bool was_there = below != NULL && stat(name, &before) == 0;
    int descriptor = next(folder, path, flags, mode);
    if (below != NULL && descriptor >= 0 && fstat(descriptor, &after) == 0) {
        if (!was_there)
            recorder_note_name(TRACE_CREATE, below, NULL, after.st_ino);
        else if ((flags & O_TRUNC) != 0 && before.st_size > 0)
            recorder_note_bytes(TRACE_SIZE, after.st_ino, 0, NULL, 0);
    }
    recorder_leave();
    return descriptor;
}

#define OPEN_MODE(flags, last)                                                                     \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list arguments;                                                                         \
        va_start(arguments, last);                                                                 \
        mode = (mode_t)va_arg(arguments, int);                                                     \
        va_end(arguments);                                                                         \
    }

int open(const char *path, int flags, ...)
{
    OPEN_MODE(flags, flags)
    return open_recorded(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    OPEN_MODE(flags, flags)
    return open_recorded(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    OPEN_MODE(flags, flags)
    return open_recorded(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    OPEN_MODE(flags, flags)
    return open_recorded(folder, path, flags, mode);
}

/* ---- their bytes ----------------------------------------------------------------------------- */

ssize_t write(int descriptor, const void *bytes, size_t size)
{
    NEXT(next, write)
    struct stat found;
    if (!recorder_is_on())
        return next(descriptor, bytes, size);
    recorder_enter();
    bool watched = recorder_watches(descriptor, &found);
    off_t at = !watched                                       ? 0
               : (fcntl(descriptor, F_GETFL) & O_APPEND) != 0 ? found.st_size
                                                              : lseek(descriptor, 0, SEEK_CUR);
    ssize_t put = next(descriptor, bytes, size);
    if (watched && put > 0)
        recorder_note_bytes(TRACE_WRITE, found.st_ino, at, bytes, (size_t)put);
    recorder_leave();
    return put;
}

static ssize_t pwrite_recorded(int descriptor, const void *bytes, size_t size, off_t at)
{
    NEXT(next, pwrite)
    struct stat found;
    if (!recorder_is_on())
        return next(descriptor, bytes, size, at);
    recorder_enter();
    ssize_t put = next(descriptor, bytes, size, at);
    if (put > 0 && recorder_watches(descriptor, &found))
        recorder_note_bytes(TRACE_WRITE, found.st_ino, at, bytes, (size_t)put);
    recorder_leave();
    return put;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t at)
{
    return pwrite_recorded(descriptor, bytes, size, at);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t at)
{
    return pwrite_recorded(descriptor, bytes, size, at);
}

static int ftruncate_recorded(int descriptor, off_t size)
{
    NEXT(next, ftruncate)
    struct stat found;
    if (!recorder_is_on())
        return next(descriptor, size);
    recorder_enter();
    bool watched = recorder_watches(descriptor, &found);
    int result = next(descriptor, size);
    if (result == 0 && watched && found.st_size != size)
        recorder_note_bytes(TRACE_SIZE, found.st_ino, size, NULL, 0);
    recorder_leave();
    return result;
}

int ftruncate(int descriptor, off_t size)
{
    return ftruncate_recorded(descriptor, size);
}

int ftruncate64(int descriptor, off64_t size)
{
    return ftruncate_recorded(descriptor, size);
}

/* Only the size counts: where blocks are is nobody's promise. */
static void note_growth(int descriptor, off_t end)
{
    struct stat found;
    if (recorder_watches(descriptor, &found) && found.st_size == end)
        recorder_note_bytes(TRACE_SIZE, found.st_ino, end, NULL, 0);
}

static int fallocate_recorded(int descriptor, int how, off_t at, off_t size)
{
    NEXT(next, fallocate)
    recorder_enter();
    int result = next(descriptor, how, at, size);
    if (result == 0 && how == 0)
        note_growth(descriptor, at + size);
    else if (result == 0 && (how & ~FALLOC_FL_KEEP_SIZE) != 0)
        recorder_note_name(TRACE_UNSEEN, "fallocate", NULL, 0);
    recorder_leave();
    return result;
}

int fallocate(int descriptor, int how, off_t at, off_t size)
{
    return fallocate_recorded(descriptor, how, at, size);
}

int fallocate64(int descriptor, int how, off64_t at, off64_t size)
{
    return fallocate_recorded(descriptor, how, at, size);
}

static int posix_fallocate_recorded(int descriptor, off_t at, off_t size)
{
    NEXT(next, posix_fallocate)
    recorder_enter();
    int result = next(descriptor, at, size);
    if (result == 0)
        note_growth(descriptor, at + size);
    recorder_leave();
    return result;
}

int posix_fallocate(int descriptor, off_t at, off_t size)
{
    return posix_fallocate_recorded(descriptor, at, size);
}

int posix_fallocate64(int descriptor, off64_t at, off64_t size)
{
    return posix_fallocate_recorded(descriptor, at, size);
}

/* What stands in a file now, as if it had been written. */
static void note_content(int descriptor, off_t at, size_t size)
{
    struct stat found;
    char *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL)
        abort();
    if (recorder_watches(descriptor, &found) && pread(descriptor, bytes, size, at) == (ssize_t)size)
        recorder_note_bytes(TRACE_WRITE, found.st_ino, at, bytes, size);
    free(bytes);
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t size,
                        unsigned flags)
{
    NEXT(next, copy_file_range)
    recorder_enter();
    off_t at = to_at != NULL ? *to_at : lseek(to, 0, SEEK_CUR);
    ssize_t put = next(from, from_at, to, to_at, size, flags);
    if (put > 0 && recorder_is_on())
        note_content(to, at, (size_t)put);
    recorder_leave();
    return put;
}

/* A reflink where the file system has none: the bytes are copied, at once as it seems. */
static int clone_by_copy(int to, int from)
{
    char piece[65536];
    ssize_t got;
    off_t at = 0;
    NEXT(next, pwrite)
    while ((got = pread(from, piece, sizeof piece, at)) > 0) {
        if (next(to, piece, (size_t)got, at) != got)
            return -1;
        at += got;
    }
    return got < 0 ? -1 : 0;
}

int ioctl(int descriptor, unsigned long request, ...)
{
    NEXT(next, ioctl)
    struct stat found;
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (!recorder_is_on() || request != FICLONE)
        return next(descriptor, request, argument);
    recorder_enter();
    int result = recorder_clones() ? clone_by_copy(descriptor, (int)(intptr_t)argument)
                                   : next(descriptor, request, argument);
    if (result == 0 && fstat(descriptor, &found) == 0)
        note_content(descriptor, 0, (size_t)found.st_size);
    recorder_leave();
    return result;
}

static void *mmap_recorded(void *at, size_t size, int protection, int flags, int descriptor,
                           off_t offset)
{
    NEXT(next, mmap)
    struct stat found;
    char link[64], path[PATH_MAX] = "";
    if (recorder_is_on() && (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0 &&
        descriptor >= 0 && recorder_watches(descriptor, &found)) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length < 4 || strcmp(path + length - 4, "-shm") != 0)
            recorder_note_name(TRACE_UNSEEN, path, NULL, 0);
    }
    return next(at, size, protection, flags, descriptor, offset);
}

void *mmap(void *at, size_t size, int protection, int flags, int descriptor, off_t offset)
{
    return mmap_recorded(at, size, protection, flags, descriptor, offset);
}

void *mmap64(void *at, size_t size, int protection, int flags, int descriptor, off64_t offset)
{
    return mmap_recorded(at, size, protection, flags, descriptor, offset);
}

/* ---- syncs ----------------------------------------------------------------------------------- */

static bool is_named(int descriptor, const char *name)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size > 0 ? size : 0] = '\0';
    const char *last = strrchr(path, '/');
    return last != NULL && strcmp(last + 1, name) == 0;
}

/* Whether the planted mistake is that this sync is missing; `ours`: not one of SQLite's. */
static bool is_left_out(int descriptor, const struct stat *found, bool ours)
{
    bool is_part =
        is_named(descriptor, "model") || is_named(descriptor, "hp") || is_named(descriptor, "data");
    switch (recorder_mistake()) {
    case MISTAKE_NO_FILE_SYNC:
        return S_ISREG(found->st_mode) && !recorder_is_ledger(descriptor);
    case MISTAKE_NO_FOLDER_SYNC:
        return S_ISDIR(found->st_mode) && is_part;
    case MISTAKE_NO_PARENT_SYNC:
        return S_ISDIR(found->st_mode) && is_named(descriptor, "checkpoints");
    case MISTAKE_NORMAL_COMMIT: /* the receipt of a dump would make up for it */
        return S_ISREG(found->st_mode) && recorder_is_ledger(descriptor) && ours;
    default:
        return false;
    }
}

static int sync_recorded(int descriptor, int (*next)(int), bool ours)
{
    struct stat found;
    if (!recorder_is_on())
        return next(descriptor);
    recorder_enter();
    int result = next(descriptor);
    if (result == 0 && recorder_watches(descriptor, &found) &&
        !is_left_out(descriptor, &found, ours)) {
        bool again = recorder_mistake() == MISTAKE_SYNC_AGAIN && S_ISREG(found.st_mode);
        bool fails = again || (S_ISREG(found.st_mode) && recorder_sync_fails());
        if (fails)
            recorder_note_bytes(TRACE_SYNC_FAILED, found.st_ino, 0, NULL, 0);
        if (fails && !again) {
            errno = EIO;
            result = -1;
        } else {
            recorder_note_bytes(TRACE_SYNC, found.st_ino, 0, NULL, 0);
        }
    }
    recorder_leave();
    return result;
}

int fsync(int descriptor)
{
    NEXT(next, fsync)
    return sync_recorded(descriptor, next, true);
}

int fdatasync(int descriptor)
{
    NEXT(next, fdatasync) /* as SQLite does */
    return sync_recorded(descriptor, next, false);
}

/* ---- the planted commit without a sync ------------------------------------------------------- */

struct sqlite3;
int sqlite3_exec(struct sqlite3 *connection, const char *sql,
                 int (*row)(void *, int, char **, char **), void *context, char **message);

int sqlite3_exec(struct sqlite3 *connection, const char *sql,
                 int (*row)(void *, int, char **, char **), void *context, char **message)
{
    NEXT(next, sqlite3_exec)
    static const char FULL[] = "PRAGMA synchronous=FULL";
    bool weaker = recorder_mistake() == MISTAKE_NORMAL_COMMIT && sql != NULL &&
                  strncmp(sql, FULL, strlen(FULL)) == 0;
    return next(connection, weaker ? "PRAGMA synchronous=NORMAL" : sql, row, context, message);
}
