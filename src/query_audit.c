/* What happened to samples, and which state was the head at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ckl/audit.h>

#include "clock.h"
#include "manager_internal.h"

/* ---- time ------------------------------------------------------------------------------------ */

ckl_status ckl_time_parse(int64_t *out_us, const char *text, ckl_error *err)
{
    if (clock_parse(out_us, text))
        return CKL_OK;
    error_set(err, CKL_INVALID, "'%s' is no time", text);
    error_hint(err, "write 2026-11-23, 2026-11-23T15:40:00Z, or how long ago: 2h, 3d");
    return CKL_INVALID;
}

ckl_status ckl_manager_head_at(ckl_hash *out, ckl_manager *manager, int64_t at_us, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    char iso[32];
    ckl_status status = db_query(&row, manager->ledger,
                                 "SELECT state.hash FROM _event AS event"
                                 " JOIN _experiment AS state ON state.id = event.experiment"
                                 " WHERE event.run = (SELECT id FROM _run WHERE name = :run)"
                                 "   AND event.at_us <= :at ORDER BY event.seq DESC LIMIT 1",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":run", manager->run_name);
    bind_integer(&row, ":at", at_us);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_OK)
        snprintf(out->text, sizeof out->text, "%s", column_required(&row, 0));
    if (status != CKL_DONE)
        return status;
    clock_iso(iso, at_us);
    return error_set(err, CKL_NOT_FOUND, "run '%s' had nothing recorded by %s", manager->run_name,
                     iso);
}

/* ---- the changes of samples ------------------------------------------------------------------ */

struct ckl_sample_change_cursor {
    statement row;
};

#define COLUMNS                                                                                    \
    "SELECT seq, at_unix, run, uid, change, ifnull(discarded_from, -1),"                           \
    " ifnull(discarded_to, -1), tags, tags_added, tags_removed, from_experiment, to_experiment,"   \
    " actor, reason"
#define OF_TAG                                                                                     \
    "SELECT seq, at_unix, run, uid, CASE action WHEN 'added' THEN 'tagged' ELSE 'untagged' END,"   \
    " -1, -1, NULL, CASE action WHEN 'added' THEN tag ELSE '' END,"                                \
    " CASE action WHEN 'removed' THEN tag ELSE '' END, from_experiment, to_experiment, actor,"     \
    " reason FROM tag_changes WHERE tag = :tag"

typedef struct action {
    const char *name;
    const char *of_sample; /* what it means in sample_changes */
    const char *of_tag;    /* and in tag_changes; NULL: nothing there is of this kind */
    bool whole_state;      /* comes also with a whole data state */
} action;

static const action ACTIONS[] = {
    {"discard", " AND discarded_from = 0 AND discarded_to = 1", NULL, false},
    {"restore", " AND discarded_from = 1 AND discarded_to = 0", NULL, false},
    {"tag", " AND tags_added <> ''", " AND action = 'added'", false},
    {"untag", " AND tags_removed <> ''", " AND action = 'removed'", false},
    {"add", " AND discarded_from IS NULL", NULL, true},
    {"remove", " AND discarded_to IS NULL", NULL, true},
};

static ckl_status find_action(const action **out, const ckl_sample_change_filter *filter,
                              ckl_error *err)
{
    *out = NULL;
    if (filter->action == NULL)
        return CKL_OK;
    for (size_t index = 0; index < sizeof ACTIONS / sizeof *ACTIONS; index++) {
        if (strcmp(filter->action, ACTIONS[index].name) == 0)
            *out = &ACTIONS[index];
    }
    if (*out == NULL)
        return error_set(err, CKL_INVALID,
                         "an action is discard, restore, tag, untag, add or remove, not '%s'",
                         filter->action);
    return filter->tag == NULL || (*out)->of_tag != NULL
               ? CKL_OK
               : error_set(err, CKL_INVALID, "a tag goes with the actions tag and untag, not '%s'",
                           filter->action);
}

/* A name that was never recorded is most likely mistyped: an empty answer would hide that. */
static ckl_status check_known(ckl_manager *manager, const char *sql, const char *what,
                              const char *name, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    if (name == NULL)
        return CKL_OK;
    ckl_status status = db_query_once(&row, manager->ledger, sql, err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":name", name);
    status = statement_step(&row, err);
    return status == CKL_DONE
               ? error_set(err, CKL_NOT_FOUND, "no %s '%s' was ever recorded", what, name)
               : status;
}

static ckl_status check_filter(ckl_manager *manager, const ckl_sample_change_filter *filter,
                               ckl_error *err)
{
    ckl_status status =
        check_known(manager, "SELECT 1 FROM _sample WHERE uid = :name", "sample", filter->uid, err);
    if (status == CKL_OK)
        status =
            check_known(manager, "SELECT 1 FROM _tag WHERE tag = :name", "tag", filter->tag, err);
    return status == CKL_OK ? check_known(manager, "SELECT 1 FROM _run WHERE name = :name", "run",
                                          filter->run, err)
                            : status;
}

