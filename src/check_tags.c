/* Sets of tags: their rows from their text, and what came and went between two of them. */
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"

/* Takes the canonical text apart: *out gets the tags, one after the other with a NUL behind each.
 */
static size_t split_text(buf *out, const char *text)
{
    size_t count = text[0] != '\0';
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            buf_add_char(out, *++at);
        } else if (*at == ',') {
            buf_add_char(out, '\0');
            count++;
        } else {
            buf_add_char(out, *at);
        }
    }
    buf_add_char(out, '\0');
    return count;
}

ckl_status check_intern_tags(uint32_t *out, ckl_data_state *state, const char *text, ckl_error *err)
{
    BUF_AUTO apart = BUF_INIT;
    size_t count = split_text(&apart, text);
    const char **tags = calloc(count + 1, sizeof *tags);
    ckl_status status = tags != NULL ? buf_check(&apart, err) : error_memory(err);
    if (status == CKL_OK) {
        const char *at = apart.data;
        for (size_t index = 0; index < count; index++) {
            tags[index] = at;
            at += strlen(at) + 1;
        }
        status = state_intern(out, state, tags, count, err);
    }
    free(tags);
    return status;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static ckl_status expect_tag(ckl_check *job, int64_t tagset, const char *tag, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    STATEMENT_AUTO running = {0};
    int64_t id = 0;
    ckl_status status = db_query(&row, job->ledger, "SELECT id FROM _tag WHERE tag = :tag", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":tag", tag);
    status = ledger_first_integer(&id, &row, err);
    if (status == CKL_NOT_FOUND)
        return check_add_row(job, "content", "_tagset", tagset, err,
                             "its tag '%s' is not in _tag: one of the two was changed", tag);
    if (status == CKL_OK)
        status = db_query(&running, job->ledger,
                          "INSERT INTO temp.expected_tagset_tag (tagset, tag)"
                          " VALUES (:tagset, :tag)",
                          err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":tagset", tagset);
    bind_integer(&running, ":tag", id);
    return statement_run(&running, err);
}

static ckl_status look_at_set(ckl_check *job, ckl_data_state *scratch, const statement *row,
                              ckl_error *err)
{
    uint32_t number = 0;
    int64_t id = column_integer(row, 0);
    const char *text = column_required(row, 1);
    ckl_status status = check_intern_tags(&number, scratch, text, err);
    if (status != CKL_OK)
        return status;
    state_tagset set = state_tagset_get(scratch, number);
    if (strcmp(set.text, text) != 0 || (id == 1) != (text[0] == '\0'))
        return check_add_row(job, "content", "_tagset", id, err, "'%s' is no text of a set", text);
    for (size_t index = 0; status == CKL_OK && index < set.count; index++)
        status = expect_tag(job, id, set.tags[index], err);
    return status;
}

/* ---- changes --------------------------------------------------------------------------------- */

/* The set of the tags that `of` has and `without` has not; 0: no such set is recorded. */
static ckl_status difference(int64_t *out, ckl_check *job, ckl_data_state *scratch, int64_t of,
                             int64_t without, ckl_error *err)
{
    BUF_AUTO texts = BUF_INIT;
    STATEMENT_AUTO row = {0};
    STATEMENT_AUTO found = {0};
    uint32_t number = 0;
    size_t count = 0;
    *out = 0;
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT _tag.tag FROM temp.expected_tagset_tag AS it"
                                 " JOIN _tag ON _tag.id = it.tag WHERE it.tagset = :of"
                                 " AND it.tag NOT IN (SELECT tag FROM temp.expected_tagset_tag"
                                 "  WHERE tagset = :without) ORDER BY _tag.tag",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":of", of);
    bind_integer(&row, ":without", without);
    for (; (status = statement_step(&row, err)) == CKL_OK; count++)
        buf_add(&texts, column_required(&row, 0), strlen(column_required(&row, 0)) + 1);
    const char **tags = calloc(count + 1, sizeof *tags);
    const char *at = texts.data;
    for (size_t index = 0; tags != NULL && !texts.failed && index < count; index++) {
        tags[index] = at;
        at += strlen(at) + 1;
    }
    if (status == CKL_DONE)
        status = tags != NULL ? buf_check(&texts, err) : error_memory(err);
    if (status == CKL_OK)
        status = state_intern(&number, scratch, tags, count, err);
    free(tags);
    if (status == CKL_OK)
        status = db_query(&found, job->ledger, "SELECT id FROM _tagset WHERE tags = :text", err);
    if (status != CKL_OK)
        return status;
    bind_text(&found, ":text", state_tagset_get(scratch, number).text);
    status = ledger_first_integer(out, &found, err);
    return status == CKL_NOT_FOUND ? CKL_OK : status;
}

