#include "fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* ---- folders --------------------------------------------------------------------------------- */

bool fs_exists(const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0;
}

ckl_status fs_look(bool *there, bool *is_directory, const char *path, ckl_error *err)
{
    struct stat found = {0};
    *there = lstat(path, &found) == 0;
    if (is_directory != NULL)
        *is_directory = S_ISDIR(found.st_mode);
    if (*there || errno == ENOENT || errno == ENOTDIR)
        return CKL_OK;
    return error_errno(err, errno, "could not look at", path);
}

bool fs_is_read_only(const char *path)
{
    struct statvfs found;
    return statvfs(path, &found) == 0 && (found.f_flag & ST_RDONLY) != 0;
}

bool fs_is_full(int descriptor)
{
    struct statvfs found;
    return fstatvfs(descriptor, &found) == 0 && found.f_bavail == 0;
}

void fs_reserve(const char *path, uint64_t size)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return;
    if (posix_fallocate(descriptor, 0, (off_t)size) != 0)
        (void)unlink(path);
    close(descriptor);
}

bool fs_is_directory(const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

ckl_status fs_sync_directory(const char *path, ckl_error *err)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return error_errno(err, errno, "could not open the folder", path);
    int failed = fsync(descriptor) != 0 && errno != EINVAL ? errno : 0;
    close(descriptor);
    return failed == 0 ? CKL_OK : error_errno(err, failed, "could not sync the folder", path);
}

ckl_status fs_sync_file(const char *path, ckl_error *err)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0)
        return errno == ENOENT ? CKL_OK : error_errno(err, errno, "could not open", path);
    int failed = fsync(descriptor) != 0 ? errno : 0;
    close(descriptor);
    return failed == 0 ? CKL_OK : error_errno(err, failed, "could not sync", path);
}

/* The folder above `path`; *out is the caller's. */
static ckl_status parent_of(char **out, const char *path, ckl_error *err)
{
    const char *slash = strrchr(path, '/');
    char *parent = slash == NULL   ? strdup(".")
                   : slash == path ? strdup("/")
                                   : strndup(path, (size_t)(slash - path));
    if (parent == NULL)
        return error_memory(err);
    *out = parent;
    return CKL_OK;
}

static ckl_status make_directory(const char *path, mode_t mode, ckl_error *err)
{
    char *parent = NULL;
    if (mkdir(path, mode) != 0) {
        int number = errno;
        struct stat found;
        if (number == EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode))
            return CKL_OK;
        if (number == EEXIST || number == ENOTDIR) {
            error_set(err, CKL_IO, "'%s' cannot be a folder: a file is in its way", path);
            error_hint(err, "name another root");
            return CKL_IO;
        }
        return error_errno(err, number == ENOENT ? EIO : number, "could not make the folder", path);
    }
    ckl_status status = parent_of(&parent, path, err);
    if (status == CKL_OK)
        status = fs_sync_directory(parent, err);
    free(parent);
    return status;
}

static ckl_status refuse_link(const char *path, ckl_error *err)
{
    struct stat found;
    if (lstat(path, &found) != 0 || !S_ISLNK(found.st_mode))
        return CKL_OK;
    error_set(err, CKL_REFUSED, "'%s' is a link, and is not followed", path);
    error_hint(err, "see who made it, and remove it");
    return CKL_REFUSED;
}

ckl_status fs_make_directories(const char *path, ckl_error *err)
{
    return fs_make_directories_below("", path, err);
}

ckl_status fs_make_directories_below(const char *base, const char *path, ckl_error *err)
{
    char *copy = strdup(path);
    ckl_status status = CKL_OK;
    if (copy == NULL)
        return error_memory(err);
    for (char *at = copy + strlen(base) + 1; status == CKL_OK && copy[0] != '\0'; at++) {
        char kept = *at;
        if (kept != '/' && kept != '\0')
            continue;
        *at = '\0';
        if (base[0] != '\0')
            status = refuse_link(copy, err);
        if (status == CKL_OK && !fs_is_directory(copy))
            status = make_directory(copy, 0777, err);
        *at = kept;
        if (kept == '\0')
            break;
    }
    free(copy);
    return status;
}

ckl_status fs_make_directory(const char *path, ckl_error *err)
{
    return make_directory(path, 0777, err);
}

ckl_status fs_real_path(char **out, const char *path, ckl_error *err)
{
    char *real = realpath(path, NULL);
    if (real == NULL)
        return error_errno(err, errno, "could not find", path);
    *out = real;
    return CKL_OK;
}

