#include "doc_test.h"

#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *text;
    const char *message;
} JSON_REFUSALS[] = {
    {"{\"v\": 9223372036854775808}", "doc: line 1, column 7: integer outside int64"},
    {"{\"v\": -9223372036854775809}", "column 7: integer outside int64: -9223372036854775809"},
    {"[18446744073709551616]", "column 2: integer outside int64"},
    {"[1e309]", "column 2: not a finite number: 1e309"},
    {"[\n -1e400]", "line 2, column 2: not a finite number"},
    {"[NaN]", "column 2: not a finite number: NaN"},
    {"[Infinity]", "column 2: not a finite number"},
    {"[1, -Infinity]", "column 5: not a finite number: -Infinity"},
    {"{\"a\\u0000b\": 1}", "column 4: NUL in text"},
    {"[\"\\u0000\"]", "column 3: NUL in text"},
    {"[\"\\ud800\"]", "column 3: not valid Unicode"},
    {"[\"\\udc00x\"]", "not valid Unicode"},
    {"[\"\\ude00\\ud83d\"]", "not valid Unicode"},
    {"[\"\\ud83d\\n\"]", "not valid Unicode"},
    {"[\"\xc3\xa9\", \"\xff\"]", "column 8: not valid Unicode"},
    {"[\"\xed\xa0\x80\"]", "not valid Unicode"},
    {"[\"\xc0\xaf\"]", "not valid Unicode"},
    {"[\"\xf4\x90\x80\x80\"]", "not valid Unicode"},
    {"{\"a\": 1,\n \"a\": 2}", "line 2, column 2: duplicate key 'a'"},
    {"{\"a\": 1, \"\\u0061\": 2}", "column 10: duplicate key 'a'"},
    {"{\"q\\\"\": {\"x\": 1, \"x\": 2}}", "duplicate key 'x'"},
    {"{\"a\": 1,}", "column 9: not valid JSON"},
    {"{\"a\": 1", "not valid JSON"},
    {"{} {}", "column 4: not valid JSON"},
    {"[1,}NaN]", "column 4: not valid JSON"}, /* what comes first is what is told */
    {"[nan]", "column 2: not valid JSON"},
    {"{12345678901234567000: 1}", "a key must be text"},
    {"{\"a\": 12345678901234567000, \"b\": 1, \"b\": 2}", "column 37: duplicate key 'b'"},
    {"", "line 1, column 1: the text is empty"},
    {" \n", "the text is empty"},
};

START_TEST(json_refusals)
{
    const char *text = JSON_REFUSALS[_i].text;
    expect_refused(CKL_FORMAT_JSON, text, strlen(text), JSON_REFUSALS[_i].message);
}
END_TEST

