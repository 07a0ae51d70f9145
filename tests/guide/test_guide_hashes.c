/* The guide's hashes: ExperimentHashGenerator, comparison, data state format, migration. */
#include "guide.h"

static ckl_hash hash_of(ckl_hash_generator *generator, const ckl_model *model,
                        const ckl_config *config, ckl_data_state *state)
{
    ckl_hash hash;
    ASSERT_OK(ckl_hash_generator_generate_hash(&hash, generator, model, config, state, &fault));
    return hash;
}

START_TEST(a_hash_is_three_components)
{
    ckl_hash_generator *gen = NULL;
    ckl_component_hashes hashes;
    ckl_model *model = a_model("Net");
    ckl_config *config = a_config("{\"lr\": 0.001, \"batch_size\": 32}");
    ckl_data_state *data_state = a_data_state(TRACKED_STATE);
    ASSERT_OK(ckl_hash_generator_new(&gen, &fault));
    ckl_hash hash_str = hash_of(gen, model, config, data_state);
    GUIDE("5,228-232", strlen(hash_str.text) == 24 && CKL_HASH_LENGTH == 24);
    ASSERT_OK(ckl_hash_generator_get_component_hashes(&hashes, gen, &fault));
    GUIDE("6,171,239-241",
          strlen(hashes.model) == 8 && strncmp(hash_str.text, hashes.model, 8) == 0);
    GUIDE("7,172,242",
          strlen(hashes.config) == 8 && strncmp(hash_str.text + 8, hashes.config, 8) == 0);
    GUIDE("8,173,243",
          strlen(hashes.data) == 8 && strncmp(hash_str.text + 16, hashes.data, 8) == 0);
    GUIDE("238-245", strcmp(hashes.combined.text, hash_str.text) == 0);
    char joined[64];
    snprintf(joined, sizeof joined, "%s%s%s", hashes.model, hashes.config, hashes.data);
    GUIDE("17-22,168,409", strcmp(joined, hash_str.text) == 0);
    ckl_hash_generator_free(gen);
    ckl_model_free(model);
    ckl_config_free(config);
    ckl_data_state_free(data_state);
}
END_TEST

/* The guide's own examples: no real hash has a g, all the same they can be compared. */
START_TEST(hashes_are_compared_by_segment)
{
    ckl_components changed = 0;
    const char *hash1 = "a1b2c3d4e5f6g7h8i9j0k1l2", *hash2 = "a1b2c3d4f0f0f0f0i9j0k1l2";
    ASSERT_OK(ckl_compare_hashes(&changed, hash1, hash2, &fault));
    GUIDE("10,38-45,247-249", changed == CKL_CONFIG);
    ASSERT_OK(ckl_compare_hashes(&changed, hash1, "a1b2c3d4e5f6g7h8ffffffff", &fault));
    GUIDE("176-183", (changed & CKL_MODEL) == 0);
    GUIDE("184", (changed & CKL_CONFIG) == 0);
    GUIDE("185-187", changed == CKL_DATA);
    ASSERT_OK(ckl_compare_hashes(&changed, hash1, "00000000f0f0f0f0ffffffff", &fault));
    GUIDE("360-368,412", (changed & CKL_MODEL) != 0);
    GUIDE("369-370", (changed & CKL_CONFIG) != 0);
    GUIDE("371-372", (changed & CKL_DATA) != 0);
}
END_TEST

START_TEST(what_changed_is_told_by_component)
{
    ckl_hash_generator *gen = NULL;
    bool has_changed = false;
    ckl_components changed = 0;
    ckl_model *model = a_model("Net"), *other = a_model("Wider");
    ckl_config *config = a_config("{\"lr\": 0.001}");
    ckl_data_state *state = a_data_state(TRACKED_STATE), *other_state = a_data_state(FORMAT_STATE);
    ASSERT_OK(ckl_hash_generator_new(&gen, &fault));
    ckl_hash first = hash_of(gen, model, config, state);
    ASSERT_OK(ckl_hash_generator_has_changed(&has_changed, &changed, gen, other, config,
                                             other_state, &fault));
    GUIDE("234-236", has_changed && changed == (CKL_MODEL | CKL_DATA));
    ASSERT_OK(ckl_hash_generator_has_changed(&has_changed, &changed, gen, other, config,
                                             other_state, &fault));
    GUIDE("235", !has_changed && changed == 0);
    (void)first;
    ckl_hash_generator_free(gen);
    ckl_model_free(model);
    ckl_model_free(other);
    ckl_config_free(config);
    ckl_data_state_free(state);
    ckl_data_state_free(other_state);
}
END_TEST

