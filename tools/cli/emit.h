/* emit: owns how the command prints: JSON, and calm text. Keeps true: JSON is valid UTF-8 JSON with
 * its keys in the order they were given; text shows control characters escaped; a failed write is
 * remembered (emit_finish). The functions do not begin with json_: those names are Jansson's, and
 * the linker would give ours to the library. */
#ifndef EMIT_H
#define EMIT_H

#include <ckl/ckl.h>
#include <stdio.h>

/* ---- JSON, on standard output ---------------------------------------------------------------- */

void emit_open_object(const char *key); /* key NULL inside an array, or at the top */
void emit_close_object(void);
void emit_open_array(const char *key);
void emit_close_array(void);
void emit_text(const char *key, const char *value); /* NULL is null */
void emit_integer(const char *key, int64_t value);
void emit_boolean(const char *key, bool value);
void emit_null(const char *key);
void emit_raw(const char *key, const char *json); /* JSON text; NULL is null */
void emit_components(const char *key, ckl_components set);
/* at and at_unix. */
void emit_time(const char *prefix, int64_t at_us);
/* The top object, with its schema_version. */
void emit_begin(void);
void emit_end(void);
/* One line of JSON Lines, up to emit_end: an object of its own, without a version. */
void emit_begin_line(void);
/* Where JSON goes (errors: standard error). */
void emit_to(FILE *stream);

/* ---- text ------------------------------------------------------------------------------------ */

/* Prints text with control characters, and bytes that are not UTF-8, escaped. */
void put(const char *text);
void put_to(FILE *out, const char *text);
/* Prints text, then spaces up to `width` columns. */
void put_padded(const char *text, size_t width);
size_t text_width(const char *text); /* columns that put() takes, roughly */
/* "  label     value" */
void put_line(const char *label, const char *value);
/* "model, data" or "nothing". */
const char *components_text(ckl_components set);
/* "2026-11-23 15:40:00", UTC. `out` holds 32. */
const char *time_text(char out[32], int64_t at_us);
/* ISO 8601 UTC, milliseconds. */
const char *time_iso(char out[32], int64_t at_us);
/* Terminal colours, empty text where there is no terminal or NO_COLOR is set. */
typedef enum colour { PLAIN, RED, GREEN, YELLOW, BOLD, DIM } colour;
const char *paint(colour which);

/* The shortest text that reads back as the same number. */
const char *shortest_real(char out[32], double value);
bool is_unicode(const char *text); /* valid UTF-8 */

/* False when standard output could not be written; errno may say why, or be 0. */
bool emit_finish(void);

#endif