/* From the sample or the tag on, where one is given; else from the events on, so that the newest
 * cost what is newest. */
static void write_sql(buf *sql, const ckl_sample_change_filter *filter, const action *chosen)
{
    bool from_events = filter->uid == NULL && (chosen == NULL || !chosen->whole_state);
    const char *direction = filter->oldest_first ? "" : " DESC";
    if (filter->tag != NULL)
        buf_add_text(sql, OF_TAG);
    else if (from_events)
        buf_add_text(sql, COLUMNS " FROM _sample_change WHERE NOT whole_state");
    else
        buf_add_text(sql, COLUMNS " FROM sample_changes WHERE 1");
    if (chosen != NULL)
        buf_add_text(sql, filter->tag != NULL ? chosen->of_tag : chosen->of_sample);
    buf_add_text(sql, filter->uid != NULL ? " AND uid = :uid" : "");
    buf_add_text(sql, filter->actor != NULL ? " AND actor = :actor" : "");
    buf_add_text(sql, filter->run != NULL ? " AND run = :run" : "");
    buf_add_text(sql, filter->since_us != 0 ? " AND at_unix >= :since / 1000000.0" : "");
    buf_add_text(sql, filter->until_us != 0 ? " AND at_unix < :until / 1000000.0" : "");
    buf_add_format(sql, " ORDER BY seq%s, %s LIMIT :limit", direction,
                   filter->tag == NULL && from_events ? "sample" : "uid");
}

static void bind_filter(statement *row, const ckl_sample_change_filter *filter)
{
    if (filter->uid != NULL)
        bind_text(row, ":uid", filter->uid);
    if (filter->tag != NULL)
        bind_text(row, ":tag", filter->tag);
    if (filter->actor != NULL)
        bind_text(row, ":actor", filter->actor);
    if (filter->run != NULL)
        bind_text(row, ":run", filter->run);
    if (filter->since_us != 0)
        bind_integer(row, ":since", filter->since_us);
    if (filter->until_us != 0)
        bind_integer(row, ":until", filter->until_us);
    bind_integer(row, ":limit",
                 filter->limit == 0 || filter->limit > INT64_MAX ? -1 : (int64_t)filter->limit);
}

ckl_status ckl_sample_changes(ckl_sample_change_cursor **out, ckl_manager *manager,
                              const ckl_sample_change_filter *filter, ckl_error *err)
{
    static const ckl_sample_change_filter ALL = {0};
    const ckl_sample_change_filter *wanted = filter != NULL ? filter : &ALL;
    const action *chosen = NULL;
    BUF_AUTO sql = BUF_INIT;
    ckl_status status = find_action(&chosen, wanted, err);
    if (status == CKL_OK)
        status = check_filter(manager, wanted, err);
    if (status != CKL_OK)
        return status;
    write_sql(&sql, wanted, chosen);
    status = buf_check(&sql, err);
    if (status != CKL_OK)
        return status;
    ckl_sample_change_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_memory(err);
    status = db_query_once(&cursor->row, manager->ledger, sql.data, err);
    if (status != CKL_OK) {
        free(cursor);
        return status;
    }
    bind_filter(&cursor->row, wanted);
    *out = cursor;
    return CKL_OK;
}

ckl_status ckl_sample_change_next(ckl_sample_change *out, ckl_sample_change_cursor *cursor,
                                  ckl_error *err)
{
    const statement *row = &cursor->row;
    ckl_status status = STATEMENT_STEP_WITH(&cursor->row, err, 2, 3, 4, 12);
    if (status != CKL_OK)
        return status;
    *out = (ckl_sample_change){.seq = column_integer(row, 0),
                               /* whole milliseconds: a double holds them */
                               .at_us = (int64_t)(column_real(row, 1) * 1000.0 + 0.5) * 1000,
                               .run = column_required(row, 2),
                               .uid = column_required(row, 3),
                               .change = column_required(row, 4),
                               .discarded_from = (int)column_integer(row, 5),
                               .discarded_to = (int)column_integer(row, 6),
                               .tags = column_text(row, 7),
                               .tags_added = column_text(row, 8),
                               .tags_removed = column_text(row, 9),
                               .from = column_text(row, 10),
                               .experiment = column_text(row, 11),
                               .actor = column_required(row, 12),
                               .reason = column_text(row, 13)};
    return CKL_OK;
}

void ckl_sample_change_cursor_close(ckl_sample_change_cursor *cursor)
{
    if (cursor == NULL)
        return;
    statement_done(&cursor->row);
    free(cursor);
}
