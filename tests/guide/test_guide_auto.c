/* The guide's AutomaticCheckpointSystem: training loops, change notifications, datasets. */
#include "guide.h"

static const char *class_name = "Net";

static ckl_status describe(void *context, ckl_model **out, ckl_error *err)
{
    (void)context;
    (void)err;
    *out = a_model(class_name);
    return CKL_OK;
}

static ckl_status write_weights(void *context, int descriptor, ckl_error *err)
{
    (void)context;
    (void)err;
    return dprintf(descriptor, "weights of %s", class_name) > 0 ? CKL_OK : CKL_IO;
}

static ckl_manager *get_system(int64_t frequency)
{
    ckl_manager *system = NULL;
    ckl_system_options options = {.root_log_dir = root, .checkpoint_frequency = frequency};
    ckl_model_source model = {.describe = describe, .write_weights = write_weights};
    ASSERT_OK(ckl_get_checkpoint_system(&system, &options, &fault));
    ASSERT_OK(ckl_register_model_source(&model, &fault));
    return system;
}

static void change_config(const char *json, bool dump_immediately)
{
    ckl_config *config = a_config(json);
    ASSERT_OK(ckl_checkpoint_on_config_change(config, dump_immediately, &fault));
    ckl_config_free(config);
}

static void change_data(const char *json, bool dump_immediately)
{
    ckl_data_state *state = a_data_state(json);
    ASSERT_OK(ckl_checkpoint_on_data_change(state, dump_immediately, &fault));
    ckl_data_state_free(state);
}

static unsigned count_kind(ckl_manager *manager, const char *kind)
{
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    unsigned count = 0;
    ASSERT_OK(ckl_events(&cursor, manager, NULL, &fault));
    while (ckl_event_next(&event, cursor, NULL) == CKL_OK)
        count += strcmp(event.kind, kind) == 0;
    ckl_event_cursor_close(cursor);
    return count;
}

static void head_of(char out[32], ckl_manager *manager)
{
    ckl_status_info info;
    ASSERT_OK(ckl_manager_status(&info, manager, &fault));
    snprintf(out, 32, "%s", info.experiment.text);
}

