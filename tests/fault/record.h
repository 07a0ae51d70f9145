/* What record.c and record_calls.c share. */
#ifndef RECORD_H
#define RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "trace_format.h"

/* In memory that all processes of a recording share. */
typedef struct recorder_shared {
    atomic_int lock;
    atomic_bool fails; /* the baseline is past: syncs are counted */
    atomic_long syncs, ticks;
    _Atomic uint64_t random;
} recorder_shared;

/* A call and its record are one step between these. */
void recorder_enter(void);
void recorder_leave(void);

bool recorder_is_on(void);
mistake recorder_mistake(void);
bool recorder_denies_link(void);
bool recorder_denies_noreplace(void);
bool recorder_clones(void);
bool recorder_sync_fails(void);

/* The name below the recorded folder; NULL: elsewhere. `out` has PATH_MAX bytes. */
const char *recorder_below(const char *path);
const char *recorder_name(char *out, int folder, const char *path);
bool recorder_watches(int descriptor, struct stat *found);
bool recorder_is_ledger(int descriptor);

void recorder_note_name(trace_kind kind, const char *name, const char *other, uint64_t inode);
void recorder_note_bytes(trace_kind kind, uint64_t inode, int64_t offset, const void *bytes,
                         size_t size);

/* For programs that find these with dlsym. What the workload says; "begin" is the first. */
void fault_mark(const char *text);
/* Without a log: counts the changes below a folder from now on; NULL: no more. */
void fault_watch(const char *folder);
long fault_watched(void);

/* The function that would have been called without us. */
#define NEXT(pointer, name)                                                                        \
    static __typeof__(name) *pointer;                                                              \
    if (pointer == NULL) {                                                                         \
        void *found_symbol = dlsym(RTLD_NEXT, #name);                                              \
        memcpy(&pointer, &found_symbol, sizeof pointer);                                           \
    }

#endif
