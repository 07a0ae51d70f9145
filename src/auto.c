#include <ckl/auto.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auto_source.h"
#include "error.h"
#include "manager_internal.h"

#define DEFAULT_FREQUENCY INT64_C(100)

/* The one mutable global of the library: the process's automatic system. What on_step reads without
 * the lock is atomic; the rest belongs to who holds it. */
static struct {
    pthread_mutex_t lock;
    _Atomic bool attention; /* the next on_step must look: opened just now, or something changed */
    _Atomic int64_t frequency;    /* 0: not open */
    _Atomic int64_t last_step;    /* -1: none yet */
    _Atomic int64_t saved_step;   /* weights are saved once for a step */
    _Atomic uint64_t seen;        /* the ledger's change count at the last look */
    ckl_manager *_Atomic watched; /* the manager, to read that count from */
    ckl_manager *manager;
    char *root, *run, *actor; /* as it was opened, NULL when not given */
    ckl_warning_sink warnings;
    ckl_model_source model;
    ckl_config_source config;
    ckl_dataset_source dataset;
    ckl_change_listener listener;
    bool has_model, has_config, has_dataset, has_listener;
    ckl_hash head; /* as this process knows it; empty: nothing yet */
    bool begun;    /* the registered sources were recorded once */
    bool degraded; /* recording fails, and that was said */
} automatic = {.lock = PTHREAD_MUTEX_INITIALIZER, .last_step = -1, .saved_step = -1};

/* ---- opening --------------------------------------------------------------------------------- */

static void warn_on_standard_error(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "ckl: %s\n", message);
}

/* In a distributed job only rank 0 records. */
static bool is_silent(void)
{
    const char *rank = getenv("RANK");
    return rank != NULL && rank[0] != '\0' && strcmp(rank, "0") != 0;
}

static bool same_text(const char *first, const char *second)
{
    return first == second || (first != NULL && second != NULL && strcmp(first, second) == 0);
}

static char *copy_text(const char *text, bool *failed)
{
    char *copy = text != NULL ? strdup(text) : NULL;
    *failed = *failed || (text != NULL && copy == NULL);
    return copy;
}