/* Nothing but the calls of the loop: everything is recorded by two lines. */
START_TEST(a_training_loop_saves_regularly)
{
    char head[32];
    ck_assert_int_eq(setenv("CKL_ROOT", root, 1), 0);
    ckl_model_source model = {.describe = describe, .write_weights = write_weights};
    ASSERT_OK(ckl_register_model_source(&model, &fault));
    for (int64_t step = 0; step < 1000; step++) {
        ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
        if (step % 100 == 0)
            ASSERT_OK(ckl_checkpoint_on_step(step, true, &fault));
    }
    ckl_manager *system = NULL;
    ASSERT_OK(ckl_get_checkpoint_system(&system, NULL, &fault));
    head_of(head, system);
    GUIDE("55-61,303-306,413",
          count_kind(system, "checkpoint") == 9 && dumped(head, "model", "step_000100.pt") &&
              dumped(head, "model", "step_000900.pt") && !dumped(head, "model", "step_000150.pt"));
    GUIDE("63-65", pending_of(system) == 0 && dumped(head, "model", "architecture.pkl"));
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(changes_are_tracked_and_dumped_when_training_resumes)
{
    char head[32], later[32];
    ckl_manager *system = get_system(100);
    GUIDE("71-75,289-301", system != NULL && has_file("ledger.db"));
    ASSERT_OK(ckl_checkpoint_on_model_change(NULL, false, &fault));
    GUIDE("77-78", pending_of(system) == CKL_MODEL && !has_file("checkpoints"));
    change_config("{\"lr\": 0.001, \"batch_size\": 64}", false);
    GUIDE("80-82", pending_of(system) == (CKL_MODEL | CKL_CONFIG) && !has_file("checkpoints"));
    change_data(TRACKED_STATE, false);
    GUIDE("84-90", pending_of(system) == CKL_ALL_COMPONENTS && !has_file("checkpoints"));
    ckl_status_info info;
    ASSERT_OK(ckl_manager_status(&info, system, &fault));
    GUIDE("85-89",
          info.samples.total == 3 && info.samples.discarded == 1 && info.samples.tagged == 1);
    head_of(head, system);
    ASSERT_OK(ckl_checkpoint_on_step(0, false, &fault));
    GUIDE("28,92-95,385-389,410", pending_of(system) == 0 && dumped_whole(head));
    for (int64_t step = 1; step < 100; step++)
        ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
    GUIDE("93-95", count_kind(system, "dump") == 1);
    change_config("{\"lr\": 0.002}", false);
    ASSERT_OK(ckl_checkpoint_on_step(100, true, &fault));
    head_of(later, system);
    GUIDE("29,392-394", strcmp(head, later) != 0 && pending_of(system) == 0 && dumped_whole(later));
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(changes_are_dumped_at_once_when_asked)
{
    char head[32];
    ckl_manager *system = get_system(100);
    class_name = "Net";
    ASSERT_OK(ckl_checkpoint_on_model_change(NULL, true, &fault));
    head_of(head, system);
    GUIDE("101-102", pending_of(system) == 0 && dumped(head, "model", "architecture.pkl"));
    change_config("{\"lr\": 0.001}", true);
    head_of(head, system);
    GUIDE("103", pending_of(system) == 0 && dumped(head, "hp", "config.yaml"));
    change_data(TRACKED_STATE, true);
    head_of(head, system);
    GUIDE("104", pending_of(system) == 0 && dumped_whole(head));
    class_name = "Wider";
    ckl_model *model = a_model(class_name);
    ASSERT_OK(ckl_checkpoint_on_model_change(model, true, &fault));
    ckl_model_free(model);
    head_of(head, system);
    GUIDE("341-343", pending_of(system) == 0 && dumped_whole(head));
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(values_may_be_given_or_asked_for)
{
    ckl_manager *system = get_system(100);
    ckl_model *model = a_model("Given");
    class_name = "Given";
    ASSERT_OK(ckl_checkpoint_on_model_change(model, false, &fault));
    GUIDE("308-309", pending_of(system) == CKL_MODEL);
    change_config("{\"lr\": 0.5}", false);
    GUIDE("310", pending_of(system) == (CKL_MODEL | CKL_CONFIG));
    change_data(TRACKED_STATE, false);
    GUIDE("311", pending_of(system) == CKL_ALL_COMPONENTS && !has_file("checkpoints"));
    ckl_model_free(model);
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(several_changes_are_one_dump)
{
    char head[32];
    ckl_manager *system = get_system(100);
    class_name = "Net";
    change_config("{\"lr\": 1}", false);
    GUIDE("332-334", pending_of(system) == CKL_CONFIG && !has_file("checkpoints"));
    change_config("{\"lr\": 2}", false);
    ASSERT_OK(ckl_checkpoint_on_model_change(NULL, false, &fault));
    GUIDE("335-336", pending_of(system) == (CKL_MODEL | CKL_CONFIG) && !has_file("checkpoints"));
    ASSERT_OK(ckl_checkpoint_on_step(0, false, &fault));
    head_of(head, system);
    GUIDE("337-338", pending_of(system) == 0 && count_kind(system, "dump") == 1 &&
                         dumped(head, "hp", "config.yaml"));
    ckl_close_checkpoint_system();
}
END_TEST

START_TEST(milestones_are_dumped)
{
    char head[32];
    const int64_t checkpoint_freq = 100;
    ckl_manager *system = get_system(checkpoint_freq);
    class_name = "Net";
    for (int64_t step = 0; step < 1000; step++) {
        if (step == 450)
            change_config("{\"lr\": 3}", false);
        if (step % checkpoint_freq == 0)
            ASSERT_OK(ckl_checkpoint_on_step(step, false, &fault));
        if (step % 500 == 0)
            ASSERT_OK(ckl_checkpoint_on_step(step, true, &fault));
    }
    head_of(head, system);
    GUIDE("346-353", count_kind(system, "checkpoint") == 9);
    GUIDE("355-357", dumped(head, "hp", "config.yaml") && dumped(head, "model", "step_000500.pt"));
    ckl_close_checkpoint_system();
}
END_TEST

/* ---- the dataset's three methods ------------------------------------------------------------- */

static ckl_status get_sample_uids(void *context, ckl_data_state *state, ckl_error *err)
{
    (void)context;
    ckl_status status = ckl_data_state_add(state, "first", err);
    return status == CKL_OK ? ckl_data_state_add(state, "second", err) : status;
}

static bool is_discarded(void *context, const char *uid)
{
    return strcmp(uid, context) == 0;
}

static ckl_status get_tags(void *context, const char *uid, ckl_data_state *state, ckl_error *err)
{
    (void)context;
    return ckl_data_state_add_tag(state, uid, "seen", err);
}

START_TEST(a_dataset_is_asked)
{
    ckl_data_state *state = NULL;
    uint64_t at = 0;
    static char discarded_uid[] = "second";
    ckl_manager *system = get_system(100);
    ckl_error_clear(&fault);
    ck_assert_int_eq(ckl_checkpoint_on_data_change(NULL, false, &fault), CKL_NO_SOURCE);
    ckl_dataset_source dataset = {.get_sample_uids = get_sample_uids,
                                  .is_discarded = is_discarded,
                                  .get_tags = get_tags,
                                  .context = discarded_uid};
    ASSERT_OK(ckl_register_dataset_source(&dataset, &fault));
    ASSERT_OK(ckl_checkpoint_on_data_change(NULL, false, &fault));
    ASSERT_OK(ckl_manager_load_data_state(&state, system, NULL, &fault));
    GUIDE("397-402",
          ckl_data_state_counts(state).total == 2 && ckl_data_state_find(state, "first", &at));
    GUIDE("403",
          !ckl_data_state_sample(state, 0).discarded && ckl_data_state_sample(state, 1).discarded);
    GUIDE("404", ckl_data_state_counts(state).tagged == 2 &&
                     strcmp(ckl_data_state_sample(state, 0).tags[0], "seen") == 0);
    ckl_data_state_free(state);
    dataset.is_discarded = NULL;
    ckl_error_clear(&fault);
    ck_assert_int_eq(ckl_register_dataset_source(&dataset, &fault), CKL_INVALID);
    ckl_close_checkpoint_system();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, a_training_loop_saves_regularly);
    tcase_add_test(tests, changes_are_tracked_and_dumped_when_training_resumes);
    tcase_add_test(tests, changes_are_dumped_at_once_when_asked);
    tcase_add_test(tests, values_may_be_given_or_asked_for);
    tcase_add_test(tests, several_changes_are_one_dump);
    tcase_add_test(tests, milestones_are_dumped);
    tcase_add_test(tests, a_dataset_is_asked);
    return run_suite(tests, "guide: automatic system");
}
