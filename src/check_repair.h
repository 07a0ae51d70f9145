/* What check_repair.c and check_repair_files.c share: one repair. */
#ifndef CHECK_REPAIR_H
#define CHECK_REPAIR_H

#include <jansson.h>

#include "check_internal.h"

typedef struct repairing {
    ckl_check *job;
    char op[33];
    char quarantine[64]; /* ".ckl/quarantine/OP", relative to the root */
    json_t *recreated;   /* paths and tables … */
    json_t *quarantined; /* … and what gave way: paths below the quarantine */
} repairing;

/* Moves what stands at a path of the tree into the quarantine. */
ckl_status repair_quarantine(repairing *work, const char *relative, ckl_error *err);
ckl_status repair_files(repairing *work, ckl_error *err);

#endif
