/* Moving about: switch, runs, and what does not count. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "canon.h"
#include "doc.h"
#include "manager_internal.h"

ckl_status manager_baseline_of(int64_t *out, ckl_manager *manager,
                               const ledger_experiment *experiment, ckl_error *err)
{
    *out = experiment->id;
    if (experiment->dumped != 0)
        return CKL_OK;
    return ledger_dumped_ancestor(out, manager->ledger, experiment->id, err);
}

ckl_status manager_config_of(int64_t *out, ckl_manager *manager,
                             const ledger_experiment *experiment, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *out = 0;
    if (experiment->config == 0)
        return CKL_OK;
    ckl_status status = db_query(&row, manager->ledger,
                                 "SELECT event.config FROM _event AS event"
                                 " JOIN _run AS run ON run.id = event.run"
                                 " WHERE event.experiment = :experiment"
                                 "   AND event.config IS NOT NULL"
                                 " ORDER BY run.name = :run DESC, event.seq DESC LIMIT 1",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":experiment", experiment->id);
    bind_text(&row, ":run", manager->run_name);
    status = ledger_first_integer(out, &row, err);
    if (status == CKL_NOT_FOUND)
        status = ledger_config_latest(out, manager->ledger, experiment->config, err);
    return status;
}

/* ---- switch ---------------------------------------------------------------------------------- */

static ckl_status find_step(int64_t *out, ckl_manager *manager, const ledger_experiment *target,
                            int64_t step, int64_t run, ckl_error *err)
{
    *out = 0;
    if (step < 0)
        return CKL_OK;
    ckl_status status = ledger_checkpoint_at(out, manager->ledger, target->id, step, run, err);
    if (status != CKL_NOT_FOUND)
        return status;
    error_set(err, CKL_NOT_FOUND, "experiment %s has no checkpoint at step %lld", target->hash.text,
              (long long)step);
    error_hint(err, "see which it has: ckl checkpoints");
    return CKL_NOT_FOUND;
}

/* In a write transaction. */
static ckl_status move_to(manager_view *view, ckl_manager *manager, const ledger_experiment *target,
                          int64_t step, ckl_error *err)
{
    int64_t checkpoint = 0, config = 0, baseline = 0;
    /* First, for it says where the weights of a new run come from, and this says otherwise. */
    ckl_status status = manager_ensure_run(view, manager, err);
    if (status == CKL_OK)
        status = find_step(&checkpoint, manager, target, step, view->run.id, err);
    if (status == CKL_OK)
        status = manager_config_of(&config, manager, target, err);
    if (status == CKL_OK)
        status = manager_baseline_of(&baseline, manager, target, err);
    if (status != CKL_OK)
        return status;
    view->run.baseline = baseline;
    view->run.from_checkpoint = checkpoint;
    view->run.first_step = checkpoint == 0 ? -1 : step < INT64_MAX ? step + 1 : step;
    view->run.origin = checkpoint == 0 ? ORIGIN_UNKNOWN : ORIGIN_CHECKPOINT;
    manager_move move = {
        .kind = "switch", .to = target, .config = config, .step = step, .moves_origin = true};
    return manager_move_head(view, manager, &move, err);
}

/* *dump_first: the head has weights but no directory; then nothing was done. */
static ckl_status try_switch(manager_view *view, bool *dump_first, ckl_hash *from,
                             ckl_manager *manager, const char *hash, int64_t step, ckl_error *err)
{
    ledger_experiment target = {0};
    ckl_status status = db_begin(manager->ledger, DB_WRITE, err);
    if (status != CKL_OK)
        return status;
    status = manager_view_read(view, manager, err);
    if (status == CKL_OK)
        status = manager_resolve(&target, manager, hash, err);
    *from = view->head.hash;
    *dump_first = false;
    if (status == CKL_OK && view->head.id != 0 && view->head.id != target.id &&
        view->head.dumped == 0)
        status = ledger_experiment_has_checkpoint(dump_first, manager->ledger, view->head.id, err);
    if (status == CKL_OK && !*dump_first && (view->head.id != target.id || step >= 0)) {
        status = move_to(view, manager, &target, step, err);
        int64_t own_session = view->session;
        if (status == CKL_OK) /* here, for what is done must not end with an error */
            status = manager_view_read(view, manager, err);
        status = manager_end(manager, status, err);
        if (status != CKL_OK)
            return status;
        manager_forget_metrics(manager);
        manager->session = own_session;
        manager->own_head = view->head.hash;
        return CKL_OK;
    }
    db_rollback(manager->ledger);
    return status;
}

