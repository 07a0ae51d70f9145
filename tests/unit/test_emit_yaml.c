#include "emit_yaml.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Takes pieces until `left` bytes are used up, then fails. */
typedef struct target {
    buf text;
    size_t left;
    size_t pieces;
    size_t largest;
} target;

static ckl_status take_piece(void *context, const void *bytes, size_t size, ckl_error *err)
{
    target *to = context;
    to->pieces++;
    if (size > to->largest)
        to->largest = size;
    if (size > to->left)
        return error_set(err, CKL_NO_SPACE, "the target is full");
    to->left -= size;
    buf_add(&to->text, bytes, size);
    return buf_check(&to->text, err);
}

static json_t *parse(const char *text, ckl_format format)
{
    doc_options options = {.format = format, .name = "doc", .unlimited_nodes = true};
    ckl_error err = {0};
    json_t *tree = NULL;
    ck_assert_msg(doc_parse(&tree, text, strlen(text), &options, &err) == CKL_OK, "%s: %s", text,
                  err.message);
    return tree;
}

static const struct {
    const char *json;
    const char *yaml;
} CONFIGS[] = {
    {"{}", "{}\n"},
    {"{\"b\": {}, \"a\": [], \"B\": \"\"}", "B: ''\na: []\nb: {}\n"},
    {"{\"lr\": 1e-05, \"big\": 1e16, \"zero\": -0.0, \"one\": 1.0, \"n\": -5}",
     "big: 1.0e+16\nlr: 1.0e-05\n'n': -5\none: 1.0\nzero: -0.0\n"},
    {"{\"v\": 12345678901234567000}", "v: 12345678901234567000\n"},
    {"{\"yes\": \"no\", \"x\": \"~\", \"=\": \"<<\", \"1\": \"012\"}",
     "'1': '012'\n'=': '<<'\nx: '~'\n'yes': 'no'\n"},
    {"{\"t\": true, \"f\": false, \"x\": null}", "f: false\nt: true\nx: null\n"},
    {"{\"betas\": [0.9, 0.999], \"l\": [\"a\", {\"k\": 1, \"c\": [2]}]}",
     "betas: [0.9, 0.999]\nl:\n- a\n- c: [2]\n  k: 1\n"},
    {"{\"a\": \"x\\ny\", \"b\": \"it's\", \"c\": \"a: b\", \"d\": \" e\", \"f\": \"C:\\\\x\"}",
     "a: \"x\\ny\"\nb: 'it''s'\nc: 'a: b'\nd: ' e'\nf: 'C:\\x'\n"},
    {"{\"a\": \"\\u0085\\u2028\\ufeff\\u007f\\t\"}", "a: \"\\N\\L\\uFEFF\\x7F\\t\"\n"},
    {"{\"path\": \"/data/x-1.png\", \"device\": \"cuda:0\", \"\xe6\x97\xa5\": \"\xc3\xa9\"}",
     "device: cuda:0\npath: /data/x-1.png\n'\xe6\x97\xa5': '\xc3\xa9'\n"},
    {"{\"\xf0\x9f\x98\x80\": 1, \"\xef\xbf\xbd\": 2}", "'\xef\xbf\xbd': 2\n\"\\U0001F600\": 1\n"},
};

START_TEST(configs)
{
    target to = {.left = SIZE_MAX};
    emit_sink sink = {take_piece, &to};
    json_t *given = parse(CONFIGS[_i].json, CKL_FORMAT_JSON);
    ck_assert_int_eq(emit_yaml_config(&sink, given, NULL), CKL_OK);
    ck_assert_str_eq(to.text.data, CONFIGS[_i].yaml);
    json_t *again = parse(to.text.data, CKL_FORMAT_YAML);
    ck_assert(json_equal(given, again));
    json_decref(given);
    json_decref(again);
    buf_free(&to.text);
}
END_TEST

