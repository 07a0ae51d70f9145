/* Locks between processes: dropped when their holder dies. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"
#include "fs.h"

struct fs_lock {
    int descriptor; /* -1 in a forked child */
    struct fs_lock *next, *previous;
};

/* A forked child (a worker that loads data) would keep the locks of a parent that died: it closes
 * them at once. For that the process knows which it holds. */
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;
static fs_lock *held;

static void before_fork(void)
{
    pthread_mutex_lock(&held_lock);
}

static void after_fork_in_parent(void)
{
    pthread_mutex_unlock(&held_lock);
}

static void after_fork_in_child(void)
{
    for (fs_lock *lock = held; lock != NULL; lock = lock->next) {
        close(lock->descriptor);
        lock->descriptor = -1;
    }
    pthread_mutex_unlock(&held_lock);
}

static void watch_forks(void)
{
    (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static void remember(fs_lock *lock)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&held_lock);
    lock->next = held;
    if (held != NULL)
        held->previous = lock;
    held = lock;
    pthread_mutex_unlock(&held_lock);
}

static void forget(fs_lock *lock)
{
    pthread_mutex_lock(&held_lock);
    if (lock->previous != NULL)
        lock->previous->next = lock->next;
    else
        held = lock->next;
    if (lock->next != NULL)
        lock->next->previous = lock->previous;
    pthread_mutex_unlock(&held_lock);
}

#define PAUSE_MIN_US   50
#define PAUSE_MAX_US   1000
#define QUEUE_PAUSE_US 2000 /* of who is not first in the queue: looking costs all of them */

static ckl_status still_held(const char *path, ckl_error *err)
{
    error_set(err, CKL_BUSY, "another process holds '%s'", path);
    error_hint(err, "try again when it is done");
    return CKL_BUSY;
}

static ckl_status cannot_lock(int number, const char *path, ckl_error *err)
{
    bool none = number == ENOLCK || number == ENOSYS || number == EOPNOTSUPP;
    return none ? fs_refuse_without_locks(path, err)
                : error_errno(err, number, "could not lock", path);
}

static ckl_status wait_for_lock(int descriptor, const char *path, int how, int64_t end_us,
                                ckl_error *err)
{
    int64_t pause = PAUSE_MIN_US;
    while (flock(descriptor, how | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return cannot_lock(errno, path, err);
        if (clock_monotonic_us() >= end_us)
            return still_held(path, err);
        clock_sleep_us(pause);
        pause = pause * 2 > PAUSE_MAX_US ? PAUSE_MAX_US : pause * 2;
    }
    return CKL_OK;
}

static int open_lock(const char *path)
{
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
}

static ckl_status take(fs_lock **out, const char *path, int how, int64_t end_us, ckl_error *err)
{
    fs_lock *lock = calloc(1, sizeof *lock);
    if (lock == NULL)
        return error_memory(err);
    lock->descriptor = open_lock(path);
    if (lock->descriptor < 0) {
        int number = errno;
        free(lock);
        return error_errno(err, number == ENOENT ? EIO : number, "could not open the lock", path);
    }
    ckl_status status = wait_for_lock(lock->descriptor, path, how, end_us, err);
    if (status != CKL_OK) {
        close(lock->descriptor);
        free(lock);
        return status;
    }
    remember(lock);
    *out = lock;
    return CKL_OK;
}

ckl_status fs_lock_take(fs_lock **out, const char *path, bool shared, int timeout_ms,
                        ckl_error *err)
{
    return take(out, path, shared ? LOCK_SH : LOCK_EX,
                clock_monotonic_us() + (int64_t)timeout_ms * 1000, err);
}

/* ---- a queue in front of a lock -------------------------------------------------------------- */

/* Who waits holds one byte of the queue's file, at the time of its arrival (the clock is the same
 * for all processes of the machine, and a byte of a file needs no place on disk): so who is first
 * is seen by looking for locked bytes before one's own, and who dies leaves the queue by itself. */
static bool someone_before(int queue, int64_t place)
{
    struct flock look = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = place};
    return place > 0 && fcntl(queue, F_OFD_GETLK, &look) == 0 && look.l_type != F_UNLCK;
}

/* SQLite's locks are of this kind: where there are none at all, flock alone protects nothing. */
static ckl_status check_queue(int queue, const char *path, ckl_error *err)
{
    struct flock look = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    if (fcntl(queue, F_GETLK, &look) == 0 ||
        (errno != ENOLCK && errno != ENOSYS && errno != EOPNOTSUPP))
        return CKL_OK;
    return cannot_lock(errno, path, err);
}

/* *place is 0 where there are no such locks: then there is no order. */
static void enter_queue(int queue, int64_t *place)
{
    for (*place = clock_monotonic_us();; ++*place) {
        struct flock mine = {
            .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = *place, .l_len = 1};
        if (fcntl(queue, F_OFD_SETLK, &mine) == 0)
            return;
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            *place = 0;
            return;
        }
    }
}

static ckl_status wait_for_turn(int queue, const char *path, int64_t end_us, ckl_error *err)
{
    int64_t place = 0;
    enter_queue(queue, &place);
    while (someone_before(queue, place)) {
        if (clock_monotonic_us() >= end_us)
            return still_held(path, err);
        clock_sleep_us(QUEUE_PAUSE_US);
    }
    return CKL_OK;
}

ckl_status fs_lock_take_in_turn(fs_lock **out, const char *path, int timeout_ms, ckl_error *err)
{
    char queue_path[PATH_MAX];
    int size = snprintf(queue_path, sizeof queue_path, "%s.queue", path);
    if (size < 0 || (size_t)size >= sizeof queue_path)
        return error_errno(err, ENAMETOOLONG, "could not open the lock", path);
    int64_t end_us = clock_monotonic_us() + (int64_t)timeout_ms * 1000;
    ckl_status status = CKL_OK;
    int queue = open_lock(queue_path);
    if (queue < 0)
        return error_errno(err, errno == ENOENT ? EIO : errno, "could not open the lock",
                           queue_path);
    status = check_queue(queue, path, err);
    /* Nobody waits: one look is enough, and the lock is free most of the time. */
    if (status != CKL_OK) {
        close(queue);
        return status;
    }
    if (someone_before(queue, INT64_MAX) || take(out, path, LOCK_EX, 0, NULL) != CKL_OK) {
        status = wait_for_turn(queue, path, end_us, err);
        if (status == CKL_OK)
            status = take(out, path, LOCK_EX, end_us, err);
    }
    close(queue);
    return status;
}

/* ---- holding --------------------------------------------------------------------------------- */

ckl_status fs_lock_sign(fs_lock *lock, const char *text, ckl_error *err)
{
    size_t size = strlen(text);
    if (ftruncate(lock->descriptor, 0) != 0 ||
        pwrite(lock->descriptor, text, size, 0) != (ssize_t)size)
        return error_errno(err, errno, "could not sign the lock", text);
    return CKL_OK;
}

void fs_lock_drop(fs_lock *lock)
{
    if (lock == NULL)
        return;
    forget(lock);
    if (lock->descriptor >= 0)
        close(lock->descriptor);
    free(lock);
}
