/* A disk under SQLite that fails: a VFS before SQLite's own, which lets the nth write, sync or
 * truncation of the ledger's files fail, once or from then on. Readers of the files are as ever. */
#ifndef DISK_FAULT_H
#define DISK_FAULT_H

#include <stdbool.h>

typedef enum disk_call { DISK_WRITE, DISK_SYNC, DISK_TRUNCATE, DISK_CALLS } disk_call;

/* Once in a process, before the first ledger is opened. */
void disk_fault_install(void);
/* The nth call of this kind from now on fails, and those after it when `on`; `full`: as a full
 * disk does (only writes). */
void disk_fault_at(disk_call call, unsigned nth, bool on, bool full);
/* All calls work again; returns whether one failed since disk_fault_at. */
bool disk_fault_end(void);

#endif
