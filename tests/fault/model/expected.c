#include "expected.h"

#include <string.h>

/* ---- looking at it --------------------------------------------------------------------------- */

static const content EMPTY = {.model = NOTHING, .config = NOTHING};

static bool same_data(const content *first, const content *second)
{
    return first->has_data == second->has_data &&
           (!first->has_data || memcmp(&first->data, &second->data, sizeof first->data) == 0);
}

ckl_components content_difference(const content *first, const content *second)
{
    return (first->model != second->model ? CKL_MODEL : 0) |
           (first->config != second->config ? CKL_CONFIG : 0) |
           (same_data(first, second) ? 0 : CKL_DATA);
}

static const content *content_of(const expected *now, int index)
{
    return index == NOTHING ? &EMPTY : &now->experiments[index].is;
}

ckl_components expected_pending(const expected *now, int run)
{
    const line *of = &now->runs[run];
    return content_difference(content_of(now, of->head), content_of(now, of->baseline));
}

static bool has_saved(const expected *now, int index)
{
    for (int at = 0; at < now->saved_count; at++)
        if (now->saved[at].experiment == index && now->saved[at].state == SAVED_PRESENT)
            return true;
    return false;
}

/* The weights of a state at a step: the run's own, else the newest. */
static int find_saved(const expected *now, int target, int64_t step, int run)
{
    int found = NOTHING;
    for (int at = 0; at < now->saved_count; at++) {
        const saved *row = &now->saved[at];
        bool fits = row->experiment == target && row->step == step && row->state == SAVED_PRESENT;
        if (fits && (found == NOTHING || row->run == run || now->saved[found].run != run))
            found = at;
    }
    return found;
}

void expected_path(char out[192], const expected *now, const saved *of)
{
    const char *hash = now->experiments[of->experiment].hash;
    snprintf(out, 192, "checkpoints/%s/model/%s_step_%06lld%s%s.pt", hash, hash,
             (long long)of->step, of->own_name ? "." : "", of->own_name ? RUNS[of->run] : "");
}

void expected_begin(expected *out)
{
    memset(out, 0, sizeof *out);
    out->next_step = 1000000;
    for (int run = 0; run < RUN_COUNT; run++)
        out->runs[run] = (line){.head = NOTHING,
                                .baseline = NOTHING,
                                .from_saved = NOTHING,
                                .first_step = -1,
                                .trainer = NOTHING};
    for (int index = 0; index < WORKER_COUNT; index++)
        out->players[index].run = index % 2; /* so that they meet */
}

/* ---- playing --------------------------------------------------------------------------------- */

typedef struct playing {
    outcome *out;
    expected *now; /* the last of the possible */
    const request *what;
    int player, run;
} playing;

/* Here it may end. */
static void step_done(playing *job)
{
    outcome *out = job->out;
    if (out->count == POSSIBLE_MAX)
        return;
    out->possible[out->count] = *job->now;
    job->now = &out->possible[out->count++];
}

static line *line_of(playing *job)
{
    return &job->now->runs[job->run];
}

/* A line begins with the first thing that is recorded of it. A name says nothing about what
 * training comes from. */
static void ensure_line(playing *job, int run)
{
    line *of = &job->now->runs[run];
    if (of->is_there)
        return;
    bool knows = job->now->saved_count == 0 && job->what->kind != OP_NAME;
    of->is_there = true;
    of->from = knows ? ORIGIN_IS_START : ORIGIN_IS_UNKNOWN;
}

static void add_event(playing *job, const char *kind, int run, int index, int from, int64_t step)
{
    if (job->now->event_count < EVENTS_MAX)
        job->now->events[job->now->event_count++] = (happening){kind, run, index, from, step};
}

static void write_values(playing *job)
{
    for (int at = 0; at < job->now->value_count; at++) {
        value *of = &job->now->values[at];
        if (of->worker == job->player && of->state == VALUE_BUFFERED)
            of->state = VALUE_WRITTEN;
    }
}

static void add_value(playing *job, int index, int metric, int64_t step, value_state state)
{
    value made = {job->run, index, metric, step, job->what->value, state, job->player};
    for (int at = 0; at < job->now->value_count; at++) {
        value *of = &job->now->values[at];
        if (of->run == made.run && of->experiment == index && of->metric == metric &&
            of->step == step) {
            *of = made;
            return;
        }
    }
    if (job->now->value_count < VALUES_MAX)
        job->now->values[job->now->value_count++] = made;
}

static int record(playing *job, const content *is, bool *known)
{
    expected *now = job->now;
    for (int index = 0; index < now->experiment_count; index++)
        if (content_difference(&now->experiments[index].is, is) == 0)
            return index;
    *known = false;
    int last = now->experiment_count < EXPERIMENTS_MAX ? now->experiment_count++ : 0;
    now->experiments[last] = (experiment){.is = *is, .name = NOTHING, .run = job->run};
    return last;
}

static ckl_components pending_of(playing *job)
{
    return expected_pending(job->now, job->run);
}

