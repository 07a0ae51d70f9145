/* The bytes of a dumped file, from the ledger again. */
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"
#include "emit_yaml.h"

static ckl_status write_piece(void *context, const void *bytes, size_t size, ckl_error *err)
{
    return fs_writer_add(context, bytes, size, err);
}

static ckl_status derive_config(ckl_check *job, int64_t config_id, fs_writer *writer,
                                ckl_error *err)
{
    char *content = NULL;
    ckl_config *config = NULL;
    emit_sink sink = {write_piece, writer};
    ckl_status status = ledger_config_content(&content, job->ledger, config_id, err);
    if (status == CKL_OK)
        status = ckl_config_parse(&config, content, strlen(content), CKL_FORMAT_JSON, "ledger.db",
                                  NULL, err);
    if (status == CKL_OK)
        status = emit_yaml_config(&sink, config->tree, err);
    ckl_config_free(config);
    free(content);
    return status;
}

static ckl_status derive_architecture(ckl_check *job, int64_t component, fs_writer *writer,
                                      ckl_error *err)
{
    ckl_model *model = NULL;
    BUF_AUTO bytes = BUF_INIT;
    ckl_status status = ledger_model_load(&model, job->ledger, component, err);
    if (status == CKL_OK)
        status = model_architecture(&bytes, model, err);
    if (status == CKL_OK)
        status = fs_writer_add(writer, bytes.data != NULL ? bytes.data : "", bytes.size, err);
    ckl_model_free(model);
    return status;
}

static ckl_status derive_data(ckl_check *job, int64_t component, fs_writer *writer, ckl_error *err)
{
    ckl_data_state *state = NULL;
    emit_sink sink = {write_piece, writer};
    ckl_status status = ledger_data_load(&state, job->ledger, component, 0, err);
    if (status == CKL_OK)
        status = emit_yaml_data_state(&sink, state, err);
    ckl_data_state_free(state);
    return status;
}

ckl_status check_derive_file(ckl_check *job, const char *path, fs_writer *writer, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT it.component, it.config, component.kind FROM _file AS it"
                                 " JOIN _component AS component ON component.id = it.component"
                                 " WHERE it.path = :path",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":path", path);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        return error_set(err, CKL_NOT_FOUND, "no row says what '%s' is", path);
    if (status != CKL_OK)
        return status;
    const char *kind = column_required(&row, 2);
    if (strcmp(kind, "config") == 0)
        return derive_config(job, column_integer(&row, 1), writer, err);
    return strcmp(kind, "model") == 0
               ? derive_architecture(job, column_integer(&row, 0), writer, err)
               : derive_data(job, column_integer(&row, 0), writer, err);
}
