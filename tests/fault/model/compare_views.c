/* By the views. */
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>

#include "compare.h"

bool compare_differs(comparison *job, const char *format, ...)
{
    va_list arguments;
    if (!job->same)
        return false;
    job->same = false;
    va_start(arguments, format);
    vsnprintf(job->message, sizeof job->message, format, arguments);
    va_end(arguments);
    return false;
}

typedef struct reading {
    comparison *job;
    sqlite3 *ledger;
    sqlite3_stmt *row;
} reading;

static bool ask(reading *of, const char *sql)
{
    sqlite3_finalize(of->row);
    of->row = NULL;
    if (sqlite3_prepare_v2(of->ledger, sql, -1, &of->row, NULL) == SQLITE_OK)
        return true;
    return compare_differs(of->job, "%s: %s", sql, sqlite3_errmsg(of->ledger));
}

static bool next(reading *of)
{
    int result = sqlite3_step(of->row);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        compare_differs(of->job, "reading: %s", sqlite3_errmsg(of->ledger));
    return result == SQLITE_ROW && of->job->same;
}

static const char *text(const reading *of, int column)
{
    const char *found = (const char *)sqlite3_column_text(of->row, column);
    return found != NULL ? found : "";
}

/* ---- hashes ---------------------------------------------------------------------------------- */

/* The same component has the same segment everywhere, another one another. */
static bool fits_others(comparison *job, const experiment *made, const char *hash)
{
    for (int index = 0; index < job->now->experiment_count; index++) {
        const experiment *other = &job->now->experiments[index];
        if (other->hash[0] == '\0')
            continue;
        ckl_components differ = content_difference(&other->is, &made->is);
        for (unsigned part = 0; part < 3; part++) {
            bool same = strncmp(other->hash + 8 * part, hash + 8 * part, 8) == 0;
            if (same != ((differ & 1u << part) == 0))
                return compare_differs(job, "%s and %s: segment %u is %s", other->hash, hash,
                                       part + 1, same ? "the same" : "another");
        }
    }
    return true;
}

/* Whether a text is the hash of the state; learned when it has none. */
static bool is_hash(comparison *job, int index, const char *found, const char *where)
{
    if (index == NOTHING)
        return found[0] == '\0' || compare_differs(job, "%s: %s, not none", where, found);
    experiment *made = &job->now->experiments[index];
    if (made->hash[0] == '\0' && strlen(found) == CKL_HASH_LENGTH) {
        if (!fits_others(job, made, found))
            return false;
        memcpy(made->hash, found, sizeof made->hash);
    }
    return (found[0] != '\0' && strcmp(made->hash, found) == 0) ||
           compare_differs(job, "%s: '%s', not '%s' (state %d)", where, found, made->hash, index);
}

/* ---- what happened --------------------------------------------------------------------------- */

static void compare_events(reading *of)
{
    expected *now = of->job->now;
    int count = 0;
    char where[80];
    if (!ask(of, "SELECT seq, run, kind, experiment, from_experiment, ifnull(step, -1), actor"
                 " FROM events ORDER BY seq"))
        return;
    while (next(of)) {
        const happening *event = &now->events[count];
        snprintf(where, sizeof where, "event %d (%s of run %s)", count + 1, text(of, 2),
                 text(of, 1));
        if (count++ >= now->event_count)
            compare_differs(of->job, "%s: there should be none", where);
        else if (sqlite3_column_int(of->row, 0) != count || strcmp(text(of, 2), event->kind) != 0 ||
                 strcmp(text(of, 1), RUNS[event->run]) != 0)
            compare_differs(of->job, "%s: not %s of run %s", where, event->kind, RUNS[event->run]);
        else if (is_hash(of->job, event->experiment, text(of, 3), where) &&
                 is_hash(of->job, event->from, text(of, 4), where) &&
                 sqlite3_column_int64(of->row, 5) != event->step)
            compare_differs(of->job, "%s: at step %s", where, text(of, 5));
    }
    if (count < now->event_count)
        compare_differs(of->job, "%d events, not %d: no %s of run %s", count, now->event_count,
                        now->events[count].kind, RUNS[now->events[count].run]);
}

