/* The guide's CheckpointManagerV2, and its directory structure. */
#include "guide.h"

typedef struct parts {
    ckl_model *model;
    ckl_config *config;
    ckl_data_state *data_state;
} parts;

static parts make_parts(void)
{
    return (parts){a_model("Net"), a_config("{\"lr\": 0.001, \"batch_size\": 32}"),
                   a_data_state(TRACKED_STATE)};
}

static void free_parts(parts *given)
{
    ckl_model_free(given->model);
    ckl_config_free(given->config);
    ckl_data_state_free(given->data_state);
}

static ckl_update_result update(ckl_manager *manager, const parts *given, bool dump_immediately)
{
    ckl_update_result result;
    ckl_update wanted = {.model = given->model,
                         .config = given->config,
                         .data = given->data_state,
                         .dump_immediately = dump_immediately};
    ASSERT_OK(ckl_manager_update_experiment_hash(&result, manager, &wanted, &fault));
    return result;
}

START_TEST(changes_are_pending_until_they_are_dumped)
{
    parts given = make_parts();
    ckl_manager *manager = NULL;
    ckl_dump_result done;
    bool has_pending = false;
    ckl_components components = 0;
    ASSERT_OK(ckl_manager_open(&manager, root, NULL, &fault));
    GUIDE("112,257", manager != NULL && has_file("ledger.db"));
    ckl_update_result first = update(manager, &given, false);
    GUIDE("114-131,259-264", strlen(first.experiment.text) == 24 && first.is_new);
    GUIDE("132", first.changed == CKL_ALL_COMPONENTS);
    GUIDE("27,31,128,264,410", !has_file("checkpoints"));
    ASSERT_OK(ckl_manager_has_pending_changes(&has_pending, &components, manager, &fault));
    GUIDE("134-137,267-268", has_pending && components == CKL_ALL_COMPONENTS);
    ASSERT_OK(ckl_manager_dump_pending_changes(&done, manager, true, &fault));
    GUIDE("29,139-140,270-271,411",
          dumped_whole(first.experiment.text) && done.dumped == CKL_ALL_COMPONENTS);
    ASSERT_OK(ckl_manager_has_pending_changes(&has_pending, &components, manager, &fault));
    GUIDE("268", !has_pending && components == 0);
    ckl_update_result again = update(manager, &given, false);
    GUIDE("124,260", !again.is_new && again.changed == 0 &&
                         strcmp(again.experiment.text, first.experiment.text) == 0);
    ckl_config_free(given.config);
    given.config = a_config("{\"lr\": 0.01, \"batch_size\": 32}");
    ckl_update_result second = update(manager, &given, false);
    ASSERT_OK(ckl_manager_has_pending_changes(&has_pending, &components, manager, &fault));
    GUIDE("132,379-382", second.changed == CKL_CONFIG && components == CKL_CONFIG);
    free_parts(&given);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(a_checkpoint_dumps_first_when_asked)
{
    parts given = make_parts();
    ckl_manager *manager = open_run(NULL);
    ckl_checkpoint_result saved;
    ckl_checkpoint checkpoint = {.step = 100, .bytes = "weights", .size = 7};
    ckl_update_result result = update(manager, &given, false);
    const char *hash = result.experiment.text;
    ASSERT_OK(ckl_manager_save_model_checkpoint(&saved, manager, &checkpoint, &fault));
    GUIDE("142-145,273-276", dumped(hash, "model", "step_000100.pt") && !dumped_whole(hash));
    checkpoint.step = 200;
    checkpoint.force_dump_pending = true;
    ASSERT_OK(ckl_manager_save_model_checkpoint(&saved, manager, &checkpoint, &fault));
    GUIDE("142-147,274-278", dumped(hash, "model", "step_000200.pt") && dumped_whole(hash) &&
                                 pending_of(manager) == 0);
    free_parts(&given);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(components_are_saved_one_by_one)
{
    parts given = make_parts();
    ckl_manager *manager = open_run(NULL);
    ckl_update_result result;
    ASSERT_OK(ckl_manager_save_config(&result, manager, given.config, &fault));
    GUIDE("280-281", dumped(result.experiment.text, "hp", "config.yaml") && result.pending == 0);
    ASSERT_OK(ckl_manager_save_data_state(&result, manager, given.data_state, &fault));
    GUIDE("282", dumped(result.experiment.text, "data", "data_state.yaml") && result.pending == 0);
    ASSERT_OK(ckl_manager_save_model_architecture(&result, manager, given.model, &fault));
    GUIDE("283", dumped(result.experiment.text, "model", "architecture.pkl") &&
                     dumped_whole(result.experiment.text) && result.pending == 0);
    free_parts(&given);
    ckl_manager_close(manager);
}
END_TEST

/* Everything below a folder, sorted: "a/ a/b …" with the hash written as {hash}. */
static void list_tree(char *out, size_t size, const char *path, const char *prefix,
                      const char *hash)
{
    struct dirent **names = NULL;
    int count = scandir(path, &names, NULL, alphasort);
    for (int index = 0; index < count; index++) {
        char below[512], shown[512], with_prefix[1024];
        const char *name = names[index]->d_name;
        if (name[0] != '.') {
            bool hashed = strncmp(name, hash, 24) == 0;
            snprintf(below, sizeof below, "%s/%s", path, name);
            snprintf(shown, sizeof shown, "%s%s", hashed ? "{hash}" : "", name + (hashed ? 24 : 0));
            snprintf(with_prefix, sizeof with_prefix, "%s%s/", prefix, shown);
            size_t used = strlen(out);
            snprintf(out + used, size - used, "%s%s ", prefix, shown);
            list_tree(out, size, below, with_prefix, hash);
        }
        free(names[index]);
    }
    free(names);
}

START_TEST(the_tree_is_as_the_guide_draws_it)
{
    parts given = make_parts();
    char tree[4096] = "", path[256];
    ckl_manager *manager = open_run(NULL);
    ckl_update_result result = update(manager, &given, true);
    save(manager, 100, "one");
    save(manager, 200, "two");
    snprintf(path, sizeof path, "%s/checkpoints", root);
    list_tree(tree, sizeof tree, path, "", result.experiment.text);
    GUIDE("152-163", strcmp(tree, "{hash} {hash}/data {hash}/data/{hash}_data_state.yaml "
                                  "{hash}/hp {hash}/hp/{hash}_config.yaml "
                                  "{hash}/model {hash}/model/{hash}_architecture.pkl "
                                  "{hash}/model/{hash}_step_000100.pt "
                                  "{hash}/model/{hash}_step_000200.pt ") == 0);
    free_parts(&given);
    ckl_manager_close(manager);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, changes_are_pending_until_they_are_dumped);
    tcase_add_test(tests, a_checkpoint_dumps_first_when_asked);
    tcase_add_test(tests, components_are_saved_one_by_one);
    tcase_add_test(tests, the_tree_is_as_the_guide_draws_it);
    return run_suite(tests, "guide: manager");
}
