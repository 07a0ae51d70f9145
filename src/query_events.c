/* Cursors over events, parents and runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ckl/query.h>

#include "manager_internal.h"

/* In what an event's experiment differs from the one before it, as bits. */
#define CHANGED                                                                                    \
    "((after.model IS NOT before.model) * 1 + (after.config IS NOT before.config) * 2"             \
    " + (after.data IS NOT before.data) * 4)"

/* ---- events ---------------------------------------------------------------------------------- */

struct ckl_event_cursor {
    statement row;
};

/* The head left the state before it was dumped: as the view `changes` says. */
#define EVENT_COLUMNS                                                                              \
    "SELECT event.seq, event.at_us, run.name, event.kind, after.hash, before.hash, " CHANGED ","   \
    "       left_at.seq IS NOT NULL AND event.experiment IS NOT event.from_experiment"             \
    "         AND (after.dumped IS NULL OR after.dumped > left_at.seq)"                            \
    "         AND NOT EXISTS (SELECT 1 FROM _event AS dump"                                        \
    "           WHERE dump.experiment = event.experiment AND dump.kind = 'dump'"                   \
    "             AND dump.seq < left_at.seq),"                                                    \
    "       event.actor, event.reason, ifnull(event.step, -1), event.detail,"                      \
    "       CASE WHEN :states THEN coalesce("                                                      \
    "         (SELECT max(made.seq) FROM _event AS made"                                           \
    "          WHERE made.experiment = event.from_experiment AND made.seq < event.seq"             \
    "            AND made.run = event.run AND made.experiment IS NOT made.from_experiment"         \
    "            AND made.kind NOT IN ('switch', 'run')),"                                         \
    "         (SELECT max(made.seq) FROM _event AS made"                                           \
    "          WHERE made.experiment = event.from_experiment AND made.seq < event.seq"             \
    "            AND made.experiment IS NOT made.from_experiment AND made.kind NOT IN ('switch', " \
    "'run')), 0)"                                                                                  \
    "       ELSE 0 END"                                                                            \
    " FROM _event AS event"                                                                        \
    " JOIN _run AS run ON run.id = event.run"                                                      \
    " LEFT JOIN _experiment AS after ON after.id = event.experiment"                               \
    " LEFT JOIN _experiment AS before ON before.id = event.from_experiment"                        \
    " LEFT JOIN _event AS left_at ON left_at.seq = ("                                              \
    "   SELECT min(later.seq) FROM _event AS later"                                                \
    "   WHERE later.run = event.run AND later.from_experiment = event.experiment"                  \
    "     AND later.seq > event.seq AND later.experiment <> later.from_experiment)"
#define EVENT_FILTER                                                                               \
    " (:component = 0 OR (" CHANGED " & :component) <> 0) AND event.at_us >= :since"               \
    " AND event.seq > :after"                                                                      \
    " AND (NOT :states OR (event.experiment IS NOT event.from_experiment"                          \
    "   AND event.experiment IS NOT NULL AND event.kind NOT IN ('switch', 'run')))"
#define OF_THIS_RUN " event.run = (SELECT id FROM _run WHERE name = :run) AND"
#define NEWEST      " ORDER BY event.seq DESC LIMIT :limit"
#define OLDEST      " ORDER BY event.seq LIMIT :limit"

static ckl_status query_events(statement *row, ckl_manager *manager, const ckl_event_filter *filter,
                               ckl_error *err)
{
    static const char *const SQL[2][2] = {
        {EVENT_COLUMNS " WHERE" OF_THIS_RUN EVENT_FILTER NEWEST,
         EVENT_COLUMNS " WHERE" OF_THIS_RUN EVENT_FILTER OLDEST},
        {EVENT_COLUMNS " WHERE" EVENT_FILTER NEWEST, EVENT_COLUMNS " WHERE" EVENT_FILTER OLDEST}};
    return db_query(row, manager->ledger, SQL[filter->all_runs][filter->oldest_first], err);
}

ckl_status ckl_events(ckl_event_cursor **out, ckl_manager *manager, const ckl_event_filter *filter,
                      ckl_error *err)
{
    static const ckl_event_filter ALL = {0};
    const ckl_event_filter *chosen = filter != NULL ? filter : &ALL;
    ckl_event_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_memory(err);
    ckl_status status = query_events(&cursor->row, manager, chosen, err);
    if (status != CKL_OK) {
        free(cursor);
        return status;
    }
    if (!chosen->all_runs)
        bind_text(&cursor->row, ":run", manager->run_name);
    bind_integer(&cursor->row, ":component", chosen->component);
    bind_integer(&cursor->row, ":since", chosen->since_us == 0 ? INT64_MIN : chosen->since_us);
    bind_integer(&cursor->row, ":after", chosen->after_seq);
    bind_integer(&cursor->row, ":states", chosen->states_only);
    bind_integer(&cursor->row, ":limit",
                 chosen->limit == 0 || chosen->limit > INT64_MAX ? -1 : (int64_t)chosen->limit);
    *out = cursor;
    return CKL_OK;
}

