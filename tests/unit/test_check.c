/* Looking a ledger over, as programs do it. What it finds is tried column by column in tests/check;
 * here: the interface, damage below SQL, and company. CKL_FLIPS sets how many bytes are flipped. */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "root.h"

static ckl_check *look(const ckl_check_options *options)
{
    ckl_check *check = NULL;
    ASSERT_OK(ckl_check_open(&check, root, options, &fault));
    return check;
}

/* How many findings of a kind there are (NULL: of any); of them so many are put right. */
static unsigned count_findings(ckl_check *check, const char *kind, unsigned *repaired)
{
    ckl_finding finding;
    unsigned count = 0;
    ckl_status status;
    while ((status = ckl_check_next(&finding, check, &fault)) == CKL_OK) {
        ck_assert_ptr_nonnull(finding.subject);
        ck_assert_uint_gt(strlen(finding.message), 0);
        if (kind == NULL || strcmp(finding.kind, kind) == 0) {
            count++;
            if (repaired != NULL)
                *repaired += finding.repaired;
        }
    }
    ck_assert_int_eq(status, CKL_DONE);
    return count;
}

static unsigned look_for(const char *kind)
{
    ckl_check *check = look(NULL);
    unsigned count = count_findings(check, kind, NULL);
    ckl_check_close(check);
    return count;
}

static void make_history(void)
{
    ckl_manager *manager = open_run(NULL);
    update_config(manager, "{\"lr\": 0.1}");
    update_data(manager, "{\"uids\": [\"a\", \"b\"], \"discarded\": [\"b\"]}");
    dump(manager);
    save(manager, 1, "weights");
    update_config(manager, "{\"lr\": 0.2}");
    dump(manager);
    ASSERT_OK(ckl_manager_log_metric(manager, 1, "loss", 0.5, &fault));
    ckl_manager_close(manager);
}

static void run_sql(const char *sql)
{
    char command[1024];
    snprintf(command, sizeof command, "sqlite3 '%s/ledger.db' \"%s\"", root, sql);
    ck_assert_int_eq(system(command), 0);
}

