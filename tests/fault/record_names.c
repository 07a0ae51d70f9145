/* The calls about names that record.c writes down. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "record.h"

/* ---- names ----------------------------------------------------------------------------------- */

static int rename_recorded(int from_folder, const char *from, int to_folder, const char *to,
                           unsigned flags)
{
    NEXT(next, renameat2)
    char name[PATH_MAX], other[PATH_MAX];
    struct stat found;
    if (!recorder_is_on())
        return next(from_folder, from, to_folder, to, flags);
    if (flags != 0 && recorder_denies_noreplace()) {
        errno = EINVAL;
        return -1;
    }
    recorder_enter();
    const char *below = recorder_name(name, from_folder, from);
    const char *target = recorder_name(other, to_folder, to);
    bool replaces = target != NULL && lstat(other, &found) == 0;
    int result = next(from_folder, from, to_folder, to, flags);
    if (result == 0 && (below == NULL) != (target == NULL))
        recorder_note_name(TRACE_UNSEEN, name, NULL, 0);
    else if (result == 0 && below != NULL) {
        if (replaces && recorder_mistake() == MISTAKE_REMOVE_FIRST)
            recorder_note_name(TRACE_REMOVE, target, NULL, 0);
        recorder_note_name(TRACE_RENAME, below, target, 0);
    }
    recorder_leave();
    return result;
}

int rename(const char *from, const char *to)
{
    return rename_recorded(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return rename_recorded(from_folder, from, to_folder, to, 0);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    return rename_recorded(from_folder, from, to_folder, to, flags);
}

long syscall(long number, ...)
{
    NEXT(next, syscall)
    long values[6];
    va_list arguments;
    va_start(arguments, number);
    for (int index = 0; index < 6; index++)
        values[index] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_renameat2)
        return rename_recorded((int)values[0], (const char *)(intptr_t)values[1], (int)values[2],
                               (const char *)(intptr_t)values[3], (unsigned)values[4]);
    return next(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    NEXT(next, linkat)
    char name[PATH_MAX], other[PATH_MAX];
    if (!recorder_is_on())
        return next(from_folder, from, to_folder, to, flags);
    if (recorder_denies_link()) {
        errno = EPERM;
        return -1;
    }
    recorder_enter();
    const char *below = recorder_name(name, from_folder, from);
    const char *target = recorder_name(other, to_folder, to);
    int result = next(from_folder, from, to_folder, to, flags);
    if (result == 0 && below != NULL && target != NULL)
        recorder_note_name(TRACE_LINK, below, target, 0);
    else if (result == 0 && target != NULL)
        recorder_note_name(TRACE_UNSEEN, name, NULL, 0);
    recorder_leave();
    return result;
}

int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int folder, const char *path, int flags)
{
    NEXT(next, unlinkat)
    char name[PATH_MAX];
    recorder_enter();
    const char *below = recorder_name(name, folder, path);
    int result = next(folder, path, flags);
    if (result == 0 && below != NULL)
        recorder_note_name(TRACE_REMOVE, below, NULL, 0);
    recorder_leave();
    return result;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
    NEXT(next, mkdirat)
    char name[PATH_MAX];
    struct stat found;
    recorder_enter();
    const char *below = recorder_name(name, folder, path);
    int result = next(folder, path, mode);
    if (result == 0 && below != NULL && lstat(name, &found) == 0)
        recorder_note_name(TRACE_MAKE_FOLDER, below, NULL, found.st_ino);
    recorder_leave();
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int symlinkat(const char *to, int folder, const char *path)
{
    NEXT(next, symlinkat)
    char name[PATH_MAX];
    recorder_enter();
    int result = next(to, folder, path);
    if (result == 0 && recorder_name(name, folder, path) != NULL)
        recorder_note_name(TRACE_UNSEEN, name, NULL, 0);
    recorder_leave();
    return result;
}

int symlink(const char *to, const char *path)
{
    return symlinkat(to, AT_FDCWD, path);
}
