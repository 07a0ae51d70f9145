/* What storage.c and storage_place.c share. */
#ifndef STORAGE_INTERNAL_H
#define STORAGE_INTERNAL_H

#include "storage.h"

#define STAGING_TIMEOUT_MS 5000

struct storage {
    char *root;
    char *staging; /* ROOT/.ckl/tmp */
};

struct storage_op {
    storage *tree;
    char *folder; /* ROOT/.ckl/tmp/OP */
    fs_lock *lease;
};

ckl_status storage_join(char **out, const char *folder, const char *name, ckl_error *err);

#endif
