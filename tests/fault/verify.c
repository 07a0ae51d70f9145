#include "verify.h"

#include <ckl/ckl.h>
#include <dlfcn.h>
#include <ftw.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager_internal.h"

/* ---- what must be true ----------------------------------------------------------------------- */

static long end_of(const trace *recorded, int operation)
{
    for (size_t index = 0; index < recorded->mark_count; index++) {
        const trace_mark *mark = &recorded->marks[index];
        if (mark->kind == MARK_ACK && mark->operation == operation)
            return mark->seq;
    }
    return recorded->history_count;
}

void expect(expectation *out, const trace *recorded, size_t at)
{
    *out = (expectation){.recorded = recorded, .at = at};
    for (size_t index = 0; index < recorded->mark_count; index++) {
        const trace_mark *mark = &recorded->marks[index];
        if (mark->at > at)
            continue;
        if (mark->kind == MARK_START) {
            long end = end_of(recorded, mark->operation);
            out->limit = end > out->limit ? end : out->limit;
            out->open_operations++;
        } else if (mark->kind == MARK_HAD) {
            out->durable_seq = out->limit = mark->seq;
        } else if (mark->kind == MARK_ACK) {
            out->open_operations--;
            bool durable = mark->durable || mark->at <= recorded->baseline;
            if (durable && mark->seq > out->durable_seq)
                out->durable_seq = mark->seq;
            if (durable && mark->metrics > out->durable_metrics)
                out->durable_metrics = mark->metrics;
        }
    }
}

/* ---- saying what is wrong -------------------------------------------------------------------- */

typedef struct looking {
    verdict *out;
    const expectation *wanted;
    const char *folder;
    char root[PATH_MAX];
    ckl_manager *manager;
} looking;

__attribute__((format(printf, 2, 3))) static bool wrong(looking *job, const char *format, ...)
{
    va_list arguments;
    if (!job->out->good)
        return false;
    job->out->good = false;
    va_start(arguments, format);
    vsnprintf(job->out->message, sizeof job->out->message, format, arguments);
    va_end(arguments);
    return false;
}

static bool ask(statement *out, looking *job, const char *sql)
{
    ckl_error err = {0};
    if (db_query_once(out, job->manager->ledger, sql, &err) == CKL_OK)
        return true;
    return wrong(job, "%s: %s", sql, err.message);
}

static bool next_row(statement *row, looking *job)
{
    ckl_error err = {0};
    ckl_status status = statement_step(row, &err);
    if (status != CKL_OK && status != CKL_DONE)
        wrong(job, "reading: %s", err.message);
    return status == CKL_OK;
}

