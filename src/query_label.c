/* Cursors over names and notes. */
#include <stdlib.h>

#include <ckl/audit.h>

#include "manager_internal.h"

struct ckl_label_cursor {
    statement row;
};

ckl_status ckl_labels(ckl_label_cursor **out, ckl_manager *manager, ckl_label_kind kind,
                      const char *hash, bool history, ckl_error *err)
{
    ledger_experiment experiment = {0};
    ckl_status status = hash != NULL ? manager_resolve(&experiment, manager, hash, err) : CKL_OK;
    if (status != CKL_OK)
        return status;
    ckl_label_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_memory(err);
    status = db_query(&cursor->row, manager->ledger,
                      "SELECT label.event, event.at_us, experiment.hash, label.text,"
                      " NOT EXISTS (SELECT 1 FROM _label AS later"
                      "   WHERE later.kind = label.kind AND later.event > label.event"
                      "     AND later.experiment = label.experiment) AS current,"
                      " event.actor, event.reason"
                      " FROM _label AS label"
                      " JOIN _event AS event ON event.seq = label.event"
                      " JOIN _experiment AS experiment ON experiment.id = label.experiment"
                      " WHERE label.kind = :kind"
                      "   AND (:experiment IS NULL OR label.experiment = :experiment)"
                      "   AND (:history OR (current AND label.text IS NOT NULL))"
                      " ORDER BY label.event DESC",
                      err);
    if (status != CKL_OK) {
        free(cursor);
        return status;
    }
    bind_text(&cursor->row, ":kind", kind == CKL_NAMES ? "name" : "note");
    bind_id(&cursor->row, ":experiment", experiment.id);
    bind_integer(&cursor->row, ":history", history);
    *out = cursor;
    return CKL_OK;
}

ckl_status ckl_label_next(ckl_label *out, ckl_label_cursor *cursor, ckl_error *err)
{
    const statement *row = &cursor->row;
    ckl_status status = STATEMENT_STEP_WITH(&cursor->row, err, 5);
    if (status != CKL_OK)
        return status;
    *out = (ckl_label){.seq = column_integer(row, 0),
                       .at_us = column_integer(row, 1),
                       .experiment = column_text(row, 2),
                       .text = column_text(row, 3),
                       .current = column_integer(row, 4) != 0,
                       .actor = column_required(row, 5),
                       .reason = column_text(row, 6)};
    return CKL_OK;
}

void ckl_label_cursor_close(ckl_label_cursor *cursor)
{
    if (cursor == NULL)
        return;
    statement_done(&cursor->row);
    free(cursor);
}
