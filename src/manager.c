#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "doc.h"
#include "manager_internal.h"

#define DEFAULT_BUSY_TIMEOUT_MS 5000
#define METRICS_AT_ONCE         4096
#define METRICS_WAITING_MAX     1000000 /* while they cannot be written */
#define METRIC_DELAY_US         1000000
#define METRIC_NAME_MAX         256

bool manager_run_name_is_good(const char *name)
{
    size_t size = strlen(name);
    if (size < 1 || size > 64)
        return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
           size;
}

void manager_warn(const ckl_manager *manager, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    if (manager->warnings.warn == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    manager->warnings.warn(manager->warnings.context, message);
}

ckl_status manager_check_writable(const ckl_manager *manager, ckl_error *err)
{
    if (!db_is_read_only(manager->ledger))
        return CKL_OK;
    return error_set(err, CKL_MISUSE, "'%s' was opened for reading only", manager->root);
}

ckl_status manager_end(ckl_manager *manager, ckl_status status, ckl_error *err)
{
    if (status == CKL_OK) {
        status = db_commit(manager->ledger, err);
        if (status == CKL_OK || db_is_recorded(manager->ledger))
            fs_counter_change(manager->changes);
        return status;
    }
    db_rollback(manager->ledger);
    return status;
}

/* ---- opening --------------------------------------------------------------------------------- */

static char *user_name(void)
{
    const char *actor = getenv("CKL_ACTOR");
    if (actor != NULL && actor[0] != '\0')
        return strdup(actor);
    char text[1024];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) == 0 && found != NULL)
        return strdup(found->pw_name);
    char number[32];
    snprintf(number, sizeof number, "uid %ld", (long)geteuid());
    return strdup(number);
}

static ckl_status set_names(ckl_manager *manager, const ckl_options *options, ckl_error *err)
{
    const char *run = options->run != NULL ? options->run : "main";
    if (!manager_run_name_is_good(run)) {
        error_set(err, CKL_INVALID, "'%s' is no name for a run", run);
        error_hint(err, "1 to 64 of A-Z a-z 0-9 . _ -");
        return CKL_INVALID;
    }
    manager->run_name = strdup(run);
    manager->actor = options->actor != NULL ? strdup(options->actor) : user_name();
    if (manager->run_name == NULL || manager->actor == NULL)
        return error_memory(err);
    if (!doc_valid_utf8(manager->actor, strlen(manager->actor)))
        return error_set(err, CKL_INVALID, "the name of the actor is not valid Unicode");
    return CKL_OK;
}

static ckl_status no_ledger(const char *root, ckl_error *err)
{
    error_set(err, CKL_NOT_FOUND, "there is no ledger in '%s'", root);
    error_hint(err, "name the root with -C ROOT, or record something first: ckl update");
    return CKL_NOT_FOUND;
}

/* The root by its real path; made when it may be. */
static ckl_status find_root(ckl_manager *manager, const char *root, bool make, ckl_error *err)
{
    if (!fs_exists(root) && !make)
        return no_ledger(root, err);
    ckl_status status = fs_exists(root) ? CKL_OK : fs_make_directories(root, err);
    if (status == CKL_OK)
        status = fs_real_path(&manager->root, root, err);
    if (status == CKL_OK && !fs_is_directory(manager->root))
        return error_set(err, CKL_IO, "'%s' is not a folder", root);
    if (status == CKL_OK)
        status = storage_new(&manager->tree, manager->root, err);
    return status;
}

/* Said when there is something to decide: at the beginning of a ledger, or of training. */
static void warn_of_network(const ckl_manager *manager, bool training)
{
    const char *name = db_network(manager->ledger);
    if (name != NULL && (manager->created || training || db_left_log(manager->ledger)))
        manager_warn(manager,
                     "'%s' is on %s: recording is slower there, and readers wait for writers; to"
                     " keep it on a disk of this machine: --ledger FILE",
                     storage_ledger(manager->tree), name);
}

