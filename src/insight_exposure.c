/* Which weights were trained while a sample was active. For each checkpoint: the states that the
 * run had on the way from what it came from, and what those weights had been exposed to before. */
#include <stdlib.h>
#include <string.h>

#include "insight_internal.h"

typedef enum verdict { NOT_EXPOSED, UNKNOWN, EXPOSED } verdict;

typedef struct exposure_line {
    ckl_exposure_row row;
    int64_t id, run, experiment, from_checkpoint;
    ledger_origin origin;
    verdict found;
} exposure_line;

struct ckl_exposure {
    ckl_manager *manager;
    exposure_line *lines; /* by id */
    size_t count, capacity, next;
    insight_texts texts;
    signed char *active; /* of data states by component: 1, 0; -1: not asked yet */
    size_t active_count;
    int64_t sample, tag;
};

/* ---- when it is active ----------------------------------------------------------------------- */

/* The sample's last change on the way from the state up to its root. */
static ckl_status sample_is_active(bool *out, ckl_exposure *asked, int64_t component,
                                   ckl_error *err)
{
    data_state_info state;
    *out = false;
    ckl_status status = ledger_data_info(&state, asked->manager->ledger, component, err);
    while (status == CKL_OK) {
        STATEMENT_AUTO row = {0};
        status = db_query(&row, asked->manager->ledger,
                          "SELECT new_discarded FROM _edge_change"
                          " WHERE edge = :edge AND sample = :sample",
                          err);
        if (status != CKL_OK)
            return status;
        bind_integer(&row, ":edge", state.edge);
        bind_integer(&row, ":sample", asked->sample);
        status = statement_step(&row, err);
        if (status == CKL_OK) {
            *out = !column_is_null(&row, 0) && column_integer(&row, 0) == 0;
            return CKL_OK;
        }
        if (status != CKL_DONE || state.base == 0)
            return status == CKL_DONE ? CKL_OK : status;
        status = ledger_data_base(&state, asked->manager->ledger, err);
    }
    return status;
}

/* Whether any sample with the tag is there and not discarded: a whole state is read for it. */
static ckl_status tag_is_active(bool *out, ckl_exposure *asked, int64_t component, ckl_error *err)
{
    CHANGES_AUTO rows = {0};
    STATEMENT_AUTO row = {0};
    *out = false;
    ckl_status status = ledger_data_diff(&rows, asked->manager->ledger, 0, component, err);
    if (status == CKL_OK)
        status = db_query(&row, asked->manager->ledger,
                          "SELECT 1 FROM _tagset_tag WHERE tagset = :tagset AND tag = :tag", err);
    for (size_t index = 0; status == CKL_OK && index < rows.count && !*out; index++) {
        if (rows.rows[index].new_discarded != 0 || rows.rows[index].new_tagset == 1)
            continue;
        statement_reset(&row);
        bind_integer(&row, ":tagset", rows.rows[index].new_tagset);
        bind_integer(&row, ":tag", asked->tag);
        status = statement_step(&row, err);
        *out = status == CKL_OK;
        status = status == CKL_DONE ? CKL_OK : status;
    }
    return status;
}

static ckl_status is_active(bool *out, ckl_exposure *asked, int64_t component, ckl_error *err)
{
    size_t place = (size_t)component;
    *out = false;
    if (component == 0)
        return CKL_OK;
    if (place >= asked->active_count) {
        size_t count = place * 2 + 16;
        signed char *grown = realloc(asked->active, count);
        if (grown == NULL)
            return error_memory(err);
        memset(grown + asked->active_count, -1, count - asked->active_count);
        asked->active = grown;
        asked->active_count = count;
    }
    if (asked->active[place] < 0) {
        ckl_status status = asked->sample != 0 ? sample_is_active(out, asked, component, err)
                                               : tag_is_active(out, asked, component, err);
        if (status != CKL_OK)
            return status;
        asked->active[place] = *out;
    }
    *out = asked->active[place] == 1;
    return CKL_OK;
}

/* ---- the way to a checkpoint ----------------------------------------------------------------- */

