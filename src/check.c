/* Looking a ledger over: the order of the looks, and the findings. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"
#include "clock.h"
#include "manager_internal.h"

#define FINDINGS_OF_A_TABLE 100
#define FINDINGS_OF_FILES   100000
#define PROGRESS_EVERY_US   100000
#define BUSY_TIMEOUT_MS     5000

/* ---- findings -------------------------------------------------------------------------------- */

/* Of a table so many are told; each file is. */
static bool is_told(const ckl_check *job, const char *kind, const char *subject)
{
    size_t alike = 0, most = subject[0] == '_' ? FINDINGS_OF_A_TABLE : FINDINGS_OF_FILES;
    size_t length = strcspn(subject, " ");
    if (subject[0] != '_')
        return job->count < most;
    for (size_t index = 0; index < job->count; index++)
        alike += strcmp(job->findings[index].kind, kind) == 0 &&
                 strncmp(job->findings[index].subject, subject, length) == 0;
    return alike < most;
}

static ckl_status push(ckl_check *job, check_fix fix, const char *kind, const char *subject,
                       const char *format, va_list arguments, ckl_error *err)
{
    char message[1024];
    if (!is_told(job, kind, subject)) {
        *(fix == FIX_TABLE ? &job->hidden_rows : &job->hidden) += 1;
        return CKL_OK;
    }
    if (job->count == job->capacity) {
        size_t capacity = job->capacity == 0 ? 32 : job->capacity * 2;
        check_finding *grown = realloc(job->findings, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        job->findings = grown;
        job->capacity = capacity;
    }
    vsnprintf(message, sizeof message, format, arguments);
    check_finding *finding = &job->findings[job->count++];
    *finding = (check_finding){strdup(subject), strdup(message), NULL, kind, fix, false};
    return finding->subject != NULL && finding->message != NULL ? CKL_OK : error_memory(err);
}

ckl_status check_add(ckl_check *job, check_fix fix, const char *kind, const char *subject,
                     ckl_error *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ckl_status status = push(job, fix, kind, subject, format, arguments, err);
    va_end(arguments);
    return status;
}

ckl_status check_add_row(ckl_check *job, const char *kind, const char *table, int64_t row,
                         ckl_error *err, const char *format, ...)
{
    char subject[128];
    va_list arguments;
    snprintf(subject, sizeof subject, "%s %lld", table, (long long)row);
    va_start(arguments, format);
    ckl_status status = push(job, FIX_NONE, kind, subject, format, arguments, err);
    va_end(arguments);
    return status;
}

ckl_status check_note_lost(check_finding *finding, ckl_error *err, const char *format, ...)
{
    char text[512];
    va_list arguments;
    if (finding->lost != NULL)
        return CKL_OK;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    finding->lost = strdup(text);
    return finding->lost != NULL ? CKL_OK : error_memory(err);
}

bool check_has(const ckl_check *job, const char *kind)
{
    for (size_t index = 0; index < job->count; index++) {
        if (strcmp(job->findings[index].kind, kind) == 0)
            return true;
    }
    return false;
}

ckl_status check_settle(ckl_check *job, ckl_status status, const char *what, const ckl_error *found,
                        ckl_error *err)
{
    bool damaged = status == CKL_DAMAGED || status == CKL_INVALID || status == CKL_REFUSED;
    if (damaged)
        return check_add(job, FIX_NONE, "unreadable", "ledger.db", err,
                         "%s could not be looked over: %s", what, found->message);
    if (status != CKL_OK)
        error_pass(err, found);
    return status;
}

void check_progress(ckl_check *job, const char *what, uint64_t done, uint64_t total)
{
    int64_t now = job->options.progress != NULL ? clock_monotonic_us() : 0;
    if (job->options.progress == NULL || now - job->said_at_us < PROGRESS_EVERY_US)
        return;
    job->said_at_us = now;
    job->options.progress(job->options.progress_context, what, done, total);
}

/* ---- opening --------------------------------------------------------------------------------- */

static ckl_status connect_ledger(ckl_check *job, bool writes, ckl_error *err)
{
    bool created = false;
    ckl_status status = storage_find_ledger(job->tree, NULL, err);
    if (status == CKL_OK && !fs_exists(storage_ledger(job->tree))) {
        error_set(err, CKL_NOT_FOUND, "there is no ledger in '%s'", job->root);
        error_hint(err, "name the root with -C ROOT");
        status = CKL_NOT_FOUND;
    }
    if (status != CKL_OK)
        return status;
    db_options options = {storage_ledger(job->tree), storage_ledger_lock(job->tree), !writes,
                          BUSY_TIMEOUT_MS};
    return db_open(&job->ledger, &created, &options, err);
}

/* As any program does that opens the ledger to write: finishes what was left, migrates. */
static ckl_status open_once(ckl_check *job, ckl_error *err)
{
    ckl_manager *manager = NULL;
    ckl_options options = {
        .must_exist = true, .actor = job->options.actor, .warnings = job->options.warnings};
    ckl_error found = {0};
    ckl_status status = ckl_manager_open(&manager, job->root, &options, &found);
    if (status == CKL_OK) {
        job->actor = strdup(manager->actor);
        if (job->actor == NULL)
            status = error_memory(err);
    }
    ckl_manager_close(manager);
    for (size_t index = 0; status == CKL_OK && index < job->count; index++)
        job->findings[index].repaired |= job->findings[index].fix == FIX_LEFTOVER;
    if (status == CKL_DAMAGED)
        return check_add(job, FIX_NONE, "unreadable", "ledger.db", err,
                         "it cannot be opened for writing: %s", found.message);
    if (status != CKL_OK)
        error_pass(err, &found);
    return status;
}

static ckl_status version_of(int64_t *out, ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger, "PRAGMA user_version", err);
    return status == CKL_OK ? ledger_first_integer(out, &row, err) : status;
}

