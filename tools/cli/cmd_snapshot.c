/* snapshot: a copy of the ledger for dashboards, once or again and again. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "command.h"

typedef struct copying {
    const invocation *call;
    ckl_manager *manager;
    const char *path;
    ckl_snapshot_info last;
    sigset_t ends; /* the signals that end it: between two copies, never in one */
    bool again;
} copying;

static void show(const copying *job)
{
    char time_of[32];
    const ckl_snapshot_info *info = &job->last;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t at_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    if (!job->call->json) {
        printf("%s  ", time_text(time_of, at_us));
        put(job->path);
        printf("  %llu bytes, up to event %lld\n", (unsigned long long)info->bytes,
               (long long)info->seq);
        return;
    }
    emit_begin();
    emit_text("path", job->path);
    emit_time("at", at_us);
    emit_integer("seq", info->seq);
    emit_integer("bytes", (int64_t)info->bytes);
    emit_end();
}

static ckl_status copy_once(copying *job, ckl_error *err)
{
    ckl_status status =
        ckl_snapshot(&job->last, job->manager, job->path, job->again ? &job->last : NULL, err);
    if (status == CKL_OK && job->last.written)
        show(job);
    job->again = job->again || status == CKL_OK;
    return status;
}

/* True when a signal came that ends it. */
static bool pause_for(const copying *job, int64_t every_ms)
{
    struct timespec pause = {.tv_sec = (time_t)(every_ms / 1000),
                             .tv_nsec = (long)(every_ms % 1000) * 1000000};
    for (;;) {
        if (sigtimedwait(&job->ends, NULL, &pause) >= 0)
            return true;
        if (errno != EINTR)
            return false;
    }
}

/* The first copy must succeed; later a failure is told once, and tried again. */
static ckl_status copy_again(copying *job, int64_t every_ms, ckl_error *err)
{
    char told[sizeof err->message] = "";
    ckl_status status = copy_once(job, err);
    while (status == CKL_OK) {
        ckl_error failure = {0};
        if (fflush(stdout) != 0 || pause_for(job, every_ms))
            return CKL_OK;
        if (copy_once(job, &failure) == CKL_OK)
            told[0] = '\0';
        else if (strcmp(told, failure.message) != 0) {
            memcpy(told, failure.message, sizeof told);
            fputs("ckl: ", stderr);
            put_to(stderr, failure.message);
            fputs(": trying again\n", stderr);
        }
    }
    return status;
}

ckl_status cmd_snapshot(invocation *call, ckl_manager *manager, int *exit_code, ckl_error *err)
{
    const char *every = option_value(call, "--every");
    copying job = {.call = call, .manager = manager};
    int64_t every_ms = 0;
    sigset_t before;
    (void)exit_code;
    ckl_status status = check_arguments(call, 1, 1, err);
    if (status == CKL_OK && every != NULL)
        status = parse_duration(&every_ms, every, "--every", err);
    if (status != CKL_OK)
        return status;
    job.path = call->arguments[0];
    sigemptyset(&job.ends);
    sigaddset(&job.ends, SIGINT);
    sigaddset(&job.ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &job.ends, &before);
    status = every != NULL ? copy_again(&job, every_ms, err) : copy_once(&job, err);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}
