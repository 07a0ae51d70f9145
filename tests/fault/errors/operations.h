/* operations: what is done while something fails, and the root that it is done to. */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include <ckl/ckl.h>

typedef struct operation {
    const char *name;
    /* Makes what it starts from; ends the program when it cannot. */
    void (*prepare)(ckl_manager *manager);
    ckl_status (*act)(ckl_manager *manager, const char *folder, ckl_error *err);
    bool empty;    /* there is no ledger yet */
    bool opens;    /* it is the opening itself: there is no act */
    bool in_steps; /* an error does not mean that nothing of it was done */
    bool repairs;  /* files are missing, and what a first try put back the next need not */
    bool finished; /* what was begun is finished by the next opening */
    /* The process that does this one is ended at a call, and then the opening fails; NULL: no. */
    const struct operation *interrupted;
} operation;

extern const operation OPERATIONS[];
extern const size_t OPERATION_COUNT;
const operation *operation_find(const char *name);

/* `folder` gets "root", the ledger and its tree, and "moved.pt", a file to be moved. */
void operation_prepare(const operation *what, const char *folder);
ckl_status operation_open(ckl_manager **out, const char *folder, ckl_error *err);

#endif
