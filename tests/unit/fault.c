#include "fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EVENTS 512

static struct {
    unsigned counts[FAULT_CALLS];
    unsigned exit_at, run_at;
    void (*function)(void);
    struct {
        unsigned nth;
        bool on;
        int number;
    } failures[FAULT_CALLS];
    size_t write_at_most;
    bool can_clone, no_sync;
    size_t event_count;
} state;

static fault_event log_of_events[EVENTS];

/* ---- what tests say -------------------------------------------------------------------------- */

void fault_reset(void)
{
    memset(&state, 0, sizeof state);
}

unsigned fault_count(fault_call call)
{
    return state.counts[call];
}

void fault_exit_at(unsigned nth)
{
    state.exit_at = state.counts[FAULT_ANY] + nth;
}

void fault_run_at(unsigned nth, void (*function)(void))
{
    state.run_at = state.counts[FAULT_ANY] + nth;
    state.function = function;
}

void fault_fail(fault_call call, unsigned nth, bool on, int number)
{
    state.failures[call].nth = state.counts[call] + nth;
    state.failures[call].on = on;
    state.failures[call].number = number;
}

void fault_write_at_most(size_t size)
{
    state.write_at_most = size;
}

void fault_can_clone(void)
{
    state.can_clone = true;
}

void fault_no_sync(void)
{
    state.no_sync = true;
}

size_t fault_events(const fault_event **out)
{
    *out = log_of_events;
    return state.event_count;
}

unsigned fault_open_descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

/* ---- what every call does -------------------------------------------------------------------- */

static bool hits(fault_call call)
{
    unsigned nth = state.failures[call].nth, count = state.counts[call];
    if (nth == 0 || count < nth || (count > nth && !state.failures[call].on))
        return false;
    errno = state.failures[call].number;
    return true;
}

/* True when the call is to fail, with errno set. */
static bool enter(fault_call call)
{
    state.counts[FAULT_ANY]++;
    state.counts[call]++;
    if (state.counts[FAULT_ANY] == state.exit_at)
        _exit(FAULT_EXIT_CODE);
    if (state.counts[FAULT_ANY] == state.run_at)
        state.function();
    return hits(FAULT_ANY) || hits(call);
}

static void note(fault_call call, const char *path, const char *to)
{
    if (state.event_count == EVENTS)
        return;
    fault_event *event = &log_of_events[state.event_count++];
    event->call = call;
    snprintf(event->path, sizeof event->path, "%s", path);
    snprintf(event->to, sizeof event->to, "%s", to);
}

static void note_descriptor(fault_call call, int descriptor)
{
    char link_path[64], path[512] = "";
    snprintf(link_path, sizeof link_path, "/proc/self/fd/%d", descriptor);
    if (readlink(link_path, path, sizeof path - 1) > 0)
        note(call, path, "");
}

static void check_flags(int flags)
{
    if (!(flags & O_CLOEXEC) || ((flags & O_CREAT) && !(flags & O_NOFOLLOW)))
        abort();
}

/* ---- the wrappers ---------------------------------------------------------------------------- */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __real_close(int descriptor);
int __wrap_close(int descriptor);
ssize_t __real_read(int descriptor, void *bytes, size_t size);
ssize_t __wrap_read(int descriptor, void *bytes, size_t size);
ssize_t __real_write(int descriptor, const void *bytes, size_t size);
ssize_t __wrap_write(int descriptor, const void *bytes, size_t size);
int __real_fsync(int descriptor);
int __wrap_fsync(int descriptor);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_unlinkat(int folder, const char *path, int flags);
int __wrap_unlinkat(int folder, const char *path, int flags);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_rmdir(const char *path);
int __wrap_rmdir(const char *path);
int __real_fchmod(int descriptor, mode_t mode);
int __wrap_fchmod(int descriptor, mode_t mode);
int __wrap_ioctl(int descriptor, unsigned long request, ...);
int __real_fallocate(int descriptor, int mode, off_t at, off_t size);
int __wrap_fallocate(int descriptor, int mode, off_t at, off_t size);

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    check_flags(flags);
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    if (enter(FAULT_OPEN))
        return -1;
    int descriptor = __real_open(path, flags, mode);
    if (descriptor >= 0 && (flags & O_CREAT))
        note(FAULT_OPEN, path, "");
    return descriptor;
}