static ckl_components dump(playing *job, bool force)
{
    line *of = line_of(job);
    ckl_components pending = pending_of(job);
    if (of->head == NOTHING ||
        (pending == 0 && !(force && !job->now->experiments[of->head].dumped)))
        return 0;
    add_event(job, "dump", job->run, of->head, of->head, -1);
    job->now->experiments[of->head].dumped = true;
    of->baseline = of->head;
    write_values(job);
    step_done(job);
    return pending;
}

/* Weights must have their state before the head leaves it. */
static void dump_before_leaving(playing *job)
{
    int head = line_of(job)->head;
    if (head != NOTHING && !job->now->experiments[head].dumped && has_saved(job->now, head))
        dump(job, true);
}

static void change(playing *job, const content *next, const char *kind)
{
    answer *says = &job->out->says;
    int head = line_of(job)->head, index = head;
    bool known = true;
    says->changed = content_difference(content_of(job->now, head), next);
    says->is_new = says->changed != 0;
    if (says->is_new) {
        dump_before_leaving(job);
        ensure_line(job, job->run);
        index = record(job, next, &known);
        write_values(job);
        add_event(job, kind, job->run, index, head, -1);
        line_of(job)->head = index;
        step_done(job);
    }
    says->recorded_before = known;
    job->out->experiment = index;
    job->out->from = head;
    if (job->what->dump)
        dump(job, false);
    says->pending = pending_of(job);
}

static void play_update(playing *job)
{
    content next = *content_of(job->now, line_of(job)->head);
    if (job->what->config != NOTHING)
        next.config = job->what->config;
    if (job->what->model != NOTHING)
        next.model = job->what->model;
    if (job->what->has_data) {
        next.has_data = true;
        next.data = job->what->data;
    }
    change(job, &next, "update");
}

static void play_edit(playing *job)
{
    static const char *const KINDS[] = {"discard", "restore", "tag", "untag"};
    const request *what = job->what;
    content next = *content_of(job->now, line_of(job)->head);
    bool good = next.has_data;
    for (int index = 0; good && index < UID_COUNT; index++) {
        unsigned sample = next.data.samples[index];
        if ((what->uids & 1u << index) == 0)
            continue;
        good = sample != 0;
        if (what->action == CKL_EDIT_DISCARD)
            sample |= SAMPLE_DISCARDED;
        else if (what->action == CKL_EDIT_RESTORE)
            sample &= ~SAMPLE_DISCARDED;
        else if (what->action == CKL_EDIT_TAG)
            sample |= SAMPLE_TAG(what->tag);
        else
            sample &= ~SAMPLE_TAG(what->tag);
        next.data.samples[index] = (unsigned char)sample;
    }
    if (good)
        change(job, &next, KINDS[what->action]);
    else
        job->out->says.status = CKL_NOT_FOUND;
}

static void play_dump(playing *job)
{
    job->out->experiment = line_of(job)->head;
    job->out->says.dumped = dump(job, job->what->dump);
}

/* ---- weights --------------------------------------------------------------------------------- */

static void play_save(playing *job)
{
    const request *what = job->what;
    line *of = line_of(job);
    if (of->trainer != NOTHING && of->trainer != job->player) {
        job->out->says.status = CKL_BUSY;
        return;
    }
    of->trainer = job->player;
    if (what->dump)
        dump(job, false);
    of = line_of(job);
    if (of->head == NOTHING || job->now->saved_count == SAVED_MAX) {
        job->out->says.status = CKL_INVALID;
        return;
    }
    saved row = {.run = job->run,
                 .experiment = of->head,
                 .step = what->step,
                 .weights = what->weights,
                 .from_saved = of->from_saved,
                 .first_step = of->first_step,
                 .from = of->from,
                 .pending = pending_of(job)};
    int owner = saved_owner(job->now, &row);
    if (owner != NOTHING && job->now->saved[owner].run != job->run) {
        row.own_name = true;
        owner = saved_owner(job->now, &row);
    }
    if (owner != NOTHING)
        job->now->saved[owner].state = SAVED_REPLACED;
    job->out->saved = of->from_saved = job->now->saved_count;
    job->now->saved[job->now->saved_count++] = row;
    of->first_step = what->step + 1;
    of->from = ORIGIN_IS_CHECKPOINT;
    add_event(job, "checkpoint", job->run, of->head, of->head, what->step);
    write_values(job);
    if (what->metric != NOTHING)
        add_value(job, of->head, what->metric, what->step, VALUE_WRITTEN);
    job->out->says.pending = row.pending;
    job->out->experiment = of->head;
}

static void play_gc(playing *job)
{
    bool goes[SAVED_MAX] = {false};
    for (int at = 0; at < job->now->saved_count; at++) {
        const saved *row = &job->now->saved[at];
        goes[at] = row->state == SAVED_PRESENT && (job->what->all_runs || row->run == job->run) &&
                   !saved_is_needed(job->now, at) &&
                   saved_newer(job->now, at) >= job->what->keep_last;
    }
    for (int at = 0; at < job->now->saved_count; at++) {
        saved *row = &job->now->saved[at];
        if (!goes[at])
            continue;
        row->state = SAVED_REMOVED;
        add_event(job, "remove", row->run, row->experiment, row->experiment, row->step);
        job->out->says.removed++;
    }
}

