/* The automatic system: guide, "AutomaticCheckpointSystem", and design 4. */
#include <ckl/auto.h>
#include <pthread.h>
#include <unistd.h>

#include "root.h"

static int width = 8;

static ckl_status describe(void *context, ckl_model **out, ckl_error *err)
{
    char number[16];
    (void)context;
    snprintf(number, sizeof number, "%d", width);
    ckl_status status = ckl_model_new(out, "Net", err);
    if (status == CKL_OK)
        status = ckl_model_add_module(*out, "fc", "Linear", err);
    return status == CKL_OK ? ckl_model_add_attribute(*out, "out", number, err) : status;
}

static ckl_status write_weights(void *context, int descriptor, ckl_error *err)
{
    (void)context;
    (void)err;
    return dprintf(descriptor, "weights of width %d", width) > 0 ? CKL_OK : CKL_IO;
}

static ckl_manager *start(int64_t frequency)
{
    ckl_manager *manager = NULL;
    ckl_system_options options = {.root_log_dir = root, .checkpoint_frequency = frequency};
    ASSERT_OK(ckl_get_checkpoint_system(&manager, &options, &fault));
    return manager;
}

static void register_model(void)
{
    ckl_model_source model = {.describe = describe, .write_weights = write_weights};
    ASSERT_OK(ckl_register_model_source(&model, &fault));
}

static void change_config(const char *json)
{
    ckl_config *config = NULL;
    ASSERT_OK(ckl_config_parse(&config, json, strlen(json), CKL_FORMAT_JSON, "test", NULL, &fault));
    ASSERT_OK(ckl_checkpoint_on_config_change(config, false, &fault));
    ckl_config_free(config);
}

static uint64_t count_checkpoints(ckl_manager *manager)
{
    ckl_checkpoint_cursor *cursor = NULL;
    ckl_checkpoint_row row;
    uint64_t count = 0;
    ASSERT_OK(ckl_checkpoints(&cursor, manager, NULL, true, &fault));
    while (ckl_checkpoint_next(&row, cursor, NULL) == CKL_OK)
        count++;
    ckl_checkpoint_cursor_close(cursor);
    return count;
}

