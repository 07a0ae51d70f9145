/* auto: owns the process's automatic system: the one mutable global of the library. auto.c opens
 * and closes it and keeps its sources, auto_record.c records for it and survives what fails,
 * auto_step.c takes its steps, auto_change.c hears of changes. May call: the manager. Keeps true:
 * what on_step reads without the lock is atomic; the rest belongs to who holds it. */
#ifndef AUTO_INTERNAL_H
#define AUTO_INTERNAL_H

#include <ckl/auto.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "auto_source.h"
#include "error.h"
#include "manager_internal.h"

struct automatic_system {
    pthread_mutex_t lock;
    _Atomic bool attention; /* the next on_step must look: opened just now, or something changed */
    _Atomic int64_t frequency;    /* 0: not open */
    _Atomic int64_t last_step;    /* -1: none yet */
    _Atomic int64_t saved_step;   /* weights are saved once for a step */
    _Atomic uint64_t seen;        /* the ledger's change count at the last look */
    ckl_manager *_Atomic watched; /* the manager, to read that count from */
    ckl_manager *manager;
    pid_t process; /* that opened it: a forked child leaves it alone */
    /* What was asked for: kept when opening fails, so that a later step tries the same. */
    bool wanted;
    char *root, *run, *actor; /* NULL when not given */
    int64_t wanted_frequency;
    int rank;
    uint64_t keep_last; /* newest checkpoints to keep; 0: all */
    ckl_warning_sink warnings;
    ckl_model_source model;
    ckl_config_source config;
    ckl_dataset_source dataset;
    ckl_change_listener listener;
    bool has_model, has_config, has_dataset, has_listener;
    ckl_hash head; /* as this process knows it; empty: nothing yet */
    bool begun;    /* the registered sources were recorded once */
    /* What could not be recorded yet: the newest of each, recorded with the next that can. */
    bool model_given, config_given, data_given; /* since it was opened: sources say nothing newer */
    ckl_model *kept_model;
    ckl_config *kept_config;
    ckl_data_state *kept_data;
    bool degraded;       /* recording fails, and that was said … */
    bool hurried;        /* … because others hold the ledger: a retry does not wait for them */
    int64_t probe_at_us; /* when it is next asked whether it does still */
};

extern struct automatic_system automatic;

/* Every call is inside between these: it has the lock, and a limit of file sizes (SIGXFSZ) is an
 * error like a full disk instead of the end of the process. */
void auto_enter(sigset_t *before);
void auto_leave(const sigset_t *before);
/* In a distributed job only rank 0 records. */
bool auto_is_silent(void);
/* Opens it with the defaults unless it is open. */
ckl_status auto_ensure_open(ckl_error *err);

/* ---- auto_record.c --------------------------------------------------------------------------- */

/* Records what is given, and what could not be recorded before; NULL keeps its value. */
ckl_status auto_record(const ckl_model *model, const ckl_config *config, ckl_data_state *data,
                       bool dump, ckl_error *err);
/* Looks where the head is; the trainer is told when another process moved it. */
ckl_status auto_look(ckl_error *err);
/* Keeps values that could not be recorded, for the next try. */
ckl_status auto_keep(const ckl_model *model, const ckl_config *config, ckl_data_state *data,
                     ckl_error *err);
void auto_forget_kept(void);
/* Claims the run and sees what others did. A second trainer is an error; what may pass is survived.
 */
ckl_status auto_claim(ckl_error *err);
/* The state that training begins with: what the sources say, before the first dump. */
ckl_status auto_begin_recording(ckl_error *err);
/* An edit of the model that nobody announced is recorded before its weights are. */
ckl_status auto_describe_again(ckl_error *err);
/* Training survives us: what may pass is said once, shown by `status`, and tried again at later
 * steps: then the result is CKL_OK. The caller's mistakes are returned. */
ckl_status auto_survive(ckl_status status, const ckl_error *failure, ckl_error *err);
/* The same for what is returned to the trainer all the same. */
void auto_note_failure(ckl_status status, const ckl_error *failure);
bool auto_may_pass(ckl_status status);
/* While recording fails: whether it does still, asked once a second. */
void auto_probe(void);

#endif
