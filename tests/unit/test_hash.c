/* Digests, experiment hashes from outside, and the generator that needs no ledger. */
#include "hash.h"

#include <ckl/ckl.h>

#include "values_test.h"

static void expect_digest(const digest *value, const char *expected)
{
    char hex[65];
    digest_hex(hex, value);
    ck_assert_str_eq(hex, expected);
}

#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

START_TEST(digests)
{
    digest nothing, abc, again;
    char segment[CKL_SEGMENT_LENGTH + 1];
    hasher *running = NULL;
    ck_assert_int_eq(hash_bytes(&nothing, NULL, 0, NULL), CKL_OK);
    expect_digest(&nothing, OF_NOTHING);
    ck_assert_int_eq(hash_bytes(&abc, "abc", 3, NULL), CKL_OK);
    expect_digest(&abc, OF_ABC);
    ck_assert_int_eq(hasher_new(&running, NULL), CKL_OK);
    for (int round = 0; round < 2; round++) { /* it starts anew */
        hasher_add(running, "a", 1);
        hasher_add(running, "bc", 2);
        ck_assert_int_eq(hasher_end(&again, running, NULL), CKL_OK);
        ck_assert(digest_equal(&abc, &again));
    }
    ck_assert(!digest_equal(&abc, &nothing));
    hasher_free(running);
    digest_segment(segment, &abc, 0);
    ck_assert_str_eq(segment, "ba7816bf");
    digest_segment(segment, &abc, 56);
    ck_assert_str_eq(segment, "f20015ad");
}
END_TEST

START_TEST(fields)
{
    static const char EXPECTED[] = "\0\0\0\0\0\0\0\3abc"
                                   "\0\0\0\0\0\0\0\0"
                                   "\0\0\0\0\0\0\0\10\377\377\377\377\377\377\377\376";
    digest whole, parts;
    hasher *running = NULL;
    ck_assert_int_eq(hasher_new(&running, NULL), CKL_OK);
    hasher_add_field(running, "abc", 3);
    hasher_add_field(running, "", 0);
    hasher_add_integer(running, -2);
    ck_assert_int_eq(hasher_end(&parts, running, NULL), CKL_OK);
    hasher_free(running);
    ck_assert_int_eq(hash_bytes(&whole, EXPECTED, sizeof EXPECTED - 1, NULL), CKL_OK);
    ck_assert(digest_equal(&whole, &parts));
}
END_TEST

START_TEST(from_outside)
{
    static const struct {
        const char *text;
        ckl_status status;
        const char *message;
    } ROWS[] = {
        {"0123456789abcdefghijwxyz", CKL_OK, ""},
        {"", CKL_INVALID, "24 characters"},
        {"short", CKL_INVALID, "'short' is no experiment hash: it has 5 bytes, not 24 characters"},
        {"a1b2c3d4e5f6a7b8", CKL_V2_HASH,
         "a 16-character V2 hash is not compatible: regenerate it"},
        {"0123456789abcdefghijwxy", CKL_INVALID, "24 characters"},
        {"0123456789abcdefghijwxyz0", CKL_INVALID, "24 characters"},
        {"0123456789ABCDEFghijwxyz", CKL_INVALID, "only 0-9 and a-z"},
        {"../../../../etc/passwd00", CKL_INVALID, "only 0-9 and a-z"}};
    for (size_t index = 0; index < COUNT(ROWS); index++) {
        ckl_error err = {0};
        ck_assert_int_eq(hash_check(ROWS[index].text, &err), ROWS[index].status);
        ck_assert_msg(strstr(err.message, ROWS[index].message) != NULL, "'%s'", err.message);
    }
}
END_TEST

