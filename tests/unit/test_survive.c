/* Training survives us: what cannot be recorded is kept, said once, and recorded when it can be;
 * and what history says about sessions and where weights come from. */
#include <ckl/auto.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "root.h"

/* No file can be larger than a few pages, which the ledger and its log are at once: as on a full
 * disk (a little is left for what the assertions themselves write). */
static void fill_disk(bool full)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 16384 : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void count_warning(void *context, const char *message)
{
    (void)message;
    ++*(int *)context;
}

static int warned;

static ckl_status start(ckl_manager **out)
{
    static const ckl_warning_sink SINK = {count_warning, &warned};
    ckl_system_options options = {
        .root_log_dir = root, .checkpoint_frequency = 100, .warnings = &SINK};
    warned = 0;
    ckl_error_clear(&fault);
    return ckl_get_checkpoint_system(out, &options, &fault);
}

static void change_config(const char *json)
{
    ckl_config *config = NULL;
    ASSERT_OK(ckl_config_parse(&config, json, strlen(json), CKL_FORMAT_JSON, "test", NULL, &fault));
    ASSERT_OK(ckl_checkpoint_on_config_change(config, false, &fault));
    ckl_config_free(config);
}

static void change_everything(const char *uids)
{
    ckl_model *model = NULL;
    ckl_data_state *data = NULL;
    static const char MODEL[] = "{\"class\": \"Net\", \"modules\": []}";
    ASSERT_OK(ckl_model_parse(&model, MODEL, strlen(MODEL), CKL_FORMAT_JSON, "test", NULL, &fault));
    ASSERT_OK(
        ckl_data_state_parse(&data, uids, strlen(uids), CKL_FORMAT_JSON, "test", NULL, &fault));
    ASSERT_OK(ckl_checkpoint_on_model_change(model, false, &fault));
    ASSERT_OK(ckl_checkpoint_on_data_change(data, true, &fault));
    ckl_model_free(model);
    ckl_data_state_free(data);
}

static void assert_config(ckl_manager *manager, const char *text)
{
    ckl_config *config = NULL;
    ASSERT_OK(ckl_manager_load_config(&config, manager, NULL, &fault));
    ck_assert_str_eq(ckl_config_text(config), text);
    ckl_config_free(config);
}

