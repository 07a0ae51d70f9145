/* plan: owns the decisions about a change, without doing anything: pure. May call: nothing. */
#ifndef PLAN_H
#define PLAN_H

#include <ckl/base.h>

/* The three components of a state, by the ledger's numbers; 0: absent. */
typedef struct plan_state {
    int64_t model, config, data;
} plan_state;

/* In which components two states differ: what changed, or (head against baseline) what is
 * pending. */
ckl_components plan_difference(const plan_state *first, const plan_state *second);

/* What a change of the head calls for. */
typedef struct plan_input {
    plan_state head, next;
    bool head_recorded;       /* there is a head */
    bool head_dumped;         /* it has its directory */
    bool head_has_checkpoint; /* weights were saved under it */
    bool same_content;        /* nothing that is saved differs, ignored paths included */
} plan_input;
typedef struct plan_output {
    ckl_components changed;
    bool write;      /* something is to be recorded */
    bool dump_first; /* the head is dumped before it is left: weights must have their state */
} plan_output;
plan_output plan_change(const plan_input *input);

#endif
