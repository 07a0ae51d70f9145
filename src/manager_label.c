/* Names and notes: an event, and the row that follows from it. */
#include <stdlib.h>
#include <string.h>

#include <ckl/audit.h>

#include "canon.h"
#include "doc.h"
#include "manager_internal.h"

#define NAME_MOST 64
#define NOTE_MOST 65536

/* What could be a hash or a prefix of one would hide it. */
static ckl_status check_name(const char *name, ckl_error *err)
{
    static const char LETTERS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t size = strlen(name);
    if (size == 0 || size > NAME_MOST || strspn(name, LETTERS) != size || name[0] == '-') {
        error_set(err, CKL_INVALID, "'%s' is no name for a state", name);
        error_hint(err, "1 to %d of A-Z a-z 0-9 . _ -, not beginning with -", NAME_MOST);
        return CKL_INVALID;
    }
    if (size >= 4 && size <= CKL_HASH_LENGTH && strspn(name, "0123456789abcdef") == size) {
        error_set(err, CKL_INVALID, "'%s' could be a hash: it is no name for a state", name);
        error_hint(err, "add a letter after f, a dot or a dash");
        return CKL_INVALID;
    }
    return CKL_OK;
}

static ckl_status check_note(const char *note, ckl_error *err)
{
    if (note[0] == '\0')
        return error_set(err, CKL_INVALID, "the note is empty");
    if (strlen(note) > NOTE_MOST)
        return error_set(err, CKL_INVALID, "the note has %zu bytes: at most %d", strlen(note),
                         NOTE_MOST);
    return doc_valid_utf8(note, strlen(note))
               ? CKL_OK
               : error_set(err, CKL_INVALID, "the note is not valid Unicode");
}

/* A name stands for one state. */
static ckl_status check_free(ckl_manager *manager, const ledger_experiment *experiment,
                             const char *name, ckl_error *err)
{
    ledger_experiment other = {0};
    ckl_status status = ledger_label_find(&other, manager->ledger, name, err);
    if (status == CKL_NOT_FOUND || (status == CKL_OK && other.id == experiment->id))
        return CKL_OK;
    if (status != CKL_OK)
        return status;
    error_set(err, CKL_INVALID, "'%s' is the name of another state: %s", name, other.hash.text);
    error_hint(err, "take it off there first: ckl name %s --remove", name);
    return CKL_INVALID;
}

static ckl_status make_detail(buf *out, const char *kind, const ledger_experiment *experiment,
                              const char *text, ckl_error *err)
{
    buf_add_format(out, "{\"experiment\": \"%s\", \"%s\": ", experiment->hash.text, kind);
    if (text == NULL)
        buf_add_text(out, "null");
    else
        canon_string(out, text, strlen(text));
    buf_add_char(out, '}');
    return buf_check(out, err);
}

static ckl_status record(ckl_manager *manager, const char *kind,
                         const ledger_experiment *experiment, const char *text, const char *reason,
                         ckl_error *err)
{
    manager_view view;
    char op[33];
    int64_t seq = 0;
    BUF_AUTO detail = BUF_INIT;
    ckl_status status = make_detail(&detail, kind, experiment, text, err);
    if (status == CKL_OK)
        status = fs_random_name(op, err);
    if (status == CKL_OK)
        status = manager_view_read(&view, manager, err);
    if (status == CKL_OK)
        status = manager_ensure_run(&view, manager, err);
    if (status != CKL_OK)
        return status;
    ledger_event event = {.op = op,
                          .run = view.run.id,
                          .kind = kind,
                          .experiment = view.head.id,
                          .from_experiment = view.head.id,
                          .config = view.run.head_config,
                          .from_config = view.run.head_config,
                          .step = -1,
                          .actor = manager->actor,
                          .reason = reason,
                          .detail = detail.data};
    status = ledger_event_add(&seq, manager->ledger, &event, err);
    return status == CKL_OK
               ? ledger_label_add(manager->ledger, seq, kind, experiment->id, text, err)
               : status;
}

static ckl_status set_label(bool *changed, ckl_manager *manager, const char *kind, const char *hash,
                            const char *text, const char *reason, ckl_error *err)
{
    ledger_experiment experiment = {0};
    char *before = NULL;
    bool same = false;
    ckl_status status = manager_check_writable(manager, err);
    if (status == CKL_OK)
        status = manager_check_reason(reason, err);
    if (status == CKL_OK)
        status = db_begin(manager->ledger, DB_WRITE, err);
    if (status != CKL_OK)
        return status;
    status = manager_resolve(&experiment, manager, hash != NULL ? hash : "@", err);
    if (status == CKL_OK && text != NULL && strcmp(kind, "name") == 0)
        status = check_free(manager, &experiment, text, err);
    if (status == CKL_OK)
        status = ledger_label_get(&before, manager->ledger, kind, experiment.id, err);
    if (status == CKL_OK) {
        same = before == NULL ? text == NULL : text != NULL && strcmp(before, text) == 0;
        if (!same)
            status = record(manager, kind, &experiment, text, reason, err);
    }
    free(before);
    status = manager_end(manager, status, err);
    if (status == CKL_OK && changed != NULL)
        *changed = !same;
    return status;
}

ckl_status ckl_manager_name(bool *changed, ckl_manager *manager, const char *hash, const char *name,
                            const char *reason, ckl_error *err)
{
    ckl_status status = name != NULL ? check_name(name, err) : CKL_OK;
    return status == CKL_OK ? set_label(changed, manager, "name", hash, name, reason, err) : status;
}

ckl_status ckl_manager_note(bool *changed, ckl_manager *manager, const char *hash, const char *note,
                            const char *reason, ckl_error *err)
{
    ckl_status status = note != NULL ? check_note(note, err) : CKL_OK;
    return status == CKL_OK ? set_label(changed, manager, "note", hash, note, reason, err) : status;
}
