/* Files being written, and files being read to be hashed or copied. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"
#include "fs_hash.h"

#define PIECE        ((size_t)1024 * 1024)
#define LARGE        (8 * PIECE)
#define WRITE_BEHIND (32 * PIECE)

struct fs_writer {
    int descriptor;
    char *path;
    hasher *running;
    uint64_t size;
    bool expects;       /* space was taken beyond its end, maybe more than is needed */
    bool by_descriptor; /* somebody else writes: it is read back at the end */
};

/* ---- reading --------------------------------------------------------------------------------- */

/* Not blocking, for a pipe that took the file's place would not let the call return. */
static ckl_status open_regular(int *out, const char *path, int flags, ckl_error *err)
{
    struct stat found;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
    if (descriptor < 0 && errno == ELOOP)
        return error_set(err, CKL_INVALID, "'%s' is not a regular file", path);
    if (descriptor < 0)
        return error_errno(err, errno, "could not read", path);
    if (fstat(descriptor, &found) != 0 || !S_ISREG(found.st_mode)) {
        close(descriptor);
        return error_set(err, CKL_INVALID, "'%s' is not a regular file", path);
    }
    *out = descriptor;
    return CKL_OK;
}

/* A pipe is opened as cat does, waiting for its writer; a device would never end. */
static ckl_status open_source(int *out, const char *path, ckl_error *err)
{
    struct stat found;
    int descriptor;
    if (stat(path, &found) != 0)
        return error_errno(err, errno, "could not read", path);
    if (!S_ISFIFO(found.st_mode))
        return open_regular(out, path, 0, err);
    while ((descriptor = open(path, O_RDONLY | O_CLOEXEC)) < 0 && errno == EINTR)
        ;
    if (descriptor < 0)
        return error_errno(err, errno, "could not read", path);
    *out = descriptor;
    return CKL_OK;
}

ckl_status fs_file_size(uint64_t *out, const char *path, ckl_error *err)
{
    struct stat found;
    if (lstat(path, &found) != 0)
        return error_errno(err, errno, "could not find", path);
    if (!S_ISREG(found.st_mode))
        return error_set(err, CKL_INVALID, "'%s' is not a regular file", path);
    *out = (uint64_t)found.st_size;
    return CKL_OK;
}

ckl_status fs_modified(int64_t *out_us, const char *path, ckl_error *err)
{
    struct stat found;
    if (lstat(path, &found) != 0)
        return error_errno(err, errno, "could not find", path);
    *out_us = (int64_t)found.st_mtim.tv_sec * 1000000 + found.st_mtim.tv_nsec / 1000;
    return CKL_OK;
}

typedef ckl_status take_function(void *context, const void *bytes, size_t size, ckl_error *err);

