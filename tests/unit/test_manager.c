/* Updates, pending, dumps, switch, runs, ignored paths: design 4. */
#include <sys/wait.h>
#include <unistd.h>

#include "root.h"

#define DATA "{\"uids\": [\"a\", \"b\", \"c\"], \"discarded\": [\"b\"], \"tags\": {\"a\": [\"x\"]}}"

START_TEST(going_back_leaves_nothing_pending)
{
    ckl_manager *manager = open_run(NULL);
    ckl_update_result first = update_config(manager, "{\"lr\": 1}");
    ck_assert(first.is_new && !first.recorded_before);
    ck_assert_uint_eq(first.pending, CKL_CONFIG);
    ck_assert(!has_file("checkpoints"));
    ck_assert_uint_eq(dump(manager).dumped, CKL_CONFIG);
    ck_assert_uint_eq(update_config(manager, "{\"lr\": 2}").pending, CKL_CONFIG);
    ckl_update_result back = update_config(manager, "{\"lr\": 1}");
    ck_assert(back.is_new && back.recorded_before);
    ck_assert_uint_eq(back.pending, 0);
    ck_assert_str_eq(back.experiment.text, first.experiment.text);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(a_call_that_changes_nothing_writes_nothing)
{
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    update_data(manager, DATA);
    unsigned before = count_events(manager);
    ckl_update_result again = update_config(manager, "{\"lr\": 1}");
    ck_assert(!again.is_new);
    ck_assert_uint_eq(again.changed, 0);
    update_data(manager, DATA);
    ck_assert_uint_eq(count_events(manager), before);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(superseded_states_are_said_to_be)
{
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    bool superseded[3] = {0};
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    update_config(manager, "{\"lr\": 2}");
    dump(manager);
    update_config(manager, "{\"lr\": 3}");
    ASSERT_OK(ckl_events(&cursor, manager, NULL, &fault));
    for (int at = 0; ckl_event_next(&event, cursor, NULL) == CKL_OK;) {
        if (strcmp(event.kind, "update") == 0)
            superseded[at++] = event.superseded;
    }
    ckl_event_cursor_close(cursor);
    ck_assert(!superseded[0] && !superseded[1] && superseded[2]); /* newest first */
    ckl_manager_close(manager);
}
END_TEST

START_TEST(edits_are_all_or_none)
{
    const char *uids[] = {"a", "nobody", "c"};
    ckl_update_result result;
    ckl_error_clear(&fault);
    ckl_manager *manager = open_run(NULL);
    ckl_update_result before = update_data(manager, DATA);
    ckl_edit edit = {.action = CKL_EDIT_DISCARD, .uids = uids, .uid_count = 3, .reason = "blurred"};
    ck_assert_int_eq(ckl_manager_edit_samples(&result, manager, &edit, &fault), CKL_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(fault.message, "nobody"));
    ckl_status_info info;
    ASSERT_OK(ckl_manager_status(&info, manager, &fault));
    ck_assert_str_eq(info.experiment.text, before.experiment.text);
    edit.uid_count = 1;
    ASSERT_OK(ckl_manager_edit_samples(&result, manager, &edit, &fault));
    ASSERT_OK(ckl_manager_status(&info, manager, &fault));
    ck_assert_uint_eq(info.samples.discarded, 2);
    ckl_manager_close(manager);
}
END_TEST

/* Two handles edit in turn: neither may undo what the other did. */
START_TEST(edits_of_two_processes_add_up)
{
    char uid[16];
    const char *uids[] = {uid};
    ckl_update_result result;
    ckl_status_info info;
    ckl_manager *one = open_run(NULL), *two = open_run(NULL);
    update_data(one,
                "{\"uids\": [\"s0\", \"s1\", \"s2\", \"s3\", \"s4\", \"s5\", \"s6\", \"s7\"]}");
    for (int index = 0; index < 8; index++) {
        snprintf(uid, sizeof uid, "s%d", index);
        ckl_edit edit = {.action = CKL_EDIT_DISCARD, .uids = uids, .uid_count = 1};
        ASSERT_OK(ckl_manager_edit_samples(&result, index % 2 ? one : two, &edit, &fault));
    }
    ASSERT_OK(ckl_manager_status(&info, one, &fault));
    ck_assert_uint_eq(info.samples.discarded, 8);
    ckl_manager_close(one);
    ckl_manager_close(two);
}
END_TEST

START_TEST(switching_measures_pending_against_the_nearest_dump)
{
    ckl_switch_result moved;
    ckl_hash resolved;
    ckl_error_clear(&fault);
    ckl_manager *manager = open_run(NULL);
    ckl_update_result first = update_config(manager, "{\"lr\": 1}");
    dump(manager);
    ckl_update_result middle = update_data(manager, DATA);
    update_config(manager, "{\"lr\": 2}");
    dump(manager);
    ASSERT_OK(ckl_manager_switch(&moved, manager, middle.experiment.text, -1, &fault));
    ck_assert_uint_eq(moved.pending, CKL_DATA); /* against the first, which was dumped */
    ASSERT_OK(ckl_manager_switch(&moved, manager, first.experiment.text, -1, &fault));
    ck_assert_uint_eq(moved.pending, 0);
    ASSERT_OK(ckl_manager_resolve(&resolved, manager, "@~1", &fault));
    ck_assert_str_eq(resolved.text, middle.experiment.text);
    ASSERT_OK(ckl_manager_resolve(&resolved, manager, "@~4", &fault));
    ck_assert_str_eq(resolved.text, first.experiment.text);
    ck_assert_int_eq(ckl_manager_resolve(&resolved, manager, "@~5", &fault), CKL_NOT_FOUND);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(hashes_from_outside)
{
    static const struct {
        const char *text;
        ckl_status status;
    } CASES[] = {{"abc", CKL_INVALID},
                 {"zzzz", CKL_NOT_FOUND},
                 {"a1b2c3d4e5f6a7b8", CKL_V2_HASH},
                 {"../../etc/passwd", CKL_INVALID},
                 {"00000000", CKL_AMBIGUOUS},
                 {"@~", CKL_INVALID},
                 {"@~99999999999999999999", CKL_INVALID},
                 {"a1b2c3d4e5f6a7b8a1b2c3d4e5f6a7b8", CKL_INVALID},
                 {"", CKL_INVALID}};
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    update_config(manager, "{\"lr\": 2}");
    for (size_t index = 0; index < sizeof CASES / sizeof *CASES; index++) {
        ckl_error_clear(&fault);
        ckl_hash hash;
        ckl_status status = ckl_manager_resolve(&hash, manager, CASES[index].text, &fault);
        ck_assert_msg(status == CASES[index].status, "'%s': %s %s", CASES[index].text,
                      ckl_status_name(status), fault.message);
        ck_assert_int_ne(fault.message[0], '\0');
    }
    ckl_manager_close(manager);
}
END_TEST

START_TEST(ignored_paths_do_not_count_and_are_kept)
{
    bool changed = false;
    ckl_config *config = NULL;
    ckl_manager *manager = open_run(NULL);
    ASSERT_OK(ckl_manager_ignore(&changed, manager, "paths.root", true, "differs by host", &fault));
    ck_assert(changed);
    ckl_update_result first = update_config(manager, "{\"lr\": 1, \"paths\": {\"root\": \"/a\"}}");
    ckl_update_result second = update_config(manager, "{\"lr\": 1, \"paths\": {\"root\": \"/b\"}}");
    ck_assert(!second.is_new);
    ck_assert_str_eq(first.experiment.text, second.experiment.text);
    ASSERT_OK(ckl_manager_load_config(&config, manager, NULL, &fault));
    ck_assert_str_eq(ckl_config_text(config), "{\"lr\": 1, \"paths\": {\"root\": \"/b\"}}");
    ckl_config_free(config);
    ASSERT_OK(ckl_manager_ignore(&changed, manager, "/paths/root", false, NULL, &fault));
    ck_assert(changed);
    ck_assert(update_config(manager, "{\"lr\": 1, \"paths\": {\"root\": \"/b\"}}").is_new);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(a_run_can_begin_at_a_recorded_state)
{
    ckl_status_info info;
    ckl_data_state *state = NULL;
    ckl_error_clear(&fault);
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    ckl_update_result there = update_data(manager, DATA);
    ASSERT_OK(ckl_manager_new_run(manager, "wide", "@", &fault));
    ck_assert_int_eq(ckl_manager_new_run(manager, "wide", "@", &fault), CKL_INVALID);
    ck_assert_int_eq(ckl_manager_new_run(manager, "a/b", NULL, NULL), CKL_INVALID);
    ckl_manager_close(manager);
    manager = open_run("wide");
    ASSERT_OK(ckl_manager_status(&info, manager, &fault));
    ck_assert_str_eq(info.experiment.text, there.experiment.text);
    ck_assert_uint_eq(info.samples.total, 3);
    ASSERT_OK(ckl_manager_load_data_state(&state, manager, NULL, &fault));
    ck_assert(ckl_data_state_sample(state, 1).discarded);
    ck_assert_str_eq(ckl_data_state_sample(state, 0).tags[0], "x");
    ckl_data_state_free(state);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(a_forked_child_is_refused)
{
    int result = 0;
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    pid_t child = fork();
    if (child == 0) {
        ckl_dump_result dumped;
        _exit(ckl_manager_dump_pending_changes(&dumped, manager, false, NULL) == CKL_MISUSE ? 0
                                                                                            : 1);
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    ck_assert_uint_eq(dump(manager).dumped, CKL_CONFIG);
    ckl_manager_close(manager);
}
END_TEST

/* Writes a file and gives it as a ledger: it must be refused and stay as it was. */
static void expect_refused(const char *sql)
{
    char command[512];
    ckl_manager *manager = NULL;
    ckl_error_clear(&fault);
    snprintf(command, sizeof command,
             "rm -f '%s'/ledger.db*; sqlite3 '%s/ledger.db' \"%s\" >/dev/null"
             " && sha256sum '%s/ledger.db' > '%s/before'",
             root, root, sql, root, root);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(ckl_manager_open(&manager, root, NULL, &fault), CKL_REFUSED);
    ck_assert_int_ne(fault.message[0], '\0');
    snprintf(command, sizeof command, "sha256sum -c --status '%s/before'", root);
    ck_assert_int_eq(system(command), 0);
}

/* Whatever else is asked in between, a cursor goes on where it was. */
START_TEST(a_cursor_goes_on)
{
    ckl_manager *manager = open_run(NULL);
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    unsigned seen = 0;
    update_config(manager, "{\"lr\": 1}");
    update_config(manager, "{\"lr\": 2}");
    update_config(manager, "{\"lr\": 3}");
    unsigned events = count_events(manager);
    ASSERT_OK(ckl_events(&cursor, manager, &(ckl_event_filter){.all_runs = true}, &fault));
    while (ckl_event_next(&event, cursor, &fault) == CKL_OK && seen <= events) {
        ckl_status_info info;
        seen++;
        ASSERT_OK(ckl_manager_status(&info, manager, &fault));
        update_config(manager, "{\"lr\": 3}"); /* changes nothing */
    }
    ck_assert_uint_eq(seen, events);
    ckl_event_cursor_close(cursor);
    ckl_manager_close(manager);
}
END_TEST

/* What was absent has no segment; nobody is told an empty one. */
START_TEST(pairs_with_what_was_absent)
{
    const ckl_pair_row *row = NULL;
    ckl_pairs *pairs = NULL;
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 1}");
    ASSERT_OK(ckl_manager_log_metric(manager, 1, "loss", 0.5, &fault));
    update_data(manager, DATA);
    ASSERT_OK(ckl_manager_log_metric(manager, 1, "loss", 0.25, &fault));
    ASSERT_OK(ckl_manager_flush_metrics(manager, &fault));
    ASSERT_OK(ckl_pairs_open(&pairs, manager, &(ckl_pairs_options){.metric = "loss"}, &fault));
    ASSERT_OK(ckl_pairs_next(&row, pairs, &fault));
    ck_assert_str_eq(row->kind, "data");
    ck_assert_ptr_null(row->from);
    ck_assert_ptr_nonnull(row->to);
    ckl_pairs_close(pairs);
    ckl_manager_close(manager);
}
END_TEST

/* A reader that cannot read the log says so; it does not answer from before it. */
START_TEST(a_log_that_cannot_be_read_is_not_taken_for_none)
{
    ckl_manager *manager = NULL;
    char command[256];
    pid_t writer = fork();
    if (writer == 0) { /* ends without closing: what it recorded is in the log alone */
        update_config(open_run(NULL), "{\"lr\": 1}");
        _exit(0);
    }
    int result = 1;
    waitpid(writer, &result, 0);
    ck_assert_int_eq(result, 0);
    snprintf(command, sizeof command,
             "cd '%s' && test -s ledger.db-wal && rm -f ledger.db-shm &&"
             " ln -s nowhere ledger.db-shm",
             root);
    ck_assert_int_eq(system(command), 0);
    ckl_options options = {.read_only = true};
    ckl_error_clear(&fault);
    ck_assert_int_eq(ckl_manager_open(&manager, root, &options, &fault), CKL_IO);
    ck_assert_ptr_nonnull(strstr(fault.hint, "ledger.db-wal"));
}
END_TEST

START_TEST(newer_and_foreign_files_are_refused)
{
    expect_refused("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')");
    expect_refused("PRAGMA application_id = 1129008177; PRAGMA user_version = 99;"
                   " CREATE TABLE _event (seq)");
    expect_refused("PRAGMA user_version = 3; CREATE TABLE t (x)");
}
END_TEST

START_TEST(reading_never_creates)
{
    ckl_manager *manager = NULL;
    ckl_options options = {.read_only = true};
    ck_assert_int_eq(ckl_manager_open(&manager, root, &options, NULL), CKL_NOT_FOUND);
    ck_assert(!has_file("ledger.db") && !has_file(".ckl"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, going_back_leaves_nothing_pending);
    tcase_add_test(tests, a_call_that_changes_nothing_writes_nothing);
    tcase_add_test(tests, superseded_states_are_said_to_be);
    tcase_add_test(tests, edits_are_all_or_none);
    tcase_add_test(tests, edits_of_two_processes_add_up);
    tcase_add_test(tests, switching_measures_pending_against_the_nearest_dump);
    tcase_add_test(tests, hashes_from_outside);
    tcase_add_test(tests, ignored_paths_do_not_count_and_are_kept);
    tcase_add_test(tests, a_run_can_begin_at_a_recorded_state);
    tcase_add_test(tests, a_forked_child_is_refused);
    tcase_add_test(tests, a_cursor_goes_on);
    tcase_add_test(tests, pairs_with_what_was_absent);
    tcase_add_test(tests, a_log_that_cannot_be_read_is_not_taken_for_none);
    tcase_add_test(tests, newer_and_foreign_files_are_refused);
    tcase_add_test(tests, reading_never_creates);
    return run_suite(tests, "manager");
}
