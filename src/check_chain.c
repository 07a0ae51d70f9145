/* The chain of events: each is compared with what its fields and the recorded chain before it give,
 * so that an edit shows at its own event, not at all behind it. */
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"

/* How many events of something there are that fit nowhere: when it is all, the thing itself was
 * changed, not its events. */
typedef struct tally {
    int64_t id;
    uint64_t events, broken;
} tally;

typedef struct chain_look {
    ckl_check *job;
    tally whole;
    tally *runs;
    size_t run_count, run_capacity;
    digest previous;
    int64_t next_seq;
} chain_look;

static ckl_status tally_of(tally **out, chain_look *look, int64_t run, ckl_error *err)
{
    for (size_t index = 0; index < look->run_count; index++) {
        *out = &look->runs[index];
        if ((*out)->id == run)
            return CKL_OK;
    }
    if (look->run_count == look->run_capacity) {
        size_t capacity = look->run_capacity == 0 ? 16 : look->run_capacity * 2;
        tally *grown = realloc(look->runs, capacity * sizeof *grown);
        if (grown == NULL)
            return error_memory(err);
        look->runs = grown;
        look->run_capacity = capacity;
    }
    *out = &look->runs[look->run_count++];
    **out = (tally){run, 0, 0};
    return CKL_OK;
}

#define EVENT_COLUMNS                                                                              \
    "SELECT seq, op, at_us, run, session, kind, experiment, from_experiment, config, from_config," \
    " edge, reversed, begins, step, actor, reason, detail, chain, chain_version,"                  \
    " step IS NOT NULL AND (typeof(step) <> 'integer' OR step < 0) FROM _event"

static void read_event(ledger_event *out, const statement *row)
{
    *out = (ledger_event){.op = column_required(row, 1),
                          .at_us = column_integer(row, 2),
                          .run = column_integer(row, 3),
                          .session = column_integer(row, 4),
                          .kind = column_required(row, 5),
                          .experiment = column_integer(row, 6),
                          .from_experiment = column_integer(row, 7),
                          .config = column_integer(row, 8),
                          .from_config = column_integer(row, 9),
                          .edge = column_integer(row, 10),
                          .reversed = column_integer(row, 11) != 0,
                          .begins = column_integer(row, 12),
                          .step = column_is_null(row, 13) ? -1 : column_integer(row, 13),
                          .actor = column_required(row, 14),
                          .reason = column_text(row, 15),
                          .detail = column_text(row, 16)};
}

/* ---- version 1 ------------------------------------------------------------------------------- */

#define FILES_MOST 3

/* The digests of the files that an event of version 1 put into the tree, as far as they are still
 * known: what was dumped again since stands under its later event. */
static ckl_status files_of(digest out[FILES_MOST], size_t *count, ckl_check *job, int64_t seq,
                           ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    *count = 0;
    ckl_status status =
        db_query(&row, job->ledger,
                 "SELECT sha256 FROM (SELECT sha256, CASE WHEN path LIKE '%.pkl' THEN 1"
                 "   WHEN path LIKE '%config.yaml' THEN 2 ELSE 3 END AS place"
                 "  FROM _file WHERE event = :seq"
                 "  UNION ALL SELECT sha256, 0 FROM _checkpoint WHERE event = :seq) ORDER BY place",
                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":seq", seq);
    while (status == CKL_OK && *count < FILES_MOST &&
           (status = statement_step(&row, err)) == CKL_OK)
        status = column_digest(&out[(*count)++], &row, 0, err);
    return status == CKL_DONE ? CKL_OK : status;
}

/* Whether what an event of version 1 put into the tree may stand under another event by now. */
static ckl_status is_overtaken(bool *out, ckl_check *job, const ledger_event *event, int64_t seq,
                               ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    int64_t any = 0;
    *out = false;
    if (strcmp(event->kind, "dump") != 0)
        return CKL_OK;
    ckl_status status = db_query(&row, job->ledger,
                                 "SELECT 1 FROM _event WHERE experiment = :experiment"
                                 " AND seq > :seq AND kind IN ('dump', 'missing') LIMIT 1",
                                 err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":experiment", event->experiment);
    bind_integer(&row, ":seq", seq);
    status = ledger_first_integer(&any, &row, err);
    *out = any != 0;
    return status == CKL_NOT_FOUND ? CKL_OK : status;
}