static ckl_status open_ledger(ckl_manager *manager, const ckl_options *options, ckl_error *err)
{
    bool make = !options->read_only && !options->must_exist;
    int timeout = options->busy_timeout_ms;
    ckl_status status = storage_find_ledger(manager->tree, options->ledger, err);
    if (status == CKL_OK && !make && !fs_exists(storage_ledger(manager->tree)))
        status = no_ledger(manager->root, err);
    if (status == CKL_OK && !options->read_only)
        status = storage_prepare(manager->tree, err);
    if (status != CKL_OK)
        return status;
    db_options settings = {storage_ledger(manager->tree), storage_ledger_lock(manager->tree),
                           options->read_only,
                           timeout == 0  ? DEFAULT_BUSY_TIMEOUT_MS
                           : timeout < 0 ? 0
                                         : timeout};
    status = db_open(&manager->ledger, &manager->created, &settings, err);
    if (status == CKL_OK)
        status = manager_tie_ledger(manager, err);
    if (status == CKL_OK)
        warn_of_network(manager, options->training);
    return status;
}

/* What a ledger from before lacks to be checked is added once. */
static ckl_status seal_ledger(ckl_manager *manager, ckl_error *err)
{
    bool needed = false;
    ckl_status status = ledger_needs_seal(&needed, manager->ledger, err);
    if (status != CKL_OK || !needed)
        return status;
    status = db_begin(manager->ledger, DB_WRITE, err);
    if (status != CKL_OK)
        return status;
    status = ledger_sessions_seal(manager->ledger, err);
    if (status == CKL_OK)
        status = ledger_metrics_seal(manager->ledger, err);
    return manager_end(manager, status, err);
}

/* On a full disk with the reserve: else nothing could be opened, not even to give space back. */
static ckl_status recover(ckl_manager *manager, ckl_error *err)
{
    ckl_error failure = {0};
    ckl_status status = work_recover(manager, &failure);
    if (status == CKL_NO_SPACE) {
        failure = (ckl_error){0};
        storage_release_reserve(manager->tree);
        status = work_recover(manager, &failure);
        storage_reserve(manager->tree);
    }
    if (status != CKL_OK)
        error_pass(err, &failure);
    return status;
}

ckl_status ckl_manager_open(ckl_manager **out, const char *root, const ckl_options *options,
                            ckl_error *err)
{
    static const ckl_options DEFAULTS = {0};
    const ckl_options *chosen = options != NULL ? options : &DEFAULTS;
    ckl_manager *manager = calloc(1, sizeof *manager);
    if (manager == NULL)
        return error_memory(err);
    manager->first_step = -1;
    manager->flush_at = METRICS_AT_ONCE;
    if (chosen->warnings != NULL)
        manager->warnings = *chosen->warnings;
    ckl_status status = set_names(manager, chosen, err);
    if (status == CKL_OK)
        status = find_root(manager, root, !chosen->read_only && !chosen->must_exist, err);
    if (status == CKL_OK)
        status = open_ledger(manager, chosen, err);
    /* Without it a trainer learns of others' changes at its next dump instead of its next step. */
    if (status == CKL_OK && !chosen->read_only)
        (void)manager_open_counter(manager, NULL);
    if (status == CKL_OK && !chosen->read_only)
        status = recover(manager, err);
    if (status == CKL_OK && !chosen->read_only)
        status = seal_ledger(manager, err);
    manager->training = chosen->training && !chosen->read_only;
    if (status == CKL_OK && manager->training)
        status = session_gather(&manager->environment, err);
    if (status != CKL_OK) {
        ckl_manager_close(manager);
        return status;
    }
    *out = manager;
    return CKL_OK;
}

