#include "storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage_internal.h"

ckl_status storage_join(char **out, const char *folder, const char *name, ckl_error *err)
{
    BUF_AUTO path = BUF_INIT;
    buf_add_text(&path, folder);
    buf_add_char(&path, '/');
    buf_add_text(&path, name);
    return buf_take(out, NULL, &path, err);
}

ckl_status storage_new(storage **out, const char *root, ckl_error *err)
{
    storage *tree = calloc(1, sizeof *tree);
    if (tree == NULL)
        return error_memory(err);
    tree->root = strdup(root);
    ckl_status status = tree->root == NULL ? error_memory(err)
                                           : storage_join(&tree->staging, root, ".ckl/tmp", err);
    if (status != CKL_OK) {
        storage_free(tree);
        return status;
    }
    *out = tree;
    return CKL_OK;
}

void storage_free(storage *tree)
{
    if (tree == NULL)
        return;
    free(tree->root);
    free(tree->staging);
    free(tree->ledger);
    free(tree->ledger_lock);
    free(tree->changes);
    free(tree);
}

const char *storage_root(const storage *tree)
{
    return tree->root;
}

ckl_status storage_path(char **out, const storage *tree, const char *relative, ckl_error *err)
{
    return storage_join(out, tree->root, relative, err);
}

ckl_status storage_prepare(storage *tree, ckl_error *err)
{
    ckl_status status = fs_make_directories_below(tree->root, tree->staging, err);
    if (status == CKL_OK)
        storage_reserve(tree);
    return status;
}

/* ---- names in the tree ----------------------------------------------------------------------- */

void storage_directory(char out[STORAGE_PATH], const ckl_hash *experiment)
{
    snprintf(out, STORAGE_PATH, "checkpoints/%s", experiment->text);
}

void storage_file(char out[STORAGE_PATH], const ckl_hash *experiment, storage_role role)
{
    static const char *const PLACES[][2] = {
        {"hp", "config.yaml"}, {"data", "data_state.yaml"}, {"model", "architecture.pkl"}};
    snprintf(out, STORAGE_PATH, "checkpoints/%s/%s/%s_%s", experiment->text, PLACES[role][0],
             experiment->text, PLACES[role][1]);
}

void storage_weights(char out[STORAGE_PATH], const ckl_hash *experiment, int64_t step,
                     const char *run)
{
    snprintf(out, STORAGE_PATH, "checkpoints/%s/model/%s_step_%06lld%s%s.pt", experiment->text,
             experiment->text, (long long)step, run != NULL ? "." : "", run != NULL ? run : "");
}

/* ---- operations ------------------------------------------------------------------------------ */

static ckl_status new_op(storage_op **out, storage *tree, const char *name, ckl_error *err)
{
    storage_op *op = calloc(1, sizeof *op);
    if (op == NULL)
        return error_memory(err);
    op->tree = tree;
    ckl_status status = storage_join(&op->folder, tree->staging, name, err);
    if (status != CKL_OK) {
        free(op);
        return status;
    }
    *out = op;
    return CKL_OK;
}

static void free_op(storage_op *op)
{
    fs_lock_drop(op->lease);
    free(op->folder);
    free(op);
}

/* The lock says that the process lives. */
static ckl_status take_lease(storage_op *op, ckl_error *err)
{
    char *path = NULL;
    ckl_status status = storage_join(&path, op->folder, "lease", err);
    if (status == CKL_OK)
        status = fs_lock_take(&op->lease, path, false, 0, err);
    free(path);
    return status;
}

/* Between the folder and its lock another process may clean up: it holds this lock for that. */
static ckl_status lock_staging(fs_lock **out, const storage *tree, ckl_error *err)
{
    char *path = NULL;
    ckl_status status = storage_path(&path, tree, ".ckl/staging.lock", err);
    if (status == CKL_OK)
        status = fs_lock_take(out, path, false, STAGING_TIMEOUT_MS, err);
    free(path);
    return status;
}

/* A root that was moved, or whose disk is not mounted just now, is not made anew: its files would
 * go to another place than its ledger. */
