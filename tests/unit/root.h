/* A root of its own for each test, and short ways to say what a test does with it. */
#ifndef ROOT_H
#define ROOT_H

#include <check.h>
#include <ckl/ckl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char root[64];
static _Thread_local ckl_error fault; /* of the last call */

static inline void make_root(void)
{
    snprintf(root, sizeof root, "/tmp/ckl-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static inline void remove_root(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    ck_assert_int_eq(system(command), 0);
}

#define ASSERT_OK(call)                                                                            \
    do {                                                                                           \
        ckl_error_clear(&fault);                                                                   \
        ckl_status status_of_call = (call);                                                        \
        ck_assert_msg(status_of_call == CKL_OK, "%s: %s %s", #call,                                \
                      ckl_status_name(status_of_call), fault.message);                             \
    } while (0)

static inline ckl_manager *open_run(const char *run)
{
    ckl_manager *manager = NULL;
    ckl_options options = {.run = run, .actor = "tester"};
    ASSERT_OK(ckl_manager_open(&manager, root, &options, &fault));
    return manager;
}

static inline ckl_update_result update_config(ckl_manager *manager, const char *json)
{
    ckl_config *config = NULL;
    ckl_update_result result;
    ASSERT_OK(ckl_config_parse(&config, json, strlen(json), CKL_FORMAT_JSON, "test", NULL, &fault));
    ckl_update update = {.config = config};
    ASSERT_OK(ckl_manager_update_experiment_hash(&result, manager, &update, &fault));
    ckl_config_free(config);
    return result;
}

static inline ckl_update_result update_data(ckl_manager *manager, const char *json)
{
    ckl_data_state *data = NULL;
    ckl_update_result result;
    ASSERT_OK(
        ckl_data_state_parse(&data, json, strlen(json), CKL_FORMAT_JSON, "test", NULL, &fault));
    ckl_update update = {.data = data};
    ASSERT_OK(ckl_manager_update_experiment_hash(&result, manager, &update, &fault));
    ckl_data_state_free(data);
    return result;
}

static inline ckl_components pending_of(ckl_manager *manager)
{
    ckl_components pending = 0;
    ASSERT_OK(ckl_manager_has_pending_changes(NULL, &pending, manager, &fault));
    return pending;
}

static inline ckl_dump_result dump(ckl_manager *manager)
{
    ckl_dump_result result;
    ASSERT_OK(ckl_manager_dump_pending_changes(&result, manager, false, &fault));
    return result;
}

static inline ckl_checkpoint_result save(ckl_manager *manager, int64_t step, const char *weights)
{
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {.step = step, .bytes = weights, .size = strlen(weights)};
    ASSERT_OK(ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, &fault));
    return result;
}

static inline bool has_file(const char *relative)
{
    char path[512];
    struct stat found;
    snprintf(path, sizeof path, "%s/%s", root, relative);
    return stat(path, &found) == 0;
}

static inline unsigned count_events(ckl_manager *manager)
{
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    ckl_event_filter filter = {.all_runs = true};
    unsigned count = 0;
    ASSERT_OK(ckl_events(&cursor, manager, &filter, &fault));
    while (ckl_event_next(&event, cursor, NULL) == CKL_OK)
        count++;
    ckl_event_cursor_close(cursor);
    return count;
}

static inline int run_suite(TCase *tests, const char *name)
{
    Suite *suite = suite_create(name);
    tcase_add_checked_fixture(tests, make_root, remove_root);
    tcase_set_timeout(tests, 3600); /* sweeps take their size from the environment */
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
