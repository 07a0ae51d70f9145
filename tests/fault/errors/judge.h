/* judge: plays one case in a process of its own, and looks in another whether every promise was
 * kept. */
#ifndef JUDGE_H
#define JUDGE_H

#include "failing.h"
#include "operations.h"

/* What is tried again and again. */
typedef struct subject {
    const operation *what;
    char template[128], folder[128]; /* what it starts from, and a copy of it for each case */
    long before, after;              /* how much is recorded without and with it */
    char chain[80];                  /* of the last event before it */
    long last;                       /* its number */
    char why[640];                   /* what is wrong with the last case, in one line */
    unsigned long seen;              /* calls of the last case that could have failed */
    bool struck;                     /* one failed in the last case */
} subject;

/* Prepares it; what an interrupted operation left is put in place by `kill_at` (0: none).
 * Returns false when nothing was left to recover there. */
bool subject_make(subject *out, const operation *what, const char *place, unsigned long kill_at);
/* How many calls there are that could fail in this way. */
unsigned long subject_count(subject *made, const fault_way *way);
void subject_remove(const subject *made);
/* Returns whether every promise was kept. */
bool judge(subject *made, const fault_plan *plan);

#endif