static ckl_status check_root(const storage *tree, ckl_error *err)
{
    char *private = NULL;
    ckl_status status = storage_path(&private, tree, ".ckl", err);
    if (status == CKL_OK && !fs_is_directory(private))
        status = error_set(err, CKL_IO, "'%s' is not there any more", private);
    free(private);
    return status;
}

ckl_status storage_op_begin(storage_op **out, storage *tree, const char *name, ckl_error *err)
{
    storage_op *op = NULL;
    fs_lock *staging = NULL;
    ckl_status status = check_root(tree, err);
    if (status == CKL_OK)
        status = new_op(&op, tree, name, err);
    if (status != CKL_OK)
        return status;
    status = lock_staging(&staging, tree, err);
    if (status == CKL_OK)
        status = fs_make_directory(op->folder, err);
    if (status == CKL_OK)
        status = take_lease(op, err);
    fs_lock_drop(staging);
    if (status != CKL_OK) {
        free_op(op);
        return status;
    }
    *out = op;
    return CKL_OK;
}

ckl_status storage_op_adopt(storage_op **out, storage *tree, const char *name, ckl_error *err)
{
    storage_op *op = NULL;
    ckl_error unlocked = {0}, unseen = {0};
    bool there = false, is_folder = false;
    ckl_status status = new_op(&op, tree, name, err);
    if (status != CKL_OK)
        return status;
    status = take_lease(op, &unlocked);
    ckl_status seen = fs_look(&there, &is_folder, op->folder, &unseen);
    /* Its process may have ended it in between: then what is locked has no name any more. */
    if (status != CKL_BUSY && seen != CKL_OK)
        status = error_pass(err, &unseen);
    else if (status != CKL_BUSY && (!there || !is_folder))
        status = error_set(err, CKL_NOT_FOUND, "there is no '%s'", op->folder);
    else if (status != CKL_OK)
        error_pass(err, &unlocked);
    if (status != CKL_OK) {
        free_op(op);
        return status;
    }
    *out = op;
    return CKL_OK;
}

/* The folder loses its name first: who would adopt it finds all of it or nothing, for the lock is
 * in it. What stays after a failure or a crash is removed at the next opening. */
void storage_op_end(storage_op *op)
{
    BUF_AUTO gone = BUF_INIT;
    if (op == NULL)
        return;
    buf_add_text(&gone, op->folder);
    buf_add_text(&gone, ".gone");
    bool renamed =
        buf_check(&gone, NULL) == CKL_OK && fs_rename(op->folder, gone.data, false, NULL) == CKL_OK;
    (void)fs_remove_tree(renamed ? gone.data : op->folder, NULL);
    free_op(op);
}

ckl_status storage_op_path(char **out, const storage_op *op, const char *name, ckl_error *err)
{
    return storage_join(out, op->folder, name, err);
}

ckl_status storage_op_create(fs_writer **out, storage_op *op, const char *name, ckl_error *err)
{
    char *path = NULL;
    ckl_status status = storage_op_path(&path, op, name, err);
    if (status == CKL_OK)
        status = fs_writer_create(out, path, err);
    free(path);
    return status;
}

static ckl_status check_shared(const digest *found, uint64_t found_size, const char *relative,
                               uint64_t size, const digest *sha256, ckl_error *err)
{
    if (found_size == size && digest_equal(found, sha256))
        return CKL_OK;
    return error_set(err, CKL_NOT_FOUND, "'%s' is not as it was dumped", relative);
}

typedef ckl_status fill_function(fs_writer *writer, const char *path, ckl_error *err);

/* A file of its own with the bytes of `source`, hashed from what was written. */
static ckl_status fill_staged(digest *found, uint64_t *size, const char *target, const char *source,
                              fill_function *fill, ckl_error *err)
{
    fs_writer *writer = NULL;
    ckl_status status = fs_writer_create(&writer, target, err);
    if (status != CKL_OK)
        return status;
    status = fill(writer, source, err);
    if (status == CKL_OK)
        return fs_writer_finish(found, size, writer, 0444, err);
    fs_writer_abandon(writer);
    return status;
}

