/* Recording for a trainer that must not be ended by it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auto_internal.h"
#include "clock.h"

#define PROBE_INTERVAL_US 1000000

/* ---- values that wait ------------------------------------------------------------------------ */

void auto_forget_kept(void)
{
    ckl_model_free(automatic.kept_model);
    ckl_config_free(automatic.kept_config);
    ckl_data_state_free(automatic.kept_data);
    automatic.kept_model = NULL;
    automatic.kept_config = NULL;
    automatic.kept_data = NULL;
}

ckl_status auto_keep(const ckl_model *model, const ckl_config *config, ckl_data_state *data,
                     ckl_error *err)
{
    ckl_status status = CKL_OK;
    if (model != NULL && model != automatic.kept_model) {
        ckl_model *copy = NULL;
        status = model_copy(&copy, model, err);
        if (status == CKL_OK) {
            ckl_model_free(automatic.kept_model);
            automatic.kept_model = copy;
        }
    }
    if (status == CKL_OK && config != NULL && config != automatic.kept_config) {
        ckl_config_free(automatic.kept_config);
        automatic.kept_config = config_share(config);
    }
    if (status == CKL_OK && data != NULL && data != automatic.kept_data) {
        status = ckl_data_state_finish(data, err);
        if (status == CKL_OK) {
            ckl_data_state_free(automatic.kept_data);
            automatic.kept_data = state_share(data);
        }
    }
    return status;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* The trainer moved it there itself, perhaps with the manager that it borrowed. */
static bool is_known(const char *head, const char *own)
{
    return automatic.head.text[0] == '\0' || strcmp(automatic.head.text, head) == 0 ||
           strcmp(own, head) == 0;
}

static void set_head(const char *head, bool tell)
{
    ckl_hash before = automatic.head;
    snprintf(automatic.head.text, sizeof automatic.head.text, "%s", head);
    if (tell && automatic.has_listener)
        automatic.listener.on_change(automatic.listener.context, automatic.manager, before.text,
                                     head);
}

ckl_status auto_look(ckl_error *err)
{
    ckl_status_info now;
    automatic.seen = ckl_manager_change_count(automatic.manager);
    ckl_status status = ckl_manager_status(&now, automatic.manager, err);
    if (status != CKL_OK)
        return status;
    automatic.attention = automatic.attention || now.pending != 0;
    const char *head = now.experiment.text;
    set_head(head, !is_known(head, automatic.manager->own_head.text));
    return CKL_OK;
}

/* ---- recording ------------------------------------------------------------------------------- */

ckl_status auto_record(const ckl_model *model, const ckl_config *config, ckl_data_state *data,
                       bool dump, ckl_error *err)
{
    ckl_update_result result;
    ckl_update update = {.model = model != NULL ? model : automatic.kept_model,
                         .config = config != NULL ? config : automatic.kept_config,
                         .data = data != NULL ? data : automatic.kept_data,
                         .dump_immediately = dump};
    ckl_hash own = automatic.manager->own_head;
    ckl_status status =
        ckl_manager_update_experiment_hash(&result, automatic.manager, &update, err);
    if (status != CKL_OK) {
        if (auto_may_pass(status))
            (void)auto_keep(model, config, data, NULL);
        return status;
    }
    auto_forget_kept();
    if (result.pending != 0)
        automatic.attention = true;
    /* Somebody moved the head before us: what is told has both changes. */
    set_head(result.experiment.text, !is_known(result.from.text, own.text));
    return CKL_OK;
}

ckl_status auto_begin_recording(ckl_error *err)
{
    ckl_model *model = NULL;
    ckl_config *config = NULL;
    ckl_data_state *data = NULL;
    ckl_status status = CKL_OK;
    if (automatic.begun)
        return CKL_OK;
    /* What others changed since the trainer began is told before it is asked what it has. */
    status = auto_look(err);
    if (status == CKL_OK && automatic.has_model && !automatic.model_given)
        status = auto_describe_model(&model, &automatic.model, err);
    if (status == CKL_OK && automatic.has_config && !automatic.config_given)
        status = automatic.config.read(automatic.config.context, &config, err);
    if (status == CKL_OK && automatic.has_dataset && !automatic.data_given)
        status = auto_read_dataset(&data, &automatic.dataset, err);
    /* A value that was given since then is newer than what its source says. */
    if (status == CKL_OK && (model != NULL || config != NULL || data != NULL))
        status = auto_record(model, config, data, false, err);
    automatic.begun = status == CKL_OK;
    ckl_model_free(model);
    ckl_config_free(config);
    ckl_data_state_free(data);
    return status;
}

ckl_status auto_describe_again(ckl_error *err)
{
    ckl_model *model = NULL;
    ckl_status status = CKL_OK;
    if (automatic.has_model)
        status = auto_describe_model(&model, &automatic.model, err);
    if (status == CKL_OK && (model != NULL || automatic.kept_model != NULL ||
                             automatic.kept_config != NULL || automatic.kept_data != NULL))
        status = auto_record(model, NULL, NULL, false, err);
    ckl_model_free(model);
    return status;
}

ckl_status auto_claim(ckl_error *err)
{
    ckl_error failure = {0};
    ckl_status status = manager_claim(automatic.manager, &failure);
    if (status == CKL_BUSY && automatic.manager->lease == NULL) {
        error_pass(err, &failure);
        return status;
    }
    if (status == CKL_OK && ckl_manager_change_count(automatic.manager) != automatic.seen)
        status = auto_look(&failure);
    return auto_survive(status, &failure, err);
}

/* ---- surviving ------------------------------------------------------------------------------- */

bool auto_may_pass(ckl_status status)
{
    return status == CKL_BUSY || status == CKL_IO || status == CKL_NO_SPACE ||
           status == CKL_NOT_FOUND || status == CKL_DAMAGED || status == CKL_NO_MEMORY;
}

static void set_degraded(bool degraded, const char *why)
{
    automatic.degraded = degraded;
    if (automatic.manager == NULL)
        return;
    manager_set_degraded(automatic.manager, degraded ? why : NULL);
}

void auto_note_failure(ckl_status status, const ckl_error *failure)
{
    if (!auto_may_pass(status))
        return;
    if (!automatic.degraded) {
        char message[1200];
        snprintf(message, sizeof message, "recording fails, training goes on: %s",
                 failure->message);
        automatic.warnings.warn(automatic.warnings.context, message);
    }
    set_degraded(true, failure->message);
    automatic.hurried = status == CKL_BUSY;
    automatic.probe_at_us = clock_monotonic_us() + PROBE_INTERVAL_US;
}

ckl_status auto_survive(ckl_status status, const ckl_error *failure, ckl_error *err)
{
    if (status == CKL_OK)
        return CKL_OK;
    if (!auto_may_pass(status)) {
        error_pass(err, failure);
        return status;
    }
    auto_note_failure(status, failure);
    automatic.attention = true;
    return CKL_OK;
}

void auto_probe(void)
{
    if (!automatic.degraded || automatic.manager == NULL)
        return;
    if (clock_monotonic_us() < automatic.probe_at_us) {
        automatic.attention = true;
        return;
    }
    ckl_error failure = {0};
    ckl_status status = manager_probe(automatic.manager, &failure);
    if (status == CKL_OK)
        set_degraded(false, NULL);
    else
        (void)auto_survive(status, &failure, NULL);
}
