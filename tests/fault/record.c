/* Put before a program's libraries: writes down every call that changes something below the folder
 * $FAULT_FOLDER, with its bytes, to the file $FAULT_LOG (trace_format.h). Owns nothing else. Keeps
 * true: what is written down stands in the order in which it took effect, over all threads and
 * processes, for call and record are one step under a lock in the memory $FAULT_LOG.lock.
 *
 * $FAULT_MISTAKE plants one (a number of trace_format.h); $FAULT_FAIL_SYNC=N lets the Nth sync of a
 * file after the baseline fail; $FAULT_DENY names what the file system lacks: "link", "noreplace";
 * $FAULT_CLONE gives it reflinks. Random bytes and the time of day are the same each time, so that
 * a recording can be made again. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "record.h"

/* ---- the recorder's own things --------------------------------------------------------------- */

static struct {
    char folder[PATH_MAX]; /* "": nothing is recorded */
    size_t folder_size;
    int log;
    recorder_shared *shared;
    mistake planted;
    long fail_sync;
    bool deny_link, deny_noreplace, clone;
    long watched; /* what would have been written down, without a log */
} recorder = {.log = -1};

static _Thread_local unsigned depth; /* the lock is taken once by each thread */

void recorder_enter(void)
{
    int free_value = 0;
    if (depth++ > 0 || recorder.shared == NULL)
        return;
    while (!atomic_compare_exchange_weak(&recorder.shared->lock, &free_value, 1)) {
        free_value = 0;
        sched_yield();
    }
}

void recorder_leave(void)
{
    int kept = errno;
    if (--depth == 0 && recorder.shared != NULL)
        atomic_store(&recorder.shared->lock, 0);
    errno = kept;
}

bool recorder_is_on(void)
{
    return recorder.folder_size > 0;
}

mistake recorder_mistake(void)
{
    return recorder.planted;
}

bool recorder_denies_link(void)
{
    return recorder.deny_link;
}

bool recorder_denies_noreplace(void)
{
    return recorder.deny_noreplace;
}

bool recorder_clones(void)
{
    return recorder.clone;
}

/* Whether the sync that is done now is the one that fails. */
bool recorder_sync_fails(void)
{
    if (recorder.fail_sync == 0 || !atomic_load(&recorder.shared->fails))
        return false;
    return atomic_fetch_add(&recorder.shared->syncs, 1) + 1 == recorder.fail_sync;
}

static long number_from(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

static recorder_shared *map_shared(const char *log)
{
    char path[PATH_MAX + 8];
    snprintf(path, sizeof path, "%s.lock", log);
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || ftruncate(descriptor, sizeof(recorder_shared)) != 0)
        abort();
    void *page =
        mmap(NULL, sizeof(recorder_shared), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (page == MAP_FAILED)
        abort();
    return page;
}

__attribute__((constructor)) static void begin(void)
{
    const char *folder = getenv("FAULT_FOLDER"), *log = getenv("FAULT_LOG");
    const char *deny = getenv("FAULT_DENY");
    if (folder == NULL || log == NULL)
        return;
    recorder.shared = map_shared(log);
    recorder.planted = (mistake)number_from("FAULT_MISTAKE");
    recorder.fail_sync = number_from("FAULT_FAIL_SYNC");
    recorder.clone = getenv("FAULT_CLONE") != NULL;
    recorder.deny_link = deny != NULL && strstr(deny, "link") != NULL;
    recorder.deny_noreplace = deny != NULL && strstr(deny, "noreplace") != NULL;
    recorder.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (recorder.log < 0)
        abort();
    snprintf(recorder.folder, sizeof recorder.folder, "%s", folder);
    recorder.folder_size = strlen(recorder.folder);
}

/* ---- names and files ------------------------------------------------------------------------- */

/* The name below the folder; NULL: elsewhere. */
const char *recorder_below(const char *path)
{
    if (recorder.folder_size == 0 || strncmp(path, recorder.folder, recorder.folder_size) != 0 ||
        path[recorder.folder_size] != '/')
        return NULL;
    return path + recorder.folder_size + 1;
}

const char *recorder_name(char *out, int folder, const char *path)
{
    char link[64];
    if (path[0] == '/') {
        snprintf(out, PATH_MAX, "%s", path);
        return recorder_below(out);
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t size = folder == AT_FDCWD ? readlink("/proc/self/cwd", out, PATH_MAX - 1)
                                      : readlink(link, out, PATH_MAX - 1);
    if (size < 0)
        return NULL;
    snprintf(out + size, PATH_MAX - (size_t)size, "/%s", path);
    return recorder_below(out);
}

/* A file or folder that is open, below the folder or the folder itself; but what processes share
 * about the log is no matter of disks. */
bool recorder_watches(int descriptor, struct stat *found)
{
    char link[64], path[PATH_MAX];
    if (recorder.folder_size == 0 || fstat(descriptor, found) != 0 ||
        (!S_ISREG(found->st_mode) && !S_ISDIR(found->st_mode)))
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size > 0 ? size : 0] = '\0';
    bool is_memory = size > 4 && strcmp(path + size - 4, "-shm") == 0;
    return !is_memory && (strcmp(path, recorder.folder) == 0 || recorder_below(path) != NULL);
}

bool recorder_is_ledger(int descriptor)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size > 0 ? size : 0] = '\0';
    return strstr(path, ".db") != NULL;
}