/* The states that the run's head was since the last event that says where weights come from, with
 * whether each was trained: a value or weights were recorded for it meanwhile. */
#define WAY                                                                                        \
    "WITH start (seq) AS ("                                                                        \
    "  SELECT ifnull(max(seq), 0) FROM _event WHERE run = :run AND seq < :seq"                     \
    "    AND kind IN ('checkpoint', 'switch', 'run', 'resume')),"                                  \
    " head (seq, experiment) AS ("                                                                 \
    "  SELECT seq, experiment FROM _event WHERE run = :run AND seq >= (SELECT seq FROM start)"     \
    "    AND seq <= :seq AND experiment IS NOT NULL)"                                              \
    " SELECT DISTINCT state.data, state.hash,"                                                     \
    "   state.id = :experiment OR EXISTS (SELECT 1 FROM _metric AS value"                          \
    "     WHERE value.experiment = state.id AND value.run = :run AND value.step <= :step"          \
    "       AND value.step >= :first)"                                                             \
    " FROM head JOIN _experiment AS state ON state.id = head.experiment"

static ckl_status judge_way(exposure_line *line, ckl_exposure *asked, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    char text[96];
    ckl_status status = db_query(&row, asked->manager->ledger, WAY, err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":run", line->run);
    bind_integer(&row, ":seq", line->row.seq);
    bind_integer(&row, ":experiment", line->experiment);
    bind_integer(&row, ":step", line->row.step);
    bind_integer(&row, ":first", line->row.first_step < 0 ? 0 : line->row.first_step);
    while ((status = statement_step(&row, err)) == CKL_OK) {
        bool active = false, trained = column_integer(&row, 2) != 0;
        status = is_active(&active, asked, column_integer(&row, 0), err);
        if (status != CKL_OK)
            return status;
        verdict found = !active ? NOT_EXPOSED : trained ? EXPOSED : UNKNOWN;
        if (found <= line->found)
            continue;
        line->found = found;
        snprintf(text, sizeof text,
                 found == EXPOSED ? "active in %s"
                                  : "active in %s, not known to be"
                                    " trained",
                 column_required(&row, 1));
        status = insight_keep(&line->row.because, &asked->texts, text, err);
        if (status != CKL_OK)
            return status;
    }
    return status == CKL_DONE ? CKL_OK : status;
}

