/* fault: records what workloads do to the disk, and tries what power losses leave of it.
 *
 *     fault list
 *     fault try WORKLOAD [--mode strict|ordered|both] [--states N] [--seed N]
 *                        [--mistake N] [--until-found]
 *     fault try WORKLOAD … --state N [--log FILE]     one state, reduced and described
 *
 * States are made in $FAULT_PLACE, else in memory. A line for each sweep: workload, mode, mistake,
 * states, distinct, violations, index of the first, seed, seconds, files that undone work left.
 * Exit 1: a violation was found. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"
#include "sweep.h"
#include "work.h"

typedef struct choices {
    const workload *work;
    disk_mode mode;
    bool both; /* … and the other */
    mistake planted;
    uint64_t seed;
    size_t states; /* of each */
    long state;    /* -1: a sweep */
    bool until_found;
    const char *log; /* of a recording that was kept; NULL: record now */
    char folder[256], own_log[300];
    const char *self;
} choices;

static int usage(void)
{
    fprintf(stderr, "usage: fault list\n       fault try WORKLOAD [--mode strict|ordered|both]"
                    " [--states N] [--seed N] [--mistake N]\n"
                    "             [--until-found] [--state N] [--log FILE]\n");
    return 2;
}

/* ---- recording ------------------------------------------------------------------------------- */

static void set_environment(const char *text)
{
    char *copy = text != NULL ? strdup(text) : NULL;
    if (copy == NULL)
        return;
    char *value = strchr(copy, '=');
    *value = '\0';
    setenv(copy, value + 1, 1);
    free(copy);
}

static void become_workload(const choices *chosen)
{
    char number[16];
    snprintf(number, sizeof number, "%d", (int)chosen->planted);
    setenv("FAULT_FOLDER", chosen->folder, 1);
    setenv("FAULT_LOG", chosen->own_log, 1);
    setenv("FAULT_MISTAKE", number, 1);
    if (chosen->work->sync_fails != NULL)
        setenv("FAULT_FAIL_SYNC", chosen->work->sync_fails, 1);
    execl("/proc/self/exe", chosen->self, "work", chosen->work->name, (char *)NULL);
    _exit(127);
}

static bool record(const choices *chosen)
{
    int status = 0;
    char lock[310];
    snprintf(lock, sizeof lock, "%s.lock", chosen->own_log);
    (void)unlink(chosen->own_log);
    if (fs_remove_tree(chosen->folder, NULL) != CKL_OK || mkdir(chosen->folder, 0777) != 0) {
        fprintf(stderr, "fault: '%s' cannot be made\n", chosen->folder);
        return false;
    }
    pid_t child = fork();
    if (child == 0)
        become_workload(chosen);
    while (waitpid(child, &status, 0) != child)
        ;
    (void)unlink(lock);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    fprintf(stderr, "fault: the workload '%s' failed\n", chosen->work->name);
    return false;
}

static int run_workload(const char *name)
{
    const workload *work = workload_find(name);
    if (work == NULL)
        return 2;
    work_say("begin");
    work->run();
    return 0;
}

/* ---- trying ---------------------------------------------------------------------------------- */

static const char *const MODES[] = {"strict", "ordered"};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int try_state(const choices *chosen, const crash_plan *plan)
{
    crash state;
    disk space;
    verdict found = {0};
    crash_make(&state, plan->recorded);
    disk_make(&space, plan->recorded);
    crash_choose(&state, plan, (size_t)chosen->state);
    (void)sweep_one(&found, &state, &space, chosen->folder);
    printf("%s %s, seed %llu, state %ld: %s\n", chosen->work->name, MODES[chosen->mode],
           (unsigned long long)chosen->seed, chosen->state,
           found.good ? "as promised" : found.message);
    if (!found.good)
        sweep_reduce(&state, &space, chosen->folder);
    sweep_describe(&state);
    disk_free(&space);
    crash_free(&state);
    return found.good ? 0 : 1;
}

static void tell(const choices *chosen, const sweep_result *result, double seconds)
{
    char first[32] = "-";
    if (result->violations > 0)
        snprintf(first, sizeof first, "%zu", result->found[0].index);
    printf("%s\t%s\t%d\t%zu\t%zu\t%zu\t%s\t%llu\t%.1f\t%zu\n", chosen->work->name,
           MODES[chosen->mode], (int)chosen->planted, result->tried, result->distinct,
           result->violations, first, (unsigned long long)chosen->seed, seconds, result->unnamed);
    for (size_t index = 0; index < result->violations && index < FOUND_MAX; index++)
        fprintf(stderr, "%s %s, seed %llu, state %zu: %s\n", chosen->work->name,
                MODES[chosen->mode], (unsigned long long)chosen->seed, result->found[index].index,
                result->found[index].message);
}

/* Of so many different states one is also looked over by fsck and worked on, which takes as long as
 * several others. */
