/* Putting right what can be, and saying what cannot. Files first; then, in one transaction, rows,
 * views, indexes, and the event that says so. */
#include "check_repair.h"
#include "doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is to be done ---------------------------------------------------------------------- */

static bool is_open(const check_finding *finding, check_fix fix)
{
    return finding->fix == fix && !finding->repaired;
}

static bool any_open(const ckl_check *job, check_fix fix)
{
    for (size_t index = 0; index < job->count; index++) {
        if (is_open(&job->findings[index], fix))
            return true;
    }
    return false;
}

static bool changes_rows(const ckl_check *job)
{
    return job->options.repair && ((any_open(job, FIX_TABLE) && job->history_holds) ||
                                   any_open(job, FIX_SCHEMA) || any_open(job, FIX_INDEX));
}

static bool is_accepted(const ckl_check *job, const check_finding *finding)
{
    return job->options.accept_missing && !finding->repaired &&
           strcmp(finding->kind, "missing") == 0;
}

static bool accepts_any(const ckl_check *job)
{
    for (size_t index = 0; index < job->count; index++) {
        if (is_accepted(job, &job->findings[index]))
            return true;
    }
    return false;
}

static ckl_status note_recreated(repairing *work, check_finding *finding, ckl_error *err)
{
    finding->repaired = true;
    return json_array_append_new(work->recreated, json_string(finding->subject)) == 0
               ? CKL_OK
               : error_memory(err);
}

/* ---- the ledger ------------------------------------------------------------------------------ */

/* The whole file, as it is: whatever a repair changes in it can be looked up there. */
static ckl_status copy_ledger(repairing *work, ckl_error *err)
{
    char *folder = NULL, *path = NULL;
    BUF_AUTO relative = BUF_INIT;
    buf_add_format(&relative, "%s/ledger.db", work->quarantine);
    ckl_status status = buf_check(&relative, err);
    if (status == CKL_OK)
        status = storage_path(&folder, work->job->tree, work->quarantine, err);
    if (status == CKL_OK)
        status = storage_path(&path, work->job->tree, relative.data, err);
    if (status == CKL_OK)
        status = fs_make_directories_below(work->job->root, folder, err);
    if (status == CKL_OK)
        status = db_copy_to(work->job->ledger, path, err);
    if (status == CKL_OK &&
        json_array_append_new(work->quarantined, json_string(relative.data)) != 0)
        status = error_memory(err);
    free(folder);
    free(path);
    return status;
}

/* Whoever writes waits from here on; what was written since the look makes it worthless. */
static ckl_status check_unchanged(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    int64_t last = 0;
    ckl_status status =
        db_query(&row, job->ledger, "SELECT coalesce(max(seq), 0) FROM _event", err);
    if (status == CKL_OK)
        status = ledger_first_integer(&last, &row, err);
    if (status != CKL_OK || last == job->last_seq)
        return status;
    error_set(err, CKL_BUSY, "the ledger was changed while it was looked over");
    error_hint(err, "repair it when nothing is recorded: files that were brought back stay");
    return CKL_BUSY;
}

static ckl_status put_tables(repairing *work, ckl_error *err)
{
    ckl_check *job = work->job;
    ckl_status status = CKL_OK;
    char table[64] = "";
    for (size_t index = 0; status == CKL_OK && index < job->count; index++) {
        char last[64];
        check_finding *finding = &job->findings[index];
        if (!is_open(finding, FIX_TABLE))
            continue;
        memcpy(last, table, sizeof last);
        snprintf(table, sizeof table, "%.*s", (int)strcspn(finding->subject, " "),
                 finding->subject);
        if (strcmp(table, last) != 0) /* a table's findings stand together */
            status = check_put_table(job, table, err);
        if (status == CKL_OK)
            status = note_recreated(work, finding, err);
    }
    return status;
}

/* "index NAME": as a new ledger has it, or not at all. */
static ckl_status put_object(ckl_check *job, db *fresh, const char *subject, ckl_error *err)
{
    const char *name = strchr(subject, ' ');
    STATEMENT_AUTO row = {0};
    BUF_AUTO drop = BUF_INIT;
    if (name == NULL || strncmp(subject, "view ", 5) == 0 || strncmp(subject, "_meta ", 6) == 0)
        return CKL_OK; /* all views are made anew */
    buf_add_format(&drop, "DROP %.*s IF EXISTS \"", (int)(name - subject), subject);
    for (const char *at = name + 1; *at != '\0'; at++)
        buf_add_format(&drop, *at == '"' ? "\"\"" : "%c", *at);
    buf_add_char(&drop, '"');
    ckl_status status = buf_check(&drop, err);
    if (status == CKL_OK)
        status = check_run(job, drop.data, err);
    if (status == CKL_OK)
        status =
            db_query(&row, fresh,
                     "SELECT sql FROM sqlite_master WHERE name = :name AND type = 'index'", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":name", name + 1);
    status = statement_step(&row, err);
    return status == CKL_OK     ? check_run(job, column_required(&row, 0), err)
           : status == CKL_DONE ? CKL_OK
                                : status;
}

