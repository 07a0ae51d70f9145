#include "judge.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "places.h"

#define SECONDS_MAX 120 /* a case that takes longer hangs */

typedef enum answer { IS_THERE, IS_NOT, MAY_BE } answer;

/* What a process says of what it did. */
typedef struct told {
    answer given;
    bool twice; /* nobody could tell whether it was done, and then it was done (again) */
    unsigned long seen, failed;
    char first[24], why[600];
} told;

__attribute__((format(printf, 2, 3))) static bool wrong(char why[600], const char *format, ...)
{
    va_list arguments;
    if (why[0] != '\0')
        return false;
    va_start(arguments, format);
    vsnprintf(why, 600, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- rows -------------------------------------------------------------------------------------
 */

static bool ask(char *out, size_t size, sqlite3 *ledger, const char *sql, char why[600])
{
    sqlite3_stmt *row = NULL;
    out[0] = '\0';
    bool good = sqlite3_prepare_v2(ledger, sql, -1, &row, NULL) == SQLITE_OK &&
                sqlite3_step(row) == SQLITE_ROW;
    if (good && sqlite3_column_text(row, 0) != NULL)
        snprintf(out, size, "%s", (const char *)sqlite3_column_text(row, 0));
    else if (!good)
        wrong(why, "%s: %s", sql, sqlite3_errmsg(ledger));
    sqlite3_finalize(row);
    return good;
}

static sqlite3 *open_ledger(const char *folder, char why[600])
{
    char path[256];
    sqlite3 *ledger = NULL;
    snprintf(path, sizeof path, "%s/root/ledger.db", folder);
    if (sqlite3_open_v2(path, &ledger, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        wrong(why, "%s: %s", path, sqlite3_errmsg(ledger));
    return ledger;
}

/* How much is recorded: events, and values of metrics. */
static long measure(sqlite3 *ledger, char why[600])
{
    char text[32];
    return ask(text, sizeof text, ledger,
               "SELECT (SELECT count(*) FROM _event)"
               " + (SELECT coalesce(sum(value_count), 0) FROM metric_series)",
               why)
               ? atol(text)
               : -1;
}

static long count_rows(const subject *made, char why[600])
{
    sqlite3 *ledger = open_ledger(made->folder, why);
    long count = measure(ledger, why);
    sqlite3_close(ledger);
    return count;
}

/* ---- the case -------------------------------------------------------------------------------- */

/* Whether the status names the cause. */
static bool names_the_cause(ckl_status status, const fault_plan *plan)
{
    const fault_way *way = plan->way;
    if (way->kind == FAULT_MEMORY)
        return status == CKL_NO_MEMORY;
    if (way->kind == FAULT_CALL && (way->code == ENOSPC || way->code == EDQUOT))
        return status == CKL_NO_SPACE;
    if (way->kind == FAULT_SQLITE && way->code == SQLITE_FULL)
        return status == CKL_NO_SPACE;
    if (way->kind == FAULT_SQLITE && way->code == SQLITE_BUSY)
        return status == CKL_BUSY;
    if (status == CKL_DAMAGED && way->kind == FAULT_CALL && way->code == EIO)
        return true; /* so SQLite tells that a read failed; the hint says both */
    return status == CKL_IO || status == CKL_BUSY;
}

static answer answer_of(ckl_status status, const ckl_error *err, const operation *what)
{
    if (what->opens)
        return MAY_BE;
    if (status == CKL_OK || strstr(err->message, "it is recorded, but may not survive") != NULL)
        return IS_THERE;
    bool open_end = what->in_steps || strstr(err->hint, "cannot be told") != NULL;
    return open_end || what->finished ? MAY_BE : IS_NOT;
}

static void look_at_error(told *out, ckl_status status, const ckl_error *err,
                          const fault_plan *plan)
{
    if (status == CKL_OK)
        return;
    if (err->message[0] == '\0')
        wrong(out->why, "%s without a message", ckl_status_name(status));
    else if (failing_failed() == 0)
        wrong(out->why, "it fails by itself: %s", err->message);
    else if (!names_the_cause(status, plan))
        wrong(out->why, "%s is not the cause: %s", ckl_status_name(status), err->message);
}

/* When everything works again, so does this; before it, nothing of what was refused is there. */
static void do_again(told *out, ckl_manager **manager, const subject *made)
{
    ckl_error err = {0};
    ckl_status status = CKL_OK;
    if (out->given == IS_NOT && count_rows(made, out->why) != made->before)
        wrong(out->why, "refused and there");
    if (*manager == NULL)
        status = operation_open(manager, made->folder, &err);
    if (status == CKL_OK && !made->what->opens)
        status = made->what->act(*manager, made->folder, &err);
    if (status != CKL_OK) {
        wrong(out->why, "not again: %s: %s", ckl_status_name(status), err.message);
        return;
    }
    out->twice = out->given == MAY_BE;
    if (!made->what->opens && !made->what->repairs)
        out->given = IS_THERE;
}

static void act(told *out, const subject *made, const fault_plan *plan)
{
    const operation *what = made->what;
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    unsigned long first;
    size_t descriptors = count_descriptors();
    ckl_status status = CKL_OK;
    failing_keep();
    if (!what->opens)
        status = operation_open(&manager, made->folder, &err);
    if (status != CKL_OK)
        wrong(out->why, "opening: %s", err.message);
    failing_begin(plan);
    if (status == CKL_OK)
        status = what->opens ? operation_open(&manager, made->folder, &err)
                             : what->act(manager, made->folder, &err);
    if (plan->on || status == CKL_OK) { /* closing is under the fault, too */
        ckl_manager_close(manager);
        manager = NULL;
    }
    failing_end();
    out->given = answer_of(status, &err, what);
    look_at_error(out, status, &err, plan);
    if (!plan->on && status != CKL_OK && out->given != IS_THERE)
        do_again(out, &manager, made);
    ckl_manager_close(manager);
    OPENSSL_thread_stop(); /* what it keeps for its messages */
    size_t left = failing_not_freed(&first), open_now = count_descriptors();
    if (left > 0)
        wrong(out->why, "%zu allocations are not freed, the first is number %lu", left, first);
    if (open_now != descriptors)
        wrong(out->why, "%zd descriptors are left open", (ssize_t)(open_now - descriptors));
}

/* ---- what is there afterwards ---------------------------------------------------------------- */

static void look_at_rows(const subject *made, answer given, bool again, char why[600])
{
    char text[256], sql[128];
    sqlite3 *ledger = open_ledger(made->folder, why);
    if (ask(text, sizeof text, ledger, "PRAGMA integrity_check", why) && strcmp(text, "ok") != 0)
        wrong(why, "integrity_check: %s", text);
    if (ask(text, sizeof text, ledger, "SELECT count(*) FROM pragma_foreign_key_check", why) &&
        strcmp(text, "0") != 0)
        wrong(why, "foreign_key_check: %s rows", text);
    if (ask(text, sizeof text, ledger, "SELECT count(*) FROM _intent", why) &&
        strcmp(text, "0") != 0)
        wrong(why, "%s intents are left", text);
    snprintf(sql, sizeof sql, "SELECT hex(chain) FROM _event WHERE seq = %ld", made->last);
    if (made->last > 0 && ask(text, sizeof text, ledger, sql, why) &&
        strcmp(text, made->chain) != 0)
        wrong(why, "event %ld is not what it was", made->last);
    long there = measure(ledger, why);
    sqlite3_close(ledger);
    if (there < made->before || (!again && there > made->after))
        wrong(why, "%ld are recorded, %ld before and %ld with it", there, made->before,
              made->after);
    if (there != made->before && there < made->after && !made->what->in_steps)
        wrong(why, "half of it: %ld of %ld to %ld", there, made->before, made->after);
    if (given == IS_THERE && there < made->after)
        wrong(why, "acknowledged and gone");
    if (given == IS_NOT && !again && there > made->before)
        wrong(why, "refused and there");
}

static void look_over(const subject *made, char why[600])
{
    char root[256];
    ckl_check *check = NULL;
    ckl_finding finding;
    ckl_error err = {0};
    snprintf(root, sizeof root, "%s/root", made->folder);
    bool files_are_gone = made->what->repairs;
    ckl_status status = ckl_check_open(&check, root, NULL, &err);
    while (status == CKL_OK && (status = ckl_check_next(&finding, check, &err)) == CKL_OK)
        if (!files_are_gone || strcmp(finding.kind, "missing") != 0)
            wrong(why, "check: %s %s: %s", finding.kind, finding.subject, finding.message);
    if (status != CKL_DONE && !(made->what->empty && status == CKL_NOT_FOUND))
        wrong(why, "check: %s", err.message);
    ckl_check_close(check);
}

/* A program that comes later: it recovers, finds all that was promised, and leaves nothing to do.
 */
static void look(const subject *made, answer given, bool again, char why[600])
{
    char path[256], *first = NULL, *second = NULL;
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    if (operation_open(&manager, made->folder, &err) != CKL_OK)
        wrong(why, "opening afterwards: %s", err.message);
    ckl_manager_close(manager);
    if (why[0] == '\0')
        look_at_rows(made, given, again, why);
    if (why[0] == '\0')
        look_over(made, why);
    snprintf(path, sizeof path, "%s/moved.pt", made->folder);
    if (access(path, F_OK) != 0 && !place_has_bytes(made->folder, "weights that are nowhere else"))
        wrong(why, "the only copy of a file that was moved is gone");
    snprintf(path, sizeof path, "%s/root/.ckl/tmp", made->folder);
    if (rmdir(path) == 0 ? mkdir(path, 0755) != 0 : errno != ENOENT)
        wrong(why, "something is left in .ckl/tmp");
    snprintf(path, sizeof path, "%s/root", made->folder);
    manager = NULL;
    first = place_list(path);
    if (operation_open(&manager, made->folder, &err) != CKL_OK)
        wrong(why, "a second opening: %s", err.message);
    ckl_manager_close(manager);
    second = place_list(path);
    if (strcmp(first, second) != 0)
        wrong(why, "a second opening changes something:\n%s\n%s", first, second);
    free(first);
    free(second);
}

/* ---- processes ------------------------------------------------------------------------------- */

typedef void in_child(told *out, const subject *made, const void *argument);

/* Returns false when it did not come to an end. */
static bool run_child(told *out, const subject *made, in_child *run, const void *argument)
{
    int ends[2], result = 0;
    *out = (told){.given = MAY_BE};
    if (pipe(ends) != 0)
        abort();
    pid_t child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        told own = {.given = MAY_BE};
        alarm(SECONDS_MAX);
        run(&own, made, argument);
        _exit(write(ends[1], &own, sizeof own) == (ssize_t)sizeof own ? 0 : 1);
    }
    close(ends[1]);
    ssize_t size = read(ends[0], out, sizeof *out);
    close(ends[0]);
    waitpid(child, &result, 0);
    if (WIFEXITED(result) && WEXITSTATUS(result) == FAILING_KILLED) {
        out->failed = 1; /* as planned */
        snprintf(out->first, sizeof out->first, "the end");
        return true;
    }
    if (WIFSIGNALED(result))
        return wrong(out->why, "%s", strsignal(WTERMSIG(result)));
    return size == (ssize_t)sizeof *out || wrong(out->why, "it ended");
}

static void play(told *out, const subject *made, const void *argument)
{
    act(out, made, argument);
    out->seen = failing_seen();
    out->failed = failing_failed();
    snprintf(out->first, sizeof out->first, "%s", failing_first());
}

typedef struct afterwards {
    answer given;
    bool again; /* it may have been done twice */
} afterwards;

static void look_in_child(told *out, const subject *made, const void *argument)
{
    const afterwards *what = argument;
    look(made, what->given, what->again, out->why);
}

bool judge(subject *made, const fault_plan *plan)
{
    told said, found = {0};
    made->why[0] = '\0';
    place_copy(made->template, made->folder);
    bool ended = run_child(&said, made, play, plan);
    made->seen = said.seen;
    made->struck = said.failed > 0;
    afterwards what = {said.given, said.twice};
    if (ended && said.why[0] == '\0')
        run_child(&found, made, look_in_child, &what);
    const char *why = said.why[0] != '\0' ? said.why : found.why;
    snprintf(made->why, sizeof made->why, "%s%s%s", said.first, why[0] != '\0' ? ": " : "", why);
    return why[0] == '\0';
}

/* ---- what is tried --------------------------------------------------------------------------- */

static const fault_way ENDS = {FAULT_CALL, "kill", KILL};

/* As it was left. */
static void measure_rows(told *out, const subject *made)
{
    char number[32] = "0", chain[80] = "";
    sqlite3 *ledger = open_ledger(made->folder, out->why);
    long all = measure(ledger, out->why);
    if (all > 0) {
        ask(number, sizeof number, ledger, "SELECT max(seq) FROM _event", out->why);
        ask(chain, sizeof chain, ledger, "SELECT hex(chain) FROM _event ORDER BY seq DESC LIMIT 1",
            out->why);
    }
    sqlite3_close(ledger);
    if (out->why[0] == '\0')
        snprintf(out->why, sizeof out->why, "=%ld %s %s", all, number, chain);
}

static void measure_in_child(told *out, const subject *made, const void *argument)
{
    bool act_first = argument != NULL;
    ckl_manager *manager = NULL;
    ckl_error err = {0};
    ckl_status status = CKL_OK;
    if (act_first || made->what->interrupted == NULL)
        status = operation_open(&manager, made->folder, &err);
    if (status == CKL_OK && act_first && !made->what->opens)
        status = made->what->act(manager, made->folder, &err);
    if (status != CKL_OK)
        wrong(out->why, "%s", err.message);
    ckl_manager_close(manager);
    measure_rows(out, made);
}

static void measure_subject(subject *out)
{
    told with, without;
    long ignored;
    place_copy(out->template, out->folder);
    run_child(&without, out, measure_in_child, NULL);
    place_copy(out->template, out->folder);
    run_child(&with, out, measure_in_child, out);
    if (sscanf(without.why, "=%ld %ld %79s", &out->before, &out->last, out->chain) < 2 ||
        sscanf(with.why, "=%ld %ld", &out->after, &ignored) != 2) {
        fprintf(stderr, "%s: %s, %s\n", out->what->name, without.why, with.why);
        exit(2);
    }
}

static void count_intents(told *out, const subject *made, const void *argument)
{
    char text[16];
    (void)argument;
    sqlite3 *ledger = open_ledger(made->folder, out->why);
    if (ask(text, sizeof text, ledger, "SELECT count(*) FROM _intent", out->why))
        out->seen = strtoul(text, NULL, 10);
    sqlite3_close(ledger);
}

/* Leaves in the template what a process left that ended at that call. */
static bool interrupt(subject *out, unsigned long kill_at)
{
    const operation *what = out->what;
    told said;
    fault_plan plan = {.way = &ENDS, .nth = kill_at};
    out->what = what->interrupted;
    place_copy(out->template, out->folder);
    run_child(&said, out, play, &plan);
    out->what = what;
    if (said.failed == 0)
        return false;
    place_copy(out->folder, out->template);
    run_child(&said, out, count_intents, NULL);
    return said.seen > 0;
}

unsigned long subject_count(subject *made, const fault_way *way)
{
    told said;
    fault_plan plan = {.way = way};
    place_copy(made->template, made->folder);
    run_child(&said, made, play, &plan);
    if (said.why[0] != '\0') {
        fprintf(stderr, "%s: %s\n", made->what->name, said.why);
        exit(2);
    }
    return said.seen;
}

bool subject_make(subject *out, const operation *what, const char *place, unsigned long kill_at)
{
    *out = (subject){.what = what};
    snprintf(out->template, sizeof out->template, "%.100s/template", place);
    snprintf(out->folder, sizeof out->folder, "%.100s/case", place);
    place_remove(out->template);
    if (mkdir(out->template, 0755) != 0) {
        perror(out->template);
        exit(2);
    }
    operation_prepare(what, out->template);
    if (kill_at > 0 && !interrupt(out, kill_at))
        return false;
    measure_subject(out);
    return true;
}

void subject_remove(const subject *made)
{
    place_remove(made->template);
    place_remove(made->folder);
}
