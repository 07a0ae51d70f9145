/* What people write after a command: the first byte chooses a time, a reference to a state, a
 * condition of `find`, two states to compare, or SQL. They are asked of a small ledger. */
#include "../damage/answers.h"
#include "clock.h"
#include "documents.h"
#include "place.h"

static ckl_manager *small;

int LLVMFuzzerInitialize(int *count, char ***words)
{
    static history made;
    char path[128];
    ckl_error err = {0};
    snprintf(path, sizeof path, "%s/small", fuzz_place());
    history_make(&made, path, false);
    snprintf(path, sizeof path, "%s/small/root", fuzz_place());
    MUST(ckl_manager_open(&small, path, NULL, &err) == CKL_OK, "%s", err.message);
    (void)count;
    (void)words;
    return 0;
}

static void try_time(const char *text)
{
    int64_t at_us = 0, again_us = 0;
    char iso[32];
    ckl_error err = {0};
    ckl_status status = ckl_time_parse(&at_us, text, &err);
    must_be_told(status, &err);
    must_be_one_line(err.message);
    if (status != CKL_OK || strchr("smhdw", text[strlen(text) - 1]) != NULL)
        return;
    clock_iso(iso, at_us);
    MUST(ckl_time_parse(&again_us, iso, &err) == CKL_OK && again_us / 1000 == at_us / 1000,
         "'%s' is %s, which is another time", text, iso);
}

static void try_reference(const char *text)
{
    ckl_hash hash = {{0}}, again = {{0}};
    ckl_error err = {0};
    ckl_status status = ckl_manager_resolve(&hash, small, text, &err);
    must_be_told(status, &err);
    must_be_one_line(err.message);
    MUST(status != CKL_OK || (strlen(hash.text) == CKL_HASH_LENGTH &&
                              ckl_manager_resolve(&again, small, hash.text, &err) == CKL_OK &&
                              strcmp(hash.text, again.text) == 0),
         "'%s' is '%s', which is not itself", text, hash.text);
}

static void try_condition(int kind, const char *text)
{
    ckl_found_cursor *cursor = NULL;
    ckl_found row;
    ckl_error err = {0};
    ckl_condition wanted = {(ckl_condition_kind)kind, text};
    ckl_status status = ckl_find(&cursor, small, &wanted, 1, 0, &err);
    must_be_told_or_given(status, cursor, &err);
    while (status == CKL_OK && (status = ckl_found_next(&row, cursor, &err)) == CKL_OK)
        try_reference(row.experiment);
    must_be_told(status, &err);
    ckl_found_cursor_close(cursor);
}

static void try_difference(char *text)
{
    char *second = strchr(text, '\n');
    ckl_diff *diff = NULL;
    ckl_diff_info info;
    ckl_error err = {0};
    if (second != NULL)
        *second++ = '\0';
    ckl_status status = ckl_diff_open(&diff, small, text, second, &err);
    must_be_told_or_given(status, diff, &err);
    if (status == CKL_OK)
        must_be_told(ckl_diff_summary(&info, diff, &err), &err);
    ckl_diff_close(diff);
}

static uint64_t count_events(void)
{
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    uint64_t count = 0;
    ckl_error err = {0};
    MUST(ckl_events(&cursor, small, &(ckl_event_filter){.all_runs = true}, &err) == CKL_OK, "%s",
         err.message);
    while (ckl_event_next(&event, cursor, &err) == CKL_OK)
        count++;
    ckl_event_cursor_close(cursor);
    return count;
}

/* SQL from outside reads, whatever it says. */
static void try_sql(const char *text)
{
    ckl_sql *rows = NULL;
    const ckl_sql_value *row;
    ckl_error err = {0};
    ckl_sql_options options = {.time_limit_ms = 100};
    uint64_t before = count_events();
    ckl_status status = ckl_sql_open(&rows, small, text, &options, &err);
    must_be_told_or_given(status, rows, &err);
    for (int count = 0; status == CKL_OK && count < 1000; count++)
        status = ckl_sql_next(&row, rows, &err);
    must_be_told(status, &err);
    ckl_sql_close(rows);
    MUST(count_events() == before, "SQL wrote: %s", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2 || size > 4096)
        return 0;
    char *text = strndup((const char *)bytes + 1, size - 1);
    MUST(text != NULL, "memory");
    switch (bytes[0] % 10) {
    case 0:
        try_time(text);
        break;
    case 1:
        try_reference(text);
        break;
    case 2:
        try_difference(text);
        break;
    case 3:
        try_sql(text);
        break;
    default:
        try_condition(bytes[0] % 10 - 4, text);
    }
    free(text);
    return 0;
}
