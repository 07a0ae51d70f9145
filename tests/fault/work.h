/* work: what is recorded: programs that use the ledger and say after each call what it
 * acknowledged. They run below $FAULT_FOLDER, with record.c before them. */
#ifndef WORK_H
#define WORK_H

#include <ckl/auto.h>
#include <ckl/ckl.h>

/* One that works: it has a name of its own, by which its events are found. */
typedef struct worker {
    ckl_manager *manager;
    char actor[32];
    int operation; /* the last that began */
    bool alone;    /* nobody else writes: then what one call adds to history is whole or absent */
    long seq;      /* the last event of its own */
    char ledger[256];
} worker;

typedef struct workload {
    const char *name;
    void (*run)(void);
    const char *environment; /* "NAME=VALUE", or NULL */
    const char *sync_fails;  /* "3": that sync of a file fails; NULL: none */
} workload;
extern const workload WORKLOADS[];
const workload *workload_find(const char *name);

/* ---- for the workloads ----------------------------------------------------------------------- */

const char *work_folder(void); /* $FAULT_FOLDER */
const char *work_root(void);   /* the root below it */
/* From here on power may go; what was before is durable. */
void work_baseline(void);
void work_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the program when a call that must be good is not. */
void work_need(ckl_status status, const char *what);
extern ckl_error work_error; /* of the last call */

/* Every operation stands between these. `durable`: it promises to survive. */
void work_start(worker *self);
void work_done(worker *self, bool durable);
/* As work_done, for one that makes several transactions. */
void work_done_in_parts(worker *self, bool durable);
/* It failed: nothing is promised. */
void work_failed(worker *self);
void work_open(worker *self, const char *actor, const ckl_options *options);
void work_close(worker *self);
/* At the end: what history became. */
void work_tell_history(void);

/* Operations. */
void work_config(worker *self, const char *json, bool dump);
void work_data(worker *self, int samples, int variant, bool dump);
void work_model(worker *self, int width);
void work_dump(worker *self, bool force);
void work_save(worker *self, int64_t step, const char *weights);
void work_receipt(worker *self);
void work_discard(worker *self, const char *uid, bool dump);
void work_switch(worker *self, const char *hash);
/* A file of its own below the folder, durable; its path is a static text. */
const char *work_make_file(const char *name, const char *bytes, size_t size);
ckl_hash work_head(worker *self);

#endif
