/* Putting staged files into their places in the tree. */
#include <stdlib.h>
#include <string.h>

#include "storage_internal.h"

static bool has_bytes(const char *path, const storage_move *move)
{
    digest found;
    uint64_t size = 0;
    return fs_file_size(&size, path, NULL) == CKL_OK && size == move->size &&
           fs_hash_file(&found, &size, path, NULL) == CKL_OK && digest_equal(&found, &move->sha256);
}

/* The folder above a path in the tree, or above that; *out is the caller's. */
static ckl_status folder_of(char **out, const char *path, ckl_error *err)
{
    const char *slash = strrchr(path, '/');
    *out = strndup(path, (size_t)(slash - path));
    return *out == NULL ? error_memory(err) : CKL_OK;
}

/* ---- into a new folder, which is renamed whole ----------------------------------------------- */

/* "checkpoints/{hash}" of "checkpoints/{hash}/hp/{hash}_config.yaml". */
static ckl_status experiment_folder(char **out, const char *target, ckl_error *err)
{
    const char *second = strchr(strchr(target, '/') + 1, '/');
    *out = strndup(target, (size_t)(second - target));
    return *out == NULL ? error_memory(err) : CKL_OK;
}

/* Moves one staged file to where it will be below `whole`. */
static ckl_status gather(storage_op *op, const storage_move *move, const char *whole, size_t prefix,
                         ckl_error *err)
{
    char *staged = NULL, *target = NULL, *folder = NULL;
    ckl_status status = storage_op_path(&staged, op, move->name, err);
    if (status == CKL_OK)
        status = storage_join(&target, whole, move->target + prefix + 1, err);
    if (status == CKL_OK)
        status = folder_of(&folder, target, err);
    if (status == CKL_OK)
        status = fs_make_directories(folder, err);
    if (status == CKL_OK && !fs_exists(target))
        status = fs_rename(staged, target, false, err);
    if (status == CKL_OK)
        status = fs_sync_directory(folder, err);
    free(staged);
    free(target);
    free(folder);
    return status;
}

/* The parent folder checkpoints/ is made and durable before. CKL_BUSY: somebody made it first. */
static ckl_status place_whole(storage_op *op, const storage_move *moves, size_t count,
                              const char *relative, ckl_error *err)
{
    char *whole = NULL, *target = NULL, *parent = NULL;
    ckl_status status = storage_op_path(&whole, op, "whole", err);
    if (status == CKL_OK)
        status = storage_path(&target, op->tree, relative, err);
    if (status == CKL_OK)
        status = storage_path(&parent, op->tree, "checkpoints", err);
    if (status == CKL_OK)
        status = fs_make_directories(parent, err);
    for (size_t index = 0; status == CKL_OK && index < count; index++)
        status = gather(op, &moves[index], whole, strlen(relative), err);
    if (status == CKL_OK)
        status = fs_sync_directory(whole, err);
    if (status == CKL_OK)
        status = fs_rename(whole, target, false, NULL);
    if (status == CKL_OK)
        status = fs_sync_directory(parent, err);
    free(whole);
    free(target);
    free(parent);
    return status;
}

/* ---- file by file, into a folder that is there ----------------------------------------------- */

/* Where the bytes are now: staged, or gathered for a folder that was not renamed. NULL: in place
 * already, or nowhere. */
static char *find_staged(const storage_op *op, const storage_move *move)
{
    char *staged = NULL, *whole = NULL, *gathered = NULL;
    const char *inside = strchr(strchr(move->target, '/') + 1, '/');
    if (storage_op_path(&staged, op, move->name, NULL) == CKL_OK && fs_exists(staged))
        return staged;
    free(staged);
    if (storage_op_path(&whole, op, "whole", NULL) == CKL_OK &&
        storage_join(&gathered, whole, inside + 1, NULL) == CKL_OK && !fs_exists(gathered)) {
        free(gathered);
        gathered = NULL;
    }
    free(whole);
    return gathered;
}

static ckl_status settle_existing(const char *target, const storage_move *move, ckl_error *err)
{
    if (has_bytes(target, move))
        return CKL_OK;
    error_set(err, CKL_DAMAGED, "'%s' is there with other content", move->target);
    error_hint(err, "move that file away; it was not written by this operation");
    return CKL_DAMAGED;
}

static ckl_status place_one(storage_op *op, const storage_move *move, ckl_error *err)
{
    char *target = NULL, *folder = NULL, *staged = find_staged(op, move);
    ckl_status status = storage_path(&target, op->tree, move->target, err);
    if (status == CKL_OK)
        status = folder_of(&folder, target, err);
    if (status == CKL_OK)
        status = fs_make_directories(folder, err);
    if (status == CKL_OK && staged == NULL) {
        status = settle_existing(target, move, err);
    } else if (status == CKL_OK) {
        ckl_error there = {0};
        status = fs_rename(staged, target, move->replace, &there);
        if (status == CKL_BUSY)
            status = settle_existing(target, move, err);
        else if (status != CKL_OK)
            error_set(err, status, "%s", there.message);
    }
    if (status == CKL_OK)
        status = fs_sync_directory(folder, err);
    free(target);
    free(folder);
    free(staged);
    return status;
}

ckl_status storage_place(storage_op *op, const storage_move *moves, size_t count, ckl_error *err)
{
    char *relative = NULL, *folder = NULL;
    if (count == 0)
        return CKL_OK;
    ckl_status status = experiment_folder(&relative, moves[0].target, err);
    if (status == CKL_OK)
        status = storage_path(&folder, op->tree, relative, err);
    bool placed = false;
    if (status == CKL_OK && !fs_exists(folder)) {
        status = place_whole(op, moves, count, relative, err);
        placed = status == CKL_OK;
        if (status == CKL_BUSY)
            status = CKL_OK;
    }
    for (size_t index = 0; status == CKL_OK && !placed && index < count; index++)
        status = place_one(op, &moves[index], err);
    free(relative);
    free(folder);
    return status;
}

bool storage_can_place(const storage_op *op, const storage_move *moves, size_t count)
{
    bool all = true;
    for (size_t index = 0; all && index < count; index++) {
        char *target = NULL, *staged = find_staged(op, &moves[index]);
        all = (staged != NULL && has_bytes(staged, &moves[index])) ||
              (storage_path(&target, op->tree, moves[index].target, NULL) == CKL_OK &&
               has_bytes(target, &moves[index]));
        free(staged);
        free(target);
    }
    return all;
}
