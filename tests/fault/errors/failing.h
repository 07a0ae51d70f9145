/* failing: what the program asks of the system can be made to fail: system calls and allocations
 * (the linker puts wrappers between, see errors.cmake: those of SQLite and of the other libraries
 * are among them, since they are linked statically) and SQLite's own calls of its files. The nth
 * fails, once or from then on. */
#ifndef FAILING_H
#define FAILING_H

#include <stdbool.h>
#include <stddef.h>

typedef enum fault_kind { FAULT_NONE, FAULT_CALL, FAULT_SQLITE, FAULT_MEMORY } fault_kind;

/* One way to fail. */
typedef struct fault_way {
    fault_kind kind;
    const char *name; /* as it is named on the command line */
    int code;         /* errno, SQLite's result; SHORT_TRANSFER; KILL */
} fault_way;
#define SHORT_TRANSFER (-1) /* a read or write does half of it */
#define KILL           (-2) /* the process ends there, with this exit code: */
#define FAILING_KILLED 9

typedef struct fault_plan {
    const fault_way *way;
    unsigned long nth; /* from 1; 0: none, they are only counted */
    bool on;           /* those behind it fail, too */
} fault_plan;

/* From here on. */
void failing_begin(const fault_plan *plan);
/* Everything works again. */
void failing_end(void);
/* Since failing_begin: calls that could have failed in this way, those that did, and the name of
 * the first of them. */
unsigned long failing_seen(void);
unsigned long failing_failed(void);
const char *failing_first(void);
/* Allocations since failing_keep that are not freed yet, and the number of the first of them. */
void failing_keep(void); /* from here on they are looked at */
size_t failing_not_freed(unsigned long *first);
/* From here on, what called the first that fails is written to standard error. */
void failing_show_where(void);
/* … and what makes this allocation. */
void failing_show_allocation(unsigned long number);
/* Puts a VFS before SQLite's own, and hears of libcrypto's allocations; once in a process, before
 * either is used. */
void failing_install(void);
void failing_install_crypto(void);

/* ---- for the wrappers ------------------------------------------------------------------------ */

/* What a system call is about: each kind of error strikes some of them. */
#define CALL_LOOK   1u  /* reads names and attributes */
#define CALL_OPEN   2u  /* opens something that is there */
#define CALL_SPACE  4u  /* may need space: a new name, a larger file */
#define CALL_READ   8u  /* moves bytes from a file */
#define CALL_WRITE  16u /* moves bytes to a file */
#define CALL_SYNC   32u
#define CALL_WAIT   64u  /* may be interrupted by a signal */
#define CALL_CHANGE 128u /* changes a file or a name */
/* Whether this call is to fail, and then with which code. */
bool failing_call(const char *name, unsigned about, int *code);
bool failing_sqlite(const char *name, unsigned about, int *code);
bool failing_memory(void);
/* The callers of whoever calls this, on standard error. */
void failing_trace(void);

#endif