static long number(looking *job, const char *sql)
{
    STATEMENT_AUTO row = {0};
    return ask(&row, job, sql) && next_row(&row, job) ? (long)column_integer(&row, 0) : -1;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static bool check_structure(looking *job)
{
    STATEMENT_AUTO row = {0};
    STATEMENT_AUTO key = {0};
    if (!ask(&row, job, "PRAGMA integrity_check") || !next_row(&row, job))
        return false;
    if (strcmp(column_text(&row, 0), "ok") != 0)
        return wrong(job, "integrity_check: %s", column_text(&row, 0));
    if (!ask(&key, job, "PRAGMA foreign_key_check"))
        return false;
    if (next_row(&key, job))
        return wrong(job, "foreign_key_check: a row of %s", column_text(&key, 0));
    return job->out->good;
}

/* How much of history is what was recorded; *count: how long it is. */
static long common_history(long *count, looking *job)
{
    STATEMENT_AUTO row = {0};
    const trace *recorded = job->wanted->recorded;
    long same = 0;
    *count = 0;
    if (!ask(&row, job, "SELECT seq, lower(hex(chain)), kind FROM _event ORDER BY seq"))
        return 0;
    while (next_row(&row, job)) {
        if (column_integer(&row, 0) != ++*count)
            wrong(job, "event %ld is missing", *count);
        if (same == *count - 1 && *count <= recorded->history_count &&
            strcmp(column_text(&row, 1), recorded->history[*count]) == 0)
            same = *count;
        else if (strcmp(column_text(&row, 2), "dump") != 0 &&
                 strcmp(column_text(&row, 2), "checkpoint") != 0)
            wrong(job, "event %ld (%s) was never recorded so", *count, column_text(&row, 2));
    }
    return same;
}

static bool check_history(looking *job)
{
    const expectation *wanted = job->wanted;
    long count, same = common_history(&count, job);
    if (same < wanted->durable_seq)
        return wrong(job, "lost: event %ld was acknowledged, %ld of %ld are as they were",
                     wanted->durable_seq, same, count);
    if (same > wanted->limit)
        return wrong(job, "event %ld is there before anybody recorded it", same);
    if (count - same > wanted->open_operations)
        return wrong(job, "%ld events of %d open operations", count - same,
                     wanted->open_operations);
    for (size_t index = 0; index < wanted->recorded->mark_count; index++) {
        const trace_mark *mark = &wanted->recorded->marks[index];
        if (mark->kind == MARK_WHOLE && same > mark->first && same < mark->last)
            return wrong(job, "half an operation: event %ld of %ld to %ld", same, mark->first + 1,
                         mark->last);
    }
    long metrics = number(job, "SELECT count(*) FROM _metric");
    if (metrics < wanted->durable_metrics)
        return wrong(job, "lost: %ld of %ld metrics", metrics, wanted->durable_metrics);
    return job->out->good;
}

static bool check_intents(looking *job)
{
    char path[PATH_MAX + 16];
    char **names = NULL;
    size_t count = 0;
    if (number(job, "SELECT count(*) FROM _intent") != 0)
        return wrong(job, "an intent is left after recovery");
    snprintf(path, sizeof path, "%s/.ckl/tmp", job->root);
    if (fs_list(&names, &count, path, NULL) != CKL_OK || count != 0)
        wrong(job, "left in .ckl/tmp: %s", count > 0 ? names[0] : "(not readable)");
    ckl_free(names);
    return job->out->good;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* What was lost before the recording may be missing until a promise was given after it. */
static bool may_be_missing(const looking *job, const char *name)
{
    const trace *recorded = job->wanted->recorded;
    bool promised = false, lost = false;
    for (size_t index = 0; index < recorded->mark_count; index++) {
        const trace_mark *mark = &recorded->marks[index];
        size_t end = strlen(mark->text), size = strlen(name);
        bool is_it = size >= end && strcmp(name + size - end, mark->text) == 0;
        promised = promised || (mark->kind == MARK_ACK && mark->durable &&
                                mark->at >= recorded->baseline && mark->at <= job->wanted->at);
        lost = lost || (mark->kind == MARK_MISSING && is_it);
        if (mark->kind == MARK_NEVER && is_it)
            return true;
    }
    return lost && !promised;
}

static bool check_file(looking *job, const statement *row)
{
    char path[PATH_MAX + 512];
    const char *name = column_text(row, 0);
    digest wanted, found;
    uint64_t size = 0;
    ckl_error err = {0};
    snprintf(path, sizeof path, "%s/%s", job->root, name);
    if (column_digest(&wanted, row, 2, &err) != CKL_OK)
        return wrong(job, "%s", err.message);
    if (fs_hash_file(&found, &size, path, &err) != CKL_OK)
        return may_be_missing(job, name) || wrong(job, "a row without its file: %s", name);
    if (size != (uint64_t)column_integer(row, 1) || !digest_equal(&found, &wanted))
        return wrong(job, "a row whose file has other bytes: %s", name);
    return true;
}

static bool check_files(looking *job)
{
    STATEMENT_AUTO row = {0};
    if (!ask(&row, job,
             "SELECT path, size, sha256 FROM _file"
             " UNION ALL SELECT path, size, sha256 FROM _checkpoint WHERE state = 'present'"))
        return false;
    while (job->out->good && next_row(&row, job))
        check_file(job, &row);
    return job->out->good;
}

/* The only user of these: nftw takes no context. */
static const char *sought;
static bool found_bytes;

static int look_for_bytes(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    digest sum;
    uint64_t size;
    char hex[65];
    (void)found;
    (void)place;
    if (kind != FTW_F || strstr(path, "ledger.db") != NULL ||
        fs_hash_file(&sum, &size, path, NULL) != CKL_OK)
        return 0;
    digest_hex(hex, &sum);
    found_bytes = found_bytes || strcmp(hex, sought) == 0;
    return 0;
}

/* Bytes that were somebody's only copy are still somewhere. */
static bool check_kept(looking *job)
{
    const trace *recorded = job->wanted->recorded;
    for (size_t index = 0; index < recorded->mark_count; index++) {
        const trace_mark *mark = &recorded->marks[index];
        if (mark->kind != MARK_KEEP || mark->at > job->wanted->at)
            continue;
        sought = mark->text;
        found_bytes = false;
        nftw(job->folder, look_for_bytes, 16, FTW_PHYS);
        if (!found_bytes)
            return wrong(job, "the only copy of %s is gone", mark->text);
    }
    return true;
}

/* A copy of the ledger is whole, whenever it is there. */
static bool check_snapshot(looking *job)
{
    char path[PATH_MAX + 16];
    sqlite3 *copy = NULL;
    sqlite3_stmt *row = NULL;
    snprintf(path, sizeof path, "%s/snapshot.db", job->folder);
    if (!fs_exists(path))
        return true;
    if (sqlite3_open_v2(path, &copy, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(copy, "PRAGMA integrity_check", -1, &row, NULL) != SQLITE_OK ||
        sqlite3_step(row) != SQLITE_ROW ||
        strcmp((const char *)sqlite3_column_text(row, 0), "ok") != 0)
        wrong(job, "the copy of the ledger is not whole");
    sqlite3_finalize(row);
    sqlite3_close(copy);
    return job->out->good;
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool open_it(looking *job, const char *when)
{
    ckl_error err = {0};
    ckl_options options = {.actor = "checker"};
    ckl_status status = ckl_manager_open(&job->manager, job->root, &options, &err);
    if (status != CKL_OK)
        return wrong(job, "%s: %s: %s", when, ckl_status_name(status), err.message);
    return true;
}

static void close_it(looking *job)
{
    ckl_manager_close(job->manager);
    job->manager = NULL;
}

/* Recovery did all there was to do: opening again changes nothing. */
static bool check_quiet(looking *job)
{
    static void (*watch)(const char *folder);
    static long (*watched)(void);
    if (watch == NULL) {
        void *symbols[] = {dlsym(RTLD_DEFAULT, "fault_watch"),
                           dlsym(RTLD_DEFAULT, "fault_watched")};
        if (symbols[0] == NULL || symbols[1] == NULL)
            return wrong(job, "the recorder is not loaded");
        memcpy(&watch, &symbols[0], sizeof watch);
        memcpy(&watched, &symbols[1], sizeof watched);
    }
    watch(job->folder);
    bool good = open_it(job, "the second opening");
    close_it(job);
    long changes = watched();
    watch(NULL);
    if (good && changes != 0)
        return wrong(job, "the second opening made %ld changes", changes);
    return good;
}

/* ---- more ------------------------------------------------------------------------------------ */

static bool check_fsck(looking *job, const char *when)
{
    ckl_check *check = NULL;
    ckl_finding finding;
    ckl_error err = {0};
    ckl_status status = ckl_check_open(&check, job->root, NULL, &err);
    while (status == CKL_OK && (status = ckl_check_next(&finding, check, &err)) == CKL_OK) {
        if (strcmp(finding.kind, "unknown") == 0)
            job->out->unnamed++;
        else if (strcmp(finding.kind, "missing") != 0 || !may_be_missing(job, finding.subject))
            wrong(job, "%s: %s %s: %s", when, finding.kind, finding.subject, finding.message);
    }
    if (status != CKL_DONE)
        wrong(job, "%s: %s", when, err.message);
    ckl_check_close(check);
    return job->out->good;
}

static ckl_status record_more(ckl_manager *manager, ckl_error *err)
{
    static const char MORE[] = "{\"after\": \"the crash\"}";
    ckl_config *config = NULL;
    ckl_update_result result;
    ckl_dump_result dumped;
    ckl_checkpoint_result saved;
    ckl_checkpoint weights = {.step = 900, .bytes = "weights", .size = 7};
    ckl_status status = ckl_manager_dump_pending_changes(&dumped, manager, true, err);
    if (status == CKL_OK)
        status = ckl_config_parse(&config, MORE, strlen(MORE), CKL_FORMAT_JSON, "more", NULL, err);
    ckl_update update = {.config = config, .dump_immediately = true};
    if (status == CKL_OK)
        status = ckl_manager_update_experiment_hash(&result, manager, &update, err);
    ckl_config_free(config);
    if (status == CKL_OK)
        status = ckl_manager_save_model_checkpoint(&saved, manager, &weights, err);
    return status;
}

/* The ledger can be worked with: what was interrupted can be done again. */
static bool check_going_on(looking *job)
{
    ckl_error err = {0};
    if (!open_it(job, "opening to go on"))
        return false;
    if (record_more(job->manager, &err) != CKL_OK)
        wrong(job, "going on: %s", err.message);
    close_it(job);
    return job->out->good && check_fsck(job, "fsck after going on");
}

void verify(verdict *out, const char *folder, const expectation *wanted, unsigned how)
{
    looking job = {.out = out, .wanted = wanted, .folder = folder};
    *out = (verdict){.good = true};
    snprintf(job.root, sizeof job.root, "%s/root", folder);
    bool good = open_it(&job, "opening");
    good = good && check_structure(&job) && check_history(&job) && check_files(&job) &&
           check_intents(&job) && check_kept(&job);
    close_it(&job);
    good = good && check_quiet(&job) && check_snapshot(&job);
    if (good && (how & VERIFY_FSCK) != 0)
        good = check_fsck(&job, "fsck");
    if (good && (how & VERIFY_WORK_ON) != 0)
        check_going_on(&job);
}
