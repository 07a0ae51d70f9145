/* Who trains on a run, and telling it that something changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "manager_internal.h"

/* As large as a small dump: what fits beside it is not worth recording. */
static const char PROBE[16384];

#define CLAIM_TIMEOUT_MS 100 /* a look at who trains holds the lock for a moment */

static ckl_status lease_path(char **out, const ckl_manager *manager, ckl_error *err)
{
    char name[128];
    snprintf(name, sizeof name, ".ckl/trainer-%s.lock", manager->run_name);
    return storage_path(out, manager->tree, name, err);
}

static ckl_status take_lease(ckl_manager *manager, ckl_error *err)
{
    char *path = NULL, text[256], host[128] = "", since[32];
    fs_lock *lease = NULL;
    ckl_error held = {0};
    ckl_status status = lease_path(&path, manager, err);
    if (status != CKL_OK)
        return status;
    status = fs_lock_take(&lease, path, false, CLAIM_TIMEOUT_MS, &held);
    if (status == CKL_BUSY) {
        fs_lock_signature(text, sizeof text, path);
        error_set(err, CKL_BUSY, "run '%s' is trained already: %s", manager->run_name, text);
        error_hint(err, "stop that one, or train on a run of your own: --run NAME");
    } else if (status != CKL_OK) {
        error_pass(err, &held);
    } else {
        gethostname(host, sizeof host - 1);
        clock_iso(since, clock_now_us());
        snprintf(text, sizeof text, "%s, pid %ld, since %s", host, (long)getpid(), since);
        status = fs_lock_sign(lease, text, err);
    }
    free(path);
    if (status == CKL_OK)
        manager->lease = lease;
    else
        fs_lock_drop(lease);
    return status;
}

/* ---- what history says about it -------------------------------------------------------------- */

static ckl_status add_event(ckl_manager *manager, const manager_view *view, const char *kind,
                            int64_t session_id, const char *detail, const char *reason,
                            int64_t at_us, ckl_error *err)
{
    char op[33];
    ckl_status status = fs_random_name(op, err);
    ledger_event event = {.op = op,
                          .at_us = at_us,
                          .run = view->run.id,
                          .session = session_id,
                          .kind = kind,
                          .experiment = view->head.id,
                          .from_experiment = view->head.id,
                          .config = view->run.head_config,
                          .from_config = view->run.head_config,
                          .step = -1,
                          .actor = manager->actor,
                          .reason = reason,
                          .detail = detail};
    return status == CKL_OK ? ledger_event_add(NULL, manager->ledger, &event, err) : status;
}

static ckl_status end_session(ckl_manager *manager, const manager_view *view, int64_t session_id,
                              const char *outcome, const char *who, ckl_error *err)
{
    char *detail = NULL;
    char reason[320] = "";
    int64_t now = clock_now_us();
    if (strcmp(outcome, "died") == 0)
        snprintf(reason, sizeof reason, "the trainer %s ended without closing", who);
    ckl_status status = detail_of_end(&detail, outcome, who, err);
    if (status == CKL_OK)
        status = add_event(manager, view, "end", session_id, detail,
                           reason[0] != '\0' ? reason : NULL, now, err);
    if (status == CKL_OK)
        status = ledger_session_end(manager->ledger, session_id, outcome, now, err);
    free(detail);
    return status;
}

/* Who holds the lease finds out about trainers that held it and are gone. */
static ckl_status end_dead_sessions(ckl_manager *manager, const manager_view *view, ckl_error *err)
{
    for (;;) {
        char who[400];
        int64_t dead = 0;
        ckl_status status = ledger_session_unfinished(&dead, who, sizeof who, manager->ledger,
                                                      view->run.id, view->session, err);
        if (status == CKL_OK && dead != 0)
            status = end_session(manager, view, dead, "died", who, err);
        if (status != CKL_OK || dead == 0)
            return status;
    }
}

/* A program that begins to train may have loaded any weights, or none: where they come from is
 * known only when somebody said so since the run was trained last, by `switch HASH@STEP` or
 * `run new --from HASH@STEP`. */
static ckl_status forget_origin(manager_view *view, ckl_manager *manager, ckl_error *err)
{
    bool trained = false;
    ckl_status status = ledger_run_trained_last(&trained, manager->ledger, view->run.id, err);
    if (status == CKL_OK && trained) {
        view->run.from_checkpoint = 0;
        view->run.first_step = -1;
        view->run.origin = ORIGIN_UNKNOWN;
    }
    return status;
}

/* In a write transaction. */
static ckl_status announce(manager_view *view, ckl_manager *manager, ckl_error *err)
{
    char *detail = NULL;
    ckl_status status = manager_view_read(view, manager, err);
    if (status == CKL_OK)
        status = manager_ensure_run(view, manager, err);
    if (status == CKL_OK)
        status = manager_session(&view->session, manager, view->run.id, err);
    if (status == CKL_OK)
        status = end_dead_sessions(manager, view, err);
    if (status == CKL_OK)
        status = forget_origin(view, manager, err);
    if (status == CKL_OK)
        status = detail_of_origin(&detail, manager->ledger, &view->run, err);
    if (status == CKL_OK)
        status = add_event(manager, view, "train", view->session, detail, NULL, 0, err);
    if (status == CKL_OK)
        status = ledger_run_save(manager->ledger, &view->run, err);
    free(detail);
    return status;
}