/* What is left behind is looked at first: opening for writing puts it right. */
static ckl_status open_as_asked(ckl_check *job, ckl_error *err)
{
    int64_t version = 0;
    bool writes = job->options.repair || job->options.accept_missing;
    ckl_status status = connect_ledger(job, false, err);
    if (status == CKL_OK)
        status = version_of(&version, job, err);
    if (status == CKL_OK && version == DB_VERSION)
        status = check_leftovers(job, err);
    if (status != CKL_OK || (!writes && version == DB_VERSION))
        return status;
    db_close(job->ledger);
    job->ledger = NULL;
    status = open_once(job, err);
    return status == CKL_OK ? connect_ledger(job, writes, err) : status;
}

/* *open is false when SQLite cannot even do that, which is a finding. */
static ckl_status open_ledger(ckl_check *job, bool *open, ckl_error *err)
{
    ckl_error found = {0};
    ckl_status status = open_as_asked(job, &found);
    *open = status == CKL_OK;
    if (status != CKL_REFUSED)
        return check_settle(job, status, "it", &found, err);
    error_pass(err, &found);
    return status;
}

/* ---- all looks ------------------------------------------------------------------------------- */

typedef ckl_status look_function(ckl_check *job, ckl_error *err);

static ckl_status look(ckl_check *job, look_function *function, const char *what, ckl_error *err)
{
    ckl_error found = {0};
    check_progress(job, what, 0, 0);
    return check_settle(job, function(job, &found), what, &found, err);
}