static bool same_data(ckl_hash_generator *gen, const char *first, const char *second)
{
    ckl_data_state *one = a_data_state(first), *two = a_data_state(second);
    ckl_hash a = hash_of(gen, NULL, NULL, one), b = hash_of(gen, NULL, NULL, two);
    ckl_data_state_free(one);
    ckl_data_state_free(two);
    return strcmp(a.text, b.text) == 0;
}

START_TEST(the_data_hash_is_made_of_uids_discards_and_tags)
{
    ckl_hash_generator *gen = NULL;
    char *text = NULL;
    size_t size = 0;
    ckl_data_state *state = a_data_state(FORMAT_STATE);
    ckl_canonical_options lines = {.lines = true};
    ASSERT_OK(ckl_hash_generator_new(&gen, &fault));
    ASSERT_OK(ckl_canonical_text(&text, &size, NULL, NULL, state, &lines, &fault));
    GUIDE("193-206,214-218", strcmp(text, "sample_001:d0:taugmented,validated\n"
                                          "sample_002:d1:t\n"
                                          "sample_003:d0:ttest") == 0);
    GUIDE("209-210", same_data(gen, "{\"uids\": [\"a\", \"b\"]}", "{\"uids\": [\"b\", \"a\"]}") &&
                         !same_data(gen, "{\"uids\": [\"a\", \"b\"]}", "{\"uids\": [\"a\"]}"));
    GUIDE("209,211",
          !same_data(gen, "{\"uids\": [\"a\"]}", "{\"uids\": [\"a\"], \"discarded\": [\"a\"]}"));
    GUIDE("209,212", same_data(gen, "{\"uids\": [\"a\"], \"tags\": {\"a\": [\"x\", \"y\"]}}",
                               "{\"uids\": [\"a\"], \"tags\": {\"a\": [\"y\", \"x\"]}}") &&
                         !same_data(gen, "{\"uids\": [\"a\"], \"tags\": {\"a\": [\"x\"]}}",
                                    "{\"uids\": [\"a\"], \"tags\": {\"a\": [\"y\"]}}"));
    ckl_free(text);
    ckl_data_state_free(state);
    ckl_hash_generator_free(gen);
}
END_TEST

START_TEST(hashes_of_before_are_not_compatible)
{
    ckl_hash_generator *gen = NULL;
    ckl_components changed = 0;
    ckl_model *model = a_model("Net");
    ckl_config *config = a_config("{\"lr\": 0.001}");
    ckl_data_state *state = a_data_state(TRACKED_STATE);
    ASSERT_OK(ckl_hash_generator_new(&gen, &fault));
    ckl_hash without = hash_of(gen, model, config, NULL), with = hash_of(gen, model, config, state);
    GUIDE("316-325", strcmp(without.text + 16, "00000000") == 0 &&
                         strncmp(without.text, with.text, 16) == 0 &&
                         strcmp(with.text + 16, "00000000") != 0);
    ckl_error_clear(&fault);
    ckl_status status = ckl_compare_hashes(&changed, "a1b2c3d4e5f6g7h8", with.text, &fault);
    GUIDE("321,328", status == CKL_V2_HASH && strstr(fault.message, "not compatible") != NULL &&
                         strstr(fault.message, "regenerate") != NULL);
    ckl_hash_generator_free(gen);
    ckl_model_free(model);
    ckl_config_free(config);
    ckl_data_state_free(state);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, a_hash_is_three_components);
    tcase_add_test(tests, hashes_are_compared_by_segment);
    tcase_add_test(tests, what_changed_is_told_by_component);
    tcase_add_test(tests, the_data_hash_is_made_of_uids_discards_and_tags);
    tcase_add_test(tests, hashes_of_before_are_not_compatible);
    return run_suite(tests, "guide: hashes");
}
