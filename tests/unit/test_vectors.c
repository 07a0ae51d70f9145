/* Every golden vector: canonical text, SHA-256, segment, or the refusal with its words. */
#include <check.h>
#include <ckl/ckl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static json_t *vectors;

static const char *text_of(const json_t *vector, const char *key)
{
    return json_string_value(json_object_get(vector, key));
}

/* ---- what a vector's input means ------------------------------------------------------------- */

typedef struct value {
    ckl_model *model;
    ckl_config *config;
    ckl_data_state *data;
} value;

static void free_value(value *given)
{
    ckl_model_free(given->model);
    ckl_config_free(given->config);
    ckl_data_state_free(given->data);
}

/* The n samples of a recipe, in the order it wants. */
static ckl_data_state *follow_recipe(const json_t *recipe)
{
    ckl_data_state *state = NULL;
    json_int_t n = json_integer_value(json_object_get(recipe, "n"));
    json_int_t modulus = json_integer_value(json_object_get(recipe, "discard_mod"));
    json_int_t remainder = json_integer_value(json_object_get(recipe, "discard_rem"));
    const char *format = text_of(recipe, "uid_format");
    bool descending = strcmp(text_of(recipe, "order"), "descending") == 0;
    const json_t *tags = json_object_get(recipe, "tags_by_mod");
    ck_assert_int_eq(ckl_data_state_new(&state, NULL), CKL_OK);
    for (json_int_t step = 0; step < n; step++) {
        json_int_t i = descending ? n - 1 - step : step;
        char uid[64];
        int width = strstr(format, "06d") != NULL ? 6 : strstr(format, "07d") != NULL ? 7 : 1;
        snprintf(uid, sizeof uid, "%.*s%0*lld", (int)(strchr(format, '{') - format), format, width,
                 (long long)i);
        ck_assert_int_eq(ckl_data_state_add(state, uid, NULL), CKL_OK);
        if (i % modulus == remainder)
            ck_assert_int_eq(ckl_data_state_add_discarded(state, uid, NULL), CKL_OK);
        const json_t *set = json_array_get(tags, (size_t)i % json_array_size(tags));
        for (size_t tag = 0; tag < json_array_size(set); tag++)
            ck_assert_int_eq(ckl_data_state_add_tag(
                                 state, uid, json_string_value(json_array_get(set, tag)), NULL),
                             CKL_OK);
    }
    return state;
}

static ckl_status parse(value *out, const json_t *vector, ckl_error *err)
{
    const char *kind = text_of(vector, "kind");
    const json_t *input = json_object_get(vector, "input");
    const char *text = json_string_value(input);
    size_t size = json_string_length(input);
    if (input == NULL) {
        out->data = follow_recipe(json_object_get(vector, "recipe"));
        return CKL_OK;
    }
    if (strcmp(kind, "config") == 0)
        return ckl_config_parse(&out->config, text, size, CKL_FORMAT_JSON, "vector", NULL, err);
    if (strcmp(kind, "model") == 0)
        return ckl_model_parse(&out->model, text, size, CKL_FORMAT_JSON, "vector", NULL, err);
    return ckl_data_state_parse(&out->data, text, size, CKL_FORMAT_JSON, "vector", NULL, err);
}

/* ---- checks ---------------------------------------------------------------------------------- */

static void check_canonical(const json_t *vector, const value *given)
{
    char *text = NULL;
    size_t size = 0;
    const json_t *canonical = json_object_get(vector, "canonical");
    const json_t *bytes = json_object_get(vector, "canonical_bytes");
    ck_assert_int_eq(
        ckl_canonical_text(&text, &size, given->model, given->config, given->data, NULL, NULL),
        CKL_OK);
    if (canonical != NULL) {
        ck_assert_str_eq(text, json_string_value(canonical));
        ck_assert_uint_eq(size, json_string_length(canonical));
    } else {
        ck_assert_uint_eq(size, (size_t)json_integer_value(bytes));
    }
    ckl_free(text);
}

static void check_hash(const json_t *vector, const value *given)
{
    ckl_hash_generator *generator = NULL;
    ckl_hash hash;
    char digest[65];
    ckl_components component = given->model != NULL    ? CKL_MODEL
                               : given->config != NULL ? CKL_CONFIG
                                                       : CKL_DATA;
    unsigned offset = component == CKL_MODEL ? 0 : component == CKL_CONFIG ? 8 : 16;
    ck_assert_int_eq(ckl_hash_generator_new(&generator, NULL), CKL_OK);
    ck_assert_int_eq(ckl_hash_generator_generate_hash(&hash, generator, given->model, given->config,
                                                      given->data, NULL),
                     CKL_OK);
    ck_assert_int_eq(ckl_hash_generator_digest(digest, generator, component, NULL), CKL_OK);
    ck_assert_str_eq(digest, text_of(vector, "sha256"));
    ck_assert_int_eq(strncmp(hash.text + offset, text_of(vector, "segment"), 8), 0);
    ckl_hash_generator_free(generator);
}

static void check_compare(const json_t *vector)
{
    ckl_error err = {0};
    ckl_components changed = 0, expected = 0;
    const json_t *names = json_object_get(vector, "changed");
    ckl_status status =
        ckl_compare_hashes(&changed, text_of(vector, "a"), text_of(vector, "b"), &err);
    if (names == NULL) {
        ck_assert_int_ne(status, CKL_OK);
        ck_assert_ptr_nonnull(strstr(err.message, text_of(vector, "error")));
        return;
    }
    for (size_t index = 0; index < json_array_size(names); index++) {
        const char *name = json_string_value(json_array_get(names, index));
        expected |= name[0] == 'm' ? CKL_MODEL : name[0] == 'c' ? CKL_CONFIG : CKL_DATA;
    }
    ck_assert_int_eq(status, CKL_OK);
    ck_assert_uint_eq(changed, expected);
}

static void check_refused(const json_t *vector, ckl_status status, const ckl_error *err)
{
    ck_assert_msg(status == CKL_INVALID, "%s: %s", text_of(vector, "id"), ckl_status_name(status));
    ck_assert_msg(strstr(err->message, text_of(vector, "error")) != NULL, "%s: '%s' lacks '%s'",
                  text_of(vector, "id"), err->message, text_of(vector, "error"));
}

START_TEST(vector_holds)
{
    const json_t *vector = json_array_get(vectors, (size_t)_i);
    value given = {0};
    ckl_error err = {0};
    if (strcmp(text_of(vector, "kind"), "compare") == 0) {
        check_compare(vector);
        return;
    }
    ckl_status status = parse(&given, vector, &err);
    if (json_object_get(vector, "error") != NULL) {
        check_refused(vector, status, &err);
    } else {
        ck_assert_msg(status == CKL_OK, "%s: %s", text_of(vector, "id"), err.message);
        check_canonical(vector, &given);
        check_hash(vector, &given);
    }
    free_value(&given);
}
END_TEST

int main(void)
{
    json_error_t error;
    vectors = json_load_file(TESTS_DIR "/golden/hash_vectors.json", JSON_ALLOW_NUL, &error);
    if (vectors == NULL || json_array_size(vectors) != 173) {
        fprintf(stderr, "the golden vectors are not readable: %s\n", error.text);
        return 1;
    }
    Suite *suite = suite_create("vectors");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, vector_holds, 0, 173);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    json_decref(vectors);
    return failed == 0 ? 0 : 1;
}