START_TEST(json_values)
{
    expect(CKL_FORMAT_JSON, "{\"b\":[1,true,null],\"a\":-0}", "{\"b\":[1,true,null],\"a\":0}");
    expect(CKL_FORMAT_JSON, "[9223372036854775807,-9223372036854775808]",
           "[9223372036854775807,-9223372036854775808]");
    expect(CKL_FORMAT_JSON, "[1e-400, -0.0]", "[0.0,-0.0]");
    expect(CKL_FORMAT_JSON, "\xef\xbb\xbf\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"");
    expect(CKL_FORMAT_JSON, "\"NaN -Infinity \\\\u0000\"", "\"NaN -Infinity \\\\u0000\"");
    expect_refused(CKL_FORMAT_JSON, "[\"a\0b\"]", 7, "column 4: NUL in text");
    expect_refused(CKL_FORMAT_JSON, "[1]\0", 4, "column 4: NUL in text");
}
END_TEST

static void expect_wide(ckl_format format, const char *text, const char *digits)
{
    ckl_error err = {0};
    json_t *tree = NULL;
    ck_assert_msg(parse(&tree, format, text, strlen(text), NULL, &err) == CKL_OK, "%s",
                  err.message);
    const json_t *value = json_array_get(tree, 0);
    ck_assert_ptr_nonnull(doc_wide_integer(value));
    ck_assert_str_eq(doc_wide_integer(value), digits);
    ck_assert_str_eq(json_string_value(json_array_get(tree, 1)), "x");
    json_decref(tree);
}

/* The rule behind the golden vector P-cfg-051, and numbers just beside it. */
START_TEST(wide_integers)
{
    static const char *const REFUSED[] = {
        "[12345678901234567001]",  "[12345678901234568000]",   "[9223372036854775808]",
        "[9223372036854776000]",   "[18446744073709551616]",   "[100000000000000000000]",
        "[-12345678901234567001]", "[1234567890123456700000]", "[10000000000000000000]"};
    expect_wide(CKL_FORMAT_JSON, "[12345678901234567000, \"x\"]", "12345678901234567000");
    expect_wide(CKL_FORMAT_JSON, "[-12345678901234567000, \"x\"]", "-12345678901234567000");
    expect_wide(CKL_FORMAT_JSON, "[18446744073709552000, \"x\"]", "18446744073709552000");
    expect_wide(CKL_FORMAT_YAML, "[+12_345678901234567000, x]", "12345678901234567000");
    expect_wide(CKL_FORMAT_YAML, "[-12345678901234567000, x]", "-12345678901234567000");
    for (size_t index = 0; index < COUNT(REFUSED); index++) {
        expect_refused(CKL_FORMAT_JSON, REFUSED[index], strlen(REFUSED[index]),
                       "integer outside int64");
        expect_refused(CKL_FORMAT_YAML, REFUSED[index], strlen(REFUSED[index]),
                       "integer outside int64");
    }
    json_t *text = json_string("12345678901234567000");
    ck_assert_ptr_null(doc_wide_integer(text));
    json_decref(text);
}
END_TEST

START_TEST(format_by_name)
{
    static const struct {
        const char *name;
        bool yaml;
    } NAMES[] = {{"a.yaml", true}, {"a.YML", true}, {"-", true},        {"a.json", false},
                 {"a", false},     {NULL, false},   {"a.yaml.x", false}};
    for (size_t index = 0; index < COUNT(NAMES); index++) {
        doc_options options = {.format = CKL_FORMAT_BY_NAME, .name = NAMES[index].name};
        json_t *tree = NULL;
        ckl_status status = doc_parse(&tree, "a: 1", 4, &options, NULL);
        ck_assert_int_eq(status, NAMES[index].yaml ? CKL_OK : CKL_INVALID);
        json_decref(tree);
    }
}
END_TEST

/* A host program's locale must not change what a number is. */
START_TEST(decimal_comma)
{
    bool found = setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL;
    ck_assert(found || getenv("LOCPATH") == NULL); /* it is made with the build */
    expect(CKL_FORMAT_YAML, "[0.5, 1:30.5, 1.5e-1]", "[0.5,90.5,0.14999999999999999]");
    json_t *tree = NULL;
    ck_assert_int_eq(parse(&tree, CKL_FORMAT_JSON, "[2.5e-1]", 8, NULL, NULL), CKL_OK);
    ck_assert(json_real_value(json_array_get(tree, 0)) == 0.25);
    json_decref(tree);
    setlocale(LC_NUMERIC, "C");
}
END_TEST

START_TEST(utf8)
{
    static const struct {
        const char *text;
        bool valid;
    } TEXTS[] = {{"", true},
                 {"plain text of more than eight bytes", true},
                 {"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80", true},
                 {"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf", true},
                 {"\xc2", false},
                 {"12345678\xe6\x97", false},
                 {"\x80", false},
                 {"\xc1\xbf", false},
                 {"\xe0\x9f\xbf", false},
                 {"\xf0\x8f\xbf\xbf", false},
                 {"\xed\xa0\x80", false},
                 {"\xf4\x90\x80\x80", false},
                 {"\xf5\x80\x80\x80", false},
                 {"\xff", false}};
    for (size_t index = 0; index < COUNT(TEXTS); index++) {
        /* an exact copy, so that a sanitizer sees a read behind its end */
        size_t size = strlen(TEXTS[index].text);
        char *copy = malloc(size + 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy + 1, TEXTS[index].text, size);
        ck_assert_msg(doc_valid_utf8(copy + 1, size) == TEXTS[index].valid, "text %zu", index);
        free(copy);
    }
}
END_TEST

START_TEST(files)
{
    char folder[] = "/tmp/ckl-doc-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char path[64];
    snprintf(path, sizeof path, "%s/big", folder);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    size_t size = 3 * 1000 * 1000;
    unsigned char *bytes = malloc(size);
    ck_assert_ptr_nonnull(bytes);
    for (size_t at = 0; at < size; at++)
        bytes[at] = (unsigned char)(at % 251);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
    char *content = NULL;
    size_t read_size = 0;
    ckl_error err = {0};
    ck_assert_int_eq(doc_read_file(&content, &read_size, path, DOC_SIZE_MAX, &err), CKL_OK);
    ck_assert_uint_eq(read_size, size);
    ck_assert(memcmp(content, bytes, size) == 0);
    free(bytes);
    ck_assert(content[size] == '\0');
    free(content);
    ck_assert_int_eq(doc_read_file(&content, &read_size, path, size - 1, &err), CKL_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "larger than"));
    ckl_error_clear(&err);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(doc_read_file(&content, &read_size, path, DOC_SIZE_MAX, &err), CKL_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, path));
    ckl_error_clear(&err);
    ck_assert_int_eq(doc_read_file(&content, &read_size, folder, DOC_SIZE_MAX, &err), CKL_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "it is a directory"));
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(standard_input)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "a: 1\n", 5), 5);
    close(ends[1]);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    char *content = NULL;
    size_t size = 0;
    ck_assert_int_eq(doc_read_file(&content, &size, "-", DOC_SIZE_MAX, NULL), CKL_OK);
    ck_assert_uint_eq(size, 5);
    ck_assert_str_eq(content, "a: 1\n");
    free(content);
}
END_TEST