static exposure_line *find_line(const ckl_exposure *asked, int64_t id)
{
    for (size_t low = 0, high = asked->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (asked->lines[middle].id == id)
            return &asked->lines[middle];
        if (asked->lines[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* What it came from was judged before: it was saved before. */
static ckl_status judge(exposure_line *line, ckl_exposure *asked, ckl_error *err)
{
    static const char *const NAMES[] = {"not exposed", "unknown", "exposed"};
    ckl_status status = judge_way(line, asked, err);
    const exposure_line *before = find_line(asked, line->from_checkpoint);
    if (status == CKL_OK && before != NULL && before < line && before->found > line->found) {
        char text[256];
        line->found = before->found;
        snprintf(text, sizeof text, "%s by step %lld of %s, which it came from",
                 NAMES[before->found], (long long)before->row.step, before->row.run);
        status = insight_keep(&line->row.because, &asked->texts, text, err);
    }
    bool known = line->origin == ORIGIN_START || before != NULL;
    if (line->found == NOT_EXPOSED && !known) {
        line->found = UNKNOWN;
        line->row.because = "where its weights come from is unknown";
    }
    if (line->found == NOT_EXPOSED)
        line->row.because = "active in no state on the way to it";
    line->row.verdict = NAMES[line->found];
    return status;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static ckl_status read_line(ckl_exposure *asked, const statement *row, ckl_error *err)
{
    char hex[65];
    digest sha256;
    ckl_status status = insight_grow((void **)&asked->lines, asked->count, &asked->capacity,
                                     sizeof *asked->lines, err);
    if (status == CKL_OK)
        status = column_digest(&sha256, row, 8, err);
    if (status != CKL_OK)
        return status;
    exposure_line *line = &asked->lines[asked->count++];
    *line = (exposure_line){
        .id = column_integer(row, 0),
        .run = column_integer(row, 1),
        .experiment = column_integer(row, 2),
        .from_checkpoint = column_integer(row, 9),
        .origin = ledger_origin_of(column_required(row, 10)),
        .row = {.seq = column_integer(row, 3),
                .step = column_integer(row, 4),
                .first_step = column_is_null(row, 11) ? -1 : column_integer(row, 11)}};
    digest_hex(hex, &sha256);
    status = insight_keep(&line->row.run, &asked->texts, column_required(row, 5), err);
    if (status == CKL_OK)
        status = insight_keep(&line->row.experiment, &asked->texts, column_required(row, 6), err);
    if (status == CKL_OK)
        status = insight_keep(&line->row.path, &asked->texts, column_required(row, 7), err);
    return status == CKL_OK ? insight_keep(&line->row.sha256, &asked->texts, hex, err) : status;
}

static ckl_status read_lines(ckl_exposure *asked, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, asked->manager->ledger,
                 "SELECT saved.id, saved.run, saved.experiment, saved.event, saved.step, run.name,"
                 " state.hash, saved.path, saved.sha256, ifnull(saved.from_checkpoint, 0),"
                 " saved.origin, saved.first_step FROM _checkpoint AS saved"
                 " JOIN _run AS run ON run.id = saved.run"
                 " JOIN _experiment AS state ON state.id = saved.experiment ORDER BY saved.id",
                 err);
    while (status == CKL_OK && (status = STATEMENT_STEP_WITH(&row, err, 5, 6, 7)) == CKL_OK)
        status = read_line(asked, &row, err);
    return status == CKL_DONE ? CKL_OK : status;
}

static ckl_status find_subject(ckl_exposure *asked, const char *uid, const char *tag,
                               ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = uid != NULL ? db_query(&row, asked->manager->ledger,
                                               "SELECT id FROM _sample WHERE uid = :name", err)
                                    : db_query(&row, asked->manager->ledger,
                                               "SELECT id FROM _tag WHERE tag = :name", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":name", uid != NULL ? uid : tag);
    status = ledger_first_integer(uid != NULL ? &asked->sample : &asked->tag, &row, err);
    return status == CKL_NOT_FOUND
               ? error_set(err, CKL_NOT_FOUND, "no %s '%s' was ever recorded",
                           uid != NULL ? "sample" : "tag", uid != NULL ? uid : tag)
               : status;
}

static ckl_status answer(ckl_exposure *asked, const char *uid, const char *tag, ckl_error *err)
{
    ckl_status status = db_begin(asked->manager->ledger, DB_READ, err);
    if (status != CKL_OK)
        return status;
    status = find_subject(asked, uid, tag, err);
    if (status == CKL_OK)
        status = read_lines(asked, err);
    for (size_t index = 0; status == CKL_OK && index < asked->count; index++)
        status = judge(&asked->lines[index], asked, err);
    db_rollback(asked->manager->ledger);
    return status;
}

ckl_status ckl_exposure_open(ckl_exposure **out, ckl_manager *manager, const char *uid,
                             const char *tag, ckl_error *err)
{
    if ((uid == NULL) == (tag == NULL))
        return error_set(err, CKL_INVALID, "exposure is of a sample or of a tag");
    ckl_exposure *asked = calloc(1, sizeof *asked);
    if (asked == NULL)
        return error_memory(err);
    asked->manager = manager;
    ckl_status status = answer(asked, uid, tag, err);
    if (status != CKL_OK) {
        ckl_exposure_close(asked);
        return status;
    }
    *out = asked;
    return CKL_OK;
}

ckl_status ckl_exposure_next(const ckl_exposure_row **out, ckl_exposure *exposure, ckl_error *err)
{
    (void)err;
    if (exposure->next == exposure->count)
        return CKL_DONE;
    *out = &exposure->lines[exposure->next++].row;
    return CKL_OK;
}

void ckl_exposure_close(ckl_exposure *exposure)
{
    if (exposure == NULL)
        return;
    insight_texts_free(&exposure->texts);
    free(exposure->lines);
    free(exposure->active);
    free(exposure);
}