START_TEST(joined_and_compared)
{
    ckl_hash first, second;
    hash_join(&first, "aaaaaaaa", NULL, "cccccccc");
    ck_assert_str_eq(first.text, "aaaaaaaa00000000cccccccc");
    for (ckl_components wanted = 0; wanted <= CKL_ALL_COMPONENTS; wanted++) {
        ckl_components changed = 99;
        hash_join(&second, wanted & CKL_MODEL ? "aaaaaaab" : "aaaaaaaa",
                  wanted & CKL_CONFIG ? "bbbbbbbb" : NULL,
                  wanted & CKL_DATA ? "0ccccccc" : "cccccccc");
        ck_assert_int_eq(ckl_compare_hashes(&changed, first.text, second.text, NULL), CKL_OK);
        ck_assert_uint_eq(changed, wanted);
    }
    ckl_components changed = 99;
    ck_assert_int_eq(ckl_compare_hashes(&changed, first.text, "0123456789abcdef", NULL),
                     CKL_V2_HASH);
    ck_assert_uint_eq(changed, 99);
}
END_TEST

/* ---- the generator --------------------------------------------------------------------------- */

static ckl_config *config_of(const char *text)
{
    ckl_config *config = NULL;
    ckl_error err = {0};
    ckl_status status =
        ckl_config_parse(&config, text, strlen(text), CKL_FORMAT_JSON, "c.json", NULL, &err);
    ck_assert_msg(status == CKL_OK, "%s", err.message);
    return config;
}

START_TEST(generator_remembers)
{
    bool differs = true;
    ckl_components changed = 99;
    ckl_hash hash;
    ckl_component_hashes parts;
    char hex[65];
    ckl_hash_generator *generator = NULL;
    ckl_config *first = config_of("{\"lr\": 0.1}"), *second = config_of("{\"lr\": 0.2}");
    ckl_data_state *data = NULL;
    ck_assert_int_eq(ckl_data_state_new(&data, NULL), CKL_OK);
    ck_assert_int_eq(ckl_hash_generator_new(&generator, NULL), CKL_OK);
    ck_assert_int_eq(ckl_hash_generator_get_component_hashes(&parts, generator, NULL),
                     CKL_NOT_FOUND);
    ck_assert_int_eq(
        ckl_hash_generator_has_changed(&differs, &changed, generator, NULL, first, NULL, NULL),
        CKL_OK);
    ck_assert(differs);
    ck_assert_uint_eq(changed, CKL_CONFIG);
    ck_assert_int_eq(
        ckl_hash_generator_has_changed(&differs, NULL, generator, NULL, first, NULL, NULL), CKL_OK);
    ck_assert(!differs);
    /* an empty data state has a digest, an absent one has none */
    ck_assert_int_eq(ckl_hash_generator_generate_hash(&hash, generator, NULL, second, data, NULL),
                     CKL_OK);
    ck_assert_int_eq(strncmp(hash.text, CKL_ABSENT_SEGMENT, 8), 0);
    ck_assert_str_eq(hash.text + 16, "e3b0c442");
    ck_assert_int_eq(ckl_hash_generator_get_component_hashes(&parts, generator, NULL), CKL_OK);
    ck_assert_str_eq(parts.combined.text, hash.text);
    ck_assert_str_eq(parts.model, CKL_ABSENT_SEGMENT);
    ck_assert_int_eq(strncmp(parts.config, hash.text + 8, 8), 0);
    ck_assert_str_eq(parts.data, "e3b0c442");
    ck_assert_int_eq(ckl_hash_generator_digest(hex, generator, CKL_DATA, NULL), CKL_OK);
    ck_assert_str_eq(hex, OF_NOTHING);
    ck_assert_int_eq(ckl_hash_generator_digest(hex, generator, CKL_MODEL, NULL), CKL_NOT_FOUND);
    ck_assert_int_eq(
        ckl_hash_generator_has_changed(&differs, &changed, generator, NULL, first, NULL, NULL),
        CKL_OK);
    ck_assert_uint_eq(changed, CKL_CONFIG | CKL_DATA);
    ckl_hash_generator_free(generator);
    ckl_config_free(first);
    ckl_config_free(second);
    ckl_data_state_free(data);
}
END_TEST

