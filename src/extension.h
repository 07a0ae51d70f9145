/* extension: owns what SQL gets beside the views: table-valued functions and scalars that answer
 * about differences, data states and samples of the ledger that is the connection's main database.
 * It is compiled twice: as ckl_sqlite.so, for any program that loads SQLite extensions, and (with
 * SQLITE_CORE) into libckl, for ckl_sql_open(). May call: error, buf, canon, doc, hash; SQLite
 * through the host alone, so that there is never a second copy of it. Keeps true: it only reads;
 * nothing here is harmful in a view of a hostile file; an error names what was wrong; a difference
 * of samples follows the edges between two states, and costs what it returns. */
#ifndef EXTENSION_H
#define EXTENSION_H

#include <sqlite3ext.h>
#ifndef EXTENSION_ENTRY
SQLITE_EXTENSION_INIT3
#endif

#include "hash.h"

/* Of SQLite 3.31; a build with older headers does without. */
#ifndef SQLITE_INNOCUOUS
#define SQLITE_INNOCUOUS 0
#endif

#define EXTENSION_RUN_MAX 64

/* Functions that return int give SQLITE_OK, SQLITE_ROW, SQLITE_DONE, or another of SQLite's codes
 * with *err set. */

/* ---- registering (extension.c) --------------------------------------------------------------- */

/* Adds all to a connection. `run` is what @ and PENDING are about when no run is named. */
int extension_register(sqlite3 *connection, const char *run);
/* The same for the tables (extension_table.c). `context` is shared; `release` ends one use. */
typedef struct extension_context {
    sqlite3 *connection;
    unsigned uses;
    char run[EXTENSION_RUN_MAX + 1];
} extension_context;
int extension_register_tables(extension_context *context, void (*release)(void *));

/* ---- reading the ledger (extension_reader.c) ------------------------------------------------- */

#define READER_KEPT_MAX 24

