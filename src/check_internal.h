/* check: owns looking a ledger over: what must hold, and what each breach means. May call:
 * everything below the manager, and the manager's opening. Keeps true: damage is a finding, never a
 * failure; nothing is changed unless a repair was asked for, and then nothing is lost: what is
 * replaced goes to .ckl/quarantine. The tables that derive from history are built anew beside the
 * recorded ones, as temp.expected_NAME, and compared row by row. */
#ifndef CHECK_INTERNAL_H
#define CHECK_INTERNAL_H

#include <ckl/check.h>

#include "ledger.h"
#include "storage.h"

/* What would put a finding right. */
typedef enum check_fix {
    FIX_NONE,
    FIX_TABLE,   /* the rows of a derived table: `subject` begins with its name */
    FIX_SCHEMA,  /* views and triggers */
    FIX_INDEX,   /* indexes */
    FIX_FILE,    /* a dumped file: `subject` is its path */
    FIX_WEIGHTS, /* a checkpoint's file */
    FIX_LEFTOVER /* what a process that is gone left: opening puts it right */
} check_fix;

typedef struct check_finding {
    char *subject, *message, *lost;
    const char *kind;
    check_fix fix;
    bool repaired;
} check_finding;

struct ckl_check {
    ckl_check_options options;
    db *ledger;
    storage *tree;
    char *root;
    char *actor;
    check_finding *findings;
    size_t count, capacity, next;
    uint64_t hidden;      /* findings beyond those that are told … */
    uint64_t hidden_rows; /* … and those of derived rows */
    bool hidden_rows_repaired;
    ckl_check_counts counts;
    char *last_receipt; /* text of .ckl/receipt.json; NULL: none */
    int64_t last_seq;   /* of the events that were looked at */
    bool history_holds; /* chain, contents and references: so that rows can be derived from it */
    int64_t said_at_us; /* progress */
};

/* Adds a finding; of each kind and table only the first ones. */
ckl_status check_add(ckl_check *job, check_fix fix, const char *kind, const char *subject,
                     ckl_error *err, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The same with a subject that is put together: "_event 12". */
ckl_status check_add_row(ckl_check *job, const char *kind, const char *table, int64_t row,
                         ckl_error *err, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* Damage that stopped a look is a finding, and the look is over; all else stays a failure. */
ckl_status check_settle(ckl_check *job, ckl_status status, const char *what, const ckl_error *found,
                        ckl_error *err);
void check_progress(ckl_check *job, const char *what, uint64_t done, uint64_t total);
/* Whether there is any finding of a kind. */
bool check_has(const ckl_check *job, const char *kind);

/* ---- the looks, in this order; each in a read transaction ------------------------------------ */

/* *usable: the tables are those of a ledger, so that the rest can be asked for. */
ckl_status check_schema(ckl_check *job, bool *usable, ckl_error *err);
ckl_status check_structure(ckl_check *job, ckl_error *err); /* integrity, references, numbers */
ckl_status check_chain(ckl_check *job, ckl_error *err);
/* Replays the events: makes what they say about runs, experiments, files, checkpoints, sessions and
 * ignored paths, and what the looks behind it need to know about them. */
ckl_status check_replay(ckl_check *job, ckl_error *err);
ckl_status check_contents(ckl_check *job, ckl_error *err); /* configurations, models, segments */
ckl_status check_models(ckl_check *job, ckl_error *err);   /* called by check_contents */
ckl_status check_tags(ckl_check *job, ckl_error *err);
ckl_status check_states(ckl_check *job, ckl_error *err);  /* edges, data states, samples of runs */
ckl_status check_metrics(ckl_check *job, ckl_error *err); /* and sessions */
ckl_status check_compare(ckl_check *job, ckl_error *err); /* all tables that derive */
ckl_status check_receipts(ckl_check *job, ckl_error *err);
/* Not in a transaction. */
ckl_status check_leftovers(ckl_check *job, ckl_error *err);
ckl_status check_files(ckl_check *job, ckl_error *err);

/* The number in `state` of the set with this canonical text. */
ckl_status check_intern_tags(uint32_t *out, ckl_data_state *state, const char *text,
                             ckl_error *err);

/* ---- tables that derive (check_compare.c) ---------------------------------------------------- */

/* Makes the empty temp.expected_TABLE. */
ckl_status check_expect(ckl_check *job, const char *table, ckl_error *err);
/* Runs SQL that reads and fills temporary tables; a literal. */
ckl_status check_run(ckl_check *job, const char *sql, ckl_error *err);
/* The columns of a table that tell its rows apart, joined by commas; *out is the caller's. */
ckl_status check_key(char **out, ckl_check *job, const char *table, ckl_error *err);
/* Puts the rows of a table in the place of those that differ from them. In a write transaction. */
ckl_status check_put_table(ckl_check *job, const char *table, ckl_error *err);

/* ---- repair ---------------------------------------------------------------------------------- */

/* Rows, views and indexes; then, when the files were looked at with them, the files. */
ckl_status check_repair_rows(ckl_check *job, ckl_error *err);
ckl_status check_repair_tree(ckl_check *job, ckl_error *err);
/* Says of what is not put right what is lost. */
ckl_status check_tell_losses(ckl_check *job, ckl_error *err);
/* The bytes of a dumped file, from the ledger. CKL_NOT_FOUND: no row says what it is. */
ckl_status check_derive_file(ckl_check *job, const char *path, fs_writer *writer, ckl_error *err);
ckl_status check_note_lost(check_finding *finding, ckl_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- receipts (check_receipt.c) -------------------------------------------------------------- */

ckl_status receipt_read_last(ckl_check *job, ckl_error *err);
/* Errors: CKL_INVALID  the receipt that was given is none */
ckl_status receipt_check_option(const ckl_check *job, ckl_error *err);

#endif
