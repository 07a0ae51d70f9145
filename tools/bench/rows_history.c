/* Rows about questions: answers cost what they return, however long the history. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* ---- making history -------------------------------------------------------------------------- */

static void update_state(ckl_manager *manager, size_t samples)
{
    ckl_update_result result;
    ckl_error err = {0};
    ckl_update update = {.data = make_state(samples)};
    good(ckl_manager_update_experiment_hash(&result, manager, &update, &err), &err, "updating");
    ckl_data_state_free(update.data);
}

#define EDITS 10 /* uids of one edit */

/* Edit number `index` discards or restores ten of the last samples, so that making history is
 * quick; each gives a state that was not there before. */
static void edit_once(ckl_manager *manager, size_t samples, size_t index)
{
    char uids[EDITS][32], tag[32];
    const char *names[EDITS];
    size_t count = samples < EDITS ? samples : EDITS;
    size_t window = samples < 10000 ? samples : 10000;
    ckl_update_result result;
    ckl_error err = {0};
    for (size_t uid = 0; uid < count; uid++) {
        uid_of(uids[uid], samples - 1 - (index * EDITS + uid) % window);
        names[uid] = uids[uid];
    }
    snprintf(tag, sizeof tag, "round_%zu", index * EDITS / window);
    ckl_edit edit = {.action = CKL_EDIT_TAG, .tag = tag, .uids = names, .uid_count = count};
    good(ckl_manager_edit_samples(&result, manager, &edit, &err), &err, "tagging");
}

static double time_edit_of_first(ckl_manager *manager, size_t turn)
{
    char uid[32], tag[32];
    const char *name = uid;
    ckl_update_result result;
    ckl_error err = {0};
    ckl_edit edit = {.action = CKL_EDIT_TAG, .tag = tag, .uids = &name, .uid_count = 1};
    uid_of(uid, 0);
    snprintf(tag, sizeof tag, "late_%zu", turn);
    double start = now();
    good(ckl_manager_edit_samples(&result, manager, &edit, &err), &err, "tagging");
    return now() - start;
}

/* ---- differences ----------------------------------------------------------------------------- */

static double time_diff(ckl_manager *manager, size_t moves, size_t least)
{
    char from[32];
    ckl_diff *diff = NULL;
    ckl_diff_sample sample;
    ckl_error err = {0};
    size_t count = 0;
    snprintf(from, sizeof from, "@~%zu", moves);
    double start = now();
    good(ckl_diff_open(&diff, manager, from, "@", &err), &err, "diff");
    while (ckl_diff_next_sample(&sample, diff, &err) == CKL_OK)
        count++;
    double taken = now() - start;
    ckl_diff_close(diff);
    if (count < least)
        fail("a diff has %zu samples, not %zu", count, least);
    return taken;
}

static void measure_diffs(const bench_options *options, ckl_manager *manager, size_t states,
                          size_t samples)
{
    static const struct {
        size_t moves;
        double limit;
    } WAYS[] = {{1, 1e-3}, {10, 0}, {100, 0}, {1000, 20e-3}, {10000, 0}};
    for (size_t way = 0; way < sizeof WAYS / sizeof *WAYS && WAYS[way].moves < states; way++) {
        char name[96];
        size_t least = WAYS[way].moves * EDITS < samples ? WAYS[way].moves * EDITS : 1;
        if (least > 10000)
            least = 10000;
        snprintf(name, sizeof name, "sample diff, %zu state%s of 10 edits apart", WAYS[way].moves,
                 WAYS[way].moves == 1 ? "" : "s");
        row *diffing = row_add(name, states, UNIT_SECONDS);
        diffing->limit = WAYS[way].limit;
        (void)time_diff(manager, WAYS[way].moves, least);
        for (size_t turn = 0; turn < options->repeat; turn++)
            series_add(&diffing->work, time_diff(manager, WAYS[way].moves, least));
    }
}

/* ---- SQL ------------------------------------------------------------------------------------- */

static double time_sql(sqlite3 *raw, const char *sql, size_t least)
{
    sqlite3_stmt *rows = NULL;
    size_t count = 0;
    double start = now();
    if (sqlite3_prepare_v2(raw, sql, -1, &rows, NULL) != SQLITE_OK)
        fail("%s: %s", sql, sqlite3_errmsg(raw));
    while (sqlite3_step(rows) == SQLITE_ROW)
        count++;
    double taken = now() - start;
    sqlite3_finalize(rows);
    if (count < least)
        fail("%s: %zu rows, not %zu", sql, count, least);
    return taken;
}

