/* Which state of the ledger a text or a time means. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db.h"
#include "extension.h"

#define PREFIX_MIN 4

/* ---- statements ------------------------------------------------------------------------------ */

int reader_fail(ckl_error *err, int result, const char *format, ...)
{
    char text[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)error_set(err, result == SQLITE_NOMEM ? CKL_NO_MEMORY : CKL_INVALID, "%s", text);
    return result;
}

static int failed(extension_reader *reader, int result, ckl_error *err)
{
    if (result == SQLITE_NOMEM)
        return reader_fail(err, result, "out of memory");
    return reader_fail(err, result, "%s", sqlite3_errmsg(reader->context->connection));
}

void reader_close(extension_reader *reader)
{
    for (size_t index = 0; index < reader->count; index++)
        sqlite3_finalize(reader->kept[index]);
    reader->count = 0;
}

int reader_prepare(sqlite3_stmt **out, extension_reader *reader, const char *sql, ckl_error *err)
{
    int result = sqlite3_prepare_v3(reader->context->connection, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                    out, NULL);
    return result == SQLITE_OK ? SQLITE_OK : failed(reader, result, err);
}

int reader_query(sqlite3_stmt **out, extension_reader *reader, const char *sql, ckl_error *err)
{
    for (size_t index = 0; index < reader->count; index++) {
        if (reader->texts[index] == sql) {
            *out = reader->kept[index];
            sqlite3_reset(*out);
            return SQLITE_OK;
        }
    }
    if (reader->count == READER_KEPT_MAX)
        return reader_fail(err, SQLITE_ERROR, "too many statements are kept");
    int result = reader_prepare(out, reader, sql, err);
    if (result != SQLITE_OK)
        return result;
    reader->texts[reader->count] = sql;
    reader->kept[reader->count++] = *out;
    return SQLITE_OK;
}

int reader_step(extension_reader *reader, sqlite3_stmt *row, ckl_error *err)
{
    int result = sqlite3_step(row);
    if (result == SQLITE_ROW || result == SQLITE_DONE)
        return result;
    result = failed(reader, result, err);
    sqlite3_reset(row);
    return result;
}

/* ---- is it a ledger -------------------------------------------------------------------------- */

static int read_number(int64_t *out, extension_reader *reader, const char *sql, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    int result = reader_query(&row, reader, sql, err);
    if (result == SQLITE_OK)
        result = reader_step(reader, row, err);
    if (result != SQLITE_ROW)
        return result;
    *out = sqlite3_column_int64(row, 0);
    sqlite3_reset(row);
    return SQLITE_OK;
}

int reader_check(extension_reader *reader, ckl_error *err)
{
    int64_t application = 0, version = 0;
    if (reader->version != 0)
        return SQLITE_OK;
    int result = read_number(&application, reader, "PRAGMA main.application_id", err);
    if (result == SQLITE_OK)
        result = read_number(&version, reader, "PRAGMA main.user_version", err);
    if (result != SQLITE_OK)
        return result;
    if (application != DB_APPLICATION_ID || version < 1)
        return reader_fail(err, SQLITE_ERROR, "the main database is no ledger: open a ledger.db");
    if (version > DB_VERSION)
        return reader_fail(err, SQLITE_ERROR,
                           "this ledger was written by a newer ckl (version %lld, this knows %d)",
                           (long long)version, DB_VERSION);
    reader->version = version;
    return SQLITE_OK;
}

/* ---- runs ------------------------------------------------------------------------------------ */

#define STATE_COLUMNS                                                                              \
    "state.id, ifnull(state.model, 0), ifnull(state.config, 0), ifnull(state.data, 0), state.hash"

static void take_state(extension_experiment *out, sqlite3_stmt *row)
{
    *out = (extension_experiment){.id = sqlite3_column_int64(row, 0),
                                  .model = sqlite3_column_int64(row, 1),
                                  .config = sqlite3_column_int64(row, 2),
                                  .data = sqlite3_column_int64(row, 3)};
    const unsigned char *hash = sqlite3_column_text(row, 4);
    snprintf(out->hash, sizeof out->hash, "%s", hash != NULL ? (const char *)hash : "");
}