START_TEST(changes_are_pending_until_the_next_step)
{
    ckl_manager *manager = start(100);
    change_config("{\"lr\": 1}");
    change_config("{\"lr\": 2}");
    ck_assert_uint_eq(pending_of(manager), CKL_CONFIG);
    ck_assert(!has_file("checkpoints"));
    ASSERT_OK(ckl_checkpoint_on_step(0, false, &fault));
    ck_assert_uint_eq(pending_of(manager), 0);
    ck_assert(has_file("checkpoints"));
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(weights_are_saved_once_each_frequency)
{
    ckl_manager *manager = start(10);
    register_model();
    for (int64_t step = 0; step <= 30; step++) {
        ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
        ASSERT_OK(ckl_checkpoint_on_step(step, true, &fault));
    }
    ck_assert_uint_eq(count_checkpoints(manager), 3);
    for (int count = 0; count < 10; count++)
        ASSERT_OK(ckl_checkpoint_on_step(CKL_STEP_NEXT, false, &fault));
    ck_assert_uint_eq(count_checkpoints(manager), 4);
    ckl_close_checkpoint_system();
}
END_TEST

/* An edit of the model that nobody announced never puts weights under a wrong hash. */
START_TEST(an_unannounced_edit_is_recorded_first)
{
    ckl_status_info before, after;
    ckl_manager *manager = start(10);
    register_model();
    for (int64_t step = 1; step <= 10; step++)
        ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
    ASSERT_OK(ckl_manager_status(&before, manager, &fault));
    width = 16;
    for (int64_t step = 11; step <= 20; step++)
        ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
    ASSERT_OK(ckl_manager_status(&after, manager, &fault));
    ck_assert_str_ne(before.experiment.text, after.experiment.text);
    ck_assert_ptr_nonnull(strstr(after.last_checkpoint_path, after.experiment.text));
    ck_assert_uint_eq(after.pending, 0);
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(what_is_missing_is_named)
{
    ckl_error_clear(&fault);
    start(10);
    ck_assert_int_eq(ckl_checkpoint_on_config_change(NULL, false, &fault), CKL_NO_SOURCE);
    ck_assert_ptr_nonnull(strstr(fault.message, "ckl_checkpoint_on_config_change"));
    ckl_error_clear(&fault);
    ck_assert_int_eq(ckl_checkpoint_on_step(10, false, &fault), CKL_NO_SOURCE);
    ck_assert_ptr_nonnull(strstr(fault.message, "ckl_checkpoint_on_step"));
    ckl_error_clear(&fault);
    ck_assert_int_eq(ckl_checkpoint_on_step(-2, false, &fault), CKL_INVALID);
    ASSERT_OK(ckl_checkpoint_on_step(INT64_MAX, false, &fault));
    ck_assert_int_eq(ckl_checkpoint_on_step(CKL_STEP_NEXT, false, &fault), CKL_INVALID);
    ck_assert_str_eq(fault.message, "there is no step after 9223372036854775807");
    ckl_system_options other = {.root_log_dir = root, .checkpoint_frequency = 11};
    ck_assert_int_eq(ckl_get_checkpoint_system(NULL, &other, NULL), CKL_MISUSE);
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(the_first_call_opens_ckl_root)
{
    ckl_manager *manager = NULL;
    ck_assert_int_eq(setenv("CKL_ROOT", root, 1), 0);
    change_config("{\"lr\": 1}");
    ASSERT_OK(ckl_get_checkpoint_system(&manager, NULL, &fault));
    ck_assert(has_file("ledger.db"));
    ckl_close_checkpoint_system();
}
END_TEST

static ckl_status read_config(void *context, ckl_config **out, ckl_error *err)
{
    static const char OLD[] = "{\"lr\": 0.1}";
    (void)context;
    return ckl_config_parse(out, OLD, strlen(OLD), CKL_FORMAT_JSON, "test", NULL, err);
}

START_TEST(a_given_value_is_newer_than_its_source)
{
    ckl_config *config = NULL;
    ckl_manager *manager = start(100);
    ckl_config_source source = {.read = read_config};
    ASSERT_OK(ckl_register_config_source(&source, &fault));
    change_config("{\"lr\": 0.001}");
    ASSERT_OK(ckl_checkpoint_on_step(1, false, &fault));
    ASSERT_OK(ckl_manager_load_config(&config, manager, NULL, &fault));
    ck_assert_str_eq(ckl_config_text(config), "{\"lr\": 0.001}");
    ckl_config_free(config);
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(a_rank_can_be_an_option)
{
    ckl_manager *manager = NULL;
    ckl_system_options options = {.root_log_dir = root, .rank = 2};
    ASSERT_OK(ckl_get_checkpoint_system(&manager, &options, &fault));
    ck_assert_ptr_null(manager);
    change_config("{\"lr\": 1}");
    ASSERT_OK(ckl_log_metric(1, "loss", 1, &fault));
    ASSERT_OK(ckl_checkpoint_on_step(100, true, &fault));
    ck_assert(!has_file("ledger.db"));
    ckl_close_checkpoint_system();
    ck_assert_ptr_nonnull(start(100));
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(other_ranks_are_silent)
{
    ck_assert_int_eq(setenv("RANK", "1", 1), 0);
    ck_assert_int_eq(setenv("CKL_ROOT", root, 1), 0);
    change_config("{\"lr\": 1}");
    ASSERT_OK(ckl_checkpoint_on_step(100, true, &fault));
    ck_assert(!has_file("ledger.db"));
}
END_TEST

/* What the listener was told. */
static struct {
    int calls;
    char uid[32], change[32];
} told;

static void on_change(void *context, ckl_manager *manager, const char *from, const char *to)
{
    ckl_diff *diff = NULL;
    ckl_diff_sample sample;
    (void)context;
    told.calls++;
    ASSERT_OK(ckl_diff_open(&diff, manager, from, to, &fault));
    if (ckl_diff_next_sample(&sample, diff, NULL) == CKL_OK) {
        snprintf(told.uid, sizeof told.uid, "%s", sample.uid);
        snprintf(told.change, sizeof told.change, "%s", sample.change);
    }
    ckl_diff_close(diff);
}

START_TEST(edits_from_elsewhere_are_seen_at_the_next_step)
{
    const char *uids[] = {"s2"};
    ckl_update_result edited;
    ckl_change_listener listener = {.on_change = on_change};
    ckl_manager *manager = start(100), *curator = open_run(NULL);
    update_data(curator, "{\"uids\": [\"s1\", \"s2\", \"s3\"]}");
    ASSERT_OK(ckl_register_change_listener(&listener, &fault));
    ASSERT_OK(ckl_checkpoint_on_step(1, false, &fault));
    told.calls = 0;
    ASSERT_OK(ckl_checkpoint_on_step(2, false, &fault));
    ck_assert_int_eq(told.calls, 0);
    ckl_edit edit = {.action = CKL_EDIT_DISCARD, .uids = uids, .uid_count = 1};
    ASSERT_OK(ckl_manager_edit_samples(&edited, curator, &edit, &fault));
    ASSERT_OK(ckl_checkpoint_on_step(3, false, &fault));
    ck_assert_int_eq(told.calls, 1);
    ck_assert_str_eq(told.uid, "s2");
    ck_assert_str_eq(told.change, "discarded");
    ck_assert_uint_eq(pending_of(manager), 0); /* dumped */
    ASSERT_OK(ckl_checkpoint_on_step(4, false, &fault));
    ck_assert_int_eq(told.calls, 1);
    ckl_manager_close(curator);
    ckl_close_checkpoint_system();
}
END_TEST

/* Somebody discards a sample while a step is being taken, after the step looked for changes. */
static ckl_manager *meddler;

static ckl_status describe_and_meddle(void *context, ckl_model **out, ckl_error *err)
{
    const char *uids[] = {"s3"};
    ckl_update_result edited;
    ckl_edit edit = {.action = CKL_EDIT_DISCARD, .uids = uids, .uid_count = 1};
    ckl_manager *curator = meddler;
    meddler = NULL;
    if (curator != NULL)
        ASSERT_OK(ckl_manager_edit_samples(&edited, curator, &edit, &fault));
    return describe(context, out, err);
}

START_TEST(an_edit_in_the_middle_of_a_step_is_told_too)
{
    ckl_change_listener listener = {.on_change = on_change};
    ckl_model_source model = {.describe = describe_and_meddle, .write_weights = write_weights};
    ckl_manager *manager = start(100), *curator = open_run(NULL);
    update_data(curator, "{\"uids\": [\"s1\", \"s2\", \"s3\"]}");
    ASSERT_OK(ckl_register_change_listener(&listener, &fault));
    ASSERT_OK(ckl_register_model_source(&model, &fault));
    ASSERT_OK(ckl_checkpoint_on_step(1, false, &fault));
    told.calls = 0;
    meddler = curator;
    ASSERT_OK(ckl_checkpoint_on_step(2, true, &fault));
    ck_assert_ptr_null(meddler);
    ASSERT_OK(ckl_checkpoint_on_step(3, false, &fault));
    ck_assert_int_eq(told.calls, 1);
    ck_assert_str_eq(told.uid, "s3");
    ck_assert_uint_eq(pending_of(manager), 0);
    ckl_manager_close(curator);
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(a_second_trainer_is_told_who_the_first_is)
{
    char pid[32];
    ckl_status_info info;
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {.step = 1, .bytes = "x", .size = 1};
    ckl_manager *first = start(100), *second = open_run(NULL), *other = open_run("other");
    change_config("{\"lr\": 1}");
    update_config(other, "{\"lr\": 1}");
    ASSERT_OK(ckl_checkpoint_on_step(1, false, &fault));
    ck_assert_int_eq(ckl_manager_save_model_checkpoint(&result, second, &checkpoint, &fault),
                     CKL_BUSY);
    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    ck_assert_msg(strstr(fault.message, pid) != NULL, "%s", fault.message);
    ASSERT_OK(ckl_manager_status(&info, second, &fault));
    ck_assert_ptr_nonnull(strstr(info.trainer, pid));
    ASSERT_OK(ckl_manager_save_model_checkpoint(&result, other, &checkpoint, &fault));
    (void)first;
    ckl_close_checkpoint_system();
    ASSERT_OK(ckl_manager_save_model_checkpoint(&result, second, &checkpoint, &fault));
    ckl_manager_close(second);
    ckl_manager_close(other);
}
END_TEST

/* Where checkpoints/ would be made there is a file: dumps fail, training goes on, status says why;
 * when it is gone the next step records again. */
static void count_warning(void *context, const char *message)
{
    (void)message;
    ++*(int *)context;
}

START_TEST(training_survives_a_tree_that_cannot_be_written)
{
    char path[128];
    int warned = 0;
    ckl_status_info info;
    ckl_manager *manager = NULL;
    ckl_warning_sink sink = {count_warning, &warned};
    ckl_system_options options = {.root_log_dir = root, .warnings = &sink};
    ASSERT_OK(ckl_get_checkpoint_system(&manager, &options, &fault));
    snprintf(path, sizeof path, "%s/checkpoints", root);
    FILE *obstacle = fopen(path, "w");
    ck_assert_ptr_nonnull(obstacle);
    fclose(obstacle);
    change_config("{\"lr\": 1}");
    for (int64_t step = 1; step <= 5; step++)
        ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
    ASSERT_OK(ckl_manager_status(&info, manager, &fault));
    ck_assert_uint_eq(info.pending, CKL_CONFIG);
    ck_assert_msg(strstr(info.degraded, "checkpoints") != NULL, "%s", info.degraded);
    ck_assert_int_eq(warned, 1);
    ck_assert_int_eq(remove(path), 0);
    ASSERT_OK(ckl_checkpoint_on_step(6, false, &fault));
    ASSERT_OK(ckl_manager_status(&info, manager, &fault));
    ck_assert_uint_eq(info.pending, 0);
    ck_assert_str_eq(info.degraded, "");
    ckl_close_checkpoint_system();
}
END_TEST

static void *step_and_change(void *argument)
{
    int thread = *(int *)argument;
    for (int64_t step = 1; step <= 200; step++) {
        char json[64];
        ckl_error_clear(&fault);
        snprintf(json, sizeof json, "{\"thread\": %d, \"step\": %lld}", thread, (long long)step);
        if (step % 50 == 0)
            change_config(json);
        if (ckl_checkpoint_on_step(step, false, &fault) != CKL_OK)
            return argument;
        if (ckl_log_metric(step, "loss", 1.0 / (double)step, &fault) != CKL_OK)
            return argument;
    }
    return NULL;
}

START_TEST(threads_may_call_at_once)
{
    pthread_t threads[4];
    int numbers[4] = {0, 1, 2, 3};
    void *failed = NULL;
    ckl_manager *manager = start(100);
    register_model();
    for (int index = 0; index < 4; index++)
        ck_assert_int_eq(pthread_create(&threads[index], NULL, step_and_change, &numbers[index]),
                         0);
    for (int index = 0; index < 4; index++) {
        ck_assert_int_eq(pthread_join(threads[index], &failed), 0);
        ck_assert_ptr_null(failed);
    }
    ASSERT_OK(ckl_checkpoint_on_step(201, true, &fault));
    ck_assert_uint_eq(pending_of(manager), 0);
    ck_assert_uint_ge(count_events(manager), 16);
    ckl_close_checkpoint_system();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, changes_are_pending_until_the_next_step);
    tcase_add_test(tests, weights_are_saved_once_each_frequency);
    tcase_add_test(tests, an_unannounced_edit_is_recorded_first);
    tcase_add_test(tests, what_is_missing_is_named);
    tcase_add_test(tests, the_first_call_opens_ckl_root);
    tcase_add_test(tests, a_given_value_is_newer_than_its_source);
    tcase_add_test(tests, a_rank_can_be_an_option);
    tcase_add_test(tests, other_ranks_are_silent);
    tcase_add_test(tests, edits_from_elsewhere_are_seen_at_the_next_step);
    tcase_add_test(tests, an_edit_in_the_middle_of_a_step_is_told_too);
    tcase_add_test(tests, a_second_trainer_is_told_who_the_first_is);
    tcase_add_test(tests, training_survives_a_tree_that_cannot_be_written);
    tcase_add_test(tests, threads_may_call_at_once);
    return run_suite(tests, "auto");
}