static void delete_files(const char *pattern)
{
    char command[256];
    snprintf(command, sizeof command, "find '%s/checkpoints' -name '%s' -delete", root, pattern);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(a_sound_ledger_has_no_findings)
{
    ckl_check_counts counts;
    ckl_finding finding;
    make_history();
    ckl_check *check = look(NULL);
    ck_assert_int_eq(ckl_check_next(&finding, check, &fault), CKL_DONE);
    ckl_check_read_counts(&counts, check);
    ckl_check_close(check);
    ck_assert_uint_eq(counts.events, 6);
    ck_assert_uint_eq(counts.experiments, 3);
    ck_assert_uint_eq(counts.components, 3);
    ck_assert_uint_eq(counts.data_states, 1);
    ck_assert_uint_eq(counts.samples, 2);
    ck_assert_uint_eq(counts.checkpoints, 1);
    ck_assert_uint_eq(counts.metrics, 1);
    ck_assert_uint_eq(counts.files, 5);
    ck_assert_uint_gt(counts.bytes, 0);
    ckl_check_close(NULL);
}
END_TEST

START_TEST(an_empty_ledger_is_sound)
{
    ckl_manager_close(open_run(NULL));
    ck_assert_uint_eq(look_for(NULL), 0);
}
END_TEST

START_TEST(what_is_no_ledger_is_no_finding)
{
    ckl_check *check = NULL;
    char path[128];
    ck_assert_int_eq(ckl_check_open(&check, root, NULL, &fault), CKL_NOT_FOUND);
    ckl_error_clear(&fault);
    ck_assert_int_eq(ckl_check_open(&check, "/nowhere/at/all", NULL, &fault), CKL_NOT_FOUND);
    ckl_error_clear(&fault);
    snprintf(path, sizeof path, "%s/ledger.db", root);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("this is a letter, and no database at all", file);
    fclose(file);
    ck_assert_int_eq(ckl_check_open(&check, root, NULL, &fault), CKL_REFUSED);
    ck_assert_ptr_null(check);
}
END_TEST

START_TEST(a_receipt_that_is_none_is_refused)
{
    ckl_check *check = NULL;
    ckl_check_options options = {.receipt = "{\"schema_version\": 1}"};
    make_history();
    ck_assert_int_eq(ckl_check_open(&check, root, &options, &fault), CKL_INVALID);
    ck_assert_uint_gt(strlen(fault.hint), 0);
}
END_TEST

START_TEST(a_receipt_holds_as_long_as_history_only_grows)
{
    char *receipt = NULL;
    make_history();
    ckl_manager *manager = open_run(NULL);
    ASSERT_OK(ckl_receipt(&receipt, manager, &fault));
    update_config(manager, "{\"lr\": 0.3}");
    ckl_manager_close(manager);
    ckl_check_options options = {.receipt = receipt};
    ckl_check *check = look(&options);
    ck_assert_uint_eq(count_findings(check, NULL, NULL), 0);
    ckl_check_close(check);
    run_sql("DELETE FROM _event WHERE seq > 3");
    check = look(&options);
    ck_assert_uint_eq(count_findings(check, "receipt", NULL), 2); /* that of the dump, too */
    ckl_check_close(check);
    ckl_free(receipt);
}
END_TEST

START_TEST(a_dump_does_not_depend_on_its_receipt)
{
    char path[128];
    snprintf(path, sizeof path, "%s/.ckl", root);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/.ckl/receipt.json", root);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    make_history();
    ck_assert_uint_eq(look_for("receipt"), 1);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_uint_eq(look_for(NULL), 0);
}
END_TEST

START_TEST(a_repair_brings_dumped_files_back)
{
    unsigned repaired = 0;
    make_history();
    delete_files("*.yaml");
    ck_assert_uint_eq(look_for("missing"), 4);
    ckl_check_options options = {.repair = true, .actor = "tester", .reason = "test"};
    ckl_check *check = look(&options);
    ck_assert_uint_eq(count_findings(check, "missing", &repaired), 4);
    ck_assert_uint_eq(repaired, 4);
    ckl_check_close(check);
    ck_assert_uint_eq(look_for(NULL), 0);
}
END_TEST

START_TEST(a_repair_says_what_is_lost)
{
    ckl_finding finding;
    make_history();
    delete_files("*.pt");
    ckl_check_options options = {.repair = true};
    ckl_check *check = look(&options);
    ASSERT_OK(ckl_check_next(&finding, check, &fault));
    ck_assert_str_eq(finding.kind, "missing");
    ck_assert(!finding.repaired);
    ck_assert_ptr_nonnull(finding.lost);
    ck_assert_int_eq(ckl_check_next(&finding, check, &fault), CKL_DONE);
    ckl_check_close(check);
    ck_assert_uint_eq(look_for(NULL), 1);
}
END_TEST

START_TEST(what_was_deleted_on_purpose_is_accepted)
{
    make_history();
    delete_files("*.pt");
    ckl_check_options options = {.accept_missing = true};
    ckl_check_close(look(&options));
    ck_assert_uint_eq(look_for(NULL), 0);
    ckl_manager *manager = open_run(NULL);
    save(manager, 1, "new weights"); /* its place is free again */
    ckl_manager_close(manager);
    ck_assert_uint_eq(look_for(NULL), 0);
}
END_TEST

/* ---- company --------------------------------------------------------------------------------- */

/* Looks again and again while a process records: what is half done there is no finding. */
START_TEST(what_others_are_doing_is_no_finding)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(ends[1]);
        ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
        ckl_manager *manager = open_run(NULL);
        char word;
        for (int step = 1; read(ends[0], &word, 1) != 0; step++) {
            char json[64];
            snprintf(json, sizeof json, "{\"step\": %d}", step);
            update_config(manager, json);
            dump(manager);
            save(manager, step % 3, json); /* also replaces */
            if (step % 5 == 0)
                ckl_manager_close(manager), manager = open_run(NULL);
        }
        ckl_manager_close(manager);
        _exit(0);
    }
    close(ends[0]);
    ckl_manager_close(open_run("watcher"));
    time_t end =
        time(NULL) + 10; /* what is written meanwhile takes longer and longer to look over */
    for (int again = 0; again < 5 || (again < 40 && time(NULL) < end); again++) {
        ckl_finding finding;
        ckl_check *check = look(NULL);
        ckl_status status = ckl_check_next(&finding, check, &fault);
        ck_assert_msg(status == CKL_DONE, "%s: %s", finding.subject, finding.message);
        ckl_check_close(check);
    }
    close(ends[1]);
    ck_assert_uint_eq(look_for(NULL), 0);
}
END_TEST

