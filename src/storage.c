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
    return fs_make_directories(tree->staging, err);
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

ckl_status storage_op_begin(storage_op **out, storage *tree, const char *name, ckl_error *err)
{
    storage_op *op = NULL;
    fs_lock *staging = NULL;
    ckl_status status = new_op(&op, tree, name, err);
    if (status != CKL_OK)
        return status;
    status = lock_staging(&staging, tree, err);
    if (status == CKL_OK)
        status = fs_make_directories(op->folder, err);
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
    ckl_error failure = {0};
    ckl_status status = new_op(&op, tree, name, err);
    if (status != CKL_OK)
        return status;
    if (!fs_is_directory(op->folder))
        status = CKL_NOT_FOUND;
    else
        status = take_lease(op, &failure);
    /* Its owner may remove the folder while we reach for the lock: then there is nothing to adopt.
     */
    if (status == CKL_IO && !fs_is_directory(op->folder))
        status = CKL_NOT_FOUND;
    if (status != CKL_OK) {
        error_set(err, status, "%s",
                  failure.code != CKL_OK ? failure.message : "there is no such operation");
        free_op(op);
        return status;
    }
    *out = op;
    return CKL_OK;
}

void storage_op_end(storage_op *op)
{
    if (op == NULL)
        return;
    (void)fs_remove_tree(op->folder, NULL); /* what stays is removed at the next opening */
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

static ckl_status copy_file(storage_op *op, const char *name, const char *path,
                            const digest *expected, ckl_error *err)
{
    fs_writer *writer = NULL;
    digest sha256;
    uint64_t size;
    ckl_status status = storage_op_create(&writer, op, name, err);
    if (status != CKL_OK)
        return status;
    status = fs_writer_copy(writer, path, err);
    if (status != CKL_OK) {
        fs_writer_abandon(writer);
        return status;
    }
    status = fs_writer_finish(&sha256, &size, writer, 0444, err);
    if (status == CKL_OK && !digest_equal(&sha256, expected))
        status = error_set(err, CKL_DAMAGED, "'%s' changed while it was copied", path);
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
    if (status == CKL_OK) {
        bool same = fs_hash_file(&found, &found_size, source, NULL) == CKL_OK &&
                    found_size == size && digest_equal(&found, sha256);
        if (!same)
            status = error_set(err, CKL_NOT_FOUND, "'%s' is not as it was dumped", relative);
    }
    if (status == CKL_OK)
        status = fs_link(source, target, NULL);
    if (status == CKL_INVALID)
        status = copy_file(op, name, source, sha256, err);
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
    if (status == CKL_OK)
        status = fs_protect(sha256, size, target, 0444, err);
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
        return error_set(err, status, "%s", none.message);
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