ckl_status manager_claim(ckl_manager *manager, ckl_error *err)
{
    ckl_status status = manager_check_writable(manager, err);
    return status == CKL_OK && manager->lease == NULL ? take_lease(manager, err) : status;
}

ckl_status ckl_manager_begin_training(ckl_manager *manager, ckl_error *err)
{
    manager_view view;
    ckl_status status = manager_claim(manager, err);
    if (status != CKL_OK || !manager->training || manager->announced)
        return status;
    /* There is something to train first: then the next call, or the first checkpoint, says so. */
    status = manager_view_read(&view, manager, err);
    if (status != CKL_OK || view.head.id == 0)
        return status;
    status = db_begin(manager->ledger, DB_WRITE, err);
    if (status != CKL_OK)
        return status;
    status = manager_end(manager, announce(&view, manager, err), err);
    if (status != CKL_OK)
        return status;
    manager->session = view.session;
    manager->announced = true;
    return CKL_OK;
}

void manager_end_training(ckl_manager *manager)
{
    manager_view view;
    char who[400];
    if (!manager->announced || db_begin(manager->ledger, DB_WRITE, NULL) != CKL_OK)
        return;
    snprintf(who, sizeof who, "%s, pid %lld", manager->environment.host,
             (long long)manager->environment.pid);
    ckl_status status = manager_view_read(&view, manager, NULL);
    if (status == CKL_OK)
        status = end_session(manager, &view, manager->session, "closed", who, NULL);
    (void)manager_end(manager, status, NULL);
    manager->announced = false;
}

/* ---- looking at it --------------------------------------------------------------------------- */

void manager_read_trainer(char *out, size_t size, const ckl_manager *manager)
{
    char *path = NULL;
    fs_lock *look = NULL;
    out[0] = '\0';
    if (lease_path(&path, manager, NULL) != CKL_OK)
        return;
    if (fs_exists(path)) {
        ckl_status status = fs_lock_take(&look, path, true, 0, NULL);
        if (status != CKL_OK)
            fs_lock_signature(out, size, path);
        fs_lock_drop(look);
    }
    free(path);
}

ckl_status manager_open_counter(ckl_manager *manager, ckl_error *err)
{
    return fs_counter_open(&manager->changes, storage_changes(manager->tree), err);
}

void manager_set_degraded(ckl_manager *manager, const char *why)
{
    char text[FS_COUNTER_TEXT] = "";
    if (why != NULL)
        snprintf(text, sizeof text, "run %s: %s", manager->run_name, why);
    fs_counter_set_text(manager->changes, text);
}

void manager_hurry(ckl_manager *manager, bool hurry)
{
    db_set_patience(manager->ledger, hurry ? 0 : -1);
}

ckl_status manager_probe(ckl_manager *manager, ckl_error *err)
{
    storage_op *op = NULL;
    fs_writer *writer = NULL;
    digest unused;
    uint64_t size;
    char name[33];
    ckl_status status = ckl_manager_flush_metrics(manager, err);
    if (status == CKL_OK)
        status = fs_random_name(name, err);
    if (status == CKL_OK)
        status = storage_op_begin(&op, manager->tree, name, err);
    if (status == CKL_OK)
        status = storage_op_create(&writer, op, "probe", err);
    if (status == CKL_OK) {
        status = fs_writer_add(writer, PROBE, sizeof PROBE, err);
        if (status == CKL_OK)
            status = fs_writer_finish(&unused, &size, writer, 0600, err);
        else
            fs_writer_abandon(writer);
    }
    storage_op_end(op);
    if (status != CKL_OK)
        return status;
    /* An intent of nothing, taken back: the log takes both, or says that it cannot. */
    status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status != CKL_OK)
        return status;
    status = ledger_intent_add(manager->ledger, name, "{}", err);
    if (status == CKL_OK)
        status = ledger_intent_remove(manager->ledger, name, err);
    return manager_end(manager, status, err);
}

void manager_read_degraded(char *out, size_t size, const ckl_manager *manager)
{
    char text[FS_COUNTER_TEXT] = "", trainer[256];
    fs_counter_text(text, storage_changes(manager->tree));
    snprintf(out, size, "%s", text);
    /* A trainer on a disk that turned read-only cannot even say so. */
    manager_read_trainer(trainer, sizeof trainer, manager);
    if (out[0] == '\0' && trainer[0] != '\0' && fs_is_read_only(manager->root))
        snprintf(out, size, "'%s' is on a file system that is read-only now", manager->root);
}

uint64_t ckl_manager_change_count(const ckl_manager *manager)
{
    return fs_counter_read(manager->changes);
}
