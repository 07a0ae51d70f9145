/* What SQL is shown of a change of a sample: its uid, its tags, what happened. */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "extension.h"

/* ---- texts of the ledger --------------------------------------------------------------------- */

static int find_text(sqlite3_stmt **out, extension_reader *reader, const char *sql, int64_t id,
                     ckl_error *err)
{
    int result = reader_query(out, reader, sql, err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(*out, 1, id);
    result = reader_step(reader, *out, err);
    if (result == SQLITE_DONE)
        return reader_fail(err, SQLITE_CORRUPT, "the ledger is damaged: ckl fsck");
    return result == SQLITE_ROW ? SQLITE_OK : result;
}

static int result_text(sqlite3_context *result, extension_reader *reader, const char *sql,
                       int64_t id, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    int found = find_text(&row, reader, sql, id, err);
    if (found != SQLITE_OK)
        return found;
    sqlite3_result_value(result, sqlite3_column_value(row, 0));
    sqlite3_reset(row);
    return SQLITE_OK;
}

int result_uid(sqlite3_context *result, extension_reader *reader, int64_t sample, ckl_error *err)
{
    return result_text(result, reader, "SELECT uid FROM main._sample WHERE id = ?1", sample, err);
}

static const char SELECT_TAGS[] = "SELECT tags FROM main._tagset WHERE id = ?1";

int result_tags(sqlite3_context *result, extension_reader *reader, int64_t tagset, ckl_error *err)
{
    if (tagset != 0)
        return result_text(result, reader, SELECT_TAGS, tagset, err);
    sqlite3_result_null(result);
    return SQLITE_OK;
}

void result_discarded(sqlite3_context *result, int discarded)
{
    if (discarded < 0)
        sqlite3_result_null(result);
    else
        sqlite3_result_int(result, discarded);
}

static int tags_text(buf *out, extension_reader *reader, int64_t tagset, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    if (tagset == 0)
        return SQLITE_OK;
    int result = find_text(&row, reader, SELECT_TAGS, tagset, err);
    if (result != SQLITE_OK)
        return result;
    const unsigned char *text = sqlite3_column_text(row, 0);
    buf_add(out, text, (size_t)sqlite3_column_bytes(row, 0));
    sqlite3_reset(row);
    return out->failed ? reader_fail(err, SQLITE_NOMEM, "out of memory") : SQLITE_OK;
}

static int give_text(sqlite3_context *result, buf *text, ckl_error *err)
{
    if (text->failed)
        return reader_fail(err, SQLITE_NOMEM, "out of memory");
    sqlite3_result_text64(result, text->data != NULL ? text->data : "", text->size,
                          SQLITE_TRANSIENT, SQLITE_UTF8);
    return SQLITE_OK;
}

int result_record(sqlite3_context *result, extension_reader *reader, int discarded, int64_t tagset,
                  ckl_error *err)
{
    BUF_AUTO text = BUF_INIT;
    if (discarded < 0) {
        sqlite3_result_null(result);
        return SQLITE_OK;
    }
    buf_add_text(&text, discarded ? "d1:t" : "d0:t");
    int found = tags_text(&text, reader, tagset, err);
    return found == SQLITE_OK ? give_text(result, &text, err) : found;
}

/* ---- sets of tags ---------------------------------------------------------------------------- */

/* The next tag of a canonical text, as it stands there: up to a comma without a backslash. */
static bool take_tag(const char **tag, size_t *size, const char **at, const char *end)
{
    if (*at >= end)
        return false;
    const char *stop = *at;
    while (stop < end && *stop != ',')
        stop += *stop == '\\' && stop + 1 < end ? 2 : 1;
    *tag = *at;
    *size = (size_t)(stop - *at);
    *at = stop < end ? stop + 1 : end;
    return true;
}

/* Escaped texts are equal when the tags are. */
static bool has_tag(const buf *set, const char *tag, size_t size)
{
    const char *each = NULL, *at = set->data;
    size_t each_size = 0;
    while (take_tag(&each, &each_size, &at, set->data + set->size)) {
        if (each_size == size && memcmp(each, tag, size) == 0)
            return true;
    }
    return false;
}

static void subtract(buf *out, const buf *of, const buf *without)
{
    const char *tag = NULL, *at = of->data;
    size_t size = 0;
    while (of->data != NULL && take_tag(&tag, &size, &at, of->data + of->size)) {
        if (without->data != NULL && has_tag(without, tag, size))
            continue;
        if (out->size > 0)
            buf_add_char(out, ',');
        buf_add(out, tag, size);
    }
}

static int difference(buf *out, extension_reader *reader, int64_t tagset, int64_t without,
                      ckl_error *err)
{
    BUF_AUTO first = BUF_INIT;
    BUF_AUTO second = BUF_INIT;
    if (tagset == without)
        return SQLITE_OK;
    int result = tags_text(&first, reader, tagset, err);
    if (result == SQLITE_OK)
        result = tags_text(&second, reader, without, err);
    if (result == SQLITE_OK)
        subtract(out, &first, &second);
    return result == SQLITE_OK && out->failed ? reader_fail(err, SQLITE_NOMEM, "out of memory")
                                              : result;
}

int result_tags_without(sqlite3_context *result, extension_reader *reader, int64_t tagset,
                        int64_t without, ckl_error *err)
{
    BUF_AUTO text = BUF_INIT;
    int found = difference(&text, reader, tagset, without, err);
    return found == SQLITE_OK ? give_text(result, &text, err) : found;
}

int sample_tags_moved(bool *came, bool *went, extension_reader *reader, const sample_change *change,
                      ckl_error *err)
{
    BUF_AUTO added = BUF_INIT;
    BUF_AUTO removed = BUF_INIT;
    int result = difference(&added, reader, change->new_tagset, change->old_tagset, err);
    if (result == SQLITE_OK)
        result = difference(&removed, reader, change->old_tagset, change->new_tagset, err);
    *came = added.size > 0;
    *went = removed.size > 0;
    return result;
}

int sample_change_name(const char **out, extension_reader *reader, const sample_change *change,
                       ckl_error *err)
{
    bool came = false, went = false;
    int result = SQLITE_OK;
    if (change->old_discarded < 0)
        *out = "added";
    else if (change->new_discarded < 0)
        *out = "removed";
    else if (change->old_discarded != change->new_discarded)
        *out = change->new_discarded ? "discarded" : "restored";
    else {
        result = sample_tags_moved(&came, &went, reader, change, err);
        *out = came && went ? "retagged" : came ? "tagged" : "untagged";
    }
    return result;
}
