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

/* Read through a mapping, in nanoseconds; written with pwrite, because storing into a mapping of a
 * disk that is full, gone or read-only by now would end the process. */
struct fs_counter {
    const _Atomic uint64_t *value;
    int descriptor;
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

ckl_status fs_counter_open(fs_counter **out, const char *path, ckl_error *err)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0)
        return error_errno(err, errno, "could not open", path);
    int number = prepare_page(descriptor);
    void *page =
        number == 0 ? mmap(NULL, COUNTER_SIZE, PROT_READ, MAP_SHARED, descriptor, 0) : MAP_FAILED;
    if (number == 0)
        number = errno;
    fs_counter *counter = page != MAP_FAILED ? malloc(sizeof *counter) : NULL;
    if (counter == NULL) {
        if (page != MAP_FAILED)
            munmap(page, COUNTER_SIZE);
        close(descriptor);
        return page != MAP_FAILED ? error_memory(err)
                                  : error_errno(err, number, "could not share", path);
    }
    (void)mlock(page, COUNTER_SIZE); /* reading it never waits for a disk */
    counter->value = page;
    counter->descriptor = descriptor;
    *out = counter;
    return CKL_OK;
}

uint64_t fs_counter_read(const fs_counter *counter)
{
    return counter == NULL ? 0 : atomic_load_explicit(counter->value, memory_order_acquire);
}

void fs_counter_change(fs_counter *counter)
{
    if (counter == NULL)
        return;
    uint64_t value = (uint64_t)clock_now_us() << 8 | ((uint64_t)getpid() & 0xff);
    if (value <= fs_counter_read(counter))
        value = fs_counter_read(counter) + 1;
    ssize_t put = pwrite(counter->descriptor, &value, sizeof value, 0);
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
    munmap((void *)(uintptr_t)counter->value, COUNTER_SIZE);
    close(counter->descriptor);
    free(counter);
}
