#include <stdio.h>
#include <string.h>

#include "ledger.h"

/* ---- dumped files ---------------------------------------------------------------------------- */

ckl_status ledger_file_add(db *ledger, const ledger_file *file, int64_t event, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status =
        db_query(&running, ledger,
                 "INSERT INTO _file (path, experiment, component, config, size, sha256, event)"
                 " VALUES (:path, :experiment, :component, :config, :size, :sha256, :event)"
                 " ON CONFLICT (path) DO UPDATE SET component = excluded.component,"
                 " config = excluded.config, size = excluded.size, sha256 = excluded.sha256,"
                 " event = excluded.event",
                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":path", file->path);
    bind_integer(&running, ":experiment", file->experiment);
    bind_integer(&running, ":component", file->component);
    bind_id(&running, ":config", file->config);
    bind_integer(&running, ":size", (int64_t)file->size);
    bind_digest(&running, ":sha256", &file->sha256);
    bind_integer(&running, ":event", event);
    return statement_run(&running, err);
}

static ckl_status file_columns(ledger_file *out, const statement *row, ckl_error *err)
{
    snprintf(out->path, sizeof out->path, "%s", column_required(row, 0));
    out->experiment = column_integer(row, 1);
    out->component = column_integer(row, 2);
    out->config = column_integer(row, 3);
    out->size = (uint64_t)column_integer(row, 4);
    return column_digest(&out->sha256, row, 5, err);
}

ckl_status ledger_file_with(ledger_file *out, db *ledger, int64_t component, int64_t config,
                            const char *suffix, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger,
                 "SELECT path, experiment, component, config, size, sha256 FROM _file"
                 " WHERE component = :component AND config IS :config"
                 "   AND substr(path, -length(:suffix)) = :suffix"
                 " ORDER BY event DESC LIMIT 1",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":component", component);
    bind_id(&row, ":config", config);
    bind_text(&row, ":suffix", suffix);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status != CKL_OK)
        return status == CKL_DONE ? CKL_NOT_FOUND : status;
    return file_columns(out, &row, err);
}

ckl_status ledger_file_at(ledger_file *out, db *ledger, const char *path, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger,
                 "SELECT path, experiment, component, config, size, sha256 FROM _file"
                 " WHERE path = :path",
                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":path", path);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status != CKL_OK)
        return status == CKL_DONE ? CKL_NOT_FOUND : status;
    return file_columns(out, &row, err);
}

/* ---- checkpoints ----------------------------------------------------------------------------- */

static ckl_status mark_replaced(db *ledger, const char *path, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "UPDATE _checkpoint SET state = 'replaced'"
                                 " WHERE path = :path AND state = 'present'",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":path", path);
    return statement_run(&running, err);
}

ckl_status ledger_checkpoint_add(int64_t *out, db *ledger, const ledger_checkpoint *checkpoint,
                                 ckl_error *err)
{
    ckl_status status = mark_replaced(ledger, checkpoint->path, err);
    if (status != CKL_OK)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger,
                      "INSERT INTO _checkpoint (event, run, experiment, step, path, size, sha256,"
                      " state, note, from_checkpoint, first_step, origin, pending)"
                      " VALUES (:event, :run, :experiment, :step, :path, :size, :sha256,"
                      " 'present', :note, :from_checkpoint, :first_step, :origin, :pending)",
                      err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":event", checkpoint->event);
    bind_integer(&running, ":run", checkpoint->run);
    bind_integer(&running, ":experiment", checkpoint->experiment);
    bind_integer(&running, ":step", checkpoint->step);
    bind_text(&running, ":path", checkpoint->path);
    bind_integer(&running, ":size", (int64_t)checkpoint->size);
    bind_digest(&running, ":sha256", &checkpoint->sha256);
    bind_text(&running, ":note", checkpoint->note);
    bind_id(&running, ":from_checkpoint", checkpoint->from_checkpoint);
    if (checkpoint->first_step < 0)
        bind_null(&running, ":first_step");
    else
        bind_integer(&running, ":first_step", checkpoint->first_step);
    bind_text(&running, ":origin", ledger_origin_name(checkpoint->origin));
    bind_integer(&running, ":pending", checkpoint->pending);
    status = statement_run(&running, err);
    *out = db_last_id(ledger);
    return status;
}

