#include <stdlib.h>
#include <string.h>

#include "ledger.h"

ckl_status ledger_first_integer(int64_t *out, statement *row, ckl_error *err)
{
    ckl_status status = statement_step(row, err);
    if (status == CKL_OK)
        *out = column_integer(row, 0);
    return status == CKL_DONE ? CKL_NOT_FOUND : status;
}

ckl_status ledger_has_samples(bool *out, db *ledger, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT EXISTS (SELECT 1 FROM _sample)", err);
    int64_t any = 0;
    if (status == CKL_OK)
        status = ledger_first_integer(&any, &row, err);
    *out = any != 0;
    return status;
}

ckl_status ledger_sample_record(int64_t *out, db *ledger, const char *uid, size_t size,
                                ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT id FROM _sample WHERE uid = :uid", err);
    if (status != CKL_OK)
        return status;
    bind_text_size(&row, ":uid", uid, size);
    status = ledger_first_integer(out, &row, err);
    if (status != CKL_NOT_FOUND)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger, "INSERT INTO _sample (uid) VALUES (:uid)", err);
    if (status != CKL_OK)
        return status;
    bind_text_size(&running, ":uid", uid, size);
    status = statement_run(&running, err);
    *out = db_last_id(ledger);
    return status;
}

ckl_status ledger_sample_uid(const char **out, statement *row, db *ledger, int64_t sample,
                             ckl_error *err)
{
    ckl_status status = CKL_OK;
    if (row->raw == NULL)
        status = db_query(row, ledger, "SELECT uid FROM _sample WHERE id = :sample", err);
    if (status != CKL_OK)
        return status;
    statement_reset(row);
    bind_integer(row, ":sample", sample);
    status = STATEMENT_STEP_WITH(row, err, 0);
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED, "the ledger names sample %lld but does not have it",
                         (long long)sample);
    if (status == CKL_OK)
        *out = column_required(row, 0);
    return status;
}

/* ---- tags ------------------------------------------------------------------------------------ */

static ckl_status record_tag(int64_t *out, db *ledger, const char *tag, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT id FROM _tag WHERE tag = :tag", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":tag", tag);
    status = ledger_first_integer(out, &row, err);
    if (status != CKL_NOT_FOUND)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger, "INSERT INTO _tag (tag) VALUES (:tag)", err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":tag", tag);
    status = statement_run(&running, err);
    *out = db_last_id(ledger);
    return status;
}

static ckl_status add_tag_to_set(db *ledger, int64_t tagset, const char *tag, ckl_error *err)
{
    int64_t id = 0;
    ckl_status status = record_tag(&id, ledger, tag, err);
    if (status != CKL_OK)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger,
                      "INSERT INTO _tagset_tag (tagset, tag) VALUES (:tagset, :tag)", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":tagset", tagset);
    bind_integer(&running, ":tag", id);
    return statement_run(&running, err);
}

ckl_status ledger_tagset_record(int64_t *out, db *ledger, const char *canonical,
                                const char *const *tags, size_t count, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT id FROM _tagset WHERE tags = :tags", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":tags", canonical);
    status = ledger_first_integer(out, &row, err);
    if (status != CKL_NOT_FOUND)
        return status;
    STATEMENT_AUTO running = {0};
    status = db_query(&running, ledger, "INSERT INTO _tagset (tags) VALUES (:tags)", err);
    if (status != CKL_OK)
        return status;
    bind_text(&running, ":tags", canonical);
    status = statement_run(&running, err);
    int64_t tagset = db_last_id(ledger);
    for (size_t index = 0; status == CKL_OK && index < count; index++)
        status = add_tag_to_set(ledger, tagset, tags[index], err);
    *out = tagset;
    return status;
}

ckl_status ledger_tagset_text(char **out, db *ledger, int64_t tagset, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT tags FROM _tagset WHERE id = :tagset", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":tagset", tagset);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED, "the ledger names tag set %lld but does not have it",
                         (long long)tagset);
    if (status != CKL_OK)
        return status;
    char *copy = strdup(column_required(&row, 0));
    if (copy == NULL)
        return error_memory(err);
    *out = copy;
    return CKL_OK;
}

/* Records the tags of `of` that `without` does not have, as a set. A scratch state interns them, so
 * that there is one place that knows the canonical text of a set. */
static ckl_status record_difference(int64_t *out, db *ledger, char *const *of, size_t of_count,
                                    char *const *without, size_t without_count, ckl_error *err)
{
    const char **left = calloc(of_count + 1, sizeof *left);
    ckl_data_state *scratch = NULL;
    uint32_t number = 0;
    size_t count = 0, other = 0;
    if (left == NULL)
        return error_memory(err);
    for (size_t index = 0; index < of_count; index++) {
        while (other < without_count && strcmp(without[other], of[index]) < 0)
            other++;
        if (other == without_count || strcmp(without[other], of[index]) != 0)
            left[count++] = of[index];
    }
    ckl_status status = ckl_data_state_new(&scratch, err);
    if (status == CKL_OK)
        status = state_intern(&number, scratch, left, count, err);
    if (status == CKL_OK) {
        state_tagset set = state_tagset_get(scratch, number);
        status = ledger_tagset_record(out, ledger, set.text, set.tags, set.count, err);
    }
    ckl_data_state_free(scratch);
    free(left);
    return status;
}

static ckl_status add_tagset_change(db *ledger, int64_t from, int64_t to, ckl_error *err)
{
    char **old_tags = NULL, **new_tags = NULL;
    size_t old_count = 0, new_count = 0;
    int64_t added = 0, removed = 0;
    STATEMENT_AUTO running = {0};
    ckl_status status = ledger_tagset_tags(&old_tags, &old_count, ledger, from, err);
    if (status == CKL_OK)
        status = ledger_tagset_tags(&new_tags, &new_count, ledger, to, err);
    if (status == CKL_OK)
        status = record_difference(&added, ledger, new_tags, new_count, old_tags, old_count, err);
    if (status == CKL_OK)
        status = record_difference(&removed, ledger, old_tags, old_count, new_tags, new_count, err);
    free(old_tags);
    free(new_tags);
    if (status == CKL_OK)
        status = db_query(&running, ledger,
                          "INSERT INTO _tagset_change (from_tagset, to_tagset, added, removed)"
                          " VALUES (:from, :to, :added, :removed)",
                          err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":from", from);
    bind_integer(&running, ":to", to);
    bind_integer(&running, ":added", added);
    bind_integer(&running, ":removed", removed);
    return statement_run(&running, err);
}

ckl_status ledger_tagset_change_record(db *ledger, int64_t from, int64_t to, ckl_error *err)
{
    if (from == to)
        return CKL_OK;
    int64_t there = 0;
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger,
                                 "SELECT 1 FROM _tagset_change"
                                 " WHERE from_tagset = :from AND to_tagset = :to",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":from", from);
    bind_integer(&row, ":to", to);
    status = ledger_first_integer(&there, &row, err);
    return status == CKL_NOT_FOUND ? add_tagset_change(ledger, from, to, err) : status;
}