/* Gives all that can be read to `take`. */
static ckl_status read_all(int descriptor, const char *path, take_function *take, void *context,
                           ckl_error *err)
{
    char *piece = malloc(PIECE);
    ckl_status status = CKL_OK;
    if (piece == NULL)
        return error_memory(err);
    for (;;) {
        ssize_t got = read(descriptor, piece, PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = error_errno(err, errno, "could not read", path);
        if (got <= 0)
            break;
        status = take(context, piece, (size_t)got, err);
        if (status != CKL_OK)
            break;
    }
    free(piece);
    return status;
}

typedef struct counted_hash {
    hasher *running;
    uint64_t size;
} counted_hash;

static ckl_status take_hash(void *context, const void *bytes, size_t size, ckl_error *err)
{
    counted_hash *into = context;
    (void)err;
    hasher_add(into->running, bytes, size);
    into->size += size;
    return CKL_OK;
}

static ckl_status hash_descriptor(digest *out, uint64_t *size, int descriptor, const char *path,
                                  ckl_error *err)
{
    counted_hash into = {NULL, 0};
    ckl_status status = hasher_new(&into.running, err);
    if (status == CKL_OK)
        status = read_all(descriptor, path, take_hash, &into, err);
    if (status == CKL_OK)
        status = hasher_end(out, into.running, err);
    hasher_free(into.running);
    *size = into.size;
    return status;
}

ckl_status fs_hash_file(digest *out, uint64_t *size, const char *path, ckl_error *err)
{
    int descriptor = -1;
    ckl_status status = open_regular(&descriptor, path, O_NOFOLLOW, err);
    if (status != CKL_OK)
        return status;
    status = hash_descriptor(out, size, descriptor, path, err);
    close(descriptor);
    return status;
}

/* Takes permissions away, never gives any: who made the file private (umask) keeps it so. */
static ckl_status protect(int descriptor, const char *path, unsigned mode, ckl_error *err)
{
    struct stat found;
    if (fstat(descriptor, &found) == 0 && fchmod(descriptor, found.st_mode & mode) == 0)
        return CKL_OK;
    return error_errno(err, errno, "could not protect", path);
}

ckl_status fs_protect(digest *out, uint64_t *size, const char *path, unsigned mode, ckl_error *err)
{
    int descriptor = -1;
    ckl_status status = open_regular(&descriptor, path, O_NOFOLLOW, err);
    if (status != CKL_OK)
        return status;
    status = hash_descriptor(out, size, descriptor, path, err);
    if (status == CKL_OK)
        status = protect(descriptor, path, mode, err);
    if (status == CKL_OK && fsync(descriptor) != 0)
        status = error_errno(err, errno, "could not sync", path);
    close(descriptor);
    return status;
}

static ckl_status write_piece_again(int descriptor, const char *bytes, size_t size, off_t at,
                                    const char *path, ckl_error *err)
{
    while (size > 0) {
        ssize_t put = pwrite(descriptor, bytes, size, at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return error_errno(err, put < 0 ? errno : EIO, "could not write", path);
        bytes += put;
        at += put;
        size -= (size_t)put;
    }
    return CKL_OK;
}

static ckl_status write_all_again(int descriptor, const char *path, ckl_error *err)
{
    char *piece = malloc(PIECE);
    ckl_status status = piece == NULL ? error_memory(err) : CKL_OK;
    ssize_t got = 1;
    for (off_t at = 0; status == CKL_OK && got != 0; at += got) {
        while ((got = pread(descriptor, piece, PIECE, at)) < 0 && errno == EINTR)
            ;
        status = got < 0 ? error_errno(err, errno, "could not read", path)
                         : write_piece_again(descriptor, piece, (size_t)got, at, path, err);
    }
    free(piece);
    if (status == CKL_OK && fsync(descriptor) != 0)
        status = error_errno(err, errno, "could not sync", path);
    return status;
}

ckl_status fs_write_again(const char *path, ckl_error *err)
{
    int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0 && errno == ENOENT)
        return CKL_OK;
    if (descriptor < 0)
        return error_errno(err, errno, "could not open", path);
    ckl_status status = write_all_again(descriptor, path, err);
    close(descriptor);
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

ckl_status fs_writer_create(fs_writer **out, const char *path, ckl_error *err)
{
    fs_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return error_memory(err);
    writer->descriptor = -1;
    writer->path = strdup(path);
    ckl_status status =
        writer->path == NULL ? error_memory(err) : hasher_new(&writer->running, err);
    if (status == CKL_OK) {
        writer->descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (writer->descriptor < 0)
            status = error_errno(err, errno, "could not make", path);
    }
    if (status != CKL_OK) {
        fs_writer_abandon(writer);
        return status;
    }
    *out = writer;
    return CKL_OK;
}

static ckl_status write_fully(int descriptor, const char *bytes, size_t size, const char *path,
                              ckl_error *err)
{
    while (size > 0) {
        ssize_t put = write(descriptor, bytes, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return error_errno(err, put < 0 ? errno : EIO, "could not write", path);
        bytes += put;
        size -= (size_t)put;
    }
    return CKL_OK;
}

ckl_status fs_writer_add(fs_writer *writer, const void *bytes, size_t size, ckl_error *err)
{
    ckl_status status = write_fully(writer->descriptor, bytes, size, writer->path, err);
    if (status != CKL_OK)
        return status;
    hasher_add(writer->running, bytes, size);
    writer->size += size;
    return CKL_OK;
}

/* Not posix_fallocate: where there is no such call it would write every block. Errors but those of
 * space are of the call itself. */
ckl_status fs_writer_expect(fs_writer *writer, uint64_t size, ckl_error *err)
{
    int result;
    if (size < PIECE || size > INT64_MAX - writer->size)
        return CKL_OK;
    while ((result = fallocate(writer->descriptor, FALLOC_FL_KEEP_SIZE, (off_t)writer->size,
                               (off_t)size)) != 0 &&
           errno == EINTR)
        ;
    if (result != 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
        return error_errno(err, errno, "there is no room for", writer->path);
    writer->expects = result == 0;
    return CKL_OK;
}

int fs_writer_descriptor(fs_writer *writer)
{
    writer->by_descriptor = true;
    return writer->descriptor;
}

static ckl_status take_write(void *context, const void *bytes, size_t size, ckl_error *err)
{
    return fs_writer_add(context, bytes, size, err);
}

/* True when the blocks are shared now: they are read once, at the end, to be hashed. What is added
 * after them goes behind them. */
static bool share_blocks(fs_writer *writer, int descriptor)
{
    if (writer->size > 0 || writer->by_descriptor ||
        ioctl(writer->descriptor, FICLONE, descriptor) != 0)
        return false;
    writer->by_descriptor = true;
    return lseek(writer->descriptor, 0, SEEK_END) >= 0;
}

ckl_status fs_writer_clone(fs_writer *writer, const char *path, ckl_error *err)
{
    int descriptor = -1;
    ckl_status status = open_regular(&descriptor, path, O_NOFOLLOW, err);
    if (status == CKL_OK && !share_blocks(writer, descriptor))
        status = error_set(err, CKL_INVALID, "'%s' cannot be shared here", path);
    if (descriptor >= 0)
        close(descriptor);
    return status;
}

/* Tells the system to begin with what was written so far, so that the sync at the end does not
 * begin with all of it. It waits for nothing, so that what fails is told by the sync. */
static void write_behind(const fs_writer *writer)
{
    if (writer->size % WRITE_BEHIND < PIECE)
        (void)sync_file_range(writer->descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
}

/* Reads, writes and hashes, the hashing beside the rest. */
static ckl_status copy_beside(fs_hash *beside, fs_writer *writer, int descriptor, const char *path,
                              ckl_error *err)
{
    for (;;) {
        char *piece = fs_hash_room(beside);
        ssize_t got = read(descriptor, piece, FS_HASH_PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(err, errno, "could not read", path);
        if (got == 0)
            return CKL_OK;
        ckl_status status = write_fully(writer->descriptor, piece, (size_t)got, writer->path, err);
        if (status != CKL_OK)
            return status;
        fs_hash_give(beside, (size_t)got);
        writer->size += (uint64_t)got;
        write_behind(writer);
    }
}

/* A small file is not worth a thread. */
static ckl_status copy_all(fs_writer *writer, int descriptor, const char *path, ckl_error *err)
{
    struct stat found;
    bool large = fstat(descriptor, &found) == 0 && found.st_size >= (off_t)LARGE;
    fs_hash *beside = large ? fs_hash_begin(writer->running) : NULL;
    if (beside == NULL)
        return read_all(descriptor, path, take_write, writer, err);
    ckl_status status = copy_beside(beside, writer, descriptor, path, err);
    fs_hash_end(beside);
    return status;
}

ckl_status fs_writer_copy(fs_writer *writer, const char *path, ckl_error *err)
{
    struct stat found;
    int descriptor = -1;
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "standard input", take_write, writer, err);
    ckl_status status = open_source(&descriptor, path, err);
    if (status != CKL_OK)
        return status;
    if (!share_blocks(writer, descriptor)) {
        if (fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode))
            status = fs_writer_expect(writer, (uint64_t)found.st_size, err);
        if (status == CKL_OK)
            status = copy_all(writer, descriptor, path, err);
    }
    close(descriptor);
    return status;
}

/* A source that shrank while it was read leaves no more than was written; failing is no harm. */
static void trim(const fs_writer *writer)
{
    if (writer->expects && ftruncate(writer->descriptor, (off_t)writer->size) != 0)
        return;
}

static ckl_status settle(digest *out, uint64_t *size, fs_writer *writer, unsigned mode,
                         ckl_error *err)
{
    ckl_status status = CKL_OK;
    if (writer->by_descriptor) {
        (void)sync_file_range(writer->descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
        if (lseek(writer->descriptor, 0, SEEK_SET) < 0)
            return error_errno(err, errno, "could not read back", writer->path);
        status = hash_descriptor(out, &writer->size, writer->descriptor, writer->path, err);
    } else {
        status = hasher_end(out, writer->running, err);
    }
    *size = writer->size;
    trim(writer);
    if (status == CKL_OK)
        status = protect(writer->descriptor, writer->path, mode, err);
    if (status == CKL_OK && fsync(writer->descriptor) != 0)
        status = error_errno(err, errno, "could not sync", writer->path);
    if (close(writer->descriptor) != 0 && errno != EINTR && status == CKL_OK)
        status = error_errno(err, errno, "could not write", writer->path);
    writer->descriptor = -1;
    return status;
}

ckl_status fs_writer_finish(digest *out, uint64_t *size, fs_writer *writer, unsigned mode,
                            ckl_error *err)
{
    ckl_status status = settle(out, size, writer, mode, err);
    fs_writer_abandon(writer);
    return status;
}

void fs_writer_abandon(fs_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->descriptor >= 0)
        close(writer->descriptor);
    hasher_free(writer->running);
    free(writer->path);
    free(writer);
}
