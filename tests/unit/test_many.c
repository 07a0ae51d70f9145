/* Many processes at once: first openings, openings of a ledger of an older version, writers on runs
 * of their own beside readers. CKL_ROUNDS (3) and CKL_SECONDS (3) set how long. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "root.h"

#define OPENERS 64
#define WRITERS 16
#define READERS 8

static int size_from(const char *name, int otherwise)
{
    const char *wanted = getenv(name);
    return wanted != NULL && atoi(wanted) > 0 ? atoi(wanted) : otherwise;
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static long long ask(const char *sql)
{
    char command[1024];
    long long answer = -1;
    snprintf(command, sizeof command, "sqlite3 -cmd '.timeout 5000' '%s/ledger.db' \"%s\"", root,
             sql);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    ck_assert_int_eq(fscanf(pipe, "%lld", &answer), 1);
    ck_assert_int_eq(pclose(pipe), 0);
    return answer;
}

static void shell(const char *format)
{
    char command[1024];
    snprintf(command, sizeof command, format, root, root, root);
    ck_assert_int_eq(system(command), 0);
}

/* ---- openings -------------------------------------------------------------------------------- */

/* Waits for the start of all, opens, records something of its own. The result is its exit code. */
static int open_and_record(int number, int start)
{
    char json[64], byte;
    ckl_manager *manager = NULL;
    ckl_config *config = NULL;
    ckl_update_result result;
    ckl_error err = {0};
    ckl_options options = {.busy_timeout_ms = 60000};
    if (read(start, &byte, 1) != 0) /* the other end is closed: go */
        return 1;
    snprintf(json, sizeof json, "{\"opener\": %d}", number);
    ckl_status status =
        ckl_config_parse(&config, json, strlen(json), CKL_FORMAT_JSON, "test", NULL, &err);
    if (status == CKL_OK)
        status = ckl_manager_open(&manager, root, &options, &err);
    ckl_update update = {.config = config};
    if (status == CKL_OK)
        status = ckl_manager_update_experiment_hash(&result, manager, &update, &err);
    ckl_manager_close(manager);
    ckl_config_free(config);
    if (status != CKL_OK)
        fprintf(stderr, "opener %d: %s %s\n", number, ckl_status_name(status), err.message);
    return status == CKL_OK ? 0 : 1;
}

static void open_at_once(void)
{
    pid_t children[OPENERS];
    int ends[2], failed = 0;
    ck_assert_int_eq(pipe(ends), 0);
    for (int number = 0; number < OPENERS; number++) {
        children[number] = fork();
        ck_assert_int_ge(children[number], 0);
        if (children[number] == 0) {
            close(ends[1]);
            _exit(open_and_record(number, ends[0]));
        }
    }
    close(ends[0]);
    close(ends[1]);
    for (int number = 0; number < OPENERS; number++) {
        int result = 0;
        waitpid(children[number], &result, 0);
        failed += !WIFEXITED(result) || WEXITSTATUS(result) != 0;
    }
    ck_assert_int_eq(failed, 0);
}

START_TEST(many_first_openings)
{
    for (int round = 0; round < size_from("CKL_ROUNDS", 3); round++) {
        open_at_once();
        ck_assert_int_eq(ask("SELECT count(*) FROM changes"), OPENERS);
        ck_assert_int_eq(ask("PRAGMA user_version"), DB_VERSION);
        shell("rm -rf '%s'; mkdir '%s'");
    }
}
END_TEST

/* As the last program of that version left it. */
static const struct {
    const char *sql;
    int version, events, metric_values;
} OLDER[] = {{TESTS_DIR "/golden/ledger_v1.sql", 1, 8, 2},
             {TESTS_DIR "/verify/version_2.sql", 2, 21, 2}};

START_TEST(many_openings_of_an_older_ledger)
{
    for (int round = 0; round < size_from("CKL_ROUNDS", 3); round++) {
        char make[512];
        snprintf(
            make, sizeof make,
            "sqlite3 '%%s/ledger.db' 'PRAGMA journal_mode=WAL; PRAGMA application_id=1129008177;"
            " PRAGMA user_version=%d' '.read %s' >/dev/null",
            OLDER[_i].version, OLDER[_i].sql);
        shell(make);
        ck_assert_int_eq(ask("SELECT count(*) FROM _event"), OLDER[_i].events);
        open_at_once();
        ck_assert_int_eq(ask("PRAGMA user_version"), DB_VERSION);
        ck_assert_int_eq(ask("SELECT count(*) FROM _event"), OLDER[_i].events + OPENERS);
        ck_assert_int_eq(ask("SELECT count(*) FROM pragma_foreign_key_check"), 0);
        ck_assert_int_eq(ask("SELECT count(*) FROM _metric_series WHERE digest IS NULL"), 0);
        ck_assert_int_eq(ask("SELECT sum(value_count) FROM metric_series"),
                         OLDER[_i].metric_values);
        ck_assert_int_eq(ask("SELECT count(*) FROM names"), 0);
        shell("rm -rf '%s'; mkdir '%s'");
    }
}
END_TEST

