/* Whatever the ledger asks of the system and of its libraries fails, in every way that it can: each
 * system call, each of SQLite's calls of its files, each allocation, once or from then on; and the
 * process ends at each system call. Then every promise is looked at.
 *
 *     fault_errors [OPERATION…]                     these, or all
 *     fault_errors list                             their names
 *     fault_errors OPERATION WAY                    this way to fail only
 *     fault_errors OPERATION WAY NTH once|on [KILL] one case; KILL: where the one before it ended
 *
 * CKL_ERRORS: how many points of each (2), or "all". CKL_SEED: which. */
#include <errno.h>
#include <openssl/err.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "judge.h"
#include "places.h"

#define INTERRUPTIONS 6  /* of an operation, each of which leaves something to recover */
#define FEW_POINTS    10 /* fewer than that: only one of them */

static const fault_way WAYS[] = {
    {FAULT_CALL, "EIO", EIO},
    {FAULT_CALL, "ENOSPC", ENOSPC},
    {FAULT_CALL, "EDQUOT", EDQUOT},
    {FAULT_CALL, "EINTR", EINTR},
    {FAULT_CALL, "short", SHORT_TRANSFER},
    {FAULT_CALL, "kill", KILL},
    {FAULT_SQLITE, "IOERR", SQLITE_IOERR},
    {FAULT_SQLITE, "FULL", SQLITE_FULL},
    {FAULT_SQLITE, "BUSY", SQLITE_BUSY},
    {FAULT_MEMORY, "memory", ENOMEM},
};
#define WAY_COUNT (sizeof WAYS / sizeof *WAYS)

/* The rows of the table. */
typedef enum row { ROW_CALLS, ROW_KILLS, ROW_SQLITE, ROW_MEMORY, ROW_COUNT } row;
static const char *const ROWS[ROW_COUNT] = {[ROW_CALLS] = "errors of system calls",
                                            [ROW_KILLS] = "kills at system calls",
                                            [ROW_SQLITE] = "errors of SQLite's calls",
                                            [ROW_MEMORY] = "allocations that fail"};

static struct {
    char place[64];
    unsigned long points; /* of each; 0: all */
    uint64_t seed;
} chosen = {.points = 2, .seed = 1};

static struct {
    unsigned long tried, violations;
    double seconds;
} results[ROW_COUNT];

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static row row_of(const fault_way *way)
{
    if (way->kind == FAULT_MEMORY)
        return ROW_MEMORY;
    if (way->kind == FAULT_SQLITE)
        return ROW_SQLITE;
    return way->code == KILL ? ROW_KILLS : ROW_CALLS;
}

static void try_one(subject *made, const fault_plan *plan, unsigned long kill_at)
{
    row where = row_of(plan->way);
    bool good = judge(made, plan);
    results[where].tried += made->struck || !good ? 1 : 0;
    if (good)
        return;
    results[where].violations++;
    fprintf(stderr, "%s: %s\n  again: fault_errors %s %s %lu %s %lu\n", made->what->name, made->why,
            made->what->name, plan->way->name, plan->nth, plan->on ? "on" : "once", kill_at);
}

/* Each point, or some that are spread over all. */
static void sweep(subject *made, const fault_way *way, bool on, unsigned long kill_at)
{
    double start = seconds_now();
    unsigned long all = subject_count(made, way);
    unsigned long points = chosen.points == 0 || chosen.points > all ? all : chosen.points;
    for (unsigned long point = 0; point < points; point++) {
        unsigned long nth = 1 + (point * all / points + chosen.seed * 7919) % all;
        try_one(made, &(fault_plan){.way = way, .nth = nth, .on = on}, kill_at);
    }
    results[row_of(way)].seconds += seconds_now() - start;
}

static void sweep_subject(subject *made, unsigned long kill_at)
{
    for (size_t at = 0; at < WAY_COUNT; at++) {
        sweep(made, &WAYS[at], false, kill_at);
        if (WAYS[at].code != KILL)
            sweep(made, &WAYS[at], true, kill_at);
    }
    subject_remove(made);
}

/* Everything that an interrupted operation can leave, spread over where it was ended. */
static void sweep_interrupted(const operation *what)
{
    subject made;
    bool few = chosen.points > 0 && chosen.points < FEW_POINTS;
    unsigned long all, wanted = few ? 1 : INTERRUPTIONS, done = 0;
    subject_make(&made, what->interrupted, chosen.place, 0);
    all = subject_count(&made, &WAYS[5]);
    for (unsigned long at = 0; at < 4 * INTERRUPTIONS && done < wanted; at++) {
        unsigned long kill_at = 1 + (at * all / (4 * INTERRUPTIONS) + chosen.seed * 7919) % all;
        if (!subject_make(&made, what, chosen.place, kill_at))
            continue;
        sweep_subject(&made, kill_at);
        done++;
    }
    subject_remove(&made);
    if (done == 0) {
        fprintf(stderr, "%s: nothing was left to recover\n", what->name);
        results[ROW_CALLS].violations++;
    }
}

