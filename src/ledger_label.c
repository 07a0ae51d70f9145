/* Names and notes of states: one row for each time that one was given or taken off; the last one of
 * a state is in force. */
#include <string.h>

#include "ledger.h"

ckl_status ledger_label_add(db *ledger, int64_t event, const char *kind, int64_t experiment,
                            const char *text, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "INSERT INTO _label (event, kind, experiment, text)"
                                 " VALUES (:event, :kind, :experiment, :text)",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":event", event);
    bind_text(&running, ":kind", kind);
    bind_integer(&running, ":experiment", experiment);
    bind_text(&running, ":text", text);
    return statement_run(&running, err);
}

ckl_status ledger_label_get(char **out, db *ledger, const char *kind, int64_t experiment,
                            ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger,
                                 "SELECT text FROM _label"
                                 " WHERE kind = :kind AND experiment = :experiment"
                                 " ORDER BY event DESC LIMIT 1",
                                 err);
    *out = NULL;
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":kind", kind);
    bind_integer(&row, ":experiment", experiment);
    status = statement_step(&row, err);
    if (status == CKL_OK && !column_is_null(&row, 0)) {
        *out = strdup(column_required(&row, 0));
        if (*out == NULL)
            return error_memory(err);
    }
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status ledger_label_find(ledger_experiment *out, db *ledger, const char *name, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger,
                                 "SELECT label.experiment FROM _label AS label"
                                 " WHERE label.kind = 'name' AND label.text = :name"
                                 "   AND NOT EXISTS (SELECT 1 FROM _label AS later"
                                 "     WHERE later.kind = 'name' AND later.event > label.event"
                                 "       AND later.experiment = label.experiment)",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":name", name);
    status = statement_step(&row, err);
    if (status == CKL_OK)
        return ledger_experiment_get(out, ledger, column_integer(&row, 0), err);
    return status == CKL_DONE ? CKL_NOT_FOUND : status;
}

/* ---- aliases --------------------------------------------------------------------------------- */

ckl_status ledger_alias_add(db *ledger, const char *hash, const char *experiment, int64_t event,
                            ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(&running, ledger,
                                 "INSERT OR IGNORE INTO _alias (hash, experiment, event)"
                                 " SELECT :hash, id, :event FROM _experiment"
                                 " WHERE hash = :experiment",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":hash", hash);
    bind_text(&running, ":experiment", experiment);
    bind_integer(&running, ":event", event);
    return statement_run(&running, err);
}
