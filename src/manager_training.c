/* Who trains on a run, and telling it that something changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "manager_internal.h"

#define CLAIM_TIMEOUT_MS 100 /* a look at who trains holds the lock for a moment */

static ckl_status lease_path(char **out, const ckl_manager *manager, ckl_error *err)
{
    char name[128];
    snprintf(name, sizeof name, ".ckl/trainer-%s.lock", manager->run_name);
    return storage_path(out, manager->tree, name, err);
}

ckl_status ckl_manager_begin_training(ckl_manager *manager, ckl_error *err)
{
    char *path = NULL, text[256], host[128] = "", since[32];
    fs_lock *lease = NULL;
    ckl_error held = {0};
    ckl_status status = manager_check_writable(manager, err);
    if (status != CKL_OK || manager->lease != NULL)
        return status;
    status = lease_path(&path, manager, err);
    if (status != CKL_OK)
        return status;
    status = fs_lock_take(&lease, path, false, CLAIM_TIMEOUT_MS, &held);
    if (status == CKL_BUSY) {
        fs_lock_signature(text, sizeof text, path);
        error_set(err, CKL_BUSY, "run '%s' is trained already: %s", manager->run_name, text);
        error_hint(err, "stop that one, or train on a run of your own: --run NAME");
    } else if (status != CKL_OK) {
        error_set(err, status, "%s", held.message);
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
    char *path = NULL;
    ckl_status status = storage_path(&path, manager->tree, ".ckl/changes", err);
    if (status == CKL_OK)
        status = fs_counter_open(&manager->changes, path, err);
    free(path);
    return status;
}

void manager_set_degraded(ckl_manager *manager, const char *why)
{
    char text[FS_COUNTER_TEXT] = "";
    if (why != NULL)
        snprintf(text, sizeof text, "run %s: %s", manager->run_name, why);
    fs_counter_set_text(manager->changes, text);
}

void manager_read_degraded(char *out, size_t size, const ckl_manager *manager)
{
    char *path = NULL, text[FS_COUNTER_TEXT] = "";
    if (storage_path(&path, manager->tree, ".ckl/changes", NULL) == CKL_OK)
        fs_counter_text(text, path);
    free(path);
    snprintf(out, size, "%s", text);
}

uint64_t ckl_manager_change_count(const ckl_manager *manager)
{
    return fs_counter_read(manager->changes);
}
