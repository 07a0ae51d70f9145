/* Training sessions: where and with what code. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "ledger.h"

/* The digest of a session is the SHA-256 of these, each with its length before it (integers as 8
 * bytes, big-endian; what is null as a field of no bytes): started_us, the run's name, host, user,
 * pid, program, arguments, git_commit, git_dirty, git_diff, libraries. It is part of the chain of
 * each of the session's events; how the session ended is told by an event of its own. */
ckl_status ledger_session_digest(digest *out, db *ledger, int64_t id, ckl_error *err)
{
    hasher *running = NULL;
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger,
                 "SELECT session.started_us, run.name, session.host, session.user, session.pid,"
                 "       session.program, session.arguments, session.git_commit,"
                 "       session.git_dirty, session.git_diff, session.libraries"
                 " FROM _session AS session JOIN _run AS run ON run.id = session.run"
                 " WHERE session.id = :id",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", id);
    status = statement_step(&row, err);
    if (status == CKL_OK)
        status = hasher_new(&running, err);
    if (status != CKL_OK)
        return status == CKL_DONE
                   ? error_set(err, CKL_DAMAGED, "session %lld is not in the ledger", (long long)id)
                   : status;
    for (int column = 0; column <= 10; column++) {
        bool integer = column == 0 || column == 4 || column == 8;
        size_t size = 0;
        if (integer && !column_is_null(&row, column)) {
            hasher_add_integer(running, column_integer(&row, column));
        } else {
            const void *bytes = integer ? NULL : column_blob(&row, column, &size);
            hasher_add_field(running, bytes != NULL ? bytes : "", bytes != NULL ? size : 0);
        }
    }
    status = hasher_end(out, running, err);
    hasher_free(running);
    return status;
}

static ckl_status seal(db *ledger, int64_t id, ckl_error *err)
{
    digest value;
    STATEMENT_AUTO running = {0};
    ckl_status status = ledger_session_digest(&value, ledger, id, err);
    if (status == CKL_OK)
        status =
            db_query(&running, ledger, "UPDATE _session SET digest = :digest WHERE id = :id", err);
    if (status != CKL_OK)
        return status;
    bind_digest(&running, ":digest", &value);
    bind_integer(&running, ":id", id);
    return statement_run(&running, err);
}

ckl_status ledger_session_add(int64_t *out, db *ledger, const session *gathered, int64_t run,
                              ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status =
        db_query(&running, ledger,
                 "INSERT INTO _session (started_us, run, host, user, pid, program, arguments,"
                 " git_commit, git_dirty, git_diff, libraries) VALUES (:started_us, :run, :host,"
                 " :user, :pid, :program, :arguments, :git_commit, :git_dirty, :git_diff,"
                 " :libraries)",
                 err);
    if (status != CKL_OK)
        return status;
    bool in_git = gathered->commit[0] != '\0';
    int64_t now = clock_now_us();
    bind_integer(&running, ":started_us", now - now % 1000);
    bind_integer(&running, ":run", run);
    bind_text(&running, ":host", gathered->host);
    bind_text(&running, ":user", gathered->user);
    bind_integer(&running, ":pid", gathered->pid);
    bind_text_size(&running, ":program", gathered->program.data, gathered->program.size);
    bind_text_size(&running, ":arguments", gathered->arguments.data, gathered->arguments.size);
    bind_text(&running, ":git_commit", in_git ? gathered->commit : NULL);
    if (in_git)
        bind_integer(&running, ":git_dirty", gathered->dirty);
    else
        bind_null(&running, ":git_dirty");
    bind_digest(&running, ":git_diff", in_git && gathered->dirty ? &gathered->difference : NULL);
    bind_text(&running, ":libraries", gathered->libraries);
    status = statement_run(&running, err);
    if (status != CKL_OK)
        return status;
    *out = db_last_id(ledger);
    return seal(ledger, *out, err);
}

ckl_status ledger_session_end(db *ledger, int64_t id, const char *outcome, int64_t at_us,
                              ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "UPDATE _session SET ended_us = :ended_us, outcome = :outcome"
                                 " WHERE id = :id AND outcome IS NULL",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":ended_us", at_us - at_us % 1000);
    bind_text(&running, ":outcome", outcome);
    bind_integer(&running, ":id", id);
    return statement_run(&running, err);
}

ckl_status ledger_session_unfinished(int64_t *out, char *who, size_t size, db *ledger, int64_t run,
                                     int64_t but, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *out = 0;
    ckl_status status =
        db_query(&row, ledger,
                 "SELECT session.id, session.host, session.pid,"
                 "       strftime('%Y-%m-%dT%H:%M:%fZ', session.started_us / 1000000.0,"
                 "                'unixepoch')"
                 " FROM _session AS session"
                 " WHERE session.run = :run AND session.outcome IS NULL AND session.id <> :but"
                 "   AND EXISTS (SELECT 1 FROM _event WHERE _event.session = session.id"
                 "               AND _event.run = :run AND _event.kind = 'train')"
                 " ORDER BY session.id LIMIT 1",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", run);
    bind_integer(&row, ":but", but);
    status = statement_step(&row, err);
    if (status != CKL_OK)
        return status == CKL_DONE ? CKL_OK : status;
    *out = column_integer(&row, 0);
    snprintf(who, size, "%s, pid %lld, since %s", column_required(&row, 1),
             (long long)column_integer(&row, 2), column_required(&row, 3));
    return CKL_OK;
}

ckl_status ledger_needs_seal(bool *out, db *ledger, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    int64_t any = 0;
    ckl_status status =
        db_query(&row, ledger,
                 "SELECT EXISTS (SELECT 1 FROM _session WHERE digest IS NULL)"
                 "    OR EXISTS (SELECT 1 FROM _metric_series WHERE digest IS NULL)",
                 err);
    if (status == CKL_OK)
        status = ledger_first_integer(&any, &row, err);
    *out = any != 0;
    return status;
}

ckl_status ledger_sessions_seal(db *ledger, ckl_error *err)
{
    for (;;) {
        int64_t id = 0;
        STATEMENT_AUTO row = {0};
        ckl_status status = db_query(
            &row, ledger, "SELECT id FROM _session WHERE digest IS NULL ORDER BY id LIMIT 1", err);
        if (status == CKL_OK)
            status = ledger_first_integer(&id, &row, err);
        if (status != CKL_OK)
            return status == CKL_NOT_FOUND ? CKL_OK : status;
        status = seal(ledger, id, err);
        if (status != CKL_OK)
            return status;
    }
}