static int read_state(extension_experiment *out, extension_reader *reader, int64_t id,
                      ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    *out = (extension_experiment){0};
    if (id == 0)
        return SQLITE_OK;
    int result = reader_query(
        &row, reader, "SELECT " STATE_COLUMNS " FROM main._experiment AS state WHERE state.id = ?1",
        err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(row, 1, id);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW)
        take_state(out, row);
    sqlite3_reset(row);
    if (result == SQLITE_DONE)
        return reader_fail(err, SQLITE_CORRUPT,
                           "the ledger is damaged: state %lld is gone: ckl fsck", (long long)id);
    return result == SQLITE_ROW ? SQLITE_OK : result;
}

typedef struct run_row {
    int64_t id, head, baseline;
} run_row;

/* A run that is not named may be not there yet; one that is named must be. */
static int find_run(run_row *out, extension_reader *reader, const char *name, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    *out = (run_row){0};
    int result = reader_check(reader, err);
    if (result == SQLITE_OK)
        result = reader_query(&row, reader,
                              "SELECT id, ifnull(head, 0), ifnull(baseline, 0) FROM main._run"
                              " WHERE name = ?1",
                              err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_text(row, 1, name != NULL ? name : reader->context->run, -1, SQLITE_TRANSIENT);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW)
        *out = (run_row){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
                         sqlite3_column_int64(row, 2)};
    sqlite3_reset(row);
    if (result == SQLITE_DONE && name != NULL)
        return reader_fail(err, SQLITE_ERROR, "there is no run '%s'", name);
    return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

int reader_head(extension_experiment *head, extension_experiment *baseline,
                extension_reader *reader, const char *run, ckl_error *err)
{
    run_row found;
    int result = find_run(&found, reader, run, err);
    if (result == SQLITE_OK)
        result = read_state(head, reader, found.head, err);
    if (result == SQLITE_OK && baseline != NULL)
        result = read_state(baseline, reader, found.baseline, err);
    return result;
}

int reader_at(extension_experiment *out, extension_reader *reader, int64_t at_us, const char *run,
              ckl_error *err)
{
    run_row found;
    sqlite3_stmt *row = NULL;
    int64_t id = 0;
    int result = find_run(&found, reader, run, err);
    if (result == SQLITE_OK)
        result = reader_query(&row, reader,
                              "SELECT ifnull(experiment, 0) FROM main._event"
                              " WHERE run = ?1 AND at_us <= ?2"
                              " AND experiment IS NOT from_experiment"
                              " ORDER BY seq DESC LIMIT 1",
                              err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(row, 1, found.id);
    sqlite3_bind_int64(row, 2, at_us);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW)
        id = sqlite3_column_int64(row, 0);
    sqlite3_reset(row);
    return result == SQLITE_ROW || result == SQLITE_DONE ? read_state(out, reader, id, err)
                                                         : result;
}

/* ---- what a text means ----------------------------------------------------------------------- */

static int head_before(extension_experiment *out, extension_reader *reader, const run_row *run,
                       const char *text, long long moves, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    int64_t id = 0;
    int result = reader_query(&row, reader,
                              "SELECT ifnull(from_experiment, 0) FROM main._event"
                              " WHERE run = ?1 AND experiment IS NOT from_experiment"
                              " ORDER BY seq DESC LIMIT 1 OFFSET ?2",
                              err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(row, 1, run->id);
    sqlite3_bind_int64(row, 2, moves - 1);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW)
        id = sqlite3_column_int64(row, 0);
    sqlite3_reset(row);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return result;
    if (id == 0)
        return reader_fail(err, SQLITE_ERROR, "'%s': the head has not moved so many times", text);
    return read_state(out, reader, id, err);
}

/* "@{2026-11-23T15:40:00Z}" */
static int resolve_time(extension_experiment *out, extension_reader *reader, const char *text,
                        const char *run, ckl_error *err)
{
    char inner[64] = "";
    int64_t at_us = 0;
    size_t size = strlen(text);
    if (size > 3 && size < sizeof inner && text[size - 1] == '}')
        memcpy(inner, text + 2, size - 3);
    if (!extension_parse_time(&at_us, inner))
        return reader_fail(err, SQLITE_ERROR, "'%s' is no time: write @{2026-11-23T15:40:00Z}",
                           text);
    int result = reader_at(out, reader, at_us, run, err);
    if (result == SQLITE_OK && out->id == 0)
        return reader_fail(err, SQLITE_ERROR, "'%s': nothing was recorded by then", text);
    return result;
}

/* "@", "@~N" and "PENDING". */
static int resolve_head(extension_experiment *out, extension_reader *reader, const char *text,
                        const char *run, ckl_error *err)
{
    run_row found;
    long long moves = 0;
    if (text[0] == '@' && text[1] == '{')
        return resolve_time(out, reader, text, run, err);
    if (text[0] == '@' && text[1] != '\0') {
        size_t digits = text[1] == '~' ? strspn(text + 2, "0123456789") : 0;
        if (digits == 0 || digits > 15 || text[2 + digits] != '\0')
            return reader_fail(err, SQLITE_ERROR,
                               "'%s' is no experiment: @ is the head, @~1 the head before it",
                               text);
        moves = strtoll(text + 2, NULL, 10);
    }
    int result = find_run(&found, reader, run, err);
    if (result != SQLITE_OK)
        return result;
    if (found.head == 0)
        return reader_fail(err, SQLITE_ERROR, "'%s': nothing is recorded in run '%s' yet", text,
                           run != NULL ? run : reader->context->run);
    if (moves > 0)
        return head_before(out, reader, &found, text, moves, err);
    return read_state(out, reader, found.head, err);
}

static int nothing_matches(const char *text, ckl_error *err)
{
    size_t size = strlen(text);
    if (size == 0 || strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz") != size)
        return reader_fail(err, SQLITE_ERROR, "'%s' is no hash: only 0-9 and a-z", text);
    if (size > CKL_HASH_LENGTH)
        return reader_fail(err, SQLITE_ERROR, "'%s' is no hash: it has %zu characters, not 24",
                           text, size);
    if (size < PREFIX_MIN)
        return reader_fail(err, SQLITE_ERROR, "'%s' is too short: at least %d characters", text,
                           PREFIX_MIN);
    if (size == 16)
        return reader_fail(err, SQLITE_ERROR,
                           "'%s': a 16-character V2 hash is not compatible: regenerate it", text);
    return reader_fail(err, SQLITE_ERROR, "no recorded experiment is '%s'", text);
}

/* All that begin with `text`: '{' is the character after 'z'. */
static int resolve_prefix(extension_experiment *out, extension_reader *reader, const char *text,
                          ckl_error *err)
{
    char end[CKL_HASH_LENGTH + 2];
    sqlite3_stmt *row = NULL;
    size_t size = strlen(text);
    if (size < PREFIX_MIN || size > CKL_HASH_LENGTH)
        return nothing_matches(text, err);
    int result = reader_query(&row, reader,
                              "SELECT " STATE_COLUMNS " FROM main._experiment AS state"
                              " WHERE state.hash >= ?1 AND state.hash < ?2"
                              " ORDER BY state.hash LIMIT 2",
                              err);
    if (result != SQLITE_OK)
        return result;
    snprintf(end, sizeof end, "%s{", text);
    sqlite3_bind_text(row, 1, text, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(row, 2, end, -1, SQLITE_TRANSIENT);
    result = reader_step(reader, row, err);
    if (result == SQLITE_DONE)
        result = nothing_matches(text, err);
    if (result != SQLITE_ROW)
        return result;
    take_state(out, row);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW) {
        result = reader_fail(err, SQLITE_ERROR, "'%s' is not unique: %s, %s, …", text, out->hash,
                             (const char *)sqlite3_column_text(row, 4));
        sqlite3_reset(row);
        return result;
    }
    return result == SQLITE_DONE ? SQLITE_OK : result;
}

/* The state that has this name now; left as it is when there is none. */
static int resolve_name(extension_experiment *out, extension_reader *reader, const char *text,
                        ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    if (reader->version < 3) /* ledgers from before know no names */
        return SQLITE_OK;
    int result = reader_query(&row, reader,
                              "SELECT " STATE_COLUMNS " FROM main._label AS label"
                              " JOIN main._experiment AS state ON state.id = label.experiment"
                              " WHERE label.kind = 'name' AND label.text = ?1"
                              "   AND NOT EXISTS (SELECT 1 FROM main._label AS later"
                              "     WHERE later.kind = 'name' AND later.event > label.event"
                              "       AND later.experiment = label.experiment)",
                              err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_text(row, 1, text, -1, SQLITE_TRANSIENT);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW)
        take_state(out, row);
    sqlite3_reset(row);
    return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

int reader_resolve(extension_experiment *out, extension_reader *reader, const char *text,
                   const char *run, ckl_error *err)
{
    *out = (extension_experiment){0};
    int result = reader_check(reader, err);
    if (result != SQLITE_OK)
        return result;
    if (text[0] == '@' || strcmp(text, "PENDING") == 0)
        return resolve_head(out, reader, text, run, err);
    result = resolve_name(out, reader, text, err);
    if (result != SQLITE_OK || out->id != 0)
        return result;
    return resolve_prefix(out, reader, text, err);
}

/* ---- configurations -------------------------------------------------------------------------- */

int reader_content(int64_t *out, extension_reader *reader, const extension_experiment *of,
                   const char *run, ckl_error *err)
{
    sqlite3_stmt *row = NULL;
    *out = 0;
    if (of->config == 0)
        return SQLITE_OK;
    int result =
        reader_query(&row, reader,
                     "SELECT ifnull((SELECT event.config FROM main._event AS event"
                     "               JOIN main._run AS run ON run.id = event.run"
                     "               WHERE event.experiment = ?1"
                     "               ORDER BY run.name = ?2 DESC, event.seq DESC LIMIT 1),"
                     "              (SELECT max(id) FROM main._config WHERE component = ?3))",
                     err);
    if (result != SQLITE_OK)
        return result;
    sqlite3_bind_int64(row, 1, of->id);
    sqlite3_bind_text(row, 2, run != NULL ? run : reader->context->run, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(row, 3, of->config);
    result = reader_step(reader, row, err);
    if (result == SQLITE_ROW)
        *out = sqlite3_column_int64(row, 0);
    sqlite3_reset(row);
    return result == SQLITE_ROW ? SQLITE_OK : result;
}

/* ---- times ----------------------------------------------------------------------------------- */

/* Exactly `digits` of them, then `behind` (0: anything). */
static bool take_number(int *out, const char **at, int digits, char behind)
{
    *out = 0;
    for (int index = 0; index < digits; index++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *out = *out * 10 + (**at - '0');
    }
    if (behind == '\0')
        return true;
    return *(*at)++ == behind;
}

/* HH:MM, :SS, and a fraction of a second, of which microseconds count. */
static bool take_clock(struct tm *parts, int64_t *fraction_us, const char **at)
{
    int64_t unit = 100000;
    if (!take_number(&parts->tm_hour, at, 2, ':') || !take_number(&parts->tm_min, at, 2, '\0'))
        return false;
    if (**at != ':')
        return true;
    (*at)++;
    if (!take_number(&parts->tm_sec, at, 2, '\0'))
        return false;
    if (**at != '.')
        return true;
    if ((*at)[1] < '0' || (*at)[1] > '9')
        return false;
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
        *fraction_us += (**at - '0') * unit;
    return true;
}

static bool take_zone(int64_t *offset_s, const char **at)
{
    int hours = 0, minutes = 0;
    char sign = **at;
    if (sign == 'Z')
        (*at)++;
    if (sign != '+' && sign != '-')
        return true;
    (*at)++;
    if (!take_number(&hours, at, 2, ':') || !take_number(&minutes, at, 2, '\0'))
        return false;
    *offset_s = (sign == '+' ? 1 : -1) * (hours * 3600LL + minutes * 60LL);
    return hours < 24 && minutes < 60;
}

bool extension_parse_time(int64_t *at_us, const char *text)
{
    struct tm parts = {0};
    int64_t fraction_us = 0, offset_s = 0;
    int year = 0, month = 0;
    const char *at = text;
    if (!take_number(&year, &at, 4, '-') || !take_number(&month, &at, 2, '-') ||
        !take_number(&parts.tm_mday, &at, 2, '\0'))
        return false;
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    if (*at == 'T' || *at == ' ') {
        at++;
        if (!take_clock(&parts, &fraction_us, &at) || !take_zone(&offset_s, &at))
            return false;
    }
    struct tm normal = parts;
    time_t seconds = timegm(&normal);
    if (*at != '\0' || normal.tm_mday != parts.tm_mday || normal.tm_mon != parts.tm_mon ||
        normal.tm_hour != parts.tm_hour || normal.tm_min != parts.tm_min || parts.tm_sec > 59)
        return false;
    *at_us = ((int64_t)seconds - offset_s) * 1000000 + fraction_us;
    return true;
}