START_TEST(what_cannot_be_recorded_is_recorded_later)
{
    ckl_manager *manager = NULL;
    ckl_status_info info;
    ASSERT_OK(start(&manager));
    change_config("{\"lr\": 1}");
    ASSERT_OK(ckl_checkpoint_on_step(1, false, &fault));
    fill_disk(true);
    change_config("{\"lr\": 2}");
    change_config("{\"lr\": 3}");
    change_everything("{\"uids\": [\"a\", \"b\"], \"discarded\": [\"b\"]}");
    for (int64_t step = 2; step <= 20; step++) {
        ASSERT_OK(ckl_log_metric(step, "loss", (double)step, &fault));
        ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
    }
    ck_assert_int_eq(warned, 1);
    ASSERT_OK(ckl_manager_status(&info, manager, &fault));
    ck_assert_msg(info.degraded[0] != '\0', "status does not say degraded");
    fill_disk(false);
    ASSERT_OK(ckl_checkpoint_on_step(21, false, &fault));
    ASSERT_OK(ckl_manager_status(&info, manager, &fault));
    ck_assert_str_eq(info.degraded, "");
    ck_assert_uint_eq(info.pending, 0);
    ck_assert_uint_eq(info.samples.discarded, 1);
    ck_assert_str_eq(info.last_dumped.text, info.experiment.text);
    assert_config(manager, "{\"lr\": 3}");
    ck_assert_int_eq(warned, 1);
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(metrics_wait_for_space)
{
    ckl_manager *manager = NULL;
    ckl_metric_cursor *cursor = NULL;
    ckl_metric_row row;
    int64_t expected = 1;
    ASSERT_OK(start(&manager));
    change_config("{\"lr\": 1}");
    ASSERT_OK(ckl_checkpoint_on_step(1, false, &fault));
    fill_disk(true);
    int refused = 0;
    for (int64_t step = 1; step <= 10000; step++)
        refused += ckl_log_metric(step, "loss", 1.0 / (double)step, NULL) != CKL_OK;
    ck_assert_int_eq(refused, 0);
    ck_assert_int_eq(warned, 1);
    fill_disk(false);
    ASSERT_OK(ckl_manager_flush_metrics(manager, &fault));
    ASSERT_OK(ckl_metrics(&cursor, manager, NULL, "@", "loss", -1, &fault));
    for (; ckl_metric_next(&row, cursor, NULL) == CKL_OK; expected++) {
        ck_assert_int_eq(row.step, expected);
        ck_assert_double_eq(row.value, 1.0 / (double)expected);
    }
    ck_assert_int_eq(expected, 10001);
    ckl_metric_cursor_close(cursor);
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(a_ledger_that_cannot_be_made_is_made_later)
{
    ckl_manager *manager = NULL;
    fill_disk(true);
    ck_assert_int_ne(start(&manager), CKL_OK);
    change_config("{\"lr\": 1}");
    for (int64_t step = 1; step <= 5; step++)
        ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
    ck_assert_int_eq(warned, 1);
    fill_disk(false);
    ASSERT_OK(ckl_checkpoint_on_step(6, false, &fault));
    ck_assert(has_file("ledger.db") && has_file("checkpoints"));
    ASSERT_OK(ckl_get_checkpoint_system(&manager, NULL, &fault));
    assert_config(manager, "{\"lr\": 1}");
    ckl_close_checkpoint_system();
}
END_TEST

/* ---- sessions -------------------------------------------------------------------------------- */

static ckl_status describe(void *context, ckl_model **out, ckl_error *err)
{
    (void)context;
    return ckl_model_new(out, "Net", err);
}

static ckl_status write_weights(void *context, int descriptor, ckl_error *err)
{
    (void)context;
    (void)err;
    return dprintf(descriptor, "weights") > 0 ? CKL_OK : CKL_IO;
}

/* Trains from `first` to the next checkpoint; `hash`: says first that it loaded that checkpoint. */
static void train_to_checkpoint(int64_t first, const char *hash, int64_t loaded)
{
    ckl_manager *manager = NULL;
    ckl_switch_result moved;
    ckl_model_source model = {.describe = describe, .write_weights = write_weights};
    ASSERT_OK(start(&manager));
    ASSERT_OK(ckl_register_model_source(&model, &fault));
    if (hash != NULL && strcmp(hash, "@") == 0)
        ASSERT_OK(ckl_manager_switch(&moved, manager, hash, loaded, &fault));
    else if (hash != NULL)
        ASSERT_OK(ckl_manager_resume_from(manager, hash, loaded, &fault));
    for (int64_t step = first; step == first || step % 100 != 1; step++)
        ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
    ckl_close_checkpoint_system();
}

static void assert_last_origin(const char *run, const char *origin, const char *came_from,
                               int64_t first_step)
{
    ckl_manager *manager = open_run(run);
    ckl_checkpoint_cursor *cursor = NULL;
    ckl_checkpoint_row row;
    char found[512] = "none";
    ASSERT_OK(ckl_checkpoints(&cursor, manager, NULL, false, &fault));
    while (ckl_checkpoint_next(&row, cursor, NULL) == CKL_OK)
        snprintf(found, sizeof found, "%s %s %lld", row.origin,
                 row.from_checkpoint != NULL ? strrchr(row.from_checkpoint, '_') : "-",
                 (long long)row.first_step);
    ckl_checkpoint_cursor_close(cursor);
    ckl_manager_close(manager);
    char expected[512];
    snprintf(expected, sizeof expected, "%s %s %lld", origin, came_from, (long long)first_step);
    ck_assert_str_eq(found, expected);
}

START_TEST(where_weights_come_from_is_known_or_unknown)
{
    ckl_manager *manager;
    train_to_checkpoint(1, NULL, 0);
    assert_last_origin(NULL, "start", "-", 1);
    train_to_checkpoint(101, NULL, 0); /* who knows what this program loaded */
    assert_last_origin(NULL, "unknown", "-", 101);
    train_to_checkpoint(201, "@", 200);
    assert_last_origin(NULL, "checkpoint", "_000200.pt", 201);
    train_to_checkpoint(101, "@", 100);
    assert_last_origin(NULL, "checkpoint", "_000100.pt", 101);
    manager = open_run(NULL);
    ASSERT_OK(ckl_manager_new_run(manager, "branch", "@@300", &fault));
    ASSERT_OK(ckl_manager_new_run(manager, "unsaid", "@", &fault));
    ck_assert_int_eq(ckl_manager_new_run(manager, "wrong", "@@350", NULL), CKL_NOT_FOUND);
    ck_assert_int_eq(ckl_manager_new_run(manager, "wrong", "@@3x", NULL), CKL_INVALID);
    ckl_manager_close(manager);
    ck_assert_int_eq(setenv("CKL_RUN", "branch", 1), 0);
    train_to_checkpoint(301, NULL, 0);
    assert_last_origin("branch", "checkpoint", "_000300.pt", 301);
    ck_assert_int_eq(setenv("CKL_RUN", "unsaid", 1), 0);
    train_to_checkpoint(1, NULL, 0);
    assert_last_origin("unsaid", "unknown", "-", 1);
    train_to_checkpoint(201, "@~0", 200); /* loaded from another run's checkpoint */
    assert_last_origin("unsaid", "checkpoint", "_000200.pt", 201);
    manager = open_run("unsaid");
    ck_assert_int_eq(ckl_manager_resume_from(manager, "@", 12345, NULL), CKL_NOT_FOUND);
    ck_assert_int_eq(ckl_manager_resume_from(manager, "@", -1, NULL), CKL_INVALID);
    ckl_manager_close(manager);
}
END_TEST

/* Two sessions in two processes: one returns from main without closing, one is killed. */
static void train_in_child(bool die)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        ckl_manager *manager = NULL;
        if (start(&manager) != CKL_OK || ckl_checkpoint_on_step(1, false, NULL) != CKL_OK ||
            ckl_log_metric(1, "loss", 0.5, NULL) != CKL_OK)
            _exit(1);
        if (die)
            raise(SIGKILL);
        exit(0);
    }
    int result = 0;
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert(die ? WIFSIGNALED(result) : WIFEXITED(result) && WEXITSTATUS(result) == 0);
}

