/* worker: owns the processes that work on the root: each is told by a pipe what to do next, does it
 * with a manager of its own, and says what it was answered. */
#ifndef WORKER_H
#define WORKER_H

#include <ckl/ckl.h>
#include <sys/types.h>

#include "operation.h"

#define NOTHING (-1)

/* An operation with what it means where things stand. */
typedef struct request {
    operation_kind kind;
    char run[32];      /* OPEN, NEW_RUN */
    int config, model; /* UPDATE; NOTHING: not given */
    bool has_data;
    data_state data;
    ckl_edit_action action; /* EDIT */
    unsigned uids;          /* a bit for each */
    int tag;
    bool dump;  /* UPDATE, EDIT: at once; SAVE: first; DUMP: with force */
    int target; /* an experiment of the model */
    char hash[CKL_HASH_LENGTH + 1];
    int64_t step;
    uint32_t weights;
    int keep_last;
    bool all_runs;
    int name; /* NOTHING: it is taken off */
    int metric;
    double value;
    bool flush;
} request;

typedef struct answer {
    ckl_status status;
    char message[300];
    char experiment[CKL_HASH_LENGTH + 1], from[CKL_HASH_LENGTH + 1];
    bool is_new, recorded_before, changed_name;
    ckl_components changed, pending, dumped;
    char path[192];
    uint64_t bytes, removed;
} answer;

/* What a worker does wrong, to see that it is found. */
typedef enum plant {
    PLANT_NONE,
    PLANT_FORGET_TAG,    /* a whole data state lacks the last tag of its last sample */
    PLANT_SKIP_DUMP,     /* a dump is acknowledged, and was not done */
    PLANT_LONGER_FILE,   /* a file of weights gets one byte more afterwards */
    PLANT_EARLY_ANSWER,  /* a name is acknowledged before it is recorded */
    PLANT_OTHER_RUN,     /* an edit is done to another run */
    PLANT_LATE_METRIC,   /* what is to be written now is written later */
    PLANT_OTHER_WEIGHTS, /* weights that are saved again are those of before */
    PLANT_KEEP_MORE,     /* gc keeps one more */
    PLANT_COUNT
} plant;

typedef struct worker {
    pid_t process; /* 0: none */
    int to, from;
} worker;

bool worker_start(worker *out, const char *root, plant planted);
/* Sends it, or has it killed so many microseconds later; then *answered says whether it had
 * answered before. False: it died on its own, or takes too long. */
bool worker_ask(answer *out, bool *answered, worker *of, const request *what, unsigned kill_after);
void worker_kill(worker *of);
/* Lets it close what it has open, and waits for its end; false: it did not end well. */
bool worker_end(worker *of);

#endif