ckl_status fs_list(char ***out, size_t *count, const char *path, ckl_error *err)
{
    BUF_AUTO names = BUF_INIT;
    size_t found = 0;
    struct dirent *entry;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return error_errno(err, errno, "could not read the folder", path);
    while (errno = 0, (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        buf_add(&names, entry->d_name, strlen(entry->d_name) + 1);
        found++;
    }
    int failed = errno;
    closedir(folder);
    if (failed != 0)
        return error_errno(err, failed, "could not read the folder", path);
    size_t array = (found + 1) * sizeof(char *);
    char **block = names.failed ? NULL : malloc(array + names.size + 1);
    if (block == NULL)
        return error_memory(err);
    char *at = (char *)block + array;
    if (names.size > 0)
        memcpy(at, names.data, names.size);
    for (size_t index = 0; index < found; index++) {
        block[index] = at;
        at += strlen(at) + 1;
    }
    block[found] = NULL;
    *out = block;
    *count = found;
    return CKL_OK;
}

/* ---- removing and renaming ------------------------------------------------------------------- */

ckl_status fs_remove_file(const char *path, ckl_error *err)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return CKL_OK;
    return error_errno(err, errno, "could not remove", path);
}

/* Everything in an open folder, which is closed. Never follows a link. */
static int remove_entries(int descriptor)
{
    struct dirent *entry;
    int failed = 0;
    DIR *folder = fdopendir(descriptor);
    if (folder == NULL) {
        failed = errno;
        close(descriptor);
        return failed;
    }
    while (failed == 0) {
        errno = 0;
        entry = readdir(folder);
        if (entry == NULL) {
            failed = errno;
            break;
        }
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        int below = openat(dirfd(folder), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0)
            failed = remove_entries(below);
        if (failed == 0 && unlinkat(dirfd(folder), name, below >= 0 ? AT_REMOVEDIR : 0) != 0)
            failed = errno == ENOENT ? 0 : errno;
    }
    closedir(folder);
    return failed;
}

ckl_status fs_remove_tree(const char *path, ckl_error *err)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return errno == ENOENT ? CKL_OK : error_errno(err, errno, "could not remove", path);
    int failed = remove_entries(descriptor);
    if (failed == 0 && rmdir(path) != 0 && errno != ENOENT)
        failed = errno;
    return failed == 0 ? CKL_OK : error_errno(err, failed, "could not remove", path);
}

/* For file systems without RENAME_NOREPLACE: a link does not replace either; a folder cannot have
 * one, but a rename onto a folder that is not empty fails by itself. */
static int rename_carefully(const char *from, const char *to)
{
    if (!fs_is_directory(from)) {
        if (link(from, to) == 0)
            return unlink(from) == 0 ? 0 : errno;
        bool no_links = errno == EPERM || errno == ENOTSUP || errno == ENOSYS || errno == EMLINK;
        if (!no_links)
            return errno;
    }
    if (fs_exists(to))
        return EEXIST;
    return rename(from, to) == 0 ? 0 : errno;
}

ckl_status fs_rename(const char *from, const char *to, bool replace, ckl_error *err)
{
    int failed = 0;
    if (replace) {
        failed = rename(from, to) == 0 ? 0 : errno;
    } else {
        failed =
            syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : errno;
        if (failed == EINVAL || failed == ENOSYS)
            failed = rename_carefully(from, to);
    }
    if (failed == 0)
        return CKL_OK;
    if (!replace && (failed == EEXIST || failed == ENOTEMPTY))
        return error_set(err, CKL_BUSY, "'%s' is there already", to);
    return error_errno(err, failed, "could not make", to);
}

ckl_status fs_link(const char *from, const char *to, ckl_error *err)
{
    if (link(from, to) == 0)
        return CKL_OK;
    int number = errno;
    if (number == EXDEV || number == EMLINK || number == EPERM || number == ENOTSUP ||
        number == EACCES || number == ENOSYS)
        return error_set(err, CKL_INVALID, "'%s' cannot have a second name here", from);
    return error_errno(err, number, "could not link", from);
}

/* ---- names ----------------------------------------------------------------------------------- */

ckl_status fs_random_name(char out[33], ckl_error *err)
{
    unsigned char bytes[16];
    size_t have = 0;
    while (have < sizeof bytes) {
        ssize_t got = getrandom(bytes + have, sizeof bytes - have, 0);
        if (got < 0 && errno != EINTR)
            return error_errno(err, errno, "could not get random bytes for", "a name");
        have += got > 0 ? (size_t)got : 0;
    }
    for (size_t index = 0; index < sizeof bytes; index++)
        snprintf(out + 2 * index, 3, "%02x", bytes[index]);
    return CKL_OK;
}
