/* The table of workloads. */
#include <string.h>

#include "workloads.h"

#define NETWORK "CKL_FILE_SYSTEM=network"

const workload WORKLOADS[] = {
    {"dump", run_dump, NULL, NULL},
    {"force", run_force, NULL, NULL},
    {"checkpoint", run_checkpoint, NULL, NULL},
    {"copy", run_copy, NULL, NULL},
    {"move", run_move, NULL, NULL},
    {"replace", run_replace, NULL, NULL},
    {"links", run_links, NULL, NULL},
    {"reflinks", run_links, "FAULT_CLONE=1", NULL},
    {"no_links", run_links, "FAULT_DENY=link", NULL},
    {"no_noreplace", run_dump, "FAULT_DENY=noreplace", NULL},
    {"move_no_links", run_move, "FAULT_DENY=link,noreplace", NULL},
    {"gc", run_gc, NULL, NULL},
    {"repair", run_repair, NULL, NULL},
    {"accept_missing", run_accept_missing, NULL, NULL},
    {"update", run_update, NULL, NULL},
    {"edit", run_edit, NULL, NULL},
    {"switch", run_switch, NULL, NULL},
    {"run_new", run_new_run, NULL, NULL},
    {"ignore", run_ignore, NULL, NULL},
    {"metrics", run_metrics, NULL, NULL},
    {"receipts", run_receipts, NULL, NULL},
    {"names", run_names, NULL, NULL},
    {"merge", run_merge, NULL, NULL},
    {"large_log", run_large_log, NULL, NULL},
    {"migration", run_migration, NULL, NULL},
    {"elsewhere", run_elsewhere, NULL, NULL},
    {"snapshot", run_snapshot, NULL, NULL},
    {"first_open", run_first_open, NULL, NULL},
    {"many", run_many, NULL, NULL},
    {"many_dumps", run_many_dumps, NULL, NULL},
    {"train", run_train, NULL, NULL},
    {"curate", run_curate, NULL, NULL},
    {"recover_dump", run_recover_dump, NULL, NULL},
    {"recover_checkpoint", run_recover_checkpoint, NULL, NULL},
    {"recover_replace", run_recover_replace, NULL, NULL},
    {"recover_move", run_recover_move, NULL, NULL},
    {"recover_gc", run_recover_gc, NULL, NULL},
    {"recover_no_links", run_recover_move, "FAULT_DENY=link,noreplace", NULL},
    {"undo_checkpoint", run_undo_checkpoint, NULL, NULL},
    {"network_dump", run_dump, NETWORK, NULL},
    {"network_replace", run_replace, NETWORK, NULL},
    {"network_receipts", run_receipts, NETWORK, NULL},
    {"network_first_open", run_first_open, NETWORK, NULL},
    {"network_many", run_many, NETWORK, NULL},
    {"leave_log", run_leave_log, NETWORK, NULL},
    {"sync_fails_1", run_sync_fails, NULL, "1"},
    {"sync_fails_2", run_sync_fails, NULL, "2"},
    {"sync_fails_3", run_sync_fails, NULL, "3"},
    {"sync_fails_4", run_sync_fails, NULL, "4"},
    {"sync_fails_5", run_sync_fails, NULL, "5"},
    {"sync_fails_6", run_sync_fails, NULL, "6"},
    {"sync_fails_8", run_sync_fails, NULL, "8"},
    {"sync_fails_10", run_sync_fails, NULL, "10"},
    {"sync_fails_12", run_sync_fails, NULL, "12"},
    {NULL, NULL, NULL, NULL},
};

const workload *workload_find(const char *name)
{
    for (const workload *found = WORKLOADS; found->name != NULL; found++) {
        if (strcmp(found->name, name) == 0)
            return found;
    }
    return NULL;
}
