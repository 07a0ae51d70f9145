/* Putting staged files into their places in the tree. */
#include <stdlib.h>
#include <string.h>

#include "storage_internal.h"

/* ---- targets --------------------------------------------------------------------------------- */

#define TOP      "checkpoints/"
#define LETTERS  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS   "0123456789"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* checkpoints/{hash}/FOLDER/{hash}_…: an intent is read from a file that anybody may have edited.
 */
static bool is_target(const char *target)
{
    static const char *const FOLDERS[] = {"model/", "hp/", "data/"};
    const char *hash = target + strlen(TOP);
    if (strncmp(target, TOP, strlen(TOP)) != 0 || strspn(hash, DIGITS LETTERS) != CKL_HASH_LENGTH ||
        hash[CKL_HASH_LENGTH] != '/')
        return false;
    for (size_t index = 0; index < sizeof FOLDERS / sizeof *FOLDERS; index++) {
        const char *name = hash + CKL_HASH_LENGTH + 1 + strlen(FOLDERS[index]);
        if (strncmp(hash + CKL_HASH_LENGTH + 1, FOLDERS[index], strlen(FOLDERS[index])) == 0)
            return strncmp(name, hash, CKL_HASH_LENGTH) == 0 && name[CKL_HASH_LENGTH] == '_' &&
                   name[strspn(name, DIGITS LETTERS CAPITALS "._-")] == '\0';
    }
    return false;
}

static ckl_status check_targets(const storage_move *moves, size_t count, ckl_error *err)
{
    for (size_t index = 0; index < count; index++) {
        if (!is_target(moves[index].target))
            return error_set(err, CKL_DAMAGED, "'%s' is not a place for a file of the tree",
                             moves[index].target);
    }
    return CKL_OK;
}

/* "checkpoints/{hash}" is what the first so many bytes of a target say. */
#define EXPERIMENT_LENGTH (strlen(TOP) + CKL_HASH_LENGTH)

static bool same_experiment(const storage_move *first, const storage_move *second)
{
    return strncmp(first->target, second->target, EXPERIMENT_LENGTH) == 0;
}

/* ROOT/checkpoints/{hash}; *out is the caller's. */
static ckl_status experiment_path(char **out, const storage_op *op, const storage_move *move,
                                  ckl_error *err)
{
    char relative[STORAGE_PATH] = "";
    memcpy(relative, move->target, EXPERIMENT_LENGTH);
    return storage_path(out, op->tree, relative, err);
}

/* Where the experiment's new folder is built: ROOT/.ckl/tmp/OP/tree-{hash}; *out is the caller's.
 */
static ckl_status building_path(char **out, const storage_op *op, const storage_move *move,
                                ckl_error *err)
{
    char name[STORAGE_PATH] = "tree-";
    memcpy(name + strlen(name), move->target + strlen(TOP), CKL_HASH_LENGTH);
    return storage_op_path(out, op, name, err);
}

/* ---- small steps ----------------------------------------------------------------------------- */

/* Only what is known not to be there is not: a file that cannot be read now is no other file. */
static ckl_status has_bytes(bool *out, const char *path, const storage_move *move, ckl_error *err)
{
    digest found;
    uint64_t size = 0;
    bool there = false;
    ckl_error failure = {0};
    *out = false;
    ckl_status status = fs_look(&there, NULL, path, &failure);
    if (status == CKL_OK && there)
        status = fs_file_size(&size, path, &failure);
    if (status == CKL_OK && (!there || size != move->size))
        return CKL_OK;
    if (status == CKL_OK)
        status = fs_hash_file(&found, &size, path, &failure);
    *out = status == CKL_OK && digest_equal(&found, &move->sha256);
    if (status == CKL_OK || status == CKL_NOT_FOUND || status == CKL_INVALID)
        return CKL_OK;
    return error_pass(err, &failure);
}

/* The folder above a path in the tree, or above that; *out is the caller's. */
static ckl_status folder_of(char **out, const char *path, ckl_error *err)
{
    const char *slash = strrchr(path, '/');
    *out = strndup(path, (size_t)(slash - path));
    return *out == NULL ? error_memory(err) : CKL_OK;
}