/* ---- moving about ---------------------------------------------------------------------------- */

static void stand_on(playing *job, line *of, int64_t step, int run)
{
    int target = job->what->target;
    int at = step >= 0 ? find_saved(job->now, target, step, run) : NOTHING;
    line_find_baseline(of, job->now, target);
    of->head = target;
    of->from_saved = at;
    of->first_step = at != NOTHING ? step + 1 : -1;
    of->from = at != NOTHING ? ORIGIN_IS_CHECKPOINT : ORIGIN_IS_UNKNOWN;
}

static void play_switch(playing *job)
{
    const request *what = job->what;
    int head = line_of(job)->head;
    if (what->target != head)
        dump_before_leaving(job);
    if (what->target != head || what->step >= 0) {
        ensure_line(job, job->run);
        stand_on(job, line_of(job), what->step, job->run);
        add_event(job, "switch", job->run, what->target, head, what->step);
        write_values(job);
    }
    job->out->from = head;
    job->out->experiment = what->target;
    job->out->says.pending = pending_of(job);
}

static int run_named(const char *name)
{
    int run = 0;
    while (strcmp(RUNS[run], name) != 0)
        run++;
    return run;
}

static void play_new_run(playing *job)
{
    int run = run_named(job->what->run);
    line *of = &job->now->runs[run];
    write_values(job); /* they are the other run's */
    step_done(job);
    of = &job->now->runs[run];
    if (of->is_there) {
        job->out->says.status = CKL_INVALID;
        return;
    }
    int trainer = of->trainer;
    ensure_line(job, run);
    origin from = of->from;
    stand_on(job, of, job->what->step, NOTHING);
    of->trainer = trainer;
    if (of->from_saved == NOTHING)
        of->from = from;
    add_event(job, "run", run, job->what->target, NOTHING,
              of->from_saved != NOTHING ? job->what->step : -1);
}

/* ---- labels and values ----------------------------------------------------------------------- */

static void play_name(playing *job)
{
    const request *what = job->what;
    experiment *target = &job->now->experiments[what->target];
    for (int index = 0; what->name != NOTHING && index < job->now->experiment_count; index++) {
        if (index != what->target && job->now->experiments[index].name == what->name) {
            job->out->says.status = CKL_INVALID;
            return;
        }
    }
    if (target->name == what->name)
        return;
    ensure_line(job, job->run);
    target->name = what->name;
    job->out->says.changed_name = true;
    add_event(job, "name", job->run, line_of(job)->head, line_of(job)->head, -1);
}

static void play_metric(playing *job)
{
    const request *what = job->what;
    int index = line_of(job)->head;
    int64_t step = what->flush ? what->step : job->now->next_step++;
    /* What waits to be written is all of one state. */
    for (int at = 0; at < job->now->value_count; at++) {
        const value *of = &job->now->values[at];
        if (of->state == VALUE_BUFFERED && of->worker == job->player)
            index = of->experiment;
    }
    if (index == NOTHING) {
        job->out->says.status = CKL_INVALID;
        return;
    }
    add_value(job, index, what->metric, step, VALUE_BUFFERED);
    if (what->flush)
        write_values(job);
}

static void leave(expected *now, int player_index)
{
    for (int run = 0; run < RUN_COUNT; run++)
        if (now->runs[run].trainer == player_index)
            now->runs[run].trainer = NOTHING;
    now->players[player_index].is_open = false;
}

static void play_open(playing *job)
{
    write_values(job);
    leave(job->now, job->player);
    job->now->players[job->player] = (player){true, run_named(job->what->run)};
}

void expected_kill(expected *now, int player_index)
{
    for (int at = 0; at < now->value_count; at++) {
        value *of = &now->values[at];
        if (of->worker == player_index && of->state == VALUE_BUFFERED)
            of->state = VALUE_MAY_BE;
    }
    leave(now, player_index);
}

/* ---- all of them ----------------------------------------------------------------------------- */

typedef void play(playing *job);
static play *const PLAYS[OP_COUNT] = {
    [OP_UPDATE] = play_update, [OP_EDIT] = play_edit,     [OP_DUMP] = play_dump,
    [OP_SAVE] = play_save,     [OP_SWITCH] = play_switch, [OP_NEW_RUN] = play_new_run,
    [OP_GC] = play_gc,         [OP_NAME] = play_name,     [OP_METRIC] = play_metric,
    [OP_OPEN] = play_open};

void expected_play(outcome *out, const expected *now, const request *what, int player_index)
{
    playing job = {out, &out->possible[1], what, player_index, now->players[player_index].run};
    out->count = 2;
    out->possible[0] = out->possible[1] = *now;
    memset(&out->says, 0, sizeof out->says);
    out->experiment = out->from = out->saved = NOTHING;
    PLAYS[what->kind](&job);
}