ckl_status ledger_run_trained_last(bool *out, db *ledger, int64_t run, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger,
                                 "SELECT kind FROM _event WHERE run = :run"
                                 "   AND kind IN ('train', 'checkpoint', 'switch', 'run', 'resume')"
                                 " ORDER BY seq DESC LIMIT 1",
                                 err);
    *out = false;
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", run);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_OK)
        *out = strcmp(column_required(&row, 0), "train") == 0 ||
               strcmp(column_required(&row, 0), "checkpoint") == 0;
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status ledger_has_checkpoints(bool *out, db *ledger, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    int64_t any = 0;
    ckl_status status = db_query(&row, ledger, "SELECT EXISTS (SELECT 1 FROM _checkpoint)", err);
    if (status == CKL_OK)
        status = ledger_first_integer(&any, &row, err);
    *out = any != 0;
    return status;
}

ckl_status ledger_checkpoint_event(int64_t *out, db *ledger, int64_t checkpoint, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *out = 0;
    if (checkpoint == 0)
        return CKL_OK;
    ckl_status status = db_query(&row, ledger, "SELECT event FROM _checkpoint WHERE id = :id", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", checkpoint);
    status = ledger_first_integer(out, &row, err);
    return status == CKL_NOT_FOUND
               ? error_set(err, CKL_DAMAGED,
                           "the ledger names checkpoint %lld but does not have it",
                           (long long)checkpoint)
               : status;
}

/* Somebody is saving to it right now: nobody's run, but taken. */
static ckl_status path_is_intended(int64_t *run, db *ledger, const char *path, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger, "SELECT -1 FROM _intent WHERE instr(detail, :path) > 0", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":path", path);
    status = ledger_first_integer(run, &row, err);
    return status == CKL_NOT_FOUND ? CKL_OK : status;
}

ckl_status ledger_path_owner(int64_t *run, db *ledger, const char *path, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *run = 0;
    ckl_status status = db_query(
        &row, ledger, "SELECT run FROM _checkpoint WHERE path = :path AND state = 'present'", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":path", path);
    status = ledger_first_integer(run, &row, err);
    return status == CKL_NOT_FOUND ? path_is_intended(run, ledger, path, err) : status;
}

ckl_status ledger_checkpoint_at(int64_t *out, db *ledger, int64_t experiment, int64_t step,
                                int64_t run, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger,
                                 "SELECT id FROM _checkpoint WHERE experiment = :experiment"
                                 "   AND step = :step AND state = 'present'"
                                 " ORDER BY run = :run DESC, id DESC LIMIT 1",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":experiment", experiment);
    bind_integer(&row, ":step", step);
    bind_integer(&row, ":run", run);
    return ledger_first_integer(out, &row, err);
}

/* ---- intents --------------------------------------------------------------------------------- */

ckl_status ledger_intent_add(db *ledger, const char *op, const char *detail, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "INSERT INTO _intent (op, at_us, detail)"
                                 " VALUES (:op, CAST(strftime('%s', 'now') AS INTEGER) * 1000000,"
                                 " :detail)",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":op", op);
    bind_text(&running, ":detail", detail);
    db_prove(ledger, DB_PROOF_ROW, "SELECT 1 FROM _intent WHERE op = %Q", op);
    return statement_run(&running, err);
}

ckl_status ledger_intent_remove(db *ledger, const char *op, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger, "DELETE FROM _intent WHERE op = :op", err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":op", op);
    db_prove(ledger, DB_PROOF_NO_ROW, "SELECT 1 FROM _intent WHERE op = %Q", op);
    return statement_run(&running, err);
}
