/* trace: a recording in memory: what was done to which file or folder, what made it durable, and
 * what the workload said meanwhile. Knows nothing of ledgers. */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "trace_format.h"

#define NEVER SIZE_MAX

/* What a disk may do with what was not synced. STRICT: anything, a name is only durable by a sync
 * of its folder. ORDERED: names and sizes reach the disk in order, all of them with every sync;
 * bytes at any time before theirs. A rename is one step in both. */
typedef enum disk_mode { DISK_STRICT, DISK_ORDERED, DISK_MODES } disk_mode;

typedef struct trace_op {
    trace_kind kind;
    int object;               /* the file or folder that it is about */
    int folder, other_folder; /* of its names */
    char *name, *other;       /* in these folders */
    bool is_folder;           /* what has the names */
    int64_t offset;
    uint64_t size;
    const unsigned char *bytes;
    bool lost;                  /* a sync of it failed */
    size_t durable[DISK_MODES]; /* the operation that made it durable; NEVER */
    size_t left_durable;        /* … and of a rename, strictly: that the old name is gone */
} trace_op;

typedef struct trace_object {
    uint64_t inode;
    bool is_folder;
    bool is_memory; /* shared by processes: has no durable content */
} trace_object;

/* What the workload said. `at`: how many operations had been done. */
typedef enum mark_kind {
    MARK_BASELINE,
    MARK_START,
    MARK_ACK,
    MARK_HAD,     /* history was so long before */
    MARK_KEEP,    /* these bytes are nowhere else */
    MARK_MISSING, /* files whose names end so may be missing until a promise is given */
    MARK_NEVER,   /* they were never there */
    MARK_WHOLE
} mark_kind;
typedef struct trace_mark {
    mark_kind kind;
    size_t at;
    int operation;
    bool durable;
    long first, last; /* of MARK_WHOLE: history never ends between these two */
    long seq,
        metrics;   /* of MARK_ACK: the last event that belongs to it; how many metrics there are */
    char text[65]; /* the chain there; of MARK_KEEP a SHA-256 */
} trace_mark;

typedef struct trace {
    unsigned char *file;
    size_t file_size;
    trace_op *ops;
    size_t count, capacity;
    size_t baseline; /* everything before it is durable */
    trace_object *objects;
    int object_count;
    trace_mark *marks;
    size_t mark_count;
    char (*history)[65]; /* the chain at event N, from 1 */
    long history_count;
} trace;

/* The names that stand at some moment. */
typedef struct trace_entry {
    int folder;
    const char *name;
    int object;
} trace_entry;
typedef struct trace_names {
    trace_entry *entries;
    size_t count, capacity;
} trace_names;
int names_find(const trace_names *names, int folder, const char *name); /* -1 */
void names_set(trace_names *names, int folder, const char *name, int object);
void names_remove(trace_names *names, int folder, const char *name);
/* Does what an operation does to names; `leave`: a rename leaves the old one, too. */
void names_apply(trace_names *names, const trace_op *op, bool leave);
bool op_is_name(const trace_op *op);  /* it is about names */
bool op_is_bytes(const trace_op *op); /* it is about content */

/* Reads what record.c wrote; `planted`: MISTAKE_LEDGER_FIRST is planted here. Says on standard
 * error what is wrong with it. */
bool trace_load(trace *out, const char *path, mistake planted);
void trace_free(trace *recorded);

#endif