static int index_of(const char *name, const char *const *names, int count)
{
    for (int index = 0; index < count; index++)
        if (strcmp(names[index], name) == 0)
            return index;
    return NOTHING;
}

/* Of several that are as near any may be the baseline: the one that is stays. */
static void settle_baseline(comparison *job, line *of, const char *found)
{
    for (int at = 0; at < of->nearest_count; at++)
        if (strcmp(job->now->experiments[of->nearest[at]].hash, found) == 0)
            of->baseline = of->nearest[at];
    of->nearest_count = 0;
}

static void compare_runs(reading *of)
{
    expected *now = of->job->now;
    int count = 0, there = 0;
    for (int run = 0; run < RUN_COUNT; run++)
        there += now->runs[run].is_there;
    if (!ask(of, "SELECT run, experiment, baseline,"
                 " (SELECT sum(CASE component WHEN 'model' THEN 1 WHEN 'config' THEN 2 ELSE 4 END)"
                 "  FROM pending WHERE pending.run = runs.run) FROM runs"))
        return;
    while (next(of)) {
        int run = index_of(text(of, 0), RUNS, RUN_COUNT);
        line *stands = run == NOTHING ? NULL : &now->runs[run];
        count++;
        if (stands == NULL || !stands->is_there) {
            compare_differs(of->job, "run %s: there should be none", text(of, 0));
            return;
        }
        settle_baseline(of->job, stands, text(of, 2));
        static const content NONE = {.model = NOTHING, .config = NOTHING};
        const content *head = stands->head == NOTHING ? &NONE : &now->experiments[stands->head].is;
        const content *base =
            stands->baseline == NOTHING ? &NONE : &now->experiments[stands->baseline].is;
        ckl_components pending = content_difference(head, base);
        if (is_hash(of->job, stands->head, text(of, 1), "head") &&
            is_hash(of->job, stands->baseline, text(of, 2), "baseline") &&
            sqlite3_column_int(of->row, 3) != (int)pending)
            compare_differs(of->job, "run %s: pending %s, not %u", RUNS[run], text(of, 3), pending);
    }
    if (count != there)
        compare_differs(of->job, "%d runs, not %d", count, there);
}

static void compare_experiments(reading *of)
{
    expected *now = of->job->now;
    int count = 0;
    if (!ask(of, "SELECT experiment, dumped, name, run, checkpoints FROM experiments"))
        return;
    while (next(of)) {
        const experiment *found = NULL;
        int saved_count = 0, index;
        for (index = 0; index < now->experiment_count && found == NULL; index++)
            if (strcmp(now->experiments[index].hash, text(of, 0)) == 0)
                found = &now->experiments[index];
        index--;
        for (int at = 0; at < now->saved_count; at++)
            saved_count +=
                now->saved[at].experiment == index && now->saved[at].state == SAVED_PRESENT;
        count++;
        if (found == NULL)
            compare_differs(of->job, "state %s: there should be none", text(of, 0));
        else if ((sqlite3_column_int(of->row, 1) != 0) != found->dumped)
            compare_differs(of->job, "state %s: dumped %s", text(of, 0), text(of, 1));
        else if (strcmp(text(of, 2), found->name == NOTHING ? "" : NAMES[found->name]) != 0)
            compare_differs(of->job, "state %s: called '%s'", text(of, 0), text(of, 2));
        else if (strcmp(text(of, 3), RUNS[found->run]) != 0)
            compare_differs(of->job, "state %s: first of run %s, not %s", text(of, 0), text(of, 3),
                            RUNS[found->run]);
        else if (sqlite3_column_int(of->row, 4) != saved_count)
            compare_differs(of->job, "state %s: %s checkpoints, not %d", text(of, 0), text(of, 4),
                            saved_count);
    }
    if (count != now->experiment_count)
        compare_differs(of->job, "%d states, not %d", count, now->experiment_count);
}

/* ---- samples --------------------------------------------------------------------------------- */

/* Tags as the view writes them: by code point, joined by commas, with \ before special characters.
 */
