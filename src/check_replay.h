/* What check_replay.c and check_replay_files.c share: a replay of the events. */
#ifndef CHECK_REPLAY_H
#define CHECK_REPLAY_H

#include <jansson.h>

#include "check_internal.h"

/* A run as it stands after the events so far. */
typedef struct replay_run {
    ledger_run row;
    bool begun;
    bool open_origin; /* where its weights come from was not said: events of version 1 */
} replay_run;

typedef struct replay {
    ckl_check *job;
    replay_run *runs; /* by id */
    size_t run_count;
    int64_t checkpoint_count; /* so far */
} replay;

typedef struct replay_event {
    ledger_event columns;
    int64_t seq;
    bool first_version;
    json_t *detail; /* NULL: none */
} replay_event;

/* Finds what is wrong with what an event says. */
ckl_status replay_complain(replay *work, const replay_event *event, const char *what,
                           ckl_error *err);
/* The id of the checkpoint that an event saved; 0: none. */
ckl_status replay_checkpoint_of(int64_t *out, replay *work, int64_t event, ckl_error *err);
/* Reads origin, from_checkpoint and first_step of a detail. */
ckl_status replay_origin(ledger_run *out, replay *work, const replay_event *event, ckl_error *err);

/* Files and checkpoints (check_replay_files.c). */
ckl_status replay_dump(replay *work, const replay_event *event, ckl_error *err);
ckl_status replay_checkpoint(replay *work, replay_run *run, const replay_event *event,
                             ckl_error *err);
/* "remove" and "missing". */
ckl_status replay_removal(replay *work, const replay_event *event, ckl_error *err);

#endif
