/* fs: owns the POSIX file calls; nothing else opens, writes, renames or removes a file. May call:
 * error, buf, clock, hash. Keeps true: descriptors are close-on-exec; EINTR and short writes are
 * handled here; a failed fsync is never tried again on the same file. */
#ifndef FS_H
#define FS_H

#include "hash.h"

/* Makes `path` and what is missing above it; each new folder is made durable in its parent. */
ckl_status fs_make_directories(const char *path, ckl_error *err);
/* The same for what is missing below `base`, which `path` begins with and which must be there.
 * Errors: CKL_REFUSED  a link stands in the place of a folder */
ckl_status fs_make_directories_below(const char *base, const char *path, ckl_error *err);
/* Makes one folder, durable in its parent, with the permissions that the umask leaves; that it is
 * there is fine. */
ckl_status fs_make_directory(const char *path, ckl_error *err);
/* As fs_exists and fs_is_directory (may be NULL), where a failure must not be taken for an absence.
 * Errors: CKL_IO */
ckl_status fs_look(bool *there, bool *is_directory, const char *path, ckl_error *err);
bool fs_exists(const char *path);       /* anything at all, a dangling link included */
bool fs_is_directory(const char *path); /* links are not followed */
bool fs_is_read_only(const char *path); /* its file system */
bool fs_is_full(int descriptor);        /* its file system has no space left for us */
/* Keeps space on disk in a file of this size, unless it is there already; failing is no harm. */
void fs_reserve(const char *path, uint64_t size);
/* Whether a file or folder is on a file system that other machines share, where memory that
 * processes share and the order of writes are not as on a disk of one's own. $CKL_FILE_SYSTEM
 * ("network" or "local") answers instead, for tests, and for a FUSE file system, which is taken for
 * a network's. *name (may be NULL) says which, for messages. */
bool fs_is_network(const char *path, const char **name);
/* Whether a file that is there cannot be locked at all. */
bool fs_lacks_locks(const char *path);
ckl_status fs_refuse_without_locks(const char *path, ckl_error *err);
/* Errors: CKL_NOT_FOUND, CKL_INVALID when it is not a regular file, CKL_IO */
ckl_status fs_file_size(uint64_t *out, const char *path, ckl_error *err);
/* When it was written last, microseconds since 1970. */
ckl_status fs_modified(int64_t *out_us, const char *path, ckl_error *err);
/* The absolute path without links; *out is the caller's. */
ckl_status fs_real_path(char **out, const char *path, ckl_error *err);
ckl_status fs_sync_directory(const char *path, ckl_error *err);
/* Makes durable what anybody wrote to a file. That it is not there is fine. */
ckl_status fs_sync_file(const char *path, ckl_error *err);
ckl_status fs_remove_file(const char *path, ckl_error *err); /* that it is gone already is fine */
/* Removes a folder with all that is in it, never following a link. */
ckl_status fs_remove_tree(const char *path, ckl_error *err);
/* Renames, without replacing unless `replace`; CKL_BUSY when the target is there. Where the file
 * system has no RENAME_NOREPLACE: link and unlink for files, a check before for folders. */
ckl_status fs_rename(const char *from, const char *to, bool replace, ckl_error *err);
/* Makes a second name for a file. Errors as errno; CKL_INVALID when it cannot be (other file
 * system, too many links, not supported), so that the caller copies. */
ckl_status fs_link(const char *from, const char *to, ckl_error *err);
/* The names in a folder, unsorted; *out is the caller's, one ckl_free() for all. */
ckl_status fs_list(char ***out, size_t *count, const char *path, ckl_error *err);
/* SHA-256 and size of a regular file. */
ckl_status fs_hash_file(digest *out, uint64_t *size, const char *path, ckl_error *err);

/* Makes a finished file durable, with no more permissions than `mode`; hashes it. */
ckl_status fs_protect(digest *out, uint64_t *size, const char *path, unsigned mode, ckl_error *err);