/* Every length around those at which libyaml stops writing a key on one line. */
START_TEST(long_keys)
{
    for (size_t length = 120; length < 1100; length += length < 140 ? 1 : 97) {
        BUF_AUTO json = BUF_INIT;
        buf_add_text(&json, "{\"");
        for (size_t at = 0; at < length; at++)
            buf_add_char(&json, at % 10 == 9 ? ' ' : 'k');
        buf_add_text(&json, ".\": {\"a\": 1}, \"after\": [\"x\"]}");
        target to = {.left = SIZE_MAX};
        emit_sink sink = {take_piece, &to};
        json_t *given = parse(json.data, CKL_FORMAT_JSON);
        ck_assert_int_eq(emit_yaml_config(&sink, given, NULL), CKL_OK);
        json_t *again = parse(to.text.data, CKL_FORMAT_YAML);
        ck_assert_msg(json_equal(given, again), "a key of %zu", length);
        json_decref(given);
        json_decref(again);
        buf_free(&to.text);
    }
}
END_TEST

static ckl_data_state *state_of(const char *json)
{
    ckl_error err = {0};
    ckl_data_state *state = NULL;
    ckl_status status =
        ckl_data_state_parse(&state, json, strlen(json), CKL_FORMAT_JSON, "state", NULL, &err);
    ck_assert_msg(status == CKL_OK, "%s", err.message);
    ck_assert_int_eq(ckl_data_state_finish(state, &err), CKL_OK);
    return state;
}

static const struct {
    const char *json;
    const char *yaml;
} STATES[] = {
    {"{\"uids\": []}", "uids: []\ndiscarded: []\ntags: {}\n"},
    {"{\"uids\": [\"b\", \"a\", 7], \"discarded\": [\"b\"], \"tags\": {\"a\": [\"y\", \"hard\"]}}",
     "uids:\n- '7'\n- a\n- b\ndiscarded:\n- b\ntags:\n  a: [hard, 'y']\n"},
    {"{\"uids\": [\"a\"], \"tags\": {\"a\": [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", "
     "\"8\", "
     "\"9\"]}}",
     "uids:\n- a\ndiscarded: []\ntags:\n  a:\n  - '1'\n  - '2'\n  - '3'\n  - '4'\n  - '5'\n"
     "  - '6'\n  - '7'\n  - '8'\n  - '9'\n"},
};

START_TEST(states)
{
    target to = {.left = SIZE_MAX};
    emit_sink sink = {take_piece, &to};
    ckl_data_state *state = state_of(STATES[_i].json);
    ck_assert_int_eq(emit_yaml_data_state(&sink, state, NULL), CKL_OK);
    ck_assert_str_eq(to.text.data, STATES[_i].yaml);
    ckl_data_state_free(state);
    buf_free(&to.text);
}
END_TEST

static const char *const PARTS[] = {"a",
                                    "yes",
                                    "y",
                                    "null",
                                    "1",
                                    "0x1",
                                    "1e5",
                                    ":",
                                    " ",
                                    "'",
                                    "\"",
                                    "-",
                                    "#",
                                    "/",
                                    "_",
                                    "?",
                                    "[",
                                    "{",
                                    ",",
                                    "&",
                                    "*",
                                    "!",
                                    "|",
                                    "%",
                                    "@",
                                    "`",
                                    "\\",
                                    "~",
                                    "<<",
                                    "=",
                                    ".",
                                    "\t",
                                    "\n",
                                    "---",
                                    "...",
                                    "long text with spaces ",
                                    "\xc3\xa9",
                                    "\xe6\x97\xa5",
                                    "\xc2\x85",
                                    "\xe2\x80\xa8",
                                    "\xf0\x9f\x98\x80",
                                    "2024-01-01",
                                    "0123456789012345678901234567890123456789",
                                    "\xef\xbb\xbf",
                                    "False",
                                    "on"};

/* A text of up to four parts, in the order of `*number`. */
static void next_text(char out[256], unsigned *number)
{
    out[0] = '\0';
    unsigned left = (*number)++ * 2654435761u;
    for (unsigned part = 0; part < 1 + (left >> 30); part++) {
        strcat(out, PARTS[(left >> (5 * part)) % COUNT(PARTS)]);
    }
}