static void measure_sql(const bench_options *options, const char *root, const char *name,
                        size_t size, const char *sql)
{
    char *ledger = join(root, "ledger.db");
    sqlite3 *raw = NULL;
    if (sqlite3_open_v2(ledger, &raw, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        fail("cannot open '%s'", ledger);
    row *asking = row_add(name, size, UNIT_SECONDS);
    asking->limit = 1e-3;
    (void)time_sql(raw, sql, 1);
    for (size_t turn = 0; turn < options->repeat; turn++)
        series_add(&asking->work, time_sql(raw, sql, 1));
    sqlite3_close(raw);
    free(ledger);
}

static double time_log(ckl_manager *manager, size_t limit)
{
    ckl_event_cursor *cursor = NULL;
    ckl_event event;
    ckl_error err = {0};
    ckl_event_filter filter = {.limit = limit};
    size_t count = 0;
    double start = now();
    good(ckl_events(&cursor, manager, &filter, &err), &err, "events");
    while (ckl_event_next(&event, cursor, &err) == CKL_OK)
        count++;
    double taken = now() - start;
    ckl_event_cursor_close(cursor);
    if (count < limit)
        fail("the log has %zu rows, not %zu", count, limit);
    return taken;
}

/* ---- whole processes ------------------------------------------------------------------------- */

#define WORDS_MAX 8

static void measure_page(const bench_options *options, const char *root, size_t size,
                         const char *const *words, double limit)
{
    const char *arguments[WORDS_MAX + 4] = {options->ckl, "-C", root};
    char name[96] = "first page: ckl";
    for (size_t index = 0; words[index] != NULL; index++) {
        arguments[3 + index] = words[index];
        snprintf(name + strlen(name), sizeof name - strlen(name), " %s", words[index]);
    }
    if (first_page(arguments) < 0) {
        say("'%s' failed: it is not measured", name);
        return;
    }
    row *paging = row_add(name, size, UNIT_SECONDS);
    paging->limit = limit;
    for (size_t turn = 0; turn < options->repeat; turn++)
        series_add(&paging->work, first_page(arguments));
}

static void measure_pages(const bench_options *options, const char *root, size_t experiments)
{
    static const char *const COMMANDS[][WORDS_MAX] = {
        {"status"},
        {"log", "--all"},
        {"log", "--component", "data"},
        {"log", "--graph"},
        {"sample", "sample_00000000"},
        {"audit"},
        {"find", "--tag", "round_1"},
        {"show"},
        {"diff", "@~1"},
        {"diff", "@~1000"},
        {"diff", "@~1000", "--stat"},
        {"state"},
        {"cat", "@", "data"},
        {"runs"},
        {"checkpoints"},
        {"name"},
        {"note"},
        {"receipt"},
        {"schema"},
        {"export", "sample_changes"},
        {"sql", "SELECT * FROM experiments LIMIT 20"},
    };
    static const char *const LOG[] = {"log", NULL};
    measure_page(options, root, experiments, LOG, 20e-3);
    for (size_t index = 0; index < sizeof COMMANDS / sizeof *COMMANDS; index++)
        measure_page(options, root, experiments, COMMANDS[index], 0);
}

/* ---- all of it ------------------------------------------------------------------------------- */

void measure_history(const bench_options *options, size_t samples, size_t experiments)
{
    char *root = join(options->folder, "history");
    say("a history of %zu states of %zu samples", experiments, samples);
    ckl_manager *manager = open_root(root);
    update_state(manager, samples);
    row *editing = row_add("ten of the last samples tagged, on the way", experiments, UNIT_SECONDS);
    row *early = row_add("the first sample tagged, short history", samples, UNIT_SECONDS);
    for (size_t turn = 0; turn < options->repeat; turn++)
        series_add(&early->work, time_edit_of_first(manager, turn));
    for (size_t index = 0; index + 1 < experiments; index++) {
        double start = now();
        edit_once(manager, samples, index);
        if (index % (1 + experiments / 50) == 0)
            series_add(&editing->work, now() - start);
    }
    measure_diffs(options, manager, experiments, samples);
    measure_sql(options, root, "one sample's history", experiments,
                "SELECT * FROM sample_history WHERE uid = 'sample_00000000'");
    measure_pages(options, root, experiments);
    row *late = row_add("the first sample tagged, long history", experiments, UNIT_SECONDS);
    for (size_t turn = 0; turn < options->repeat; turn++)
        series_add(&late->work, time_edit_of_first(manager, options->repeat + turn));
    ckl_manager_close(manager);
    remove_tree(root);
    free(root);
}

/* Many experiments, small ones. */
void measure_experiments(const bench_options *options, size_t experiments)
{
    char *root = join(options->folder, "experiments"), sql[256];
    ckl_update_result result = {0};
    ckl_error err = {0};
    say("%zu experiments", experiments);
    ckl_manager *manager = open_root(root);
    update_state(manager, 100);
    for (size_t index = 1; index < experiments; index++) {
        char config[64];
        ckl_update update = {0};
        ckl_config *value = NULL;
        int size = snprintf(config, sizeof config, "{\"lr\": 0.%zu, \"seed\": 1}", index + 10);
        good(ckl_config_parse(&value, config, (size_t)size, CKL_FORMAT_JSON, "config", NULL, &err),
             &err, "a configuration");
        update.config = value;
        good(ckl_manager_update_experiment_hash(&result, manager, &update, &err), &err, "config");
        ckl_config_free(value);
    }
    row *logging = row_add("50 rows of the log", experiments, UNIT_SECONDS);
    logging->limit = 1e-3;
    size_t limit = experiments < 50 ? experiments : 50;
    (void)time_log(manager, limit);
    for (size_t turn = 0; turn < options->repeat; turn++)
        series_add(&logging->work, time_log(manager, limit));
    snprintf(sql, sizeof sql, "SELECT * FROM experiments WHERE config = '%.8s'",
             result.experiment.text + 8);
    measure_sql(options, root, "experiments by component", experiments, sql);
    static const char *const LOG[] = {"log", NULL};
    measure_page(options, root, experiments, LOG, 20e-3);
    ckl_manager_close(manager);
    remove_tree(root);
    free(root);
}