static ckl_status put_schema(repairing *work, ckl_error *err)
{
    ckl_check *job = work->job;
    db *fresh = NULL;
    bool any = any_open(job, FIX_SCHEMA);
    ckl_status status = any ? db_open_fresh(&fresh, err) : CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < job->count; index++) {
        check_finding *finding = &job->findings[index];
        if (!is_open(finding, FIX_SCHEMA))
            continue;
        status = put_object(job, fresh, finding->subject, err);
        if (status == CKL_OK)
            status = note_recreated(work, finding, err);
    }
    db_close(fresh);
    return status == CKL_OK && any ? db_refresh_views(job->ledger, err) : status;
}

static ckl_status put_indexes(repairing *work, ckl_error *err)
{
    ckl_check *job = work->job;
    if (!any_open(job, FIX_INDEX))
        return CKL_OK;
    ckl_status status = check_run(job, "REINDEX", err);
    for (size_t index = 0; status == CKL_OK && index < job->count; index++) {
        if (is_open(&job->findings[index], FIX_INDEX))
            status = note_recreated(work, &job->findings[index], err);
    }
    return status;
}

/* ---- events ---------------------------------------------------------------------------------- */

static ckl_status add_event(ckl_check *job, ledger_event *event, json_t *detail, int64_t *seq,
                            ckl_error *err)
{
    char op[33];
    char *text = doc_json_text(detail);
    json_decref(detail);
    if (text == NULL)
        return error_memory(err);
    ckl_status status = fs_random_name(op, err);
    event->op = op;
    event->detail = text;
    event->actor = job->actor != NULL ? job->actor : "fsck";
    event->reason = job->options.reason;
    if (status == CKL_OK)
        status = ledger_event_add(seq, job->ledger, event, err);
    free(text);
    return status;
}

/* That a file is gone, and may be. */
static ckl_status forget_file(ckl_check *job, const char *path, int64_t seq, ckl_error *err)
{
    STATEMENT_AUTO weights = {0};
    STATEMENT_AUTO dumped = {0};
    ckl_status status = db_query(&weights, job->ledger,
                                 "UPDATE _checkpoint SET state = 'removed', removed = :event"
                                 " WHERE path = :path AND state = 'present'",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&weights, ":event", seq);
    bind_text(&weights, ":path", path);
    status = statement_run(&weights, err);
    if (status == CKL_OK)
        status = db_query(&dumped, job->ledger, "DELETE FROM _file WHERE path = :path", err);
    if (status != CKL_OK)
        return status;
    bind_text(&dumped, ":path", path);
    return statement_run(&dumped, err);
}

static ckl_status accept_one(ckl_check *job, check_finding *finding, ckl_error *err)
{
    char hex[65];
    digest sha256;
    int64_t seq = 0;
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->ledger,
                 "SELECT event.run, file.experiment, -1, file.size, file.sha256 FROM _file AS file"
                 " JOIN _event AS event ON event.seq = file.event WHERE file.path = :path"
                 " UNION ALL SELECT run, experiment, step, size, sha256 FROM _checkpoint"
                 " WHERE path = :path AND state = 'present'",
                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":path", finding->subject);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        return CKL_OK;
    if (status == CKL_OK)
        status = column_digest(&sha256, &row, 4, err);
    if (status != CKL_OK)
        return status;
    digest_hex(hex, &sha256);
    ledger_event event = {.run = column_integer(&row, 0),
                          .kind = "missing",
                          .experiment = column_integer(&row, 1),
                          .from_experiment = column_integer(&row, 1),
                          .step = column_integer(&row, 2)};
    json_t *detail = json_pack("{s:s, s:I, s:s}", "path", finding->subject, "size",
                               (json_int_t)column_integer(&row, 3), "sha256", hex);
    status = add_event(job, &event, detail, &seq, err);
    if (status == CKL_OK)
        status = forget_file(job, finding->subject, seq, err);
    finding->repaired = status == CKL_OK;
    return status;
}

static ckl_status accept_missing(ckl_check *job, ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < job->count; index++) {
        if (is_accepted(job, &job->findings[index]))
            status = accept_one(job, &job->findings[index], err);
    }
    return status;
}

