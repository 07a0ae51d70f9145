/* A process that dies at any commit of saving weights: afterwards they are there with the metrics
 * that were given with them, or neither is. */
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../unit/root.h"

static int commits_left = -1; /* of this process, until it dies; negative: it lives */

static int before_commit(void *context)
{
    (void)context;
    if (commits_left >= 0 && commits_left-- == 0)
        raise(SIGKILL);
    return 0;
}

static int watch(sqlite3 *ledger, char **message, const void *unused)
{
    (void)message;
    (void)unused;
    sqlite3_commit_hook(ledger, before_commit, NULL);
    return SQLITE_OK;
}

static ckl_status save_with_metrics(ckl_manager *manager)
{
    const ckl_metric metrics[] = {{"loss", 0.1}, {"none", NAN}, {"\xc3\xbc/\"x", -1e300}};
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {
        .step = 7, .bytes = "weights", .size = 7, .metrics = metrics, .metric_count = 3};
    return ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, &fault);
}

/* False: there were fewer commits. */
static bool save_and_die(int commit)
{
    int result = 0;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        ckl_manager *manager = open_run(NULL);
        commits_left = commit;
        ckl_status status = save_with_metrics(manager);
        _exit(status == CKL_OK ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert(WIFSIGNALED(result) || WEXITSTATUS(result) == 0);
    return WIFSIGNALED(result);
}

static void assert_metrics(ckl_manager *manager, const char *wanted)
{
    ckl_checkpoint_cursor *cursor = NULL;
    ckl_checkpoint_row row;
    ASSERT_OK(ckl_checkpoints(&cursor, manager, NULL, true, &fault));
    ASSERT_OK(ckl_checkpoint_next(&row, cursor, &fault));
    ck_assert_str_eq(row.metrics, wanted);
    ckl_checkpoint_cursor_close(cursor);
}

static uint64_t count_series(ckl_manager *manager)
{
    ckl_metric_series_cursor *cursor = NULL;
    ckl_metric_series_row row;
    uint64_t count = 0;
    ASSERT_OK(ckl_metric_series(&cursor, manager, true, &fault));
    while (ckl_metric_series_next(&row, cursor, &fault) == CKL_OK)
        count += row.value_count;
    ckl_metric_series_cursor_close(cursor);
    return count;
}

/* What a save that was not interrupted shows. */
static char *metrics_of_whole(void)
{
    ckl_checkpoint_cursor *cursor = NULL;
    ckl_checkpoint_row row;
    make_root();
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{}");
    ASSERT_OK(save_with_metrics(manager));
    ASSERT_OK(ckl_checkpoints(&cursor, manager, NULL, true, &fault));
    ASSERT_OK(ckl_checkpoint_next(&row, cursor, &fault));
    char *metrics = strdup(row.metrics);
    ckl_checkpoint_cursor_close(cursor);
    ckl_manager_close(manager);
    remove_root();
    return metrics;
}

START_TEST(weights_come_with_their_metrics_or_not_at_all)
{
    bool finished = false, died = true;
    char *wanted = metrics_of_whole();
    ck_assert_int_eq(sqlite3_auto_extension((void (*)(void))watch), SQLITE_OK);
    for (int commit = 0; died; commit++) {
        make_root();
        ckl_manager *manager = open_run(NULL);
        update_config(manager, "{}");
        ckl_manager_close(manager);
        died = save_and_die(commit);
        manager = open_run(NULL); /* finishes it, or undoes it */
        bool there = has_file("checkpoints/0000000044136fa300000000/model/"
                              "0000000044136fa300000000_step_000007.pt");
        ck_assert_uint_eq(count_series(manager), there ? 3 : 0);
        if (there)
            assert_metrics(manager, wanted);
        finished = finished || (there && died);
        ckl_manager_close(manager);
        remove_root();
    }
    ck_assert_msg(finished, "nothing was finished by the next opening");
    free(wanted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interrupted");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, weights_come_with_their_metrics_or_not_at_all);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
