/* compare: owns the question whether a root is as the model says: by the ledger's views, read with
 * plain SQLite, by the files, and by the library itself. Hashes that are seen first are learned. */
#ifndef COMPARE_H
#define COMPARE_H

#include "expected.h"

typedef struct comparison {
    const char *root;
    expected *now;
    bool same;
    char message[600]; /* what differs first */
} comparison;

bool compare_differs(comparison *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* By the views; `whole`: all states, not only the heads. */
bool compare_views(comparison *job, bool whole);
/* By the library: heads, pending, contents, names; and each file. */
bool compare_library(comparison *job);
bool compare_files(comparison *job);
/* ckl_check finds nothing, SQLite neither, no intent is left. */
bool compare_check(comparison *job);
/* Nobody has it open: opening it changes nothing. */
bool compare_quiet(comparison *job);

#endif