/* ---- damage below SQL ------------------------------------------------------------------------ */

static char *read_ledger(long *size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/ledger.db", root);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    *size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)*size);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, (size_t)*size, file), (size_t)*size);
    fclose(file);
    return bytes;
}

static void write_ledger(const char *bytes, long size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/ledger.db", root);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, (size_t)size, file), (size_t)size);
    fclose(file);
}

/* Found, refused, or of no consequence (free space, SQLite's own notes); never a failure. */
static unsigned look_at_damage(const char *what, long place)
{
    ckl_check *check = NULL;
    ckl_error_clear(&fault);
    ckl_status status = ckl_check_open(&check, root, NULL, &fault);
    unsigned count = status == CKL_OK ? count_findings(check, NULL, NULL) : 0;
    ckl_check_close(check);
    ck_assert_msg(status == CKL_OK || status == CKL_REFUSED, "%s at %ld: %s %s", what, place,
                  ckl_status_name(status), fault.message);
    return count + (status == CKL_REFUSED);
}

/* An intent that cannot be carried out stops opening for writing, and stays. */
START_TEST(a_damaged_intent_is_told)
{
    static const char *const REMOVALS[] = {"{\\\"remove\\\":[null]}", "{\\\"remove\\\":\\\"x\\\"}",
                                           "no JSON"};
    ckl_manager *manager = NULL;
    char sql[256];
    make_history();
    for (size_t index = 0; index < sizeof REMOVALS / sizeof *REMOVALS; index++) {
        snprintf(sql, sizeof sql,
                 "INSERT OR REPLACE INTO _intent (op, detail, at_us) VALUES"
                 " ('0123456789abcdef0123456789abcdef', '%s', 1)",
                 REMOVALS[index]);
        run_sql(sql);
        ckl_error_clear(&fault);
        ck_assert_int_eq(ckl_manager_open(&manager, root, NULL, &fault), CKL_DAMAGED);
        ck_assert_ptr_nonnull(strstr(fault.message, "intent 0123456789abcdef"));
    }
}
END_TEST

START_TEST(damage_is_found_and_never_a_failure)
{
    long size = 0;
    unsigned found = 0;
    const char *asked = getenv("CKL_FLIPS");
    long flips = asked != NULL ? strtol(asked, NULL, 10) : 150;
    make_history();
    run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
    char *bytes = read_ledger(&size);
    srandom(7);
    for (long again = 0; again < flips; again++) {
        long place = again < 100 ? again : (long)((unsigned long)random() % (unsigned long)size);
        char kept = bytes[place];
        bytes[place] = (char)(kept ^ (1 << (random() % 8)));
        write_ledger(bytes, size);
        bytes[place] = kept;
        found += look_at_damage("flip", place) > 0;
    }
    ck_assert_uint_gt(found, 0);
    for (long part = 1; part < 8; part++) {
        write_ledger(bytes, size * part / 8);
        ck_assert_uint_gt(look_at_damage("cut", part), 0);
    }
    free(bytes);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("check");
    tcase_add_test(tests, a_sound_ledger_has_no_findings);
    tcase_add_test(tests, an_empty_ledger_is_sound);
    tcase_add_test(tests, what_is_no_ledger_is_no_finding);
    tcase_add_test(tests, a_receipt_that_is_none_is_refused);
    tcase_add_test(tests, a_receipt_holds_as_long_as_history_only_grows);
    tcase_add_test(tests, a_dump_does_not_depend_on_its_receipt);
    tcase_add_test(tests, a_repair_brings_dumped_files_back);
    tcase_add_test(tests, a_repair_says_what_is_lost);
    tcase_add_test(tests, what_was_deleted_on_purpose_is_accepted);
    tcase_add_test(tests, what_others_are_doing_is_no_finding);
    tcase_add_test(tests, a_damaged_intent_is_told);
    tcase_add_test(tests, damage_is_found_and_never_a_failure);
    return run_suite(tests, "check");
}
