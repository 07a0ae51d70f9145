/* The system calls that the linker leads here. Those of SQLite have names of their own (pread64).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "failing.h"

/* Everything but a failure goes through as it is. */
#define WRAP(type, failure, name, about, parameters, arguments)                                    \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        int code;                                                                                  \
        if (failing_call(#name, about, &code)) {                                                   \
            errno = code;                                                                          \
            return failure;                                                                        \
        }                                                                                          \
        return __real_##name arguments;                                                            \
    }

/* ---- opening --------------------------------------------------------------------------------- */

static unsigned about_open(int folder, const char *path, int flags)
{
    bool makes = (flags & O_CREAT) != 0 && faccessat(folder, path, F_OK, 0) != 0;
    return CALL_OPEN | CALL_WAIT | (makes ? CALL_SPACE | CALL_CHANGE : 0);
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? (mode_t)va_arg(arguments, int) : 0;
}

#define WRAP_OPEN(name, folder, parameters, arguments)                                             \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        int code;                                                                                  \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = mode_of(flags, rest);                                                        \
        va_end(rest);                                                                              \
        if (failing_call(#name, about_open(folder, path, flags), &code)) {                         \
            errno = code;                                                                          \
            return -1;                                                                             \
        }                                                                                          \
        return __real_##name arguments;                                                            \
    }