static ckl_status expect_change(ckl_check *job, ckl_data_state *scratch, int64_t from, int64_t to,
                                ckl_error *err)
{
    int64_t added = 0, removed = 0;
    STATEMENT_AUTO running = {0};
    ckl_status status = difference(&added, job, scratch, to, from, err);
    if (status == CKL_OK)
        status = difference(&removed, job, scratch, from, to, err);
    if (status == CKL_OK && (added == 0 || removed == 0))
        return check_add_row(job, "content", "_tagset_change", from, err,
                             "what lies between this set and set %lld is not in _tagset",
                             (long long)to);
    if (status == CKL_OK)
        status = db_query(&running, job->ledger,
                          "INSERT INTO temp.expected_tagset_change"
                          " (from_tagset, to_tagset, added, removed)"
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

static ckl_status expect_changes(ckl_check *job, ckl_data_state *scratch, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(
        &row, job->ledger,
        "SELECT DISTINCT coalesce(old_tagset, 1), coalesce(new_tagset, 1) FROM _edge_change"
        " WHERE coalesce(old_tagset, 1) <> coalesce(new_tagset, 1)",
        err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = expect_change(job, scratch, column_integer(&row, 0), column_integer(&row, 1), err);
    return status == CKL_DONE ? CKL_OK : status;
}

/* A set is recorded because a sample has it, or as what lies between two that samples have; a tag
 * because a set has it. */
static ckl_status check_used(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->ledger,
                 "SELECT '_tagset', id FROM _tagset WHERE id <> 1 AND id NOT IN ("
                 " SELECT old_tagset FROM _edge_change WHERE old_tagset IS NOT NULL"
                 " UNION SELECT new_tagset FROM _edge_change WHERE new_tagset IS NOT NULL"
                 " UNION SELECT added FROM temp.expected_tagset_change"
                 " UNION SELECT removed FROM temp.expected_tagset_change)"
                 " UNION ALL SELECT '_tag', id FROM _tag WHERE id NOT IN ("
                 " SELECT tag FROM temp.expected_tagset_tag)",
                 err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = check_add_row(job, "unused", column_required(&row, 0), column_integer(&row, 1),
                               err, "nothing names it: what did was changed or is gone");
    return status == CKL_DONE ? CKL_OK : status;
}

ckl_status check_tags(ckl_check *job, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_data_state *scratch = NULL; /* interns sets: it knows their canonical text */
    ckl_status status = ckl_data_state_new(&scratch, err);
    if (status == CKL_OK)
        status = check_expect(job, "_tagset_tag", err);
    if (status == CKL_OK)
        status = check_expect(job, "_tagset_change", err);
    if (status == CKL_OK)
        status = db_query(&row, job->ledger, "SELECT id, tags FROM _tagset ORDER BY id", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK)
        status = look_at_set(job, scratch, &row, err);
    if (status == CKL_DONE)
        status = expect_changes(job, scratch, err);
    if (status == CKL_OK)
        status = check_used(job, err);
    ckl_data_state_free(scratch);
    return status;
}
