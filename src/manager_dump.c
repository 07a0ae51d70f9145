/* Dumps: the head's directory, complete. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "emit_yaml.h"
#include "manager_internal.h"

/* One of the three files of a directory. */
typedef struct dump_part {
    storage_role role;
    const char *name;   /* staged */
    const char *suffix; /* how its name ends in the tree */
    ckl_components component;
} dump_part;

static const dump_part PARTS[] = {
    {STORAGE_ARCHITECTURE, "architecture", "_architecture.pkl", CKL_MODEL},
    {STORAGE_CONFIG, "config", "_config.yaml", CKL_CONFIG},
    {STORAGE_DATA, "data", "_data_state.yaml", CKL_DATA},
};

typedef struct dumping {
    ckl_manager *manager;
    manager_view view;
    storage_op *op;
    work unit;
} dumping;

static int64_t component_of(const dumping *job, const dump_part *part)
{
    if (part->component == CKL_MODEL)
        return job->view.head.model;
    return part->component == CKL_CONFIG ? job->view.head.config : job->view.head.data;
}

static int64_t config_of(const dumping *job, const dump_part *part)
{
    return part->component == CKL_CONFIG ? job->view.run.head_config : 0;
}

/* ---- writing one file ------------------------------------------------------------------------ */

static ckl_status write_piece(void *context, const void *bytes, size_t size, ckl_error *err)
{
    return fs_writer_add(context, bytes, size, err);
}

static ckl_status write_architecture(dumping *job, fs_writer *writer, ckl_error *err)
{
    ckl_model *model = NULL;
    BUF_AUTO bytes = BUF_INIT;
    ckl_status status = ledger_model_load(&model, job->manager->ledger, job->view.head.model, err);
    if (status == CKL_OK)
        status = model_architecture(&bytes, model, err);
    if (status == CKL_OK)
        status = fs_writer_add(writer, bytes.data, bytes.size, err);
    ckl_model_free(model);
    return status;
}

static ckl_status write_config(dumping *job, const emit_sink *sink, ckl_error *err)
{
    char *content = NULL;
    ckl_config *config = NULL;
    ckl_status status =
        ledger_config_content(&content, job->manager->ledger, job->view.run.head_config, err);
    if (status == CKL_OK)
        status = ckl_config_parse(&config, content, strlen(content), CKL_FORMAT_JSON, "ledger.db",
                                  NULL, err);
    if (status == CKL_OK)
        status = emit_yaml_config(sink, config->tree, err);
    ckl_config_free(config);
    free(content);
    return status;
}

static ckl_status write_data_state(dumping *job, const emit_sink *sink, ckl_error *err)
{
    const ckl_data_state *state = NULL;
    ckl_status status =
        manager_data_state(&state, job->manager, job->view.head.data, job->view.run.id, err);
    return status == CKL_OK ? emit_yaml_data_state(sink, state, err) : status;
}

static ckl_status make_file(dumping *job, const dump_part *part, storage_move *move, ckl_error *err)
{
    fs_writer *writer = NULL;
    ckl_status status = storage_op_create(&writer, job->op, part->name, err);
    if (status != CKL_OK)
        return status;
    emit_sink sink = {write_piece, writer};
    if (part->role == STORAGE_ARCHITECTURE)
        status = write_architecture(job, writer, err);
    else if (part->role == STORAGE_CONFIG)
        status = write_config(job, &sink, err);
    else
        status = write_data_state(job, &sink, err);
    if (status != CKL_OK) {
        fs_writer_abandon(writer);
        return status;
    }
    return fs_writer_finish(&move->sha256, &move->size, writer, 0444, err);
}

/* An equal file that was dumped before is shared, so that what did not change takes no space. */
static ckl_status share_file(dumping *job, const dump_part *part, storage_move *move,
                             ckl_error *err)
{
    ledger_file known;
    ckl_error failure = {0};
    ckl_status status = ledger_file_with(&known, job->manager->ledger, component_of(job, part),
                                         config_of(job, part), part->suffix, err);
    if (status != CKL_OK)
        return status;
    move->size = known.size;
    move->sha256 = known.sha256;
    status = storage_op_share(job->op, part->name, known.path, known.size, &known.sha256, &failure);
    /* A file that is not as it was dumped is made anew; everything else is told. */
    if (status != CKL_OK && status != CKL_NOT_FOUND)
        error_pass(err, &failure);
    return status;
}

/* ---- which files ----------------------------------------------------------------------------- */

/* *in_place: the file is there as its row says; a changed one is fsck's to find, not ours to hide.
 * What cannot be looked at now is not taken for missing. */