/* ---- writing down ---------------------------------------------------------------------------- */

static void put(const trace_record *record, const char *name, const char *other, const void *bytes)
{
    if (recorder.log < 0) {
        bool counts =
            record->kind != TRACE_SYNC &&
            (record->name_size < 4 || memcmp(name + record->name_size - 4, "-shm", 4) != 0);
        recorder.watched += counts ? 1 : 0;
        return;
    }
    struct iovec parts[] = {{(void *)(uintptr_t)record, sizeof *record},
                            {(void *)(uintptr_t)name, record->name_size},
                            {(void *)(uintptr_t)other, record->other_size},
                            {(void *)(uintptr_t)bytes, record->size}};
    size_t size = sizeof *record + record->name_size + record->other_size + record->size;
    if (writev(recorder.log, parts, 4) != (ssize_t)size)
        abort();
}

void recorder_note_name(trace_kind kind, const char *name, const char *other, uint64_t inode)
{
    trace_record record = {.kind = kind,
                           .process = (uint32_t)getpid(),
                           .inode = inode,
                           .name_size = (uint32_t)strlen(name),
                           .other_size = other != NULL ? (uint32_t)strlen(other) : 0};
    put(&record, name, other, NULL);
}

void recorder_note_bytes(trace_kind kind, uint64_t inode, int64_t offset, const void *bytes,
                         size_t size)
{
    trace_record record = {.kind = kind,
                           .process = (uint32_t)getpid(),
                           .inode = inode,
                           .offset = offset,
                           .size = size};
    put(&record, NULL, NULL, bytes);
}

void fault_mark(const char *text)
{
    struct stat found;
    recorder_enter();
    if (recorder.folder_size > 0) {
        if (strcmp(text, "begin") == 0 && stat(recorder.folder, &found) == 0)
            recorder_note_bytes(TRACE_FOLDER, found.st_ino, 0, NULL, 0);
        else
            recorder_note_bytes(TRACE_MARK, 0, 0, text, strlen(text));
        if (strcmp(text, "baseline") == 0)
            atomic_store(&recorder.shared->fails, true);
    }
    recorder_leave();
}

void fault_watch(const char *folder)
{
    snprintf(recorder.folder, sizeof recorder.folder, "%s", folder != NULL ? folder : "");
    recorder.folder_size = strlen(recorder.folder);
    recorder.watched = 0;
}

long fault_watched(void)
{
    return recorder.watched;
}

/* ---- the same each time ---------------------------------------------------------------------- */

#define BEGINNING 1800000000

ssize_t getrandom(void *out, size_t size, unsigned flags);
ssize_t getrandom(void *out, size_t size, unsigned flags)
{
    unsigned char *bytes = out;
    if (recorder.shared == NULL)
        return (ssize_t)syscall(SYS_getrandom, out, size, flags);
    uint64_t state = atomic_fetch_add(&recorder.shared->random, 1) * 0x9e3779b97f4a7c15U + 1;
    for (size_t index = 0; index < size; index++) {
        state ^= state >> 30;
        state *= 0xbf58476d1ce4e5b9U;
        state ^= state >> 27;
        bytes[index] = (unsigned char)(state >> 56);
    }
    return (ssize_t)size;
}

int clock_gettime(clockid_t which, struct timespec *out)
{
    if (recorder.shared == NULL || which != CLOCK_REALTIME)
        return (int)syscall(SYS_clock_gettime, which, out);
    long ticks = atomic_fetch_add(&recorder.shared->ticks, 1);
    out->tv_sec = BEGINNING + ticks / 1000;
    out->tv_nsec = ticks % 1000 * 1000000;
    return 0;
}