WRAP_OPEN(open, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(open64, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(openat, folder, (int folder, const char *path, int flags, ...),
          (folder, path, flags, mode))

/* What is closed is closed, whatever is said of it. */
int __real_close(int descriptor);
int __wrap_close(int descriptor);
int __wrap_close(int descriptor)
{
    int code, result = __real_close(descriptor);
    if (result == 0 && failing_call("close", CALL_WAIT, &code)) {
        errno = code;
        return -1;
    }
    return result;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

#define WRAP_TRANSFER(name, about, parameters, half, arguments)                                    \
    ssize_t __real_##name parameters;                                                              \
    ssize_t __wrap_##name parameters;                                                              \
    ssize_t __wrap_##name parameters                                                               \
    {                                                                                              \
        int code;                                                                                  \
        if (failing_call(#name, about, &code)) {                                                   \
            if (code == SHORT_TRANSFER)                                                            \
                return __real_##name half;                                                         \
            errno = code;                                                                          \
            return -1;                                                                             \
        }                                                                                          \
        return __real_##name arguments;                                                            \
    }
#define READS  (CALL_READ | CALL_WAIT)
#define WRITES (CALL_WRITE | CALL_WAIT | CALL_CHANGE)
WRAP_TRANSFER(read, READS, (int file, void *bytes, size_t size), (file, bytes, (size + 1) / 2),
              (file, bytes, size))
WRAP_TRANSFER(pread, READS, (int file, void *bytes, size_t size, off_t at),
              (file, bytes, (size + 1) / 2, at), (file, bytes, size, at))
WRAP_TRANSFER(pread64, READS, (int file, void *bytes, size_t size, off64_t at),
              (file, bytes, (size + 1) / 2, at), (file, bytes, size, at))
WRAP_TRANSFER(write, WRITES, (int file, const void *bytes, size_t size),
              (file, bytes, (size + 1) / 2), (file, bytes, size))
WRAP_TRANSFER(pwrite, WRITES, (int file, const void *bytes, size_t size, off_t at),
              (file, bytes, (size + 1) / 2, at), (file, bytes, size, at))
WRAP_TRANSFER(pwrite64, WRITES, (int file, const void *bytes, size_t size, off64_t at),
              (file, bytes, (size + 1) / 2, at), (file, bytes, size, at))

WRAP_TRANSFER(getrandom, READS, (void *bytes, size_t size, unsigned flags),
              (bytes, (size + 1) / 2, flags), (bytes, size, flags))
WRAP(off_t, -1, lseek, CALL_LOOK, (int file, off_t at, int from), (file, at, from))

#define SIZES (CALL_SPACE | CALL_WAIT | CALL_CHANGE)
WRAP(int, -1, ftruncate, CALL_WAIT | CALL_CHANGE, (int file, off_t size), (file, size))
WRAP(int, -1, ftruncate64, CALL_WAIT | CALL_CHANGE, (int file, off64_t size), (file, size))
WRAP(int, -1, fallocate, SIZES, (int file, int mode, off_t at, off_t size), (file, mode, at, size))
WRAP(int, code, posix_fallocate, SIZES, (int file, off_t at, off_t size), (file, at, size))
WRAP(int, -1, fsync, CALL_SYNC, (int file), (file))
WRAP(int, -1, fdatasync, CALL_SYNC, (int file), (file))
WRAP(int, -1, sync_file_range, CALL_SYNC, (int file, off_t at, off_t size, unsigned flags),
     (file, at, size, flags))

/* ---- names ----------------------------------------------------------------------------------- */

#define NAMES (CALL_SPACE | CALL_CHANGE)
WRAP(int, -1, rename, NAMES, (const char *from, const char *to), (from, to))
WRAP(int, -1, link, NAMES, (const char *from, const char *to), (from, to))
WRAP(int, -1, mkdir, NAMES, (const char *path, mode_t mode), (path, mode))
WRAP(int, -1, unlink, CALL_CHANGE, (const char *path), (path))
WRAP(int, -1, unlinkat, CALL_CHANGE, (int folder, const char *path, int flags),
     (folder, path, flags))
WRAP(int, -1, rmdir, CALL_CHANGE, (const char *path), (path))
WRAP(int, -1, fchmod, CALL_CHANGE, (int file, mode_t mode), (file, mode))

/* renameat2, which the C library does not have everywhere. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    int code;
    long values[5];
    va_list rest;
    va_start(rest, number);
    for (size_t at = 0; at < sizeof values / sizeof *values; at++)
        values[at] = va_arg(rest, long);
    va_end(rest);
    if (failing_call("syscall", NAMES, &code)) {
        errno = code;
        return -1;
    }
    return __real_syscall(number, values[0], values[1], values[2], values[3], values[4]);
}

/* ---- looking --------------------------------------------------------------------------------- */

WRAP(int, -1, stat, CALL_LOOK, (const char *path, struct stat *out), (path, out))
WRAP(int, -1, lstat, CALL_LOOK, (const char *path, struct stat *out), (path, out))
WRAP(int, -1, fstat, CALL_LOOK, (int file, struct stat *out), (file, out))
WRAP(int, -1, stat64, CALL_LOOK, (const char *path, struct stat64 *out), (path, out))
WRAP(int, -1, lstat64, CALL_LOOK, (const char *path, struct stat64 *out), (path, out))
WRAP(int, -1, fstat64, CALL_LOOK, (int file, struct stat64 *out), (file, out))
WRAP(int, -1, statfs, CALL_LOOK, (const char *path, struct statfs *out), (path, out))
WRAP(int, -1, statvfs, CALL_LOOK, (const char *path, struct statvfs *out), (path, out))
WRAP(int, -1, fstatvfs, CALL_LOOK, (int file, struct statvfs *out), (file, out))
WRAP(int, -1, access, CALL_LOOK, (const char *path, int mode), (path, mode))
WRAP(ssize_t, -1, readlink, CALL_LOOK, (const char *path, char *out, size_t size),
     (path, out, size))
WRAP(char *, NULL, realpath, CALL_LOOK, (const char *path, char *out), (path, out))
WRAP(char *, NULL, getcwd, CALL_LOOK, (char *out, size_t size), (out, size))
WRAP(DIR *, NULL, opendir, CALL_OPEN, (const char *path), (path))
WRAP(DIR *, NULL, fdopendir, CALL_OPEN, (int file), (file))
WRAP(struct dirent *, NULL, readdir, CALL_LOOK, (DIR * folder), (folder))

/* ---- locks and memory ------------------------------------------------------------------------ */

WRAP(int, -1, flock, CALL_WAIT, (int file, int what), (file, what))
WRAP(void *, MAP_FAILED, mmap, CALL_OPEN,
     (void *place, size_t size, int allowed, int flags, int file, off_t at),
     (place, size, allowed, flags, file, at))
WRAP(void *, MAP_FAILED, mmap64, CALL_OPEN,
     (void *place, size_t size, int allowed, int flags, int file, off64_t at),
     (place, size, allowed, flags, file, at))

/* A lock can always be given back. */
static bool gives_back(int what, const void *argument)
{
    return what == F_SETLK && ((const struct flock *)argument)->l_type == F_UNLCK;
}

#define WRAP_WITH_ONE(name, about, type, exempt)                                                   \
    int __real_##name(int file, type what, ...);                                                   \
    int __wrap_##name(int file, type what, ...);                                                   \
    int __wrap_##name(int file, type what, ...)                                                    \
    {                                                                                              \
        int code;                                                                                  \
        va_list rest;                                                                              \
        va_start(rest, what);                                                                      \
        void *argument = va_arg(rest, void *);                                                     \
        va_end(rest);                                                                              \
        if (!(exempt) && failing_call(#name, about, &code)) {                                      \
            errno = code;                                                                          \
            return -1;                                                                             \
        }                                                                                          \
        return __real_##name(file, what, argument);                                                \
    }
WRAP_WITH_ONE(fcntl, CALL_WAIT, int, gives_back(what, argument))
WRAP_WITH_ONE(fcntl64, CALL_WAIT, int, gives_back(what, argument))
WRAP_WITH_ONE(ioctl, CALL_SPACE, unsigned long, false)