static const char *environment_text(const char *given, const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    if (given != NULL)
        return given;
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

static void forget_options(void)
{
    free(automatic.root);
    free(automatic.run);
    free(automatic.actor);
    automatic.root = automatic.run = automatic.actor = NULL;
}

static ckl_status open_system(const ckl_system_options *options, ckl_error *err)
{
    static const ckl_warning_sink STANDARD = {warn_on_standard_error, NULL};
    bool failed = false;
    automatic.root = copy_text(options->root_log_dir, &failed);
    automatic.run = copy_text(options->run, &failed);
    automatic.actor = copy_text(options->actor, &failed);
    automatic.warnings = options->warnings != NULL ? *options->warnings : STANDARD;
    ckl_options chosen = {.run = environment_text(options->run, "CKL_RUN", NULL),
                          .actor = options->actor,
                          .training = true,
                          .warnings = &automatic.warnings};
    ckl_status status =
        failed ? error_memory(err)
               : ckl_manager_open(&automatic.manager,
                                  environment_text(options->root_log_dir, "CKL_ROOT", "."), &chosen,
                                  err);
    if (status != CKL_OK) {
        forget_options();
        return status;
    }
    automatic.begun = automatic.degraded = false;
    automatic.last_step = automatic.saved_step = -1;
    automatic.attention = true;
    automatic.head = (ckl_hash){""};
    automatic.watched = automatic.manager;
    automatic.frequency =
        options->checkpoint_frequency > 0 ? options->checkpoint_frequency : DEFAULT_FREQUENCY;
    return CKL_OK;
}

static ckl_status ensure_open(ckl_error *err)
{
    static const ckl_system_options DEFAULTS = {0};
    return automatic.manager != NULL ? CKL_OK : open_system(&DEFAULTS, err);
}

static ckl_status check_same(const ckl_system_options *options, ckl_error *err)
{
    int64_t frequency =
        options->checkpoint_frequency > 0 ? options->checkpoint_frequency : DEFAULT_FREQUENCY;
    if (same_text(options->root_log_dir, automatic.root) &&
        same_text(options->run, automatic.run) && same_text(options->actor, automatic.actor) &&
        frequency == automatic.frequency)
        return CKL_OK;
    error_set(err, CKL_MISUSE, "the automatic system is open at '%s' with other options",
              ckl_manager_root(automatic.manager));
    error_hint(err, "call ckl_close_checkpoint_system() first");
    return CKL_MISUSE;
}

ckl_status ckl_get_checkpoint_system(ckl_manager **out, const ckl_system_options *options,
                                     ckl_error *err)
{
    ckl_status status = CKL_OK;
    pthread_mutex_lock(&automatic.lock);
    if (options == NULL)
        status = ensure_open(err);
    else if (automatic.manager == NULL)
        status = open_system(options, err);
    else
        status = check_same(options, err);
    if (status == CKL_OK && out != NULL)
        *out = automatic.manager;
    pthread_mutex_unlock(&automatic.lock);
    return status;
}

void ckl_close_checkpoint_system(void)
{
    pthread_mutex_lock(&automatic.lock);
    automatic.frequency = 0;
    automatic.watched = NULL;
    ckl_manager_close(automatic.manager);
    automatic.manager = NULL;
    forget_options();
    pthread_mutex_unlock(&automatic.lock);
}

/* ---- sources --------------------------------------------------------------------------------- */

static ckl_status incomplete(const char *what, ckl_error *err)
{
    return error_set(err, CKL_INVALID, "a %s source needs its callbacks", what);
}

ckl_status ckl_register_model_source(const ckl_model_source *source, ckl_error *err)
{
    if (source != NULL && (source->describe == NULL || source->write_weights == NULL))
        return incomplete("model", err);
    pthread_mutex_lock(&automatic.lock);
    automatic.has_model = source != NULL;
    automatic.model = source != NULL ? *source : (ckl_model_source){0};
    pthread_mutex_unlock(&automatic.lock);
    return CKL_OK;
}

ckl_status ckl_register_config_source(const ckl_config_source *source, ckl_error *err)
{
    if (source != NULL && source->read == NULL)
        return incomplete("configuration", err);
    pthread_mutex_lock(&automatic.lock);
    automatic.has_config = source != NULL;
    automatic.config = source != NULL ? *source : (ckl_config_source){0};
    pthread_mutex_unlock(&automatic.lock);
    return CKL_OK;
}

ckl_status ckl_register_dataset_source(const ckl_dataset_source *source, ckl_error *err)
{
    if (source != NULL && (source->get_sample_uids == NULL || source->is_discarded == NULL))
        return incomplete("dataset", err);
    pthread_mutex_lock(&automatic.lock);
    automatic.has_dataset = source != NULL;
    automatic.dataset = source != NULL ? *source : (ckl_dataset_source){0};
    pthread_mutex_unlock(&automatic.lock);
    return CKL_OK;
}

ckl_status ckl_register_change_listener(const ckl_change_listener *listener, ckl_error *err)
{
    if (listener != NULL && listener->on_change == NULL)
        return incomplete("change", err);
    pthread_mutex_lock(&automatic.lock);
    automatic.has_listener = listener != NULL;
    automatic.listener = listener != NULL ? *listener : (ckl_change_listener){0};
    pthread_mutex_unlock(&automatic.lock);
    return CKL_OK;
}

/* ---- recording ------------------------------------------------------------------------------- */

static ckl_status record(const ckl_model *model, const ckl_config *config, ckl_data_state *data,
                         bool dump, ckl_error *err)
{
    ckl_update_result result;
    ckl_update update = {.model = model, .config = config, .data = data, .dump_immediately = dump};
    ckl_status status =
        ckl_manager_update_experiment_hash(&result, automatic.manager, &update, err);
    if (status == CKL_OK && result.pending != 0)
        automatic.attention = true;
    if (status == CKL_OK)
        automatic.head = result.experiment;
    return status;
}

/* The state that training begins with: what the sources say, before the first dump. */
static ckl_status begin_recording(ckl_error *err)
{
    ckl_model *model = NULL;
    ckl_config *config = NULL;
    ckl_data_state *data = NULL;
    ckl_status status = CKL_OK;
    if (automatic.begun)
        return CKL_OK;
    if (automatic.has_model)
        status = auto_describe_model(&model, &automatic.model, err);
    if (status == CKL_OK && automatic.has_config)
        status = automatic.config.read(automatic.config.context, &config, err);
    if (status == CKL_OK && automatic.has_dataset)
        status = auto_read_dataset(&data, &automatic.dataset, err);
    if (status == CKL_OK && (model != NULL || config != NULL || data != NULL))
        status = record(model, config, data, false, err);
    automatic.begun = status == CKL_OK;
    ckl_model_free(model);
    ckl_config_free(config);
    ckl_data_state_free(data);
    return status;
}

/* An edit of the model that nobody announced is recorded before its weights are. */
static ckl_status describe_again(ckl_error *err)
{
    ckl_model *model = NULL;
    if (!automatic.has_model)
        return CKL_OK;
    ckl_status status = auto_describe_model(&model, &automatic.model, err);
    if (status == CKL_OK)
        status = record(model, NULL, NULL, false, err);
    ckl_model_free(model);
    return status;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static bool is_due(int64_t step, int64_t frequency)
{
    return step > 0 && step % frequency == 0 && step != automatic.saved_step;
}

/* Training survives us: what may pass is said once and tried again at the next step. */
static ckl_status survive(ckl_status status, const ckl_error *failure, ckl_error *err)
{
    bool passing = status == CKL_BUSY || status == CKL_IO || status == CKL_NO_SPACE;
    if (!passing) {
        if (status != CKL_OK && err != NULL && err->code == CKL_OK)
            *err = *failure;
        if (automatic.degraded && status == CKL_OK) {
            manager_set_degraded(automatic.manager, NULL);
            automatic.degraded = false;
        }
        return status;
    }
    if (!automatic.degraded) {
        char message[1200];
        snprintf(message, sizeof message, "recording fails, training goes on: %s",
                 failure->message);
        automatic.warnings.warn(automatic.warnings.context, message);
        manager_set_degraded(automatic.manager, failure->message);
    }
    automatic.degraded = true;
    automatic.attention = true;
    return CKL_OK;
}

/* Another process may have moved the head: then the trainer is told, and what is pending dumped. */
static ckl_status look_at_changes(ckl_error *err)
{
    ckl_status_info now;
    automatic.seen = ckl_manager_change_count(automatic.manager);
    ckl_status status = ckl_manager_status(&now, automatic.manager, err);
    if (status != CKL_OK)
        return status;
    ckl_hash before = automatic.head;
    automatic.head = now.experiment;
    automatic.attention = automatic.attention || now.pending != 0;
    if (before.text[0] != '\0' && strcmp(before.text, now.experiment.text) != 0 &&
        automatic.has_listener)
        automatic.listener.on_change(automatic.listener.context, automatic.manager, before.text,
                                     now.experiment.text);
    return CKL_OK;
}

/* Claims the run and sees what others did. A second trainer is an error; what may pass is
 * survived. */
static ckl_status begin_training(ckl_error *err)
{
    ckl_error failure = {0};
    ckl_status status = ckl_manager_begin_training(automatic.manager, &failure);
    if (status == CKL_BUSY) {
        if (err != NULL && err->code == CKL_OK)
            *err = failure;
        return status;
    }
    if (status == CKL_OK && ckl_manager_change_count(automatic.manager) != automatic.seen)
        status = look_at_changes(&failure);
    return status == CKL_OK ? CKL_OK : survive(status, &failure, err);
}

static ckl_status dump_pending(ckl_error *err)
{
    ckl_error failure = {0};
    ckl_dump_result result;
    automatic.attention = false;
    ckl_status status = begin_recording(&failure);
    if (status == CKL_OK)
        status = describe_again(&failure);
    if (status == CKL_OK)
        status = ckl_manager_dump_pending_changes(&result, automatic.manager, false, &failure);
    if (status == CKL_OK)
        automatic.attention = false;
    return survive(status, &failure, err);
}

static ckl_status save_weights(int64_t step, ckl_error *err)
{
    ckl_checkpoint_result result;
    if (!automatic.has_model) {
        error_set(err, CKL_NO_SOURCE,
                  "ckl_checkpoint_on_step: weights are due at step %lld and no model source is "
                  "registered",
                  (long long)step);
        error_hint(err, "call ckl_register_model_source() before training");
        return CKL_NO_SOURCE;
    }
    ckl_status status = describe_again(err);
    if (status != CKL_OK)
        return status;
    ckl_checkpoint checkpoint = {.step = step,
                                 .write = automatic.model.write_weights,
                                 .context = automatic.model.context,
                                 .force_dump_pending = true};
    status = ckl_manager_save_model_checkpoint(&result, automatic.manager, &checkpoint, err);
    if (status == CKL_OK)
        automatic.saved_step = step;
    return status;
}

static ckl_status take_step(int64_t step, bool force_dump, ckl_error *err)
{
    ckl_status status = ensure_open(err);
    if (status != CKL_OK)
        return status;
    if (step == CKL_STEP_NEXT)
        step = automatic.last_step + 1;
    automatic.last_step = step;
    status = begin_training(err);
    if (status == CKL_OK && (automatic.attention || force_dump))
        status = dump_pending(err);
    if (status == CKL_OK && is_due(step, automatic.frequency))
        status = save_weights(step, err);
    return status;
}

/* Without the lock: closing the system while another thread steps is the caller's mistake. */
static bool others_changed(void)
{
    const ckl_manager *watched = atomic_load_explicit(&automatic.watched, memory_order_acquire);
    return watched != NULL && ckl_manager_change_count(watched) !=
                                  atomic_load_explicit(&automatic.seen, memory_order_relaxed);
}

ckl_status ckl_checkpoint_on_step(int64_t step, bool force_dump, ckl_error *err)
{
    int64_t frequency = atomic_load_explicit(&automatic.frequency, memory_order_acquire);
    if (step < CKL_STEP_NEXT)
        return error_set(err, CKL_INVALID, "step %lld is negative", (long long)step);
    if (step != CKL_STEP_NEXT && frequency > 0 && !force_dump && !is_due(step, frequency) &&
        !atomic_load_explicit(&automatic.attention, memory_order_acquire) && !others_changed()) {
        atomic_store_explicit(&automatic.last_step, step, memory_order_relaxed);
        return CKL_OK;
    }
    if (is_silent())
        return CKL_OK;
    pthread_mutex_lock(&automatic.lock);
    ckl_status status = take_step(step, force_dump, err);
    pthread_mutex_unlock(&automatic.lock);
    return status;
}

/* ---- changes --------------------------------------------------------------------------------- */

static ckl_status no_source(const char *call, const char *what, ckl_error *err)
{
    error_set(err, CKL_NO_SOURCE, "%s was given no %s, and no %s source is registered", call, what,
              what);
    error_hint(err, "pass a value, or register a source before");
    return CKL_NO_SOURCE;
}

ckl_status ckl_checkpoint_on_model_change(const ckl_model *model, bool dump_immediately,
                                          ckl_error *err)
{
    ckl_model *described = NULL;
    if (is_silent())
        return CKL_OK;
    pthread_mutex_lock(&automatic.lock);
    ckl_status status = CKL_OK;
    if (model == NULL && !automatic.has_model)
        status = no_source("ckl_checkpoint_on_model_change", "model", err);
    if (status == CKL_OK)
        status = ensure_open(err);
    if (status == CKL_OK && model == NULL)
        status = auto_describe_model(&described, &automatic.model, err);
    if (status == CKL_OK)
        status = record(model != NULL ? model : described, NULL, NULL, dump_immediately, err);
    pthread_mutex_unlock(&automatic.lock);
    ckl_model_free(described);
    return status;
}

ckl_status ckl_checkpoint_on_config_change(const ckl_config *config, bool dump_immediately,
                                           ckl_error *err)
{
    ckl_config *read = NULL;
    if (is_silent())
        return CKL_OK;
    pthread_mutex_lock(&automatic.lock);
    ckl_status status = CKL_OK;
    if (config == NULL && !automatic.has_config)
        status = no_source("ckl_checkpoint_on_config_change", "configuration", err);
    if (status == CKL_OK)
        status = ensure_open(err);
    if (status == CKL_OK && config == NULL)
        status = automatic.config.read(automatic.config.context, &read, err);
    if (status == CKL_OK)
        status = record(NULL, config != NULL ? config : read, NULL, dump_immediately, err);
    pthread_mutex_unlock(&automatic.lock);
    ckl_config_free(read);
    return status;
}

ckl_status ckl_checkpoint_on_data_change(ckl_data_state *data, bool dump_immediately,
                                         ckl_error *err)
{
    ckl_data_state *read = NULL;
    if (is_silent())
        return CKL_OK;
    pthread_mutex_lock(&automatic.lock);
    ckl_status status = CKL_OK;
    if (data == NULL && !automatic.has_dataset)
        status = no_source("ckl_checkpoint_on_data_change", "dataset", err);
    if (status == CKL_OK)
        status = ensure_open(err);
    if (status == CKL_OK && data == NULL)
        status = auto_read_dataset(&read, &automatic.dataset, err);
    if (status == CKL_OK)
        status = record(NULL, NULL, data != NULL ? data : read, dump_immediately, err);
    pthread_mutex_unlock(&automatic.lock);
    ckl_data_state_free(read);
    return status;
}

ckl_status ckl_log_metric(int64_t step, const char *name, double value, ckl_error *err)
{
    if (is_silent())
        return CKL_OK;
    pthread_mutex_lock(&automatic.lock);
    ckl_status status = ensure_open(err);
    if (status == CKL_OK)
        status = begin_recording(err);
    if (status == CKL_OK)
        status = ckl_manager_log_metric(automatic.manager, step, name, value, err);
    pthread_mutex_unlock(&automatic.lock);
    return status;
}
