/* Eight processes, each on a run of its own, edit, update, dump, save, log metrics and remove; one
 * or all of them are killed at random moments. What was acknowledged is there, what is there was
 * acknowledged or was the one operation that its process was at, nothing is half there, looking the
 * ledger over finds nothing, and a second opening writes nothing. CKL_KILLS sets how many are
 * killed (40), CKL_SEED when. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "root.h"

#define WORKERS 8

static const char STATE[] = "{\"uids\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]}";

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* ---- one worker ------------------------------------------------------------------------------ */

typedef struct worker {
    int number, pipe_end;
    int64_t done; /* operations */
    uint64_t seed;
    ckl_manager *manager;
} worker;

static void toggle(worker *me, const char *reason)
{
    static const char *const UIDS[] = {"a", "b", "c", "d", "e", "f"};
    const char *uid = UIDS[next_random(&me->seed) % 6];
    ckl_update_result result;
    ckl_edit edit = {.action = CKL_EDIT_TAG, .uids = &uid, .uid_count = 1, .reason = reason};
    char tag[32];
    snprintf(tag, sizeof tag, "t%lld", (long long)me->done); /* new every time: so that it counts */
    edit.tag = tag;
    ASSERT_OK(ckl_manager_edit_samples(&result, me->manager, &edit, &fault));
}

static void update(worker *me, const char *reason, bool dumped)
{
    char json[64];
    ckl_config *config = NULL;
    ckl_update_result result;
    snprintf(json, sizeof json, "{\"worker\": %d, \"step\": %lld}", me->number,
             (long long)me->done);
    ASSERT_OK(ckl_config_parse(&config, json, strlen(json), CKL_FORMAT_JSON, "test", NULL, &fault));
    ckl_update wanted = {.config = config, .dump_immediately = dumped, .reason = reason};
    ASSERT_OK(ckl_manager_update_experiment_hash(&result, me->manager, &wanted, &fault));
    ckl_config_free(config);
}

static void remove_old(worker *me, const char *reason)
{
    ckl_gc *done = NULL;
    ckl_gc_options options = {.keep_last = 2, .reason = "gc"};
    ASSERT_OK(ckl_gc_run(&done, me->manager, &options, &fault));
    ckl_gc_close(done);
    update(me, reason, false);
}

static void operate(worker *me)
{
    char reason[64];
    me->done++;
    snprintf(reason, sizeof reason, "w%d-%lld", me->number, (long long)me->done);
    switch (next_random(&me->seed) % 5) {
    case 0:
        update(me, reason, true);
        break;
    case 1:
        update(me, reason, false);
        save(me->manager, me->done, reason);
        break;
    case 2:
        remove_old(me, reason);
        break;
    case 3:
        ASSERT_OK(ckl_manager_log_metric(me->manager, me->done, "loss", 0.5, &fault));
        update(me, reason, false);
        break;
    default:
        toggle(me, reason);
    }
    if (write(me->pipe_end, &me->done, sizeof me->done) != sizeof me->done)
        _exit(1);
}

static void work(worker *me)
{
    char run[16];
    snprintf(run, sizeof run, "run%d", me->number);
    for (;;) {
        me->manager = open_run(run);
        for (int count = 0; count < 10; count++)
            operate(me);
        ckl_manager_close(me->manager);
    }
}

/* ---- looking at what they left --------------------------------------------------------------- */

static int64_t acknowledged[WORKERS]; /* the last operation of each */

static void ask(char *out, size_t size, const char *sql)
{
    char command[2048];
    snprintf(command, sizeof command, "sqlite3 '%s/ledger.db' \"%s\" | tr '\\n' ' '", root, sql);
    FILE *answer = popen(command, "r");
    ck_assert_ptr_nonnull(answer);
    size_t got = fread(out, 1, size - 1, answer);
    out[got] = '\0';
    ck_assert_int_eq(pclose(answer), 0);
}

/* Of each worker: how many events, of how many operations, the last of them. */
static const char OPERATIONS[] =
    "SELECT substr(reason, 2, 1), count(*), count(DISTINCT reason),"
    " max(CAST(substr(reason, 4) AS INTEGER)) FROM _event WHERE reason LIKE 'w_-%' GROUP BY 1";

static void check_operations(const char *found)
{
    long long count[WORKERS] = {0}, distinct[WORKERS] = {0}, last[WORKERS] = {0}, row[4];
    int used = 0;
    for (; sscanf(found, "%lld|%lld|%lld|%lld %n", &row[0], &row[1], &row[2], &row[3], &used) == 4;
         found += used) {
        ck_assert_int_lt(row[0], WORKERS);
        count[row[0]] = row[1];
        distinct[row[0]] = row[2];
        last[row[0]] = row[3];
    }
    ck_assert_str_eq(found, "");
    for (int number = 0; number < WORKERS; number++) {
        ck_assert_msg(count[number] == distinct[number] && count[number] == last[number],
                      "worker %d: %lld events, %lld operations, the last %lld", number,
                      count[number], distinct[number], last[number]);
        ck_assert_msg(last[number] == acknowledged[number] ||
                          last[number] == acknowledged[number] + 1,
                      "worker %d: %lld acknowledged, %lld there", number,
                      (long long)acknowledged[number], last[number]);
        acknowledged[number] = last[number]; /* what was unknown is known now */
    }
}