static void write_tags(char out[64], unsigned sample)
{
    size_t size = 0;
    for (int tag = 0; tag < TAG_COUNT; tag++) {
        if ((sample & SAMPLE_TAG(tag)) == 0)
            continue;
        if (size > 0)
            out[size++] = ',';
        for (const char *at = TAGS[tag]; *at != '\0'; at++) {
            if (strchr("\\|,:", *at) != NULL)
                out[size++] = '\\';
            out[size++] = *at;
        }
    }
    out[size] = '\0';
}

static void compare_samples(reading *of)
{
    expected *now = of->job->now;
    int counts[RUN_COUNT] = {0};
    if (!ask(of, "SELECT run, uid, discarded, tags FROM samples"))
        return;
    while (next(of)) {
        char tags[64];
        int run = index_of(text(of, 0), RUNS, RUN_COUNT),
            uid = index_of(text(of, 1), UIDS, UID_COUNT);
        int head = run == NOTHING ? NOTHING : now->runs[run].head;
        unsigned sample = head == NOTHING || uid == NOTHING || !now->experiments[head].is.has_data
                              ? 0
                              : now->experiments[head].is.data.samples[uid];
        write_tags(tags, sample);
        if (sample == 0)
            compare_differs(of->job, "run %s: sample %s should not be there", text(of, 0),
                            text(of, 1));
        else if ((sqlite3_column_int(of->row, 2) != 0) != ((sample & SAMPLE_DISCARDED) != 0))
            compare_differs(of->job, "run %s: sample %s: discarded %s", text(of, 0), text(of, 1),
                            text(of, 2));
        else if (strcmp(tags, text(of, 3)) != 0)
            compare_differs(of->job, "run %s: sample %s: tags '%s', not '%s'", text(of, 0),
                            text(of, 1), text(of, 3), tags);
        else
            counts[run]++;
    }
    for (int run = 0; run < RUN_COUNT; run++) {
        int head = now->runs[run].head, count = 0;
        for (int uid = 0; head != NOTHING && uid < UID_COUNT; uid++)
            count += now->experiments[head].is.data.samples[uid] != 0;
        if (counts[run] != count)
            compare_differs(of->job, "run %s: %d samples, not %d", RUNS[run], counts[run], count);
    }
}

/* ---- weights and values ---------------------------------------------------------------------- */

static void compare_saved(reading *of)
{
    static const char *const STATES[] = {"present", "replaced", "removed"};
    static const char *const ORIGINS[] = {"unknown", "start", "checkpoint"};
    expected *now = of->job->now;
    int count = 0;
    if (!ask(of, "SELECT run, experiment, step, path, state, ifnull(from_checkpoint, ''),"
                 " ifnull(first_step, -1), origin, length(pending), bytes, pending"
                 " FROM checkpoints ORDER BY seq"))
        return;
    while (next(of)) {
        char path[192], from[192] = "", bytes[WEIGHTS_MAX];
        const saved *row = &now->saved[count];
        if (count++ >= now->saved_count) {
            compare_differs(of->job, "%s: there should be none", text(of, 3));
            return;
        }
        expected_path(path, now, row);
        if (row->from_saved != NOTHING)
            expected_path(from, now, &now->saved[row->from_saved]);
        ckl_components pending = (strstr(text(of, 10), "model") != NULL ? CKL_MODEL : 0) |
                                 (strstr(text(of, 10), "config") != NULL ? CKL_CONFIG : 0) |
                                 (strstr(text(of, 10), "data") != NULL ? CKL_DATA : 0);
        if (strcmp(text(of, 0), RUNS[row->run]) != 0 || strcmp(text(of, 3), path) != 0 ||
            sqlite3_column_int64(of->row, 2) != row->step)
            compare_differs(of->job, "checkpoint %d: %s of run %s, not %s of run %s", count,
                            text(of, 3), text(of, 0), path, RUNS[row->run]);
        else if (strcmp(text(of, 4), STATES[row->state]) != 0)
            compare_differs(of->job, "%s: %s, not %s", path, text(of, 4), STATES[row->state]);
        else if (strcmp(text(of, 5), from) != 0 || strcmp(text(of, 7), ORIGINS[row->from]) != 0 ||
                 sqlite3_column_int64(of->row, 6) != row->first_step)
            compare_differs(of->job, "%s: from %s '%s', first step %s; not %s '%s', %lld", path,
                            text(of, 7), text(of, 5), text(of, 6), ORIGINS[row->from], from,
                            (long long)row->first_step);
        else if (pending != row->pending)
            compare_differs(of->job, "%s: pending %s, not %u", path, text(of, 10), row->pending);
        else if ((size_t)sqlite3_column_int64(of->row, 9) != weights_of(bytes, row->weights))
            compare_differs(of->job, "%s: %s bytes", path, text(of, 9));
    }
    if (count != now->saved_count)
        compare_differs(of->job, "%d checkpoints, not %d", count, now->saved_count);
}

