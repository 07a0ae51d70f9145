/* Receipts: where history stood. A chain that was made anew after a change fits itself, but no
 * receipt of before. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"
#include "clock.h"
#include "doc.h"
#include "manager_internal.h"

#define RECEIPT_PATH ".ckl/receipt.json"
#define RECEIPT_MAX  4096

/* ---- making one ------------------------------------------------------------------------------ */

static ckl_status make_receipt(char **out, db *ledger, ckl_error *err)
{
    char hex[65], at[32];
    digest chain;
    STATEMENT_AUTO row = {0};
    BUF_AUTO text = BUF_INIT;
    ckl_status status = db_query(&row, ledger,
                                 "SELECT (SELECT value FROM _meta WHERE key = 'ledger'), seq, chain"
                                 " FROM _event ORDER BY seq DESC LIMIT 1",
                                 err);
    if (status == CKL_OK)
        status = statement_step(&row, err);
    if (status == CKL_DONE) {
        error_set(err, CKL_NOT_FOUND, "nothing is recorded yet that a receipt could be of");
        error_hint(err, "record something first: ckl update");
        return CKL_NOT_FOUND;
    }
    if (status == CKL_OK)
        status = column_digest(&chain, &row, 2, err);
    if (status == CKL_OK && column_is_null(&row, 0))
        status = error_set(err, CKL_DAMAGED, "the ledger has lost its name");
    if (status != CKL_OK)
        return status;
    digest_hex(hex, &chain);
    clock_iso(at, clock_now_us());
    buf_add_format(&text,
                   "{\"schema_version\": 1, \"ledger\": \"%s\", \"seq\": %lld, \"chain\": \"%s\","
                   " \"at\": \"%s\"}",
                   column_required(&row, 0), (long long)column_integer(&row, 1), hex, at);
    return buf_take(out, NULL, &text, err);
}

/* A receipt promises what it names: others' changes that are only pending, too. Read first, so that
 * what was read is in the log that is synced. */
static ckl_status make_durable_receipt(char **out, db *ledger, ckl_error *err)
{
    char *text = NULL;
    ckl_status status = make_receipt(&text, ledger, err);
    if (status == CKL_OK)
        status = db_sync(ledger, err);
    if (status == CKL_OK)
        *out = text;
    else
        free(text);
    return status;
}

ckl_status ckl_receipt(char **out, ckl_manager *manager, ckl_error *err)
{
    return make_durable_receipt(out, manager->ledger, err);
}

static ckl_status put_receipt(const char *text, const char *from, const char *to)
{
    fs_writer *writer = NULL;
    digest unused;
    uint64_t size;
    ckl_status status = fs_writer_create(&writer, from, NULL);
    if (status != CKL_OK)
        return status;
    status = fs_writer_add(writer, text, strlen(text), NULL);
    if (status == CKL_OK)
        status = fs_writer_add(writer, "\n", 1, NULL);
    if (status == CKL_OK)
        status = fs_writer_finish(&unused, &size, writer, 0644, NULL);
    else
        fs_writer_abandon(writer);
    if (status == CKL_OK)
        status = fs_rename(from, to, true, NULL);
    if (status != CKL_OK)
        (void)fs_remove_file(from, NULL);
    return status;
}

void receipt_write(db *ledger, const storage *tree)
{
    char name[33], new_name[64];
    char *text = NULL, *from = NULL, *to = NULL;
    if (fs_random_name(name, NULL) != CKL_OK)
        return;
    snprintf(new_name, sizeof new_name, ".ckl/receipt-%s", name);
    if (make_durable_receipt(&text, ledger, NULL) == CKL_OK &&
        storage_path(&from, tree, new_name, NULL) == CKL_OK &&
        storage_path(&to, tree, RECEIPT_PATH, NULL) == CKL_OK)
        (void)put_receipt(text, from, to);
    free(text);
    free(from);
    free(to);
}

/* ---- comparing one --------------------------------------------------------------------------- */

typedef struct receipt {
    json_t *tree; /* owns the texts */
    const char *ledger, *chain, *at;
    json_int_t seq;
} receipt;

static bool is_hex(const char *text, size_t size)
{
    return strlen(text) == size && strspn(text, "0123456789abcdef") == size;
}

