/* table: owns how rows are printed: aligned text for people, CSV, TSV, Markdown or JSON Lines by
 * --format, one JSON object with --json. Keeps true: every row has a value for every column; what
 * a file gets is exact (nothing cut, no control character lost), what a terminal gets is escaped.
 *
 *     static const table_column COLUMNS[] = {{"uid", LEFT}, {"flips", RIGHT}};
 *     table *rows = NULL;
 *     status = table_open(&rows, call, "samples", COLUMNS, 2, err);
 *     while (…)  { table_text(rows, uid); table_integer(rows, flips); }
 *     status = table_close(rows, status, err);
 */
#ifndef TABLE_H
#define TABLE_H

#include "command.h"

typedef enum table_side { LEFT, RIGHT } table_side;

typedef struct table_column {
    const char *name; /* the key in JSON, the heading elsewhere */
    table_side side;  /* where text for people has it */
} table_column;

typedef struct table table;
/* `key` names the array of --json. The columns must outlive the table. */
ckl_status table_open(table **out, const invocation *call, const char *key,
                      const table_column *columns, size_t count, ckl_error *err);
/* One value each, in the order of the columns: the last ends the row. */
void table_text(table *rows, const char *value); /* NULL: no value */
void table_integer(table *rows, int64_t value);
void table_real(table *rows, double value); /* NaN: no value */
void table_boolean(table *rows, bool value);
void table_time(table *rows, int64_t at_us); /* JSON gets NAME and NAME_unix; 0: no value */
void table_components(table *rows, ckl_components set);
void table_json(table *rows, const char *json); /* JSON text, as it is; NULL: no value */
void table_null(table *rows);
/* Prints what is left, releases the table. `status` is what the loop ended with: CKL_DONE and
 * CKL_OK become CKL_OK when all was printed, an error stays what it is. NULL is fine. */
ckl_status table_close(table *rows, ckl_status status, ckl_error *err);
/* How many rows it was given. */
size_t table_row_count(const table *rows);
/* Whether rows go to a person: lines beside the table belong there only. */
bool is_for_people(const invocation *call);

#endif
