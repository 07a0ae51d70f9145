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

struct fs_counter {
    _Atomic uint64_t *value;
};

ckl_status fs_counter_open(fs_counter **out, const char *path, ckl_error *err)
{
    struct stat found;
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0)
        return error_errno(err, errno, "could not open", path);
    /* The page must have its place on disk: writing to a hole of a full disk would end the process.
     */
    int number = fstat(descriptor, &found) != 0 ? errno : 0;
    if (number == 0 && found.st_blocks == 0)
        number = posix_fallocate(descriptor, 0, COUNTER_SIZE);
    void *page = number == 0
                     ? mmap(NULL, COUNTER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
                     : MAP_FAILED;
    if (number == 0)
        number = errno;
    close(descriptor);
    if (page == MAP_FAILED)
        return error_errno(err, number, "could not share", path);
    fs_counter *counter = malloc(sizeof *counter);
    if (counter == NULL) {
        munmap(page, COUNTER_SIZE);
        return error_memory(err);
    }
    counter->value = page;
    *out = counter;
    return CKL_OK;
}

uint64_t fs_counter_read(const fs_counter *counter)
{
    return counter == NULL ? 0 : atomic_load_explicit(counter->value, memory_order_acquire);
}

void fs_counter_add(fs_counter *counter)
{
    if (counter != NULL)
        atomic_fetch_add_explicit(counter->value, 1, memory_order_acq_rel);
}

void fs_counter_set_text(fs_counter *counter, const char *text)
{
    if (counter == NULL)
        return;
    char *place = (char *)(uintptr_t)counter->value + TEXT_OFFSET;
    size_t size = strlen(text) < FS_COUNTER_TEXT - 1 ? strlen(text) : FS_COUNTER_TEXT - 1;
    memcpy(place, text, size);
    memset(place + size, 0, FS_COUNTER_TEXT - size);
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
    munmap(counter->value, COUNTER_SIZE);
    free(counter);
}