/* CKL_INVALID, about which nothing is told: it is none. */
static ckl_status read_receipt(receipt *out, const char *text, ckl_error *err)
{
    int version = 0;
    *out = (receipt){0};
    ckl_status status = doc_json_load(&out->tree, text, err);
    if (status != CKL_OK)
        return status;
    bool good =
        json_unpack(out->tree, "{s:i, s:s, s:I, s:s, s:s}", "schema_version", &version, "ledger",
                    &out->ledger, "seq", &out->seq, "chain", &out->chain, "at", &out->at) == 0 &&
        version == 1 && out->seq >= 1 && is_hex(out->ledger, 32) && is_hex(out->chain, 64);
    return good ? CKL_OK : CKL_INVALID;
}

ckl_status receipt_check_option(const ckl_check *job, ckl_error *err)
{
    receipt given;
    if (job->options.receipt == NULL)
        return CKL_OK;
    ckl_status status = read_receipt(&given, job->options.receipt, err);
    json_decref(given.tree);
    if (status != CKL_INVALID)
        return status;
    error_set(err, CKL_INVALID, "that is no receipt");
    error_hint(err, "a receipt is what ckl receipt prints");
    return CKL_INVALID;
}

static ckl_status compare_event(ckl_check *job, const receipt *given, const char *subject,
                                ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, job->ledger, "SELECT lower(hex(chain)) FROM _event WHERE seq = :seq", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":seq", given->seq);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_DONE)
        return check_add(job, FIX_NONE, "receipt", subject, err,
                         "history ends at event %lld, but reached %lld at %s: it was cut off, or"
                         " ledger.db was copied or put back without its log (ledger.db-wal)",
                         (long long)job->last_seq, (long long)given->seq, given->at);
    if (status == CKL_OK && strcmp(column_required(&row, 0), given->chain) != 0)
        return check_add(job, FIX_NONE, "receipt", subject, err,
                         "history up to event %lld is not what it was at %s: it was rewritten",
                         (long long)given->seq, given->at);
    return status;
}

static ckl_status compare_receipt(ckl_check *job, const char *text, const char *subject,
                                  ckl_error *err)
{
    receipt given;
    STATEMENT_AUTO row = {0};
    ckl_status status = read_receipt(&given, text, err);
    if (status != CKL_OK) {
        json_decref(given.tree);
        return status == CKL_INVALID
                   ? check_add(job, FIX_NONE, "receipt", subject, err, "is no receipt")
                   : status;
    }
    status = db_query(&row, job->ledger, "SELECT value FROM _meta WHERE key = 'ledger'", err);
    if (status == CKL_OK)
        status = statement_step(&row, err);
    if (status == CKL_OK && strcmp(column_required(&row, 0), given.ledger) != 0)
        status = check_add(job, FIX_NONE, "receipt", subject, err,
                           "is of another ledger (%s; this one's name in _meta is %s)",
                           given.ledger, column_required(&row, 0));
    else if (status == CKL_OK)
        status = compare_event(job, &given, subject, err);
    json_decref(given.tree);
    return status == CKL_DONE ? CKL_OK : status; /* that it has no name is told elsewhere */
}

/* Before the ledger is: a dump in between writes a later one. */
ckl_status receipt_read_last(ckl_check *job, ckl_error *err)
{
    char *path = NULL;
    size_t size = 0;
    ckl_error found = {0};
    ckl_status status = storage_path(&path, job->tree, RECEIPT_PATH, err);
    if (status == CKL_OK && fs_exists(path) &&
        doc_read_file(&job->last_receipt, &size, path, RECEIPT_MAX, &found) != CKL_OK)
        status = check_add(job, FIX_NONE, "receipt", RECEIPT_PATH, err, "cannot be read: %s",
                           found.message);
    free(path);
    return status;
}

ckl_status check_receipts(ckl_check *job, ckl_error *err)
{
    ckl_status status = CKL_OK;
    if (job->options.receipt != NULL)
        status = compare_receipt(job, job->options.receipt, "receipt", err);
    if (status == CKL_OK && job->last_receipt != NULL)
        status = compare_receipt(job, job->last_receipt, RECEIPT_PATH, err);
    return status;
}