ckl_status ckl_manager_switch(ckl_switch_result *out, ckl_manager *manager, const char *hash,
                              int64_t step, ckl_error *err)
{
    manager_view view;
    ckl_dump_result dumped;
    ckl_hash from;
    bool dump_first = false;
    ckl_status status = manager_check_writable(manager, err);
    while (status == CKL_OK) {
        status = try_switch(&view, &dump_first, &from, manager, hash, step, err);
        if (status != CKL_OK || !dump_first)
            break;
        status = manager_dump(&dumped, manager, true, err);
    }
    if (status == CKL_OK)
        *out = (ckl_switch_result){from, view.head.hash, view.pending};
    return status;
}

/* In a write transaction: nothing but the origin of the weights changes. */
static ckl_status resume(manager_view *view, ckl_manager *manager, const char *hash, int64_t step,
                         ckl_error *err)
{
    ledger_experiment loaded = {0};
    ckl_status status = manager_view_read(view, manager, err);
    if (status == CKL_OK)
        status = manager_resolve(&loaded, manager, hash, err);
    if (status == CKL_OK)
        status = manager_ensure_run(view, manager, err);
    if (status == CKL_OK)
        status = find_step(&view->run.from_checkpoint, manager, &loaded, step, view->run.id, err);
    if (status != CKL_OK)
        return status;
    view->run.first_step = step < INT64_MAX ? step + 1 : step;
    view->run.origin = ORIGIN_CHECKPOINT;
    manager_move move = {.kind = "resume",
                         .to = &view->head,
                         .config = view->run.head_config,
                         .step = step,
                         .moves_origin = true};
    return manager_move_head(view, manager, &move, err);
}