/* Statements that are used again and again; those of a table live as long as it is connected. */
typedef struct extension_reader {
    const extension_context *context;
    const char *texts[READER_KEPT_MAX]; /* literals */
    sqlite3_stmt *kept[READER_KEPT_MAX];
    size_t count;
    int64_t version; /* of the ledger; 0: not looked at yet */
} extension_reader;
void reader_close(extension_reader *reader);
/* A statement ready to be bound; it is to be left at its end, or reset. `sql` is a literal. */
int reader_query(sqlite3_stmt **out, extension_reader *reader, const char *sql, ckl_error *err);
/* One that is the caller's own (sqlite3_finalize). */
int reader_prepare(sqlite3_stmt **out, extension_reader *reader, const char *sql, ckl_error *err);
/* A step. On failure *err is set. */
int reader_step(extension_reader *reader, sqlite3_stmt *row, ckl_error *err);
int reader_fail(ckl_error *err, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Refuses what is no ledger, or a newer one. */
int reader_check(extension_reader *reader, ckl_error *err);

/* One recorded state; all zero: nothing. */
typedef struct extension_experiment {
    int64_t id, model, config, data;
    char hash[CKL_HASH_LENGTH + 1];
} extension_experiment;

/* What is meant by a text: a name, 24 characters, a unique prefix of 4 or more, @, @~N, @{TIME},
 * PENDING (like @ the head, for what is not dumped yet). `run` NULL: the context's. */
int reader_resolve(extension_experiment *out, extension_reader *reader, const char *text,
                   const char *run, ckl_error *err);
/* The head of a run and what its pending changes are measured against. */
int reader_head(extension_experiment *head, extension_experiment *baseline,
                extension_reader *reader, const char *run, ckl_error *err);
/* The head of a run at a moment; all zero: nothing was there yet. */
int reader_at(extension_experiment *out, extension_reader *reader, int64_t at_us, const char *run,
              ckl_error *err);
/* The configuration that a state was last recorded with, in this run first; 0: none. */
int reader_content(int64_t *out, extension_reader *reader, const extension_experiment *of,
                   const char *run, ckl_error *err);
/* ISO 8601: a date, or date and time, with Z or +HH:MM; UTC else. */
bool extension_parse_time(int64_t *at_us, const char *text);

/* ---- samples (extension_samples.c) ----------------------------------------------------------- */

/* What differs for one sample. discarded -1: not in the state; then tagset is 0. */
typedef struct sample_change {
    int64_t sample;
    int64_t old_tagset, new_tagset;
    int old_discarded, new_discarded;
} sample_change;

/* Changes by sample: rows of one edge as they are read, or what several edges come to. */
typedef struct sample_source {
    sqlite3_stmt *rows;
    bool reversed;
    sample_change *changes;
    size_t count, next;
    sample_change current;
    bool has_current;
} sample_source;

#define SAMPLE_SOURCES 4

/* The difference of two data states, by sample: what its sources come to, one behind the other. */
typedef struct sample_stream {
    extension_reader *reader;
    sample_source sources[SAMPLE_SOURCES];
    size_t count;
} sample_stream;
/* From one data state (0: nothing) to another; `uid` not NULL: of this sample alone. */
int stream_open(sample_stream *out, extension_reader *reader, int64_t from, int64_t to,
                const char *uid, ckl_error *err);
int stream_next(sample_change *out, sample_stream *stream, ckl_error *err);
void stream_close(sample_stream *stream);

/* The edges that change a sample. */
typedef struct sample_edges {
    int64_t sample;
    int64_t *edges; /* sorted */
    size_t count;
} sample_edges;
/* SQLITE_DONE: no such sample was ever recorded. */
int sample_edges_read(sample_edges *out, extension_reader *reader, const char *uid, ckl_error *err);
void sample_edges_free(sample_edges *edges);
/* What a data state has of the sample, as the new side of *out. */
int sample_in_state(sample_change *out, extension_reader *reader, const sample_edges *edges,
                    int64_t state, ckl_error *err);

/* What a column shows of a change. */
int result_uid(sqlite3_context *result, extension_reader *reader, int64_t sample, ckl_error *err);
int result_tags(sqlite3_context *result, extension_reader *reader, int64_t tagset, ckl_error *err);
/* The tags of one set that the other lacks. */
int result_tags_without(sqlite3_context *result, extension_reader *reader, int64_t tagset,
                        int64_t without, ckl_error *err);
/* As in the canonical text: d0:ttag1,tag2. Null when not in the state. */
int result_record(sqlite3_context *result, extension_reader *reader, int discarded, int64_t tagset,
                  ckl_error *err);
void result_discarded(sqlite3_context *result, int discarded);
/* "added", "discarded", … as ckl_diff_sample has it. */
int sample_change_name(const char **out, extension_reader *reader, const sample_change *change,
                       ckl_error *err);
/* Whether tags came, and whether tags went. */
int sample_tags_moved(bool *came, bool *went, extension_reader *reader, const sample_change *change,
                      ckl_error *err);

/* ---- tables (extension_table.c) -------------------------------------------------------------- */

#define TABLE_ARGUMENTS 3

typedef struct extension_cursor extension_cursor;

/* One table-valued function. Its hidden columns are its arguments, in order. */
typedef struct extension_kind {
    const char *name;
    const char *declaration;
    int visible;    /* columns before the arguments */
    int arguments;  /* at most TABLE_ARGUMENTS */
    int uid_column; /* a visible column by which it can look up one row; -1: none */
    size_t cursor_size;
    int (*filter)(extension_cursor *cursor, ckl_error *err); /* goes to the first row */
    int (*next)(extension_cursor *cursor, ckl_error *err);   /* sets at_end behind the last */
    int (*column)(extension_cursor *cursor, sqlite3_context *result, int column, ckl_error *err);
    void (*close)(extension_cursor *cursor);
} extension_kind;

struct extension_cursor {
    sqlite3_vtab_cursor base;
    extension_reader *reader;
    sqlite3_value *arguments[TABLE_ARGUMENTS]; /* NULL: not given */
    char *uid;                                 /* what uid_column must be; NULL: anything */
    sqlite3_int64 row;
    bool at_end;
};
/* The text of an argument; NULL when it is SQL's null or was not given. */
const char *cursor_text(const extension_cursor *cursor, int argument);

/* extension_diff.c, extension_state.c */
extern const extension_kind EXTENSION_DIFF, EXTENSION_DIFF_STAT, EXTENSION_CONFIG_DIFF,
    EXTENSION_MODEL_DIFF, EXTENSION_SAMPLE_DIFF, EXTENSION_STATE_AT, EXTENSION_SAMPLE_HISTORY;

/* From one state to another, as arguments of SQL name them (extension_diff.c): `given` says whether
 * `from` and `to` were. Both left out: from the baseline to the head, as PENDING alone. */
typedef struct extension_sides {
    const char *from, *to, *run;
    bool from_given, to_given;
} extension_sides;
int extension_find_sides(extension_experiment *from, extension_experiment *to,
                         extension_reader *reader, const extension_sides *sides, ckl_error *err);

#endif