ckl_status ckl_event_next(ckl_event *out, ckl_event_cursor *cursor, ckl_error *err)
{
    const statement *row = &cursor->row;
    ckl_status status = STATEMENT_STEP_WITH(&cursor->row, err, 2, 3, 8);
    if (status != CKL_OK)
        return status;
    *out = (ckl_event){.seq = column_integer(row, 0),
                       .at_us = column_integer(row, 1),
                       .run = column_required(row, 2),
                       .kind = column_required(row, 3),
                       .experiment = column_text(row, 4),
                       .from = column_text(row, 5),
                       .changed = (ckl_components)column_integer(row, 6),
                       .superseded = column_integer(row, 7) != 0,
                       .actor = column_required(row, 8),
                       .reason = column_text(row, 9),
                       .step = column_integer(row, 10),
                       .detail = column_text(row, 11),
                       .parent_seq = column_integer(row, 12)};
    return CKL_OK;
}

void ckl_event_cursor_close(ckl_event_cursor *cursor)
{
    if (cursor == NULL)
        return;
    statement_done(&cursor->row);
    free(cursor);
}

/* ---- parents --------------------------------------------------------------------------------- */

struct ckl_parent_cursor {
    statement row;
};

ckl_status ckl_parents(ckl_parent_cursor **out, ckl_manager *manager, const char *hash,
                       ckl_error *err)
{
    ledger_experiment experiment = {0};
    ckl_status status = manager_resolve(&experiment, manager, hash != NULL ? hash : "@", err);
    if (status != CKL_OK)
        return status;
    ckl_parent_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_memory(err);
    status = db_query(&cursor->row, manager->ledger,
                      "SELECT before.hash, run.name, event.kind, event.seq, event.at_us, " CHANGED
                      " FROM _event AS event"
                      " JOIN _run AS run ON run.id = event.run"
                      " JOIN _experiment AS after ON after.id = event.experiment"
                      " LEFT JOIN _experiment AS before ON before.id = event.from_experiment"
                      " WHERE event.experiment = :experiment"
                      "   AND event.experiment IS NOT event.from_experiment"
                      "   AND event.kind <> 'switch' ORDER BY event.seq",
                      err);
    if (status != CKL_OK) {
        free(cursor);
        return status;
    }
    bind_integer(&cursor->row, ":experiment", experiment.id);
    *out = cursor;
    return CKL_OK;
}

ckl_status ckl_parent_next(ckl_parent *out, ckl_parent_cursor *cursor, ckl_error *err)
{
    const statement *row = &cursor->row;
    ckl_status status = statement_step(&cursor->row, err);
    if (status != CKL_OK)
        return status;
    *out = (ckl_parent){column_text(row, 0),    column_text(row, 1),
                        column_text(row, 2),    column_integer(row, 3),
                        column_integer(row, 4), (ckl_components)column_integer(row, 5)};
    return CKL_OK;
}

void ckl_parent_cursor_close(ckl_parent_cursor *cursor)
{
    if (cursor == NULL)
        return;
    statement_done(&cursor->row);
    free(cursor);
}

/* ---- runs ------------------------------------------------------------------------------------ */

struct ckl_run_cursor {
    statement row;
};

ckl_status ckl_runs(ckl_run_cursor **out, ckl_manager *manager, ckl_error *err)
{
    ckl_run_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_memory(err);
    ckl_status status = db_query(&cursor->row, manager->ledger,
                                 "SELECT run.name, after.hash, " CHANGED ","
                                 "       (SELECT at_us FROM _event WHERE seq ="
                                 "         (SELECT max(seq) FROM _event WHERE _event.run = run.id))"
                                 " FROM _run AS run"
                                 " LEFT JOIN _experiment AS after ON after.id = run.head"
                                 " LEFT JOIN _experiment AS before ON before.id = run.baseline"
                                 " ORDER BY run.id",
                                 err);
    if (status != CKL_OK) {
        free(cursor);
        return status;
    }
    *out = cursor;
    return CKL_OK;
}

ckl_status ckl_run_next(ckl_run_row *out, ckl_run_cursor *cursor, ckl_error *err)
{
    const statement *row = &cursor->row;
    ckl_status status = statement_step(&cursor->row, err);
    if (status != CKL_OK)
        return status;
    *out = (ckl_run_row){column_text(row, 0), column_text(row, 1),
                         (ckl_components)column_integer(row, 2), column_integer(row, 3)};
    return CKL_OK;
}

void ckl_run_cursor_close(ckl_run_cursor *cursor)
{
    if (cursor == NULL)
        return;
    statement_done(&cursor->row);
    free(cursor);
}