static bool sweep_operation(const operation *what)
{
    subject made;
    bool good = true;
    memset(results, 0, sizeof results);
    if (what->interrupted != NULL) {
        sweep_interrupted(what);
    } else {
        subject_make(&made, what, chosen.place, 0);
        sweep_subject(&made, 0);
    }
    for (int at = 0; at < ROW_COUNT; at++) {
        printf("%s: %s\t%lu\t%lu\t%ju\t%.1f\n", ROWS[at], what->name, results[at].tried,
               results[at].violations, (uintmax_t)chosen.seed, results[at].seconds);
        good = good && results[at].violations == 0;
    }
    fflush(stdout);
    return good;
}

static const fault_way *find_way(const char *name)
{
    for (size_t at = 0; at < WAY_COUNT; at++)
        if (strcmp(WAYS[at].name, name) == 0)
            return &WAYS[at];
    return NULL;
}

static int one_way(const operation *what, const fault_way *way)
{
    subject made;
    subject_make(&made, what, chosen.place, 0);
    sweep(&made, way, false, 0);
    subject_remove(&made);
    const row at = row_of(way);
    printf("%s: %s, %s\t%lu\t%lu\t%ju\t%.1f\n", ROWS[at], what->name, way->name, results[at].tried,
           results[at].violations, (uintmax_t)chosen.seed, results[at].seconds);
    return results[at].violations > 0;
}

static int one_case(const operation *what, char **words, int count)
{
    subject made;
    fault_plan plan = {.way = find_way(words[0]),
                       .nth = strtoul(words[1], NULL, 10),
                       .on = strcmp(words[2], "on") == 0};
    if (plan.way == NULL || plan.nth == 0)
        return 2;
    if (!subject_make(&made, what, chosen.place, count > 3 ? strtoul(words[3], NULL, 10) : 0)) {
        fprintf(stderr, "nothing is left to recover there\n");
        return 2;
    }
    failing_show_where();
    bool good = judge(&made, &plan);
    const char *leak = strstr(made.why, "the first is number ");
    if (leak != NULL) {
        failing_show_allocation(strtoul(leak + strlen("the first is number "), NULL, 10));
        good = judge(&made, &plan) && good;
    }
    printf("%s: %s (%lu calls)\n", good ? "good" : "violation", made.why, made.seen);
    subject_remove(&made);
    return good ? 0 : 1;
}

/* What is set up once in a process is not what fails here. */
static void warm_up(void)
{
    subject made;
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    subject_make(&made, operation_find("repair"), chosen.place, 0);
    place_copy(made.template, made.folder);
    if (operation_open(&manager, made.folder, &err) == CKL_OK)
        operation_find("dump")->act(manager, made.folder, &err);
    ckl_manager_close(manager);
    ERR_get_error();
    subject_remove(&made);
}

int main(int count, char **words)
{
    const char *size = getenv("CKL_ERRORS"), *seed = getenv("CKL_SEED");
    bool good = true;
    for (size_t at = 0; count == 2 && strcmp(words[1], "list") == 0 && at < OPERATION_COUNT; at++)
        puts(OPERATIONS[at].name);
    if (count == 2 && strcmp(words[1], "list") == 0)
        return 0;
    if (size != NULL && strcmp(size, "sample") != 0)
        chosen.points = strtoul(size, NULL, 10); /* "all" is 0 */
    if (seed != NULL)
        chosen.seed = strtoull(seed, NULL, 10);
    snprintf(chosen.place, sizeof chosen.place, "/dev/shm/ckl-errors-XXXXXX");
    if (mkdtemp(chosen.place) == NULL) {
        snprintf(chosen.place, sizeof chosen.place, "/tmp/ckl-errors-XXXXXX");
        if (mkdtemp(chosen.place) == NULL)
            return 2;
    }
    failing_install_crypto();
    failing_install();
    warm_up();
    int result = -1, names = 1;
    while (names < count && operation_find(words[names]) != NULL)
        names++;
    if (names == 2 && count >= 5)
        result = one_case(operation_find(words[1]), words + 2, count - 2);
    else if (names == 2 && count == 3 && find_way(words[2]) != NULL)
        result = one_way(operation_find(words[1]), find_way(words[2]));
    else if (names < count)
        result = (fprintf(stderr, "no operation %s\n", words[names]), 2);
    for (size_t at = 0; result < 0 && count == 1 && at < OPERATION_COUNT; at++)
        good = sweep_operation(&OPERATIONS[at]) && good;
    for (int at = 1; result < 0 && at < count; at++)
        good = sweep_operation(operation_find(words[at])) && good;
    place_remove(chosen.place);
    return result >= 0 ? result : good ? 0 : 1;
}