/* Renames; CKL_BUSY, when something is there, is no failure yet and leaves *err alone. */
static ckl_status rename_quietly(const char *from, const char *to, bool replace, ckl_error *err)
{
    ckl_error failure = {0};
    ckl_status status = fs_rename(from, to, replace, &failure);
    if (status != CKL_OK && status != CKL_BUSY)
        error_pass(err, &failure);
    return status;
}

/* A folder that is there may have been made by a process that died before it was durable. */
static ckl_status sync_above(const storage_op *op, const char *experiment, ckl_error *err)
{
    char *top = NULL;
    ckl_status status = folder_of(&top, experiment, err);
    if (status == CKL_OK)
        status = fs_sync_directory(experiment, err);
    if (status == CKL_OK)
        status = fs_sync_directory(top, err);
    if (status == CKL_OK)
        status = fs_sync_directory(op->tree->root, err);
    free(top);
    return status;
}

/* ---- into a new folder, which is renamed whole ----------------------------------------------- */

/* Moves one staged file to where it will be below `building`. */
static ckl_status gather(storage_op *op, const storage_move *move, const char *building,
                         ckl_error *err)
{
    char *staged = NULL, *target = NULL, *folder = NULL;
    ckl_status status = storage_op_path(&staged, op, move->name, err);
    if (status == CKL_OK)
        status = storage_join(&target, building, move->target + EXPERIMENT_LENGTH + 1, err);
    if (status == CKL_OK)
        status = folder_of(&folder, target, err);
    if (status == CKL_OK)
        status = fs_make_directories_below(op->tree->root, folder, err);
    if (status == CKL_OK && !fs_exists(target))
        status = fs_rename(staged, target, false, err);
    if (status == CKL_OK)
        status = fs_sync_directory(folder, err);
    free(staged);
    free(target);
    free(folder);
    return status;
}

/* For the experiment of `first`. CKL_BUSY: somebody made its folder in between. */
static ckl_status place_whole(storage_op *op, const storage_move *first, const storage_move *end,
                              const char *experiment, ckl_error *err)
{
    char *building = NULL, *top = NULL;
    ckl_status status = building_path(&building, op, first, err);
    if (status == CKL_OK)
        status = folder_of(&top, experiment, err);
    if (status == CKL_OK)
        status = fs_make_directories_below(op->tree->root, top, err);
    for (const storage_move *move = first; status == CKL_OK && move < end; move++) {
        if (same_experiment(move, first))
            status = gather(op, move, building, err);
    }
    if (status == CKL_OK)
        status = fs_sync_directory(building, err);
    if (status == CKL_OK)
        status = rename_quietly(building, experiment, false, err);
    free(building);
    free(top);
    return status;
}

/* ---- file by file, into a folder that is there ----------------------------------------------- */

/* Where the bytes are now: staged, or gathered for a folder that was not renamed. NULL: in place
 * already, or nowhere. *out is the caller's. */
static ckl_status find_staged(char **out, const storage_op *op, const storage_move *move,
                              ckl_error *err)
{
    char *staged = NULL, *building = NULL, *gathered = NULL;
    bool there = false;
    *out = NULL;
    ckl_status status = storage_op_path(&staged, op, move->name, err);
    if (status == CKL_OK)
        status = fs_look(&there, NULL, staged, err);
    if (status == CKL_OK && there) {
        *out = staged;
        return CKL_OK;
    }
    free(staged);
    if (status == CKL_OK)
        status = building_path(&building, op, move, err);
    if (status == CKL_OK)
        status = storage_join(&gathered, building, move->target + EXPERIMENT_LENGTH + 1, err);
    if (status == CKL_OK)
        status = fs_look(&there, NULL, gathered, err);
    free(building);
    if (status == CKL_OK && there)
        *out = gathered;
    else
        free(gathered);
    return status;
}

