#include "sweep.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs.h"

#define BATCH      256
#define SEEN_SIZE  ((size_t)1 << 20)
#define PATIENCE_S 60

/* In memory that the processes share. */
typedef struct shared_state {
    sweep_result result;
    size_t next;  /* the state that is tried now */
    bool crashed; /* it has not come back */
    verdict last;
    _Atomic uint64_t seen[SEEN_SIZE]; /* states that were tried already */
} shared_state;

static shared_state *make_shared(void)
{
    void *page = mmap(NULL, sizeof(shared_state), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (page == MAP_FAILED)
        abort();
    return page;
}

/* ---- one state ------------------------------------------------------------------------------- */

static bool make_state(const disk *composed, const char *folder)
{
    return fs_remove_tree(folder, NULL) == CKL_OK && mkdir(folder, 0777) == 0 &&
           disk_write(composed, folder);
}

static void look(verdict *out, const crash *chosen, const disk *composed, const char *folder,
                 unsigned how)
{
    expectation wanted;
    *out = (verdict){.good = false};
    if (!make_state(composed, folder)) {
        fprintf(stderr, "fault: '%s' cannot be filled\n", folder);
        _exit(2);
    }
    expect(&wanted, chosen->recorded, chosen->at);
    verify(out, folder, &wanted, how);
}

/* In a process of its own. False: it ended without a verdict, *out says how. */
static bool in_child(verdict *out, shared_state *shared, void (*work)(void *, shared_state *),
                     void *context)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        work(context, shared);
        _exit(0);
    }
    while (waitpid(child, &status, 0) != child)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    *out = (verdict){.good = false};
    if (WIFSIGNALED(status))
        snprintf(out->message, sizeof out->message, "the checker ended with signal %d%s",
                 WTERMSIG(status), WTERMSIG(status) == SIGALRM ? ": it hangs" : "");
    else
        snprintf(out->message, sizeof out->message, "the checker ended with code %d",
                 WEXITSTATUS(status));
    return false;
}

typedef struct one_state {
    const crash *chosen;
    disk *space;
    const char *folder;
} one_state;

static void try_one(void *context, shared_state *shared)
{
    const one_state *job = context;
    alarm(PATIENCE_S);
    disk_compose(job->space, job->chosen);
    look(&shared->last, job->chosen, job->space, job->folder, VERIFY_FSCK | VERIFY_WORK_ON);
}

bool sweep_one(verdict *out, const crash *chosen, disk *space, const char *folder)
{
    shared_state *shared = make_shared();
    one_state job = {chosen, space, folder};
    bool told = in_child(out, shared, try_one, &job);
    if (told)
        *out = shared->last;
    munmap(shared, sizeof *shared);
    return told;
}

/* ---- many ------------------------------------------------------------------------------------ */

size_t sweep_index(const crash_plan *plan, size_t count, size_t nth)
{
    size_t systematic = count / 2 < plan->systematic_count ? count / 2 : plan->systematic_count;
    if (nth < systematic)
        return nth * plan->systematic_count / systematic;
    return plan->systematic_count + (nth - systematic);
}

static bool is_new(shared_state *shared, uint64_t sum, size_t at)
{
    uint64_t key = random_of(sum, at) | 1;
    for (size_t step = 0; step < 64; step++) {
        _Atomic uint64_t *slot = &shared->seen[(key + step) % SEEN_SIZE];
        uint64_t there = atomic_load(slot);
        if (there == key)
            return false;
        if (there == 0) {
            atomic_store(slot, key);
            return true;
        }
    }
    return true;
}

static void note(sweep_result *result, size_t index, const char *message)
{
    if (result->violations < FOUND_MAX) {
        found_state *found = &result->found[result->violations];
        found->index = index;
        snprintf(found->message, sizeof found->message, "%s", message);
    }
    result->violations++;
}

/* States that differ in nothing that is promised are one. */
static size_t promises_at(const trace *recorded, size_t at)
{
    size_t count = 0;
    for (size_t index = 0; index < recorded->mark_count; index++)
        count += recorded->marks[index].at <= at ? 1 : 0;
    return count;
}

