/* Training sessions, and the code that they ran. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ckl/query.h>

#include "manager_internal.h"

/* ---- sessions -------------------------------------------------------------------------------- */

struct ckl_session_cursor {
    statement row;
};

ckl_status ckl_sessions(ckl_session_cursor **out, ckl_manager *manager, const char *hash,
                        ckl_error *err)
{
    ledger_experiment experiment = {0};
    ckl_status status = manager_resolve(&experiment, manager, hash != NULL ? hash : "@", err);
    if (status != CKL_OK)
        return status;
    ckl_session_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_memory(err);
    status = db_query(&cursor->row, manager->ledger,
                      "SELECT session.started_us, run.name, session.host, session.user,"
                      "       session.program, session.arguments, session.pid,"
                      "       session.git_commit, session.git_dirty,"
                      "       lower(hex(session.git_diff)), session.libraries,"
                      "       ifnull(session.ended_us, 0), session.outcome"
                      " FROM _session AS session JOIN _run AS run ON run.id = session.run"
                      " WHERE session.id IN (SELECT session FROM _event"
                      "   WHERE experiment = :experiment) ORDER BY session.id",
                      err);
    if (status != CKL_OK) {
        free(cursor);
        return status;
    }
    bind_integer(&cursor->row, ":experiment", experiment.id);
    *out = cursor;
    return CKL_OK;
}

ckl_status ckl_session_next(ckl_session_row *out, ckl_session_cursor *cursor, ckl_error *err)
{
    const statement *row = &cursor->row;
    ckl_status status = STATEMENT_STEP_WITH(&cursor->row, err, 1);
    if (status != CKL_OK)
        return status;
    *out = (ckl_session_row){.started_at_us = column_integer(row, 0),
                             .run = column_required(row, 1),
                             .host = column_text(row, 2),
                             .user = column_text(row, 3),
                             .program = column_text(row, 4),
                             .arguments = column_text(row, 5),
                             .pid = column_integer(row, 6),
                             .git_commit = column_text(row, 7),
                             .git_dirty = column_integer(row, 8) != 0,
                             .git_diff = column_integer(row, 8) != 0 ? column_text(row, 9) : NULL,
                             .libraries = column_text(row, 10),
                             .ended_at_us = column_integer(row, 11),
                             .outcome = column_text(row, 12)};
    return CKL_OK;
}

void ckl_session_cursor_close(ckl_session_cursor *cursor)
{
    if (cursor == NULL)
        return;
    statement_done(&cursor->row);
    free(cursor);
}

/* ---- code ------------------------------------------------------------------------------------ */

/* Of the first or the last session that recorded something for an experiment. */
static ckl_status read_code(ckl_code *out, ckl_manager *manager, int64_t experiment, bool first,
                            ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *out = (ckl_code){0};
    ckl_status status =
        db_query(&row, manager->ledger,
                 "SELECT git_commit, git_dirty, lower(hex(git_diff)) FROM _session"
                 " WHERE git_commit IS NOT NULL"
                 "   AND id = (SELECT CASE WHEN :first THEN min(session) ELSE max(session) END"
                 "             FROM _event WHERE experiment = :experiment)",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":first", first);
    bind_integer(&row, ":experiment", experiment);
    status = statement_step(&row, err);
    if (status != CKL_OK)
        return status == CKL_DONE ? CKL_OK : status;
    snprintf(out->commit, sizeof out->commit, "%s", column_required(&row, 0));
    out->dirty = column_integer(&row, 1) != 0;
    snprintf(out->difference, sizeof out->difference, "%s",
             out->dirty && column_text(&row, 2) != NULL ? column_text(&row, 2) : "");
    return CKL_OK;
}

ckl_status query_code(ckl_diff_code *out, ckl_manager *manager, int64_t from, int64_t to,
                      ckl_error *err)
{
    *out = (ckl_diff_code){0};
    ckl_status status = read_code(&out->from, manager, from, from == to, err);
    if (status == CKL_OK)
        status = read_code(&out->to, manager, to, false, err);
    bool known = out->from.commit[0] != '\0' && out->to.commit[0] != '\0';
    out->changed = status == CKL_OK && known &&
                   (strcmp(out->from.commit, out->to.commit) != 0 ||
                    strcmp(out->from.difference, out->to.difference) != 0);
    return status;
}