/* ---- one event ------------------------------------------------------------------------------- */

/* *fits: the recorded chain is the one that the event must have; or nobody can know. */
static ckl_status compare_chain(bool *fits, chain_look *look, const ledger_event *event,
                                const statement *row, ckl_error *err)
{
    digest recorded, made, files[FILES_MOST];
    size_t count = 0;
    ckl_error found = {0};
    int64_t seq = column_integer(row, 0), version = column_integer(row, 18);
    ckl_status status = column_digest(&recorded, row, 17, &found);
    *fits = false;
    if (status == CKL_OK && version == 1)
        status = files_of(files, &count, look->job, seq, &found);
    if (status == CKL_OK && (version == 1 || version == 2))
        status = ledger_event_chain(&made, look->job->ledger, event, seq, &look->previous,
                                    (int)version, files, count, &found);
    if (status == CKL_OK && (version == 1 || version == 2))
        *fits = digest_equal(&made, &recorded);
    if (status == CKL_OK && version == 1 && !*fits)
        status = is_overtaken(fits, look->job, event, seq, &found);
    if (status == CKL_OK)
        look->previous = recorded;
    if (status == CKL_OK || status == CKL_DAMAGED) /* it names what is not there: it does not fit */
        return CKL_OK;
    return error_pass(err, &found);
}

static bool is_operation(const char *op)
{
    return strlen(op) == 32 && strspn(op, "0123456789abcdef") == 32;
}

static ckl_status look_at_event(chain_look *look, const statement *row, ckl_error *err)
{
    ledger_event event;
    bool fits = false;
    tally *run = NULL;
    int64_t seq = column_integer(row, 0);
    read_event(&event, row);
    ckl_status status = tally_of(&run, look, event.run, err);
    if (status == CKL_OK)
        status = compare_chain(&fits, look, &event, row, err);
    if (status != CKL_OK)
        return status;
    look->whole.events++;
    run->events++;
    if (!fits) {
        look->whole.broken++;
        run->broken++;
        status = check_add_row(look->job, "chain", "_event", seq, err,
                               "is not as it was written: one of its columns, or something that it"
                               " names, was changed");
    }
    if (status == CKL_OK && seq != look->next_seq)
        status = check_add_row(look->job, "chain", "_event", look->next_seq, err,
                               "is gone: the next one is %lld", (long long)seq);
    look->next_seq = seq < INT64_MAX ? seq + 1 : seq;
    /* What reads as another event's, or as none, is in the chain as that. */
    bool odd_step = column_integer(row, 19) != 0;
    if (status == CKL_OK && (event.at_us % 1000 != 0 || !is_operation(event.op) || odd_step))
        status = check_add_row(look->job, "chain", "_event", seq, err,
                               "has a time, a name or a step that no event has");
    return status;
}

/* ---- who is to blame ------------------------------------------------------------------------- */

static ckl_status blame_names(chain_look *look, ckl_error *err)
{
    ckl_check *job = look->job;
    ckl_status status = CKL_OK;
    bool all = look->whole.broken == look->whole.events && look->whole.events > 0;
    if (all)
        status = check_add(job, FIX_NONE, "chain", "_meta ledger", err,
                           "no event fits: either each of them was changed, or the name of the"
                           " ledger");
    for (size_t index = 0; status == CKL_OK && index < look->run_count; index++) {
        const tally *run = &look->runs[index];
        if (run->broken == run->events && (!all || look->run_count == 1))
            status = check_add_row(job, "chain", "_run", run->id, err,
                                   "no event of it fits: either each of them was changed, or its"
                                   " name");
    }
    return status;
}

ckl_status check_chain(ckl_check *job, ckl_error *err)
{
    chain_look look = {.job = job, .next_seq = 1};
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, job->ledger, EVENT_COLUMNS " ORDER BY seq", err);
    while (status == CKL_OK && (status = statement_step(&row, err)) == CKL_OK) {
        status = look_at_event(&look, &row, err);
        check_progress(job, "the chain of events", look.whole.events, 0);
    }
    if (status == CKL_DONE)
        status = blame_names(&look, err);
    job->counts.events = look.whole.events;
    job->last_seq = look.next_seq - 1;
    free(look.runs);
    return status;
}
