#include "doc_test.h"

#include <time.h>

/* Milliseconds are usual; what grows with a power of the size takes minutes. */
#define PATIENCE_S 5.0

/* Of the processor, which no neighbour slows down. */
static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* `count` times `open`, then `inner`, then `count` times `close`. */
static char *nest(const char *open, const char *inner, const char *close, size_t count)
{
    BUF_AUTO text = BUF_INIT;
    for (size_t level = 0; level < count; level++)
        buf_add_text(&text, open);
    buf_add_text(&text, inner);
    for (size_t level = 0; level < count; level++)
        buf_add_text(&text, close);
    char *out = NULL;
    ck_assert_int_eq(buf_take(&out, NULL, &text, NULL), CKL_OK);
    return out;
}

static void expect_depth(ckl_format format, size_t lists, const char *message)
{
    char *list = nest("[", "", "]", lists);
    char *text = nest("{\"v\": ", list, "}", 1);
    if (message == NULL) {
        json_t *tree = NULL;
        ck_assert_int_eq(parse(&tree, format, text, strlen(text), NULL, NULL), CKL_OK);
        json_decref(tree);
    } else {
        expect_refused(format, text, strlen(text), message);
    }
    free(list);
    free(text);
}

START_TEST(depth)
{
    expect_depth(CKL_FORMAT_JSON, 127, NULL);
    expect_depth(CKL_FORMAT_YAML, 127, NULL);
    expect_depth(CKL_FORMAT_JSON, 128, "line 1, column 134: nesting deeper than 128");
    expect_depth(CKL_FORMAT_YAML, 128, "line 1, column 134: nesting deeper than 128");
    /* an alias is as deep as what it names */
    char *list = nest("[", "", "]", 100);
    char *text = nest("a: &a ", list, "", 1);
    char *inner = nest(text, "\nb: ", "", 1);
    char *fits = nest("[", "*a", "]", 27);
    char *over = nest("[", "*a", "]", 28);
    char *good = nest(inner, fits, "", 1);
    char *bad = nest(inner, over, "", 1);
    json_t *tree = NULL;
    ck_assert_int_eq(parse(&tree, CKL_FORMAT_YAML, good, strlen(good), NULL, NULL), CKL_OK);
    json_decref(tree);
    expect_refused(CKL_FORMAT_YAML, bad, strlen(bad), "nesting deeper than 128 by the alias '*a'");
    char *all[] = {list, text, inner, fits, over, good, bad};
    for (size_t index = 0; index < COUNT(all); index++)
        free(all[index]);
}
END_TEST

static const char *const HOSTILE[] = {"[",  "{",     "{a: ", "- ", "? ",
                                      "[{", "[[], ", "a: [", "!",  "&a "};

START_TEST(hostile_nesting_ends_fast)
{
    char *text = nest(HOSTILE[_i], "", "", 400000);
    for (int format = CKL_FORMAT_JSON; format <= CKL_FORMAT_YAML; format++) {
        double start = seconds();
        expect_refused((ckl_format)format, text, strlen(text), "doc: line 1");
        ck_assert_double_lt(seconds() - start, PATIENCE_S);
    }
    free(text);
}
END_TEST

START_TEST(directives)
{
    BUF_AUTO text = BUF_INIT;
    for (int name = 0; name < 100; name++)
        buf_add_format(&text, "%%TAG !t%d! tag:yaml.org,2002: # %%\n", name);
    char *fits = nest(text.data, "--- {a: !t7!str 1}\n# %\n", "", 1);
    json_t *tree = NULL;
    ck_assert_int_eq(parse(&tree, CKL_FORMAT_YAML, fits, strlen(fits), NULL, NULL), CKL_OK);
    ck_assert_str_eq(json_string_value(json_object_get(tree, "a")), "1");
    json_decref(tree);
    free(fits);
    for (int name = 100; name < 100000; name++)
        buf_add_format(&text, "%%TAG !t%d! tag:yaml.org,2002: # %%\n", name);
    double start = seconds();
    expect_refused(CKL_FORMAT_YAML, text.data, text.size, "line 101, column 1: more than 100 dir");
    ck_assert_double_lt(seconds() - start, PATIENCE_S);
}
END_TEST

START_TEST(alias_bomb)
{
    BUF_AUTO text = BUF_INIT;
    buf_add_text(&text, "a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (char name = 'b'; name < 'z'; name++) {
        buf_add_format(&text, "%c: &%c [", name, name);
        for (int copy = 0; copy < 10; copy++)
            buf_add_format(&text, "*%c, ", name - 1);
        buf_add_text(&text, "]\n");
    }
    double start = seconds();
    expect_refused(CKL_FORMAT_YAML, text.data, text.size, "line 6, column 36: more than 1,000,000");
    doc_options options = {.format = CKL_FORMAT_YAML, .name = "doc", .unlimited_nodes = true};
    ckl_error err = {0};
    json_t *tree = NULL;
    ck_assert_int_eq(doc_parse(&tree, text.data, text.size, &options, &err), CKL_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "aliases stand for more than 16000000 values"));
    ck_assert_double_lt(seconds() - start, PATIENCE_S);
}
END_TEST

/* A list of `members` ones is one value more than that. */
static void expect_nodes(ckl_format format, size_t members, bool unlimited, ckl_status wanted)
{
    BUF_AUTO text = BUF_INIT;
    buf_add_text(&text, "{\"v\": [");
    for (size_t index = 0; index < members; index++)
        buf_add_text(&text, index == 0 ? "1" : ",1");
    buf_add_text(&text, "]}");
    doc_options options = {.format = format, .name = "doc", .unlimited_nodes = unlimited};
    json_t *tree = NULL;
    ckl_error err = {0};
    ck_assert_int_eq(doc_parse(&tree, text.data, text.size, &options, &err), wanted);
    if (wanted != CKL_OK)
        ck_assert_ptr_nonnull(strstr(err.message, "more than 1,000,000 values"));
    json_decref(tree);
}

START_TEST(node_limit)
{
    for (int format = CKL_FORMAT_JSON; format <= CKL_FORMAT_YAML; format++) {
        expect_nodes((ckl_format)format, 999998, false, CKL_OK);
        expect_nodes((ckl_format)format, 999999, false, CKL_INVALID);
        expect_nodes((ckl_format)format, 1000100, true, CKL_OK);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("doc_limits");
    TCase *tests = tcase_create("doc_limits");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, depth);
    tcase_add_loop_test(tests, hostile_nesting_ends_fast, 0, (int)COUNT(HOSTILE));
    tcase_add_test(tests, directives);
    tcase_add_test(tests, alias_bomb);
    tcase_add_test(tests, node_limit);
    suite_add_tcase(all, tests);
    return all;
}

int main(void)
{
    return run_suite(suite());
}
