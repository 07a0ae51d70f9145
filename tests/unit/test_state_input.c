/* Data states as they come in: CSV, JSON Lines, and YAML that is not held. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state_lines.h"
#include "unit/state_test.h"

typedef struct input {
    ckl_format format;
    const char *text;
    const char *expected; /* the canonical text, or how the message ends */
} input;

static const input GOOD[] = {
    {CKL_FORMAT_CSV, "uid,discarded,tags\n", ""},
    {CKL_FORMAT_CSV, "uid,discarded,tags\nb,1,\na,0,x;y;x\n", "a:d0:tx,y|b:d1:t"},
    {CKL_FORMAT_CSV, "\xef\xbb\xbfuid,discarded,tags\r\na,0,x\r\n\r\nb,1,x", "a:d0:tx|b:d1:tx"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\n\"a,\"\"1\"\"\",0,\"x,y;z\"\n", "a,\"1\":d0:tx\\,y,z"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\n\"two\nlines\",1,\n", "two\nlines:d1:t"},
    {CKL_FORMAT_CSV, "tags,uid\nx,a\n,b\n", "a:d0:tx|b:d0:t"},
    {CKL_FORMAT_CSV, "uid\n7\n07\n", "07:d0:t|7:d0:t"},
    {CKL_FORMAT_JSON_LINES, "", ""},
    {CKL_FORMAT_JSON_LINES,
     "{\"uid\": \"b\", \"discarded\": true, \"tags\": []}\n\n"
     "{\"uid\":\"a\",\"discarded\":false,\"tags\":[\"x\",\"y\"]}\n"
     "{\"uid\":\"c\",\"discarded\":false,\"tags\":[\"x\",\"y\"]}",
     "a:d0:tx,y|b:d1:t|c:d0:tx,y"},
    {CKL_FORMAT_JSON_LINES, "{\"tags\": [\"y\"], \"uid\": 7}\r\n{\"uid\": \"\\u00e9\\n\"}\r\n",
     "7:d0:ty|\xc3\xa9\n:d0:t"},
    {CKL_FORMAT_JSON_LINES, "{\"uid\":\"a\",\"discarded\":false,\"tags\":[\"]\"]}", "a:d0:t]"},
};

static const input BAD[] = {
    {CKL_FORMAT_CSV, "", "x: line 1: a data state as CSV begins with the line uid,discarded,tags"},
    {CKL_FORMAT_CSV, "a,0,\n",
     "x: line 1: a data state as CSV begins with the line uid,discarded,tags"},
    {CKL_FORMAT_CSV, "discarded\n1\n",
     "x: line 1: a data state as CSV begins with the line uid,discarded,tags"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\na,yes,\n", "x: line 2: discarded is 0 or 1"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\na,,\n", "x: line 2: discarded is 0 or 1"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\na,0\n",
     "x: line 2: not as many fields as in the first line"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\na,0,x,y\n",
     "x: line 2: more than the fields uid, discarded and tags"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\na,0,x;\n", "x: line 2: empty tag of 'a'"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\n\"a\nb\",0,\n,0,\n", "x: line 4: empty uid"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\n\"a,0,\nb,0,\n", "x: line 2: a quote is not closed"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\na\"b\",0,\n",
     "x: line 2: a quote inside a field without quotes"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\n\"a\"b,0,\n",
     "x: line 2: text behind the quotes of a field"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\nb,0,\na,0,\nb,1,\n",
     "x: line 4: duplicate uid 'b', which is in line 2"},
    {CKL_FORMAT_CSV, "uid,discarded,tags\n\xff,0,\n", "x: line 2: a uid is not valid Unicode"},
    {CKL_FORMAT_JSON_LINES, "{\"uid\": \"a\"}\n{\"uid\": \"b\"\n",
     "x: line 2, column 12: not valid JSON: '}' expected near end of file"},
    {CKL_FORMAT_JSON_LINES, "[]\n", "x: line 1: a sample is an object: {\"uid\": \xe2\x80\xa6}"},
    {CKL_FORMAT_JSON_LINES, "\n{}\n", "x: line 2: a sample needs 'uid'"},
    {CKL_FORMAT_JSON_LINES, "{\"uid\": 1.5}\n", "x: line 1: a uid is text or an integer"},
    {CKL_FORMAT_JSON_LINES, "{\"uid\": \"a\", \"discarded\": 1}\n",
     "x: line 1: discarded is true or false"},
    {CKL_FORMAT_JSON_LINES, "{\"uid\": \"a\", \"tags\": {}}\n", "x: line 1: tags are a list"},
    {CKL_FORMAT_JSON_LINES, "{\"uid\": \"a\", \"tags\": [1]}\n", "x: line 1: a tag is text"},
    {CKL_FORMAT_JSON_LINES, "{\"uid\": \"a\", \"tag\": []}\n",
     "x: line 1: unknown key 'tag' of a sample"},
    {CKL_FORMAT_JSON_LINES, "{\"uid\": \"a\", \"uid\": \"b\"}\n",
     "x: line 1, column 14: duplicate key 'uid'"},
    {CKL_FORMAT_JSON_LINES, "{\"uid\": 1}\n{\"uid\": \"1\"}\n",
     "x: line 2: duplicate uid '1', which is in line 1"},
    {CKL_FORMAT_JSON_LINES, "{\"uid\":\"a\",\"discarded\":false,\"tags\":[\"\"]}",
     "x: line 1: empty tag of 'a'"},
};

