#include "doc_test.h"

static const struct {
    const char *text;
    const char *json;
} SCALARS[] = {
    {"~", "null"},
    {"", "null"},
    {"Null", "null"},
    {"nUll", "\"nUll\""},
    {"yes", "true"},
    {"Off", "false"},
    {"y", "\"y\""},
    {"tRue", "\"tRue\""},
    {"012", "10"},
    {"08", "\"08\""},
    {"0o17", "\"0o17\""},
    {"0x1F", "31"},
    {"-0b1_01", "-5"},
    {"1_000", "1000"},
    {"+12", "12"},
    {"-0", "0"},
    {"1:30", "90"},
    {"-190:20:30", "-685230"},
    {"1:60", "\"1:60\""},
    {"0:30", "\"0:30\""},
    {"1e-5", "\"1e-5\""},
    {"1e5", "\"1e5\""},
    {"1.0e5", "\"1.0e5\""},
    {"1.0e+5", "100000.0"},
    {".5", "0.5"},
    {"-.5", "\"-.5\""},
    {"1_000.5", "1000.5"},
    {"1.", "1.0"},
    {"1:30.5", "90.5"},
    {"1:60.5", "\"1:60.5\""},
    {"-0.0", "-0.0"},
    {"2001-01-01", "\"2001-01-01\""},
    {"2001-1-1", "\"2001-1-1\""},
    {"2001-12-14t21:59:43.10-05:00", "\"2001-12-14 21:59:43.100000-05:00\""},
    {"2001-12-14 21:59:43.1234567 Z", "\"2001-12-14 21:59:43.123456+00:00\""},
    {"2001-1-2 1:02:03", "\"2001-01-02 01:02:03\""},
    {"2001-12-14 21:59:43 +5:90", "\"2001-12-14 21:59:43+06:30\""},
    {"\"2001-01-01\"", "\"2001-01-01\""},
    {"'yes'", "\"yes\""},
    {"! 12", "12"},
    {"! '12'", "12"},
    {"!!str 12", "\"12\""},
    {"!!float 12", "12.0"},
    {"!!float 1e5", "100000.0"},
    {"!!int '0x10'", "16"},
    {"!!bool YeS", "true"},
    {"!!null x", "null"},
    {"!!timestamp 2001-1-1", "\"2001-01-01\""},
    {"!!set {b, a, c}", "[\"a\",\"b\",\"c\"]"},
    {"!!set {}", "[]"},
    {"!!map {a: !!seq [1]}", "{\"a\":[1]}"},
    {"<<=", "\"<<=\""},
    {"'<<'", "\"<<\""},
    {"{'<<': 1, =: 2}", "{\"<<\":1,\"=\":2}"},
    {"a: |\n  x\n  y\n", "{\"a\":\"x\\ny\\n\"}"},
    {"a: &x [1]\nb: *x", "{\"a\":[1],\"b\":[1]}"},
    {"&k a: 1\nb: *k", "{\"a\":1,\"b\":\"a\"}"},
    {"\xef\xbb\xbf"
     "a: 1",
     "{\"a\":1}"},
    {"# nothing", "null"},
    {"---\n...\n", "null"},
    {"\"\\u0041\\x42\\N\"", "\"AB\xc2\x85\""},
    {"x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}", "{\"x\":{\"a\":1,\"b\":2},\"y\":{\"a\":3,\"b\":2}}"},
    {"{a: 3, <<: {a: 1, b: 2}}", "{\"a\":3,\"b\":2}"},
    {"<<: [{a: 1}, {a: 2, b: 3}]", "{\"a\":1,\"b\":3}"},
    {"{<<: {a: 1}, <<: {a: 2}}", "{\"a\":2}"},
    {"{<<: {<<: {a: 1, b: 1}, b: 2}, c: 3}", "{\"a\":1,\"b\":2,\"c\":3}"},
    {"!!set {<<: {a: 1}, b}", "[\"a\",\"b\"]"},
};

