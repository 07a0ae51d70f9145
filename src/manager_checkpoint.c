/* Checkpoints: saved weights. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "clock.h"
#include "doc.h"
#include "manager_internal.h"

static ckl_status check_note(char **out, const char *note, ckl_error *err)
{
    json_t *value = NULL;
    BUF_AUTO text = BUF_INIT;
    doc_options options = {.format = CKL_FORMAT_JSON, .name = "note"};
    if (note == NULL)
        return CKL_OK;
    ckl_status status = doc_parse(&value, note, strlen(note), &options, err);
    if (status != CKL_OK)
        return status;
    canon_value(&text, value);
    json_decref(value);
    return buf_take(out, NULL, &text, err);
}

static ckl_status check_request(const ckl_checkpoint *request, ckl_error *err)
{
    int sources = (request->bytes != NULL) + (request->write != NULL) + (request->path != NULL);
    if (request->step < 0)
        return error_set(err, CKL_INVALID, "step %lld is negative", (long long)request->step);
    if (sources != 1)
        return error_set(err, CKL_INVALID,
                         "weights come from exactly one of bytes, a writer and a path");
    for (size_t index = 0; index < request->metric_count; index++) {
        const char *name = request->metrics[index].name;
        size_t size = strlen(name);
        if (size < 1 || size > 256 || !doc_valid_utf8(name, size))
            return error_set(err, CKL_INVALID,
                             "the name of a metric has 1 to 256 bytes of valid Unicode");
    }
    return CKL_OK;
}

/* What is refused must leave no dump behind; a pipe shows only when it is read. */
static ckl_status check_before_dump(const ckl_checkpoint *request, ckl_error *err)
{
    char *note = NULL;
    uint64_t size = 0;
    ckl_error found = {0};
    ckl_status status = check_note(&note, request->note, err);
    free(note);
    if (status != CKL_OK || request->path == NULL || strcmp(request->path, "-") == 0)
        return status;
    status = fs_file_size(&size, request->path, &found);
    if (status == CKL_OK || (status == CKL_INVALID && !fs_is_directory(request->path)))
        return CKL_OK;
    error_pass(err, &found);
    return status;
}

/* ---- staging --------------------------------------------------------------------------------- */

static ckl_status fill(fs_writer *writer, const ckl_checkpoint *request, ckl_error *err)
{
    if (request->bytes != NULL) {
        ckl_status room = fs_writer_expect(writer, request->size, err);
        return room == CKL_OK ? fs_writer_add(writer, request->bytes, request->size, err) : room;
    }
    if (request->path != NULL)
        return fs_writer_copy(writer, request->path, err);
    ckl_status status = request->write(request->context, fs_writer_descriptor(writer), err);
    if (status != CKL_OK)
        error_set(err, status, "the weights could not be written by their writer (%s%s)",
                  ckl_status_name(status),
                  fs_is_full(fs_writer_descriptor(writer)) ? ": no space left on the disk" : "");
    return status;
}

static ckl_status stage(storage_op *op, storage_move *move, const ckl_checkpoint *request,
                        ckl_error *err)
{
    fs_writer *writer = NULL;
    move->name = "weights";
    if (request->path != NULL && request->move) {
        ckl_error none = {0};
        ckl_status linked =
            storage_op_link(&move->sha256, &move->size, op, move->name, request->path, &none);
        if (linked != CKL_INVALID) {
            if (linked != CKL_OK)
                error_pass(err, &none);
            return linked;
        }
    }
    ckl_status status = storage_op_create(&writer, op, move->name, err);
    if (status != CKL_OK)
        return status;
    status = fill(writer, request, err);
    if (status != CKL_OK) {
        fs_writer_abandon(writer);
        return status;
    }
    return fs_writer_finish(&move->sha256, &move->size, writer, 0444, err);
}

/* ---- saving ---------------------------------------------------------------------------------- */

static ckl_status begin_work(work *unit, const manager_view *view, ckl_manager *manager,
                             const ckl_checkpoint *request, ckl_error *err)
{
    unit->is_checkpoint = true;
    unit->run = view->run.id;
    unit->experiment = view->head.id;
    unit->config = view->run.head_config;
    unit->step = request->step;
    unit->from_checkpoint = view->run.from_checkpoint;
    unit->first_step = view->run.first_step >= 0 ? view->run.first_step : manager->first_step;
    unit->origin = view->run.origin;
    unit->pending = view->pending;
    unit->at_us = clock_now_us();
    unit->file_count = 1;
    unit->metrics = request->metrics;
    unit->metric_count = request->metric_count;
    unit->actor = strdup(manager->actor);
    if (unit->actor == NULL)
        return error_memory(err);
    ckl_status status = check_note(&unit->note, request->note, err);
    if (status == CKL_OK)
        status = weights_name(&unit->file_name, request->path, err);
    return status == CKL_OK ? fs_random_name(unit->op, err) : status;
}

static ckl_status save(work *unit, ckl_manager *manager, const ckl_checkpoint *request,
                       ckl_error *err)
{
    storage_op *op = NULL;
    ckl_status status = storage_op_begin(&op, manager->tree, unit->op, err);
    if (status == CKL_OK)
        status = stage(op, &unit->files[0].move, request, err);
    if (status == CKL_OK)
        status = work_perform(unit, manager, op, err);
    storage_op_end(op);
    if (status == CKL_OK && request->path != NULL && request->move) {
        ckl_error gone = {0};
        if (fs_remove_file(request->path, &gone) != CKL_OK)
            manager_warn(manager, "the weights are saved, but the original stays: %s",
                         gone.message);
    }
    return status;
}

static ckl_status need_head(const manager_view *view, const ckl_manager *manager, ckl_error *err)
{
    if (view->head.id != 0)
        return CKL_OK;
    error_set(err, CKL_INVALID, "run '%s' has no state yet that weights could belong to",
              manager->run_name);
    error_hint(err, "record a model, a configuration or a data state first: ckl update");
    return CKL_INVALID;
}

ckl_status ckl_manager_save_model_checkpoint(ckl_checkpoint_result *out, ckl_manager *manager,
                                             const ckl_checkpoint *checkpoint, ckl_error *err)
{
    WORK_AUTO unit = {0};
    manager_view view;
    ckl_dump_result dumped;
    ckl_status status = manager_check_writable(manager, err);
    if (status == CKL_OK)
        status = check_request(checkpoint, err);
    if (status == CKL_OK)
        status = ckl_manager_begin_training(manager, err);
    if (status == CKL_OK && checkpoint->force_dump_pending)
        status = check_before_dump(checkpoint, err);
    if (status == CKL_OK && checkpoint->force_dump_pending)
        status = manager_dump(&dumped, manager, false, err);
    if (status == CKL_OK)
        work_finish_own(manager);
    if (status == CKL_OK)
        status = manager_view_read(&view, manager, err);
    if (status == CKL_OK)
        status = need_head(&view, manager, err);
    if (status == CKL_OK)
        status = begin_work(&unit, &view, manager, checkpoint, err);
    if (status == CKL_OK)
        status = save(&unit, manager, checkpoint, err);
    if (status != CKL_OK)
        return status;
    const storage_move *move = &unit.files[0].move;
    *out = (ckl_checkpoint_result){.experiment = view.head.hash,
                                   .step = checkpoint->step,
                                   .bytes = move->size,
                                   .pending = view.pending};
    snprintf(out->path, sizeof out->path, "%s", move->target);
    digest_hex(out->sha256, &move->sha256);
    return CKL_OK;
}
