#include <string.h>

#include "clock.h"
#include "ledger.h"

/* The chain of an event is the SHA-256 of these, each with its length before it (integers as 8
 * bytes, big-endian; what is null as a field of no bytes):
 *
 *   the chain of the event before (32 zero bytes before the first), the version of this list (2),
 *   the ledger's name (_meta), seq, op, at_us, the run's name, the session's digest, kind,
 *   hash and the three component digests of the experiment, the same of from_experiment,
 *   content digest of the configuration, the same of from_config, edge digest, reversed, digest of
 *   the data state it begins with, step, actor, reason, detail.
 *
 * Files that it put into the tree stand in detail, with size and SHA-256.
 *
 * Version 1, in ledgers from before, had neither the ledger's name, the session nor from_config,
 * and after detail the SHA-256 of each file that it put into the tree, in the order of
 * architecture.pkl, config.yaml, data_state.yaml.
 */
#define CHAIN_VERSION 2

static void add_text(hasher *running, const char *text)
{
    hasher_add_field(running, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

static void add_digest(hasher *running, const digest *value)
{
    hasher_add_field(running, value->bytes, sizeof value->bytes);
}

/* The digest that a query of one row names, or an empty field when there is no row to ask for. */
static ckl_status add_digest_of(hasher *running, statement *row, int64_t id, ckl_error *err)
{
    if (id == 0) {
        hasher_add_field(running, "", 0);
        return CKL_OK;
    }
    digest value;
    bind_integer(row, ":id", id);
    ckl_status status = statement_step(row, err);
    if (status == CKL_DONE)
        return error_set(err, CKL_DAMAGED, "the ledger names row %lld but does not have it",
                         (long long)id);
    if (status == CKL_OK)
        status = column_digest(&value, row, 0, err);
    if (status == CKL_OK)
        add_digest(running, &value);
    return status;
}

static ckl_status add_component(hasher *running, db *ledger, int64_t component, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT digest FROM _component WHERE id = :id", err);
    return status == CKL_OK ? add_digest_of(running, &row, component, err) : status;
}

static ckl_status add_experiment(hasher *running, db *ledger, int64_t id, ckl_error *err)
{
    ledger_experiment experiment;
    ckl_status status = ledger_experiment_get(&experiment, ledger, id, err);
    if (status != CKL_OK)
        return status;
    add_text(running, experiment.hash.text);
    status = add_component(running, ledger, experiment.model, err);
    if (status == CKL_OK)
        status = add_component(running, ledger, experiment.config, err);
    if (status == CKL_OK)
        status = add_component(running, ledger, experiment.data, err);
    return status;
}

static ckl_status add_config(hasher *running, db *ledger, int64_t config, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT digest FROM _config WHERE id = :id", err);
    return status == CKL_OK ? add_digest_of(running, &row, config, err) : status;
}

static ckl_status add_edge(hasher *running, db *ledger, int64_t edge, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT digest FROM _data_edge WHERE id = :id", err);
    return status == CKL_OK ? add_digest_of(running, &row, edge, err) : status;
}

static ckl_status add_run_name(hasher *running, db *ledger, int64_t run, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT name FROM _run WHERE id = :id", err);
    if (status != CKL_OK)
        return status;
    bind_integer(&row, ":id", run);
    status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_OK)
        add_text(running, column_required(&row, 0));
    return status == CKL_DONE
               ? error_set(err, CKL_DAMAGED, "an event of a run that is not recorded")
               : status;
}

static ckl_status add_ledger_name(hasher *running, db *ledger, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT value FROM _meta WHERE key = 'ledger'", err);
    if (status == CKL_OK)
        status = STATEMENT_STEP_WITH(&row, err, 0);
    if (status == CKL_OK)
        add_text(running, column_required(&row, 0));
    return status == CKL_DONE ? error_set(err, CKL_DAMAGED, "the ledger has lost its name")
                              : status;
}

static ckl_status add_session(hasher *running, db *ledger, int64_t id, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT digest FROM _session WHERE id = :id", err);
    return status == CKL_OK ? add_digest_of(running, &row, id, err) : status;
}

static ckl_status add_last_chain(hasher *running, int64_t *seq, db *ledger, ckl_error *err)
{
    static const digest ZERO = {{0}};
    digest last = ZERO;
    STATEMENT_AUTO row = {0};
    ckl_status status =
        db_query(&row, ledger, "SELECT chain, seq FROM _event ORDER BY seq DESC LIMIT 1", err);
    if (status != CKL_OK)
        return status;
    status = statement_step(&row, err);
    *seq = 1;
    if (status == CKL_OK && column_integer(&row, 1) == INT64_MAX) {
        status = error_set(err, CKL_DAMAGED, "the last event has the largest number there is");
        error_hint(err, "ckl fsck says what is damaged");
    } else if (status == CKL_OK) {
        *seq = column_integer(&row, 1) + 1;
        status = column_digest(&last, &row, 0, err);
    } else if (status == CKL_DONE) {
        status = CKL_OK;
    }
    add_digest(running, &last);
    return status;
}

static ckl_status add_fields(hasher *running, db *ledger, const ledger_event *event, int64_t seq,
                             int version, ckl_error *err)
{
    hasher_add_integer(running, version);
    ckl_status status = version == 1 ? CKL_OK : add_ledger_name(running, ledger, err);
    hasher_add_integer(running, seq);
    add_text(running, event->op);
    hasher_add_integer(running, event->at_us);
    if (status == CKL_OK)
        status = add_run_name(running, ledger, event->run, err);
    if (status == CKL_OK && version > 1)
        status = add_session(running, ledger, event->session, err);
    add_text(running, event->kind);
    if (status == CKL_OK)
        status = add_experiment(running, ledger, event->experiment, err);
    if (status == CKL_OK)
        status = add_experiment(running, ledger, event->from_experiment, err);
    if (status == CKL_OK)
        status = add_config(running, ledger, event->config, err);
    if (status == CKL_OK && version > 1)
        status = add_config(running, ledger, event->from_config, err);
    if (status == CKL_OK)
        status = add_edge(running, ledger, event->edge, err);
    hasher_add_integer(running, event->reversed);
    if (status == CKL_OK)
        status = add_component(running, ledger, event->begins, err);
    if (event->step < 0)
        hasher_add_field(running, "", 0);
    else
        hasher_add_integer(running, event->step);
    add_text(running, event->actor);
    add_text(running, event->reason);
    add_text(running, event->detail);
    return status;
}

static ckl_status insert_event(db *ledger, const ledger_event *event, int64_t seq,
                               const digest *chain, ckl_error *err)
{
    STATEMENT_AUTO running = {0};
    ckl_status status = db_query(
        &running, ledger,
        "INSERT INTO _event (seq, op, at_us, run, session, kind, experiment, from_experiment,"
        " config, from_config, edge, reversed, begins, step, actor, reason, detail, chain,"
        " chain_version)"
        " VALUES (:seq, :op, :at_us, :run, :session, :kind, :experiment, :from_experiment,"
        " :config, :from_config, :edge, :reversed, :begins, :step, :actor, :reason, :detail,"
        " :chain, :chain_version)",
        err);
    if (status != CKL_OK)
        return status;
    bind_integer(&running, ":seq", seq);
    bind_text(&running, ":op", event->op);
    bind_integer(&running, ":at_us", event->at_us);
    bind_integer(&running, ":run", event->run);
    bind_id(&running, ":session", event->session);
    bind_text(&running, ":kind", event->kind);
    bind_id(&running, ":experiment", event->experiment);
    bind_id(&running, ":from_experiment", event->from_experiment);
    bind_id(&running, ":config", event->config);
    bind_id(&running, ":from_config", event->from_config);
    bind_id(&running, ":edge", event->edge);
    bind_integer(&running, ":reversed", event->reversed);
    bind_id(&running, ":begins", event->begins);
    if (event->step < 0)
        bind_null(&running, ":step");
    else
        bind_integer(&running, ":step", event->step);
    bind_text(&running, ":actor", event->actor);
    bind_text(&running, ":reason", event->reason);
    bind_text(&running, ":detail", event->detail);
    bind_digest(&running, ":chain", chain);
    bind_integer(&running, ":chain_version", CHAIN_VERSION);
    db_prove(ledger, DB_PROOF_EVENT, "SELECT 1 FROM _event WHERE op = %Q", event->op);
    return statement_run(&running, err);
}

ckl_status ledger_event_add(int64_t *seq, db *ledger, const ledger_event *event, ckl_error *err)
{
    ledger_event timed = *event;
    int64_t number = 0;
    hasher *running = NULL;
    digest chain;
    if (timed.at_us == 0)
        timed.at_us = clock_now_us();
    timed.at_us -= timed.at_us % 1000; /* views show milliseconds: so that all agree */
    ckl_status status = hasher_new(&running, err);
    if (status == CKL_OK)
        status = add_last_chain(running, &number, ledger, err);
    if (status == CKL_OK)
        status = add_fields(running, ledger, &timed, number, CHAIN_VERSION, err);
    if (status == CKL_OK)
        status = hasher_end(&chain, running, err);
    hasher_free(running);
    if (status == CKL_OK)
        status = insert_event(ledger, &timed, number, &chain, err);
    if (status == CKL_OK && seq != NULL)
        *seq = number;
    return status;
}

ckl_status ledger_event_chain(digest *out, db *ledger, const ledger_event *event, int64_t seq,
                              const digest *previous, int version, const digest *files,
                              size_t file_count, ckl_error *err)
{
    hasher *running = NULL;
    ckl_status status = hasher_new(&running, err);
    if (status != CKL_OK)
        return status;
    add_digest(running, previous);
    status = add_fields(running, ledger, event, seq, version, err);
    for (size_t index = 0; index < file_count; index++)
        add_digest(running, &files[index]);
    if (status == CKL_OK)
        status = hasher_end(out, running, err);
    hasher_free(running);
    return status;
}

ckl_status ledger_event_of_operation(int64_t *seq, db *ledger, const char *op, ckl_error *err)
{
    STATEMENT_AUTO row = {0};
    ckl_status status = db_query(&row, ledger, "SELECT seq FROM _event WHERE op = :op", err);
    if (status != CKL_OK)
        return status;
    bind_text(&row, ":op", op);
    return ledger_first_integer(seq, &row, err);
}