static ckl_status settle_existing(const char *target, const storage_move *move, ckl_error *err)
{
    bool same = false, there = false;
    ckl_status status = has_bytes(&same, target, move, err);
    if (status == CKL_OK && !same)
        status = fs_look(&there, NULL, target, err);
    if (status != CKL_OK || same)
        return status;
    if (!there)
        return error_set(err, CKL_IO, "'%s' is lost: neither staged nor in its place",
                         move->target);
    error_set(err, CKL_DAMAGED, "'%s' is there with other content", move->target);
    error_hint(err, "move that file away; it was not written by this operation");
    return CKL_DAMAGED;
}

static ckl_status place_one(storage_op *op, const storage_move *move, ckl_error *err)
{
    char *target = NULL, *folder = NULL, *staged = NULL;
    ckl_status status = find_staged(&staged, op, move, err);
    if (status == CKL_OK)
        status = storage_path(&target, op->tree, move->target, err);
    if (status == CKL_OK)
        status = folder_of(&folder, target, err);
    if (status == CKL_OK)
        status = fs_make_directories_below(op->tree->root, folder, err);
    if (status == CKL_OK && staged != NULL)
        status = rename_quietly(staged, target, move->replace, err);
    else if (status == CKL_OK)
        status = CKL_BUSY;
    if (status == CKL_BUSY)
        status = settle_existing(target, move, err);
    if (status == CKL_OK)
        status = fs_sync_directory(folder, err);
    free(target);
    free(folder);
    free(staged);
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* The moves of the experiment of `first`, which is the first of them. */
static ckl_status place_experiment(storage_op *op, const storage_move *first,
                                   const storage_move *end, ckl_error *err)
{
    char *experiment = NULL;
    ckl_status status = experiment_path(&experiment, op, first, err);
    bool whole = false;
    if (status == CKL_OK && !fs_exists(experiment)) {
        status = place_whole(op, first, end, experiment, err);
        whole = status == CKL_OK;
        if (status == CKL_BUSY)
            status = CKL_OK;
    }
    for (const storage_move *move = first; status == CKL_OK && !whole && move < end; move++) {
        if (same_experiment(move, first))
            status = place_one(op, move, err);
    }
    if (status == CKL_OK)
        status = sync_above(op, experiment, err);
    free(experiment);
    return status;
}

ckl_status storage_place(storage_op *op, const storage_move *moves, size_t count, ckl_error *err)
{
    ckl_status status = check_targets(moves, count, err);
    for (size_t index = 0; status == CKL_OK && index < count; index++) {
        bool done = false;
        for (size_t before = 0; before < index; before++)
            done = done || same_experiment(&moves[before], &moves[index]);
        if (!done)
            status = place_experiment(op, &moves[index], moves + count, err);
    }
    return status;
}

static ckl_status can_place_one(bool *out, const storage_op *op, const storage_move *move,
                                ckl_error *err)
{
    char *target = NULL, *staged = NULL;
    bool there = false;
    *out = false;
    ckl_status status = find_staged(&staged, op, move, err);
    if (status == CKL_OK)
        status = storage_path(&target, op->tree, move->target, err);
    if (status == CKL_OK)
        status = has_bytes(out, target, move, err);
    if (status == CKL_OK && !*out && staged != NULL && !move->replace)
        status = fs_look(&there, NULL, target, err);
    if (status == CKL_OK && !*out && staged != NULL && !there)
        status = has_bytes(out, staged, move, err);
    free(staged);
    free(target);
    return status;
}

ckl_status storage_can_place(bool *out, const storage_op *op, const storage_move *moves,
                             size_t count, ckl_error *err)
{
    *out = check_targets(moves, count, NULL) == CKL_OK;
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && *out && index < count; index++)
        status = can_place_one(out, op, &moves[index], err);
    return status;
}

ckl_status storage_remove(storage *tree, const char *relative, ckl_error *err)
{
    char *path = NULL;
    if (!is_target(relative))
        return error_set(err, CKL_DAMAGED, "'%s' is not a place for a file of the tree", relative);
    ckl_status status = storage_path(&path, tree, relative, err);
    if (status == CKL_OK)
        status = fs_remove_file(path, err);
    free(path);
    return status;
}
