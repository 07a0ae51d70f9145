/* Checkpoint Ledger: does a ledger still hold what it was given? Looking it over, bringing back
 * what can be, and receipts that make later rewriting show. Part of <ckl/ckl.h>.
 *
 *     ckl_check *check = NULL;
 *     ckl_finding finding;
 *     status = ckl_check_open(&check, "experiments", NULL, &err);
 *     while (status == CKL_OK && (status = ckl_check_next(&finding, check, &err)) == CKL_OK)
 *         printf("%s: %s\n", finding.subject, finding.message);
 *     ckl_check_close(check);                 (CKL_DONE at once means that all is well)
 *
 * What is compared: SQLite's own structure; the schema with a new ledger's; every digest and
 * segment with the content; the chain of events; every derived row with a replay of the events; the
 * size and SHA-256 of every file; what else lies in the tree. Reading while others write is fine.
 */
#ifndef CKL_CHECK_H
#define CKL_CHECK_H

#include <ckl/manager.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ckl_check_options {
    /* Re-creates dumped files, derived rows, indexes and views that the ledger can derive byte for
     * byte. What they replace goes to .ckl/quarantine/. An event says what was done. */
    bool repair;
    /* Files that are gone stay gone: an event says so for each ("missing"). */
    bool accept_missing;
    const char *receipt; /* text of a receipt that was kept elsewhere, or NULL */
    const char *actor;   /* who; NULL: as in ckl_options */
    const char *reason;  /* why, for the events; may be NULL */
    /* Called now and then; `total` 0: nobody knows. May be NULL. */
    void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
    void *progress_context;
    const ckl_warning_sink *warnings; /* NULL: warnings are dropped */
} ckl_check_options;

/* One thing that is not as it must be. What it points to is valid until the check is closed. */
typedef struct ckl_finding {
    const char *kind;    /* a stable word:
                            unreadable  SQLite cannot read the ledger there
                            schema      a table, index, view or trigger is not a ledger's
                            reference   a row names one that is not there
                            number      rows are missing from a table that only grows
                            unused      a row that nothing names
                            content     a digest does not fit what it is of
                            derived     a row says something else than history
                            chain       an event, or what it names, was changed
                            receipt     history was rewritten or cut off since a receipt
                            missing     a recorded file is not there
                            changed     a recorded file has other bytes, or is no regular file
                            unknown     a file or folder in the tree that nothing names
                            leftover    work of a process that is gone */
    const char *subject; /* "_event 12", or a path relative to the root */
    const char *message; /* what it means; one line */
    bool repaired;       /* put right just now */
    const char *lost;    /* what a repair could not bring back, and why; NULL: nothing is lost, or
                            repair was not asked for */
} ckl_finding;

/* What was looked at. */
typedef struct ckl_check_counts {
    uint64_t events, experiments, components, data_states, samples, checkpoints, metrics;
    uint64_t files, bytes; /* of the tree */
} ckl_check_counts;

typedef struct ckl_check ckl_check;
/* Looks over the ledger and the tree under `root`, and repairs what it was asked to. A ledger of an
 * older version is brought up to date first, as when it is opened for writing. Damage is no error.
 * Errors: CKL_NOT_FOUND  there is no ledger
 *         CKL_REFUSED    a newer or foreign file
 *         CKL_INVALID    the receipt is none
 *         CKL_BUSY       the ledger changed while it was looked over, and is to be repaired
 *         CKL_IO, CKL_NO_SPACE, CKL_NO_MEMORY */
CKL_API ckl_status ckl_check_open(ckl_check **out, const char *root,
                                  const ckl_check_options *options, ckl_error *err);
/* The next finding; CKL_DONE when there is none. */
CKL_API ckl_status ckl_check_next(ckl_finding *out, ckl_check *check, ckl_error *err);
/* What was looked at so far. */
CKL_API_VOID void ckl_check_read_counts(ckl_check_counts *out, const ckl_check *check);
/* Releases it, with what was borrowed from it; NULL is fine. */
CKL_API_VOID void ckl_check_close(ckl_check *check);

/* Where history stands, as one line of JSON to keep elsewhere: given to ckl_check_open later, it
 * shows whether anything up to here was rewritten or cut off. Each dump leaves one in
 * .ckl/receipt.json. What it names is on disk when it is given. *out is the caller's (ckl_free).
 * Errors: CKL_NOT_FOUND  nothing is recorded yet; CKL_IO */
CKL_API ckl_status ckl_receipt(char **out, ckl_manager *manager, ckl_error *err);

#ifdef __cplusplus
}
#endif
#endif
