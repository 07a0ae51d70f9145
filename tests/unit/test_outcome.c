/* A disk that fails while something is committed: what is acknowledged is there, what is not is
 * not, now and after the death of the process; and the manager knows which. The nth write, sync or
 * truncation fails, for every n, once or from then on, with and without somebody else who reads. */
#include <ckl/space.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk_fault.h"
#include "root.h"

static char template[64];

static void copy_template(void)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s' && cp -a '%s' '%s'", root, template, root);
    ck_assert_int_eq(system(command), 0);
}

/* A root with a state that is dumped, three sets of weights, and a change that is not. */
static void make_template(void)
{
    /* In memory: syncing is what SQLite is told here, not what a disk does. */
    snprintf(root, sizeof root, "/dev/shm/ckl-outcome-XXXXXX");
    if (mkdtemp(root) == NULL)
        make_root();
    ckl_manager *manager = open_run(NULL);
    update_data(manager, "{\"uids\": [\"a\", \"b\", \"c\"]}");
    update_config(manager, "{\"lr\": 1}");
    dump(manager);
    save(manager, 100, "one");
    save(manager, 200, "two");
    save(manager, 300, "three");
    update_config(manager, "{\"lr\": 2}");
    ckl_manager_close(manager);
    snprintf(template, sizeof template, "%s", root);
    snprintf(root, sizeof root, "%.40s.case", template);
}

static void remove_template(void)
{
    remove_root();
    snprintf(root, sizeof root, "%s", template);
    remove_root();
}

/* ---- what is done while the disk fails ------------------------------------------------------- */

typedef ckl_status operation(ckl_manager *manager, ckl_error *err);

static ckl_status do_update(ckl_manager *manager, ckl_error *err)
{
    ckl_config *config = NULL;
    ckl_update_result result;
    ASSERT_OK(ckl_config_parse(&config, "{\"lr\": 3}", 9, CKL_FORMAT_JSON, "test", NULL, &fault));
    ckl_update update = {.config = config};
    ckl_status status = ckl_manager_update_experiment_hash(&result, manager, &update, err);
    ckl_config_free(config);
    return status;
}

static ckl_status do_edit(ckl_manager *manager, ckl_error *err)
{
    static const char *const UIDS[] = {"b"};
    ckl_edit edit = {.action = CKL_EDIT_DISCARD, .uids = UIDS, .uid_count = 1};
    ckl_update_result result;
    return ckl_manager_edit_samples(&result, manager, &edit, err);
}

static ckl_status do_dump(ckl_manager *manager, ckl_error *err)
{
    ckl_dump_result result;
    return ckl_manager_dump_pending_changes(&result, manager, false, err);
}

static ckl_status do_checkpoint(ckl_manager *manager, ckl_error *err)
{
    ckl_checkpoint_result result;
    ckl_checkpoint checkpoint = {.step = 400, .bytes = "four", .size = 4};
    return ckl_manager_save_model_checkpoint(&result, manager, &checkpoint, err);
}

static ckl_status do_gc(ckl_manager *manager, ckl_error *err)
{
    ckl_gc *done = NULL;
    ckl_gc_options options = {.keep_last = 1};
    ckl_status status = ckl_gc_run(&done, manager, &options, err);
    ckl_gc_close(done);
    return status;
}

typedef struct kind {
    const char *name;
    operation *act;
    unsigned events;  /* that it adds */
    unsigned repeats; /* that it adds when it is done again after it was done */
    bool in_steps;    /* an error does not mean that nothing of it was done */
} kind;

static const kind KINDS[] = {{"update", do_update, 1, 0, false},
                             {"edit", do_edit, 1, 0, false},
                             {"dump", do_dump, 1, 0, false},
                             {"checkpoint", do_checkpoint, 1, 1, false},
                             {"gc", do_gc, 2, 0, true}};

/* ---- what was acknowledged ------------------------------------------------------------------- */

typedef enum answer { IS_THERE, IS_NOT, MAY_BE } answer;

static answer answer_of(ckl_status status, const ckl_error *err, const kind *what, disk_call call)
{
    /* Only the first of gc's transactions syncs, when there is a log. */
    bool in_steps = what->in_steps && (call != DISK_SYNC || getenv("CKL_FILE_SYSTEM") != NULL);
    if (status == CKL_OK || strstr(err->message, "it is recorded, but may not survive") != NULL)
        return IS_THERE;
    ck_assert_msg(err->message[0] != '\0', "%s: no message", what->name);
    return in_steps || strstr(err->hint, "cannot be told") != NULL ? MAY_BE : IS_NOT;
}

static void assert_answer(answer given, unsigned there, const kind *what, const char *where)
{
    ck_assert_msg(there == 0 || there == what->events, "%s: half of it, %s", what->name, where);
    ck_assert_msg(given != IS_THERE || there > 0, "%s was acknowledged and is gone, %s", what->name,
                  where);
    ck_assert_msg(given != IS_NOT || there == 0, "%s was refused and is there, %s", what->name,
                  where);
}

static void assert_clean(const char *where)
{
    ckl_check *check = NULL;
    ckl_finding finding;
    ASSERT_OK(ckl_check_open(&check, root, NULL, &fault));
    if (ckl_check_next(&finding, check, NULL) == CKL_OK)
        ck_abort_msg("%s: %s %s: %s", where, finding.kind, finding.subject, finding.message);
    ckl_check_close(check);
}

/* ---- one case -------------------------------------------------------------------------------- */

typedef struct trouble {
    disk_call call;
    unsigned nth;
    bool on, full;
} trouble;

