/* verify: whether a root that a crash left behind holds what was promised. Opens it as every
 * program does, and reads it through that. */
#ifndef VERIFY_H
#define VERIFY_H

#include "trace.h"

/* What must be true of a state, and what may be. */
typedef struct expectation {
    long durable_seq;     /* history up to here must be there … */
    long durable_metrics; /* … with so many metrics at least */
    long limit;           /* nothing of the recording behind this event can be there */
    int open_operations;  /* that began and did not end: each may be finished by recovery */
    const trace *recorded;
    size_t at;
} expectation;
void expect(expectation *out, const trace *recorded, size_t at);

typedef struct verdict {
    bool good;
    char message[512]; /* what is wrong; one line */
    long unnamed;      /* files that an undone operation left in the tree; no promise is broken */
} verdict;

/* How much is looked at, beyond what is always. */
typedef enum thoroughness { VERIFY_PROMISES, VERIFY_FSCK = 1, VERIFY_WORK_ON = 2 } thoroughness;
/* `folder` has "root" in it, or not yet. */
void verify(verdict *out, const char *folder, const expectation *wanted, unsigned how);

#endif