START_TEST(yaml_scalars)
{
    expect(CKL_FORMAT_YAML, SCALARS[_i].text, SCALARS[_i].json);
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} YAML_REFUSALS[] = {
    {"v: 9223372036854775808", "line 1, column 4: integer outside int64: 9223372036854775808"},
    {"v: -0x8000000000000001", "integer outside int64"},
    {"v: 4000000000000000:0:0", "integer outside int64"},
    {"v: .inf", "column 4: not a finite number: .inf"},
    {"v: -.INF", "not a finite number"},
    {"v: .NaN", "not a finite number"},
    {"v: 1.0e+400", "not a finite number"},
    {"v: \"\\0\"", "column 4: NUL in text"},
    {"v: \"\\ud800\"", "not valid Unicode"},
    {"a: 1\nb: \xff", "line 2, column 4: not valid Unicode"},
    {"a: \x01", "column 4: the character U+0001"},
    {"{a: 1, b: 2, a: 3}", "column 14: duplicate key 'a'"},
    {"a: 1\n'a': 2", "line 2, column 1: duplicate key 'a'"},
    {"!!set {a, a}", "duplicate key 'a'"},
    {"{1: a}", "column 2: a key must be text"},
    {"{yes: a}", "a key must be text"},
    {"{~: a}", "a key must be text"},
    {"{2001-01-01: a}", "a key must be text"},
    {"? [a]\n: 1", "a key must be text"},
    {"v: !!binary aGk=", "the tag '!!binary'"},
    {"v: !foo 1", "the tag '!foo' is not one that is read here"},
    {"v: !!python/none x", "the tag '!!python/none' is not"},
    {"v: !!omap [a: 1]", "the tag '!!omap' is not"},
    {"v: !!pairs [a: 1]", "the tag '!!pairs' is not"},
    {"v: !!seq {a: 1}", "does not fit a mapping"},
    {"v: !!set [a]", "does not fit a list"},
    {"v: !!map x", "does not fit a scalar"},
    {"v: !!int x", "'x' is not an integer"},
    {"v: !!float x", "'x' is not a number"},
    {"v: !!bool 1", "'1' is not a boolean"},
    {"v: 0b_", "'0b_' is not an integer"},
    {"v: !!timestamp x", "'x' is not a date or time"},
    {"v: 2001-02-29", "'2001-02-29' is no date"},
    {"v: 2001-01-01 24:00:00", "is no date"},
    {"v: 2001-01-01 23:00:00 +24:00", "is no date"},
    {"v: =", "'=' has a meaning of its own"},
    {"v: <<", "'<<' has a meaning of its own"},
    {"<<: 1", "'<<' needs a mapping"},
    {"<<: [{a: 1}, 2]", "'<<' needs a mapping"},
    {"&a [*a]", "the alias '*a' stands inside what it names: a cycle"},
    {"a: *b", "the alias '*b' names nothing before it"},
    {"[&a 1, &a 2]", "the anchor '&a' is there twice"},
    {"a: 1\n---\nb: 2", "line 2, column 1: expected a single document"},
    {"a: b: c", "column 5: not valid YAML: mapping values are not allowed"},
    {"a: [1,\n  2\nb: 3", "not valid YAML"},
    {"a: 'x", "not valid YAML: found unexpected end of stream (while scanning a quoted scalar at"},
    {"\ta: 1", "column 1: not valid YAML"},
};

START_TEST(yaml_refusals)
{
    const char *text = YAML_REFUSALS[_i].text;
    expect_refused(CKL_FORMAT_YAML, text, strlen(text), YAML_REFUSALS[_i].message);
}
END_TEST

START_TEST(yaml_encodings)
{
    static const char LITTLE[] = "\xff\xfe"
                                 "a\0:\0 \0\xe9\0";
    static const char BIG[] = "\xfe\xff\0a\0:\0 \0\xe9";
    json_t *tree = NULL;
    ck_assert_int_eq(parse(&tree, CKL_FORMAT_YAML, LITTLE, sizeof LITTLE - 1, NULL, NULL), CKL_OK);
    ck_assert_str_eq(json_string_value(json_object_get(tree, "a")), "\xc3\xa9");
    json_decref(tree);
    ck_assert_int_eq(parse(&tree, CKL_FORMAT_YAML, BIG, sizeof BIG - 1, NULL, NULL), CKL_OK);
    ck_assert_str_eq(json_string_value(json_object_get(tree, "a")), "\xc3\xa9");
    json_decref(tree);
    expect_refused(CKL_FORMAT_YAML, "a: \0b", 5, "column 4: NUL in text");
}
END_TEST

