/* Bringing files back: from an equal file of the tree, or from what the ledger holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_files.h"
#include "check_repair.h"

/* ---- quarantine ------------------------------------------------------------------------------ */

ckl_status repair_quarantine(repairing *work, const char *relative, ckl_error *err)
{
    char *from = NULL, *to = NULL, *folder = NULL;
    BUF_AUTO target = BUF_INIT;
    buf_add_format(&target, "%s/%s", work->quarantine, relative);
    ckl_status status = buf_check(&target, err);
    if (status == CKL_OK)
        status = storage_path(&from, work->job->tree, relative, err);
    if (status == CKL_OK)
        status = storage_path(&to, work->job->tree, target.data, err);
    if (status == CKL_OK) {
        folder = strndup(to, (size_t)(strrchr(to, '/') - to));
        status = folder != NULL ? fs_make_directories_below(work->job->root, folder, err)
                                : error_memory(err);
    }
    if (status == CKL_OK)
        status = fs_rename(from, to, false, err);
    if (status == CKL_OK)
        status = fs_sync_directory(folder, err);
    if (status == CKL_OK && json_array_append_new(work->quarantined, json_string(target.data)) != 0)
        status = error_memory(err);
    free(from);
    free(to);
    free(folder);
    return status;
}

/* ---- the bytes ------------------------------------------------------------------------------- */

/* Of the other files with these bytes the first that still has them. CKL_NOT_FOUND leaves *err
 * alone. */
static ckl_status share_equal(storage_op *op, ckl_check *job, const char *path,
                              const storage_move *move, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT path FROM _file WHERE sha256 = :sha256 AND path <> :path"
                                 " UNION SELECT path FROM _checkpoint WHERE sha256 = :sha256"
                                 "  AND path <> :path AND state = 'present'",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_digest(&row, ":sha256", &move->sha256);
    bind_text(&row, ":path", path);
    while ((status = statement_step(&row, err)) == CKL_OK) {
        ckl_error found = {0};
        char *obstacle = NULL;
        status = check_obstacle(&obstacle, job, column_required(&row, 0), err);
        bool open_way = status == CKL_OK && obstacle == NULL;
        free(obstacle);
        if (open_way && storage_op_share(op, move->name, column_required(&row, 0), move->size,
                                         &move->sha256, &found) == CKL_OK)
            return CKL_OK;
    }
    return status == CKL_DONE ? CKL_NOT_FOUND : status;
}

/* CKL_NOT_FOUND: what the ledger can make has other bytes; leaves *err alone. */
static ckl_status derive(storage_op *op, ckl_check *job, const char *path, const storage_move *move,
                         ckl_error *err)
{
    fs_writer *writer = NULL;
    digest made;
    uint64_t size = 0;
    ckl_error found = {0};
    ckl_status status = storage_op_create(&writer, op, move->name, err);
    if (status != CKL_OK)
        return status;
    status = check_derive_file(job, path, writer, &found);
    if (status != CKL_OK) {
        fs_writer_abandon(writer);
        bool cannot = status == CKL_DAMAGED || status == CKL_INVALID || status == CKL_NOT_FOUND;
        return cannot ? CKL_NOT_FOUND : error_pass(err, &found);
    }
    status = fs_writer_finish(&made, &size, writer, 0444, err);
    if (status == CKL_OK && (size != move->size || !digest_equal(&made, &move->sha256)))
        return CKL_NOT_FOUND;
    return status;
}

static ckl_status read_move(storage_move *out, ckl_check *job, const char *path, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT size, sha256 FROM _file WHERE path = :path UNION ALL"
                                 " SELECT size, sha256 FROM _checkpoint WHERE path = :path"
                                 "  AND state = 'present'",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":path", path);
    status = statement_step(&row, err);
    if (status != CKL_OK)
        return status == CKL_DONE ? CKL_NOT_FOUND : status;
    *out = (storage_move){.name = "file", .size = (uint64_t)column_integer(&row, 0)};
    snprintf(out->target, sizeof out->target, "%s", path);
    return column_digest(&out->sha256, &row, 1, err);
}

/* ---- one file -------------------------------------------------------------------------------- */

/* What is in the way goes first: the file itself, or what stands where a folder must be. */
static ckl_status make_way(repairing *work, const char *path, ckl_error *err)
{
    char *obstacle = NULL, *absolute = NULL;
    ckl_status status = check_obstacle(&obstacle, work->job, path, err);
    if (status == CKL_OK && obstacle != NULL)
        status = repair_quarantine(work, obstacle, err);
    if (status == CKL_OK && obstacle == NULL)
        status = storage_path(&absolute, work->job->tree, path, err);
    if (status == CKL_OK && absolute != NULL && fs_exists(absolute))
        status = repair_quarantine(work, path, err);
    free(obstacle);
    free(absolute);
    return status;
}

static ckl_status bring_back(repairing *work, storage_op *op, check_finding *finding,
                             ckl_error *err)
{
    storage_move move = {0};
    ckl_status status = read_move(&move, work->job, finding->subject, err);
    if (status == CKL_OK)
        status = share_equal(op, work->job, finding->subject, &move, err);
    if (status == CKL_NOT_FOUND && finding->fix == FIX_FILE)
        status = derive(op, work->job, finding->subject, &move, err);
    if (status == CKL_NOT_FOUND)
        return check_note_lost(finding, err,
                               finding->fix == FIX_WEIGHTS
                                   ? "the weights: the ledger holds their SHA-256, not their bytes"
                                   : "the file: what the ledger can make has other bytes");
    if (status == CKL_OK)
        status = make_way(work, finding->subject, err);
    if (status == CKL_OK)
        status = storage_place(op, &move, 1, err);
    if (status == CKL_OK &&
        json_array_append_new(work->recreated, json_string(finding->subject)) != 0)
        status = error_memory(err);
    finding->repaired = status == CKL_OK;
    return status;
}

/* Each in a folder of its own below .ckl/tmp: what a crash leaves is removed by the next opening.
 */
static ckl_status repair_file(repairing *work, check_finding *finding, ckl_error *err)
{
    storage_op *op = NULL;
    char name[33];
    ckl_status status = fs_random_name(name, err);
    if (status == CKL_OK)
        status = storage_op_begin(&op, work->job->tree, name, err);
    if (status == CKL_OK)
        status = bring_back(work, op, finding, err);
    storage_op_end(op);
    return status;
}

ckl_status repair_files(repairing *work, ckl_error *err)
{
    ckl_check *job = work->job;
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < job->count; index++) {
        check_finding *finding = &job->findings[index];
        bool is_file = finding->fix == FIX_FILE || finding->fix == FIX_WEIGHTS;
        if (is_file && !finding->repaired)
            status = repair_file(work, finding, err);
        check_progress(job, "the repair", index, job->count);
    }
    return status;
}