/* One sample with these texts, or a few: what the quick writer can write is what libyaml writes. */
START_TEST(quick_is_the_same)
{
    size_t simple = 0;
    for (unsigned number = 0; number < 100000;) {
        ckl_data_state *state = NULL;
        ck_assert_int_eq(ckl_data_state_new(&state, NULL), CKL_OK);
        for (unsigned count = number % 3; count < 3; count++) {
            char uid[256], tag[256];
            unsigned tags = number % 5 == 0 ? number % 11 : number % 2;
            next_text(uid, &number);
            ck_assert_int_eq(ckl_data_state_add(state, uid, NULL), CKL_OK);
            if (number % 2 == 0)
                ck_assert_int_eq(ckl_data_state_add_discarded(state, uid, NULL), CKL_OK);
            for (; tags > 0; tags--) {
                next_text(tag, &number);
                ck_assert_int_eq(ckl_data_state_add_tag(state, uid, tag, NULL), CKL_OK);
            }
        }
        if (ckl_data_state_finish(state, NULL) == CKL_OK && emit_yaml_state_is_simple(state)) {
            target quick = {.left = SIZE_MAX}, slow = {.left = SIZE_MAX};
            emit_sink to_quick = {take_piece, &quick}, to_slow = {take_piece, &slow};
            ck_assert_int_eq(emit_yaml_state_quickly(&to_quick, state, NULL), CKL_OK);
            ck_assert_int_eq(emit_yaml_state_by_libyaml(&to_slow, state, NULL), CKL_OK);
            ck_assert_str_eq(quick.text.data, slow.text.data);
            buf_free(&quick.text);
            buf_free(&slow.text);
            simple++;
        }
        ckl_data_state_free(state);
    }
    ck_assert_uint_gt(simple, 3000);
}
END_TEST

static ckl_data_state *large_state(size_t count)
{
    BUF_AUTO json = BUF_INIT;
    buf_add_text(&json, "{\"uids\": [");
    for (size_t index = 0; index < count; index++)
        buf_add_format(&json, "%s\"img_%07zu\"", index == 0 ? "" : ",", index);
    buf_add_text(&json, "]}");
    return state_of(json.data);
}

START_TEST(pieces_stay_small)
{
    target to = {.left = SIZE_MAX};
    emit_sink sink = {take_piece, &to};
    ckl_data_state *state = large_state(20000);
    ck_assert_int_eq(emit_yaml_data_state(&sink, state, NULL), CKL_OK);
    ck_assert_uint_gt(to.pieces, 10);
    ck_assert_uint_le(to.largest, 1 << 17);
    json_t *again = parse(to.text.data, CKL_FORMAT_YAML);
    ck_assert_uint_eq(json_array_size(json_object_get(again, "uids")), 20000);
    json_decref(again);
    ckl_data_state_free(state);
    buf_free(&to.text);
}
END_TEST

/* What the sink says is what the caller hears, at whichever piece it says it; nothing follows. */
START_TEST(failing_sink)
{
    ckl_data_state *state = large_state(20000);
    for (size_t room = 0; room < 100000; room += 30000) {
        target to = {.left = room};
        emit_sink sink = {take_piece, &to};
        ckl_error err = {0};
        ck_assert_int_eq(emit_yaml_data_state(&sink, state, &err), CKL_NO_SPACE);
        ck_assert_str_eq(err.message, "the target is full");
        ck_assert_uint_le(to.text.size, room);
        size_t pieces = to.pieces;
        ck_assert_uint_eq(pieces, room / to.largest + 1);
        buf_free(&to.text);
    }
    ckl_data_state_free(state);
    json_t *config = parse("{\"a\": 1}", CKL_FORMAT_JSON);
    target to = {.left = 0};
    emit_sink sink = {take_piece, &to};
    ckl_error err = {0};
    ck_assert_int_eq(emit_yaml_config(&sink, config, &err), CKL_NO_SPACE);
    json_decref(config);
    buf_free(&to.text);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("emit_yaml");
    TCase *tests = tcase_create("emit_yaml");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, configs, 0, (int)COUNT(CONFIGS));
    tcase_add_test(tests, long_keys);
    tcase_add_loop_test(tests, states, 0, (int)COUNT(STATES));
    tcase_add_test(tests, quick_is_the_same);
    tcase_add_test(tests, pieces_stay_small);
    tcase_add_test(tests, failing_sink);
    suite_add_tcase(all, tests);
    return all;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
