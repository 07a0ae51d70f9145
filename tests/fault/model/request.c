/* What an operation means where things stand: which state, which step, which samples. */
#include <string.h>

#include "expected.h"

static bool choose_target(request *out, const expected *now, uint32_t choice)
{
    if (now->experiment_count == 0)
        return false;
    out->target = (int)(choice % (uint32_t)now->experiment_count);
    memcpy(out->hash, now->experiments[out->target].hash, sizeof out->hash);
    return true;
}

/* A step at which it has weights, or none. */
static void choose_step(request *out, const expected *now, uint32_t choice)
{
    out->step = -1;
    for (int at = 0; choice % 2 == 0 && at < now->saved_count; at++) {
        const saved *row = &now->saved[((uint32_t)at + choice) % (uint32_t)now->saved_count];
        if (row->experiment == out->target && row->state == SAVED_PRESENT)
            out->step = row->step;
    }
}

static void choose_update(request *out, const operation *what)
{
    static const ckl_components PARTS[] = {CKL_CONFIG,
                                           CKL_CONFIG,
                                           CKL_CONFIG,
                                           CKL_MODEL,
                                           CKL_DATA,
                                           CKL_DATA,
                                           CKL_CONFIG | CKL_DATA,
                                           CKL_ALL_COMPONENTS};
    ckl_components parts = PARTS[what->first % 8];
    if ((parts & CKL_CONFIG) != 0)
        out->config = (int)(what->second % CONFIG_COUNT);
    if ((parts & CKL_MODEL) != 0)
        out->model = (int)(what->second / CONFIG_COUNT % MODEL_COUNT);
    out->has_data = (parts & CKL_DATA) != 0;
    out->data = data_state_from(what->third);
    out->dump = what->first / 8 % 6 == 0;
}

/* Samples that are there, mostly. */
static void choose_edit(request *out, const expected *now, const operation *what)
{
    int head = now->runs[now->players[what->worker].run].head;
    unsigned count = 1 + what->first % 3;
    uint32_t choice = what->second;
    out->action = (ckl_edit_action)(what->first / 3 % 4);
    out->tag = (int)(what->first / 12 % TAG_COUNT);
    out->dump = what->third % 8 == 0;
    for (unsigned tried = 0; tried < UID_COUNT && count > 0; tried++) {
        unsigned index = (choice + tried * 3) % UID_COUNT;
        bool there = head == NOTHING || now->experiments[head].is.data.samples[index] != 0;
        if (!there && what->third / 8 % 10 != 0)
            continue;
        out->uids |= 1u << index;
        count--;
    }
    out->uids = out->uids == 0 ? 1 : out->uids;
}

static void choose_save(request *out, const operation *what)
{
    out->step = 100 * (int64_t)(what->first % 5);
    out->weights = what->second;
    out->dump = what->third % 4 == 0;
    out->metric = what->third / 4 % 3 == 0 ? (int)(what->third / 16 % METRIC_COUNT) : NOTHING;
    out->value = (double)(what->second % 1000) / 8;
}

static bool choose_new_run(request *out, const expected *now, const operation *what)
{
    snprintf(out->run, sizeof out->run, "%s", RUNS[what->first % RUN_COUNT]);
    out->step = -1;
    out->target = NOTHING;
    if (what->first / RUN_COUNT % 4 == 0 || !choose_target(out, now, what->second))
        return true;
    choose_step(out, now, what->third);
    return true;
}

static void choose_metric(request *out, const expected *now, const operation *what)
{
    out->metric = (int)(what->first % METRIC_COUNT);
    out->flush = what->first / METRIC_COUNT % 2 == 0;
    out->step = out->flush ? (int64_t)(what->second % 20) : now->next_step;
    out->value = (double)(what->third % 1000) / 8;
}

bool expected_request(request *out, const expected *now, const operation *what)
{
    *out = (request){.kind = what->kind,
                     .config = NOTHING,
                     .model = NOTHING,
                     .target = NOTHING,
                     .metric = NOTHING,
                     .step = -1};
    switch (what->kind) {
    case OP_UPDATE:
        choose_update(out, what);
        return true;
    case OP_EDIT:
        choose_edit(out, now, what);
        return true;
    case OP_DUMP:
        out->dump = what->first % 3 == 0;
        return true;
    case OP_SAVE:
        choose_save(out, what);
        return true;
    case OP_SWITCH:
        if (!choose_target(out, now, what->first))
            return false;
        choose_step(out, now, what->second);
        return true;
    case OP_NEW_RUN:
        return choose_new_run(out, now, what);
    case OP_GC:
        out->keep_last = 1 + (int)(what->first % 3);
        out->all_runs = what->second % 2 == 0;
        return true;
    case OP_NAME:
        out->name = what->second % 5 == 0 ? NOTHING : (int)(what->second % NAME_COUNT);
        return choose_target(out, now, what->first);
    case OP_METRIC:
        choose_metric(out, now, what);
        return true;
    case OP_OPEN:
        snprintf(out->run, sizeof out->run, "%s", RUNS[what->first % 3]);
        return true;
    case OP_KILL:
    case OP_COUNT:
        break;
    }
    return false;
}
