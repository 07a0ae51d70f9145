#include <string.h>

#include "ledger.h"

ckl_status ledger_segment(char out[CKL_SEGMENT_LENGTH + 1], const statement *row, int column,
                          ckl_error *err)
{
    const char *text = column_required(row, column);
    if (strlen(text) != CKL_SEGMENT_LENGTH)
        return error_set(err, CKL_DAMAGED, "the ledger has a segment of %zu characters, not of %d",
                         strlen(text), CKL_SEGMENT_LENGTH);
    memcpy(out, text, CKL_SEGMENT_LENGTH + 1);
    return CKL_OK;
}

ckl_status ledger_component_find(ledger_component *out, db *ledger, const char *kind,
                                 const digest *value, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger,
                                 "SELECT id, segment, shift FROM _component"
                                 " WHERE kind = :kind AND digest = :digest",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":kind", kind);
    bind_digest(&row, ":digest", value);
    status = statement_step(&row, err);
    if (status != CKL_OK)
        return status == CKL_DONE ? CKL_NOT_FOUND : status;
    out->id = column_integer(&row, 0);
    out->digest = *value;
    out->shift = (unsigned)column_integer(&row, 2);
    return ledger_segment(out->segment, &row, 1, err);
}

static ckl_status segment_is_free(bool *out, db *ledger, const char *kind, const char *segment,
                                  ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(
        &row, ledger, "SELECT 1 FROM _component WHERE kind = :kind AND segment = :segment", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":kind", kind);
    bind_text(&row, ":segment", segment);
    status = statement_step(&row, err);
    if (status != CKL_OK && status != CKL_DONE)
        return status;
    *out = status == CKL_DONE && strcmp(segment, CKL_ABSENT_SEGMENT) != 0;
    return CKL_OK;
}

static ckl_status choose_segment(ledger_component *out, db *ledger, const char *kind,
                                 ckl_error *err)
{
    for (out->shift = 0; out->shift <= 56; out->shift += CKL_SEGMENT_LENGTH) {
        bool is_free = false;
        digest_segment(out->segment, &out->digest, out->shift);
        ckl_status status = segment_is_free(&is_free, ledger, kind, out->segment, err);
        if (status != CKL_OK || is_free)
            return status;
    }
    return error_set(err, CKL_REFUSED, "every segment that a %s of this digest could have is taken",
                     kind);
}

ckl_status ledger_component_record(ledger_component *out, db *ledger, const char *kind,
                                   const digest *value, ckl_error *err)
{
    ckl_status status = ledger_component_find(out, ledger, kind, value, err);
    if (status != CKL_NOT_FOUND)
        return status;
    out->digest = *value;
    status = choose_segment(out, ledger, kind, err);
    if (status != CKL_OK)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger,
                      "INSERT INTO _component (kind, digest, segment, shift)"
                      " VALUES (:kind, :digest, :segment, :shift)",
                      err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":kind", kind);
    bind_digest(&running, ":digest", value);
    bind_text(&running, ":segment", out->segment);
    bind_integer(&running, ":shift", out->shift);
    status = statement_run(&running, err);
    out->id = db_last_id(ledger);
    return status;
}

ckl_status ledger_component_get(ledger_component *out, db *ledger, int64_t id, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger, "SELECT digest, segment, shift FROM _component WHERE id = :id", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", id);
    status = statement_step(&row, err);
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED, "the ledger names component %lld but does not have it",
                         (long long)id);
    if (status != CKL_OK)
        return status;
    out->id = id;
    out->shift = (unsigned)column_integer(&row, 2);
    status = ledger_segment(out->segment, &row, 1, err);
    return status == CKL_OK ? column_digest(&out->digest, &row, 0, err) : status;
}