static void describe_case(char out[160], const kind *what, const trouble *fails, bool reader)
{
    static const char *const CALLS[] = {"write", "sync", "truncation"};
    snprintf(out, 160, "%s: %s %u fails%s%s%s", what->name, CALLS[fails->call], fails->nth,
             fails->on ? " from then on" : "", fails->full ? ", full" : "",
             reader ? ", beside a reader" : "");
}

/* A process that keeps the ledger open, so that its log is never looked through from the start. */
static pid_t start_reader(void)
{
    int ends[2];
    char ready;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        ckl_manager *manager = open_run(NULL);
        if (count_events(manager) > 0 && write(ends[1], "", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ends[0], &ready, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return child;
}

static void stop_reader(pid_t reader)
{
    if (reader == 0)
        return;
    ck_assert_int_eq(kill(reader, SIGKILL), 0);
    ck_assert_int_eq(waitpid(reader, NULL, 0), reader);
}

static unsigned events_there(void)
{
    ckl_manager *manager = open_run(NULL);
    unsigned count = count_events(manager);
    ckl_manager_close(manager);
    return count;
}

/* The process dies right after the answer; false when nothing failed any more. */
static bool try_and_die(const kind *what, const trouble *fails, bool with_reader, unsigned before)
{
    char where[160];
    int result = 0;
    describe_case(where, what, fails, with_reader);
    copy_template();
    pid_t reader = with_reader ? start_reader() : 0;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        ckl_error err = {0};
        ckl_manager *manager = open_run(NULL);
        disk_fault_at(fails->call, fails->nth, fails->on, fails->full);
        ckl_status status = what->act(manager, &err);
        answer given = answer_of(status, &err, what, fails->call);
        _exit((int)given + (disk_fault_end() ? 10 : 0));
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_msg(WIFEXITED(result), "%s: it died", where);
    stop_reader(reader);
    unsigned there = events_there() - before;
    bool failed = WEXITSTATUS(result) >= 10;
    /* What was left with an intent is finished by the next opening. */
    answer given = (answer)(WEXITSTATUS(result) % 10);
    if (given == IS_NOT && there > 0 && (what->act == do_dump || what->act == do_checkpoint))
        given = MAY_BE;
    assert_answer(given, there, what, where);
    assert_clean(where);
    return failed;
}

/* The same manager goes on when the disk works again. */
static bool try_and_go_on(const kind *what, const trouble *fails, bool with_reader, unsigned before)
{
    char where[160];
    ckl_error err = {0};
    describe_case(where, what, fails, with_reader);
    copy_template();
    pid_t reader = with_reader ? start_reader() : 0;
    ckl_manager *manager = open_run(NULL);
    disk_fault_at(fails->call, fails->nth, fails->on, fails->full);
    ckl_status status = what->act(manager, &err);
    bool failed = disk_fault_end();
    answer given = answer_of(status, &err, what, fails->call);
    unsigned there = count_events(manager) - before;
    assert_answer(given, there, what, where);
    ckl_error_clear(&fault);
    if (what->act(manager, &fault) != CKL_OK)
        ck_abort_msg("%s: not again: %s", where, fault.message);
    unsigned after = count_events(manager) - before;
    unsigned least = there > 0 ? there + what->repeats : what->events;
    ck_assert_msg(after >= least && after <= least + what->repeats, "%s: %u events after %u", where,
                  after, there);
    ckl_manager_close(manager);
    stop_reader(reader);
    ck_assert_uint_eq(events_there() - before, after);
    assert_clean(where);
    return failed;
}

typedef bool attempt(const kind *what, const trouble *fails, bool with_reader, unsigned before);

static void sweep(attempt *try, const kind *what, disk_call call, bool full)
{
    copy_template();
    unsigned before = events_there(), tried = 0;
    bool all = getenv("CKL_SWEEP") != NULL;
    const char *chosen = getenv("CKL_STEP");
    unsigned step = chosen != NULL && atoi(chosen) > 0 ? (unsigned)atoi(chosen) : 13;
    bool few = getenv("CKL_FILE_SYSTEM") != NULL || full || try == try_and_go_on;
    for (int variant = 0; variant < 4; variant += few && !all ? 3 : 1) {
        /* Each takes others of the later ones, CKL_STEP apart; with CKL_SWEEP all are tried. */
        trouble fails = {call, 1, (variant & 1) != 0, full};
        while (try(what, &fails, (variant & 2) != 0, before)) {
            fails.nth += fails.nth < 3 + (unsigned)variant || all ? 1 : step;
            tried++;
        }
    }
    ck_assert_msg(tried > 0 || call == DISK_TRUNCATE, "%s: nothing failed", what->name);
}

static void sweep_all(attempt *try, int number)
{
    const kind *what = &KINDS[number];
    sweep(try, what, DISK_WRITE, false);
    sweep(try, what, DISK_WRITE, true);
    sweep(try, what, DISK_SYNC, false);
    sweep(try, what, DISK_TRUNCATE, false);
}

START_TEST(what_is_acknowledged_is_there_after_death)
{
    sweep_all(try_and_die, _i);
}
END_TEST

START_TEST(the_manager_knows_what_is_there)
{
    sweep_all(try_and_go_on, _i);
}
END_TEST

int main(void)
{
    int count = (int)(sizeof KINDS / sizeof *KINDS);
    disk_fault_install();
    Suite *suite = suite_create("outcome");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, make_template, remove_template);
    tcase_set_timeout(tests, 600);
    tcase_add_loop_test(tests, what_is_acknowledged_is_there_after_death, 0, count);
    tcase_add_loop_test(tests, the_manager_knows_what_is_there, 0, count);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
