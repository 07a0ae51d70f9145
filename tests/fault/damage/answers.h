/* answers: everything that a root can be asked, as one text; and a root that has something to say.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#define STEPS_MAX 24

/* What was asked of a root. */
typedef struct answers {
    char *text; /* the caller's (free); NULL when something was told instead */
    char told[640];
} answers;
/* Opens the root in `folder` and asks. */
void answers_read(answers *out, const char *folder, bool read_only);
/* How many findings a check has; -1: it fails itself, with a message. */
long answers_check(char first[640], const char *folder);
/* Records and dumps a further state; false: refused, and why. */
bool answers_write(char why[640], const char *folder);
/* Goes on with what is there: edits, dumps, saves, removes; false: refused without a message. */
bool answers_work(char why[640], const char *folder);

/* A root that is damaged again and again, and what it said after each step of its history: all of
 * that is a moment to which a log that is cut may take it back. */
typedef struct history {
    char folder[128];
    char old[160]; /* the ledger as it was once before */
    char *after[STEPS_MAX];
    size_t steps;
} history;
/* Closed as it should be; or `killed`, with all that was recorded last in the log. */
void history_make(history *out, const char *folder, bool killed);
void history_remove(history *made);

#endif
