/* Canonical texts against Python's, pointers, and what is left out. The linker puts __wrap_… in
 * the place of two functions of the C library, to be a locale with a decimal comma. */
#include "canon.h"

#include <stdarg.h>

#include "doc.h"
#include "values_test.h"

/* ---- a locale with a decimal comma ----------------------------------------------------------- */

double __real_strtod(const char *text, char **end);
double __wrap_strtod(const char *text, char **end);
int __wrap_snprintf(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool decimal_comma;
static int commas;

int __wrap_snprintf(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(out, size, format, arguments);
    va_end(arguments);
    char *point = decimal_comma && strstr(format, "e") != NULL ? strchr(out, '.') : NULL;
    if (point != NULL) {
        *point = ',';
        commas++;
    }
    return length;
}

/* As in such a locale: a point ends the number. */
double __wrap_strtod(const char *text, char **end)
{
    char copy[128];
    if (!decimal_comma)
        return __real_strtod(text, end);
    size_t size = strcspn(text, ".");
    ck_assert_uint_lt(size, sizeof copy);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return __real_strtod(copy, end);
}

/* ---- reals ----------------------------------------------------------------------------------- */

/* Lines "bits repr". */
static size_t check_reals(FILE *lines)
{
    char expected[64], text[32];
    unsigned long long bits;
    size_t count = 0;
    for (; fscanf(lines, "%llx %63s", &bits, expected) == 2; count++) {
        double value;
        uint64_t pattern = bits;
        memcpy(&value, &pattern, sizeof value);
        canon_real(text, value);
        ck_assert_str_eq(text, expected);
    }
    return count;
}

static size_t check_stored_reals(void)
{
    FILE *lines = fopen(TESTS_DIR "/golden/reals.txt", "r");
    ck_assert_ptr_nonnull(lines);
    size_t count = check_reals(lines);
    fclose(lines);
    return count;
}

START_TEST(reals_as_stored)
{
    ck_assert_uint_eq(check_stored_reals(), 4500);
}
END_TEST

START_TEST(reals_with_decimal_comma)
{
    decimal_comma = true;
    size_t count = check_stored_reals();
    decimal_comma = false;
    ck_assert_uint_eq(count, 4500);
    ck_assert_int_gt(commas, 4000); /* it was such a locale */
}
END_TEST

static FILE *ask_python(const char *arguments)
{
    char command[512];
    snprintf(command, sizeof command, PYTHON " -B %s/values/expected.py %s", TESTS_DIR, arguments);
    FILE *lines = popen(command, "r");
    ck_assert_ptr_nonnull(lines);
    return lines;
}

START_TEST(reals_as_python)
{
    if (!python_is_there())
        return;
    FILE *lines = ask_python("reals 20260101 100000");
    ck_assert_uint_eq(check_reals(lines), 100000);
    ck_assert_int_eq(pclose(lines), 0);
}
END_TEST

/* ---- values ---------------------------------------------------------------------------------- */

static json_t *read_json(const char *text)
{
    json_t *tree = NULL;
    ckl_error err = {0};
    doc_options options = {.format = CKL_FORMAT_JSON, .name = "test"};
    ckl_status status = doc_parse(&tree, text, strlen(text), &options, &err);
    ck_assert_msg(status == CKL_OK, "%s: %s", text, err.message);
    return tree;
}

static void expect_text(const json_t *tree, const char *expected)
{
    BUF_AUTO text = BUF_INIT;
    canon_value(&text, tree);
    ck_assert_int_eq(buf_check(&text, NULL), CKL_OK);
    ck_assert_str_eq(text.data, expected);
}

START_TEST(values_as_python)
{
    char *given = NULL, *expected = NULL;
    size_t capacity = 0, expected_capacity = 0, count = 0;
    if (!python_is_there())
        return;
    FILE *lines = ask_python("values 20260102 5000");
    for (; getline(&given, &capacity, lines) > 0; count++) {
        ssize_t size = getline(&expected, &expected_capacity, lines);
        ck_assert_int_gt(size, 0);
        expected[size - 1] = '\0';
        json_t *tree = read_json(given);
        expect_text(tree, expected);
        json_decref(tree);
    }
    free(given);
    free(expected);
    ck_assert_uint_eq(count, 5000);
    ck_assert_int_eq(pclose(lines), 0);
}
END_TEST

START_TEST(values_by_hand)
{
    static const char *const PAIRS[][2] = {
        {"{}", "{}"},
        {"[ ]", "[]"},
        {"[[],{}]", "[[], {}]"},
        {"{\"b\":1,\"a\":{\"z\":null,\"y\":true}}",
         "{\"a\": {\"y\": true, \"z\": null}, \"b\": 1}"},
        {"[-9223372036854775808,9223372036854775807]",
         "[-9223372036854775808, 9223372036854775807]"},
        {"[1.0,-0.0,1e16,1e-5,0.0001]", "[1.0, -0.0, 1e+16, 1e-05, 0.0001]"},
        {"[12345678901234567000]", "[12345678901234567000]"},
        {"[\"\\u007f\xc3\xa9\xf0\x9f\x98\x80\\/\"]", "[\"\\u007f\\u00e9\\ud83d\\ude00/\"]"},
        /* UTF-16 would sort these two the other way round */
        {"{\"\xf0\x9f\x98\x80\":1,\"\xef\xbf\xbd\":2}", "{\"\\ufffd\": 2, \"\\ud83d\\ude00\": 1}"},
        {"{\"a\":1,\"\":2,\"A\":3,\"aa\":4}", "{\"\": 2, \"A\": 3, \"a\": 1, \"aa\": 4}"}};
    for (size_t index = 0; index < COUNT(PAIRS); index++) {
        json_t *tree = read_json(PAIRS[index][0]);
        expect_text(tree, PAIRS[index][1]);
        json_decref(tree);
    }
}
END_TEST

/* ---- pointers -------------------------------------------------------------------------------- */

START_TEST(pointers)
{
    static const char *const PAIRS[][2] = {{"/opt/lr", "/opt/lr"},
                                           {"opt.lr", "/opt/lr"},
                                           {"lr", "/lr"},
                                           {"/a.b", "/a.b"},
                                           {"/a~1b", "/a~1b"},
                                           {"/m~0n", "/m~0n"},
                                           {"/", "/"},
                                           {"layers.0.size", "/layers/0/size"}};
    static const char *const BAD[] = {"", "/a~", "/a~2", "a~b", "/\xff", "~"};
    for (size_t index = 0; index < COUNT(PAIRS); index++) {
        char *pointer = NULL;
        ck_assert_int_eq(canon_pointer(&pointer, PAIRS[index][0], NULL), CKL_OK);
        ck_assert_str_eq(pointer, PAIRS[index][1]);
        free(pointer);
    }
    for (size_t index = 0; index < COUNT(BAD); index++) {
        char *pointer = NULL;
        ckl_error err = {0};
        ck_assert_int_eq(canon_pointer(&pointer, BAD[index], &err), CKL_INVALID);
        ck_assert_ptr_null(pointer);
        ck_assert_ptr_nonnull(strstr(err.message, "is no path in a configuration"));
        ck_assert_ptr_nonnull(strstr(err.hint, "/opt/lr"));
    }
}
END_TEST

static void expect_without(const char *given, const char *first, const char *second,
                           const char *expected)
{
    const char *ignored[] = {first, second};
    json_t *rest = NULL, *tree = read_json(given), *same = read_json(given);
    ckl_status status = canon_without(&rest, tree, ignored, second != NULL ? 2 : 1, NULL);
    ck_assert_int_eq(status, CKL_OK);
    expect_text(rest, expected);
    ck_assert(json_equal(tree, same)); /* the original is as it was */
    json_decref(rest);
    json_decref(tree);
    json_decref(same);
}

START_TEST(without)
{
    static const char NESTED[] = "{\"opt\": {\"lr\": 1, \"wd\": [1, 2, 3]}, \"optimal\": 2}";
    expect_without(NESTED, "/opt/lr", NULL, "{\"opt\": {\"wd\": [1, 2, 3]}, \"optimal\": 2}");
    expect_without(NESTED, "/opt", NULL, "{\"optimal\": 2}");
    expect_without(NESTED, "/opt", "/opt/lr", "{\"optimal\": 2}");
    expect_without(NESTED, "/opt/lr", "/opt/wd", "{\"opt\": {}, \"optimal\": 2}");
    expect_without(NESTED, "/opti", "/opt/lr/x", NESTED);
    expect_without(NESTED, "/opt/wd/3", "/opt/wd/00", NESTED);
    /* places are those of the list as it was */
    expect_without(NESTED, "/opt/wd/0", "/opt/wd/1",
                   "{\"opt\": {\"lr\": 1, \"wd\": [3]}, \"optimal\": 2}");
    expect_without("{\"a/b\": 1, \"m~n\": 2, \"\": 3}", "/a~1b", "/m~0n", "{\"\": 3}");
    expect_without("{\"a/b\": 1, \"a\": {\"b\": 2}}", "/a/b", NULL, "{\"a\": {}, \"a/b\": 1}");
    expect_without("{\"\": {\"\": 1}, \"x\": 2}", "//", NULL, "{\"\": {}, \"x\": 2}");
}
END_TEST

/* ---- leaves ---------------------------------------------------------------------------------- */

static ckl_status write_leaf(void *context, const canon_leaf *leaf, ckl_error *err)
{
    buf *out = context;
    if (strcmp(leaf->path, "/stop") == 0)
        return error_set(err, CKL_MISUSE, "stopped");
    buf_add_format(out, "%s %s %s;", leaf->path, leaf->type, leaf->text);
    return CKL_OK;
}

START_TEST(leaves)
{
    BUF_AUTO out = BUF_INIT;
    json_t *tree =
        read_json("{\"b\": {\"y\": [1, {\"x\": 0.5}], \"e\": {}}, \"a/~\": \"t\", \"l\": [],"
                  " \"n\": null, \"t\": true, \"w\": 12345678901234567000}");
    ck_assert_int_eq(canon_leaves(tree, write_leaf, &out, NULL), CKL_OK);
    ck_assert_str_eq(out.data,
                     "/a~1~0 text \"t\";/b/e object {};/b/y/0 integer 1;/b/y/1/x real 0.5;"
                     "/l array [];/n null null;/t boolean true;"
                     "/w integer 12345678901234567000;");
    json_decref(tree);
    tree = read_json("{\"a\": 1, \"stop\": 2, \"z\": 3}");
    buf_clear(&out);
    ck_assert_int_eq(canon_leaves(tree, write_leaf, &out, NULL), CKL_MISUSE);
    ck_assert_str_eq(out.data, "/a integer 1;");
    json_decref(tree);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("canon");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, reals_as_stored);
    tcase_add_test(all, reals_with_decimal_comma);
    tcase_add_test(all, reals_as_python);
    tcase_add_test(all, values_as_python);
    tcase_add_test(all, values_by_hand);
    tcase_add_test(all, pointers);
    tcase_add_test(all, without);
    tcase_add_test(all, leaves);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