START_TEST(generator_ignores)
{
    bool differs = true;
    ckl_hash hash, bare;
    ckl_hash_generator *generator = NULL;
    ckl_config *first = config_of("{\"opt\": {\"lr\": 0.1}, \"root_log_dir\": \"/a\"}");
    ckl_config *second = config_of("{\"opt\": {\"lr\": 0.1}, \"root_log_dir\": \"/b\"}");
    ckl_config *rest = config_of("{\"opt\": {}}");
    ck_assert_int_eq(ckl_hash_generator_new(&generator, NULL), CKL_OK);
    ck_assert_int_eq(ckl_hash_generator_generate_hash(&bare, generator, NULL, rest, NULL, NULL),
                     CKL_OK);
    ck_assert_int_eq(ckl_hash_generator_ignore(generator, "/root_log_dir", NULL), CKL_OK);
    ck_assert_int_eq(ckl_hash_generator_ignore(generator, "opt.lr", NULL), CKL_OK);
    ck_assert_int_eq(ckl_hash_generator_ignore(generator, "/a~", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_hash_generator_generate_hash(&hash, generator, NULL, first, NULL, NULL),
                     CKL_OK);
    ck_assert_str_eq(hash.text, bare.text);
    ck_assert_int_eq(
        ckl_hash_generator_has_changed(&differs, NULL, generator, NULL, second, NULL, NULL),
        CKL_OK);
    ck_assert(!differs);
    ck_assert_ptr_nonnull(strstr(ckl_config_text(second), "\"/b\"")); /* it keeps what is ignored */
    ckl_hash_generator_free(generator);
    ckl_config_free(first);
    ckl_config_free(second);
    ckl_config_free(rest);
}
END_TEST

START_TEST(canonical_text)
{
    char *text = NULL;
    size_t size = 0;
    ckl_error err = {0};
    const char *ignored[] = {"/lr"};
    ckl_canonical_options options = {.ignored = ignored, .ignored_count = 1};
    ckl_config *config = config_of("{\"lr\": 0.1, \"a\": 1e-5}");
    ck_assert_int_eq(ckl_canonical_text(&text, &size, NULL, config, NULL, &options, NULL), CKL_OK);
    ck_assert_str_eq(text, "{\"a\": 1e-05}");
    ck_assert_uint_eq(size, strlen(text));
    ckl_free(text);
    text = NULL;
    ignored[0] = "/lr~";
    ck_assert_int_eq(ckl_canonical_text(&text, &size, NULL, config, NULL, &options, NULL),
                     CKL_INVALID);
    ck_assert_int_eq(ckl_canonical_text(&text, &size, NULL, NULL, NULL, NULL, &err), CKL_MISUSE);
    ck_assert_ptr_null(text);
    ck_assert_ptr_nonnull(strstr(err.message, "exactly one"));
    ckl_config_free(config);
}
END_TEST

START_TEST(not_an_object)
{
    ckl_config *config = NULL;
    ckl_error err = {0};
    ck_assert_int_eq(ckl_config_parse(&config, "[1]", 3, CKL_FORMAT_JSON, "c.json", NULL, &err),
                     CKL_INVALID);
    ck_assert_ptr_null(config);
    ck_assert_str_eq(err.message, "c.json: a configuration is an object");
    ckl_error_clear(&err);
    ck_assert_int_eq(ckl_config_read(&config, "/nowhere/c.yaml", NULL, &err), CKL_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/c.yaml"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hash");
    TCase *all = tcase_create("all");
    tcase_add_test(all, digests);
    tcase_add_test(all, fields);
    tcase_add_test(all, from_outside);
    tcase_add_test(all, joined_and_compared);
    tcase_add_test(all, generator_remembers);
    tcase_add_test(all, generator_ignores);
    tcase_add_test(all, canonical_text);
    tcase_add_test(all, not_an_object);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
