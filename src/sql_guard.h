/* sql_guard: owns what a statement from outside may do on a connection: read, for a while, in
 * bounded memory. May call: db, clock, extension. Keeps true: nothing that it lets through can
 * change a file, open another one, or change a setting. */
#ifndef SQL_GUARD_H
#define SQL_GUARD_H

#include "db_internal.h"

typedef struct sql_guard {
    int64_t left_us;  /* time that may still be spent; negative: as much as it takes */
    int64_t until_us; /* where the running step must end; 0: none runs */
    bool stopped;     /* the time was over */
    char refused[96]; /* what was refused last: "ATTACH", "PRAGMA journal_mode" */
} sql_guard;

/* Gives the connection what the extension has (`run`: what @ is about), and holds every statement
 * on it to the guard, which must outlive it. */
ckl_status sql_guard_set(sql_guard *guard, db *ledger, const char *run, ckl_error *err);
/* Around each step: time counts only there. */
void sql_guard_begin(sql_guard *guard);
void sql_guard_end(sql_guard *guard);

#endif
