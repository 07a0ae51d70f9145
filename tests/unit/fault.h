/* The system calls of fs, with a hand on them: the linker puts these wrappers between (see
 * tests/layer3_storage.cmake). A test may let the process die before its nth call, let calls fail
 * or write less than asked, do something in between as another process would, and read afterwards
 * what was called in which order. Every file that is opened must be close-on-exec, a new one must
 * not be reached through a link: a call that breaks this aborts. */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum fault_call {
    FAULT_ANY,
    FAULT_OPEN,
    FAULT_CLOSE,
    FAULT_READ,
    FAULT_WRITE,
    FAULT_SYNC,
    FAULT_RENAME,           /* that replaces */
    FAULT_RENAME_NOREPLACE, /* renameat2 */
    FAULT_LINK,
    FAULT_UNLINK,
    FAULT_MKDIR,
    FAULT_RMDIR,
    FAULT_CHMOD,
    FAULT_CLONE,
    FAULT_RESERVE, /* space for a file */
    FAULT_CALLS
} fault_call;

#define FAULT_EXIT_CODE 42

/* Everything as the system does it; counts and the log start anew. */
void fault_reset(void);
/* How many calls of this kind there were. */
unsigned fault_count(fault_call call);
/* Before the nth call (from 1) the process ends, at once. */
void fault_exit_at(unsigned nth);
/* Before the nth call, once; 0: never. */
void fault_run_at(unsigned nth, void (*function)(void));
/* The nth call of this kind, and those after it if `on`, fail with this errno and do nothing; 0:
 * none. */
void fault_fail(fault_call call, unsigned nth, bool on, int number);
/* A write takes at most so many bytes. */
void fault_write_at_most(size_t size);
/* A reflink succeeds, as on a file system that has them: by copying. */
void fault_can_clone(void);
/* fsync says yes and does nothing, for tests that only kill processes. */
void fault_no_sync(void);

/* What changed files, in order. */
typedef struct fault_event {
    fault_call call;
    char path[512]; /* the file; what was renamed or linked */
    char to[512];   /* its new name */
} fault_event;
size_t fault_events(const fault_event **out);

/* Descriptors that are open in this process. */
unsigned fault_open_descriptors(void);

#endif
