/* Names and notes of the other ledger. */
#include <stdio.h>
#include <string.h>

#include "merge_internal.h"

/* A name that another state has here gets a number. */
static ckl_status free_name(char out[80], merge *job, const char *name, int64_t experiment,
                            ckl_error *err)
{
    ledger_experiment owner = {0};
    snprintf(out, 80, "%.64s", name);
    for (unsigned number = 2;; number++) {
        ckl_status status = ledger_label_find(&owner, job->ours, out, err);
        if (status == CKL_NOT_FOUND || (status == CKL_OK && owner.id == experiment))
            return CKL_OK;
        if (status != CKL_OK)
            return status;
        snprintf(out, 80, "%.58s-%u", name, number);
    }
}

ckl_status merge_read_label(int64_t *experiment, merge *job, foreign_event *from, ckl_error *err)
{
    char name[80];
    const char *hash = json_string_value(json_object_get(from->detail, "experiment"));
    const char *text = json_string_value(json_object_get(from->detail, from->event.kind));
    ledger_experiment there, here;
    ckl_status status =
        hash != NULL ? ledger_experiment_find(&there, job->other, hash, err) : CKL_NOT_FOUND;
    if (status == CKL_NOT_FOUND)
        return error_set(err, CKL_DAMAGED, "'%s': event %lld names no state", job->folder,
                         (long long)from->seq);
    if (status == CKL_OK)
        status = merge_experiment(experiment, job, there.id, 0, err);
    if (status == CKL_OK)
        status = ledger_experiment_get(&here, job->ours, *experiment, err);
    if (status != CKL_OK)
        return status;
    if (json_object_set_new(from->detail, "experiment", json_string(here.hash.text)) != 0)
        return error_memory(err);
    if (text == NULL || strcmp(from->event.kind, "name") != 0)
        return CKL_OK;
    status = free_name(name, job, text, *experiment, err);
    if (status == CKL_OK && json_object_set_new(from->detail, "name", json_string(name)) != 0)
        status = error_memory(err);
    return status;
}

ckl_status merge_is_labelled_here(bool *out, merge *job, const merge_run *run, const char *kind,
                                  int64_t experiment, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ours,
                                 "SELECT 1 FROM _label AS label"
                                 " JOIN _event AS event ON event.seq = label.event"
                                 " WHERE label.kind = :kind AND label.experiment = :experiment"
                                 "   AND event.run <> :run",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":kind", kind);
    bind_integer(&row, ":experiment", experiment);
    bind_integer(&row, ":run", run->row.id);
    status = statement_step(&row, err);
    *out = status == CKL_OK;
    return status == CKL_DONE ? CKL_OK : status;
}