static const struct {
    const char *text;
    const char *warning; /* NULL: none */
} WARNINGS[] = {
    {"a: 1\nlr: 1e-5", "doc: line 2: '1e-5' is text in YAML 1.1; write 1.0e-5 for a number"},
    {"lr: 1e5", "doc: line 1: '1e5' is text in YAML 1.1; write 1.0e+5 for a number"},
    {"lr: -1.5E3", "doc: line 1: '-1.5E3' is text in YAML 1.1; write -1.5E+3 for a number"},
    {"lr: -.5", "doc: line 1: '-.5' is text in YAML 1.1; write -0.5 for a number"},
    {"lr: '1e-5'", NULL},
    {"lr: !!str 1e-5", NULL},
    {"1e-5: a", NULL},
    {"lr: 1.0e-5", NULL},
    {"lr: 08", NULL},
    {"lr: 1e", NULL},
    {"lr: e5", NULL},
    {"lr: 1.2.3", NULL},
    {"lr: .", NULL},
};

START_TEST(warnings_for_text_that_looks_like_a_number)
{
    warnings kept = {0};
    const char *text = WARNINGS[_i].text;
    json_t *tree = NULL;
    ck_assert_int_eq(parse(&tree, CKL_FORMAT_YAML, text, strlen(text), &kept, NULL), CKL_OK);
    ck_assert_int_eq(kept.count, WARNINGS[_i].warning == NULL ? 0 : 1);
    if (WARNINGS[_i].warning != NULL) {
        ck_assert_str_eq(kept.last, WARNINGS[_i].warning);
        /* what it says to write is a number, and the one that was meant */
        char number[64], json[80];
        ck_assert_int_eq(sscanf(strstr(kept.last, "write "), "write %63s", number), 1);
        snprintf(json, sizeof json, "[%s]", number);
        json_t *written = NULL;
        ck_assert_int_eq(parse(&written, CKL_FORMAT_YAML, json, strlen(json), NULL, NULL), CKL_OK);
        const json_t *given = json_object_get(tree, "lr");
        ck_assert(json_real_value(json_array_get(written, 0)) ==
                  strtod(json_string_value(given), NULL));
        json_decref(written);
    }
    json_decref(tree);
}
END_TEST

START_TEST(integer_keys)
{
    static const char TEXT[] = "{1: a, -0x10: b, '007': c}";
    doc_options options = {.format = CKL_FORMAT_YAML, .name = "doc", .integer_keys = true};
    json_t *tree = NULL;
    ckl_error err = {0};
    ck_assert_int_eq(doc_parse(&tree, TEXT, sizeof TEXT - 1, &options, &err), CKL_OK);
    ck_assert_str_eq(json_string_value(json_object_get(tree, "1")), "a");
    ck_assert_str_eq(json_string_value(json_object_get(tree, "-16")), "b");
    ck_assert_str_eq(json_string_value(json_object_get(tree, "007")), "c");
    json_decref(tree);
    tree = NULL;
    ck_assert_int_eq(doc_parse(&tree, "{1: a, '1': b}", 14, &options, &err), CKL_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "duplicate key '1'"));
    ckl_error_clear(&err);
    ck_assert_int_eq(doc_parse(&tree, "{1.5: a}", 8, &options, &err), CKL_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "a key must be text"));
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("doc_yaml");
    TCase *tests = tcase_create("doc_yaml");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, yaml_scalars, 0, (int)COUNT(SCALARS));
    tcase_add_loop_test(tests, yaml_refusals, 0, (int)COUNT(YAML_REFUSALS));
    tcase_add_loop_test(tests, warnings_for_text_that_looks_like_a_number, 0, (int)COUNT(WARNINGS));
    tcase_add_test(tests, yaml_encodings);
    tcase_add_test(tests, integer_keys);
    suite_add_tcase(all, tests);
    return all;
}

int main(void)
{
    return run_suite(suite());
}
