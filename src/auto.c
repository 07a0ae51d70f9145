/* The automatic system: opening, closing, its sources. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auto_internal.h"

#define DEFAULT_FREQUENCY INT64_C(100)

struct automatic_system automatic = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .last_step = -1, .saved_step = -1};

/* ---- inside ---------------------------------------------------------------------------------- */

void auto_enter(sigset_t *before)
{
    sigset_t limit;
    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &limit, before);
    pthread_mutex_lock(&automatic.lock);
}

void auto_leave(const sigset_t *before)
{
    static const struct timespec NOW = {0};
    sigset_t limit;
    pthread_mutex_unlock(&automatic.lock);
    if (sigismember(before, SIGXFSZ) == 1)
        return;
    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    while (sigtimedwait(&limit, NULL, &NOW) >
           0) /* it was our write: the trainer never hears of it */
        continue;
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void warn_on_standard_error(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "ckl: %s\n", message);
}

bool auto_is_silent(void)
{
    const char *rank = getenv("RANK");
    if (automatic.rank > 0)
        return true;
    return automatic.manager == NULL && rank != NULL && rank[0] != '\0' && strcmp(rank, "0") != 0;
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
    automatic.rank = 0;
    automatic.wanted = false;
}

/* With the lock held. */
static void close_manager(void)
{
    automatic.frequency = 0;
    automatic.watched = NULL;
    ckl_manager_close(automatic.manager);
    automatic.manager = NULL;
    auto_forget_kept();
    forget_options();
}

/* A process that ends without closing has its metrics written and its session ended all the same.
 */
static void close_at_exit(void)
{
    if (automatic.process != getpid() || pthread_mutex_trylock(&automatic.lock) != 0)
        return; /* another thread is inside: what it does is finished at the next opening */
    close_manager();
    pthread_mutex_unlock(&automatic.lock);
}

static void close_with_process(void)
{
    static bool registered;
    if (!registered)
        registered = atexit(close_at_exit) == 0;
}

static int64_t frequency_of(const ckl_system_options *options)
{
    return options->checkpoint_frequency > 0 ? options->checkpoint_frequency : DEFAULT_FREQUENCY;
}

static ckl_status remember_options(const ckl_system_options *options, ckl_error *err)
{
    static const ckl_warning_sink STANDARD = {warn_on_standard_error, NULL};
    bool failed = false;
    forget_options();
    automatic.root = copy_text(options->root_log_dir, &failed);
    automatic.run = copy_text(options->run, &failed);
    automatic.actor = copy_text(options->actor, &failed);
    if (failed) {
        forget_options();
        return error_memory(err);
    }
    automatic.wanted_frequency = frequency_of(options);
    automatic.rank = options->rank;
    automatic.keep_last = options->keep_last;
    automatic.warnings = options->warnings != NULL ? *options->warnings : STANDARD;
    automatic.wanted = true;
    return CKL_OK;
}

/* As was asked for last. */
static ckl_status open_system(ckl_error *err)
{
    ckl_options chosen = {.run = environment_text(automatic.run, "CKL_RUN", NULL),
                          .actor = automatic.actor,
                          .training = true,
                          .warnings = &automatic.warnings};
    ckl_status status = ckl_manager_open(
        &automatic.manager, environment_text(automatic.root, "CKL_ROOT", "."), &chosen, err);
    if (status != CKL_OK)
        return status;
    automatic.process = getpid();
    close_with_process();
    automatic.begun = automatic.degraded = false;
    automatic.model_given = automatic.config_given = automatic.data_given = false;
    automatic.last_step = automatic.saved_step = -1;
    automatic.attention = true;
    ckl_status_info now = {0};
    if (ckl_manager_status(&now, automatic.manager, NULL) == CKL_OK)
        automatic.head = now.experiment; /* what the trainer goes on from, if it does */
    automatic.watched = automatic.manager;
    automatic.frequency = automatic.wanted_frequency;
    return CKL_OK;
}

ckl_status auto_ensure_open(ckl_error *err)
{
    static const ckl_system_options DEFAULTS = {0};
    ckl_status status = CKL_OK;
    if (automatic.manager != NULL)
        return CKL_OK;
    if (!automatic.wanted)
        status = remember_options(&DEFAULTS, err);
    return status == CKL_OK ? open_system(err) : status;
}

static ckl_status check_same(const ckl_system_options *options, ckl_error *err)
{
    if (same_text(options->root_log_dir, automatic.root) &&
        same_text(options->run, automatic.run) && same_text(options->actor, automatic.actor) &&
        frequency_of(options) == automatic.frequency && options->rank == automatic.rank &&
        options->keep_last == automatic.keep_last)
        return CKL_OK;
    error_set(err, CKL_MISUSE, "the automatic system is open at '%s' with other options",
              ckl_manager_root(automatic.manager));
    error_hint(err, "call ckl_close_checkpoint_system() first");
    return CKL_MISUSE;
}

ckl_status ckl_get_checkpoint_system(ckl_manager **out, const ckl_system_options *options,
                                     ckl_error *err)
{
    sigset_t before;
    ckl_status status = CKL_OK;
    auto_enter(&before);
    if (automatic.manager != NULL) {
        status = options != NULL ? check_same(options, err) : CKL_OK;
    } else {
        if (options != NULL)
            status = remember_options(options, err);
        if (status == CKL_OK && !auto_is_silent())
            status = auto_ensure_open(err);
    }
    if (status == CKL_OK && out != NULL)
        *out = automatic.manager;
    auto_leave(&before);
    return status;
}

void ckl_close_checkpoint_system(void)
{
    sigset_t before;
    auto_enter(&before);
    close_manager();
    auto_leave(&before);
}

/* ---- sources --------------------------------------------------------------------------------- */

static ckl_status incomplete(const char *what, ckl_error *err)
{
    return error_set(err, CKL_INVALID, "a %s source needs its callbacks", what);
}

ckl_status ckl_register_model_source(const ckl_model_source *source, ckl_error *err)
{
    sigset_t before;
    if (source != NULL && (source->describe == NULL || source->write_weights == NULL))
        return incomplete("model", err);
    auto_enter(&before);
    automatic.has_model = source != NULL;
    automatic.model = source != NULL ? *source : (ckl_model_source){0};
    auto_leave(&before);
    return CKL_OK;
}

ckl_status ckl_register_config_source(const ckl_config_source *source, ckl_error *err)
{
    sigset_t before;
    if (source != NULL && source->read == NULL)
        return incomplete("configuration", err);
    auto_enter(&before);
    automatic.has_config = source != NULL;
    automatic.config = source != NULL ? *source : (ckl_config_source){0};
    auto_leave(&before);
    return CKL_OK;
}

ckl_status ckl_register_dataset_source(const ckl_dataset_source *source, ckl_error *err)
{
    sigset_t before;
    if (source != NULL && (source->get_sample_uids == NULL || source->is_discarded == NULL))
        return incomplete("dataset", err);
    auto_enter(&before);
    automatic.has_dataset = source != NULL;
    automatic.dataset = source != NULL ? *source : (ckl_dataset_source){0};
    auto_leave(&before);
    return CKL_OK;
}

ckl_status ckl_register_change_listener(const ckl_change_listener *listener, ckl_error *err)
{
    sigset_t before;
    if (listener != NULL && listener->on_change == NULL)
        return incomplete("change", err);
    auto_enter(&before);
    automatic.has_listener = listener != NULL;
    automatic.listener = listener != NULL ? *listener : (ckl_change_listener){0};
    auto_leave(&before);
    return CKL_OK;
}