static void check_ledger(void)
{
    static const char SOUND[] = "ok 0 ";
    char sql[512], found[512];
    snprintf(sql, sizeof sql,
             "PRAGMA integrity_check; PRAGMA foreign_key_check; SELECT count(*) FROM _intent; %s",
             OPERATIONS);
    ask(found, sizeof found, sql);
    ck_assert_msg(strncmp(found, SOUND, strlen(SOUND)) == 0, "%s", found);
    check_operations(found + strlen(SOUND));
}

static void check_files(void)
{
    char command[1024];
    snprintf(command, sizeof command,
             "cd '%s' && test -z \"$(ls .ckl/tmp)\" &&"
             " sqlite3 ledger.db \"SELECT lower(hex(sha256)) || '  ' || path FROM _file"
             " UNION ALL SELECT lower(hex(sha256)) || '  ' || path FROM _checkpoint"
             " WHERE state = 'present'\" > sums && { ! test -s sums || sha256sum -c --quiet sums; }"
             " && test $(find . -path './checkpoints/*' -type f | wc -l) -eq $(wc -l < sums)",
             root);
    ck_assert_int_eq(system(command), 0);
}

/* As ckl fsck does: every digest, the chain, what follows from the events, every file. */
static void check_all_of_it(void)
{
    ckl_check *check = NULL;
    ckl_finding finding = {0};
    ckl_check_counts counts;
    ASSERT_OK(ckl_check_open(&check, root, NULL, &fault));
    ckl_status status = ckl_check_next(&finding, check, &fault);
    ck_assert_msg(status == CKL_DONE, "%s %s: %s", status == CKL_OK ? finding.kind : "error",
                  status == CKL_OK ? finding.subject : "",
                  status == CKL_OK ? finding.message : fault.message);
    ckl_check_read_counts(&counts, check);
    ck_assert_uint_ge(counts.events, WORKERS);
    ckl_check_close(check);
}

/* Whoever looked last took the log into the ledger: an opening that writes shows in either. */
static void check_second_opening(void)
{
    char command[512];
    snprintf(command, sizeof command,
             "cd '%s' && sha256sum ledger.db > before && test ! -s ledger.db-wal", root);
    ck_assert_int_eq(system(command), 0);
    ckl_manager_close(open_run("run0"));
    snprintf(command, sizeof command,
             "cd '%s' && sha256sum --quiet -c before && rm before && test ! -s ledger.db-wal",
             root);
    ck_assert_int_eq(system(command), 0);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void start_worker(worker *me, pid_t *child, int ends[2])
{
    ck_assert_int_eq(pipe(ends), 0);
    *child = fork();
    ck_assert_int_ge(*child, 0);
    if (*child == 0) {
        close(ends[0]);
        me->pipe_end = ends[1];
        work(me);
    }
    close(ends[1]);
}

/* Kills `victims` of them while all work, then ends the rest as hard. */
static void live_and_die(int victims, uint64_t longest_us, uint64_t *seed)
{
    pid_t children[WORKERS];
    int ends[WORKERS][2];
    for (int number = 0; number < WORKERS; number++) {
        worker me = {.number = number, .done = acknowledged[number], .seed = next_random(seed)};
        start_worker(&me, &children[number], ends[number]);
    }
    usleep((useconds_t)(next_random(seed) % longest_us));
    for (int number = 0; number < victims; number++)
        kill(children[number], SIGKILL);
    usleep((useconds_t)(next_random(seed) % 20000));
    for (int number = 0; number < WORKERS; number++) {
        int64_t done;
        int result = 0;
        kill(children[number], SIGKILL);
        waitpid(children[number], &result, 0);
        ck_assert_msg(WIFSIGNALED(result), "worker %d failed by itself", number);
        while (read(ends[number][0], &done, sizeof done) == sizeof done)
            acknowledged[number] = done;
        close(ends[number][0]);
    }
}

START_TEST(nothing_acknowledged_is_lost)
{
    const char *wanted = getenv("CKL_KILLS");
    int kills = wanted != NULL ? atoi(wanted) : 40, killed = 0;
    const char *chosen = getenv("CKL_SEED");
    uint64_t seed = chosen != NULL ? strtoull(chosen, NULL, 10) : 20261123;
    for (int number = 0; number < WORKERS; number++) {
        char run[16];
        snprintf(run, sizeof run, "run%d", number);
        ckl_manager *manager = open_run(run);
        update_data(manager, STATE);
        ckl_manager_close(manager);
    }
    /* On a slow machine they live longer: one or two operations each. */
    uint64_t longest_us = 150000;
    int64_t all = 0;
    for (int round = 0; killed < kills || (all <= kills / 2 && killed < 10 * kills); round++) {
        int victims = round % 2 == 0 ? 1 : WORKERS;
        live_and_die(victims, longest_us, &seed);
        killed += WORKERS;
        ckl_manager_close(open_run("run0")); /* recovers */
        check_ledger();
        check_files();
        check_all_of_it();
        check_second_opening();
        all = 0;
        for (int number = 0; number < WORKERS; number++)
            all += acknowledged[number];
        if (all < killed && longest_us < 5000000)
            longest_us *= 2;
        else if (all > 2 * (int64_t)killed && longest_us > 150000)
            longest_us /= 2;
    }
    ck_assert_int_gt(all, kills / 2);
    printf("%d killed, %lld operations acknowledged\n", killed, (long long)all);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, nothing_acknowledged_is_lost);
    return run_suite(tests, "crash, many processes");
}