/* Writes the bytes of a file anew in their places and syncs them: after a failed sync of it by
 * somebody else, who must keep others from writing to it. That it is not there is fine. */
ckl_status fs_write_again(const char *path, ckl_error *err);

/* A file being written: hashed and counted while it is. */
typedef struct fs_writer fs_writer;
ckl_status fs_writer_create(fs_writer **out, const char *path, ckl_error *err); /* O_EXCL */
ckl_status fs_writer_add(fs_writer *writer, const void *bytes, size_t size, ckl_error *err);
/* Says that so much will be added: then a disk without room for it shows before it is filled. Where
 * the file system cannot tell, nothing is done. Errors: CKL_NO_SPACE */
ckl_status fs_writer_expect(fs_writer *writer, uint64_t size, ckl_error *err);
/* The descriptor, for a caller that writes by itself: then the file is read back and hashed at the
 * end. */
int fs_writer_descriptor(fs_writer *writer);
/* Leaves no more permissions than `mode`, syncs, closes. The writer is gone in any case. */
ckl_status fs_writer_finish(digest *out, uint64_t *size, fs_writer *writer, unsigned mode,
                            ckl_error *err);
void fs_writer_abandon(fs_writer *writer); /* closes; the file stays. NULL is fine. */
/* Copies a file into a writer: by reflink where the file system can, else by reading, with the
 * space for it taken first. "-" reads standard input, of no known size. Errors: CKL_NOT_FOUND,
 * CKL_INVALID when it is no regular file or pipe, CKL_IO */
ckl_status fs_writer_copy(fs_writer *writer, const char *path, ckl_error *err);

/* Fills a new writer by reflink alone. CKL_INVALID when the file system cannot: nothing is written,
 * the writer is as it was. Else as fs_writer_copy. */
ckl_status fs_writer_clone(fs_writer *writer, const char *path, ckl_error *err);

/* A lock on a file (made when missing, never removed): dropped when the process dies, not
 * inherited by a forked child's use. `shared` locks may be held together. `timeout_ms` 0: one try.
 * Errors: CKL_BUSY; CKL_IO, also where the file system has no locks: nothing is done without. */
typedef struct fs_lock fs_lock;
ckl_status fs_lock_take(fs_lock **out, const char *path, bool shared, int timeout_ms,
                        ckl_error *err);
/* The same, exclusive, for a lock that many want: whoever came first gets it first, by way of a
 * second file, PATH.queue. Where the file system knows no locks on parts of a file, in any order.
 */
ckl_status fs_lock_take_in_turn(fs_lock **out, const char *path, int timeout_ms, ckl_error *err);
void fs_lock_drop(fs_lock *lock); /* NULL is fine */
/* Writes who holds it into the locked file; reading it needs no lock. */
ckl_status fs_lock_sign(fs_lock *lock, const char *text, ckl_error *err);
void fs_lock_signature(char *out, size_t size, const char *path); /* empty when there is none */

/* A number that all processes that open the same file see at once: a page of shared memory; on a
 * network file system within a second, for there it is read from the file. */
typedef struct fs_counter fs_counter;
ckl_status fs_counter_open(fs_counter **out, const char *path, ckl_error *err);
uint64_t fs_counter_read(fs_counter *counter); /* in nanoseconds; 0 for NULL */
/* Gives it another value than it had, later ones larger. NULL is fine. */
void fs_counter_change(fs_counter *counter);
void fs_counter_close(fs_counter *counter); /* NULL is fine */
/* A line of text beside the number, for whoever asks: written without needing any space on disk. */
#define FS_COUNTER_TEXT 256
void fs_counter_set_text(fs_counter *counter, const char *text);   /* NULL counter is fine */
void fs_counter_text(char out[FS_COUNTER_TEXT], const char *path); /* empty when there is none */

/* 16 random bytes as 32 hex characters and a NUL: the name of an operation. */
ckl_status fs_random_name(char out[33], ckl_error *err);

#endif