START_TEST(good)
{
    ckl_data_state *state = NULL;
    ckl_error err = {0};
    const char *text = GOOD[_i].text;
    ckl_status status =
        ckl_data_state_parse(&state, text, strlen(text), GOOD[_i].format, "x", NULL, &err);
    ck_assert_msg(status == CKL_OK, "%s", err.message);
    expect_canonical(state, GOOD[_i].expected);
    ckl_data_state_free(state);
}
END_TEST

START_TEST(bad)
{
    ckl_data_state *state = NULL;
    ckl_error err = {0};
    const char *text = BAD[_i].text;
    ckl_status status =
        ckl_data_state_parse(&state, text, strlen(text), BAD[_i].format, "x", NULL, &err);
    ck_assert_int_eq(status, CKL_INVALID);
    ck_assert_ptr_null(state);
    ck_assert_str_eq(err.message, BAD[_i].expected);
}
END_TEST

/* ---- lines that do not fit into a piece ------------------------------------------------------ */

static char *write_file(const char *text, size_t size, const char *name)
{
    char *path = malloc(128);
    ck_assert_ptr_nonnull(path);
    snprintf(path, 128, "/tmp/ckl-input-%ld-%s", (long)getpid(), name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

static ckl_data_state *read_file(const char *text, size_t size, const char *name)
{
    ckl_data_state *state = NULL;
    ckl_error err = {0};
    char *path = write_file(text, size, name);
    ckl_status status = ckl_data_state_read(&state, path, NULL, &err);
    ck_assert_msg(status == CKL_OK, "%s", err.message);
    unlink(path);
    free(path);
    return state;
}

/* Lines of all lengths, so that every place of a line comes to stand at the end of a piece; some
 * are longer than a piece. */
START_TEST(pieces)
{
    BUF_AUTO csv = BUF_INIT;
    BUF_AUTO lines = BUF_INIT;
    BUF_AUTO yaml = BUF_INIT;
    size_t count = 3000;
    buf_add_text(&csv, "uid,discarded,tags\n");
    buf_add_text(&yaml, "uids:\n");
    for (size_t index = 0; index < count; index++) {
        buf_add_format(&csv, "\"uid_%05zu\",%zu,\"", index, index % 2);
        buf_add_format(&lines, "{\"uid\":\"uid_%05zu\",\"discarded\":%s,\"tags\":[", index,
                       index % 2 ? "true" : "false");
        buf_add_format(&yaml, "- uid_%05zu\n", index);
        size_t tags = index == 1500 ? 40000 : index % 60;
        for (size_t tag = 0; tag < tags; tag++) {
            buf_add_format(&csv, "%st%05zu", tag > 0 ? ";" : "", tag);
            buf_add_format(&lines, "%s\"t%05zu\"", tag > 0 ? "," : "", tag);
        }
        buf_add_text(&csv, "\"\n");
        buf_add_text(&lines, "]}\n");
    }
    ckl_data_state *from_csv = read_file(csv.data, csv.size, "p.csv");
    ckl_data_state *from_lines = read_file(lines.data, lines.size, "p.jsonl");
    ckl_data_state *from_yaml = read_file(yaml.data, yaml.size, "p.yaml");
    char *text = canonical(from_csv);
    expect_canonical(from_lines, text);
    ck_assert_uint_eq(ckl_data_state_counts(from_csv).total, count);
    ck_assert_uint_eq(ckl_data_state_counts(from_csv).discarded, count / 2);
    ck_assert_uint_eq(ckl_data_state_counts(from_yaml).total, count);
    ckl_free(text);
    ckl_data_state_free(from_csv);
    ckl_data_state_free(from_lines);
    ckl_data_state_free(from_yaml);
}
END_TEST

/* ---- YAML ------------------------------------------------------------------------------------ */

static const char *const KEYS[] = {"uids:", "discarded:", "tags:",    "'uids':",  "other:",
                                   "tags:", "uids: &u",   "uids: []", "tags: {}", "discarded: []"};
static const char *const ITEMS[] = {"a",          "b",    "'c'",     "\"d\"",     "7",
                                    "07",         "yes",  "1e-5",    "~",         "'7'",
                                    "x y",        "*u",   "!!str 8", "s: t",      "[a]",
                                    "a",          "null", "'yes'",   "sample_1",  "sample_2",
                                    "2024-01-01", "0x10", "''",      "long_name", "z # said"};

static unsigned next_number(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* A document of up to four keys with lists or maps of a few items: most are wrong somewhere. */
static void make_document(buf *out, unsigned seed)
{
    unsigned state = seed;
    bool tame = seed % 3 != 0; /* mostly right, so that both outcomes are tried */
    for (size_t part = 0; part < (tame ? 3 : 1 + next_number(&state) % 4); part++) {
        const char *key = tame ? KEYS[part] : KEYS[next_number(&state) % COUNT(KEYS)];
        bool map = strncmp(key, "tags", 4) == 0;
        buf_add_format(out, "%s\n", key);
        size_t items = next_number(&state) % 5;
        for (size_t item = 0; item < items; item++) {
            const char *name = ITEMS[next_number(&state) % (tame ? 4 : COUNT(ITEMS))];
            const char *tag = ITEMS[next_number(&state) % (tame ? 7 : COUNT(ITEMS))];
            if (map)
                buf_add_format(out, "  %s: [%s%s]\n", name, tag, item % 2 ? ", a" : "");
            else
                buf_add_format(out, "- %s\n", name);
        }
    }
}

static ckl_status parse_yaml(ckl_data_state **out, const char *text, ckl_error *err)
{
    return ckl_data_state_parse(out, text, strlen(text), CKL_FORMAT_YAML, "x", NULL, err);
}

/* Behind a directive a document is read whole: both ways must come to the same state, or fail. */
START_TEST(yaml_is_the_same)
{
    size_t accepted = 0, refused = 0;
    for (unsigned seed = 0; seed < 20000; seed++) {
        BUF_AUTO text = BUF_INIT;
        BUF_AUTO whole = BUF_INIT;
        make_document(&text, seed);
        buf_add_text(&text, "");
        buf_add_text(&whole, "%YAML 1.1\n---\n");
        buf_add_text(&whole, text.data);
        ckl_data_state *first = NULL, *second = NULL;
        ckl_error first_err = {0}, second_err = {0};
        ckl_status status = parse_yaml(&first, text.data, &first_err);
        ck_assert_msg(parse_yaml(&second, whole.data, &second_err) == status, "%s: %s / %s",
                      text.data, first_err.message, second_err.message);
        if (status == CKL_OK) {
            const char *uid = NULL, *other = NULL;
            char *canonical_text = canonical(first);
            expect_canonical(second, canonical_text);
            ckl_free(canonical_text);
            ck_assert_uint_eq(ckl_data_state_ignored(first, &uid),
                              ckl_data_state_ignored(second, &other));
            ck_assert_pstr_eq(uid, other);
            accepted++;
        } else {
            refused++;
        }
        ckl_data_state_free(first);
        ckl_data_state_free(second);
    }
    ck_assert_uint_gt(accepted, 1000);
    ck_assert_uint_gt(refused, 1000);
}
END_TEST

/* What is simple is read as it comes; what is not says so. */
START_TEST(yaml_is_streamed)
{
    static const struct {
        const char *text;
        bool simple;
    } TEXTS[] = {{"uids: [b, a, 7]\ndiscarded: [a]\ntags: {b: [x, 'y']}\n", true},
                 {"# said\n---\nuids:\n- a\ntags:\n  a:\n  - x\n", true},
                 {"%YAML 1.1\n---\nuids: [a]\n", false},
                 {"uids: &x [a]\n", false},
                 {"uids: [1e-5]\n", false},
                 {"uids: [a]\ntags: {a: [7]}\n", false},
                 {"discarded: [a]\nuids: [a]\n", false},
                 {"uids: [a, a]\n", false},
                 {"uids: [a]\nuids: [a]\n", false},
                 {"uids: [a", false}};
    for (size_t index = 0; index < COUNT(TEXTS); index++) {
        doc_source source;
        ckl_data_state *state = new_state();
        doc_source_of_text(&source, TEXTS[index].text, strlen(TEXTS[index].text), "x");
        ck_assert_msg(state_read_yaml(state, &source, NULL) ==
                          (TEXTS[index].simple ? CKL_OK : CKL_DONE),
                      "%s", TEXTS[index].text);
        doc_source_close(&source);
        ckl_data_state_free(state);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("state_input");
    TCase *tests = tcase_create("state_input");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, good, 0, (int)COUNT(GOOD));
    tcase_add_loop_test(tests, bad, 0, (int)COUNT(BAD));
    tcase_add_test(tests, pieces);
    tcase_add_test(tests, yaml_is_the_same);
    tcase_add_test(tests, yaml_is_streamed);
    suite_add_tcase(all, tests);
    return all;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
