/* storage: owns the paths below a root (design 5): the tree of checkpoints and the private folder
 * .ckl. May call: fs, hash, buf. Keeps true: nothing appears under checkpoints/ but complete files
 * under their final names; a file is durable before its name is, its name before a row says so; no
 * path is made from anybody's text but checked hashes and run names. */
#ifndef STORAGE_H
#define STORAGE_H

#include "fs.h"

typedef struct storage storage;

/* `root` is absolute and exists. Makes nothing yet. */
ckl_status storage_new(storage **out, const char *root, ckl_error *err);
void storage_free(storage *tree);
/* Makes .ckl and .ckl/tmp, mode 0700 less umask. */
ckl_status storage_prepare(storage *tree, ckl_error *err);
const char *storage_root(const storage *tree);
/* ROOT/RELATIVE; *out is the caller's. */
ckl_status storage_path(char **out, const storage *tree, const char *relative, ckl_error *err);

/* Names in the tree, relative to the root. `out` holds STORAGE_PATH. */
#define STORAGE_PATH 192
typedef enum storage_role { STORAGE_CONFIG, STORAGE_DATA, STORAGE_ARCHITECTURE } storage_role;
void storage_directory(char out[STORAGE_PATH], const ckl_hash *experiment);
void storage_file(char out[STORAGE_PATH], const ckl_hash *experiment, storage_role role);
/* {hash}_step_000100.pt, or {hash}_step_000100.RUN.pt when `run` is not NULL. */
void storage_weights(char out[STORAGE_PATH], const ckl_hash *experiment, int64_t step,
                     const char *run);

/* ---- where the ledger is (storage_ledger.c) -------------------------------------------------- */

#define STORAGE_NAME_LENGTH 32
/* In the root, or where `given`, else $CKL_LEDGER, else ROOT/.ckl/ledger says. Made nothing yet.
 * Errors: CKL_NOT_FOUND  it is not where .ckl/ledger says; CKL_REFUSED  the root has one in it,
 * too; CKL_INVALID, CKL_DAMAGED */
ckl_status storage_find_ledger(storage *tree, const char *given, ckl_error *err);
/* Absolute paths, borrowed: the ledger, the lock of its writers, the counter of changes; the last
 * two beside a ledger that is elsewhere. */
const char *storage_ledger(const storage *tree);
const char *storage_ledger_lock(const storage *tree);
const char *storage_changes(const storage *tree);
bool storage_ledger_is_elsewhere(const storage *tree);
/* .ckl/ledger names another place, or is not there. */
bool storage_ledger_has_moved(const storage *tree);
/* The name that ties a tree to a ledger that is elsewhere; empty: not tied yet. */
const char *storage_name(const storage *tree);
/* Makes .ckl/ledger anew, durably. */
ckl_status storage_point_to_ledger(storage *tree, const char *name, ckl_error *err);

/* One operation that will put files into the tree: a folder .ckl/tmp/OP with a lock in it that is
 * held as long as the process works on it. Files made in it are staged under short names (no '/').
 */
typedef struct storage_op storage_op;
ckl_status storage_op_begin(storage_op **out, storage *tree, const char *op, ckl_error *err);
/* Where a staged file is: ROOT/.ckl/tmp/OP/NAME; *out is the caller's. */
ckl_status storage_op_path(char **out, const storage_op *op, const char *name, ckl_error *err);
/* A new staged file; finish it with fs_writer_finish (mode 0444). */
ckl_status storage_op_create(fs_writer **out, storage_op *op, const char *name, ckl_error *err);
/* Stages a file of the tree again, when it still has this size and digest: reflink, else hard link,
 * else copy; durable. Errors: CKL_NOT_FOUND when it is not there or not the same any more. */
ckl_status storage_op_share(storage_op *op, const char *name, const char *relative, uint64_t size,
                            const digest *sha256, ckl_error *err);
/* Stages a file of the caller's by a second name for it, without reading it twice; mode 0444.
 * CKL_INVALID when that cannot be (other file system, links not supported): then copy. */
ckl_status storage_op_link(digest *sha256, uint64_t *size, storage_op *op, const char *name,
                           const char *path, ckl_error *err);
/* Drops the lock and removes the folder with what is left in it. NULL is fine. */
void storage_op_end(storage_op *op);
/* Takes over the folder of an operation whose process is gone. Errors: CKL_BUSY  it is alive;
 * CKL_NOT_FOUND  no such folder */
ckl_status storage_op_adopt(storage_op **out, storage *tree, const char *op, ckl_error *err);

/* One staged file and its place in the tree. */
typedef struct storage_move {
    const char *name;          /* staged */
    char target[STORAGE_PATH]; /* relative */
    uint64_t size;
    digest sha256;
    bool replace; /* a file that is there gives way; else it must be equal */
} storage_move;
/* Puts the staged files in their places: a folder that is not there yet is built under .ckl/tmp and
 * renamed whole, else file by file; parents and folders are durable when it returns. Doing it again
 * after a crash in the middle finishes it: a staged file that is gone already is fine when its
 * target holds its bytes.
 * Errors: CKL_DAMAGED  a target is there with other bytes, or is no place of the tree (named);
 * CKL_IO, CKL_NO_SPACE */
ckl_status storage_place(storage_op *op, const storage_move *moves, size_t count, ckl_error *err);
/* *out: every move can be finished: its target holds its bytes, or its staged file does and nothing
 * is in the way. Errors: CKL_IO  that cannot be told now */
ckl_status storage_can_place(bool *out, const storage_op *op, const storage_move *moves,
                             size_t count, ckl_error *err);

/* Takes a file of the tree away; that it is gone already is fine.
 * Errors: CKL_DAMAGED  no place of the tree */
ckl_status storage_remove(storage *tree, const char *relative, ckl_error *err);
/* Half a megabyte is kept for a full disk: giving space back needs a little. */
void storage_reserve(storage *tree);
void storage_release_reserve(storage *tree);
/* Removes the folders in .ckl/tmp whose process is gone and whose name `keep` does not want. */
ckl_status storage_clean(storage *tree, bool (*keep)(void *context, const char *op), void *context,
                         ckl_error *err);

#endif