static void try_batch(void *context, shared_state *shared)
{
    const sweep *job = context;
    const trace *recorded = job->plan->recorded;
    crash chosen;
    disk space;
    verdict found;
    sweep_result *result = &shared->result;
    crash_make(&chosen, recorded);
    disk_make(&space, recorded);
    size_t end = shared->next + BATCH < job->count ? shared->next + BATCH : job->count;
    for (; shared->next < end; shared->next++) {
        alarm(PATIENCE_S);
        crash_choose(&chosen, job->plan, sweep_index(job->plan, job->count, shared->next));
        uint64_t sum = disk_compose(&space, &chosen);
        result->tried++;
        if (!is_new(shared, sum, promises_at(recorded, chosen.at)))
            continue;
        bool all = job->thorough > 0 && result->distinct % job->thorough == 0;
        result->distinct++;
        look(&found, &chosen, &space, job->folder,
             all ? VERIFY_FSCK | VERIFY_WORK_ON : VERIFY_PROMISES);
        result->unnamed += found.unnamed > 0 ? 1 : 0;
        if (!found.good)
            note(result, chosen.index, found.message);
        if (!found.good && job->until_found)
            break;
    }
    disk_free(&space);
    crash_free(&chosen);
}

void sweep_run(sweep_result *out, const sweep *what)
{
    shared_state *shared = make_shared();
    sweep job = *what;
    verdict died;
    while (shared->next < job.count) {
        if (!in_child(&died, shared, try_batch, &job)) {
            note(&shared->result, sweep_index(job.plan, job.count, shared->next), died.message);
            shared->next++;
        }
        if (job.until_found && shared->result.violations > 0)
            break;
    }
    *out = shared->result;
    munmap(shared, sizeof *shared);
}

/* ---- the shortest case ----------------------------------------------------------------------- */

void sweep_reduce(crash *chosen, disk *space, const char *folder)
{
    verdict found;
    for (size_t index = 0; index < chosen->pending_count; index++) {
        size_t op = chosen->pending[index];
        unsigned char kept = chosen->fates[op];
        if (kept == FATE_KEPT)
            continue;
        chosen->fates[op] = FATE_KEPT;
        found.good = false;
        (void)sweep_one(&found, chosen, space, folder);
        if (found.good)
            chosen->fates[op] = kept;
    }
}

static const char *name_of(const trace *recorded, int object)
{
    const char *name = "(the folder)";
    for (size_t op = 0; op < recorded->count; op++) {
        const trace_op *what = &recorded->ops[op];
        if (op_is_name(what) && what->object == object)
            name =
                what->kind == TRACE_LINK || what->kind == TRACE_RENAME ? what->other : what->name;
    }
    return name;
}

static void describe_op(const trace *recorded, size_t number)
{
    static const char *const KINDS[] = {"folder", "create",        "make folder", "link",
                                        "rename", "remove",        "write",       "set size of",
                                        "sync",   "failed sync of"};
    const trace_op *op = &recorded->ops[number];
    printf("%6zu %s ", number, KINDS[op->kind]);
    if (op_is_name(op))
        printf("%s%s%s%s%s", op->folder > 0 ? name_of(recorded, op->folder) : "",
               op->folder > 0 ? "/" : "", op->name, op->other != NULL ? " as " : "",
               op->other != NULL ? op->other : "");
    else
        printf("%s", name_of(recorded, op->object));
    if (op->kind == TRACE_WRITE)
        printf(" %lld+%llu", (long long)op->offset, (unsigned long long)op->size);
    if (op->kind == TRACE_SIZE)
        printf(" to %lld", (long long)op->offset);
}

void sweep_describe(const crash *chosen)
{
    static const char *const FATES[] = {"dropped", "kept", "torn", "kept with its old name"};
    size_t first = chosen->at > 12 ? chosen->at - 12 : 0;
    printf("the last operations before the crash:\n");
    for (size_t op = first; op < chosen->at; op++) {
        describe_op(chosen->recorded, op);
        printf("\n");
    }
    printf("what was not kept of %zu that were not durable:\n", chosen->pending_count);
    for (size_t op = chosen->recorded->baseline; op < chosen->at; op++) {
        if (chosen->fates[op] == FATE_KEPT)
            continue;
        describe_op(chosen->recorded, op);
        printf(": %s\n", FATES[chosen->fates[op]]);
    }
}