void ckl_manager_close(ckl_manager *manager)
{
    if (manager == NULL)
        return;
    if (manager->metric_count > 0) {
        ckl_error err = {0};
        if (ckl_manager_flush_metrics(manager, &err) != CKL_OK)
            manager_warn(manager, "%zu metrics were not written: %s", manager->metric_count,
                         err.message);
    }
    manager_end_training(manager);
    manager_forget_metrics(manager);
    free(manager->metrics);
    ckl_data_state_free(manager->head_state);
    session_free(&manager->environment);
    fs_lock_drop(manager->lease);
    fs_counter_close(manager->changes);
    db_close(manager->ledger);
    storage_free(manager->tree);
    free(manager->root);
    free(manager->run_name);
    free(manager->actor);
    free(manager);
}

const char *ckl_manager_root(const ckl_manager *manager)
{
    return manager->root;
}

const char *ckl_manager_run(const ckl_manager *manager)
{
    return manager->run_name;
}

const char *ckl_manager_ledger(const ckl_manager *manager)
{
    return storage_ledger(manager->tree);
}

bool ckl_manager_created(const ckl_manager *manager)
{
    return manager->created;
}

/* ---- the run as it stands -------------------------------------------------------------------- */

plan_state manager_state_of(const ledger_experiment *experiment)
{
    return (plan_state){experiment->model, experiment->config, experiment->data};
}

ckl_status manager_view_read(manager_view *out, ckl_manager *manager, ckl_error *err)
{
    ckl_status status = ledger_run_find(&out->run, manager->ledger, manager->run_name, err);
    if (status == CKL_OK)
        status = ledger_experiment_get(&out->head, manager->ledger, out->run.head, err);
    if (status == CKL_OK)
        status = ledger_experiment_get(&out->baseline, manager->ledger, out->run.baseline, err);
    if (status != CKL_OK)
        return status;
    out->session = manager->session;
    plan_state head = manager_state_of(&out->head), base = manager_state_of(&out->baseline);
    out->pending = plan_difference(&head, &base);
    return CKL_OK;
}

ckl_status manager_ensure_run(manager_view *view, ckl_manager *manager, ckl_error *err)
{
    bool any = false;
    if (view->run.id != 0)
        return CKL_OK;
    ckl_status status = ledger_has_checkpoints(&any, manager->ledger, err);
    if (status == CKL_OK && !any)
        view->run.origin = ORIGIN_START; /* there is nothing that weights could come from */
    return status == CKL_OK ? ledger_run_add(&view->run.id, manager->ledger, manager->run_name, err)
                            : status;
}

ckl_status manager_session(int64_t *out, ckl_manager *manager, int64_t run, ckl_error *err)
{
    *out = manager->session;
    if (!manager->training || manager->session != 0)
        return CKL_OK;
    return ledger_session_add(out, manager->ledger, &manager->environment, run, err);
}

ckl_status ckl_manager_has_pending_changes(bool *any, ckl_components *pending, ckl_manager *manager,
                                           ckl_error *err)
{
    manager_view view;
    ckl_status status = manager_view_read(&view, manager, err);
    if (status != CKL_OK)
        return status;
    if (any != NULL)
        *any = view.pending != 0;
    if (pending != NULL)
        *pending = view.pending;
    return CKL_OK;
}

/* ---- metrics --------------------------------------------------------------------------------- */

void manager_forget_metrics(ckl_manager *manager)
{
    for (size_t index = 0; index < manager->metric_count; index++)
        free((char *)manager->metrics[index].name);
    manager->metric_count = 0;
    manager->metric_experiment = 0;
    manager->flush_at = METRICS_AT_ONCE;
}

ckl_status manager_write_metrics(ckl_manager *manager, int64_t run, ckl_error *err)
{
    return ledger_metrics_add(manager->ledger, run, manager->metric_experiment, manager->metrics,
                              manager->metric_count, err);
}

ckl_status ckl_manager_flush_metrics(ckl_manager *manager, ckl_error *err)
{
    manager_view view;
    if (manager->metric_count == 0)
        return CKL_OK;
    ckl_status status = db_begin(manager->ledger, DB_WRITE, err);
    if (status != CKL_OK)
        return status;
    status = manager_view_read(&view, manager, err);
    if (status == CKL_OK)
        status = manager_write_metrics(manager, view.run.id, err);
    status = manager_end(manager, status, err);
    if (status == CKL_OK)
        manager_forget_metrics(manager);
    return status;
}

