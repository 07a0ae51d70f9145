/* Checkpoint Ledger: SQL that only reads, and copies of the ledger for dashboards. Part of
 * <ckl/ckl.h>.
 *
 *     ckl_sql *rows = NULL;
 *     const ckl_sql_value *row;
 *     status = ckl_sql_open(&rows, manager, "SELECT uid, discarded FROM samples", NULL, &err);
 *     while (status == CKL_OK && (status = ckl_sql_next(&row, rows, &err)) == CKL_OK)
 *         printf("%s %lld\n", row[0].text, (long long)row[1].integer);
 *     ckl_sql_close(rows);                    (CKL_DONE here means that all was well)
 *
 * Besides the views (SELECT * FROM about) there are tables that take arguments, in libckl and, for
 * every other program with a SQLite, in the extension ckl_sqlite.so:
 *
 *     ckl_diff(a, b [, run])                component, item, change, value_from, value_to
 *     ckl_diff_stat(a, b [, run])           one row of counts
 *     ckl_model_diff(a, b [, run])          module, change, entry_from, entry_to
 *     ckl_config_diff(a, b [, run])         path, change, value_from, value_to
 *     ckl_sample_diff(a, b [, run])         uid, change, discarded_from, discarded_to, tags_added,
 *                                           tags_removed, tags_from, tags_to
 *     ckl_state_at(state or time [, run])   uid, discarded, tags of the whole data state
 *     ckl_sample_history(uid)               every event that changed the sample
 *     ckl_changed(a, b [, run])             'model,data': what differs
 *     ckl_segment(state, component [, run]) its 8 characters; null when absent
 *     ckl_hash_config(json)                 the segment that a configuration has, nothing ignored
 *
 * A state is named as for ckl_manager_resolve(). a = 'PENDING' without b asks for what is not
 * dumped yet, from the run's baseline to its head; b left out is the head, and null is nothing at
 * all.
 * @, @~1 and PENDING are about `run`, by default the manager's ('main' in other programs). A time
 * is ISO 8601, or a number of seconds as at_unix has it. Rows come in no particular order.
 */
#ifndef CKL_SQL_H
#define CKL_SQL_H

#include <ckl/manager.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct ckl_sql_options {
    int64_t time_limit_ms; /* of the time spent in ckl_sql_next(); 0: 10 s; negative: no limit */
} ckl_sql_options;

typedef enum ckl_sql_type {
    CKL_SQL_NULL,
    CKL_SQL_INTEGER,
    CKL_SQL_REAL,
    CKL_SQL_TEXT,
    CKL_SQL_BLOB
} ckl_sql_type;

typedef struct ckl_sql_value {
    ckl_sql_type type;
    int64_t integer;
    double real;
    const char *text;  /* with a NUL behind it; NULL unless it is text */
    const void *bytes; /* of text or blob */
    size_t size;       /* of text or blob */
} ckl_sql_value;

typedef struct ckl_sql ckl_sql;
/* Prepares one statement that reads, on a connection of its own: it sees one moment of the ledger
 * from its first row on, and keeps no writer waiting. `options` may be NULL.
 * Errors: CKL_INVALID  it is not one statement of SQL (the message is SQLite's), or it would write,
 *         attach, load or set something */
CKL_API ckl_status ckl_sql_open(ckl_sql **out, ckl_manager *manager, const char *sql,
                                const ckl_sql_options *options, ckl_error *err);
/* How many values a row has; 0 when it gives no rows. */
CKL_API size_t ckl_sql_column_count(const ckl_sql *rows);
/* The name of a column, from 0; valid until it is closed. */
CKL_API const char *ckl_sql_column_name(const ckl_sql *rows, size_t column);
/* How many parameters it has ("?", ":name"). */
CKL_API size_t ckl_sql_parameter_count(const ckl_sql *rows);
/* The name of a parameter, from 1, as it is written (":name"); NULL when it has none. */
CKL_API const char *ckl_sql_parameter_name(const ckl_sql *rows, size_t parameter);
/* Gives a parameter, from 1, its value, which is copied: `text` or `bytes` with `size` of it.
 * Before the first row. Errors: CKL_INVALID  no such parameter; CKL_MISUSE  rows were read already
 */
CKL_API ckl_status ckl_sql_bind(ckl_sql *rows, size_t parameter, const ckl_sql_value *value,
                                ckl_error *err);
/* The next row: one value for each column, valid until the next call. CKL_DONE when there is none.
 * Errors: CKL_BUSY     the time limit: "stopped after 10 s"
 *         CKL_INVALID  the statement fails; the message is SQLite's */
CKL_API ckl_status ckl_sql_next(const ckl_sql_value **out, ckl_sql *rows, ckl_error *err);
/* Releases it; NULL is fine. */
CKL_API_VOID void ckl_sql_close(ckl_sql *rows);

/* ---- a copy for dashboards ------------------------------------------------------------------- */

typedef struct ckl_snapshot_info {
    bool written;    /* false: nothing had changed since the last one */
    int64_t version; /* what this manager saw of the ledger: another one after each commit */
    int64_t seq;     /* the last event in the copy; 0: none */
    uint64_t bytes;  /* its size */
} ckl_snapshot_info;

/* Copies the ledger as it is at one moment to `path`: one file without a log beside it, which can
 * be opened with immutable=1. It is written beside `path`, synced and renamed into place, so that
 * there is a whole file under that name at any time; who has the old one open goes on reading that.
 * With `last`, what the last call of this manager for the same path gave, nothing is written when
 * nothing was committed since. Errors: CKL_REFUSED   `path` is a live ledger, or a file that is
 * none at all CKL_NO_SPACE, CKL_IO, CKL_BUSY: what was there stays */
CKL_API ckl_status ckl_snapshot(ckl_snapshot_info *out, ckl_manager *manager, const char *path,
                                const ckl_snapshot_info *last, ckl_error *err);

#ifdef __cplusplus
}
#endif
#endif
