/* SQL from C: values, parameters, one moment, limits; and snapshots that know when nothing changed.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "unit/root.h"

#define DATA "{\"uids\": [\"a\", \"b\", \"c\"], \"discarded\": [\"b\"], \"tags\": {\"a\": [\"x\"]}}"
#define ENDLESS                                                                                    \
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"

static ckl_sql *ask(ckl_manager *manager, const char *sql)
{
    ckl_sql *rows = NULL;
    ASSERT_OK(ckl_sql_open(&rows, manager, sql, NULL, &fault));
    return rows;
}

/* The first value of the only row. */
static int64_t ask_number(ckl_manager *manager, const char *sql)
{
    const ckl_sql_value *row = NULL;
    ckl_sql *rows = ask(manager, sql);
    ASSERT_OK(ckl_sql_next(&row, rows, &fault));
    int64_t number = row[0].integer;
    ck_assert_int_eq(row[0].type, CKL_SQL_INTEGER);
    ck_assert_int_eq(ckl_sql_next(&row, rows, NULL), CKL_DONE);
    ckl_sql_close(rows);
    return number;
}

START_TEST(values_come_as_what_they_are)
{
    ckl_manager *manager = open_run(NULL);
    const ckl_sql_value *row = NULL;
    ckl_sql *rows = ask(manager, "SELECT 1 AS one, 0.5, 'a' || char(0) || 'b', x'00ff', NULL, x''");
    ck_assert_uint_eq(ckl_sql_column_count(rows), 6);
    ck_assert_str_eq(ckl_sql_column_name(rows, 0), "one");
    ck_assert_str_eq(ckl_sql_column_name(rows, 6), "");
    ASSERT_OK(ckl_sql_next(&row, rows, &fault));
    ck_assert(row[0].type == CKL_SQL_INTEGER && row[0].integer == 1 && row[0].text == NULL);
    ck_assert(row[1].type == CKL_SQL_REAL && row[1].real == 0.5);
    ck_assert(row[2].type == CKL_SQL_TEXT && row[2].size == 3);
    ck_assert_mem_eq(row[2].text, "a\0b", 4);
    ck_assert_ptr_eq(row[2].bytes, row[2].text);
    ck_assert(row[3].type == CKL_SQL_BLOB && row[3].size == 2 && row[3].text == NULL);
    ck_assert_mem_eq(row[3].bytes, "\0\xff", 2);
    ck_assert(row[4].type == CKL_SQL_NULL);
    ck_assert(row[5].type == CKL_SQL_BLOB && row[5].size == 0);
    for (int again = 0; again < 3; again++)
        ck_assert_int_eq(ckl_sql_next(&row, rows, &fault), CKL_DONE);
    ckl_sql_close(rows);
    ckl_sql_close(NULL);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(parameters_get_values)
{
    ckl_manager *manager = open_run(NULL);
    const ckl_sql_value *row = NULL;
    ckl_sql *rows = ask(manager, "SELECT ?1, :real, :text, :blob, :none, :empty");
    const ckl_sql_value values[] = {{.type = CKL_SQL_INTEGER, .integer = INT64_MIN},
                                    {.type = CKL_SQL_REAL, .real = -0.25},
                                    {.type = CKL_SQL_TEXT, .text = "a\0b", .size = 3},
                                    {.type = CKL_SQL_BLOB, .bytes = "\xff", .size = 1},
                                    {.type = CKL_SQL_NULL},
                                    {.type = CKL_SQL_TEXT}};
    ck_assert_uint_eq(ckl_sql_parameter_count(rows), 6);
    ck_assert_str_eq(ckl_sql_parameter_name(rows, 2), ":real");
    ck_assert_ptr_null(ckl_sql_parameter_name(rows, 0));
    ck_assert_ptr_null(ckl_sql_parameter_name(rows, 7));
    for (size_t index = 0; index < 6; index++)
        ASSERT_OK(ckl_sql_bind(rows, index + 1, &values[index], &fault));
    ck_assert_int_eq(ckl_sql_bind(rows, 0, &values[0], NULL), CKL_INVALID);
    ck_assert_int_eq(ckl_sql_bind(rows, 7, &values[0], NULL), CKL_INVALID);
    ASSERT_OK(ckl_sql_next(&row, rows, &fault));
    ck_assert_int_eq(row[0].integer, INT64_MIN);
    ck_assert(row[1].real == -0.25);
    ck_assert_mem_eq(row[2].bytes, "a\0b", 4);
    ck_assert_mem_eq(row[3].bytes, "\xff", 1);
    ck_assert_int_eq(row[4].type, CKL_SQL_NULL);
    ck_assert(row[5].type == CKL_SQL_TEXT && row[5].size == 0);
    ck_assert_int_eq(ckl_sql_bind(rows, 1, &values[0], NULL), CKL_MISUSE);
    ckl_sql_close(rows);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(rows_are_of_one_moment_and_keep_no_writer_waiting)
{
    ckl_manager *manager = open_run(NULL);
    const ckl_sql_value *row = NULL;
    update_data(manager, DATA);
    dump(manager);
    ckl_sql *rows =
        ask(manager, "SELECT (SELECT count(*) FROM changes), key FROM json_each('[1,2]')");
    ASSERT_OK(ckl_sql_next(&row, rows, &fault));
    ck_assert_int_eq(row[0].integer, 1);
    update_config(manager, "{\"lr\": 1}");
    dump(manager);
    ASSERT_OK(ckl_sql_next(&row, rows, &fault));
    ck_assert_int_eq(row[0].integer, 1);
    ck_assert_int_eq(ask_number(manager, "SELECT count(*) FROM changes"), 2);
    ckl_sql_close(rows);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(the_functions_are_about_the_run_of_the_manager)
{
    ckl_manager *manager = open_run("wide");
    update_data(manager, DATA);
    dump(manager);
    update_config(manager, "{\"lr\": 1}");
    ck_assert_int_eq(ask_number(manager, "SELECT count(*) FROM ckl_diff('PENDING')"), 1);
    ck_assert_int_eq(ask_number(manager, "SELECT count(*) FROM ckl_state_at('@')"), 3);
    ck_assert_int_eq(ask_number(manager, "SELECT ckl_changed('PENDING') = 'config'"), 1);
    ckl_manager_close(manager);
    manager = open_run(NULL);
    ckl_sql *rows = ask(manager, "SELECT * FROM ckl_diff('@')");
    const ckl_sql_value *row = NULL;
    ck_assert_int_eq(ckl_sql_next(&row, rows, &fault), CKL_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.message, "nothing is recorded in run 'main'"));
    ck_assert_int_eq(ckl_sql_next(&row, rows, NULL), CKL_DONE);
    ckl_sql_close(rows);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(what_is_not_reading_is_refused)
{
    static const char *const STATEMENTS[] = {"DELETE FROM _event",
                                             "ATTACH 'x' AS y",
                                             "SELECT 1; SELECT 2",
                                             "",
                                             "SELECT",
                                             "PRAGMA journal_mode=DELETE",
                                             "VACUUM",
                                             "CREATE TABLE x (a)",
                                             "SELECT load_extension('x')",
                                             "BEGIN",
                                             "PRAGMA user_version=9"};
    ckl_manager *manager = open_run(NULL);
    update_data(manager, DATA);
    for (size_t index = 0; index < sizeof STATEMENTS / sizeof *STATEMENTS; index++) {
        ckl_sql *rows = NULL;
        ckl_error err = {0};
        ck_assert_int_eq(ckl_sql_open(&rows, manager, STATEMENTS[index], NULL, &err), CKL_INVALID);
        ck_assert_ptr_null(rows);
        ck_assert_msg(strncmp(err.message, "SQL: ", 5) == 0, "%s", err.message);
    }
    update_config(manager, "{\"lr\": 1}"); /* the manager's own connection is as it was */
    ckl_manager_close(manager);
}
END_TEST

START_TEST(time_ends)
{
    ckl_manager *manager = open_run(NULL);
    const ckl_sql_value *row = NULL;
    ckl_sql *rows = NULL;
    const ckl_sql_options brief = {.time_limit_ms = 50}, none = {.time_limit_ms = -1};
    ASSERT_OK(ckl_sql_open(&rows, manager, ENDLESS, &brief, &fault));
    ckl_error_clear(&fault);
    ck_assert_int_eq(ckl_sql_next(&row, rows, &fault), CKL_BUSY);
    ck_assert_str_eq(fault.message, "SQL: stopped after 50 ms");
    ckl_sql_close(rows);

    /* What the caller takes for itself does not count. */
    ASSERT_OK(ckl_sql_open(&rows, manager, "SELECT key FROM json_each('[1,2,3]')", &brief, &fault));
    for (int number = 0; number < 3; number++) {
        ASSERT_OK(ckl_sql_next(&row, rows, &fault));
        usleep(40000);
    }
    ck_assert_int_eq(ckl_sql_next(&row, rows, &fault), CKL_DONE);
    ckl_sql_close(rows);

    ASSERT_OK(ckl_sql_open(&rows, manager,
                           "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n"
                           " WHERE x < 300000) SELECT max(x) FROM n",
                           &none, &fault));
    ASSERT_OK(ckl_sql_next(&row, rows, &fault));
    ck_assert_int_eq(row[0].integer, 300000);
    ckl_sql_close(rows);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(a_forked_child_is_refused)
{
    ckl_manager *manager = open_run(NULL);
    update_data(manager, DATA);
    ckl_sql *rows = ask(manager, "SELECT * FROM samples");
    pid_t child = fork();
    if (child == 0) {
        ckl_sql *other = NULL;
        const ckl_sql_value *row = NULL;
        bool refused = ckl_sql_next(&row, rows, NULL) == CKL_MISUSE &&
                       ckl_sql_open(&other, manager, "SELECT 1", NULL, NULL) == CKL_MISUSE;
        ckl_sql_close(rows);
        _exit(refused ? 0 : 1);
    }
    int status = 1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    const ckl_sql_value *row = NULL;
    ASSERT_OK(ckl_sql_next(&row, rows, &fault));
    ckl_sql_close(rows);
    ckl_manager_close(manager);
}
END_TEST

START_TEST(a_snapshot_is_written_when_something_changed)
{
    char path[128];
    ckl_manager *manager = open_run(NULL), *other = NULL;
    ckl_options reading = {.read_only = true};
    ckl_snapshot_info first = {0}, next = {0};
    snprintf(path, sizeof path, "%s/copy.db", root);
    update_data(manager, DATA);
    ASSERT_OK(ckl_manager_open(&other, root, &reading, &fault));
    ASSERT_OK(ckl_snapshot(&first, other, path, NULL, &fault));
    ck_assert(first.written && first.bytes > 0);
    ck_assert_int_eq(first.seq, 1);
    ASSERT_OK(ckl_snapshot(&next, other, path, &first, &fault));
    ck_assert(!next.written && next.seq == 1 && next.bytes == first.bytes);
    ASSERT_OK(ckl_snapshot(&next, other, path, NULL, &fault));
    ck_assert(next.written);
    update_config(manager, "{\"lr\": 1}");
    ASSERT_OK(ckl_snapshot(&next, other, path, &next, &fault));
    ck_assert(next.written && next.seq == 2);
    remove(path);
    ASSERT_OK(ckl_snapshot(&next, other, path, &next, &fault));
    ck_assert(next.written);
    ckl_manager_close(other);

    /* What this manager itself recorded counts, too. */
    ASSERT_OK(ckl_snapshot(&next, manager, path, NULL, &fault));
    ASSERT_OK(ckl_snapshot(&first, manager, path, &next, &fault));
    ck_assert(!first.written);
    update_config(manager, "{\"lr\": 2}");
    ASSERT_OK(ckl_snapshot(&first, manager, path, &next, &fault));
    ck_assert(first.written && first.seq == 3);
    ckl_manager_close(manager);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, values_come_as_what_they_are);
    tcase_add_test(tests, parameters_get_values);
    tcase_add_test(tests, rows_are_of_one_moment_and_keep_no_writer_waiting);
    tcase_add_test(tests, the_functions_are_about_the_run_of_the_manager);
    tcase_add_test(tests, what_is_not_reading_is_refused);
    tcase_add_test(tests, time_ends);
    tcase_add_test(tests, a_forked_child_is_refused);
    tcase_add_test(tests, a_snapshot_is_written_when_something_changed);
    return run_suite(tests, "sql");
}