/* It stands in the oldest run: a repair is about the ledger, not about one of them. */
static ckl_status record_repair(repairing *work, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    if (json_array_size(work->recreated) == 0)
        return CKL_OK;
    ckl_status status = db_query(&row, work->job->ledger,
                                 "SELECT id, head, head_config FROM _run ORDER BY id LIMIT 1", err);
    if (status == CKL_OK)
        status = statement_step(&row, err);
    if (status != CKL_OK)
        return status == CKL_DONE ? CKL_OK : status;
    ledger_event event = {.run = column_integer(&row, 0),
                          .kind = "repair",
                          .experiment = column_integer(&row, 1),
                          .from_experiment = column_integer(&row, 1),
                          .config = column_integer(&row, 2),
                          .from_config = column_integer(&row, 2),
                          .step = -1};
    return add_event(
        work->job, &event,
        json_pack("{s:O, s:O}", "recreated", work->recreated, "quarantined", work->quarantined),
        NULL, err);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static ckl_status begin(repairing *out, ckl_check *job, ckl_error *err)
{
    *out = (repairing){.job = job, .recreated = json_array(), .quarantined = json_array()};
    if (out->recreated == NULL || out->quarantined == NULL)
        return error_memory(err);
    ckl_status status = fs_random_name(out->op, err);
    snprintf(out->quarantine, sizeof out->quarantine, ".ckl/quarantine/%s", out->op);
    return status;
}

static ckl_status end(repairing *work, ckl_status status, ckl_error *err)
{
    if (status == CKL_OK)
        status = record_repair(work, err);
    if (status == CKL_OK)
        return db_commit(work->job->ledger, err);
    db_rollback(work->job->ledger);
    return status;
}

static ckl_status put_rows(repairing *work, ckl_error *err)
{
    ckl_status status = check_unchanged(work->job, err);
    if (status == CKL_OK)
        status = put_schema(work, err);
    if (status == CKL_OK && work->job->history_holds)
        status = put_tables(work, err);
    if (status == CKL_OK && work->job->history_holds)
        work->job->hidden_rows_repaired = true;
    return status == CKL_OK ? put_indexes(work, err) : status;
}

ckl_status check_repair_rows(ckl_check *job, ckl_error *err)
{
    repairing work;
    if (!changes_rows(job))
        return CKL_OK;
    ckl_status status = begin(&work, job, err);
    if (status == CKL_OK)
        status = copy_ledger(&work, err);
    if (status == CKL_OK)
        status = db_begin(job->ledger, DB_WRITE_DURABLE, err);
    if (status == CKL_OK)
        status = end(&work, put_rows(&work, err), err);
    json_decref(work.recreated);
    json_decref(work.quarantined);
    return status;
}

ckl_status check_repair_tree(ckl_check *job, ckl_error *err)
{
    repairing work;
    ckl_status status = begin(&work, job, err);
    if (status == CKL_OK && job->options.repair)
        status = repair_files(&work, err);
    if (status == CKL_OK && (accepts_any(job) || json_array_size(work.recreated) > 0)) {
        status = db_begin(job->ledger, DB_WRITE_DURABLE, err);
        if (status == CKL_OK)
            status = end(&work, accept_missing(job, err), err);
    }
    json_decref(work.recreated);
    json_decref(work.quarantined);
    return status;
}

/* ---- what is lost ---------------------------------------------------------------------------- */

static const char *loss_of(const check_finding *finding)
{
    static const char *const LOSSES[][2] = {
        {"content", "what was recorded: its digest is there, its content is not"},
        {"chain", "what the event said"},
        {"receipt", "the history that the receipt is of: put back a copy of before"},
        {"reference", "the row that is named"},
        {"number", "the rows that are gone"},
        {"unused", "what named it"},
        {"schema", "the table: put back a copy of before"},
        {"unreadable", "what stood there: put back a copy of before"},
        {"derived", "nothing can be derived from a history that was changed itself"},
        {"changed", "the bytes that were recorded; what is there was left as it is"},
        {"missing", "the bytes that were recorded"}};
    for (size_t index = 0; index < sizeof LOSSES / sizeof *LOSSES; index++) {
        if (strcmp(LOSSES[index][0], finding->kind) == 0)
            return LOSSES[index][1];
    }
    return NULL; /* nothing is lost by what is there too much */
}

ckl_status check_tell_losses(ckl_check *job, ckl_error *err)
{
    ckl_status status = CKL_OK;
    for (size_t index = 0; status == CKL_OK && index < job->count; index++) {
        const char *loss = loss_of(&job->findings[index]);
        if (!job->findings[index].repaired && loss != NULL)
            status = check_note_lost(&job->findings[index], err, "%s", loss);
    }
    return status;
}
