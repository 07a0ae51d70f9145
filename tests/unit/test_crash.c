/* Processes killed at random moments: what was acknowledged is there, nothing is half there.
 * CKL_KILLS sets how many (30). */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "root.h"

/* Updates, dumps and saves without end; tells each acknowledged step number on `pipe_end`. */
static void work(int pipe_end)
{
    for (int64_t step = 1;; step++) {
        char json[64], weights[64];
        ckl_manager *manager = open_run(NULL);
        for (int again = 0; again < 4; again++, step++) {
            snprintf(json, sizeof json, "{\"step\": %lld}", (long long)step);
            snprintf(weights, sizeof weights, "weights of %lld", (long long)step);
            update_config(manager, json);
            dump(manager);
            save(manager, step, weights);
            if (write(pipe_end, &step, sizeof step) != sizeof step)
                _exit(1);
        }
        ckl_manager_close(manager);
    }
}

/* Starts a worker, kills it after a while; returns the last step that it acknowledged. */
static int64_t kill_one(useconds_t after)
{
    int ends[2];
    int64_t step = 0, read_step;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        work(ends[1]);
    }
    close(ends[1]);
    usleep(after);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(ends[0], &read_step, sizeof read_step) == sizeof read_step)
        step = read_step;
    close(ends[0]);
    return step;
}

/* Every present row's file has its size; every acknowledged step has its row; no intent is left. */
static void check_ledger(int64_t acknowledged)
{
    ckl_checkpoint_cursor *cursor = NULL;
    ckl_checkpoint_row row;
    int64_t highest = 0;
    char command[512];
    ckl_manager *manager = open_run(NULL);
    ASSERT_OK(ckl_checkpoints(&cursor, manager, NULL, true, &fault));
    while (ckl_checkpoint_next(&row, cursor, NULL) == CKL_OK) {
        char path[512];
        struct stat found;
        snprintf(path, sizeof path, "%s/%s", root, row.path);
        if (strcmp(row.state, "present") != 0)
            continue;
        ck_assert_msg(stat(path, &found) == 0 && found.st_size == row.bytes, "%s", row.path);
        highest = row.step > highest ? row.step : highest;
    }
    ckl_checkpoint_cursor_close(cursor);
    ckl_manager_close(manager);
    ck_assert_msg(highest >= acknowledged, "acknowledged %lld, there is %lld",
                  (long long)acknowledged, (long long)highest);
    snprintf(command, sizeof command,
             "test \"$(sqlite3 '%s/ledger.db' 'PRAGMA integrity_check; PRAGMA foreign_key_check;"
             " SELECT count(*) FROM _intent' | tr '\\n' ' ')\" = 'ok 0 ' && test -z \"$(ls "
             "'%s/.ckl/tmp')\"",
             root, root);
    ck_assert_int_eq(system(command), 0);
}

/* Each dumped file is there with the digest of its row, and nothing else is under checkpoints/. */
static void check_tree(void)
{
    char command[1024];
    snprintf(command, sizeof command,
             "cd '%s' && sqlite3 ledger.db \"SELECT lower(hex(sha256)) || '  ' || path FROM _file"
             " UNION ALL SELECT lower(hex(sha256)) || '  ' || path FROM _checkpoint"
             " WHERE state = 'present'\" > sums && sha256sum -c --status sums"
             " && test $(find checkpoints -type f | wc -l) -eq $(wc -l < sums)",
             root);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(nothing_acknowledged_is_lost)
{
    const char *wanted = getenv("CKL_KILLS");
    int kills = wanted != NULL ? atoi(wanted) : 30;
    int64_t best = 0;
    useconds_t longest = 60000;
    srand(20261123);
    for (int count = 0; count < kills; count++) {
        int64_t acknowledged = kill_one((useconds_t)rand() % longest);
        best = acknowledged > best ? acknowledged : best;
        check_ledger(best);
        if (best == 0 &&
            longest < 10000000) /* a slow machine: nothing was done yet when it was killed */
            longest *= 2;
    }
    ck_assert_int_gt(best, 0);
    check_tree();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, nothing_acknowledged_is_lost);
    return run_suite(tests, "crash");
}
