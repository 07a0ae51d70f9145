/* Data states: building, what is refused, the guide's form, edits that are refused. */
#include "state_internal.h"
#include "state_test.h"

static ckl_data_state *read_state(ckl_format format, const char *text)
{
    ckl_data_state *state = NULL;
    ckl_error err = {0};
    ckl_status status =
        ckl_data_state_parse(&state, text, strlen(text), format, "d.json", NULL, &err);
    ck_assert_msg(status == CKL_OK, "%s: %s", text, err.message);
    return state;
}

/* ---- building -------------------------------------------------------------------------------- */

START_TEST(any_order)
{
    const char *ignored = "?";
    uint64_t index = 99;
    ckl_data_state *state = new_state();
    ck_assert_int_eq(ckl_data_state_add_tag(state, "s2", "b", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add_discarded(state, "zz", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add_discarded(state, "s3", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add(state, "s2", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add_tag(state, "nobody", "x", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add_tag(state, "nobody", "y", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add(state, "s10", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add_tag(state, "s2", "a", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add(state, "s3", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add_tag(state, "s2", "b", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add_discarded(state, "s3", NULL), CKL_OK);
    expect_canonical(state, "s10:d0:t|s2:d0:ta,b|s3:d1:t");
    ck_assert_uint_eq(ckl_data_state_ignored(state, &ignored), 2);
    ck_assert_str_eq(ignored, "nobody");
    ckl_sample_counts counts = ckl_data_state_counts(state);
    ck_assert_uint_eq(counts.total, 3);
    ck_assert_uint_eq(counts.discarded, 1);
    ck_assert_uint_eq(counts.tagged, 1);
    ck_assert(ckl_data_state_find(state, "s2", &index));
    ck_assert_uint_eq(index, 1);
    ck_assert(!ckl_data_state_find(state, "s", &index));
    ck_assert(!ckl_data_state_find(state, "s4", &index));
    ckl_sample sample = ckl_data_state_sample(state, 1);
    ck_assert_str_eq(sample.uid, "s2");
    ck_assert(!sample.discarded);
    ck_assert_uint_eq(sample.tag_count, 2);
    ck_assert_str_eq(sample.tags[0], "a");
    ck_assert_str_eq(sample.tags[1], "b");
    ckl_data_state_free(state);
}
END_TEST

START_TEST(fixed_after_first_use)
{
    ckl_error err = {0};
    ckl_data_state *state = new_state();
    ck_assert_int_eq(ckl_data_state_add(state, "a", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_finish(state, NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_finish(state, NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add(state, "b", &err), CKL_MISUSE);
    ck_assert_ptr_nonnull(strstr(err.message, "after its first use"));
    ck_assert_int_eq(ckl_data_state_add_discarded(state, "a", NULL), CKL_MISUSE);
    ck_assert_int_eq(ckl_data_state_add_tag(state, "a", "t", NULL), CKL_MISUSE);
    expect_canonical(state, "a:d0:t");
    ckl_data_state_free(state);
}
END_TEST

START_TEST(refused_when_built)
{
    char longest[65538];
    ckl_error err = {0};
    ckl_data_state *state = new_state();
    memset(longest, 'u', sizeof longest);
    longest[65537] = '\0';
    ck_assert_int_eq(ckl_data_state_add(state, longest, &err), CKL_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "65537 bytes"));
    ck_assert_int_eq(ckl_data_state_add(state, longest + 1, NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add_tag(state, "a", longest, NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_data_state_add(state, "", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_data_state_add(state, "\xed\xa0\x80", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_data_state_add_discarded(state, "", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_data_state_add_tag(state, "", "t", NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_data_state_add_tag(state, "a", "\xc0\x80", NULL), CKL_INVALID);
    ckl_error_clear(&err);
    ck_assert_int_eq(ckl_data_state_add_tag(state, "a", "", &err), CKL_INVALID);
    ck_assert_str_eq(err.message, "empty tag of 'a'");
    ck_assert_int_eq(ckl_data_state_add(state, "b", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add(state, "a\nb", NULL), CKL_OK);
    ck_assert_int_eq(ckl_data_state_add(state, "b", NULL), CKL_OK);
    for (int round = 0; round < 2; round++) { /* it does not become good by asking again */
        ckl_error_clear(&err);
        ck_assert_int_eq(ckl_data_state_finish(state, &err), CKL_INVALID);
        ck_assert_str_eq(err.message, "duplicate uid 'b'");
    }
    ckl_data_state_free(state);
}
END_TEST

START_TEST(recordable)
{
    char text[1026];
    memset(text, 'u', sizeof text);
    for (size_t over = 0; over < 2; over++) {
        ckl_data_state *uids = new_state(), *tags = new_state();
        text[1024 + over] = '\0';
        ck_assert_int_eq(ckl_data_state_add(uids, text, NULL), CKL_OK);
        text[1024 + over] = 'u';
        text[256 + over] = '\0';
        ck_assert_int_eq(ckl_data_state_add(tags, "s", NULL), CKL_OK);
        ck_assert_int_eq(ckl_data_state_add_tag(tags, "s", text, NULL), CKL_OK);
        text[256 + over] = 'u';
        ck_assert_int_eq(ckl_data_state_finish(uids, NULL), CKL_OK);
        ck_assert_int_eq(ckl_data_state_finish(tags, NULL), CKL_OK);
        ck_assert_int_eq(state_check_recordable(uids, NULL), over ? CKL_INVALID : CKL_OK);
        ck_assert_int_eq(state_check_recordable(tags, NULL), over ? CKL_INVALID : CKL_OK);
        ckl_data_state_free(uids);
        ckl_data_state_free(tags);
    }
}
END_TEST

START_TEST(from_rows)
{
    const char *tags[] = {"b", "a|", "b"};
    uint32_t none = 9, set = 9, same = 9;
    ckl_error err = {0};
    ckl_data_state *state = new_state();
    ck_assert_int_eq(state_intern(&none, state, NULL, 0, NULL), CKL_OK);
    ck_assert_int_eq(state_intern(&set, state, tags, 3, NULL), CKL_OK);
    ck_assert_int_eq(state_intern(&same, state, tags, 2, NULL), CKL_OK);
    ck_assert_uint_eq(none, 0);
    ck_assert_uint_eq(set, same);
    ck_assert_uint_eq(state_tagset_get(state, set).count, 2);
    ck_assert_str_eq(state_tagset_get(state, set).text, "a\\|,b");
    ck_assert_str_eq(state_tagset_get(state, set).tags[0], "a|");
    ck_assert_int_eq(state_append(state, "a", 1, false, set, NULL), CKL_OK);
    ck_assert_int_eq(state_append(state, "a\\b", 3, true, none, NULL), CKL_OK);
    ck_assert_int_eq(state_append(state, "a\\b", 3, true, none, &err), CKL_DAMAGED);
    ck_assert_ptr_nonnull(strstr(err.message, "not sorted at 'a\\b'"));
    ck_assert_int_eq(state_append(state, "A", 1, true, none, NULL), CKL_DAMAGED);
    expect_canonical(state, "a:d0:ta\\|,b|a\\\\b:d1:t");
    ckl_data_state_free(state);
}
END_TEST

/* ---- the guide's form ------------------------------------------------------------------------ */

START_TEST(parsed)
{
    ckl_data_state *state;
    state =
        read_state(CKL_FORMAT_JSON, "{\"uids\": [\"b\", 10, -9, \"a\\nb\"], \"discarded\": [10],"
                                    " \"tags\": {\"b\": [\"y\", \"x\", \"y\"], \"-9\": []}}");
    expect_canonical(state, "-9:d0:t|10:d1:t|a\nb:d0:t|b:d0:tx,y");
    ckl_data_state_free(state);
    state = read_state(CKL_FORMAT_YAML, "uids: [7, s1]\ndiscarded: !!set {7}\n"
                                        "tags:\n  7: !!set {z, a}\n  s1: [hard]\n");
    expect_canonical(state, "7:d1:ta,z|s1:d0:thard");
    ckl_data_state_free(state);
    state = read_state(CKL_FORMAT_JSON, "{\"uids\": [12345678901234567000]}");
    expect_canonical(state, "12345678901234567000:d0:t");
    ckl_data_state_free(state);
    state = read_state(CKL_FORMAT_JSON, "{\"uids\": []}");
    expect_canonical(state, "");
    ckl_data_state_free(state);
}
END_TEST

START_TEST(refused_when_parsed)
{
    static const char *const PAIRS[][2] = {
        {"[]", "d.json: a data state is an object"},
        {"{}", "d.json: a data state needs 'uids'"},
        {"{\"uids\": [], \"tag\": {}}", "d.json: unknown key 'tag' in a data state"},
        {"{\"uids\": {}}", "d.json: at /uids: a list of uids is expected"},
        {"{\"uids\": [\"a\", 1.5]}", "d.json: at /uids/1: a uid is text or an integer"},
        {"{\"uids\": [null]}", "d.json: at /uids/0: a uid is text or an integer"},
        {"{\"uids\": [\"\"]}", "d.json: at /uids/0: empty uid"},
        {"{\"uids\": [\"a\", \"b\", \"a\"]}", "d.json: duplicate uid 'a'"},
        {"{\"uids\": [1, \"1\"]}", "d.json: duplicate uid '1'"},
        {"{\"uids\": [], \"discarded\": \"a\"}",
         "d.json: at /discarded: a list of uids is expected"},
        {"{\"uids\": [], \"discarded\": [true]}", "d.json: at /discarded/0: a uid is"},
        {"{\"uids\": [], \"tags\": []}", "d.json: at /tags: a map of uid to a list of tags"},
        {"{\"uids\": [], \"tags\": {\"s1\": \"x\"}}",
         "d.json: at /tags/s1: a list of tags is expected"},
        {"{\"uids\": [], \"tags\": {\"s1\": [\"x\", 3]}}", "d.json: at /tags/s1/1: a tag is text"},
        {"{\"uids\": [], \"tags\": {\"s1\": [\"\"]}}", "d.json: at /tags/s1/0: empty tag of 's1'"},
        {"{\"uids\": [], \"tags\": {\"\": [\"x\"]}}", "d.json: at /tags: empty uid"},
        {"{\"uids\": [\"a\\u0000\"]}", "NUL in text"},
        {"{\"uids\": [\"a\"], \"uids\": []}", "duplicate key"}};
    for (size_t index = 0; index < COUNT(PAIRS); index++) {
        ckl_data_state *state = NULL;
        ckl_error err = {0};
        const char *text = PAIRS[index][0];
        ckl_status status =
            ckl_data_state_parse(&state, text, strlen(text), CKL_FORMAT_JSON, "d.json", NULL, &err);
        ck_assert_msg(status == CKL_INVALID, "%s", text);
        ck_assert_ptr_null(state);
        ck_assert_msg(strstr(err.message, PAIRS[index][1]) != NULL, "%s: '%s'", text, err.message);
    }
}
END_TEST

START_TEST(edit_all_or_none)
{
    const char *uids[] = {"a", "b", "nobody"};
    ckl_error err = {0};
    ckl_data_state *edited = NULL,
                   *state = read_state(CKL_FORMAT_JSON, "{\"uids\": [\"a\", \"b\"]}");
    ck_assert_int_eq(state_edit(&edited, state, STATE_DISCARD, NULL, uids, 3, &err), CKL_NOT_FOUND);
    ck_assert_str_eq(err.message, "no sample 'nobody' in the data state");
    ck_assert_ptr_null(edited);
    expect_canonical(state, "a:d0:t|b:d0:t");
    ck_assert_int_eq(state_edit(&edited, state, STATE_TAG, "", uids, 2, NULL), CKL_INVALID);
    ck_assert_int_eq(state_edit(&edited, state, STATE_TAG, NULL, uids, 2, NULL), CKL_INVALID);
    ck_assert_int_eq(state_edit(&edited, state, STATE_TAG, "\xff", uids, 2, NULL), CKL_INVALID);
    ck_assert_ptr_null(edited);
    ckl_data_state_free(state);
}
END_TEST

/* What the text says, hashed whole. */
static digest whole_hash(ckl_data_state *state)
{
    digest value;
    char *text = canonical(state);
    ck_assert_int_eq(hash_bytes(&value, text, strlen(text), NULL), CKL_OK);
    ckl_free(text);
    return value;
}

static digest quick_hash(ckl_data_state *state)
{
    digest value;
    ck_assert_int_eq(state_hash_again(&value, state, NULL), CKL_OK);
    return value;
}

static ckl_data_state *numbered_state(int count)
{
    ckl_data_state *state = new_state();
    for (int index = 0; index < count; index++) {
        char uid[32];
        snprintf(uid, sizeof uid, "sample_%06d", index);
        ck_assert_int_eq(ckl_data_state_add(state, uid, NULL), CKL_OK);
    }
    ck_assert_int_eq(ckl_data_state_finish(state, NULL), CKL_OK);
    return state;
}

#define SAMPLES 12000

/* One to three uids, the same one twice now and then. */
static ckl_data_state *edit_some(const ckl_data_state *state, unsigned *number, size_t *count)
{
    static const state_action ACTIONS[] = {STATE_DISCARD, STATE_RESTORE, STATE_TAG, STATE_UNTAG};
    static const char *const TAGS[] = {"a", "b", "hard"};
    char text[3][32];
    const char *uids[] = {text[0], text[1], text[2]};
    ckl_data_state *edited = NULL;
    *number = *number * 1664525u + 1013904223u;
    *count = 1 + (*number >> 8) % 3;
    for (size_t index = 0; index < *count; index++)
        snprintf(text[index], sizeof text[index], "sample_%06u",
                 ((*number >> 4) + 37 * (unsigned)(index / 2)) % SAMPLES);
    ck_assert_int_eq(state_edit(&edited, state, ACTIONS[*number >> 30], TAGS[(*number >> 16) % 3],
                                uids, *count, NULL),
                     CKL_OK);
    return edited;
}

static ckl_sample_counts count_samples(ckl_data_state *state)
{
    ckl_sample_counts counts = {.total = ckl_data_state_counts(state).total};
    for (uint64_t index = 0; index < counts.total; index++) {
        ckl_sample sample = ckl_data_state_sample(state, index);
        counts.discarded += sample.discarded;
        counts.tagged += sample.tag_count > 0;
    }
    return counts;
}

/* An edited state takes over what the one before held: both stay what they are, whichever is asked,
 * kept or released, and the hash that goes on from a mark is that of the whole text. */
START_TEST(edited_again_and_again)
{
    ckl_data_state *state = numbered_state(SAMPLES);
    unsigned number = 7;
    for (int round = 0; round < 120; round++) {
        digest before = whole_hash(state), after;
        size_t count = 0, changes = 0;
        state_change *rows = NULL;
        ckl_data_state *edited = edit_some(state, &number, &count);
        after = quick_hash(edited);
        ck_assert_int_eq(state_diff(&rows, &changes, state, edited, NULL), CKL_OK);
        ck_assert_uint_le(changes, count);
        ck_assert_int_eq(changes == 0, digest_equal(&before, &after));
        for (size_t index = 0; index < changes; index++)
            ck_assert_str_eq(rows[index].from->uid, rows[index].to->uid);
        free(rows);
        digest whole = whole_hash(edited);
        ck_assert(digest_equal(&after, &whole));
        ckl_sample_counts told = ckl_data_state_counts(edited), real = count_samples(edited);
        ck_assert(told.discarded == real.discarded && told.tagged == real.tagged);
        if (round % 3 == 0) { /* the one before is asked while the edited one is there */
            whole = whole_hash(state);
            ck_assert(digest_equal(&before, &whole));
        }
        ckl_data_state_free(round % 2 == 0 ? state : edited);
        state = round % 2 == 0 ? edited : state;
        digest kept = quick_hash(state);
        ck_assert(digest_equal(&kept, round % 2 == 0 ? &after : &before));
    }
    ckl_data_state_free(state);
}
END_TEST

/* A state that others hold, too, is left alone. */
START_TEST(shared_state_is_copied)
{
    ckl_data_state *state = numbered_state(SAMPLES), *share = state_share(state);
    unsigned number = 0; /* the first edit discards */
    size_t count;
    digest before = whole_hash(state);
    ckl_data_state *edited = edit_some(state, &number, &count);
    ck_assert_ptr_null(state->link);
    digest after = quick_hash(edited), still = whole_hash(share);
    ck_assert(digest_equal(&before, &still));
    ck_assert(!digest_equal(&before, &after));
    ckl_data_state_free(share);
    ckl_data_state_free(edited);
    ckl_data_state_free(state);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state");
    TCase *all = tcase_create("all");
    tcase_add_test(all, any_order);
    tcase_add_test(all, fixed_after_first_use);
    tcase_add_test(all, refused_when_built);
    tcase_add_test(all, recordable);
    tcase_add_test(all, from_rows);
    tcase_add_test(all, parsed);
    tcase_add_test(all, refused_when_parsed);
    tcase_add_test(all, edit_all_or_none);
    tcase_add_test(all, edited_again_and_again);
    tcase_add_test(all, shared_state_is_copied);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