static long allocations_left;

static void *scarce_malloc(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

/* Every allocation of Jansson fails once: no crash, no leak, nothing made up. Inside a token its
 * parser cannot tell this from a mistake in the text, so that then the answer is CKL_INVALID. */
START_TEST(memory_runs_out)
{
    static const char JSON[] =
        "{\"a\": [1, 2.5, \"x\", {\"b\": null}], \"w\": 12345678901234567000}";
    static const char YAML[] =
        "a: &a [1, 2.5, x, {b: ~}]\nc: *a\nd: {<<: {e: 1}}\ns: !!set {p, q}\n";
    json_t *warm = json_pack("{s:i}", "a", 1); /* Jansson seeds its hashes at the first use */
    json_decref(warm);
    for (int format = CKL_FORMAT_JSON; format <= CKL_FORMAT_YAML; format++) {
        const char *text = format == CKL_FORMAT_JSON ? JSON : YAML;
        ckl_status status = CKL_NO_MEMORY;
        long allowed = 0;
        for (; status != CKL_OK; allowed++) {
            ck_assert_int_lt(allowed, 1000);
            ckl_error err = {0};
            json_t *tree = NULL;
            allocations_left = allowed;
            json_set_alloc_funcs(scarce_malloc, free);
            status = parse(&tree, (ckl_format)format, text, strlen(text), NULL, &err);
            bool said =
                status == CKL_NO_MEMORY || (format == CKL_FORMAT_JSON && status == CKL_INVALID);
            ck_assert_msg(status == CKL_OK || (said && tree == NULL), "after %ld: %s", allowed,
                          err.message);
            json_decref(tree);
            json_set_alloc_funcs(malloc, free);
        }
        ck_assert_int_gt(allowed, 10);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("doc");
    TCase *tests = tcase_create("doc");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, json_refusals, 0, (int)COUNT(JSON_REFUSALS));
    tcase_add_test(tests, json_values);
    tcase_add_test(tests, wide_integers);
    tcase_add_test(tests, format_by_name);
    tcase_add_test(tests, decimal_comma);
    tcase_add_test(tests, utf8);
    tcase_add_test(tests, files);
    tcase_add_test(tests, standard_input);
    tcase_add_test(tests, memory_runs_out);
    suite_add_tcase(all, tests);
    return all;
}

int main(void)
{
    return run_suite(suite());
}