static ckl_status find_file(bool *has_row, bool *in_place, const dumping *job, const char *path,
                            ckl_error *err)
{
    ledger_file known;
    char *absolute = NULL;
    uint64_t size = 0;
    bool there = false;
    ckl_status status = ledger_file_at(&known, job->manager->ledger, path, err);
    *has_row = status == CKL_OK;
    *in_place = false;
    if (status != CKL_OK)
        return status == CKL_NOT_FOUND ? CKL_OK : status;
    status = storage_path(&absolute, job->manager->tree, path, err);
    if (status == CKL_OK)
        status = fs_look(&there, NULL, absolute, err);
    if (status == CKL_OK && there)
        *in_place = fs_file_size(&size, absolute, NULL) == CKL_OK && size == known.size;
    free(absolute);
    return status;
}

/* Completing a new directory with what did not change is no dump of it; re-creating a lost file is.
 */
static ckl_status stage_part(dumping *job, const dump_part *part, ckl_error *err)
{
    work_file *file = &job->unit.files[job->unit.file_count];
    bool has_row = false, in_place = false;
    if (component_of(job, part) == 0)
        return CKL_OK;
    storage_file(file->move.target, &job->view.head.hash, part->role);
    ckl_status status = find_file(&has_row, &in_place, job, file->move.target, err);
    if (status != CKL_OK || in_place)
        return status;
    file->move.name = part->name;
    file->component = component_of(job, part);
    file->config = config_of(job, part);
    status = share_file(job, part, &file->move, err);
    if (status == CKL_NOT_FOUND)
        status = make_file(job, part, &file->move, err);
    if (status != CKL_OK)
        return status;
    job->unit.file_count++;
    if (has_row)
        job->unit.dumped |= part->component;
    return CKL_OK;
}

static ckl_status stage(dumping *job, ckl_error *err)
{
    ckl_status status = storage_op_begin(&job->op, job->manager->tree, job->unit.op, err);
    for (size_t index = 0; status == CKL_OK && index < sizeof PARTS / sizeof *PARTS; index++)
        status = stage_part(job, &PARTS[index], err);
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* With nothing pending and nothing missing there is nothing to record. */
static bool is_needed(const dumping *job)
{
    return job->unit.file_count > 0 || job->view.pending != 0 || job->view.head.dumped == 0;
}

static ckl_status dump_head(dumping *job, ckl_error *err)
{
    work *unit = &job->unit;
    ckl_status status = fs_random_name(unit->op, err);
    unit->run = job->view.run.id;
    unit->experiment = job->view.head.id;
    unit->config = job->view.run.head_config;
    unit->step = -1;
    unit->at_us = clock_now_us();
    unit->actor = strdup(job->manager->actor);
    if (status == CKL_OK && unit->actor == NULL)
        status = error_memory(err);
    if (status == CKL_OK)
        status = stage(job, err);
    unit->dumped |= job->view.pending;
    if (status == CKL_OK && is_needed(job)) {
        status = work_perform(unit, job->manager, job->op, err);
        if (status == CKL_OK)
            receipt_write(job->manager->ledger, job->manager->tree);
    } else if (status == CKL_OK) {
        /* What was only pending, and brought the head back to what is dumped, is promised, too. */
        status = db_sync(job->manager->ledger, err);
    }
    storage_op_end(job->op);
    return status;
}

/* Staging reads in one moment: a change from elsewhere meanwhile is for the next dump. */
static ckl_status read_head(dumping *job, ckl_error *err)
{
    ckl_status status = db_begin(job->manager->ledger, DB_READ, err);
    if (status != CKL_OK)
        return status;
    const ckl_data_state *state = NULL;
    status = manager_view_read(&job->view, job->manager, err);
    if (status == CKL_OK && job->view.head.data != 0 && job->view.pending & CKL_DATA)
        status =
            manager_data_state(&state, job->manager, job->view.head.data, job->view.run.id, err);
    db_rollback(job->manager->ledger);
    return status;
}

ckl_status manager_dump(ckl_dump_result *out, ckl_manager *manager, bool force, ckl_error *err)
{
    dumping job = {.manager = manager};
    ckl_dump_result result = {0};
    work_finish_own(manager);
    ckl_status status = read_head(&job, err);
    if (status != CKL_OK)
        return status;
    if (job.view.head.id != 0) {
        result.experiment = job.view.head.hash;
        storage_directory(result.directory, &result.experiment);
        if (force || job.view.pending != 0)
            status = dump_head(&job, err);
        result.dumped = job.unit.dumped;
    }
    work_free(&job.unit);
    if (status == CKL_OK)
        *out = result;
    return status;
}

ckl_status ckl_manager_dump_pending_changes(ckl_dump_result *out, ckl_manager *manager, bool force,
                                            ckl_error *err)
{
    ckl_status status = manager_check_writable(manager, err);
    return status == CKL_OK ? manager_dump(out, manager, force, err) : status;
}