int __wrap_openat(int folder, const char *path, int flags, ...)
{
    check_flags(flags);
    return enter(FAULT_OPEN) ? -1 : __real_openat(folder, path, flags);
}

int __wrap_close(int descriptor)
{
    bool fails = enter(FAULT_CLOSE);
    int number = errno, result = __real_close(descriptor); /* a failing close closes */
    errno = fails ? number : errno;
    return fails ? -1 : result;
}

ssize_t __wrap_read(int descriptor, void *bytes, size_t size)
{
    return enter(FAULT_READ) ? -1 : __real_read(descriptor, bytes, size);
}

ssize_t __wrap_write(int descriptor, const void *bytes, size_t size)
{
    if (enter(FAULT_WRITE))
        return -1;
    note_descriptor(FAULT_WRITE, descriptor);
    bool less = state.write_at_most > 0 && size > state.write_at_most;
    return __real_write(descriptor, bytes, less ? state.write_at_most : size);
}

int __wrap_fsync(int descriptor)
{
    if (enter(FAULT_SYNC))
        return -1;
    note_descriptor(FAULT_SYNC, descriptor);
    return state.no_sync ? 0 : __real_fsync(descriptor);
}

int __wrap_rename(const char *from, const char *to)
{
    if (enter(FAULT_RENAME))
        return -1;
    int result = __real_rename(from, to);
    if (result == 0)
        note(FAULT_RENAME, from, to);
    return result;
}

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    if (number != SYS_renameat2)
        abort();
    va_start(arguments, number);
    int from_folder = va_arg(arguments, int);
    const char *from = va_arg(arguments, const char *);
    int to_folder = va_arg(arguments, int);
    const char *to = va_arg(arguments, const char *);
    int flags = va_arg(arguments, int);
    va_end(arguments);
    if (enter(FAULT_RENAME_NOREPLACE))
        return -1;
    long result = __real_syscall(number, from_folder, from, to_folder, to, flags);
    if (result == 0)
        note(FAULT_RENAME, from, to);
    return result;
}

int __wrap_link(const char *from, const char *to)
{
    if (enter(FAULT_LINK))
        return -1;
    int result = __real_link(from, to);
    if (result == 0)
        note(FAULT_LINK, from, to);
    return result;
}

int __wrap_unlink(const char *path)
{
    return enter(FAULT_UNLINK) ? -1 : __real_unlink(path);
}

int __wrap_unlinkat(int folder, const char *path, int flags)
{
    return enter(FAULT_UNLINK) ? -1 : __real_unlinkat(folder, path, flags);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    if (enter(FAULT_MKDIR))
        return -1;
    int result = __real_mkdir(path, mode);
    if (result == 0)
        note(FAULT_MKDIR, path, "");
    return result;
}

int __wrap_rmdir(const char *path)
{
    return enter(FAULT_RMDIR) ? -1 : __real_rmdir(path);
}

int __wrap_fchmod(int descriptor, mode_t mode)
{
    if (enter(FAULT_CHMOD))
        return -1;
    note_descriptor(FAULT_CHMOD, descriptor);
    return __real_fchmod(descriptor, mode);
}

int __wrap_fallocate(int descriptor, int mode, off_t at, off_t size)
{
    return enter(FAULT_RESERVE) ? -1 : __real_fallocate(descriptor, mode, at, size);
}

/* A reflink gives all bytes and leaves both descriptors where they are. */
int __wrap_ioctl(int descriptor, unsigned long request, ...)
{
    char bytes[4096];
    va_list arguments;
    if (request != FICLONE)
        abort();
    va_start(arguments, request);
    int source = va_arg(arguments, int);
    va_end(arguments);
    if (enter(FAULT_CLONE))
        return -1;
    if (!state.can_clone) {
        errno = EOPNOTSUPP;
        return -1;
    }
    ssize_t got;
    for (off_t at = 0; (got = pread(source, bytes, sizeof bytes, at)) > 0; at += got) {
        if (pwrite(descriptor, bytes, (size_t)got, at) != got)
            return -1;
    }
    note_descriptor(FAULT_WRITE, descriptor);
    return 0;
}