/* ---- writers beside readers ------------------------------------------------------------------ */

typedef struct tally {
    _Atomic int64_t operations[WRITERS];
    _Atomic int64_t longest_us[WRITERS];
    _Atomic int64_t reads, torn;
} tally;

static void write_for(tally *all, int number, int64_t end)
{
    char run[16], json[64];
    snprintf(run, sizeof run, "run%d", number);
    ckl_manager *manager = open_run(run);
    for (int64_t count = 1; now_us() < end; count++) {
        int64_t before = now_us();
        snprintf(json, sizeof json, "{\"writer\": %d, \"count\": %lld}", number, (long long)count);
        update_config(manager, json);
        if (count % 20 == 0)
            dump(manager);
        int64_t took = now_us() - before;
        all->operations[number] = count;
        if (took > all->longest_us[number])
            all->longest_us[number] = took;
    }
    ckl_manager_close(manager);
    _exit(0);
}

/* One statement sees one moment: the head of every run is where its last move led. */
static const char HALF_STATES[] =
    "SELECT count(*) FROM _run WHERE head IS NOT (SELECT experiment FROM _event"
    " WHERE _event.run = _run.id AND experiment IS NOT from_experiment ORDER BY seq DESC LIMIT 1)";

static void read_for(tally *all, int64_t end)
{
    char path[128];
    snprintf(path, sizeof path, "%s/ledger.db", root);
    while (now_us() < end) {
        sqlite3 *connection = NULL;
        sqlite3_stmt *row = NULL;
        if (sqlite3_open_v2(path, &connection, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
            _exit(1);
        for (int count = 0; count < 50 && now_us() < end; count++) {
            if (sqlite3_prepare_v2(connection, HALF_STATES, -1, &row, NULL) != SQLITE_OK ||
                sqlite3_step(row) != SQLITE_ROW) {
                fprintf(stderr, "reader: %s\n", sqlite3_errmsg(connection));
                _exit(1);
            }
            all->torn += sqlite3_column_int64(row, 0);
            all->reads++;
            usleep(2000); /* with its read open, so that readers overlap */
            sqlite3_finalize(row);
        }
        sqlite3_close(connection);
    }
    _exit(0);
}

static long long log_size(void)
{
    char path[128];
    struct stat found;
    snprintf(path, sizeof path, "%s/ledger.db-wal", root);
    return stat(path, &found) == 0 ? (long long)found.st_size : 0;
}

START_TEST(writers_and_readers)
{
    int seconds = size_from("CKL_SECONDS", 3), failed = 0;
    int64_t end = now_us() + (int64_t)seconds * 1000000, operations = 0, longest = 0;
    long long largest = 0;
    pid_t children[WRITERS + READERS];
    tally *all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(all, MAP_FAILED);
    ckl_manager_close(open_run(NULL));
    for (int number = 0; number < WRITERS + READERS; number++) {
        children[number] = fork();
        if (children[number] == 0 && number < WRITERS)
            write_for(all, number, end);
        if (children[number] == 0)
            read_for(all, end);
    }
    while (now_us() < end) {
        largest = log_size() > largest ? log_size() : largest;
        usleep(10000);
    }
    for (int number = 0; number < WRITERS + READERS; number++) {
        int result = 0;
        waitpid(children[number], &result, 0);
        failed += !WIFEXITED(result) || WEXITSTATUS(result) != 0;
    }
    for (int number = 0; number < WRITERS; number++) {
        operations += all->operations[number];
        longest = all->longest_us[number] > longest ? all->longest_us[number] : longest;
    }
    printf("%lld changes, longest wait %lld ms, %lld reads, log at most %lld KB\n",
           (long long)operations, (long long)(longest / 1000), (long long)all->reads,
           largest / 1024);
    ck_assert_int_eq(failed, 0); /* no busy, no error */
    ck_assert_int_eq(all->torn, 0);
    ck_assert_int_gt(all->reads, 0);
    ck_assert_int_eq(ask("SELECT count(*) FROM changes"), operations);
    ck_assert_int_lt(largest, 64LL * 1024 * 1024);
    munmap(all, sizeof *all);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, many_first_openings);
    tcase_add_loop_test(tests, many_openings_of_an_older_ledger, 0, sizeof OLDER / sizeof *OLDER);
    tcase_add_test(tests, writers_and_readers);
    return run_suite(tests, "many processes");
}
