/* Data states against brute force: canonical text, hash, difference, edit. */
#include "state_test.h"

/* ---- the canonical text ---------------------------------------------------------------------- */

static int compare_texts(const void *first, const void *second)
{
    return strcmp(*(char *const *)first, *(char *const *)second);
}

static const char CHARACTERS[] = "a|\\,:";

/* Number 0 … 29: every text of 1 or 2 of the five characters. */
static const char *every_text(char out[3], size_t number)
{
    out[0] = CHARACTERS[number < 5 ? number : (number - 5) / 5];
    out[1] = number < 5 ? '\0' : CHARACTERS[(number - 5) % 5];
    out[2] = '\0';
    return out;
}

/* A sample with the flag and up to two tags (number 30: none). */
static void add_sample(ckl_data_state *state, size_t uid, bool discarded, size_t first,
                       size_t second)
{
    char name[3], tag[3];
    ck_assert_int_eq(ckl_data_state_add(state, every_text(name, uid), NULL), CKL_OK);
    if (discarded)
        ck_assert_int_eq(ckl_data_state_add_discarded(state, name, NULL), CKL_OK);
    if (first < 30)
        ck_assert_int_eq(ckl_data_state_add_tag(state, name, every_text(tag, first), NULL), CKL_OK);
    if (second < 30)
        ck_assert_int_eq(ckl_data_state_add_tag(state, name, every_text(tag, second), NULL),
                         CKL_OK);
}

/* All states of one sample with up to two tags, and of two samples with up to one. */
START_TEST(injective)
{
    size_t count = 0, capacity = 200000;
    char **texts = calloc(capacity, sizeof *texts);
    for (size_t uid = 0; uid < 30; uid++) {
        for (size_t first = 0; first <= 30; first++) {
            for (size_t second = first + 1; second <= (first < 30 ? 30 : 31); second++) {
                for (int discarded = 0; discarded < 2; discarded++) {
                    ckl_data_state *state = new_state();
                    add_sample(state, uid, discarded, first, second);
                    texts[count++] = canonical(state);
                    ckl_data_state_free(state);
                }
            }
        }
    }
    for (size_t pair = 0; pair < 30 * 30; pair++) {
        for (size_t rest = 0; pair / 30 < pair % 30 && rest < 2 * 2 * 36; rest++) {
            ckl_data_state *state = new_state();
            size_t tag = rest / 4 % 6, other = rest / 24;
            add_sample(state, pair / 30, rest & 1, tag < 5 ? tag : 30, 30);
            add_sample(state, pair % 30, (rest & 2) != 0, other < 5 ? other : 30, 30);
            texts[count++] = canonical(state);
            ckl_data_state_free(state);
        }
    }
    ck_assert_uint_eq(count, 30 * 2 * 466 + 435 * 144);
    qsort(texts, count, sizeof *texts, compare_texts);
    for (size_t index = 1; index < count; index++)
        ck_assert_str_ne(texts[index - 1], texts[index]);
    for (size_t index = 0; index < count; index++)
        ckl_free(texts[index]);
    free(texts);
}
END_TEST

/* Written the plain way, to judge the fast one. */
static void add_escaped(buf *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (strchr(special, *text) != NULL)
            buf_add_char(out, '\\');
        buf_add_char(out, *text);
    }
}

static void write_plainly(buf *out, const ckl_data_state *state, char separator)
{
    for (uint64_t index = 0; index < ckl_data_state_counts(state).total; index++) {
        ckl_sample sample = ckl_data_state_sample(state, index);
        if (index > 0)
            buf_add_char(out, separator);
        add_escaped(out, sample.uid, "\\|");
        buf_add_format(out, ":d%d:t", sample.discarded);
        for (size_t tag = 0; tag < sample.tag_count; tag++) {
            if (tag > 0)
                buf_add_char(out, ',');
            add_escaped(out, sample.tags[tag], "\\|,:");
        }
    }
    buf_add(out, "", 0);
}

static ckl_data_state *random_state(chance *source, size_t most, size_t longest)
{
    char uid[3000], tag[300];
    ckl_data_state *state = new_state();
    for (size_t count = chance_below(source, most); count > 0; count--) {
        uint64_t number = chance_number(source) % 100000;
        chance_text(uid, source, "aab|\\:,", longest);
        snprintf(uid + strlen(uid), 32, "%05llu-%zu", (unsigned long long)number, count);
        ck_assert_int_eq(ckl_data_state_add(state, uid, NULL), CKL_OK);
        if (chance_below(source, 3) == 0)
            ck_assert_int_eq(ckl_data_state_add_discarded(state, uid, NULL), CKL_OK);
        for (size_t tags = chance_below(source, 4); tags > 0; tags--) {
            chance_text(tag, source, "ab|\\,:", chance_below(source, 9) == 0 ? 250 : 2);
            ck_assert_int_eq(ckl_data_state_add_tag(state, uid, tag, NULL), CKL_OK);
        }
    }
    ck_assert_int_eq(ckl_data_state_finish(state, NULL), CKL_OK);
    return state;
}

