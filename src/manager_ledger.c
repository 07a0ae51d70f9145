/* A ledger that is not in its root: the two are tied by a name, which the root has in .ckl/ledger
 * and the ledger in _meta ("tree"), so that neither is used with another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager_internal.h"

/* A row's text; empty when there is none. */
static ckl_status read_text(char *out, size_t size, ckl_manager *manager, const char *sql,
                            ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    out[0] = '\0';
    ckl_status status = db_query(&row, manager->ledger, sql, err);
    if (status == CKL_OK)
        status = statement_step(&row, err);
    if (status == CKL_OK && !column_is_null(&row, 0) && strlen(column_required(&row, 0)) < size)
        strcpy(out, column_required(&row, 0));
    return status == CKL_DONE ? CKL_OK : status;
}

/* The root says of itself which ledger its last dump was recorded in. */
static bool receipt_names(const ckl_manager *manager, const char *ledger)
{
    char *path = NULL, text[4096] = "";
    if (storage_path(&path, manager->tree, ".ckl/receipt.json", NULL) == CKL_OK)
        fs_lock_signature(text, sizeof text, path);
    free(path);
    return ledger[0] != '\0' && strstr(text, ledger) != NULL;
}

static ckl_status refuse_pair(const ckl_manager *manager, const char *why, const char *hint,
                              ckl_error *err)
{
    error_set(err, CKL_REFUSED, "'%s' is not the ledger of '%s': %s", storage_ledger(manager->tree),
              manager->root, why);
    error_hint(err, "%s", hint);
    return CKL_REFUSED;
}

static ckl_status check_untied(ckl_manager *manager, const char *tie, ckl_error *err)
{
    char events[32], ledger[64];
    ckl_status status =
        read_text(events, sizeof events, manager, "SELECT seq FROM _event LIMIT 1", err);
    if (status == CKL_OK)
        status = read_text(ledger, sizeof ledger, manager,
                           "SELECT value FROM _meta WHERE key = 'ledger'", err);
    if (status != CKL_OK || events[0] == '\0')
        return status; /* nothing is recorded in it: it is new */
    if (tie[0] != '\0')
        return refuse_pair(manager, "it belongs to another root", "name the ledger of this root",
                           err);
    if (!receipt_names(manager, ledger))
        return refuse_pair(manager, "no receipt in the root names it",
                           "put it into the root as ledger.db, dump, and move it then", err);
    return CKL_OK;
}

static ckl_status write_tie(ckl_manager *manager, const char *name, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_begin(manager->ledger, DB_WRITE_DURABLE, err);
    if (status != CKL_OK)
        return status;
    status = db_query(&running, manager->ledger,
                      "INSERT INTO _meta (key, value) VALUES ('tree', :name)"
                      " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                      err);
    if (status == CKL_OK) {
        bind_text(&running, ":name", name);
        db_prove(manager->ledger, DB_PROOF_ROW,
                 "SELECT 1 FROM _meta WHERE key = 'tree' AND value = %Q", name);
        status = statement_run(&running, err);
    }
    return manager_end(manager, status, err);
}

/* The pointer first: what it names and has no tie yet is tied at the next opening. */
static ckl_status tie(ckl_manager *manager, ckl_error *err)
{
    char name[33];
    ckl_status status = CKL_OK;
    snprintf(name, sizeof name, "%s", storage_name(manager->tree));
    if (name[0] == '\0')
        status = fs_random_name(name, err);
    if (status == CKL_OK)
        status = storage_point_to_ledger(manager->tree, name, err);
    return status == CKL_OK ? write_tie(manager, name, err) : status;
}

ckl_status manager_tie_ledger(ckl_manager *manager, ckl_error *err)
{
    char there[64];
    const char *name = storage_name(manager->tree);
    if (!storage_ledger_is_elsewhere(manager->tree))
        return CKL_OK;
    ckl_status status =
        read_text(there, sizeof there, manager, "SELECT value FROM _meta WHERE key = 'tree'", err);
    if (status != CKL_OK)
        return status;
    if (name[0] != '\0' && strcmp(there, name) == 0) {
        if (!storage_ledger_has_moved(manager->tree) || db_is_read_only(manager->ledger))
            return CKL_OK;
        return storage_point_to_ledger(manager->tree, name, err);
    }
    if (name[0] != '\0' && (there[0] != '\0' || storage_ledger_has_moved(manager->tree)))
        return refuse_pair(manager, "it does not know this root", "name the ledger of this root",
                           err);
    status = check_untied(manager, there, err);
    if (status == CKL_OK && db_is_read_only(manager->ledger))
        return refuse_pair(manager, "they were not tied to each other yet",
                           "record something first, with the same --ledger", err);
    return status == CKL_OK ? tie(manager, err) : status;
}
