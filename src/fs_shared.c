/* What processes tell each other beside the ledger: who holds a lock, and that something changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "fs.h"

void fs_lock_signature(char *out, size_t size, const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t got = descriptor >= 0 ? pread(descriptor, out, size - 1, 0) : -1;
    out[got > 0 ? got : 0] = '\0';
    if (descriptor >= 0)
        close(descriptor);
}

#define COUNTER_SIZE 4096
#define TEXT_OFFSET  64 /* of the line of text in the page */

#define POLL_EVERY_US 1000000

/* Read through a mapping, in nanoseconds; written with pwrite, because storing into a mapping of a
 * disk that is full, gone or read-only by now would end the process. On a network file system there
 * is no mapping that shows what other machines write: the file is opened, which makes sure that it
 * is fresh, and read now and then. */
struct fs_counter {
    const _Atomic uint64_t *value; /* NULL: polled */
    int descriptor;
    char *path;
    _Atomic uint64_t polled;
    _Atomic int64_t polled_at_us;
};

static int prepare_page(int descriptor)
{
    static const char ZERO[COUNTER_SIZE];
    struct stat found;
    if (fstat(descriptor, &found) != 0)
        return errno;
    if (found.st_size >= COUNTER_SIZE)
        return 0;
    /* The page has its place on disk from the beginning: saying why recording fails needs none. */
    ssize_t put = pwrite(descriptor, ZERO, COUNTER_SIZE, 0);
    if (put == COUNTER_SIZE)
        return 0;
    return put < 0 ? errno : ENOSPC;
}

static void *map_page(int descriptor)
{
    void *page = mmap(NULL, COUNTER_SIZE, PROT_READ, MAP_SHARED, descriptor, 0);
    if (page != MAP_FAILED)
        (void)mlock(page, COUNTER_SIZE); /* reading it never waits for a disk */
    return page;
}

ckl_status fs_counter_open(fs_counter **out, const char *path, ckl_error *err)
{
    fs_counter *counter = calloc(1, sizeof *counter);
    if (counter == NULL)
        return error_memory(err);
    counter->descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    int number = counter->descriptor < 0 ? errno : prepare_page(counter->descriptor);
    if (number == 0 && fs_is_network(path, NULL)) {
        counter->path = strdup(path);
        number = counter->path == NULL ? ENOMEM : 0;
    } else if (number == 0) {
        void *page = map_page(counter->descriptor);
        number = page == MAP_FAILED ? errno : 0;
        counter->value = page == MAP_FAILED ? NULL : page;
    }
    if (number != 0) {
        fs_counter_close(counter);
        return error_errno(err, number, "could not share", path);
    }
    *out = counter;
    return CKL_OK;
}

static uint64_t poll_counter(fs_counter *counter)
{
    int64_t now = clock_monotonic_us();
    uint64_t value = atomic_load(&counter->polled);
    int64_t last = atomic_load(&counter->polled_at_us);
    if (last != 0 && now - last < POLL_EVERY_US)
        return value;
    int descriptor = open(counter->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor >= 0 && pread(descriptor, &value, sizeof value, 0) == (ssize_t)sizeof value)
        atomic_store(&counter->polled, value);
    if (descriptor >= 0)
        close(descriptor);
    atomic_store(&counter->polled_at_us, now);
    return value;
}

uint64_t fs_counter_read(fs_counter *counter)
{
    if (counter == NULL)
        return 0;
    return counter->value != NULL ? atomic_load_explicit(counter->value, memory_order_acquire)
                                  : poll_counter(counter);
}

void fs_counter_change(fs_counter *counter)
{
    if (counter == NULL)
        return;
    uint64_t value = (uint64_t)clock_now_us() << 8 | ((uint64_t)getpid() & 0xff);
    if (value <= fs_counter_read(counter))
        value = fs_counter_read(counter) + 1;
    ssize_t put = pwrite(counter->descriptor, &value, sizeof value, 0);
    if (counter->value == NULL)
        atomic_store(&counter->polled, value);
    (void)put; /* others then learn of the change at their next dump */
}

void fs_counter_set_text(fs_counter *counter, const char *text)
{
    char line[FS_COUNTER_TEXT] = "";
    if (counter == NULL)
        return;
    size_t size = strlen(text) < sizeof line - 1 ? strlen(text) : sizeof line - 1;
    memcpy(line, text, size);
    ssize_t put = pwrite(counter->descriptor, line, sizeof line, TEXT_OFFSET);
    (void)put; /* it is said elsewhere, too */
}

void fs_counter_text(char out[FS_COUNTER_TEXT], const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t got = descriptor >= 0 ? pread(descriptor, out, FS_COUNTER_TEXT - 1, TEXT_OFFSET) : -1;
    out[got > 0 ? got : 0] = '\0';
    if (descriptor >= 0)
        close(descriptor);
}

void fs_counter_close(fs_counter *counter)
{
    if (counter == NULL)
        return;
    if (counter->value != NULL)
        munmap((void *)(uintptr_t)counter->value, COUNTER_SIZE);
    if (counter->descriptor >= 0)
        close(counter->descriptor);
    free(counter->path);
    free(counter);
}
