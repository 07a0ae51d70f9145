/* Checkpoints: what is saved, under which name, and what stands in its row. */
#include "root.h"

static void read_back(char out[64], const char *relative)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, relative);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(out, 1, 63, file);
    out[size] = '\0';
    fclose(file);
}

START_TEST(the_same_step_again_replaces)
{
    char text[64];
    ckl_checkpoint_cursor *cursor = NULL;
    ckl_checkpoint_row row;
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    ckl_checkpoint_result first = save(manager, 100, "one");
    ckl_checkpoint_result second = save(manager, 100, "two");
    ck_assert_str_eq(first.path, second.path);
    ck_assert_str_ne(first.sha256, second.sha256);
    read_back(text, second.path);
    ck_assert_str_eq(text, "two");
    ASSERT_OK(ckl_checkpoints(&cursor, manager, NULL, false, &fault));
    ASSERT_OK(ckl_checkpoint_next(&row, cursor, &fault));
    ck_assert_str_eq(row.state, "replaced");
    ck_assert_str_eq(row.sha256, first.sha256);
    ASSERT_OK(ckl_checkpoint_next(&row, cursor, &fault));
    ck_assert_str_eq(row.state, "present");
    ck_assert_int_eq(ckl_checkpoint_next(&row, cursor, NULL), CKL_DONE);
    ckl_checkpoint_cursor_close(cursor);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(another_run_gets_a_name_of_its_own)
{
    char text[64];
    ckl_manager *one = open_run("one"), *two = open_run("two");
    update_config(one, "{\"lr\": 1}");
    update_config(two, "{\"lr\": 1}");
    ckl_checkpoint_result first = save(one, 7, "of one"), second = save(two, 7, "of two");
    ck_assert_ptr_nonnull(strstr(first.path, "_step_000007.pt"));
    ck_assert_ptr_nonnull(strstr(second.path, "_step_000007.two.pt"));
    read_back(text, first.path);
    ck_assert_str_eq(text, "of one");
    read_back(text, second.path);
    ck_assert_str_eq(text, "of two");
    ckl_manager_close(one);
    ckl_manager_close(two);
}
END_TEST

START_TEST(a_head_with_weights_is_dumped_before_it_is_left)
{
    char path[256];
    ckl_manager *manager = open_run(NULL);
    ckl_update_result first = update_config(manager, "{\"lr\": 1}");
    ck_assert_uint_eq(save(manager, 1, "weights").pending, CKL_CONFIG);
    snprintf(path, sizeof path, "checkpoints/%s/hp/%s_config.yaml", first.experiment.text,
             first.experiment.text);
    ck_assert(!has_file(path));
    update_config(manager, "{\"lr\": 2}");
    ck_assert(has_file(path));
    ckl_manager_close(manager);
}
END_TEST

static ckl_status write_half(void *context, int descriptor, ckl_error *err)
{
    (void)err;
    ck_assert_int_eq(dprintf(descriptor, "half"), 4);
    return *(ckl_status *)context;
}

START_TEST(a_writer_that_fails_saves_nothing)
{
    ckl_status outcome = CKL_IO;
    ckl_checkpoint_result result;
    ckl_error_clear(&fault);
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    unsigned before = count_events(manager);
    ckl_checkpoint checkpoint = {.step = 5, .write = write_half, .context = &outcome};
    ck_assert_int_eq(ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, &fault),
                     CKL_IO);
    ck_assert_uint_eq(count_events(manager), before);
    ck_assert(!has_file("checkpoints"));
    outcome = CKL_OK;
    ASSERT_OK(ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, &fault));
    ck_assert_uint_eq(result.bytes, 4);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(moved_weights_are_gone_and_copied_ones_stay)
{
    char path[128];
    ckl_checkpoint_result result;
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    for (int move = 0; move < 2; move++) {
        snprintf(path, sizeof path, "%s/mine.pt", root);
        FILE *file = fopen(path, "wb");
        fputs("mine", file);
        fclose(file);
        ckl_checkpoint checkpoint = {.step = move, .path = path, .move = move};
        ASSERT_OK(ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, &fault));
        ck_assert_int_eq(has_file("mine.pt"), !move);
        ck_assert(has_file(result.path));
    }
    ckl_manager_close(manager);
}
END_TEST

START_TEST(bad_requests_name_what_is_wrong)
{
    static const ckl_metric NAMELESS[] = {{"", 1}};
    const struct {
        ckl_checkpoint request;
        ckl_status status;
        const char *word;
    } CASES[] = {
        {{.step = -1, .bytes = "x", .size = 1}, CKL_INVALID, "-1"},
        {{.step = 1}, CKL_INVALID, "exactly one"},
        {{.step = 1, .bytes = "x", .size = 1, .path = "y"}, CKL_INVALID, "exactly one"},
        {{.step = 1, .path = "/nonexistent/w.pt"}, CKL_NOT_FOUND, "/nonexistent/w.pt"},
        {{.step = 1, .path = "/tmp"}, CKL_INVALID, "/tmp"},
        {{.step = 1, .bytes = "x", .size = 1, .note = "{"}, CKL_INVALID, "note"},
        {{.step = 1, .bytes = "x", .size = 1, .metrics = NAMELESS, .metric_count = 1},
         CKL_INVALID,
         "metric"},
    };
    ckl_checkpoint_result result;
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    unsigned before = count_events(manager);
    for (size_t index = 0; index < sizeof CASES / sizeof *CASES; index++) {
        ckl_error_clear(&fault);
        ckl_status status =
            ckl_manager_save_model_checkpoint(&result, manager, &CASES[index].request, &fault);
        ck_assert_msg(status == CASES[index].status && strstr(fault.message, CASES[index].word),
                      "%zu: %s: %s", index, ckl_status_name(status), fault.message);
    }
    ck_assert_uint_eq(count_events(manager), before);
    ck_assert(!has_file("checkpoints"));
    ckl_manager_close(manager);
}
END_TEST

START_TEST(metrics_are_logged_and_the_best_is_found)
{
    char *path = NULL;
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    for (int64_t step = 1; step <= 5; step++) {
        ASSERT_OK(ckl_manager_log_metric(manager, step, "loss", (double)((step - 3) * (step - 3)),
                                         &fault));
        save(manager, step, "weights");
    }
    ASSERT_OK(
        ckl_manager_checkpoint_path(&path, manager, NULL, CKL_BEST_LOWEST, 0, "loss", &fault));
    ck_assert_ptr_nonnull(strstr(path, "_step_000003.pt"));
    ckl_free(path);
    ASSERT_OK(ckl_manager_checkpoint_path(&path, manager, NULL, CKL_LATEST, 0, NULL, &fault));
    ck_assert_ptr_nonnull(strstr(path, "_step_000005.pt"));
    ckl_free(path);
    ck_assert_int_eq(ckl_manager_checkpoint_path(&path, manager, NULL, CKL_AT_STEP, 9, NULL, NULL),
                     CKL_NOT_FOUND);
    ckl_manager_close(manager);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, the_same_step_again_replaces);
    tcase_add_test(tests, another_run_gets_a_name_of_its_own);
    tcase_add_test(tests, a_head_with_weights_is_dumped_before_it_is_left);
    tcase_add_test(tests, a_writer_that_fails_saves_nothing);
    tcase_add_test(tests, moved_weights_are_gone_and_copied_ones_stay);
    tcase_add_test(tests, bad_requests_name_what_is_wrong);
    tcase_add_test(tests, metrics_are_logged_and_the_best_is_found);
    return run_suite(tests, "checkpoint");
}
