/* What an event says beyond its columns: JSON, part of its chain, enough to derive the rows that
 * the event made. */
#include <jansson.h>
#include <stdlib.h>

#include "doc.h"
#include "manager_internal.h"

static ckl_status take(char **out, json_t *detail, ckl_error *err)
{
    *out = doc_json_text(detail);
    json_decref(detail);
    return *out != NULL ? CKL_OK : error_memory(err);
}

/* Null where it is unknown. */
static json_t *number_or_null(int64_t number, int64_t unknown)
{
    return number == unknown ? json_null() : json_integer((json_int_t)number);
}

ckl_status detail_of_origin(char **out, db *ledger, const ledger_run *run, ckl_error *err)
{
    int64_t event = 0;
    ckl_status status = ledger_checkpoint_event(&event, ledger, run->from_checkpoint, err);
    if (status != CKL_OK)
        return status;
    return take(out,
                json_pack("{s:s, s:o, s:o}", "origin", ledger_origin_name(run->origin),
                          "from_checkpoint", number_or_null(event, 0), "first_step",
                          number_or_null(run->first_step, -1)),
                err);
}

ckl_status detail_of_end(char **out, const char *outcome, const char *who, ckl_error *err)
{
    return take(out, json_pack("{s:s, s:s}", "outcome", outcome, "trainer", who), err);
}

/* NULL: out of memory. */
static json_t *file_list(const work *unit)
{
    json_t *files = json_array();
    for (size_t index = 0; index < unit->file_count; index++) {
        const storage_move *move = &unit->files[index].move;
        char hex[65];
        digest_hex(hex, &move->sha256);
        json_t *file = json_pack("{s:s, s:I, s:s}", "path", move->target, "size",
                                 (json_int_t)move->size, "sha256", hex);
        if (json_array_append_new(files, file) != 0) {
            json_decref(files);
            return NULL;
        }
    }
    return files;
}

ckl_status detail_of_work(char **out, db *ledger, const work *unit, ckl_error *err)
{
    int64_t event = 0;
    json_t *files = file_list(unit);
    if (files == NULL)
        return error_memory(err);
    if (!unit->is_checkpoint)
        return take(out, json_pack("{s:o}", "files", files), err);
    ckl_status status = ledger_checkpoint_event(&event, ledger, unit->from_checkpoint, err);
    if (status != CKL_OK) {
        json_decref(files);
        return status;
    }
    json_t *detail = json_pack(
        "{s:o, s:s, s:o, s:o, s:i, s:s?}", "files", files, "origin",
        ledger_origin_name(unit->origin), "from_checkpoint", number_or_null(event, 0), "first_step",
        number_or_null(unit->first_step, -1), "pending", (int)unit->pending, "note", unit->note);
    if (unit->file_name != NULL && detail != NULL &&
        json_object_set_new(detail, "file_name", json_string(unit->file_name)) != 0) {
        json_decref(detail);
        return error_memory(err);
    }
    return take(out, detail, err);
}