/* Of all sizes of text, over the borders of batches and of blocks of memory. */
START_TEST(text_and_hash_agree)
{
    chance source = {20260105};
    size_t largest = 0;
    for (size_t round = 0; round < 300; round++) {
        BUF_AUTO plain = BUF_INIT, fast = BUF_INIT, lines = BUF_INIT, plain_lines = BUF_INIT;
        digest of_state, of_text;
        ckl_data_state *state =
            random_state(&source, round % 3 == 0 ? 1500 : 20, round % 2 == 0 ? 40 : 1 + 10 * round);
        write_plainly(&plain, state, '|');
        write_plainly(&plain_lines, state, '\n');
        ck_assert_int_eq(state_canonical(&fast, state, false, NULL), CKL_OK);
        ck_assert_int_eq(state_canonical(&lines, state, true, NULL), CKL_OK);
        ck_assert_msg(strcmp(fast.data, plain.data) == 0, "round %zu", round);
        ck_assert_uint_eq(fast.size, plain.size);
        ck_assert_msg(strcmp(lines.data, plain_lines.data) == 0, "round %zu", round);
        ck_assert_int_eq(state_hash(&of_state, state, NULL), CKL_OK);
        ck_assert_int_eq(hash_bytes(&of_text, plain.data, plain.size, NULL), CKL_OK);
        ck_assert(digest_equal(&of_state, &of_text));
        largest = plain.size > largest ? plain.size : largest;
        ckl_data_state_free(state);
    }
    ck_assert_uint_gt(largest, 500000);
}
END_TEST

/* ---- comparing and editing ------------------------------------------------------------------- */

#define FEW 12

/* A state over few uids, so that two of them have much in common. */
static ckl_data_state *few_samples(chance *source)
{
    ckl_data_state *state = new_state();
    for (size_t number = 0; number < FEW; number++) {
        char uid[8];
        snprintf(uid, sizeof uid, "s|%zu", (number * 5) % FEW);
        if (chance_below(source, 4) == 0)
            continue;
        ck_assert_int_eq(ckl_data_state_add(state, uid, NULL), CKL_OK);
        if (chance_below(source, 2) == 0)
            ck_assert_int_eq(ckl_data_state_add_discarded(state, uid, NULL), CKL_OK);
        for (char tag[2] = "x"; tag[0] <= 'z'; tag[0]++) {
            if (chance_below(source, 4) == 0)
                ck_assert_int_eq(ckl_data_state_add_tag(state, uid, tag, NULL), CKL_OK);
        }
    }
    ck_assert_int_eq(ckl_data_state_finish(state, NULL), CKL_OK);
    return state;
}

static bool same_sample(const ckl_sample *first, const ckl_sample *second)
{
    bool same = first->discarded == second->discarded && first->tag_count == second->tag_count;
    for (size_t tag = 0; same && tag < first->tag_count; tag++)
        same = strcmp(first->tags[tag], second->tags[tag]) == 0;
    return same;
}

/* Whether the difference at `at` is that of `uid`, and goes from and to the right samples. */
static size_t check_change(const state_change *changes, size_t count, size_t at, const char *uid,
                           const ckl_data_state *from, const ckl_data_state *to)
{
    uint64_t old = 0, new = 0;
    bool in_from = ckl_data_state_find(from, uid, &old);
    bool in_to = ckl_data_state_find(to, uid, &new);
    ckl_sample before = {0}, after = {0};
    if (in_from)
        before = ckl_data_state_sample(from, old);
    if (in_to)
        after = ckl_data_state_sample(to, new);
    if (in_from == in_to && (!in_from || same_sample(&before, &after)))
        return at;
    ck_assert_uint_lt(at, count);
    ck_assert_int_eq(changes[at].from != NULL, in_from);
    ck_assert_int_eq(changes[at].to != NULL, in_to);
    if (in_from)
        ck_assert_str_eq(changes[at].from->uid, uid);
    if (in_to)
        ck_assert_str_eq(changes[at].to->uid, uid);
    return at + 1;
}