static value *find_value(expected *now, const reading *of)
{
    for (int at = 0; at < now->value_count; at++) {
        value *found = &now->values[at];
        if (strcmp(text(of, 0), RUNS[found->run]) == 0 &&
            strcmp(text(of, 1), now->experiments[found->experiment].hash) == 0 &&
            strcmp(text(of, 2), METRICS[found->metric]) == 0 &&
            sqlite3_column_int64(of->row, 3) == found->step)
            return found;
    }
    return NULL;
}

static void compare_values(reading *of)
{
    expected *now = of->job->now;
    bool seen[VALUES_MAX] = {false};
    int count = 0;
    if (!ask(of, "SELECT run, experiment, metric, step, value FROM metrics"))
        return;
    while (next(of)) {
        value *found = find_value(now, of);
        if (found == NULL || sqlite3_column_double(of->row, 4) != found->number) {
            compare_differs(of->job, "run %s, %s: %s at step %s is %s", text(of, 0), text(of, 1),
                            text(of, 2), text(of, 3), text(of, 4));
            return;
        }
        seen[found - now->values] = true;
    }
    for (int at = 0; at < now->value_count; at++) {
        value *of_it = &now->values[at];
        if (!seen[at] && of_it->state == VALUE_WRITTEN) {
            compare_differs(of->job, "run %s, %s: no %s at step %lld", RUNS[of_it->run],
                            now->experiments[of_it->experiment].hash, METRICS[of_it->metric],
                            (long long)of_it->step);
            return;
        }
        if (!seen[at] && of_it->state == VALUE_MAY_BE)
            continue;
        of_it->state = seen[at] ? VALUE_WRITTEN : of_it->state;
        now->values[count++] = *of_it;
    }
    now->value_count = count;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void compare_structure(reading *of)
{
    if (ask(of, "PRAGMA integrity_check") && next(of) && strcmp(text(of, 0), "ok") != 0)
        compare_differs(of->job, "integrity_check: %s", text(of, 0));
    if (ask(of, "PRAGMA foreign_key_check") && next(of))
        compare_differs(of->job, "foreign_key_check: a row of %s", text(of, 0));
    if (ask(of, "SELECT op, detail FROM _intent") && next(of))
        compare_differs(of->job, "an intent is left: %s", text(of, 1));
}

bool compare_views(comparison *job, bool whole)
{
    char path[300];
    reading of = {.job = job};
    snprintf(path, sizeof path, "%s/ledger.db", job->root);
    if (sqlite3_open_v2(path, &of.ledger, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        compare_differs(job, "%s: %s", path, sqlite3_errmsg(of.ledger));
    sqlite3_busy_timeout(of.ledger, 10000);
    if (job->same && ask(&of, "BEGIN"))
        next(&of);
    void (*const parts[])(reading * of) = {compare_events, compare_runs,    compare_experiments,
                                           compare_saved,  compare_samples, compare_values};
    for (size_t index = 0; job->same && index < sizeof parts / sizeof *parts; index++)
        parts[index](&of);
    if (job->same && whole)
        compare_structure(&of);
    sqlite3_finalize(of.row);
    sqlite3_close(of.ledger);
    return job->same;
}