ckl_status ckl_manager_resume_from(ckl_manager *manager, const char *hash, int64_t step,
                                   ckl_error *err)
{
    manager_view view;
    ckl_status status = manager_check_writable(manager, err);
    if (status == CKL_OK && step < 0)
        return error_set(err, CKL_INVALID, "step %lld is negative", (long long)step);
    if (status == CKL_OK)
        status = ckl_manager_flush_metrics(manager, err);
    if (status == CKL_OK)
        status = db_begin(manager->ledger, DB_WRITE, err);
    if (status != CKL_OK)
        return status;
    status = manager_end(manager, resume(&view, manager, hash, step, err), err);
    if (status == CKL_OK)
        manager->session = view.session;
    return status;
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* "HASH@STEP": *hash is the caller's; *step is -1 where none is given. "@" alone is the head. */
static ckl_status split_step(char **hash, int64_t *step, const char *text, ckl_error *err)
{
    const char *mark = strrchr(text, '@');
    char *end = NULL;
    *step = -1;
    *hash = strdup(text);
    if (*hash == NULL)
        return error_memory(err);
    if (mark == NULL || mark == text || mark[1] < '0' || mark[1] > '9')
        return CKL_OK;
    errno = 0;
    *step = strtoll(mark + 1, &end, 10);
    if (errno != 0 || *end != '\0') {
        free(*hash);
        *hash = NULL;
        return error_set(err, CKL_INVALID, "'%s' is no step", mark + 1);
    }
    (*hash)[mark - text] = '\0';
    return CKL_OK;
}

/* Where the new run stands: on an experiment, and perhaps on one of its checkpoints. */
static ckl_status stand_on(manager_view *view, ledger_experiment *target, int64_t *step,
                           ckl_manager *manager, const char *from, ckl_error *err)
{
    char *hash = NULL;
    ckl_status status = split_step(&hash, step, from, err);
    if (status == CKL_OK)
        status = manager_resolve(target, manager, hash, err);
    if (status == CKL_OK)
        status = find_step(&view->run.from_checkpoint, manager, target, *step, view->run.id, err);
    if (status == CKL_OK && view->run.from_checkpoint != 0) {
        view->run.first_step = *step < INT64_MAX ? *step + 1 : *step;
        view->run.origin = ORIGIN_CHECKPOINT;
    }
    free(hash);
    return status;
}

/* In a write transaction; the manager works on the new run for as long as that takes. */
static ckl_status add_run(ckl_manager *manager, const char *name, const char *from, ckl_error *err)
{
    ledger_run there;
    ledger_experiment target = {0};
    manager_view view = {.run.first_step = -1};
    int64_t config = 0, step = -1;
    bool any = false;
    ckl_status status = ledger_run_find(&there, manager->ledger, name, err);
    if (status == CKL_OK && there.id != 0) {
        error_set(err, CKL_INVALID, "there is a run '%s' already", name);
        error_hint(err, "work on it with --run %s", name);
        return CKL_INVALID;
    }
    if (status == CKL_OK && from != NULL)
        status = stand_on(&view, &target, &step, manager, from, err);
    if (status == CKL_OK)
        status = ledger_has_checkpoints(&any, manager->ledger, err);
    if (status == CKL_OK && !any)
        view.run.origin = ORIGIN_START;
    if (status == CKL_OK)
        status = ledger_run_add(&view.run.id, manager->ledger, name, err);
    if (status == CKL_OK && target.id != 0)
        status = manager_config_of(&config, manager, &target, err);
    if (status == CKL_OK && target.id != 0)
        status = manager_baseline_of(&view.run.baseline, manager, &target, err);
    if (status != CKL_OK)
        return status;
    manager_move move = {
        .kind = "run", .to = &target, .config = config, .step = step, .moves_origin = true};
    return manager_move_head(&view, manager, &move, err);
}

ckl_status ckl_manager_new_run(ckl_manager *manager, const char *name, const char *from,
                               ckl_error *err)
{
    ckl_status status = manager_check_writable(manager, err);
    if (status == CKL_OK && !manager_run_name_is_good(name)) {
        error_set(err, CKL_INVALID, "'%s' is no name for a run", name);
        error_hint(err, "1 to 64 of A-Z a-z 0-9 . _ -");
        return CKL_INVALID;
    }
    if (status == CKL_OK)
        status = ckl_manager_flush_metrics(manager, err); /* they are the other run's */
    if (status == CKL_OK)
        status = db_begin(manager->ledger, DB_WRITE, err);
    if (status != CKL_OK)
        return status;
    return manager_end(manager, add_run(manager, name, from, err), err);
}

/* ---- what does not count --------------------------------------------------------------------- */

static ckl_status is_ignored(bool *out, ckl_manager *manager, const char *pointer, ckl_error *err)
{
    char **paths = NULL;
    size_t count = 0;
    *out = false;
    ckl_status status = ledger_ignored_paths(&paths, &count, manager->ledger, err);
    for (size_t index = 0; status == CKL_OK && index < count; index++)
        *out = *out || strcmp(paths[index], pointer) == 0;
    free(paths);
    return status;
}

static ckl_status record_ignore(ckl_manager *manager, const char *pointer, bool ignored,
                                const char *reason, ckl_error *err)
{
    manager_view view;
    char op[33];
    int64_t seq = 0;
    BUF_AUTO detail = BUF_INIT;
    buf_add_text(&detail, "{\"path\": ");
    canon_string(&detail, pointer, strlen(pointer));
    buf_add_text(&detail, "}");
    ckl_status status = buf_check(&detail, err);
    if (status == CKL_OK)
        status = fs_random_name(op, err);
    if (status == CKL_OK)
        status = manager_view_read(&view, manager, err);
    if (status == CKL_OK)
        status = manager_ensure_run(&view, manager, err);
    if (status != CKL_OK)
        return status;
    ledger_event event = {.op = op,
                          .run = view.run.id,
                          .kind = ignored ? "ignore" : "unignore",
                          .experiment = view.head.id,
                          .from_experiment = view.head.id,
                          .config = view.run.head_config,
                          .from_config = view.run.head_config,
                          .step = -1,
                          .actor = manager->actor,
                          .reason = reason,
                          .detail = detail.data};
    status = ledger_event_add(&seq, manager->ledger, &event, err);
    return status == CKL_OK ? ledger_ignore(manager->ledger, pointer, ignored, seq, err) : status;
}

ckl_status ckl_manager_ignore(bool *changed, ckl_manager *manager, const char *path, bool ignored,
                              const char *reason, ckl_error *err)
{
    char *pointer = NULL;
    bool before = false;
    ckl_status status = manager_check_writable(manager, err);
    if (status == CKL_OK)
        status = canon_pointer(&pointer, path, err);
    if (status == CKL_OK)
        status = db_begin(manager->ledger, DB_WRITE, err);
    if (status == CKL_OK) {
        status = is_ignored(&before, manager, pointer, err);
        if (status == CKL_OK && before != ignored)
            status = record_ignore(manager, pointer, ignored, reason, err);
        status = manager_end(manager, status, err);
    }
    if (status == CKL_OK && changed != NULL)
        *changed = before != ignored;
    free(pointer);
    return status;
}

ckl_status ckl_manager_ignored_paths(char ***out, size_t *count, ckl_manager *manager,
                                     ckl_error *err)
{
    return ledger_ignored_paths(out, count, manager->ledger, err);
}