static ckl_status look_at_ledger(ckl_check *job, ckl_error *err)
{
    static const struct {
        look_function *function;
        const char *what;
    } LOOKS[] = {{check_structure, "the structure"}, {check_chain, "the chain of events"},
                 {check_replay, "the events"},       {check_contents, "configurations and models"},
                 {check_tags, "the tags"},           {check_states, "the data states"},
                 {check_metrics, "the metrics"},     {check_compare, "the derived tables"},
                 {check_receipts, "the receipts"}};
    ckl_error found = {0}, ended = {0};
    bool usable = false;
    ckl_status status = receipt_read_last(job, err);
    if (status == CKL_OK)
        status = db_begin(job->ledger, DB_READ, err);
    if (status != CKL_OK)
        return status;
    status = check_settle(job, check_schema(job, &usable, &found), "the schema", &found, err);
    for (size_t index = 0; usable && status == CKL_OK && index < sizeof LOOKS / sizeof *LOOKS;
         index++)
        status = look(job, LOOKS[index].function, LOOKS[index].what, err);
    /* Kept is what was made beside the ledger; where something could not be read, that was told. */
    if (status == CKL_OK && !check_has(job, "unreadable"))
        status = check_settle(job, db_commit(job->ledger, &ended), "the whole", &ended, err);
    else
        db_rollback(job->ledger);
    job->history_holds = usable && !check_has(job, "chain") && !check_has(job, "content") &&
                         !check_has(job, "reference") && !check_has(job, "number") &&
                         !check_has(job, "unreadable");
    if (usable && status == CKL_OK && job->options.repair)
        status = check_repair_rows(job, err);
    if (usable && status == CKL_OK)
        status = look(job, check_files, "the files", err);
    if (usable && status == CKL_OK && (job->options.repair || job->options.accept_missing))
        status = check_repair_tree(job, err);
    return status;
}

/* Thousands of rows of one table make one line. */
static ckl_status tell_hidden(ckl_check *job, const char *kind, uint64_t count, bool repaired,
                              ckl_error *err)
{
    if (count == 0)
        return CKL_OK;
    ckl_status status =
        check_add(job, FIX_NONE, kind, "ledger.db", err,
                  "at least %llu more findings like these are not told", (unsigned long long)count);
    if (status == CKL_OK)
        job->findings[job->count - 1].repaired = repaired;
    return status;
}

static ckl_status look_over(ckl_check *job, ckl_error *err)
{
    bool open = false;
    ckl_status status = open_ledger(job, &open, err);
    if (status == CKL_OK && open)
        status = look_at_ledger(job, err);
    if (status == CKL_OK)
        status = tell_hidden(job, "content", job->hidden, false, err);
    if (status == CKL_OK)
        status = tell_hidden(job, "derived", job->hidden_rows, job->hidden_rows_repaired, err);
    return status == CKL_OK && job->options.repair ? check_tell_losses(job, err) : status;
}

ckl_status ckl_check_open(ckl_check **out, const char *root, const ckl_check_options *options,
                          ckl_error *err)
{
    ckl_check *job = calloc(1, sizeof *job);
    if (job == NULL)
        return error_memory(err);
    if (options != NULL)
        job->options = *options;
    job->said_at_us = clock_monotonic_us();
    ckl_status status = CKL_OK;
    if (!fs_exists(root)) {
        status = error_set(err, CKL_NOT_FOUND, "there is no '%s'", root);
        error_hint(err, "name the root with -C ROOT");
    }
    if (status == CKL_OK)
        status = fs_real_path(&job->root, root, err);
    if (status == CKL_OK)
        status = storage_new(&job->tree, job->root, err);
    if (status == CKL_OK)
        status = receipt_check_option(job, err);
    if (status == CKL_OK)
        status = look_over(job, err);
    if (status != CKL_OK) {
        ckl_check_close(job);
        return status;
    }
    *out = job;
    return CKL_OK;
}

/* ---- reading it ------------------------------------------------------------------------------ */

ckl_status ckl_check_next(ckl_finding *out, ckl_check *check, ckl_error *err)
{
    (void)err;
    if (check->next == check->count)
        return CKL_DONE;
    const check_finding *finding = &check->findings[check->next++];
    *out = (ckl_finding){finding->kind, finding->subject, finding->message, finding->repaired,
                         finding->lost};
    return CKL_OK;
}

void ckl_check_read_counts(ckl_check_counts *out, const ckl_check *check)
{
    *out = check->counts;
}

void ckl_check_close(ckl_check *check)
{
    if (check == NULL)
        return;
    for (size_t index = 0; index < check->count; index++) {
        free(check->findings[index].subject);
        free(check->findings[index].message);
        free(check->findings[index].lost);
    }
    free(check->findings);
    db_close(check->ledger);
    storage_free(check->tree);
    free(check->root);
    free(check->actor);
    free(check->last_receipt);
    free(check);
}
