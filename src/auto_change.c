/* Changes that a trainer announces, and its metrics. */
#include "auto_internal.h"

static ckl_status no_source(const char *call, const char *what, ckl_error *err)
{
    error_set(err, CKL_NO_SOURCE, "%s was given no %s, and no %s source is registered", call, what,
              what);
    error_hint(err, "pass a value, or register a source before");
    return CKL_NO_SOURCE;
}

/* What is given is recorded, or kept until it can be. */
static ckl_status change(const ckl_model *model, const ckl_config *config, ckl_data_state *data,
                         bool dump, ckl_error *err)
{
    ckl_error failure = {0};
    ckl_status status = auto_ensure_open(&failure);
    automatic.model_given = automatic.model_given || model != NULL;
    automatic.config_given = automatic.config_given || config != NULL;
    automatic.data_given = automatic.data_given || data != NULL;
    if (status == CKL_OK)
        status = auto_record(model, config, data, dump, &failure);
    else if (auto_may_pass(status))
        (void)auto_keep(model, config, data, NULL);
    return auto_survive(status, &failure, err);
}

ckl_status ckl_checkpoint_on_model_change(const ckl_model *model, bool dump_immediately,
                                          ckl_error *err)
{
    sigset_t before;
    ckl_model *described = NULL;
    ckl_status status = CKL_OK;
    auto_enter(&before);
    if (!auto_is_silent()) {
        if (model == NULL && !automatic.has_model)
            status = no_source("ckl_checkpoint_on_model_change", "model", err);
        else if (model == NULL)
            status = auto_describe_model(&described, &automatic.model, err);
        if (status == CKL_OK)
            status = change(model != NULL ? model : described, NULL, NULL, dump_immediately, err);
    }
    auto_leave(&before);
    ckl_model_free(described);
    return status;
}

ckl_status ckl_checkpoint_on_config_change(const ckl_config *config, bool dump_immediately,
                                           ckl_error *err)
{
    sigset_t before;
    ckl_config *read = NULL;
    ckl_status status = CKL_OK;
    auto_enter(&before);
    if (!auto_is_silent()) {
        if (config == NULL && !automatic.has_config)
            status = no_source("ckl_checkpoint_on_config_change", "configuration", err);
        else if (config == NULL)
            status = automatic.config.read(automatic.config.context, &read, err);
        if (status == CKL_OK)
            status = change(NULL, config != NULL ? config : read, NULL, dump_immediately, err);
    }
    auto_leave(&before);
    ckl_config_free(read);
    return status;
}

ckl_status ckl_checkpoint_on_data_change(ckl_data_state *data, bool dump_immediately,
                                         ckl_error *err)
{
    sigset_t before;
    ckl_data_state *read = NULL;
    ckl_status status = CKL_OK;
    auto_enter(&before);
    if (!auto_is_silent()) {
        if (data == NULL && !automatic.has_dataset)
            status = no_source("ckl_checkpoint_on_data_change", "dataset", err);
        else if (data == NULL)
            status = auto_read_dataset(&read, &automatic.dataset, err);
        if (status == CKL_OK)
            status = change(NULL, NULL, data != NULL ? data : read, dump_immediately, err);
    }
    auto_leave(&before);
    ckl_data_state_free(read);
    return status;
}

ckl_status ckl_log_metric(int64_t step, const char *name, double value, ckl_error *err)
{
    sigset_t before;
    ckl_error failure = {0};
    ckl_status status = CKL_OK;
    auto_enter(&before);
    if (!auto_is_silent()) {
        /* Whose metrics they are is who trains: a second trainer records nothing. */
        status = auto_ensure_open(&failure);
        ckl_status claimed =
            status == CKL_OK && automatic.manager->lease == NULL ? auto_claim(err) : CKL_OK;
        if (status == CKL_OK && claimed == CKL_OK)
            status = auto_begin_recording(&failure);
        if (status == CKL_OK && claimed == CKL_OK)
            status = ckl_manager_log_metric(automatic.manager, step, name, value, &failure);
        status = claimed == CKL_OK ? auto_survive(status, &failure, err) : claimed;
    }
    auto_leave(&before);
    return status;
}
