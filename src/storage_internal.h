/* What storage.c and storage_place.c share. */
#ifndef STORAGE_INTERNAL_H
#define STORAGE_INTERNAL_H

#include "storage.h"

#define STAGING_TIMEOUT_MS 5000

struct storage {
    char *root;
    char *staging; /* ROOT/.ckl/tmp */
    char *ledger, *ledger_lock, *changes;
    char name[STORAGE_NAME_LENGTH + 1]; /* in .ckl/ledger; empty: there is no such file */
    bool elsewhere, moved;
};

struct storage_op {
    storage *tree;
    char *folder; /* ROOT/.ckl/tmp/OP */
    fs_lock *lease;
};

ckl_status storage_join(char **out, const char *folder, const char *name, ckl_error *err);

#endif
