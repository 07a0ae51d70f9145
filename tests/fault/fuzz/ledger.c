/* A ledger that is not as it was written. The input is a list of patches: which file (the ledger,
 * its log) or a value of a row, where, what. Whoever opens it is told, fsck finds it, or every
 * answer is as it was; a ledger that it is merged into takes all of it or nothing, and stays sound.
 */
#include <sqlite3.h>

#include "../damage/answers.h"
#include "place.h"

#define PATCHES_MAX 8

static history closed, killed;
static history sound_one; /* what others are merged into: another ledger of the same history */

int LLVMFuzzerInitialize(int *count, char ***words)
{
    char path[128];
    snprintf(path, sizeof path, "%s/closed", fuzz_place());
    history_make(&closed, path, false);
    snprintf(path, sizeof path, "%s/killed", fuzz_place());
    history_make(&killed, path, true);
    snprintf(path, sizeof path, "%s/sound-one", fuzz_place());
    history_make(&sound_one, path, false);
    (void)count;
    (void)words;
    return 0;
}

/* ---- patches --------------------------------------------------------------------------------- */

typedef struct reader {
    const uint8_t *bytes;
    size_t left;
} reader;

static unsigned take(reader *from)
{
    if (from->left == 0)
        return 0;
    from->left--;
    return *from->bytes++;
}

static void patch_bytes(const char *path, reader *from)
{
    struct stat found;
    unsigned long at = take(from);
    at = at << 8 | take(from);
    at = at << 8 | take(from);
    unsigned count = 1 + take(from) % 8;
    FILE *file = fopen(path, "r+b");
    if (file == NULL || fstat(fileno(file), &found) != 0 || found.st_size == 0) {
        if (file != NULL)
            fclose(file);
        return;
    }
    fseek(file, (long)(at % (unsigned long)found.st_size), SEEK_SET);
    while (count-- > 0)
        fputc((int)take(from), file);
    fclose(file);
}

static bool pick(char out[128], sqlite3 *ledger, const char *format, const char *table,
                 unsigned which)
{
    sqlite3_stmt *row = NULL;
    char *sql = sqlite3_mprintf(format, table, which);
    bool there = sql != NULL && sqlite3_prepare_v2(ledger, sql, -1, &row, NULL) == SQLITE_OK &&
                 sqlite3_step(row) == SQLITE_ROW && sqlite3_column_text(row, 0) != NULL;
    if (there)
        snprintf(out, 128, "%s", (const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    sqlite3_free(sql);
    return there;
}

/* One value of one row becomes another. */
static void patch_value(const char *path, reader *from)
{
    static const char *const VALUES[] = {
        "NULL", "0",     "1",    "-1",     "9223372036854775807", "''", "'x'",
        "x''",  "x'00'", "'{}'", "'main'", "zeroblob(32)"};
    sqlite3 *ledger = NULL;
    char table[128], column[128], row[128];
    if (sqlite3_open_v2(path, &ledger, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        pick(table, ledger,
             "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '\\_%%' ESCAPE '\\'"
             " AND '%q' = '' ORDER BY name LIMIT 1 OFFSET %u",
             "", take(from) % 32) &&
        pick(column, ledger, "SELECT name FROM pragma_table_info('%q') LIMIT 1 OFFSET %u", table,
             take(from) % 20) &&
        pick(row, ledger, "SELECT rowid FROM \"%w\" LIMIT 1 OFFSET %u", table, take(from) % 16)) {
        unsigned what = take(from);
        const char *value = what < 200   ? VALUES[what % 12]
                            : what < 228 ? "-9223372036854775808"
                                         : "rowid + 1";
        char *sql = sqlite3_mprintf(
            "PRAGMA ignore_check_constraints = ON; UPDATE \"%w\" SET \"%w\" = %s WHERE rowid = %s",
            table, column, value, row);
        sqlite3_exec(ledger, sql, NULL, NULL, NULL); /* some values cannot be there */
        sqlite3_free(sql);
    }
    sqlite3_close(ledger);
}

/* ---- what comes of it ------------------------------------------------------------------------ */

static bool is_a_moment(const history *made, const char *text, bool any)
{
    for (size_t at = any ? 0 : made->steps - 1; at < made->steps; at++)
        if (strcmp(made->after[at], text) == 0)
            return true;
    return false;
}

static void must_open(const history *made, const char *folder, bool log)
{
    char first[640], why[640];
    answers now;
    answers_read(&now, folder, false);
    long findings = answers_check(first, folder);
    MUST(strstr(now.told, "NO MESSAGE") == NULL && strstr(first, "NO MESSAGE") == NULL, "%s %s",
         now.told, first);
    MUST(now.text == NULL || findings != 0 || is_a_moment(made, now.text, log),
         "another answer, and nothing is found");
    if (findings == 0 && now.text != NULL)
        MUST(answers_write(why, folder), "it is sound, and cannot be written: %s", why);
    MUST(answers_work(why, folder), "%s", why);
    (void)answers_check(first, folder);
    MUST(strstr(first, "NO MESSAGE") == NULL, "after going on: %s", first);
    free(now.text);
}

static uint64_t count_events(ckl_manager *manager)
{
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    uint64_t count = 0;
    ckl_error err = {0};
    MUST(ckl_events(&cursor, manager, &(ckl_event_filter){.all_runs = true}, &err) == CKL_OK, "%s",
         err.message);
    while (ckl_event_next(&event, cursor, &err) == CKL_OK)
        count++;
    ckl_event_cursor_close(cursor);
    return count;
}

static void must_merge(const char *folder)
{
    char sound[128], root[160], other[160], first[640];
    ckl_manager *manager = NULL;
    ckl_merge_result once = {0}, twice = {0};
    ckl_error err = {0};
    snprintf(sound, sizeof sound, "%s/sound", fuzz_place());
    snprintf(root, sizeof root, "%s/root", sound);
    snprintf(other, sizeof other, "%s/root", folder);
    place_copy(sound_one.folder, sound);
    MUST(ckl_manager_open(&manager, root, NULL, &err) == CKL_OK, "%s", err.message);
    uint64_t before = count_events(manager);
    ckl_status status = ckl_merge(&once, manager, other, NULL, &err);
    must_be_told(status, &err);
    if (status == CKL_OK) {
        MUST(ckl_merge(&twice, manager, other, NULL, &err) == CKL_OK, "taken, then: %s",
             err.message);
        MUST(twice.new_event_count == 0, "twice is not once");
    } else {
        MUST(count_events(manager) == before, "something of what was refused is there");
    }
    ckl_manager_close(manager);
    long findings = answers_check(first, sound);
    MUST(findings == 0, "after %s: %s", status == CKL_OK ? "taking it" : err.message, first);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char folder[128], path[160];
    reader from = {bytes, size};
    bool log = false;
    unsigned way = take(&from);
    const history *made = way % 2 == 0 ? &closed : &killed;
    snprintf(folder, sizeof folder, "%s/case", fuzz_place());
    place_copy(made->folder, folder);
    for (int patch = 0; patch < PATCHES_MAX && from.left > 0; patch++) {
        unsigned kind = take(&from) % 4;
        snprintf(path, sizeof path, "%s/root/ledger.db%s", folder, kind == 1 ? "-wal" : "");
        log = log || kind == 1;
        if (kind < 3)
            patch_bytes(path, &from);
        else
            patch_value(path, &from);
    }
    if (way < 128)
        must_open(made, folder, log);
    else
        must_merge(folder);
    return 0;
}