static void join_kinds(char *out, size_t size, ckl_manager *manager)
{
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    ckl_event_filter filter = {.oldest_first = true};
    out[0] = '\0';
    ASSERT_OK(ckl_events(&cursor, manager, &filter, &fault));
    while (ckl_event_next(&event, cursor, NULL) == CKL_OK) {
        size_t used = strlen(out);
        bool died = event.reason != NULL && strstr(event.reason, "ended without") != NULL;
        snprintf(out + used, size - used, "%s%s ", event.kind, died ? "(died)" : "");
    }
    ckl_event_cursor_close(cursor);
}

START_TEST(history_says_how_sessions_end)
{
    char kinds[512];
    ckl_manager *manager = open_run(NULL);
    ckl_metric_cursor *cursor = NULL;
    ckl_metric_row row;
    update_config(manager, "{\"lr\": 1}");
    train_in_child(false);
    train_in_child(true);
    train_in_child(false);
    join_kinds(kinds, sizeof kinds, manager);
    ck_assert_str_eq(kinds, "update train dump end train end(died) train end ");
    ASSERT_OK(ckl_metrics(&cursor, manager, NULL, "@", "loss", -1, &fault));
    ASSERT_OK(ckl_metric_next(&row, cursor, &fault)); /* written although nobody closed */
    ckl_metric_cursor_close(cursor);
    ckl_manager_close(manager);
}
END_TEST

/* A worker that the trainer forked lives on after it: it does not keep the run. */
START_TEST(a_worker_does_not_keep_the_lease)
{
    ckl_status_info info;
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    int ends[2], result = 0;
    char worker_is[16] = "";
    ck_assert_int_eq(pipe(ends), 0);
    pid_t trainer = fork();
    if (trainer == 0) {
        ckl_manager *mine = NULL;
        if (start(&mine) != CKL_OK || ckl_checkpoint_on_step(1, false, NULL) != CKL_OK)
            _exit(1);
        pid_t worker = fork();
        if (worker == 0) {
            pause();
            _exit(0);
        }
        dprintf(ends[1], "%ld ", (long)worker);
        raise(SIGKILL);
    }
    ck_assert_int_gt(read(ends[0], worker_is, sizeof worker_is - 1), 0);
    ck_assert_int_eq(waitpid(trainer, &result, 0), trainer);
    ASSERT_OK(ckl_manager_status(&info, manager, &fault));
    ck_assert_str_eq(info.trainer, "");
    ASSERT_OK(ckl_manager_begin_training(manager, &fault));
    ck_assert_int_eq(kill((pid_t)atol(worker_is), SIGKILL), 0);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(only_the_newest_weights_stay_when_asked)
{
    ckl_manager *manager = NULL;
    ckl_checkpoint_cursor *cursor = NULL;
    ckl_checkpoint_row row;
    char found[256] = "";
    ckl_model_source model = {.describe = describe, .write_weights = write_weights};
    ckl_system_options options = {.root_log_dir = root, .checkpoint_frequency = 10, .keep_last = 2};
    ASSERT_OK(ckl_get_checkpoint_system(&manager, &options, &fault));
    ASSERT_OK(ckl_register_model_source(&model, &fault));
    for (int64_t step = 1; step <= 50; step++)
        ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
    ASSERT_OK(ckl_checkpoints(&cursor, manager, NULL, false, &fault));
    while (ckl_checkpoint_next(&row, cursor, NULL) == CKL_OK) {
        size_t used = strlen(found);
        bool there = has_file(row.path);
        ck_assert_int_eq(there, strcmp(row.state, "present") == 0);
        snprintf(found + used, sizeof found - used, "%lld %s ", (long long)row.step, row.state);
    }
    ckl_checkpoint_cursor_close(cursor);
    ck_assert_str_eq(found, "10 removed 20 removed 30 removed 40 present 50 present ");
    ckl_close_checkpoint_system();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, what_cannot_be_recorded_is_recorded_later);
    tcase_add_test(tests, metrics_wait_for_space);
    tcase_add_test(tests, a_ledger_that_cannot_be_made_is_made_later);
    tcase_add_test(tests, where_weights_come_from_is_known_or_unknown);
    tcase_add_test(tests, history_says_how_sessions_end);
    tcase_add_test(tests, a_worker_does_not_keep_the_lease);
    tcase_add_test(tests, only_the_newest_weights_stay_when_asked);
    return run_suite(tests, "survive");
}