START_TEST(diff_as_brute_force)
{
    static const char *const UIDS[FEW] = {"s|0", "s|1", "s|10", "s|11", "s|2", "s|3",
                                          "s|4", "s|5", "s|6",  "s|7",  "s|8", "s|9"};
    chance source = {20260106};
    size_t differences = 0;
    for (int round = 0; round < 3000; round++) {
        ckl_data_state *from = few_samples(&source), *to = few_samples(&source);
        state_change *changes = NULL;
        size_t count = 0, at = 0;
        ck_assert_int_eq(state_diff(&changes, &count, from, to, NULL), CKL_OK);
        for (size_t number = 0; number < FEW; number++)
            at = check_change(changes, count, at, UIDS[number], from, to);
        ck_assert_uint_eq(at, count);
        differences += count;
        free(changes);
        changes = NULL;
        ck_assert_int_eq(state_diff(&changes, &count, NULL, to, NULL), CKL_OK);
        ck_assert_uint_eq(count, ckl_data_state_counts(to).total);
        free(changes);
        changes = NULL;
        ck_assert_int_eq(state_diff(&changes, &count, from, from, NULL), CKL_OK);
        ck_assert_uint_eq(count, 0);
        free(changes);
        ckl_data_state_free(from);
        ckl_data_state_free(to);
    }
    ck_assert_uint_gt(differences, 10000);
}
END_TEST

static bool is_among(const char *const *uids, size_t count, const char *uid)
{
    for (size_t index = 0; index < count; index++) {
        if (strcmp(uids[index], uid) == 0)
            return true;
    }
    return false;
}

/* The same edit by saying everything again. */
static ckl_data_state *rebuild(const ckl_data_state *state, state_action action, const char *tag,
                               const char *const *uids, size_t count)
{
    ckl_data_state *built = new_state();
    for (uint64_t index = 0; index < ckl_data_state_counts(state).total; index++) {
        ckl_sample sample = ckl_data_state_sample(state, index);
        bool meant = is_among(uids, count, sample.uid), discarded = sample.discarded;
        if (meant && action == STATE_DISCARD)
            discarded = true;
        if (meant && action == STATE_RESTORE)
            discarded = false;
        ck_assert_int_eq(ckl_data_state_add(built, sample.uid, NULL), CKL_OK);
        if (discarded)
            ck_assert_int_eq(ckl_data_state_add_discarded(built, sample.uid, NULL), CKL_OK);
        for (size_t at = 0; at < sample.tag_count; at++) {
            if (!(meant && action == STATE_UNTAG && strcmp(sample.tags[at], tag) == 0))
                ck_assert_int_eq(ckl_data_state_add_tag(built, sample.uid, sample.tags[at], NULL),
                                 CKL_OK);
        }
        if (meant && action == STATE_TAG)
            ck_assert_int_eq(ckl_data_state_add_tag(built, sample.uid, tag, NULL), CKL_OK);
    }
    ck_assert_int_eq(ckl_data_state_finish(built, NULL), CKL_OK);
    return built;
}

START_TEST(edit_as_rebuilding)
{
    static const char *const TAGS[] = {"x", "w", "new|"};
    chance source = {20260107};
    for (int round = 0; round < 2000; round++) {
        const char *uids[6];
        ckl_data_state *state = few_samples(&source), *edited = NULL;
        size_t total = ckl_data_state_counts(state).total, count = 0;
        state_action action = (state_action)chance_below(&source, 4);
        const char *tag = TAGS[chance_below(&source, COUNT(TAGS))];
        char *before = canonical(state);
        for (size_t wanted = chance_below(&source, 6); total > 0 && wanted > 0; wanted--)
            uids[count++] = ckl_data_state_sample(state, chance_below(&source, total)).uid;
        ck_assert_int_eq(state_edit(&edited, state, action, tag, uids, count, NULL), CKL_OK);
        ckl_data_state *built = rebuild(state, action, tag, uids, count);
        char *expected = canonical(built);
        expect_canonical(edited, expected);
        expect_canonical(state, before);
        ckl_sample_counts got = ckl_data_state_counts(edited), want = ckl_data_state_counts(built);
        ck_assert_uint_eq(got.total, want.total);
        ck_assert_uint_eq(got.discarded, want.discarded);
        ck_assert_uint_eq(got.tagged, want.tagged);
        ckl_free(before);
        ckl_free(expected);
        ckl_data_state_free(state);
        ckl_data_state_free(edited);
        ckl_data_state_free(built);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state_properties");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, injective);
    tcase_add_test(all, text_and_hash_agree);
    tcase_add_test(all, diff_as_brute_force);
    tcase_add_test(all, edit_as_rebuilding);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