/* By reflink, else by link, else by copying; nothing stays at `target` after a failure. */
static ckl_status share(digest *found, uint64_t *size, const char *target, const char *source,
                        ckl_error *err)
{
    ckl_status status = fill_staged(found, size, target, source, fs_writer_clone, NULL);
    if (status == CKL_OK)
        return CKL_OK;
    (void)fs_remove_file(target, NULL);
    status = fs_link(source, target, NULL);
    if (status == CKL_OK)
        status = fs_hash_file(found, size, target, err);
    else if (status == CKL_INVALID)
        status = fill_staged(found, size, target, source, fs_writer_copy, err);
    else
        error_set(err, status, "'%s' could not be shared", source);
    if (status != CKL_OK)
        (void)fs_remove_file(target, NULL);
    return status;
}

ckl_status storage_op_share(storage_op *op, const char *name, const char *relative, uint64_t size,
                            const digest *sha256, ckl_error *err)
{
    char *source = NULL, *target = NULL;
    digest found;
    uint64_t found_size = 0;
    ckl_status status = storage_path(&source, op->tree, relative, err);
    if (status == CKL_OK)
        status = storage_op_path(&target, op, name, err);
    if (status == CKL_OK &&
        (fs_file_size(&found_size, source, NULL) != CKL_OK || found_size != size))
        status = error_set(err, CKL_NOT_FOUND, "'%s' is not as it was dumped", relative);
    if (status == CKL_OK)
        status = share(&found, &found_size, target, source, err);
    if (status == CKL_OK) {
        status = check_shared(&found, found_size, relative, size, sha256, err);
        if (status != CKL_OK)
            (void)fs_remove_file(target, NULL);
    }
    free(source);
    free(target);
    return status;
}

ckl_status storage_op_link(digest *sha256, uint64_t *size, storage_op *op, const char *name,
                           const char *path, ckl_error *err)
{
    char *target = NULL;
    uint64_t there = 0;
    ckl_status status = storage_op_path(&target, op, name, err);
    if (status == CKL_OK)
        status = fs_file_size(&there, path, err);
    if (status == CKL_OK)
        status = fs_link(path, target, err);
    /* A file of another owner cannot be protected, and one that could not be synced is not to be
     * trusted: a copy can, and shows whether the bytes can be had at all. */
    if (status == CKL_OK && fs_protect(sha256, size, target, 0444, NULL) != CKL_OK) {
        (void)fs_remove_file(target, NULL);
        status = error_set(err, CKL_INVALID, "'%s' cannot be taken over as it is", path);
    }
    free(target);
    return status;
}

/* ---- cleaning up ----------------------------------------------------------------------------- */

static ckl_status clean_one(storage *tree, const char *name, ckl_error *err)
{
    storage_op *op = NULL;
    ckl_error none = {0};
    ckl_status status = storage_op_adopt(&op, tree, name, &none);
    if (status == CKL_BUSY || status == CKL_NOT_FOUND)
        return CKL_OK;
    if (status != CKL_OK)
        return error_pass(err, &none);
    storage_op_end(op);
    return CKL_OK;
}

ckl_status storage_clean(storage *tree, bool (*keep)(void *context, const char *op), void *context,
                         ckl_error *err)
{
    char **names = NULL;
    size_t count = 0;
    fs_lock *staging = NULL;
    ckl_status status = fs_list(&names, &count, tree->staging, err);
    if (status != CKL_OK || count == 0) {
        free(names);
        return status;
    }
    status = lock_staging(&staging, tree, err);
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        if (!keep(context, names[index]))
            status = clean_one(tree, names[index], err);
    }
    fs_lock_drop(staging);
    free(names);
    return status;
}

/* ---- the reserve ----------------------------------------------------------------------------- */

#define RESERVE_SIZE 524288

void storage_reserve(storage *tree)
{
    char *path = NULL;
    if (storage_path(&path, tree, ".ckl/reserve", NULL) == CKL_OK)
        fs_reserve(path, RESERVE_SIZE);
    free(path);
}

void storage_release_reserve(storage *tree)
{
    char *path = NULL;
    if (storage_path(&path, tree, ".ckl/reserve", NULL) == CKL_OK)
        (void)fs_remove_file(path, NULL);
    free(path);
}