static ckl_status check_metric(int64_t step, const char *name, ckl_error *err)
{
    size_t size = strlen(name);
    if (step < 0)
        return error_set(err, CKL_INVALID, "step %lld is negative", (long long)step);
    if (size < 1 || size > METRIC_NAME_MAX || !doc_valid_utf8(name, size))
        return error_set(err, CKL_INVALID,
                         "the name of a metric has 1 to %d bytes of valid Unicode",
                         METRIC_NAME_MAX);
    return CKL_OK;
}

static ckl_status buffer_metric(ckl_manager *manager, int64_t step, const char *name, double value,
                                ckl_error *err)
{
    if (manager->metric_count == METRICS_WAITING_MAX)
        return error_set(err, CKL_NO_SPACE,
                         "%d metrics wait to be written: further ones are not kept",
                         METRICS_WAITING_MAX);
    if (manager->metric_count == manager->metric_capacity) {
        size_t capacity = manager->metric_capacity == 0 ? 64 : manager->metric_capacity * 2;
        ledger_metric *grown = realloc(manager->metrics, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        manager->metrics = grown;
        manager->metric_capacity = capacity;
    }
    char *copy = strdup(name);
    if (copy == NULL)
        return error_memory(err);
    manager->metrics[manager->metric_count++] = (ledger_metric){step, clock_now_us(), value, copy};
    return CKL_OK;
}

/* The head they are about is asked once for each batch: own changes of the head write first. */
static ckl_status begin_batch(ckl_manager *manager, ckl_error *err)
{
    manager_view view;
    if (manager->metric_experiment != 0)
        return CKL_OK;
    ckl_status status = manager_view_read(&view, manager, err);
    if (status != CKL_OK)
        return status;
    if (view.head.id == 0) {
        error_set(err, CKL_INVALID, "run '%s' has no state yet that a metric could belong to",
                  manager->run_name);
        error_hint(err, "record a model, a configuration or a data state first");
        return CKL_INVALID;
    }
    manager->metric_experiment = view.head.id;
    manager->metric_since_us = clock_monotonic_us();
    return CKL_OK;
}

ckl_status ckl_manager_log_metric(ckl_manager *manager, int64_t step, const char *name,
                                  double value, ckl_error *err)
{
    ckl_status status = manager_check_writable(manager, err);
    if (status == CKL_OK)
        status = check_metric(step, name, err);
    if (status == CKL_OK)
        status = begin_batch(manager, err);
    if (status == CKL_OK)
        status = buffer_metric(manager, step, name, value, err);
    if (status != CKL_OK)
        return status;
    if (manager->metric_count < manager->flush_at &&
        clock_monotonic_us() - manager->metric_since_us < METRIC_DELAY_US)
        return CKL_OK;
    status = ckl_manager_flush_metrics(manager, err);
    if (status != CKL_OK) { /* tried again after as many more, or a second */
        manager->flush_at = manager->metric_count + METRICS_AT_ONCE;
        manager->metric_since_us = clock_monotonic_us();
    }
    return status;
}

/* ---- the loaded data state ------------------------------------------------------------------- */

void manager_keep_data_state(ckl_manager *manager, ckl_data_state *state, int64_t component)
{
    ckl_data_state_free(manager->head_state); /* of the same state: one of its owners */
    manager->head_state = state;
    manager->head_component = component;
}

ckl_status manager_data_state(const ckl_data_state **out, ckl_manager *manager, int64_t component,
                              int64_t run, ckl_error *err)
{
    if (manager->head_state == NULL || manager->head_component != component) {
        ckl_data_state *loaded = NULL;
        ckl_status status = ledger_data_load(&loaded, manager->ledger, component, run, err);
        if (status != CKL_OK)
            return status;
        manager_keep_data_state(manager, loaded, component);
    }
    *out = manager->head_state;
    return CKL_OK;
}
