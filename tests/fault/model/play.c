#include "play.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare.h"

#define WHOLE_EVERY 10 /* operations */
#define CHECK_EVERY 50

typedef struct history {
    char root[200];
    worker workers[WORKER_COUNT];
    plant planted;
    expected now;
    outcome may;
    bool has_ledger;
    FILE *told;
    verdict *out;
} history;

__attribute__((format(printf, 2, 3))) static bool wrong(history *job, const char *format, ...)
{
    va_list arguments;
    if (!job->out->good)
        return false;
    job->out->good = false;
    va_start(arguments, format);
    vsnprintf(job->out->message, sizeof job->out->message, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- in words -------------------------------------------------------------------------------- */

static void tell(const history *job, const request *what, int who, unsigned kill_after)
{
    FILE *to = job->told;
    if (to == NULL)
        return;
    fprintf(to, "  worker %d, run %s: %s", who, RUNS[job->now.players[who].run],
            operation_name(what->kind));
    if (what->config != NOTHING)
        fprintf(to, " config %s", CONFIGS[what->config]);
    if (what->model != NOTHING)
        fprintf(to, " model %s", MODELS[what->model]);
    for (int uid = 0; what->has_data && uid < UID_COUNT; uid++)
        fprintf(to, "%s%u", uid == 0 ? " data " : ",", what->data.samples[uid]);
    if (what->kind == OP_EDIT)
        fprintf(to, " action %d of samples 0x%x tag %d", (int)what->action, what->uids, what->tag);
    if (what->run[0] != '\0')
        fprintf(to, " '%s'", what->run);
    if (what->target != NOTHING)
        fprintf(to, " state %d (%s)", what->target, what->hash);
    if (what->kind == OP_NAME)
        fprintf(to, " is %s", what->name == NOTHING ? "none" : NAMES[what->name]);
    if (what->step >= 0)
        fprintf(to, " step %lld", (long long)what->step);
    if (what->metric != NOTHING)
        fprintf(to, " %s = %g%s", METRICS[what->metric], what->value, what->flush ? " now" : "");
    if (what->kind == OP_GC)
        fprintf(to, " keep %d%s", what->keep_last, what->all_runs ? " of all runs" : "");
    if (what->dump)
        fprintf(to, what->kind == OP_DUMP ? " with force" : " with a dump");
    if (kill_after != 0)
        fprintf(to, ", killed after %u us", kill_after);
    fprintf(to, "\n");
}

/* ---- what it was answered -------------------------------------------------------------------- */

static bool is_state(history *job, const char *what, const char *found, int index)
{
    expected *now = &job->may.possible[job->may.count - 1];
    const char *hash = index == NOTHING ? "" : now->experiments[index].hash;
    if (index == NOTHING || hash[0] != '\0')
        return strcmp(found, hash) == 0 ||
               wrong(job, "it said %s '%s', not '%s'", what, found, hash);
    return strlen(found) == CKL_HASH_LENGTH || wrong(job, "it said %s '%s'", what, found);
}

/* After the comparison, which learned the hashes. */
static void check_answer(history *job, int who, const answer *said, const request *what)
{
    answer *wanted = &job->may.says;
    const expected *now = &job->may.possible[job->may.count - 1];
    char path[192] = "";
    if (said->status != wanted->status) {
        wrong(job, "it said %s (%s), not %s", ckl_status_name(said->status), said->message,
              ckl_status_name(wanted->status));
        return;
    }
    if (said->status != CKL_OK)
        return;
    if (what->kind == OP_SWITCH) /* of baselines that are as near, which it is was seen since */
        wanted->pending = expected_pending(now, now->players[who].run);
    if (what->kind != OP_NAME && what->kind != OP_METRIC && what->kind != OP_GC)
        is_state(job, "the state is", said->experiment, job->may.experiment);
    is_state(job, "it comes from", said->from, job->may.from);
    if (said->is_new != wanted->is_new || said->changed != wanted->changed)
        wrong(job, "it said that %u changed, not %u", said->changed, wanted->changed);
    if (said->recorded_before != wanted->recorded_before)
        wrong(job, "it said that it was%s recorded before", said->recorded_before ? "" : " not");
    if (said->pending != wanted->pending || said->dumped != wanted->dumped)
        wrong(job, "it said that %u is pending and %u dumped, not %u and %u", said->pending,
              said->dumped, wanted->pending, wanted->dumped);
    if (said->changed_name != wanted->changed_name || said->removed != wanted->removed)
        wrong(job, "it said that %llu were removed, name changed %d; not %llu, %d",
              (unsigned long long)said->removed, said->changed_name,
              (unsigned long long)wanted->removed, wanted->changed_name);
    if (job->may.saved != NOTHING)
        expected_path(path, now, &now->saved[job->may.saved]);
    if (strcmp(said->path, path) != 0)
        wrong(job, "it said '%s', not '%s'", said->path, path);
}

/* ---- what is there --------------------------------------------------------------------------- */

static bool compare(history *job, comparison *by, expected *with, bool whole)
{
    struct stat found;
    char path[300];
    *by = (comparison){.root = job->root, .now = with, .same = true};
    snprintf(path, sizeof path, "%s/ledger.db", job->root);
    if (stat(path, &found) != 0)
        return !job->has_ledger || compare_differs(by, "there is no ledger");
    job->has_ledger = true;
    return compare_views(by, whole) && compare_files(by) && (!whole || compare_library(by));
}

/* What the next opening does with what a kill left. */
static bool recover(history *job)
{
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    ckl_options options = {.actor = "recoverer"};
    if (ckl_manager_open(&manager, job->root, &options, &err) != CKL_OK)
        return wrong(job, "opening after the kill: %s", err.message);
    job->has_ledger = true;
    ckl_manager_close(manager);
    return true;
}

/* What waited to be written by the one that was killed may have got lost, or not. */
static void loosen(expected *after, const expected *before, int who)
{
    for (int at = 0; at < before->value_count; at++)
        if (before->values[at].worker == who && before->values[at].state == VALUE_BUFFERED)
            after->values[at].state = VALUE_MAY_BE;
}

/* One of the possible is true: the last one when it was acknowledged. */
static void settle(history *job, int who, bool answered, const answer *said, const request *what)
{
    comparison by;
    char messages[600] = "";
    for (int at = job->may.count - 1; at >= (answered ? job->may.count - 1 : 0); at--) {
        expected *after = &job->may.possible[at];
        if (!answered)
            loosen(after, &job->now, who);
        expected_kill(after, who);
        if (compare(job, &by, after, true)) {
            if (answered)
                check_answer(job, who, said, what);
            job->now = *after;
            return;
        }
        if (messages[0] == '\0')
            snprintf(messages, sizeof messages, "%s", by.message);
    }
    wrong(job, "%s, and not as before or in between: %s", answered ? "acknowledged" : "killed",
          messages);
}

/* ---- one operation --------------------------------------------------------------------------- */

static bool do_request(history *job, const request *what, int who, unsigned kill_after, bool whole)
{
    answer said = {0};
    bool answered = false;
    comparison by;
    if (job->workers[who].process == 0 &&
        !worker_start(&job->workers[who], job->root, job->planted))
        return wrong(job, "a process could not be started");
    tell(job, what, who, kill_after);
    expected_play(&job->may, &job->now, what, who);
    if (!worker_ask(&said, &answered, &job->workers[who], what, kill_after))
        return wrong(job, "the worker died, or does not answer");
    if (kill_after != 0) {
        if (recover(job))
            settle(job, who, answered, &said, what);
        return job->out->good;
    }
    expected *after = &job->may.possible[job->may.count - 1];
    if (said.status != job->may.says.status)
        check_answer(job, who, &said, what); /* says more than what it led to */
    else if (!compare(job, &by, after, whole))
        wrong(job, "%s", by.message);
    else
        check_answer(job, who, &said, what);
    job->now = *after;
    return job->out->good;
}

static bool open_first(history *job, int who)
{
    request what = {.kind = OP_OPEN,
                    .config = NOTHING,
                    .model = NOTHING,
                    .target = NOTHING,
                    .metric = NOTHING,
                    .step = -1};
    if (job->now.players[who].is_open)
        return true;
    snprintf(what.run, sizeof what.run, "%s", RUNS[job->now.players[who].run]);
    return do_request(job, &what, who, 0, false);
}

static bool do_operation(history *job, const operation *of, bool whole)
{
    request what;
    int who = (int)of->worker;
    if (of->kind == OP_KILL) {
        if (job->told != NULL)
            fprintf(job->told, "  worker %d: killed at rest\n", who);
        worker_kill(&job->workers[who]);
        expected_kill(&job->now, who);
        return true;
    }
    if (!open_first(job, who))
        return false;
    if (!expected_request(&what, &job->now, of))
        return true;
    job->out->tried++;
    return do_request(job, &what, who, of->kill_after, whole);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    (void)found;
    (void)kind;
    (void)place;
    return remove(path);
}

static void check(history *job)
{
    comparison by = {.root = job->root, .now = &job->now, .same = true};
    if (job->has_ledger && (!compare(job, &by, &job->now, true) || !compare_check(&by)))
        wrong(job, "%s", by.message);
}

static void end_history(history *job)
{
    comparison by = {.root = job->root, .now = &job->now, .same = true};
    for (int who = 0; who < WORKER_COUNT; who++) {
        if (job->out->good && !worker_end(&job->workers[who]))
            wrong(job, "worker %d did not end well", who);
        worker_kill(&job->workers[who]);
    }
    for (int at = 0; at < job->now.value_count; at++)
        if (job->now.values[at].state == VALUE_BUFFERED)
            job->now.values[at].state = VALUE_WRITTEN; /* they were closed */
    if (job->out->good)
        check(job);
    if (job->out->good && job->has_ledger && !compare_quiet(&by))
        wrong(job, "%s", by.message);
}

void play_history(verdict *out, const operation *list, size_t count, const char *place,
                  plant planted, FILE *told)
{
    history *job = calloc(1, sizeof *job);
    *out = (verdict){.good = true};
    if (job == NULL)
        abort();
    job->planted = planted;
    job->told = told;
    job->out = out;
    snprintf(job->root, sizeof job->root, "%s/model-XXXXXX", place);
    bool is_made = mkdtemp(job->root) != NULL;
    if (!is_made)
        wrong(job, "no folder in %s", place);
    expected_begin(&job->now);
    for (size_t at = 0; at < count && out->good; at++) {
        out->at = at;
        bool whole = at % WHOLE_EVERY == WHOLE_EVERY - 1;
        if (do_operation(job, &list[at], whole) && at % CHECK_EVERY == CHECK_EVERY - 1)
            check(job);
    }
    end_history(job);
    if (is_made)
        nftw(job->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(job);
}