static unsigned thorough_of(size_t states)
{
    return states <= 1000 ? 32 : 128;
}

static int try_states(const choices *chosen, const crash_plan *plan)
{
    sweep job = {.plan = plan,
                 .folder = chosen->folder,
                 .count = chosen->states,
                 .until_found = chosen->until_found,
                 .thorough = thorough_of(chosen->states)};
    sweep_result result;
    double begin = now();
    sweep_run(&result, &job);
    tell(chosen, &result, now() - begin);
    return result.violations > 0 ? 1 : 0;
}

static bool has_failed_sync(const trace *recorded)
{
    for (size_t at = 0; at < recorded->count; at++)
        if (recorded->ops[at].kind == TRACE_SYNC_FAILED)
            return true;
    return false;
}

static int try_workload(choices *chosen)
{
    trace recorded;
    crash_plan plan;
    int result = 0;
    const char *log = chosen->log != NULL ? chosen->log : chosen->own_log;
    set_environment(chosen->work->environment);
    if (chosen->log == NULL && !record(chosen))
        return 2;
    if (!trace_load(&recorded, log, chosen->planted))
        return 2;
    if (chosen->work->sync_fails != NULL && !has_failed_sync(&recorded)) {
        fprintf(stderr, "%s: there are fewer syncs\n", chosen->work->name);
        return 2;
    }
    /* Each state is opened anew, by one thread: no locks, and nothing that counts memory. */
    if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK)
        return 2;
    disk_mode last = chosen->both ? DISK_ORDERED : chosen->mode;
    for (; chosen->mode <= last; chosen->mode++) {
        plan_make(&plan, &recorded, chosen->mode, chosen->seed);
        result |= chosen->state >= 0 ? try_state(chosen, &plan) : try_states(chosen, &plan);
        plan_free(&plan);
    }
    trace_free(&recorded);
    (void)fs_remove_tree(chosen->folder, NULL);
    if (result == 1 && chosen->planted == MISTAKE_NONE)
        fprintf(stderr, "fault: the recording is kept: --log %s\n", log);
    else if (chosen->log == NULL)
        (void)unlink(log);
    return result;
}

/* ---- the command ----------------------------------------------------------------------------- */

static bool read_choices(choices *out, int count, char **words)
{
    *out = (choices){.seed = 1, .states = 1000, .state = -1, .self = words[0]};
    out->work = count > 2 ? workload_find(words[2]) : NULL;
    for (int at = 3; out->work != NULL && at < count; at++) {
        const char *value = at + 1 < count ? words[at + 1] : "";
        if (strcmp(words[at], "--until-found") == 0) {
            out->until_found = true;
            continue;
        }
        at++;
        if (strcmp(words[at - 1], "--mode") == 0) {
            out->mode = strcmp(value, "ordered") == 0 ? DISK_ORDERED : DISK_STRICT;
            out->both = strcmp(value, "both") == 0;
        } else if (strcmp(words[at - 1], "--states") == 0)
            out->states = strtoul(value, NULL, 10);
        else if (strcmp(words[at - 1], "--seed") == 0)
            out->seed = strtoull(value, NULL, 10);
        else if (strcmp(words[at - 1], "--mistake") == 0)
            out->planted = (mistake)strtol(value, NULL, 10);
        else if (strcmp(words[at - 1], "--state") == 0)
            out->state = strtol(value, NULL, 10);
        else if (strcmp(words[at - 1], "--log") == 0)
            out->log = value;
        else
            return false;
    }
    return out->work != NULL;
}

/* The recorder must be there from the beginning, also to count what a second opening writes. */
static void load_recorder(char **words)
{
    const char *loaded = getenv("LD_PRELOAD");
    if (loaded != NULL && strstr(loaded, FAULT_RECORDER) != NULL)
        return;
    setenv("LD_PRELOAD", FAULT_RECORDER, 1);
    execv("/proc/self/exe", words);
    fprintf(stderr, "fault: %s\n", strerror(errno));
    _exit(2);
}

int main(int count, char **words)
{
    choices chosen;
    const char *place = getenv("FAULT_PLACE");
    load_recorder(words);
    if (count > 1 && strcmp(words[1], "list") == 0) {
        for (const workload *work = WORKLOADS; work->name != NULL; work++)
            printf("%s\n", work->name);
        return 0;
    }
    if (count > 2 && strcmp(words[1], "work") == 0)
        return run_workload(words[2]);
    if (count < 3 || strcmp(words[1], "try") != 0 || !read_choices(&chosen, count, words))
        return usage();
    if (place == NULL)
        place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(chosen.folder, sizeof chosen.folder, "%s/ckl-fault-%d", place, (int)getpid());
    snprintf(chosen.own_log, sizeof chosen.own_log, "%s.log", chosen.folder);
    return try_workload(&chosen);
}
