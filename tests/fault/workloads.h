/* The workloads, by what they are about. */
#ifndef WORKLOADS_H
#define WORKLOADS_H

#include "work.h"

/* ---- the tree (workloads_tree.c) ------------------------------------------------------------- */

void run_dump(void);
void run_force(void);
void run_checkpoint(void);
void run_copy(void);
void run_move(void);
void run_replace(void);
void run_links(void);
void run_gc(void);
void run_repair(void);
void run_accept_missing(void);
void run_sync_fails(void);

/* ---- the ledger (workloads_ledger.c) --------------------------------------------------------- */

void run_update(void);
void run_edit(void);
void run_switch(void);
void run_new_run(void);
void run_ignore(void);
void run_metrics(void);
void run_receipts(void);
void run_names(void);
void run_merge(void);
void run_large_log(void);
void run_migration(void);
void run_leave_log(void);
void run_elsewhere(void);
void run_snapshot(void);

/* ---- recovery (workloads_recovery.c) --------------------------------------------------------- */

void run_recover_dump(void);
void run_recover_checkpoint(void);
void run_recover_replace(void);
void run_recover_move(void);
void run_recover_gc(void);
void run_undo_checkpoint(void);

/* ---- several processes, and training (workloads_many.c) -------------------------------------- */

void run_first_open(void);
void run_many(void);
void run_many_dumps(void);
void run_train(void);
void run_curate(void);

#endif
